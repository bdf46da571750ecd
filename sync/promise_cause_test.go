package sync_test

import (
	"testing"
	"time"
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
