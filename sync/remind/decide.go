// Package remind decides about reminders: when one is due, whether it leaves, and what it says. It is pure: [Case] is
// one appointment and one [Rule], and [Decide] what becomes of it at a time.
package remind

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Rule is one entry under reminders in the config: a text, or a task for staff, at a time before or after each
// appointment that it is for.
type Rule struct {
	Name string

	// One of four ways to say when.
	Before     time.Duration // the start
	After      time.Duration // the start; with Unanswered: the text that was not answered
	At         *hours.Clock  // this time by the recipient's clock, DaysBefore days before
	DaysBefore int
	Unanswered string // the reminder that it follows where nobody answered

	If          condition.Condition
	Quiet       hours.Policy
	Clock       hours.Whose   // empty: that of the calendar, or of all
	Missed      string        // one of [MissedPolicies]
	Late        time.Duration // how late it may leave; 0: see lateLimit
	TrustMirror time.Duration // how old the mirror may be to decide where the CRM cannot be asked
	Group       time.Duration // appointments of one number that start so near are told in one text; 0: each has its own
	Retry       time.Duration // so long after it was found not to have arrived it leaves once more; 0: it does not

	Text *wording.Wording // nil: none
	Task *wording.Task    // made in place of a text; nil: none
	Tag  string           // put on the contact when the text has left; empty: none
	Note bool             // the text and its answer are noted on the contact
}

// What becomes of reminders that could not leave in time.
const (
	MissedLatest = "latest" // of several of an appointment only the latest leaves late
	MissedEach   = "each"   // each leaves late
	MissedSkip   = "skip"   // none leaves late
)

// MissedPolicies are all of them.
var MissedPolicies = []string{MissedLatest, MissedEach, MissedSkip}

const (
	// OnTime is how long after its time a reminder is not late.
	OnTime = 10 * time.Minute
	// lateAfter is how late what leaves after an appointment may leave.
	lateAfter = 12 * time.Hour
	// lookSoon is when a reminder that waits for something without a due time is checked again.
	lookSoon = time.Minute
)

// Case is one appointment with one rule that has not been decided.
type Case struct {
	Rule        *Rule
	Appointment *store.Record
	Contact     *store.Record
	OptedOut    bool            // the number is on our own list
	Shared      bool            // the number is that of several contacts
	Early       bool            // it leaves with another one, before its time
	Superseded  bool            // a later reminder of the appointment is due too
	Followed    *store.Reminder // with Rule.Unanswered: the row of that one; nil: there is none
	RetryAt     time.Time       // it failed, and is tried again then; zero: it did not
	Language    string          // to be told in; empty: the contact's
}

// Decision is what becomes of a case: nothing yet, a text or a task, or a reason against one.
type Decision struct {
	Due, Leaves    time.Time // by the rule; when people may be texted. Zero: nobody knows yet
	Zone, ZoneFrom string
	Wait           bool      // not due, or too little is known yet
	Again          time.Time // with Wait: when to look again; zero: when something changes
	Closed         bool      // with Wait: it was not in time, and people may not be texted before Again
	Code           store.Code
	Skipped        string    // why not
	Last           time.Time // when it is too late
	Late           bool
	Number         string
	Language       string
	Body           string
	Task           store.Fields // of the task that is made in place of a text
}

// LateLimit is how long after its time a reminder may still leave: what the rule says, or half the time between it and
// the start, at most two hours.
func (r *Rule) LateLimit(lead time.Duration) time.Duration {
	switch {
	case r.Missed == MissedSkip:
		return OnTime
	case r.Late > 0:
		return r.Late
	case lead <= 0:
		return lateAfter
	}
	return min(lead/2, 2*time.Hour)
}

// due is when the rule wants it to leave; zero: nobody knows.
func (c *Case) due(zone *time.Location) time.Time {
	start, r := c.Appointment.Time(store.Start), c.Rule
	switch {
	case !c.RetryAt.IsZero():
		return c.RetryAt
	case r.Unanswered != "":
		if c.Followed == nil || c.Followed.State != store.Done {
			return time.Time{}
		}
		return c.Followed.SentAt.Add(r.After)
	case r.At != nil:
		return r.At.On(start.In(zone), -r.DaysBefore).UTC()
	case r.After > 0:
		return start.Add(r.After)
	}
	return start.Add(-r.Before)
}

