package sync_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

// Promises 6 and 10: what the engine is shown may be less than there is, or older than it was, or at
// another time than it thinks. Then it holds what cannot be taken back, lets the rest flow, and goes
// on by itself where the doubt ends by itself.

// crowded adds n people.
func (w *world) crowded(n int) (people []ghltest.Contact) {
	for i := range n {
		people = append(people, w.person(fmt.Sprint("P", i), fmt.Sprintf("+1202555%04d", 1000+i)))
	}
	return people
}

// holding is what stands: kind, entity and state.
const holding = `SELECT kind, entity, state FROM brakes WHERE state <> 'over' ORDER BY id`

// goneHere counts who counts as deleted.
const goneHere = `SELECT count(*) FROM contacts WHERE gone_at IS NOT NULL`

// Another token may be shown less. Who is not shown is not deleted, until a sweep with it shows
// everybody known.
func TestAnotherTokenProvesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Identity = "the first" }}, func(w *world) {
		people := w.crowded(40)
		w.run(2 * time.Minute)
		for _, c := range people[:7] { // fewer than what a sweep may find gone
			w.crm.RemoveContact(c.ID)
		}
		w.rules.Identity = "the second"
		w.restart()
		if err := w.cycle(sync.PollTexts); err == nil || !strings.Contains(err.Error(), "another token") {
			t.Errorf("nobody is told: %v", err)
		}
		w.run(2 * time.Minute)
		_ = w.cycle(sync.Sweep)
		w.want("identity||held", holding)
		w.want("0", goneHere)
		w.gate.Text(people[10].Phone, "TASK call me") // the rest goes on
		w.edit(store.Contact, people[11].ID, store.Fields{"city": "Arlington"})
		w.run(2 * time.Minute)
		w.wantTexts(people[10].Phone, "Noted")
		if w.contactNow(people[11].ID).City != "Arlington" {
			t.Error("edits wait too")
		}
		for _, c := range people[:7] { // now it may see everybody
			w.crm.RestoreContact(c.ID)
		}
		if err := w.cycle(sync.Sweep); err != nil {
			t.Error(err)
		}
		w.want("", holding)
		w.crm.RemoveContact(people[0].ID)
		if err := w.cycle(sync.Sweep); err != nil {
			t.Error(err)
		}
		w.want("1", goneHere)
		w.checkQuiet()
	})
}

// A person may know better, and the next new token is asked about anew.
func TestEachTokenIsAskedAboutAnew(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Identity = "the first" }}, func(w *world) {
		people := w.crowded(80)
		w.run(2 * time.Minute)
		for _, c := range people[:7] {
			w.crm.RemoveContact(c.ID)
		}
		w.rules.Identity = "the second"
		w.restart()
		_ = w.cycle(sync.Everything)
		w.want("0", goneHere)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		_ = w.cycle(sync.Sweep)
		w.want("7", goneHere)
		for _, c := range people[10:17] {
			w.crm.RemoveContact(c.ID)
		}
		w.rules.Identity = "the third"
		w.restart()
		_ = w.cycle(sync.Everything)
		w.want("7", goneHere)
		w.want("identity||held", holding)
	})
}

// partial is a CRM whose lists leave some contacts out, and which denies them by id too.
type partial struct {
	*ghl.Client
	hidden map[ghl.ContactID]bool
}

func (p *partial) SearchContacts(ctx context.Context, q ghl.ContactQuery) iter.Seq2[ghl.Page[ghl.Contact], error] {
	return func(yield func(ghl.Page[ghl.Contact], error) bool) {
		for page, err := range p.Client.SearchContacts(ctx, q) {
			var shown []ghl.Contact
			for _, c := range page.Items {
				if !p.hidden[c.ID] {
					shown = append(shown, c)
				}
			}
			page.Items = shown
			if !yield(page, err) {
				return
			}
		}
	}
}

func (p *partial) Contact(ctx context.Context, id ghl.ContactID) (ghl.Contact, error) {
	if p.hidden[id] {
		return ghl.Contact{}, ghl.ErrNotFound
	}
	return p.Client.Contact(ctx, id)
}

