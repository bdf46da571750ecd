package sync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ghlsms/store"
)

// The sources that are read, by the names their cursors have.
const (
	SourceContacts     = "crm.contacts"
	SourceTasks        = "crm.tasks"
	SourceAppointments = "crm.appointments"
	SourceLocation     = "crm.location"
	SourceCalendars    = "crm.calendars"
	SourceUsers        = "crm.users"
	SourceNotes        = "crm.notes"
	SourceFields       = "crm.fields"
	SourceSlots        = "crm.slots"
	SourceSweep        = "crm.sweep"
	SourceInbound      = "sms.inbound"
	SourceDelivery     = "sms.delivery"
	SourceOptOuts      = "sms.optouts"
	SourceBook         = "sms.book"
)

// Watched are the sources that people depend on: staff are told when they fall silent.
var Watched = []string{SourceContacts, SourceTasks, SourceAppointments, SourceInbound}

// alarms texts the first of staff, once for each time sources fall silent. Those that fall silent
// together are told together.
func (p *planning) alarms(ctx context.Context) error {
	if len(p.Rules.Staff) == 0 || p.Rules.StaleAfter == 0 {
		return nil
	}
	var silent []string
	var oldest time.Time
	for _, source := range Watched {
		since, err := p.silentSince(ctx, source)
		if err != nil {
			return err
		}
		if since.IsZero() || p.tx.Now.Sub(since) < p.Rules.StaleAfter/2 {
			continue
		}
		silent = append(silent, source)
		if oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	if len(silent) == 0 || p.tx.Now.Sub(oldest) < p.Rules.StaleAfter {
		return nil
	}
	for _, source := range silent {
		if err := p.tx.SetMeta(ctx, metaTold+source, p.tx.Now.Format(time.RFC3339)); err != nil {
			return err
		}
	}
	key := fmt.Sprintf("alarm/%s/%d", silent[0], p.tx.Now.UnixMilli())
	_, err := p.text(ctx, store.Intent{Key: key, ExpiresAt: p.tx.Now.Add(24 * time.Hour)}, store.Text{
		Number: string(p.Rules.Staff[0]), Purpose: store.ForAlarm,
		Body: fmt.Sprintf("ghlsms: %s could not be read since %s. Run: ghlsms status",
			strings.Join(silent, ", "), oldest.In(p.world.Zone).Format(clockForm+", Jan 2")),
	})
	return err
}

// metaTold and a source's name is when staff were last told of its silence.
const metaTold = "told."

// silentSince is when a source that cannot be read was last read, or else the mirror made; zero
// if it can be read, or if staff were told since.
func (p *planning) silentSince(ctx context.Context, source string) (time.Time, error) {
	c, err := p.tx.Cursor(ctx, source)
	if err != nil || c.FailedAt.IsZero() {
		return time.Time{}, err
	}
	since := c.ReadAt
	if since.IsZero() {
		since = p.world.Born
	}
	told, err := p.tx.Meta(ctx, metaTold+source)
	if err != nil {
		return time.Time{}, err
	}
	if at, err := time.Parse(time.RFC3339, told); err == nil && at.After(since) {
		return time.Time{}, nil
	}
	return since, nil
}
