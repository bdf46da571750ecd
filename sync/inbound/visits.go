package inbound

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Texts about appointments.

// MostChoices is how many choices one question offers.
const MostChoices = 4

// reply takes an everyday word such as OK or NO for an answer only if there is a reminder of an appointment
// still to come. Else it is talk.
func (d *Decision) reply(c Case, r *Config, w wording.World, status string) {
	if c.Meaning.Command.Loose && len(c.reminded(c.Upcoming)) == 0 {
		d.talk(c, r, w)
		return
	}
	if several := c.reminded(c.open()); len(several) > 1 && status == "confirmed" && c.Meaning.Choice == nil {
		d.confirmAll(c, several, r, w)
		return
	}
	a := d.visit(c, r, w, status)
	if a == nil {
		return
	}
	at, what := c.when(w, a), "to confirm"
	if status == "cancelled" {
		what = "to cancel"
	}
	switch {
	case r.ReadOnly[store.Appointment]:
		d.leaveToStaff(c, what, at, "appointments are not written to the CRM")
	case status == "cancelled" && c.Staff == nil && w.NoCancel[a.Get(store.Calendar)]:
		d.leaveToStaff(c, what, at, "its calendar does not let people cancel")
	case status == "cancelled" && c.Staff == nil && tooShort(c, a, r):
		d.leaveToStaff(c, what, at, fmt.Sprintf("less than %s before it", r.Cutoff))
	default:
		d.Appointment, d.AppointmentEdits = a.ID, store.Fields{store.Status: status}
		d.say(status, "the appointment on "+at, ReplyAppointment(status, c.whose(), at))
	}
}

// confirmAll confirms what one reminder spoke of.
func (d *Decision) confirmAll(c Case, several []store.Record, r *Config, w wording.World) {
	var times []string
	for i := range several {
		times = append(times, c.when(w, &several[i]))
	}
	at := strings.Join(times, " and ")
	if r.ReadOnly[store.Appointment] {
		d.leaveToStaff(c, "to confirm", at, "appointments are not written to the CRM")
		return
	}
	d.Appointment, d.AppointmentEdits = several[0].ID, store.Fields{store.Status: "confirmed"}
	for _, a := range several[1:] {
		d.Also = append(d.Also, a.ID)
	}
	d.say("confirmed", "the appointments on "+at, fmt.Sprintf("Thanks, %s appointments on %s are confirmed.", c.whose(), at))
}

// open are the appointments that still take place and had not begun when this is decided.
func (c *Case) open() []store.Record {
	return slices.DeleteFunc(slices.Clone(c.Upcoming), func(a store.Record) bool {
		return !record.TakesPlace(a.Get(store.Status)) || !a.Time(store.Start).After(c.Now)
	})
}

// reminded are those of some appointments that the last reminder spoke of.
func (c *Case) reminded(some []store.Record) []store.Record {
	return slices.DeleteFunc(slices.Clone(some), func(a store.Record) bool { return !slices.Contains(c.Reminded, a.ID) })
}

// whose is how an appointment is spoken of to the sender.
func (c *Case) whose() string {
	if c.Staff != nil {
		return "the"
	}
	return "your"
}

// tooShort tells whether an appointment is too near for people to change it by text.
func tooShort(c Case, a *store.Record, r *Config) bool {
	return a.Time(store.Start).Sub(c.Now) < r.Cutoff
}

// leaveToStaff makes a task of what people may not do themselves.
func (d *Decision) leaveToStaff(c Case, what, at, why string) {
	d.staffTask(c, fmt.Sprintf("%s asks %s the appointment on %s", record.NameOrNumber(c.Contact), what, at))
	d.say("left to staff", fmt.Sprintf("asked %s the appointment on %s: %s", what, at, why), ReplyCallYou)
}

// visit finds the appointment a text speaks of: the one chosen, that of the last reminder, that on
// the day it names, the only one. Where none or several are left it says so, and answers nil.
func (d *Decision) visit(c Case, r *Config, w wording.World, status string) *store.Record {
	open := slices.DeleteFunc(slices.Clone(c.Upcoming), func(a store.Record) bool { return !record.TakesPlace(a.Get(store.Status)) })
	var a *store.Record
	switch {
	case c.Meaning.Choice != nil && c.Meaning.Choice.Appointment != 0:
		a = record.ByID(open, c.Meaning.Choice.Appointment)
	case len(c.reminded(open)) == 1 && c.agrees(c.reminded(open), r, w, status):
		a = &c.reminded(open)[0]
	default:
		if several := c.reminded(open); len(several) > 0 && c.agrees(several, r, w, status) {
			open = several
		}
		var certain bool
		open, certain = meant(open, c, r, w, status)
		if len(open) > 1 || !certain && len(open) > 0 {
			d.which(c, open, w, status)
			return nil
		}
		if len(open) == 1 {
			a = &open[0]
		}
	}
	switch {
	case a == nil:
		d.say("no appointment", "nothing to be "+status+" is coming up", ReplyNoAppointment)
	case !a.Time(store.Start).After(c.Now): // the text came in late
		at := c.when(w, a)
		d.Note = noteOf(c)
		d.say("too late", fmt.Sprintf("the appointment on %s had begun when the text was read, %s after it was sent", at, c.Now.Sub(c.Text.ReceivedAt).Round(time.Minute)), "")
		return nil
	}
	return a
}

