package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/plan"
)

// asks are how long after a call whose outcome is not known its side is asked about it for the first times, as far as they
// are shorter than settle_after. So early what was done is found; that something was not done is believed only after the time
// for which the side may lag.
var asks = []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute}

// askAgain is when a side is asked about an intent next: at the first such time that is to come, or after a pause.
func (c *cycle) askAgain(started time.Time, pause time.Duration) time.Time {
	for _, after := range asks {
		if at := started.Add(after); after < c.Config.SettleAfter && at.After(time.Now()) {
			return at
		}
	}
	return time.Now().Add(pause)
}

// settle asks the outside what became of every intent whose outcome is not known. Nothing is
// in flight while it runs, so whatever stands in sending was cut off.
func (c *cycle) settle(ctx context.Context) error {
	var open []store.Intent
	err := c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		open, err = tx.Unsettled(ctx)
		if err != nil {
			return err
		}
		for i := range open {
			if open[i].State != store.Sending {
				continue
			}
			open[i].State = store.Unknown
			out := store.Outcome{State: store.Unknown, Reason: "cut off while it was sent", DueAt: tx.Now}
			if err := tx.Conclude(ctx, open[i].ID, out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	var errs []error
	for _, in := range open {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if c.closed(effects[in.Kind].ask) != nil {
			continue
		}
		err := c.caught(in.Key, func() error { return c.settleOne(ctx, in) })
		if plan.IsPanic(err) {
			err = errors.Join(err, c.conclude(ctx, in, notAsked(in, err)))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *cycle) settleOne(ctx context.Context, in store.Intent) error {
	row, eff, err := c.effect(in.Kind)
	if err != nil {
		return err
	}
	r := eff.settle(ctx, in)
	c.noteFailure(row.ask, r.err)
	if errors.Is(r.err, ghl.ErrNotFound) {
		if r.err = c.readAbout(ctx, in); r.err == nil {
			r, r.err = c.contactMerged(ctx, in)
		}
	}
	if r.err != nil {
		r = notAsked(in, r.err)
	}
	r.Asked = !r.unasked
	return c.conclude(ctx, in, r)
}

// notAsked is the result where asking failed: nothing is known that was not known before.
func notAsked(in store.Intent, err error) result {
	return result{Outcome: store.Outcome{
		State: store.Unknown, Reason: "asking about it failed: " + err.Error(), DueAt: time.Now().Add(backoff(in.Attempts)), Tried: true, Waits: in.Waits,
	}}
}

// readAbout reads the record of an intent again, or its contact, after the CRM answered "not found". Should a
// deleted record come back, it is planned anew.
func (c *cycle) readAbout(ctx context.Context, in store.Intent) error {
	r, contact, err := c.subject(ctx, in)
	switch {
	case err != nil, contact == "":
		return err
	case r.CRMID == "":
		return c.readContact(ctx, string(contact))
	}
	return c.readAgain(ctx, in.Kind.Entity(), r.CRMID)
}

// contactMerged is the result of settling an intent whose record or contact is gone. If the contact was merged into
// another, the intent stays unknown and is settled against that one.
func (c *cycle) contactMerged(ctx context.Context, in store.Intent) (result, error) {
	now := in
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		now, err = tx.Intent(ctx, in.ID)
		return err
	})
	if err != nil || now.ContactID == in.ContactID {
		return abandoned(in), err
	}
	return result{Outcome: store.Outcome{
		State: store.Unknown, Reason: "its contact was merged into another", DueAt: time.Now().Add(c.Config.SettleAfter),
	}}, nil
}

// abandoned drops an intent whose record or contact was deleted in the CRM. A record that a create may have made
// is not created again: should the contact come back, so will that record.
func abandoned(in store.Intent) result {
	const reason = "what it was for was deleted in the CRM"
	return result{
		Outcome: store.Outcome{State: store.Dropped, Reason: reason},
		store: func(ctx context.Context, tx *store.Tx) error {
			if in.Kind.MakesForContact() {
				return tx.Drop(ctx, in.ID, reason)
			}
			return nil
		},
	}
}
