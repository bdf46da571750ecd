package ghltest

import (
	"net/http"
	"path"
	"strings"
	"time"
)

// FaultKind is a way to fail.
type FaultKind int

// The kinds of fault. The first ones keep the request from doing anything; the others come after
// it has been handled as usual, so that a client cannot know whether it was.
const (
	Refuse       FaultKind = iota // answers Status, default 503
	CutBefore                     // closes the connection
	RateLimited                   // answers 429 with the six headers
	Unauthorized                  // answers 401, as for a wrong token

	CutAfter         // closes the connection without an answer
	ErrorAfter       // answers Status, default 500
	CreateThenReject // answers 422
	HTML             // answers 200, or Status, with some proxy's page
	HalfJSON         // answers half of the body
	Slow             // answers as usual, after Delay

	SlotTaken // answers as usual, but just before somebody else takes the time that the booking asks for
)

// Fault makes requests fail. Method and Path say which ones; empty is any. Path is a prefix
// ("/contacts/"), or exact with a $ at its end ("/contacts/$"), or, if it has a * or a ?, a
// pattern of package path ("/contacts/*/tasks"). A slash at the end of the request's path does
// not count.
//
// Note that a Go client by itself repeats a GET (never a POST, PUT or DELETE) whose kept-alive
// connection was closed before it could read anything: a single CutBefore or CutAfter on a GET
// may never be seen.
type Fault struct {
	Method     string
	Path       string
	Skip       int // let so many matching requests pass first
	Times      int // how often; 0 is once, negative is always
	Kind       FaultKind
	Delay      time.Duration // before the answer or the cut, of any kind
	Status     int
	RetryAfter string // a header for Refuse, RateLimited and ErrorAfter
}

// AddFault arranges for a fault. Of several that match the first one added strikes.
func (s *Sandbox) AddFault(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults takes back all faults. It does not end SetDown.
func (s *Sandbox) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// SetDown cuts every connection from now on, as if the API were not there. What comes in
// meanwhile is not logged. Called from a hook it cuts that very request: without effect in phase
// Before, without an answer in phase After.
func (s *Sandbox) SetDown(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// strike returns the fault that a request meets, or nil.
func (s *Sandbox) strike(method, at string) *Fault {
	for i, f := range s.faults {
		if !f.matches(method, at) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		if f.Times--; f.Times == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return &hit
	}
	return nil
}

func (f *Fault) matches(method, at string) bool {
	if f.Method != "" && f.Method != method {
		return false
	}
	want, exact := strings.CutSuffix(f.Path, "$")
	switch {
	case exact:
		return strings.TrimSuffix(want, "/") == strings.TrimSuffix(at, "/")
	case strings.ContainsAny(want, "*?["):
		ok, _ := path.Match(strings.TrimSuffix(want, "/"), strings.TrimSuffix(at, "/"))
		return ok
	}
	return strings.HasPrefix(at, want)
}

// instead returns the answer of a fault that keeps the request from being handled.
func (f *Fault) instead(s *Sandbox) (answer, bool) {
	if f == nil {
		return answer{}, false
	}
	switch f.Kind {
	case Refuse:
		return f.excuse(http.StatusServiceUnavailable), true
	case CutBefore:
		return answer{cut: true}, true
	case RateLimited:
		a := newAnswer(errTooMany.reply())
		s.limits.describe(time.Now(), a.header)
		a.header.Set("X-RateLimit-Remaining", "0")
		f.retryAfter(a.header)
		return a, true
	case Unauthorized:
		return newAnswer(invalidToken().reply()), true
	case CutAfter, ErrorAfter, CreateThenReject, HTML, HalfJSON, Slow, SlotTaken:
	}
	return answer{}, false
}

// spoil changes the answer to a request that was handled.
func (f *Fault) spoil(a answer) answer {
	if f == nil {
		return a
	}
	switch f.Kind {
	case CutAfter:
		return answer{cut: true}
	case ErrorAfter:
		return f.excuse(http.StatusInternalServerError)
	case CreateThenReject:
		return newAnswer((&refusal{status: http.StatusUnprocessableEntity, message: "Contact could not be saved"}).reply())
	case HTML:
		a.body = []byte(page)
		a.header.Set("Content-Type", "text/html; charset=utf-8")
		a.status = http.StatusOK
		if f.Status != 0 {
			a.status = f.Status
		}
	case HalfJSON:
		a.body = a.body[:len(a.body)/2]
	case Refuse, CutBefore, RateLimited, Unauthorized, Slow, SlotTaken:
	}
	return a
}

func (f *Fault) excuse(status int) answer {
	if f.Status != 0 {
		status = f.Status
	}
	a := newAnswer((&refusal{status: status, message: http.StatusText(status)}).reply())
	f.retryAfter(a.header)
	return a
}

func (f *Fault) retryAfter(h http.Header) {
	if f.RetryAfter != "" {
		h.Set("Retry-After", f.RetryAfter)
	}
}

const page = `<!DOCTYPE html>
<html><head><title>Just a moment...</title></head>
<body><h1>Checking your browser before accessing services.leadconnectorhq.com</h1></body></html>
`
