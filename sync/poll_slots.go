package sync

import (
	"context"
	"errors"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/inbound"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

const slotDays = 14 // how far ahead free time is looked for

const slotLead = time.Hour // how long before a time it is offered

const slotPatience = 10 * time.Minute // how long a calendar that cannot be read is asked

// readSlots asks calendars for free time, where somebody waits for it.
func (c *cycle) readSlots(ctx context.Context) error {
	var waiting []store.Question
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.Questions(ctx, store.QuestionReading, plan.QuestionBatch)
		return err
	})
	if err != nil || len(waiting) == 0 {
		return err
	}
	return c.source(ctx, readCRM, store.SourceSlots, func(ctx context.Context) error {
		return each(ctx, c, readCRM, waiting, c.readSlotsFor)
	})
}

// readSlotsFor stores the next free times for one question. A calendar that does not answer is asked again for
// slotPatience; after that, or if it has no free time, the question goes to staff.
func (c *cycle) readSlotsFor(ctx context.Context, q store.Question) error {
	var a, contact store.Record
	var w wording.World
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		if a, err = tx.Record(ctx, store.Appointment, q.AppointmentID); err != nil {
			return err
		}
		if contact, err = tx.Record(ctx, store.Contact, a.ContactID); err != nil {
			return err
		}
		w, err = plan.LoadWorld(ctx, tx, &c.Config)
		return err
	})
	if err != nil {
		return err
	}
	zone := w.ZoneOf(&contact)
	from := time.Now().Add(max(c.Config.Inbound.Cutoff, slotLead))
	if wish := c.wishedFor(q, zone); wish.After(from) {
		from = wish
	}
	days, err := c.CRM.FreeSlots(ctx, ghl.CalendarID(a.Get(store.Calendar)), ghl.SlotQuery{
		From: from, To: from.AddDate(0, 0, slotDays), Timezone: zone.String(), User: ghl.UserID(a.Get(store.Assigned)),
	})
	err = c.partly(store.SourceSlots, err)
	if err != nil && time.Since(q.RaisedAt) < slotPatience && !errors.Is(err, ghl.ErrNotFound) {
		return err
	}
	q.State, q.Choices = store.QuestionRead, slotChoices(days, &a, from)
	return errors.Join(err, c.DB.Update(ctx, func(tx *store.Tx) error { return tx.SetQuestion(ctx, q) }))
}

// wishedFor is from when on a text wants another time, as in "reschedule for friday"; zero if it does not
// say.
func (c *cycle) wishedFor(q store.Question, zone *time.Location) time.Time {
	at, found := c.Config.Inbound.Words.Dates().Find(q.Text, q.RaisedAt.In(zone), c.Config.Region)
	switch {
	case !found:
		return time.Time{}
	case at.HasTime && !at.OnlyPart:
		return at.At
	case at.Roughly: // next week begins on its monday
		at.At = at.At.AddDate(0, 0, -(int(at.At.Weekday())+6)%7)
	}
	return time.Date(at.At.Year(), at.At.Month(), at.At.Day(), 0, 0, 0, 0, zone)
}

// slotChoices are the first free times: two of a day at most, and none that it has already.
func slotChoices(days []ghl.DaySlots, a *store.Record, from time.Time) (choices []store.Choice) {
	const mostOfDay = 2
	length := a.Time(store.End).Sub(a.Time(store.Start))
	for _, day := range days {
		ofDay := 0
		for _, at := range day.Starts {
			if len(choices) == inbound.MostChoices || ofDay == mostOfDay || at.Before(from) || at.Equal(a.Time(store.Start)) {
				continue
			}
			ofDay++
			choices = append(choices, store.Choice{Start: record.Time(at), End: record.Time(at.Add(length))})
		}
	}
	return choices
}
