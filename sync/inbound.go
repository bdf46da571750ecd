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

// TextDecision is what a text means: edits of the mirror and texts back. Everything else
// follows from those.
type TextDecision struct {
	Decision    string // one or two words, for reports
	Reason      string
	NewContact  store.Fields
	Contact     store.Fields // edits
	NewTasks    []store.Fields
	NewNumber   int // the number that the sender is told for the first of NewTasks; 0: none
	Task        int64
	TaskEdits   store.Fields
	Appointment int64
	Also        []int64      // appointments that are edited like Appointment
	Booking     store.Fields // edits of Appointment
	OptOut      bool
	OptIn       bool
	Note        string
	Numbers     map[int]int64   // task ids by the numbers told; nil: unchanged
	Ask         *store.Question // asked back; nil: nothing
	Answered    *store.Question // the one the text answered, as it is now; nil: none
	TakeBack    []LastDone      // what the last text did and is taken back
	Secret      string          // what must not stay in the stored text; empty: nothing
	Purpose     store.Purpose
	Reply       string // empty: none
}

// Decisions that are counted or told apart.
const (
	taskCreated = "task created"
	tasksListed = "tasks listed"
	told        = "told"
	turnedAway  = "refused"
)

// heard is what a text says.
type heard struct {
	cmd    sms.Command
	body   string        // without the PIN; where it answers a question, the text that raised that
	choice *store.Choice // taken of what was asked; nil: none
	number int           // of that choice
	pin    bool          // it has the PIN, or none is needed
}

// hear understands a text. A number that answers a question stands for the text that raised it,
// with the choice in place of what was unclear.
func (c *TextCase) hear(r *InboundConfig) heard {
	h := heard{body: c.Text.Body, pin: true}
	if c.Staff != nil {
		h.body, h.pin = withoutPIN(h.body, r.PIN)
	}
	h.cmd = c.command(h.body, r)
	q := c.Question
	if q == nil || h.cmd.Verb != sms.VerbChoice || q.Kind != store.AskWhich && q.Kind != store.AskWho || h.cmd.N < 1 || h.cmd.N > len(q.Choices) {
		return h
	}
	raised := c.command(q.Text, r)
	if raised.Verb == sms.VerbStop || raised.Verb == sms.VerbStart { // by words that came since: a number is no consent
		return h
	}
	h.choice, h.number = &q.Choices[h.cmd.N-1], h.cmd.N
	h.body, h.pin = q.Text, true // or it would not have been asked
	h.cmd = raised
	return h
}

func (c *TextCase) command(body string, r *InboundConfig) sms.Command {
	if c.Staff != nil {
		return r.Words.StaffCommand(body)
	}
	return r.Words.Command(body)
}

