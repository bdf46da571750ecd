package sync

import (
	"strings"

	"ghlsms/sms"
	"ghlsms/store"
)

// Texts in which people introduce themselves, or just write.

// talk is everything that is no command: somebody introduces themselves, or just writes. It is
// kept as a note in any case.
func (d *TextDecision) talk(c TextCase, h heard, r *InboundConfig, w World) {
	if c.Contact == nil && c.Staff != nil {
		d.say("ignored", "from staff, who are no contacts, and no command", replyNotUnderstood)
		return
	}
	d.Note = noteOf(c)
	said := r.Words.Details(h.body, w.Region)
	switch {
	case c.Contact == nil:
		d.newcomer(c, h, r, w, said)
	case h.cmd.MaybeStop:
		d.doubt(c, fullName(c.Contact))
	default:
		d.update(c, h, said)
	}
}

// doubt leaves to staff what sounds like an opt-out and is none. Nothing is answered.
func (d *TextDecision) doubt(c TextCase, name string) {
	d.say("noted", "sounds like an opt-out but is not one: a note, and a task for staff", "")
	d.staffTask(c, "Does "+name+" want to opt out?")
}

// update takes over what a known person states about themselves. What would make somebody else of
// them is asked about first.
func (d *TextDecision) update(c TextCase, h heard, said sms.Details) {
	edits := changes(c.Contact, said)
	switch {
	case len(edits) == 0:
		d.say("noted", "no command; kept with the contact", "")
	case c.EmailTaken && edits[store.Email] != "":
		d.emailOfAnother(c, h, edits[store.Email])
		delete(edits, store.Email)
		if len(edits) > 0 && !renames(c.Contact, said) {
			d.Contact = edits
			d.Reason += "; said: " + strings.Join(edits.Names(), ", ")
		}
	case renames(c.Contact, said) && edits[store.FirstName]+edits[store.LastName] != "":
		d.ask(c, h, store.AskDetails, store.QuestionOpen, store.Choice{Edits: edits})
		d.say("asked back", "said another name than the one on file", replyRename(fullName(c.Contact), strings.TrimSpace(said.FirstName+" "+said.LastName)))
	default:
		d.Contact = edits
		d.say("contact updated", "said: "+strings.Join(edits.Names(), ", "), replyUpdated)
	}
}

// emailOfAnother asks about an address that another contact has. It is nobody else's for that.
func (d *TextDecision) emailOfAnother(c TextCase, h heard, email string) {
	d.ask(c, h, store.AskEmail, store.QuestionOpen, store.Choice{Edits: store.Fields{store.Email: email}})
	d.say("asked back", "said an address that another contact has", replyEmailTaken(email))
}

// renames tells whether what somebody says makes another person of a contact: a name that shares
// nothing with the one on file, as in "this is Bob, Jane is sick".
func renames(contact *store.Record, said sms.Details) bool {
	first, last := contact.Get(store.FirstName), contact.Get(store.LastName)
	if first+last == "" || said.FirstName+said.LastName == "" {
		return false
	}
	return !alike(first, said.FirstName) && !alike(last, said.LastName)
}

// changes are the fields that a person states and that differ from what is known.
func changes(contact *store.Record, said sms.Details) store.Fields {
	edits := stated(said)
	for field, v := range edits {
		if strings.EqualFold(contact.Get(field), v) {
			delete(edits, field)
		}
	}
	return edits
}

func stated(said sms.Details) store.Fields {
	return tidy(store.Fields{
		store.FirstName: said.FirstName, store.LastName: said.LastName, store.Email: strings.ToLower(said.Email),
	})
}

// newcomer makes a contact of an unknown number, with a welcome task and one answer.
func (d *TextDecision) newcomer(c TextCase, h heard, r *InboundConfig, w World, said sms.Details) {
	d.NewContact = stated(said)
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
	if h.cmd.MaybeStop {
		d.doubt(c, c.Text.Sender)
		return
	}
	d.welcomeTask(r.WelcomeTask, contactData(w, contact, c.Text.Sender), c.Text)
	d.Purpose = store.ForWelcome
	switch {
	case c.EmailTaken && email != "":
		d.emailOfAnother(c, h, email)
		d.Decision, d.Reason = "contact created", "unknown number; "+d.Reason
	case said.FirstName == "" && said.Email == "":
		d.say("contact created", "unknown number; said nothing of themselves", replyWhoAreYou(w.Business))
	case r.WelcomeText == nil:
		d.say("contact created", "unknown number; said: "+strings.Join(stated(said).Names(), ", "), "")
	default:
		text, err := r.WelcomeText.Render(contactData(w, contact, "there"))
		d.say("contact created", "unknown number; said: "+strings.Join(stated(said).Names(), ", "), text)
		if err != nil {
			d.Reason += "; no answer: " + err.Error()
		}
	}
}

func (d *TextDecision) welcomeTask(t *Welcome, data ContactData, text store.Inbound) {
	if t == nil {
		return
	}
	title, err := t.Title.Render(data)
	if err != nil {
		title = "Welcome " + data.Contact.Name
	}
	body := "Wrote: " + text.Body
	if t.Body != nil {
		if b, err := t.Body.Render(data); err == nil {
			body = b
		}
	}
	d.NewTasks = append(d.NewTasks, task(title, body, text.ReceivedAt.Add(t.Due), t.AssignTo))
}

func (r *InboundConfig) help(c TextCase, w World) string {
	if c.Staff != nil {
		return replyStaffHelp
	}
	if r.HelpText != nil {
		if text, err := r.HelpText.Render(contactData(w, nil, "there")); err == nil {
			return as(w.Business, text)
		}
	}
	return as(w.Business, replyHelp)
}
