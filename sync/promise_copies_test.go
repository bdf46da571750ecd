package sync_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// putBack puts an earlier copy of the mirror in the place of the mirror, and starts a process on it.
func (w *world) putBack(from string) {
	w.t.Helper()
	path := w.db.Path()
	w.closeDB()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + suffix)
	}
	w.copyDB(from, path)
	w.live(path)
}

func withMark(w *world) {
	w.mark = filepath.Join(w.dir, "mark")
	w.restart()
}

// Yesterday's backup is put back. It does not know what was done since: no text leaves and nothing is
// deleted until a person has looked, what was open is asked about, and nothing is done twice.
func TestMirrorPutBackFromACopy(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		tom, liz, cat := w.person("Tom", "+12025550103"), w.person("Liz", "+12025550104"), w.person("Cat", "+12025550105")
		old := w.crm.AddTask(ghltest.Task{ContactID: bob.ID, Title: "Old", Due: time.Now().Add(48 * time.Hour)})
		w.book(tom, 24*time.Hour+20*time.Minute)
		withMark(w)
		w.run(2 * time.Minute)
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Path: "/contacts/", Kind: ghltest.Refuse, Times: -1})
		w.crm.AddFault(ghltest.Fault{Method: "DELETE", Kind: ghltest.Refuse, Times: -1})
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"})
		w.doom(store.Task, old.ID)
		w.run(2 * time.Minute)
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)

		// The day goes on.
		w.crm.ClearFaults()
		w.gate.Text(jane, "Hi, I'm Jane Doe, jane.doe@example.com")
		w.gate.Text(ann.Phone, "TASK call me back")
		w.gate.Text(bob.Phone, "STOP")
		w.run(40 * time.Minute)
		w.wantTexts(jane, "Thanks Jane")
		w.wantTexts(ann.Phone, "Noted")
		w.wantTexts(bob.Phone, "You are opted out")
		w.wantTexts(tom.Phone, "Hi Tom, see you")
		if task, _ := w.crm.Task(old.ID); !task.Unlisted {
			t.Errorf("the task was not deleted\n%s", w.dump())
		}
		contacts, tasks, notes, sent := len(w.crm.Contacts()), len(w.crm.Tasks()), len(w.crm.Notes()), len(w.gate.Sent())

		// While nobody runs, more comes in. Then the copy is put back.
		w.gate.Text(liz.Phone, "TASK bring the x-rays")
		w.gate.Text(cat.Phone, "STOP")
		w.putBack(backup)
		err := w.cycle(sync.PollTexts | sync.PollCRM)
		if err == nil || !strings.Contains(err.Error(), "put back from a copy") {
			t.Errorf("nobody is told: %v", err)
		}
		twin := w.crm.AddTask(ghltest.Task{ContactID: tom.ID, Title: "New", Due: time.Now().Add(48 * time.Hour)})
		w.run(2 * time.Minute)
		w.doom(store.Task, twin.ID)
		w.run(10 * time.Minute)
		_ = w.cycle(sync.Everything)
		w.want("restored||held", holding)
		if n := len(w.gate.Sent()); n != sent {
			t.Errorf("%d texts left\n%s", n-sent, w.dump())
		}
		if task, _ := w.crm.Task(twin.ID); task.Unlisted {
			t.Error("a task was deleted while the mirror was in doubt")
		}
		// What was open in the copy was done since.
		w.want("contact.update|done\ntask.delete|done", `SELECT kind, state FROM outbox WHERE id <= 2 ORDER BY 1`)
		// What came in before is set aside, but an opt-out is heard. What came in after is decided.
		w.want(ann.Phone+"|set aside\n"+bob.Phone+"|opted out\n"+liz.Phone+"|task created\n"+cat.Phone+"|opted out\n"+jane+"|set aside",
			`SELECT sender, decision FROM inbound ORDER BY sender`)
		if c, n := w.contactNow(bob.ID), w.contactNow(cat.ID); c.DNDSettings["SMS"].Status != "active" || n.DNDSettings["SMS"].Status != "active" {
			t.Error("the opt-outs are not in the CRM")
		}
		// The reminder that went out since is found at the gateway.
		w.want("done", `SELECT state FROM outbox o JOIN reminders r ON r.outbox_id = o.id WHERE rule = 'day-before'`)

		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(5 * time.Minute)
		w.wantTexts(liz.Phone, "Noted")
		w.wantTexts(jane, "Thanks Jane")
		w.wantTexts(ann.Phone, "Noted")
		w.wantTexts(bob.Phone, "You are opted out")
		w.wantTexts(tom.Phone, "Hi Tom, see you")
		w.wantTexts(cat.Phone) // five minutes are over
		if task, _ := w.crm.Task(twin.ID); !task.Unlisted {
			t.Errorf("the task is not deleted after all\n%s", w.dump())
		}
		w.runEvery(24*time.Hour, 15*time.Minute, 1)
		w.wantTexts(tom.Phone, "Hi Tom, see you", "your appointment is")
		if c, n, m := len(w.crm.Contacts()), len(w.crm.Tasks()), len(w.crm.Notes()); c != contacts || n != tasks+2 || m != notes {
			t.Errorf("%d contacts, %d tasks, %d notes; had %d, %d, %d\n%s", c, n, m, contacts, tasks, notes, w.dump())
		}
		w.checkQuiet()
	})
}

