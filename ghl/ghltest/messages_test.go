package ghltest_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl/ghltest"
)

func TestSendMessage(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	ann := s.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101"})
	mute := s.AddContact(ghltest.Contact{Phone: "+12025550102", DNDSettings: map[string]ghltest.DNDSetting{"SMS": {Status: "active"}}})
	none := s.AddContact(ghltest.Contact{FirstName: "No"})
	send := func(status int, contact string, more m) answer {
		t.Helper()
		body := m{"type": "SMS", "subType": "SMS", "contactId": contact, "status": "pending", "message": "hi"}
		maps.Copy(body, more)
		return w.do(status, "POST", "/conversations/messages", body)
	}
	a := send(200, ann.ID, nil)
	a.lacks(t, "", "status")
	got := w.do(200, "GET", "/conversations/messages/"+a.str("messageId"), nil)
	got.has(t, "message.status", "pending")
	got.has(t, "message.messageType", "TYPE_SMS")
	got.has(t, "message.conversationId", a.str("conversationId"))
	send(400, mute.ID, nil)
	send(400, none.ID, nil)
	send(400, "gone", nil)
	send(422, ann.ID, m{"type": "Pigeon"})
	send(422, ann.ID, m{"text": "x"})
	s.EditMessage(a.str("messageId"), func(m *ghltest.Message) { m.Status = "delivered" })
	w.do(200, "GET", "/conversations/messages/"+a.str("messageId"), nil).has(t, "message.status", "delivered")
	if len(s.Messages()) != 1 {
		t.Errorf("%+v", s.Messages())
	}
}

func TestInbound(t *testing.T) {
	s := ghltest.New(ghltest.Options{Provider: "mine"})
	w := newWire(t, s)
	ann := s.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101"})
	const path = "/conversations/messages/inbound"
	a := w.do(201, "POST", path, m{"type": "SMS", "contactId": ann.ID, "message": "hi"})
	if a.raw != "" || len(s.Messages()) != 0 {
		t.Errorf("%q, %+v", a.raw, s.Messages())
	}
	w.do(500, "POST", path, m{"type": "SMS", "contactId": ann.ID, "message": "hi", "conversationProviderId": "other"})
	a = w.do(201, "POST", path, m{"type": "SMS", "contactId": ann.ID, "message": "hi", "conversationProviderId": "mine"})
	got, _ := s.Message(a.str("messageId"))
	if got.Direction != "outbound" { // which is the default, for all the endpoint's name
		t.Errorf("%+v", got)
	}
	a = w.do(201, "POST", path, m{
		"type": "SMS", "conversationId": a.str("conversationId"), "message": "ho", "conversationProviderId": "mine",
		"direction": "inbound", "date": "2020-01-01T00:00:00Z",
	})
	if got, _ := s.Message(a.str("messageId")); got.Direction != "inbound" || got.DateAdded.Year() != 2020 || got.ContactID != ann.ID {
		t.Errorf("%+v", got)
	}
}

func TestScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		ann := s.AddContact(ghltest.Contact{Phone: "+12025550101"})
		body := m{
			"type": "SMS", "subType": "SMS", "contactId": ann.ID, "status": "pending", "message": "hi",
			"scheduledTimestamp": time.Now().Add(time.Hour).Unix(),
		}
		one := "/conversations/messages/" + w.do(200, "POST", "/conversations/messages", body).str("messageId")
		two := "/conversations/messages/" + w.do(200, "POST", "/conversations/messages", body).str("messageId")
		w.do(200, "GET", one, nil).has(t, "message.status", "scheduled")
		w.do(200, "DELETE", one+"/schedule", nil).has(t, "status", 200)
		w.do(400, "GET", one, nil)
		time.Sleep(time.Hour)
		w.do(200, "GET", two, nil).has(t, "message.status", "pending")
		w.do(200, "DELETE", two+"/schedule", nil).has(t, "status", 404)
	})
}

func TestExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		ann := s.AddContact(ghltest.Contact{Phone: "+12025550101"})
		for i := range 25 {
			time.Sleep(time.Second)
			s.AddMessage(ghltest.Message{ContactID: ann.ID, Body: fmt.Sprint(i)})
		}
		s.AddMessage(ghltest.Message{ContactID: ann.ID, Type: "TYPE_EMAIL", Body: "mail"})
		s.EditMessage(s.Messages()[3].ID, func(m *ghltest.Message) { m.Status = "read" })
		path := "/conversations/messages/export?locationId=" + loc
		w.do(200, "GET", path, nil).has(t, "messages.0.body", "24")
		w.do(200, "GET", path+"&channel=Email", nil).has(t, "total", 1)
		w.do(200, "GET", path+"&sortBy=updatedAt&sortOrder=desc", nil).has(t, "messages.0.body", "3")
		w.do(200, "GET", path+"&startDate=2000-01-01T00:00:24Z&endDate=2000-01-01T00:00:24.5Z", nil).has(t, "total", 1)
		var seen []string
		next := ""
		for {
			a := w.do(200, "GET", path+"&sortOrder=asc&limit=10&cursor="+next, nil)
			a.has(t, "total", 25)
			for i := range a.len("messages") {
				seen = append(seen, a.str(fmt.Sprintf("messages.%d.body", i)))
			}
			if next = a.str("nextCursor"); next == "" {
				break
			}
		}
		if len(seen) != 25 || seen[0] != "0" || seen[24] != "24" {
			t.Error(seen)
		}
		w.do(422, "GET", path+"&limit=9", nil)
		w.do(422, "GET", path+"&startDate=soon", nil)
		w.do(400, "GET", path+"&cursor=x", nil)
		w.do(404, "GET", "/conversations/x/y", nil)
	})
}

