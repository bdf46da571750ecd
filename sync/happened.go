package sync

import (
	"context"
	"errors"
	"fmt"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

// ErrWhich says that the CRM's id of what was made is needed.
var ErrWhich = errors.New("its id in the CRM is needed")

// Happened settles an unknown effect as done because a person says so, with the same consequences as if the
// outside had. outsideID is the outside's id of what was sent or made, empty: not known; a contact needs one
// ([ErrWhich]). If the CRM shows something else later, that is a change there.
func Happened(ctx context.Context, tx *store.Tx, cfg *plan.Config, id int64, outsideID string) error {
	in, err := tx.Intent(ctx, id)
	if err != nil {
		return err
	}
	if in.State != store.Unknown {
		return fmt.Errorf("effect %d is %s: %w: ghlsms outbox show %d", id, in.State, store.ErrState, id)
	}
	if outsideID != "" {
		taken, err := tx.OutsideTaken(ctx, in.Kind, outsideID, id)
		if err == nil && taken {
			err = fmt.Errorf("effect %d: another %s has the id %q", id, in.Kind.Entity(), outsideID)
		}
		if err != nil {
			return err
		}
	}
	row, known := effects[in.Kind]
	switch {
	case !known:
		return errNoEffect(in.Kind)
	case outsideID == "" && row.Doubt.NeedsID:
		return fmt.Errorf("effect %d: %w", id, ErrWhich)
	}
	done, err := row.believe(ctx, tx, testimony{cfg, in, outsideID})
	if err == nil && done.store != nil {
		err = done.store(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("effect %d: %w", id, err)
	}
	done.Reason, done.OutsideID = "known to have happened", outsideID
	return tx.Conclude(ctx, id, done.Outcome)
}

// A testimony is a person's word that an effect was done. outsideID is empty if it is not known.
type testimony struct {
	cfg       *plan.Config
	in        store.Intent
	outsideID string
}

// believed returns the result of an effect that a person says was done, from what the mirror knows.
type believed func(context.Context, *store.Tx, testimony) (result, error)

// nothingFollows is for effects that change nothing in the mirror.
func nothingFollows(context.Context, *store.Tx, testimony) (result, error) {
	return result{Outcome: store.Outcome{State: store.Done}}, nil
}

func textSent(_ context.Context, _ *store.Tx, said testimony) (result, error) {
	return result{
		Outcome: store.Outcome{State: store.Done},
		store: func(ctx context.Context, tx *store.Tx) error {
			return textLeft(ctx, tx, said.cfg, said.in.ID, said.outsideID)
		},
	}, nil
}

// ofRecord reads the record that was written and what was sent. For a deleted record nothing follows.
func ofRecord(write func(in store.Intent, rec store.Record, sent store.Fields) result) believed {
	return func(ctx context.Context, tx *store.Tx, said testimony) (result, error) {
		sent, err := said.in.Fields()
		if err != nil {
			return result{}, err
		}
		rec, err := tx.Record(ctx, said.in.Kind.Entity(), said.in.RecordID)
		if errors.Is(err, store.ErrNoRecord) {
			return nothingFollows(ctx, tx, said)
		}
		if err != nil {
			return result{}, err
		}
		return write(said.in, rec, sent), nil
	}
}

func recordChanged(in store.Intent, rec store.Record, sent store.Fields) result {
	return wrote(in, rec.CRM(), shown{value: rec.CRM().With(sent)}, sent)
}

func tagsAdded(in store.Intent, rec store.Record, sent store.Fields) result {
	added := sent.Set(store.Tags)
	is := shown{value: rec.CRM().With(store.Fields{store.Tags: store.MergeSets(nil, rec.CRM().Set(store.Tags), added)})}
	return tagsTaken(in, rec.CRM(), is, added, nil)
}

func tagsRemoved(in store.Intent, rec store.Record, sent store.Fields) result {
	removed := sent.Set(store.Tags)
	is := shown{value: rec.CRM().With(store.Fields{store.Tags: record.Without(rec.CRM().Set(store.Tags), removed)})}
	return tagsTaken(in, rec.CRM(), is, nil, removed)
}

func recordDeleted(_ store.Intent, rec store.Record, _ store.Fields) result {
	return result{
		Outcome: store.Outcome{State: store.Done, Before: rec.CRM()},
		store:   func(ctx context.Context, tx *store.Tx) error { return tx.Gone(ctx, rec.Entity, rec.CRMID) },
	}
}

// textLeft notes that a text left. Where its id is known the gateway is asked what became of it.
func textLeft(ctx context.Context, tx *store.Tx, cfg *plan.Config, id int64, gatewayID string) error {
	if err := cfg.NoteReminder(ctx, tx, id); err != nil || gatewayID == "" {
		return err
	}
	t, err := tx.Text(ctx, id)
	if err != nil {
		return err
	}
	return tx.Accepted(ctx, id, t.Gateway, gatewayID, string(sms.StateQueued), tx.Now)
}

// recordMade is the result of a create: the record gets its CRM id. A task or note without a known id is removed
// here, and the next poll brings in the CRM's; a contact needs the id, since other records depend on it.
func recordMade(ctx context.Context, tx *store.Tx, said testimony) (result, error) {
	e := said.in.Kind.Entity()
	sent, err := said.in.Fields()
	if err == nil {
		_, err = tx.Record(ctx, e, said.in.RecordID)
	}
	switch {
	case errors.Is(err, store.ErrNoRecord):
		return nothingFollows(ctx, tx, said)
	case err != nil:
		return result{}, err
	case said.outsideID == "":
		return result{
			Outcome: store.Outcome{State: store.Done},
			store: func(ctx context.Context, tx *store.Tx) error {
				return tx.Forget(ctx, e, said.in.RecordID, "the CRM has it under an id of its own")
			},
		}, nil
	}
	is := shown{value: sent}
	known, err := tx.RecordByCRMID(ctx, e, said.outsideID)
	if err == nil {
		is.value = known.CRM()
	} else if !errors.Is(err, store.ErrNoRecord) {
		return result{}, err
	}
	return adopted(said.in, said.outsideID, is, sent), nil
}

// ofEntry reads the entry of the gateway's address book that was written.
func ofEntry(write func(in store.Intent, e store.Entry, sent store.Fields) result) believed {
	return func(ctx context.Context, tx *store.Tx, said testimony) (result, error) {
		sent, err := said.in.Fields()
		if err != nil {
			return result{}, err
		}
		e, err := tx.Entry(ctx, said.in.RecordID)
		if errors.Is(err, store.ErrNoEntry) {
			return nothingFollows(ctx, tx, said)
		}
		return write(said.in, e, sent), err
	}
}

func entryPut(in store.Intent, e store.Entry, sent store.Fields) result {
	delete(sent, store.Phone)
	return result{
		Outcome: store.Outcome{State: store.Done, Before: record.Project(e.Value(), sent)},
		store: func(ctx context.Context, tx *store.Tx) error {
			return putTook(ctx, tx, in.RecordID, e.Value().With(sent), sent)
		},
	}
}

func entryRemoved(in store.Intent, e store.Entry, _ store.Fields) result {
	return result{
		Outcome: store.Outcome{State: store.Done, Before: e.Value()},
		store:   func(ctx context.Context, tx *store.Tx) error { return tx.RemovedEntry(ctx, in.RecordID) },
	}
}
