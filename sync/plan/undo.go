package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// Undoing what was done outside, by asking for its inverse.

// Undoing is the inverse of a change.
type Undoing struct {
	Edits   store.Fields // of the record
	Doom    bool         // the record, which was made here, is to be deleted
	Again   store.Fields // the record, which was deleted, is to be made again
	Changed []string     // fields that are not any more what the change made them
	Kept    []string     // fields that are left as they are: consent is not undone
}

// String tells what is asked for.
func (u Undoing) String() string {
	switch {
	case u.Doom:
		return "what it made is deleted"
	case u.Again != nil:
		return "what it deleted is made again"
	}
	var all []string
	for _, f := range u.Edits.Names() {
		all = append(all, fmt.Sprintf("%s back to %q", f, u.Edits[f]))
	}
	return strings.Join(all, ", ")
}

// ErrChangedSince says that undoing would take back what was changed later.
var ErrChangedSince = errors.New("changed since")

// ErrUndone says that a change was undone before.
var ErrUndone = errors.New("undone already")

// Undo asks for the inverse of a change that was made outside, and tells it. With force it does so
// although the record was changed again since.
func Undo(ctx context.Context, tx *store.Tx, change int64, force bool) (Undoing, error) {
	in, err := tx.Intent(ctx, change)
	switch {
	case err != nil:
		return Undoing{}, err
	case in.State != store.Done:
		return Undoing{}, fmt.Errorf("change %d is %s, not done: ghlsms outbox show %d", change, in.State, change)
	case !in.UndoneAt.IsZero():
		return Undoing{}, fmt.Errorf("change %d: %w, at %s", change, ErrUndone, in.UndoneAt.Format(store.TimeForm))
	case in.Kind.NoUndo() != "":
		return Undoing{}, fmt.Errorf("change %d (%s) cannot be undone: %s", change, in.Kind, in.Kind.NoUndo())
	}
	sent, err := in.Fields()
	if err != nil {
		return Undoing{}, err
	}
	r, err := tx.Record(ctx, in.Kind.Entity(), in.RecordID)
	if err != nil {
		return Undoing{}, err
	}
	u, err := decideUndo(&in, sent, &r)
	if err == nil {
		err = u.inspect(ctx, tx, &in, &r)
	}
	switch {
	case err != nil:
		return u, fmt.Errorf("change %d: %w", change, err)
	case len(u.Changed) > 0 && !force:
		return u, fmt.Errorf("change %d: %s: %w; --force undoes it all the same", change, strings.Join(u.Changed, ", "), ErrChangedSince)
	}
	return u, errors.Join(u.apply(ctx, tx, &in), tx.Undone(ctx, change))
}

// decideUndo tells the inverse of a change, given what was sent and the record now. It is pure.
func decideUndo(in *store.Intent, sent store.Fields, r *store.Record) (Undoing, error) {
	switch deleted := in.Kind.Deletes(); {
	case deleted && in.Before == nil:
		return Undoing{}, errors.New("what it was before is not known")
	case deleted:
		return Undoing{Again: remake(in.Kind.Entity(), in.Before)}, nil
	case !r.GoneAt.IsZero():
		return Undoing{}, fmt.Errorf("the %s was deleted in the CRM since", r.Entity)
	}
	switch {
	case in.Kind == store.TagContact, in.Kind == store.UntagContact:
		return undoTags(in, sent, r), nil
	case in.Kind.Makes():
		return undoCreate(in, sent, r)
	}
	return undoUpdate(in, sent, r)
}

// undoUpdate goes back to what the fields were. Consent stays.
func undoUpdate(in *store.Intent, sent store.Fields, r *store.Record) (Undoing, error) {
	u := Undoing{Edits: store.Fields{}}
	if in.Before == nil {
		return u, errors.New("what it was before is not known")
	}
	for _, f := range sent.Names() {
		before, now := in.Before[f], r.Get(f)
		switch {
		case record.IsDND(f), before == "" && slices.Contains(record.Required, f):
			u.Kept = append(u.Kept, f)
			continue
		case now == before:
			continue
		case !record.Accepted(f, sent[f], now):
			u.Changed = append(u.Changed, f)
		}
		u.Edits[f] = before
	}
	if len(u.Kept) == len(sent) {
		return u, fmt.Errorf("nothing in it can be undone (%s): consent is a decision of its own, ghlsms contact opt-in or opt-out", strings.Join(u.Kept, ", "))
	}
	return u, nil
}

// undoTags takes added tags off, and puts those taken off on again.
func undoTags(in *store.Intent, sent store.Fields, r *store.Record) Undoing {
	tags, moved := r.Value().Set(store.Tags), sent.Set(store.Tags)
	tags = slices.DeleteFunc(tags, func(t string) bool {
		return slices.ContainsFunc(moved, func(m string) bool { return strings.EqualFold(m, t) })
	})
	if in.Kind == store.UntagContact {
		tags = append(tags, moved...)
	}
	return Undoing{Edits: store.Fields{store.Tags: store.EncodeSet(tags)}}
}

// undoCreate deletes what was made. A contact that the CRM may have had before is not ours to
// delete.
func undoCreate(in *store.Intent, sent store.Fields, r *store.Record) (Undoing, error) {
	u := Undoing{Doom: true}
	switch {
	case r.CRMID == "":
		return u, errors.New("the CRM's id of what was made is not known: delete it in the CRM")
	case in.Kind == store.CreateContact && in.Before == nil:
		return u, fmt.Errorf("the CRM may have had the contact before: ghlsms contact delete %d, if it should go", r.ID)
	}
	for _, f := range sent.Names() {
		if f != store.Tags && !record.IsDND(f) && !record.Accepted(f, sent[f], r.Get(f)) {
			u.Changed = append(u.Changed, f)
		}
	}
	return u, nil
}

// remake is what of a record that was can be made again.
func remake(e store.Entity, was store.Fields) store.Fields {
	out := store.Fields{}
	for _, f := range record.Editable[e] {
		if was[f] != "" {
			out[f] = was[f]
		}
	}
	return out
}

// inspect looks at what else the record has: no booking is lost with a contact, and nothing is made
// for one that is gone.
func (u *Undoing) inspect(ctx context.Context, tx *store.Tx, in *store.Intent, r *store.Record) error {
	if u.Doom && r.Entity == store.Contact {
		upcoming, err := tx.Upcoming(ctx, r.ID, tx.Now)
		if err == nil && len(upcoming) > 0 {
			u.Changed = append(u.Changed, fmt.Sprintf("%d appointments to come", len(upcoming)))
		}
		return err
	}
	if u.Again == nil {
		return nil
	}
	owner, err := tx.Record(ctx, store.Contact, in.ContactID)
	if err == nil && !owner.GoneAt.IsZero() {
		err = errors.New("its contact was deleted in the CRM")
	}
	return err
}

func (u *Undoing) apply(ctx context.Context, tx *store.Tx, in *store.Intent) (err error) {
	e := in.Kind.Entity()
	switch {
	case u.Doom:
		err = tx.Doom(ctx, e, in.RecordID)
	case u.Again != nil:
		_, err = tx.Create(ctx, e, in.ContactID, u.Again, store.ByPerson)
	default:
		var changed bool
		if changed, err = tx.Edit(ctx, e, in.RecordID, u.Edits, store.ByPerson); err == nil && !changed {
			err = fmt.Errorf("change %d: there is nothing to undo, the %s is as it was before", in.ID, e)
		}
	}
	return err
}
