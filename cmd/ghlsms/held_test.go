package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/web"
	"ghlsms/ghl/ghltest"
	"ghlsms/store"
)

// says fails unless a text has all the words.
func says(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%s", what, w, text)
		}
	}
}

func TestABrakeIsShownAndDecided(t *testing.T) {
	s := setStage(t, "limits: {gone_share: 0.2}\n")
	for i := range 10 {
		s.crm.AddContact(ghltest.Contact{ID: fmt.Sprint("c", i), FirstName: "Ann", Phone: fmt.Sprintf("+1202555010%d", i)})
	}
	s.must("once", "--sweep")
	for i := range 7 {
		s.crm.RemoveContact(fmt.Sprint("c", i))
	}
	if code, _, talk := s.ghlsms("once", "--sweep"); code != exitHeld {
		t.Fatalf("exit %d\n%s", code, talk)
	}
	code, out, talk := s.ghlsms("status")
	says(t, "status", out, "deletions of contacts", "vanished at once", "ghlsms held show b1")
	says(t, "status, talking,", talk, "1 brake holds something: ghlsms held list")
	if code != exitHeld {
		t.Errorf("status: exit %d", code)
	}
	says(t, "held list", s.must("held", "list"), "b1", "deletions", "contact")
	says(t, "held show", s.must("held", "show", "b1"), "b1  deletions of contacts", "ghlsms held release b1\n  What the list does not show is read one by one", "ghlsms held drop b1")
	s.must("held", "drop", "b1")
	s.must("once", "--sweep")
	says(t, "status", s.must("status"), "10 contacts")
	s.must("held", "release", "b1")
	s.must("once", "--sweep")
	says(t, "status", s.must("status"), "3 contacts")
	if code, _, talk := s.ghlsms("held", "release", "b9"); code != exitFailed || !strings.Contains(talk, "no such brake") {
		t.Errorf("exit %d: %s", code, talk)
	}
	if code, _, talk := s.ghlsms("held", "drop", "x"); code != exitUsage || !strings.Contains(talk, "held list") {
		t.Errorf("exit %d: %s", code, talk)
	}
}

func TestWhatALimitHoldsIsShownAndDecided(t *testing.T) {
	s := setStage(t, "limits: {new_contacts_per_hour: 1}\n")
	s.must("once")
	for i := range 3 {
		s.gateway.Text(fmt.Sprintf("+1202555017%d", i), "Hi, I'm Jane Doe")
	}
	if code, _, talk := s.ghlsms("once"); code != exitHeld {
		t.Fatalf("exit %d\n%s", code, talk)
	}
	list := s.must("held", "list", "--format", "csv")
	var ids []string
	for _, line := range strings.Split(strings.TrimSpace(list), "\n")[1:] {
		id, _, _ := strings.Cut(line, ",")
		ids = append(ids, id)
	}
	if len(ids) != 2 {
		t.Fatalf("%s", list)
	}
	says(t, "held show", s.must("held", "show", ids[0]), "more than 1 new contacts in an hour", "ghlsms held release "+ids[0]+"\n  Let it go")
	if code, _, talk := s.ghlsms("held", "release", ids[0], "b7"); code != exitFailed {
		t.Errorf("exit %d: %s", code, talk)
	}
	says(t, "held list after a refusal", s.must("held", "list"), ids[0]) // all or none
	s.must("held", "drop", ids[0])
	s.must("held", "release", ids[1])
	if code, _, talk := s.ghlsms("held", "release", ids[1]); code != exitFailed || !strings.Contains(talk, "is not held, it is pending") {
		t.Errorf("exit %d: %s", code, talk)
	}
	s.must("once")
	if n := len(s.crm.Contacts()); n != 2 {
		t.Errorf("%d contacts", n)
	}
}

// What waits for somebody comes first on the page, and in the exit code of status.
func TestWhatWaitsForAPersonIsShown(t *testing.T) {
	s := setStage(t, "")
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", Phone: "+12025550101"})
	s.crm.AddContact(ghltest.Contact{ID: "bea", FirstName: "Bea", Phone: "+12025550101"})
	s.must("once")
	cfg, err := config.Load(s.config)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.OpenEditor(t.Context(), cfg.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		if _, _, err := tx.Pull(t.Context(), store.Brake{Kind: store.Clock, Evidence: "the clock is an hour ahead"}); err != nil {
			return err
		}
		return tx.AddConflict(t.Context(), store.Conflict{
			Entity: store.Contact, RecordID: 1, Field: "city", CRM: "Boston", Local: "Arlington", Policy: "ask", Kept: store.KeptNeither,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	code, out, talk := s.ghlsms("status")
	if code != exitWaiting {
		t.Errorf("exit %d: %s", code, talk)
	}
	says(t, "status", out, "URGENT   this machine's clock and the CRM's do not agree, since ", "the clock is an hour ahead", "1 field was changed on two sides", "ghlsms conflicts list",
		"1 phone number or email address is that of several contacts: ghlsms report duplicates")
	says(t, "held show", s.must("held", "show", "b1"), "It cannot be dropped")
	says(t, "conflicts show", s.must("conflicts", "show", "1"), "It waits for you (policy ask).", "`ghlsms conflicts resolve 1 crm`, or `local` or a value")

	w := httptest.NewRecorder()
	web.Handler(db, config.DefaultConfig().TroubleLook(), daemon.MetricsHandler(db, config.DefaultConfig().TroubleLook(), nil)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/", nil))
	page := w.Body.String()
	says(t, "the page", page, "the clock is an hour ahead", "Arlington", `<li class="bad"><b>1</b>held</li>`, `<li class="bad"><b>1</b>to be chosen</li>`)
	if held, agenda := strings.Index(page, `id="held"`), strings.Index(page, `id="agenda"`); held < 0 || agenda < held {
		t.Errorf("what is held is not first")
	}

	if code, _, talk := s.ghlsms("conflicts", "resolve", "1", "keep"); code != exitFailed || !strings.Contains(talk, "not about a deletion") {
		t.Errorf("exit %d: %s", code, talk)
	}
	s.must("conflicts", "resolve", "1", "Oslo")
	if code, _, _ := s.ghlsms("status"); code != exitHeld {
		t.Errorf("exit %d with only a brake", code)
	}
	s.must("held", "release", "b1")
	s.must("once")
	ann, _ := s.crm.Contact("ann")
	bea, _ := s.crm.Contact("bea")
	if ann.City+bea.City != "Oslo" {
		t.Errorf("%+v %+v", ann, bea)
	}
}
