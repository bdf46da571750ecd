package ghl_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
)

// datedWire makes an API whose clock is elsewhere, and whose answers take a while.
type datedWire struct {
	via  http.RoundTripper
	took time.Duration
	date func(http.Header)
}

func (d datedWire) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(d.took / 2)
	resp, err := d.via.RoundTrip(req)
	if err == nil {
		d.date(resp.Header)
	}
	time.Sleep(d.took / 2)
	return resp, err
}

// dated shifts the date of an answer.
func dated(by time.Duration) func(http.Header) {
	return func(h http.Header) {
		h.Set("Date", time.Now().Add(by).UTC().Format(http.TimeFormat))
	}
}

func headed(name, value string) func(http.Header) {
	return func(h http.Header) {
		dated(time.Hour)(h)
		h.Set(name, value)
	}
}

func TestClockSkew(t *testing.T) {
	for _, tt := range []struct {
		name  string
		took  time.Duration
		date  func(http.Header)
		want  time.Duration
		known bool
	}{
		{"in step", 0, func(http.Header) {}, 0, true},
		{"ahead", 0, dated(-time.Hour), time.Hour, true},
		{"behind", 0, dated(25 * time.Hour), -25 * time.Hour, true},
		{"hardly ahead", 0, dated(-time.Second), 0, true},
		{"hardly behind", 0, dated(time.Second), 0, true},
		{"a little ahead", 0, dated(-2 * time.Second), 2 * time.Second, true},
		{"a slow answer", 20 * time.Second, dated(0), 0, true},
		{"ahead, a slow answer", 20 * time.Second, dated(-time.Minute), time.Minute, true},
		{"no date", 0, func(h http.Header) { h.Del("Date") }, 0, false},
		{"not a date", 0, headed("Date", "today"), 0, false},
		{"out of a cache", 0, headed("Age", "3600"), 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, ghltest.Options{})
				c := clientOf(t, "http://ghl.sandbox", datedWire{r.wire, tt.took, tt.date}, nil)
				if ahead, known := c.ClockSkew(); ahead != 0 || known {
					t.Errorf("before any answer: %s, %t", ahead, known)
				}
				if _, err := c.Contact(t.Context(), r.contact); err != nil {
					t.Fatal(err)
				}
				if ahead, known := c.ClockSkew(); ahead != tt.want || known != tt.known {
					t.Errorf("got %s, %t; want %s, %t", ahead, known, tt.want, tt.known)
				}
			})
		})
	}
}

// The last answer counts, also if it is a refusal; one without a date changes nothing.
func TestClockSkewFollowsTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ghltest.Options{})
		wire := datedWire{via: r.wire}
		c := clientOf(t, "http://ghl.sandbox", &wire, nil)
		for _, step := range []struct {
			id   ghl.ContactID
			date func(http.Header)
			want time.Duration
		}{
			{r.contact, dated(-time.Hour), time.Hour},
			{"gone", dated(time.Hour), -time.Hour},
			{r.contact, func(h http.Header) { h.Del("Date") }, -time.Hour},
			{r.contact, dated(0), 0},
		} {
			wire.date = step.date
			if _, err := c.Contact(t.Context(), step.id); err != nil && !errors.Is(err, ghl.ErrNotFound) {
				t.Fatal(err)
			}
			if ahead, known := c.ClockSkew(); ahead != step.want || !known {
				t.Errorf("got %s, %t; want %s", ahead, known, step.want)
			}
		}
	})
}
