package ghltest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl/ghltest"
)

func TestFaults(t *testing.T) {
	const cut = 0
	tests := []struct {
		name   string
		fault  ghltest.Fault
		status int // as the client sees it
		done   bool
		check  func(*testing.T, answer)
	}{
		{"refuse", ghltest.Fault{Kind: ghltest.Refuse}, 503, false, nil},
		{"refuse with status", ghltest.Fault{Kind: ghltest.Refuse, Status: 400}, 400, false, nil},
		{"refuse with retry", ghltest.Fault{Kind: ghltest.Refuse, RetryAfter: "7"}, 503, false, func(t *testing.T, a answer) {
			if a.header.Get("Retry-After") != "7" {
				t.Error("no Retry-After")
			}
		}},
		{"cut before", ghltest.Fault{Kind: ghltest.CutBefore}, cut, false, nil},
		{"cut after", ghltest.Fault{Kind: ghltest.CutAfter}, cut, true, nil},
		{"error after", ghltest.Fault{Kind: ghltest.ErrorAfter}, 500, true, nil},
		{"error after with status", ghltest.Fault{Kind: ghltest.ErrorAfter, Status: 502}, 502, true, nil},
		{"create then reject", ghltest.Fault{Kind: ghltest.CreateThenReject}, 422, true, nil},
		{"html", ghltest.Fault{Kind: ghltest.HTML}, 200, true, func(t *testing.T, a answer) {
			if !strings.HasPrefix(a.raw, "<!DOCTYPE html>") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				t.Errorf("%v %s", a.header, a.raw)
			}
		}},
		{"half json", ghltest.Fault{Kind: ghltest.HalfJSON}, 201, true, func(t *testing.T, a answer) {
			if a.json != nil || !strings.HasPrefix(a.raw, "{") {
				t.Errorf("%s", a.raw)
			}
		}},
		{"slow", ghltest.Fault{Kind: ghltest.Slow, Delay: 5 * time.Second}, 201, true, nil},
		{"slower than patience", ghltest.Fault{Kind: ghltest.Slow, Delay: time.Minute}, cut, true, nil},
		{"rate limited", ghltest.Fault{Kind: ghltest.RateLimited}, 429, false, func(t *testing.T, a answer) {
			if a.header.Get("X-RateLimit-Remaining") != "0" || a.header.Get("X-RateLimit-Daily-Reset") == "" ||
				a.header.Get("Retry-After") != "" {
				t.Errorf("%v", a.header)
			}
		}},
		{"unauthorized", ghltest.Fault{Kind: ghltest.Unauthorized}, 401, false, func(t *testing.T, a answer) {
			a.has(t, "message", "Invalid JWT")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := ghltest.New(ghltest.Options{})
				w := newWire(t, s)
				w.client.Timeout = 30 * time.Second
				tt.fault.Method, tt.fault.Path = "POST", "/contacts/$"
				s.AddFault(tt.fault)
				began := time.Now()
				a, err := w.try("POST", "/contacts/", m{"locationId": loc, "firstName": "Ada"})
				switch {
				case tt.status == cut && err == nil:
					t.Fatalf("answered %d", a.status)
				case tt.status != cut && err != nil:
					t.Fatal(err)
				case a.status != tt.status:
					t.Fatalf("%d, want %d: %s", a.status, tt.status, a.raw)
				}
				if tt.check != nil {
					tt.check(t, a)
				}
				if tt.status != cut && time.Since(began) != tt.fault.Delay {
					t.Errorf("took %v, want %v", time.Since(began), tt.fault.Delay)
				}
				if done := len(s.Contacts()) == 1; done != tt.done {
					t.Errorf("done %v, want %v", done, tt.done)
				}
				synctest.Wait()
				if log := s.Log(); log[0].Status != tt.status || (log[0].Effect != "") != tt.done {
					t.Errorf("log %+v", log)
				}
				w.do(201, "POST", "/contacts/", m{"locationId": loc, "firstName": "Bob"}) // once is over
			})
		})
	}
}

func TestFaultMatching(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	c := s.AddContact(ghltest.Contact{FirstName: "Ada"})
	tasks := "/contacts/" + c.ID + "/tasks"

	s.AddFault(ghltest.Fault{Method: "GET", Path: "/contacts/*/tasks", Skip: 1, Times: 2})
	w.do(200, "GET", tasks, nil)
	w.do(200, "GET", "/contacts/"+c.ID, nil)
	w.do(503, "GET", tasks, nil)
	w.do(503, "GET", tasks, nil)
	w.do(200, "GET", tasks, nil)

	s.AddFault(ghltest.Fault{Path: "/contacts/", Times: -1, Status: 500})
	for range 3 {
		w.do(500, "GET", tasks, nil)
	}
	w.do(200, "GET", "/locations/"+loc, nil)
	s.ClearFaults()
	w.do(200, "GET", tasks, nil)

	s.AddFault(ghltest.Fault{Path: "/contacts/$", Times: -1})
	w.do(503, "GET", "/contacts/?locationId="+loc, nil)
	w.do(503, "GET", "/contacts?locationId="+loc, nil)
	w.do(200, "GET", tasks, nil)
}

func TestDown(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	w.do(200, "GET", "/locations/"+loc, nil)
	s.SetDown(true)
	for range 3 {
		if a, err := w.try("POST", "/contacts/", m{"locationId": loc}); err == nil {
			t.Fatalf("answered %d", a.status)
		}
	}
	s.SetDown(false)
	w.do(200, "GET", "/locations/"+loc, nil)
	if len(s.Log()) != 2 || len(s.Contacts()) != 0 {
		t.Errorf("log %+v", s.Log())
	}
}

func TestDownFromHook(t *testing.T) {
	for phase, made := range map[ghltest.Phase]int{ghltest.Before: 0, ghltest.After: 1} {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		s.OnRequest(func(_ ghltest.Request, p ghltest.Phase) { s.SetDown(p == phase) })
		if a, err := w.try("POST", "/contacts/", m{"locationId": loc}); err == nil {
			t.Errorf("phase %v: answered %d", phase, a.status)
		}
		if n := len(s.Contacts()); n != made {
			t.Errorf("phase %v: %d contacts", phase, n)
		}
		if log := s.Log(); log[0].Status != 0 {
			t.Errorf("phase %v: log %+v", phase, log)
		}
	}
}
