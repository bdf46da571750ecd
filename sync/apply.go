package sync

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
)

// Plans that a person looks at before they are carried out.

// ShortHash is how many characters of a plan's hash are enough to name it.
const ShortHash = 16

// Hash names what a plan decides: the same decisions have the same hash, whenever they are made.
func (p Plan) Hash() string {
	p.Intents, p.Conflicts, p.Reminders = slices.Clone(p.Intents), slices.Clone(p.Conflicts), slices.Clone(p.Reminders)
	for i := range p.Reminders {
		if p.Reminders[i].Skipped != "" { // why may say how long ago it was due
			p.Reminders[i].Skipped = "skipped"
		}
	}
	for i := range p.Intents {
		p.Intents[i].Key = timeless(p.Intents[i].Key)
	}
	for i := range p.Conflicts {
		p.Conflicts[i].CRMAt, p.Conflicts[i].LocalAt = time.Time{}, time.Time{}
	}
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, numbers and times always marshal
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// timeless is a key without the moment at which it was made, where it has one.
func timeless(key string) string {
	switch {
	case strings.HasPrefix(key, alarmPrefix):
		return key[:strings.LastIndex(key, "/")]
	case strings.HasPrefix(key, "optout."):
		key, _, _ = strings.Cut(key, "@")
	}
	return key
}

// ErrMoved says that what would be done now is not what was looked at.
var ErrMoved = errors.New("the world moved")

// Apply carries out the plan with this hash, or its first characters, and nothing else: if another
// one would be made now, nothing is stored and the error is [ErrMoved]. Nothing is read from
// outside before.
func (e *Engine) Apply(ctx context.Context, hash string) (Plan, error) {
	c, err := e.quietly(ctx)
	if err != nil {
		return Plan{}, err
	}
	if len(c.failures) > 0 { // it is a copy, or the token is another one: that is looked at first
		return Plan{}, errors.Join(c.failures...)
	}
	plan, err := c.planOnly(ctx, strings.ToLower(hash))
	if err != nil {
		return plan, err
	}
	c.tell(plan)
	c.only = map[string]bool{}
	for _, in := range plan.Intents {
		c.only[in.Key] = true
	}
	for range rounds + len(plan.Intents) { // what is delivered lets go what waited for it
		moved, err := c.deliver(ctx, time.Now().Add(breathTime))
		if err != nil {
			return plan, fmt.Errorf("deliver: %w", err)
		}
		if moved == 0 {
			break
		}
	}
	return plan, errors.Join(c.failures...)
}

// planOnly commits the plan with this hash.
func (c *cycle) planOnly(ctx context.Context, hash string) (plan Plan, err error) {
	err = c.sparing(func() error {
		return c.DB.Update(ctx, func(tx *store.Tx) error {
			if plan, err = c.planIn(ctx, tx); err != nil {
				return fmt.Errorf("plan: %w", err)
			}
			if now := plan.Hash(); len(hash) < ShortHash || !strings.HasPrefix(now, hash) {
				return fmt.Errorf("%w: what would be done now is not plan %s but %s, and nothing was done; see: ghlsms plan", ErrMoved, hash, now[:ShortHash])
			}
			return nil
		})
	})
	return plan, err
}

// Look reads both sides and tells what would be done. Only the mirror is written. What could not be
// read is in the error, beside the plan.
func (e *Engine) Look(ctx context.Context, work Work) (Plan, error) {
	c, err := e.quietly(ctx)
	if err != nil {
		return Plan{}, err
	}
	work |= c.more
	err = errors.Join(c.settle(ctx), c.poll(ctx, work))
	plan, planErr := e.Preview(ctx)
	return plan, errors.Join(append([]error{err, planErr}, c.failures...)...)
}

// quietly is a cycle that never stops in the middle of its reading to plan and deliver.
func (e *Engine) quietly(ctx context.Context) (*cycle, error) {
	c, err := e.begin(ctx)
	if err == nil {
		c.breath = c.breath.Add(24 * time.Hour)
	}
	return c, err
}
