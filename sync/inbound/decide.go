// Package inbound decides what follows from a text that came in. It is pure: [Case] has what the mirror knows of the
// sender, [Case.Understand] what the text says, and [Decide] gives edits, a question or an answer.
package inbound

import (
	"fmt"
	"strings"
	"time"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Case is a text that came in, with what the mirror knows about its sender.
type Case struct {
	Text       store.Inbound
	Now        time.Time       // when it is decided
	Staff      *Staffer        // who of staff sent it; nil: nobody
	Contact    *store.Record   // whom it is about: the sender, or the one that staff name; nil: unknown
	Named      []store.Record  // those whom staff may mean, where they name somebody
	OptOut     *store.OptOut   // the standing one, nil if none
	Tasks      []store.Record  // open ones: of the contact, or those that staff look after
	Numbers    map[int]int64   // task ids by the numbers that the sender was told today
	Upcoming   []store.Record  // appointments that were still to come when the text came in
	People     []store.Record  // whose those are, where they are several people's
	Reminded   []int64         // the appointments of the last reminder before the text
	EmailTaken bool            // the email the text states belongs to another contact
	Question   *store.Question // what the sender was asked and has not answered; nil: nothing
	Last       []LastDone      // what the sender's last text did
	LastText   int64           // which text that was
	WrongPINs  int             // how often the sender lacked the PIN today
	Meaning    *Meaning        // see [Case.Understand]
}

// Staffer is a member of staff.
type Staffer struct {
	Name   string
	UserID string // the CRM's; empty: no user there
}

// LastDone is one thing that a text did, and the record as it is now; nil if it is gone.
type LastDone struct {
	store.Undo
	Record *store.Record
}

// Decision is what a text means: edits of the mirror and texts back. Everything else
// follows from those.
type Decision struct {
	Decision         string // one or two words, for reports
	Reason           string
	NewContact       store.Fields
	Contact          store.Fields // edits
	NewTasks         []store.Fields
	NewNumber        int // the number that the sender is told for the first of NewTasks; 0: none
	Task             int64
	TaskEdits        store.Fields
	Appointment      int64
	Also             []int64      // appointments that are edited like Appointment
	AppointmentEdits store.Fields // edits of Appointment
	OptOut           bool
	OptIn            bool
	Note             string
	Numbers          map[int]int64   // task ids by the numbers told; nil: unchanged
	Ask              *store.Question // asked back; nil: nothing
	Answered         *store.Question // the one the text answered, as it is now; nil: none
	TakeBack         []LastDone      // what the last text did and is taken back
	Secret           string          // what must not stay in the stored text; empty: nothing
	Purpose          store.Purpose
	Reply            string // empty: none
}

// Decisions that are counted or told apart.
const (
	TaskCreated = "task created"
	tasksListed = "tasks listed"
	told        = "told"
	TurnedAway  = "refused"
)

// Meaning is what a text says.
type Meaning struct {
	Said    parse.Command // in its own words
	Command parse.Command // what it asks for: where a number answers a question, what the text asked for that raised it
	Body    string        // without the PIN; where it answers a question, the text that raised that
	Choice  *store.Choice // taken of what was asked; nil: none
	number  int           // of that choice
	HasPIN  bool          // it has the PIN, or none is needed
	Details parse.Details // what it tells of a person
	Robot   bool          // a telephone or a program answers by itself
}

// Understand keeps what the text says in the case, for whoever gathers the rest and for [Decide]. The sender and
// what they were asked must be known. region is the ISO 3166 country of numbers without +.
func (c *Case) Understand(r *Config, region string) {
	m := Meaning{Body: c.Text.Body, HasPIN: true}
	if c.Staff != nil {
		m.Body, m.HasPIN = withoutPIN(m.Body, r.PIN)
	}
	m.Said = c.command(m.Body, r)
	m.Command = m.Said
	if raised, answers := c.raised(m.Said, r); answers {
		m.Choice, m.number = &c.Question.Choices[m.Said.N-1], m.Said.N
		m.Body, m.HasPIN = c.Question.Text, true // or it would not have been asked
		m.Command = raised
	}
	m.Details, m.Robot = r.Words.Details(m.Body, region), parse.AutoReply(m.Body)
	c.Meaning = &m
}

// raised is the command of the text that raised the question which a number answers. If by the words known today
// that command is about consent, the number does not answer: it gives none.
func (c *Case) raised(said parse.Command, r *Config) (cmd parse.Command, answers bool) {
	q := c.Question
	if q == nil || said.Verb != parse.VerbChoice || q.Kind != store.AskWhich && q.Kind != store.AskWho || said.N < 1 || said.N > len(q.Choices) {
		return cmd, false
	}
	cmd = c.command(q.Text, r)
	return cmd, cmd.Verb != parse.VerbStop && cmd.Verb != parse.VerbStart
}

func (c *Case) command(body string, r *Config) parse.Command {
	if c.Staff != nil {
		return r.Words.StaffCommand(body)
	}
	return r.Words.Command(body)
}

// Decide tells what follows from a text that was understood. It is pure.
func Decide(c Case, r *Config, w wording.World) Decision {
	if c.Now.Before(c.Text.ReceivedAt) {
		c.Now = c.Text.ReceivedAt
	}
	d := Decision{Purpose: store.ForReply}
	if c.Staff != nil && r.PIN != "" && strings.Contains(c.Text.Body, r.PIN) {
		d.Secret = r.PIN
		c.Text.Body = Redact(c.Text.Body, r.PIN)
	}
	if d.setAside(c, w) {
		return d
	}
	d.dispatch(c, r, w)
	switch {
	case d.Reply == "":
	case c.Text.ReceivedAt.Before(w.Restored):
		d.Reply = ""
		d.Reason += "; it may have been answered before this mirror was put back from a copy"
	case w.FromBefore(&c.Text):
		d.Reply = ""
		d.Reason += "; not answered, it came in before this mirror was made"
	}
	return d
}

// setAside tells whether a text is not acted on, whatever it asks for.
func (d *Decision) setAside(c Case, w wording.World) bool {
	consent := c.Meaning.Command.Verb == parse.VerbStop || c.Meaning.Command.Verb == parse.VerbStart
	switch {
	case !record.Textable(c.Text.Sender) && c.Meaning.Command.Verb == parse.VerbStop:
		d.OptOut = true
		d.say("opted out", "asked to stop, from a number that cannot be answered", "")
	case !record.Textable(c.Text.Sender):
		d.say("ignored", "the sender cannot be answered", "")
	case w.FromBefore(&c.Text) && !consent:
		d.say("ignored", "it came in before this mirror was made", "")
	case c.Text.ReceivedAt.Before(w.Restored) && !consent:
		d.say("set aside", "it came in before this mirror was put back from a copy, and may have been acted on: look at the CRM", "")
	case c.Text.ReceivedAt.Before(w.Restored) && c.Meaning.Command.Verb == parse.VerbStart && record.Blocked(c.Contact): // that may be from after it
		d.say("set aside", "asked to start before this mirror was put back from a copy, and the contact is opted out: look at the CRM", "")
	case c.Text.Body == "":
		d.say("ignored", "an empty text", "")
	case c.Meaning.Command.Reaction:
		d.say("ignored", "a reaction to one of our texts", "")
	case !consent && c.Meaning.Robot:
		d.robot(c)
	default:
		return false
	}
	return true
}

// robot leaves an automatic answer unanswered, or two robots would talk for ever.
func (d *Decision) robot(c Case) {
	if c.Contact == nil || c.Staff != nil {
		d.say("ignored", "an automatic answer of a telephone or a program", "")
		return
	}
	d.Note = noteOf(c)
	d.say("noted", "an automatic answer of a telephone or a program: kept, not answered", "")
}

func (d *Decision) dispatch(c Case, r *Config, w wording.World) {
	yes := c.Meaning.Command.Verb == parse.VerbConfirm && c.Meaning.Command.Yes && c.OptOut != nil && ownWord(c.OptOut) // YES of somebody who opted out means START
	switch {
	case c.Meaning.Command.Verb == parse.VerbStop:
		d.optOut(c, w)
		return
	case c.Meaning.Command.Verb == parse.VerbStart, yes:
		d.optIn(c, w)
		return
	}
	if c.Staff != nil && staffMatter(&c) {
		if d.admit(&c); d.Decision != "" {
			return
		}
	}
	if d.answer(c, w); d.Decision != "" {
		return
	}
	switch c.Meaning.Command.Verb {
	case parse.VerbHelp:
		d.say("helped", "asked for help", r.help(c, w))
	case parse.VerbConfirm:
		d.reply(c, r, w, "confirmed")
	case parse.VerbCancel:
		d.reply(c, r, w, "cancelled")
	case parse.VerbMove:
		d.move(c, r, w)
	case parse.VerbNext:
		d.next(c, w)
	case parse.VerbTask:
		d.newTask(c, r, w)
	case parse.VerbTasks:
		d.listTasks(c, w)
	case parse.VerbDone:
		d.doneTask(c, r, w)
	case parse.VerbNote:
		d.note(c, r, w)
	case parse.VerbWho:
		d.who(c, w)
	case parse.VerbUndo:
		d.undo(c, r)
	case parse.VerbNone, parse.VerbChoice, parse.VerbStop, parse.VerbStart:
		d.talk(c, r, w)
	}
	if c.Staff != nil && c.Meaning.Command.Who != "" && c.Contact != nil {
		d.Reason += fmt.Sprintf("; for contact %d, by %s of staff", c.Contact.ID, c.Staff.Name)
		if d.Reply != "" && c.Meaning.Command.Verb != parse.VerbWho {
			d.Reply = record.NameOrNumber(c.Contact) + ": " + d.Reply
		}
	}
}

func (d *Decision) say(decision, reason, reply string) {
	d.Decision, d.Reason, d.Reply = decision, reason, reply
}

// ask asks the sender back. What a text does beside is for the caller to say.
func (d *Decision) ask(c Case, kind store.QuestionKind, state store.QuestionState, choices ...store.Choice) *store.Question {
	d.Ask = &store.Question{
		Number: c.Text.Sender, Kind: kind, State: state, Text: c.Meaning.Body, Choices: choices, ExpiresAt: c.Text.ReceivedAt.Add(ReplyTime(store.ForReply)),
	}
	if c.Contact != nil {
		d.Ask.ContactID = c.Contact.ID
	}
	return d.Ask
}

// zone is where the sender's clock runs.
func (c *Case) zone(w wording.World) *time.Location {
	if c.Staff != nil {
		return w.Zone
	}
	return w.ZoneOf(c.Contact)
}

// when tells the sender when an appointment is.
func (c *Case) when(w wording.World, a *store.Record) string {
	if c.Staff != nil {
		return wording.When(a.Time(store.Start).In(w.Zone))
	}
	return w.WhenOf(c.Contact, a)
}

// Recipient is the contact that an answer is sent to; 0 for staff, whose answers are about a contact but not sent to
// it.
func (c *Case) Recipient(contact int64) int64 {
	if c.Staff != nil {
		return 0
	}
	return contact
}

// ReplyTime is how long an answer makes sense. The law gives the confirmation of an opt-out
// five minutes, and after that it would be one more unwanted text.
func ReplyTime(p store.Purpose) time.Duration {
	if p == store.ForOptOut {
		return 5 * time.Minute
	}
	return 12 * time.Hour
}
