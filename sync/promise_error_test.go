package sync_test

import (
	"strings"
	"testing"
	"time"

	"ghlsms/store"
	"ghlsms/store/storetest"
)

// What cannot be planned about one record is told and waits; everybody else is answered and reminded all the same.
func TestAnErrorAboutOneRecordKeepsNobodyWaiting(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: oneReminder}, func(w *world) {
		ann, bob := w.person("Ann", annsNumber), w.person("Bob", "+12025550102")
		w.full()
		for _, refuse := range []string{
			`CREATE TRIGGER refuse_task BEFORE INSERT ON tasks WHEN NEW.edits LIKE '%seven lines%' BEGIN SELECT RAISE(ABORT, 'no such task'); END`,
			`CREATE TRIGGER refuse_visit BEFORE INSERT ON reminders WHEN NEW.appointment_id = (SELECT min(id) FROM appointments) BEGIN SELECT RAISE(ABORT, 'no such visit'); END`,
		} {
			w.update(func(tx *store.Tx) error { _, err := tx.ExecContext(w.ctx, refuse); return err })
		}
		w.book(bob, 24*time.Hour+2*time.Minute)
		w.run(time.Minute)
		w.book(ann, 24*time.Hour+2*time.Minute)
		w.gate.Text(bob.Phone, "TASK seven lines")
		w.gate.Text(ann.Phone, "HELP")
		w.run(3 * time.Minute)
		if got := w.got(ann.Phone); len(got) != 2 {
			t.Errorf("Ann, who asked for help and is to be reminded, got %q\n%s", got, w.dump())
		}
		w.wantTexts(bob.Phone)
		w.want("TASK seven lines", `SELECT body FROM inbound WHERE decision IS NULL`)
		for _, what := range []string{"text 1 cannot be planned", "appointment 1 cannot be planned", "no such task", "no such visit"} {
			if told := w.source(store.SourcePlanning); !strings.Contains(told.Error, what) {
				t.Errorf("%q is not told: %+v", what, told)
			}
		}
		w.update(func(tx *store.Tx) error {
			_, err := tx.ExecContext(w.ctx, `DROP TRIGGER refuse_task; DROP TRIGGER refuse_visit`)
			return err
		})
		w.runEvery(2*time.Hour, time.Minute, 1)
		w.want("0", `SELECT count(*) FROM inbound WHERE decision IS NULL`)
		w.want("", `SELECT source, error FROM v1_freshness WHERE error IS NOT NULL`)
		w.wantTexts(bob.Phone, "Noted as 1", "see you")
	})
}
