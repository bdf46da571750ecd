package smsto

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
)

// The API mixes strings, numbers, booleans and nulls in the same field. Everything here reads
// what can be read and never fails on a field that is of another type than expected.

// loose is a JSON string, number or boolean as text; anything else is empty.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	*l = ""
	switch {
	case len(b) > 0 && b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*l = loose(s)
	case bytes.Equal(b, []byte("null")) || len(b) > 0 && (b[0] == '{' || b[0] == '['):
	default:
		*l = loose(b)
	}
	return nil
}

func (l loose) int() int {
	f, _ := l.float()
	return int(f)
}

func (l loose) float() (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(string(l)), 64)
	return f, err == nil && f > -1e15 && f < 1e15
}

var timeForms = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04", "02-01-2006 15:04:05", time.RFC1123Z, time.RFC1123,
}

// time reads the forms that were seen, and Unix seconds or milliseconds. A time without a zone
// is taken to be UTC. What cannot be read is the zero time.
func (l loose) time() time.Time {
	s := strings.TrimSpace(string(l))
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 1e9 {
		if n < 1e11 {
			return time.Unix(n, 0).UTC()
		}
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}

// verdict is what most answers say about themselves.
type verdict struct {
	Success loose `json:"success"`
	Message loose `json:"message"`
}

func (v verdict) refused() bool { return v.Success == "false" || v.Success == "0" }

// message is a text as the API shows it.
type message struct {
	UID       loose `json:"_id"` // what send returned as message_id
	MessageID loose `json:"message_id"`
	ID        loose `json:"id"`
	To        loose `json:"to"`
	Text      loose `json:"message"`
	Status    loose `json:"status"`
	Failed    loose `json:"failed_reason"`
	Created   loose `json:"created_at"`
	Updated   loose `json:"updated_at"`
	SentAt    loose `json:"sent_at"`
	Parts     loose `json:"sms_count"`
}

func (m message) id() string {
	for _, id := range []loose{m.UID, m.MessageID, m.ID} {
		if id != "" {
			return string(id)
		}
	}
	return ""
}

func (m message) delivery() sms.Delivery {
	d := sms.Delivery{State: state(string(m.Status)), At: m.Updated.time(), Parts: max(m.Parts.int(), 0)}
	if d.At.IsZero() {
		d.At = m.SentAt.time()
	}
	switch d.State {
	case sms.StateFailed, sms.StateExpired, sms.StateOptedOut:
		d.Reason = sms.Clean(string(m.Failed))
		if d.Reason == "" {
			d.Reason = sms.Clean(string(m.Status))
		}
	case sms.StateUnclear:
		d.Reason = sms.Clean(string(m.Status))
	case sms.StateQueued, sms.StateSent, sms.StateDelivered:
	}
	return d
}

// state maps the documented statuses and those seen in the vendor's own plugins.
func state(status string) sms.State {
	switch strings.ToUpper(strings.TrimSpace(status)) {
	case "QUEUED", "SCHEDULED", "SENDING", "PENDING", "ONGOING":
		return sms.StateQueued
	case "SENT":
		return sms.StateSent
	case "DELIVERED":
		return sms.StateDelivered
	case "FAILED", "REJECTED", "UNDELIVERED":
		return sms.StateFailed
	case "EXPIRED":
		return sms.StateExpired
	case "UNSUBSCRIBED":
		return sms.StateOptedOut
	}
	return sms.StateUnclear
}

// rows is a list in any of the shapes the API may give it: a bare array, an array or a single
// object under data, or a paginator under data. An object without data is a row itself.
type rows[T any] struct {
	verdict
	Data     []T
	LastPage int // 0 if the answer is not paged
	Total    int // of all pages, 0 if it is not told
}

// paging is what a paginator says of itself, beside its rows or under meta.
type paging struct {
	LastPage loose           `json:"last_page"`
	Total    loose           `json:"total"`
	Meta     json.RawMessage `json:"meta"`
}

func (r *rows[T]) paged(p paging) {
	var meta paging
	_ = json.Unmarshal(p.Meta, &meta) // may be anything, or not there
	r.LastPage = max(first(p.LastPage, meta.LastPage).int(), 0)
	r.Total = max(first(p.Total, meta.Total).int(), 0)
}

var errShape = errors.New("not a list")

func (r *rows[T]) UnmarshalJSON(b []byte) error {
	*r = rows[T]{}
	if b[0] == '[' {
		return json.Unmarshal(b, &r.Data)
	}
	if b[0] != '{' {
		return errShape
	}
	var outer struct {
		verdict
		paging
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(b, &outer); err != nil {
		return err
	}
	r.verdict = outer.verdict
	r.paged(outer.paging)
	switch {
	case r.refused():
		return nil
	case bytes.Equal(outer.Data, []byte("null")):
		return nil
	case len(outer.Data) == 0:
		return r.one(b)
	case outer.Data[0] == '[':
		return json.Unmarshal(outer.Data, &r.Data)
	case outer.Data[0] != '{':
		return errShape
	}
	var inner struct {
		paging
		Data []T `json:"data"`
	}
	if err := json.Unmarshal(outer.Data, &inner); err == nil && inner.Data != nil {
		r.Data = inner.Data
		r.paged(inner.paging)
		return nil
	}
	return r.one(outer.Data)
}

// one reads an object that is a row, and refuses one that has nothing of a row: an error page
// in JSON must not read as an empty list.
func (r *rows[T]) one(b []byte) error {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(b, &keys); err != nil {
		return err
	}
	if keys["to"] == nil && keys["from"] == nil && keys["status"] == nil {
		return errShape
	}
	var row T
	if err := json.Unmarshal(b, &row); err != nil {
		return err
	}
	r.Data = []T{row}
	return nil
}

func (r *rows[T]) check(c sms.Call) error {
	if r.refused() {
		return c.Refused(sms.ErrUnavailable, string(r.Message))
	}
	return nil
}
