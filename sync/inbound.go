package sync

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// TextCase is a text that came in, with what the mirror knows about its sender.
type TextCase struct {
	Text       store.Inbound
	Contact    *store.Record  // nil: unknown
	OptOut     *store.OptOut  // the standing one, nil if none
	Tasks      []store.Record // open ones of the contact
	Numbers    []int64        // task ids under the numbers the person was last told
	Upcoming   []store.Record // appointments still to come
	Reminded   int64          // the appointment of the last reminder before the text; 0: none
	EmailTaken bool           // the email the text states belongs to another contact
}

// TextDecision is what a text means: edits of the mirror and texts back. Everything else
// follows from those.
type TextDecision struct {
	Decision    string // one or two words, for reports
	Reason      string
	NewContact  store.Fields
	Contact     store.Fields // edits
	NewTasks    []store.Fields
	Task        int64
	TaskEdits   store.Fields
	Appointment int64
	Booking     store.Fields // edits of Appointment
	OptOut      bool
	OptIn       bool
	Note        string
	Numbers     []int64 // short numbers told; nil: unchanged
	Purpose     store.Purpose
	Reply       string // empty: none
}

// decideText tells what a text means. It is pure.
func decideText(c TextCase, r *Rules, w World) TextDecision {
	d := TextDecision{Purpose: store.ForReply}
	cmd := (*sms.Words)(nil).Command(c.Text.Body)
	consent := cmd.Verb == sms.VerbStop || cmd.Verb == sms.VerbStart
	switch {
	case !textable(c.Text.Sender) && cmd.Verb == sms.VerbStop:
		d.OptOut = true
		d.say("opted out", "asked to stop, from a number that cannot be answered", "")
		return d
	case !textable(c.Text.Sender):
		d.say("ignored", "the sender cannot be answered", "")
		return d
	case c.Text.ReceivedAt.Before(w.Born.Add(-skew)) && !consent:
		d.say("ignored", "it came in before this mirror was made", "")
		return d
	case c.Text.ReceivedAt.Before(w.Restored) && !consent:
		d.say("set aside", "it came in before this mirror was put back from a copy, and may have been acted on: look at the CRM", "")
		return d
	case c.Text.ReceivedAt.Before(w.Restored) && cmd.Verb == sms.VerbStart && blocked(c.Contact): // that may be from after it
		d.say("set aside", "asked to start before this mirror was put back from a copy, and the contact is opted out: look at the CRM", "")
		return d
	case c.Text.Body == "":
		d.say("ignored", "an empty text", "")
		return d
	case cmd.Reaction:
		d.say("ignored", "a reaction to one of our texts", "")
		return d
	case c.Contact == nil && slices.Contains(r.Staff, sms.Phone(c.Text.Sender)) && !consent:
		d.say("ignored", "from staff, who are no contacts", "")
		return d
	}
	switch cmd.Verb {
	case sms.VerbStop:
		d.optOut(c, w)
	case sms.VerbStart:
		d.optIn(c, w)
	case sms.VerbHelp:
		d.say("helped", "asked for help", r.help(w))
	case sms.VerbConfirm:
		if cmd.Yes && c.OptOut != nil && ownWord(c.OptOut) {
			d.optIn(c, w) // YES of somebody who opted out means START
		} else {
			d.answer(c, r, w, cmd, "confirmed")
		}
	case sms.VerbCancel:
		d.answer(c, r, w, cmd, "cancelled")
	case sms.VerbTask:
		d.newTask(c, cmd.Arg)
	case sms.VerbTasks:
		d.listTasks(c, w)
	case sms.VerbDone:
		d.doneTask(c, r, w, cmd)
	case sms.VerbNone, sms.VerbMove, sms.VerbNext, sms.VerbNote, sms.VerbUndo, sms.VerbChoice, sms.VerbWho:
		d.talk(c, r, w, cmd)
	}
	switch {
	case d.Reply == "":
	case c.Text.ReceivedAt.Before(w.Restored):
		d.Reply = ""
		d.Reason += "; it may have been answered before this mirror was put back from a copy"
	case c.Text.ReceivedAt.Before(w.Born.Add(-skew)):
		d.Reply = ""
		d.Reason += "; not answered, it came in before this mirror was made"
	}
	return d
}

func (d *TextDecision) say(decision, reason, reply string) {
	d.Decision, d.Reason, d.Reply = decision, reason, reply
}

