package sync

import (
	"context"
	"fmt"
	"time"

	"ghlsms/store"
)

// The sources that are read, by the names their cursors have.
const (
	SourceContacts     = "crm.contacts"
	SourceTasks        = "crm.tasks"
	SourceAppointments = "crm.appointments"
	SourceDirectory    = "crm.directory"
	SourceSweep        = "crm.sweep"
	SourceInbound      = "sms.inbound"
	SourceDelivery     = "sms.delivery"
)

// watched are the sources whose silence staff are told about.
var watched = []string{SourceContacts, SourceTasks, SourceAppointments, SourceInbound}

// alarms texts the first of staff, once for each time a source falls silent.
func (p *planning) alarms(ctx context.Context) error {
	if len(p.Rules.Staff) == 0 || p.Rules.StaleAfter == 0 {
		return nil
	}
	for _, source := range watched {
		c, err := p.tx.Cursor(ctx, source)
		if err != nil {
			return err
		}
		if c.ReadAt.IsZero() || c.FailedAt.IsZero() || p.tx.Now.Sub(c.ReadAt) < p.Rules.StaleAfter {
			continue
		}
		key := fmt.Sprintf("alarm/%s/%d", source, c.ReadAt.UnixMilli())
		_, err = p.text(ctx, store.Intent{Key: key, ExpiresAt: p.tx.Now.Add(24 * time.Hour)}, store.Text{
			Number: string(p.Rules.Staff[0]), Purpose: store.ForAlarm,
			Body: fmt.Sprintf("ghlsms: %s could not be read since %s. Run: ghlsms status", source, c.ReadAt.In(p.world.Zone).Format(clockForm+", Jan 2")),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
