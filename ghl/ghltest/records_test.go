package ghltest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl/ghltest"
)

func TestTasks(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	c := s.AddContact(ghltest.Contact{FirstName: "Ada"})
	tasks := "/contacts/" + c.ID + "/tasks"

	a := w.do(422, "POST", tasks, m{"title": "Call"})
	if !strings.Contains(a.raw, "dueDate") || !strings.Contains(a.raw, "completed") || a.len("message") < 2 {
		t.Error(a.raw)
	}
	w.do(400, "POST", "/contacts/nobody/tasks", m{"title": "x", "dueDate": "2026-07-20", "completed": false})
	a = w.do(201, "POST", tasks, m{"title": "Call", "dueDate": "2026-07-20T10:00:00Z", "completed": false})
	a.has(t, "task.dueDate", "2026-07-20T10:00:00.000Z")
	a.lacks(t, "task", "body", "assignedTo", "dateAdded", "dateUpdated")
	one := tasks + "/" + a.str("task.id")

	w.do(200, "PUT", one, m{"body": "now"}).has(t, "task.title", "Call")
	w.do(422, "PUT", one, m{"contactId": "x"})
	w.do(200, "PUT", one+"/completed", m{"completed": true}).has(t, "task.completed", true)
	w.do(422, "PUT", one+"/completed", m{"completed": true, "title": "x"})
	w.do(200, "GET", one, nil).has(t, "task.body", "now")
	w.do(200, "GET", tasks, nil).has(t, "tasks.0.completed", true)
	w.do(400, "GET", tasks+"/none", nil)

	w.do(200, "DELETE", one, nil).has(t, "succeeded", true)
	if n := w.do(200, "GET", tasks, nil).len("tasks"); n != 0 {
		t.Errorf("%d tasks after delete", n)
	}
	if a := w.do(400, "GET", one, nil); !strings.Contains(a.str("message"), "not found") {
		t.Error(a.raw)
	}
	if left := s.Tasks(); len(left) != 1 || !left[0].Unlisted {
		t.Errorf("the delete did not lie: %+v", left)
	}
	s.RemoveTask(s.Tasks()[0].ID)
	if len(s.Tasks()) != 0 {
		t.Error("a person could not remove the task")
	}
	var effects []string
	for _, r := range s.Writes() {
		effects = append(effects, strings.Fields(r.Effect)[0])
	}
	if got := strings.Join(effects, " "); got != "task.create task.update task.complete task.delete" {
		t.Error(got)
	}
}

func TestTaskSearch(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	c := s.AddContact(ghltest.Contact{FirstName: "Ada"})
	u := s.AddUser(ghltest.User{FirstName: "Uma", LastName: "U"})
	due := time.Date(2026, 7, 20, 10, 0, 0, 0, time.UTC)
	for i := range 12 {
		s.AddTask(ghltest.Task{
			ContactID: c.ID, Title: fmt.Sprint("T", i), Due: due.Add(time.Duration(i/4) * time.Minute), Completed: i%2 == 1,
		})
	}
	s.EditTask(s.Tasks()[3].ID, func(t *ghltest.Task) { t.AssignedTo = u.ID })
	path := "/locations/" + loc + "/tasks/search"

	seen := map[string]bool{}
	body := m{"limit": 5}
	for _, want := range []int{5, 5, 2, 0} {
		a := w.do(201, "POST", path, body)
		if a.len("tasks") != want {
			t.Fatalf("%d rows, want %d: %s", a.len("tasks"), want, a.raw)
		}
		for i := range want {
			seen[a.str(fmt.Sprintf("tasks.%d._id", i))] = true
		}
		a.lacks(t, "tasks.0", "id")
		if a.get("total") != nil {
			t.Error("a total")
		}
		if want > 0 {
			body["searchAfter"] = a.get(fmt.Sprintf("tasks.%d.searchAfter", want-1))
		}
	}
	if len(seen) != 12 {
		t.Errorf("saw %d", len(seen))
	}
	if n := w.do(201, "POST", path, m{"completed": false, "limit": 500}).len("tasks"); n != 6 {
		t.Errorf("%d open", n)
	}
	if n := w.do(201, "POST", path, m{"skip": 10}).len("tasks"); n != 2 {
		t.Errorf("%d after skip", n)
	}
	a := w.do(201, "POST", path, m{"assignedTo": []string{u.ID}})
	a.has(t, "tasks.0.assignedToUserDetails.firstName", "Uma")
	a.has(t, "tasks.0.contactDetails.firstName", "Ada")
	a.has(t, "tasks.0.statusGroup", "completed")
	a.has(t, "tasks.0.body", nil)
	w.do(422, "POST", path, m{"limit": 501})
	w.do(422, "POST", path, m{"locationId": loc})
	w.do(403, "POST", "/locations/other/tasks/search", m{})
}

