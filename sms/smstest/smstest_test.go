package smstest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/sms/smstest"
)

func call(t *testing.T, client *http.Client, method, url, body string) (int, map[string]any, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+smstest.DefaultKey)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, nil, err
	}
	var v map[string]any
	_ = json.Unmarshal(raw, &v)
	return resp.StatusCode, v, nil
}

const hello = `{"to":"+12025550143","message":"hello"}`

func TestStatusByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smstest.New(smstest.Options{DeliverAfter: 10 * time.Second, ListLag: 3 * time.Second})
		p := s.Pipe()
		defer p.Close()
		s.Fail("+12025550199", "FAILED")
		_, a, err := call(t, p.Client, "POST", p.URL+"/sms/send", hello)
		if err != nil || a["success"] != true {
			t.Fatal(a, err)
		}
		if _, _, err := call(t, p.Client, "POST", p.URL+"/sms/send", `{"to":"12025550199","message":"x"}`); err != nil {
			t.Fatal(err)
		}
		id := a["message_id"].(string)
		for _, want := range []string{"QUEUED", "SENT", "DELIVERED"} {
			_, m, err := call(t, p.Client, "GET", p.URL+"/message/"+id, "")
			if err != nil || m["status"] != want || m["_id"] != id {
				t.Errorf("%v, %v, want %s", m, err, want)
			}
			_, list, err := call(t, p.Client, "GET", p.URL+"/v2/messages?to=%2B12025550143", "")
			rows, _ := list["data"].([]any)
			if shown := want != "QUEUED"; err != nil || (len(rows) == 1) != shown {
				t.Errorf("%d rows while %s, %v", len(rows), want, err)
			}
			time.Sleep(5 * time.Second)
		}
		if got := s.SentTo("+1 202 555 0199"); len(got) != 1 || got[0].Status != "FAILED" {
			t.Errorf("%+v", got)
		}
	})
}

func TestFaults(t *testing.T) {
	tests := []struct {
		fault  smstest.Fault
		code   int
		broken bool
		effect bool
	}{
		{smstest.Fault{Kind: smstest.Refuse}, 0, true, false},
		{smstest.Fault{Kind: smstest.CutBefore}, 0, true, false},
		{smstest.Fault{Kind: smstest.CutAfter}, 0, true, true},
		{smstest.Fault{Kind: smstest.ErrorBefore, Status: 503}, 503, false, false},
		{smstest.Fault{Kind: smstest.ErrorAfter}, 500, false, true},
		{smstest.Fault{Kind: smstest.HTML}, 200, false, true},
		{smstest.Fault{Kind: smstest.HalfJSON}, 200, false, true},
		{smstest.Fault{Kind: smstest.Slow, Delay: time.Hour}, 200, false, true},
		{smstest.Fault{Kind: smstest.RateLimited, RetryAfter: time.Minute}, 429, false, false},
		{smstest.Fault{Kind: smstest.Unauthorized}, 401, false, false},
		{smstest.Fault{Kind: smstest.NoCredit}, 402, false, false},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := smstest.New(smstest.Options{})
			p := s.Pipe()
			defer p.Close()
			tt.fault.Method, tt.fault.Path, tt.fault.Skip, tt.fault.Times = "POST", "/sms/", 1, 1
			s.AddFault(tt.fault)
			start := time.Now()
			for i := range 3 {
				before := len(s.Sent())
				code, _, err := call(t, p.Client, "POST", p.URL+"/sms/send", hello)
				sent := len(s.Sent()) > before
				if i != 1 {
					if code != 200 || err != nil || !sent {
						t.Errorf("%+v hit call %d: %d, %v", tt.fault, i, code, err)
					}
					continue
				}
				if code != tt.code || (err != nil) != tt.broken || sent != tt.effect {
					t.Errorf("%+v: %d, %v, sent %v", tt.fault, code, err, sent)
				}
			}
			if got := time.Since(start); got != tt.fault.Delay {
				t.Errorf("%+v took %s", tt.fault, got)
			}
		})
	}
}

// Down, a server refuses everybody; up again, it has the same address.
func TestSetDown(t *testing.T) {
	s := smstest.New(smstest.Options{})
	srv, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	pipe := s.Pipe()
	defer pipe.Close()
	for name, d := range map[string]struct {
		url    string
		client *http.Client
	}{"port": {srv.URL, srv.Client}, "pipe": {pipe.URL, pipe.Client}, "any client": {srv.URL, new(http.Client)}} {
		for range 2 {
			if code, _, err := call(t, d.client, "GET", d.url+"/api/balance", ""); code != 200 {
				t.Errorf("%s: up: %d, %v", name, code, err)
			}
			s.SetDown(true)
			d.client.CloseIdleConnections()
			_, _, err := call(t, d.client, "POST", d.url+"/sms/send", hello)
			if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" || !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: down: %v", name, err)
			}
			s.SetDown(false)
		}
	}
	if got := s.Sent(); len(got) != 0 {
		t.Errorf("sent while down: %v", got)
	}
}

func TestHooksAndLog(t *testing.T) {
	s := smstest.New(smstest.Options{})
	p := s.Pipe()
	defer p.Close()
	var seen []string
	remove := s.OnRequest(func(r smstest.Request, ph smstest.Phase) {
		effect, _, _ := strings.Cut(r.Effect, " ")
		seen = append(seen, map[smstest.Phase]string{smstest.Before: "before ", smstest.After: "after "}[ph]+r.Path+" "+effect)
		_ = s.Sent() // no lock is held
	})
	for range 2 {
		if _, _, err := call(t, p.Client, "POST", p.URL+"/sms/send", hello); err != nil {
			t.Fatal(err)
		}
		remove()
	}
	if want := []string{"before /sms/send ", "after /sms/send send"}; !slices.Equal(seen, want) {
		t.Errorf("hooks saw %q", seen)
	}
	if _, _, err := call(t, p.Client, "GET", p.URL+"/nothing?x=1", ""); err != nil {
		t.Fatal(err)
	}
	log := s.Log()
	if len(log) != 3 || log[2].Status != 404 || log[2].Query != "x=1" || log[0].N != 1 || !bytes.Equal(log[0].Body, []byte(hello)) || len(s.Writes()) != 2 {
		t.Errorf("log %+v", log)
	}
}

func TestRefusesLikeTheRealOne(t *testing.T) {
	s := smstest.New(smstest.Options{Key: "other"})
	p := s.Pipe()
	defer p.Close()
	if code, _, _ := call(t, p.Client, "POST", p.URL+"/sms/send", hello); code != 401 {
		t.Errorf("wrong key: %d", code)
	}
	s.SetKey(smstest.DefaultKey)
	for body, want := range map[string]int{`{}`: 400, `{"to":"1","message":"x"}`: 400, `{"to":"+12025550143","message":" "}`: 400, `nonsense`: 400, "": 415, hello: 200} {
		if code, _, _ := call(t, p.Client, "POST", p.URL+"/sms/send", body); code != want {
			t.Errorf("%s: %d, want %d", body, code, want)
		}
	}
	_, a, _ := call(t, p.Client, "POST", p.URL+"/sms/send", `{"to":["+12025550143","+12025550144"],"message":"x"}`)
	if a["message_id"] != nil || a["campaign_id"] == nil {
		t.Errorf("a campaign has no message_id: %v", a)
	}
}
