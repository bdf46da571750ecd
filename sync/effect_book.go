package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// entryEffect puts an entry into the gateway's address book, or removes it. Both read before they write, so
// they may be repeated.
type entryEffect struct{ *cycle }

// prepare reads the person again: what somebody changed at the gateway since the list was read must
// not be overwritten.
func (e entryEffect) prepare(ctx context.Context, in store.Intent) error {
	book, ok := e.Gateway.(sms.Directory)
	var entry store.Entry
	err := e.DB.View(ctx, func(tx *store.Tx) (err error) {
		entry, err = tx.Entry(ctx, in.RecordID)
		return err
	})
	if errors.Is(err, store.ErrNoEntry) || err == nil && (!ok || entry.Gateway != e.Gateway.Name()) {
		return nil // guard and carry report it
	}
	if err != nil {
		return err
	}
	now, found, err := book.Person(ctx, entry.List, sms.Phone(entry.Number))
	if err != nil || !found {
		return err
	}
	return e.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.ObserveEntries(ctx, entry.Gateway, entry.List, []store.SeenEntry{{Number: entry.Number, Value: entryFields(now), At: now.UpdatedAt}})
		return err
	})
}

// guard drops an intent whose entry has changed since it was planned.
func (entryEffect) guard(ctx context.Context, tx *store.Tx, in store.Intent) (reason string, wait time.Time, err error) {
	e, err := tx.Entry(ctx, in.RecordID)
	switch {
	case errors.Is(err, store.ErrNoEntry):
		return "the entry is no more", wait, nil
	case err == nil && e.Rev != in.Rev:
		return "planned anew", wait, nil
	}
	return "", wait, err
}

func (e entryEffect) carry(ctx context.Context, in store.Intent) result {
	book, ok := e.Gateway.(sms.Directory)
	sent, err := in.Fields()
	var entry store.Entry
	if err == nil {
		err = e.DB.View(ctx, func(tx *store.Tx) (err error) {
			entry, err = tx.Entry(ctx, in.RecordID)
			return err
		})
	}
	switch {
	case err != nil:
		return result{err: fmt.Errorf("%w: %w", sms.ErrUnavailable, err)}
	case !ok || entry.Gateway != e.Gateway.Name():
		return result{Outcome: store.Outcome{State: store.Dropped, Reason: "it was for " + entry.Gateway + ", which is not the gateway any more"}}
	case in.Kind == store.RemoveEntry:
		return e.remove(ctx, in, book, entry)
	}
	now, err := book.PutPerson(ctx, entry.List, sms.Person{
		Phone: sms.Phone(entry.Number), FirstName: sent[store.FirstName], LastName: sent[store.LastName], Email: sent[store.Email],
	})
	if err != nil {
		return result{err: err}
	}
	delete(sent, store.Phone)
	return result{
		Outcome: store.Outcome{State: store.Done, Before: record.Project(entry.Value(), sent)},
		store: func(ctx context.Context, tx *store.Tx) error {
			return putTook(ctx, tx, in.RecordID, entryFields(now), sent)
		},
	}
}

func putTook(ctx context.Context, tx *store.Tx, id int64, value, sent store.Fields) error {
	givenUp, err := tx.WroteEntry(ctx, id, value, sent, record.Accepted)
	for _, field := range givenUp.Names() {
		if err == nil {
			err = tx.AddConflict(ctx, store.Conflict{
				Entity: store.EntryEntity, RecordID: id, Field: field, CRM: givenUp[field], Local: value[field], LocalBy: "gateway", Policy: "refused",
				Kept: store.KeptLocal, Reason: "not accepted as sent",
			})
		}
	}
	return err
}

func (e entryEffect) remove(ctx context.Context, in store.Intent, book sms.Directory, entry store.Entry) result {
	if err := book.RemovePerson(ctx, entry.List, sms.Phone(entry.Number)); err != nil {
		return result{err: err}
	}
	return result{
		Outcome: store.Outcome{State: store.Done, Before: entry.Value()},
		store:   func(ctx context.Context, tx *store.Tx) error { return tx.RemovedEntry(ctx, in.RecordID) },
	}
}

func (entryEffect) settle(_ context.Context, in store.Intent) result {
	return again(in, "it may be done twice without harm")
}

// optOutEffect tells the gateway's own list of an opt-out, or of its end.
type optOutEffect struct{ *cycle }

func (optOutEffect) prepare(context.Context, store.Intent) error { return nil }

// guard drops an opt-out that was lifted since, and the end of one that was made again.
func (optOutEffect) guard(ctx context.Context, tx *store.Tx, in store.Intent) (reason string, wait time.Time, err error) {
	f, err := in.Fields()
	if err != nil {
		return "", wait, err
	}
	_, out, err := tx.OptedOut(ctx, f[store.Phone])
	if err == nil && out != (in.Kind == store.TellOptOut) {
		reason = "it is not so any more"
	}
	return reason, wait, err
}

func (e optOutEffect) carry(ctx context.Context, in store.Intent) result {
	f, err := in.Fields()
	if err != nil {
		return result{err: fmt.Errorf("%w: %w", sms.ErrUnavailable, err)}
	}
	number := sms.Phone(f[store.Phone])
	outer, canOut := e.Gateway.(sms.OptOuter)
	inner, canIn := e.Gateway.(sms.OptInner)
	switch {
	case in.Kind == store.TellOptOut && canOut:
		err = outer.OptOut(ctx, number)
	case in.Kind == store.TellOptIn && canIn:
		err = inner.OptIn(ctx, number)
	default:
		return result{Outcome: store.Outcome{State: store.Dropped, Reason: "the gateway keeps no list of opt-outs"}}
	}
	if err != nil {
		return result{err: err}
	}
	return result{Outcome: store.Outcome{State: store.Done}}
}

// settle repeats an opt-out, which does no harm. The end of one is repeated only after a look at who
// opted out: the person may have done so again in between, and then guard gives it up.
func (e optOutEffect) settle(ctx context.Context, in store.Intent) result {
	if in.Kind == store.TellOptOut {
		return again(in, "it may be told twice without harm")
	}
	lister, ok := e.Gateway.(sms.OptOutLister)
	if !ok {
		return result{Outcome: store.Outcome{State: store.Failed, Reason: "it is not clear whether the gateway lifted the opt-out: look there"}}
	}
	if err := e.pollOptOuts(ctx, lister); err != nil {
		return result{err: err}
	}
	return again(in, "nobody opted out again meanwhile, or it is known")
}

// again is the result of settling what may be done twice: later each time, since what leaves it unclear may go on.
func again(in store.Intent, why string) result {
	out := store.Outcome{State: store.Pending, Reason: why, Code: store.Unclear}
	if in.Attempts > 1 {
		out.DueAt = time.Now().Add(backoff(in.Attempts - 1))
	}
	return result{Outcome: out}
}
