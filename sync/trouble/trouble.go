// Package trouble finds what is not as people expect: a side that cannot be read, no credit, a brake, a failure that
// nobody has looked at. Status, exit codes, probes, the page, metrics and alarms all speak of what is found here.
package trouble

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ghlsms/store"
)

// Look is what must be known beside the mirror to find troubles in it.
type Look struct {
	StaleAfter     time.Duration // a source that people depend on may be unread for so long; 0: as long as it likes
	UndecidedAfter time.Duration // so may what is due wait for its decision; 0: as long as it likes
	LowBalance     float64       // less at the gateway is a trouble; 0: none is
	OAuth          bool          // how the CRM lets us in
	Calendars      []string      // the ids and names that the config speaks of
	Zone           *time.Location
	Machine        *Machine // nil: only the mirror is looked at

	// Beyond are troubles that the mirror cannot keep, as whoever runs it knows; nil: none.
	Beyond func() []store.Trouble
}

// Detector finds the troubles of one or a few kinds.
type Detector struct {
	Kinds []string // that it may find; what it does not find of them is over
	Find  func(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error)
	Blind bool // it needs no mirror (tx may be nil), and the mirror does not keep what it finds
}

// Kept are all detectors whose troubles the mirror keeps.
func Kept() []Detector {
	return slices.DeleteFunc(slices.Concat(InMirror, OnMachine), func(d Detector) bool { return d.Blind })
}

// Blind is what is found where the mirror cannot be asked or written.
func Blind(ctx context.Context, l Look) (all []store.Trouble) {
	for _, d := range OnMachine {
		if !d.Blind {
			continue
		}
		if found, err := d.Find(ctx, nil, l); err == nil {
			all = append(all, found...)
		}
	}
	return all
}

// Find runs detectors over the mirror. It changes nothing.
func Find(ctx context.Context, tx *store.Tx, l Look, detectors []Detector) (all []store.Trouble, err error) {
	for _, d := range detectors {
		found, err := d.Find(ctx, tx, l)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", d.Kinds[0], err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// Open is what is found now, with what the mirror keeps about each: since when it is, and whether it was put away. What the
// machine tells only the daemon sees: those troubles are taken from the mirror. The worst and oldest are first.
func Open(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error) {
	detectors := InMirror
	if l.Machine != nil {
		detectors = slices.Concat(InMirror, OnMachine)
	}
	found, err := Find(ctx, tx, l, detectors)
	if err != nil {
		return nil, err
	}
	kept, err := tx.OpenTroubles(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		i := slices.IndexFunc(found, same(k))
		switch {
		case i >= 0:
			f := &found[i]
			f.ID, f.Since, f.FoundAt, f.AckedAt, f.AckedBy, f.AckedWhy = k.ID, k.Since, k.FoundAt, k.AckedAt, k.AckedBy, k.AckedWhy
			if f.Severity == store.Urgent && k.Severity != store.Urgent {
				f.AckedAt = time.Time{} // it got worse
			}
		case l.Machine == nil && owns(OnMachine, k.Kind):
			found = append(found, k)
		}
	}
	if l.Beyond != nil {
		for _, t := range l.Beyond() {
			if !slices.ContainsFunc(found, same(t)) {
				found = append(found, t)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b store.Trouble) int {
		if x := rank(b.Severity) - rank(a.Severity); x != 0 {
			return x
		}
		return a.Since.Compare(b.Since)
	})
	return found, nil
}

// rank orders severities.
func rank(s store.Severity) int {
	return slices.Index([]store.Severity{store.Notice, store.Warning, store.Urgent}, s)
}

func same(t store.Trouble) func(store.Trouble) bool {
	return func(o store.Trouble) bool { return o.Kind == t.Kind && o.About == t.About }
}

func owns(detectors []Detector, kind string) bool {
	return slices.ContainsFunc(detectors, func(d Detector) bool { return slices.Contains(d.Kinds, kind) })
}

// Change is what has become of troubles since the last look.
type Change struct{ Begun, Changed, Ended []store.Trouble }

// Any tells whether anything has changed.
func (c Change) Any() bool { return len(c.Begun)+len(c.Changed)+len(c.Ended) > 0 }

// compare tells how what was found differs from what is kept, of the kinds that the detectors own.
func compare(found, kept []store.Trouble, detectors []Detector) (c Change) {
	for _, f := range found {
		i := slices.IndexFunc(kept, same(f))
		if i < 0 {
			c.Begun = append(c.Begun, f)
			continue
		}
		k := kept[i]
		f.ID, f.Since, f.FoundAt = k.ID, k.Since, k.FoundAt
		if f.Severity != k.Severity || f.What != k.What || f.Details != k.Details || f.Cost != k.Cost || f.Remedy != k.Remedy {
			c.Changed = append(c.Changed, f)
		}
	}
	for _, k := range kept {
		if owns(detectors, k.Kind) && !slices.ContainsFunc(found, same(k)) {
			c.Ended = append(c.Ended, k)
		}
	}
	return c
}

// Note keeps in the mirror what detectors find now. It writes only if something has changed.
func Note(ctx context.Context, db *store.DB, l Look, detectors []Detector) (c Change, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		c, err = differ(ctx, tx, l, detectors)
		return err
	})
	if err != nil || !c.Any() {
		return Change{}, err
	}
	err = db.Update(ctx, func(tx *store.Tx) error {
		c, err = NoteIn(ctx, tx, l, detectors)
		return err
	})
	return c, err
}

// NoteIn does the same in a transaction.
func NoteIn(ctx context.Context, tx *store.Tx, l Look, detectors []Detector) (c Change, err error) {
	if c, err = differ(ctx, tx, l, detectors); err != nil {
		return c, err
	}
	for i := range c.Begun {
		if c.Begun[i].ID, err = tx.BeginTrouble(ctx, c.Begun[i]); err != nil {
			return c, err
		}
	}
	for _, t := range c.Changed {
		if err := tx.ChangeTrouble(ctx, t); err != nil {
			return c, err
		}
	}
	for _, t := range c.Ended {
		if err := tx.EndTrouble(ctx, t.ID); err != nil {
			return c, err
		}
	}
	return c, nil
}

// differ tells what has changed since troubles were last noted.
func differ(ctx context.Context, tx *store.Tx, l Look, detectors []Detector) (Change, error) {
	found, err := Find(ctx, tx, l, detectors)
	if err != nil {
		return Change{}, err
	}
	kept, err := tx.OpenTroubles(ctx)
	return compare(found, kept, detectors), err
}

// clock is a moment as troubles speak of it.
func (l Look) clock(t time.Time) string {
	zone := l.Zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("3:04 PM on Jan 2")
}

// plural is a count with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// stakes says what it costs that no text leaves.
func (l Look) stakes(ctx context.Context, tx *store.Tx) (string, error) {
	s, err := tx.Stakes(ctx)
	switch {
	case err != nil:
		return "", err
	case s.Waiting == 0 && s.Next == 0:
		return "nothing waits yet", nil
	case s.Waiting == 0:
		return plural(s.Next, "reminder is", "reminders are") + " due within a day", nil
	}
	cost := plural(s.Waiting, "text waits", "texts wait")
	if s.Reminders > 0 {
		cost += fmt.Sprintf(", %d of them reminders", s.Reminders)
		if s.Reminders == s.Waiting {
			cost = plural(s.Waiting, "reminder waits", "reminders wait")
		}
	}
	if !s.TooLate.IsZero() {
		cost += "; the first is too late at " + l.clock(s.TooLate)
	}
	return cost, nil
}
