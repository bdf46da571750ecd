package smsto_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/sms/smsto"
)

const (
	jane = sms.Phone("+12025550143")
	john = sms.Phone("+12025550199")
)

// bubble runs a test with a sandbox and a gateway on it, in a bubble with its own clock.
func bubble(t *testing.T, o smstest.Options, f func(*testing.T, *smstest.Sandbox, *smsto.Gateway)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := smstest.New(o)
		p := s.Pipe()
		defer p.Close()
		p.Client.Timeout = 30 * time.Second
		f(t, s, gateway(t, p.URL, p.Client))
	})
}

func gateway(t *testing.T, url string, client *http.Client) *smsto.Gateway {
	t.Helper()
	g, err := smsto.New(smsto.Options{
		APIURL: url, AccountURL: url + "/", AuthURL: url, Key: smstest.DefaultKey + "\n", From: "+15550100", HTTP: client,
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestSendAndStatus(t *testing.T) {
	bubble(t, smstest.Options{DeliverAfter: 10 * time.Second}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		text := "Hi José 😀\nsee you \"tomorrow\""
		a, err := g.Send(t.Context(), sms.Outgoing{Ref: "r1", To: jane, Text: text})
		if err != nil || a.ID == "" || a.State != sms.StateQueued {
			t.Fatalf("%+v, %v", a, err)
		}
		sent := s.SentTo(string(jane))
		if len(sent) != 1 || sent[0].ID != a.ID || sent[0].Text != text || sent[0].From != "+15550100" || sent[0].Bypass {
			t.Errorf("sent %+v", sent)
		}
		for _, want := range []sms.State{sms.StateQueued, sms.StateSent, sms.StateDelivered} {
			d, err := g.Status(t.Context(), a.ID)
			if err != nil || d.State != want || d.At.IsZero() || d.Parts != 1 || d.Reason != "" {
				t.Errorf("%+v, %v, want %s", d, err, want)
			}
			time.Sleep(5 * time.Second)
		}
		if _, err := g.Send(t.Context(), sms.Outgoing{To: jane, Text: "x", From: "Clinic"}); err != nil || s.Sent()[1].From != "Clinic" {
			t.Errorf("%+v, %v", s.Sent(), err)
		}
	})
}

func TestStates(t *testing.T) {
	for status, want := range map[string]sms.Delivery{
		"FAILED":       {State: sms.StateFailed, Reason: "Absent Subscriber"},
		"REJECTED":     {State: sms.StateFailed, Reason: "Invalid Number"},
		"UNDELIVERED":  {State: sms.StateFailed, Reason: "Absent Subscriber"},
		"EXPIRED":      {State: sms.StateExpired, Reason: "EXPIRED"},
		"UNSUBSCRIBED": {State: sms.StateOptedOut, Reason: "UNSUBSCRIBED"},
		"SCHEDULED":    {State: sms.StateQueued},
		"ongoing":      {State: sms.StateQueued},
		"BANANA":       {State: sms.StateUnclear, Reason: "BANANA"},
	} {
		bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
			s.Fail(string(jane), status)
			a, err := g.Send(t.Context(), sms.Outgoing{To: jane, Text: "x"})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			d, err := g.Status(t.Context(), a.ID)
			if err != nil || d.State != want.State || d.Reason != want.Reason {
				t.Errorf("%s: %+v, %v", status, d, err)
			}
		})
	}
}

