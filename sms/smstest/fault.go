package smstest

import (
	"bytes"
	"strings"
	"time"
)

// Kind is a way to fail.
type Kind int

// The ways to fail. Those marked with * come after the request had its effect.
const (
	Refuse       Kind = iota + 1 // no connection; see Fault
	CutBefore                    // the request is read, nothing is done, the connection breaks
	CutAfter                     // * the connection breaks before the answer
	ErrorBefore                  // a 5xx, nothing is done
	ErrorAfter                   // * a 5xx
	HTML                         // * a 200 with a web page instead of an answer
	HalfJSON                     // * a 200 whose answer breaks off, yet ends properly
	Slow                         // * the answer comes late
	RateLimited                  // a 429
	Unauthorized                 // a 401
	NoCredit                     // a 402
	Page                         // a web page of something before the API, nothing is done
)

// Fault makes requests fail.
//
// Refuse needs the client's side: through the Client of a [PipeServer] or a [Server] the dial
// fails; for another client the connection breaks as in CutBefore. To have every client refused,
// use [Sandbox.SetDown].
type Fault struct {
	Method     string // empty is any
	Path       string // empty is any; one that ends in / is a prefix
	Body       string // a part of the body; empty is any; not of Refuse, which reads none
	Skip       int    // let that many matching requests pass first
	Times      int    // how many requests fail; 0 is all of them
	Kind       Kind
	Delay      time.Duration // of Slow; 0 is a minute
	Status     int           // of ErrorBefore, ErrorAfter and Page; 0 is 500
	Says       string        // of ErrorBefore: the API's words; empty: Server Error
	RetryAfter time.Duration // of RateLimited, in whole seconds; 0 sends no header
}

// AddFault adds a fault. Of several that match a request, the one added first counts.
func (s *Sandbox) AddFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Times == 0 {
		f.Times = -1
	}
	s.faults = append(s.faults, &f)
}

// ClearFaults removes all faults. It does not undo SetDown.
func (s *Sandbox) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// SetDown takes the API off the network, or puts it back: the connections there are break, new
// ones are refused. From a hook it cuts that very request: in Before without effect, in After
// without an answer.
func (s *Sandbox) SetDown(down bool) {
	s.mu.Lock()
	s.down = down
	servers := make([]*listening, 0, len(s.servers))
	for l := range s.servers {
		servers = append(servers, l)
	}
	s.mu.Unlock()
	for _, l := range servers {
		l.setDown(down)
	}
}

func (s *Sandbox) isDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

// fault uses up and returns the fault that hits a request at a place where kinds can happen, if
// one does.
func (s *Sandbox) fault(method, path string, body []byte, happens func(Kind) bool) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times == 0 || f.Method != "" && f.Method != method || !f.covers(path) || !bytes.Contains(body, []byte(f.Body)) || !happens(f.Kind) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		return f
	}
	return nil
}

func (f *Fault) covers(path string) bool {
	if strings.HasSuffix(f.Path, "/") {
		return strings.HasPrefix(path, f.Path)
	}
	return f.Path == "" || f.Path == path
}
