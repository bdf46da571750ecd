package plan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/rule"
)

// cursorClock is the cursor that remembers up to when due times were checked.
const cursorClock = "plan.rules"

// clock fires the timed rules for what came due since it last ran, unless a brake says that the clock is
// wrong.
func (r *ruling) clock(ctx context.Context) error {
	if !slices.ContainsFunc(r.cfg.Rules, func(one rule.Rule) bool { t, _ := rule.TriggerOf(one.On); return t.Clock }) {
		return nil
	}
	if wrong, err := r.tx.Holds(ctx, store.Clock); err != nil || wrong {
		return err
	}
	cursor, err := r.tx.Cursor(ctx, cursorClock)
	if err != nil {
		return err
	}
	from, err := time.Parse(store.TimeForm, cursor.Position)
	now := r.tx.Now.Truncate(time.Second)
	if err != nil || from.After(now) { // the first time, or the clock ran ahead
		from = now
	}
	for i := range r.cfg.Rules {
		if err := r.comesDue(ctx, &r.cfg.Rules[i], from, now); err != nil {
			return fmt.Errorf("rule %s: %w", r.cfg.Rules[i].Name, err)
		}
	}
	if err := r.tx.MoveCursor(ctx, cursorClock, now.Format(store.TimeForm)); err != nil {
		return err
	}
	return r.journal(ctx) // the events that follow
}

// comesDue fires one timed rule for the records that came due in a span of time.
func (r *ruling) comesDue(ctx context.Context, one *rule.Rule, from, now time.Time) error {
	var due []store.Record
	var err error
	switch one.Timed() {
	case store.Task:
		due, err = r.tx.DueTasks(ctx, from.Add(-one.Delay()), now.Add(-one.Delay()))
	case store.Appointment:
		due, err = r.tx.Ended(ctx, from.Add(-one.Delay()), now.Add(-one.Delay()))
	default:
		if one.On == "time of day" {
			err = r.timeOfDay(ctx, one, from, now)
		}
	}
	for i := range due {
		if err != nil {
			break
		}
		var excluded bool
		excluded, err = r.one("rule "+one.Name+" for "+string(due[i].Entity), due[i].ID, func() error { return r.due(ctx, one, &due[i]) })
		if excluded { // it comes again by the journal
			at, _ := one.Moment(&due[i])
			err = r.tx.AddEvent(ctx, store.Event{Entity: due[i].Entity, RecordID: due[i].ID, Before: due[i].Value(), After: due[i].Value(), At: at})
		}
	}
	return err
}

// due fires a rule for a record whose time has come, once for each due time or end.
func (r *ruling) due(ctx context.Context, one *rule.Rule, rec *store.Record) error {
	at, value := one.Moment(rec)
	if since := r.known[one.Name].Since; value == "" || !at.After(since) {
		return nil
	}
	if fired, err := r.tx.Fired(ctx, one.Name, rec.Entity, rec.ID, value); err != nil || fired {
		return err
	}
	e := store.Event{Entity: rec.Entity, RecordID: rec.ID, Before: rec.Value(), After: rec.Value(), At: at}
	c, err := r.caseOf(ctx, &e)
	if err != nil {
		return err
	}
	if rec.HeldBy != 0 || unread(c.Contact) {
		return r.tx.AddEvent(ctx, e) // it comes again by the journal
	}
	c.Rule = one
	id := rec.CRMID
	if id == "" {
		id = fmt.Sprint("#", rec.ID)
	}
	return r.decide(ctx, c, value, fmt.Sprintf("%s/%s/%s", rec.Entity, id, value))
}

// firePast fires timed rules for due times and appointment ends that were already past when the mirror learned of them.
func (r *ruling) firePast(ctx context.Context, e *store.Event, c *rule.Case) error {
	rec, field := c.Task, store.Due
	switch {
	case r.doubt, e.Rule != "":
		return nil
	case e.Entity == store.Appointment:
		rec, field = c.Appointment, store.End
	case e.Entity != store.Task:
		return nil
	}
	if e.Before != nil && e.Before[field] == e.After[field] && !record.SameFields(e.Before, e.After) {
		return nil
	}
	for i := range r.cfg.Rules {
		one := &r.cfg.Rules[i]
		if one.Timed() != e.Entity {
			continue
		}
		if at, _ := one.Moment(rec); at.After(r.tx.Now) || r.tx.Now.Sub(at) > rule.TimeLimit {
			continue
		}
		if err := r.due(ctx, one, rec); err != nil {
			return err
		}
	}
	return nil
}

// mostDays is how many missed days a rule fires for, one by one.
const mostDays = 31

// timeOfDay fires once for each day on which the time came, by the clock of the location. Where that
// skips the time it is as much later, and where it comes twice it is the first.
func (r *ruling) timeOfDay(ctx context.Context, one *rule.Rule, from, now time.Time) error {
	first := from.In(r.world.Zone)
	if long := now.AddDate(0, 0, -mostDays).In(r.world.Zone); first.Before(long) {
		first = long
	}
	for d := 0; d <= mostDays+1; d++ {
		at := one.At.On(first, d)
		if at.After(now) {
			return nil
		}
		if !at.After(from) || !at.After(r.known[one.Name].Since) || len(one.Days) > 0 && !slices.Contains(one.Days, at.Weekday()) {
			continue
		}
		day := time.Date(first.Year(), first.Month(), first.Day()+d, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if fired, err := r.tx.Fired(ctx, one.Name, "", 0, day); err != nil || fired {
			return err
		}
		if err := r.decide(ctx, rule.Case{Rule: one, At: at}, day, "day/"+day); err != nil {
			return err
		}
	}
	return nil
}