func (d *TextDecision) optOut(c TextCase, w World) {
	d.OptOut, d.Purpose = true, store.ForOptOut
	if c.OptOut != nil {
		d.say("opted out", "was opted out already", "")
		return
	}
	d.say("opted out", "asked to stop", replyStopped(w.Business))
}

// optIn lifts what the person may lift: their own opt-out, not one that staff set in the CRM.
func (d *TextDecision) optIn(c TextCase, w World) {
	switch {
	case c.OptOut != nil && ownWord(c.OptOut) && barred(c.Contact):
		d.OptIn = true
		d.say("opted in", "lifted the own opt-out; the CRM still forbids texts, and only staff can lift that", "")
	case c.OptOut != nil && ownWord(c.OptOut):
		d.OptIn = true
		d.say("opted in", "lifted the own opt-out", replyStarted(w.Business))
	case c.OptOut != nil || blocked(c.Contact):
		d.say("opt-in refused", "the opt-out was not set by text: staff must lift it", "")
	default:
		d.say("opted in", "was not opted out", replyStarted(w.Business))
	}
}

// ownWord tells whether an opt-out came from the person: by a text to us or to the gateway.
func ownWord(o *store.OptOut) bool { return o.Source == "text" || o.Source == "gateway" }

// barred tells whether a contact's record forbids texts in a way that a START cannot lift.
func barred(contact *store.Record) bool {
	return contact != nil && (contact.Get(store.DND) == "true" || contact.Get(store.DNDSMS) == "permanent")
}

// answer takes an everyday word such as OK or NO for an answer only where there is a question: a
// reminder of an appointment still to come. Else it is talk.
func (d *TextDecision) answer(c TextCase, r *Rules, w World, cmd sms.Command, status string) {
	asked := slices.ContainsFunc(c.Upcoming, func(a store.Record) bool { return a.ID == c.Reminded })
	if cmd.Loose && !asked {
		d.talk(c, r, w, cmd)
		return
	}
	d.book(c, w, status)
}

// book confirms or cancels the appointment the text speaks of: the one of the last reminder
// if that is still to come, else the next.
func (d *TextDecision) book(c TextCase, w World, status string) {
	open := slices.DeleteFunc(slices.Clone(c.Upcoming), func(a store.Record) bool { return !reminds(a.Get(store.Status)) })
	if len(open) == 0 {
		d.say("no appointment", "nothing to be "+status+" is coming up", replyNoAppointment)
		return
	}
	a := &open[0]
	if i := slices.IndexFunc(open, func(a store.Record) bool { return a.ID == c.Reminded }); i >= 0 {
		a = &open[i]
	}
	at := when(a.Time(store.Start).In(w.zone(c.Contact)))
	d.Appointment, d.Booking = a.ID, store.Fields{store.Status: status}
	if status == "cancelled" {
		d.say("cancelled", "the appointment on "+at, replyCancelled(at))
	} else {
		d.say("confirmed", "the appointment on "+at, replyConfirmed(at))
	}
}

// taskTime is how long a task that names no time may take; the CRM wants a due date.
const taskTime = 24 * time.Hour

func (d *TextDecision) newTask(c TextCase, title string) {
	switch {
	case c.Contact == nil:
		d.say("unknown sender", "a task needs a contact", replyNotKnown)
	case title == "":
		d.say("asked back", "a task without words", replyWhatTask)
	default:
		body := "Asked for by text."
		if shorten(title, titleLength) != title {
			body += "\n" + title
		}
		d.NewTasks = []store.Fields{task(title, body, c.Text.ReceivedAt.Add(taskTime), "")}
		d.say("task created", "asked for a task", replyTaskMade(shorten(title, 80)))
	}
}

// titleLength is how long the title of a task may be.
const titleLength = 200

func task(title, body string, due time.Time, assigned string) store.Fields {
	return tidy(store.Fields{
		store.Title: shorten(title, titleLength), store.Body: body, store.Due: canonicalTime(due.Truncate(time.Minute)),
		store.Completed: "false", store.Assigned: assigned,
	})
}

