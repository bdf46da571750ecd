package sync

import (
	"context"
	"slices"
	"time"

	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/trouble"
)

// What a cycle keeps in the mirror about how it went.

// noteCycle keeps that a cycle failed for a reason that is no source's, or that it did not.
func (e *Engine) noteCycle(ctx context.Context, err error) error {
	if plan.IsPanic(err) {
		err = nil // it stands among the sources, with the record it is about
	}
	if err == nil && e.cycleKnown && !e.cycleFailed {
		return nil
	}
	noted := e.DB.Update(ctx, func(tx *store.Tx) error {
		if err != nil {
			return tx.ReadFailed(ctx, store.SourceCycle, obstacle(err), err.Error())
		}
		return tx.DropCursor(ctx, store.SourceCycle)
	})
	e.cycleKnown, e.cycleFailed = noted == nil, err != nil
	return noted
}

// noteStop keeps, once in a process, that nothing was read for long before it began: it is the cause of what is late now.
func (c *cycle) noteStop(ctx context.Context) error {
	if c.Config.StaleAfter == 0 {
		return nil
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		var last time.Time
		for _, name := range store.Watched {
			at, err := tx.Cursor(ctx, name)
			if err != nil {
				return err
			}
			for _, t := range []time.Time{at.ReadAt, at.FailedAt} {
				if t.After(last) {
					last = t
				}
			}
		}
		if last.IsZero() || tx.Now.Sub(last) < c.Config.StaleAfter {
			return nil
		}
		_, err := tx.BeginTrouble(ctx, trouble.Stop(last, tx.Now))
		return err
	})
}

// noteTroubles keeps what is not as people expect, and logs what began and what is over.
func (e *Engine) noteTroubles(ctx context.Context) error {
	c, err := trouble.Note(ctx, e.DB, e.Config.TroubleLook(), trouble.InMirror)
	for _, t := range slices.Concat(c.Begun, c.Back) {
		if trouble.Loud(t) {
			e.Log.Warn("trouble", "what", t.What, "cost", t.Cost, "remedy", t.Remedy, "came_back", t.Returns)
		}
	}
	for _, t := range c.Ended {
		if trouble.Loud(t) {
			e.Log.Info("trouble is over", "what", t.What)
		}
	}
	return err
}
