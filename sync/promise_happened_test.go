package sync_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// happened is a person's word about the one effect that is unclear.
func (w *world) happened(outsideID string) error {
	w.t.Helper()
	var id int64
	w.view(func(tx *store.Tx) error {
		return tx.QueryRowContext(w.ctx, `SELECT id FROM outbox WHERE state = 'unknown'`).Scan(&id)
	})
	return w.db.Update(w.ctx, func(tx *store.Tx) error { return sync.Happened(w.ctx, tx, &w.engine.Config, id, outsideID) })
}

func (w *world) mustHaveHappened(outsideID string) {
	w.t.Helper()
	if err := w.happened(outsideID); err != nil {
		w.t.Fatalf("%v\n%s", err, w.dump())
	}
	w.want("0", `SELECT count(*) FROM outbox WHERE state = 'unknown'`)
}

// A person's word that a text left is as good as the gateway's: the CRM gets its note, and the text is
// followed where its id was told.
func TestAPersonKnowsThatATextLeft(t *testing.T) {
	t.Parallel()
	for _, told := range []bool{false, true} {
		inWorld(t, unheard(oneReminder), func(w *world) {
			w.rules.Reminders[0].Note = true
			w.restart()
			w.doubt(annsNumber)
			id := ""
			if told {
				id = w.gate.Sent()[0].ID
			}
			w.mustHaveHappened(id)
			w.run(5 * time.Minute)
			w.wantTexts(annsNumber, "Hi Ann")
			w.want("sent|known to have happened|"+map[bool]string{true: "delivered"}[told], `SELECT decision, reason, delivery FROM v1_reminders`)
			w.want("1", `SELECT count(*) FROM v1_notes WHERE body LIKE 'Reminder day-before: Hi Ann%'`)
			w.want(id, `SELECT outside_id FROM outbox WHERE kind = 'text.send'`)
			err := w.db.Update(w.ctx, func(tx *store.Tx) error { return sync.Happened(w.ctx, tx, &w.engine.Config, 1, "") })
			if !errors.Is(err, store.ErrState) {
				t.Errorf("settled twice: %v", err)
			}
		})
	}
}

// What was made is made once, whether its id is told or not.
func TestAPersonKnowsThatItWasMade(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, what := range []struct{ path, text string }{{"/contacts/*/tasks", "TASK call me"}, {"/contacts/*/notes", "Lovely weather"}} {
		for _, told := range []bool{false, true} {
			t.Run(what.text, func(t *testing.T) {
				t.Parallel()
				inWorld(t, options{}, func(w *world) {
					w.rules.SettleAfter = time.Hour
					w.rules.Notes = plan.NotesRule{Every: time.Hour, Calls: 10}
					w.restart()
					ann := w.person("Ann", annsNumber)
					w.run(time.Minute)
					w.crm.AddFault(ghltest.Fault{Method: "POST", Path: what.path, Kind: ghltest.CutAfter, Times: 1})
					w.gate.Text(ann.Phone, what.text)
					w.tick()
					id := ""
					for _, made := range w.crm.Tasks() {
						id = made.ID
					}
					for _, made := range w.crm.Notes() {
						id = made.ID
					}
					if !told {
						id = ""
					}
					w.mustHaveHappened(id)
					w.runEvery(3*time.Hour, time.Minute, 2)
					if n := len(w.crm.Tasks()) + len(w.crm.Notes()); n != 1 {
						t.Errorf("%d made\n%s", n, w.dump())
					}
					w.want("1", `SELECT (SELECT count(*) FROM v1_tasks) + (SELECT count(*) FROM v1_notes)`)
					w.want("0", `SELECT (SELECT count(*) FROM v1_tasks WHERE waiting) + (SELECT count(*) FROM v1_notes WHERE waiting)`)
					w.checkQuiet()
				})
			})
		}
	}
}

