package rule

import (
	"cmp"
	"time"

	"ghlsms/store"
)

// Moment is when a rule of time is to look at a record, and the value that makes that the only time.
func (rule *Rule) Moment(rec *store.Record) (at time.Time, value string) {
	field := store.Due
	if rec.Entity == store.Appointment {
		field = store.End
	}
	at = rec.Time(field)
	if at.IsZero() {
		return at, ""
	}
	return at.Add(rule.Delay()), rec.Get(field)
}

// Delay is how long after the moment a rule of time looks.
func (rule *Rule) Delay() time.Duration {
	if rule.On == "task overdue" {
		return cmp.Or(rule.After, overdueAfter)
	}
	return rule.After
}

// Timed tells what records a rule of time looks at; empty: none.
func (rule *Rule) Timed() store.Entity {
	switch rule.On {
	case "task due", "task overdue":
		return store.Task
	case "appointment ended":
		return store.Appointment
	}
	return ""
}
