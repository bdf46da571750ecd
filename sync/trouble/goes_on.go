package trouble

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
)

// Countable tells whether a kind of trouble is about cases, each of which somebody should hear of: an acknowledgement is of those
// that were there.
func Countable(kind string) bool {
	return slices.Contains([]string{KindOverdue, KindUndecided, KindLimit, KindUnclear, KindConflicts, KindFailed, KindMissed, KindExpired, KindUndelivered, KindUnconfirmed, KindOverLimit}, kind)
}

// Grows tells whether a kind of trouble has a size that people are told of when it has become much more.
func Grows(kind string) bool {
	return Countable(kind) || kind == KindCredit || kind == KindSender || kind == KindNoSending
}

// moreThanKnown tells that a trouble is about more than whoever acknowledged it knew of: of cases one more, of texts that
// wait many more.
func moreThanKnown(t store.Trouble) bool {
	if Countable(t.Kind) {
		return t.Size > t.AckedSize
	}
	return Grows(t.Kind) && t.Size >= max(2*t.AckedSize, t.AckedSize+3)
}

// comesBack tells whether a kind of trouble that begins soon after it ended is the same that goes on. It is not where a person ended
// it, or each time is another case.
func comesBack(kind string) bool {
	return !slices.Contains([]string{KindLimit, KindUnclear, KindConflicts, KindFailed, KindMissed, KindExpired, KindUndelivered, KindOverLimit, KindBrake, KindPaused, KindStopped}, kind)
}

// Memory is how long after its end a trouble that comes back is the same that goes on.
func (l Look) Memory() time.Duration {
	if l.AgainAfter == 0 {
		return time.Hour
	}
	return l.AgainAfter / 4
}

// Calm is how long a trouble must be away before its end is told: the longer, the more often it came back.
func (l Look) Calm(t store.Trouble, lookEvery time.Duration) time.Duration {
	if !comesBack(t.Kind) {
		return 0
	}
	return min(2*lookEvery<<min(t.Returns, 20), max(l.Memory(), 2*lookEvery))
}

// manyReturns are so many that something which may end by itself does not.
const manyReturns = 5

// goesOn is a trouble that is kept as it is found now.
func (l Look) goesOn(kept, found store.Trouble, now time.Time) store.Trouble {
	t := kept
	t.Severity, t.What, t.Details, t.Cost, t.Remedy, t.Size, t.EndedAt = found.Severity, found.What, found.Details, found.Cost, found.Remedy, found.Size, time.Time{}
	if t.Severity == store.Notice && t.Returns >= manyReturns && comesBack(t.Kind) && now.Sub(t.Since) >= l.StaleAfter/2 {
		t.Severity = store.Warning
	}
	if t.Severity == store.Urgent && kept.Severity != store.Urgent || moreThanKnown(t) {
		t.AckedAt = time.Time{} // whoever acknowledged it knows less than that
	}
	t.AckedSize = min(t.AckedSize, t.Size)
	if d := rank(t.Severity) - rank(t.WorstSeverity); d > 0 || d == 0 && (t.Size > t.WorstSize || t.Size == 0 && t.WorstSize == 0) {
		t.Worst, t.WorstSeverity, t.WorstSize = t.What, t.Severity, t.Size
	}
	return t
}

// Change is what has become of troubles since the last look.
type Change struct{ Begun, Back, Changed, Ended []store.Trouble }

// Any tells whether anything has changed.
func (c Change) Any() bool { return len(c.Begun)+len(c.Back)+len(c.Changed)+len(c.Ended) > 0 }

// compare tells how what was found differs from what is kept, of the kinds that the detectors own. lately are those that
// ended last.
func (l Look) compare(found, kept, lately []store.Trouble, detectors []Detector, now time.Time) (c Change) {
	for _, f := range found {
		if i := slices.IndexFunc(kept, same(f)); i >= 0 {
			if after := l.goesOn(kept[i], f, now); after != kept[i] {
				c.Changed = append(c.Changed, after)
			}
			continue
		}
		i := slices.IndexFunc(lately, same(f))
		if i < 0 || !comesBack(f.Kind) {
			c.Begun = append(c.Begun, f)
			continue
		}
		ended := lately[i]
		away := now.Sub(ended.EndedAt)
		ended.Returns++
		back := l.goesOn(ended, f, now)
		if away > l.Memory()/4 {
			back.AckedAt = time.Time{} // who acknowledged it has seen it end
		}
		c.Back = append(c.Back, back)
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
	if err != nil {
		return Change{}, err // nothing of it is kept
	}
	return c, nil
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
	for _, t := range slices.Concat(c.Changed, c.Back) {
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
func differ(ctx context.Context, tx *store.Tx, l Look, detectors []Detector) (c Change, err error) {
	found, err := Find(ctx, tx, l, detectors)
	if err != nil {
		return c, err
	}
	kept, err := tx.OpenTroubles(ctx)
	if err != nil {
		return c, err
	}
	var lately []store.Trouble
	if slices.ContainsFunc(found, func(f store.Trouble) bool { return !slices.ContainsFunc(kept, same(f)) }) {
		lately, err = tx.EndedSince(ctx, tx.Now.Add(-l.Memory()))
	}
	return l.compare(found, kept, lately, detectors, tx.Now), err
}

// Loud tells whether what has become of a trouble is worth a line in the log: of what comes back again and again only every
// time that is twice as late as the last.
func Loud(t store.Trouble) bool {
	return t.Severity != store.Notice && t.Returns&(t.Returns-1) == 0
}

// Stop is the time in which ghlsms did not run, or stood still with its machine.
func Stop(from, to time.Time) store.Trouble {
	return store.Trouble{
		Kind: KindStopped, Severity: store.Urgent, What: "ghlsms did not run", Since: from, EndedAt: to,
		Cost: "what was due meanwhile may be too late", Remedy: "see why: journalctl -u ghlsms",
	}
}

// Stopped says what people felt of a time in which ghlsms did not run, and whether something that was due then still waits; empty:
// they felt nothing.
func Stopped(ctx context.Context, tx *store.Tx, l Look, t store.Trouble) (what string, waits bool, err error) {
	due, err := tx.DueBetween(ctx, t.Since, t.EndedAt)
	if err != nil {
		return "", false, err
	}
	texts, err := tx.ReceivedBetween(ctx, t.Since, t.EndedAt)
	var felt []string
	for _, one := range []struct {
		n         int
		one, many string
	}{
		{due.Left, "reminder left late", "reminders left late"}, {due.Missed, "reminder was missed", "reminders were missed"},
		{due.Waiting, "reminder still waits", "reminders still wait"}, {texts, "text that came in was answered late", "texts that came in were answered late"},
	} {
		if one.n > 0 {
			felt = append(felt, plural(one.n, one.one, one.many))
		}
	}
	if err != nil || len(felt) == 0 {
		return "", false, err
	}
	return fmt.Sprintf("%s from %s to %s; %s", t.What, l.clock(t.Since), l.clock(t.EndedAt), strings.Join(felt, ", ")), due.Waiting > 0, nil
}
