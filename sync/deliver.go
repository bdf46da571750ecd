package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
)

// An effect knows how to carry one kind of intent outside.
type effect interface {
	// prepare reads again what the intent rests on, before it is claimed. It may call out.
	prepare(ctx context.Context, in store.Intent) error
	// guard has the last word in the claiming transaction: a reason to give the intent up,
	// or a time until which it must wait.
	guard(ctx context.Context, tx *store.Tx, in store.Intent) (drop string, wait time.Time, err error)
	// carry makes the one call that changes the outside.
	carry(ctx context.Context, in store.Intent) result
	// settle finds out what became of an intent whose outcome is not known, by reading only.
	settle(ctx context.Context, in store.Intent) result
}

// result is the outcome of a call, and what of it must be stored together with the outcome.
type result struct {
	store.Outcome
	about []slog.Attr                            // for the log
	err   error                                  // what the call said, for the log and the brakes of the cycle
	store func(context.Context, *store.Tx) error // nil: nothing
}

func (c *cycle) effect(k store.Kind) effect {
	switch k {
	case store.SendText:
		return textEffect{c}
	case store.CreateContact:
		return createContact{c}
	case store.UpdateContact:
		return updateContact{recordEffect{c}}
	case store.TagContact, store.UntagContact:
		return tagContact{c}
	case store.CreateTask:
		return createTask{recordEffect{c}}
	case store.UpdateTask, store.CompleteTask:
		return updateTask{recordEffect{c}}
	case store.CreateNote:
		return createNote{c}
	case store.UpdateAppointment:
		return updateAppointment{recordEffect{c}}
	}
	return nil
}

// deliver carries what is ready outside, one at a time, and tells how many moved.
func (c *cycle) deliver(ctx context.Context) (moved int, err error) {
	var ready []store.Intent
	err = c.DB.View(ctx, func(tx *store.Tx) (err error) {
		ready, err = tx.Ready(ctx, planBatch)
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, in := range ready {
		if ctx.Err() != nil {
			return moved, context.Cause(ctx)
		}
		if c.down(in.Kind) != nil {
			continue
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

// deliverOne takes one intent through prepare, claim, call and outcome. From the claim on it
// goes to the end even when ctx is cancelled: the clients bound how long a call takes, and a
// call cut short would only be one more doubt.
func (c *cycle) deliverOne(ctx context.Context, in store.Intent) (moved bool, err error) {
	eff := c.effect(in.Kind)
	if eff == nil {
		return false, fmt.Errorf("no effect for kind %q", in.Kind)
	}
	if err := eff.prepare(ctx, in); err != nil {
		return false, c.postpone(ctx, in, c.judge(in, err))
	}
	claimed, err := c.claim(ctx, eff, in)
	if err != nil || !claimed {
		return false, err
	}
	return true, c.conclude(ctx, in, eff.carry(context.WithoutCancel(ctx), in))
}

// claim commits "sending", unless something speaks against it now.
func (c *cycle) claim(ctx context.Context, eff effect, in store.Intent) (claimed bool, err error) {
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		drop, wait, err := eff.guard(ctx, tx, in)
		switch {
		case err != nil:
			return err
		case drop == "" && !in.ExpiresAt.IsZero() && !in.ExpiresAt.After(tx.Now):
			drop = "it was too late"
		}
		switch {
		case drop != "":
			c.Log.Info("given up", "what", in.Kind, "key", in.Key, "why", drop)
			return tx.Resolve(ctx, in.ID, store.Outcome{State: store.Dropped, Reason: drop})
		case !wait.IsZero():
			return tx.Resolve(ctx, in.ID, store.Outcome{State: store.Pending, Reason: "waits for an unclear twin", DueAt: wait})
		}
		claimed = true
		return tx.Claim(ctx, in.ID)
	})
	return claimed, err
}

func (c *cycle) postpone(ctx context.Context, in store.Intent, out store.Outcome) error {
	return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.Resolve(ctx, in.ID, out) })
}

// conclude stores an outcome. Once a call was made its outcome is stored whatever happens.
func (c *cycle) conclude(ctx context.Context, in store.Intent, r result) error {
	ctx = context.WithoutCancel(ctx)
	if r.err != nil && r.State == "" {
		r.Outcome = c.judge(in, r.err)
	}
	c.tellOutcome(ctx, in, r)
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		if r.store != nil {
			if err := r.store(ctx, tx); err != nil {
				return err
			}
		}
		return tx.Resolve(ctx, in.ID, r.Outcome)
	})
}

