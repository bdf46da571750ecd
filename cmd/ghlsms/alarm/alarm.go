// Package alarm tells people and programs of trouble, on ways that do not depend on the gateway: a webhook, ntfy,
// e-mail, and a heartbeat that falls silent. It knows nothing of how trouble is found, nor of what was told before:
// whoever calls it keeps that, as a [Told] for each trouble and way, and asks [Due].
package alarm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State says where a trouble is in its life.
type State string

// The states of a trouble. Each is told once, GoesOn every some hours.
const (
	Begins State = "begins"
	GoesOn State = "goes on"
	IsOver State = "is over"
)

// News is what is new of a trouble that had begun before.
type News string

// What can be new.
const (
	GetsWorse    News = "gets worse"   // it is urgent now
	Grows        News = "grows"        // there are many more cases
	ComesBack    News = "comes back"   // it was told to be over
	Acknowledged News = "acknowledged" // somebody knows of it; until it gets worse or grows no more is told
)

// Severities of a trouble.
const (
	Urgent  = "urgent"  // texts do not leave, or are not heard
	Warning = "warning" // all else
)

// Trouble is something that is not as people expect.
type Trouble struct {
	Kind, About string // stable ids for programs, such as "gateway-credit" and ""; About is never a number of a person
	Severity    string // Urgent or Warning
	What        string // a sentence without names, numbers or texts of people
	Details     string // may name people; leaves only where the config has details: true
	Since       time.Time
	Ended       time.Time // zero while it lasts
	Cost        string    // what comes of it
	Remedy      string    // what to do
	State       State
	News        News
	Returns     int    // how often it came back soon after it ended
	AckedBy     string // who knows of it; empty: nobody
	AckedWhy    string // may name people
}

// ID tells a trouble from all others. It is the same from its begin to its end, and where it comes back; what begins anew has
// another.
func (t Trouble) ID() string { return ID(t.Kind, t.About, t.Since) }

// ID is the id under which a trouble is told.
func ID(kind, about string, since time.Time) string {
	return strings.TrimSuffix(kind+"/"+about, "/") + fmt.Sprintf("@%d", since.Unix())
}

// complete fills in what a message cannot be without.
func (t *Trouble) complete(now time.Time) {
	t.State, t.Severity, t.What = cmp.Or(t.State, Begins), cmp.Or(t.Severity, Warning), cmp.Or(t.What, t.Kind)
	if t.Since.IsZero() {
		t.Since = now
	}
	if t.Ended.IsZero() && t.State == IsOver {
		t.Ended = now
	}
}

func (t Trouble) urgent() bool { return t.Severity == Urgent }

// Well tells whether texts leave and are heard, as far as is known: only urgent trouble that lasts stops the
// heartbeat.
func Well(all []Trouble) bool {
	return !slices.ContainsFunc(all, func(t Trouble) bool { return t.urgent() && t.State != IsOver })
}

// worse puts first what is worst: what lasts before what is over, what is urgent before what is not, what begins
// before what goes on, and of those the oldest.
func worse(a, b Trouble) int {
	return cmp.Or(
		before(a.State != IsOver, b.State != IsOver), before(a.urgent(), b.urgent()), before(a.isNew(), b.isNew()),
		a.Since.Compare(b.Since), cmp.Compare(a.ID(), b.ID()),
	)
}

// isNew tells whether nobody can know of it, or that it is so bad.
func (t Trouble) isNew() bool { return t.State == Begins || t.News == GetsWorse }

// before puts what holds of first what does not.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// WayError is why a way could not tell, and what to do about it. It holds no secret.
type WayError struct {
	Way    string // its name
	Key    string // of the config, such as alarms.webhook_file
	What   string
	Remedy string
	Told   bool // somebody heard it all the same: it need not be told on this way again
	Err    error
}

func (f *WayError) Error() string { return f.Way + ": " + f.Text() }

// Text is what failed and what to do, without the way's name.
func (f *WayError) Text() string {
	if f.Remedy == "" {
		return f.What
	}
	return f.What + "; " + f.Remedy
}

// Unwrap gives the cause, for errors.Is; do not print it: it may hold a secret.
func (f *WayError) Unwrap() error { return f.Err }
