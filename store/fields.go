package store

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fields is a record's value in canonical form: text by field name, empty fields left out,
// times as RFC 3339 in UTC, sets as sorted JSON arrays. In edits a field may be empty: cleared.
type Fields map[string]string

// The names of fields that more than one package uses. The others are plain data.
const (
	FirstName = "first_name"
	LastName  = "last_name"
	Email     = "email"
	Phone     = "phone"
	Timezone  = "timezone"
	Source    = "source"
	Tags      = "tags"    // JSON array, sorted
	DND       = "dnd"     // "true": every channel
	DNDSMS    = "dnd_sms" // active, permanent: opted out; inactive
	Title     = "title"
	Body      = "body"
	Due       = "due"       // TimeForm
	Completed = "completed" // "true", "false"
	Assigned  = "assigned_to"
	Status    = "status"
	Start     = "start" // TimeForm
	End       = "end"   // TimeForm
	Calendar  = "calendar"
	Notes     = "notes" // of an appointment
)

// TimeForm is the layout of times in Fields. It sorts as text.
const TimeForm = "2006-01-02T15:04:05Z"

// Hash is the content hash of a canonical value.
func (f Fields) Hash() []byte { return hashOf(f.encode()) }

func hashOf(encoded string) []byte {
	h := sha256.Sum256([]byte(encoded))
	return h[:]
}

// encode is the stored form: JSON with sorted keys. No fields are {}, nil or not.
func (f Fields) encode() string {
	if f == nil {
		return "{}"
	}
	b, err := json.Marshal(map[string]string(f))
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return string(b)
}

// encodeOrNull stores nil as NULL.
func (f Fields) encodeOrNull() any {
	if f == nil {
		return nil
	}
	return f.encode()
}

// Scan implements sql.Scanner; NULL reads as nil.
func (f *Fields) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*f = nil
		return nil
	case string:
		*f = Fields{}
		if err := json.Unmarshal([]byte(v), f); err != nil {
			return fmt.Errorf("a record in the mirror is not a JSON object: %w", err)
		}
		return nil
	default:
		return fmt.Errorf("a record is %T in the mirror, not text", v)
	}
}

// With returns f changed by patch; empty values clear.
func (f Fields) With(patch Fields) Fields {
	out := maps.Clone(f)
	if out == nil {
		out = Fields{}
	}
	for k, v := range patch {
		if v == "" {
			delete(out, k)
		} else {
			out[k] = v
		}
	}
	return out
}

// Names are the names of all fields in f and others, sorted.
func (f Fields) Names(others ...Fields) []string {
	all := maps.Clone(map[string]string(f))
	if all == nil {
		all = map[string]string{}
	}
	for _, o := range others {
		maps.Copy(all, o)
	}
	return slices.Sorted(maps.Keys(all))
}

// Set reads a field that is a set; nil if it is empty or not one.
func (f Fields) Set(name string) []string {
	var items []string
	if err := json.Unmarshal([]byte(f[name]), &items); err != nil {
		return nil
	}
	return items
}

// EncodeSet is the canonical form of a set: sorted, without repetitions; "" when empty.
func EncodeSet(items []string) string {
	items = slices.DeleteFunc(slices.Clone(items), func(s string) bool { return s == "" })
	slices.Sort(items)
	items = slices.Compact(items)
	if len(items) == 0 {
		return ""
	}
	b, err := json.Marshal(items)
	if err != nil {
		panic(err) // a slice of strings always marshals
	}
	return string(b)
}

// MergeSets is a set that both sides changed: theirs, with what ours added to base and without
// what ours took away.
func MergeSets(base, theirs, ours []string) string {
	out := slices.DeleteFunc(slices.Clone(theirs), func(s string) bool {
		return slices.Contains(base, s) && !slices.Contains(ours, s)
	})
	for _, s := range ours {
		if !slices.Contains(base, s) {
			out = append(out, s)
		}
	}
	return EncodeSet(out)
}

// Origin is whose edit something is.
type Origin string

// The origins of edits.
const (
	ByPerson  Origin = "person"  // at the keyboard
	ByText    Origin = "text"    // somebody texted it
	ByGateway Origin = "gateway" // changed in the gateway's address book
	ByRule    Origin = "rule"    // a rule of the owner's
)

// EditInfo is who made an edit, and when.
type EditInfo struct {
	By  Origin `json:"by"`
	At  int64  `json:"at"`            // unix milliseconds
	Who string `json:"who,omitempty"` // of a person at the keyboard
}

// AskedBy says who made the edits of some fields, as [Intent.AskedBy] has it.
func (m EditInfos) AskedBy(fields Fields) string {
	var all []string
	for _, f := range fields.Names() {
		info, known := m[f]
		if said := strings.TrimSpace(string(info.By) + " " + info.Who); known && !slices.Contains(all, said) {
			all = append(all, said)
		}
	}
	return strings.Join(all, ", ")
}

// EditInfos tell who made each edit of a record, and when, by field.
type EditInfos map[string]EditInfo

// Scan implements sql.Scanner; NULL reads as nil.
func (m *EditInfos) Scan(v any) error {
	s, ok := v.(string)
	if !ok {
		*m = nil
		return nil
	}
	if err := json.Unmarshal([]byte(s), m); err != nil {
		return fmt.Errorf("the marks of a record in the mirror are not JSON: %w", err)
	}
	return nil
}

func (m EditInfos) encodeOrNull() any {
	if len(m) == 0 {
		return nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return string(b)
}
