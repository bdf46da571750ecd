package sync

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/plan"
)

// Plans that a person looks at before they are carried out.

// ErrMoved says that the plan made now differs from the one that was previewed.
var ErrMoved = errors.New("the world moved")

// Apply carries out the plan with this hash, or its first characters, and nothing else: if another
// one would be made now, nothing is stored and the error is [ErrMoved]. Nothing is read from
// outside before.
func (e *Engine) Apply(ctx context.Context, hash string) (plan.Plan, error) {
	c, err := e.uninterrupted(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	if len(c.failures) > 0 { // it is a copy, or the token is another one: that is looked at first
		return plan.Plan{}, errors.Join(c.failures...)
	}
	p, err := c.planOnly(ctx, strings.ToLower(hash))
	if err != nil {
		return p, err
	}
	c.logPlan(p)
	c.only = map[string]bool{}
	for _, in := range p.Intents {
		c.only[in.Key] = true
	}
	for range rounds + len(p.Intents) { // what is delivered lets go what waited for it
		moved, err := c.deliver(ctx, time.Now().Add(breathTime))
		if err != nil {
			return p, fmt.Errorf("deliver: %w", err)
		}
		if moved == 0 {
			break
		}
	}
	return p, errors.Join(c.failures...)
}

// planOnly commits the plan with this hash.
func (c *cycle) planOnly(ctx context.Context, hash string) (p plan.Plan, err error) {
	planner := c.planner()
	err = planner.Within(func(do func(*store.Tx) error) error { return c.DB.Update(ctx, do) }, func(tx *store.Tx) error {
		if p, err = planner.Plan(ctx, tx); err != nil {
			return fmt.Errorf("plan: %w", err)
		}
		if now := p.Hash(); len(hash) < plan.ShortHash || !strings.HasPrefix(now, hash) {
			return fmt.Errorf("%w: what would be done now is not plan %s but %s, and nothing was done; see: ghlsms plan", ErrMoved, hash, now[:plan.ShortHash])
		}
		return nil
	})
	return p, err
}

// Look polls both sides and returns the plan that a cycle would carry out. Only the mirror is written. The error
// names what could not be read; the plan is good beside it.
func (e *Engine) Look(ctx context.Context, work Work) (plan.Plan, error) {
	c, err := e.uninterrupted(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	work |= c.more
	err = errors.Join(c.settle(ctx), c.poll(ctx, work))
	p, planErr := e.Rehearsal().Plan(ctx)
	return p, errors.Join(append([]error{err, planErr}, c.failures...)...)
}

// uninterrupted is a cycle that never stops in the middle of its reading to plan and deliver.
func (e *Engine) uninterrupted(ctx context.Context) (*cycle, error) {
	c, err := e.begin(ctx)
	if err == nil {
		c.breath = c.breath.Add(24 * time.Hour)
	}
	return c, err
}
