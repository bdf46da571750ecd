package smstest

import (
	"slices"
	"time"
)

// Phase is the moment at which a hook is called.
type Phase int

// The phases of a request.
const (
	Before Phase = iota // it has arrived, nothing is done
	After               // what it does is done, the answer is not yet written
)

// Request is one request that reached the API. The key it came with is not kept.
type Request struct {
	N      int // from 1
	At     time.Time
	Method string
	Path   string
	Query  string
	Body   []byte
	Status int // as told to the client; 0 if it was told nothing (yet)
	// Effect is "send <id>", "optout <number>", "optin <number>", "list <id>", "person <list>
	// <number>" or "remove <lists> <number>"; empty if nothing was changed.
	Effect string
}

// OnRequest has f called twice for each request that is handled, in the goroutine that handles it
// and without any lock: f may use the sandbox, and the request waits for it. A request that is cut
// or refused by a fault before it has an effect has no After. The returned function removes f.
func (s *Sandbox) OnRequest(f func(Request, Phase)) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hook := &f
	s.hooks = append(s.hooks, hook)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hooks = slices.DeleteFunc(slices.Clone(s.hooks), func(h *func(Request, Phase)) bool { return h == hook })
	}
}

// Log returns all requests so far, in order of arrival.
func (s *Sandbox) Log() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// Writes returns those requests that changed something.
func (s *Sandbox) Writes() []Request {
	return slices.DeleteFunc(s.Log(), func(r Request) bool { return r.Effect == "" })
}

// tell calls the hooks in the order in which they were added.
func (s *Sandbox) tell(req Request, phase Phase) {
	s.mu.Lock()
	hooks := slices.Clone(s.hooks)
	s.mu.Unlock()
	for _, f := range hooks {
		(*f)(req, phase)
	}
}

// note writes a request to the log and returns its number.
func (s *Sandbox) note(req Request) Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	req.N = len(s.log) + 1
	req.At = clock()
	s.log = append(s.log, req)
	return req
}

func (s *Sandbox) noteOutcome(req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log[req.N-1] = req
}
