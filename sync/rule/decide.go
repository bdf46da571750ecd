// Package rule is the owner's automations: triggers, conditions and actions. It is pure: [Case] is one event and one
// [Rule], and [Decide] what the rule does about it. [Triggers] and [Actions] are the tables of what there is.
package rule

import (
	"fmt"
	"regexp"
	"slices"
	"time"

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
	Waits   string    // why it waits until then
	Expires time.Time
}

const (
	// textTime is how long a text by a rule makes sense: counted from what it is about, or from when the
	// hours of the rule begin, where it has to wait for them.
	textTime = 12 * time.Hour
	// moment is the least time that a text which waited for hours has to be sent.
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
	return c.Rule.If.IsFor(c.Appointment, w) && c.Rule.If.Objection(of, w) == ""
}

// saysKeyword tells whether a text begins with the words of a keyword, whatever their case and
// punctuation.
func saysKeyword(body, keyword string) bool {
	said, want := record.PlainWords(body), record.PlainWords(keyword)
	return len(want) > 0 && len(said) >= len(want) && slices.Equal(said[:len(want)], want)
}

const noContact = "nobody in the CRM has this number"

// missing returns the reason why nothing can be done on the contact, or "".
func (c Case) missing() string {
	switch {
	case c.Contact == nil:
		return noContact
	case !c.Contact.GoneAt.IsZero():
		return "the contact was deleted"
	}
	return ""
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