func TestDeletedTasksInSearch(t *testing.T) {
	for _, show := range []bool{false, true} {
		s := ghltest.New(ghltest.Options{ShowDeletedTasks: show})
		w := newWire(t, s)
		c := s.AddContact(ghltest.Contact{FirstName: "Ada"})
		task := s.AddTask(ghltest.Task{ContactID: c.ID, Title: "x"})
		s.RemoveTask(task.ID)
		a := w.do(201, "POST", "/locations/"+loc+"/tasks/search", m{})
		if (a.get("tasks.0.deleted") == true) != show {
			t.Error(a.raw)
		}
	}
}

func TestNotes(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	c := s.AddContact(ghltest.Contact{FirstName: "Ada"})
	notes := "/contacts/" + c.ID + "/notes"
	w.do(422, "POST", notes, m{})
	a := w.do(201, "POST", notes, m{"body": "hello"})
	a.has(t, "note.bodyText", "hello")
	a.has(t, "note.userId", nil)
	a.lacks(t, "note", "dateUpdated", "title")
	one := notes + "/" + a.str("note.id")
	w.do(200, "PUT", one, m{"body": "bye"}).has(t, "note.body", "bye")
	w.do(200, "GET", one, nil).has(t, "note.body", "bye")
	w.do(200, "GET", notes, nil).has(t, "notes.0.body", "bye")
	if all := s.Notes(); len(all) != 1 || all[0].Body != "bye" {
		t.Errorf("%+v", all)
	}
	w.do(200, "DELETE", one, nil).has(t, "succeded", true)
	w.do(400, "GET", one, nil)
	if len(s.Notes()) != 0 {
		t.Error("still there")
	}
}

func TestAppointments(t *testing.T) {
	s := ghltest.New(ghltest.Options{Timezone: "Europe/Zurich"})
	w := newWire(t, s)
	w.header.Set("Version", "2021-04-15")
	c := s.AddContact(ghltest.Contact{FirstName: "Ada"})
	cal := s.AddCalendar(ghltest.Calendar{Name: "Dentist", Slot: time.Hour})
	const path = "/calendars/events/appointments"
	body := m{"calendarId": cal.ID, "locationId": loc, "contactId": c.ID, "startTime": "2030-07-22T10:00:00+00:00"}

	a := w.do(200, "POST", path, body)
	a.has(t, "status", "booked")
	a.has(t, "appointmentStatus", "confirmed")
	a.has(t, "appoinmentStatus", "confirmed")
	for _, key := range []string{"startTime", "endTime", "appointment", "deleted"} {
		if a.get(key) != nil {
			t.Errorf("answer has %s: %s", key, a.raw)
		}
	}
	id := a.str("id")
	w.do(400, "POST", path, body) // the slot is taken
	body["ignoreFreeSlotValidation"] = true
	other := w.do(200, "POST", path, body).str("id")

	a = w.do(200, "GET", path+"/"+id, nil)
	a.has(t, "appointment.startTime", "2030-07-22T12:00:00+02:00")
	a.has(t, "appointment.endTime", "2030-07-22T13:00:00+02:00")
	a.has(t, "appointment.deleted", false)
	a.has(t, "event", nil)

	w.do(200, "PUT", path+"/"+id, m{"appointmentStatus": "showed"}).has(t, "appoinmentStatus", "showed")
	w.do(200, "PUT", path+"/"+id, m{"startTime": "2030-07-23T08:00:00-04:00", "toNotify": false})
	w.do(200, "GET", path+"/"+id, nil).has(t, "appointment.endTime", "2030-07-23T15:00:00+02:00")
	w.do(422, "PUT", path+"/"+id, m{"appointmentStatus": "booked"})
	w.do(422, "PUT", path+"/"+id, m{"contactId": c.ID})
	w.do(422, "POST", path, m{"locationId": loc})
	w.do(400, "GET", path+"/none", nil)

	a = w.do(200, "GET", "/contacts/"+c.ID+"/appointments", nil)
	a.has(t, "events.0.startTime", "2030-07-23 14:00:00")

	w.do(200, "DELETE", "/calendars/events/"+id, m{}).has(t, "succeeded", true)
	w.do(200, "GET", path+"/"+id, nil).has(t, "appointment.deleted", true)
	w.do(400, "PUT", path+"/"+id, m{"title": "x"})
	events := "/calendars/events?locationId=" + loc + "&startTime=0&endTime=4102444800000"
	a = w.do(200, "GET", events+"&calendarId="+cal.ID, nil)
	if a.len("events") != 1 || a.str("events.0.id") != other {
		t.Error(a.raw)
	}
	w.do(422, "GET", events, nil)
	w.do(422, "GET", "/calendars/events?locationId="+loc+"&calendarId=x&startTime=today&endTime=1", nil)
	late := "/calendars/events?locationId=" + loc + "&startTime=1950000000000&endTime=4102444800000&calendarId=" + cal.ID
	if n := w.do(200, "GET", late, nil).len("events"); n != 0 {
		t.Errorf("%d events in another window", n)
	}
	if got, there := s.Appointment(id); !there || !got.Deleted || len(s.Appointments()) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestCalendarsAndSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is Saturday, 1 January 2000
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		c := s.AddContact(ghltest.Contact{FirstName: "Ada"})
		cal := s.AddCalendar(ghltest.Calendar{Name: "Dentist"})
		s.AddAppointment(ghltest.Appointment{ContactID: c.ID, Start: time.Date(2000, 1, 3, 15, 0, 0, 0, time.UTC)})
		w.do(200, "GET", "/calendars/?locationId="+loc, nil).has(t, "calendars.0.name", "Dentist")
		w.do(200, "GET", "/calendars/"+cal.ID, nil).has(t, "calendar.isActive", true)
		w.do(400, "GET", "/calendars/none", nil)

		slots := "/calendars/" + cal.ID + "/free-slots?startDate=" + fmt.Sprint(time.Now().UnixMilli())
		a := w.do(200, "GET", slots+"&endDate="+fmt.Sprint(time.Now().Add(72*time.Hour).UnixMilli()), nil)
		if len(a.json) != 2 || a.len("2000-01-03.slots") != 15 {
			t.Error(a.raw)
		}
		a.has(t, "2000-01-03.slots.0", "2000-01-03T09:00:00-05:00")
		a.has(t, "2000-01-03.slots.2", "2000-01-03T10:30:00-05:00")
		w.do(400, "GET", slots+"&endDate=4102444800000", nil)
	})
}

