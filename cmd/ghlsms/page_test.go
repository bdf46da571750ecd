package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/web"
	"ghlsms/store"
	"ghlsms/store/storetest"
)

// pageStore is a mirror with one text of somebody who means no good.
func pageStore(t *testing.T) *store.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ghlsms.db")
	if err := storetest.NewMirror(path); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddInbound(t.Context(), store.Inbound{
			Gateway: "test", Key: "1", Sender: "+12025550101", ReceivedAt: tx.Now,
			Body: `<script>document.title = "taken"</script><img src=http://127.0.0.1:9/x>`,
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func pageOf(t *testing.T) http.Handler {
	db, alarms := pageStore(t), config.DefaultConfig().TroubleLook()
	return web.Handler(db, alarms, daemon.MetricsHandler(db, alarms, nil))
}

func TestPageAnswers(t *testing.T) {
	handler := pageOf(t)
	for _, c := range []struct {
		name, method, host, path string
		want                     int
	}{
		{"page", "GET", "127.0.0.1:8480", "/", 200},
		{"page by name", "GET", "localhost:8480", "/", 200},
		{"page by IPv6", "GET", "[::1]:8480", "/", 200},
		{"another host's name", "GET", "evil.example", "/", 403},
		{"writing", "POST", "127.0.0.1:8480", "/", 405},
		{"no such page", "GET", "127.0.0.1:8480", "/etc/passwd", 404},
		{"alive", "GET", "127.0.0.1:8480", "/healthz", 200},
		{"nothing read yet", "GET", "127.0.0.1:8480", "/readyz", 503},
		{"numbers", "GET", "127.0.0.1:8480", "/metrics", 200},
		{"numbers, another host's name", "GET", "evil.example", "/metrics", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://"+c.host+c.path, nil)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("status %d, want %d: %s", w.Code, c.want, w.Body)
			}
			if strings.Contains(w.Body.String(), "<script>") {
				t.Error("what somebody texted became part of the page")
			}
			if c.want == 200 && !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Error("no content security policy")
			}
		})
	}
}

// Promise 9: a source that was not read for too long makes the daemon unready, and being read
// again makes it ready.
func TestReadiness(t *testing.T) {
	db, ctx := pageStore(t), t.Context()
	status := func(staleAfter time.Duration) int {
		alarms := config.DefaultConfig().TroubleLook()
		alarms.StaleAfter = staleAfter
		w := httptest.NewRecorder()
		web.Handler(db, alarms, daemon.MetricsHandler(db, alarms, nil)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/readyz", nil))
		return w.Code
	}
	change := func(fn func(*store.Tx) error) {
		t.Helper()
		if err := db.Update(ctx, fn); err != nil {
			t.Fatal(err)
		}
	}
	for _, source := range store.Watched {
		if got := status(time.Hour); got != 503 {
			t.Errorf("ready before %s was read", source)
		}
		change(func(tx *store.Tx) error { return tx.ReadDone(ctx, source, tx.Now) })
	}
	if got := status(time.Hour); got != 200 {
		t.Errorf("all was just read: %d", got)
	}
	change(func(tx *store.Tx) error { return tx.ReadFailed(ctx, "crm.contacts", store.Away, "no route to host") })
	if got := status(time.Hour); got != 200 {
		t.Errorf("failed once: %d", got)
	}
	if got := status(-time.Second); got != 503 {
		t.Errorf("not read for too long: %d", got)
	}
}

// Promise 9: a due reminder that was not decided for too long makes the daemon unready, and says how many
// and since when.
func TestReadinessMindsReminders(t *testing.T) {
	db, ctx := pageStore(t), t.Context()
	var due time.Time
	plan := func(rule string, waits time.Duration) {
		t.Helper()
		err := db.Update(ctx, func(tx *store.Tx) error {
			for _, source := range store.Watched {
				if err := tx.ReadDone(ctx, source, tx.Now); err != nil {
					return err
				}
			}
			due = tx.Now.Add(-waits)
			return planned(ctx, tx, rule, due)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ready := func() (int, string) {
		w := httptest.NewRecorder()
		web.Handler(db, config.DefaultConfig().TroubleLook(), daemon.MetricsHandler(db, config.DefaultConfig().TroubleLook(), nil)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/readyz", nil))
		return w.Code, w.Body.String()
	}
	plan("young", 5*time.Minute)
	if code, says := ready(); code != 200 {
		t.Errorf("due for a short time: %d %s", code, says)
	}
	plan("old", 20*time.Minute)
	want := "1 reminder is due and not decided (since " + due.UTC().Format(time.RFC3339)
	if code, says := ready(); code != 503 || !strings.Contains(says, want) {
		t.Errorf("due for long: %d %s, want %s", code, says, want)
	}
}

// planned puts a reminder into the ledger that is due at a time.
func planned(ctx context.Context, tx *store.Tx, rule string, due time.Time) error {
	contact, err := tx.Create(ctx, store.Contact, 0, store.Fields{store.FirstName: "Tom"}, store.ByPerson)
	if err != nil {
		return err
	}
	appointment, err := tx.Create(ctx, store.Appointment, contact, store.Fields{store.Start: "2030-01-02T15:00:00Z"}, store.ByPerson)
	if err != nil {
		return err
	}
	return tx.PlanReminder(ctx, store.Reminder{AppointmentID: appointment, Starts: "2030-01-02T15:00:00Z", Rule: rule, DueAt: due, LeavesAt: due})
}

// A real browser shows the page, runs nothing and loads nothing.
func TestPageInBrowser(t *testing.T) {
	storetest.SkipShort(t, "a browser")
	if !has(t, "chromium") {
		t.Skip("needs a browser (apt-get install chromium)")
	}
	server := httptest.NewServer(pageOf(t))
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--dump-dom", server.URL).Output()
	if err != nil {
		t.Fatal(err)
	}
	dom := string(out)
	if !strings.Contains(dom, "<title>ghlsms: </title>") || !strings.Contains(dom, "&lt;script&gt;") || !strings.Contains(dom, "+12025550101") {
		t.Errorf("the page is not as it should be:\n%s", dom)
	}
}
