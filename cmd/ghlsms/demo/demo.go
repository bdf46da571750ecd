// Package demo plays a day of a made-up clinic: the real daemon between sandboxes of both sides.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
)

// stage has both sandboxes, the real daemon, and read access to its mirror.
type stage struct {
	crm     *ghltest.Sandbox
	gateway *smstest.Sandbox
	clinic  clinic
	config  string // file
	db      *store.DB
	log     *slog.Logger
	stderr  io.Writer
	run     Command
}

// Command runs the program itself, as a person would; not nil says that it failed.
type Command func(ctx context.Context, args ...string) error

// Run plays the story, for so long at most. keep is a new folder in which the mirror and a config stay;
// empty: nothing stays. Data of commands is thrown away, talk goes to stderr.
func Run(ctx context.Context, length time.Duration, keep string, stderr io.Writer, run Command) ([]check, error) {
	dir, err := demoDir(keep)
	if err != nil {
		return nil, err
	}
	if keep == "" {
		defer os.RemoveAll(dir)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, length, errors.New("the demo's time is over"))
	defer cancel()
	d := &stage{
		crm:     ghltest.New(ghltest.Options{Name: "Bright Smile Dental", IndexLag: indexLag, BurstMax: 400}),
		gateway: smstest.New(smstest.Options{}),
		log:     term.NewLogger(stderr, "", "", time.UTC),
		stderr:  stderr,
		run:     run,
	}
	crm, err := d.crm.Serve()
	if err != nil {
		return nil, err
	}
	defer crm.Close()
	gateway, err := d.gateway.Serve()
	if err != nil {
		return nil, err
	}
	defer gateway.Close()
	d.config = filepath.Join(dir, "config.yaml")
	if err := writeDemoConfig(d.config, crm.URL, gateway.URL); err != nil {
		return nil, err
	}
	return d.perform(ctx)
}

// demoDir returns an empty folder for the database: the mirror of an earlier demo would be that of another
// clinic.
func demoDir(keep string) (string, error) {
	if keep == "" {
		return os.MkdirTemp("", "ghlsms-demo-")
	}
	dir, err := filepath.Abs(keep)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, demoDB)); !errors.Is(err, fs.ErrNotExist) {
		return "", term.UsageError{Err: fmt.Errorf("%s holds the database of another demo: name a new folder", dir)}
	}
	return dir, nil
}

const (
	demoDB   = "ghlsms.db"
	indexLag = 300 * time.Millisecond // of the CRM's search
)

// writeDemoConfig writes what a person would write, with short intervals.
func writeDemoConfig(file, crm, gateway string) error {
	return os.WriteFile(file, []byte(`timezone: America/New_York
ghl:
  base_url: `+crm+`
  location_id: loc_sandbox
  token: pit-sandbox
sms:
  provider: smsto
  from: "+15550100"
  smsto:
    api_url: `+gateway+`
    account_url: `+gateway+`
    auth_url: `+gateway+`
    api_key: smsto-sandbox
store:
  path: `+demoDB+`
backup: {every: 0}
schedule:
  texts: "@every 1s"
  crm: "@every 1s"
  reminders: "@every 1s"
texting_hours: {default: "", states: none} # it may be night
inbound:
  welcome_task: {title: "Welcome {{.Contact.Name}}", due: 24h}
  welcome_text: "Thanks {{.Contact.FirstName}}, we have your details."
staff: ["`+danas+`"]
rules:
  - name: new-time
    on: appointment cancelled
    do:
      - task: {title: "Offer {{.Contact.FirstName}} a new time", due: 4h}
outbox:
  settle_after: 2s
sync:
  address_book: {tag: `+newsTag+`, list: Newsletter}
web:
  listen: ""
`), 0o600)
}

// perform runs the daemon while the story is played, and then checks what came of it.
func (d *stage) perform(ctx context.Context) ([]check, error) {
	start := time.Now()
	d.clinic = openClinic(d.crm, start)
	d.clinic.list = d.gateway.AddList("Newsletter")
	select { // the clinic is older than its first search
	case <-ctx.Done():
	case <-time.After(indexLag):
	}
	cfg, err := config.Load(d.config)
	if err != nil {
		return nil, err
	}
	real, err := daemon.Open(ctx, cfg, d.stderr)
	if err != nil {
		return nil, err
	}
	if d.db, err = store.OpenReader(ctx, cfg.Store.Path); err != nil {
		return nil, errors.Join(err, real.Close())
	}
	stopped := make(chan error, 1)
	running, stop := context.WithCancelCause(ctx)
	go func() { stopped <- real.Run(running) }()
	d.play(ctx, start)
	stop(errors.New("the demo is over"))
	err = <-stopped
	checks := d.checks(context.WithoutCancel(ctx))
	return checks, errors.Join(err, d.db.Close(), real.Close())
}

// check is one line of the checklist.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// PrintChecks prints the checklist, and how many of it hold.
func PrintChecks(w io.Writer, checks []check) error {
	fmt.Fprintln(w)
	good := 0
	for _, c := range checks {
		verdict := "FAIL"
		if c.OK {
			verdict, good = " ok ", good+1
		}
		fmt.Fprintf(w, "[%s] %-34s %s\n", verdict, c.Name, c.Detail)
	}
	_, err := fmt.Fprintf(w, "\n%d of %d checks hold\n", good, len(checks))
	return err
}
