// Package rule is the owner's automations: triggers, conditions and actions. It is pure: [Case] is one event and one
// [Rule], and [Decide] what the rule does about it. [Triggers] and [Actions] are the tables of what there is.
package rule

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Rule is an automation: where a trigger comes about and its conditions hold, its actions are done.
type Rule struct {
	Name    string
	On      string         // a name in [Triggers]
	Keyword string         // text received: it begins with these words; empty: any
	Pattern *regexp.Regexp // text received: it matches; nil: any
	Field   string         // contact changed: this one; empty: any. The owner's name or the mirror's.
	Tag     string         // tag added or removed: this one; empty: any
	At      hours.Clock    // time of day
	Days    []time.Weekday // time of day: only these; empty: all
	After   time.Duration  // so long after
	If      condition.Condition
	Between *hours.Week // texts leave only then, by the recipient's clock; nil: always
	Do      []Action
}

// Action is one thing to do. Exactly one of its kinds is set, with what belongs to it.
type Action struct {
	Kind      string            // a name in [Actions]
	Text      *wording.Template // text, notify, note
	To        sms.Phone         // notify: empty is the first of staff
	Task      *wording.Task     // task, update_task, where what is empty stays as it is
	Tag       string            // tag, untag
	Completes string            // complete: [ThisTask], or the title of open tasks
	Set       map[string]string // set
	Status    string            // appointment
}

// ThisTask is how a rule names the task that triggered it.
const ThisTask = "this"

// Case is one event and one rule, with what the mirror knows of whom it is about.
type Case struct {
	Rule        *Rule
	Event       store.Event
	At          time.Time     // when it happened
	Contact     *store.Record // nil: nobody that is known
	OptedOut    bool          // the contact's number is on our own list
	Appointment *store.Record
	Task        *store.Record
	Note        *store.Record
	Open        []store.Record // the contact's open tasks
	Text        *TextReceived
	Failed      string // the words of the text that failed
}

// TextReceived is a text that came in, as rules look at it.
type TextReceived struct {
	Sender, Body string
	From         string // one of [condition.Senders]
	Command      bool   // it was one of the words that the program itself understands
	MaybeStop    bool   // it sounds like an opt-out and is none
}

// Decision is what a rule does about a case.
type Decision struct {
	Fires   bool
	Stopped string // why nothing is done although it would fire
	Effects []Effect
}

// Effect is what comes of one action: a record made or edited, or a text; or nothing, and why.
type Effect struct {
	Action  string
	Skipped string
	Entity  store.Entity
	ID      int64 // of the record to be edited; 0: one is made
	Fields  store.Fields
	Number  string // of a text
	Body    string
	DueAt   time.Time // of a text: not before; zero: now
	Expires time.Time
}

const (
	// textTime is how long a text by a rule makes sense: counted from what it is about, or from when the
	// hours of the rule begin, where it has to wait for them.
	textTime = 12 * time.Hour
	// moment is how long a text that waited has to leave, at the least.
	moment = 10 * time.Minute
	// answerTime is how long somebody who texted waits for an answer.
	answerTime = time.Hour
	// TimeLimit is how late what the clock triggers may still be done.
	TimeLimit = 24 * time.Hour
	// mostDepth is how many rules may follow from one another.
	mostDepth = 3
	// overdueAfter is how long after it was due a task is overdue, where the rule does not say.
	overdueAfter = 24 * time.Hour
)

// Decide tells whether a rule fires about an event, and what it does. It is pure.
func Decide(c Case, r *Config, w wording.World, now time.Time) Decision {
	t, known := TriggerOf(c.Rule.On)
	if !known || !t.Happened(c, r, w) || !c.holds(w) {
		return Decision{}
	}
	d := Decision{Fires: true}
	switch {
	case c.Event.Depth >= mostDepth:
		d.Stopped = fmt.Sprintf("%d rules led to it one after the other, and more do not follow", mostDepth)
		return d
	case t.Clock && now.Sub(c.At) > TimeLimit:
		d.Stopped = "too late"
		return d
	case t.Clock && c.At.Before(w.Restored):
		d.Stopped = "it may have been done before the mirror was put back from a copy"
		return d
	}
	d.Effects = c.effects(r, w, now)
	return d
}

// holds tells whether the conditions are met.
func (c Case) holds(w wording.World) bool {
	of := condition.Case{Appointment: c.Appointment, Contact: c.Contact}
	if c.Text != nil {
		of.From = c.Text.From
	}
	return c.Rule.If.Fits(c.Appointment, w) && c.Rule.If.Against(of, w) == ""
}

// saysKeyword tells whether a text begins with the words of a keyword, whatever their case and
// punctuation.
func saysKeyword(body, keyword string) bool {
	said, want := record.PlainWords(body), record.PlainWords(keyword)
	return len(want) > 0 && len(said) >= len(want) && slices.Equal(said[:len(want)], want)
}

const noContact = "nobody in the CRM has this number"

// missing is why nothing can be done on the contact.
func (c Case) missing() string {
	switch {
	case c.Contact == nil:
		return noContact
	case !c.Contact.GoneAt.IsZero():
		return "the contact was deleted"
	}
	return ""
}

