package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ghlsms/store"
	"ghlsms/sync/plan"
)

// caught does something, and makes an error of a panic in it; see [plan.Catch].
func (e *Engine) caught(about string, do func() error) error { return plan.Catch(e.Log, about, do) }

// whichOne names a record that is read on its own, for an error.
func whichOne(one any) string {
	switch one := one.(type) {
	case string:
		return one
	case store.Record:
		return fmt.Sprintf("%s %d", one.Entity, one.ID)
	case store.Text:
		return fmt.Sprintf("the state of text %d", one.OutboxID)
	case store.Question:
		return fmt.Sprintf("free times for question %d", one.ID)
	case store.ListedCalendar:
		return "a calendar"
	}
	return fmt.Sprintf("%T", one)
}

// noteExcluded shows the records that cannot be planned as a failing source, for as long as there are any. Each
// is a failure of the cycle once.
func (c *cycle) noteExcluded(ctx context.Context, excluded []error) error {
	for _, err := range excluded {
		if !slices.Contains(c.failures, err) {
			c.failures = append(c.failures, err)
		}
	}
	err := errors.Join(excluded...)
	if err == nil && !c.notedExcluded && c.looked {
		return nil
	}
	c.notedExcluded, c.looked = err != nil, true
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		if err != nil {
			return tx.ReadFailed(ctx, store.SourcePlanning, store.Mistake, err.Error())
		}
		return tx.DropCursor(ctx, store.SourcePlanning)
	})
}

// end stores the outcome of an intent. If that panics the outcome is unknown, since the effect may have
// happened.
func (c *cycle) end(ctx context.Context, in store.Intent, r result) error {
	err := c.caught(in.Key, func() error { return c.conclude(ctx, in, r) })
	if !plan.IsPanic(err) {
		return err
	}
	c.failures = append(c.failures, err)
	return c.conclude(ctx, in, result{err: err})
}
