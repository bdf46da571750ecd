package store_test

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"ghlsms/store"
)

type fields = store.Fields

func name(s string) fields { return fields{store.FirstName: s} }

func (m *mirror) observe(e store.Entity, page ...store.Observation) (out store.Observed) {
	m.Helper()
	return get(m, func(tx *store.Tx) (store.Observed, error) { return tx.Observe(m.ctx, e, page) })
}

// contact observes a contact and returns our id of it.
func (m *mirror) contact(crmID string, value fields) int64 {
	m.Helper()
	m.observe(store.Contact, store.Observation{CRMID: crmID, Value: value, Confirmed: true})
	return get(m, func(tx *store.Tx) (int64, error) { return tx.ContactID(m.ctx, crmID) })
}

// of observes a task or appointment of a contact and returns our id of it.
func (m *mirror) of(contact int64, e store.Entity, crmID string, value fields) int64 {
	m.Helper()
	m.observe(e, store.Observation{CRMID: crmID, ContactID: contact, Value: value, Confirmed: true})
	return get(m, func(tx *store.Tx) (int64, error) {
		r, err := tx.RecordByCRMID(m.ctx, e, crmID)
		return r.ID, err
	})
}

func (m *mirror) dirty(e store.Entity) (ids []int64) {
	m.Helper()
	for _, r := range get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.Dirty(m.ctx, e, 0, 100) }) {
		ids = append(ids, r.ID)
	}
	return ids
}

func (m *mirror) edit(e store.Entity, id int64, patch fields) bool {
	m.Helper()
	return get(m, func(tx *store.Tx) (bool, error) { return tx.Edit(m.ctx, e, id, patch, store.ByPerson) })
}

func (m *mirror) gone(e store.Entity, crmID string) {
	m.Helper()
	m.do(func(tx *store.Tx) error { return tx.Gone(m.ctx, e, crmID) })
}

func TestObserveNew(t *testing.T) {
	m := open(t)
	same(t, "observed", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("A")}), store.Observed{New: 1})
	same(t, "record", *m.record(store.Contact, 1), store.Record{
		Entity: store.Contact, ID: 1, ContactID: 1, CRMID: "a", Base: name("A"), Read: true, SeenAt: noon, ChangedAt: noon, Change: 1,
	})
	same(t, "dirty", m.dirty(store.Contact), []int64(nil))
}

func TestObserveTheSameWritesNothing(t *testing.T) {
	m := open(t)
	c := m.contact("a", name("A"))
	page := []store.Observation{{CRMID: "t", ContactID: c, Value: fields{store.Title: "T"}}}
	m.observe(store.Task, page...)
	m.do(func(tx *store.Tx) error {
		var before, after int
		ok(t, tx.QueryRowContext(m.ctx, `SELECT total_changes()`).Scan(&before))
		for e, page := range map[store.Entity][]store.Observation{store.Task: page, store.Contact: {{CRMID: "a", Value: name("A")}}} {
			out, err := tx.Observe(m.ctx, e, page)
			ok(t, err)
			same(t, "observed", out, store.Observed{})
		}
		ok(t, tx.QueryRowContext(m.ctx, `SELECT total_changes()`).Scan(&after))
		same(t, "rows written", after-before, 0)
		return nil
	})
}

func TestObserveChangedKeepsBaseUntilItBecomesSeenAndBackToBaseClearsIt(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.now = m.now.Add(time.Hour)
	same(t, "observed", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("B")}), store.Observed{Changed: 1})
	r := m.record(store.Contact, id)
	same(t, "base", r.Base, name("A"))
	same(t, "seen", r.Seen, name("B"))
	same(t, "value", r.Value(), name("B"))
	same(t, "changed", r.ChangedAt, m.now)
	same(t, "dirty", m.dirty(store.Contact), []int64{id})

	m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("A")})
	same(t, "seen, back at base", m.record(store.Contact, id).Seen, fields(nil))
	same(t, "dirty, back at base", m.dirty(store.Contact), []int64(nil))
}

