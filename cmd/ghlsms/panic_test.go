package main

import (
	"context"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sync"
)

// forgetful is a CRM's client with a mistake: it panics on the list of users, and says too much.
type forgetful struct{ sync.CRM }

func (forgetful) Users(context.Context) ([]ghl.User, error) {
	panic("no user for +12025550143, jane@example.com with token pit-sandbox\nand a second line")
}

// A mistake in reading one source does not end the daemon. Everything else arrives, people see it, the log has
// where it was, and neither people nor secrets.
func TestDaemonOutlivesAPanic(t *testing.T) {
	s := setStage(t, "")
	cfg, err := config.Load(s.config)
	if err != nil {
		t.Fatal(err)
	}
	var log transcript
	d, err := daemon.Open(t.Context(), cfg, &log)
	if err != nil {
		t.Fatal(err)
	}
	d.Engine.CRM = forgetful{d.Engine.CRM}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	until(t, "the first cycle is over", func() bool {
		_, out, _ := s.ghlsms("status")
		return strings.Contains(out, "ghlsms fails on a record of crm.users")
	})
	s.crm.AddContact(ghltest.Contact{ID: "tom", FirstName: "Tom", Phone: "+12025550101"})
	s.gateway.Text("+12025550177", "Hi, I'm Jane Doe")
	until(t, "what came later arrives", func() bool {
		return s.count(`SELECT count(*) FROM v1_contacts WHERE crm_id = 'tom'`) == 1 && len(s.gateway.SentTo("+12025550177")) == 1
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	said := log.String()
	for _, want := range []string{"a mistake in ghlsms was caught", "about=crm.users", "forgetful.Users (panic_test.go:", " < ghlsms/sync.", "and a second line"} {
		if !strings.Contains(said, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	for _, secret := range []string{"2025550143", "jane@example.com", "pit-sandbox", "\nand a second"} {
		if strings.Contains(said, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}