// shorten cuts at n characters, at the end of a word where there is one.
func shorten(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	cut := string(r[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// mostTasks is how many tasks one list names.
const mostTasks = 9

func (d *TextDecision) listTasks(c TextCase, w World) {
	if c.Contact == nil {
		d.say("unknown sender", "tasks belong to contacts", replyNotKnown)
		return
	}
	shown := c.Tasks[:min(len(c.Tasks), mostTasks)]
	d.Numbers = []int64{}
	for _, t := range shown {
		d.Numbers = append(d.Numbers, t.ID)
	}
	d.say("tasks listed", fmt.Sprintf("%d are open", len(c.Tasks)), replyTasks(shown, len(c.Tasks)-len(shown), w.zone(c.Contact)))
}

func (d *TextDecision) doneTask(c TextCase, r *Rules, w World, cmd sms.Command) {
	if c.Contact == nil {
		d.say("unknown sender", "tasks belong to contacts", replyNotKnown)
		return
	}
	found := namedTasks(c, cmd)
	switch {
	case len(found) == 0 && cmd.N == 0 && cmd.Arg != "":
		d.talk(c, r, w, cmd) // "done with my treatment, thank you"
	case len(found) != 1:
		d.say("asked back", "it is not clear which task is done", replyWhichTask)
	default:
		t := found[0]
		d.Task, d.TaskEdits = t.ID, store.Fields{store.Completed: "true"}
		d.say("task completed", t.Get(store.Title), replyTaskDone(shorten(t.Get(store.Title), 80)))
	}
}

// namedTasks are the open tasks a DONE may mean: the one under the number last told, the one
// with that title, or those with these words in it; without either, all.
func namedTasks(c TextCase, cmd sms.Command) (found []*store.Record) {
	words := strings.ToLower(strings.TrimRight(cmd.Arg, ".!? "))
	for i := range c.Tasks {
		t := &c.Tasks[i]
		title := strings.ToLower(t.Get(store.Title))
		switch {
		case cmd.N > 0:
			if cmd.N <= len(c.Numbers) && c.Numbers[cmd.N-1] == t.ID {
				return []*store.Record{t}
			}
		case words != "" && title == words:
			return []*store.Record{t}
		case strings.Contains(title, words):
			found = append(found, t)
		}
	}
	return found
}

// talk is everything that is no command: somebody introduces themselves, or just writes. It is
// kept as a note in any case.
func (d *TextDecision) talk(c TextCase, r *Rules, w World, cmd sms.Command) {
	d.Note = "Text from " + c.Text.Sender + ":\n" + c.Text.Body
	said := (*sms.Words)(nil).Details(c.Text.Body, r.Region)
	switch {
	case c.Contact == nil:
		d.newcomer(c, r, w, said, cmd.MaybeStop)
	case cmd.MaybeStop:
		d.doubt(c, fullName(c.Contact))
	default:
		d.update(c, said)
	}
}

// doubt leaves to staff what sounds like an opt-out and is none. Nothing is answered.
func (d *TextDecision) doubt(c TextCase, name string) {
	d.say("noted", "sounds like an opt-out but is not one: a note, and a task for staff", "")
	d.NewTasks = []store.Fields{task("Does "+name+" want to opt out?", c.Text.Body, c.Text.ReceivedAt.Add(taskTime), "")}
}

// update takes over what a known person states about themselves.
func (d *TextDecision) update(c TextCase, said sms.Details) {
	edits := changes(c.Contact, said)
	if c.EmailTaken {
		delete(edits, store.Email)
	}
	if len(edits) == 0 {
		d.say("noted", "no command; kept as a note on the contact", "")
		return
	}
	d.Contact = edits
	d.say("contact updated", "said: "+strings.Join(edits.Names(), ", "), replyUpdated)
}

// changes are the fields that a person states and that differ from what is known. A name that
// shares nothing with the one on file is somebody else's: "this is Bob, Jane is sick".
func changes(contact *store.Record, said sms.Details) store.Fields {
	edits := stated(said)
	first, last := contact.Get(store.FirstName), contact.Get(store.LastName)
	same := strings.EqualFold(first, said.FirstName) || last != "" && strings.EqualFold(last, said.LastName)
	if first+last != "" && !same {
		delete(edits, store.FirstName)
		delete(edits, store.LastName)
	}
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
func (d *TextDecision) newcomer(c TextCase, r *Rules, w World, said sms.Details, maybeStop bool) {
	d.NewContact = stated(said)
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
	if maybeStop {
		d.doubt(c, c.Text.Sender)
		return
	}
	d.welcomeTask(r.WelcomeTask, contactData(w, contact, c.Text.Sender), c.Text)
	d.Purpose = store.ForWelcome
	switch {
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

func (r *Rules) help(w World) string {
	if r.HelpText != nil {
		if text, err := r.HelpText.Render(contactData(w, nil, "there")); err == nil {
			return as(w.Business, text)
		}
	}
	return as(w.Business, replyHelp)
}
