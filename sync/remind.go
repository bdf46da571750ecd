package sync

import (
	"fmt"
	"time"

	"ghlsms/store"
)

// ReminderCase is one appointment with one rule that has not been decided.
type ReminderCase struct {
	Rule        *Reminder
	Appointment *store.Record
	Contact     *store.Record
	OptedOut    bool // the number is on our own list
}

// ReminderDecision is what becomes of a case: nothing yet, a text, or a reason against one.
type ReminderDecision struct {
	Due     time.Time
	Wait    bool   // not due, or too little is known yet
	Skipped string // why not
	Number  string
	Body    string
}

// lateLimit is how late a reminder may still leave: half of its lead, at most two hours.
func lateLimit(before time.Duration) time.Duration { return min(before/2, 2*time.Hour) }

// decideReminder tells what to do about one appointment and one rule at a time.
func decideReminder(c ReminderCase, w World, now time.Time) ReminderDecision {
	start := c.Appointment.Time(store.Start)
	d := ReminderDecision{Due: start.Add(-c.Rule.Before)}
	unread := !c.Contact.Read && c.Contact.GoneAt.IsZero()
	switch {
	case now.Before(d.Due), unread && now.Before(start), wished(c.Appointment, now) && now.Before(start):
		d.Wait = true
		return d
	case unread:
		d.Skipped = "the contact could not be read in time"
		return d
	}
	if d.Skipped = skipAppointment(c, w, d.Due, now); d.Skipped != "" {
		return d
	}
	if d.Number, d.Skipped = reachable(c.Contact, c.OptedOut); d.Skipped != "" {
		return d
	}
	body, err := c.Rule.Text.Render(reminderData(w, c.Contact, c.Appointment))
	if err != nil {
		d.Skipped = err.Error()
	}
	d.Body = body
	return d
}

// wishTime is how long the CRM may take to agree to another start.
const wishTime = time.Hour

// wished tells whether an appointment was given another start here a short time ago, which the CRM may
// still refuse.
func wished(a *store.Record, now time.Time) bool {
	_, edited := a.Edits[store.Start]
	return edited && a.CRMID != "" && now.Sub(time.UnixMilli(a.Marks[store.Start].At)) < wishTime
}

// skipAppointment is the reason in the appointment itself not to remind.
func skipAppointment(c ReminderCase, w World, due, now time.Time) string {
	added := c.Appointment.Time(fieldAdded)
	switch {
	case !reminds(c.Appointment.Get(store.Status)):
		return "the appointment is " + c.Appointment.Get(store.Status)
	case due.Before(w.Born):
		return "it was due before this mirror was made"
	case due.Before(added):
		return "the appointment was booked after this reminder was due"
	case !now.Before(c.Appointment.Time(store.Start)):
		return "the appointment had begun before it could be sent"
	case now.Sub(due) > lateLimit(c.Rule.Before):
		return fmt.Sprintf("it was due %s ago, which is too late", now.Sub(due).Round(time.Minute))
	}
	return ""
}

// reminds tells whether an appointment in a status still takes place. An unknown status does:
// a reminder too many is better than a person who is not told.
func reminds(status string) bool {
	switch status {
	case "cancelled", "noshow", "showed", "invalid", "completed":
		return false
	}
	return true
}

// reachable is the number to text a contact at, or the reason not to.
func reachable(contact *store.Record, optedOut bool) (number, reason string) {
	number = contact.Get(store.Phone)
	switch {
	case !contact.GoneAt.IsZero():
		return "", "the contact was deleted"
	case number == "":
		return "", "the contact has no phone number"
	case !textable(number):
		return "", "the contact's phone number cannot be texted"
	case optedOut, blocked(contact):
		return "", "the contact opted out"
	}
	return number, ""
}

func reminderKey(a *store.Record, rule string) string {
	return fmt.Sprintf("remind/%s/%s/%s", a.CRMID, a.Get(store.Start), rule)
}
