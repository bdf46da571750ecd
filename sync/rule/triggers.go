package rule

import (
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// Subject says which records an event of a trigger comes with, and so what conditions and actions can be about.
type Subject uint

// The subjects. Whatever tells of an appointment, a task or a note tells of its contact.
const (
	OfContact Subject = 1 << iota
	OfAppointment
	OfTask
	OfNote
	OfText
)

// Trigger is something that happens.
type Trigger struct {
	Name    string
	Means   string
	By      []string // keys that narrow it or that it needs
	Needs   []string // those of them that must be there
	Tells   Subject
	Clock   bool     // time makes it happen
	Calls   []string // where it is read, as METHOD path; empty: not in the CRM
	Source  string   // in words
	Example string   // the keys of a rule beside name and do

	Entity store.Entity // of its events; empty: none
	is     func(c Case, r *Config, w wording.World) bool
}

// ByKeys are the keys of rules that narrow triggers.
var ByKeys = []string{"keyword", "pattern", "field", "tag", "at", "days", "after"}

// Triggers are all of them.
var Triggers = []Trigger{
	{
		Name: "text received", Means: "somebody texted; without keyword or pattern only what is no command, and never an opt-out", By: []string{"keyword", "pattern", "after"},
		Tells: OfContact | OfText, Source: "the gateway", Example: `{on: text received, keyword: prices}`,
		Entity: store.TextEvent, is: textReceived,
	},
	{
		Name: "contact created", Means: "there is a new contact, wherever it was made", By: []string{"after"}, Tells: OfContact,
		Source: "the CRM, and here", Calls: contactCalls, Example: `{on: contact created, if: {not_tag: via-sms}}`,
		Entity: store.Contact, is: func(c Case, _ *Config, _ wording.World) bool { return c.Event.Before == nil },
	},
	{
		Name: "contact changed", Means: "a field of a contact changed, any or this one", By: []string{"field", "after"}, Tells: OfContact,
		Source: "the CRM, and here", Calls: contactCalls, Example: `{on: contact changed, field: phone}`,
		Entity: store.Contact, is: contactChanged,
	},
	{
		Name: "tag added", Means: "a contact has a tag that it had not, any or this one", By: []string{"tag", "after"}, Tells: OfContact,
		Source: "the CRM, and here", Calls: contactCalls, Example: `{on: tag added, tag: vip}`,
		Entity: store.Contact, is: func(c Case, _ *Config, _ wording.World) bool {
			return gained(c.Event.Before, c.Event.After, c.Rule.Tag)
		},
	},
	{
		Name: "tag removed", Means: "a contact lost a tag, any or this one", By: []string{"tag", "after"}, Tells: OfContact,
		Source: "the CRM, and here", Calls: contactCalls, Example: `{on: tag removed, tag: vip}`,
		Entity: store.Contact, is: func(c Case, _ *Config, _ wording.World) bool {
			return gained(c.Event.After, c.Event.Before, c.Rule.Tag)
		},
	},
	{
		Name: "task created", Means: "a contact has a new open task", By: []string{"after"}, Tells: OfContact | OfTask,
		Source: "the CRM, and here", Calls: taskCalls, Example: `{on: task created}`,
		Entity: store.Task, is: func(c Case, _ *Config, _ wording.World) bool {
			return c.Event.Before == nil && c.Event.After[store.Completed] != "true"
		},
	},
	{
		Name: "task due", Means: "an open task is due", By: []string{"after"}, Tells: OfContact | OfTask, Clock: true,
		Source: "the clock", Calls: taskCalls, Example: `{on: task due}`, is: taskOpen,
	},
	{
		Name: "task overdue", Means: "a task is still open a day after it was due, or so long after as the rule says", By: []string{"after"}, Tells: OfContact | OfTask, Clock: true,
		Source: "the clock", Calls: taskCalls, Example: `{on: task overdue, after: 2h}`, is: taskOpen,
	},
	{
		Name: "task completed", Means: "a task that was open is completed", By: []string{"after"}, Tells: OfContact | OfTask,
		Source: "the CRM, and here", Calls: taskCalls, Example: `{on: task completed}`,
		Entity: store.Task, is: func(c Case, _ *Config, _ wording.World) bool {
			return c.Event.Before != nil && c.Event.Before[store.Completed] != "true" && c.Event.After[store.Completed] == "true"
		},
	},
	{
		Name: "note added", Means: "a person wrote a note on a contact; not one that was made of a text", By: []string{"after"}, Tells: OfContact | OfNote,
		Source: "the CRM, as often as notes are read, and here", Calls: []string{"GET /contacts/{id}/notes"}, Example: `{on: note added}`,
		Entity: store.Note, is: func(c Case, _ *Config, _ wording.World) bool { return c.Event.Before == nil },
	},
	{
		Name: "appointment booked", Means: "there is a new appointment that is still to come", By: []string{"after"}, Tells: OfContact | OfAppointment,
		Source: "the CRM", Calls: appointmentCalls, Example: `{on: appointment booked, if: {calendar: Dr. Lee}}`,
		Entity: store.Appointment, is: newAppointment,
	},
	{
		Name: "appointment confirmed", Means: "an appointment became confirmed", By: []string{"after"}, Tells: OfContact | OfAppointment,
		Source: "the CRM, and here", Calls: appointmentCalls, Example: `{on: appointment confirmed}`,
		Entity: store.Appointment, is: becomes("confirmed"),
	},
	{
		Name: "appointment moved", Means: "an appointment starts at another time", By: []string{"after"}, Tells: OfContact | OfAppointment,
		Source: "the CRM, and here", Calls: appointmentCalls, Example: `{on: appointment moved}`,
		Entity: store.Appointment, is: func(c Case, _ *Config, _ wording.World) bool {
			return c.Event.Before != nil && c.Event.Before[store.Start] != c.Event.After[store.Start]
		},
	},
	{
		Name: "appointment cancelled", Means: "an appointment became cancelled", By: []string{"after"}, Tells: OfContact | OfAppointment,
		Source: "the CRM, and here", Calls: appointmentCalls, Example: `{on: appointment cancelled, if: {tag: vip}}`,
		Entity: store.Appointment, is: becomes("cancelled"),
	},
	{
		Name: "appointment no-show", Means: "somebody did not come", By: []string{"after"}, Tells: OfContact | OfAppointment,
		Source: "the CRM, and here", Calls: appointmentCalls, Example: `{on: appointment no-show}`,
		Entity: store.Appointment, is: becomes("noshow"),
	},
	{
		Name: "appointment ended", Means: "an appointment that took place is over, or was so long ago", By: []string{"after"}, Tells: OfContact | OfAppointment, Clock: true,
		Source: "the clock", Calls: appointmentCalls, Example: `{on: appointment ended, after: 2h, between: "09:00-20:00"}`, is: tookPlace,
	},
	{
		Name: "opt-out", Means: "somebody opted out of texts, wherever they did", By: []string{"after"}, Tells: OfContact,
		Source: "texts, the gateway, the CRM, and here", Calls: contactCalls, Example: `{on: opt-out}`,
		Entity: store.OptOutEvent, is: func(c Case, _ *Config, _ wording.World) bool { return c.Event.After["out"] == "true" },
	},
	{
		Name: "opt-in", Means: "an opt-out ended", By: []string{"after"}, Tells: OfContact,
		Source: "texts, the CRM, and here", Calls: contactCalls, Example: `{on: opt-in}`,
		Entity: store.OptOutEvent, is: func(c Case, _ *Config, _ wording.World) bool { return c.Event.After["out"] == "false" },
	},
	{
		Name: "text failed", Means: "a text to somebody could not be sent, or did not arrive; texts to staff do not count", By: []string{"after"}, Tells: OfContact | OfText,
		Source: "the gateway", Example: `{on: text failed}`,
		Entity: store.FailureEvent, is: func(Case, *Config, wording.World) bool { return true },
	},
	{
		Name: "time of day", Means: "it is that time in the location's time zone", By: []string{"at", "days"}, Needs: []string{"at"}, Clock: true,
		Source: "the clock", Example: `{on: time of day, at: "09:00", days: [mon, tue]}`,
		is: func(Case, *Config, wording.World) bool { return true },
	},
}

var (
	contactCalls     = []string{"POST /contacts/search"}
	taskCalls        = []string{"POST /locations/{id}/tasks/search"}
	appointmentCalls = []string{"GET /calendars/events"}
)

// TriggerNames are the names of all triggers.
func TriggerNames() (names []string) {
	for _, t := range Triggers {
		names = append(names, t.Name)
	}
	return names
}

// TriggerOf finds a trigger by its name.
func TriggerOf(name string) (Trigger, bool) {
	i := slices.IndexFunc(Triggers, func(t Trigger) bool { return t.Name == name })
	if i < 0 {
		return Trigger{}, false
	}
	return Triggers[i], true
}

// Happened tells whether an event is what the trigger speaks of. Those of time have no event of their
// own: they are asked only about what is due.
func (t Trigger) Happened(c Case, r *Config, w wording.World) bool {
	return (t.Clock || t.Entity == c.Event.Entity) && t.is(c, r, w)
}

func textReceived(c Case, _ *Config, _ wording.World) bool {
	switch rule, text := c.Rule, c.Text; {
	case text == nil:
		return false
	case rule.Keyword != "":
		return saysKeyword(text.Body, rule.Keyword)
	case rule.Pattern != nil:
		return rule.Pattern.MatchString(text.Body)
	default:
		return !text.Command
	}
}

func contactChanged(c Case, _ *Config, w wording.World) bool {
	if c.Event.Before == nil {
		return false
	}
	if c.Rule.Field != "" {
		field := w.Fields.Field(c.Rule.Field)
		return field != "" && c.Event.Before[field] != c.Event.After[field]
	}
	return !record.SameFields(c.Event.Before, c.Event.After)
}

// gained tells whether there is a tag after that was not there before: this one, or any.
func gained(before, after store.Fields, tag string) bool {
	had := before.Set(store.Tags)
	return slices.ContainsFunc(after.Set(store.Tags), func(t string) bool {
		return !slices.Contains(had, t) && (tag == "" || strings.EqualFold(t, tag))
	})
}

func taskOpen(c Case, _ *Config, _ wording.World) bool {
	return c.Task != nil && c.Task.Get(store.Completed) != "true" && c.Task.GoneAt.IsZero()
}

// newAppointment tells a new appointment from an older one that only came into the window that is read.
func newAppointment(c Case, r *Config, _ wording.World) bool {
	a := store.Record{Base: c.Event.After}
	start, added := a.Time(store.Start), a.Time(record.Added)
	return c.Event.Before == nil && start.After(c.At) && record.TakesPlace(a.Get(store.Status)) &&
		(added.IsZero() || r.Ahead == 0 || !added.Before(start.Add(-r.Ahead-time.Hour)))
}

func becomes(status string) func(Case, *Config, wording.World) bool {
	return func(c Case, _ *Config, _ wording.World) bool {
		return c.Event.Before != nil && c.Event.Before[store.Status] != status && c.Event.After[store.Status] == status
	}
}

func tookPlace(c Case, _ *Config, _ wording.World) bool {
	return c.Appointment != nil && c.Appointment.GoneAt.IsZero() && !slices.Contains([]string{"cancelled", "noshow", "invalid"}, c.Appointment.Get(store.Status))
}
