// Package record is what the others know of records: the canonical form of values, the owner's names for fields,
// when two values are the same, how a person is called, and whether they may be texted. It is pure.
package record

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// CustomPrefix starts the names of custom fields; the CRM's id of the field follows.
const CustomPrefix = "cf."

// DNDChannels are the CRM's spellings by canonical field name.
var DNDChannels = map[string]string{
	store.DNDSMS: "SMS", "dnd_email": "Email", "dnd_call": "Call", "dnd_whatsapp": "WhatsApp", "dnd_gmb": "GMB", "dnd_fb": "FB",
}

// Phone is E.164. A number that is none in the region may be an international one whose
// plus sign was lost. What is no number at all is kept as it is: it cannot be texted, but it
// must not look changed.
func Phone(s, region string) string {
	if s == "" {
		return ""
	}
	for _, try := range []struct{ number, region string }{{s, region}, {"+" + strings.TrimPrefix(s, "00"), ""}} {
		if p, err := sms.ParsePhone(try.number, try.region); err == nil {
			return string(p)
		}
	}
	return s
}

// Textable tells whether texts can be sent to a number, and be known by it when they come back.
func Textable(number string) bool {
	p, err := sms.ParsePhone(number, "")
	return err == nil && string(p) == number && sms.Answerable(number)
}

// Custom turns a custom field's JSON into the mirror's value: a JSON string without its quotes, else compact JSON.
func Custom(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if s != "" && strings.ContainsRune(`[{"`, rune(s[0])) {
			return string(raw) // quoted, so that it does not read as JSON of its own
		}
		return s
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.String() == "null" {
		return ""
	}
	return b.String()
}

// Added is when an appointment was booked, or a note was written.
const Added = "added"

// Author is who wrote a note.
const Author = "user"

// Time is the canonical form of a time; empty for none.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(store.TimeForm)
}

// Tidy trims values and leaves empty ones out.
func Tidy(f store.Fields) store.Fields {
	for k, v := range f {
		if v = strings.TrimSpace(v); v == "" {
			delete(f, k)
		} else {
			f[k] = v
		}
	}
	return f
}

// CustomJSON is the value of a custom field as the CRM is sent it; the inverse of [Custom].
func CustomJSON(s string) json.RawMessage {
	if s != "" && strings.ContainsRune(`[{"`, rune(s[0])) && json.Valid([]byte(s)) {
		return json.RawMessage(s)
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return b
}
