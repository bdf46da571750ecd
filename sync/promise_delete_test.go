package sync_test

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync"
)

func (w *world) doom(e store.Entity, crmID string) {
	w.t.Helper()
	id := w.record(e, crmID).ID
	w.update(func(tx *store.Tx) error { return tx.Doom(w.ctx, e, id) })
}

// What a person here wants deleted is deleted in the CRM, and counts as that once a read by id says
// so.
func TestDeletionAskedForHere(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: withNotes, crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		task := w.crm.AddTask(ghltest.Task{ContactID: bob.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
		note := w.crm.AddNote(ghltest.Note{ContactID: bob.ID, Body: "x"})
		visit := w.book(bob, 48*time.Hour)
		w.run(3 * time.Minute)
		w.doom(store.Contact, ann.ID)
		w.doom(store.Task, task.ID)
		w.doom(store.Note, note.ID)
		w.doom(store.Appointment, visit.ID)
		w.run(3 * time.Minute)
		c, _ := w.crm.Contact(ann.ID)
		k, _ := w.crm.Task(task.ID)
		n, _ := w.crm.Note(note.ID)
		a, _ := w.crm.Appointment(visit.ID)
		if !c.Deleted || !k.Unlisted || !n.Deleted || !a.Deleted {
			t.Errorf("deleted: contact %v, task %v, note %v, appointment %v\n%s", c.Deleted, k.Unlisted, n.Deleted, a.Deleted, w.dump())
		}
		for e, id := range map[store.Entity]string{store.Contact: ann.ID, store.Task: task.ID, store.Note: note.ID, store.Appointment: visit.ID} {
			if !w.gone(e, id) {
				t.Errorf("%s is not gone here", e)
			}
		}
		w.want("4", `SELECT count(*) FROM outbox WHERE kind LIKE '%.delete' AND state = 'done' AND before IS NOT NULL`)
		w.checkQuiet()
		w.crm.UndeleteContact(ann.ID)
		w.runEvery(25*time.Hour, time.Hour, 1)
		if w.gone(store.Contact, ann.ID) {
			t.Error("the restored contact is gone here")
		}
		w.want("0", `SELECT count(*) FROM contacts WHERE doomed_at IS NOT NULL`)
	})
}

// A change beats a deletion: who changed it in the CRM did not know.
func TestChangeBeatsTheDeletion(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"the deletion", "the change"} { // of which nobody here knew
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(2 * time.Minute)
			w.crm.SetDown(true)
			if first == "the deletion" {
				w.doom(store.Contact, ann.ID)
				w.run(2 * time.Minute)
			}
			w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
			if first == "the change" {
				w.run(2 * time.Minute)
				w.doom(store.Contact, ann.ID)
			}
			w.crm.SetDown(false)
			w.run(10 * time.Minute)
			if c, _ := w.crm.Contact(ann.ID); c.Deleted {
				t.Errorf("%s first: deleted with the change in it", first)
			}
			w.want("(deletion)|delete|crm", `SELECT field, local, kept FROM conflicts`)
			w.checkQuiet()
		})
	}
}

// Promise 1: a deletion whose answer is lost is asked about.
func TestUnclearDeletion(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, kind := range []ghltest.FaultKind{ghltest.CutBefore, ghltest.CutAfter, ghltest.ErrorAfter, ghltest.HTML} {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(2 * time.Minute)
			w.crm.AddFault(ghltest.Fault{Method: "DELETE", Kind: kind})
			w.doom(store.Contact, ann.ID)
			w.run(15 * time.Minute)
			if c, _ := w.crm.Contact(ann.ID); !c.Deleted || !w.gone(store.Contact, ann.ID) {
				t.Errorf("fault %v: not deleted\n%s", kind, w.dump())
			}
			w.checkQuiet()
		})
	}
}

// What was made here and never reached the CRM is gone at once.
func TestDeletionOfWhatTheCRMNeverHad(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.SetDown(true)
		w.update(func(tx *store.Tx) error {
			id, err := tx.Create(w.ctx, store.Task, w.record(store.Contact, ann.ID).ID, store.Fields{
				store.Title: "Call", store.Due: "2000-01-05T10:00:00Z", store.Completed: "false",
			}, store.ByPerson)
			if err != nil {
				return err
			}
			return tx.Doom(w.ctx, store.Task, id)
		})
		w.crm.SetDown(false)
		w.run(10 * time.Minute)
		if n := len(w.crm.Tasks()); n != 0 {
			t.Errorf("%d tasks in the CRM", n)
		}
		w.checkQuiet()
	})
}

// A contact that the CRM merged into another takes what waits for it along.
func TestMergedContactIsFollowed(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		bob := w.crm.AddContact(ghltest.Contact{FirstName: "Bob", Email: "bob@example.com"})
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "Lovely weather")
		w.run(time.Minute)
		w.crm.SetDown(true)
		w.gate.Text(ann.Phone, "TASK bring the x-rays")
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Boston"})
		w.run(2 * time.Minute)
		w.crm.MergeContacts(bob.ID, ann.ID)
		w.crm.SetDown(false)
		w.run(10 * time.Minute)
		_ = w.cycle(sync.Everything)
		w.run(10 * time.Minute)
		var owner string
		for _, task := range w.crm.Tasks() {
			if task.Title == "bring the x-rays" {
				owner = task.ContactID
			}
		}
		if owner != bob.ID {
			t.Errorf("the task is on %q, want %q\n%s", owner, bob.ID, w.dump())
		}
		if c := w.contactNow(bob.ID); c.City != "Boston" || c.Phone != ann.Phone {
			t.Errorf("merged: %+v", c)
		}
		w.want("1", `SELECT count(*) FROM contacts WHERE merged_into IS NOT NULL`)
		w.want(bob.ID, `SELECT DISTINCT c.crm_id FROM inbound i JOIN contacts c ON c.id = i.contact_id`)
		w.checkQuiet()
	})
}
