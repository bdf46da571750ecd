package ghl

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Until the headers say otherwise, the limits are the documented ones.
const (
	burstMax      = 100
	burstInterval = 10 * time.Second
	dayAtMost     = 24 * time.Hour // no header can lock us out for longer
)

// Usage is what is known about the location's rate limits. The counts are those of the last
// answer and include the calls of everybody who shares the token's bucket.
type Usage struct {
	Known          bool // some answer told; all else is zero before that
	DailyLimit     int
	DailyRemaining int
	DailyReset     time.Time // when the day's calls are given anew
	BurstLimit     int
	BurstRemaining int
	PausedUntil    time.Time // zero if calls flow
}

// Priority is how urgent a call is. The less urgent leave a share of each window, and of the day,
// to the more urgent.
type Priority int

// The priorities. A call without one is urgent.
const (
	Urgent Priority = iota // what a text needs right now
	Write                  // changes
	Delta                  // reading what changed
	Sweep                  // reading everything
)

// reserve is the part of a burst window, and of the day, that calls of a priority leave to others.
var reserve = [...]struct{ burst, day float64 }{
	Urgent: {0.01, 0}, Write: {0.02, 0.01}, Delta: {0.03, 0.05}, Sweep: {0.05, 0.10},
}

type priorityKey struct{}

// WithPriority gives the calls made with the context a priority.
func WithPriority(ctx context.Context, p Priority) context.Context {
	return context.WithValue(ctx, priorityKey{}, p)
}

func priorityOf(ctx context.Context) Priority {
	if p, ok := ctx.Value(priorityKey{}).(Priority); ok && p >= Urgent && p <= Sweep {
		return p
	}
	return Urgent
}

// A limiter keeps all calls of a client within the API's windows. Their begin is not known to us,
// so within any stretch of a window's length no more calls start than a window allows, less a
// reserve; what others with the same token use is learned from the headers.
type limiter struct {
	mu             sync.Mutex
	max            int
	interval       time.Duration
	starts         []time.Time // of our calls within the last interval
	inFlight       int
	remaining      int       // calls that the last answer leaves us, less those since
	told           int       // the count that answer gave
	remainingUntil time.Time // when that answer's window is surely over
	pause          time.Time
	daily          bool // why pause
	usage          Usage
}

func newLimiter() *limiter {
	return &limiter{max: burstMax, interval: burstInterval}
}

