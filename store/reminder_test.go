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
	m.decide(store.Reminder{AppointmentID: appointment, Starts: "s", Rule: rule, DueAt: due, LeavesAt: due, OutboxID: id})
	return id
}

func (m *mirror) decide(r store.Reminder) {
	m.Helper()
	m.do(func(tx *store.Tx) error { return tx.DecideReminder(m.ctx, r) })
}

func (m *mirror) rows(appointment int64) []store.Reminder {
	m.Helper()
	return get(m, func(tx *store.Tx) ([]store.Reminder, error) { return tx.RemindersOf(m.ctx, appointment) })
}

func TestAReminderIsDecidedOnceForEver(t *testing.T) {
	m := open(t)
	a := m.of(m.contact("a", nil), store.Appointment, "x", nil)
	id := m.remind(a, "day", noon)
	for what, again := range map[string]struct {
		r    store.Reminder
		want string
	}{
		"sent again":    {store.Reminder{AppointmentID: a, Starts: "s", Rule: "day", OutboxID: id}, "decided before"},
		"skipped now":   {store.Reminder{AppointmentID: a, Starts: "s", Rule: "day", Skipped: "cancelled"}, "decided before"},
		"no decision":   {store.Reminder{AppointmentID: a, Starts: "s2", Rule: "day"}, "constraint"},
		"two decisions": {store.Reminder{AppointmentID: a, Starts: "s2", Rule: "day", Skipped: "cancelled", OutboxID: id}, "constraint"},
	} {
		t.Run(what, func(t *testing.T) {
			again.r.DueAt, again.r.LeavesAt = noon, noon
			refused(t, m.try(func(tx *store.Tx) error { return tx.DecideReminder(m.ctx, again.r) }), again.want)
		})
	}
	m.do(func(tx *store.Tx) error {
		return tx.PlanReminder(m.ctx, store.Reminder{AppointmentID: a, Starts: "s", Rule: "day", DueAt: noon, LeavesAt: noon})
	})
	m.decide(store.Reminder{AppointmentID: a, Starts: "moved", Rule: "day", DueAt: noon, LeavesAt: noon, Code: store.CodeLate, Skipped: "late"})
	m.decide(store.Reminder{AppointmentID: a, Starts: "s", Rule: "day", Version: 2, DueAt: noon, LeavesAt: noon, OutboxID: id})
	same(t, "rows", m.rows(a), []store.Reminder{
		{ID: 1, AppointmentID: a, Starts: "s", Rule: "day", Version: 1, PlannedAt: noon, DueAt: noon, LeavesAt: noon, DecidedAt: noon, OutboxID: id, State: store.Pending},
		{ID: 2, AppointmentID: a, Starts: "moved", Rule: "day", Version: 1, PlannedAt: noon, DueAt: noon, LeavesAt: noon, DecidedAt: noon, Code: store.CodeLate, Skipped: "late"},
		{ID: 3, AppointmentID: a, Starts: "s", Rule: "day", Version: 2, PlannedAt: noon, DueAt: noon, LeavesAt: noon, DecidedAt: noon, OutboxID: id, State: store.Pending},
	})
	both := get(m, func(tx *store.Tx) ([]store.Reminder, error) { return tx.RemindersIn(m.ctx, id) })
	same(t, "rows of one text", len(both), 2)
}

func TestAPlannedReminder(t *testing.T) {
	m := open(t)
	a := m.of(m.contact("a", nil), store.Appointment, "x", nil)
	plan := store.Reminder{AppointmentID: a, Starts: "s", Rule: "day", DueAt: noon, LeavesAt: noon, Zone: "UTC", ZoneFrom: "config"}
	later := plan
	later.LeavesAt = noon.Add(time.Hour)
	for _, r := range []store.Reminder{plan, later} {
		m.do(func(tx *store.Tx) error { return tx.PlanReminder(m.ctx, r) })
	}
	same(t, "planned", list(m, `SELECT decision, due_at, leaves_at, zone FROM v1_reminders`), []string{"planned|" + noon.Format(store.TimeForm) + "|" + later.LeavesAt.Format(store.TimeForm) + "|UTC"})
	overdue := func(before time.Time) int {
		return get(m, func(tx *store.Tx) (int, error) { n, _, err := tx.OverdueReminders(m.ctx, before); return n, err })
	}
	same(t, "not overdue", overdue(noon), 0)
	same(t, "overdue", overdue(later.LeavesAt), 1)
	later.Code, later.Skipped = store.CodeStatus, "cancelled"
	m.decide(later)
	same(t, "decided", overdue(later.LeavesAt), 0)
	same(t, "rows", len(m.rows(a)), 1)
}

