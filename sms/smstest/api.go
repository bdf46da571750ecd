package smstest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"
)

// answer is what a handler says; it is written only after the hooks have seen it.
type answer struct {
	code   int
	body   any
	effect string
}

func no(code int, message string) answer {
	return answer{code: code, body: map[string]any{"success": false, "message": message}}
}

type route func(r *http.Request, body []byte) answer

func (s *Sandbox) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, f := range map[string]route{
		"POST /sms/send":                        s.send,
		"GET /message/{id}":                     s.lookUp,
		"GET /v2/messages":                      s.list,
		"GET /v1/recent/inbound-sms":            s.recent,
		"GET /v1/recent/optouts":                s.recentOptOuts,
		"POST /v1/people/contacts/optout":       s.optOut,
		"POST /v1/people/contacts/optin":        s.optIn,
		"GET /v1/people/lists":                  s.showLists,
		"POST /v1/people/lists/create":          s.createList,
		"GET /v1/people/contacts":               s.showContacts,
		"POST /v1/people/contacts/create":       s.createContact,
		"POST /v1/people/contacts/delete-phone": s.deleteContact,
		"GET /api/balance":                      s.balance,
		"/":                                     func(*http.Request, []byte) answer { return no(http.StatusNotFound, "Not found") },
	} {
		mux.HandleFunc(pattern, s.serve(f))
	}
	return mux
}

// ServeHTTP is the API, on whatever host.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.isDown() {
		panic(http.ErrAbortHandler)
	}
	s.mux.ServeHTTP(w, r)
}

// serve puts faults, hooks and the log around a route.
func (s *Sandbox) serve(f route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			panic(http.ErrAbortHandler) // the client went away in the middle of its request
		}
		passed := r.Header.Get(passedHeader) != ""
		fault := s.fault(r.Method, r.URL.Path, body, func(k Kind) bool { return k != Refuse || !passed })
		req := s.note(Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: body})
		wait(r.Context(), s.opt.Latency)
		a, done := fault.before()
		if !done {
			s.tell(req, Before)
			if s.isDown() { // by that very call
				panic(http.ErrAbortHandler)
			}
			a = s.authorised(r, body, f)
			req.Effect = a.effect
			s.noteOutcome(req)
			s.tell(req, After)
			if s.isDown() {
				panic(http.ErrAbortHandler)
			}
		}
		s.reply(w, r, req, a, fault)
	}
}

// before is the answer to a request that a fault keeps from having an effect.
func (f *Fault) before() (a answer, done bool) {
	if f == nil {
		return answer{}, false
	}
	switch f.Kind {
	case Refuse, CutBefore:
		panic(http.ErrAbortHandler)
	case ErrorBefore:
		return no(f.status(), cmp.Or(f.Says, "Server Error")), true
	case RateLimited:
		return no(http.StatusTooManyRequests, "Error 429 - Too many requests"), true
	case Unauthorized:
		return no(http.StatusUnauthorized, "Invalid API Key or Token"), true
	case NoCredit:
		return no(http.StatusPaymentRequired, "Your balance is not enough to send this message"), true
	case Page:
		return answer{}, true
	case CutAfter, ErrorAfter, HTML, HalfJSON, Slow:
	}
	return answer{}, false
}

func (f *Fault) status() int {
	if f.Status == 0 {
		return http.StatusInternalServerError
	}
	return f.Status
}

// reply writes the answer as a fault would have it.
func (s *Sandbox) reply(w http.ResponseWriter, r *http.Request, req Request, a answer, f *Fault) {
	body, err := json.Marshal(a.body)
	if err != nil {
		panic("smstest: " + err.Error())
	}
	contentType := "application/json"
	if f == nil {
		f = new(Fault)
	}
	switch f.Kind {
	case CutAfter:
		panic(http.ErrAbortHandler)
	case ErrorAfter:
		a.code, body = f.status(), []byte(`{"success":false,"message":"Server Error"}`)
	case HTML:
		a.code, body, contentType = http.StatusOK, []byte("<!doctype html><title>One moment, please</title>"), "text/html; charset=utf-8"
	case Page:
		a.code, body, contentType = f.status(), []byte("<!doctype html><title>Nothing here</title>"), "text/html; charset=utf-8"
	case HalfJSON:
		a.code, body = http.StatusOK, body[:len(body)/2]
	case Slow:
		delay := f.Delay
		if delay == 0 {
			delay = time.Minute
		}
		wait(r.Context(), delay)
		if r.Context().Err() != nil {
			panic(http.ErrAbortHandler) // nobody is there any more
		}
	case RateLimited:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
		}
	case Refuse, CutBefore, ErrorBefore, Unauthorized, NoCredit: // said before
	}
	req.Status = a.code
	s.noteOutcome(req)
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(a.code)
	_, _ = w.Write(body)
}

// authorised checks the key before it lets a route have its effect.
func (s *Sandbox) authorised(r *http.Request, body []byte, f route) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Header.Get("Authorization") != "Bearer "+s.opt.Key {
		return answer{code: http.StatusUnauthorized, body: map[string]any{
			"success": false, "message": "Invalid API Key or Token", "data": []any{},
		}}
	}
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "application/json" {
		return no(http.StatusUnsupportedMediaType, "Unsupported content type")
	}
	a := f(r, bytes.Clone(body))
	if a.code == 0 {
		a.code = http.StatusOK
	}
	return a
}

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
