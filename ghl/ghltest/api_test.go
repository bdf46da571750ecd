package ghltest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl/ghltest"
)

// A wire speaks raw HTTP to a sandbox.
type wire struct {
	t      testing.TB
	url    string
	client *http.Client
	header http.Header
}

func newWire(t testing.TB, s *ghltest.Sandbox) *wire {
	t.Helper()
	p := s.Pipe()
	t.Cleanup(p.Close)
	h := http.Header{}
	h.Set("Authorization", "Bearer "+ghltest.DefaultToken)
	h.Set("Version", "2021-07-28")
	return &wire{t: t, url: p.URL, client: p.Client, header: h}
}

// An answer is what came back, decoded if it could be.
type answer struct {
	status int
	header http.Header
	raw    string
	json   map[string]any
}

// try makes a request that may fail. A body that is a string is sent as it is.
func (w *wire) try(method, path string, body any) (answer, error) {
	w.t.Helper()
	var payload []byte
	switch b := body.(type) {
	case nil:
	case string:
		payload = []byte(b)
	default:
		var err error
		if payload, err = json.Marshal(b); err != nil {
			w.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, bytes.NewReader(payload))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header = maps.Clone(w.header)
	if payload != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.json)
	return a, nil
}

// do makes a request that must have that status.
func (w *wire) do(status int, method, path string, body any) answer {
	w.t.Helper()
	a, err := w.try(method, path, body)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.status != status {
		w.t.Fatalf("%s %s: %d, want %d\n%s", method, path, a.status, status, a.raw)
	}
	return a
}

// get returns the value at a path such as contacts.0.id, or nil.
func (a answer) get(path string) any {
	var v any = a.json
	for key := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}

func (a answer) has(t testing.TB, path string, want any) {
	t.Helper()
	got, _ := json.Marshal(a.get(path))
	exp, _ := json.Marshal(want)
	if !bytes.Equal(got, exp) {
		t.Errorf("%s = %s, want %s\n%s", path, got, exp, a.raw)
	}
}

func (a answer) lacks(t testing.TB, object string, keys ...string) {
	t.Helper()
	o, _ := a.get(object).(map[string]any)
	for _, key := range keys {
		if _, there := o[key]; there {
			t.Errorf("%s has %s\n%s", object, key, a.raw)
		}
	}
}

func (a answer) len(path string) int {
	rows, _ := a.get(path).([]any)
	return len(rows)
}

func (a answer) str(path string) string {
	s, _ := a.get(path).(string)
	return s
}

const loc = ghltest.DefaultLocation

type m = map[string]any

func TestAuthorization(t *testing.T) {
	tests := []struct {
		name    string
		header  m
		scopes  []string
		path    string
		status  int
		message string
	}{
		{"good", nil, nil, "/contacts/?locationId=" + loc, 200, ""},
		{"no version", m{"Version": ""}, nil, "/contacts/?locationId=" + loc, 401, "version header was not found."},
		{"odd version", m{"Version": "2020-01-01"}, nil, "/contacts/?locationId=" + loc, 401, "version header is invalid"},
		{"calendar version", m{"Version": "2021-04-15"}, nil, "/contacts/?locationId=" + loc, 200, ""},
		{"sdk version", m{"Version": "2023-02-21"}, nil, "/contacts/?locationId=" + loc, 200, ""},
		{"wrong token", m{"Authorization": "Bearer x"}, nil, "/contacts/?locationId=" + loc, 401, "Invalid JWT"},
		{"no token", m{"Authorization": ""}, nil, "/contacts/?locationId=" + loc, 401, "Invalid JWT"},
		{"no scope", nil, []string{"calendars.readonly"}, "/contacts/?locationId=" + loc, 401,
			"The token is not authorized for this scope."},
		{"other location", nil, nil, "/contacts/?locationId=other", 403,
			"The token does not have access to this location."},
		{"other location in path", nil, nil, "/locations/other", 403,
			"The token does not have access to this location."},
		{"no such path", nil, nil, "/contacts/a/dnd", 404, "Cannot GET /contacts/a/dnd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, ghltest.New(ghltest.Options{Scopes: tt.scopes}))
			for key, value := range tt.header {
				w.header.Set(key, value.(string))
			}
			a := w.do(tt.status, "GET", tt.path, nil)
			if tt.message != "" {
				a.has(t, "message", tt.message)
			}
			if a.str("traceId") == "" {
				t.Error("no traceId")
			}
		})
	}
}

func TestTokenAndScopesChange(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	s.SetToken("pit-new")
	w.do(401, "GET", "/locations/"+loc, nil)
	w.header.Set("Authorization", "Bearer pit-new")
	w.do(200, "GET", "/locations/"+loc, nil)
	s.SetScopes("contacts.readonly")
	w.do(401, "GET", "/locations/"+loc, nil)
	s.SetScopes()
	w.do(200, "GET", "/locations/"+loc, nil)
}

func TestRateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{BurstMax: 3, DailyMax: 7})
		w := newWire(t, s)
		call := func(status int) answer { t.Helper(); return w.do(status, "GET", "/locations/"+loc, nil) }
		rates := func(a answer, remaining, daily, reset string) {
			t.Helper()
			for key, want := range map[string]string{
				"Max": "3", "Remaining": remaining, "Interval-Milliseconds": "10000",
				"Limit-Daily": "7", "Daily-Remaining": daily, "Daily-Reset": reset,
			} {
				if got := a.header.Get("X-RateLimit-" + key); got != want {
					t.Errorf("%s = %s, want %s", key, got, want)
				}
			}
		}
		rates(call(200), "2", "6", "86400000")
		time.Sleep(9 * time.Second)
		call(200)
		rates(call(200), "0", "4", "86391000")
		a := call(429)
		rates(a, "0", "4", "86391000")
		if a.header.Get("Retry-After") != "" {
			t.Error("a 429 with Retry-After")
		}
		time.Sleep(time.Second) // the window is fixed: ten seconds after its first call all is free again
		rates(call(200), "2", "3", "86390000")
		call(200)
		call(200)
		time.Sleep(10 * time.Second)
		call(200)
		rates(call(429), "2", "0", "86380000")
		time.Sleep(24*time.Hour - 20*time.Second)
		rates(call(200), "2", "6", "86400000")
	})
}

func TestLimitlessStillDescribes(t *testing.T) {
	w := newWire(t, ghltest.New(ghltest.Options{BurstMax: -1, DailyMax: -1}))
	for range 150 {
		w.do(200, "GET", "/locations/"+loc, nil)
	}
	if a := w.do(200, "GET", "/locations/"+loc, nil); a.header.Get("X-RateLimit-Remaining") == "" {
		t.Error("no rate headers")
	}
}

func TestLogAndHooks(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	w := newWire(t, s)
	var seen []string
	remove := s.OnRequest(func(r ghltest.Request, p ghltest.Phase) {
		seen = append(seen, fmt.Sprint(r.N, p, r.Effect, len(s.Contacts())))
	})
	a := w.do(201, "POST", "/contacts/", m{"locationId": loc, "firstName": "Ada"})
	w.do(200, "GET", "/contacts/"+a.str("contact.id"), nil)
	w.do(400, "GET", "/contacts/nobody", nil)
	remove()
	w.do(200, "GET", "/locations/"+loc+"?x=1", nil)

	effect := "contact.create " + a.str("contact.id")
	want := fmt.Sprint([]string{
		fmt.Sprint(1, ghltest.Before, "", 0), fmt.Sprint(1, ghltest.After, effect, 1),
		fmt.Sprint(2, ghltest.Before, "", 1), fmt.Sprint(2, ghltest.After, "", 1),
		fmt.Sprint(3, ghltest.Before, "", 1), fmt.Sprint(3, ghltest.After, "", 1),
	})
	if fmt.Sprint(seen) != want {
		t.Errorf("hooks saw %v, want %v", seen, want)
	}
	log, writes := s.Log(), s.Writes()
	if len(log) != 4 || log[3].Query != "x=1" || log[2].Status != 400 || log[0].Status != 201 {
		t.Errorf("log %+v", log)
	}
	if len(writes) != 1 || writes[0].Effect != effect || !strings.Contains(string(writes[0].Body), "Ada") {
		t.Errorf("writes %+v", writes)
	}
}

func TestSameIDsInEveryRun(t *testing.T) {
	one, two := ghltest.New(ghltest.Options{}), ghltest.New(ghltest.Options{})
	a := one.AddContact(ghltest.Contact{FirstName: "A"})
	b := two.AddContact(ghltest.Contact{FirstName: "B"})
	if a.ID != b.ID || len(a.ID) != 20 {
		t.Errorf("ids %q and %q", a.ID, b.ID)
	}
}

func TestServeOnLoopback(t *testing.T) {
	s := ghltest.New(ghltest.Options{})
	srv, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, s)
	w.url, w.client = srv.URL, http.DefaultClient
	w.do(200, "GET", "/locations/"+loc, nil)
	srv.Close()
	srv.Close()
	if _, err := w.try("GET", "/locations/"+loc, nil); err == nil {
		t.Error("answered after Close")
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestPipeInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{Latency: 2 * time.Second})
		p := s.Pipe()
		w := newWire(t, s)
		w.url, w.client = p.URL, p.Client
		began := time.Now()
		w.do(200, "GET", "/locations/"+loc, nil)
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
		w.client.Timeout = time.Second
		if _, err := w.try("POST", "/contacts/", m{"locationId": loc}); err == nil {
			t.Error("no timeout")
		}
		time.Sleep(5 * time.Second)
		if len(s.Contacts()) != 0 {
			t.Error("a client that hung up before the request was handled left a contact")
		}
		p.Close()
		p.Close()
		if _, err := w.try("GET", "/locations/"+loc, nil); err == nil {
			t.Error("answered after Close")
		}
	})
}

// Clients and people work at the same time.
func TestManyAtOnce(t *testing.T) {
	s := ghltest.New(ghltest.Options{BurstMax: -1, IndexLag: time.Millisecond})
	w := newWire(t, s)
	shared := s.AddContact(ghltest.Contact{FirstName: "Ada", Tags: []string{"a"}})
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			for i := range 20 {
				phone := fmt.Sprintf("+1202555%02d%02d", n, i)
				if _, err := w.try("POST", "/contacts/", m{"locationId": loc, "phone": phone}); err != nil {
					t.Error(err)
				}
				if _, err := w.try("POST", "/contacts/search", m{"locationId": loc, "pageLimit": 5}); err != nil {
					t.Error(err)
				}
				s.EditContact(shared.ID, func(c *ghltest.Contact) { c.Tags = append(c.Tags, phone) })
				s.Contacts()
				s.Log()
			}
		})
	}
	all.Wait()
	if n := len(s.Contacts()); n != 81 {
		t.Errorf("%d contacts", n)
	}
	if c, _ := s.Contact(shared.ID); len(c.Tags) != 81 {
		t.Errorf("%d tags", len(c.Tags))
	}
}
