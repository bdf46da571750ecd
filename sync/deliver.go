package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/plan"
)

// An effect knows how to carry one kind of intent outside.
type effect interface {
	// prepare reads again what the intent rests on, before it is claimed. It may call out.
	prepare(ctx context.Context, in store.Intent) error
	// guard checks the intent once more in the claiming transaction. It returns a reason to drop it or,
	// with a time, to wait until then.
	guard(ctx context.Context, tx *store.Tx, in store.Intent) (reason string, wait time.Time, err error)
	// carry makes the one call that changes the outside.
	carry(ctx context.Context, in store.Intent) result
	// settle finds out what became of an intent whose outcome is not known, by reading only.
	settle(ctx context.Context, in store.Intent) result
}

// result is the outcome of a call, and what of it must be stored together with the outcome.
type result struct {
	store.Outcome
	about   []slog.Attr                            // for the log
	unasked bool                                   // of a settle: nobody could be asked
	err     error                                  // what the call said, for the log and the brakes of the cycle
	store   func(context.Context, *store.Tx) error // nil: nothing
}

// deliver carries what is ready outside, one at a time until a deadline, and tells how many moved.
func (c *cycle) deliver(ctx context.Context, deadline time.Time) (moved int, err error) {
	var ready []store.Intent
	var copied bool
	err = c.DB.View(ctx, func(tx *store.Tx) (err error) {
		if copied, err = tx.Holds(ctx, store.Restored); err != nil {
			return err
		}
		ready, err = tx.Ready(ctx, plan.PlanBatch)
		ready = slices.DeleteFunc(ready, func(in store.Intent) bool {
			return copied && in.Kind.Quarantined() || c.only != nil && !c.only[in.Key]
		})
		if err == nil && slices.ContainsFunc(ready, func(in store.Intent) bool { return in.Kind == store.SendText }) {
			c.doubts, err = tx.TextsInDoubt(ctx, c.Gateway.Name())
		}
		return err
	})
	if err == nil && len(ready) > 0 {
		err = c.advance(ctx)
	}
	if err != nil {
		return 0, err
	}
	if c.rests[send].n > 0 {
		inTurn(ready)
	}
	waiting := map[int64]error{} // what those wait for of which that is not kept yet
	defer func() { err = errors.Join(err, c.noteCauses(context.WithoutCancel(ctx), waiting)) }()
	for _, in := range ready {
		if ctx.Err() != nil {
			return moved, context.Cause(ctx)
		}
		shut := c.blocked(effects[in.Kind].route)
		if shut == nil && in.Kind == store.SendText && c.inDoubt() {
			shut = errInDoubt
		}
		if shut != nil {
			if in.Cause == "" {
				waiting[in.ID] = shut
			}
			continue
		}
		if time.Now().After(deadline) {
			return moved, nil
		}
		did, err := c.deliverOne(ctx, in)
		if err != nil {
			return moved, fmt.Errorf("%s: %w", in.Key, err)
		}
		if did {
			moved++
		}
	}
	return moved, nil
}

// inTurn puts the texts that were tried least before the others, so that each try on a lane that failed is another
// person's. Between them the other effects stay where they are.
func inTurn(ready []store.Intent) {
	var texts []store.Intent
	for _, in := range ready {
		if in.Kind == store.SendText {
			texts = append(texts, in)
		}
	}
	slices.SortStableFunc(texts, func(a, b store.Intent) int { return cmp.Compare(a.Attempts, b.Attempts) })
	for i := range ready {
		if ready[i].Kind == store.SendText {
			ready[i], texts = texts[0], texts[1:]
		}
	}
}

// noteCauses keeps why intents had to wait.
func (c *cycle) noteCauses(ctx context.Context, waiting map[int64]error) error {
	if len(waiting) == 0 {
		return nil
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		for _, id := range slices.Sorted(maps.Keys(waiting)) {
			if err := tx.NoteCause(ctx, id, obstacle(waiting[id]), waiting[id].Error()); err != nil {
				return err
			}
		}
		return nil
	})
}

