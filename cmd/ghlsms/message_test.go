package main

import (
	"os"
	"strings"
	"testing"

	"ghlsms/ghl/ghltest"
)

// useProvider names a conversation provider in the config.
func (s *stage) useProvider(id string) {
	s.t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	more := strings.Replace(string(text), "token: pit-sandbox}", "token: pit-sandbox, conversation_provider: "+id+"}", 1)
	if err := os.WriteFile(s.config, []byte(more), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// With a conversation provider, what people write is in their conversation, can be looked up, and is not
// taken back.
func TestTextsAreKeptInConversations(t *testing.T) {
	s := setStage(t, "")
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", Phone: "+12025550101"})
	s.must("once")
	if out := s.must("auth", "status"); strings.Contains(out, "message") {
		t.Errorf("what the config has no use for:\n%s", out)
	}
	s.useProvider(ghltest.DefaultProvider)
	says(t, "auth status", s.must("auth", "status"), "read messages", "write messages", "conversations/message.write")
	s.gateway.Text("+12025550101", "See you tomorrow")
	s.must("once")
	if all := s.crm.Messages(); len(all) != 1 || all[0].Body != "See you tomorrow" || len(s.crm.Notes()) != 0 {
		t.Errorf("messages %+v, notes %+v", all, s.crm.Notes())
	}
	says(t, "history", s.must("history", "ann"), "message.add", "See you tomorrow")
	if code, _, talk := s.ghlsms("undo", "1"); code != exitFailed || !strings.Contains(talk, "stays in their conversation") {
		t.Errorf("exit %d: %s", code, talk)
	}
}
