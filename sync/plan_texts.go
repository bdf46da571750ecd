package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// texts decides what came in. Before the contacts were read for the first time nobody is
// unknown yet: whoever is not in the mirror waits, unless to opt out.
func (p *planning) texts(ctx context.Context) error {
	contacts, err := p.tx.Cursor(ctx, SourceContacts)
	if err != nil {
		return err
	}
	for skip := 0; ; {
		waiting, err := p.tx.Undecided(ctx, skip, planBatch)
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, in := range waiting {
			decided, err := p.oneText(ctx, in, !contacts.ReadAt.IsZero())
			if err != nil {
				return fmt.Errorf("text %d: %w", in.ID, err)
			}
			if !decided {
				skip++
			}
		}
	}
}

func (p *planning) oneText(ctx context.Context, in store.Inbound, contactsKnown bool) (decided bool, err error) {
	c, err := p.textCase(ctx, in)
	if err != nil {
		return false, err
	}
	if !contactsKnown && c.Contact == nil && sms.ParseCommand(in.Body).Verb != sms.VerbStop {
		return false, nil
	}
	d := decideText(c, &p.Rules, p.world)
	if err := p.applyText(ctx, c, d); err != nil {
		return false, err
	}
	p.plan.Texts = append(p.plan.Texts, PlannedText{in.ID, in.Sender, in.Body, d.Decision, d.Reason, d.Reply})
	return true, nil
}

// textCase gathers what the mirror knows about a sender.
func (p *planning) textCase(ctx context.Context, in store.Inbound) (TextCase, error) {
	c := TextCase{Text: in}
	out, found, err := p.tx.OptedOut(ctx, in.Sender)
	if err != nil {
		return c, err
	}
	if found {
		c.OptOut = &out
	}
	if c.Reminded, err = p.tx.LastReminded(ctx, in.Sender, in.ReceivedAt); err != nil {
		return c, err
	}
	if c.Contact, err = p.sender(ctx, in.Sender, c.Reminded); err != nil {
		return c, err
	}
	if err := p.emailTaken(ctx, &c); err != nil || c.Contact == nil {
		return c, err
	}
	var err1, err2, err3 error
	c.Tasks, err1 = p.tx.OpenTasks(ctx, c.Contact.ID)
	c.Numbers, err2 = p.tx.ShortNumbers(ctx, c.Contact.ID)
	c.Upcoming, err3 = p.tx.Upcoming(ctx, c.Contact.ID, p.tx.Now)
	return c, errors.Join(err1, err2, err3)
}

// sender is the contact behind a number. Of several on one number it is the one that was
// reminded last, else the first.
func (p *planning) sender(ctx context.Context, number string, reminded int64) (*store.Record, error) {
	all, err := p.tx.ContactsBy(ctx, store.Phone, number)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if len(all) > 1 && reminded != 0 {
		a, err := p.tx.Record(ctx, store.Appointment, reminded)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].ID == a.ContactID {
				return &all[i], nil
			}
		}
	}
	return &all[0], nil
}

func (p *planning) emailTaken(ctx context.Context, c *TextCase) error {
	said := stated(sms.ParseDetails(c.Text.Body, p.Rules.Region))
	owners, err := p.tx.ContactsBy(ctx, store.Email, said[store.Email])
	for _, o := range owners {
		c.EmailTaken = c.EmailTaken || c.Contact == nil || o.ID != c.Contact.ID
	}
	return err
}

// applyText stores a decision with everything that follows from it.
func (p *planning) applyText(ctx context.Context, c TextCase, d TextDecision) error {
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
	if err := p.applyConsent(ctx, c, d); err != nil {
		return err
	}
	if err := p.applyEdits(ctx, contact, d); err != nil {
		return err
	}
	if err := p.textEvent(ctx, c, d); err != nil {
		return err
	}
	if d.Note != "" {
		if _, err := p.tx.Create(ctx, store.Note, contact, store.Fields{store.Body: d.Note}, store.ByText); err != nil {
			return err
		}
	}
	if d.Reply == "" {
		return nil
	}
	_, err = p.text(ctx, store.Intent{Key: fmt.Sprintf("reply/%s/%s", c.Text.Gateway, c.Text.Key), ExpiresAt: c.Text.ReceivedAt.Add(replyTime(d.Purpose))},
		store.Text{ContactID: contact, Number: c.Text.Sender, Body: d.Reply, Purpose: d.Purpose})
	return err
}

// replyTime is how long an answer makes sense. The law gives the confirmation of an opt-out
// five minutes, and after that it would be one more unwanted text.
func replyTime(p store.Purpose) time.Duration {
	if p == store.ForOptOut {
		return 5 * time.Minute
	}
	return 12 * time.Hour
}

// applyConsent stores an opt-out or its end for the number, and edits every contact with it.
func (p *planning) applyConsent(ctx context.Context, c TextCase, d TextDecision) error {
	number := c.Text.Sender
	switch {
	case d.OptOut:
		return OptOut(ctx, p.tx, store.OptOut{Number: number, Source: "text", Reason: "texted: " + shorten(c.Text.Body, 40)})
	case d.OptIn:
		return OptIn(ctx, p.tx, number, "text", false)
	}
	return nil
}

func (p *planning) applyEdits(ctx context.Context, contact int64, d TextDecision) error {
	edit := func(e store.Entity, id int64, patch store.Fields) error {
		if len(patch) == 0 {
			return nil
		}
		_, err := p.tx.Edit(ctx, e, id, patch, store.ByText)
		return err
	}
	err := errors.Join(edit(store.Contact, contact, d.Contact), edit(store.Task, d.Task, d.TaskEdits), edit(store.Appointment, d.Appointment, d.Booking))
	if err != nil {
		return err
	}
	for _, t := range d.NewTasks {
		if _, err := p.tx.Create(ctx, store.Task, contact, t, store.ByText); err != nil {
			return err
		}
	}
	if d.Numbers == nil {
		return nil
	}
	return p.tx.SetShortNumbers(ctx, contact, d.Numbers)
}
