package ghl

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

// calls starts n calls, ends each with the header, and returns how long that took.
func calls(t *testing.T, l *limiter, n int, h http.Header) time.Duration {
	t.Helper()
	start := time.Now()
	for range n {
		if err := l.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		_ = l.done(200, h)
	}
	return time.Since(start)
}

func TestLimiterStartsConservative(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		equal(t, "first 99", calls(t, l, 99, nil), time.Duration(0))
		equal(t, "the next", calls(t, l, 1, nil), 10*time.Second)
	})
}

// However the API's windows lie, none sees more than it allows.
func TestLimiterNeverExceedsAnyWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		var mu sync.Mutex
		var starts []time.Time
		var workers sync.WaitGroup
		for w := range 5 {
			workers.Go(func() {
				for i := range 60 {
					time.Sleep(time.Duration(w*37+i%7*11) * time.Millisecond)
					if err := l.wait(t.Context()); err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					starts = append(starts, time.Now())
					mu.Unlock()
					_ = l.done(200, nil)
				}
			})
		}
		workers.Wait()
		for i := range starts {
			n := 0
			for _, s := range starts[i:] {
				if s.Sub(starts[i]) < burstInterval {
					n++
				}
			}
			if n > burstMax {
				t.Fatalf("%d calls within one window", n)
			}
		}
	})
}

func TestLimiterLearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		h := headers("X-RateLimit-Max", "10", "X-RateLimit-Interval-Milliseconds", "2000", "X-RateLimit-Limit-Daily", "200000",
			"X-RateLimit-Daily-Remaining", "199999", "X-RateLimit-Daily-Reset", "3600000", "X-RateLimit-Remaining", "9")
		equal(t, "usage before", l.snapshot(), Usage{})
		equal(t, "first 9", calls(t, l, 9, h), time.Duration(0))
		equal(t, "the next", calls(t, l, 1, h), 2*time.Second)
		equal(t, "usage", l.snapshot(), Usage{
			Known: true, DailyLimit: 200000, DailyRemaining: 199999, DailyReset: time.Now().Add(time.Hour),
			BurstLimit: 10, BurstRemaining: 9,
		})
		calls(t, l, 1, headers("X-RateLimit-Max", "0", "X-RateLimit-Interval-Milliseconds", "x", "X-RateLimit-Remaining", "-"))
		equal(t, "nonsense teaches nothing", l.max, 10)
	})
}

func TestLimiterHeedsWhatOthersTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		calls(t, l, 1, headers("X-RateLimit-Remaining", "2"))
		equal(t, "what is left", calls(t, l, 2, nil), time.Duration(0))
		equal(t, "the next window", calls(t, l, 1, nil), 10*time.Second)
	})
}

func TestLimiterPauses(t *testing.T) {
	const day = "X-RateLimit-Daily-Remaining"
	for _, tt := range []struct {
		name   string
		status int
		header http.Header
		pause  time.Duration
		daily  bool
	}{
		{"fine", 200, headers(day, "7"), 0, false},
		{"Retry-After", 429, headers("Retry-After", "90"), 90 * time.Second, false},
		{"Retry-After as a date", 429, headers("Retry-After", "Sat, 01 Jan 2000 00:02:00 GMT"), 2 * time.Minute, false},
		{"Retry-After beats the day", 429, headers("Retry-After", "90", day, "0", "X-RateLimit-Daily-Reset", "3600000"), 90 * time.Second, true},
		{"Retry-After cannot lock us out", 429, headers("Retry-After", "99999999999"), 24 * time.Hour, false},
		{"day used up", 429, headers(day, "0", "X-RateLimit-Daily-Reset", "3600000"), time.Hour, true},
		{"day used up by a call that was allowed", 200, headers(day, "0", "X-RateLimit-Daily-Reset", "3600000"), time.Hour, true},
		{"day used up until nobody knows", 429, headers(day, "-1"), 15 * time.Minute, true},
		{"nothing told", 429, headers(), 10 * time.Second, false},
		{"Retry-After 0 is no leave to hurry", 429, headers("Retry-After", "0"), 10 * time.Second, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testPause(t, tt.status, tt.header, tt.pause, tt.daily) })
		})
	}
}