func TestAReminderCancelledByHand(t *testing.T) {
	m := open(t)
	a := m.of(m.contact("a", nil), store.Appointment, "x", nil)
	m.do(func(tx *store.Tx) error {
		return tx.PlanReminder(m.ctx, store.Reminder{AppointmentID: a, Starts: "s", Rule: "planned", DueAt: noon, LeavesAt: noon})
	})
	for _, s := range allStates {
		m.in(m.remind(a, string(s), noon), s)
	}
	m.decide(store.Reminder{AppointmentID: a, Starts: "s", Rule: "skipped", DueAt: noon, LeavesAt: noon, Code: store.CodeStatus, Skipped: "cancelled"})
	for _, r := range m.rows(a) {
		err := m.try(func(tx *store.Tx) error { return tx.CancelReminder(m.ctx, r.ID, "cancelled by hand") })
		if r.Left() {
			refused(t, err, "has left")
			continue
		}
		ok(t, err)
		got := get(m, func(tx *store.Tx) (store.Reminder, error) { return tx.Reminder(m.ctx, r.ID) })
		same(t, r.Rule, got.Code, store.CodeByHand)
		if got.Waits() || got.DecidedAt.IsZero() {
			t.Errorf("%s is %+v", r.Rule, got)
		}
	}
	refused(t, m.try(func(tx *store.Tx) error { return tx.CancelReminder(m.ctx, 99, "") }), "no such reminder")
	task := m.of(1, store.Task, "t", nil)
	m.decide(store.Reminder{AppointmentID: a, Starts: "s", Rule: "call", DueAt: noon, LeavesAt: noon, TaskID: task})
	rows := m.rows(a)
	refused(t, m.try(func(tx *store.Tx) error { return tx.CancelReminder(m.ctx, rows[len(rows)-1].ID, "") }), "has made task", "ghlsms task delete")
}

// Of a text that speaks of several appointments one is cancelled: the others are not given up with it.
func TestOneOfSeveralRemindersInATextIsCancelled(t *testing.T) {
	for _, s := range []store.State{store.Pending, store.Held, store.Failed} {
		t.Run(string(s), func(t *testing.T) {
			m := open(t)
			ann := m.contact("a", nil)
			id := m.text("joint", "+15550100", "see you both")
			for _, crmID := range []string{"x", "y"} {
				a := m.of(ann, store.Appointment, crmID, nil)
				m.decide(store.Reminder{AppointmentID: a, Starts: "s", Rule: "day", DueAt: noon, LeavesAt: noon, OutboxID: id})
			}
			m.in(id, s)
			m.do(func(tx *store.Tx) error { return tx.CancelReminder(m.ctx, 1, "they know") })
			same(t, "codes", list(m, `SELECT code FROM reminders ORDER BY id`), []string{"by-hand", ""})
			want := "dropped"
			if s == store.Failed {
				want = "failed" // or the other would be sent again
			}
			same(t, "state", list(m, `SELECT state FROM outbox`), []string{want})
		})
	}
}

func TestPauses(t *testing.T) {
	m := open(t)
	until := func(rule string) time.Time {
		return get(m, func(tx *store.Tx) (time.Time, error) { return tx.PausedUntil(m.ctx, rule) })
	}
	pause := func(rule string, d time.Duration) {
		m.do(func(tx *store.Tx) error { return tx.SetPause(m.ctx, store.Pause{Rule: rule, Until: noon.Add(d)}) })
	}
	same(t, "none", until("day"), time.Time{})
	pause("day", time.Hour)
	same(t, "one", until("day"), noon.Add(time.Hour))
	same(t, "another's", until("hour"), time.Time{})
	pause("", 2*time.Hour)
	pause("", 3*time.Hour)
	same(t, "all", until("day"), noon.Add(3*time.Hour))
	same(t, "listed", len(get(m, func(tx *store.Tx) ([]store.Pause, error) { return tx.Pauses(m.ctx) })), 2)

	id := m.remind(m.of(m.contact("a", nil), store.Appointment, "x", nil), "day", noon)
	m.sql(`UPDATE outbox SET due_at = ? WHERE id = ?`, noon.Add(3*time.Hour).UnixMilli(), id)
	end := func(rule string) bool {
		return get(m, func(tx *store.Tx) (bool, error) { return tx.EndPause(m.ctx, rule) })
	}
	same(t, "ended", end(""), true)
	same(t, "ended before", end(""), false)
	same(t, "the other goes on", until("day"), noon.Add(time.Hour))
	same(t, "what waited", get(m, func(tx *store.Tx) (int, error) { in, err := tx.Ready(m.ctx, 9); return len(in), err }), 1)
	m.now = noon.Add(time.Hour)
	same(t, "over", until("day"), time.Time{})
}

