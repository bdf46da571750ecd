package sms

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func handler(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", contentType)
		if code >= 300 && code < 400 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func cut(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	panic(http.ErrAbortHandler)
}

func TestCallMeaning(t *testing.T) {
	const good = `{"id":"7"}`
	js := "application/json"
	tests := []struct {
		name       string
		handler    http.HandlerFunc
		send, read error
	}{
		{"ok", handler(200, js, good), nil, nil},
		{"created", handler(201, js, good), nil, nil},
		{"html", handler(200, "text/html", "<html>"), ErrUnknown, ErrUnavailable},
		{"half json", handler(200, js, `{"id":`), ErrUnknown, ErrUnavailable},
		{"two answers", handler(200, js, good+good), ErrUnknown, ErrUnavailable},
		{"empty", handler(204, js, ""), ErrUnknown, ErrUnavailable},
		{"too long", handler(200, js, `"`+strings.Repeat("x", 2000)+`"`), ErrUnknown, ErrUnavailable},
		{"400", handler(400, js, `{"message":"bad"}`), ErrRejected, ErrUnavailable},
		{"401", handler(401, js, ""), ErrAuth, ErrAuth},
		{"402", handler(402, js, ""), ErrCredit, ErrCredit},
		{"403", handler(403, js, ""), ErrAuth, ErrAuth},
		{"403 of a page", handler(403, "text/html", "<html>"), ErrUnavailable, ErrUnavailable},
		{"404", handler(404, js, `{"message":"no such thing"}`), ErrRejected, ErrNotFound},
		{"404 of nobody", handler(404, js, ""), ErrUnavailable, ErrUnavailable},
		{"404 of a page", handler(404, "text/html", "<html>"), ErrUnavailable, ErrUnavailable},
		{"404 in words", handler(404, "text/plain", "404 page not found"), ErrUnavailable, ErrUnavailable},
		{"400 of a page", handler(400, "text/html", "<html>"), ErrUnavailable, ErrUnavailable},
		{"405", handler(405, js, `{"message":"method not allowed"}`), ErrUnavailable, ErrUnavailable},
		{"410", handler(410, js, `{"message":"gone"}`), ErrUnavailable, ErrUnavailable},
		{"421", handler(421, js, `{"message":"misdirected"}`), ErrUnavailable, ErrUnavailable},
		{"426", handler(426, js, `{"message":"upgrade"}`), ErrUnavailable, ErrUnavailable},
		{"408", handler(408, js, ""), ErrUnknown, ErrUnavailable},
		{"408 of a page", handler(408, "text/html", "<html>"), ErrUnknown, ErrUnavailable},
		{"415", handler(415, js, `{"message":"no"}`), ErrRejected, ErrUnavailable},
		{"422", handler(422, js, `{"errors":{"to":["bad"]}}`), ErrRejected, ErrUnavailable},
		{"422 of a list", handler(422, js, `["bad"]`), ErrUnavailable, ErrUnavailable},
		{"500", handler(500, js, good), ErrUnknown, ErrUnavailable},
		{"502", handler(502, "text/html", "<html>"), ErrUnknown, ErrUnavailable},
		{"503", handler(503, js, ""), ErrUnknown, ErrUnavailable},
		{"moved", handler(301, js, ""), ErrUnavailable, ErrUnavailable},
		{"found", handler(302, "text/html", "<html>"), ErrUnknown, ErrUnavailable},
		{"see other", handler(303, js, ""), ErrUnknown, ErrUnavailable},
		{"cut", cut, ErrUnknown, ErrUnavailable},
		{"slow", slow, ErrUnknown, ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(tt.handler)
			defer srv.Close()
			client := srv.Client()
			client.Timeout = time.Minute
			for _, send := range []bool{true, false} {
				want := tt.read
				if send {
					want = tt.send
				}
				var v struct{ ID string }
				c := Call{Method: http.MethodPost, URL: srv.URL + "/x", JSON: map[string]string{"a": "b"}, Send: send, Max: 1000}
				var err error
				if tt.name != "slow" {
					err = c.Do(t.Context(), client, &v)
				} else { // with more time where the machine is so busy that not even the request arrived
					client.Timeout = 200 * time.Millisecond
					for n := slowed.Load(); slowed.Load() == n; client.Timeout *= 4 {
						err = c.Do(t.Context(), client, &v)
					}
				}
				if !errors.Is(err, want) {
					t.Errorf("send %v: %v, want %v", send, err, want)
				}
				if want == nil && v.ID != "7" {
					t.Errorf("read %q", v.ID)
				}
				if err != nil && !strings.HasPrefix(err.Error(), "POST /x: ") {
					t.Errorf("error does not name the call: %v", err)
				}
			}
		})
	}
}

// slowed counts the requests that slow has read and does not answer.
var slowed atomic.Int64

