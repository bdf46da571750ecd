package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
)

func (m *mirror) create(e store.Entity, contact int64, v fields) int64 {
	m.Helper()
	return get(m, func(tx *store.Tx) (int64, error) { return tx.Create(m.ctx, e, contact, v, store.ByPerson) })
}

func (m *mirror) adopt(e store.Entity, id int64, crmID string) int64 {
	m.Helper()
	return get(m, func(tx *store.Tx) (int64, error) { return tx.Adopt(m.ctx, e, id, crmID) })
}

func TestEditTwiceIsNoEdit(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	same(t, "to what it is", m.edit(store.Contact, id, name("A")), false)
	same(t, "clear what is not there", m.edit(store.Contact, id, fields{store.LastName: ""}), false)
	same(t, "nothing dirty", m.dirty(store.Contact), []int64(nil))

	same(t, "edit", m.edit(store.Contact, id, name("B")), true)
	rev := m.record(store.Contact, id).Rev
	same(t, "again", m.edit(store.Contact, id, name("B")), false)
	r := m.record(store.Contact, id)
	same(t, "rev", r.Rev, rev)
	same(t, "base", r.Base, name("A"))
	same(t, "value", r.Value(), name("B"))
	m.edit(store.Contact, id, fields{store.FirstName: ""})
	r = m.record(store.Contact, id)
	same(t, "cleared", r.Value(), fields{})
	same(t, "cleared field", r.Get(store.FirstName), "")
}

// The first edit may be on its way already, so the second must be carried too.
func TestEditBackIsAnEdit(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.edit(store.Contact, id, name("B"))
	same(t, "back", m.edit(store.Contact, id, name("A")), true)
	same(t, "edits", m.record(store.Contact, id).Edits, name("A"))
}

func TestEditKeepsWhatTheCRMShows(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("B")})
	m.edit(store.Contact, id, fields{store.LastName: "L"})
	r := m.record(store.Contact, id)
	same(t, "base", r.Base, name("A"))
	same(t, "seen", r.Seen, name("B"))
	same(t, "value", r.Value(), fields{store.FirstName: "B", store.LastName: "L"})
}

// wrote stores what the CRM took, where only the case of letters may differ.
func (m *mirror) wrote(id int64, value, sent fields) (givenUp fields) {
	m.do(func(tx *store.Tx) (err error) {
		givenUp, err = tx.Wrote(m.ctx, store.Contact, id, value, sent, time.Time{}, func(_, sent, shown string) bool { return strings.EqualFold(sent, shown) })
		return err
	})
	return givenUp
}

func TestEditOfNothing(t *testing.T) {
	m := open(t)
	err := m.try(func(tx *store.Tx) error {
		_, err := tx.Edit(m.ctx, store.Task, 7, name("A"), store.ByPerson)
		return err
	})
	if !errors.Is(err, store.ErrNoRecord) {
		t.Errorf("got %v", err)
	}
}

func TestRebaseEndsWhatIsDirty(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("B")})
	m.edit(store.Contact, id, fields{store.LastName: "L"})
	rev := m.record(store.Contact, id).Rev
	m.do(func(tx *store.Tx) error {
		return tx.Rebase(m.ctx, store.Contact, id, name("B"), fields{store.LastName: "L"})
	})
	r := m.record(store.Contact, id)
	same(t, "base, seen, edits", []fields{r.Base, r.Seen, r.Edits}, []fields{name("B"), nil, {store.LastName: "L"}})
	same(t, "rev moved", r.Rev > rev, true)
	m.do(func(tx *store.Tx) error { return tx.Rebase(m.ctx, store.Contact, id, name("B"), fields{}) })
	same(t, "no edits are none", m.dirty(store.Contact), []int64(nil))
}