// decideText tells what a text means. It is pure.
func decideText(c TextCase, r *InboundConfig, w World) TextDecision {
	if c.Now.Before(c.Text.ReceivedAt) {
		c.Now = c.Text.ReceivedAt
	}
	d := TextDecision{Purpose: store.ForReply}
	h := c.hear(r)
	if c.Staff != nil && r.PIN != "" && strings.Contains(c.Text.Body, r.PIN) {
		d.Secret = r.PIN
		c.Text.Body = redacted(c.Text.Body, r.PIN)
	}
	if d.leave(c, h, w) {
		return d
	}
	d.act(c, h, r, w)
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

// leave tells whether a text is not acted on, whatever it asks for.
func (d *TextDecision) leave(c TextCase, h heard, w World) bool {
	consent := h.cmd.Verb == sms.VerbStop || h.cmd.Verb == sms.VerbStart
	switch {
	case !textable(c.Text.Sender) && h.cmd.Verb == sms.VerbStop:
		d.OptOut = true
		d.say("opted out", "asked to stop, from a number that cannot be answered", "")
	case !textable(c.Text.Sender):
		d.say("ignored", "the sender cannot be answered", "")
	case c.Text.ReceivedAt.Before(w.Born.Add(-skew)) && !consent:
		d.say("ignored", "it came in before this mirror was made", "")
	case c.Text.ReceivedAt.Before(w.Restored) && !consent:
		d.say("set aside", "it came in before this mirror was put back from a copy, and may have been acted on: look at the CRM", "")
	case c.Text.ReceivedAt.Before(w.Restored) && h.cmd.Verb == sms.VerbStart && blocked(c.Contact): // that may be from after it
		d.say("set aside", "asked to start before this mirror was put back from a copy, and the contact is opted out: look at the CRM", "")
	case c.Text.Body == "":
		d.say("ignored", "an empty text", "")
	case h.cmd.Reaction:
		d.say("ignored", "a reaction to one of our texts", "")
	case !consent && sms.AutoReply(h.body):
		d.robot(c)
	default:
		return false
	}
	return true
}

// robot leaves an automatic answer unanswered, or two robots would talk for ever.
func (d *TextDecision) robot(c TextCase) {
	if c.Contact == nil || c.Staff != nil {
		d.say("ignored", "an automatic answer of a telephone or a program", "")
		return
	}
	d.Note = noteOf(c)
	d.say("noted", "an automatic answer of a telephone or a program: kept, not answered", "")
}

func (d *TextDecision) act(c TextCase, h heard, r *InboundConfig, w World) {
	yes := h.cmd.Verb == sms.VerbConfirm && h.cmd.Yes && c.OptOut != nil && ownWord(c.OptOut) // YES of somebody who opted out means START
	switch {
	case h.cmd.Verb == sms.VerbStop:
		d.optOut(c, w)
		return
	case h.cmd.Verb == sms.VerbStart, yes:
		d.optIn(c, w)
		return
	}
	if c.Staff != nil && staffMatter(&c, h) {
		if d.admit(&c, h); d.Decision != "" {
			return
		}
	}
	if d.answer(c, h, w); d.Decision != "" {
		return
	}
	switch h.cmd.Verb {
	case sms.VerbHelp:
		d.say("helped", "asked for help", r.help(c, w))
	case sms.VerbConfirm:
		d.reply(c, h, r, w, "confirmed")
	case sms.VerbCancel:
		d.reply(c, h, r, w, "cancelled")
	case sms.VerbMove:
		d.move(c, h, r, w)
	case sms.VerbNext:
		d.next(c, w)
	case sms.VerbTask:
		d.newTask(c, h, r, w)
	case sms.VerbTasks:
		d.listTasks(c, w)
	case sms.VerbDone:
		d.doneTask(c, h, r, w)
	case sms.VerbNote:
		d.note(c, h, r, w)
	case sms.VerbWho:
		d.who(c, w)
	case sms.VerbUndo:
		d.undo(c, r)
	case sms.VerbNone, sms.VerbChoice, sms.VerbStop, sms.VerbStart:
		d.talk(c, h, r, w)
	}
	if c.Staff != nil && h.cmd.Who != "" && c.Contact != nil {
		d.Reason += fmt.Sprintf("; for contact %d, by %s of staff", c.Contact.ID, c.Staff.Name)
		if d.Reply != "" && h.cmd.Verb != sms.VerbWho {
			d.Reply = fullName(c.Contact) + ": " + d.Reply
		}
	}
}

func (d *TextDecision) say(decision, reason, reply string) {
	d.Decision, d.Reason, d.Reply = decision, reason, reply
}

// ask asks the sender back. What a text does beside is for the caller to say.
func (d *TextDecision) ask(c TextCase, h heard, kind store.QuestionKind, state store.QuestionState, choices ...store.Choice) *store.Question {
	d.Ask = &store.Question{
		Number: c.Text.Sender, Kind: kind, State: state, Text: h.body, Choices: choices, ExpiresAt: c.Text.ReceivedAt.Add(replyTime(store.ForReply)),
	}
	if c.Contact != nil {
		d.Ask.ContactID = c.Contact.ID
	}
	return d.Ask
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

// zone is where the sender's clock runs.
func (c *TextCase) zone(w World) *time.Location {
	if c.Staff != nil {
		return w.Zone
	}
	return w.zone(c.Contact)
}

// byID is a record of several by its id; nil if it is not among them.
func byID(all []store.Record, id int64) *store.Record {
	if i := slices.IndexFunc(all, func(r store.Record) bool { return r.ID == id }); i >= 0 && id != 0 {
		return &all[i]
	}
	return nil
}