// Of a contact the id is asked for: what waits for it needs one.
func TestAPersonKnowsThatAContactWasMade(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 24 * time.Hour, AllowDuplicates: true}}, func(w *world) {
		w.full()
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/$", Kind: ghltest.CutAfter, Times: 1})
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
		w.run(time.Minute)
		if err := w.happened(""); !errors.Is(err, sync.ErrWhich) {
			t.Fatalf("%v", err)
		}
		w.want("unknown", `SELECT state FROM outbox WHERE kind = 'contact.create'`)
		w.mustHaveHappened(w.crm.Contacts()[0].ID)
		w.run(10 * time.Minute)
		if len(w.crm.Contacts()) != 1 || len(w.crm.Tasks()) != 1 || len(w.crm.Notes()) != 1 {
			t.Errorf("%d contacts, %d tasks, %d notes\n%s", len(w.crm.Contacts()), len(w.crm.Tasks()), len(w.crm.Notes()), w.dump())
		}
		w.wantTexts("+12025550177", "Thanks Jane")
		w.checkQuiet()
	})
}

// A change that a person says was made is not made again. Where the CRM shows another value after all, that
// is a change there.
func TestAPersonKnowsThatItWasChanged(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, c := range []struct {
		name, path, method string
		fault              ghltest.FaultKind
		city, tags         string // in the CRM at the end
	}{
		{"done", "/contacts/*", "PUT", ghltest.CutAfter, "Arlington", "new"},
		{"not done", "/contacts/*", "PUT", ghltest.CutBefore, "", "new"},
		{"tagged", "/contacts/*/tags", "POST", ghltest.CutAfter, "Arlington", "new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				w.rules.SettleAfter = time.Hour
				w.restart()
				ann := w.person("Ann", annsNumber)
				w.run(time.Minute)
				w.crm.AddFault(ghltest.Fault{Method: c.method, Path: c.path, Kind: c.fault, Times: 1})
				w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington", store.Tags: store.EncodeSet([]string{"new"})})
				w.tick()
				w.mustHaveHappened("")
				w.runEvery(3*time.Hour, time.Minute, 2)
				now := w.contactNow(ann.ID)
				if now.City != c.city || strings.Join(now.Tags, ",") != c.tags {
					t.Errorf("city %q, tags %v\n%s", now.City, now.Tags, w.dump())
				}
				w.want(c.city+"|0", `SELECT city, waiting FROM v1_contacts`)
				w.checkQuiet()
			})
		})
	}
	t.Run("deleted", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			w.rules.SettleAfter = time.Hour
			w.restart()
			w.run(time.Minute)
			ann := w.person("Ann", annsNumber)
			task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(900 * time.Hour)})
			w.run(2 * time.Minute)
			w.crm.AddFault(ghltest.Fault{Method: "DELETE", Path: "/contacts/*/tasks/*", Kind: ghltest.CutAfter, Times: 1})
			w.doom(store.Task, task.ID)
			w.tick()
			w.mustHaveHappened("")
			w.run(10 * time.Minute)
			if k, _ := w.crm.Task(task.ID); !k.Unlisted || !w.gone(store.Task, task.ID) {
				t.Errorf("it is there: %+v", k)
			}
			w.checkQuiet()
		})
	})
}

// The id of another text is refused.
func TestAnIDThatAnotherTextHas(t *testing.T) {
	t.Parallel()
	inWorld(t, unheard(func(r *plan.Config) { r.Reminders = nil }), func(w *world) {
		ann := w.person("Ann", annsNumber)
		w.full()
		w.gate.Text(ann.Phone, "TASKS")
		w.run(time.Minute)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutBefore, Times: 1})
		w.gate.Text(ann.Phone, "HELP")
		w.run(time.Minute)
		if err := w.happened(w.gate.Sent()[0].ID); err == nil || !strings.Contains(err.Error(), "another text has the id") {
			t.Errorf("%v", err)
		}
	})
}
