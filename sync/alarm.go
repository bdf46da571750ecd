package sync

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ghlsms/sms"
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

// alarms texts the first of staff about what has stood still for too long.
func (p *planning) alarms(ctx context.Context) error {
	if len(p.Rules.Staff) == 0 {
		return nil
	}
	if err := p.silence(ctx); err != nil {
		return err
	}
	return p.undecided(ctx)
}

// silence tells once of each time sources fall silent. Those that fall silent together are told
// together.
func (p *planning) silence(ctx context.Context) error {
	if p.Rules.StaleAfter == 0 {
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
	return p.alarm(ctx, silent[0], fmt.Sprintf("%s could not be read since %s", strings.Join(silent, ", "), p.alarmTime(oldest)))
}

// toldReminders stands for reminders that are overdue among the sources that staff were told of.
const toldReminders = "reminders"

// undecided tells once of each time in which reminders are overdue and not decided. It ends when none is.
func (p *planning) undecided(ctx context.Context) error {
	if p.Rules.UndecidedAfter == 0 {
		return nil
	}
	n, oldest, err := p.tx.OverdueReminders(ctx, p.tx.Now.Add(-p.Rules.UndecidedAfter))
	if err != nil {
		return err
	}
	told, err := p.tx.Meta(ctx, metaTold+toldReminders)
	if err != nil || (n > 0) == (told != "") {
		return err
	}
	if n == 0 {
		return p.tx.SetMeta(ctx, metaTold+toldReminders, "")
	}
	if err := p.tx.SetMeta(ctx, metaTold+toldReminders, p.tx.Now.Format(time.RFC3339)); err != nil {
		return err
	}
	what := "1 reminder is"
	if n > 1 {
		what = fmt.Sprintf("%d reminders are", n)
	}
	return p.alarm(ctx, toldReminders, fmt.Sprintf("%s due since %s and not decided", what, p.alarmTime(oldest)))
}

func (p *planning) alarmTime(t time.Time) string {
	return t.In(p.world.Zone).Format(clockForm + ", Jan 2")
}

// alarmPrefix begins the keys of all alarms.
const alarmPrefix = "alarm/"

// alarm tells staff what they are to hear of although planning failed, and lets nothing else leave: what
// stands against it may be what is not planned. So it leaves out a number that may have asked for no texts.
func (c *cycle) alarm(ctx context.Context) error {
	if len(c.Rules.Staff) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	only := map[string]bool{}
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		w, err := c.world(ctx, tx)
		if err != nil {
			return err
		}
		p := &planning{Engine: c.Engine, tx: tx, world: w}
		if err := c.caught("alarms", func() error { return errors.Join(p.meet(ctx), p.alarms(ctx)) }); err != nil {
			return err
		}
		ready, err := tx.Ready(ctx, planBatch)
		if err != nil {
			return err
		}
		for _, in := range ready {
			if !strings.HasPrefix(in.Key, alarmPrefix) {
				continue
			}
			t, err := tx.Text(ctx, in.ID)
			if err != nil {
				return err
			}
			stopped, err := c.Rules.mayHaveStopped(ctx, tx, t.Number)
			if err != nil {
				return err
			}
			only[in.Key] = !stopped
		}
		return nil
	})
	if err == nil {
		c.only = only
		_, err = c.deliver(ctx, time.Now().Add(breathTime))
		c.only = nil
	}
	if err != nil {
		return fmt.Errorf("alarm: %w", err)
	}
	return nil
}

// mayHaveStopped tells whether a text that is not decided may ask that a number be texted no more.
func (r *Rules) mayHaveStopped(ctx context.Context, tx *store.Tx, number string) (bool, error) {
	for skip := 0; ; skip += planBatch {
		texts, err := tx.Undecided(ctx, skip, planBatch)
		if err != nil || len(texts) == 0 {
			return false, err
		}
		for _, in := range texts {
			if in.Sender != number {
				continue
			}
			if cmd := r.Words.StaffCommand(in.Body); cmd.Verb == sms.VerbStop || cmd.MaybeStop {
				return true, nil
			}
		}
	}
}

// alarm texts the first of staff.
func (p *planning) alarm(ctx context.Context, about, what string) error {
	key := fmt.Sprintf(alarmPrefix+"%s/%d", about, p.tx.Now.UnixMilli())
	_, err := p.text(ctx, store.Intent{Key: key, ExpiresAt: p.tx.Now.Add(24 * time.Hour)}, store.Text{
		Number: string(p.Rules.Staff[0]), Purpose: store.ForAlarm, Body: "ghlsms: " + what + ". Run: ghlsms status",
	})
	return err
}

// metaTold and a source's name is when staff were last told of its silence; with toldReminders, when of
// the reminders that still are overdue.
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