func slow(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	slowed.Add(1)
	<-r.Context().Done()
}

// A text that was cut off under HTTP/2, whose traces come from elsewhere, is unknown as well.
func TestCallHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(cut))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	c := Call{Method: http.MethodPost, URL: srv.URL, JSON: "x", Send: true}
	for range 3 { // a new connection and a kept one
		if err := c.Do(t.Context(), srv.Client(), nil); !errors.Is(err, ErrUnknown) {
			t.Errorf("got %v, want ErrUnknown", err)
		}
	}
}

func TestCallNeverSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	plain := httptest.NewServer(handler(200, "application/json", "{}"))
	defer plain.Close()
	tests := []struct {
		name string
		ctx  context.Context
		url  string
	}{
		{"refused", t.Context(), "http://" + closed},
		{"no such host", t.Context(), "http://sms.invalid"},
		{"TLS fails", t.Context(), strings.Replace(plain.URL, "http:", "https:", 1)},
		{"cancelled before", gone, plain.URL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Call{Method: http.MethodPost, URL: tt.url, JSON: "x", Send: true}
			if err := c.Do(tt.ctx, NewHTTPClient(), nil); !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v, want ErrUnavailable", err)
			}
		})
	}
	t.Run("bad header", func(t *testing.T) {
		c := Call{Method: http.MethodPost, URL: plain.URL, Send: true, Header: http.Header{"Authorization": {"a\nb"}}}
		if err := c.Do(t.Context(), NewHTTPClient(), nil); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	})
	t.Run("cancellation shows", func(t *testing.T) {
		c := Call{Method: http.MethodGet, URL: plain.URL}
		if err := c.Do(gone, NewHTTPClient(), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled too", err)
		}
	})
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// A transport that tells us nothing is not taken for one that sent nothing.
func TestCallSilentTransport(t *testing.T) {
	c := Call{Method: http.MethodPost, URL: "http://x", Send: true}
	err := c.Do(t.Context(), &http.Client{Transport: failing{io.ErrUnexpectedEOF}}, nil)
	if !errors.Is(err, ErrUnknown) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
	err = c.Do(t.Context(), &http.Client{Transport: failing{&net.OpError{Op: "dial", Err: io.EOF}}}, nil)
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
}

func TestCallRateLimit(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-3": 0, "soon": 0} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		err := Call{Method: http.MethodPost, URL: srv.URL, Send: true}.Do(t.Context(), srv.Client(), nil)
		if e, ok := errors.AsType[*RateLimitError](err); !ok || e.After != want {
			t.Errorf("Retry-After %q: %v", value, err)
		}
		srv.Close()
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if got := retryAfter("Sun, 01 Mar 2026 12:01:30 GMT", now); got != 90*time.Second {
		t.Errorf("a date: %v", got)
	}
	if got := retryAfter("Sun, 01 Mar 2026 11:00:00 GMT", now); got != 0 {
		t.Errorf("a date gone by: %v", got)
	}
}

func TestCallErrorsKeepSecrets(t *testing.T) {
	srv := httptest.NewServer(handler(400, "application/json",
		`{"message":"Invalid recipient +1 (202) 555-0143 for key s3cret\u001b[31m: hello there\n`+strings.Repeat("z", 300)+`"}`))
	defer srv.Close()
	c := Call{
		Method: http.MethodPost, URL: srv.URL + "/send", Send: true, Form: map[string][]string{"to": {"+12025550143"}},
		Query: map[string][]string{"to": {"+12025550143"}}, Hide: []string{"s3cret", "hello there", ""},
	}
	check := func(err error) {
		t.Helper()
		said := strings.ReplaceAll(err.Error(), srv.Listener.Addr().String(), "") // any port
		for _, secret := range []string{"555", "s3cret", "hello", "\x1b", "\n"} {
			if strings.Contains(said, secret) {
				t.Errorf("%q in %v", secret, err)
			}
		}
	}
	err := c.Do(t.Context(), srv.Client(), nil)
	check(err)
	if !strings.Contains(err.Error(), "POST /send: rejected by the gateway (400): Invalid recipient") || len(err.Error()) > 250 {
		t.Errorf("got %v", err)
	}
	srv.Close()
	check(c.Do(t.Context(), srv.Client(), nil))
	check(c.Refused(ErrRejected, "no such number 12025550143"))
}

// The key must not follow a redirect to another host.
func TestCallFollowsNoRedirect(t *testing.T) {
	followed := false
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer thief.Close()
	srv := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	c := Call{Method: http.MethodGet, URL: srv.URL, Header: http.Header{"Authorization": {"Bearer k"}}}
	if err := c.Do(t.Context(), srv.Client(), nil); !errors.Is(err, ErrUnavailable) || followed {
		t.Errorf("followed %v: %v", followed, err)
	}
}
