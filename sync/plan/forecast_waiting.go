package plan

import (
	"context"
	"fmt"
	"time"

	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// waiting predicts what becomes of a decided text that waits to be sent.
func (s *forecaster) waiting(ctx context.Context, a *outlook, f *forecast, row *store.Reminder) error {
	in, err := s.tx.Intent(ctx, row.OutboxID)
	if err != nil {
		return err
	}
	t, err := s.tx.Text(ctx, row.OutboxID)
	if err != nil {
		return err
	}
	told, err := s.tx.RemindersIn(ctx, row.OutboxID)
	if err != nil {
		return err
	}
	visits, err := VisitsOf(ctx, s.tx, told)
	if err != nil {
		return err
	}
	f.queued, f.several = true, len(told) > 1
	f.Due, f.Leaves, f.Zone, f.ZoneFrom, f.Number = row.DueAt, s.tx.Now, row.Zone, row.ZoneFrom, t.Number
	f.Decision, f.Text, f.Why, f.d.Leaves = ForecastText, t.Body, "it waits to leave", row.LeavesAt
	if in.DueAt.After(f.Leaves) {
		f.Leaves = in.DueAt
	}
	for i, v := range visits {
		reason := f.c.Rule.Outdated(&told[i], v, t.Number, s.world, s.tx.Now)
		switch {
		case reason == "":
		case told[i].ID == row.ID:
			f.drop(reason)
			return nil
		default: // the text is given up, and this one is told anew
			f.queued, f.several, f.Why = false, false, ""
			f.foresee(s.world, s.tx.Now, s.pauses)
			return nil
		}
	}
	switch _, why := record.Reachable(&a.contact, a.out); {
	case why != "":
		f.drop(why)
	case in.State == store.Held:
		f.Decision, f.Why, f.Text = ForecastWait, fmt.Sprintf("it is held: ghlsms outbox show %d", in.ID), ""
	default:
		s.leaves(a, f, in.ExpiresAt)
		if first := told[0]; f.Decision == ForecastText && first.ID != row.ID {
			f.joined(&forecast{Forecast: Forecast{AppointmentID: first.AppointmentID, Leaves: f.Leaves}})
		}
	}
	return nil
}

// leaves moves the time at which a waiting text leaves past pauses and quiet hours, until it is too late.
func (s *forecaster) leaves(a *outlook, f *forecast, expires time.Time) {
	place := s.world.PlaceOf(&a.contact, f.Number, s.world.ClockOf(f.c.Rule.Clock, f.c.Appointment))
	zone := place.Zone
	for _, p := range s.pauses {
		if (p.Rule == "" || p.Rule == f.Rule) && !p.Until.Before(f.Leaves) {
			f.Leaves, f.Why = p.Until, f.paused(s.world, p.Until)
		}
	}
	week := s.world.HoursOf(&a.contact, f.Number, place, f.Leaves)
	if open, _ := week.Open(f.Leaves, zone); !open && f.c.Rule.Quiet != hours.Ignore {
		opens, ok := week.Shift(f.Leaves, time.Time{}, zone, hours.Later)
		if !ok {
			f.drop("people may not be texted on any day")
			return
		}
		f.Leaves, f.Why = opens.UTC(), "people may not be texted before "+wording.When(opens.In(zone))
	}
	if !expires.IsZero() && !f.Leaves.Before(expires) {
		f.drop(f.Why + ", and then it is too late")
	}
}

// drop predicts that a waiting text is dropped.
func (f *forecast) drop(why string) {
	f.Decision, f.Why, f.Text, f.Leaves = ForecastSkip, why, "", f.d.Leaves
}
