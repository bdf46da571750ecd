package daemon

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
)

// clumsy is a log's handler that panics where it is told of something.
type clumsy struct {
	slog.Handler
	at string
}

func (c clumsy) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == c.at {
		panic("a mistake about +12025550143")
	}
	return c.Handler.Handle(ctx, r)
}

// A mistake of ours in the making of a backup ends neither the daemon nor backups: people are told, and it is tried
// again.
func TestBackupThatPanicsIsToldAndTriedAgain(t *testing.T) {
	k, log := keeperOf(t, 24*time.Hour, 3)
	good := k.log
	k.log = slog.New(clumsy{good.Handler(), "backed up the mirror"})
	began := time.Now()
	k.look(t.Context())
	next := <-k.done
	if wait := next.Sub(began); wait < 14*time.Minute || wait > time.Hour {
		t.Errorf("tried again after %v", wait)
	}
	if why := k.failed(t); !strings.Contains(why, "the backup: a mistake in ghlsms, please report it") {
		t.Errorf("status says %q", why)
	}
	if !strings.Contains(log.String(), "a mistake in ghlsms was caught") || !strings.Contains(log.String(), "caught_test.go:") {
		t.Errorf("the log says\n%s", log)
	}
	k.log, k.working = good, false
	k.look(t.Context())
	<-k.done
	if why := k.failed(t); why != "" || len(k.names(t)) != 1 {
		t.Errorf("%q %v", why, k.names(t))
	}
}

// The same where it cannot even be noted.
func TestBackupThatPanicsAtTheEndIsOutlived(t *testing.T) {
	k, log := keeperOf(t, 24*time.Hour, 3)
	k.db = nil
	k.look(t.Context())
	if next := <-k.done; !next.After(time.Now()) {
		t.Errorf("tried again at %v", next)
	}
	if !strings.Contains(log.String(), "a mistake in ghlsms was caught") {
		t.Errorf("the log says\n%s", log)
	}
}

// Who asks for numbers gets an error, and the daemon goes on.
func TestMetricsThatPanicAreAnError(t *testing.T) {
	var log keeperLog
	answer := httptest.NewRecorder()
	MetricsHandler(nil, config.DefaultConfig().TroubleLook(), slog.New(slog.NewTextHandler(&log, nil))).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	if answer.Code != 500 || !strings.Contains(answer.Body.String(), "a mistake in ghlsms") || strings.Contains(answer.Body.String(), "nil pointer") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	if !strings.Contains(log.String(), "a mistake in ghlsms was caught") || !strings.Contains(log.String(), "nil pointer") {
		t.Errorf("the log says\n%s", &log)
	}
}
