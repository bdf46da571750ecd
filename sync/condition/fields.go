package condition

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Names are the names of the fields, sorted.
func (f Fields) Names() []string { return slices.Sorted(maps.Keys(f)) }

// otherFields tells which field has another value than is asked for.
func otherFields(names OneOf, c *Condition, of Case, w wording.World) string {
	for _, name := range names {
		field, want := w.Fields.Field(name), c.Field[name]
		if field == "" {
			return "the CRM has not listed the field " + name
		}
		if !want.has(record.Readable(of.Contact.Get(field))) {
			return "the contact's " + name + " is not " + want.words()
		}
	}
	return ""
}

// words says the values for people.
func (o OneOf) words() string {
	if len(o) == 0 {
		return "empty"
	}
	all := slices.Clone(o)
	for i, v := range all {
		all[i] = cmp.Or(v, "empty")
	}
	return strings.Join(all, " or ")
}
