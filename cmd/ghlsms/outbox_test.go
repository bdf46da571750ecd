package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
)

// longAgo has every unclear effect begun an hour ago, and asked about at the next cycle.
func (s *stage) longAgo() {
	s.t.Helper()
	cfg, err := config.Load(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	db, err := store.OpenEditor(s.t.Context(), cfg.Store.Path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(s.t.Context(), `UPDATE outbox SET started_at = started_at - 3600000, due_at = 0 WHERE state = 'unknown'`)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// What the other side cannot tell waits for a person, and says so everywhere, while it is still asked about.
func TestWhatNobodyCanTellWaitsForAPerson(t *testing.T) {
	s := setStage(t, "")
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: "+12025550101"})
	s.must("once")
	s.gateway.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutBefore, Times: 1})
	s.gateway.Text("+12025550101", "TASKS")
	s.ghlsms("once")
	s.longAgo()
	if code, _, talk := s.ghlsms("once"); code != exitWaiting {
		t.Fatalf("exit %d: %s", code, talk)
	}
	says(t, "outbox list", s.must("outbox", "list"), "text.send  unknown  Tom Baker", "waits for you")
	show := s.must("outbox", "show", "1")
	says(t, "outbox show", show, "look on the other side whether it happened, then tell: ghlsms outbox show 1", "next       it waits for you; asked about again by itself at ")
	var told trace.Effect
	if err := json.Unmarshal([]byte(s.must("outbox", "show", "1", "--format", "json")), &told); err != nil {
		t.Fatal(err)
	}
	if !told.Waits || told.Asked == 0 || told.AskedAt.IsZero() || told.Contact != "Tom Baker" || told.To != "+12025550101" || len(told.Choices) != 4 ||
		told.Next.Before(time.Now().Add(10*time.Minute)) {
		t.Errorf("%+v", told)
	}
	if code, out, _ := s.ghlsms("status"); code != exitWaiting || !strings.Contains(out, "1 text or change may or may not have happened") {
		t.Errorf("status: exit %d\n%s", code, out)
	}

	release, err := daemon.Lock(s.dir + "/ghlsms.db") // as the daemon does
	if err != nil {
		t.Fatal(err)
	}
	_, _, talk := s.ghlsms("outbox", "settle", "1")
	if release(); !regexp.MustCompile(`^1 effect is asked about: the daemon asks by \d\d:\d\d:\d\d\n$`).MatchString(talk) {
		t.Errorf("outbox settle: %q", talk)
	}
	told = trace.Effect{}
	if err := json.Unmarshal([]byte(s.must("outbox", "show", "1", "--format", "json")), &told); err != nil {
		t.Fatal(err)
	}
	if told.Next.After(time.Now()) {
		t.Errorf("it is asked about at %s only", told.Next)
	}
	s.must("outbox", "settle", "1", "--happened")
	s.must("once")
	s.must("status")
	if n := len(s.gateway.Sent()); n != 0 {
		t.Errorf("%d texts", n)
	}
}

// A contact that was made is settled by its id: all that waits for it needs one.
func TestAContactInDoubtIsSettledByItsID(t *testing.T) {
	s := setStage(t, "")
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", LastName: "Baker", Phone: "+12025550101"})
	s.must("once")
	s.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/$", Kind: ghltest.CutBefore, Times: 1})
	s.gateway.Text("+12025550177", "Hi, I'm Jane Doe, jane@example.com")
	s.ghlsms("once")
	id := strings.Split(s.must("outbox", "list", "--state", "unknown", "--format", "csv"), "\n")[1]
	id, _, _ = strings.Cut(id, ",")
	says(t, "outbox show", s.must("outbox", "show", id), "ghlsms outbox settle "+id+" --happened --outside-id X\n  Jane Doe is there.", "there are two of it if you are wrong")
	if code, _, talk := s.ghlsms("outbox", "settle", id, "--happened"); code != exitUsage || !strings.Contains(talk, "--outside-id, the last part of the address of the contact's page") {
		t.Errorf("exit %d: %s", code, talk)
	}
	s.must("outbox", "settle", id, "--happened", "--outside-id", "tom")
	s.must("once")
	if tasks := s.crm.Tasks(); len(s.crm.Contacts()) != 1 || len(tasks) != 1 || tasks[0].ContactID != "tom" {
		t.Errorf("%d contacts, tasks %+v", len(s.crm.Contacts()), tasks)
	}
}

// What is done twice without harm says so, and every kind says something.
func TestEveryKindInDoubtSaysWhatCanBeDone(t *testing.T) {
	for _, kind := range store.Kinds {
		means, choices := trace.EffectMeans(&store.Intent{ID: 7, Kind: kind, State: store.Unknown}, "Tom Baker")
		var all strings.Builder
		all.WriteString(means)
		for _, c := range choices {
			all.WriteString("\n" + c.Command + "\n" + c.Means)
		}
		once := kind.OnceOnly()
		if strings.Contains(all.String(), "WHO") || !strings.Contains(all.String(), "ghlsms outbox settle 7 --happened") || !strings.Contains(all.String(), "\nLook ") ||
			once == strings.Contains(all.String(), "no harm") && kind != store.TellOptIn || once && !strings.Contains(all.String(), "if you are wrong") {
			t.Errorf("%s: %s", kind, all.String())
		}
	}
	for _, state := range store.States {
		if means, choices := trace.EffectMeans(&store.Intent{ID: 7, Kind: store.SendText, State: state}, "Tom"); means == "" || choices == nil {
			t.Errorf("%s: %q, %v", state, means, choices)
		}
	}
}
