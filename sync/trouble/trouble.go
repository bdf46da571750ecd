// Package trouble finds what is not as people expect: a side that cannot be read, no credit, a brake, a failure that
// nobody has looked at. Status, exit codes, probes, the page, metrics and alarms all speak of what is found here.
package trouble

import (
	"cmp"
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
	Machine        *Machine      // nil: only the mirror is looked at
	AgainAfter     time.Duration // what goes on is told again; 0: after four hours

	// Beyond are troubles that the mirror cannot keep, as whoever runs it knows; nil: none.
	Beyond func() []store.Trouble

	sources []store.SourceState // how reading them went
	lanes   []store.Lane        // those that are closed
}

// source is how reading a source went last; a source that was not read yet has the zero one.
func (l Look) source(name string) store.SourceState {
	i := slices.IndexFunc(l.sources, func(s store.SourceState) bool { return s.Name == name })
	if i < 0 {
		return store.SourceState{}
	}
	return l.sources[i]
}

// Detector finds the troubles of one or a few kinds.
type Detector struct {
	Kinds []string // that it may find; what it does not find of them is over
	Find  func(ctx context.Context, tx *store.Tx, l Look) ([]store.Trouble, error)
	If    func(store.Glance) bool // whether there can be any; nil: that takes a look
	Blind bool                    // it needs no mirror (tx may be nil), and the mirror does not keep what it finds
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
	var glance store.Glance
	if glance, err = tx.Glance(ctx); err != nil {
		return nil, fmt.Errorf("look for troubles: %w", err)
	}
	if l.sources, err = tx.Sources(ctx); err != nil {
		return nil, err
	}
	if l.lanes, err = tx.Lanes(ctx); err != nil {
		return nil, err
	}
	for _, d := range detectors {
		if d.If != nil && !d.If(glance) {
			continue
		}
		found, err := d.Find(ctx, tx, l)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", d.Kinds[0], err)
		}
		all = append(all, found...)
	}
	return withoutFollowing(all), nil
}

// follows are the kinds that another kind is the cause of: they would say the same with less use.
var follows = map[string][]string{
	KindMirror: {KindStandstill, KindCycle, KindOverdue, KindUndecided},
	KindHangs:  {KindStandstill},
	KindCycle:  {KindStandstill},
}

// Replaces tells that a trouble of one kind is the worse form of another, whose end is no good news while it lasts.
func Replaces(worse, kind string) bool { return worse == KindCredit && kind == KindLowCredit }

// withoutFollowing leaves out what only follows from something else that was found.
func withoutFollowing(all []store.Trouble) []store.Trouble {
	return slices.DeleteFunc(all, func(t store.Trouble) bool {
		return slices.ContainsFunc(all, func(o store.Trouble) bool { return slices.Contains(follows[o.Kind], t.Kind) })
	})
}

// Open is what is found now, with what the mirror keeps about each: since when it is, and whether a person knows of it. What
// the machine tells only the daemon sees: those troubles are taken from the mirror.
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
			found[i] = l.goesOn(k, found[i], tx.Now)
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
	return Sorted(found), nil
}

// machineKinds are what this machine suffers from, in the order in which one leads to the other.
var machineKinds = []string{KindMirror, KindDisk, KindClock, KindHangs}

// Sorted puts the worst first; of those what this machine suffers from, since the rest may follow from it; and then the oldest.
// What only follows from another is left out.
func Sorted(all []store.Trouble) []store.Trouble {
	all = withoutFollowing(all)
	cause := func(t store.Trouble) int {
		if i := slices.Index(machineKinds, t.Kind); i >= 0 {
			return i
		}
		return len(machineKinds)
	}
	slices.SortStableFunc(all, func(a, b store.Trouble) int {
		return cmp.Or(rank(b.Severity)-rank(a.Severity), cause(a)-cause(b), a.Since.Compare(b.Since))
	})
	return all
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

// Without leaves out the detectors of some kinds.
func Without(detectors []Detector, kinds ...string) []Detector {
	return slices.DeleteFunc(slices.Clone(detectors), func(d Detector) bool {
		return slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(d.Kinds, k) })
	})
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
	if err != nil {
		return "", err
	}
	return l.costOf(s), nil
}

func (l Look) costOf(s store.Stakes) string {
	switch {
	case s.Waiting+s.Due+s.Next == 0:
		return "nothing waits yet"
	case s.Waiting+s.Due == 0:
		return plural(s.Next, "reminder is", "reminders are") + " due within a day"
	case s.Waiting == 0:
		cost := plural(s.Due, "reminder is", "reminders are") + " due"
		if s.Next > 0 {
			cost += fmt.Sprintf(", and %d more within a day", s.Next)
		}
		return cost
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
	return cost
}