// Follows tells whether the rule is about an appointment that has begun.
func (r *Rule) Follows() bool { return r.After > 0 && r.Unanswered == "" }

// Decide tells what to do about one appointment and one rule at a time. It is pure.
func Decide(c Case, w wording.World, now time.Time) Decision {
	start := c.Appointment.Time(store.Start)
	number := c.Contact.Get(store.Phone)
	place := w.PlaceOf(c.Contact, number, w.ClockOf(c.Rule.Clock, c.Appointment))
	zone := place.Zone
	d := Decision{Due: c.due(zone), Zone: zone.String(), ZoneFrom: place.From}
	if d.Due.IsZero() {
		d.Wait = true
		return d
	}
	bound := start
	if c.Rule.Follows() {
		bound = time.Time{}
	}
	week := w.HoursOf(c.Contact, number, place, d.Due)
	leaves, open := week.Shift(d.Due, bound, zone, c.quiet())
	if d.Leaves = leaves.UTC(); !open {
		d.Leaves = d.Due
	}
	d.Last = d.Leaves.Add(c.Rule.LateLimit(start.Sub(d.Leaves)))
	if !bound.IsZero() {
		d.Last = hours.Earliest(start, d.Last)
	}
	unread := !c.Contact.Read && c.Contact.GoneAt.IsZero()
	switch {
	case !c.Early && now.Before(d.Leaves):
		d.Wait, d.Again = true, d.Leaves
	case unread && now.Before(start), wished(c.Appointment, now) && now.Before(start):
		d.Wait, d.Again = true, now.Add(lookSoon)
	case unread:
		d.skip(store.CodeUnread, "the contact could not be read in time")
	default:
		d.findObjection(c, w, now)
		if d.Skipped == "" {
			d.applyQuietHours(c, w.HoursOf(c.Contact, number, place, now), zone, open, now)
		}
	}
	if d.Wait || d.Skipped != "" {
		return d
	}
	d.Late = now.Sub(d.Leaves) > OnTime
	if c.Rule.Text == nil {
		d.staffTask(c, w, now)
	} else {
		d.Write(c, w, []wording.Visit{{Contact: c.Contact, Appointment: c.Appointment}})
	}
	return d
}

// quiet is the policy for a reminder that is due in quiet hours. A retry never leaves earlier than its due
// time.
func (c *Case) quiet() hours.Policy {
	switch {
	case c.Rule.Text == nil:
		return hours.Ignore
	case !c.RetryAt.IsZero() || c.Rule.Unanswered != "":
		return hours.Later
	}
	return c.Rule.Quiet
}

func (d *Decision) skip(code store.Code, why string) { d.Code, d.Skipped = code, why }

// findObjection looks for a reason not to remind, in the appointment, the rule and the contact.
func (d *Decision) findObjection(c Case, w wording.World, now time.Time) {
	status, start := c.Appointment.Get(store.Status), c.Appointment.Time(store.Start)
	switch {
	case !c.Appointment.GoneAt.IsZero():
		d.skip(store.CodeGone, "the appointment was deleted")
	case !c.Rule.takesPlace(status):
		d.skip(store.CodeStatus, "the appointment is "+status)
	case d.Leaves.Before(w.Born):
		d.skip(store.CodeBorn, "it was due before this mirror was made")
	case d.Leaves.Before(c.Appointment.Time(record.Added)):
		d.skip(store.CodeMadeLate, "the appointment was booked after this reminder was due")
	case !c.Rule.Follows() && !now.Before(start):
		d.skip(store.CodeBegun, "the appointment had begun before it could be sent")
	case !now.Before(d.Last):
		d.skip(store.CodeLate, fmt.Sprintf("it was due %s ago, which is too late", now.Sub(d.Leaves).Round(time.Minute)))
	case c.Superseded:
		d.skip(store.CodeSuperseded, "it is late, and a later reminder of the appointment is due too")
	case c.Followed != nil && !c.Followed.AnsweredAt.IsZero():
		d.skip(store.CodeAnswered, "it was answered: "+c.Followed.Answer)
	case c.Rule.Unanswered != "" && status == "confirmed":
		d.skip(store.CodeAnswered, "the appointment is confirmed")
	default:
		if why := c.Rule.If.Objection(condition.Case{Appointment: c.Appointment, Contact: c.Contact}, w); why != "" {
			d.skip(store.CodeCondition, why)
			return
		}
		d.findNumber(c)
	}
}