func TestWroteAcknowledgesOnlyWhatWasSent(t *testing.T) {
	m := open(t)
	id := m.contact("a", fields{store.FirstName: "A", store.LastName: "L", store.Email: "old@x.org"})
	sent := fields{store.FirstName: "B", store.LastName: ""}
	m.edit(store.Contact, id, sent)
	m.edit(store.Contact, id, fields{store.FirstName: "C", store.Source: "sms"}) // while it was on its way
	rev := m.record(store.Contact, id).Rev

	shows := fields{store.FirstName: "B", store.Email: "new@x.org"} // somebody changed the email there
	m.wrote(id, shows, sent)
	r := m.record(store.Contact, id)
	same(t, "base", r.Base, fields{store.FirstName: "B", store.Email: "old@x.org"})
	same(t, "seen", r.Seen, shows)
	same(t, "edits", r.Edits, fields{store.FirstName: "C", store.Source: "sms"})
	same(t, "rev moved", r.Rev > rev, true)
	m.now = m.now.Add(time.Hour)
	same(t, "the same from a list", m.observe(store.Contact, store.Observation{CRMID: "a", Value: shows}), store.Observed{})
}

func TestWroteWhatTheCRMChangesByItself(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.edit(store.Contact, id, name("bob"))
	m.wrote(id, name("Bob"), name("bob"))
	r := m.record(store.Contact, id)
	same(t, "base, seen, edits", []fields{r.Base, r.Seen, r.Edits}, []fields{name("Bob"), nil, nil})
	same(t, "no echo", m.dirty(store.Contact), []int64(nil))
}

func TestAdoptGivesTheCRMsID(t *testing.T) {
	m := open(t)
	id := m.create(store.Contact, 0, name("A"))
	same(t, "dirty", m.dirty(store.Contact), []int64{id})
	same(t, "id", m.adopt(store.Contact, id, "a"), id)
	same(t, "again", m.adopt(store.Contact, id, "a"), id)
	m.wrote(id, name("A"), name("A"))
	same(t, "settled", m.dirty(store.Contact), []int64(nil))
	same(t, "seen later", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("A")}), store.Observed{})
}

func TestAdoptOntoATwinJoinsEverything(t *testing.T) {
	m := open(t)
	twin := m.contact("a", fields{store.FirstName: "A", store.Phone: "+15550100"})
	ours := m.create(store.Contact, 0, fields{store.FirstName: "Al", store.LastName: "L"})
	m.edit(store.Contact, twin, name("Alan"))
	theirs := m.of(twin, store.Task, "t", nil)
	task := m.create(store.Task, ours, fields{store.Title: "T"})
	booking := m.of(ours, store.Appointment, "x", nil)
	m.do(func(tx *store.Tx) error {
		_, err := tx.AddInbound(m.ctx, store.Inbound{Gateway: "g", Key: "k", ReceivedAt: noon})
		ok(t, err)
		ok(t, tx.Decide(m.ctx, 1, ours, "task", ""))
		_, _, err = tx.Enqueue(m.ctx, store.Intent{Key: "c", Kind: store.CreateContact, ContactID: ours, RecordID: ours, Payload: []byte(`{}`)})
		ok(t, err)
		_, _, err = tx.Enqueue(m.ctx, store.Intent{Key: "t", Kind: store.CreateTask, ContactID: ours, RecordID: task, Payload: []byte(`{}`)})
		ok(t, err)
		_, _, err = tx.EnqueueText(m.ctx, store.Intent{Key: "x"}, store.Text{ContactID: ours, Number: "+15550100", Purpose: store.ForReply})
		ok(t, err)
		return tx.SetShortNumbers(m.ctx, "+15550100", map[int]int64{1: theirs, 2: task})
	})

	same(t, "id", m.adopt(store.Contact, ours, "a"), twin)
	r := m.record(store.Contact, twin)
	same(t, "edits of both", r.Edits, fields{store.FirstName: "Alan", store.LastName: "L"})
	same(t, "base", r.Base, fields{store.FirstName: "A", store.Phone: "+15550100"})
	same(t, "task", m.record(store.Task, task).ContactID, twin)
	same(t, "appointment", m.record(store.Appointment, booking).ContactID, twin)
	for what, q := range map[string]string{
		"inbound": `SELECT contact_id FROM inbound`,
		"outbox":  `SELECT DISTINCT contact_id FROM outbox`,
		"texts":   `SELECT contact_id FROM texts`,
		"record":  `SELECT record_id FROM outbox WHERE kind = 'contact.create'`,
	} {
		same(t, what, value[int64](m, q), twin)
	}
	same(t, "the other entity's record", value[int64](m, `SELECT record_id FROM outbox WHERE kind = 'task.create'`), task)
	same(t, "contacts", value[int](m, `SELECT count(*) FROM contacts`), 1)
	same(t, "foreign_key_check", list(m, `PRAGMA foreign_key_check`), []string(nil))
}

