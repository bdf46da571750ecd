package sync

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ghlsms/sms"
	"ghlsms/store"
)

// Trial is what a text would mean if it came in now.
type Trial struct {
	Understood string   `json:"understood"` // what it asks for
	Decision   string   `json:"decision"`
	Reason     string   `json:"reason"`
	Effects    []string `json:"effects"` // what would follow, one line each
	Reply      string   `json:"reply,omitempty"`
	Parts      int      `json:"parts,omitempty"` // of the reply
}

// ErrNotRead says that nothing can be told of people before the CRM was read once.
var ErrNotRead = errors.New("the contacts were not read yet: run ghlsms once first")

// Try tells what a text of a number would mean if it came in now. What it decides is for the caller to take
// back.
func (p Planner) Try(ctx context.Context, tx *store.Tx, number, text string) (t Trial, err error) {
	contacts, err := tx.Cursor(ctx, SourceContacts)
	if err != nil {
		return t, err
	}
	if contacts.ReadAt.IsZero() {
		return t, ErrNotRead
	}
	run, err := p.begin(ctx, tx)
	if err != nil {
		return t, err
	}
	if err := run.meetStaff(ctx); err != nil {
		return t, err
	}
	c, err := run.textCase(ctx, store.Inbound{Sender: number, Body: sms.Clean(text), ReceivedAt: tx.Now})
	if err != nil {
		return t, err
	}
	d := decideText(c, run.in, run.world)
	if err := run.restrain(ctx, c, &d); err != nil {
		return t, err
	}
	t = Trial{Understood: c.understood(run.in), Decision: d.Decision, Reason: d.Reason, Effects: d.effects(), Reply: d.Reply}
	t.Parts, _ = sms.Segments(sms.Plain(d.Reply))
	return t, nil
}

// understood tells who sent a text and what it asks for.
func (c *TextCase) understood(r *InboundConfig) string {
	who := "an unknown number"
	switch {
	case c.Staff != nil:
		who = c.Staff.Name + " of staff"
	case c.Contact != nil:
		who = fmt.Sprintf("contact %d, %s", c.Contact.ID, fullName(c.Contact))
	}
	cmd := c.hear(r).cmd
	verb := "no command"
	if cmd.Verb != sms.VerbNone {
		verb = "the command " + string(cmd.Verb)
	}
	if cmd.Who != "" {
		verb += ", about " + cmd.Who
	}
	return verb + ", from " + who
}

// effects tells what follows from a decision.
func (d *TextDecision) effects() (all []string) {
	add := func(ok bool, format string, args ...any) {
		if ok {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	add(d.OptOut, "the number is opted out, here, in the CRM and at the gateway")
	add(d.OptIn, "the opt-out of the number is lifted")
	add(d.NewContact != nil, "a contact is made: %s", spelled(d.NewContact))
	add(len(d.Contact) > 0, "the contact is changed: %s", spelled(d.Contact))
	for _, t := range d.NewTasks {
		add(true, "a task is made: %q, due %s", t[store.Title], t[store.Due])
	}
	add(d.TaskEdits != nil, "task %d is changed: %s", d.Task, spelled(d.TaskEdits))
	add(d.Booking != nil, "appointment %d is changed: %s", d.Appointment, spelled(d.Booking))
	for _, id := range d.Also {
		add(true, "appointment %d is changed: %s", id, spelled(d.Booking))
	}
	for _, did := range d.TakeBack {
		add(true, "what was done to %s %d is taken back", did.Entity, did.ID)
	}
	add(d.Note != "", "it is kept with the contact")
	add(d.Ask != nil, "a question is kept, to be answered by text")
	return all
}

// spelled writes fields for a person.
func spelled(f store.Fields) string {
	var parts []string
	for _, name := range f.Names() {
		parts = append(parts, name+"="+readable(f[name]))
	}
	return strings.Join(parts, ", ")
}
