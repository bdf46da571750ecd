package sync

import (
	"context"
	"errors"
	"time"

	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/wording"
)

// untimely returns the reason why a rule's text that waited in the outbox must not leave at this hour, or "", and until
// when it waits. The hours of the rule need no second look: outside them it is not due yet, or of no use any more.
func (e textEffect) untimely(ctx context.Context, tx *store.Tx, in store.Intent, t store.Text) (reason string, wait time.Time, err error) {
	if t.Purpose != store.ForRule {
		return "", wait, nil
	}
	if rule := e.Config.RuleOf(in.Key); rule != nil && rule.Answers(in.CreatedAt, tx.Now) {
		return "", wait, nil
	}
	contact, err := tx.Record(ctx, store.Contact, t.ContactID)
	if err != nil && !errors.Is(err, store.ErrNoRecord) {
		return "", wait, err
	}
	w, err := plan.LoadWorld(ctx, tx, &e.Config)
	if err != nil {
		return "", wait, err
	}
	reason, wait = quietHours(w, &contact, t.Number, in.ExpiresAt, tx.Now)
	return reason, wait, nil
}

// quietHours is why a text must not leave at an hour at which its recipient may not be texted, and until when it
// waits; a zero time: it is of no use by then.
func quietHours(w wording.World, contact *store.Record, number string, expires, now time.Time) (reason string, wait time.Time) {
	zone := w.ZoneOf(contact)
	week, _ := w.Hours.Of(contact, number)
	if open, _ := week.Open(now, zone); open {
		return "", wait
	}
	opens, ok := week.Shift(now, time.Time{}, zone, hours.Later)
	if !ok || !expires.IsZero() && !opens.Before(expires) {
		return "people may not be texted at this hour, and later it is too late", wait
	}
	return "people may not be texted at this hour", opens
}
