package smsto_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/sms/smsto"
)

// After a cut the text can be found, once the list has caught up; a text that never left, an
// equal one of yesterday, and one to somebody else are not taken for it.
func TestFindSentAfterCut(t *testing.T) {
	bubble(t, smstest.Options{ListLag: 90 * time.Second}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		const text = "See you tomorrow.\r\nReply C to confirm"
		send := func(to sms.Phone, text string) {
			if _, err := g.Send(t.Context(), sms.Outgoing{To: to, Text: text}); err != nil && !errors.Is(err, sms.ErrUnknown) {
				t.Fatal(err)
			}
		}
		send(jane, text)
		time.Sleep(20 * time.Hour)
		send(john, text)
		send(jane, "something else")
		start := time.Now()
		query := sms.SentQuery{To: jane, Text: text, From: start.Add(-5 * time.Minute), Until: start.Add(30 * time.Minute)}
		find := func() []sms.Sent {
			t.Helper()
			found, err := g.FindSent(t.Context(), query)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		s.AddFault(smstest.Fault{Kind: smstest.CutBefore, Times: 1})
		send(jane, text)
		time.Sleep(g.Caps().SettleAfter)
		if got := find(); len(got) != 0 {
			t.Errorf("found what never left: %+v", got)
		}
		s.AddFault(smstest.Fault{Kind: smstest.CutAfter, Times: 1})
		send(jane, text)
		if got := find(); len(got) != 0 {
			t.Errorf("the list lags, yet %+v", got)
		}
		time.Sleep(g.Caps().SettleAfter)
		got := find()
		sent := s.SentTo(string(jane))
		if len(got) != 1 || got[0].ID != sent[len(sent)-1].ID || got[0].State != sms.StateDelivered || got[0].At.IsZero() {
			t.Errorf("found %+v, sent %+v", got, sent)
		}
	})
}

func TestFindSentPages(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		for i := range 250 {
			text := "other"
			if i%100 == 0 {
				text = "same"
			}
			if _, err := g.Send(t.Context(), sms.Outgoing{To: jane, Text: text}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		got, err := g.FindSent(t.Context(), sms.SentQuery{To: jane, Text: "same"})
		if err != nil || len(got) != 3 || got[0].At.After(got[1].At) || got[0].ID != s.Sent()[0].ID {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// inbound polls until nothing is new, as a caller would, and returns what it got.
func inbound(t *testing.T, g *smsto.Gateway, c sms.Cursor, limit int) ([]sms.Incoming, sms.Cursor) {
	t.Helper()
	var all []sms.Incoming
	seen := map[string]bool{}
	for range 100 {
		batch, next, err := g.Inbound(t.Context(), c, limit)
		if err != nil {
			t.Fatal(err)
		}
		if limit > 0 && len(batch) > limit {
			t.Fatalf("%d texts, limit %d", len(batch), limit)
		}
		for _, in := range batch {
			if !seen[in.Key] {
				seen[in.Key] = true
				all = append(all, in)
			}
		}
		c = next
		if len(batch) < limit || limit == 0 {
			return all, c
		}
	}
	t.Fatal("the cursor does not come to an end")
	return nil, ""
}

func texts(all []sms.Incoming) []string {
	var out []string
	for _, in := range all {
		out = append(out, in.Text)
	}
	return out
}

func TestInbound(t *testing.T) {
	for _, shape := range []struct {
		name string
		set  func(*smstest.Sandbox)
	}{
		{"plain", func(*smstest.Sandbox) {}},
		{"bare array", func(s *smstest.Sandbox) { s.BareInbound(true) }},
		{"twice", func(s *smstest.Sandbox) { s.DuplicateInbound(true) }},
		{"without ids", func(s *smstest.Sandbox) { s.WithoutIDs(true) }},
		{"everything", func(s *smstest.Sandbox) {
			s.WithoutIDs(true)
			s.DuplicateInbound(true)
			s.ShuffleInbound(true)
			s.BareInbound(true)
		}},
	} {
		for _, limit := range []int{0, 1, 3, 7, 100} {
			bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
				shape.set(s)
				if got, c := inbound(t, g, "", limit); len(got) != 0 || c != "" {
					t.Errorf("%s: nothing there, yet %v, %q", shape.name, got, c)
				}
				var want []string
				for i := range 20 {
					want = append(want, fmt.Sprint("text ", i))
					s.Text(string(jane), " "+want[i]+"\x00")
					time.Sleep(time.Duration(i%3) * time.Second) // some in the same second
				}
				got, c := inbound(t, g, "", limit)
				if sorted(texts(got)) != sorted(want) || !slices.IsSortedFunc(got, func(a, b sms.Incoming) int { return a.At.Compare(b.At) }) {
					t.Errorf("%s, limit %d: got %q", shape.name, limit, texts(got))
				}
				if in := got[0]; in.From != string(jane) || in.To != smstest.DefaultNumber || in.At.Location() != time.UTC || in.At.IsZero() {
					t.Errorf("%s: %+v", shape.name, in)
				}
				s.TextAt(string(jane), "late in the list", time.Now().Add(-5*time.Hour))
				time.Sleep(48 * time.Hour)
				s.Text(string(jane), "two days on")
				got, c = inbound(t, g, c, limit)
				for _, text := range []string{"late in the list", "two days on"} {
					if !slices.Contains(texts(got), text) {
						t.Errorf("%s, limit %d: %q is missing", shape.name, limit, text)
					}
				}
				if got, _ = inbound(t, g, c, limit); !slices.Equal(texts(got), []string{"two days on"}) {
					t.Errorf("%s, limit %d: beyond the overlap %q", shape.name, limit, texts(got))
				}
			})
		}
	}
}

func sorted(s []string) string { return fmt.Sprint(slices.Sorted(slices.Values(s))) }

// A cursor of another gateway, or a damaged one, starts over instead of losing texts.
func TestInboundForeignCursor(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		s.Text(string(jane), "hello")
		for _, c := range []sms.Cursor{"", "17", "v1", "v1 x", "v1 - x y", "v2 2030-01-01T00:00:00Z"} {
			if got, _ := inbound(t, g, c, 10); len(got) != 1 {
				t.Errorf("cursor %q: %v", c, got)
			}
		}
	})
}

