package gammutest

import (
	"context"
	"errors"
	"testing"
	"time"
)

// The schema for machines without gammu's documentation must do for gammu-smsd as well.
func TestOwnSchema(t *testing.T) {
	t.Parallel()
	p, err := launch(t.TempDir(), ownSchema)
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Stop() }()
	if err := p.Text("+15550100002", "Hello"); err != nil {
		t.Fatal(err)
	}
	if err := p.exec("INSERT INTO outbox (DestinationNumber, TextDecoded, CreatorID) VALUES ('+15550100003', 'Hi', 'r')"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if sent, err := p.WaitSent(ctx, 1); err != nil || sent[0].Text != "Hi" || sent[0].Ref != "r" {
		t.Errorf("sent %+v, %v", sent, err)
	}
}

func TestStopTwice(t *testing.T) {
	t.Parallel()
	p := Start(t)
	for _, end := range []func() error{p.Stop, p.Stop, p.Kill, p.Restart, p.Kill, p.Kill, p.Restart, p.Stop} {
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	if _, err := Launch(p.dir); err == nil {
		t.Error("launched twice in one folder")
	}
}