// deliverOne takes one intent through prepare, claim, call and outcome. From the claim on it
// goes to the end even when ctx is cancelled: the clients bound how long a call takes, and a
// call cut short would only be one more doubt.
func (c *cycle) deliverOne(ctx context.Context, in store.Intent) (moved bool, err error) {
	row, eff, err := c.effect(in.Kind)
	if err != nil {
		return false, err
	}
	ctx = ghl.WithPriority(ctx, ghl.Write)
	if row.carry == send {
		ctx = ghl.WithPriority(ctx, ghl.Urgent)
	}
	if err := c.caught(in.Key, func() error { return eff.prepare(ctx, in) }); err != nil {
		c.noteFailure(row.prepare, err)
		return false, c.postpone(ctx, in, c.unprepared(in, err))
	}
	claimed, err := c.claim(ctx, eff, in)
	if plan.IsPanic(err) { // nothing left
		c.failures = append(c.failures, err)
		return false, c.postpone(ctx, in, c.unprepared(in, err))
	}
	if err != nil || !claimed {
		return false, err
	}
	var r result
	if err := c.caught(in.Key, func() error { r = eff.carry(context.WithoutCancel(ctx), in); return nil }); err != nil {
		r = result{err: err} // it may have left
	}
	c.noteFailure(row.carry, r.err)
	if errors.Is(r.err, ghl.ErrNotFound) {
		if err := c.caught(in.Key, func() error { r = c.vanished(context.WithoutCancel(ctx), eff, in, r); return nil }); err != nil {
			c.failures = append(c.failures, err)
		}
	}
	return true, c.end(ctx, in, r)
}

// vanished is the result of a call that the CRM answered with "not found": the record is read again, and the
// intent is dropped if its guard says so.
func (c *cycle) vanished(ctx context.Context, eff effect, in store.Intent, r result) result {
	if err := c.readAbout(ctx, in); err != nil {
		return certain(err)
	}
	err := c.DB.View(ctx, func(tx *store.Tx) error {
		drop, _, err := eff.guard(ctx, tx, in)
		if drop != "" {
			r = result{Outcome: store.Outcome{State: store.Dropped, Reason: drop}}
		}
		return err
	})
	if err != nil {
		return certain(err)
	}
	return r
}

// claim commits "sending", unless something speaks against it now.
func (c *cycle) claim(ctx context.Context, eff effect, in store.Intent) (claimed bool, err error) {
	var mark watermark
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		var drop string
		var wait time.Time
		err := c.caught(in.Key, func() (err error) {
			drop, wait, err = eff.guard(ctx, tx, in)
			return err
		})
		switch {
		case err != nil:
			return err
		case !wait.IsZero():
			return tx.Conclude(ctx, in.ID, store.Outcome{State: store.Pending, Reason: drop, DueAt: wait, Code: store.Guarded})
		case drop == "" && !in.ExpiresAt.IsZero() && !in.ExpiresAt.After(tx.Now):
			c.Log.Info("given up", "what", in.Kind, "key", in.Key, "why", "it was too late", "cause", in.Cause)
			return tx.Conclude(ctx, in.ID, store.Outcome{Late: true})
		}
		if drop != "" {
			c.Log.Info("given up", "what", in.Kind, "key", in.Key, "why", drop)
			return tx.Conclude(ctx, in.ID, store.Outcome{State: store.Dropped, Reason: drop})
		}
		err = tx.Claim(ctx, in.ID, c.Gateway.Name())
		if errors.Is(err, store.ErrState) { // somebody dropped it meanwhile
			return nil
		}
		// An effect that must not happen twice advances the mark: a copy in which it still waits may be
		// made, and put back, while the others of its round are carried.
		if claimed = err == nil; claimed && in.Kind.OnceOnly() {
			mark, err = c.bump(ctx, tx)
		}
		return err
	})
	if err != nil || !claimed {
		return false, err
	}
	if err := c.writeMark(mark); err != nil { // nothing left, and nothing may
		return false, errors.Join(err, c.postpone(ctx, in, store.Outcome{State: store.Pending, Reason: err.Error(), DueAt: time.Now().Add(retryFirst)}))
	}
	return true, nil
}

func (c *cycle) postpone(ctx context.Context, in store.Intent, out store.Outcome) error {
	return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.Conclude(ctx, in.ID, out) })
}

// conclude stores an outcome. Once a call was made its outcome is stored whatever happens.
func (c *cycle) conclude(ctx context.Context, in store.Intent, r result) error {
	ctx = context.WithoutCancel(ctx)
	if r.err != nil && r.State == "" {
		r.Outcome = c.judge(in, r.err)
	}
	c.logOutcome(ctx, in, r)
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		if r.store != nil {
			if err := r.store(ctx, tx); err != nil {
				return err
			}
		}
		return tx.Conclude(ctx, in.ID, r.Outcome)
	})
}
