package sync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// lastChange is the id of the newest change of a kind.
func (w *world) lastChange(kind store.Kind) (id int64) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error {
		return tx.QueryRowContext(w.ctx, `SELECT max(id) FROM v1_changes WHERE kind = ?`, string(kind)).Scan(&id)
	})
	return id
}

func (w *world) undo(kind store.Kind, force bool, refusal ...string) {
	w.t.Helper()
	w.refusedOr(refusal, func(tx *store.Tx) error {
		_, err := plan.Undo(w.ctx, tx, w.lastChange(kind), force)
		return err
	})
}

// listed are the tasks that the CRM's answers have.
func (w *world) listed() []ghltest.Task {
	return slices.DeleteFunc(w.crm.Tasks(), func(t ghltest.Task) bool { return t.Unlisted })
}

func TestUpdatesAreUndone(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", City: "Rome"})
		task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
		visit := w.book(ann, 72*time.Hour)
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Oslo", "state": "X"})
		w.edit(store.Task, task.ID, store.Fields{store.Completed: "true"})
		w.edit(store.Appointment, visit.ID, store.Fields{store.Status: "cancelled"})
		w.full()
		for _, kind := range []store.Kind{store.UpdateContact, store.CompleteTask, store.UpdateAppointment} {
			w.undo(kind, false)
		}
		w.undo(store.UpdateContact, false, "undone already")
		w.full()
		c := w.contactNow(ann.ID)
		done, _ := w.crm.Task(task.ID)
		booked, _ := w.crm.Appointment(visit.ID)
		if c.City != "Rome" || c.State != "" || done.Completed || booked.Status != visit.Status {
			t.Errorf("%q, %q, %v, %q\n%s", c.City, c.State, done.Completed, booked.Status, w.dump())
		}
		w.undo(store.CompleteTask, false) // the undoing is a change too
		w.full()
		w.checkQuiet()
	})
}

func TestWhatChangedSinceIsNotUndoneUnasked(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", City: "Rome"})
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Oslo", "state": "X"})
		w.full()
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.full()
		w.undo(store.UpdateContact, false, "city: changed since")
		w.want("1", `SELECT undone_at IS NULL FROM v1_changes WHERE kind = 'contact.update'`)
		w.undo(store.UpdateContact, true)
		w.full()
		if c := w.contactNow(ann.ID); c.City != "Rome" || c.State != "" {
			t.Errorf("%+v", c)
		}
		w.checkQuiet()
	})
}

func TestTagsAreUndone(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", Tags: []string{"a", "b"}})
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{store.Tags: `["b","c"]`})
		w.full()
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = append(c.Tags, "later") })
		w.full()
		w.undo(store.TagContact, false)
		w.undo(store.UntagContact, false)
		w.full()
		tags := w.contactNow(ann.ID).Tags
		slices.Sort(tags)
		if !slices.Equal(tags, []string{"a", "b", "later"}) {
			t.Errorf("%v\n%s", tags, w.dump())
		}
		w.checkQuiet()
	})
}

// What was made here is deleted again, even where the config allows no deletes.
func TestWhatWasMadeIsUnmade(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		w.run(time.Minute)
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
		w.run(2 * time.Minute)
		w.undo(store.CreateTask, false)
		w.undo(store.CreateNote, false)
		w.run(2 * time.Minute)
		if tasks, notes := w.listed(), w.crm.Notes(); len(tasks) != 0 || len(notes) != 0 {
			t.Errorf("left: %+v %+v\n%s", tasks, notes, w.dump())
		}
		jane := w.crm.Contacts()[0]
		visit := w.book(jane, 72*time.Hour)
		w.full()
		w.undo(store.CreateContact, false, "1 appointments to come", "changed since")
		w.crm.RemoveAppointment(visit.ID)
		_ = w.cycle(sync.Everything)
		w.undo(store.CreateContact, false)
		w.run(2 * time.Minute)
		if c := w.contactNow(jane.ID); !c.Deleted {
			t.Errorf("%+v\n%s", c, w.dump())
		}
		w.undo(store.DeleteContact, false, "restore the contact in the CRM within 60 days")
		w.undo(store.SendText, true, "cannot be taken back")
	})
}

func TestAContactThatTheCRMHadIsNotOursToDelete(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 10 * time.Minute}}, func(w *world) {
		w.run(time.Minute)
		w.person("Jane", "+12025550177") // the search does not show her yet
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
		w.run(2 * time.Minute)
		if n := len(w.crm.Contacts()); n != 1 {
			t.Fatalf("%d contacts", n)
		}
		w.undo(store.CreateContact, true, "may have had the contact before", "contact delete")
	})
}

func TestWhatWasDeletedIsMadeAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Notes = plan.NotesRule{Every: time.Minute, Calls: 10} }}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Body: "soon", Due: time.Now().Add(48 * time.Hour)})
		note := w.crm.AddNote(ghltest.Note{ContactID: ann.ID, Body: "likes tea"})
		w.run(2 * time.Minute)
		for e, crmID := range map[store.Entity]string{store.Task: task.ID, store.Note: note.ID} {
			id := w.record(e, crmID).ID
			w.update(func(tx *store.Tx) error { return tx.Doom(w.ctx, e, id) })
		}
		w.run(2 * time.Minute)
		if len(w.listed())+len(w.crm.Notes()) != 0 {
			t.Fatalf("not deleted\n%s", w.dump())
		}
		w.undo(store.DeleteTask, false)
		w.undo(store.DeleteNote, false)
		w.undo(store.DeleteNote, false, "undone already")
		w.run(2 * time.Minute)
		tasks, notes := w.listed(), w.crm.Notes()
		if len(tasks) != 1 || tasks[0].Title != "Call" || tasks[0].Body != "soon" || len(notes) != 1 || notes[0].Body != "likes tea" {
			t.Errorf("%+v %+v\n%s", tasks, notes, w.dump())
		}
		w.checkQuiet()
	})
}

// Promise 5: an opt-out is not lifted by undoing what told the CRM of it.
func TestConsentIsNotUndone(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(time.Minute)
		w.gate.Text(ann.Phone, "STOP")
		w.run(time.Minute)
		w.undo(store.UpdateContact, true, "consent is a decision of its own")
		w.run(time.Minute)
		if c := w.contactNow(ann.ID); c.DNDSettings["SMS"].Status != "active" {
			t.Errorf("%+v", c.DNDSettings)
		}
	})
}

func TestHistoryTellsWhatWasDone(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Oslo"})
		w.gate.Text(ann.Phone, "TASK call me")
		w.full()
		id := w.record(store.Contact, ann.ID).ID
		w.view(func(tx *store.Tx) error {
			all, err := tx.History(w.ctx, store.Contact, id, 0)
			if err != nil {
				return err
			}
			var what []string
			for _, row := range all.Rows {
				what = append(what, row[2].(string))
			}
			slices.Sort(what)
			if got := strings.Join(what, " "); got != "contact.update task.create text.send" {
				t.Errorf("%s", got)
			}
			one, err := tx.History(w.ctx, store.Task, 1, 0)
			if err == nil && len(one.Rows) != 1 {
				t.Errorf("%v", one)
			}
			return err
		})
	})
}