// Put back once more, it is asked about once more, although a person released it the first time.
func TestMirrorPutBackTwice(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		withMark(w)
		w.run(2 * time.Minute)
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)
		w.gate.Text(ann.Phone, "TASK call me back")
		w.run(2 * time.Minute)
		w.putBack(backup)
		w.run(2 * time.Minute)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(2 * time.Minute)
		w.copyDB(w.db.Path(), backup+"2")
		w.gate.Text(ann.Phone, "TASK bring the x-rays")
		w.run(2 * time.Minute)
		w.putBack(backup + "2")
		w.run(2 * time.Minute)
		w.want("restored||held", holding)
		w.gate.Text(ann.Phone, "TASKS")
		w.run(2 * time.Minute)
		w.wantTexts(ann.Phone, "Noted", "Noted")
	})
}

// A backup that is put back at once, before anything else came to pass, fits the mark. It says itself what it
// is, also where there is no mark, and only once.
func TestBackupPutBackAtOnce(t *testing.T) {
	t.Parallel()
	for name, marked := range map[string]bool{"with a mark": true, "without one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				if marked {
					withMark(w)
				}
				w.run(2 * time.Minute)
				path, backup := w.db.Path(), filepath.Join(w.dir, "backup.db")
				if _, err := store.Backup(w.ctx, path, backup, false); err != nil {
					t.Fatal(err)
				}
				w.restart() // the mirror itself is no copy
				w.full()
				w.want("", holding)
				w.closeDB()
				if _, err := store.Restore(w.ctx, backup, path); err != nil {
					t.Fatal(err)
				}
				w.live(path)
				if err := w.cycle(sync.PollTexts | sync.PollCRM); err == nil || !strings.Contains(err.Error(), "put back from a copy made at") {
					t.Errorf("nobody is told: %v", err)
				}
				time.Sleep(6 * time.Minute)
				w.gate.Text(ann.Phone, "TASK call me back")
				w.run(2 * time.Minute)
				w.restart()
				w.run(2 * time.Minute)
				w.want("restored||held", holding)
				w.wantTexts(ann.Phone)
				w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
				w.run(2 * time.Minute)
				w.wantTexts(ann.Phone, "Noted")
				w.restart()
				w.full()
				w.want("restored||released", holding)
				w.checkQuiet()
			})
		})
	}
}

