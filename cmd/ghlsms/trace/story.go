// Package trace tells what the mirror knows of one thing, from end to end: a contact, a number, a record, a
// text, a reminder or an effect, and what can be done about it. It only reads.
package trace

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// Who did what an event is about.
const (
	theCRM     = "crm"
	theGateway = "gateway"
	we         = "us"
	staff      = "staff" // by text, or at the keyboard here
	person     = "person"
	rule       = "rule"
)

// Event is one thing that happened.
type Event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"event"` // for programs
	Who  string    `json:"who"`
	What string    `json:"what"`
	Why  string    `json:"why,omitempty"`
	ID   string    `json:"id"` // as other commands take it
}

// Story is what happened, in order of time.
type Story struct {
	About   string   `json:"about"`
	Answer  string   `json:"answer"` // in a sentence
	Zone    string   `json:"zone"`
	Events  []Event  `json:"events"`
	Earlier int      `json:"earlier"`  // events that were left out
	NotKept []string `json:"not_kept"` // what the mirror cannot tell
}

// Options are how a story is told.
type Options struct {
	Names record.Names   // the owner's for fields
	Zone  *time.Location // of times in words
	Staff []string       // numbers of staff
	Since time.Time      // leaves out what was before
	Limit int            // the newest events only; 0: all
}

// Tell tells the story of something.
func Tell(ctx context.Context, tx *store.Tx, s Subject, o Options) (Story, error) {
	t := teller{tx: tx, Options: o, staff: map[string]string{}, told: map[string]bool{}, causes: map[int64][]store.Received{}}
	for _, number := range o.Staff {
		t.staff[number] = "staff"
	}
	users, err := tx.Users(ctx)
	if err != nil {
		return Story{}, err
	}
	for _, u := range users {
		if u.Phone != "" {
			t.staff[u.Phone] = cmp.Or(u.Name, "staff")
		}
	}
	story := Story{About: s.String(), Zone: o.Zone.String(), Events: []Event{}}
	switch s.Kind {
	case "":
		story.Answer, err = t.numberStory(ctx, s.Number)
	case TextKind:
		story.Answer, err = t.textStory(ctx, s.ID)
	case ReminderKind:
		story.Answer, err = t.reminderStory(ctx, s.ID)
	case EffectKind:
		story.Answer, err = t.effectStory(ctx, s.ID)
	default:
		story.Answer, err = t.recordStory(ctx, store.Entity(s.Kind), s.ID)
	}
	if err != nil {
		return Story{}, err
	}
	story.Answer, story.NotKept = term.OneLine(t.local(story.Answer)), t.notKept()
	slices.SortStableFunc(t.events, func(a, b Event) int { return a.At.Compare(b.At) })
	for _, e := range t.events {
		if !e.At.Before(o.Since) {
			story.Events = append(story.Events, e)
		}
	}
	if over := len(story.Events) - o.Limit; o.Limit > 0 && over > 0 {
		story.Events = story.Events[over:]
	}
	story.Earlier = len(t.events) - len(story.Events)
	return story, nil
}

// teller gathers what happened.
type teller struct {
	tx *store.Tx
	Options
	staff  map[string]string // names by number
	events []Event
	told   map[string]bool            // what is in it already
	causes map[int64][]store.Received // texts by when they were decided: what was planned then is what they asked for
}

// once tells whether something is told for the first time.
func (t *teller) once(what string) bool {
	first := !t.told[what]
	t.told[what] = true
	return first
}

// add adds an event, unless it is not known when it was.
func (t *teller) add(at time.Time, kind, who, what, why, id string) {
	if !at.IsZero() {
		t.events = append(t.events, Event{at.UTC(), kind, who, term.OneLine(t.local(what)), term.OneLine(t.local(why)), id})
	}
}

// notKept says what the mirror cannot tell of what is in the story.
func (t *teller) notKept() []string {
	says := []string{}
	for _, n := range []struct{ kind, words string }{
		{"record.seen", "Of a record the mirror keeps how it is, and when the CRM changed it last; not each step before."},
		{"optout", "Of a number the mirror keeps its last opt-out; not those before."},
	} {
		if slices.ContainsFunc(t.events, func(e Event) bool { return strings.HasPrefix(e.Kind, n.kind) }) {
			says = append(says, n.words)
		}
	}
	return says
}

// when is a time in a sentence.
func (t *teller) when(at time.Time) string {
	local := at.In(t.Zone)
	if local.Year() != t.tx.Now.In(t.Zone).Year() {
		return local.Format("Mon Jan 2, 2006 at 3:04 PM")
	}
	return local.Format("Mon Jan 2 at 3:04 PM")
}

// local has the times in what the engine said by the clock of the story.
func (t *teller) local(words string) string {
	return stamps.ReplaceAllStringFunc(words, t.value)
}

var stamps = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z`)

// value is the value of a field in a sentence.
func (t *teller) value(s string) string {
	if at, err := time.Parse(store.TimeForm, s); err == nil {
		return t.when(at)
	}
	return term.Quoted(s)
}

func (t *teller) change(was, is store.Fields) string { return fieldByField(was, is, t.Names, t.value) }

// name is what a contact is called in a sentence.
func name(c *store.Record) string {
	return cmp.Or(record.Name(c), c.Get(store.Phone), c.Get(store.Email), id(store.Contact, c.ID))
}

// nameOf is what the contact with an id is called; 0 is nobody.
func (t *teller) nameOf(ctx context.Context, contactID int64) (string, error) {
	if contactID == 0 {
		return "", nil
	}
	c, err := t.tx.Record(ctx, store.Contact, contactID)
	return name(&c), err
}

// sender is who texts from a number: staff, or a person.
func (t *teller) sender(number string) (who, called string) {
	if called, ours := t.staff[number]; ours {
		return staff, called
	}
	return person, number
}

func quoted(body string) string { return `"` + term.OneLine(body) + `"` }

// filled are those that are not empty.
func filled(some ...string) (all []string) {
	for _, s := range some {
		if s != "" {
			all = append(all, s)
		}
	}
	return all
}

func joined(some ...string) string { return strings.Join(filled(some...), "; ") }