// What can change a decision has the appointment looked at again.
func TestWhatHasAnAppointmentLookedAt(t *testing.T) {
	m := open(t)
	c := m.contact("a", store.Fields{store.Phone: "+12025550143"})
	a := m.of(c, store.Appointment, "x", store.Fields{store.Start: "2026-11-24T20:00:00Z"})
	looks := func() int {
		return len(get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.ToLook(m.ctx, 9) }))
	}
	same(t, "a new one", looks(), 1)
	id := m.remind(a, "day", noon)
	for what, do := range map[string]string{
		"an edit of it":          `UPDATE appointments SET edits = '{"status":"cancelled"}'`,
		"its deletion":           `UPDATE appointments SET gone_at = 5`,
		"a brake":                `UPDATE appointments SET held_by = 5`,
		"an edit of the contact": `UPDATE contacts SET edits = '{"phone":"+12025550144"}'`,
		"the lift of an opt-out": `UPDATE opt_outs SET lifted_at = 5`,
		"a text that left":       `UPDATE outbox SET state = 'done'`,
		"a text that failed":     `UPDATE texts SET delivery = 'failed'`,
	} {
		t.Run(what, func(t *testing.T) {
			m.sql(`INSERT OR REPLACE INTO opt_outs (number, since, source, reason) VALUES ('+12025550143', 5, 'text', 'STOP')`)
			m.sql(`UPDATE outbox SET state = 'pending' WHERE id = ?`, id)
			m.sql(`UPDATE contacts SET edits = NULL`)
			m.do(func(tx *store.Tx) error { return tx.LookAt(m.ctx, a, noon.Add(time.Hour)) })
			same(t, "before", looks(), 0)
			m.sql(do)
			same(t, "after", looks(), 1)
		})
	}
	m.do(func(tx *store.Tx) error { return tx.LookAt(m.ctx, a, time.Time{}) })
	m.sql(`UPDATE contacts SET edits = '{"city":"Boston"}'`)
	same(t, "what is past", looks(), 0)
	m.do(func(tx *store.Tx) error { return tx.LookAgain(m.ctx, noon.Add(-1e6*time.Hour)) })
	same(t, "after the rules changed", looks(), 1)
}

func TestLastReminded(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	one, two := m.of(c, store.Appointment, "1", nil), m.of(c, store.Appointment, "2", nil)
	last := func(number string, before time.Time) []int64 {
		return get(m, func(tx *store.Tx) ([]int64, error) {
			ids, _, err := tx.LastReminded(m.ctx, number, before)
			return ids, err
		})
	}
	r1, r2 := m.remind(one, "r1", noon), m.remind(two, "r2", noon)
	same(t, "none left yet", len(last("+15550100", noon)), 0)
	m.in(r1, store.Done)
	m.now = noon.Add(time.Hour)
	for _, s := range allStates {
		m.in(r2, s)
		want := one
		if s == store.Done || s == store.Unknown || s == store.Sending {
			want = two
		}
		same(t, "the newer one is "+string(s), last("+15550100", m.now), []int64{want})
	}
	m.in(r2, store.Done)
	same(t, "answered before the newer one", last("+15550100", noon.Add(time.Minute)), []int64{one})
	same(t, "another number", len(last("+15550199", m.now)), 0)
	m.decide(store.Reminder{AppointmentID: one, Starts: "s", Rule: "r2", DueAt: noon, LeavesAt: noon, OutboxID: r2})
	same(t, "one text of two", last("+15550100", m.now), []int64{two, one})
	answer := func(appointment int64) int {
		return len(get(m, func(tx *store.Tx) ([]store.Reminder, error) {
			return tx.AnswerReminders(m.ctx, appointment, 0, m.now, "confirmed")
		}))
	}
	same(t, "answered", answer(one), 2)
	same(t, "answered once", answer(one), 0)
	same(t, "the other one", answer(two), 1)
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
	m.decide(store.Reminder{AppointmentID: a, Starts: "s", Rule: "skipped", DueAt: noon, LeavesAt: noon, Code: store.CodeStatus, Skipped: "cancelled"})
	m.decide(store.Reminder{AppointmentID: a, Starts: "s", Rule: "moved", DueAt: noon, LeavesAt: noon, Code: store.CodeMoved, Skipped: "moved"})
	same(t, "decisions", list(m, `SELECT rule, decision, reason FROM v1_reminders ORDER BY id`), []string{
		"pending|queued|", "held|queued|", "sending|queued|", "unknown|unknown|", "done|sent|", "failed|skipped|", "dropped|skipped|opted out",
		"late|late|left 11 min late", "skipped|skipped|cancelled", "moved|withdrawn|moved",
	})
}