// findNumber finds the number, or why there is none.
func (d *Decision) findNumber(c Case) {
	if c.Rule.Text == nil {
		if !c.Contact.GoneAt.IsZero() {
			d.skip(store.CodeGone, "the contact was deleted")
		}
		return
	}
	var why string
	if d.Number, why = record.Reachable(c.Contact, c.OptedOut); why == "" {
		return
	}
	code := store.CodeNumber
	switch {
	case !c.Contact.GoneAt.IsZero():
		code = store.CodeGone
	case c.OptedOut || record.Blocked(c.Contact):
		code = store.CodeOptedOut
	}
	d.skip(code, why)
}

// applyQuietHours makes a reminder that is due in quiet hours wait for the next hours, or skips it.
func (d *Decision) applyQuietHours(c Case, week hours.Week, zone *time.Location, open bool, now time.Time) {
	if c.quiet() == hours.Ignore {
		return
	}
	if is, _ := week.Open(now, zone); is {
		return
	}
	next, opens := week.Shift(now, time.Time{}, zone, hours.Later)
	switch {
	case open && opens && next.Before(d.Last):
		d.Wait, d.Again, d.Closed = true, next.UTC(), true
	case opens:
		d.skip(store.CodeQuiet, fmt.Sprintf("people may not be texted before %s, and then it is too late", next.In(zone).Format(wording.ClockForm)))
	default:
		d.skip(store.CodeQuiet, "people may not be texted on any day")
	}
}

// Write words the text about one or several appointments.
func (d *Decision) Write(c Case, w wording.World, visits []wording.Visit) {
	text, language := c.Rule.Text.In(cmp.Or(c.Language, w.LanguageOf(c.Contact)), w.Language)
	data := wording.ReminderDataOf(w, visits, wording.Manner{Language: language, Shared: c.Shared, Late: d.Late, Clock: c.Rule.Clock})
	body, err := text.Render(data)
	if err != nil {
		d.skip(store.CodeText, err.Error())
	}
	d.Body, d.Language = body, language
}

// staffTask words the task of a rule.
func (d *Decision) staffTask(c Case, w wording.World, now time.Time) {
	t, data := c.Rule.Task, wording.ReminderDataOf(w, []wording.Visit{{Contact: c.Contact, Appointment: c.Appointment}}, wording.Manner{Language: w.Language, Nameless: c.Contact.Get(store.Phone), Late: d.Late})
	var err error
	if d.Task, err = t.Render(data, now); err != nil {
		d.skip(store.CodeText, err.Error())
	}
}

// wishTime is how long the CRM may take to accept a moved start.
const wishTime = time.Hour

// wished tells whether somebody here moved the appointment a short time ago, which the CRM may still refuse.
func wished(a *store.Record, now time.Time) bool {
	_, edited := a.Edits[store.Start]
	return edited && a.CRMID != "" && now.Sub(time.UnixMilli(a.EditInfos[store.Start].At)) < wishTime
}

// takesPlace tells whether a rule counts an appointment in a status as one that takes place, or took
// place. What it asks for by name always does.
func (r *Rule) takesPlace(status string) bool {
	if slices.Contains(r.If.Status, status) {
		return true
	}
	return record.TakesPlace(status) || r.Follows() && (status == "showed" || status == "completed")
}

// Key identifies the text of a reminder. The first version has no suffix, as in older programs.
func Key(a *store.Record, rule string, version int) string {
	key := fmt.Sprintf("remind/%s/%s/%s", a.CRMID, a.Get(store.Start), rule)
	if version > 1 {
		key += fmt.Sprintf("/%d", version)
	}
	return key
}
