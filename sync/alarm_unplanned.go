package sync

import (
	"context"
	"fmt"
	"time"

	"ghlsms/store"
)

// alarm tells staff what they are to hear of although planning failed, and lets nothing else leave: what
// stands against it may be what is not planned.
func (c *cycle) alarm(ctx context.Context) error {
	if len(c.Config.Staff) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		c.only, err = c.planner().Alarms(ctx, tx)
		return err
	})
	if err == nil {
		_, err = c.deliver(ctx, time.Now().Add(breathTime))
	}
	c.only = nil
	if err != nil {
		return fmt.Errorf("alarm: %w", err)
	}
	return nil
}
