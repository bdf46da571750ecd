package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/sms/smsto"
	"ghlsms/store/storetest"
	"ghlsms/sync/trouble"
)

// told is what somebody outside was told of one trouble.
type toldOf struct {
	At                               time.Time `json:"-"`
	ID, Kind, About, Severity, State string
	What, Cost, Remedy, Details      string
	Since                            time.Time
	Ended                            *time.Time
	News                             string
	Returns                          int
	AckedBy                          string `json:"acknowledged_by"`
}

// outside is what the admin has elsewhere: a webhook, a topic, and a monitor that expects a heartbeat.
type outside struct {
	mu      gosync.Mutex
	told    []toldOf
	bodies  []string
	beats   []time.Time
	refused map[string]int // by path: the status that is answered instead
}

func (o *outside) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if status := o.refused[r.URL.Path]; status != 0 {
		w.WriteHeader(status)
		return
	}
	switch r.URL.Path {
	case "/beat":
		o.beats = append(o.beats, time.Now())
	case "/hook":
		var m struct{ Troubles []toldOf }
		var body strings.Builder
		if err := json.NewDecoder(io.TeeReader(r.Body, &body)).Decode(&m); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		o.bodies = append(o.bodies, body.String())
		for _, t := range m.Troubles {
			t.At = time.Now()
			o.told = append(o.told, t)
		}
	}
}

// RoundTrip answers without a network.
func (o *outside) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	return w.Result(), nil
}

func (o *outside) refuse(path string, status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refused[path] = status
}

// of is what was told of a kind of trouble since a time; of all kinds if kind is empty.
func (o *outside) of(kind string, since time.Time) (all []toldOf) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range o.told {
		if (kind == "" || t.Kind == kind) && !t.At.Before(since) {
			all = append(all, t)
		}
	}
	return all
}

func (o *outside) beatsSince(t time.Time) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, b := range o.beats {
		if b.After(t) {
			n++
		}
	}
	return n
}

// drill is a clinic in which something goes wrong: the whole daemon, both sides, and who is told.
type drill struct {
	*stage

	trial   trial
	outside *outside
	program *drillProgram // nil: the daemon runs in this process, on fake time
	log     transcript

	cfg      *config.Config
	disk     *storetest.Disk
	mu       gosync.Mutex
	hang     chan struct{} // closed or nil: nothing hangs
	free     uint64
	crmPipe  *ghltest.PipeServer
	gatePipe *smstest.PipeServer
	daemon   *daemon.Daemon
	stop     context.CancelFunc
	stopped  chan error
}

// patient is who the clinic knows: their name and number must never be told.
const (
	drillName   = "Zelda"
	drillFamily = "Quimby"
	drillPhone  = "+12025550142"
)

