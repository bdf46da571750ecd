package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
)

// Free time that people are offered, and what became of their choice.

const (
	slotDays      = 14               // how far ahead free time is looked for
	slotLead      = time.Hour        // how long before a time it is offered
	slotPatience  = 10 * time.Minute // how long a calendar that cannot be read is asked
	questionBatch = 100
)

// readSlots asks calendars for free time, where somebody waits for it.
func (c *cycle) readSlots(ctx context.Context) error {
	var waiting []store.Question
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		waiting, err = tx.Questions(ctx, store.QuestionReading, questionBatch)
		return err
	})
	if err != nil || len(waiting) == 0 {
		return err
	}
	return c.source(ctx, readCRM, SourceSlots, func(ctx context.Context) error {
		return each(ctx, c, readCRM, waiting, c.readSlotsFor)
	})
}

// readSlotsFor stores the next free times of one question. A calendar that does not answer is asked
// again for some minutes; then, and where it answers that it has none, staff are.
func (c *cycle) readSlotsFor(ctx context.Context, q store.Question) error {
	var a, contact store.Record
	var w World
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		if a, err = tx.Record(ctx, store.Appointment, q.AppointmentID); err != nil {
			return err
		}
		if contact, err = tx.Record(ctx, store.Contact, a.ContactID); err != nil {
			return err
		}
		w, err = c.world(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	zone := w.zone(&contact)
	from := time.Now().Add(max(c.Rules.Cutoff, slotLead))
	if wish := c.wishedFor(q, zone); wish.After(from) {
		from = wish
	}
	days, err := c.CRM.FreeSlots(ctx, ghl.CalendarID(a.Get(store.Calendar)), ghl.SlotQuery{
		From: from, To: from.AddDate(0, 0, slotDays), Timezone: zone.String(), User: ghl.UserID(a.Get(store.Assigned)),
	})
	err = c.partly(SourceSlots, err)
	if err != nil && time.Since(q.RaisedAt) < slotPatience && !errors.Is(err, ghl.ErrNotFound) {
		return err
	}
	q.State, q.Choices = store.QuestionRead, slotChoices(days, &a, from)
	return errors.Join(err, c.DB.Update(ctx, func(tx *store.Tx) error { return tx.SetQuestion(ctx, q) }))
}

// wishedFor is from when on a text wants another time, as in "reschedule for friday"; zero if it does not
// say.
func (c *cycle) wishedFor(q store.Question, zone *time.Location) time.Time {
	at, found := c.Rules.Words.FindWhen(q.Text, q.RaisedAt.In(zone), c.Rules.Region)
	switch {
	case !found:
		return time.Time{}
	case at.HasTime:
		return at.At
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
			if len(choices) == mostChoices || ofDay == mostOfDay || at.Before(from) || at.Equal(a.Time(store.Start)) {
				continue
			}
			ofDay++
			choices = append(choices, store.Choice{Start: canonicalTime(at), End: canonicalTime(at.Add(length))})
		}
	}
	return choices
}