func testPause(t *testing.T, status int, h http.Header, pause time.Duration, daily bool) {
	l := newLimiter()
	if err := l.wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused := l.done(status, h)
	if (refused != nil) != (status == 429) {
		t.Fatalf("done(%d) = %v", status, refused)
	}
	if refused != nil && (refused.RetryAfter < pause || refused.RetryAfter > pause*11/10 || refused.Daily != daily) {
		t.Errorf("done(%d) = %v", status, refused)
	}
	start := time.Now()
	err := l.wait(t.Context())
	limited, ok := errors.AsType[*RateLimitError](err)
	switch long := pause > 12*time.Second || daily; {
	case ok != long:
		t.Errorf("wait = %v", err)
	case ok && (limited.RetryAfter < pause || limited.RetryAfter > pause*11/10 || limited.Daily != daily || time.Since(start) > 0):
		t.Errorf("wait = %v after %v", err, time.Since(start))
	case !ok && time.Since(start) < pause:
		t.Errorf("waited %v only", time.Since(start))
	}
	time.Sleep(pause * 11 / 10)
	equal(t, "wait afterwards", calls(t, l, 1, nil), time.Duration(0))
}

func TestLimiterWaitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		calls(t, l, 99, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := l.wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, ok := errors.AsType[*RateLimitError](l.wait(short)); !ok || time.Since(start) > 0 {
			t.Error("waited for what the context does not allow")
		}
	})
}

func TestUsedUpDayMakesNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c := testClient(t, "http://host", &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			requests++
			h := headers("X-RateLimit-Daily-Remaining", "0", "X-RateLimit-Daily-Reset", "7200000")
			return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(`{"tags":[]}`)), Request: r}, nil
		})})
		if err := tagContact(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			time.Sleep(time.Minute)
			err := tagContact(t.Context(), c)
			if e, ok := errors.AsType[*RateLimitError](err); !ok || !e.Daily {
				t.Errorf("got %v", err)
			}
		}
		equal(t, "requests", requests, 1)
		equal(t, "paused", c.Usage().PausedUntil, time.Now().Add(2*time.Hour-3*time.Minute))
		time.Sleep(2 * time.Hour)
		if err := tagContact(t.Context(), c); err != nil {
			t.Error(err)
		}
		equal(t, "requests", requests, 2)
	})
}

func TestRateLimitedAnswer(t *testing.T) {
	c := mounted(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		reply(w, 429, `{"message":"Too Many Requests"}`)
	}))
	err := newContact(t.Context(), c)
	if e, ok := errors.AsType[*RateLimitError](err); !ok || e.RetryAfter < 89*time.Second || e.Daily {
		t.Errorf("got %v", err)
	}
	equal(t, "text", err.Error(), "ghl: POST /contacts/: 429 rate limit, retry after 1m30s")
}

// A sweep leaves room in the window and in the day for what is more urgent.
func TestLimiterPriorities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		sweep, write := WithPriority(t.Context(), Sweep), WithPriority(t.Context(), Write)
		start := time.Now()
		for range 95 {
			if err := l.wait(sweep); err != nil {
				t.Fatal(err)
			}
			_ = l.done(200, nil)
		}
		equal(t, "95 of a sweep", time.Since(start), time.Duration(0))
		equal(t, "urgent ones pass", calls(t, l, 4, nil), time.Duration(0))
		if err := l.wait(sweep); err != nil {
			t.Fatal(err)
		}
		equal(t, "the sweep goes on in the next window", time.Since(start), burstInterval)
		_ = l.done(200, headers("X-RateLimit-Limit-Daily", "1000", "X-RateLimit-Daily-Remaining", "90", "X-RateLimit-Daily-Reset", "3600000"))
		if e, ok := errors.AsType[*RateLimitError](l.wait(sweep)); !ok || !e.Daily || e.RetryAfter != time.Hour {
			t.Errorf("a sweep took from the last tenth of the day: %v", e)
		}
		if err := l.wait(write); err != nil {
			t.Errorf("a write was refused: %v", err)
		}
	})
}

// One call after the other, as slow as the API is, uses its windows to the full.
func TestLimiterUsesWholeWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter()
		sweep := WithPriority(t.Context(), Sweep)
		window := func() int { return int(time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) / burstInterval) }
		used := map[int]int{}
		for window() < 6 {
			if err := l.wait(sweep); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
			used[window()]++
			_ = l.done(200, headers("X-RateLimit-Remaining", strconv.Itoa(burstMax-used[window()])))
		}
		for w := range 6 {
			if used[w] < 95 || used[w] > burstMax {
				t.Errorf("window %d: %d calls", w, used[w])
			}
		}
	})
}
