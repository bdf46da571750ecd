package inbound

import (
	"strings"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Texts in which people introduce themselves, or just write.

// talk is everything that is no command: somebody introduces themselves, or just writes. It is
// kept as a note in any case.
func (d *Decision) talk(c Case, r *Config, w wording.World) {
	if c.Contact == nil && c.Staff != nil {
		d.say("ignored", "from staff, who are no contacts, and no command", replyNotUnderstood)
		return
	}
	d.Note = noteOf(c)
	said := c.Meaning.Details
	switch {
	case c.Contact == nil:
		d.newcomer(c, r, w, said)
	case c.Meaning.Command.MaybeStop && (c.Meaning.Command.Maybe == parse.VerbNone || len(c.open()) == 0):
		d.maybeOptOut(c, record.NameOrNumber(c.Contact))
	case c.Meaning.Command.Maybe != parse.VerbNone && (!c.Meaning.Command.Loose || len(c.reminded(c.open())) > 0):
		d.maybeVisit(c)
	default:
		d.update(c, said)
	}
}

// maybeOptOut makes a task for staff of a text that sounds like an opt-out but is not one. It is not answered.
func (d *Decision) maybeOptOut(c Case, name string) {
	d.say("noted", "sounds like an opt-out but is not one: a note, and a task for staff", "")
	d.staffTask(c, "Does "+name+" want to opt out?")
}

// maybeVisit makes a task for staff of a text that speaks of confirming, cancelling or moving an appointment in words that
// are not all understood.
func (d *Decision) maybeVisit(c Case) {
	what := map[parse.Verb]string{parse.VerbConfirm: "confirm or change", parse.VerbCancel: "cancel", parse.VerbMove: "move"}[c.Meaning.Command.Maybe]
	if len(c.open()) == 0 {
		d.say("noted", "may want to "+what+" an appointment, and none is coming up: kept with the contact", "")
		return
	}
	d.say("left to staff", "may want to "+what+" an appointment, but not all of it is understood: a note, and a task for staff", replyLookInto)
	d.staffTask(c, "Does "+record.NameOrNumber(c.Contact)+" want to "+what+" an appointment?")
}

// update edits a known contact with what the sender states about themselves. A change of name that may mean
// another person is asked about first.
func (d *Decision) update(c Case, said parse.Details) {
	edits := changes(c.Contact, said)
	switch {
	case len(edits) == 0:
		d.say("noted", "no command; kept with the contact", "")
	case c.EmailTaken && edits[store.Email] != "":
		d.emailOfAnother(c, edits[store.Email])
		delete(edits, store.Email)
		if len(edits) > 0 && !renames(c.Contact, said) {
			d.Contact = edits
			d.Reason += "; said: " + strings.Join(edits.Names(), ", ")
		}
	case renames(c.Contact, said) && edits[store.FirstName]+edits[store.LastName] != "":
		d.ask(c, store.AskDetails, store.QuestionOpen, store.Choice{Edits: edits})
		d.say("asked back", "said another name than the one on file", replyRename(record.NameOrNumber(c.Contact), strings.TrimSpace(said.FirstName+" "+said.LastName)))
	default:
		d.Contact = edits
		d.say("contact updated", "said: "+strings.Join(edits.Names(), ", "), replyUpdated)
	}
}

// emailOfAnother asks the sender to confirm an email address that another contact has.
func (d *Decision) emailOfAnother(c Case, email string) {
	d.ask(c, store.AskEmail, store.QuestionOpen, store.Choice{Edits: store.Fields{store.Email: email}})
	d.say("asked back", "said an address that another contact has", replyEmailTaken(email))
}

// renames tells whether the stated name shares nothing with the one on file, so that it may be another person's,
// as in "this is Bob, Jane is sick".
func renames(contact *store.Record, said parse.Details) bool {
	first, last := contact.Get(store.FirstName), contact.Get(store.LastName)
	if first+last == "" || said.FirstName+said.LastName == "" {
		return false
	}
	return !record.Alike(first, said.FirstName) && !record.Alike(last, said.LastName)
}

// changes are the fields that a person states and that differ from what is known.
func changes(contact *store.Record, said parse.Details) store.Fields {
	edits := Stated(said)
	for field, v := range edits {
		if strings.EqualFold(contact.Get(field), v) {
			delete(edits, field)
		}
	}
	return edits
}

// Stated are the fields of a contact that somebody states about themselves.
func Stated(said parse.Details) store.Fields {
	return record.Tidy(store.Fields{
		store.FirstName: said.FirstName, store.LastName: said.LastName, store.Email: strings.ToLower(said.Email),
	})
}

// newcomer makes a contact of an unknown number, with a welcome task and one answer.
func (d *Decision) newcomer(c Case, r *Config, w wording.World, said parse.Details) {
	d.NewContact = Stated(said)
	email := d.NewContact[store.Email]
	if c.EmailTaken {
		delete(d.NewContact, store.Email)
	}
	d.NewContact[store.Phone], d.NewContact[store.Source] = c.Text.Sender, "sms"
	if c.OptOut != nil {
		d.NewContact[store.DNDSMS] = "active" // the CRM must not text them either
	}
	if r.Tag != "" {
		d.NewContact[store.Tags] = store.EncodeSet([]string{strings.ToLower(r.Tag)})
	}
	contact := &store.Record{Entity: store.Contact, Edits: d.NewContact}
	if c.Meaning.Command.MaybeStop {
		d.maybeOptOut(c, c.Text.Sender)
		return
	}
	d.welcomeTask(r.WelcomeTask, wording.ContactDataOf(w, contact, c.Text.Sender), c.Text)
	d.Purpose = store.ForWelcome
	switch {
	case c.EmailTaken && email != "":
		d.emailOfAnother(c, email)
		d.Decision, d.Reason = "contact created", "unknown number; "+d.Reason
	case said.FirstName == "" && said.Email == "":
		d.say("contact created", "unknown number; said nothing of themselves", replyWhoAreYou(w.Business))
	case r.WelcomeText == nil:
		d.say("contact created", "unknown number; said: "+strings.Join(Stated(said).Names(), ", "), "")
	default:
		text, err := r.WelcomeText.Render(wording.ContactDataOf(w, contact, "there"))
		d.say("contact created", "unknown number; said: "+strings.Join(Stated(said).Names(), ", "), text)
		if err != nil {
			d.Reason += "; no answer: " + err.Error()
		}
	}
}

func (d *Decision) welcomeTask(t *wording.Task, data wording.ContactData, text store.Inbound) {
	if t == nil {
		return
	}
	made, err := t.Render(data, text.ReceivedAt)
	if err != nil {
		made = record.NewTask("Welcome "+data.Contact.Name, "", text.ReceivedAt.Add(t.Due), t.AssignTo)
	}
	if made[store.Body] == "" {
		made[store.Body] = "Wrote: " + text.Body
	}
	d.NewTasks = append(d.NewTasks, made)
}

func (r *Config) help(c Case, w wording.World) string {
	if c.Staff != nil {
		return replyStaffHelp
	}
	if r.HelpText != nil {
		if text, err := r.HelpText.Render(wording.ContactDataOf(w, nil, "there")); err == nil {
			return as(w.Business, text)
		}
	}
	return as(w.Business, replyHelp)
}
