package ghltest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// kind is what a property of a request body must be. Null is always accepted.
type kind int

const (
	text kind = iota
	email
	flag
	words  // an array of strings
	array  // an array of anything
	object // an object
	number
	instant // an ISO 8601 time
)

// A dto is what the API accepts as a body. Everything else is refused.
type dto struct {
	fields   map[string]kind
	required []string
}

// with returns a dto that has more properties and needs some.
func (d dto) with(more map[string]kind, required ...string) dto {
	wider := dto{fields: maps.Clone(d.fields), required: required}
	maps.Copy(wider.fields, more)
	return wider
}

// A body is a request's body that fits its dto.
type body map[string]json.RawMessage

// read returns the body of a call, or the refusal of it.
func (d dto) read(c *call) (body, error) {
	b := body{}
	// A body of another type is not read at all.
	if len(c.body) > 0 && strings.HasPrefix(c.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(c.body, &b); err != nil {
			return nil, &refusal{status: http.StatusBadRequest, message: "Unexpected token in JSON: " + err.Error()}
		}
	}
	if wrong := d.check(b); len(wrong) > 0 {
		return nil, unprocessable(wrong...)
	}
	return b, nil
}

func (d dto) check(b body) (wrong []string) {
	for _, key := range b.keys() {
		k, known := d.fields[key]
		if !known {
			wrong = append(wrong, "property "+key+" should not exist")
		} else if msg := k.mismatch(b[key]); msg != "" && !b.isNull(key) {
			wrong = append(wrong, key+" "+msg)
		}
	}
	for _, key := range d.required {
		if !b.has(key) || b.isNull(key) || string(b[key]) == `""` {
			wrong = append(wrong, key+" should not be empty")
			if msg := d.fields[key].mismatch(nil); msg != "" {
				wrong = append(wrong, key+" "+msg)
			}
		}
	}
	return wrong
}

// mismatch returns what is to be said about a value that does not fit.
func (k kind) mismatch(raw json.RawMessage) string {
	var (
		s     string
		b     bool
		n     float64
		list  []string
		items []json.RawMessage
		o     map[string]json.RawMessage
	)
	fits := func(v any) bool { return json.Unmarshal(raw, v) == nil }
	switch k {
	case text:
		return unless(fits(&s), "must be a string")
	case email:
		return unless(fits(&s) && (s == "" || isEmail(s)), "must be an email")
	case flag:
		return unless(fits(&b), "must be a boolean value")
	case words:
		return unless(fits(&list), "must be an array")
	case array:
		return unless(fits(&items), "must be an array")
	case object:
		return unless(fits(&o), "must be an object")
	case number:
		return unless(fits(&n), "must be a number conforming to the specified constraints")
	case instant:
		if !fits(&s) {
			return "must be a valid ISO 8601 date string"
		}
		_, isTime := parseTime(s, time.UTC)
		return unless(isTime, "must be a valid ISO 8601 date string")
	}
	return ""
}

func unless(good bool, message string) string {
	if good {
		return ""
	}
	return message
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	return err == nil && a.Name == "" && strings.Contains(a.Address, ".")
}

func (b body) keys() []string {
	return slices.Sorted(maps.Keys(b))
}

func (b body) has(key string) bool { _, there := b[key]; return there }

func (b body) isNull(key string) bool { return string(b[key]) == "null" }

// into decodes a property if it is there, and returns false if it can not be. Null is the zero
// value.
func (b body) into(key string, v any) bool {
	return !b.has(key) || json.Unmarshal(b[key], v) == nil
}

// text sets a string, trimmed. Null clears it.
func (b body) text(key string, dst *string) {
	if b.has(key) {
		var s string
		b.into(key, &s)
		*dst = strings.TrimSpace(s)
	}
}

// str returns a string, or an empty one.
func (b body) str(key string) (s string) {
	b.text(key, &s)
	return s
}

// time returns a time, read in zone if it has none of its own.
func (b body) time(key string, zone *time.Location) (time.Time, bool) {
	if !b.has(key) || b.isNull(key) {
		return time.Time{}, false
	}
	return parseTime(b.str(key), zone)
}

var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly}

func parseTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range timeLayouts {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), zone); err == nil {
			return t.UTC().Truncate(time.Millisecond), true
		}
	}
	return time.Time{}, false
}
