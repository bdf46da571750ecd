package store_test

import (
	"testing"
	"time"

	"ghlsms/store"
)

func (m *mirror) inbound(gateway, key string, at time.Time) (added bool) {
	m.Helper()
	return get(m, func(tx *store.Tx) (bool, error) {
		return tx.AddInbound(m.ctx, store.Inbound{Gateway: gateway, Key: key, Sender: "+1", Body: key, ReceivedAt: at})
	})
}

func TestATextThatCameInIsStoredOnce(t *testing.T) {
	m := open(t)
	same(t, "first", m.inbound("g", "k", noon), true)
	same(t, "again", m.inbound("g", "k", noon.Add(time.Second)), false)
	same(t, "another gateway", m.inbound("h", "k", noon), true)
	same(t, "rows", list(m, `SELECT gateway, received_at FROM inbound ORDER BY id`), []string{"g|1772452800000", "h|1772452800000"})
}

func TestEachTextGetsExactlyOneDecisionInTheOrderTheyWereSent(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	for key, at := range map[string]int{"third": 3, "first": 1, "second": 2} {
		m.inbound("g", key, noon.Add(time.Duration(at)*time.Second))
	}
	undecided := func(limit int) (bodies []string) {
		for _, in := range get(m, func(tx *store.Tx) ([]store.Inbound, error) { return tx.Undecided(m.ctx, 0, limit) }) {
			bodies = append(bodies, in.Body)
		}
		return bodies
	}
	same(t, "order", undecided(10), []string{"first", "second", "third"})
	same(t, "limit", undecided(2), []string{"first", "second"})
	first := value[int64](m, `SELECT id FROM inbound WHERE key = 'first'`)
	m.do(func(tx *store.Tx) error { return tx.Decide(m.ctx, first, c, "task", "made a task") })
	same(t, "left", undecided(10), []string{"second", "third"})
	refused(t, m.try(func(tx *store.Tx) error { return tx.Decide(m.ctx, first, 0, "ignore", "") }), "decided before")
	same(t, "the decision", list(m, `SELECT decision, reason, contact_id FROM inbound WHERE id = ?`, first), []string{"task|made a task|1"})
}

func TestTheSameSecondKeepsTheOrderOfArrival(t *testing.T) {
	m := open(t)
	for _, key := range []string{"b", "a", "c"} {
		m.inbound("g", key, noon)
	}
	all := get(m, func(tx *store.Tx) ([]store.Inbound, error) { return tx.Undecided(m.ctx, 0, 10) })
	same(t, "order", all[0].Key+all[1].Key+all[2].Key, "bac")
}

func TestAnOptOutStandsUntilLiftedAndMayBeSetAgain(t *testing.T) {
	m := open(t)
	out := func() (store.OptOut, bool) {
		var found bool
		return get(m, func(tx *store.Tx) (o store.OptOut, err error) {
			o, found, err = tx.OptedOut(m.ctx, "+1")
			return o, err
		}), found
	}
	opt := func(source string) {
		m.do(func(tx *store.Tx) error {
			return tx.OptOut(m.ctx, store.OptOut{Number: "+1", Source: source, Reason: source})
		})
	}
	stands := func(what string, want store.OptOut) {
		t.Helper()
		o, found := out()
		same(t, what, found, true)
		same(t, what, o, want)
	}
	_, found := out()
	same(t, "before", found, false)
	opt("text")
	first := store.OptOut{Number: "+1", Since: noon, Source: "text", Reason: "text"}
	stands("set", first)
	m.now = noon.Add(time.Hour)
	opt("gateway")
	stands("set again while it stands", first)

	m.do(func(tx *store.Tx) error { return tx.LiftOptOut(m.ctx, "+1", "person") })
	_, found = out()
	same(t, "lifted", found, false)
	same(t, "kept", list(m, `SELECT source, lifted_by FROM v1_opt_outs`), []string{"text|person"})
	m.now = noon.Add(2 * time.Hour)
	opt("gateway")
	stands("set again after it was lifted", store.OptOut{Number: "+1", Since: m.now, Source: "gateway", Reason: "gateway", ToldAt: m.now})
}

func TestShortNumbersStandForADay(t *testing.T) {
	m := open(t)
	c := m.contact("a", nil)
	one, two := m.of(c, store.Task, "1", nil), m.of(c, store.Task, "2", nil)
	type numbers = map[int]int64
	tell := func(n numbers) { m.do(func(tx *store.Tx) error { return tx.SetShortNumbers(m.ctx, "+1", n) }) }
	stands := func(what string, want numbers) {
		t.Helper()
		same(t, what, get(m, func(tx *store.Tx) (numbers, error) { return tx.ShortNumbers(m.ctx, "+1", m.now) }), want)
	}
	tell(numbers{1: one})
	m.now = m.now.Add(20 * time.Hour)
	tell(numbers{2: two})
	stands("both", numbers{1: one, 2: two})
	m.now = m.now.Add(4 * time.Hour)
	stands("the first is a day old", numbers{2: two})
	tell(numbers{1: two})
	stands("told again", numbers{1: two, 2: two})
	same(t, "another phone", get(m, func(tx *store.Tx) (numbers, error) { return tx.ShortNumbers(m.ctx, "+2", m.now) }), numbers{})
}
