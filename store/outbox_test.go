package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
)

var allStates = []store.State{store.Pending, store.Held, store.Sending, store.Unknown, store.Done, store.Failed, store.Dropped}

// enqueue adds an intent with a payload and returns its id.
func (m *mirror) enqueue(in store.Intent) int64 {
	m.Helper()
	if in.Payload == nil {
		in.Payload = []byte(`{}`)
	}
	return get(m, func(tx *store.Tx) (int64, error) { id, _, err := tx.Enqueue(m.ctx, in); return id, err })
}

func (m *mirror) intent(id int64) store.Intent {
	m.Helper()
	return get(m, func(tx *store.Tx) (store.Intent, error) { return tx.Intent(m.ctx, id) })
}

// in puts an intent into a state, however it got there.
func (m *mirror) in(id int64, s store.State) int64 {
	m.Helper()
	m.sql(`UPDATE outbox SET state = ?1, started_at = CASE ?1 WHEN 'held' THEN NULL ELSE ?2 END WHERE id = ?3`, s, m.now.UnixMilli(), id)
	return id
}

func keys(all []store.Intent) string {
	var k []string
	for _, in := range all {
		k = append(k, in.Key)
	}
	return strings.Join(k, " ")
}

func TestEveryMoveOfAnIntentIsAllowedOrRefused(t *testing.T) {
	m := open(t)
	type move struct {
		do   func(tx *store.Tx, id int64) error
		to   store.State
		from []store.State
		mute bool // elsewhere it does nothing, without an error
	}
	moves := map[string]move{
		"claim": {
			do: func(tx *store.Tx, id int64) error { return tx.Claim(m.ctx, id, "test") },
			to: store.Sending, from: []store.State{store.Pending},
		},
		"retry": {
			do: func(tx *store.Tx, id int64) error { return tx.Retry(m.ctx, id) },
			to: store.Pending, from: []store.State{store.Pending, store.Unknown, store.Failed},
		},
		"release": {
			do: func(tx *store.Tx, id int64) error { return tx.Release(m.ctx, id) },
			to: store.Pending, from: []store.State{store.Held},
		},
		"ask again": {
			do: func(tx *store.Tx, id int64) error { return tx.AskAgain(m.ctx, id) },
			to: store.Unknown, from: []store.State{store.Unknown},
		},
		"drop": {
			do: func(tx *store.Tx, id int64) error { return tx.Drop(m.ctx, id, "no") },
			to: store.Dropped, from: []store.State{store.Pending, store.Held, store.Unknown, store.Failed},
		},
	}
	for _, s := range []store.State{store.Pending, store.Unknown, store.Done, store.Failed, store.Dropped} {
		moves["resolve "+string(s)] = move{
			do: func(tx *store.Tx, id int64) error { return tx.Conclude(m.ctx, id, store.Outcome{State: s}) },
			to: s, from: []store.State{store.Pending, store.Sending, store.Unknown}, mute: true,
		}
	}
	for name, mv := range moves {
		for _, from := range allStates {
			t.Run(name+" "+string(from), func(t *testing.T) {
				id := m.in(m.enqueue(store.Intent{Key: t.Name(), Kind: store.SendText}), from)
				want := from
				for _, s := range mv.from {
					if s == from {
						want = mv.to
					}
				}
				err := m.try(func(tx *store.Tx) error { return mv.do(tx, id) })
				switch allowed := strings.Contains(fmt.Sprint(mv.from), string(from)); {
				case allowed || mv.mute:
					ok(t, err)
				default:
					refused(t, err, fmt.Sprintf("effect %d is %s", id, from))
				}
				got := m.intent(id)
				same(t, "state", got.State, want)
				if want != from {
					same(t, "done at", !got.DoneAt.IsZero(), want == store.Done || want == store.Failed || want == store.Dropped)
				}
			})
		}
	}
	for name, mv := range moves {
		if err := m.try(func(tx *store.Tx) error { return mv.do(tx, 999) }); !mv.mute && !errors.Is(err, store.ErrNoIntent) {
			t.Errorf("%s of nothing: %v", name, err)
		}
	}
}

