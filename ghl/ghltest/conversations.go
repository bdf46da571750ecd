package ghltest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Sandbox) conversationWire(v *conversation) obj {
	o := obj{
		"id": v.id, "contactId": v.contactID, "locationId": s.opt.Location, "type": "TYPE_PHONE",
		"lastMessageBody": v.last.Body, "lastMessageType": v.last.Type, "unreadCount": 0, "dateUpdated": v.last.DateUpdated.UnixMilli(),
		"sort": []int64{v.last.DateAdded.UnixMilli()},
	}
	var c contact
	if known := s.contacts[v.contactID]; known != nil {
		c = *known
	}
	o["fullName"], o["contactName"], o["email"], o["phone"] = c.fullName(), c.fullName(), c.Email, c.Phone
	return o
}

// searchConversations shows them by their last message, newest first unless told otherwise.
func (s *Sandbox) searchConversations(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	_, limit, err := c.place("", 20)
	if err != nil {
		return reply{}, err
	}
	turn := -1
	if c.query.Get("sort") == "asc" {
		turn = 1
	}
	after := int64(math.MinInt64)
	if given := c.query.Get("startAfterDate"); given != "" {
		if after, err = strconv.ParseInt(given, 10, 64); err != nil {
			return reply{}, unprocessable("startAfterDate must be a number")
		}
		after *= int64(turn)
	}
	at := func(v *conversation) int64 { return int64(turn) * v.last.DateAdded.UnixMilli() }
	var found []*conversation
	for _, v := range s.conversations {
		if id := c.query.Get("contactId"); v.last != nil && at(v) > after && (id == "" || id == v.contactID) {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b *conversation) int { return cmp.Or(cmp.Compare(at(a), at(b)), strings.Compare(a.id, b.id)) })
	rows := []obj{}
	for _, v := range slice(found, 0, limit) {
		rows = append(rows, s.conversationWire(v))
	}
	return ok(obj{"conversations": rows, "total": len(found)})
}

// listMessages shows a conversation, newest first, one level deeper than described.
func (s *Sandbox) listMessages(c *call) (reply, error) {
	s.ripen(c.now)
	_, limit, err := c.place("", 20)
	if err != nil {
		return reply{}, err
	}
	id := c.PathValue("conversation")
	var found []*Message
	for _, v := range s.conversations {
		if v.id == id {
			found = s.newestFirst(v, c.query.Get("type"))
		}
	}
	if found == nil {
		return reply{}, notFound("Conversation", id)
	}
	if last := c.query.Get("lastMessageId"); last != "" {
		i := slices.IndexFunc(found, func(m *Message) bool { return m.ID == last })
		found = found[i+1:]
	}
	rows, last := []obj{}, ""
	for _, m := range slice(found, 0, limit) {
		rows, last = append(rows, s.messageWire(m)), m.ID
	}
	inner := obj{"lastMessageId": last, "nextPage": len(found) > len(rows), "messages": rows}
	return ok(obj{"messages": inner})
}

func (s *Sandbox) newestFirst(v *conversation, types string) []*Message {
	rows := []*Message{}
	for _, m := range s.messages.of[v.contactID] {
		if !m.Deleted && (types == "" || slices.Contains(strings.Split(types, ","), m.Type)) {
			rows = append(rows, m)
		}
	}
	slices.SortStableFunc(rows, func(a, b *Message) int { return b.DateAdded.Compare(a.DateAdded) })
	return rows
}

func (s *Sandbox) getMessage(c *call) (reply, error) {
	s.ripen(c.now)
	m := s.messages.byID[c.PathValue("part")]
	if m == nil || m.Deleted {
		return reply{}, notFound("Message", c.PathValue("part"))
	}
	return ok(obj{"message": s.messageWire(m)})
}

const minExport, maxExport = 10, 500

// An export is a checked request for one page of all messages.
type export struct {
	limit, turn   int
	updated       bool
	since, until  time.Time
	contact, talk string
	channel       string
	afterMS       int64
	afterID       string
}

func (s *Sandbox) exportMessages(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	q, err := readExport(c)
	if err != nil {
		return reply{}, err
	}
	s.ripen(c.now)
	var found []*Message
	for _, m := range s.messages.all {
		if q.wants(m) {
			found = append(found, m)
		}
	}
	slices.SortFunc(found, func(a, b *Message) int { return q.compare(q.at(a), a.ID, q.at(b), b.ID) })
	total := len(found)
	if q.afterID != "" {
		found = slices.DeleteFunc(found, func(m *Message) bool { return q.compare(q.at(m), m.ID, q.afterMS, q.afterID) <= 0 })
	}
	found = slice(found, 0, q.limit)
	rows := []obj{}
	for _, m := range found {
		rows = append(rows, s.messageWire(m))
	}
	answer := obj{"messages": rows, "total": total}
	if len(found) == q.limit {
		answer["nextCursor"] = q.cursor(found[len(found)-1])
	}
	return ok(answer)
}

func readExport(c *call) (export, error) {
	q := export{
		turn: -1, updated: c.query.Get("sortBy") == "updatedAt", channel: c.query.Get("channel"),
		contact: c.query.Get("contactId"), talk: c.query.Get("conversationId"),
	}
	var err error
	if _, q.limit, err = c.place("", 100); err != nil {
		return q, err
	}
	if c.query.Get("sortOrder") == "asc" {
		q.turn = 1
	}
	if q.limit < minExport || q.limit > maxExport {
		return q, unprocessable("limit must not be less than 10", "limit must not be greater than 500")
	}
	for key, dst := range map[string]*time.Time{"startDate": &q.since, "endDate": &q.until} {
		if given := c.query.Get(key); given != "" {
			t, good := parseTime(given, time.UTC)
			if !good {
				return q, unprocessable(key + " must be a valid ISO 8601 date string")
			}
			*dst = t
		}
	}
	return q, q.readCursor(c.query.Get("cursor"))
}

func (q *export) at(m *Message) int64 {
	if q.updated {
		return m.DateUpdated.UnixMilli()
	}
	return m.DateAdded.UnixMilli()
}

func (q *export) wants(m *Message) bool {
	at := time.UnixMilli(q.at(m))
	channel := messageTypes[q.channel].name
	return !m.Deleted && (q.contact == "" || q.contact == m.ContactID) && (q.talk == "" || q.talk == m.ConversationID) &&
		(q.since.IsZero() || !at.Before(q.since)) && (q.until.IsZero() || !at.After(q.until)) &&
		(m.Type == channel || (q.channel == "" && m.Type != "TYPE_EMAIL"))
}

func (q *export) compare(aMS int64, aID string, bMS int64, bID string) int {
	return q.turn * cmp.Or(cmp.Compare(aMS, bMS), strings.Compare(aID, bID))
}

// cursor is opaque, like the real one.
func (q *export) cursor(m *Message) string {
	raw, _ := json.Marshal([]any{q.at(m), m.ID}) // a number and a string
	return base64.StdEncoding.EncodeToString(raw)
}

func (q *export) readCursor(given string) error {
	if given == "" {
		return nil
	}
	raw, err := base64.StdEncoding.DecodeString(given)
	parts := []any{&q.afterMS, &q.afterID}
	if err != nil || json.Unmarshal(raw, &parts) != nil || q.afterID == "" {
		return &refusal{status: http.StatusBadRequest, message: "Invalid cursor"}
	}
	return nil
}