// The complaint that a list which broke off made everything else deleted: it says itself that there
// is more.
func TestIncompleteListProvesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm := &partial{hidden: map[ghl.ContactID]bool{}}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		people := w.crowded(40)
		w.restart()
		w.run(2 * time.Minute)
		for _, c := range people[:7] {
			crm.hidden[ghl.ContactID(c.ID)] = true
		}
		err := w.cycle(sync.Sweep)
		if err == nil || !strings.Contains(err.Error(), "there are 40, and shows 33") {
			t.Errorf("nobody is told: %v", err)
		}
		if err := w.cycle(sync.Sweep); err != nil {
			t.Errorf("told again: %v", err)
		}
		w.want("incomplete|contact|held", holding)
		w.want("0", goneHere)
		clear(crm.hidden)
		if err := w.cycle(sync.Sweep); err != nil {
			t.Error(err)
		}
		w.want("", holding)
		w.checkQuiet()
	})
}

// The complaint that a failed login needs a person and a fresh start: it ends with the failure.
func TestTransientFailureNeedsNobody(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		people := w.crowded(30)
		w.book(people[1], 24*time.Hour+20*time.Minute)
		w.run(2 * time.Minute)
		w.crm.SetToken("another") // every call is a 401
		w.gate.AddFault(smstest.Fault{Kind: smstest.Unauthorized})
		w.gate.Text(people[0].Phone, "TASK call me")
		w.edit(store.Contact, people[2].ID, store.Fields{"city": "Arlington"})
		w.run(3 * time.Minute)
		_ = w.cycle(sync.Everything)
		w.crm.SetToken(ghltest.DefaultToken)
		w.gate.ClearFaults()
		w.crm.AddFault(ghltest.Fault{Kind: ghltest.CutBefore, Delay: 40 * time.Second, Times: 6}) // time-outs
		w.run(5 * time.Minute)
		w.crm.ClearFaults()
		_ = w.cycle(sync.Everything)
		w.run(30 * time.Minute)
		w.want("0", `SELECT count(*) FROM brakes`)
		w.want("0", goneHere)
		w.wantTexts(people[0].Phone, "Noted")
		w.wantTexts(people[1].Phone, "Hi P1, see you")
		if w.contactNow(people[2].ID).City != "Arlington" || len(w.crm.Tasks()) != 1 {
			t.Errorf("the edit or the task is lost\n%s", w.dump())
		}
		w.checkQuiet()
	})
}

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
		w.runEvery(24*time.Hour, 5*time.Minute, 1)
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

// late is a CRM by whose answers our clock is wrong.
type late struct {
	*ghl.Client
	off time.Duration
}

func (l *late) ClockSkew() (time.Duration, bool) { return l.off, true }

// A reminder at the wrong time is worse than none. A wrong clock holds those, and nothing else.
func TestWrongClockHoldsReminders(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm := &late{}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.book(ann, 24*time.Hour+10*time.Minute)
		w.restart()
		w.run(2 * time.Minute)
		for _, crm.off = range []time.Duration{20 * time.Minute, -3 * time.Hour} {
			err := w.cycle(sync.PollCRM)
			if crm.off > 0 && (err == nil || !strings.Contains(err.Error(), "20m0s ahead of the CRM's")) {
				t.Errorf("nobody is told: %v", err)
			}
			w.run(10 * time.Minute)
			w.want("clock||held", holding)
			w.wantTexts(ann.Phone)
		}
		w.gate.Text(bob.Phone, "TASK call me")
		w.run(2 * time.Minute)
		w.wantTexts(bob.Phone, "Noted")
		w.want("0", `SELECT count(*) FROM reminders WHERE decided_at IS NOT NULL`)
		crm.off = 9 * time.Minute
		w.run(2 * time.Minute)
		w.want("", holding)
		w.wantTexts(ann.Phone, "Hi Ann, see you")
		w.checkQuiet()
	})
}

