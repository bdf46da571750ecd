package store_test

import (
	"testing"
	"time"

	"ghlsms/store"
)

// A person is asked one thing at a time, and answers what is open when the text came in.
func TestQuestions(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	visit := m.of(c, store.Appointment, "x", nil)
	ask := func(k store.QuestionKind, s store.QuestionState, choices ...store.Choice) {
		m.do(func(tx *store.Tx) error {
			return tx.Ask(m.ctx, store.Question{Number: "+1", Kind: k, State: s, Text: "R", ContactID: c, AppointmentID: visit, Choices: choices, ExpiresAt: m.now.Add(12 * time.Hour)})
		})
	}
	opened := func(at time.Time) store.QuestionKind {
		t.Helper()
		return get(m, func(tx *store.Tx) (store.QuestionKind, error) {
			q, found, err := tx.OpenQuestion(m.ctx, "+1", at)
			same(t, "found", found, q.ID != 0)
			return q.Kind, err
		})
	}
	in := func(s store.QuestionState) []store.Question {
		return get(m, func(tx *store.Tx) ([]store.Question, error) { return tx.Questions(m.ctx, s, 9) })
	}
	same(t, "nothing asked", opened(m.now), store.QuestionKind(""))
	ask(store.AskWhich, store.QuestionOpen, store.Choice{Appointment: visit})
	same(t, "asked", opened(m.now), store.AskWhich)
	same(t, "by the gateway's clock, which tells no fractions of a second", opened(m.now.Add(-time.Second)), store.AskWhich)
	same(t, "a text from before", opened(m.now.Add(-time.Hour)), store.QuestionKind(""))
	same(t, "a day late", opened(m.now.Add(12*time.Hour)), store.QuestionKind(""))
	ask(store.AskSlot, store.QuestionReading)
	same(t, "the calendar is read first", opened(m.now), store.QuestionKind(""))
	q := in(store.QuestionReading)[0]
	same(t, "about", []int64{q.ContactID, q.AppointmentID}, []int64{c, visit})
	m.now = m.now.Add(time.Minute)
	q.State, q.Choices = store.QuestionOpen, []store.Choice{{Start: "2026-03-03T09:00:00Z", End: "2026-03-03T10:00:00Z"}, {Edits: fields{store.FirstName: "B"}}}
	m.do(func(tx *store.Tx) error { return tx.SetQuestion(m.ctx, q) })
	got := in(store.QuestionOpen)
	same(t, "open", len(got), 1)
	same(t, "choices", got[0].Choices, q.Choices)
	same(t, "when it was asked", got[0].AskedAt, m.now)
	q.State, q.Answer = store.QuestionChosen, 1
	m.do(func(tx *store.Tx) error { return tx.SetQuestion(m.ctx, q) })
	ask(store.AskDetails, store.QuestionOpen, store.Choice{})
	same(t, "what is being booked goes on", in(store.QuestionChosen)[0].Answer, 1)
}

func TestWhatATextDidCanBeTakenBackOnce(t *testing.T) {
	m := open(t)
	last := func(at time.Time) []store.Undo {
		return get(m, func(tx *store.Tx) ([]store.Undo, error) {
			_, did, err := tx.LastDone(m.ctx, store.Inbound{ID: 99, Sender: "+1", ReceivedAt: at}, at.Add(-24*time.Hour))
			return did, err
		})
	}
	did := []store.Undo{{Entity: store.Task, ID: 7, Before: fields{store.Completed: ""}, After: fields{store.Completed: "true"}}}
	m.do(func(tx *store.Tx) error {
		_, err := tx.AddInbound(m.ctx, store.Inbound{Gateway: "g", Key: "k", Sender: "+1", Body: "4711 DONE 1", ReceivedAt: noon})
		ok(m, err)
		return tx.SetUndo(m.ctx, 1, did)
	})
	same(t, "the same second", last(noon), did)
	same(t, "a day later", last(noon.Add(25*time.Hour)), []store.Undo(nil))
	same(t, "before", last(noon.Add(-time.Second)), []store.Undo(nil))
	m.do(func(tx *store.Tx) error { return tx.TakenBack(m.ctx, 1) })
	same(t, "once", last(noon), []store.Undo(nil))
	m.do(func(tx *store.Tx) error { return tx.Redact(m.ctx, 1, "4711") })
	same(t, "redacted", value[string](m, `SELECT body FROM inbound`), "**** DONE 1")
}

func TestContactsByName(t *testing.T) {
	m := open(t)
	for id, name := range map[string][2]string{"a": {"Jane", "Doe"}, "b": {"Jane", "Doering"}, "c": {"Mary Jane", "O'Neil"}, "d": {"JANE", "Roe"}, "e": {"50%", "_"}} {
		m.contact(id, fields{store.FirstName: name[0], store.LastName: name[1]})
	}
	named := func(who string) int {
		return len(get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.ContactsNamed(m.ctx, who, 9) }))
	}
	for who, want := range map[string]int{
		"jane doe": 1, "Jane Do": 2, "Jane": 4, "doe": 2, "o'neil": 1, "Jane  Roe": 1, "ane": 0, "%": 0, "50%": 1, "_": 1, "": 0, "Jane Smith": 0, `\`: 0,
	} {
		same(t, who, named(who), want)
	}
	m.gone(store.Contact, "a")
	same(t, "gone", named("jane doe"), 1) // Doering begins with it
}

func TestTasksAssigned(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	m.of(c, store.Task, "1", fields{store.Title: "A", store.Assigned: "u1", store.Due: "2026-03-03T09:00:00Z"})
	m.of(c, store.Task, "2", fields{store.Title: "B", store.Assigned: "u2", store.Due: "2026-03-02T09:00:00Z"})
	m.of(c, store.Task, "3", fields{store.Title: "C", store.Assigned: "u1", store.Completed: "true"})
	titles := func(user string) (all []string) {
		for _, r := range get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.TasksAssigned(m.ctx, user, 9) }) {
			all = append(all, r.Get(store.Title))
		}
		return all
	}
	same(t, "one's own", titles("u1"), []string{"A"})
	same(t, "all, by due time", titles(""), []string{"B", "A"})
}

// An edit that is taken back leaves nothing to carry outside.
func TestWithdraw(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.edit(store.Contact, id, fields{store.FirstName: "B", "city": "Rome"})
	m.do(func(tx *store.Tx) error { return tx.Withdraw(m.ctx, store.Contact, id, store.FirstName) })
	r := m.record(store.Contact, id)
	same(t, "edits", r.Edits, fields{"city": "Rome"})
	same(t, "edit infos", len(r.EditInfos), 1)
	m.do(func(tx *store.Tx) error { return tx.Withdraw(m.ctx, store.Contact, id, "city") })
	same(t, "dirty", m.dirty(store.Contact), []int64(nil))
}