func TestObserveFillsAStub(t *testing.T) {
	m := open(t)
	stub := func() int64 {
		return get(m, func(tx *store.Tx) (int64, error) { return tx.ContactID(m.ctx, "a") })
	}
	unread := func() int {
		return len(get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.Unread(m.ctx, 10) }))
	}
	id := stub()
	same(t, "asked twice", stub(), id)
	same(t, "read", m.record(store.Contact, id).Read, false)
	same(t, "unread", unread(), 1)
	m.edit(store.Contact, id, fields{store.Timezone: "UTC"}) // what people do meanwhile stays

	same(t, "observed", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("A")}), store.Observed{New: 1})
	r := m.record(store.Contact, id)
	same(t, "base", r.Base, name("A"))
	same(t, "seen", r.Seen, fields(nil))
	same(t, "edits", r.Edits, fields{store.Timezone: "UTC"})
	same(t, "read", r.Read, true)
	same(t, "unread", unread(), 0)
}

func TestObserveFillsAStubWithAnEmptyValue(t *testing.T) {
	for _, empty := range []fields{nil, {}} {
		m := open(t)
		m.do(func(tx *store.Tx) error { _, err := tx.ContactID(m.ctx, "a"); return err })
		m.observe(store.Contact, store.Observation{CRMID: "a", Value: empty})
		same(t, "read", m.record(store.Contact, 1).Read, true)
		same(t, "again", m.observe(store.Contact, store.Observation{CRMID: "a", Value: fields{}}), store.Observed{})
	}
}

func TestAnEmptyValueIsNotTakenForNone(t *testing.T) {
	for _, empty := range []fields{nil, {}} {
		m := open(t)
		id := m.contact("a", fields{store.FirstName: "A", store.Phone: "+15550100"})
		m.observe(store.Contact, store.Observation{CRMID: "a", Value: empty})
		r := m.record(store.Contact, id)
		same(t, "seen is known", r.Seen != nil, true)
		same(t, "value", r.Value(), fields{})
		same(t, "dirty", m.dirty(store.Contact), []int64{id})
		same(t, "in the view", list(m, `SELECT first_name, phone, fields FROM v1_contacts`), []string{"||{}"})
		m.do(func(tx *store.Tx) error { return tx.Rebase(m.ctx, store.Contact, id, r.CRM(), nil) })
		same(t, "base", m.record(store.Contact, id).Base, fields{})
		same(t, "settled", m.dirty(store.Contact), []int64(nil))
	}
}

func TestOnlyAConfirmedObservationRevivesATombstone(t *testing.T) {
	m := open(t)
	c := m.contact("a", name("A"))
	m.of(c, store.Task, "t", fields{store.Title: "T"})
	m.edit(store.Task, 1, fields{store.Title: "U"})
	m.gone(store.Contact, "a")
	goneAt := m.record(store.Contact, c).GoneAt
	same(t, "gone", goneAt, noon)
	m.now = m.now.Add(time.Hour)
	m.gone(store.Contact, "a")
	same(t, "gone twice", m.record(store.Contact, c).GoneAt, goneAt)

	same(t, "by a list", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("A")}), store.Observed{Doubtful: []string{"a"}})
	same(t, "still gone", m.record(store.Contact, c).GoneAt, goneAt)
	before := m.record(store.Task, 1).Rev
	same(t, "by id", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("A"), Confirmed: true}), store.Observed{Changed: 1})
	r := m.record(store.Contact, c)
	same(t, "alive", r.GoneAt, time.Time{})
	same(t, "values", r.Value(), name("A"))
	if m.record(store.Task, 1).Rev == before {
		t.Error("what the contact has waiting is not planned anew")
	}
}

