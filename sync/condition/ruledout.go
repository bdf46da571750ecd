package condition

import (
	"slices"
	"strings"

	"ghlsms/sync/record"
)

// Outcome is what a contact's tags and fields are after a rule ran, as far as the rule alone tells.
type Outcome struct {
	Tagged map[string]bool   // whether they have a tag now, in lower case
	Set    map[string]string // values of fields, by their keys
}

// RuledOut tells whether a contact in such a state can no longer meet the condition. Rules that would set each other
// off for ever are found with it.
func (c *Condition) RuledOut(by Outcome, names record.Names) bool {
	lacks := func(tag string) bool { has, known := by.Tagged[strings.ToLower(tag)]; return known && !has }
	if len(c.Tag) > 0 && !slices.ContainsFunc(c.Tag, func(tag string) bool { return !lacks(tag) }) {
		return true
	}
	if slices.ContainsFunc(c.NotTag, func(tag string) bool { return by.Tagged[strings.ToLower(tag)] }) {
		return true
	}
	for name, want := range c.Field {
		if v, known := by.Set[names.Key(name)]; known && !want.has(v) {
			return true
		}
	}
	return false
}
