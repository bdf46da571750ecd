package ghltest

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A conversation is all that was said between the location and one contact.
type conversation struct {
	id        string
	contactID string
	last      *Message
}

// talk returns the contact's conversation, which begins with its first message.
func (s *Sandbox) talk(contactID string) *conversation {
	v := s.conversations[contactID]
	if v == nil {
		v = &conversation{id: s.newID("conversation"), contactID: contactID}
		s.conversations[contactID] = v
	}
	return v
}

// say puts a message into its contact's conversation.
func (s *Sandbox) say(m Message) Message {
	v := s.talk(m.ContactID)
	m.ID, m.ConversationID = cmp.Or(m.ID, s.newID("message")), v.id
	m.Type = cmp.Or(m.Type, "TYPE_SMS")
	if m.DateAdded.IsZero() {
		m.DateAdded = clock()
	}
	m.DateUpdated = m.DateAdded
	s.messages.add(m.ID, m.ContactID, &m)
	if v.last == nil || !m.DateAdded.Before(v.last.DateAdded) {
		v.last = &m
	}
	return m
}

// joinConversations gives all that was said with one contact to another.
func (s *Sandbox) joinConversations(from, to string) {
	for _, m := range s.messages.of[from] {
		v := s.talk(to)
		m.ContactID, m.ConversationID = to, v.id
		if v.last == nil || m.DateAdded.After(v.last.DateAdded) {
			v.last = m
		}
	}
	s.messages.move(from, to)
	delete(s.conversations, from)
}

// tellAppointment leaves a trace of what happened to an appointment in its contact's conversation.
func (s *Sandbox) tellAppointment(what string, a *Appointment) {
	s.say(Message{
		ContactID: a.ContactID, Type: typeAppointment, Activity: what, AppointmentID: a.ID, Body: a.Title,
		DateAdded: a.DateUpdated,
	})
}

// tellChange says nothing of a deletion.
func (s *Sandbox) tellChange(before Appointment, a *Appointment) {
	switch {
	case a.Deleted:
	case a.Status == "cancelled" && before.Status != a.Status:
		s.tellAppointment("appointment_cancelled", a)
	default:
		s.tellAppointment("appointment_updated", a)
	}
}

const typeAppointment = "TYPE_ACTIVITY_APPOINTMENT"

// messageTypes are the names of the channels that are written to, as they are read, and their
// numbers.
var messageTypes = map[string]struct {
	name string
	n    int
}{
	"SMS": {"TYPE_SMS", 2}, "Email": {"TYPE_EMAIL", 3}, "WhatsApp": {"TYPE_WHATSAPP", 19},
	"Custom": {"TYPE_CUSTOM_SMS", 20}, "RCS": {"TYPE_RCS", 35}, "Live_Chat": {"TYPE_LIVE_CHAT", 29},
	"IG": {"TYPE_INSTAGRAM", 18}, "FB": {"TYPE_FACEBOOK", 11}, "TIKTOK": {"TYPE_TIKTOK", 40},
	"activity": {typeAppointment, 31},
}

func (m *Message) number() int {
	for _, t := range messageTypes {
		if t.name == m.Type {
			return t.n
		}
	}
	return 0
}

// ripen sends what was scheduled for a time that has come.
func (s *Sandbox) ripen(now time.Time) {
	for _, m := range s.messages.all {
		if m.Status == "scheduled" && !m.Deleted && !m.Scheduled.After(now) {
			m.Status, m.DateUpdated = "pending", m.Scheduled
		}
	}
}

// messageWire lacks the direction and the status if nobody said anything.
func (s *Sandbox) messageWire(m *Message) obj {
	o := obj{
		"id": m.ID, "type": m.number(), "messageType": m.Type, "locationId": s.opt.Location,
		"contactId": m.ContactID, "conversationId": m.ConversationID, "body": m.Body,
		"dateAdded": stamp(m.DateAdded), "dateUpdated": stamp(m.DateUpdated),
	}
	if m.Activity != "" {
		title := strings.ReplaceAll(m.Activity, "_", " ")
		data := obj{"id": m.AppointmentID, "appointmentTitle": m.Body, "timestamp": stamp(m.DateAdded)}
		o["activity"] = obj{"type": m.Activity, "title": title, "data": data}
		return o
	}
	o["direction"], o["status"], o["contentType"] = m.Direction, m.Status, "text/plain"
	set(o, "source", m.Source)
	set(o, "conversationProviderId", m.ProviderID)
	if len(m.Attachments) > 0 {
		o["attachments"] = m.Attachments
	}
	return o
}

