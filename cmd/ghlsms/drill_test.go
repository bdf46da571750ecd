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
	if err := storetest.NewMirror(filepath.Join(dir, "ghlsms.db")); err != nil {
		t.Fatal(err)
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

// TestDrill lets things go wrong one by one, with the settings of an empty config, and judges by what the admin gets.
func TestDrill(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	storetest.SkipRace(t, "hours of the daemon, and TestDaysOfTheDaemon runs the same with it")
	for i, tr := range trials {
		if i%3 != 0 && !storetest.InFull() {
			continue
		}
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
	for i, tr := range trials {
		if i%6 != 0 && !storetest.InFull() {
			continue // the sixth that is run shows that a detector is taken away
		}
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
