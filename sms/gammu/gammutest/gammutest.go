// Package gammutest runs the real gammu-smsd with its dummy phone: what is sent through it goes
// into a table, what is received comes from a folder. No hardware, no network.
package gammutest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// ErrMissing says that gammu-smsd is not installed, and how to get it.
var ErrMissing = errors.New("gammu-smsd is not installed: apt-get install gammu-smsd libdbd-sqlite3 sqlite3")

// PhoneID is the name of the phone in the tables.
const PhoneID = "dummy"

// A Phone is a running gammu-smsd. Its methods may be called from several goroutines.
type Phone struct {
	dir     string
	zone    *time.Location
	journal string

	mu   sync.Mutex
	proc *process // nil while stopped
}

// An Option changes how gammu-smsd runs.
type Option func(*Phone)

// InZone runs gammu-smsd in a time zone, which needs an IANA name, instead of UTC.
func InZone(zone *time.Location) Option { return func(p *Phone) { p.zone = zone } }

// RollbackJournal leaves the database in the mode in which gammu-smsd's schema creates it. Then
// gammu-smsd, which does not wait for locks, stalls for a second whenever it meets another
// reader or writer, and tests that look often get slow. Without it the database is in WAL mode.
func RollbackJournal() Option { return func(p *Phone) { p.journal = "DELETE" } }

// Start runs gammu-smsd in a folder of the test and stops it at its end. Without gammu-smsd the
// test is skipped, or fails if GHLSMS_REQUIRE_ALL=1; with -short it is skipped.
func Start(t testing.TB, opts ...Option) *Phone {
	t.Helper()
	if testing.Short() {
		t.Skip("left out by -short: gammu-smsd sends about one text a second")
	}
	p, err := Launch(t.TempDir(), opts...)
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("GHLSMS_REQUIRE_ALL") != "1":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Errorf("stop gammu-smsd: %v", err)
		}
		if t.Failed() {
			t.Logf("gammu-smsd wrote:\n%s", p.logTail())
		}
	})
	return p
}

// Launch runs gammu-smsd in an empty folder and returns once it polls the phone and the tables.
// The caller stops it; it also dies with the calling process where the system can do that.
// Without gammu-smsd the error is ErrMissing.
func Launch(dir string, opts ...Option) (*Phone, error) {
	return launch(dir, schema(), opts...)
}

func launch(dir, schema string, opts ...Option) (*Phone, error) {
	if _, err := exec.LookPath("gammu-smsd"); err != nil {
		return nil, ErrMissing
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	p := &Phone{dir: dir, zone: time.UTC, journal: "WAL"}
	for _, o := range opts {
		o(p)
	}
	if err := os.MkdirAll(p.folder(), 0o700); err != nil { // gammu-smsd would make it, but not at once
		return nil, err
	}
	if err := createDatabase(p.Database(), schema); err != nil {
		return nil, err
	}
	if err := p.exec("PRAGMA journal_mode = " + p.journal); err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.path("smsdrc"), []byte(p.config()), 0o600); err != nil {
		return nil, err
	}
	return p, p.start()
}

// Database is the path of the SQLite file with gammu-smsd's tables.
func (p *Phone) Database() string { return p.path("smsd.db") }

func (p *Phone) path(name string) string { return filepath.Join(p.dir, name) }

// folder is where the dummy phone finds received texts.
func (p *Phone) folder() string { return filepath.Join(p.dir, "phone", "sms", "1") }

func (p *Phone) config() string {
	return `[gammu]
model = dummy
connection = none
port = ` + p.path("phone") + `
gammuloc = /dev/null

[smsd]
service = sql
driver = sqlite3
dbdir = ` + p.dir + `/
database = smsd.db
PhoneID = ` + PhoneID + `
logfile = ` + p.path("smsd.log") + `
debuglevel = 1
CommTimeout = 1
SendTimeout = 5
LoopSleep = 1
ReceiveFrequency = 1
StatusFrequency = 5
MultipartTimeout = 5
CheckSecurity = 0
DeliveryReport = log
`
}

// Stop ends gammu-smsd in an orderly way. Stopping twice is fine.
func (p *Phone) Stop() error { return p.end((*process).terminate) }

// Kill ends gammu-smsd with SIGKILL, wherever it is. It leaves a small shared memory segment behind,
// which goes when it is restarted and stopped.
func (p *Phone) Kill() error { return p.end((*process).kill) }

func (p *Phone) end(how func(*process) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proc == nil {
		return nil
	}
	err := how(p.proc)
	p.proc = nil
	return err
}

// Restart stops gammu-smsd, unless it was stopped or killed before, and starts it again.
func (p *Phone) Restart() error {
	if err := p.Stop(); err != nil {
		return err
	}
	return p.start()
}

func (p *Phone) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	// What it wrote about the phone before it ended must not pass for what it writes now.
	if err := p.exec("DELETE FROM phones"); err != nil {
		return err
	}
	proc, err := startProcess(p.path("smsdrc"), p.path("smsd.out"), p.zone)
	if err != nil {
		return err
	}
	if err := p.awaitPolling(proc); err != nil {
		return errors.Join(err, proc.kill())
	}
	p.proc = proc
	return nil
}

// awaitPolling returns when gammu-smsd has gone once through its loop.
func (p *Phone) awaitPolling(proc *process) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for {
		var polls bool
		err := p.query(func(db *sql.DB) error {
			return db.QueryRow("SELECT count(*) > 0 FROM phones WHERE Battery >= 0").Scan(&polls)
		})
		if err != nil || polls {
			return err
		}
		select {
		case <-proc.done:
			return fmt.Errorf("gammu-smsd ended at once:\n%s", p.logTail())
		case <-ctx.Done():
			return fmt.Errorf("gammu-smsd does not poll:\n%s", p.logTail())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// logTail is the end of what gammu-smsd wrote.
func (p *Phone) logTail() string {
	var tail strings.Builder
	for _, name := range []string{"smsd.out", "smsd.log"} {
		b, err := os.ReadFile(p.path(name))
		if err != nil {
			continue
		}
		tail.WriteString(string(b[max(0, len(b)-4000):]))
	}
	return tail.String()
}

func (p *Phone) exec(stmt string) error {
	return p.query(func(db *sql.DB) error {
		_, err := db.Exec(stmt)
		return err
	})
}

// query opens the database for a moment: a handle that is kept would only be one more reader
// for gammu-smsd to wait for.
func (p *Phone) query(fn func(*sql.DB) error) error {
	db, err := openDatabase(p.Database())
	if err != nil {
		return err
	}
	return errors.Join(fn(db), db.Close())
}