// By a clock that is wrong nothing is too late.
func TestWrongClockGivesNothingUp(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm := &late{}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+2*time.Minute)
		w.restart()
		w.gate.SetDown(true)
		w.run(5 * time.Minute)
		w.want("pending", `SELECT state FROM outbox`)
		crm.off = 3 * time.Hour
		w.runEvery(3*time.Hour, 10*time.Minute, 1)
		w.want("pending", `SELECT state FROM outbox`)
		crm.off = 0
		w.gate.SetDown(false)
		w.run(5 * time.Minute)
		w.want("dropped|it was too late", `SELECT state, reason FROM outbox`)
		w.checkQuiet()
	})
}

// Somebody moved the whole calendar by an hour. That is read, and answered where somebody asks; but
// nobody is reminded of it before a person says that it was meant.
func TestEverythingChangedAtOnce(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, word := range []store.BrakeState{store.BrakeReleased, store.BrakeDropped} {
		t.Run(string(word), func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) { r.Limits.ChangedShare = 0.5 }}, func(w *world) {
				people := w.crowded(32)
				var visits []ghltest.Appointment
				for _, c := range people[:30] {
					visits = append(visits, w.book(c, 24*time.Hour+15*time.Minute))
				}
				other := w.book(people[30], 24*time.Hour+20*time.Minute)
				w.run(2 * time.Minute)
				w.want("", holding)
				move := func(by time.Duration) {
					for _, a := range visits {
						w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Start, a.End = a.Start.Add(by), a.End.Add(by) })
					}
				}
				move(10 * time.Minute)
				err := w.cycle(sync.PollCRM)
				if err == nil || !strings.Contains(err.Error(), "30 of 31 changed at once") {
					t.Errorf("nobody is told: %v", err)
				}
				w.gate.Text(people[3].Phone, "TASK call me")
				w.edit(store.Contact, people[4].ID, store.Fields{"city": "Arlington"})
				w.run(40 * time.Minute)
				w.want("changes|appointment|held", holding)
				w.want("30", `SELECT count(*) FROM outbox WHERE state = 'held'`)
				w.wantTexts(people[0].Phone)
				w.wantTexts(people[3].Phone, "Noted")
				w.wantTexts(people[30].Phone, "see you")
				if w.contactNow(people[4].ID).City != "Arlington" || other.ID == "" {
					t.Error("an edit waits too")
				}
				w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), word)
				w.run(10 * time.Minute)
				var first []string
				if word == store.BrakeReleased {
					first = []string{"see you"}
				}
				w.wantTexts(people[0].Phone, first...)
				w.runEvery(24*time.Hour, 5*time.Minute, 1)
				w.wantTexts(people[0].Phone, append(first, "your appointment is")...)
				w.want("0", `SELECT count(*) FROM outbox WHERE state IN ('held', 'pending', 'unknown')`)
				w.checkQuiet()
			})
		})
	}
}

// What a person said about one such day is not said about the next.
func TestEverythingChangedAgain(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, word := range []store.BrakeState{store.BrakeReleased, store.BrakeDropped} {
		t.Run(string(word), func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) { r.Limits.ChangedShare = 0.5 }}, func(w *world) {
				people := w.crowded(30)
				var visits []ghltest.Appointment
				for _, c := range people {
					visits = append(visits, w.book(c, 10*24*time.Hour))
				}
				w.run(2 * time.Minute)
				for range 2 {
					for _, a := range visits {
						w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Start, a.End = a.Start.Add(time.Hour), a.End.Add(time.Hour) })
					}
					if err := w.cycle(sync.PollCRM); err == nil {
						t.Error("nobody is told")
					}
					w.want("changes|appointment|held", holding)
					w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), word)
					w.runEvery(50*time.Hour, time.Hour, 1)
				}
			})
		})
	}
}

