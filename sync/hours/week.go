package hours

import (
	"fmt"
	"iter"
	"strings"
	"time"
)

// Span is a span of one day: it ends after it begins, at 24:00 at the latest. The zero one is none.
type Span struct{ From, Until Clock }

// Day are the spans of one day in their order, which do not touch each other. There are two where hours
// over midnight end on that day and begin again.
type Day [2]Span

// Week has the hours of each day, by [time.Weekday]. Hours over midnight are in both days. The zero Week
// has none.
type Week [7]Day

// Always are hours that never end.
var Always = Daily(0, midnight)

// Daily are hours that are the same each day. They go over midnight where they end before they begin.
func Daily(from, until Clock) (w Week) {
	for d := range time.Weekday(7) {
		w.add(d, Span{from, until})
	}
	return w
}

// add adds a span to the hours of a day, and what of it is after midnight to those of the next.
func (w *Week) add(d time.Weekday, s Span) {
	if s.Until <= s.From {
		w[(d+1)%7].add(Span{0, s.Until})
		s.Until = midnight
	}
	w[d].add(s)
}

// add puts a span in its place, as one with those that it touches. Of three spans the last is left out:
// rather too few hours than too many.
func (d *Day) add(s Span) {
	if s.none() {
		return
	}
	var all []Span
	for _, had := range d {
		switch {
		case had.none():
		case had.Until < s.From:
			all = append(all, had)
		case s.Until < had.From:
			all = append(all, s)
			s = had
		default:
			s = Span{min(s.From, had.From), max(s.Until, had.Until)}
		}
	}
	*d = Day{}
	copy(d[:], append(all, s))
}

// none tells that a span is none.
func (h Span) none() bool { return h.Until <= h.From }

// Within are the hours that are in both.
func (w Week) Within(other Week) (both Week) {
	for d := range w {
		for _, a := range w[d] {
			for _, b := range other[d] {
				both[d].add(Span{max(a.From, b.From), min(a.Until, b.Until)})
			}
		}
	}
	return both
}

// String is the shortest that [Parse] reads as w, unless hours of w go over midnight; empty for a week
// without any hours.
func (w Week) String() string {
	if w == (Week{w[0], w[0], w[0], w[0], w[0], w[0], w[0]}) {
		return w[0].String()
	}
	// Days of the same hours stand together, also over the end of the week.
	start := time.Monday
	for w[start] == w[(start+6)%7] && start != time.Sunday {
		start = (start + 1) % 7
	}
	var parts []string
	for i := time.Weekday(0); i < 7; {
		first := (start + i) % 7
		last := first
		for i++; i < 7 && w[(start+i)%7] == w[first]; i++ {
			last = (start + i) % 7
		}
		days := dayName(first)
		if last != first {
			days += "-" + dayName(last)
		}
		if w[first] != (Day{}) {
			parts = append(parts, days+" "+w[first].String())
		}
	}
	return strings.Join(parts, ", ")
}

// String is how the hours of a day are written.
func (d Day) String() string {
	var spans []string
	for _, h := range d {
		if !h.none() {
			spans = append(spans, fmt.Sprintf("%02d:%02d-%02d:%02d", h.From/60, h.From%60, h.Until/60, h.Until%60))
		}
	}
	return strings.Join(spans, " and ")
}

// spans are when the spans of some days begin and end, in their order, without those that the clocks skip.
// The days are counted from that of local.
func (w Week) spans(local time.Time, first, last int) iter.Seq2[time.Time, time.Time] {
	return func(yield func(opens, closes time.Time) bool) {
		for d := first; d <= last; d++ {
			for _, h := range w[(int(local.Weekday())+d%7+7)%7] {
				if h.none() {
					continue
				}
				opens, closes := h.From.On(local, d), h.Until.On(local, d)
				if h.Until == midnight {
					closes = Clock(0).On(local, d+1)
				}
				if opens.Before(closes) && !yield(opens, closes) {
					return
				}
			}
		}
	}
}

// Open tells whether at is in the hours of a zone, and if so when they end: at most a week later, for
// hours that never do.
func (w Week) Open(at time.Time, zone *time.Location) (open bool, closes time.Time) {
	for from, until := range w.spans(at.In(zone), 0, 7) {
		switch {
		case !open && at.Before(from), open && !from.Equal(closes):
			return open, closes.UTC()
		case open, at.Before(until): // where hours end at midnight, the next day's may go on
			open, closes = true, until
		}
	}
	return open, closes.UTC()
}

// Next is when the hours of a zone are open: at a time, if they do not end in a moment, or else when they
// open again; and when they end then. ok is false for a week without hours.
func (w Week) Next(at time.Time, zone *time.Location) (opens, closes time.Time, ok bool) {
	const moment = 10 * time.Minute
	open, closes := w.Open(at, zone)
	switch {
	case open && !at.Add(moment).After(closes):
		return at, closes, true
	case open:
		at = closes
	}
	opens, ok = w.Shift(at, time.Time{}, zone, Later)
	_, closes = w.Open(opens, zone)
	return opens, closes, ok
}

// quietMargin is how long before the hours end a text leaves that would be due after them: there may be
// others to be sent.
const quietMargin = 15 * time.Minute

// Shift is when a text leaves that is due at a time: then, if that is in the hours of a zone, and else what
// the policy makes of it. It leaves before start, if that is set. ok is false where there is no such time.
func (w Week) Shift(due, start time.Time, zone *time.Location, p Policy) (at time.Time, ok bool) {
	inTime := func(t time.Time) bool { return start.IsZero() || t.Before(start) }
	if open, _ := w.Open(due, zone); open || p == Ignore {
		return due, inTime(due)
	}
	before, after := w.around(due, zone)
	switch {
	case before.IsZero(): // a week without hours
		return time.Time{}, false
	case p == Earlier, p == Nearest && (!inTime(after) || due.Sub(before) <= after.Sub(due)):
		at = before
	default:
		at = after
	}
	return at.UTC(), inTime(at)
}

// around are the last time for a text before a moment in quiet hours, and the first after it. Both are zero
// in a week without hours.
func (w Week) around(quiet time.Time, zone *time.Location) (before, after time.Time) {
	for opens, closes := range w.spans(quiet.In(zone), -8, 8) {
		if closes.After(quiet) {
			return before, opens
		}
		before = closes.Add(-quietMargin)
		if before.Before(opens) {
			before = opens
		}
	}
	return before, after
}
