package sync

import (
	"context"
	"fmt"
	"time"

	"ghlsms/store"
	"ghlsms/sync/plan"
)

// goneFloor is how many records may always vanish: small numbers prove nothing.
const goneFloor = 5

// brakeGone is why missing records must not be believed to be deleted.
func brakeGone(missing, known int, l plan.Limits) string {
	switch {
	case missing <= goneFloor:
	case l.GoneShare > 0 && float64(missing) > l.GoneShare*float64(known):
		return fmt.Sprintf("%d of %d vanished at once (limits.gone_share)", missing, known)
	case l.GoneMost > 0 && missing > l.GoneMost:
		return fmt.Sprintf("%d of %d vanished at once (limits.gone_most)", missing, known)
	}
	return ""
}

// sameChanges is how long a person's decision about many changes also covers further ones.
const sameChanges = 24 * time.Hour

// pullChanges pulls the brake about many changes at once. A decision older than sameChanges was about other
// changes, and does not cover these.
func (c *cycle) pullChanges(ctx context.Context, tx *store.Tx, b store.Brake) (store.Brake, error) {
	old, found, err := tx.Standing(ctx, b.Kind, b.Entity, b.Scope)
	if err == nil && found && old.State != store.BrakeHeld && tx.Now.Sub(old.DecidedAt) > sameChanges {
		err = tx.Over(ctx, b.Kind, b.Entity, b.Scope)
	}
	if err != nil {
		return b, err
	}
	return c.pull(ctx, tx, b)
}

// changedFloor is how many records may always change at once.
const changedFloor = 20

// brakeChanged is why what follows from many changes at once must wait.
func brakeChanged(changed, known int, l plan.Limits) string {
	if l.ChangedShare > 0 && changed > changedFloor && float64(changed) > l.ChangedShare*float64(known) {
		return fmt.Sprintf("%d of %d changed at once (limits.changed_share)", changed, known)
	}
	return ""
}

// BrakeError says that something suspicious was found and is held.
type BrakeError struct{ store.Brake }

func (e *BrakeError) Error() string {
	return fmt.Sprintf("brake b%d, %s: %s (ghlsms held show b%d)", e.ID, e.Title(), e.Evidence, e.ID)
}

// pull pulls a brake and returns the one that stands. The first time is a failure of the cycle, so
// that somebody hears of it.
func (c *cycle) pull(ctx context.Context, tx *store.Tx, b store.Brake) (store.Brake, error) {
	b, added, err := tx.Pull(ctx, b)
	if err == nil && added {
		c.failures = append(c.failures, &BrakeError{b})
	}
	return b, err
}

// pullAnew pulls a brake about something new, for which a person's earlier decision does not count.
func (c *cycle) pullAnew(ctx context.Context, tx *store.Tx, b store.Brake) error {
	if err := tx.Over(ctx, b.Kind, b.Entity, b.Scope); err != nil {
		return err
	}
	_, err := c.pull(ctx, tx, b)
	return err
}

// believable tells whether records that a list does not show may be read by id, to be found deleted: no brake
// holds that.
func (c *cycle) believable(ctx context.Context, tx *store.Tx, e store.Entity, scope string, seen enumeration, missing, known int) (bool, error) {
	for _, doubt := range []struct {
		kind     store.BrakeKind
		evidence string
	}{
		{store.Incomplete, seen.incomplete()},
		{store.Deletions, brakeGone(missing, known, c.Config.Limits)},
	} {
		believed, err := c.doubt(ctx, tx, store.Brake{Kind: doubt.kind, Entity: e, Scope: scope, Size: missing, Evidence: doubt.evidence})
		if err != nil || !believed {
			return false, err
		}
	}
	return c.identityConfirmed(ctx, tx, e, scope, missing)
}

// identityConfirmed ends the brake about another token once a sweep with that token shows everybody known.
func (c *cycle) identityConfirmed(ctx context.Context, tx *store.Tx, e store.Entity, scope string, missing int) (bool, error) {
	held, err := tx.Holds(ctx, store.Identity)
	if err != nil || !held {
		return !held, err
	}
	if e != store.Contact || scope != "" || missing > goneFloor {
		return false, nil
	}
	return true, tx.Over(ctx, store.Identity, "", "")
}

// doubt pulls the brake if there is evidence, ends it if there is none, and tells whether to go on:
// there is no evidence, or a person believes it all the same.
func (c *cycle) doubt(ctx context.Context, tx *store.Tx, b store.Brake) (goOn bool, err error) {
	if b.Evidence == "" {
		return true, tx.Over(ctx, b.Kind, b.Entity, b.Scope)
	}
	b, err = c.pull(ctx, tx, b)
	return b.State == store.BrakeReleased, err
}

// suspectChanges holds what follows from changes that were read since a time, if they are
// suspiciously many.
func (c *cycle) suspectChanges(ctx context.Context, e store.Entity, changed int) error {
	if changed <= changedFloor {
		return nil
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		known, err := tx.Living(ctx, e)
		if err != nil {
			return err
		}
		evidence := brakeChanged(changed, known, c.Config.Limits)
		if evidence == "" {
			return nil
		}
		b, err := c.pullChanges(ctx, tx, store.Brake{Kind: store.Changes, Entity: e, Size: changed, Evidence: evidence})
		if err != nil || b.State != store.BrakeHeld {
			return err
		}
		return tx.Quarantine(ctx, e, b.ID, c.began)
	})
}
