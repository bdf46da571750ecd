package sync_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

// Stories that TestAnythingGoes found, told once more in few words.

// Whoever cancels by text and is deleted in the CRM before that is carried there has cancelled.
func TestCancelledByOneWhoIsDeleted(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		visit := w.book(ann, 48*time.Hour)
		w.full()
		w.crm.SetDown(true)
		w.gate.Text(ann.Phone, "X")
		_ = w.cycle(sync.PollTexts)
		w.crm.RemoveContact(ann.ID)
		w.crm.SetDown(false)
		_ = w.cycle(sync.Everything) // the sweep sees it first
		w.run(time.Hour)
		if got, _ := w.crm.Appointment(visit.ID); got.Status != "cancelled" {
			t.Errorf("%+v\n%s", got, w.dump())
		}
		w.checkQuiet()
	})
}

// A task for a contact of which we learn only then that it was deleted is made when it is restored.
func TestTaskOfAContactDeletedUnnoticed(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.crm.RemoveContact(ann.ID)
		w.gate.Text(ann.Phone, "TASK bring the x-rays")
		_ = w.cycle(sync.PollTexts)
		w.crm.UndeleteContact(ann.ID)
		w.run(10 * time.Minute)
		if n := len(w.crm.Tasks()); n != 1 {
			t.Errorf("%d tasks\n%s", n, w.dump())
		}
		w.checkQuiet()
	})
}

// An edit whose outcome is unclear goes on although its contact was deleted for a while.
func TestUnclearEditOfAContactDeletedUnnoticed(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"})
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Kind: ghltest.CutBefore})
		_ = w.cycle(0)
		w.crm.RemoveContact(ann.ID)
		time.Sleep(5 * time.Minute)
		_ = w.cycle(0) // asks, and finds no contact
		w.crm.UndeleteContact(ann.ID)
		w.run(10 * time.Minute)
		if c := w.contactNow(ann.ID); c.City != "Arlington" {
			t.Errorf("%+v\n%s", c, w.dump())
		}
		w.checkQuiet()
	})
}

// A contact is known to live again by what they text, before any list shows it: what waited for
// that goes on too.
func TestTaskOfAContactThatTextsAfterItIsUndeleted(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.crm.RemoveContact(ann.ID)
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"}) // the write finds it gone
		w.gate.Text(ann.Phone, "TASK bring the x-rays")
		_ = w.cycle(sync.PollTexts)
		w.crm.UndeleteContact(ann.ID)
		w.gate.Text(ann.Phone, "Hi, it's Ann")
		_ = w.cycle(sync.PollTexts)
		w.run(10 * time.Minute)
		w.want("1", `SELECT count(*) FROM v1_tasks WHERE title = 'bring the x-rays' AND crm_id IS NOT NULL`)
		w.checkQuiet()
	})
}

// A write whose answer was lost is ours, also where somebody changed another field since: what was
// edited here after it is no conflict with it.
func TestUnclearWriteIsNoConflict(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington", "website": "https://here.example"})
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Kind: ghltest.CutAfter})
		_ = w.cycle(0)
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Boston"})
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Website = "https://there.example" })
		w.run(10 * time.Minute)
		if c := w.contactNow(ann.ID); c.City != "Boston" || c.Website != "https://there.example" {
			t.Errorf("%+v\n%s", c, w.dump())
		}
		w.want("website", `SELECT field FROM conflicts`)
		w.checkQuiet()
	})
}

// The same where the contact was deleted before we could ask, edited here meanwhile, and restored.
func TestUnclearWriteToADeletedContactIsNoConflict(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"})
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Kind: ghltest.CutAfter})
		_ = w.cycle(0)
		w.crm.RemoveContact(ann.ID)
		time.Sleep(5 * time.Minute)
		_ = w.cycle(0) // asks, and finds no contact
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Boston"})
		w.crm.UndeleteContact(ann.ID)
		w.run(10 * time.Minute)
		if c := w.contactNow(ann.ID); c.City != "Boston" {
			t.Errorf("%+v\n%s", c, w.dump())
		}
		w.want("", `SELECT field FROM conflicts`)
		w.checkQuiet()
	})
}

// A tag whose adding had no clear answer can be taken off again here.
func TestUnclearTagCanBeTakenOff(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{store.Tags: `["here","vip"]`})
		w.crm.AddFault(ghltest.Fault{Method: "POST", Kind: ghltest.CutAfter})
		_ = w.cycle(0)
		w.edit(store.Contact, ann.ID, store.Fields{store.Tags: `["here"]`})
		w.run(10 * time.Minute)
		if c := w.contactNow(ann.ID); !slices.Equal(c.Tags, []string{"here"}) {
			t.Errorf("%q\n%s", c.Tags, w.dump())
		}
		w.checkQuiet()
	})
}

