package config

import (
	"fmt"
	"slices"
	"strings"

	"ghlsms/sync/condition"
	"ghlsms/sync/rule"
)

// conditionsOf are the subjects that the conditions of a rule with a trigger can be about.
func conditionsOf(t rule.Trigger) (about condition.Subject) {
	if t.Tells&rule.OfContact != 0 {
		about |= condition.OfContact
	}
	if t.Tells&rule.OfAppointment != 0 {
		about |= condition.OfAppointment
	}
	if t.Name == "text received" {
		about |= condition.OfSender
	}
	return about
}

// checkCondition checks what a rule or a reminder asks for, which tells of some subjects only. who is what
// people call it.
func (l *loader) checkCondition(at string, c *condition.Condition, about condition.Subject, who string) {
	if c == nil {
		return
	}
	for _, tags := range []condition.OneOf{c.Tag, c.NotTag} {
		for i := range tags {
			tags[i] = strings.ToLower(tags[i])
		}
	}
	for _, k := range condition.Kinds {
		values := k.Values(c)
		if len(values) == 0 {
			continue
		}
		at := at + "." + k.Key
		switch {
		case about&k.Of != 0:
		case k.Of == condition.OfSender:
			l.bad(at, `goes with "text received" only; remove it`)
		default:
			l.bad(at, "is about the %s, and %s tells of none; remove it", conditionSubject(k.Of), who)
		}
		for i, value := range values {
			switch err := k.Valid(value); {
			case k.Key == "field":
				l.ruleField(at+"."+value, value)
			case value == "":
				l.bad(fmt.Sprintf("%s[%d]", at, i), "is empty; write a value, or remove it")
			case err != nil:
				l.bad(fmt.Sprintf("%s[%d]", at, i), "%v", err)
			}
		}
	}
	if len(c.Status) > 0 && len(c.NotStatus) > 0 {
		l.bad(at+".not_status", "set together with status; keep one of them")
	}
}

func conditionSubject(s condition.Subject) string {
	if s == condition.OfAppointment {
		return "appointment"
	}
	return "contact"
}

// Asks are the values that the condition of a rule asks for by a key.
func (r *Rule) Asks(key string) []string {
	i := slices.IndexFunc(condition.Kinds, func(k condition.Kind) bool { return k.Key == key })
	if r.If == nil || i < 0 {
		return nil
	}
	return condition.Kinds[i].Values(r.If)
}
