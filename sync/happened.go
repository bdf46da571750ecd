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

// Happened settles an unclear effect by a person's word that it was done, with all that follows where the
// outside says so itself. outsideID is the outside's id of what was sent or made, empty: not known; a
// contact is not settled without ([ErrWhich]). Where the CRM shows something else after all, that is a
// change there.
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
	done, err := asDone(ctx, tx, cfg, in, outsideID)
	if err == nil && done.store != nil {
		err = done.store(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("effect %d: %w", id, err)
	}
	done.Reason, done.OutsideID = "known to have happened", outsideID
	return tx.Resolve(ctx, id, done.Outcome)
}

// asDone is the result of an effect that was done, as far as it is known here.
func asDone(ctx context.Context, tx *store.Tx, cfg *plan.Config, in store.Intent, outsideID string) (result, error) {
	plain := result{Outcome: store.Outcome{State: store.Done}}
	switch in.Kind {
	case store.SendText:
		plain.store = func(ctx context.Context, tx *store.Tx) error { return textLeft(ctx, tx, cfg, in.ID, outsideID) }
		return plain, nil
	case store.AddMessage, store.TellOptOut, store.TellOptIn:
		return plain, nil
	default:
	}
	sent, err := in.Fields()
	if err != nil {
		return plain, err
	}
	if in.Kind.Entity() == store.EntryEntity {
		return entryDone(ctx, tx, in, sent)
	}
	rec, err := tx.Record(ctx, in.Kind.Entity(), in.RecordID)
	if errors.Is(err, store.ErrNoRecord) {
		return plain, nil
	}
	if err != nil {
		return plain, err
	}
	is := shown{value: rec.CRM().With(sent)}
	switch in.Kind {
	case store.CreateContact, store.CreateTask, store.CreateNote:
		return madeAs(ctx, tx, in, outsideID, sent)
	case store.TagContact:
		is.value = rec.CRM().With(store.Fields{store.Tags: store.MergeSets(nil, rec.CRM().Set(store.Tags), sent.Set(store.Tags))})
		return tagsTaken(in, rec.CRM(), is, sent.Set(store.Tags), nil), nil
	case store.UntagContact:
		is.value = rec.CRM().With(store.Fields{store.Tags: record.Without(rec.CRM().Set(store.Tags), sent.Set(store.Tags))})
		return tagsTaken(in, rec.CRM(), is, nil, sent.Set(store.Tags)), nil
	case store.DeleteContact, store.DeleteTask, store.DeleteNote, store.DeleteAppointment:
		plain.Before = rec.CRM()
		plain.store = func(ctx context.Context, tx *store.Tx) error { return tx.Gone(ctx, rec.Entity, rec.CRMID) }
		return plain, nil
	default:
		return wrote(in, rec.CRM(), is, sent), nil
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

// madeAs is the result of a create: the record has its CRM id. A task or note of which that is not known
// ends here, and the next reading brings in the CRM's; of a contact too much depends.
func madeAs(ctx context.Context, tx *store.Tx, in store.Intent, crmID string, sent store.Fields) (result, error) {
	if crmID == "" && in.Kind == store.CreateContact {
		return result{}, ErrWhich
	}
	if crmID == "" {
		return result{
			Outcome: store.Outcome{State: store.Done},
			store: func(ctx context.Context, tx *store.Tx) error {
				return tx.Forget(ctx, in.Kind.Entity(), in.RecordID, "the CRM has it under an id of its own")
			},
		}, nil
	}
	is := shown{value: sent}
	known, err := tx.RecordByCRMID(ctx, in.Kind.Entity(), crmID)
	if err == nil {
		is.value = known.CRM()
	} else if !errors.Is(err, store.ErrNoRecord) {
		return result{}, err
	}
	return adopted(in, crmID, is, sent), nil
}

func entryDone(ctx context.Context, tx *store.Tx, in store.Intent, sent store.Fields) (result, error) {
	done := result{Outcome: store.Outcome{State: store.Done}}
	e, err := tx.Entry(ctx, in.RecordID)
	if errors.Is(err, store.ErrNoEntry) {
		return done, nil
	}
	done.Before = e.Value()
	done.store = func(ctx context.Context, tx *store.Tx) error { return tx.RemovedEntry(ctx, in.RecordID) }
	if in.Kind == store.PutEntry {
		delete(sent, store.Phone)
		value := e.Value().With(sent)
		done.Before = record.Project(e.Value(), sent)
		done.store = func(ctx context.Context, tx *store.Tx) error { return putTook(ctx, tx, in.RecordID, value, sent) }
	}
	return done, err
}
