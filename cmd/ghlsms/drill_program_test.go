package main

import (
	"bytes"
	"database/sql"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
	"ghlsms/sync/trouble"
)

var drillSettings = flag.String("drill.alarms", "look_every: 200ms, stale_after: 3s, undecided_after: 2s", "with what settings of alarms the built program is put into each trouble")

// drillProgram is the built program in a clinic on loopback.
type drillProgram struct {
	url  string // of the webhook
	page string // the address of the page
	cmd  *exec.Cmd
	log  bytes.Buffer
}

// drillPatience is how long a trial of the program may take, however busy the machine is.
const drillPatience = 3 * time.Minute

// TestDrillOfTheProgram puts the built program into each trouble, with shorter settings, and prints what is told.
func TestDrillOfTheProgram(t *testing.T) {
	storetest.SkipShort(t, "processes")
	builtIn(t)
	usual := []string{trouble.KindCRMEntry, trouble.KindGatewayUnread}
	full := storetest.Amount{Usual: 0, Full: 1}.Or(0) == 1
	t.Logf("settings: alarms: {%s}", *drillSettings)
	for _, tr := range trials {
		if !full && !slices.Contains(usual, tr.kind) {
			continue
		}
		t.Run(strings.ReplaceAll(tr.name, " ", "-"), func(t *testing.T) {
			t.Parallel() // each waits most of its time
			if tr.slow != "" {
				t.Skip(tr.slow)
			}
			drillOf(t, tr).runProgram()
		})
	}
}

func drillOf(t *testing.T, tr trial) *drill {
	t.Helper()
	d := &drill{trial: tr, outside: &outside{refused: map[string]int{}}, program: &drillProgram{}}
	d.stage = &stage{
		t: t, dir: t.TempDir(), crm: ghltest.New(ghltest.Options{Name: "Bright Smile Dental", BurstMax: -1}),
		gateway: smstest.New(smstest.Options{DeliverAfter: 10 * time.Millisecond, Recent: 1000}),
	}
	d.config = filepath.Join(d.dir, "config.yaml")
	if tr.disk || tr.kind == trouble.KindDisk {
		d.program.mount(d)
	}
	crm, err := d.crm.Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(crm.Close)
	gateway, err := d.gateway.Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Close)
	outside := httptest.NewServer(d.outside)
	t.Cleanup(outside.Close)
	d.crmURL, d.gatewayURL, d.program.url = crm.URL, gateway.URL, outside.URL
	l, err := net.Listen("tcp", "127.0.0.1:0") // whose port is free, then
	if err != nil {
		t.Fatal(err)
	}
	d.program.page = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	d.write("loc_sandbox")
	d.furnish()
	if tr.before != nil {
		tr.before(d)
	}
	return d
}

func (p *drillProgram) write(d *drill, location string) {
	d.t.Helper()
	text := fmt.Sprintf(`ghl: {base_url: "%s", location_id: %s, token: pit-sandbox}
store: {path: ghlsms.db}
schedule: {texts: "@every 1s", crm: "@every 1s", reminders: "@every 1s"}
texting_hours: {default: "", states: none} # it may be night
sms: {provider: smsto, from: "+15550100", smsto: {api_url: "%[3]s", account_url: "%[3]s", auth_url: "%[3]s", api_key: smsto-sandbox}}
inbound: {welcome_text: "Thanks {{.Contact.FirstName}}, we have your details."}
web: {listen: "%s"}
alarms: {webhook: "%[5]s/hook", heartbeat: "%[5]s/beat", %s}
%s%s`, d.crmURL, location, d.gatewayURL, p.page, p.url, *drillSettings, strings.ReplaceAll(d.trial.config, "DIR", d.dir), d.trial.short)
	if err := os.WriteFile(d.config, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (p *drillProgram) start(d *drill) {
	d.t.Helper()
	p.cmd = program(d.t, "run", "-c", d.config)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
}

func (p *drillProgram) halt(d *drill) {
	d.t.Helper()
	if p.cmd == nil {
		return
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		d.t.Error(err)
	}
	if err := p.cmd.Wait(); err != nil {
		d.t.Errorf("stop: %v", err)
	}
	p.cmd = nil
}

// age lets time pass for what is kept in the mirror and is not to be waited for.
func (p *drillProgram) age(d *drill, by time.Duration) {
	d.t.Helper()
	db, err := sql.Open("sqlite", "file:"+d.path("ghlsms.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		d.t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{
		`UPDATE cursors SET read_at = read_at - ?1 WHERE source IN ('sms.balance', 'crm.calendars')`,
		`UPDATE outbox SET due_at = due_at - ?1 WHERE state = 'pending'`,
		`UPDATE meta SET value = substr(value, 1, instr(value, ' ')) || strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-' || (?1 / 1000) || ' seconds') WHERE key = 'token'`,
	} {
		if _, err := db.ExecContext(d.t.Context(), q, by.Milliseconds()); err != nil {
			d.t.Fatalf("%s: %v", q, err)
		}
	}
}

// The mirror's disk in a trial about one.
const drillDisk = 300 << 20

// mount lets the clinic have a disk of its own.
func (p *drillProgram) mount(d *drill) {
	d.t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		d.t.Skip("a disk is needed, which only root may mount")
	}
	out, err := exec.CommandContext(d.t.Context(), "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", drillDisk), "ghlsms-drill", d.dir).CombinedOutput()
	if err != nil {
		d.t.Skipf("a disk is needed, and none can be mounted: %s", out)
	}
	d.t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", d.dir).CombinedOutput(); err != nil {
			d.t.Errorf("umount: %s", out)
		}
	})
}

