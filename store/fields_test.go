package store_test

import (
	"bytes"
	"testing"

	"ghlsms/store"
)

func TestFieldsComeBackAsTheyWereStored(t *testing.T) {
	m := open(t)
	want := store.Fields{
		store.FirstName: `Zoë "Z" O'Neil <&>`, store.LastName: "日本 \u2028 \x00 \\ end:", store.Tags: `["a","b"]`, "x.y": "line\nbreak", "$": "odd name",
	}
	m.do(func(tx *store.Tx) error {
		_, err := tx.Observe(m.ctx, store.Contact, []store.Observation{{CRMID: "c1", Value: want}})
		return err
	})
	got := m.record(store.Contact, 1).Base
	same(t, "fields", got, want)
	same(t, "hash", got.Hash(), want.Hash())
}

func TestHashFollowsContentOnly(t *testing.T) {
	a, b := store.Fields{}, store.Fields{}
	for i := range 26 {
		a[string(rune('a'+i))] = "v"
		b[string(rune('z'-i))] = "v"
	}
	if !bytes.Equal(a.Hash(), b.Hash()) {
		t.Error("the order in which fields were set changes the hash")
	}
	if !bytes.Equal(store.Fields(nil).Hash(), store.Fields{}.Hash()) {
		t.Error("nil and no fields differ")
	}
	for _, other := range []store.Fields{a.With(store.Fields{"a": "w"}), a.With(store.Fields{"a": ""}), a.With(store.Fields{"A": "v"}), {}} {
		if bytes.Equal(a.Hash(), other.Hash()) {
			t.Errorf("%v has the same hash", other)
		}
	}
}

func TestWith(t *testing.T) {
	type F = store.Fields
	for _, c := range []struct{ f, patch, want F }{
		{nil, nil, F{}},
		{nil, F{"a": "1"}, F{"a": "1"}},
		{F{"a": "1"}, nil, F{"a": "1"}},
		{F{"a": "1", "b": "2"}, F{"b": "3"}, F{"a": "1", "b": "3"}},
		{F{"a": "1", "b": "2"}, F{"b": "", "c": ""}, F{"a": "1"}},
	} {
		before := F{}.With(c.f)
		same(t, "With", c.f.With(c.patch), c.want)
		same(t, "With changes only its result", F{}.With(c.f), before)
	}
}

func TestNames(t *testing.T) {
	type F = store.Fields
	same(t, "none", len(F(nil).Names()), 0)
	same(t, "all, sorted", F{"b": ""}.Names(F{"c": "1"}, nil, F{"a": "", "b": "2"}), []string{"a", "b", "c"})
}

func TestSets(t *testing.T) {
	for _, c := range []struct {
		items []string
		want  string
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{"b", "a", "", "b"}, `["a","b"]`},
		{[]string{`say "hi"`, "a,b"}, `["a,b","say \"hi\""]`},
	} {
		same(t, "EncodeSet", store.EncodeSet(c.items), c.want)
		same(t, "again", store.EncodeSet(store.Fields{store.Tags: c.want}.Set(store.Tags)), c.want)
	}
	for _, no := range []string{"", "a", `"a"`, `{"a":1}`, `[1]`} {
		same(t, "not a set: "+no, len(store.Fields{store.Tags: no}.Set(store.Tags)) == 0, true)
	}
}

func TestMergeSets(t *testing.T) {
	type S = []string
	for _, c := range []struct {
		name               string
		base, theirs, ours S
		want               string
	}{
		{"nothing", nil, nil, nil, ``},
		{"both add", S{"a"}, S{"a", "b"}, S{"a", "c"}, `["a","b","c"]`},
		{"both add the same", S{}, S{"a"}, S{"a"}, `["a"]`},
		{"they take, we add", S{"a", "b"}, S{"b"}, S{"a", "b", "c"}, `["b","c"]`},
		{"we take, they add", S{"a", "b"}, S{"a", "b", "c"}, S{"b"}, `["b","c"]`},
		{"both take", S{"a", "b"}, S{"a"}, S{"b"}, ``},
		{"we take all", S{"a", "b"}, S{"a", "b"}, nil, ``},
		{"they took all", S{"a"}, nil, S{"a"}, ``},
	} {
		t.Run(c.name, func(t *testing.T) { same(t, "merged", store.MergeSets(c.base, c.theirs, c.ours), c.want) })
	}
}

func TestScanRefusesWhatIsNoRecord(t *testing.T) {
	var f store.Fields
	refused(t, f.Scan("[1]"), "not a JSON object")
	refused(t, f.Scan(int64(1)), "int64")
	ok(t, f.Scan(nil))
	same(t, "NULL", f == nil, true)
}
