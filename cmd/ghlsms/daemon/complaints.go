package daemon

import (
	"log/slog"
	"maps"
	"slices"
	"time"
)

// complaints logs what goes wrong in cycle after cycle once, then again with pauses that grow, and when it is over.
type complaints struct {
	log *slog.Logger
	all map[string]*complaint
}

type complaint struct {
	since, last, next time.Time
	said              int
}

// The pauses between two lines about the same thing double from the first to the longest.
const (
	complaintFirst   = 10 * time.Minute
	complaintLongest = 6 * time.Hour
	// complaintOver is how long something must not be heard of to be over: not every cycle does everything.
	complaintOver = 5 * time.Minute
)

// hear takes what went wrong in a cycle that ended now.
func (c *complaints) hear(now time.Time, errs []error) {
	if c.all == nil {
		c.all = map[string]*complaint{}
	}
	for _, err := range errs {
		words := err.Error()
		one := c.all[words]
		if one == nil {
			one = &complaint{since: now}
			c.all[words] = one
			c.log.Error("this went wrong and will be tried again", "error", err)
			one.next = now.Add(complaintFirst)
		} else if !now.Before(one.next) {
			one.said++
			c.log.Error("this still goes wrong", "for", now.Sub(one.since).Round(time.Second), "error", err)
			one.next = now.Add(min(complaintFirst<<min(one.said, 10), complaintLongest))
		}
		one.last = now
	}
	for _, words := range slices.Sorted(maps.Keys(c.all)) {
		if one := c.all[words]; now.Sub(one.last) >= complaintOver {
			c.log.Info("this does not go wrong any more", "error", words, "after", one.last.Sub(one.since).Round(time.Second))
			delete(c.all, words)
		}
	}
}
