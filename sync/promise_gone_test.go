package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync"
)

// Promise 6: no delete without proof of absence.

func (w *world) gone(e store.Entity, crmID string) bool { return !w.record(e, crmID).GoneAt.IsZero() }

func TestDeletedContactIsFoundByTheSweepAndComesBack(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.RemoveContact(ann.ID)
		if err := w.cycle(sync.Sweep | sync.PollCRM); err != nil { // the index still shows it
			t.Fatal(err)
		}
		w.run(3 * time.Minute)
		if err := w.cycle(sync.Sweep); err != nil {
			t.Fatal(err)
		}
		if !w.gone(store.Contact, ann.ID) {
			t.Errorf("still there\n%s", w.dump())
		}
		w.crm.UndeleteContact(ann.ID)
		w.run(5 * time.Minute)
		if w.gone(store.Contact, ann.ID) {
			t.Errorf("it did not come back\n%s", w.dump())
		}
		w.checkQuiet()
	})
}

// The index shows a contact for a while after it was deleted: that does not bring it back.
func TestLateIndexDoesNotRevive(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 3 * time.Minute}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(10 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.crm.RemoveContact(ann.ID)
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"}) // the write finds it gone
		w.run(time.Minute)
		if !w.gone(store.Contact, ann.ID) {
			t.Fatalf("not seen to be gone\n%s", w.dump())
		}
		for range 10 {
			_ = w.cycle(sync.Everything)
			if !w.gone(store.Contact, ann.ID) {
				t.Fatalf("revived by a late index\n%s", w.dump())
			}
			time.Sleep(30 * time.Second)
		}
	})
}

// An edit that waited when its contact was deleted is made when the contact is restored.
func TestEditsOfAnUndeletedContactGoOn(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
		w.run(2 * time.Minute)
		w.crm.RemoveContact(ann.ID)
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"})
		w.edit(store.Task, task.ID, store.Fields{store.Completed: "true"})
		w.gate.Text(ann.Phone, "TASK bring the x-rays")
		w.run(30 * time.Minute)
		w.crm.UndeleteContact(ann.ID)
		w.run(30 * time.Minute)
		got, _ := w.crm.Task(task.ID)
		if c := w.contactNow(ann.ID); c.City != "Arlington" || !got.Completed || len(w.crm.Tasks()) != 2 {
			t.Errorf("%+v\n%+v\n%s", c, w.crm.Tasks(), w.dump())
		}
		w.checkQuiet()
	})
}

func TestTaskMissingFromTheList(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		var tasks []ghltest.Task
		for i := range 3 {
			tasks = append(tasks, w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: fmt.Sprint("Call ", i), Due: time.Now().Add(48 * time.Hour)}))
		}
		w.full()
		w.crm.RemoveTask(tasks[0].ID)
		w.full()
		if !w.gone(store.Task, tasks[0].ID) || w.gone(store.Task, tasks[1].ID) {
			t.Errorf("gone: %t %t", w.gone(store.Task, tasks[0].ID), w.gone(store.Task, tasks[1].ID))
		}
		w.crm.EditTask(tasks[0].ID, func(t *ghltest.Task) { t.Deleted = false })
		w.full()
		if w.gone(store.Task, tasks[0].ID) {
			t.Error("it did not come back")
		}
		// A list that shows nothing, and a CRM that does not answer for the record: no proof.
		w.crm.RemoveTask(tasks[1].ID)
		w.crm.AddFault(ghltest.Fault{Path: "/contacts/*/tasks/*", Kind: ghltest.Refuse, Times: -1})
		_ = w.cycle(sync.PollCRM)
		if w.gone(store.Task, tasks[1].ID) {
			t.Error("taken for deleted without proof")
		}
		w.crm.ClearFaults()
		w.run(5 * time.Minute)
		w.checkQuiet()
	})
}