func TestResolveTakesNoStateThatDoesNotExist(t *testing.T) {
	m := open(t)
	id := m.enqueue(store.Intent{Key: "k", Kind: store.SendText})
	for _, s := range []store.State{"", "sent"} {
		refused(t, m.try(func(tx *store.Tx) error { return tx.Conclude(m.ctx, id, store.Outcome{State: s}) }), "CHECK")
	}
	refused(t, m.try(func(tx *store.Tx) error {
		_, _, err := tx.Enqueue(m.ctx, store.Intent{Key: "x", Kind: "text.shout"})
		return err
	}), "no kind")
}

func TestWhatIsKnownOfAnIntent(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	want := store.Intent{
		Key: "k", Kind: store.CreateTask, ContactID: c, RecordID: 7, Rev: 3, Payload: []byte(`{"title":"T"}`), Reason: "why",
		DueAt: noon.Add(time.Minute), ExpiresAt: noon.Add(time.Hour),
	}
	id := m.enqueue(want)
	want.ID, want.State, want.CreatedAt = id, store.Pending, noon
	got := m.intent(id)
	same(t, "intent", got, want)
	f, err := got.Fields()
	ok(t, err)
	same(t, "payload", f, fields{store.Title: "T"})

	m.now = noon.Add(2 * time.Minute)
	m.do(func(tx *store.Tx) error { return tx.Claim(m.ctx, id, "test") })
	m.now = noon.Add(3 * time.Minute)
	m.do(func(tx *store.Tx) error {
		return tx.Conclude(m.ctx, id, store.Outcome{State: store.Done, OutsideID: "out"})
	})
	got = m.intent(id)
	same(t, "attempts, started, done, outside", []any{got.Attempts, got.StartedAt, got.DoneAt, got.OutsideID}, []any{1, noon.Add(2 * time.Minute), m.now, "out"})
	taken := func(kind store.Kind, outside string, except int64) bool {
		return get(m, func(tx *store.Tx) (bool, error) { return tx.OutsideTaken(m.ctx, kind, outside, except) })
	}
	same(t, "taken", []bool{taken(store.CreateTask, "out", 0), taken(store.CreateTask, "out", id), taken(store.CreateNote, "out", 0), taken(store.CreateTask, "", 0)},
		[]bool{true, false, false, false})
}

func TestAKeyIsEnqueuedOnce(t *testing.T) {
	m := open(t)
	in := store.Intent{Key: "k", Kind: store.CreateNote, ContactID: m.contact("a", nil), RecordID: 7, Payload: []byte(`{"body":"B","added":"1"}`)}
	id := m.enqueue(in)
	in.Payload, in.Rev, in.State, in.Reason, in.DueAt = []byte(` {"added": "1", "body": "B"} `), 9, store.Held, "why", noon.Add(time.Hour)
	for _, s := range allStates {
		m.in(id, s)
		m.do(func(tx *store.Tx) error {
			again, added, err := tx.Enqueue(m.ctx, in)
			same(t, "id", again, id)
			same(t, "added", added, false)
			return err
		})
		same(t, "state", m.intent(id).State, s)
	}
	same(t, "rows", value[int](m, `SELECT count(*) FROM outbox`), 1)
}

