package plan

import (
	"fmt"
)

// Counts are the numbers that the limits are checked against before one more effect.
type Counts struct {
	TextsInHour    int // enqueued in the last hour, to anybody
	TextsInDay     int
	TextsToPerson  int // enqueued in the last day, to the same number
	ContactsInHour int // created in the last hour
	ContactsInDay  int
}

// BrakeText returns the reason why a text must wait for a person, or "".
func BrakeText(c Counts, l Limits) string {
	switch {
	case l.TextsPerHour > 0 && c.TextsInHour >= l.TextsPerHour:
		return fmt.Sprintf("more than %d texts in an hour (limits.texts_per_hour)", l.TextsPerHour)
	case l.TextsPerDay > 0 && c.TextsInDay >= l.TextsPerDay:
		return fmt.Sprintf("more than %d texts in a day (limits.texts_per_day)", l.TextsPerDay)
	case l.TextsPerPersonPerDay > 0 && c.TextsToPerson >= l.TextsPerPersonPerDay:
		return fmt.Sprintf("more than %d texts to one person in a day (limits.texts_per_person_per_day)", l.TextsPerPersonPerDay)
	}
	return ""
}

// BrakeContact returns the reason why a new contact must wait for a person, or "".
func BrakeContact(c Counts, l Limits) string {
	switch {
	case l.NewContactsPerHour > 0 && c.ContactsInHour >= l.NewContactsPerHour:
		return fmt.Sprintf("more than %d new contacts in an hour (limits.new_contacts_per_hour)", l.NewContactsPerHour)
	case l.NewContactsPerDay > 0 && c.ContactsInDay >= l.NewContactsPerDay:
		return fmt.Sprintf("more than %d new contacts in a day (limits.new_contacts_per_day)", l.NewContactsPerDay)
	}
	return ""
}