// fill leaves so much room on the mirror's disk; more than there is: all that there was.
func (p *drillProgram) fill(d *drill, free uint64) {
	d.t.Helper()
	if free >= drillDisk {
		d.remove("filler")
		return
	}
	f, err := os.Create(d.path("filler"))
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	for n := uint64(drillDisk); n > free; n -= 1 << 20 {
		if _, err := f.Write(block); err != nil {
			break // it is full
		}
	}
}

func (p *drillProgram) ready(d *drill) (code int, said string) {
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://"+p.page+"/readyz", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	_, _ = body.ReadFrom(resp.Body)
	return resp.StatusCode, body.String()
}

func (d *drill) runProgram() {
	t, tr := d.t, d.trial
	began := time.Now()
	d.start()
	defer d.halt()
	if !tr.early {
		until(t, "all is well", func() bool {
			code, _ := d.program.ready(d)
			return code == http.StatusOK && d.outside.beatsSince(began) > 0 // so it has looked for trouble
		})
		began = time.Now()
	}
	tr.into(d)
	if tr.kind == trouble.KindLowCredit || tr.kind == trouble.KindCalendarGone {
		d.program.age(d, 2*time.Hour)
	}
	severity, state := tr.severity, "begins"
	if tr.urgent > 0 {
		severity, state = "urgent", ""
	}
	told, after, is := d.wait(tr.kind, state, severity, began, drillPatience)
	if !is {
		t.Fatalf("%s was not told: %+v", tr.kind, d.outside.of("", began))
	}
	if told.What == "" || told.Remedy == "" || told.Cost == "" {
		t.Errorf("told: %+v", told)
	}
	if severity == "urgent" {
		until(t, "it is not ready", func() bool { code, _ := d.program.ready(d); return code == http.StatusServiceUnavailable })
	}
	code, out, _ := d.ghlsms("status")
	if code != exitWaiting && code != exitHeld || !strings.Contains(flat(out), flat(told.What)) { // a full disk too: it looks for itself
		t.Errorf("status, exit %d:\n%s", code, out)
	}
	end := time.Now()
	tr.out(d)
	until(t, "it is ready again", func() bool {
		if time.Since(end) > time.Second {
			d.program.age(d, 2*time.Hour) // it waits minutes before it tries again
		}
		time.Sleep(200 * time.Millisecond)
		return slices.ContainsFunc(d.outside.of(tr.kind, end), func(o toldOf) bool { return o.State == "is over" })
	})
	over := d.outside.of(tr.kind, end)
	t.Logf("%s (%s) by webhook after %s, status exit %d: %q -> %q; over after %s, %s", tr.kind, severity, after.Round(time.Millisecond*100), code, told.What, told.Remedy,
		over[len(over)-1].At.Sub(end).Round(100*time.Millisecond), tr.ends)
}