func TestAListThatDiffersRightAfterOurWriteIsDoubted(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.wrote(id, name("B"), name("B"))
	old := store.Observation{CRMID: "a", Value: name("A")}

	m.now = m.now.Add(59 * time.Second)
	same(t, "lagging list", m.observe(store.Contact, old), store.Observed{Doubtful: []string{"a"}})
	same(t, "base", m.record(store.Contact, id).Value(), name("B"))
	same(t, "agreeing list", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("B")}), store.Observed{})
	old.Confirmed = true
	same(t, "read by id", m.observe(store.Contact, old), store.Observed{Changed: 1})
	same(t, "lagging list again", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("B")}), store.Observed{Doubtful: []string{"a"}})
	m.now = m.now.Add(61 * time.Second)
	same(t, "later list", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("C")}), store.Observed{Changed: 1})
	same(t, "seen", m.record(store.Contact, id).Seen, name("C"))
}

func TestObserveFollowsAChangeOfOwner(t *testing.T) {
	m := open(t)
	a, b := m.contact("a", name("A")), m.contact("b", name("B"))
	for _, e := range []store.Entity{store.Task, store.Appointment} {
		id := m.of(a, e, "x", fields{store.Title: "T"})
		same(t, "observed", m.observe(e, store.Observation{CRMID: "x", ContactID: b, Value: fields{store.Title: "T"}}), store.Observed{Changed: 1})
		same(t, "owner", m.record(e, id).ContactID, b)
		same(t, "dirty", m.dirty(e), []int64(nil))
	}
}

func TestTheLastOfSeveralInOnePageCounts(t *testing.T) {
	m := open(t)
	page := func(names ...string) (all []store.Observation) {
		for _, n := range names {
			all = append(all, store.Observation{CRMID: "a", Value: name(n)})
		}
		return all
	}
	same(t, "new, twice", m.observe(store.Contact, page("A", "A")...), store.Observed{New: 1})
	same(t, "changed, twice", m.observe(store.Contact, page("B", "B")...), store.Observed{Changed: 1})
	m.observe(store.Contact, page("C", "B")...)
	same(t, "there and back", m.record(store.Contact, 1).Value(), name("B"))
	same(t, "rows", value[int](m, `SELECT count(*) FROM contacts`), 1)
}

func TestObserveAnEmptyPage(t *testing.T) {
	m := open(t)
	same(t, "observed", m.observe(store.Task), store.Observed{})
}

func TestLookUps(t *testing.T) {
	m := open(t)
	a := m.contact("a", fields{store.Phone: "+15550100", store.Email: "a@x.org"})
	b := m.contact("b", fields{store.Phone: "+15550100"})
	gone := m.contact("g", fields{store.Phone: "+15550100"})
	m.gone(store.Contact, "g")
	by := func(field, v string) (ids []int64) {
		for _, r := range get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.ContactsBy(m.ctx, field, v) }) {
			ids = append(ids, r.ID)
		}
		return ids
	}
	same(t, "by phone, without the gone", by(store.Phone, "+15550100"), []int64{a, b})
	same(t, "by email", by(store.Email, "a@x.org"), []int64{a})
	same(t, "by nothing", by(store.Email, ""), []int64(nil))
	m.edit(store.Contact, a, fields{store.Phone: ""})
	m.edit(store.Contact, b, fields{store.Phone: "+15550199"})
	same(t, "by the old phone", by(store.Phone, "+15550100"), []int64(nil))
	same(t, "by the edited phone", by(store.Phone, "+15550199"), []int64{b})

	find := func(id string) (store.Record, error) {
		var r store.Record
		err := m.View(m.ctx, func(tx *store.Tx) (err error) { r, err = tx.FindRecord(m.ctx, store.Contact, id); return err })
		return r, err
	}
	for _, id := range []string{"g", strconv.FormatInt(gone, 10)} {
		r, err := find(id)
		ok(t, err)
		same(t, "found by "+id, r.ID, gone)
	}
	for _, id := range []string{"", "zz", "99", "01", "1x", " 1"} {
		if _, err := find(id); !errors.Is(err, store.ErrNoRecord) {
			t.Errorf("by %q: %v", id, err)
		}
	}
	m.do(func(tx *store.Tx) error {
		_, err := tx.ContactsBy(m.ctx, store.FirstName, "A")
		refused(t, err, "not indexed by first_name")
		return nil
	})
}