// A text dated in the future must not hide those that come with the right time.
func TestInboundFuture(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		s.TextAt(string(jane), "from the future", time.Now().AddDate(1, 0, 0))
		got, c := inbound(t, g, "", 10)
		if len(got) != 1 || got[0].At.After(time.Now()) {
			t.Errorf("got %+v", got)
		}
		s.Text(string(jane), "hello")
		if got, _ = inbound(t, g, c, 10); !slices.Contains(texts(got), "hello") {
			t.Errorf("got %q", texts(got))
		}
	})
}

// answering is a gateway whose every answer is the same.
func answering(t *testing.T, code int, body string) *smsto.Gateway {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	return gateway(t, srv.URL, srv.Client())
}

func TestSendAnswers(t *testing.T) {
	tests := []struct {
		code int
		body string
		id   string
		err  error
	}{
		{200, `{"success":true,"message_id":"a-1"}`, "a-1", nil},
		{200, `{"message_id":17,"new":{"field":[1]}}`, "17", nil},
		{202, `{"success":"true","message_id":"a"}`, "a", nil},
		{200, `{"success":false,"message":"Sender not allowed"}`, "", sms.ErrSender},
		{200, `{"success":false,"message":"Insufficient balance"}`, "", sms.ErrCredit},
		{400, `{"message":"You do not have enough credits: not enough credits"}`, "", sms.ErrCredit},
		{422, `{"message":"The sender_id ACME is not approved."}`, "", sms.ErrSender},
		{400, `{"message":"The recipient has blocked this sender"}`, "", sms.ErrRejected},
		{200, `{"success":0}`, "", sms.ErrRefused},
		{200, `{"success":false,"errors":{"sender_id":["The selected value is not approved."]}}`, "", sms.ErrSender},
		{422, `{"message":"The given data was invalid.","errors":{"sender_id":["The sender id is invalid."]}}`, "", sms.ErrSender},
		{422, `{"message":"The given data was invalid.","errors":{"to":["The to field must be a valid phone number."]}}`, "", sms.ErrRejected},
		{422, `{"message":"The given data was invalid.","errors":{"callback_url":["No."]}}`, "", sms.ErrRefused},
		{400, `{"message":"The sender number is not valid"}`, "", sms.ErrSender},
		{400, `{"message":"Invalid phone number"}`, "", sms.ErrRejected},
		{400, `{"message":"This number is a landline"}`, "", sms.ErrRejected},
		{400, `{"message":"Insufficient credit"}`, "", sms.ErrCredit},
		{400, `{"message":"Your balance is too low, please top up"}`, "", sms.ErrCredit},
		{400, `{"message":"Your account has been suspended"}`, "", sms.ErrAuth},
		{400, `{"message":"Please verify your account"}`, "", sms.ErrAuth},
		{400, `{"message":"Message content is not allowed"}`, "", sms.ErrRefused},
		{400, `{"message":"Service temporarily paused"}`, "", sms.ErrRefused},
		{200, `{"success":true}`, "", sms.ErrUnknown},
		{200, `{"success":true,"message_id":null,"campaign_id":"c"}`, "", sms.ErrUnknown},
		{200, `{"success":false,"message_id":"a"}`, "", sms.ErrUnknown},
		{200, `{}`, "", sms.ErrUnknown},
		{200, `[]`, "", sms.ErrUnknown},
		{200, `null`, "", sms.ErrUnknown},
		{200, ``, "", sms.ErrUnknown},
		{400, `{"success":false}`, "", sms.ErrRefused},
		{400, `<html>`, "", sms.ErrUnavailable},
		{404, `<html>`, "", sms.ErrUnavailable},
		{404, `{"message":"Not Found"}`, "", sms.ErrRefused},
		{415, ``, "", sms.ErrUnavailable},
		{422, `{"errors":{"to":["bad"]}}`, "", sms.ErrRejected},
		{401, ``, "", sms.ErrAuth},
		{403, ``, "", sms.ErrAuth},
		{402, ``, "", sms.ErrCredit},
		{500, ``, "", sms.ErrUnknown},
	}
	for _, tt := range tests {
		a, err := answering(t, tt.code, tt.body).Send(t.Context(), sms.Outgoing{To: jane, Text: "x"})
		if !errors.Is(err, tt.err) || a.ID != tt.id {
			t.Errorf("%d %s: %+v, %v", tt.code, tt.body, a, err)
		}
	}
}

