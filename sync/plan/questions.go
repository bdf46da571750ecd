package plan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/store"
	"ghlsms/sync/inbound"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Free time that people are offered, and what became of their choice.

// QuestionBatch bounds how many questions are looked at in one go.
const QuestionBatch = 100

// questions sends the free times that were read to the people who asked, and reports the outcome of their choices.
func (p *planning) questions(ctx context.Context) error {
	for _, step := range []struct {
		state store.QuestionState
		next  func(context.Context, *askedAbout) error
	}{{store.QuestionRead, p.offer}, {store.QuestionChosen, p.finishMove}} {
		all, err := p.tx.Questions(ctx, step.state, QuestionBatch)
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

// byStaff tells whether staff are asked on behalf of the contact.
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
	out.zone = p.world.ZoneAt(&out.contact, &out.visit)
	return out, nil
}

// offer asks a person to choose a time, or leaves it to staff where the calendar has none.
func (p *planning) offer(ctx context.Context, q *askedAbout) error {
	if !q.takesPlace() || !q.visit.Time(store.Start).After(p.tx.Now) { // since it was asked
		q.State = store.QuestionClosed
		return p.tellAsked(ctx, q, "over", inbound.ReplyNoAppointment)
	}
	if len(q.Choices) == 0 {
		q.State = store.QuestionClosed
		return errors.Join(p.leaveToStaff(ctx, q, "the calendar offers no time"), p.tellAsked(ctx, q, "left", inbound.ReplyCallYou))
	}
	var labels []string
	for _, c := range q.Choices {
		labels = append(labels, wording.When(inbound.ChoiceTime(c).In(q.zone)))
	}
	q.State = store.QuestionOpen
	return p.tellAsked(ctx, q, "offered", inbound.ReplyChoose("When instead of "+wording.When(q.visit.Time(store.Start).In(q.zone))+"?", labels))
}

// finishMove answers the sender once the CRM took or refused the time they chose. A time that was taken
// meanwhile is not offered again, and others are looked for.
func (p *planning) finishMove(ctx context.Context, q *askedAbout) error {
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
		return p.tellAsked(ctx, q, "moved", inbound.ReplyAppointment(inbound.Moved, q.whose(), wording.When(inbound.ChoiceTime(chosen).In(q.zone))))
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
		return p.tellAsked(ctx, q, "over", inbound.ReplyNoAppointment)
	case failed && inTime:
		again := store.Question{
			Number: q.Number, Kind: store.AskSlot, State: store.QuestionReading, Text: q.Text, ContactID: q.ContactID, AppointmentID: q.AppointmentID, ExpiresAt: q.ExpiresAt,
		}
		return errors.Join(p.tellAsked(ctx, q, "taken", inbound.ReplySlotTaken), p.tx.Ask(ctx, again))
	}
	return errors.Join(p.leaveToStaff(ctx, q, "the CRM did not take the time that was chosen"), p.tellAsked(ctx, q, "left", inbound.ReplyCallYou))
}

// takesPlace tells whether the appointment still takes place.
func (q *askedAbout) takesPlace() bool {
	return q.visit.GoneAt.IsZero() && record.TakesPlace(q.visit.Get(store.Status))
}

func (p *planning) leaveToStaff(ctx context.Context, q *askedAbout, why string) error {
	title := fmt.Sprintf("%s asks to move the appointment on %s", record.NameOrNumber(&q.contact), wording.When(q.visit.Time(store.Start).In(q.zone)))
	_, err := p.tx.Create(ctx, store.Task, q.contact.ID, record.NewTask(title, q.Text+"\n("+why+")", p.tx.Now.Add(record.TaskTime), ""), store.ByText)
	return err
}

// tellAsked stores the state of a question, and texts the person who was asked. A copy of the mirror may reuse
// ids, so the key includes when the question was raised.
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
