package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/inbound"
	"ghlsms/sync/record"
)

// texts decides the inbound texts. Until all contacts were read once, a text from a number that is not in the
// mirror waits, unless it is an opt-out.
func (p *planning) texts(ctx context.Context) error {
	contacts, err := p.tx.Cursor(ctx, store.SourceContacts)
	if err != nil {
		return err
	}
	for skip := 0; ; {
		waiting, err := p.tx.Undecided(ctx, skip, PlanBatch)
		if err != nil || len(waiting) == 0 {
			return err
		}
		if err := p.loadStaff(ctx); err != nil {
			return err
		}
		for _, in := range waiting {
			decided := false
			_, err := p.one("text", in.ID, func() (err error) {
				decided, err = p.oneText(ctx, in, !contacts.ReadAt.IsZero())
				return err
			})
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
	if !contactsKnown && c.Contact == nil && c.Meaning.Said.Verb != parse.VerbStop {
		return false, nil
	}
	d := inbound.Decide(c, p.in, p.world)
	c.Text.Body = inbound.Redact(c.Text.Body, d.Secret) // what is kept from here on
	if err := p.restrain(ctx, c, &d); err != nil {
		return false, err
	}
	if err := p.applyText(ctx, c, d); err != nil {
		return false, err
	}
	p.plan.Texts = append(p.plan.Texts, PlannedText{in.ID, in.Sender, c.Text.Body, d.Decision, d.Reason, d.Reply})
	return true, nil
}

// loadStaff learns by which numbers staff are known.
func (p *planning) loadStaff(ctx context.Context) error {
	if p.staff != nil {
		return nil
	}
	p.staff = map[string]*inbound.Staffer{}
	if !p.in.StaffActs {
		return nil
	}
	for i, number := range p.cfg.Staff {
		p.staff[string(number)] = &inbound.Staffer{Name: fmt.Sprintf("number %d", i+1)}
	}
	users, err := p.tx.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if _, listed := p.staff[u.Phone]; u.Phone != "" && (listed || p.in.StaffUsers) {
			p.staff[u.Phone] = &inbound.Staffer{Name: u.Name, UserID: u.CRMID}
		}
	}
	return nil
}

// textCase gathers what the mirror knows about a sender, and about those whom a text of staff names.
func (p *planning) textCase(ctx context.Context, in store.Inbound) (inbound.Case, error) {
	c := inbound.Case{Text: in, Now: p.tx.Now, Staff: p.staff[in.Sender]}
	out, found, err := p.tx.OptedOut(ctx, in.Sender)
	if err != nil {
		return c, err
	}
	if found {
		c.OptOut = &out
	}
	var err1, err2, err3 error
	c.Numbers, err1 = p.tx.ShortNumbers(ctx, in.Sender, in.ReceivedAt)
	q, asked, err2 := p.tx.OpenQuestion(ctx, in.Sender, in.ReceivedAt)
	if asked {
		c.Question = &q
	}
	c.Reminded, _, err3 = p.tx.LastReminded(ctx, in.Sender, in.ReceivedAt)
	if err := errors.Join(err1, err2, err3); err != nil {
		return c, err
	}
	c.Understand(p.in, p.cfg.Region)
	if err := p.loadSubject(ctx, &c); err != nil {
		return c, err
	}
	if c.Meaning.Command.Verb == parse.VerbUndo {
		if err := p.loadLastDone(ctx, &c); err != nil {
			return c, err
		}
	}
	if c.Staff != nil && !c.Meaning.HasPIN {
		if c.WrongPINs, err = p.tx.CountDecided(ctx, in.Sender, inbound.TurnedAway, in.ReceivedAt.Add(-24*time.Hour)); err != nil {
			return c, err
		}
	}
	return c, p.emailTaken(ctx, &c)
}

// loadSubject finds whom a text is about, with their tasks and appointments.
func (p *planning) loadSubject(ctx context.Context, c *inbound.Case) error {
	own, err := p.tx.ContactsBy(ctx, store.Phone, c.Text.Sender)
	if err != nil {
		return err
	}
	c.Contact = p.sender(ctx, own, c.Reminded)
	chosen := int64(0)
	if c.Meaning.Choice != nil {
		chosen = c.Meaning.Choice.Contact
	} else if c.Question != nil && c.Staff != nil && c.Meaning.Command.Verb == parse.VerbChoice {
		chosen = c.Question.ContactID
	}
	switch {
	case chosen != 0:
		r, err := p.tx.Record(ctx, store.Contact, chosen)
		if c.Contact = nil; err == nil && r.GoneAt.IsZero() {
			c.Contact, own = &r, []store.Record{r}
		} else if err != nil && !errors.Is(err, store.ErrNoRecord) {
			return err
		}
	case c.Staff != nil && c.Meaning.Command.Who != "" && c.Meaning.HasPIN:
		if c.Named, err = p.named(ctx, c.Meaning.Command.Who); err != nil {
			return err
		}
		if c.Contact, own = nil, nil; len(c.Named) == 1 {
			c.Contact, own = &c.Named[0], c.Named
		}
	}
	return errors.Join(p.tasksOf(ctx, c), p.visitsOf(ctx, c, own))
}

// sender is the contact with a number: of several, the one that was reminded last, else the first.
func (p *planning) sender(ctx context.Context, own []store.Record, reminded []int64) *store.Record {
	if len(own) == 0 {
		return nil
	}
	if len(own) > 1 && len(reminded) > 0 {
		if a, err := p.tx.Record(ctx, store.Appointment, reminded[0]); err == nil {
			if r := record.ByID(own, a.ContactID); r != nil {
				return r
			}
		}
	}
	return &own[0]
}

// named are the contacts whom staff may mean, by a number or by names. Those whose whole name it is go
// before those of whom it is a part.
func (p *planning) named(ctx context.Context, who string) ([]store.Record, error) {
	if number, err := sms.ParsePhone(who, p.cfg.Region); err == nil {
		return p.tx.ContactsBy(ctx, store.Phone, string(number))
	}
	return p.tx.ContactsNamed(ctx, who, inbound.MostChoices+1)
}

// tasksOf reads the open tasks of the contact. Staff who name nobody look after those assigned to
// them, or, where the CRM does not know them, after all.
func (p *planning) tasksOf(ctx context.Context, c *inbound.Case) (err error) {
	if c.Staff == nil || c.Meaning.Command.Who != "" {
		if c.Contact != nil {
			c.Tasks, err = p.tx.OpenTasks(ctx, c.Contact.ID)
		}
		return err
	}
	if c.Meaning.Command.Verb != parse.VerbTasks && c.Meaning.Command.Verb != parse.VerbDone {
		return nil
	}
	if c.Tasks, err = p.tx.TasksAssigned(ctx, c.Staff.UserID, PlanBatch); err != nil {
		return err
	}
	for _, id := range c.Numbers { // what they were told of others
		if record.ByID(c.Tasks, id) != nil {
			continue
		}
		t, err := p.tx.Record(ctx, store.Task, id)
		if err != nil {
			return err
		}
		if t.Get(store.Completed) != "true" && t.GoneAt.IsZero() {
			c.Tasks = append(c.Tasks, t)
		}
	}
	return nil
}

// agendaTime is how far ahead the appointments are that staff are told.
const agendaTime = 7 * 24 * time.Hour

// visitsOf reads the appointments that were still to come: of everybody with the number, or, for staff
// who name nobody, of all.
func (p *planning) visitsOf(ctx context.Context, c *inbound.Case, own []store.Record) error {
	if c.Staff != nil && len(own) == 0 {
		return p.agenda(ctx, c)
	}
	c.People = own
	for i := range own {
		visits, err := p.tx.Upcoming(ctx, own[i].ID, c.Text.ReceivedAt)
		if err != nil {
			return err
		}
		c.Upcoming = append(c.Upcoming, visits...)
	}
	slices.SortStableFunc(c.Upcoming, func(a, b store.Record) int { return a.Time(store.Start).Compare(b.Time(store.Start)) })
	return nil
}

func (p *planning) agenda(ctx context.Context, c *inbound.Case) error {
	if c.Meaning.Command.Verb != parse.VerbNext || len(c.Named) > 0 {
		return nil
	}
	visits, err := p.tx.Starting(ctx, c.Text.ReceivedAt, c.Text.ReceivedAt.Add(agendaTime))
	if err != nil {
		return err
	}
	for i := range visits {
		if len(c.Upcoming) == inbound.MostChoices {
			break
		}
		if !record.TakesPlace(visits[i].Get(store.Status)) {
			continue
		}
		owner, err := p.tx.Record(ctx, store.Contact, visits[i].ContactID)
		if err != nil {
			return err
		}
		c.Upcoming, c.People = append(c.Upcoming, visits[i]), append(c.People, owner)
	}
	return nil
}

// loadLastDone reads what the sender's last text did.
func (p *planning) loadLastDone(ctx context.Context, c *inbound.Case) error {
	id, did, err := p.tx.LastDone(ctx, c.Text, c.Text.ReceivedAt.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	c.LastText = id
	for _, u := range did {
		r, err := p.tx.Record(ctx, u.Entity, u.ID)
		switch {
		case errors.Is(err, store.ErrNoRecord):
			c.Last = append(c.Last, inbound.LastDone{Undo: u})
		case err != nil:
			return err
		default:
			c.Last = append(c.Last, inbound.LastDone{Undo: u, Record: &r})
		}
	}
	return nil
}

func (p *planning) emailTaken(ctx context.Context, c *inbound.Case) error {
	said := inbound.Stated(c.Meaning.Details)
	owners, err := p.tx.ContactsBy(ctx, store.Email, said[store.Email])
	for _, o := range owners {
		c.EmailTaken = c.EmailTaken || c.Contact == nil || o.ID != c.Contact.ID
	}
	return err
}
