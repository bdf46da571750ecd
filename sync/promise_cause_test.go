package sync_test

import (
	"testing"
	"time"

	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
)

// Promise 14: a reminder that became too late says for ever what kept it, also where no text was ever written.
func TestLateReminderKeepsItsFirstCause(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+2*time.Minute)
		w.run(time.Minute)
		time.Sleep(6 * time.Hour)
		w.restart()
		w.run(5 * time.Minute)
		w.wantTexts(ann.Phone)
		w.want("skipped|1", `SELECT decision, reason GLOB '*too late; first, ghlsms did not run' FROM v1_reminders WHERE rule = 'day-before'`)
		w.want("stopped|1", `SELECT kind, ended_at IS NOT NULL FROM v1_troubles WHERE kind = 'stopped'`)
	})
}

// What left late says for ever how late, and what kept it at first; not what kept it last.
func TestWhatLeftLateSaysWhy(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+2*time.Minute)
		w.gate.SetBalance(0)
		w.run(20 * time.Minute)
		w.gate.SetBalance(50)
		w.gate.SetDown(true)
		w.run(20 * time.Minute)
		w.gate.SetDown(false)
		w.run(20 * time.Minute)
		w.wantTexts(ann.Phone, "Hi Ann")
		w.want("late|1", `SELECT decision, reason GLOB 'left [34]? min late: *no credit*' FROM v1_reminders WHERE rule = 'day-before'`)
		w.want("pending|1|1\npending|0|1", `SELECT state, reason GLOB '*no credit*', n > 1 FROM tries ORDER BY id`)
	})
}

// What made a text unclear is kept, whatever asking about it says later; so is each attempt.
func TestAnUnclearTextKeepsItsFirstCause(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+2*time.Minute)
		w.run(time.Minute)
		w.gate.AddFault(smstest.Fault{Path: "/sms/send", Kind: smstest.ErrorBefore})
		w.run(30 * time.Minute)
		w.want("unknown|1|1|1", `SELECT state, asked > 0, reason <> cause, cause GLOB 'POST /sms/send: outcome unknown*' FROM outbox`)
		w.want("unknown|0", `SELECT state, asked FROM tries ORDER BY id LIMIT 1`)
		w.want("1", `SELECT count(*) > 0 FROM tries WHERE asked`)
	})
}
