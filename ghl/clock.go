package ghl

import (
	"net/http"
	"time"
)

// smallSkew is what the Date header cannot tell from none: it has whole seconds, and a call takes
// part of one.
const smallSkew = 2 * time.Second

// ClockSkew tells how far this machine's clock is ahead of the API's, by the last answer that had a
// date; negative if it is behind. It makes no request. What is measured below two seconds is none, and
// a larger one is right within a second and half the time that the answer took. It may be asked
// from any goroutine.
func (c *Client) ClockSkew() (ahead time.Duration, known bool) {
	skew := c.skew.Load()
	if skew == nil {
		return 0, false
	}
	return *skew, true
}

// noteClock compares the date of an answer to a call, which took so long until now, with our clock.
// What a cache answers has the date of another call.
func (c *Client) noteClock(h http.Header, took time.Duration) {
	theirs, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Age") != "" {
		return
	}
	ahead := time.Now().Add(-took / 2).Sub(theirs)
	if ahead.Abs() < smallSkew {
		ahead = 0
	}
	c.skew.Store(&ahead)
}
