package store_test

import (
	"testing"
	"time"

	"ghlsms/store"
)

// remind stores the decision to send a reminder and returns the intent of its text.
func (m *mirror) remind(appointment int64, rule string, due time.Time) int64 {
	m.Helper()
	id := m.text("reminder/"+rule, "+15550100", "see you")
	m.do(func(tx *store.Tx) error {
		return tx.AddReminder(m.ctx, store.Reminder{AppointmentID: appointment, Starts: "s", Rule: rule, DueAt: due, OutboxID: id})
	})
	return id
}

func TestAReminderIsDecidedOnceForEver(t *testing.T) {
	m := open(t)
	a := m.of(m.contact("a", nil), store.Appointment, "x", nil)
	id := m.remind(a, "day", noon)
	for what, again := range map[string]store.Reminder{
		"sent again":    {AppointmentID: a, Starts: "s", Rule: "day", DueAt: noon, OutboxID: id},
		"skipped now":   {AppointmentID: a, Starts: "s", Rule: "day", DueAt: noon, Skipped: "cancelled"},
		"undecided":     {AppointmentID: a, Starts: "s2", Rule: "day", DueAt: noon},
		"two decisions": {AppointmentID: a, Starts: "s2", Rule: "day", DueAt: noon, Skipped: "cancelled", OutboxID: id},
	} {
		t.Run(what, func(t *testing.T) {
			refused(t, m.try(func(tx *store.Tx) error { return tx.AddReminder(m.ctx, again) }), "constraint")
		})
	}
	moved := store.Reminder{AppointmentID: a, Starts: "moved", Rule: "day", DueAt: noon, Skipped: "late"}
	m.do(func(tx *store.Tx) error { return tx.AddReminder(m.ctx, moved) })
	for starts, want := range map[string]map[string]bool{"s": {"day": true}, "moved": {"day": true}, "other": {}} {
		same(t, "decided for "+starts, get(m, func(tx *store.Tx) (map[string]bool, error) { return tx.Reminded(m.ctx, a, starts) }), want)
	}
	m.do(func(tx *store.Tx) error {
		r, found, err := tx.ReminderOf(m.ctx, id)
		same(t, "of its text", found, true)
		same(t, "of its text", r, store.Reminder{ID: 1, AppointmentID: a, Starts: "s", Rule: "day", DueAt: noon, OutboxID: id})
		return err
	})
	m.do(func(tx *store.Tx) error {
		_, found, err := tx.ReminderOf(m.ctx, 99)
		same(t, "of nothing", found, false)
		return err
	})
}

func TestLastReminded(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	one, two := m.of(c, store.Appointment, "1", nil), m.of(c, store.Appointment, "2", nil)
	last := func(number string, before time.Time) int64 {
		return get(m, func(tx *store.Tx) (int64, error) { return tx.LastReminded(m.ctx, number, before) })
	}
	r1, r2 := m.remind(one, "r1", noon), m.remind(two, "r2", noon)
	same(t, "none left yet", last("+15550100", noon), int64(0))
	m.in(r1, store.Done)
	m.now = noon.Add(time.Hour)
	for _, s := range allStates {
		m.in(r2, s)
		want := one
		if s == store.Done || s == store.Unknown || s == store.Sending {
			want = two
		}
		same(t, "the newer one is "+string(s), last("+15550100", m.now), want)
	}
	m.in(r2, store.Done)
	same(t, "answered before the newer one", last("+15550100", noon.Add(time.Minute)), one)
	same(t, "another number", last("+15550199", m.now), int64(0))
}

func TestEveryReminderShowsItsDecision(t *testing.T) {
	m := open(t)
	a := m.of(m.contact("a", nil), store.Appointment, "x", nil)
	for _, s := range allStates {
		m.in(m.remind(a, string(s), noon), s)
	}
	m.remind(a, "late", noon)
	m.sql(`UPDATE outbox SET state = 'done', started_at = ? WHERE key = 'reminder/late'`, noon.Add(11*time.Minute).UnixMilli())
	m.sql(`UPDATE outbox SET reason = 'opted out' WHERE key = 'reminder/dropped'`)
	m.do(func(tx *store.Tx) error {
		return tx.AddReminder(m.ctx, store.Reminder{AppointmentID: a, Starts: "s", Rule: "skipped", DueAt: noon, Skipped: "cancelled"})
	})
	same(t, "decisions", list(m, `SELECT rule, decision, reason FROM v1_reminders ORDER BY id`), []string{
		"pending|queued|", "held|queued|", "sending|queued|", "unknown|unknown|", "done|sent|", "failed|skipped|", "dropped|skipped|opted out",
		"late|late|", "skipped|skipped|cancelled",
	})
}
