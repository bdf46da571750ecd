package ghl

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// NewMessage is a message to be sent or recorded. It needs a contact and a text or an attachment.
type NewMessage struct {
	Type           string // default SMS; Email, WhatsApp, Custom and so on
	ContactID      ContactID
	ConversationID ConversationID // inbound only; without it the contact's own is found
	Text           string
	Attachments    []string      // URLs
	ProviderID     ProviderID    // through whom it goes, or came
	AppointmentID  AppointmentID // outbound only: what it is about
	From, To       string        // outbound only: phone numbers, if not the default ones
	At             time.Time     // outbound: when to send it, zero is now; inbound: when it came
}

// SentMessage says where a message went that was sent or recorded.
type SentMessage struct {
	ID             MessageID
	ConversationID ConversationID
}

// SendMessage has the CRM send a message by its own means, now or at a later time; that it is on
// its way says nothing of its arrival: see [Client.Message]. The API has no key against doing it
// twice: after [ErrUnknown], look for a twin in [Client.ExportMessages] of the contact.
//
// Scope conversations/message.write, POST /conversations/messages.
func (c *Client) SendMessage(ctx context.Context, m NewMessage) (SentMessage, error) {
	cl := c.write(apiConversations, http.MethodPost, "/conversations/messages")
	switch {
	case !m.complete():
		return SentMessage{}, invalid(cl, "a message needs a contact and a text or an attachment")
	case m.ConversationID != "":
		return SentMessage{}, invalid(cl, "the contact decides on the conversation")
	}
	body := m.fields()
	body["subType"] = body["type"]
	body["status"] = "pending"
	setText(body, "appointmentId", string(m.AppointmentID))
	setText(body, "fromNumber", m.From)
	setText(body, "toNumber", m.To)
	if !m.At.IsZero() {
		body["scheduledTimestamp"] = m.At.Unix()
	}
	return fetch[sentRow](ctx, c, cl.with(body), "")
}

// AddInbound records a message that a contact sent to somebody else's gateway; the conversation
// shows it as received. ProviderID may only be left out where the gateway replaces the location's
// own: otherwise the API answers 201 with nothing in it and stores nothing (highlevel-api-docs#70),
// and with a wrong one it answers 500 (#6). Both are [ErrUnknown]. One that stands beside the
// location's own takes the Type Custom only: with another the message is filed under the location's
// own (#19). The API has no key against doing it twice: look for a twin in [Client.ExportMessages] of
// the contact.
//
// Scope conversations/message.write, POST /conversations/messages/inbound.
func (c *Client) AddInbound(ctx context.Context, m NewMessage) (SentMessage, error) {
	cl := c.write(apiConversations, http.MethodPost, "/conversations/messages/inbound")
	switch {
	case !m.complete():
		return SentMessage{}, invalid(cl, "a message needs a contact and a text or an attachment")
	case m.AppointmentID != "" || m.From != "" || m.To != "":
		return SentMessage{}, invalid(cl, "an inbound message has neither appointment nor numbers")
	}
	body := m.fields()
	body["direction"] = "inbound" // the default is outbound
	setText(body, "conversationId", string(m.ConversationID))
	if !m.At.IsZero() {
		body["date"] = m.At.UTC().Format(isoMillis)
	}
	return fetch[sentRow](ctx, c, cl.with(body), "")
}

// CancelScheduled keeps a message from being sent that is to be sent later. [ErrNotFound] and
// [*ValidationError] mean that it was not cancelled, be it that it has been sent already.
//
// Scope conversations/message.write, DELETE /conversations/messages/{id}/schedule.
func (c *Client) CancelScheduled(ctx context.Context, id MessageID) error {
	cl := c.write(apiConversations, http.MethodDelete, "/conversations/messages/{id}/schedule", string(id))
	a, err := c.do(ctx, cl)
	if err != nil {
		return err
	}
	status, err := decodeOne[cancelRow](a.body, "")
	switch {
	case err != nil:
		return cl.unreadable(a.status, err)
	case status >= 300: // the true status is in the body of a 200
		a.status = status
		return cl.refused(a)
	}
	return nil
}

func (m NewMessage) complete() bool {
	return m.ContactID != "" && (strings.TrimSpace(m.Text) != "" || len(m.Attachments) > 0)
}

func (m NewMessage) fields() fields {
	f := fields{"type": cmp.Or(m.Type, "SMS"), "contactId": m.ContactID}
	setText(f, "message", m.Text)
	setText(f, "conversationProviderId", string(m.ProviderID))
	if len(m.Attachments) > 0 {
		f["attachments"] = m.Attachments
	}
	return f
}

type sentRow struct {
	MessageID      text `json:"messageId"`
	EmailMessageID text `json:"emailMessageId"`
	ConversationID text `json:"conversationId"`
}

func (r sentRow) value() (SentMessage, error) {
	id := cmp.Or(r.MessageID, r.EmailMessageID)
	if id == "" {
		return SentMessage{}, errNoID
	}
	return SentMessage{ID: MessageID(id), ConversationID: ConversationID(r.ConversationID)}, nil
}

type cancelRow struct {
	Status number `json:"status"`
}

func (r cancelRow) value() (int, error) {
	if r.Status == 0 {
		return 0, errors.New("no status")
	}
	return int(r.Status), nil
}
