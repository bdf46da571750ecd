package sync

import "fmt"

// Counts are what a brake looks at before one more effect.
type Counts struct {
	TextsInHour    int // enqueued in the last hour, to anybody
	TextsToPerson  int // enqueued in the last day, to the same number
	ContactsInHour int // created in the last hour
}

// brakeText is why a text must wait for a person; empty: it may go.
func brakeText(c Counts, l Limits) string {
	switch {
	case l.TextsPerHour > 0 && c.TextsInHour >= l.TextsPerHour:
		return fmt.Sprintf("more than %d texts in an hour (limits.texts_per_hour)", l.TextsPerHour)
	case l.TextsPerPersonPerDay > 0 && c.TextsToPerson >= l.TextsPerPersonPerDay:
		return fmt.Sprintf("more than %d texts to one person in a day (limits.texts_per_person_per_day)", l.TextsPerPersonPerDay)
	}
	return ""
}

// brakeContact is why a new contact must wait for a person.
func brakeContact(c Counts, l Limits) string {
	if l.NewContactsPerHour > 0 && c.ContactsInHour >= l.NewContactsPerHour {
		return fmt.Sprintf("more than %d new contacts in an hour (limits.new_contacts_per_hour)", l.NewContactsPerHour)
	}
	return ""
}

// goneFloor is how many records may always vanish: small numbers prove nothing.
const goneFloor = 5

// brakeGone is why missing records must not be believed to be deleted.
func brakeGone(missing, known int, l Limits) string {
	if l.GoneShare > 0 && missing > goneFloor && float64(missing) > l.GoneShare*float64(known) {
		return fmt.Sprintf("%d of %d records vanished at once: nothing was marked as deleted; if that is right, run `ghlsms once --accept-deletes`", missing, known)
	}
	return ""
}
