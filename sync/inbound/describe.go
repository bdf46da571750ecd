package inbound

import (
	"fmt"
	"strings"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// Describe tells who sent a text and what it asks for.
func (c *Case) Describe() string {
	who := "an unknown number"
	switch {
	case c.Staff != nil:
		who = c.Staff.Name + " of staff"
	case c.Contact != nil:
		who = fmt.Sprintf("contact %d, %s", c.Contact.ID, record.NameOrNumber(c.Contact))
	}
	cmd := c.Meaning.Command
	verb := "no command"
	if cmd.Verb != parse.VerbNone {
		verb = "the command " + string(cmd.Verb)
	}
	if cmd.Who != "" {
		verb += ", about " + cmd.Who
	}
	return verb + ", from " + who
}

// Effects tells what follows from a decision.
func (d *Decision) Effects() (all []string) {
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
	add(d.AppointmentEdits != nil, "appointment %d is changed: %s", d.Appointment, spelled(d.AppointmentEdits))
	for _, id := range d.Also {
		add(true, "appointment %d is changed: %s", id, spelled(d.AppointmentEdits))
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
		parts = append(parts, name+"="+record.Readable(f[name]))
	}
	return strings.Join(parts, ", ")
}