// What was deleted here while it was not clear whether the CRM had it is not made after all.
func TestDeletedWhileItsMakingIsInDoubt(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, kind := range []ghltest.FaultKind{ghltest.CutBefore, ghltest.CutAfter} {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(2 * time.Minute)
			w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tasks", Kind: kind})
			w.gate.Text(ann.Phone, "TASK call me")
			w.run(30 * time.Second)
			w.want("unknown", `SELECT state FROM outbox WHERE kind = 'task.create'`)
			w.update(func(tx *store.Tx) error { return tx.Doom(w.ctx, store.Task, 1) })
			w.run(30 * time.Minute)
			for _, task := range w.crm.Tasks() {
				if !task.Unlisted {
					t.Errorf("fault %v: it is there\n%s", kind, w.dump())
				}
			}
			if n := len(w.effects("task.create")); kind == ghltest.CutBefore && n != 0 {
				t.Errorf("it was made %d times to be deleted", n)
			}
			w.want("0", `SELECT count(*) FROM tasks WHERE gone_at IS NULL`)
			w.checkQuiet()
		})
	}
}

// Whom the list has and the contacts never had cannot leave them: an edit takes nobody off it.
func TestNobodyLeavesWhoNeverJoined(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.In, b.Deletes = false, true })}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.tag(ann, "news")
		w.gate.PutPersonByHand(list, smstest.Person{Phone: bob.Phone, FirstName: "Bob"})
		w.gate.PutPersonByHand(list, smstest.Person{Phone: "+12025550109", FirstName: "Zoe"})
		w.run(40 * time.Minute)
		w.crm.EditContact(bob.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.gate.EditPerson("+12025550109", func(p *smstest.Person) { p.FirstName = "Zoë" })
		w.run(90 * time.Minute)
		w.wantList(list, "+12025550101 Ann ann@example.com", "+12025550102 Bob ", "+12025550109 Zoë ")
		w.tag(ann) // she did join, and leaves
		w.tag(bob, "news")
		w.run(40 * time.Minute)
		w.wantList(list, "+12025550102 Bob bob@example.com", "+12025550109 Zoë ")
		w.checkQuiet()
	})
}

// Who was taken off the list lost the tag. Given it again, they are put on the list again.
func TestTheTagAgainIsTheListAgain(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.Deletes = true })}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news", "vip")
		w.run(40 * time.Minute)
		w.gate.RemovePersonByHand(list, ann.Phone)
		w.run(90 * time.Minute)
		if tags := w.contactNow(ann.ID).Tags; len(tags) != 1 || tags[0] != "vip" {
			t.Errorf("tags %v", tags)
		}
		w.tag(ann, "vip", "news")
		w.run(40 * time.Minute)
		w.wantList(list, "+12025550101 Ann ann@example.com")
		if tags := w.contactNow(ann.ID).Tags; len(tags) != 2 {
			t.Errorf("tags %v", tags)
		}
		w.checkQuiet()
	})
}

// While the gateway cannot be told who won, the loser is not kept again and again.
func TestConflictIsKeptOnce(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(nil)}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news")
		w.run(40 * time.Minute)
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts/", Method: "PUT", Kind: smstest.ErrorBefore})
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts/", Method: "POST", Kind: smstest.ErrorBefore})
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "Anna" })
		w.gate.EditPerson(ann.Phone, func(p *smstest.Person) { p.FirstName = "Annie" })
		w.run(90 * time.Minute)
		w.want("1", `SELECT count(*) FROM conflicts`)
		w.gate.ClearFaults()
		w.run(90 * time.Minute)
		w.wantList(list, "+12025550101 Anna ann@example.com")
		w.want("1", `SELECT count(*) FROM conflicts`)
		w.checkQuiet()
	})
}

// Tasks that are done vanish from the list of open ones. That is no deletion, however many.
func TestEverythingDoneAtOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		for i := range 30 {
			w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: fmt.Sprint("Call ", i), Due: time.Now().Add(48 * time.Hour)})
		}
		w.run(2 * time.Minute)
		for _, task := range w.crm.Tasks() {
			w.crm.EditTask(task.ID, func(t *ghltest.Task) { t.Completed = true })
		}
		if err := w.cycle(sync.PollCRM); err != nil {
			t.Error(err)
		}
		w.want("", holding)
		w.want("30", `SELECT count(*) FROM tasks WHERE completed = 'true' AND gone_at IS NULL`)
		w.checkQuiet()
	})
}

