package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
)

// watched is a mirror that keeps the journal.
func watched(t *testing.T) *mirror {
	m := open(t)
	m.do(func(tx *store.Tx) error { return tx.Watch(m.ctx, true) })
	return m
}

// events takes out what is in the journal: entity, record, before and after, in words.
func (m *mirror) events() (all []string) {
	m.Helper()
	m.do(func(tx *store.Tx) error {
		events, err := tx.Events(m.ctx, 0, 100)
		for _, e := range events {
			all = append(all, fmt.Sprintf("%s %d %s > %s", e.Entity, e.RecordID, words(e.Before), words(e.After)))
			ok(m, tx.TakeEvent(m.ctx, e.ID))
		}
		return err
	})
	return all
}

func words(f fields) string {
	if f == nil {
		return "-"
	}
	var all []string
	for _, name := range f.Names() {
		all = append(all, name+"="+f[name])
	}
	return strings.Join(all, ",")
}

func TestTheJournalTellsWhatLooksDifferent(t *testing.T) {
	m := watched(t)
	ann := m.contact("c1", name("Ann"))
	same(t, "met", m.events(), []string{"contact 1 - > first_name=Ann"})
	m.edit(store.Contact, ann, fields{"city": "Rome"})
	same(t, "edited", m.events(), []string{"contact 1 first_name=Ann > city=Rome,first_name=Ann"})
	m.wrote(ann, fields{store.FirstName: "Ann", "city": "Rome"}, fields{"city": "Rome"})
	m.observe(store.Contact, store.Observation{CRMID: "c1", Value: fields{store.FirstName: "Ann", "city": "Rome"}, Confirmed: true})
	same(t, "an echo", m.events(), []string(nil))
	m.observe(store.Contact, store.Observation{CRMID: "c1", Value: fields{store.FirstName: "Anna", "city": "Rome"}, Confirmed: true})
	same(t, "the CRM changed it", m.events(), []string{"contact 1 city=Rome,first_name=Ann > city=Rome,first_name=Anna"})
	m.do(func(tx *store.Tx) error {
		return tx.Rebase(m.ctx, store.Contact, ann, fields{store.FirstName: "Anna", "city": "Rome"}, nil)
	})
	m.gone(store.Contact, "c1")
	same(t, "agreed on, and gone", m.events(), []string(nil))
}

func TestTheJournalTellsOfWhatIsReadLate(t *testing.T) {
	m := watched(t)
	m.do(func(tx *store.Tx) error { _, err := tx.ContactID(m.ctx, "c1"); return err })
	same(t, "known by id", m.events(), []string(nil))
	m.observe(store.Contact, store.Observation{CRMID: "c1", Value: name("Ann"), Confirmed: true})
	same(t, "read", m.events(), []string{"contact 1 - > first_name=Ann"})
}

func TestTheJournalTellsOnceOfWhatIsMadeHere(t *testing.T) {
	m := watched(t)
	ann := m.create(store.Contact, 0, name("Ann"))
	task := m.create(store.Task, ann, fields{store.Title: "Call"})
	same(t, "made", m.events(), []string{"contact 1 - > first_name=Ann", "task 1 - > title=Call"})
	m.adopt(store.Contact, ann, "c1")
	m.wrote(ann, fields{store.FirstName: "Ann", store.Source: "api"}, name("Ann"))
	same(t, "taken by the CRM", m.events(), []string(nil))
	// The list shows the task before we hear that it was made.
	seen := m.of(ann, store.Task, "t1", fields{store.Title: "Call"})
	same(t, "id from now on", m.adopt(store.Task, task, "t1"), seen)
	same(t, "joined", m.events(), []string(nil))
}

func TestTheJournalTellsOfConsentNotesAndTextsThatFail(t *testing.T) {
	m := watched(t)
	ann := m.contact("c1", name("Ann"))
	m.events()
	m.do(func(tx *store.Tx) error {
		ok(m, tx.OptOut(m.ctx, store.OptOut{Number: "+1", Source: "crm"}))
		ok(m, tx.OptOut(m.ctx, store.OptOut{Number: "+1", Source: "text"})) // the same, in the person's own words
		ok(m, tx.LiftOptOut(m.ctx, "+1", "text"))
		ok(m, tx.OptOut(m.ctx, store.OptOut{Number: "+1", Source: "text"}))
		for _, by := range []store.Origin{store.ByText, store.ByPerson} {
			_, err := tx.Create(m.ctx, store.Note, ann, fields{store.Body: string(by)}, by)
			ok(m, err)
		}
		for _, purpose := range []store.Purpose{store.ForReply, store.ForNotice} {
			for _, how := range []string{"refused", "lost"} {
				id, _, err := tx.EnqueueText(m.ctx, store.Intent{Key: string(purpose) + how}, store.Text{Number: "+1", Body: how, Purpose: purpose, Parts: 1})
				ok(m, err)
				ok(m, tx.Claim(m.ctx, id, "g"))
				if how == "refused" {
					ok(m, tx.Conclude(m.ctx, id, store.Outcome{State: store.Failed}))
				} else {
					ok(m, tx.Conclude(m.ctx, id, store.Outcome{State: store.Done}))
					ok(m, tx.Delivered(m.ctx, id, "failed", "", tx.Now, time.Time{}))
					ok(m, tx.Delivered(m.ctx, id, "failed", "", tx.Now, time.Time{}))
				}
			}
		}
		return nil
	})
	same(t, "events", m.events(), []string{
		"optout 0 - > out=true,phone=+1", "optout 0 - > out=false,phone=+1", "optout 0 - > out=true,phone=+1",
		"note 2 - > body=person", "failure 1 - > ", "failure 2 - > ",
	})
}

