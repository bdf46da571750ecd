package sync_test

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
)

// What the simulated year found, each as a short story.

// Somebody is deleted in the CRM after the last sweep: the read before a reminder leaves tells.
func TestNoReminderForADeletedContact(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+time.Hour)
		w.full()
		w.crm.RemoveContact(ann.ID)
		time.Sleep(time.Hour)
		w.full()
		w.wantTexts(ann.Phone)
		w.want("day-before|skipped|the contact was deleted", `SELECT rule, decision, reason FROM v1_reminders WHERE decision <> 'planned'`)
	})
}

// twoRules are a day before the start and 23 hours before it.
func twoRules(r *plan.Config) {
	second := r.Reminders[0]
	second.Name, second.Before = "later", 23*time.Hour
	r.Reminders = []remind.Rule{r.Reminders[0], second}
}

// An appointment is moved back to a start of which both reminders were withdrawn, and are late by now: they
// could be decided anew, and only the later one is.
func TestOnlyTheLatestLeavesLateWhereTheyWereWithdrawn(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: twoRules}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		a := w.book(ann, 30*time.Hour)
		move := func(start time.Time) {
			w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Start, a.End = start, start.Add(time.Hour) })
			w.full()
		}
		w.full()
		move(a.Start.Add(100 * time.Hour))
		time.Sleep(7*time.Hour + 30*time.Minute) // half an hour after the later one was due
		move(a.Start)
		w.wantTexts(ann.Phone, "see you")
		w.want("later|late", `SELECT rule, decision FROM v1_reminders WHERE version = 2`)
	})
}

// Both reminders were decided in time, and wait for the gateway, or for the end of a pause: of those only
// the later one leaves as well.
func TestOnlyTheLatestLeavesLateOfThoseThatWait(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, tt := range []struct {
		name     string
		from, to func(w *world)
	}{
		{"gateway", func(w *world) { w.gate.SetDown(true) }, func(w *world) { w.gate.SetDown(false) }},
		{"CRM", func(w *world) { w.crm.SetDown(true) }, func(w *world) { w.crm.SetDown(false) }},
		{"pause", func(w *world) {
			w.update(func(tx *store.Tx) error { return tx.SetPause(w.ctx, store.Pause{Until: time.Now().Add(2 * time.Hour)}) })
		}, func(*world) {}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: twoRules}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.book(ann, 24*time.Hour+30*time.Minute)
				w.full()
				tt.from(w)
				w.runEvery(2*time.Hour, 10*time.Minute, 1) // the later one was due half an hour before
				tt.to(w)
				w.runEvery(2*time.Hour, 5*time.Minute, 1)
				w.wantTexts(ann.Phone, "see you")
				w.want("day-before|skipped|1\nlater|late|1", `SELECT rule, decision, count(*) FROM v1_reminders GROUP BY 1, 2 ORDER BY rule`)
			})
		})
	}
}

// Two reminders leave at the same moment: a short answer is about the one that left last.
func TestAnswerAfterTwoRemindersAtOnce(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		first, second := w.book(ann, time.Hour+time.Minute), w.book(ann, 24*time.Hour+time.Minute)
		w.full()
		time.Sleep(time.Minute)
		w.full()
		w.wantTexts(ann.Phone, "your appointment is", "see you")
		w.gate.Text(ann.Phone, "X")
		w.full()
		a, _ := w.crm.Appointment(first.ID)
		b, _ := w.crm.Appointment(second.ID)
		if a.Status != "confirmed" || b.Status != "cancelled" {
			t.Errorf("%s, %s\n%s", a.Status, b.Status, w.dump())
		}
	})
}