// Every fault, as a send and as a read sees it, and whether the text left.
func TestFaults(t *testing.T) {
	tests := []struct {
		fault      smstest.Fault
		send, read error
		left       bool
	}{
		{smstest.Fault{Kind: smstest.Refuse}, sms.ErrUnavailable, sms.ErrUnavailable, false},
		{smstest.Fault{Kind: smstest.CutBefore}, sms.ErrUnknown, sms.ErrUnavailable, false},
		{smstest.Fault{Kind: smstest.CutAfter}, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.Fault{Kind: smstest.ErrorBefore}, sms.ErrUnknown, sms.ErrUnavailable, false},
		{smstest.Fault{Kind: smstest.ErrorAfter, Status: 504}, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.Fault{Kind: smstest.HTML}, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.Fault{Kind: smstest.HalfJSON}, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.Fault{Kind: smstest.Slow, Delay: time.Hour}, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.Fault{Kind: smstest.Unauthorized}, sms.ErrAuth, sms.ErrAuth, false},
		{smstest.Fault{Kind: smstest.NoCredit}, sms.ErrCredit, sms.ErrCredit, false},
	}
	for _, tt := range tests {
		bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
			ok, err := g.Send(t.Context(), sms.Outgoing{To: john, Text: "before"}) // leaves a connection to keep
			if err != nil {
				t.Fatal(err)
			}
			s.AddFault(tt.fault)
			const secret = "the secret text"
			_, err = g.Send(t.Context(), sms.Outgoing{To: jane, Text: secret})
			check(t, "send", err, tt.send)
			if left := len(s.SentTo(string(jane))) == 1; left != tt.left {
				t.Errorf("%+v: left %v", tt.fault, left)
			}
			_, err = g.Status(t.Context(), ok.ID)
			check(t, "status", err, tt.read)
			_, c, err := g.Inbound(t.Context(), "v1 -", 10)
			check(t, "inbound", err, tt.read)
			if c != "v1 -" {
				t.Errorf("a failed read moved the cursor to %q", c)
			}
			_, err = g.FindSent(t.Context(), sms.SentQuery{To: jane, Text: secret})
			check(t, "find", err, tt.read)
			_, err = g.Balance(t.Context())
			check(t, "balance", err, tt.read)
			check(t, "opt out", g.OptOut(t.Context(), jane), tt.read)
		})
	}
}

func check(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
		return
	}
	for _, secret := range []string{"5550143", "secret", smstest.DefaultKey} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %q in %v", what, secret, err)
		}
	}
}

func TestRateLimit(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		s.AddFault(smstest.Fault{Kind: smstest.RateLimited, RetryAfter: 7 * time.Second, Times: 1})
		_, err := g.Send(t.Context(), sms.Outgoing{To: jane, Text: "x"})
		if e, ok := errors.AsType[*sms.RateLimitError](err); !ok || e.After != 7*time.Second || len(s.Sent()) != 0 {
			t.Errorf("got %v", err)
		}
	})
}

// Cancelled in mid-flight, a text is unknown, and the cancellation still shows.
func TestCancelledSend(t *testing.T) {
	bubble(t, smstest.Options{Latency: time.Second}, func(t *testing.T, _ *smstest.Sandbox, g *smsto.Gateway) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		_, err := g.Send(ctx, sms.Outgoing{To: jane, Text: "x"})
		if !errors.Is(err, sms.ErrUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOptOutAndBalance(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		for range 2 {
			if err := g.OptOut(t.Context(), jane); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.OptedOut(); len(got) != 1 || got[0] != string(jane) {
			t.Errorf("opted out %v", got)
		}
		a, err := g.Send(t.Context(), sms.Outgoing{To: jane, Text: "x"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if d, err := g.Status(t.Context(), a.ID); err != nil || d.State != sms.StateOptedOut {
			t.Errorf("%+v, %v", d, err)
		}
		if b, err := g.Balance(t.Context()); err != nil || b.Amount != 99.95 || b.Currency != "EUR" {
			t.Errorf("%+v, %v", b, err)
		}
	})
}

func TestNew(t *testing.T) {
	for name, o := range map[string]smsto.Options{
		"no key":      {Key: " \n"},
		"no scheme":   {Key: "k", APIURL: "api.sms.to"},
		"other":       {Key: "k", AccountURL: "ftp://sms.to"},
		"credentials": {Key: "k", AuthURL: "https://u:p@sms.to"},
		"query":       {Key: "k", AuthURL: "https://sms.to?api_key=k"},
	} {
		if _, err := smsto.New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	g, err := smsto.New(smsto.Options{Key: "k"})
	if err != nil || g.Name() != "smsto" || g.Caps().Ref != sms.RefNone || g.Caps().FindByRef {
		t.Errorf("%+v, %v", g, err)
	}
	broken, err := smsto.New(smsto.Options{KeyFunc: func() (string, error) { return "a\nb", nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broken.Send(t.Context(), sms.Outgoing{To: jane, Text: "x"}); !errors.Is(err, sms.ErrAuth) {
		t.Errorf("a damaged key: %v", err)
	}
	for _, out := range []sms.Outgoing{{To: jane, Text: " "}, {Text: "x"}} {
		if _, err := g.Send(t.Context(), out); !errors.Is(err, sms.ErrRejected) {
			t.Errorf("%+v: %v", out, err)
		}
	}
}
