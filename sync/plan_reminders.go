package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ghlsms/store"
)

// reminders decides every rule of every appointment that is near enough.
func (p *planning) reminders(ctx context.Context) error {
	if wrong, err := p.tx.Holds(ctx, store.Clock); err != nil || wrong {
		return err
	}
	longest := p.Rules.longest()
	since, err := p.tx.LastDecided(ctx)
	if err != nil {
		return err
	}
	if since.IsZero() {
		since = p.world.Born
	}
	from := earlier(p.tx.Now.Add(-p.Rules.Past), since) // a downtime may have been longer than the window
	near, err := p.tx.Starting(ctx, from, p.tx.Now.Add(longest).Add(time.Second))
	if err != nil {
		return err
	}
	for i := range near {
		if err := p.remind(ctx, &near[i]); err != nil {
			return fmt.Errorf("appointment %s: %w", near[i].CRMID, err)
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (p *planning) remind(ctx context.Context, a *store.Record) error {
	done, err := p.tx.Reminded(ctx, a.ID, a.Get(store.Start))
	if err != nil || !slices.ContainsFunc(p.Rules.Reminders, func(r Reminder) bool { return !done[r.Name] }) {
		return err
	}
	contact, err := p.tx.Record(ctx, store.Contact, a.ContactID)
	if err != nil {
		return err
	}
	_, out, err := p.tx.OptedOut(ctx, contact.Get(store.Phone))
	if err != nil {
		return err
	}
	for i := range p.Rules.Reminders {
		rule := &p.Rules.Reminders[i]
		if done[rule.Name] {
			continue
		}
		d := decideReminder(ReminderCase{rule, a, &contact, out}, p.world, p.tx.Now)
		if d.Wait {
			continue
		}
		if err := p.applyReminder(ctx, rule, a, &contact, d); err != nil {
			return err
		}
	}
	return nil
}

func (p *planning) applyReminder(ctx context.Context, rule *Reminder, a, contact *store.Record, d ReminderDecision) error {
	r := store.Reminder{AppointmentID: a.ID, Starts: a.Get(store.Start), Rule: rule.Name, DueAt: d.Due, Skipped: d.Skipped}
	if d.Skipped == "" {
		in := store.Intent{Key: reminderKey(a, rule.Name), ExpiresAt: earlier(a.Time(store.Start), d.Due.Add(lateLimit(rule.Before)))}
		if d.Due.Before(p.world.Restored) {
			in.State, in.StartedAt, in.Reason = store.Unknown, d.Due, "it may have been sent before the mirror was put back from a copy"
		}
		if a.HeldBy != 0 {
			in.State, in.BrakeID, in.Reason = store.Held, a.HeldBy, fmt.Sprintf("brake b%d: too many appointments changed at once", a.HeldBy)
		}
		id, err := p.text(ctx, in, store.Text{ContactID: contact.ID, Number: d.Number, Body: d.Body, Purpose: store.ForReminder})
		if err != nil {
			return err
		}
		r.OutboxID = id
	}
	p.plan.Reminders = append(p.plan.Reminders, PlannedReminder{rule.Name, fullName(contact), r.Starts, d.Due, d.Skipped, d.Body})
	return p.tx.AddReminder(ctx, r)
}
