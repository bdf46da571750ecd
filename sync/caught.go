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

// whichOne is how a record that is read on its own is called in an error.
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

// SourcePlanning stands among the sources for records that cannot be planned, while there are any.
const SourcePlanning = "planning"

// noteLeftOut has people see what could not be planned, for as long as there is something. One record's mistake is
// a failure of the cycle once.
func (c *cycle) noteLeftOut(ctx context.Context, left []error) error {
	for _, err := range left {
		if !slices.Contains(c.failures, err) {
			c.failures = append(c.failures, err)
		}
	}
	err := errors.Join(left...)
	if err == nil && !c.notedLeftOut && c.looked {
		return nil
	}
	c.notedLeftOut, c.looked = err != nil, true
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		if err != nil {
			return tx.ReadFailed(ctx, SourcePlanning, store.Mistake, err.Error())
		}
		return tx.DropCursor(ctx, SourcePlanning)
	})
}

// end stores the outcome of an intent. What goes wrong with that by a mistake of ours leaves it unknown: it
// may have been done.
func (c *cycle) end(ctx context.Context, in store.Intent, r result) error {
	err := c.caught(in.Key, func() error { return c.conclude(ctx, in, r) })
	if !plan.IsPanic(err) {
		return err
	}
	c.failures = append(c.failures, err)
	return c.conclude(ctx, in, result{err: err})
}