func TestAKeyOfAnotherEffectIsRefused(t *testing.T) {
	m := open(t)
	a, b := m.contact("a", nil), m.contact("b", nil)
	in := store.Intent{Key: "k", Kind: store.CreateNote, ContactID: a, RecordID: 7, Payload: []byte(`{"body":"secret words","user":"u"}`)}
	id := m.enqueue(in)
	try := func(change func(in *store.Intent)) (r *store.KeyReusedError) {
		t.Helper()
		other := in
		change(&other)
		m.do(func(tx *store.Tx) error { // the transaction goes on
			_, added, err := tx.Enqueue(m.ctx, other)
			same(t, "added", added, false)
			if err != nil && !errors.As(err, &r) {
				return err
			}
			return nil
		})
		return r
	}
	for want, change := range map[string]func(*store.Intent){
		"kind":                         func(in *store.Intent) { in.Kind = store.UpdateNote },
		"contact":                      func(in *store.Intent) { in.ContactID = b },
		"contact, record":              func(in *store.Intent) { in.ContactID, in.RecordID = 0, 8 },
		"payload: body":                func(in *store.Intent) { in.Payload = []byte(`{"body":"other words","user":"u"}`) },
		"payload: added, body, user":   func(in *store.Intent) { in.Payload = []byte(`{"added":"","body":"Other"}`) },
		"payload":                      func(in *store.Intent) { in.Payload = []byte(`["secret words"]`) },
		"record, payload: body, user":  func(in *store.Intent) { in.RecordID, in.Payload = 0, nil },
		"kind, payload: body, n, user": func(in *store.Intent) { in.Kind, in.Payload = store.CreateTask, []byte(`{"n":1}`) },
	} {
		r := try(change)
		if r == nil || r.Key != "k" || r.ID != id || r.Error() != fmt.Sprintf("effect k exists as #%d with another %s", id, want) {
			t.Errorf("%s: %v", want, r)
		}
	}
	same(t, "payload", string(m.intent(id).Payload), string(in.Payload))
	same(t, "rows", value[int](m, `SELECT count(*) FROM outbox`), 1)
	refused(t, m.try(func(tx *store.Tx) error {
		_, _, err := tx.Enqueue(m.ctx, store.Intent{Key: "x", Kind: store.CreateNote, Payload: []byte(`{`)})
		return err
	}), "the payload is no JSON")

	m.sql(`UPDATE outbox SET contact_id = ? WHERE id = ?`, b, id) // as where its contact was joined to another
	if r := try(func(in *store.Intent) { in.ContactID = b }); r != nil {
		t.Errorf("planned again for the contact that it is for now: %v", r)
	}
	m.sql(`UPDATE outbox SET payload_hash = NULL`) // as before it was kept
	if r := try(func(in *store.Intent) { in.Kind = store.CreateTask }); r != nil {
		t.Errorf("compared with what was not kept: %v", r)
	}
}

func TestReadyOrder(t *testing.T) {
	m := open(t)
	known := m.contact("a", nil)
	local := m.create(store.Contact, 0, name("L"))
	for _, in := range []store.Intent{
		{Key: "note", Kind: store.CreateNote, ContactID: known},
		{Key: "text", Kind: store.SendText, ContactID: local},
		{Key: "task", Kind: store.CreateTask, ContactID: known},
		{Key: "tag", Kind: store.TagContact, ContactID: known},
		{Key: "new", Kind: store.CreateContact, ContactID: local},
		{Key: "waits for new", Kind: store.CreateTask, ContactID: local},
		{Key: "later", Kind: store.CreateNote, ContactID: known, DueAt: noon.Add(time.Second)},
		{Key: "held", Kind: store.SendText, State: store.Held},
		{Key: "nobody's text", Kind: store.SendText},
	} {
		m.enqueue(in)
	}
	ready := func(limit int) string {
		return keys(get(m, func(tx *store.Tx) ([]store.Intent, error) { return tx.Ready(m.ctx, limit) }))
	}
	same(t, "ready", ready(10), "tag new text nobody's text note task")
	same(t, "one of each side", ready(1), "tag text")
	m.now = noon.Add(time.Second)
	m.adopt(store.Contact, local, "b")
	same(t, "once the contact has an id", ready(10), "tag new text nobody's text note task waits for new later")
}

func TestUnsettled(t *testing.T) {
	m := open(t)
	for _, s := range allStates {
		m.in(m.enqueue(store.Intent{Key: string(s), Kind: store.SendText}), s)
	}
	later := m.enqueue(store.Intent{Key: "asked again later", Kind: store.SendText})
	m.do(func(tx *store.Tx) error {
		return tx.Conclude(m.ctx, later, store.Outcome{State: store.Unknown, DueAt: noon.Add(time.Minute)})
	})
	unsettled := func() string {
		return keys(get(m, func(tx *store.Tx) ([]store.Intent, error) { return tx.Unsettled(m.ctx) }))
	}
	same(t, "now", unsettled(), "sending unknown")
	same(t, "waiting", get(m, func(tx *store.Tx) (map[store.State]int, error) { return tx.Waiting(m.ctx) }),
		map[store.State]int{store.Pending: 1, store.Held: 1, store.Sending: 1, store.Unknown: 2})
	m.now = noon.Add(time.Minute)
	same(t, "later", unsettled(), "sending unknown asked again later")
}