func TestInboundAnswers(t *testing.T) {
	at := time.Date(2020, 5, 28, 4, 32, 8, 0, time.UTC)
	row := func(when string) string {
		return `{"from":"+35799123456","to":"+35799000000","parts":1,"message":"Hi","receivedDate":` + when + `}`
	}
	for _, body := range []string{
		`[` + row(`"2020-05-28T04:32:08Z"`) + `]`,
		`{"data":[` + row(`"2020-05-28 04:32:08"`) + `]}`,
		`{"success":true,"data":{"data":[` + row(`"2020-05-28T06:32:08+02:00"`) + `],"current_page":1}}`,
		`{"data":[` + row(`1590640328`) + `],"total":1}`,
		`{"data":[` + row(`"1590640328000"`) + `]}`,
		`{"data":[{"_id":"x","sender":35799123456,"to":null,"text":"Hi","received_at":"2020-05-28T04:32:08.000000Z"}]}`,
		`{"data":` + row(`"2020-05-28T04:32:08"`) + `}`,
	} {
		got, _, err := answering(t, 200, body).Inbound(t.Context(), "", 10)
		if err != nil || len(got) != 1 || got[0].Text != "Hi" || !got[0].At.Equal(at) || got[0].Key == "" || !sms.Answerable(got[0].From) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	for _, body := range []string{`[]`, `{"data":[]}`, `{"data":null}`, `{"success":true,"data":[]}`} {
		if got, c, err := answering(t, 200, body).Inbound(t.Context(), "", 10); err != nil || len(got) != 0 || c != "" {
			t.Errorf("%s: %+v, %q, %v", body, got, c, err)
		}
	}
	for _, body := range []string{`{}`, `{"success":true}`, `{"success":false,"message":"no"}`, `7`, `null`, `{"data":"none"}`, `{"data":[{"a":1},{"b":2}]}`, `{"data":{}}`} {
		if got, _, err := answering(t, 200, body).Inbound(t.Context(), "", 10); !errors.Is(err, sms.ErrUnavailable) {
			t.Errorf("%s is not an empty list: %+v, %v", body, got, err)
		}
	}
	got, _, err := answering(t, 200, `[`+row(`"yesterday"`)+`]`).Inbound(t.Context(), "v1 2026-01-01T00:00:00Z", 10)
	if err != nil || len(got) != 1 || time.Since(got[0].At) > time.Minute {
		t.Errorf("a time that cannot be read: %+v, %v", got, err)
	}
}

func TestStatusAnswers(t *testing.T) {
	for _, body := range []string{
		`{"_id":"a","to":"+12025550143","status":"SENT","sent_at":"2022-02-01 07:30:07","sms_count":"2","message_id":null}`,
		`{"success":true,"data":{"_id":"a","status":"SENT","sent_at":"2022-02-01 07:30:07","sms_count":2}}`,
		`{"data":[{"_id":"a","status":"sent","sent_at":"2022-02-01T07:30:07Z","sms_count":2.0}]}`,
	} {
		d, err := answering(t, 200, body).Status(t.Context(), "a")
		if err != nil || d.State != sms.StateSent || d.Parts != 2 || d.At.Hour() != 7 {
			t.Errorf("%s: %+v, %v", body, d, err)
		}
	}
	for body, want := range map[string]error{`{}`: sms.ErrUnavailable, `{"data":[]}`: sms.ErrNotFound, `{"success":false}`: sms.ErrUnavailable} {
		if _, err := answering(t, 200, body).Status(t.Context(), "a"); !errors.Is(err, want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := answering(t, 404, `{"success":false}`).Status(t.Context(), "a"); !errors.Is(err, sms.ErrNotFound) {
		t.Errorf("404: %v", err)
	}
	if _, err := answering(t, 200, `{}`).Status(t.Context(), ""); !errors.Is(err, sms.ErrNotFound) {
		t.Errorf("no id: %v", err)
	}
}
