package plan

import (
	"context"
	"errors"
	"fmt"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/inbound"
	"ghlsms/sync/record"
)

// applyText stores a decision with everything that follows from it.
func (p *planning) applyText(ctx context.Context, c inbound.Case, d inbound.Decision) error {
	var contact int64
	if c.Contact != nil {
		contact = c.Contact.ID
	}
	var err error
	if d.NewContact != nil {
		if contact, err = p.tx.Create(ctx, store.Contact, 0, d.NewContact, store.ByText); err != nil {
			return err
		}
		if d.NewContact[store.DNDSMS] != "" {
			if err := p.tx.SetDNDFor(ctx, c.Text.Sender); err != nil {
				return err
			}
		}
	}
	if err := p.tx.Decide(ctx, c.Text.ID, contact, d.Decision, d.Reason); err != nil {
		return err
	}
	if d.Secret != "" {
		if err := p.tx.Redact(ctx, c.Text.ID, d.Secret); err != nil {
			return err
		}
	}
	if err := p.applyConsent(ctx, c, d); err != nil {
		return err
	}
	if err := p.applyEdits(ctx, c, contact, d); err != nil {
		return err
	}
	if err := p.applyQuestions(ctx, contact, d); err != nil {
		return err
	}
	if err := p.textEvent(ctx, c, d); err != nil {
		return err
	}
	if d.Note != "" {
		if err := p.keepText(ctx, c, contact, d.Note); err != nil {
			return err
		}
	}
	if err := p.arrived(ctx, c); err != nil {
		return err
	}
	if err := p.answerReminders(ctx, c, contact, d); err != nil {
		return err
	}
	if d.Reply == "" {
		return nil
	}
	_, err = p.text(ctx, store.Intent{Key: fmt.Sprintf("reply/%s/%s", c.Text.Gateway, c.Text.Key), ExpiresAt: c.Text.ReceivedAt.Add(inbound.ReplyTime(d.Purpose))},
		store.Text{ContactID: c.Recipient(contact), Number: c.Text.Sender, Body: d.Reply, Purpose: d.Purpose})
	return err
}

// answerReminders stores a text as the answer to reminders: of the appointment that it is about, else of those
// in the last reminder. If the rule says so, the answer is also noted on the contact, unless the text is kept
// there anyway.
func (p *planning) answerReminders(ctx context.Context, c inbound.Case, contact int64, d inbound.Decision) error {
	if c.Staff != nil || len(c.Reminded) == 0 || d.Decision == "ignored" {
		return nil
	}
	about := append([]int64{d.Appointment}, d.Also...)
	if d.Appointment == 0 {
		about = c.Reminded
	}
	noted := d.Note != "" || d.OptOut || contact == 0
	for _, id := range about {
		rows, err := p.tx.AnswerReminders(ctx, id, c.Text.ID, c.Text.ReceivedAt, d.Decision)
		if err != nil {
			return err
		}
		for i := range rows {
			rule := p.cfg.Reminder(rows[i].Rule)
			if noted || rule == nil || !rule.Note {
				continue
			}
			noted = true
			body := fmt.Sprintf("Texted: %s\n\nAnswered the reminder %s: %s", sms.Clean(c.Text.Body), rule.Name, d.Decision)
			if _, err := p.tx.Create(ctx, store.Note, contact, store.Fields{store.Body: body}, store.ByText); err != nil {
				return err
			}
		}
	}
	return nil
}

// applyConsent stores an opt-out or its end for the number, and edits every contact with it.
func (p *planning) applyConsent(ctx context.Context, c inbound.Case, d inbound.Decision) error {
	number := c.Text.Sender
	switch {
	case d.OptOut:
		return OptOut(ctx, p.tx, store.OptOut{Number: number, Source: "text", Reason: "texted: " + record.Shorten(c.Text.Body, 40)})
	case d.OptIn:
		return OptIn(ctx, p.tx, number, "text", false)
	}
	return nil
}

// applyEdits edits records, and stores what undoes that.
func (p *planning) applyEdits(ctx context.Context, c inbound.Case, contact int64, d inbound.Decision) error {
	var did []store.Undo
	edit := func(e store.Entity, id int64, patch store.Fields) error {
		if len(patch) == 0 {
			return nil
		}
		r, err := p.tx.Record(ctx, e, id)
		if err != nil {
			return err
		}
		changed, err := p.tx.Edit(ctx, e, id, patch, store.ByText)
		if changed {
			did = append(did, store.Undo{Entity: e, ID: id, Before: record.Project(r.Value(), patch), After: patch})
		}
		return err
	}
	err := errors.Join(edit(store.Contact, contact, d.Contact), edit(store.Task, d.Task, d.TaskEdits), edit(store.Appointment, d.Appointment, d.AppointmentEdits))
	for _, id := range d.Also {
		err = errors.Join(err, edit(store.Appointment, id, d.AppointmentEdits))
	}
	if err != nil {
		return err
	}
	numbers := d.Numbers
	for i, t := range d.NewTasks {
		id, err := p.tx.Create(ctx, store.Task, contact, t, store.ByText)
		if err != nil {
			return err
		}
		if d.NewNumber != 0 && i == 0 { // asked for by the sender
			numbers = map[int]int64{d.NewNumber: id}
			did = append(did, store.Undo{Entity: store.Task, ID: id, Made: true})
		}
	}
	if err := p.takeBack(ctx, c, d); err != nil {
		return err
	}
	if len(did) > 0 {
		if err := p.tx.SetUndo(ctx, c.Text.ID, did); err != nil {
			return err
		}
	}
	return p.tx.SetShortNumbers(ctx, c.Text.Sender, numbers)
}

// takeBack undoes what an earlier text did. A task it made is deleted if that is allowed, else completed.
func (p *planning) takeBack(ctx context.Context, c inbound.Case, d inbound.Decision) error {
	for _, did := range d.TakeBack {
		var err error
		switch {
		case !did.Made:
			_, err = p.tx.Edit(ctx, did.Entity, did.ID, did.Before, store.ByText)
			if did.Entity == store.Appointment && err == nil {
				err = p.tx.CloseQuestions(ctx, did.ID)
			}
		case did.Record.CRMID == "", p.cfg.Merge[did.Entity].Deletes:
			err = p.tx.Doom(ctx, did.Entity, did.ID)
		default:
			_, err = p.tx.Edit(ctx, did.Entity, did.ID, store.Fields{store.Completed: "true"}, store.ByText)
		}
		if err != nil {
			return err
		}
	}
	if len(d.TakeBack) == 0 {
		return nil
	}
	return p.tx.TakenBack(ctx, c.LastText)
}

func (p *planning) applyQuestions(ctx context.Context, contact int64, d inbound.Decision) error {
	if d.Answered != nil {
		if err := p.tx.SetQuestion(ctx, *d.Answered); err != nil {
			return err
		}
	}
	if d.Ask == nil {
		return nil
	}
	q := *d.Ask
	if q.ContactID == 0 {
		q.ContactID = contact
	}
	return p.tx.Ask(ctx, q)
}