// How often the outside was asked counts from when the effect was last begun, and only what is unknown waits
// for a person.
func TestWhatIsKnownOfAnUnknownIntent(t *testing.T) {
	m := open(t)
	id := m.enqueue(store.Intent{Key: "k", Kind: store.SendText})
	known := func() []any {
		in := m.intent(id)
		return []any{in.State, in.Asked, in.AskedAt, in.Waits, in.DueAt}
	}
	resolve := func(out store.Outcome) {
		m.now = m.now.Add(time.Minute)
		m.do(func(tx *store.Tx) error { return tx.Conclude(m.ctx, id, out) })
	}
	m.do(func(tx *store.Tx) error { return tx.Claim(m.ctx, id, "test") })
	later := noon.Add(time.Hour)
	resolve(store.Outcome{State: store.Unknown, DueAt: later})
	same(t, "cut off", known(), []any{store.Unknown, 0, time.Time{}, false, later})
	resolve(store.Outcome{State: store.Unknown, DueAt: later, Asked: true})
	resolve(store.Outcome{State: store.Unknown, DueAt: later, Asked: true, Waits: true})
	asked := m.now
	same(t, "asked twice", known(), []any{store.Unknown, 2, asked, true, later})
	resolve(store.Outcome{State: store.Unknown, DueAt: later, Waits: true})
	same(t, "nobody could be asked", known(), []any{store.Unknown, 2, asked, true, later})
	m.do(func(tx *store.Tx) error { return tx.AskAgain(m.ctx, id) })
	same(t, "to be asked now", known(), []any{store.Unknown, 2, asked, true, m.now})
	same(t, "in the view", list(m, `SELECT state, asked, asked_at, waits, started_at FROM v1_outbox`), []string{"unknown|2|2026-03-02T12:03:00Z|1|2026-03-02T12:00:00Z"})
	m.do(func(tx *store.Tx) error { return tx.Retry(m.ctx, id) })
	same(t, "tried again", known(), []any{store.Pending, 2, asked, false, m.now})
	m.do(func(tx *store.Tx) error { return tx.Claim(m.ctx, id, "test") })
	same(t, "begun again", known(), []any{store.Sending, 0, time.Time{}, false, m.now})
	resolve(store.Outcome{State: store.Unknown, Waits: true})
	m.do(func(tx *store.Tx) error { return tx.Drop(m.ctx, id, "no") })
	same(t, "given up", m.intent(id).Waits, false)
	same(t, "given up, in the view", list(m, `SELECT waits FROM v1_outbox`), []string{"0"})
}

func TestTheOutboxIsListedByWhatWaitsForAPerson(t *testing.T) {
	m := open(t)
	a, b := m.contact("a", name("Ann")), m.contact("b", name("Bob"))
	for _, s := range []store.State{store.Done, store.Pending, store.Sending, store.Failed, store.Held, store.Unknown, store.Dropped} {
		for _, n := range []string{"1", "2"} {
			m.in(m.enqueue(store.Intent{Key: string(s) + n, Kind: store.CreateTask, ContactID: a}), s)
		}
	}
	m.enqueue(store.Intent{Key: "text", Kind: store.SendText, ContactID: b, DueAt: noon.Add(time.Hour)})
	waits := m.enqueue(store.Intent{Key: "waits", Kind: store.UpdateTask})
	m.do(func(tx *store.Tx) error {
		return tx.Conclude(m.ctx, waits, store.Outcome{State: store.Unknown, DueAt: noon.Add(time.Hour), Waits: true})
	})
	rows := func(f store.OutboxFilter, limit int, columns ...string) string {
		table := get(m, func(tx *store.Tx) (store.Table, error) { return tx.OutboxTable(m.ctx, f, limit) })
		var all []string
		for _, row := range table.Rows {
			var cells []string
			for _, c := range columns {
				cells = append(cells, fmt.Sprint(row[slices.Index(table.Columns, c)]))
			}
			all = append(all, strings.Join(cells, "|"))
		}
		return strings.Join(all, " ")
	}
	same(t, "all", rows(store.OutboxFilter{}, 0, "key"),
		"waits unknown2 unknown1 held2 held1 failed2 failed1 sending2 sending1 text pending2 pending1 dropped2 dropped1 done2 done1")
	same(t, "three", rows(store.OutboxFilter{}, 3, "key", "contact", "next"), "waits|<nil>|waits for you unknown2|Ann|2026-03-02T12:00:00Z unknown1|Ann|2026-03-02T12:00:00Z")
	same(t, "by state", rows(store.OutboxFilter{State: store.Held}, 0, "key", "next"), "held2|waits for you held1|waits for you")
	same(t, "by entity", rows(store.OutboxFilter{Kind: "task", State: store.Unknown}, 0, "key"), "waits unknown2 unknown1")
	same(t, "by kind", rows(store.OutboxFilter{Kind: "task.update"}, 0, "key"), "waits")
	same(t, "by contact", rows(store.OutboxFilter{ContactID: b}, 0, "key", "contact", "next"), "text|Bob|2026-03-02T13:00:00Z")
	report := get(m, func(tx *store.Tx) (store.Table, error) { return tx.RunReport(m.ctx, "outbox", 4) })
	same(t, "the report", []any{report.Rows[0][2], report.Rows[3][2]}, []any{"unknown", "held"})
}