// questions offers what was read, and tells what became of what was chosen.
func (p *planning) questions(ctx context.Context) error {
	for _, step := range []struct {
		state store.QuestionState
		next  func(context.Context, *askedAbout) error
	}{{store.QuestionRead, p.offer}, {store.QuestionBooking, p.booked}} {
		all, err := p.tx.Questions(ctx, step.state, questionBatch)
		if err != nil {
			return err
		}
		for i := range all {
			_, err := p.one("question", all[i].ID, func() error {
				q, err := p.askedAbout(ctx, &all[i])
				switch {
				case errors.Is(err, store.ErrNoRecord): // nothing is left to be asked about
					all[i].State = store.QuestionClosed
					err = p.tx.SetQuestion(ctx, all[i])
				case err == nil:
					err = step.next(ctx, q)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("question %d: %w", all[i].ID, err)
			}
		}
	}
	return nil
}

// askedAbout is a question with what it is about.
type askedAbout struct {
	*store.Question
	visit, contact store.Record
	zone           *time.Location
}

// byStaff tells whether it is asked of somebody else than it is about.
func (q *askedAbout) byStaff() bool { return q.contact.Get(store.Phone) != q.Number }

func (q *askedAbout) whose() string {
	if q.byStaff() {
		return "the"
	}
	return "your"
}

func (p *planning) askedAbout(ctx context.Context, q *store.Question) (*askedAbout, error) {
	out := &askedAbout{Question: q}
	var err error
	if out.visit, err = p.tx.Record(ctx, store.Appointment, q.AppointmentID); err != nil {
		return nil, err
	}
	if out.contact, err = p.tx.Record(ctx, store.Contact, out.visit.ContactID); err != nil {
		return nil, err
	}
	out.zone = p.world.zone(&out.contact)
	return out, nil
}

// offer asks a person to choose a time, or leaves it to staff where the calendar has none.
func (p *planning) offer(ctx context.Context, q *askedAbout) error {
	if !q.takesPlace() || !q.visit.Time(store.Start).After(p.tx.Now) { // since it was asked
		q.State = store.QuestionClosed
		return p.tellAsked(ctx, q, "over", replyNoAppointment)
	}
	if len(q.Choices) == 0 {
		q.State = store.QuestionClosed
		return errors.Join(p.leaveToStaff(ctx, q, "the calendar offers no time"), p.tellAsked(ctx, q, "left", replyCallYou))
	}
	var labels []string
	for _, c := range q.Choices {
		labels = append(labels, when(choiceTime(c).In(q.zone)))
	}
	q.State = store.QuestionOpen
	return p.tellAsked(ctx, q, "offered", replyChoose("When instead of "+when(q.visit.Time(store.Start).In(q.zone))+"?", labels))
}

func choiceTime(c store.Choice) time.Time {
	t, err := time.Parse(store.TimeForm, c.Start)
	if err != nil {
		return time.Time{}
	}
	return t
}

// booked tells a person what the CRM made of their choice. A time that was taken meanwhile is offered
// no more, and others are looked for.
func (p *planning) booked(ctx context.Context, q *askedAbout) error {
	chosen := q.Choices[q.Answer-1]
	wish, waits := q.visit.Edits[store.Start]
	ours, failed := waits && wish == chosen.Start, false
	if ours {
		var err error
		if failed, err = p.tx.LastFailed(ctx, store.UpdateAppointment, q.visit.ID, q.visit.Rev); err != nil {
			return err
		}
	}
	inTime := p.tx.Now.Before(q.ExpiresAt)
	switch {
	case !q.takesPlace():
	case !waits && q.visit.CRM()[store.Start] == chosen.Start:
		q.State = store.QuestionClosed
		return p.tellAsked(ctx, q, "moved", replyBooked(moved, q.whose(), when(choiceTime(chosen).In(q.zone))))
	case ours && !failed && inTime:
		return nil
	}
	q.State = store.QuestionClosed
	if ours {
		if err := p.tx.Withdraw(ctx, store.Appointment, q.visit.ID, store.Start, store.End); err != nil {
			return err
		}
	}
	switch {
	case !q.takesPlace():
		return p.tellAsked(ctx, q, "over", replyNoAppointment)
	case failed && inTime:
		again := store.Question{
			Number: q.Number, Kind: store.AskSlot, State: store.QuestionReading, Text: q.Text, ContactID: q.ContactID, AppointmentID: q.AppointmentID, ExpiresAt: q.ExpiresAt,
		}
		return errors.Join(p.tellAsked(ctx, q, "taken", replySlotTaken), p.tx.Ask(ctx, again))
	}
	return errors.Join(p.leaveToStaff(ctx, q, "the CRM did not take the time that was chosen"), p.tellAsked(ctx, q, "left", replyCallYou))
}

// takesPlace tells whether the appointment was not called off since.
func (q *askedAbout) takesPlace() bool {
	return q.visit.GoneAt.IsZero() && reminds(q.visit.Get(store.Status))
}

func (p *planning) leaveToStaff(ctx context.Context, q *askedAbout, why string) error {
	title := fmt.Sprintf("%s asks to move the appointment on %s", fullName(&q.contact), when(q.visit.Time(store.Start).In(q.zone)))
	_, err := p.tx.Create(ctx, store.Task, q.contact.ID, task(title, q.Text+"\n("+why+")", p.tx.Now.Add(taskTime), ""), store.ByText)
	return err
}

// tellAsked stores where a question stands, and texts whom it was asked. A copy of the mirror gives ids
// again that it forgot, so that the key holds when the question was raised.
func (p *planning) tellAsked(ctx context.Context, q *askedAbout, what, words string) error {
	if err := p.tx.SetQuestion(ctx, *q.Question); err != nil {
		return err
	}
	recipient := q.contact.ID
	if q.byStaff() {
		recipient = 0
	}
	_, err := p.text(ctx, store.Intent{Key: fmt.Sprintf("question/%d@%d/%s", q.ID, q.RaisedAt.UnixMilli(), what), ExpiresAt: q.ExpiresAt},
		store.Text{ContactID: recipient, Number: q.Number, Body: words, Purpose: store.ForReply})
	return err
}