// A task whose making had no clear answer, and that staff changed at once, is not made again; nor is
// one of the same title that was there before taken for it.
func TestUnclearTaskThatStaffChanged(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.crm.AddTask(ghltest.Task{ContactID: bob.ID, Title: "call me", Due: time.Now().Add(48 * time.Hour)})
		w.full()
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/" + ann.ID + "/tasks", Kind: ghltest.CutAfter})
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/" + bob.ID + "/tasks", Kind: ghltest.CutBefore})
		w.gate.Text(ann.Phone, "TASK call me")
		w.gate.Text(bob.Phone, "TASK call me")
		_ = w.cycle(sync.PollTexts)
		for _, task := range w.crm.Tasks() {
			if task.ContactID == ann.ID {
				w.crm.EditTask(task.ID, func(t *ghltest.Task) { t.Due = t.Due.AddDate(0, 0, 7) })
			}
		}
		w.run(20 * time.Minute)
		if n := len(w.crm.Tasks()); n != 3 {
			t.Errorf("%d tasks: %+v\n%s", n, w.crm.Tasks(), w.dump())
		}
		w.checkQuiet()
	})
}

// What a brake held of many contacts goes on for all of them, however many pages that is.
func TestReleasedBrakeLetsEverybodyGo(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: withBook(nil)}, func(w *world) {
		const many = 600
		w.gate.AddList("Clinic")
		w.run(2 * time.Minute)
		w.update(func(tx *store.Tx) error {
			var page []store.Observation
			for i := range many {
				page = append(page, store.Observation{CRMID: fmt.Sprint("c", i), Value: store.Fields{
					store.Phone: fmt.Sprintf("+1202555%04d", 1000+i), store.Tags: `["news"]`,
				}})
			}
			_, err1 := tx.Observe(w.ctx, store.Contact, page)
			b, _, err2 := tx.Pull(w.ctx, store.Brake{Kind: store.Changes, Entity: store.Contact})
			return errors.Join(err1, err2, tx.Quarantine(w.ctx, store.Contact, b.ID, tx.Now))
		})
		_, err := w.engine.Rehearsal().Plan(w.ctx)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		p, err2 := w.engine.Rehearsal().Plan(w.ctx)
		if err := errors.Join(err, err2); err != nil || len(p.Intents) != many {
			t.Errorf("%d of %d are put on the list, %v", len(p.Intents), many, err)
		}
	})
}

// A contact without any tags here that the CRM merges into another takes off that one its own tags only.
func TestMergedContactLeavesTheOthersTags(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "vip")
		bob := w.crm.AddContact(ghltest.Contact{FirstName: "Bob", Email: "bob@example.com", Tags: []string{"a", "b"}})
		w.run(2 * time.Minute)
		w.crm.SetDown(true)
		w.edit(store.Contact, ann.ID, store.Fields{store.Tags: ""})
		w.run(2 * time.Minute)
		w.crm.MergeContacts(bob.ID, ann.ID)
		w.crm.SetDown(false)
		w.run(10 * time.Minute)
		_ = w.cycle(sync.Everything)
		w.run(10 * time.Minute)
		if c := w.contactNow(bob.ID); !slices.Equal(c.Tags, []string{"a", "b"}) {
			t.Errorf("%q\n%s", c.Tags, w.dump())
		}
		w.checkQuiet()
	})
}

// What the CRM shows when it is asked about an unclear write counts as changed when the CRM says so, not
// when it was last read: the later of two values is kept.
func TestNewestAfterAnUnclearWrite(t *testing.T) {
	t.Parallel()
	newest := func(r *plan.Config) {
		r.Merge = map[store.Entity]merge.Rule{store.Contact: {Policy: merge.NewestWins}}
	}
	inWorld(t, options{rules: newest}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tags", Kind: ghltest.CutAfter})
		w.edit(store.Contact, ann.ID, store.Fields{store.Tags: `["vip"]`})
		_ = w.cycle(sync.PollTexts)
		w.edit(store.Contact, ann.ID, store.Fields{"website": "https://here.example"})
		time.Sleep(2 * time.Second)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Website = "https://there.example" })
		time.Sleep(5 * time.Minute)
		_ = w.cycle(sync.PollTexts)
		w.run(5 * time.Minute)
		if c := w.contactNow(ann.ID); c.Website != "https://there.example" || !slices.Contains(c.Tags, "vip") {
			t.Errorf("%q, %q\n%s", c.Website, c.Tags, w.dump())
		}
		w.checkQuiet()
	})
}

// Who opts in while their contact is deleted in the CRM stays in when it is restored there: the deleted one
// must not bring the do-not-disturb back that it had, or was to have.
func TestOptInWhileTheContactIsDeleted(t *testing.T) {
	t.Parallel()
	for name, pushed := range map[string]bool{"that it was to have": false, "that it had": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.run(2 * time.Minute)
				if !pushed {
					w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Deleted = true })
				}
				w.gate.Text(ann.Phone, "STOP")
				w.run(2 * time.Minute)
				if pushed {
					w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Deleted = true })
				}
				_ = w.cycle(sync.Everything)
				w.run(2 * time.Minute)
				w.gate.Text(ann.Phone, "START")
				w.run(2 * time.Minute)
				w.crm.UndeleteContact(ann.ID)
				_ = w.cycle(sync.Everything)
				w.run(30 * time.Minute)
				if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s == "active" {
					t.Errorf("the CRM has %q\n%s", s, w.dump())
				}
				w.want("0", `SELECT count(*) FROM opt_outs WHERE lifted_at IS NULL`)
				w.checkQuiet()
			})
		})
	}
}