func TestTheJournalIsKeptOnlyWhileItIsAskedFor(t *testing.T) {
	m := open(t)
	m.contact("c1", name("Ann"))
	m.do(func(tx *store.Tx) error { return tx.AddEvent(m.ctx, store.Event{Entity: store.TextEvent}) })
	same(t, "before", m.events(), []string(nil))
	watch := func(on bool) { m.do(func(tx *store.Tx) error { return tx.Watch(m.ctx, on) }) }
	watch(true)
	schema := value[int](m, `PRAGMA schema_version`)
	m.contact("c2", name("Bob"))
	watch(true)
	same(t, "said again", value[int](m, `PRAGMA schema_version`), schema)
	m.sql(`DROP TRIGGER watch_contacts_made`) // as when a newer schema makes the table anew
	watch(true)
	m.contact("c3", name("Cat"))
	same(t, "while", m.events(), []string{"contact 2 - > first_name=Bob", "contact 3 - > first_name=Cat"})
	m.contact("c4", name("Dan"))
	watch(false)
	m.contact("c5", name("Eve"))
	same(t, "after", m.events(), []string(nil))
	same(t, "left", value[int](m, `SELECT count(*) FROM sqlite_schema WHERE name LIKE 'watch%'`), 0)
}

func TestBrakesHoldEvents(t *testing.T) {
	m := watched(t)
	ann := m.contact("c1", name("Ann"))
	m.of(ann, store.Task, "t1", fields{store.Title: "Call"})
	for _, word := range []store.BrakeState{store.BrakeReleased, store.BrakeDropped} {
		for _, e := range []store.Entity{store.Contact, store.Task} {
			m.events()
			m.observe(store.Contact, store.Observation{CRMID: "c1", Value: name(string(word) + string(e)), Confirmed: true})
			m.observe(store.Task, store.Observation{CRMID: "t1", ContactID: ann, Value: fields{store.Title: string(word) + string(e)}, Confirmed: true})
			left, goes := 1, 2
			if word == store.BrakeDropped {
				goes = 1
			}
			m.do(func(tx *store.Tx) error {
				b, _, err := tx.Pull(m.ctx, store.Brake{Kind: store.Changes, Entity: e, Size: 1})
				ok(m, err)
				ok(m, tx.Quarantine(m.ctx, e, b.ID, tx.Now.Add(-time.Second)))
				events, err := tx.Events(m.ctx, 0, 9)
				same(t, "not held", len(events), left)
				ok(m, err)
				ok(m, tx.DecideBrake(m.ctx, b.ID, word))
				ok(m, tx.Over(m.ctx, store.Changes, e, ""))
				return err
			})
			same(t, string(word), len(m.events()), goes)
		}
	}
}

// A mirror from before there were rules keeps its texts, and takes those of rules.
func TestPurposesSurviveTheUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path, 6)
	write(t, path, `INSERT INTO outbox (id, key, kind, payload, state, priority, due_at, created_at) VALUES (1, 'a', 'text.send', '{}', 'done', 2, 1, 1), (2, 'b', 'text.send', '{}', 'done', 2, 1, 1)`)
	write(t, path, `INSERT INTO texts (outbox_id, number, body, purpose, parts, ref) VALUES (1, '+1', 'x', 'opt-out', 1, 'r1'), (2, '+1', 'y', 'reminder', 1, 'r2')`)
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	m := &mirror{t, db, t.Context(), noon}
	same(t, "texts", list(m, `SELECT purpose, body FROM v1_texts ORDER BY id`), []string{"opt-out|x", "reminder|y"})
	m.do(func(tx *store.Tx) error {
		_, _, err := tx.EnqueueText(m.ctx, store.Intent{Key: "c"}, store.Text{Number: "+1", Body: "z", Purpose: store.ForRule, Parts: 1})
		return err
	})
	same(t, "integrity", list(m, `PRAGMA integrity_check`), []string{"ok"})
	ok(t, db.Close())
}