// wait blocks until one more call may start. It returns a *RateLimitError at once if that is
// longer off than a burst window, or than ctx allows. After nil the caller owes one call of done.
func (l *limiter) wait(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		delay, err := l.take(time.Now(), priorityOf(ctx))
		if err != nil || delay <= 0 {
			return err
		}
		if end, ok := ctx.Deadline(); ok && time.Until(end) < delay {
			return &RateLimitError{RetryAfter: delay}
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// take starts a call, or tells how long to wait before asking again.
func (l *limiter) take(now time.Time, p Priority) (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait := l.dayDelay(now, p); wait > 0 {
		return 0, &RateLimitError{RetryAfter: wait, Daily: true}
	}
	delay := max(l.pause.Sub(now), l.windowDelay(now, p))
	daily := l.daily && now.Before(l.pause)
	if daily || delay > l.interval+l.interval/5 {
		return 0, &RateLimitError{RetryAfter: delay, Daily: daily}
	}
	if delay > 0 {
		return delay, nil
	}
	l.starts = append(l.starts, now)
	l.inFlight++
	l.remaining--
	return 0, nil
}

// dayDelay is how long calls of a priority must leave the rest of the day to others.
func (l *limiter) dayDelay(now time.Time, p Priority) time.Duration {
	u := l.usage
	if reserve[p].day == 0 || u.DailyLimit == 0 || float64(u.DailyRemaining) > reserve[p].day*float64(u.DailyLimit) {
		return 0
	}
	return max(u.DailyReset.Sub(now), 0)
}

func (l *limiter) windowDelay(now time.Time, p Priority) time.Duration {
	for len(l.starts) > 0 && now.Sub(l.starts[0]) >= l.interval {
		l.starts = l.starts[1:]
	}
	var delay time.Duration
	spare := int(math.Ceil(reserve[p].burst * float64(l.max)))
	if own := max(l.max-spare, 1); len(l.starts) >= own {
		delay = l.interval - now.Sub(l.starts[len(l.starts)-own])
	}
	if p == Urgent {
		spare = 0 // what the API says is left is there to be taken
	}
	if l.remaining <= min(spare, l.max-1) && now.Before(l.remainingUntil) {
		delay = max(delay, l.remainingUntil.Sub(now))
	}
	return delay
}

// done ends a call. A nil header means that there was no answer. On a 429 it returns the pause
// that all callers now keep.
func (l *limiter) done(status int, h http.Header) *RateLimitError {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
	if h == nil {
		return nil
	}
	now := time.Now()
	l.learn(now, h)
	usedUp, reset := dayUsedUp(h)
	refused := status == http.StatusTooManyRequests
	after, told := retryAfter(now, h)
	switch {
	case refused && told:
		l.hold(now.Add(after), usedUp)
	case usedUp:
		l.hold(now.Add(reset), true)
	case refused:
		l.hold(now.Add(l.interval+rand.N(l.interval/10+1)), false)
	}
	if !refused {
		return nil
	}
	return &RateLimitError{RetryAfter: l.pause.Sub(now), Daily: l.daily}
}

// hold never shortens a pause that is already kept.
func (l *limiter) hold(until time.Time, daily bool) {
	if until.After(l.pause) {
		l.pause, l.daily = until, daily
	}
}

func (l *limiter) learn(now time.Time, h http.Header) {
	u := &l.usage
	if n, ok := count(h, "X-RateLimit-Max"); ok && n > 0 {
		l.max, u.BurstLimit, u.Known = n, n, true
	}
	if n, ok := count(h, "X-RateLimit-Interval-Milliseconds"); ok && n > 0 {
		l.interval = min(time.Duration(min(n, 1e9))*time.Millisecond, time.Minute)
	}
	if n, ok := count(h, "X-RateLimit-Remaining"); ok {
		// More than before means a new window, which began after the last answer. Answers may
		// overtake each other by as many as are under way.
		if n > l.told+l.inFlight || !now.Before(l.remainingUntil) {
			l.remainingUntil = now.Add(l.interval)
		}
		l.remaining, l.told, u.BurstRemaining = n-l.inFlight, n, n
	}
	if n, ok := count(h, "X-RateLimit-Limit-Daily"); ok {
		u.DailyLimit, u.Known = n, true
	}
	if n, ok := count(h, "X-RateLimit-Daily-Remaining"); ok {
		u.DailyRemaining = n
	}
	if n, ok := count(h, "X-RateLimit-Daily-Reset"); ok {
		u.DailyReset = now.Add(millis(n))
	}
}

// dayUsedUp tells whether the day's calls are gone and for how long; for a while if the API does
// not say.
func dayUsedUp(h http.Header) (bool, time.Duration) {
	n, ok := count(h, "X-RateLimit-Daily-Remaining")
	if !ok || n > 0 {
		return false, 0
	}
	if ms, ok := count(h, "X-RateLimit-Daily-Reset"); ok && ms > 0 {
		return true, millis(ms)
	}
	return true, 15 * time.Minute
}

func (l *limiter) snapshot() Usage {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.usage
	if now := time.Now(); now.Before(l.pause) {
		u.PausedUntil = l.pause
	}
	return u
}

func millis(n int) time.Duration {
	n = min(max(n, 0), int(dayAtMost.Milliseconds()))
	return time.Duration(n) * time.Millisecond
}

func count(h http.Header, key string) (int, bool) {
	n, err := strconv.Atoi(h.Get(key))
	return n, err == nil
}

// retryAfter reads both forms of the header.
func retryAfter(now time.Time, h http.Header) (time.Duration, bool) {
	if n, ok := count(h, "Retry-After"); ok && n > 0 {
		return min(time.Duration(min(n, 1e6))*time.Second, dayAtMost), true
	}
	if at, err := http.ParseTime(h.Get("Retry-After")); err == nil && at.After(now) {
		return min(at.Sub(now), dayAtMost), true
	}
	return 0, false
}
