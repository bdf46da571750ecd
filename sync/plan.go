package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Plan is what one planning decided.
type Plan struct {
	Texts     []PlannedText     `json:"texts"`
	Reminders []PlannedReminder `json:"reminders"`
	Intents   []PlannedIntent   `json:"intents"`
	Conflicts []store.Conflict  `json:"conflicts"`
}

// PlannedText is the decision about one text that came in.
type PlannedText struct {
	ID       int64  `json:"id"`
	Sender   string `json:"sender"`
	Body     string `json:"body"`
	Decision string `json:"decision"`
	Reason   string `json:"reason"`
	Reply    string `json:"reply,omitempty"`
}

// PlannedReminder is the decision about one due reminder.
type PlannedReminder struct {
	Rule    string    `json:"rule"`
	Contact string    `json:"contact"`
	Starts  string    `json:"starts"`
	Due     time.Time `json:"due"`
	Skipped string    `json:"skipped,omitempty"`
	Text    string    `json:"text,omitempty"`
}

// PlannedIntent is one effect that was enqueued.
type PlannedIntent struct {
	Key     string      `json:"key"`
	Kind    store.Kind  `json:"kind"`
	State   store.State `json:"state"`
	Held    string      `json:"held,omitempty"` // why a brake stopped it
	Payload string      `json:"payload,omitempty"`
}

// planBatch bounds how many rows one transaction decides.
const planBatch = 500

// Preview decides everything that can be decided now and takes it back.
func (e *Engine) Preview(ctx context.Context) (Plan, error) {
	var plan Plan
	err := e.DB.Rehearse(ctx, func(tx *store.Tx) (err error) {
		plan, err = e.planIn(ctx, tx)
		return err
	})
	return plan, err
}

// plan decides and enqueues, in one transaction.
func (e *Engine) plan(ctx context.Context) (Plan, error) {
	var plan Plan
	err := e.DB.Update(ctx, func(tx *store.Tx) (err error) {
		plan, err = e.planIn(ctx, tx)
		return err
	})
	return plan, err
}

// planIn runs the planners in the order in which their decisions feed each other: texts and
// reminders first, the merge last, since it carries what texts edited.
func (e *Engine) planIn(ctx context.Context, tx *store.Tx) (Plan, error) {
	w, err := e.world(ctx, tx)
	if err != nil {
		return Plan{}, err
	}
	p := &planning{Engine: e, tx: tx, world: w}
	for _, planner := range []func(context.Context) error{tx.Expire, p.texts, p.reminders, p.alarms, p.merges} {
		if err := planner(ctx); err != nil {
			return Plan{}, err
		}
	}
	return p.plan, nil
}