// inFakeTime runs a trial with the settings that an empty config has, on fake time.
func inFakeTime(t *testing.T, tr trial, do func(d *drill)) {
	t.Helper()
	dir := t.TempDir()
	d := &drill{stage: &stage{t: t, dir: dir, config: filepath.Join(dir, "config.yaml")}, trial: tr, outside: &outside{refused: map[string]int{}}}
	d.write("loc_sandbox")
	if tr.disk {
		disk, err := storetest.NewDisk(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer disk.Close()
		d.disk = disk
	}
	synctest.Test(t, func(t *testing.T) {
		d.t = t
		time.Sleep(time.Until(time.Date(2000, 4, 3, 14, 0, 0, 0, time.UTC))) // a Monday, ten o'clock in New York
		d.crm = ghltest.New(ghltest.Options{Name: "Bright Smile Dental", BurstMax: -1, DailyMax: -1, IndexLag: 5 * time.Second})
		d.gateway = smstest.New(smstest.Options{Recent: 1000})
		d.crmPipe, d.gatePipe = d.crm.Pipe(), d.gateway.Pipe()
		defer d.crmPipe.Close()
		defer d.gatePipe.Close()
		d.furnish()
		if tr.before != nil {
			tr.before(d)
		}
		d.start()
		defer func() { d.halt() }()
		do(d)
		if t.Failed() {
			t.Log(d.log.String())
		}
	})
}

// furnish puts into the CRM what any clinic has.
func (d *drill) furnish() {
	d.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	d.crm.AddContact(ghltest.Contact{ID: "zelda", FirstName: drillName, LastName: drillFamily, Phone: drillPhone, Email: "zelda.quimby@example.com"})
	d.crm.AddAppointment(ghltest.Appointment{ID: "visit", CalendarID: "cal1", ContactID: "zelda", Title: "Check-up", Start: time.Now().Add(30 * 24 * time.Hour)})
}

// write writes the config: what has no default, and the ways to tell.
func (d *drill) write(location string) {
	d.t.Helper()
	if d.program != nil {
		d.program.write(d, location)
		return
	}
	text := fmt.Sprintf(`ghl: {base_url: "http://127.0.0.1:1", location_id: %s, token: pit-sandbox}
store: {path: ghlsms.db}
sms: {provider: smsto, from: "+15550100", smsto: {api_url: "http://127.0.0.1:2", account_url: "http://127.0.0.1:2", auth_url: "http://127.0.0.1:2", api_key: smsto-sandbox}}
inbound: {welcome_text: "Thanks {{.Contact.FirstName}}, we have your details."}
web: {listen: ""}
alarms: {webhook: "http://127.0.0.1:3/hook", heartbeat: "http://127.0.0.1:3/beat"}
%s`, location, strings.ReplaceAll(d.trial.config, "DIR", d.dir))
	if err := os.WriteFile(d.config, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) start() {
	d.t.Helper()
	if d.program != nil {
		d.program.start(d)
		return
	}
	cfg, err := config.Load(d.config)
	if err != nil {
		d.t.Fatal(err)
	}
	o, err := daemon.Open(d.t.Context(), cfg, &d.log)
	if err != nil {
		d.t.Fatal(err)
	}
	crm, err := ghl.New(ghl.Options{
		BaseURL: d.crmPipe.URL, Location: ghl.LocationID(cfg.GHL.LocationID), HTTP: d.crmPipe.Client,
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: ghltest.DefaultToken}),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	o.Engine.CRM = hanging{crm, d}
	o.Engine.Gateway, err = smsto.New(smsto.Options{
		APIURL: d.gatePipe.URL, AccountURL: d.gatePipe.URL, AuthURL: d.gatePipe.URL, Key: smstest.DefaultKey, From: cfg.SMS.From, HTTP: d.gatePipe.Client,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	o.Alarms.Transport = d.outside
	o.Free = d.freeNow
	ctx, stop := context.WithCancel(d.t.Context())
	d.cfg, d.daemon, d.stop, d.stopped = cfg, o, stop, make(chan error, 2)
	go func() { d.stopped <- o.Run(ctx); d.stopped <- o.Close() }()
}

func (d *drill) halt() {
	d.t.Helper()
	if d.program != nil {
		d.program.halt(d)
		return
	}
	if d.stop == nil {
		return
	}
	d.stop()
	d.stop = nil
	for range 2 {
		if err := <-d.stopped; err != nil {
			d.t.Errorf("stop: %v", err)
		}
	}
}

// hanging is a client of the CRM that may not come back.
type hanging struct {
	*ghl.Client
	d *drill
}

func (h hanging) SearchContacts(ctx context.Context, q ghl.ContactQuery) iter.Seq2[ghl.Page[ghl.Contact], error] {
	h.d.mu.Lock()
	hang := h.d.hang
	h.d.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
		}
	}
	return h.Client.SearchContacts(ctx, q)
}

// hangUp lets the CRM's client not come back from now on, until goOn.
func (d *drill) hangUp() {
	if d.program != nil { // no answer comes before the client gives up, which is later than a cycle may take
		d.crm.AddFault(ghltest.Fault{Path: "/contacts/search", Kind: ghltest.Slow, Delay: 20 * time.Second, Times: -1})
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hang = make(chan struct{})
}

func (d *drill) goOn() {
	d.crm.ClearFaults()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.hang != nil {
		close(d.hang)
		d.hang = nil
	}
}

// setFree says how much room is on the mirror's disk.
func (d *drill) setFree(bytes uint64) {
	if d.program != nil {
		d.program.fill(d, bytes)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = bytes
}

func (d *drill) freeNow(string) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.free
}

// ready is what a probe is answered.
func (d *drill) ready() (code int, said string) {
	w := httptest.NewRecorder()
	d.daemon.Page().ServeHTTP(w, httptest.NewRequestWithContext(d.t.Context(), http.MethodGet, "http://localhost/readyz", nil))
	return w.Code, w.Body.String()
}

// wait waits until something was told of a kind, or as long as it may take.
func (d *drill) wait(kind, state, severity string, since time.Time, within time.Duration) (told toldOf, after time.Duration, is bool) {
	step := min(5*time.Second, within/20)
	for {
		for _, t := range d.outside.of(kind, since) {
			if (state == "" || t.State == state) && (severity == "" || t.Severity == severity) {
				return t, t.At.Sub(since), true
			}
		}
		if time.Since(since) > within {
			return told, within, false
		}
		time.Sleep(step)
	}
}

// trial is one thing that goes wrong.
type trial struct {
	name     string // what happens
	kind     string // of the trouble that is told
	severity string // when it is first told
	within   time.Duration
	urgent   time.Duration // it is told to be urgent by then; 0: it does not get worse
	over     time.Duration // its end is told
	ends     string        // how it ends
	also     []string      // kinds that are told too, being true as well
	config   string        // more of it
	disk     bool          // the mirror's disk can fail
	short    string        // config with which the program is quick enough for a test
	slow     string        // why the program is not put into it; empty: it is
	unkept   bool          // the mirror cannot keep it, so another process does not see it
	early    bool          // it is so from the start
	off      bool          // the daemon does not run for a while, in which nobody can tell
	before   func(*drill)  // before the daemon starts
	into     func(*drill)
	out      func(*drill)
}

func (d *drill) text(from, words string) { d.gateway.Text(from, words) }

// newcomer texts us, and is to be answered.
func (d *drill) newcomer() { d.text("+12025550177", "Hi, I'm "+drillName+" "+drillFamily) }

func (d *drill) fail(f storetest.Fault) {
	if d.program != nil {
		d.program.fill(d, 0)
		return
	}
	d.disk.Fail(func(op storetest.Op) storetest.Fault {
		if strings.HasPrefix(filepath.Base(op.Path), "ghlsms.db") {
			return f
		}
		return storetest.None
	})
}

func (d *drill) mended() {
	if d.program != nil {
		d.program.fill(d, 1<<40)
		return
	}
	d.disk.Fail(nil)
}

// scopesWithout are all scopes but some.
func scopesWithout(gone ...string) []string {
	return slices.DeleteFunc([]string{
		"contacts.readonly", "contacts.write", "locations/tasks.readonly", "calendars.readonly", "calendars/events.readonly", "calendars/events.write",
		"locations.readonly", "users.readonly", "locations/tags.readonly", "locations/customFields.readonly",
	}, func(s string) bool { return slices.Contains(gone, s) })
}

// later is a machine that was switched off for a while.
func (d *drill) later(off time.Duration) {
	d.halt()
	if d.program != nil {
		d.program.age(d, off)
		d.start()
		return
	}
	time.Sleep(off)
	d.start()
}

const byItself = "by itself"

var trials = []trial{
	{
		name: "the gateway's account is empty", kind: trouble.KindCredit, severity: "urgent", within: 2 * time.Minute, over: 8 * time.Minute,
		ends: "after the top-up, by itself", into: func(d *drill) { d.gateway.SetBalance(0); d.newcomer() }, out: func(d *drill) { d.gateway.SetBalance(50) },
	},
	{
		name: "the CRM's token is revoked", kind: trouble.KindCRMEntry, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "when a token works again", into: func(d *drill) { d.crm.SetToken("pit-other") }, out: func(d *drill) { d.crm.SetToken(ghltest.DefaultToken) },
	},
	{
		name: "the gateway is gone", kind: trouble.KindGatewayUnread, severity: "warning", within: 16 * time.Minute, urgent: 31 * time.Minute, over: 2 * time.Minute,
		ends: byItself, into: func(d *drill) { d.gateway.SetDown(true) }, out: func(d *drill) { d.gateway.SetDown(false) },
	},
	{
		name: "the CRM is gone", kind: trouble.KindCRMUnread, severity: "warning", within: 17 * time.Minute, urgent: 32 * time.Minute, over: 3 * time.Minute,
		ends: byItself, into: func(d *drill) { d.crm.SetDown(true) }, out: func(d *drill) { d.crm.SetDown(false) },
	},
	{
		name: "the gateway's account gets low", kind: trouble.KindLowCredit, severity: "warning", within: 62 * time.Minute, over: 62 * time.Minute,
		ends: "after the top-up, by itself", into: func(d *drill) { d.gateway.SetBalance(3) }, out: func(d *drill) { d.gateway.SetBalance(50) },
	},
	{
		name: "the token loses a scope for reading", kind: trouble.KindCRMScope, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "when the token has it again", into: func(d *drill) { d.crm.SetScopes(scopesWithout("calendars/events.readonly")...) }, out: func(d *drill) { d.crm.SetScopes() },
	},
	{
		name: "the CRM forbids one of its endpoints", kind: trouble.KindCRMScope, severity: "urgent", within: 2 * time.Minute, over: 4 * time.Minute,
		ends: "when the CRM allows it",
		into: func(d *drill) {
			d.crm.AddFault(ghltest.Fault{Path: "/calendars/events", Kind: ghltest.Refuse, Status: http.StatusForbidden, Times: -1})
		}, out: func(d *drill) { d.crm.ClearFaults() },
	},
	{
		name: "the token loses a scope for writing", kind: trouble.KindWriteScope, severity: "warning", within: 2 * time.Minute, over: 7 * time.Minute,
		ends: "when the token has it again", into: func(d *drill) { d.crm.SetScopes(scopesWithout("contacts.write")...); d.newcomer() }, out: func(d *drill) { d.crm.SetScopes() },
	},
	{
		name: "the folder of backups is gone", kind: trouble.KindFolder, severity: "warning", within: time.Minute, over: 2 * time.Minute,
		ends: "when it is there again", config: "backup: {folder: DIR/mnt/disk}\n",
		before: func(d *drill) { d.mkdir("mnt/disk") }, into: func(d *drill) { d.rename("mnt/disk", "mnt/gone") }, out: func(d *drill) { d.rename("mnt/gone", "mnt/disk") },
	},
	{
		name: "no backup can be written", kind: trouble.KindBackup, severity: "warning", within: time.Minute, over: 17 * time.Minute,
		ends: "when one can, tried every 15 minutes", short: "backup: {every: 1m}\n",
		into: func(d *drill) {
			d.halt()
			d.noBackups()
			d.start()
		}, out: func(d *drill) { d.remove("backups"); d.rename("old", "backups") },
	},
	{
		name: "this machine's clock is wrong", kind: trouble.KindClock, severity: "urgent", within: 2 * time.Minute, over: 2 * time.Minute,
		ends: "when the clock is right", into: func(d *drill) { d.crm.SetClock(-20 * time.Minute) }, out: func(d *drill) { d.crm.SetClock(0) },
	},
	{
		name: "most contacts change at once, and the brake is pulled", kind: trouble.KindBrake, severity: "warning", within: 2 * time.Minute, over: time.Minute,
		ends:   "by `ghlsms held release` or `drop`",
		before: func(d *drill) { d.crowd(30) },
		into: func(d *drill) {
			for i := range 30 {
				d.crm.EditContact(fmt.Sprintf("c%d", i), func(c *ghltest.Contact) { c.City = "Elsewhere" })
			}
		}, out: func(d *drill) { d.must("held", "release", "b1") },
	},
	{
		name: "the mirror is put back from a copy, and the brake is pulled", kind: trouble.KindBrake, severity: "urgent", within: time.Minute, over: time.Minute,
		ends: "by `ghlsms held release`", into: func(d *drill) { d.halt(); d.remove("ghlsms.mark"); d.start() }, out: func(d *drill) { d.must("held", "release", "b1") },
	},
	{
		name: "more new contacts than the limit text in", kind: trouble.KindLimit, severity: "warning", within: 2 * time.Minute, over: 2 * time.Minute,
		ends: "by `ghlsms held release`",
		into: func(d *drill) {
			for i := range 55 {
				d.text(fmt.Sprintf("+1202555%04d", 2000+i), "Hi, I'm "+drillName+" "+drillFamily)
			}
		}, out: (*drill).releaseAll,
	},
	{
		name: "the mirror's disk is full", kind: trouble.KindMirror, severity: "urgent", within: time.Minute, over: 90 * time.Second, unkept: true, disk: true,
		ends: "when there is room", into: func(d *drill) { d.fail(storetest.Full) }, out: (*drill).mended,
	},
	{
		name: "the mirror's disk is read-only", kind: trouble.KindMirror, severity: "urgent", within: time.Minute, over: 90 * time.Second, unkept: true, disk: true,
		ends: "when it can be written", slow: "a disk in use cannot be made read-only from outside",
		into: func(d *drill) { d.fail(storetest.ReadOnly) }, out: (*drill).mended,
	},
	{
		name: "the mirror's disk is nearly full", kind: trouble.KindDisk, severity: "warning", within: time.Minute, over: 2 * time.Minute,
		ends: "when there is room", into: func(d *drill) { d.setFree(50 << 20) }, out: func(d *drill) { d.setFree(50 << 30) },
	},
	{
		name: "a cycle hangs", kind: trouble.KindHangs, severity: "urgent", within: 17 * time.Minute, over: 2 * time.Minute,
		ends: "when it goes on, or after a restart", into: (*drill).hangUp, out: (*drill).goOn,
	},
	{
		name: "the token is older than 83 days", kind: trouble.KindTokenOld, severity: "warning", off: true, within: time.Minute, over: 2 * time.Minute,
		ends: "by `ghlsms auth rotate`", into: func(d *drill) { d.later(84 * 24 * time.Hour) }, out: (*drill).rotate,
	},
	{
		name: "a calendar of the config is gone", kind: trouble.KindCalendarGone, severity: "warning", within: 62 * time.Minute, over: 62 * time.Minute,
		ends: "when the config or the CRM is mended", config: "reminders: [{name: r, before: 24h, if: {calendar: Dr. Who}, text: \"See you {{.When}}\"}]\n",
		before: func(d *drill) { d.crm.AddCalendar(ghltest.Calendar{ID: "cal2", Name: "Dr. Who"}) },
		into:   func(d *drill) { d.crm.RemoveCalendar("cal2") }, out: func(d *drill) { d.crm.AddCalendar(ghltest.Calendar{ID: "cal2", Name: "Dr. Who"}) },
	},
	{
		name: "the gateway refuses the sender", kind: trouble.KindSender, severity: "urgent", within: 2 * time.Minute, over: 7 * time.Minute,
		ends: "when it takes it, by itself", into: func(d *drill) { d.gateway.SetSenders("OTHER"); d.newcomer() }, out: func(d *drill) { d.gateway.SetSenders() },
	},
	{
		name: "the gateway's key is revoked", kind: trouble.KindGatewayEntry, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "when a key works again", into: func(d *drill) { d.gateway.SetKey("other") }, out: func(d *drill) { d.gateway.SetKey(smstest.DefaultKey) },
	},
	{
		name: "the location of the config is wrong", kind: trouble.KindCRMLocation, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute, early: true,
		ends:   "when the config is mended, and ghlsms restarted",
		before: func(d *drill) { d.write("loc_elsewhere") },
		into:   func(*drill) {}, out: func(d *drill) { d.halt(); d.write("loc_sandbox"); d.start() },
	},
	{
		name: "a way to tell fails", kind: trouble.KindWay, severity: "warning", within: 2 * time.Minute, over: 2 * time.Minute,
		ends: "when it works again", into: func(d *drill) { d.outside.refuse("/beat", 500) }, out: func(d *drill) { d.outside.refuse("/beat", 0) },
	},
	{
		name: "the gateway's answers to texts cannot be read", kind: trouble.KindNoSending, severity: "warning", within: 6 * time.Minute, urgent: 12 * time.Minute, over: 20 * time.Minute,
		ends: "with the next text that it takes",
		into: func(d *drill) {
			d.gateway.AddFault(smstest.Fault{Path: "/sms/send", Kind: smstest.ErrorBefore})
			d.newcomer()
		}, out: func(d *drill) { d.gateway.ClearFaults(); d.text("+12025550178", "Hi, I'm "+drillName+" "+drillFamily) }, also: []string{trouble.KindUnclear},
	},
	{
		name: "one side flaps", kind: trouble.KindGatewayEntry, severity: "urgent", within: 2 * time.Minute, over: 62 * time.Minute,
		ends: "when it has been well for a while, an hour at most", into: (*drill).flap, out: func(d *drill) { d.gateway.SetKey(smstest.DefaultKey) },
	},
	{
		name: "nothing is read, and nobody says why", kind: trouble.KindStandstill, severity: "urgent", within: 32 * time.Minute, over: 3 * time.Minute,
		ends: "when the cause is mended, here the schedule", slow: "the test has a schedule of its own",
		into: func(d *drill) { d.reschedule("0 0 1 1 *") }, out: func(d *drill) { d.reschedule("@every 1m") },
	},
	{
		name: "reminders are due, and cannot be decided", kind: trouble.KindOverdue, severity: "urgent", within: 14 * time.Minute, over: 3 * time.Minute,
		ends: "when they are, here when the clock is right", config: "reminders: [{name: r, before: 24h, text: \"See you {{.When}}\"}]\n", also: []string{trouble.KindClock}, slow: "ten minutes must pass",
		into: func(d *drill) { d.visitIn(24*time.Hour + 3*time.Minute); d.crm.SetClock(-20 * time.Minute) }, out: func(d *drill) { d.crm.SetClock(0) },
	},
	{
		name: "reminders are missed", kind: trouble.KindMissed, severity: "warning", within: time.Minute, over: time.Minute, off: true,
		ends: "by `ghlsms trouble ack reminders-missed`", config: dayBefore, also: []string{trouble.KindStopped}, slow: "the machine must be off for a while",
		into: func(d *drill) { d.visitIn(24*time.Hour + 2*time.Minute); d.later(40 * time.Minute) }, out: func(d *drill) { d.must("trouble", "ack", trouble.KindMissed) },
	},
	{
		name: "texts that came in cannot be decided", kind: trouble.KindUndecided, severity: "urgent", within: 12 * time.Minute, over: 3 * time.Minute, early: true,
		ends: "when they are, here when the contacts were read", also: []string{trouble.KindCRMUnread},
		before: func(d *drill) { d.crm.SetDown(true) }, into: (*drill).newcomer, out: func(d *drill) { d.crm.SetDown(false) },
	},
	{
		name: "two sides change the same field", kind: trouble.KindConflicts, severity: "warning", within: 3 * time.Minute, over: 2 * time.Minute,
		ends: "by `ghlsms conflicts resolve`", config: "sync: {contacts: {fields: {city: ask}}}\n", into: (*drill).disagree, out: (*drill).agree,
	},
	{
		name: "the newest backup is too old", kind: trouble.KindOld, severity: "warning", off: true, within: time.Minute, over: 18 * time.Minute,
		ends: "with the next backup", also: []string{trouble.KindBackup}, slow: "it takes two days",
		into: func(d *drill) { d.halt(); d.noBackups(); time.Sleep(50 * time.Hour); d.start() }, out: func(d *drill) { d.remove("backups"); d.rename("old", "backups") },
	},
	{
		name: "the CRM refuses the version of its API", kind: trouble.KindCRMVersion, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "with a newer ghlsms", into: func(d *drill) { d.crm.RefuseVersions(true) }, out: func(d *drill) { d.crm.RefuseVersions(false) },
	},
	{
		name: "more texts would leave than the limit", kind: trouble.KindLimit, severity: "warning", within: 2 * time.Minute, over: time.Minute,
		ends: "by `ghlsms held release` or `drop`", config: "limits: {texts_per_hour: 1}\n",
		into: func(d *drill) {
			for i := range 3 {
				d.text(fmt.Sprintf("+1202555%04d", 2000+i), "Hi, I'm "+drillName+" "+drillFamily)
			}
		}, out: (*drill).releaseAll,
	},
	{
		name: "the day's calls to the CRM are used up", kind: trouble.KindCRMDay, severity: "urgent", within: 2 * time.Minute, over: 65 * time.Minute,
		ends: "when the CRM gives new ones, at the time that is told", slow: "it lasts an hour",
		into: func(d *drill) { d.crm.UseUpDay(time.Hour) }, out: func(*drill) {},
	},
	{
		name: "a text does not arrive", kind: trouble.KindUndelivered, severity: "warning", within: 5 * time.Minute, over: time.Minute,
		ends: "by `ghlsms trouble ack texts-undelivered`",
		into: func(d *drill) { d.gateway.Fail("+12025550177", "FAILED"); d.newcomer() }, out: func(d *drill) { d.must("trouble", "ack", trouble.KindUndelivered) },
	},
}

// dayBefore is a reminder that is soon too late.
const dayBefore = "reminders: [{name: r, before: 24h, late: 12m, text: \"See you {{.When}}\"}]\n"

// flap refuses the gateway's key every other minute.
func (d *drill) flap() {
	pause := time.Minute
	if d.program != nil {
		pause = 2 * time.Second
	}
	for range 7 {
		d.gateway.SetKey("other")
		time.Sleep(pause)
		d.gateway.SetKey(smstest.DefaultKey)
		time.Sleep(pause)
	}
	d.gateway.SetKey("other")
	time.Sleep(pause)
}

// reschedule has the CRM read at other times from now on.
func (d *drill) reschedule(crm string) {
	d.halt()
	d.trial.config = fmt.Sprintf("schedule: {crm: %q}\n", crm)
	d.write("loc_sandbox")
	d.start()
}

// visitIn is an appointment in some time.
func (d *drill) visitIn(in time.Duration) {
	d.crm.AddAppointment(ghltest.Appointment{ID: "soon", CalendarID: "cal1", ContactID: "zelda", Title: "Check-up", Start: time.Now().Add(in)})
	time.Sleep(70 * time.Second) // it is read
}

// disagree has a field of the patient changed in the CRM and here.
func (d *drill) disagree() {
	d.crm.SetDown(true)
	d.must("contact", "set", "1", "city=Here")
	d.crm.EditContact("zelda", func(c *ghltest.Contact) { c.City = "There" })
	d.crm.SetDown(false)
}

func (d *drill) agree() {
	var rows []struct {
		ID any `json:"id"`
	}
	if err := json.Unmarshal([]byte(d.must("conflicts", "list", "--format", "json")), &rows); err != nil || len(rows) != 1 {
		d.t.Fatalf("%v: %v", rows, err)
	}
	d.must("conflicts", "resolve", fmt.Sprint(rows[0].ID), "crm")
}

// noBackups puts something in the way of backups, and those that there are aside.
func (d *drill) noBackups() {
	d.rename("backups", "old")
	if err := os.Symlink("nowhere", d.path("backups")); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) path(name string) string { return filepath.Join(d.dir, name) }

func (d *drill) mkdir(name string) {
	if err := os.MkdirAll(d.path(name), 0o700); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) rename(from, to string) {
	if err := os.Rename(d.path(from), d.path(to)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) remove(name string) {
	if err := os.Remove(d.path(name)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) crowd(n int) {
	for i := range n {
		d.crm.AddContact(ghltest.Contact{ID: fmt.Sprintf("c%d", i), FirstName: "Fay", LastName: "Doe", Phone: fmt.Sprintf("+1202555%04d", 3000+i)})
	}
}

// releaseAll lets go whatever limits hold, as it is listed.
func (d *drill) releaseAll() {
	var rows []struct {
		ID any `json:"id"`
	}
	if err := json.Unmarshal([]byte(d.must("held", "list", "--format", "json")), &rows); err != nil {
		d.t.Fatal(err)
	}
	args := []string{"held", "release"}
	for _, r := range rows {
		args = append(args, fmt.Sprint(r.ID))
	}
	d.must(args...)
}

// rotate puts another token into the config, which the CRM takes as well.
func (d *drill) rotate() {
	text, err := os.ReadFile(d.config)
	if err == nil {
		err = os.WriteFile(d.config, []byte(strings.Replace(string(text), "token: pit-sandbox", "token: pit-new", 1)), 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.halt()
	if d.program != nil {
		d.crm.SetToken("pit-new")
	}
	d.start()
}

// TestDrill lets things go wrong one by one, with the settings of an empty config, and judges by what the admin gets.
func TestDrill(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	storetest.SkipRace(t, "hours of the daemon, and TestDaysOfTheDaemon runs the same with it")
	for _, tr := range trials {
		t.Run(strings.ReplaceAll(tr.name, " ", "-"), func(t *testing.T) {
			inFakeTime(t, tr, func(d *drill) { d.run() })
		})
	}
}

func (d *drill) run() {
	t, tr := d.t, d.trial
	began := time.Now()
	if !tr.early {
		time.Sleep(4*time.Minute + 7*time.Second)
		if told := d.outside.of("", time.Time{}); len(told) > 0 {
			t.Fatalf("told before anything went wrong: %+v", told)
		}
		if code, said := d.ready(); code != http.StatusOK {
			t.Fatalf("not ready before anything went wrong: %s", said)
		}
		began = time.Now()
	}
	tr.into(d)
	if tr.off {
		began = time.Now()
	}
	told, after, is := d.wait(tr.kind, "begins", "", began, tr.within)
	if !is {
		t.Fatalf("%s was not told within %s; told was %+v", tr.kind, tr.within, d.outside.of("", began))
	}
	if told.Severity != tr.severity || told.What == "" || told.Remedy == "" || told.Cost == "" || told.Since.IsZero() || told.Since.After(told.At) {
		t.Errorf("told: %+v", told)
	}
	if tr.urgent > 0 {
		worse, _, is := d.wait(tr.kind, "goes on", "urgent", began, tr.urgent)
		if !is {
			t.Fatalf("not told to be urgent within %s", tr.urgent)
		}
		if worse.News != "gets worse" || worse.ID != told.ID {
			t.Errorf("of %s it was told: %+v", told.ID, worse)
		}
		told = worse
	}
	urgent := told.Severity == "urgent"
	d.lasts(told, urgent)

	end := time.Now()
	tr.out(d)
	_, over, is := d.wait(tr.kind, "is over", "", end, tr.over)
	if !is {
		t.Fatalf("its end was not told within %s; told was %+v", tr.over, d.outside.of("", began))
	}
	d.isOver(began)
	t.Logf("%s: told after %s, over %s after it was mended", tr.kind, after.Round(time.Second), over.Round(time.Second))
}

// lasts looks at what else the admin sees of a trouble while it lasts.
func (d *drill) lasts(told toldOf, urgent bool) {
	t := d.t
	if code, said := d.ready(); urgent != (code == http.StatusServiceUnavailable) || urgent && !strings.Contains(said, told.What) {
		t.Errorf("readyz: %d %s", code, said)
	}
	if code, out, _ := d.ghlsms("status"); !d.trial.unkept && (code != exitWaiting && code != exitHeld || !strings.Contains(flat(out), flat(told.What))) {
		t.Errorf("status, exit %d:\n%s", code, out)
	}
	now := time.Now()
	time.Sleep(3 * time.Minute)
	if n := d.outside.beatsSince(now.Add(time.Second)); d.trial.kind != trouble.KindWay && urgent != (n == 0) {
		t.Errorf("%d heartbeats within three minutes", n)
	}
}

// isOver looks whether all is well after a trouble, and that it was told once and nobody was named.
func (d *drill) isOver(began time.Time) {
	t, tr := d.t, d.trial
	time.Sleep(4*time.Minute + 7*time.Second)
	if code, said := d.ready(); code != http.StatusOK {
		t.Errorf("readyz after it: %d %s", code, said)
	}
	if d.outside.beatsSince(time.Now().Add(-time.Minute)) == 0 {
		t.Error("no heartbeat after it")
	}
	begins, ends := 0, 0
	for _, one := range d.outside.of("", began) {
		switch {
		case one.Kind == tr.kind && one.State == "begins":
			begins++
		case one.Kind == tr.kind && one.State == "is over":
			ends++
		case one.Kind == tr.kind, slices.Contains(tr.also, one.Kind):
		default:
			t.Errorf("also told: %+v", one)
		}
	}
	if begins != 1 || ends != 1 {
		t.Errorf("told %d times that it begins, and %d times that it is over", begins, ends)
	}
	d.outside.mu.Lock()
	defer d.outside.mu.Unlock()
	for _, body := range d.outside.bodies {
		if ofPeople.MatchString(body) {
			t.Errorf("somebody is named in %s", body)
		}
	}
}

var (
	ofPeople = regexp.MustCompile(drillName + "|" + drillFamily + `|\+?1?202555\d{4}|example\.com|Fay`)
	spaces   = regexp.MustCompile(`\s+`)
)

// flat is a text without the line breaks of a terminal.
func flat(s string) string { return spaces.ReplaceAllString(s, " ") }

// drillTable is the table of the document: a line for each trial.
func drillTable() string {
	var b strings.Builder
	b.WriteString("| kind | what goes wrong | severity | told within | it ends | its end is told within |\n|---|---|---|---|---|---|\n")
	for _, tr := range trials {
		severity, within := tr.severity, span(tr.within)
		if tr.urgent > 0 {
			severity, within = severity+", then urgent", within+", then "+span(tr.urgent)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", tr.kind, tr.name, severity, within, tr.ends, span(tr.over))
	}
	return b.String()
}

// span is a time as the document says it.
func span(d time.Duration) string {
	switch {
	case d%time.Minute != 0:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d > time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}

// The table in docs/monitoring.md is that of the trials. UPDATE_DOCS=1 writes it.
func TestDrillDocument(t *testing.T) {
	t.Parallel()
	const from, to = "<!-- trials -->\n", "<!-- end of trials -->\n"
	file := filepath.Join(root, "docs/monitoring.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), from)
	table, after, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatal("docs/monitoring.md has no place for the table")
	}
	if table == drillTable() {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("UPDATE_DOCS=1 go test -run %s ./cmd/ghlsms writes the table of docs/monitoring.md, which is not\n%s", t.Name(), drillTable())
	}
	if err := os.WriteFile(file, []byte(before+from+drillTable()+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Each trial can fail: nothing is told by a program that lacks the detector.
func TestDrillWithoutDetectors(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	storetest.SkipRace(t, "hours of the daemon, and TestDaysOfTheDaemon runs the same with it")
	mirror, machine := trouble.InMirror, trouble.OnMachine
	defer func() { trouble.InMirror, trouble.OnMachine = mirror, machine }()
	for _, tr := range trials {
		t.Run(strings.ReplaceAll(tr.name, " ", "-"), func(t *testing.T) {
			finds := func(one trouble.Detector) bool { return slices.Contains(one.Kinds, tr.kind) }
			trouble.InMirror, trouble.OnMachine = slices.DeleteFunc(slices.Clone(mirror), finds), slices.DeleteFunc(slices.Clone(machine), finds)
			if len(trouble.InMirror)+len(trouble.OnMachine) != len(mirror)+len(machine)-1 {
				t.Fatalf("%s is not found by one detector", tr.kind)
			}
			inFakeTime(t, tr, func(d *drill) {
				time.Sleep(4*time.Minute + 7*time.Second)
				began := time.Now()
				tr.into(d)
				time.Sleep(max(tr.within, tr.urgent))
				if told := d.outside.of(tr.kind, began); len(told) > 0 {
					t.Errorf("told without its detector: %+v", told)
				}
				d.goOn()
				if d.disk != nil {
					d.mended()
				}
			})
		})
	}
}

// Where nothing is wrong nobody is told anything, and the heartbeat does not stop, whatever people do all day.
func TestDrillOfAQuietDay(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	storetest.SkipRace(t, "hours of the daemon, and TestDaysOfTheDaemon runs the same with it")
	inFakeTime(t, trial{}, func(d *drill) {
		for hour := range (storetest.Amount{Short: 1, Usual: 3, Full: 24}).Or(0) {
			if hour%4 == 0 { // more answers in a day would meet limits.texts_per_person_per_day
				d.text(drillPhone, "NOTE hello")
			}
			d.text(fmt.Sprintf("+1202555%04d", 4000+hour), "Hi, I'm "+drillName+" "+drillFamily)
			d.crm.EditContact("zelda", func(c *ghltest.Contact) { c.City = fmt.Sprint("City ", hour) })
			for range 60 {
				from := time.Now()
				time.Sleep(time.Minute)
				if d.outside.beatsSince(from) == 0 {
					t.Fatalf("no heartbeat at %s", from)
				}
			}
		}
		if told := d.outside.of("", time.Time{}); len(told) > 0 {
			t.Errorf("told: %+v", told)
		}
		if code, out, _ := d.ghlsms("status"); code != exitDone {
			t.Errorf("status, exit %d:\n%s", code, out)
		}
	})
}