func TestSupersedeGivesUpOlderPlansOfTheRecordOnly(t *testing.T) {
	m := open(t)
	type row struct {
		kind      store.Kind
		record    int64
		rev       int64
		state     store.State
		stillThat bool
	}
	rows := []row{
		{store.UpdateContact, 1, 4, store.Pending, false},
		{store.TagContact, 1, 4, store.Held, false},
		{store.CreateContact, 1, 0, store.Failed, false},
		{store.UpdateContact, 1, 5, store.Pending, true}, // planned from this rev
		{store.UpdateContact, 2, 4, store.Pending, true}, // another contact
		{store.UpdateTask, 1, 4, store.Pending, true},    // another entity
		{store.UpdateContact, 1, 4, store.Sending, true}, // may be done
		{store.UpdateContact, 1, 4, store.Unknown, true},
		{store.UpdateContact, 1, 4, store.Done, true},
	}
	for i, r := range rows {
		m.in(m.enqueue(store.Intent{Key: fmt.Sprint(i), Kind: r.kind, RecordID: r.record, Rev: r.rev}), r.state)
	}
	m.do(func(tx *store.Tx) error { return tx.Supersede(m.ctx, store.Contact, 1, 5) })
	for i, r := range rows {
		in := m.intent(int64(i + 1))
		same(t, fmt.Sprint(r, " kept"), in.State == r.state, r.stillThat)
		same(t, fmt.Sprint(r, " reason"), in.Reason == "planned anew", !r.stillThat)
	}
}

func TestInFlight(t *testing.T) {
	m := open(t)
	id := m.enqueue(store.Intent{Key: "k", Kind: store.UpdateTask, RecordID: 1})
	flies := func(e store.Entity, record int64) bool {
		return get(m, func(tx *store.Tx) (bool, error) { return tx.InFlight(m.ctx, e, record) })
	}
	for _, s := range allStates {
		m.in(id, s)
		same(t, string(s), flies(store.Task, 1), s == store.Sending || s == store.Unknown)
	}
	m.in(id, store.Unknown)
	same(t, "another record, another entity", []bool{flies(store.Task, 2), flies(store.Contact, 1)}, []bool{false, false})
}

func TestDropForgetsTheEditsItWouldHaveCarried(t *testing.T) {
	m := open(t)
	id := m.contact("a", name("A"))
	m.edit(store.Contact, id, fields{store.FirstName: "B", store.Tags: `["x"]`})
	in := m.enqueue(store.Intent{Key: "k", Kind: store.UpdateContact, ContactID: id, RecordID: id, Payload: []byte(`{"first_name":"B"}`)})
	rev := m.record(store.Contact, id).Rev
	m.do(func(tx *store.Tx) error { return tx.Drop(m.ctx, in, "no") })
	r := m.record(store.Contact, id)
	same(t, "value", r.Value(), fields{store.FirstName: "A", store.Tags: `["x"]`})
	same(t, "rev moved", r.Rev > rev, true)
	same(t, "reason", m.intent(in).Reason, "no")
}

