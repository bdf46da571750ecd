package plan

import (
	"context"
	"errors"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// enqueue puts one effect into the outbox, held where a brake says so.
func (p *planning) enqueue(ctx context.Context, in store.Intent) error {
	if in.Kind == store.CreateContact {
		hour, day, err := p.lately(ctx, store.CreateContact)
		if err != nil {
			return err
		}
		hold(&in, BrakeContact(Counts{ContactsInHour: hour, ContactsInDay: day}, p.cfg.Limits))
	}
	_, added, err := p.tx.Enqueue(ctx, in)
	if reused, ok := errors.AsType[*store.KeyReusedError](err); ok {
		setAside(&in, reused)
		_, added, err = notTwice(p.tx.Enqueue(ctx, in))
	}
	if err == nil && added {
		p.planned(in, string(in.Payload))
	}
	return err
}

// text puts one text into the outbox. The confirmation of an opt-out passes every brake: it is owed, and at most one is
// ever sent. So does what staff are told of trouble: a limit that is reached is one.
func (p *planning) text(ctx context.Context, in store.Intent, t store.Text) (id int64, err error) {
	t.Body = sms.Plain(sms.Clean(t.Body)) // it may quote what the CRM has
	t.Parts, _ = sms.Segments(t.Body)
	in.Kind = store.SendText
	if t.Purpose != store.ForOptOut && t.Purpose != store.ForAlarm {
		var c Counts
		if c.TextsInHour, c.TextsInDay, err = p.lately(ctx, store.SendText); err != nil {
			return 0, err
		}
		if c.TextsToPerson, err = p.tx.TextsTo(ctx, t.Number, t.Purpose, p.tx.Now.Add(-24*time.Hour)); err != nil {
			return 0, err
		}
		hold(&in, BrakeText(c, p.cfg.Limits))
	}
	if in.State == store.Unknown {
		t.Gateway = p.gateway.Name // it is the one to be asked
	}
	id, added, err := p.tx.EnqueueText(ctx, in, t)
	if reused, ok := errors.AsType[*store.KeyReusedError](err); ok {
		setAside(&in, reused)
		id, added, err = notTwice(p.tx.EnqueueText(ctx, in, t))
	}
	if err == nil && added {
		p.planned(in, t.Body)
	}
	return id, err
}

// aside is put after a key that belongs to another effect already.
const aside = "/aside"

// setAside holds an effect whose key was used for another one. That is a mistake of ours, so a person
// looks at it; everything else is planned.
func setAside(in *store.Intent, reused *store.KeyReusedError) {
	in.Key += aside
	in.State, in.Reason, in.BrakeID = store.Held, reused.Error(), 0
}

// notTwice returns the effect that is already set aside under a key in place of another one with that key.
func notTwice(id int64, added bool, err error) (int64, bool, error) {
	if reused, ok := errors.AsType[*store.KeyReusedError](err); ok {
		return reused.ID, false, nil
	}
	return id, added, err
}

// lately counts the intents of a kind in the last hour and day.
func (p *planning) lately(ctx context.Context, k store.Kind) (hour, day int, err error) {
	hour, err1 := p.tx.CountSince(ctx, k, p.tx.Now.Add(-time.Hour))
	day, err2 := p.tx.CountSince(ctx, k, p.tx.Now.Add(-24*time.Hour))
	return hour, day, errors.Join(err1, err2)
}

func hold(in *store.Intent, reason string) {
	if reason != "" && in.State == "" {
		in.State, in.Reason = store.Held, reason
	}
}

func (p *planning) planned(in store.Intent, what string) {
	if in.State == "" {
		in.State = store.Pending
	}
	p.plan.Intents = append(p.plan.Intents, PlannedIntent{in.Key, in.Kind, in.State, in.Reason, what})
}