func TestAdoptOntoATwinOfATask(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	twin := m.of(c, store.Task, "t", fields{store.Title: "T"})
	ours := m.create(store.Task, c, fields{store.Title: "T"})
	m.do(func(tx *store.Tx) error { return tx.SetShortNumbers(m.ctx, "+15550100", map[int]int64{1: ours}) })
	same(t, "id", m.adopt(store.Task, ours, "t"), twin)
	same(t, "short numbers", get(m, func(tx *store.Tx) (map[int]int64, error) { return tx.ShortNumbers(m.ctx, "+15550100", noon) }), map[int]int64{1: twin})
	same(t, "foreign_key_check", list(m, `PRAGMA foreign_key_check`), []string(nil))
}

func TestAdoptMergesTagsAsASet(t *testing.T) {
	for _, c := range []struct{ theirs, edited, want string }{
		{`["vip"]`, ``, `["sms","vip"]`},
		{`["vip"]`, `["new","vip"]`, `["new","sms","vip"]`},
		{``, ``, `["sms"]`},
	} {
		m := open(t)
		twin := m.contact("a", fields{}.With(fields{store.Tags: c.theirs}))
		if c.edited != "" {
			m.edit(store.Contact, twin, fields{store.Tags: c.edited})
		}
		m.adopt(store.Contact, m.create(store.Contact, 0, fields{store.Tags: `["sms"]`}), "a")
		same(t, "tags", m.record(store.Contact, twin).Get(store.Tags), c.want)
	}
}

func TestAdoptRevivesATwinThatWasGone(t *testing.T) {
	m := open(t)
	twin := m.contact("a", name("A"))
	m.gone(store.Contact, "a")
	m.adopt(store.Contact, m.create(store.Contact, 0, name("B")), "a")
	same(t, "gone", m.record(store.Contact, twin).GoneAt, time.Time{})
	same(t, "dirty", m.dirty(store.Contact), []int64{twin})
}

// Keys of intents hold the id, and a key is used once for ever.
func TestNoIDOfARecordComesTwice(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	m.of(c, store.Task, "t", nil)
	for _, e := range []store.Entity{store.Contact, store.Task} {
		ours := m.create(e, c, nil)
		m.adopt(e, ours, map[store.Entity]string{store.Contact: "a", store.Task: "t"}[e]) // deletes ours, the newest
		if next := m.create(e, c, nil); next <= ours {
			t.Errorf("%s %d: the id of %d was used before", e, next, ours)
		}
	}
}

// What waits for a contact that was merged into another is the other's, but not what was done: that is
// moved by the CRM. A message that is on its way may be told that its contact is no more.
func TestMergedIntoMovesWhatWaits(t *testing.T) {
	m := open(t)
	gone, into := m.contact("gone", name("A")), m.contact("into", name("B"))
	for _, kind := range []store.Kind{store.CreateNote, store.AddMessage, store.UpdateContact} {
		for _, s := range allStates {
			m.in(m.enqueue(store.Intent{Key: fmt.Sprintf("%s %s", kind, s), Kind: kind, ContactID: gone}), s)
		}
	}
	m.do(func(tx *store.Tx) error { return tx.MergedInto(m.ctx, gone, into) })
	same(t, "moved", list(m, fmt.Sprintf(`SELECT key FROM outbox WHERE contact_id = %d ORDER BY key`, into)), []string{
		"message.add held", "message.add pending", "message.add sending", "message.add unknown", "note.create held", "note.create pending", "note.create unknown",
	})
}
