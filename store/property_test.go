package store_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ghlsms/store"
)

var anySet = rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 0, 5)

func TestPropertyMergeSetsWithOneSideUnchangedIsTheOtherSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, other := anySet.Draw(t, "base"), anySet.Draw(t, "other")
		want := store.EncodeSet(other)
		if got := store.MergeSets(base, base, other); got != want {
			t.Errorf("only ours changed: got %s, want %s", got, want)
		}
		if got := store.MergeSets(base, other, base); got != want {
			t.Errorf("only theirs changed: got %s, want %s", got, want)
		}
	})
}

func TestPropertyMergeSetsCommutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base, a, b := anySet.Draw(t, "base"), anySet.Draw(t, "a"), anySet.Draw(t, "b")
		if rapid.Bool().Draw(t, "both only add") {
			a, b = slices.Concat(base, a), slices.Concat(base, b)
			if got, want := store.MergeSets(base, a, b), store.EncodeSet(slices.Concat(a, b)); got != want {
				t.Errorf("both add: got %s, want %s", got, want)
			}
		}
		if ab, ba := store.MergeSets(base, a, b), store.MergeSets(base, b, a); ab != ba {
			t.Errorf("%s one way, %s the other", ab, ba)
		}
	})
}

func TestPropertyFieldsRoundTrip(t *testing.T) {
	m := open(t)
	some := rapid.MapOfN(rapid.StringN(1, 8, -1), rapid.StringN(1, 20, -1), 0, 6)
	rapid.Check(t, func(t *rapid.T) {
		want := store.Fields(some.Draw(t, "fields"))
		var got store.Fields
		err := m.Rehearse(m.ctx, func(tx *store.Tx) error {
			id, err := tx.Create(m.ctx, store.Contact, 0, want, store.ByPerson)
			if err != nil {
				return err
			}
			r, err := tx.Record(m.ctx, store.Contact, id)
			got = r.Edits
			return err
		})
		if err != nil || !reflect.DeepEqual(got, want) || !bytes.Equal(got.Hash(), want.Hash()) {
			t.Errorf("got %v (%v), want %v", got, err, want)
		}
	})
}

// The views patch edits by text; they must show what Value shows.
func TestPropertyViewsShowTheValue(t *testing.T) {
	m := open(t)
	text := rapid.OneOf(rapid.SampledFrom([]string{"", ":", `:""`, `":""`, `\":\"\"`, "null", "{}"}), rapid.StringN(0, 6, -1))
	some := rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", ":", `:"`, store.Phone}), text, 0, 5)
	rapid.Check(t, func(t *rapid.T) {
		base, edits := store.Fields{}.With(some.Draw(t, "base")), store.Fields(some.Draw(t, "edits"))
		var got, want store.Fields
		err := m.Rehearse(m.ctx, func(tx *store.Tx) error {
			id, err := tx.Create(m.ctx, store.Contact, 0, nil, store.ByPerson)
			if err != nil {
				return err
			}
			if err = tx.Rebase(m.ctx, store.Contact, id, base, edits); err != nil {
				return err
			}
			r, err := tx.Record(m.ctx, store.Contact, id)
			if err != nil {
				return err
			}
			want = r.Value()
			return tx.QueryRowContext(m.ctx, `SELECT fields FROM v1_contacts WHERE id = ?`, id).Scan(&got)
		})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v (%v), want %v", got, err, want)
		}
	})
}