func TestLocationAndUsers(t *testing.T) {
	s := ghltest.New(ghltest.Options{Name: "Clinic"})
	w := newWire(t, s)
	u := s.AddUser(ghltest.User{FirstName: "Uma", LastName: "U", Email: "u@example.com"})
	s.AddField(ghltest.Field{Name: "Pet", Key: "contact.pet"})
	a := w.do(200, "GET", "/locations/"+loc, nil)
	a.has(t, "location.name", "Clinic")
	a.has(t, "location.timezone", "America/New_York")
	a.has(t, "location.settings.contactUniqueIdentifiers", []string{"email", "phone"})
	w.do(200, "GET", "/locations/"+loc+"/customFields?model=contact", nil).has(t, "customFields.0.fieldKey", "contact.pet")
	w.do(200, "GET", "/users/?locationId="+loc, nil).has(t, "users.0.name", "Uma U")
	w.do(422, "GET", "/users/search?locationId="+loc, nil)
	w.do(200, "GET", "/users/search?companyId="+a.str("location.companyId")+"&query=uma", nil).has(t, "count", 1)
	w.do(200, "GET", "/users/"+u.ID, nil).has(t, "email", "u@example.com")
	w.do(400, "GET", "/users/none", nil)
}

func TestOAuth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		token := func(status int, form map[string]string) answer {
			t.Helper()
			v := url.Values{"client_id": {"client-sandbox"}, "client_secret": {"secret-sandbox"}}
			for key, value := range form {
				v.Set(key, value)
			}
			bare := *w
			bare.header = map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}
			return bare.do(status, "POST", "/oauth/token", v.Encode())
		}
		refresh := func(status int, old string) answer {
			t.Helper()
			return token(status, map[string]string{"grant_type": "refresh_token", "refresh_token": old})
		}
		code := s.Grant()
		byCode := map[string]string{"grant_type": "authorization_code", "code": code}
		a := token(200, byCode)
		a.has(t, "locationId", loc)
		a.has(t, "expires_in", 86399)
		token(400, byCode) // once
		token(401, map[string]string{"client_secret": "x"})
		token(422, nil)

		w.header.Set("Authorization", "Bearer "+a.str("access_token"))
		w.do(200, "GET", "/locations/"+loc, nil)
		time.Sleep(24 * time.Hour)
		w.do(401, "GET", "/locations/"+loc, nil).has(t, "message", "Invalid JWT")

		first := a.str("refresh_token")
		b := refresh(200, first)
		time.Sleep(30 * time.Second)
		refresh(200, first).has(t, "refresh_token", b.str("refresh_token"))
		time.Sleep(time.Second)
		refresh(400, first)
		c := refresh(200, b.str("refresh_token"))
		w.header.Set("Authorization", "Bearer "+c.str("access_token"))
		w.do(200, "GET", "/locations/"+loc, nil)
		s.Revoke()
		w.do(401, "GET", "/locations/"+loc, nil)
		refresh(400, c.str("refresh_token"))
	})
}
