package merge

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
)

// anyRecord is a contact as the mirror can hold it: no edit equals what the CRM showed when it
// was made, and a permanent block is never edited.
var anyRecord = rapid.Custom(func(t *rapid.T) *store.Record {
	r := &store.Record{Entity: store.Contact, ID: 7, ContactID: 7, CRMID: "c7", Read: true, Rev: rapid.Int64Range(0, 9).Draw(t, "rev")}
	r.Base = scenario.AnyContact(false).Draw(t, "base")
	if rapid.Bool().Draw(t, "the CRM changed it") {
		r.Seen = scenario.AnyContact(false).Draw(t, "seen")
	}
	if rapid.Bool().Draw(t, "edited") {
		r.Edits = scenario.AnyContact(true).Draw(t, "edits")
	}
	permanent := r.Base[store.DNDSMS] == "permanent" || r.CRM()[store.DNDSMS] == "permanent"
	if permanent && r.Edits[store.DNDSMS] == "" {
		delete(r.Edits, store.DNDSMS)
	}
	return r
})

func TestMergeProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		base, crm, edits := maps.Clone(r.Base), maps.Clone(r.CRM()), maps.Clone(r.Edits)
		m := Merge(r, Rule{})
		if again := Merge(r, Rule{}); !reflect.DeepEqual(m, again) {
			t.Fatalf("merged to %+v, then to %+v", m, again)
		}
		if !maps.Equal(base, r.Base) || !maps.Equal(crm, r.CRM()) || !maps.Equal(edits, r.Edits) {
			t.Fatal("merge changed its record")
		}
		value := m.Base.With(m.Edits)
		conflicts := map[string]store.Conflict{}
		for _, c := range m.Conflicts {
			conflicts[c.Field] = c
		}
		for _, field := range base.Names(crm, edits) {
			ours, edited := edits[field]
			theirs, got := crm[field], value[field]
			_, conflict := conflicts[field]
			switch {
			case field == store.Tags && edited:
				checkTags(t, base.Set(field), crm.Set(field), edits.Set(field), value.Set(field))
			case !edited || ours == theirs:
				if got != theirs || conflict {
					t.Errorf("%s: %q, the CRM has %q", field, got, theirs)
				}
			case record.IsDND(field) && record.IsBlock(field, ours) && record.IsBlock(field, theirs):
				if got != theirs || conflict {
					t.Errorf("%s: %q, the CRM blocks with %q", field, got, theirs)
				}
			case theirs == base[field]:
				if got != ours || conflict {
					t.Errorf("%s: %q, only we changed it, to %q", field, got, ours)
				}
			case record.IsDND(field) && record.IsBlock(field, ours):
				if got != ours {
					t.Errorf("%s: %q, lost the block %q", field, got, ours)
				}
			default:
				if got != theirs || !conflict || conflicts[field].Local != ours {
					t.Errorf("%s: %q with %+v, the CRM has %q, ours was %q", field, got, conflicts[field], theirs, ours)
				}
			}
		}
	})
}

// checkTags: what either side added is there, what either took away is not, the rest stays.
func checkTags(t *rapid.T, base, theirs, ours, got []string) {
	for _, tag := range []string{"a", "b", "c", "d"} {
		had, crm, local := slices.Contains(base, tag), slices.Contains(theirs, tag), slices.Contains(ours, tag)
		if want := had && crm && local || !had && (crm || local); slices.Contains(got, tag) != want {
			t.Errorf("tag %s: %v in %v, base %v, CRM %v, ours %v", tag, !want, got, base, theirs, ours)
		}
	}
}

// A block that one side set, and the other did not know of, is there after every merge.
func TestMergeKeepsBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		m := Merge(r, Rule{})
		value := m.Base.With(m.Edits)
		for _, field := range []string{store.DND, store.DNDSMS} {
			theirs, ours := r.CRM()[field], r.Edits[field]
			set := record.IsBlock(field, theirs) && theirs != r.Base[field] || record.IsBlock(field, ours)
			if set && !record.IsBlock(field, value[field]) {
				t.Errorf("%s: base %q, CRM %q, ours %q, merged %q", field, r.Base[field], theirs, ours, value[field])
			}
		}
	})
}

// Merging converges: what is merged merges to itself, and where nothing is left to be carried,
// nothing is sent.
func TestMergeConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		first := merged(r, Merge(r, Rule{}))
		again := Merge(&first, Rule{})
		if !maps.Equal(again.Base, first.Base) || !maps.Equal(again.Edits, first.Edits) || len(again.Conflicts) > 0 {
			t.Fatalf("once %+v, twice %+v", first, again)
		}
		if second := merged(&first, again); second.Rev != first.Rev {
			t.Errorf("merging twice made revision %d of %d", second.Rev, first.Rev)
		}
		carried := first
		carried.Base, carried.Edits = first.Base.With(first.Edits), nil
		if in := Intents(&carried); len(in) > 0 {
			t.Errorf("intents without edits: %+v", in)
		}
		if m := Merge(&carried, Rule{}); len(m.Edits) > 0 || len(m.Conflicts) > 0 {
			t.Errorf("carried, and merged to %+v", m)
		}
	})
}

// Intents carry exactly what the CRM does not have, under keys that no other revision has.
func TestIntents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord.Draw(t, "record")
		if rapid.Bool().Draw(t, "made here") {
			r.CRMID, r.Base, r.Seen = "", nil, nil
		}
		r.Entity = rapid.SampledFrom([]store.Entity{store.Contact, store.Task, store.Appointment}).Draw(t, "entity")
		after := merged(r, Merge(r, Rule{}))
		next := after
		next.Rev++
		keys := map[string]bool{}
		sent := store.Fields{}
		for _, in := range slices.Concat(Intents(&after), Intents(&next)) {
			if keys[in.Key] {
				t.Errorf("key %s twice", in.Key)
			}
			keys[in.Key] = true
			f, err := in.Fields()
			if err != nil || len(f) == 0 {
				t.Errorf("%s: payload %s, %v", in.Key, in.Payload, err)
			}
			maps.Copy(sent, f)
		}
		if after.Entity == store.Appointment && after.CRMID == "" {
			after.Edits = nil // booked in the CRM only
		}
		if want := after.Edits.Names(); !slices.Equal(sent.Names(), want) {
			t.Errorf("sent %v, edits %v", sent.Names(), want)
		}
		for _, name := range sent.Names() {
			if name != store.Tags && sent[name] != after.Edits[name] {
				t.Errorf("%s: sent %q, edited to %q", name, sent[name], after.Edits[name])
			}
		}
	})
}

// Adding and taking tags leads from what the CRM has to what it should have.
func TestTagIntents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		have, want := scenario.AnyTags.Draw(t, "have"), scenario.AnyTags.Draw(t, "want")
		r := &store.Record{Entity: store.Contact, ID: 7, CRMID: "c7", Base: store.Fields{store.Tags: have}, Edits: store.Fields{store.Tags: want}}
		got := r.Base.Set(store.Tags)
		for _, in := range Intents(r) {
			f, err := in.Fields()
			if err != nil {
				t.Fatal(err)
			}
			switch in.Kind {
			case store.TagContact:
				got = append(got, f.Set(store.Tags)...)
			case store.UntagContact:
				got = slices.DeleteFunc(got, func(s string) bool { return slices.Contains(f.Set(store.Tags), s) })
			default:
				t.Errorf("intent %+v", in)
			}
		}
		if store.EncodeSet(got) != want {
			t.Errorf("from %s to %v, want %s", have, got, want)
		}
	})
}
