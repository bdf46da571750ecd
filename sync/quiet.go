package sync

import (
	"cmp"
	"context"
	"errors"
	"time"

	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// ruleHours are the hours that a rule's text keeps to, where its recipient is.
type ruleHours struct {
	rule    *rule.Rule // without hours of its own where it is no more
	texting hours.Week
	zone    *time.Location
}

// ruleHours reads those of a text; ok is false for one that no rule wrote.
func (e textEffect) ruleHours(ctx context.Context, tx *store.Tx, in store.Intent, t store.Text) (h ruleHours, ok bool, err error) {
	if t.Purpose != store.ForRule && t.Purpose != store.ForNotice {
		return h, false, nil
	}
	w, err := plan.LoadWorld(ctx, tx, &e.Config)
	if err != nil {
		return h, false, err
	}
	h = ruleHours{rule: cmp.Or(e.Config.RuleOf(in.Key), &rule.Rule{}), texting: hours.Always, zone: w.Zone}
	if t.Purpose == store.ForNotice { // staff are told at any hour that the rule lets them
		return h, true, nil
	}
	contact, err := tx.Record(ctx, store.Contact, t.ContactID)
	if err != nil && !errors.Is(err, store.ErrNoRecord) {
		return h, false, err
	}
	place := w.PlaceOf(&contact, t.Number, w.ClockOf("", nil))
	h.zone = place.Zone
	if !h.rule.Answers(in.CreatedAt, tx.Now) {
		h.texting = w.HoursOf(&contact, t.Number, place, tx.Now)
	}
	return h, true, nil
}

// untimely returns the reason why a rule's text that waited in the outbox must not leave at this hour, or "", and until
// when it waits.
func (e textEffect) untimely(ctx context.Context, tx *store.Tx, in store.Intent, t store.Text) (reason string, wait time.Time, err error) {
	h, ok, err := e.ruleHours(ctx, tx, in, t)
	if err != nil || !ok {
		return "", wait, err
	}
	why, both := h.rule.Closed(h.texting, tx.Now, h.zone)
	reason, wait = untilOpen(why, both, h.zone, in.ExpiresAt, tx.Now)
	return reason, wait, nil
}

// usefulUntil is until when a text may still lie at the gateway: a rule's no longer than the rule's own hours.
func (e textEffect) usefulUntil(ctx context.Context, tx *store.Tx, in store.Intent, t store.Text) (time.Time, error) {
	h, ok, err := e.ruleHours(ctx, tx, in, t)
	if err != nil || !ok || h.rule.Between == nil {
		return in.ExpiresAt, err
	}
	open, closes := h.rule.Between.Open(tx.Now, h.zone)
	if !open || !in.ExpiresAt.IsZero() && in.ExpiresAt.Before(closes) {
		closes = in.ExpiresAt
	}
	return closes, nil
}

// quietHours is why a text must not leave at an hour at which its recipient may not be texted, by somebody's clock, and until
// when it waits; a zero time: it is of no use by then.
func quietHours(w wording.World, contact *store.Record, number string, whose hours.Whose, expires, now time.Time) (reason string, wait time.Time) {
	place := w.PlaceOf(contact, number, whose)
	week := w.HoursOf(contact, number, place, now)
	why, _ := (&rule.Rule{}).Closed(week, now, place.Zone)
	return untilOpen(why, week, place.Zone, expires, now)
}

// untilOpen is why a text does not leave for hours that are closed, and until when it waits for them; a zero time: it
// is of no use by then.
func untilOpen(why string, week hours.Week, zone *time.Location, expires, now time.Time) (reason string, wait time.Time) {
	if why == "" {
		return "", wait
	}
	opens, ok := week.Shift(now, time.Time{}, zone, hours.Later)
	if !ok || !expires.IsZero() && !opens.Before(expires) {
		return why + ", and later it is too late", wait
	}
	return why, opens
}
