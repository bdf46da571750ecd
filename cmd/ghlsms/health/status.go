// Package health tells how the mirror and the daemon stand, for status, the page and probes.
package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

// Report is what `status` tells; its JSON form is for scripts.
type Report struct {
	Mirror   string           `json:"mirror"`
	Location string           `json:"location"`
	Name     string           `json:"name"`
	Running  bool             `json:"running"`
	Zone     string           `json:"zone"`     // of the times that are shown
	Troubles []Trouble        `json:"troubles"` // the worst and oldest first
	Sources  []Source         `json:"sources"`
	Counts   map[string]int64 `json:"counts"`
	Outbox   map[string]int   `json:"outbox"`             // open intents by state
	Problems []string         `json:"problems,omitempty"` // with names in the config

	Brakes     []Brake `json:"brakes"`               // all that stand
	Conflicts  int     `json:"conflicts"`            // that wait for a person
	Duplicates *int    `json:"duplicates,omitempty"` // phone numbers and email addresses that contacts share
	Notes      Notes   `json:"notes"`

	Reminders Reminders `json:"reminders"`
	Backup    Backup    `json:"backup"`
}

// Backup is the newest backup, and why the daemon could not make a newer one.
type Backup struct {
	Folder string    `json:"folder,omitempty"` // empty: nobody looked there
	Newest string    `json:"newest,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Failed string    `json:"failed,omitempty"` // when and why
	Unread string    `json:"unread,omitempty"` // why the folder could not be looked into
}

// Look says what was found in the folder: the newest, or why it could not be read.
func (s *Backup) Look(folder, newest string, at time.Time, err error) {
	s.Folder, s.Newest, s.At = folder, newest, at
	if err != nil {
		s.Unread = err.Error()
	}
}

// Attention is what somebody should look at, a line each.
func (s Backup) Attention(now time.Time) (lines []string) {
	switch {
	case s.Folder == "":
	case s.Unread != "":
		lines = append(lines, "backups: the folder could not be read: "+sms.Clean(s.Unread))
	case s.Newest == "":
		lines = append(lines, "backups: none in "+s.Folder)
	default:
		lines = append(lines, fmt.Sprintf("backups: the newest is %s old: %s", now.Sub(s.At).Round(time.Second), s.Newest))
	}
	return lines
}

// Brake is a brake that stands, and what can be done about it.
type Brake struct {
	ID      string           `json:"id"`
	Kind    store.BrakeKind  `json:"kind"`
	State   store.BrakeState `json:"state"`
	About   string           `json:"about,omitempty"`
	Title   string           `json:"-"`
	Why     string           `json:"why"`
	Command string           `json:"command,omitempty"`
}

// Notes is how old the notes here are, which the CRM shows for one contact at a time.
type Notes struct {
	Oldest time.Time `json:"oldest,omitzero"` // of the contact that was not read for the longest time
	Never  int       `json:"never"`           // contacts whose notes were not read yet
}

// Source is something that is read from outside: when it was, and what went wrong since.
type Source struct {
	Name   string    `json:"name"`
	ReadAt time.Time `json:"read_at,omitzero"`
	Error  string    `json:"error,omitempty"`
}

// failures collects the errors of several reads.
type failures []error

func (f *failures) add(err error) { *f = append(*f, err) }

// read returns what a reading gives, and keeps its error.
func read[T any](f *failures) func(T, error) T {
	return func(v T, err error) T {
		f.add(err)
		return v
	}
}

// Read gathers the report from the mirror at path. Whether a daemon runs, and the newest backup, the mirror does
// not know.
func Read(ctx context.Context, path string, look trouble.Look, tx *store.Tx) (Report, error) {
	var f failures
	s := Report{Mirror: path, Outbox: map[string]int{}, Brakes: []Brake{}}
	s.Location = read[string](&f)(tx.Meta(ctx, store.MetaLocation))
	s.Name = read[string](&f)(tx.Meta(ctx, store.MetaName))
	s.Counts = read[map[string]int64](&f)(tx.Counts(ctx))
	for state, n := range read[map[store.State]int](&f)(tx.Waiting(ctx)) {
		s.Outbox[string(state)] = n
	}
	for _, b := range read[[]store.Brake](&f)(tx.Brakes(ctx)) {
		s.Brakes = append(s.Brakes, statusOf(&b))
	}
	for _, c := range read[[]store.SourceState](&f)(tx.Sources(ctx)) {
		s.Sources = append(s.Sources, Source{c.Name, c.ReadAt, c.Error})
	}
	s.Conflicts = read[int](&f)(tx.OpenConflicts(ctx))
	var err error
	s.Notes.Oldest, s.Notes.Never, err = tx.NotesAge(ctx)
	f.add(err)
	s.Reminders = read[Reminders](&f)(readReminders(ctx, look, tx))
	s.Troubles = Troubles(read[[]store.Trouble](&f)(trouble.Open(ctx, tx, look)))
	s.Zone = zoneOf(look).String()
	s.Backup.Failed = read[string](&f)(tx.Meta(ctx, store.MetaBackup))
	return s, errors.Join(f...)
}

// zoneOf is the zone in which times are shown: that of the config.
func zoneOf(look trouble.Look) *time.Location {
	if look.Zone == nil {
		return time.UTC
	}
	return look.Zone
}

// Loud is how many troubles ask for somebody.
func (s Report) Loud() (n int) {
	for _, t := range s.Troubles {
		if t.Loud() {
			n++
		}
	}
	return n
}

// Held is how much waits for a person's word: brakes, and single effects.
func (s Report) Held() int {
	n := s.Outbox[string(store.Held)]
	for _, b := range s.Brakes {
		if b.State == store.BrakeHeld {
			n++
		}
	}
	return n
}

func statusOf(b *store.Brake) Brake {
	s := Brake{ID: fmt.Sprintf("b%d", b.ID), Kind: b.Kind, State: b.State, About: b.About(), Title: b.Title(), Why: b.Evidence}
	if b.State == store.BrakeHeld {
		s.Command = "ghlsms held show " + s.ID
	}
	return s
}

// remarks are what is no trouble and may be worth a look, a line each.
func (s Report) remarks(now time.Time) []string {
	lines := slices.Clone(s.Problems)
	if s.Duplicates != nil && *s.Duplicates > 0 {
		lines = append(lines, term.Count(*s.Duplicates, "phone number or email address is that", "phone numbers or email addresses are those")+" of several contacts: ghlsms report duplicates")
	}
	if !s.Notes.Oldest.IsZero() {
		line := fmt.Sprintf("notes: the oldest were read %s ago", now.Sub(s.Notes.Oldest).Round(time.Second))
		if s.Notes.Never > 0 {
			line += ", those of " + term.Count(s.Notes.Never, "contact", "contacts") + " not yet"
		}
		lines = append(lines, line)
	}
	return append(lines, s.Backup.Attention(now)...)
}

// Print writes the report for a person.
func (s Report) Print(w io.Writer, now time.Time) error {
	state := "not running"
	if s.Running {
		state = "running"
	}
	fmt.Fprintf(w, "%s (%s), daemon %s\nmirror %s: %d contacts, %d open tasks, %d appointments, %d opt-outs\n",
		sms.Clean(s.Name), s.Location, state, s.Mirror, s.Counts["contacts"], s.Counts["tasks_open"], s.Counts["appointments"], s.Counts["opt_outs"])
	fmt.Fprintf(w, "outbox: %d waiting, %d held, %d unclear, %d failed; %d texts undecided\n\n",
		s.Outbox["pending"]+s.Outbox["sending"], s.Outbox["held"], s.Outbox["unknown"], s.Counts["failed"], s.Counts["undecided"])
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return err
	}
	if len(s.Troubles) > 0 {
		PrintTroubles(w, s.Troubles, now, zone)
		fmt.Fprintln(w)
	}
	if lines := s.remarks(now); len(lines) > 0 {
		fmt.Fprintf(w, "%s\n\n", strings.Join(lines, "\n"))
	}
	t := store.Table{Columns: []string{"source", "last read", "problem"}}
	for _, src := range s.Sources {
		read := "never"
		if !src.ReadAt.IsZero() {
			read = now.Sub(src.ReadAt).Round(time.Second).String() + " ago"
		}
		t.Rows = append(t.Rows, []any{src.Name, read, src.Error})
	}
	return term.PrintTable(w, t, "table", time.UTC)
}
