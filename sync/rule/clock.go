package rule

import (
	"cmp"
	"time"

	"ghlsms/store"
)

// Moment is when a timed rule is due for a record, and the value of the record that it fires for once.
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

// Delay is how long after the due time or end of a record a timed rule fires.
func (rule *Rule) Delay() time.Duration {
	if rule.On == "task overdue" {
		return cmp.Or(rule.After, overdueAfter)
	}
	return rule.After
}

// Timed is the kind of records that a timed rule fires for; empty: it is not one.
func (rule *Rule) Timed() store.Entity {
	switch rule.On {
	case "task due", "task overdue":
		return store.Task
	case "appointment ended":
		return store.Appointment
	}
	return ""
}
