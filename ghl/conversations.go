package ghl

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// Conversation is everything said between the location and one contact.
type Conversation struct {
	ID              ConversationID
	ContactID       ContactID
	LastMessage     string
	LastMessageType string // such as TYPE_SMS
	LastMessageAt   time.Time
	Unread          int
	Deleted         bool
	DateAdded       time.Time
	DateUpdated     time.Time
}

// ConversationQuery says which conversations to enumerate, and from where on.
type ConversationQuery struct {
	Contact   ContactID       // only this contact's
	Since     time.Time       // leaves out those whose last message is older
	PageLimit int             // rows per page, at most 100; 0 means 100
	After     json.RawMessage // the Next of a page of the same query, to go on after it
}

const maxConversations = 100

// SearchConversations enumerates the location's conversations by their last message, oldest first,
// one request per page. The API goes on after a millisecond, not after a row: of conversations
// whose last messages share one, some may be missing at the border of two pages.
//
// Scope conversations.readonly, GET /conversations/search.
func (c *Client) SearchConversations(ctx context.Context, q ConversationQuery) iter.Seq2[Page[Conversation], error] {
	limit := min(pageLimit(q.PageLimit, maxConversations), maxConversations)
	return pages(ctx, q.After, func(ctx context.Context, after json.RawMessage) (call, Page[Conversation], error) {
		cl := c.read(apiConversations, http.MethodGet, "/conversations/search").ask(
			"locationId", string(c.location), "limit", strconv.Itoa(limit), "sort", "asc", "sortBy", "last_message_date",
		).also("contactId", string(q.Contact))
		var from text
		switch {
		case len(after) > 0:
			if err := json.Unmarshal(after, &from); err != nil || from == "" {
				return cl, Page[Conversation]{}, invalid(cl, errNoListCursor)
			}
		case !q.Since.IsZero():
			from = text(strconv.FormatInt(q.Since.UnixMilli()-1, 10)) // "after" leaves out the millisecond itself
		}
		cl = cl.also("startAfterDate", string(from))
		p, err := list[conversationRow](ctx, c, cl, "conversations")
		if shortIsLast(p.rows(), limit) || p.rows() == 0 {
			p.Next = nil
		}
		return cl, p, err
	})
}

type conversationRow struct {
	rowID
	Sort            []json.RawMessage `json:"sort"`
	ContactID       text              `json:"contactId"`
	LastMessageBody text              `json:"lastMessageBody"`
	LastMessageType text              `json:"lastMessageType"`
	LastMessageDate stamp             `json:"lastMessageDate"`
	Unread          number            `json:"unreadCount"`
	Deleted         flag              `json:"deleted"`
	DateAdded       stamp             `json:"dateAdded"`
	DateUpdated     stamp             `json:"dateUpdated"`
}

// spokenAt is when the last message was, by which the rows are sorted.
func (r conversationRow) spokenAt() time.Time {
	var at stamp
	if len(r.Sort) > 0 {
		_ = at.UnmarshalJSON(r.Sort[0]) // a stamp reads everything
	}
	return cmp.Or(at, r.LastMessageDate).Time
}

// after is the millisecond that the next page goes on after.
func (r conversationRow) after() json.RawMessage {
	if at := r.spokenAt(); !at.IsZero() {
		return strconv.AppendInt(nil, at.UnixMilli(), 10)
	}
	return nil
}

func (r conversationRow) value() (Conversation, error) {
	if r.id() == "" {
		return Conversation{}, errNoID
	}
	return Conversation{
		ID:              ConversationID(r.id()),
		ContactID:       ContactID(r.ContactID),
		LastMessage:     string(r.LastMessageBody),
		LastMessageType: string(r.LastMessageType),
		LastMessageAt:   r.spokenAt(),
		Unread:          int(r.Unread),
		Deleted:         bool(r.Deleted),
		DateAdded:       r.DateAdded.Time,
		DateUpdated:     r.DateUpdated.Time,
	}, nil
}