var sendDTO = dto{
	fields: map[string]kind{
		"type": text, "subType": text, "contactId": text, "appointmentId": text, "attachments": words,
		"emailFrom": text, "emailCc": words, "emailBcc": words, "html": text, "message": text, "subject": text,
		"replyMessageId": text, "templateId": text, "threadId": text, "scheduledTimestamp": number,
		"conversationProviderId": text, "emailTo": text, "emailReplyMode": text, "fromNumber": text,
		"toNumber": text, "status": text,
	},
	required: []string{"type", "subType", "contactId", "status"},
}

func (s *Sandbox) sendMessage(c *call) (reply, error) {
	b, err := sendDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	owner, err := s.find(b.str("contactId"))
	if err != nil {
		return reply{}, err
	}
	t, known := messageTypes[b.str("type")]
	switch {
	case !known:
		return reply{}, unprocessable("type must be a valid enum value")
	case t.name == "TYPE_SMS" && owner.Phone == "":
		return reply{}, badRequest("Missing phone number")
	case t.name == "TYPE_SMS" && owner.shut("SMS"):
		return reply{}, badRequest("Cannot send message as DND is active for SMS.")
	}
	m := Message{
		ContactID: owner.ID, Type: t.name, Direction: "outbound", Status: b.str("status"), Source: "api",
		ProviderID: b.str("conversationProviderId"), AppointmentID: b.str("appointmentId"),
	}
	b.text("message", &m.Body)
	b.into("attachments", &m.Attachments)
	var at int64
	if b.into("scheduledTimestamp", &at); at > 0 {
		m.Scheduled, m.Status = time.Unix(at, 0).UTC(), "scheduled"
	}
	m = s.say(m)
	return done("message.send", m.ID, http.StatusOK, obj{"conversationId": m.ConversationID, "messageId": m.ID})
}

func (c *contact) shut(channel string) bool {
	return c.DND || slices.Contains([]string{"active", "permanent"}, c.DNDSettings[channel].Status)
}

var inboundDTO = dto{
	fields: map[string]kind{
		"type": text, "attachments": words, "message": text, "conversationId": text, "contactId": text,
		"conversationProviderId": text, "html": text, "subject": text, "emailFrom": text, "emailTo": text,
		"emailCc": words, "emailBcc": words, "emailMessageId": text, "altId": text, "direction": text,
		"date": instant, "call": object,
	},
	required: []string{"type"},
}

// addInbound does nothing, and says so in no word, if it is not told through whom the message came.
func (s *Sandbox) addInbound(c *call) (reply, error) {
	b, err := inboundDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	contactID := b.str("contactId")
	for _, v := range s.conversations {
		if contactID == "" && v.id == b.str("conversationId") {
			contactID = v.contactID
		}
	}
	owner, err := s.find(contactID)
	if err != nil {
		return reply{}, err
	}
	switch b.str("conversationProviderId") {
	case s.opt.Provider:
	case "":
		return reply{status: http.StatusCreated}, nil
	default:
		return reply{}, &refusal{status: http.StatusInternalServerError, message: "Internal server error"}
	}
	m := Message{
		ContactID: owner.ID, Type: messageTypes[b.str("type")].name, Direction: cmp.Or(b.str("direction"), "outbound"),
		Status: "delivered", ProviderID: s.opt.Provider, Source: "app",
	}
	b.text("message", &m.Body)
	b.into("attachments", &m.Attachments)
	if at, given := b.time("date", time.UTC); given {
		m.DateAdded = at
	}
	m = s.say(m)
	return done("message.inbound", m.ID, http.StatusCreated, obj{
		"success": true, "conversationId": m.ConversationID, "messageId": m.ID, "contactId": owner.ID,
		"message": "Success", "dateAdded": stamp(m.DateAdded),
	})
}

// cancelMessage answers 200 whatever came of it; the status in the body is the true one.
func (s *Sandbox) cancelMessage(c *call) (reply, error) {
	s.ripen(c.now)
	m := s.messages.byID[c.PathValue("message")]
	if m == nil || m.Deleted || m.Status != "scheduled" {
		return ok(obj{"status": http.StatusNotFound, "message": "Failed cancel the scheduled message"})
	}
	m.Deleted, m.DateUpdated = true, clock()
	return done("message.cancel", m.ID, http.StatusOK, obj{"status": http.StatusOK, "message": "Cancelled the scheduled message"})
}
