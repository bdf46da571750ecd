package sync

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
)

func TestDecideReminder(t *testing.T) { scenarios(t, "remind", runReminder) }

// runReminder decides at every "now" by the facts above it. Times in what it shows are UTC.
func runReminder(t *testing.T, given string) string {
	w := World{Zone: zone("America/New_York"), Business: "Bright Smile", Born: moment("2026-01-01T00:00:00Z")}
	var c ReminderCase
	var out strings.Builder
	for _, f := range facts(t, given) {
		switch f.word {
		case "rule":
			before, err := time.ParseDuration(f.fields["before"])
			if err != nil {
				t.Fatal(err)
			}
			c.Rule = &Reminder{Name: f.arg(), Before: before, Text: mustWording(f.fields["text"])}
		case "contact":
			c.Contact = new(f.record(t))
		case "appointment":
			c.Appointment = new(f.record(t))
		case "edits":
			c.Appointment.Edits = f.fields
		case "opted-out":
			c.OptedOut = true
		case "zone":
			w.Zone = zone(f.arg())
		case "born":
			w.Born = moment(f.arg())
		case "now":
			d := decideReminder(c, w, moment(f.arg()))
			checkReminder(t, c, w, moment(f.arg()), d)
			fmt.Fprintf(&out, "%s %s\n", f.arg(), showReminder(d))
		default:
			t.Fatalf("unknown fact %q", f.word)
		}
	}
	return out.String()
}

func showReminder(d ReminderDecision) string {
	switch {
	case d.Wait:
		return "wait until " + d.Due.Format(time.RFC3339)
	case d.Skipped != "":
		return "skip: " + d.Skipped
	}
	return fmt.Sprintf("text %s: %s", d.Number, d.Body)
}

// tester is what checks need of *testing.T and of a property's *rapid.T.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkReminder holds one decision against the promises: one of wait, skip and text, and a text
// only in its time, to somebody who may be texted, about something that takes place.
func checkReminder(t tester, c ReminderCase, w World, now time.Time, d ReminderDecision) {
	t.Helper()
	n := 0
	for _, is := range []bool{d.Wait, d.Skipped != "", d.Body != ""} {
		if is {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d of wait, skip and text: %+v", n, d)
	}
	if d.Body == "" {
		return
	}
	start := c.Appointment.Time(store.Start)
	if now.Before(start.Add(-c.Rule.Before)) || !now.Before(start) || now.Sub(d.Due) > c.Rule.lateLimit(c.Rule.Before) || d.Due.Before(w.Born) {
		t.Errorf("a text at %s, due %s, start %s, mirror made %s", now, d.Due, start, w.Born)
	}
	if c.OptedOut || blocked(c.Contact) || !c.Contact.GoneAt.IsZero() || d.Number != c.Contact.Get(store.Phone) {
		t.Errorf("a text to %q, of %+v", d.Number, c.Contact)
	}
	switch status := c.Appointment.Get(store.Status); status {
	case "cancelled", "noshow", "showed", "invalid", "completed":
		t.Errorf("a text about an appointment that is %s", status)
	}
}

func TestReminderKey(t *testing.T) {
	a := store.Record{Entity: store.Appointment, CRMID: "abc", Base: store.Fields{store.Start: "2026-11-24T20:00:00Z"}}
	moved := a
	moved.Seen = store.Fields{store.Start: "2026-11-25T20:00:00Z"}
	keys := map[string]bool{}
	for _, r := range []*store.Record{&a, &moved} {
		for _, rule := range []string{"day-before", "hour-before"} {
			keys[reminderKey(r, rule, 1)], keys[reminderKey(r, rule, 2)] = true, true
		}
	}
	if len(keys) != 8 || !keys["remind/abc/2026-11-24T20:00:00Z/day-before/2"] || !keys["remind/abc/2026-11-24T20:00:00Z/day-before"] {
		t.Errorf("keys %v", keys)
	}
}

func TestLateLimit(t *testing.T) {
	for before, want := range map[time.Duration]time.Duration{
		24 * time.Hour: 2 * time.Hour, 4 * time.Hour: 2 * time.Hour, time.Hour: 30 * time.Minute, 10 * time.Minute: 5 * time.Minute,
	} {
		if got := (&Reminder{}).lateLimit(before); got != want {
			t.Errorf("lateLimit(%s) = %s, want %s", before, got, want)
		}
	}
}