func TestListsOfAContactsWork(t *testing.T) {
	m := open(t)
	c, other := m.contact("a", nil), m.contact("b", nil)
	at := func(h int) string { return noon.Add(time.Duration(h) * time.Hour).Format(store.TimeForm) }
	for id, due := range map[string]string{"t2": at(2), "t1": at(1), "done": at(0), "gone": at(0)} {
		m.of(c, store.Task, id, fields{store.Title: id, store.Due: due, store.Completed: strconv.FormatBool(id == "done")})
	}
	m.gone(store.Task, "gone")
	m.of(other, store.Task, "theirs", nil)
	for id, start := range map[string]string{"p": at(-1), "now": at(0), "x1": at(1), "x9": at(9), "gone": at(2)} {
		m.of(c, store.Appointment, id, fields{store.Start: start, store.Calendar: "cal"})
	}
	m.of(other, store.Appointment, "unset", fields{store.Calendar: "cal"})
	m.gone(store.Appointment, "gone")
	m.now = noon
	for what, list := range map[string]struct {
		fn   func(tx *store.Tx) ([]store.Record, error)
		want []string
	}{
		"open tasks": {func(tx *store.Tx) ([]store.Record, error) { return tx.OpenTasks(m.ctx, c) }, []string{"t1", "t2"}},
		"upcoming":   {func(tx *store.Tx) ([]store.Record, error) { return tx.Upcoming(m.ctx, c, noon) }, []string{"x1", "x9"}},
		"starting": {func(tx *store.Tx) ([]store.Record, error) {
			return tx.Starting(m.ctx, noon, noon.Add(9*time.Hour))
		}, []string{"now", "x1"}},
	} {
		var got []string
		for _, r := range get(m, list.fn) {
			got = append(got, r.CRMID)
		}
		same(t, what, got, list.want)
	}
	same(t, "booked", get(m, func(tx *store.Tx) ([]string, error) {
		return tx.AppointmentIDs(m.ctx, "cal", noon, noon.Add(10*time.Hour))
	}), []string{"now", "x1", "x9"})
	same(t, "living", get(m, func(tx *store.Tx) ([]string, error) { return tx.LivingIDs(m.ctx, store.Task) }), []string{"done", "t1", "t2", "theirs"})
}

func TestDirtyGoesOnFromAnID(t *testing.T) {
	m := open(t)
	for i := range 5 {
		id := m.contact(strconv.Itoa(i), name("A"))
		if i != 2 {
			m.edit(store.Contact, id, name("B"))
		}
	}
	m.gone(store.Contact, "3")
	var got []int64
	for after := int64(0); ; {
		page := get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.Dirty(m.ctx, store.Contact, after, 2) })
		for _, r := range page {
			got, after = append(got, r.ID), r.ID
		}
		if len(page) < 2 {
			break
		}
	}
	same(t, "dirty", got, []int64{1, 2, 5})
}

// A change that comes and goes again must not leave an edit without an intent: the key of the
// one that was given up for it is used.
func TestASeenChangeMovesTheRevOfWhatIsEdited(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.do(func(tx *store.Tx) error {
		_, err := tx.Edit(m.ctx, store.Contact, id, store.Fields{"city": "Rome"}, store.ByPerson)
		return err
	})
	before := m.record(store.Contact, id).Rev
	same(t, "there", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("B")}), store.Observed{Changed: 1})
	same(t, "and back", m.observe(store.Contact, store.Observation{CRMID: "a", Value: name("A")}), store.Observed{Changed: 1})
	if r := m.record(store.Contact, id); r.Seen != nil || r.Rev == before {
		t.Errorf("seen %v, rev %d as before", r.Seen, r.Rev)
	}
}
