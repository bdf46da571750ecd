package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync/plan"
)

func withNotes(r *plan.Config) { r.Notes = plan.NotesRule{Every: 24 * time.Hour, Calls: 5} }

// Notes are read contact by contact, and kept in step in both directions.
func TestNotesGoBothWays(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: withNotes}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		theirs := w.crm.AddNote(ghltest.Note{ContactID: ann.ID, Body: "Prefers mornings"})
		w.run(3 * time.Minute)
		w.want("Prefers mornings", `SELECT body FROM v1_notes`)

		w.update(func(tx *store.Tx) error {
			_, err := tx.Create(w.ctx, store.Note, w.record(store.Contact, ann.ID).ID, store.Fields{store.Body: "Called on Monday"}, store.ByPerson)
			return err
		})
		w.edit(store.Note, theirs.ID, store.Fields{store.Body: "Prefers mornings\nnever on Fridays"})
		w.run(3 * time.Minute)
		var there []string
		for _, n := range w.crm.Notes() {
			there = append(there, n.Body)
		}
		if got := strings.Join(there, "|"); got != "Prefers mornings\nnever on Fridays|Called on Monday" {
			t.Errorf("the CRM has %q", got)
		}
		w.crm.RemoveNote(theirs.ID)
		w.runEvery(25*time.Hour, time.Hour, 1)
		w.want("Called on Monday", `SELECT body FROM v1_notes`)
		w.checkQuiet()
	})
}

// Promise 3: what both sides added to a note is kept.
func TestBothAddToANote(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: withNotes}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		note := w.crm.AddNote(ghltest.Note{ContactID: ann.ID, Body: "Allergies:"})
		w.run(3 * time.Minute)
		w.crm.EditNote(note.ID, func(n *ghltest.Note) { n.Body = "Allergies: latex" })
		w.edit(store.Note, note.ID, store.Fields{store.Body: "Allergies: penicillin"})
		w.run(5 * time.Minute)
		if n, _ := w.crm.Note(note.ID); n.Body != "Allergies: latex\npenicillin" {
			t.Errorf("the CRM has %q", n.Body)
		}
		w.want("0", `SELECT count(*) FROM conflicts`)
		w.checkQuiet()
	})
}

// Contacts that changed go first, and everybody's notes are read once in the time asked for, within
// the calls a cycle may take.
func TestNotesAreReadInTurn(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withNotes}, func(w *world) {
		var people []ghltest.Contact
		for i := range 40 {
			people = append(people, w.person(fmt.Sprint("P", i), fmt.Sprintf("+1202555%04d", 1000+i)))
		}
		calls := func() (n int) {
			for _, r := range w.crm.Log() {
				if r.Method == "GET" && strings.HasSuffix(r.Path, "/notes") {
					n++
				}
			}
			return n
		}
		w.full()
		if n := calls(); n != 5 {
			t.Errorf("%d calls in one cycle", n)
		}
		w.run(30 * time.Minute)
		if n := calls(); n != 40 {
			t.Errorf("%d calls for 40 contacts", n)
		}
		w.crm.EditContact(people[7].ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.crm.AddNote(ghltest.Note{ContactID: people[7].ID, Body: "Moved"})
		w.run(3 * time.Minute)
		w.want("Moved", `SELECT body FROM v1_notes`)
		for range 5 {
			w.runEvery(5*time.Hour, 10*time.Minute, 1)
		}
		if n := calls(); n < 80 || n > 83 {
			t.Errorf("%d calls for twice 40 contacts and one that changed", n)
		}
		w.view(func(tx *store.Tx) error {
			oldest, never, err := tx.NotesAge(w.ctx)
			if age := tx.Now.Sub(oldest); err != nil || never != 0 || age > 25*time.Hour {
				t.Errorf("oldest %s, never read %d, %v", age, never, err)
			}
			return nil
		})
	})
}