// A copy that works elsewhere does nothing on its own either, and nor does a mirror without its mark or
// with another's.
func TestCopiedMirrorIsNoticed(t *testing.T) {
	t.Parallel()
	for name, story := range map[string]struct {
		why  string
		move func(w *world, path string)
	}{
		"at another place": {"it was at", func(w *world, path string) {
			w.closeDB()
			w.copyDB(path, filepath.Join(w.dir, "copy.db"))
			w.live(filepath.Join(w.dir, "copy.db"))
		}},
		"without its mark": {"its mark beside it is missing", func(w *world, _ string) {
			_ = os.Remove(w.mark)
			w.restart()
		}},
		"with another's mark": {"another mirror's", func(w *world, path string) {
			w.closeDB()
			b, err := os.ReadFile(w.mark)
			if err == nil {
				err = os.WriteFile(w.mark, []byte(strings.Replace(string(b), `"instance":"`, `"instance":"x`, 1)), 0o600)
			}
			if err != nil {
				w.t.Fatalf("mark: %v", err)
			}
			w.live(path)
		}},
		"from another machine": {"it comes from the machine", func(w *world, path string) {
			w.closeDB()
			b, err := os.ReadFile(w.mark)
			if err == nil {
				err = os.WriteFile(w.mark, []byte(strings.Replace(string(b), `"host":"`, `"host":"x`, 1)), 0o600)
			}
			if err != nil {
				w.t.Fatalf("mark: %v", err)
			}
			w.live(path)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				withMark(w)
				w.run(2 * time.Minute)
				w.restart() // in its place it is no copy
				w.full()
				w.want("", holding)
				story.move(w, w.db.Path())
				if err := w.cycle(sync.PollTexts | sync.PollCRM); err == nil || !strings.Contains(err.Error(), story.why) {
					t.Errorf("nobody is told: %v", err)
				}
				time.Sleep(6 * time.Minute) // what comes in sooner may have been heard before
				w.gate.Text(ann.Phone, "TASK call me back")
				w.run(2 * time.Minute)
				w.want("restored||held", holding)
				w.wantTexts(ann.Phone)
				if len(w.crm.Tasks()) != 1 {
					t.Error("what does no harm waits too")
				}
				w.restart()
				w.run(2 * time.Minute)
				w.wantTexts(ann.Phone)
				w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
				w.run(2 * time.Minute)
				w.wantTexts(ann.Phone, "Noted")
				w.restart()
				w.checkQuiet()
			})
		})
	}
}

// A copy in which a text still waited is put back, after nothing but that text left. It is a copy all
// the same.
func TestCopyWithATextThatHasLeftSince(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		withMark(w)
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "TASKS")
		w.gate.AddFault(smstest.Fault{Path: "/sms/send", Kind: smstest.Refuse})
		w.run(time.Minute)
		w.want("pending", `SELECT state FROM outbox`)
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)
		w.gate.ClearFaults()
		w.run(5 * time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
		w.putBack(backup)
		w.run(5 * time.Minute)
		w.want("restored||held", holding)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(5 * time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
		w.checkQuiet()
	})
}

// A START that was answered after the copy was made counts once more, but is not answered once more.
func TestCopyFromBeforeAStart(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		withMark(w)
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "STOP")
		w.run(10 * time.Minute)
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)
		w.gate.Text(ann.Phone, "START")
		w.run(10 * time.Minute)
		w.putBack(backup)
		w.run(2 * time.Minute)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.gate.Text(ann.Phone, "TASKS")
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone, stopped, "You will get our texts again", "Nothing is open")
		w.checkQuiet()
	})
}

