package remind

import (
	"time"

	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/wording"
)

// Outdated returns the reason why a waiting text must not speak of a row any more, or "".
func (r *Rule) Outdated(row *store.Reminder, v wording.Visit, number string, w wording.World, now time.Time) string {
	a := v.Appointment
	switch {
	case !a.GoneAt.IsZero():
		return "the appointment was deleted"
	case a.Get(store.Start) != row.Starts:
		return "the appointment was moved"
	case !r.takesPlace(a.Get(store.Status)):
		return "the appointment is " + a.Get(store.Status)
	case !r.Follows() && !now.Before(a.Time(store.Start)):
		return "the appointment has begun"
	case !v.Contact.GoneAt.IsZero():
		return "the contact was deleted"
	case v.Contact.Get(store.Phone) != number:
		return "the contact's phone number changed"
	}
	return r.If.Objection(condition.Case{Appointment: a, Contact: v.Contact}, w)
}
