package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/daemon"
)

// backdate makes the mirror old enough for reminders that were due a minute ago.
func (s *stage) backdate() {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "ghlsms.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE meta SET value = ? WHERE key = 'born'`, time.Now().AddDate(0, 0, -2).UTC().Format(time.RFC3339)); err != nil {
		s.t.Fatal(err)
	}
}

// count asks the mirror for a number.
func (s *stage) count(q string, args ...any) (n int) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "ghlsms.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(q, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	return n
}

// A signal stops the daemon in good order, and a second daemon is refused while it runs.
func TestStopAndLock(t *testing.T) {
	s := setStage(t, "")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	var talk transcript
	go func() { done <- run(ctx, []string{"run", "-c", s.config}, &talk, &talk) }()
	until(t, "the daemon owns the mirror", func() bool { return daemon.Locked(filepath.Join(s.dir, "ghlsms.db")) })
	code, _, stderr := s.ghlsms("once")
	if code != exitFailed || !strings.Contains(stderr, fmt.Sprintf("another ghlsms (pid %d) already runs", os.Getpid())) {
		t.Errorf("a second process: exit %d, %s", code, stderr)
	}
	until(t, "the first cycle is over", func() bool {
		code, out, _ := s.ghlsms("status")
		return code == exitDone && strings.Contains(out, "daemon running")
	})
	stop()
	if code := <-done; code != exitDone {
		t.Errorf("stopped with exit %d\n%s", code, talk.String())
	}
}

// runUntilQuiet runs cycles until nothing is left to do.
func (s *stage) runUntilQuiet() {
	s.t.Helper()
	for range 8 {
		s.ghlsms("once")
		time.Sleep(120 * time.Millisecond)
	}
}