func TestAppointmentLeavesTheWindow(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		other := w.crm.AddCalendar(ghltest.Calendar{Name: "Hygiene"})
		deleted, moved, far := w.book(ann, 48*time.Hour), w.book(ann, 49*time.Hour), w.book(ann, 50*time.Hour)
		w.full()
		w.crm.RemoveAppointment(deleted.ID)
		w.crm.EditAppointment(moved.ID, func(a *ghltest.Appointment) { a.CalendarID = other.ID })
		w.crm.EditAppointment(far.ID, func(a *ghltest.Appointment) { a.Start = a.Start.AddDate(0, 6, 0); a.End = a.End.AddDate(0, 6, 0) })
		w.full()
		if !w.gone(store.Appointment, deleted.ID) || w.gone(store.Appointment, moved.ID) || w.gone(store.Appointment, far.ID) {
			t.Error("only the deleted one is gone")
		}
		if r := w.record(store.Appointment, moved.ID); r.Get(store.Calendar) != other.ID {
			t.Error("the move to another calendar was not seen")
		}
		if r := w.record(store.Appointment, far.ID); r.Time(store.Start).Before(time.Now().AddDate(0, 5, 0)) {
			t.Error("the move out of the window was not seen")
		}
		w.checkQuiet()
	})
}

func TestMassDisappearanceIsBraked(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		var people []ghltest.Contact
		for i := range 30 {
			c := w.person(fmt.Sprint("P", i), fmt.Sprintf("+1202555%04d", 1000+i))
			w.crm.AddTask(ghltest.Task{ContactID: c.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
			people = append(people, c)
		}
		w.full()
		for _, c := range people[:10] {
			w.crm.RemoveContact(c.ID)
		}
		for _, task := range w.crm.Tasks()[10:20] {
			w.crm.RemoveTask(task.ID)
		}
		err := w.cycle(sync.Everything)
		if err == nil || !strings.Contains(err.Error(), "held show") {
			t.Errorf("no brake: %v", err)
		}
		w.want("0", `SELECT (SELECT count(*) FROM contacts WHERE gone_at IS NOT NULL) + (SELECT count(*) FROM tasks WHERE gone_at IS NOT NULL)`)
		w.want("contact|10\ntask|10", `SELECT entity, size FROM brakes WHERE state = 'held' ORDER BY entity`)
		for _, row := range w.rows(`SELECT id FROM brakes WHERE state = 'held'`) {
			w.decide(row[0], store.BrakeReleased)
		}
		if err := w.cycle(sync.Everything); err != nil {
			t.Error(err)
		}
		w.want("10", `SELECT count(*) FROM contacts WHERE gone_at IS NOT NULL`)
		w.checkQuiet()
	})
}

// A row that cannot be read proves nothing, neither about itself nor about the others.
func TestUnreadableRowProvesNothing(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		bob := w.person("Bob", "+12025550102")
		cat := w.person("Cat", "+12025550103")
		visit := w.book(cat, 48*time.Hour)
		w.full()
		w.crm.EditContact(bob.ID, func(c *ghltest.Contact) { c.CustomFields = []ghltest.CustomField{{}} })
		w.crm.RemoveContact(ann.ID)
		w.crm.EditContact(cat.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.run(5 * time.Minute)
		_ = w.cycle(sync.Everything)
		if w.gone(store.Contact, bob.ID) {
			t.Error("an unreadable row was taken for deleted")
		}
		if r := w.record(store.Contact, cat.ID); r.Get("city") != "Boston" {
			t.Error("the other rows are not read")
		}
		w.crm.EditContact(bob.ID, func(c *ghltest.Contact) { c.CustomFields = nil; c.City = "Arlington" })
		w.run(5 * time.Minute)
		if err := w.cycle(sync.Everything); err != nil {
			t.Error(err)
		}
		if !w.gone(store.Contact, ann.ID) || w.gone(store.Appointment, visit.ID) {
			t.Error("only Ann is gone")
		}
		w.checkQuiet()
	})
}

// Two contacts become one: what belonged to the absorbed one belongs to the other.
func TestMergedContacts(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann, anne := w.person("Ann", "+12025550101"), w.person("Anne", "+12025550102")
		w.crm.AddTask(ghltest.Task{ContactID: anne.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
		w.book(anne, 25*time.Hour)
		w.run(2 * time.Minute)
		w.crm.MergeContacts(ann.ID, anne.ID)
		w.run(3 * time.Minute)
		_ = w.cycle(sync.Sweep)
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, "Hi Ann,")
		w.wantTexts(anne.Phone)
		w.checkQuiet()
	})
}