func TestDropOfACreateTakesTheRecordBack(t *testing.T) {
	m := open(t)
	id := m.create(store.Contact, 0, fields{store.Phone: "+15550100"})
	in := m.enqueue(store.Intent{Key: "k", Kind: store.CreateContact, ContactID: id, RecordID: id, Payload: []byte(`{"phone":"+15550100"}`)})
	m.do(func(tx *store.Tx) error { return tx.Drop(m.ctx, in, "no") })
	same(t, "dirty", m.dirty(store.Contact), []int64(nil))
	same(t, "gone", m.record(store.Contact, id).GoneAt, noon)
	same(t, "by phone", len(get(m, func(tx *store.Tx) ([]store.Record, error) { return tx.ContactsBy(m.ctx, store.Phone, "+15550100") })), 0)
}

func TestDropOfANewContactTakesBackWhatWaitsForIt(t *testing.T) {
	m := open(t)
	c := m.create(store.Contact, 0, name("A"))
	task := m.create(store.Task, c, fields{store.Title: "T"})
	create := m.enqueue(store.Intent{Key: "c", Kind: store.CreateContact, ContactID: c, RecordID: c})
	m.enqueue(store.Intent{Key: "t", Kind: store.CreateTask, ContactID: c, RecordID: task})
	m.enqueue(store.Intent{Key: "n", Kind: store.CreateNote, ContactID: c, State: store.Held})
	m.enqueue(store.Intent{Key: "text", Kind: store.SendText, ContactID: c})
	m.enqueue(store.Intent{Key: "other", Kind: store.CreateNote, ContactID: m.contact("b", nil)})
	m.do(func(tx *store.Tx) error { return tx.Drop(m.ctx, create, "no") })
	same(t, "states", list(m, `SELECT key, state FROM outbox ORDER BY id`), []string{"c|dropped", "t|dropped", "n|dropped", "text|pending", "other|pending"})
	same(t, "task", m.record(store.Task, task).GoneAt, noon)
	same(t, "dirty", m.dirty(store.Task), []int64(nil))
}

func TestDropTextsGivesUpWhatWaitsForANumber(t *testing.T) {
	m := open(t)
	for i, s := range allStates {
		m.in(m.text(fmt.Sprint(i), "+15550100", "hi"), s)
	}
	other := m.text("other", "+15550199", "hi")
	m.do(func(tx *store.Tx) error { return tx.DropTexts(m.ctx, "+15550100", "opted out") })
	same(t, "states", list(m, `SELECT state FROM outbox WHERE id < ? ORDER BY id`, other),
		[]string{"dropped", "dropped", "sending", "unknown", "done", "failed", "dropped"})
	same(t, "another number", m.intent(other).State, store.Pending)
}

func TestRetryAndReleaseComeAtOnceAndCountAnew(t *testing.T) {
	m := open(t)
	id := m.enqueue(store.Intent{Key: "k", Kind: store.SendText})
	m.do(func(tx *store.Tx) error {
		ok(t, tx.Claim(m.ctx, id, "test"))
		return tx.Conclude(m.ctx, id, store.Outcome{State: store.Pending, DueAt: noon.Add(time.Hour)})
	})
	same(t, "attempts", m.intent(id).Attempts, 1)
	m.do(func(tx *store.Tx) error { return tx.Retry(m.ctx, id) })
	in := m.intent(id)
	same(t, "due, attempts", []any{in.DueAt, in.Attempts, in.Reason}, []any{noon, 0, "tried again by hand"})

	held := m.enqueue(store.Intent{Key: "h", Kind: store.SendText, State: store.Held, Reason: "too many", DueAt: noon.Add(time.Hour)})
	m.do(func(tx *store.Tx) error { return tx.Release(m.ctx, held) })
	in = m.intent(held)
	same(t, "due, reason", []any{in.DueAt, in.Reason}, []any{noon, "released by hand"})
}

func TestCountSince(t *testing.T) {
	m := open(t)
	for _, s := range allStates {
		m.in(m.enqueue(store.Intent{Key: string(s), Kind: store.SendText}), s)
	}
	m.enqueue(store.Intent{Key: "another kind", Kind: store.CreateNote})
	count := func(since time.Time) int {
		return get(m, func(tx *store.Tx) (int, error) { return tx.CountSince(m.ctx, store.SendText, since) })
	}
	same(t, "all but held and dropped", count(noon), 5)
	same(t, "none since", count(noon.Add(time.Millisecond)), 0)
}