// Somebody changed all contacts. What follows from that waits, but no brake holds an opt-out back, nor
// what people text.
func TestNoBrakeHoldsAnOptOut(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Limits.ChangedShare = 0.5 }}, func(w *world) {
		people := w.crowded(30)
		w.run(4 * time.Minute)
		dnd := func(status string) func(*ghltest.Contact) {
			return func(c *ghltest.Contact) { c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: status}} }
		}
		w.crm.EditContact(people[2].ID, dnd("active"))
		w.run(4 * time.Minute)
		for i, c := range people {
			w.crm.EditContact(c.ID, func(c *ghltest.Contact) { c.City = "Boston" })
			if i == 1 {
				w.crm.EditContact(c.ID, dnd("active"))
			}
		}
		w.crm.EditContact(people[2].ID, dnd("inactive")) // lifted by whatever changed them all
		if err := w.cycle(sync.PollCRM); err == nil {
			t.Error("nobody is told")
		}
		w.gate.Text(people[0].Phone, "STOP")
		w.gate.Text(people[3].Phone, "TASK call me")
		w.run(4 * time.Minute)
		w.want("changes|contact|held", holding)
		const out = `SELECT number FROM opt_outs WHERE lifted_at IS NULL ORDER BY number`
		w.want(people[0].Phone+"\n"+people[1].Phone+"\n"+people[2].Phone, out)
		if s := w.contactNow(people[0].ID).DNDSettings["SMS"].Status; s != "active" {
			t.Errorf("the CRM has %q of who texted STOP", s)
		}
		w.wantTexts(people[3].Phone, "Noted")
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(4 * time.Minute)
		w.want(people[0].Phone+"\n"+people[1].Phone, out)
		w.checkQuiet()
	})
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

// A list of the address book that takes long to read lets texts pass meanwhile, but nothing of what it
// shows before that is known to be believable.
func TestSlowAddressBookIsHeldAllTheSame(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { withBook(nil)(r); r.Limits.ChangedShare = 0.5 }}, func(w *world) {
		w.gate.AddList("Clinic")
		people := w.crowded(30)
		for _, c := range people {
			w.tag(c, "news")
		}
		w.run(40 * time.Minute)
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts", Kind: smstest.Slow, Delay: 11 * time.Second})
		for _, c := range people {
			w.gate.EditPerson(c.Phone, func(p *smstest.Person) { p.FirstName = "X" })
		}
		w.run(40 * time.Minute)
		w.want("changes|entry|held", holding)
		w.want("0", `SELECT count(*) FROM v1_contacts WHERE first_name = 'X'`)
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

// silent denies the notes of those whom it hides, too.
type silent struct{ *partial }

func (p *silent) ContactNotes(ctx context.Context, id ghl.ContactID) ([]ghl.Note, error) {
	if p.hidden[id] {
		return nil, ghl.ErrNotFound
	}
	return p.Client.ContactNotes(ctx, id)
}

// Whom the CRM denies one by one, where notes are read or something is to be written, is no more deleted
// than whom a list leaves out.
func TestDenialOneByOneProvesNothing(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, token := range []string{"the first", "the second"} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) {
				r.Identity, r.Notes = "the first", plan.NotesRule{Every: time.Hour, Calls: 20}
			}}, func(w *world) {
				people := w.crowded(40)
				w.run(2 * time.Minute)
				w.crmAs = func(c *ghl.Client) sync.CRM {
					p := &silent{&partial{c, map[ghl.ContactID]bool{}}}
					for _, c := range people[:30] {
						p.hidden[ghl.ContactID(c.ID)] = true
					}
					return p
				}
				w.rules.Identity = token
				w.restart()
				if token != "the first" {
					w.edit(store.Contact, people[0].ID, store.Fields{"city": "Arlington"})
				}
				w.run(2 * time.Hour)
				w.want("0", goneHere)
				w.crmAs = nil
				w.restart()
				_ = w.cycle(sync.Sweep)
				w.run(2 * time.Hour)
				w.want("", holding)
				w.checkQuiet()
			})
		})
	}
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