func TestConversations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		ann := s.AddContact(ghltest.Contact{FirstName: "Ann"})
		bo := s.AddContact(ghltest.Contact{FirstName: "Bo"})
		s.AddMessage(ghltest.Message{ContactID: ann.ID, Body: "one"})
		time.Sleep(time.Second)
		s.AddMessage(ghltest.Message{ContactID: bo.ID, Body: "two"})
		path := "/conversations/search?locationId=" + loc
		a := w.do(200, "GET", path, nil)
		a.has(t, "conversations.0.lastMessageBody", "two")
		a.has(t, "conversations.0.fullName", "Bo")
		a.has(t, "conversations.0.sort", []int64{946684801000})
		a.has(t, "total", 2)
		w.do(200, "GET", path+"&sort=asc&limit=1&startAfterDate=946684800000", nil).has(t, "conversations.0.fullName", "Bo")
		w.do(200, "GET", path+"&contactId="+ann.ID, nil).has(t, "total", 1)
		w.do(422, "GET", path+"&startAfterDate=x", nil)
		for range 3 {
			time.Sleep(time.Second)
			s.AddMessage(ghltest.Message{ContactID: bo.ID, Body: "more"})
		}
		talk := "/conversations/" + a.str("conversations.0.id") + "/messages"
		b := w.do(200, "GET", talk+"?limit=3", nil)
		b.has(t, "messages.nextPage", true)
		c := w.do(200, "GET", talk+"?lastMessageId="+b.str("messages.lastMessageId"), nil)
		c.has(t, "messages.nextPage", false)
		c.has(t, "messages.messages.0.body", "two")
		w.do(400, "GET", "/conversations/gone/messages", nil)
	})
}

func TestActivities(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	ann := s.AddContact(ghltest.Contact{FirstName: "Ann"})
	s.AddCalendar(ghltest.Calendar{})
	a := s.AddAppointment(ghltest.Appointment{ContactID: ann.ID, Title: "Visit", Start: time.Now()})
	w.do(200, "PUT", "/calendars/events/appointments/"+a.ID, m{"title": "x"})
	s.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Status = "cancelled" })
	s.RemoveAppointment(a.ID)
	got := w.do(200, "GET", "/conversations/messages/export?sortOrder=asc&locationId="+loc, nil)
	got.has(t, "messages.0.type", 31)
	got.has(t, "messages.0.activity.data.id", a.ID)
	var told []string
	for _, m := range s.Messages() {
		told = append(told, m.Activity)
	}
	if fmt.Sprint(told) != "[appointment_created appointment_updated appointment_cancelled]" {
		t.Error(told)
	}
}

func TestTagsOfTheLocation(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	ann := s.AddContact(ghltest.Contact{FirstName: "Ann", Tags: []string{"vip"}})
	tags := "/locations/" + loc + "/tags"
	vip := tags + "/" + w.do(200, "GET", tags, nil).str("tags.0.id")
	w.do(400, "POST", tags, m{"name": "VIP"}) // there already
	w.do(422, "POST", tags, m{"name": " "})
	w.do(200, "PUT", vip, m{"name": "Gold"}).has(t, "tag.name", "gold")
	if c, _ := s.Contact(ann.ID); fmt.Sprint(c.Tags) != "[gold]" {
		t.Error(c.Tags)
	}
	w.do(200, "DELETE", vip, nil)
	w.do(400, "GET", vip, nil)
	if c, _ := s.Contact(ann.ID); len(c.Tags) != 0 {
		t.Error(c.Tags)
	}
	bulk := m{"contacts": []string{ann.ID, "gone"}, "tags": []string{"new"}, "locationId": loc}
	a := w.do(201, "POST", "/contacts/bulk/tags/update/add", bulk)
	a.has(t, "errorCount", 1)
	w.do(422, "POST", "/contacts/bulk/tags/update/replace", bulk)
	if c, _ := s.Contact(ann.ID); fmt.Sprint(c.Tags) != "[new]" {
		t.Error(c.Tags)
	}
}

func TestAppointmentNotes(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	ann := s.AddContact(ghltest.Contact{FirstName: "Ann"})
	a := s.AddAppointment(ghltest.Appointment{ContactID: ann.ID, Start: time.Now()})
	notes := "/calendars/appointments/" + a.ID + "/notes"
	for i := range 3 {
		w.do(201, "POST", notes, m{"body": fmt.Sprint(i)})
	}
	got := w.do(200, "GET", notes+"?limit=2&offset=0", nil)
	got.has(t, "hasMore", true)
	w.do(200, "GET", notes+"?limit=2&offset=2", nil).has(t, "hasMore", false)
	w.do(422, "GET", notes+"?limit=21&offset=0", nil)
	w.do(422, "GET", notes+"?limit=2", nil)
	w.do(422, "POST", notes, m{"body": strings.Repeat("x", 5001)})
	w.do(400, "DELETE", "/calendars/appointments/other/notes/"+got.str("notes.0.id"), nil)
}
