package condition

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
)

// MayBeOne lets one value stand without a list.
func (OneOf) MayBeOne() {}

// Empty is what is wrong with a list in which nothing stands.
func (OneOf) Empty([]string) string {
	return "lists nothing, so it would ask for nothing; write a value, or remove it"
}

// Empty is what is wrong with no fields at all.
func (Fields) Empty([]string) string {
	return "names no field, so it would ask for nothing; write one like city: Boston, or remove it"
}

// Empty is what is wrong with a condition below which nothing stands, where some keys may.
func (*Condition) Empty(keys []string) string {
	return "asks for nothing, so it would always hold; write what it asks for below it (" + strings.Join(keys, ", ") + "), or remove it"
}

// Keys are those of the conditions that a place which tells of some subjects takes.
func Keys(about Subject) (keys []string) {
	for _, k := range Kinds {
		if k.Of&about != 0 {
			keys = append(keys, k.Key)
		}
	}
	return keys
}

// What are the keys of the map, for people.
func (Fields) What() string { return "names of fields" }

// CheckKey lets every name pass: the owner's may stand further down in the file.
func (Fields) CheckKey(string) error { return nil }

// Check checks what a rule or a reminder asks for, which tells of some subjects only, and brings tags into lower
// case. who is what people call it, own are the owner's names of fields.
func (c *Condition) Check(in *spec.Checker, at string, about Subject, who string, own record.Names) {
	if c == nil {
		return
	}
	for _, tags := range []OneOf{c.Tag, c.NotTag} {
		for i := range tags {
			tags[i] = strings.ToLower(tags[i])
		}
	}
	for _, k := range Kinds {
		values := k.values(c)
		if len(values) == 0 {
			continue
		}
		at := at + "." + k.Key
		switch {
		case about&k.Of != 0:
		case k.Of == OfSender:
			in.Bad(at, `goes with "text received" only; remove it`)
		default:
			in.Bad(at, "is about the %s, and %s tells of none; remove it", k.Of, who)
		}
		for i, value := range values {
			if k.Key == "field" {
				if err := CheckField(value, own); err != nil {
					in.Bad(at+"."+value, "%v", err)
				}
			} else if err := k.check(value); err != nil {
				in.Bad(fmt.Sprintf("%s[%d]", at, i), "%v", err)
			}
		}
	}
	if len(c.Status) > 0 && len(c.NotStatus) > 0 {
		in.Bad(at+".not_status", "set together with status; keep one of them")
	}
}

// check tells what is wrong with a value that is asked for.
func (k Kind) check(value string) error {
	switch {
	case value == "":
		return errors.New("is empty; write a value, or remove it")
	case k.valid == nil:
		return nil
	}
	return k.valid(value)
}

// String names a subject for people.
func (s Subject) String() string {
	if s == OfAppointment {
		return "appointment"
	}
	return "contact"
}

// CheckField tells what is wrong with the name of a field of contacts, which is one of the owner's or the
// mirror's.
func CheckField(name string, own record.Names) error {
	known := slices.Concat(record.Editable[store.Contact], []string{"company", store.Tags, store.DND, store.DNDSMS}, slices.Sorted(maps.Keys(own)))
	if id, custom := strings.CutPrefix(name, record.CustomPrefix); slices.Contains(known, name) || custom && spec.IsID(id) {
		return nil
	}
	if near, _ := record.Nearest(name, known); near != "" {
		return fmt.Errorf("no field %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("no field %q; there are %s", name, strings.Join(known, ", "))
}

// Asks are the values that c asks for by a key.
func (c *Condition) Asks(key string) []string {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Key == key })
	if c == nil || i < 0 {
		return nil
	}
	return Kinds[i].values(c)
}
