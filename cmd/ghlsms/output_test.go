package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
)

// What others write may not move the cursor or repaint the terminal.
func TestTablesCarryNoControlCharacters(t *testing.T) {
	s := setStage(t, "")
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann\x1b[2J", City: "Ro\x07me\u202e", Phone: "+12025550101"})
	s.must("once")
	s.must("task", "add", "ann", "Call\x1b[31m", "--due", time.Now().Add(time.Hour).Format(time.RFC3339))
	for _, args := range []string{"contact show ann", "report contacts", "report tasks", "plan"} {
		if out := s.must(strings.Fields(args)...); strings.ContainsAny(out, "\x1b\x07\u202e") {
			t.Errorf("%s: %q", args, out)
		}
	}
}

// Nor may what a server answered.
func TestErrorsCarryNoControlCharacters(t *testing.T) {
	s := setStage(t, "")
	rude := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"message": "bad \u001b[2J"}`)
	}))
	t.Cleanup(rude.Close)
	s.crmURL = rude.URL
	s.writeConfig(fmt.Sprintf("sms: {provider: smsto, from: \"+15550100\", smsto: {api_url: %[1]s, account_url: %[1]s, auth_url: %[1]s, api_key: smsto-sandbox}}\n", s.gatewayURL))
	if code, _, talk := s.ghlsms("once"); code != exitFailed || !strings.Contains(talk, "400 bad") || strings.Contains(talk, "\x1b") {
		t.Errorf("exit %d: %q", code, talk)
	}
	if code, out, _ := s.ghlsms("status"); code != exitDone || !strings.Contains(out, "400 bad") || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d: %q", code, out)
	}
}