// agrees tells that a text does not name another time than that of the appointment it answers about.
func (c *Case) agrees(one []store.Record, r *Config, w wording.World, status string) bool {
	_, certain := meant(one, *c, r, w, status)
	return certain
}

// meant returns those of several appointments that a text can mean. It is not certain that one is meant if the text
// names a day, a time or a part of the day at which there is none, or one that is not understood.
func meant(open []store.Record, c Case, r *Config, w wording.World, status string) (left []store.Record, certain bool) {
	only := func(keep func(store.Record) bool) bool {
		some := slices.DeleteFunc(slices.Clone(open), func(a store.Record) bool { return !keep(a) })
		if len(some) > 0 {
			open = some
		}
		return len(some) > 0
	}
	zone := c.zone(w)
	find := r.Words.Dates().Visit
	if status == Moved {
		find = r.Words.Dates().Moved
	}
	at, found := find(c.Meaning.Body, c.Text.ReceivedAt.In(zone), w.Region)
	switch certain = at.Doubt == ""; {
	case at.Perhaps: // of several appointments one on that day may be meant, or another one that is to move there
		all := slices.DeleteFunc(slices.Clone(c.Upcoming), func(a store.Record) bool { return !record.TakesPlace(a.Get(store.Status)) })
		certain = len(all) < 2 || !slices.ContainsFunc(all, func(a store.Record) bool { return at.Doubt == "" && at.Fits(a.Time(store.Start)) })
	case at.Denied && status == "cancelled":
		certain = false
	case found:
		certain = only(func(a store.Record) bool { return at.Fits(a.Time(store.Start)) })
	}
	if found && !certain { // those of the day come first where it is asked which one is meant
		slices.SortStableFunc(open, func(a, b store.Record) int {
			return cmp.Compare(apart(a.Time(store.Start), at.At), apart(b.Time(store.Start), at.At))
		})
	}
	if status == "confirmed" {
		only(func(a store.Record) bool { return a.Get(store.Status) != "confirmed" })
	}
	return open, certain
}

// apart is 0 for two moments on one day, by the clock of the second.
func apart(a, b time.Time) int {
	if a.In(b.Location()).Format(time.DateOnly) == b.Format(time.DateOnly) {
		return 0
	}
	return 1
}

// Moved is what becomes of an appointment that gets another time.
const Moved = "moved"

// which asks which of several appointments is meant.
func (d *Decision) which(c Case, open []store.Record, w wording.World, status string) {
	open = open[:min(len(open), MostChoices)]
	var choices []store.Choice
	var labels []string
	for i := range open {
		at := c.when(w, &open[i])
		if owner := record.ByID(c.People, open[i].ContactID); owner != nil && len(c.People) > 1 {
			at += ", " + record.NameOrNumber(owner)
		}
		if slices.Contains(labels, at) {
			at += ", " + cmp.Or(record.Shorten(open[i].Get(store.Title), 20), "another one")
		}
		choices, labels = append(choices, store.Choice{Appointment: open[i].ID, Contact: open[i].ContactID}), append(labels, at)
	}
	d.ask(c, store.AskWhich, store.QuestionOpen, choices...)
	d.say("asked back", fmt.Sprintf("it is not clear which of %d appointments is to be %s", len(open), status), ReplyChoose("Which one?", labels))
}

// move asks the calendar for free time, which the sender is then offered.
func (d *Decision) move(c Case, r *Config, w wording.World) {
	a := d.visit(c, r, w, Moved)
	if a == nil {
		return
	}
	at := c.when(w, a)
	switch {
	case r.ReadOnly[store.Appointment]:
		d.leaveToStaff(c, "to move", at, "appointments are not written to the CRM")
	case w.NoMove[a.Get(store.Calendar)] && c.Staff == nil:
		d.leaveToStaff(c, "to move", at, "its calendar does not let people move appointments")
	case tooShort(c, a, r) && c.Staff == nil:
		d.leaveToStaff(c, "to move", at, fmt.Sprintf("less than %s before it", r.Cutoff))
	default:
		d.ask(c, store.AskSlot, store.QuestionReading).AppointmentID = a.ID
		d.say("asked the calendar", "wants to move the appointment on "+at, "")
	}
}