// What was made here and carried to the CRM only after the copy was made is not made there again.
func TestCopyFromBeforeThePlan(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		withMark(w)
		w.run(2 * time.Minute)
		id := w.record(store.Contact, ann.ID).ID
		create := func(e store.Entity, value store.Fields) {
			w.update(func(tx *store.Tx) error {
				_, err := tx.Create(w.ctx, e, id, value, store.ByPerson)
				return err
			})
		}
		create(store.Task, store.Fields{store.Title: "Call", store.Due: "2000-01-05T10:00:00Z", store.Completed: "false"})
		create(store.Note, store.Fields{store.Body: "Called"})
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)
		w.run(10 * time.Minute)
		w.putBack(backup)
		w.run(10 * time.Minute)
		create(store.Note, store.Fields{store.Body: "Called again"})
		w.run(10 * time.Minute)
		if tasks, notes := len(w.crm.Tasks()), len(w.crm.Notes()); tasks != 1 || notes != 2 {
			t.Errorf("%d tasks and %d notes\n%s", tasks, notes, w.dump())
		}
	})
}

// A text that a limit held when the copy was made is still held when that is put back. Released once
// more, it is asked about first, since it may have left the first time.
func TestCopyWithAHeldText(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Limits.TextsPerHour = 1 }}, func(w *world) {
		ann, bob, cat := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102"), w.person("Cat", "+12025550103")
		withMark(w)
		w.run(2 * time.Minute)
		for _, c := range []ghltest.Contact{ann, bob, cat} {
			w.gate.Text(c.Phone, "TASKS")
			w.run(2 * time.Minute)
		}
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)
		release := func(c ghltest.Contact) {
			id := number(t, w.one(`SELECT outbox_id FROM texts WHERE number = ?`, c.Phone))
			w.update(func(tx *store.Tx) error { return tx.Release(w.ctx, id) })
		}
		release(bob)
		w.run(10 * time.Minute)
		w.wantTexts(bob.Phone, "Nothing is open")
		w.putBack(backup)
		w.run(2 * time.Minute)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(10 * time.Minute)
		w.want("2", `SELECT count(*) FROM outbox WHERE state = 'held'`)
		w.wantTexts(cat.Phone)
		release(bob)
		release(cat)
		w.run(20 * time.Minute)
		w.wantTexts(bob.Phone, "Nothing is open")
		w.want("done\nunknown", `SELECT state FROM outbox WHERE id > 1 ORDER BY id`)
	})
}

// Whoever started again after the copy was made, and was then opted out by staff, stays opted out when
// the START comes in once more.
func TestCopyFromBeforeAStartAndAnOptOut(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		withMark(w)
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "STOP")
		w.run(10 * time.Minute)
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)
		w.gate.Text(ann.Phone, "START")
		w.run(10 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: "active"}} })
		w.run(10 * time.Minute)
		w.putBack(backup)
		w.run(2 * time.Minute)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.gate.Text(ann.Phone, "TASKS")
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone, stopped, "You will get our texts again")
		if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s != "active" {
			t.Errorf("the CRM has %q\n%s", s, w.dump())
		}
		w.checkQuiet()
	})
}

// A copy that is made while a queue of texts leaves, and put back after the power failed before the end of
// that queue, is a copy all the same.
func TestCopyFromTheMiddleOfAQueue(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		withMark(w)
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "TASKS")
		w.gate.Text(bob.Phone, "TASKS")
		backup, path, sent, mark := filepath.Join(w.dir, "backup.db"), w.db.Path(), 0, []byte(nil)
		remove := w.gate.OnRequest(func(r smstest.Request, p smstest.Phase) {
			if r.Path != "/sms/send" || p != smstest.Before {
				return
			}
			if sent++; sent == 1 {
				w.copyDB(path, backup)
			}
			mark, _ = os.ReadFile(w.mark)
		})
		w.dieAt(func(_ int, p phase) bool { return sent == 2 && p == after })
		_ = w.cycle(sync.PollTexts)
		remove()
		w.closeDB()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
		w.copyDB(backup, path)
		if err := os.WriteFile(w.mark, mark, 0o600); err != nil { // the dead process wrote no more
			t.Fatal(err)
		}
		w.live(path)
		w.run(10 * time.Minute)
		w.want("restored||held", holding)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
		w.wantTexts(bob.Phone, "Nothing is open")
		w.checkQuiet()
	})
}
