package hours

import (
	"time"
)

// Earliest is the earlier of two times.
func Earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Clock is a time of day, in minutes.
type Clock int

// Span is a span of the day. It goes over midnight where it ends before it begins.
type Span struct{ From, Until Clock }

// Next is when a text may leave at the earliest, and when it is of no use any more: after so long, or
// when the hours end. Where they end in a moment it is the next day's.
func (h *Span) Next(now time.Time, zone *time.Location, useful time.Duration) (due, expires time.Time) {
	if h == nil {
		return time.Time{}, now.Add(useful)
	}
	const moment = 10 * time.Minute
	local := now.In(zone)
	for d := -1; d <= 2; d++ {
		opens, closes := h.From.On(local, d), h.Until.On(local, d)
		if h.Until <= h.From {
			closes = h.Until.On(local, d+1)
		}
		if now.Add(moment).After(closes) {
			continue
		}
		if opens.Before(now) {
			return time.Time{}, Earliest(closes, now.Add(useful))
		}
		return opens.UTC(), Earliest(closes, opens.Add(useful)).UTC()
	}
	return time.Time{}, now.Add(useful) // a span too short for anything
}

// On is the time of day so many days after that of t, in t's zone. Where the clocks skip it, it is as
// much later, and where it comes twice it is the first.
func (c Clock) On(t time.Time, days int) time.Time {
	at := time.Date(t.Year(), t.Month(), t.Day()+days, int(c)/60, int(c)%60, 0, 0, t.Location())
	skipped := time.Duration(int(c)-at.Hour()*60-at.Minute()) * time.Minute
	if skipped < -12*time.Hour { // midnight, and it shows the day before
		skipped += 24 * time.Hour
	}
	at = at.Add(max(skipped, 0))
	changed, _ := at.ZoneBounds()
	_, now := at.Zone()
	_, before := changed.Add(-1).Zone()
	if first := at.Add(-time.Duration(before-now) * time.Second); !changed.IsZero() && first.Before(changed) {
		return first // package time may answer either
	}
	return at
}
