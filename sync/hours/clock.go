package hours

import (
	"errors"
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

// midnight is the end of a day.
const midnight Clock = 24 * 60

// ParseClock reads a time of day as people write it, such as "09:00". The error says what is wrong without
// repeating s.
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, errors.New(`is no time of day; write it like "09:00"`)
	}
	return Clock(t.Hour()*60 + t.Minute()), nil
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