type planning struct {
	*Engine
	tx    *store.Tx
	world World
	plan  Plan
}

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
		if contact, err = p.tx.Create(ctx, store.Contact, 0, d.NewContact); err != nil {
			return err
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
	if d.Note != "" {
		if err := p.enqueue(ctx, noteIntent(c.Text.ID, contact, d.Note)); err != nil {
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
		_, err := p.tx.Edit(ctx, e, id, patch)
		return err
	}
	err := errors.Join(edit(store.Contact, contact, d.Contact), edit(store.Task, d.Task, d.TaskEdits), edit(store.Appointment, d.Appointment, d.Booking))
	if err != nil {
		return err
	}
	for _, t := range d.NewTasks {
		if _, err := p.tx.Create(ctx, store.Task, contact, t); err != nil {
			return err
		}
	}
	if d.Numbers == nil {
		return nil
	}
	return p.tx.SetShortNumbers(ctx, contact, d.Numbers)
}

// reminders decides every rule of every appointment that is near enough.
func (p *planning) reminders(ctx context.Context) error {
	longest := p.Rules.longest()
	since, err := p.tx.LastDecided(ctx)
	if err != nil {
		return err
	}
	if since.IsZero() {
		since = p.world.Born
	}
	from := earlier(p.tx.Now.Add(-p.Rules.Past), since) // a downtime may have been longer than the window
	near, err := p.tx.Starting(ctx, from, p.tx.Now.Add(longest).Add(time.Second))
	if err != nil {
		return err
	}
	for i := range near {
		if err := p.remind(ctx, &near[i]); err != nil {
			return fmt.Errorf("appointment %s: %w", near[i].CRMID, err)
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (p *planning) remind(ctx context.Context, a *store.Record) error {
	done, err := p.tx.Reminded(ctx, a.ID, a.Get(store.Start))
	if err != nil || !slices.ContainsFunc(p.Rules.Reminders, func(r Reminder) bool { return !done[r.Name] }) {
		return err
	}
	contact, err := p.tx.Record(ctx, store.Contact, a.ContactID)
	if err != nil {
		return err
	}
	_, out, err := p.tx.OptedOut(ctx, contact.Get(store.Phone))
	if err != nil {
		return err
	}
	for i := range p.Rules.Reminders {
		rule := &p.Rules.Reminders[i]
		if done[rule.Name] {
			continue
		}
		d := decideReminder(ReminderCase{rule, a, &contact, out}, p.world, p.tx.Now)
		if d.Wait {
			continue
		}
		if err := p.applyReminder(ctx, rule, a, &contact, d); err != nil {
			return err
		}
	}
	return nil
}

func (p *planning) applyReminder(ctx context.Context, rule *Reminder, a, contact *store.Record, d ReminderDecision) error {
	r := store.Reminder{AppointmentID: a.ID, Starts: a.Get(store.Start), Rule: rule.Name, DueAt: d.Due, Skipped: d.Skipped}
	if d.Skipped == "" {
		id, err := p.text(ctx, store.Intent{Key: reminderKey(a, rule.Name), ExpiresAt: earlier(a.Time(store.Start), d.Due.Add(lateLimit(rule.Before)))},
			store.Text{ContactID: contact.ID, Number: d.Number, Body: d.Body, Purpose: store.ForReminder})
		if err != nil {
			return err
		}
		r.OutboxID = id
	}
	p.plan.Reminders = append(p.plan.Reminders, PlannedReminder{rule.Name, fullName(contact), r.Starts, d.Due, d.Skipped, d.Body})
	return p.tx.AddReminder(ctx, r)
}

// merges joins both sides of every dirty record and enqueues what the CRM does not have.
func (p *planning) merges(ctx context.Context) error {
	for _, e := range []store.Entity{store.Contact, store.Task, store.Appointment} {
		for after := int64(0); ; {
			dirty, err := p.tx.Dirty(ctx, e, after, planBatch)
			if err != nil {
				return err
			}
			for i := range dirty {
				if err := p.merge(ctx, &dirty[i]); err != nil {
					return fmt.Errorf("%s %d: %w", e, dirty[i].ID, err)
				}
			}
			if len(dirty) < planBatch {
				break
			}
			after = dirty[len(dirty)-1].ID
		}
	}
	return nil
}

func (p *planning) merge(ctx context.Context, r *store.Record) error {
	if busy, err := p.tx.InFlight(ctx, r.Entity, r.ID); err != nil || busy {
		return err // what is in flight decides what base will be
	}
	m := merge(r)
	for _, c := range m.Conflicts {
		p.plan.Conflicts = append(p.plan.Conflicts, c)
		if err := p.tx.AddConflict(ctx, c); err != nil {
			return err
		}
	}
	if r.Seen != nil || !sameFields(m.Edits, r.Edits) {
		if err := p.tx.Rebase(ctx, r.Entity, r.ID, m.Base, m.Edits); err != nil {
			return err
		}
		r.Base, r.Seen, r.Edits, r.Rev = m.Base, nil, m.Edits, r.Rev+1
	}
	if err := p.tx.Supersede(ctx, r.Entity, r.ID, r.Rev); err != nil {
		return err
	}
	for _, in := range intents(r) {
		if err := p.enqueue(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func sameFields(a, b store.Fields) bool { return string(a.Hash()) == string(b.Hash()) }
