package ghltest

import (
	"net/http"
	"strconv"
	"time"
)

const day = 24 * time.Hour

// limits are two fixed windows. The short one starts with the first call after the last has
// ended, the day is anchored at the very first call. Refused calls do not count.
type limits struct {
	burstMax, dayMax int // negative is without limit
	every            time.Duration
	burst, today     int // calls in the current windows
	burstFrom        time.Time
	dayFrom          time.Time
}

// take counts one call, or returns false if there is none left.
func (l *limits) take(now time.Time) bool {
	l.roll(now)
	if l.remaining(l.burstMax, l.burst) == 0 || l.remaining(l.dayMax, l.today) == 0 {
		return false
	}
	l.burst++
	l.today++
	return true
}

func (l *limits) roll(now time.Time) {
	if l.dayFrom.IsZero() {
		l.dayFrom, l.burstFrom = now, now
	}
	if passed := now.Sub(l.dayFrom); passed >= day {
		l.dayFrom = l.dayFrom.Add(passed.Truncate(day))
		l.today = 0
	}
	if now.Sub(l.burstFrom) >= l.every {
		l.burstFrom, l.burst = now, 0
	}
}

func (l *limits) remaining(limit, used int) int {
	if limit < 0 {
		return 1
	}
	return max(limit-used, 0)
}

// describe sets the six headers.
func (l *limits) describe(now time.Time, h http.Header) {
	l.roll(now)
	set := func(key string, n int) { h.Set("X-RateLimit-"+key, strconv.Itoa(n)) }
	burstMax, burst, dayMax, today := l.burstMax, l.burst, l.dayMax, l.today
	if burstMax < 0 {
		burstMax, burst = 1_000_000, 0
	}
	if dayMax < 0 {
		dayMax, today = 1_000_000_000, 0
	}
	set("Max", burstMax)
	set("Remaining", max(burstMax-burst, 0))
	set("Interval-Milliseconds", int(l.every.Milliseconds()))
	set("Limit-Daily", dayMax)
	set("Daily-Remaining", max(dayMax-today, 0))
	set("Daily-Reset", int(l.dayFrom.Add(day).Sub(now).Milliseconds()))
}
