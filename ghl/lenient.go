package ghl

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The types below read what the API sends for one meaning in many forms. What has no sensible
// reading is an error, so that it is never taken for an empty value; null and absence are empty.

func isNull(b []byte) bool { return string(b) == "null" }

// odd is the error for a form that a type cannot read. encoding/json adds the field's name.
func odd[T any](b []byte) error {
	what := map[byte]string{'{': "object", '[': "array", '"': "string", 't': "bool", 'f': "bool"}[b[0]]
	if what == "" {
		what = "number"
	}
	return &json.UnmarshalTypeError{Value: what, Type: reflect.TypeFor[T]()}
}

// text reads a string, number or bool.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '{', '[':
		return odd[text](b)
	case 'n':
		*t = ""
	case '"':
		s, err := unquote(b)
		*t = text(s)
		return err
	default:
		*t = text(b)
	}
	return nil
}

// unquote spares most strings the way through encoding/json.
func unquote(b []byte) (string, error) {
	if len(b) >= 2 && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		return string(b[1 : len(b)-1]), nil
	}
	var s string
	err := json.Unmarshal(b, &s)
	return s, err
}

// flag reads a bool, also as a string or a number.
type flag bool

func (f *flag) UnmarshalJSON(b []byte) error {
	switch strings.ToLower(strings.Trim(string(b), `"`)) {
	case "true", "1", "yes":
		*f = true
	case "false", "0", "no", "null", "":
		*f = false
	default:
		return odd[flag](b)
	}
	return nil
}

// number reads an integer, also as a string; anything else is 0, as nothing depends on it.
type number int

func (n *number) UnmarshalJSON(b []byte) error {
	i, _ := strconv.Atoi(strings.Trim(string(b), `"`))
	*n = number(i)
	return nil
}

// span reads a number of minutes or hours; anything else is 0, as nothing depends on it.
type span float64

func (s *span) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	if err != nil || !(n > 0 && n < 1e6) {
		n = 0
	}
	*s = span(n)
	return nil
}

func (s span) in(unit string) time.Duration {
	each := time.Minute
	if strings.HasPrefix(strings.ToLower(unit), "hour") {
		each = time.Hour
	}
	return time.Duration(float64(s) * float64(each))
}

// ref reads an id, also alone in an array or inside an object.
type ref string

func (r *ref) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '[':
		var all []ref
		if err := json.Unmarshal(b, &all); err != nil {
			return err
		}
		*r = ""
		if len(all) > 0 {
			*r = all[0]
		}
		return nil
	case '{':
		var o rowID
		err := json.Unmarshal(b, &o)
		*r = ref(o.id())
		return err
	}
	return (*text)(r).UnmarshalJSON(b)
}

// rowID is the part of a row by which it is known.
type rowID struct {
	ID      text `json:"id"`
	MongoID text `json:"_id"`
}

func (r rowID) id() string {
	if r.ID != "" {
		return string(r.ID)
	}
	return string(r.MongoID)
}

// words reads a list of strings, also a single one.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	*w = nil
	many := []text{""}
	var err error
	if b[0] == '[' {
		err = json.Unmarshal(b, &many)
	} else {
		err = many[0].UnmarshalJSON(b)
	}
	for _, t := range many {
		if t != "" {
			*w = append(*w, string(t))
		}
	}
	return err
}

// moment reads RFC 3339 with or without fractions, and epoch milliseconds. A time without a zone
// is refused, as the endpoints we call do not document one.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(b []byte) error {
	var t text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	at, ok := parseMoment(strings.TrimSpace(string(t)))
	if !ok {
		return odd[moment](b)
	}
	m.Time = at
	return nil
}

func parseMoment(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), true
		}
	}
	ms, err := strconv.ParseFloat(s, 64) // 1.7e12 is a number, too
	if err != nil || !(ms > -1e15 && ms < 1e15) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(ms)).UTC(), true
}

// stamp is a moment that only narrows what to look at: unreadable, it is zero.
type stamp struct{ time.Time }

func (s *stamp) UnmarshalJSON(b []byte) error {
	var m moment
	if err := m.UnmarshalJSON(b); err != nil {
		m = moment{}
	}
	s.Time = m.Time
	return nil
}

// birthday reads every form of a date that GHL takes or gives as YYYY-MM-DD. Other forms stay as
// they are: a strange date is better than none.
type birthday string

func (d *birthday) UnmarshalJSON(b []byte) error {
	var t text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	*d = birthday(parseBirthday(strings.TrimSpace(string(t))))
	return nil
}

func parseBirthday(s string) string {
	day, _, _ := strings.Cut(s, "T")
	day = strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(day)
	for _, layout := range []string{time.DateOnly, "01-02-2006"} {
		if at, err := time.Parse(layout, day); err == nil {
			return at.Format(time.DateOnly)
		}
	}
	if at, ok := parseMoment(s); ok && !at.IsZero() {
		return at.Format(time.DateOnly)
	}
	return s
}

// channels reads do-not-disturb settings by the names that a write needs, whatever their case.
type channels map[string]DNDSetting

var channelNames = map[string]string{
	"sms": "SMS", "email": "Email", "call": "Call", "whatsapp": "WhatsApp", "gmb": "GMB", "fb": "FB",
}

func (c *channels) UnmarshalJSON(b []byte) error {
	*c = nil
	if isNull(b) || string(b) == "[]" {
		return nil
	}
	var all map[string]*setting
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := all[name]
		if s == nil {
			continue
		}
		if known, ok := channelNames[strings.ToLower(name)]; ok {
			name = known
		}
		if *c == nil {
			*c = channels{}
		}
		if old, twice := (*c)[name]; !twice || !optedOut(old) {
			(*c)[name] = DNDSetting(*s) // of two spellings, the opt-out wins
		}
	}
	return nil
}

func optedOut(s DNDSetting) bool { return s.Status == "active" || s.Status == "permanent" }

// setting reads one channel, also as a bare status or bool.
type setting DNDSetting

func (s *setting) UnmarshalJSON(b []byte) error {
	var o struct{ Status, Message, Code text }
	switch b[0] {
	case 't':
		o.Status = "active"
	case 'f':
		o.Status = "inactive"
	case '"':
		if err := o.Status.UnmarshalJSON(b); err != nil {
			return err
		}
	default:
		if err := json.Unmarshal(b, &o); err != nil {
			return err
		}
	}
	*s = setting{Status: strings.ToLower(string(o.Status)), Message: string(o.Message), Code: string(o.Code)}
	return nil
}

// choices reads a list of things to be shown: strings, or whatever else as its JSON.
type choices []string

func (c *choices) UnmarshalJSON(b []byte) error {
	*c = nil
	if isNull(b) {
		return nil
	}
	var raw []json.RawMessage
	if b[0] != '[' {
		raw = []json.RawMessage{b}
	} else if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	for _, one := range raw {
		var t text
		if t.UnmarshalJSON(one) != nil {
			t = text(compact(one))
		}
		*c = append(*c, string(t))
	}
	return nil
}