// next tells what is coming up.
func (d *Decision) next(c Case, w wording.World) {
	open := c.open()
	if len(open) == 0 {
		d.say(told, "nothing is coming up", ReplyNoAppointment)
		return
	}
	agenda := c.Staff != nil && c.Contact == nil
	var lines []string
	for i := range open[:min(len(open), MostChoices)] {
		line := c.when(w, &open[i])
		if owner := record.ByID(c.People, open[i].ContactID); owner != nil && (agenda || len(c.People) > 1) {
			line += ", " + record.NameOrNumber(owner)
		}
		if title := open[i].Get(store.Title); title != "" {
			line += ", " + record.Shorten(title, 40)
		}
		lines = append(lines, line)
		if !agenda {
			break
		}
	}
	d.say(told, fmt.Sprintf("%d are coming up", len(open)), replyNext(lines))
}

// answer takes a text as the answer to what its sender was asked last.
func (d *Decision) answer(c Case, w wording.World) {
	q := c.Question
	if q == nil || c.Meaning.Choice != nil {
		if c.Meaning.Choice != nil {
			d.answered(q, c.Meaning.number, store.QuestionClosed)
		}
		return
	}
	if c.Contact == nil && (q.Kind == store.AskDetails || q.Kind == store.AskEmail) {
		return // whom it was about was deleted since
	}
	number := c.Meaning.Command.Verb == parse.VerbChoice
	yes := c.Meaning.Command.Verb == parse.VerbConfirm && (c.Meaning.Command.Loose || c.Meaning.Command.Yes)
	no := c.Meaning.Command.Verb == parse.VerbCancel && c.Meaning.Command.Loose || number && c.Meaning.Command.N == 0
	switch {
	case no:
		d.answered(q, 0, store.QuestionClosed)
		d.say("kept", "said no to what was asked", replyKept)
	case number && c.Meaning.Command.N > len(q.Choices):
		d.say("asked back", fmt.Sprintf("there is no choice %d", c.Meaning.Command.N), replyNoChoice)
	case q.Kind == store.AskSlot && number:
		d.take(c, q, w)
	case q.Kind == store.AskDetails && (yes || number):
		d.answered(q, 1, store.QuestionClosed)
		d.Contact = q.Choices[0].Edits
		d.say("contact updated", "said yes to "+strings.Join(d.Contact.Names(), ", "), replyUpdated)
	case q.Kind == store.AskEmail && (yes || number):
		d.answered(q, 1, store.QuestionClosed)
		d.NewTasks = []store.Fields{record.NewTask(record.NameOrNumber(c.Contact)+" has an email address that another contact has",
			q.Choices[0].Edits[store.Email]+"\nThe sender says that it is theirs.", c.Text.ReceivedAt.Add(record.TaskTime), "")}
		d.say("left to staff", "says that an address is theirs which another contact has", replyLookInto)
	}
}

func (d *Decision) answered(q *store.Question, choice int, state store.QuestionState) {
	a := *q
	a.Answer, a.State = choice, state
	d.Answered = &a
}

// take moves the appointment to the chosen time. The CRM may still refuse it; the sender is told once it has
// answered.
func (d *Decision) take(c Case, q *store.Question, w wording.World) {
	a, choice := record.ByID(c.Upcoming, q.AppointmentID), q.Choices[c.Meaning.Command.N-1]
	start := ChoiceTime(choice)
	switch {
	case a == nil || !record.TakesPlace(a.Get(store.Status)) || !a.Time(store.Start).After(c.Now):
		d.answered(q, c.Meaning.Command.N, store.QuestionClosed)
		d.say("no appointment", "the appointment that was to be moved is not coming up any more", ReplyNoAppointment)
	case !start.After(c.Now):
		d.answered(q, c.Meaning.Command.N, store.QuestionClosed)
		ask := d.ask(c, store.AskSlot, store.QuestionReading)
		ask.AppointmentID, ask.Text = a.ID, q.Text
		d.say("asked the calendar", "the time that was chosen has passed", "")
	default:
		d.answered(q, c.Meaning.Command.N, store.QuestionChosen)
		d.Appointment, d.AppointmentEdits = a.ID, store.Fields{store.Start: choice.Start, store.End: choice.End}
		d.say(Moved, "to "+wording.When(start.In(c.zone(w))), "")
	}
}

// ChoiceTime is when a free time that was offered begins.
func ChoiceTime(c store.Choice) time.Time {
	t, err := time.Parse(store.TimeForm, c.Start)
	if err != nil {
		return time.Time{}
	}
	return t
}
