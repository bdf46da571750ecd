package alarm

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	gosync "sync"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
)

// Way is one way to tell.
type Way interface {
	Name() string
	// Tell tells of all in one message. Times in it are those of the zone of now.
	Tell(ctx context.Context, location string, now time.Time, all []Trouble) error
}

// Options are what the config does not say.
type Options struct {
	Version string         // of this program
	Roots   *x509.CertPool // who vouches for servers; nil: whom this machine trusts
	Timeout time.Duration  // of each way; 0: 10 seconds

	Transport http.RoundTripper // how web servers are reached; nil: by the network
}

const timeout = 10 * time.Second

// Teller tells on all ways that are set. Use it from one goroutine.
type Teller struct {
	Ways    []Way
	Zone    *time.Location // for people
	Details bool           // people may be named
	Timeout time.Duration

	hide func(string) string // what is secret in a text
	mu   gosync.Mutex
	busy map[string]bool
}

// New makes the ways that the config sets.
func New(cfg *config.Config, o Options) *Teller {
	if o.Timeout == 0 {
		o.Timeout = timeout
	}
	t := &Teller{Zone: cfg.Location(), Details: cfg.Alarms.Details, Timeout: o.Timeout, hide: term.HideSecrets(cfg.Secrets()...)}
	a := cfg.Alarms
	if a.Webhook != "" {
		t.Ways = append(t.Ways, newWebhook(a, o))
	}
	if a.NTFY != "" {
		t.Ways = append(t.Ways, newNTFY(a, o))
	}
	if a.Email.Set() {
		t.Ways = append(t.Ways, newEmail(a, o))
	}
	return t
}

// Names are those of the ways, for whoever stores what was told on which.
func (t *Teller) Names() (all []string) {
	for _, w := range t.Ways {
		all = append(all, w.Name())
	}
	return all
}

// Everywhere is the same for every way, for Tell.
func (t *Teller) Everywhere(all []Trouble) map[string][]Trouble {
	due := map[string][]Trouble{}
	for _, w := range t.Ways {
		due[w.Name()] = all
	}
	return due
}

// errBusy is what a way meets whose last message still hangs.
var errBusy = errors.New("its last message still hangs")

// Tell tells each way what is due on it, in one message. All ways are tried at once and each for Timeout, so that
// none waits for another. The result has an entry for each way that was tried, nil where it told; an error that is
// a *WayError with Told was heard by some.
func (t *Teller) Tell(ctx context.Context, location string, now time.Time, due map[string][]Trouble) map[string]error {
	location, now = t.line(location, 60), now.In(t.zone())
	type result struct {
		way string
		err error
	}
	results, tried := make(chan result, len(t.Ways)), 0
	for _, w := range t.Ways {
		all := t.clean(now, due[w.Name()])
		if len(all) == 0 {
			continue
		}
		tried++
		go func() { results <- result{w.Name(), t.one(ctx, w, location, now, all)} }()
	}
	told := make(map[string]error, tried)
	for range tried {
		r := <-results
		told[r.way] = r.err
	}
	return told
}

// one tells one way, and stops waiting for it in time even where it does not come back.
func (t *Teller) one(ctx context.Context, w Way, location string, now time.Time, all []Trouble) error {
	if !t.take(w.Name()) {
		return &WayError{Way: w.Name(), What: errBusy.Error(), Err: errBusy}
	}
	limit := t.Timeout
	if limit == 0 {
		limit = timeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	done := make(chan error, 1)
	go func() {
		defer t.leave(w.Name())
		done <- safely(func() error { return w.Tell(ctx, location, now, all) })
	}()
	defer cancel()
	patience := time.NewTimer(limit + limit/4) // its own words say more than ours
	defer patience.Stop()
	var err error
	select {
	case err = <-done:
	case <-patience.C:
		err = context.DeadlineExceeded
	}
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*WayError](err); ok {
		f.What, f.Remedy = t.hidden(f.What), t.hidden(f.Remedy)
		return f
	}
	return &WayError{Way: w.Name(), What: t.hidden(err.Error()), Err: err}
}

// safely makes a panic an error: what tells of trouble must not make more of it.
func safely(tell func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return tell()
}

func (t *Teller) take(way string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[way] {
		return false
	}
	if t.busy == nil {
		t.busy = map[string]bool{}
	}
	t.busy[way] = true
	return true
}

func (t *Teller) leave(way string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, way)
}

func (t *Teller) zone() *time.Location {
	if t.Zone == nil {
		return time.UTC
	}
	return t.Zone
}

// How long each part may be. Nobody reads more, and some ways cut off what is longer.
const (
	whatLength    = 300
	detailsLength = 2000
)

// clean makes troubles fit to leave, worst first: one line each, nothing secret in them, and no person unless the
// config allows it. Whoever wrote them should have seen to that; this is the last to look.
func (t *Teller) clean(now time.Time, all []Trouble) []Trouble {
	all = slices.Clone(all)
	for i := range all {
		o := &all[i]
		o.complete(now)
		for _, s := range []*string{&o.Kind, &o.About, &o.What, &o.Cost, &o.Remedy, &o.AckedBy, &o.AckedWhy} {
			*s = t.line(*s, whatLength)
			if !t.Details {
				*s = term.HidePeople(*s)
			}
		}
		if o.Details = cut(sms.Clean(t.hidden(o.Details)), detailsLength); !t.Details {
			o.Details, o.AckedWhy = "", ""
		}
	}
	slices.SortStableFunc(all, worse)
	return all
}

func (t *Teller) line(s string, most int) string { return cut(term.OneLine(t.hidden(s)), most) }

func (t *Teller) hidden(s string) string {
	if t.hide == nil {
		return s
	}
	return t.hide(s)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// Heard tells whether what was told was heard by anybody.
func Heard(err error) bool {
	f, ok := errors.AsType[*WayError](err)
	return err == nil || ok && f.Told
}