// text is a text to the contact, or to staff, in the hours of the rule and of who gets it.
func (c Case) text(e *Effect, a Action, on *doing) {
	r, w, now := on.cfg, on.world, on.now
	zone, nameless := w.Zone, "somebody"
	switch {
	case now.Sub(c.At) >= textTime:
		e.Skipped = "too late for a text"
	case a.Kind == ActNotify:
		e.Number = string(a.To)
		if e.Number == "" && len(r.Staff) > 0 {
			e.Number = string(r.Staff[0])
		}
		if e.Number == "" {
			e.Skipped = "there is no staff to be texted"
		}
	case c.Text != nil && c.Text.MaybeStop:
		e.Skipped = "the text sounds like an opt-out"
	case c.Contact == nil:
		e.Skipped = noContact
	default:
		zone, nameless = w.ZoneOf(c.Contact), "there"
		e.Number, e.Skipped = record.Reachable(c.Contact, c.OptedOut)
	}
	if e.Skipped != "" {
		return
	}
	if e.DueAt, e.Expires, e.Skipped = c.window(c.hoursOf(a, w), zone, now); e.Skipped != "" {
		return
	}
	body, err := a.Text.Render(c.data(w, nameless))
	if err != nil {
		e.Skipped = err.Error()
	}
	e.Body = body
}

func (c Case) newTask(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	task := *a.Task
	task.Due = cmp.Or(task.Due, record.TaskTime)
	fields, err := task.Render(c.data(on.world, c.Contact.Get(store.Phone)), on.now)
	if err != nil {
		e.Skipped = err.Error()
		return
	}
	e.Entity, e.Fields = store.Task, fields
}

func (c Case) updateTask(e *Effect, a Action, on *doing) {
	if c.Task == nil || !c.Task.GoneAt.IsZero() {
		e.Skipped = "the task was deleted"
		return
	}
	e.Entity, e.ID, e.Fields = store.Task, c.Task.ID, store.Fields{}
	if a.Task.Title != nil {
		title, err := a.Task.Title.Render(c.data(on.world, "somebody"))
		if err != nil {
			e.Skipped = err.Error()
			return
		}
		e.Fields[store.Title] = record.Shorten(title, record.TitleLength)
	}
	if a.Task.Due != 0 {
		e.Fields[store.Due] = record.Time(on.now.Add(a.Task.Due).Truncate(time.Minute))
	}
	if a.Task.AssignTo != "" {
		e.Fields[store.Assigned] = a.Task.AssignTo
	}
}

// complete ends the task that triggered the rule, or the open ones with a title.
func (c Case) complete(a Action, _ *doing) (all []Effect) {
	done := func(t *store.Record) {
		all = append(all, Effect{Action: a.Kind, Entity: store.Task, ID: t.ID, Fields: store.Fields{store.Completed: "true"}})
	}
	if a.Completes == ThisTask {
		if c.Task != nil && c.Task.GoneAt.IsZero() {
			done(c.Task)
			return all
		}
		return []Effect{{Action: a.Kind, Skipped: "the task was deleted"}}
	}
	if why := c.missing(); why != "" {
		return []Effect{{Action: a.Kind, Skipped: why}}
	}
	for i := range c.Open {
		if strings.EqualFold(c.Open[i].Get(store.Title), a.Completes) {
			done(&c.Open[i])
		}
	}
	if len(all) == 0 {
		return []Effect{{Action: a.Kind, Skipped: "no open task has that title"}}
	}
	return all
}

func (c Case) note(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	body, err := a.Text.Render(c.data(on.world, c.Contact.Get(store.Phone)))
	if err != nil {
		e.Skipped = err.Error()
		return
	}
	e.Entity, e.Fields = store.Note, store.Fields{store.Body: body}
}

// editContact is what an action that edits the contact comes to.
func (c Case) editContact(e *Effect, on *doing) {
	e.Entity, e.ID, e.Fields = store.Contact, c.Contact.ID, on.edits
}

// tag puts a tag on the contact, or takes it off.
func (c Case) tag(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	tags := c.Contact.Value().With(on.edits).Set(store.Tags)
	tags = slices.DeleteFunc(tags, func(t string) bool { return strings.EqualFold(t, a.Tag) })
	if a.Kind == ActTag {
		tags = append(tags, strings.ToLower(a.Tag))
	}
	on.edits[store.Tags] = store.EncodeSet(tags)
	c.editContact(e, on)
}

// set sets fields of the contact: all that it names, or none.
func (c Case) set(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	set := store.Fields{}
	for name, value := range a.Set {
		field := on.world.Fields.Field(name)
		if field == "" {
			e.Skipped = "the CRM has not listed the field " + name
			return
		}
		v, err := record.Canonical(store.Contact, field, value, on.world.Region, on.world.Zone)
		if err != nil {
			e.Skipped = fmt.Sprintf("%s: %v", name, err)
			return
		}
		set[field] = v
	}
	maps.Copy(on.edits, set)
	c.editContact(e, on)
}

func (c Case) book(e *Effect, a Action, _ *doing) {
	if c.Appointment == nil || !c.Appointment.GoneAt.IsZero() {
		e.Skipped = "the appointment was deleted"
		return
	}
	e.Entity, e.ID, e.Fields = store.Appointment, c.Appointment.ID, store.Fields{store.Status: a.Status}
}

// About puts a record in its place in the case.
func (c *Case) About(r *store.Record) {
	switch r.Entity {
	case store.Contact:
		c.Contact = r
	case store.Task:
		c.Task = r
	case store.Appointment:
		c.Appointment = r
	case store.Note:
		c.Note = r
	}
}