// down is why a side is left alone for the rest of the cycle.
func (c *cycle) down(k store.Kind) error {
	if k == store.SendText {
		return c.gatewayDown
	}
	return c.crmDown
}

// The longest and shortest times between two attempts.
const (
	retryFirst = 15 * time.Second
	retryMost  = time.Hour
	authPause  = 5 * time.Minute
)

func backoff(attempts int) time.Duration {
	return min(retryFirst<<min(attempts, 10), retryMost)
}

// judge turns what a call said into one of the three outcomes, and closes a side for the rest
// of the cycle when the next call would hear the same. What it does not know is unknown.
func (c *cycle) judge(in store.Intent, err error) store.Outcome {
	now := time.Now()
	out := store.Outcome{State: store.Pending, Reason: err.Error(), DueAt: now.Add(backoff(in.Attempts))}
	switch verdict, after := weigh(err); verdict {
	case later:
		out.DueAt = now.Add(max(after, retryFirst))
	case refused, forbidden:
		out.DueAt = now.Add(authPause)
	case away:
	case never:
		out.State = store.Failed
	case unclear:
		out.State, out.DueAt = store.Unknown, now.Add(c.Rules.SettleAfter)
	}
	if verdict, _ := weigh(err); verdict.closes() {
		c.close(err)
	}
	return out
}

// verdict is what an error says about the call and about the next one.
type verdict int

const (
	unclear   verdict = iota // may have been done
	later                    // not done: too many calls
	refused                  // not done: a person must mend credentials or credit
	forbidden                // not done: the token lacks the scope for this call
	away                     // not done: the side cannot be reached
	never                    // not done, and no use to try again
)

// closes tells that the next call to the same side would hear the same.
func (v verdict) closes() bool { return v == later || v == refused || v == away }

func weigh(err error) (verdict, time.Duration) {
	if rate, ok := errors.AsType[*ghl.RateLimitError](err); ok {
		return later, rate.RetryAfter
	}
	if rate, ok := errors.AsType[*sms.RateLimitError](err); ok {
		return later, rate.After
	}
	auth, isAuth := errors.AsType[*ghl.AuthError](err)
	_, version := errors.AsType[*ghl.VersionError](err)
	_, invalid := errors.AsType[*ghl.ValidationError](err)
	_, duplicate := errors.AsType[*ghl.DuplicateError](err)
	switch {
	case err == nil, errors.Is(err, ghl.ErrUnknown), errors.Is(err, sms.ErrUnknown):
		return unclear, 0
	case isAuth && auth.Scope:
		return forbidden, 0
	case isAuth, version, errors.Is(err, sms.ErrAuth), errors.Is(err, sms.ErrCredit):
		return refused, 0
	case errors.Is(err, ghl.ErrUnavailable), errors.Is(err, sms.ErrUnavailable):
		return away, 0
	case invalid, duplicate, errors.Is(err, ghl.ErrInvalid), errors.Is(err, ghl.ErrNotFound), errors.Is(err, sms.ErrRejected), errors.Is(err, sms.ErrOptedOut):
		return never, 0
	}
	return unclear, 0
}

// close leaves the side that an error came from alone for the rest of the cycle.
func (c *cycle) close(err error) {
	if fromGateway(err) {
		c.gatewayDown = err
	} else {
		c.crmDown = err
	}
	c.failures = append(c.failures, err)
}

func fromGateway(err error) bool {
	_, rate := errors.AsType[*sms.RateLimitError](err)
	return rate || errors.Is(err, sms.ErrAuth) || errors.Is(err, sms.ErrCredit) || errors.Is(err, sms.ErrUnavailable)
}
