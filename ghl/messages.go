package ghl

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// Message is one message of a conversation, or something that happened to its contact.
type Message struct {
	ID             MessageID
	ConversationID ConversationID
	ContactID      ContactID
	Type           string // such as TYPE_SMS, TYPE_ACTIVITY_APPOINTMENT
	Body           string
	Direction      string // inbound, outbound
	Status         string // such as pending, scheduled, sent, delivered, failed
	Source         string // such as workflow, api, app
	UserID         UserID
	ProviderID     ProviderID
	Attachments    []string  // URLs
	Activity       *Activity // of a message that is none
	DateAdded      time.Time
	DateUpdated    time.Time
}

// Activity is what happened to a contact.
type Activity struct {
	Type  string // such as appointment_created
	Title string
	Data  json.RawMessage // as the API gives it; an appointment's has its id
}

// AppointmentID is the appointment that a TYPE_ACTIVITY_APPOINTMENT is about, or empty.
func (a Activity) AppointmentID() AppointmentID {
	var o rowID
	_ = json.Unmarshal(a.Data, &o) // no object, no id
	return AppointmentID(o.id())
}

// Messages enumerates a conversation, newest first, one request per page of at most 100.
//
// Scope conversations/message.readonly, GET /conversations/{id}/messages.
func (c *Client) Messages(ctx context.Context, conversation ConversationID, q PageQuery) iter.Seq2[Page[Message], error] {
	limit := min(pageLimit(q.PageLimit, maxConversations), maxConversations)
	return pages(ctx, q.After, func(ctx context.Context, after json.RawMessage) (call, Page[Message], error) {
		cl := c.read(apiConversations, http.MethodGet, "/conversations/{id}/messages", string(conversation)).
			ask("limit", strconv.Itoa(limit))
		cl, err := cl.goOn("lastMessageId", after)
		if err != nil {
			return cl, Page[Message]{}, err
		}
		a, err := c.do(ctx, cl)
		if err != nil {
			return cl, Page[Message]{}, err
		}
		p, err := decodeMessages(a.body)
		if err != nil {
			return cl, Page[Message]{}, cl.unreadable(a.status, err)
		}
		return cl, p, nil
	})
}

// decodeMessages reads the messages of a conversation, which are not where the API's description
// has them but one level deeper, in an object that is called messages, too.
func decodeMessages(body []byte) (Page[Message], error) {
	if inner, err := unwrap(body, "messages"); err == nil && bytes.HasPrefix(inner, []byte("{")) {
		body = inner
	}
	var last text
	var more flag
	p, err := decodeList[messageRow](body, "messages", beside{"lastMessageId", &last}, beside{"nextPage", &more})
	p.Next = nil
	if err == nil && bool(more) && last != "" && p.rows() > 0 {
		p.Next, err = json.Marshal(last)
	}
	return p, err
}

// goOn puts a cursor that is a string into the query.
func (cl call) goOn(key string, after json.RawMessage) (call, error) {
	var cursor text
	if len(after) > 0 && json.Unmarshal(after, &cursor) != nil {
		return cl, invalid(cl, errNoListCursor)
	}
	return cl.also(key, string(cursor)), nil
}

// Message reads one message as it is now; its Status tells what became of it.
//
// Scope conversations/message.readonly, GET /conversations/messages/{id}.
func (c *Client) Message(ctx context.Context, id MessageID) (Message, error) {
	cl := c.read(apiConversations, http.MethodGet, "/conversations/messages/{id}", string(id))
	return fetch[messageRow](ctx, c, cl, "message", "")
}

// ExportQuery says which messages to enumerate, and from where on.
type ExportQuery struct {
	ByUpdate     bool      // in the order in which they were changed, not created
	Since, Until time.Time // by which of the two dates is not documented; zero is without bound
	Contact      ContactID
	Conversation ConversationID
	Channel      string          // Call, SMS, Email, WhatsApp, Instagram, Facebook; empty is all but Email
	PageLimit    int             // rows per page, 10 to 500; 0 means 500
	After        json.RawMessage // the Next of a page of the same query, to go on after it
}

// ExportMessages enumerates the messages of the whole location, oldest first, one request per
// page. Without a channel what happened to contacts is among them, such as appointments that were
// made or changed: a hint to look at them again, as not every kind of change is known to show.
//
// Scope conversations/message.readonly, GET /conversations/messages/export.
func (c *Client) ExportMessages(ctx context.Context, q ExportQuery) iter.Seq2[Page[Message], error] {
	return pages(ctx, q.After, func(ctx context.Context, after json.RawMessage) (call, Page[Message], error) {
		cl, err := c.export(q).goOn("cursor", after)
		if err != nil {
			return cl, Page[Message]{}, err
		}
		var next text
		p, err := list[messageRow](ctx, c, cl, "messages", beside{"nextCursor", &next})
		p.Next = nil
		if err == nil && next != "" {
			p.Next, err = json.Marshal(next)
		}
		return cl, p, err
	})
}

func (c *Client) export(q ExportQuery) call {
	sortBy := "createdAt"
	if q.ByUpdate {
		sortBy = "updatedAt"
	}
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(isoMillis)
	}
	return c.read(apiConversations, http.MethodGet, "/conversations/messages/export").ask(
		"locationId", string(c.location), "sortBy", sortBy, "sortOrder", "asc",
		"limit", strconv.Itoa(max(pageLimit(q.PageLimit, maxPage), 10)),
	).also(
		"startDate", day(q.Since), "endDate", day(q.Until), "channel", q.Channel,
		"contactId", string(q.Contact), "conversationId", string(q.Conversation))
}

type messageRow struct {
	rowID
	ConversationID text         `json:"conversationId"`
	ContactID      text         `json:"contactId"`
	Type           text         `json:"messageType"`
	Body           text         `json:"body"`
	Direction      text         `json:"direction"`
	Status         text         `json:"status"`
	Source         text         `json:"source"`
	UserID         ref          `json:"userId"`
	ProviderID     text         `json:"conversationProviderId"`
	Attachments    words        `json:"attachments"`
	Activity       *activityRow `json:"activity"`
	DateAdded      stamp        `json:"dateAdded"`
	DateUpdated    stamp        `json:"dateUpdated"`
}

type activityRow struct {
	Type  text            `json:"type"`
	Title text            `json:"title"`
	Data  json.RawMessage `json:"data"`
}

func (r messageRow) value() (Message, error) {
	if r.id() == "" {
		return Message{}, errNoID
	}
	m := Message{
		ID:             MessageID(r.id()),
		ConversationID: ConversationID(r.ConversationID),
		ContactID:      ContactID(r.ContactID),
		Type:           string(r.Type),
		Body:           string(r.Body),
		Direction:      string(r.Direction),
		Status:         string(r.Status),
		Source:         string(r.Source),
		UserID:         UserID(r.UserID),
		ProviderID:     ProviderID(r.ProviderID),
		Attachments:    r.Attachments,
		DateAdded:      r.DateAdded.Time,
		DateUpdated:    cmp.Or(r.DateUpdated, r.DateAdded).Time,
	}
	if a := r.Activity; a != nil {
		m.Activity = &Activity{Type: string(a.Type), Title: string(a.Title), Data: a.Data}
	}
	return m, nil
}
