package sync_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/sms/smsto"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/inbound"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

var showLog = flag.Bool("engine.log", false, "show what the engine logs")

// heavy leaves a test out of the inner loop, and under the race detector, which makes it many times slower.
// .ci/run runs all tests of this package without it as well.
func heavy(t *testing.T) {
	t.Helper()
	storetest.SkipShort(t, "many cycles")
	storetest.SkipRace(t, "many cycles")
}

// oneOf leaves out all but one of about so many subtests of a test in which they are many and dear. The first runs
// in any case, of the others those that their names decide. GHLSMS_FULL=1 runs them all, and so does -run.
func oneOf(t *testing.T, n uint32) {
	t.Helper()
	if storetest.InFull() || flag.Lookup("test.run").Value.String() != "" {
		return
	}
	of, _, _ := strings.Cut(t.Name(), "/")
	if _, later := begun.LoadOrStore(of, true); later && crc32.ChecksumIEEE([]byte(t.Name()))%n != 0 {
		t.Skip("one of several like it runs; all with GHLSMS_FULL=1, or -run")
	}
}

var begun gosync.Map // tests of which a subtest ran

// TestMain keeps every test inside this machine: no name is looked up, and the default
// transport dials loopback only.
func TestMain(m *testing.M) {
	storetest.InMemory()
	refuse := func(_ context.Context, _, addr string) (net.Conn, error) {
		return nil, fmt.Errorf("a test wants to leave the machine: %s", addr)
	}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: refuse}
	http.DefaultTransport.(*http.Transport).DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if host, _, err := net.SplitHostPort(addr); err != nil || !net.ParseIP(host).IsLoopback() {
			return refuse(ctx, network, addr)
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	// A story that fails takes seconds, and shrinking tells it hundreds of times.
	for name, value := range map[string]string{"rapid.shrinktime": "15s", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a tenth of the time was collecting garbage of worlds that are small
	}
	os.Exit(m.Run())
}

// tester is what the world needs of a test, so that a property can have a world too.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Output() io.Writer
}

type options struct {
	crm   ghltest.Options
	gate  smstest.Options
	rules func(*plan.Config)
	with  func(*world) // prepares the world before anything lives in it
}

// simulated counts what all worlds of this process went through: a step is a request or a cycle.
var simulated simulation

type simulation struct{ steps, cycles, seconds atomic.Int64 }

func (s *simulation) String() string {
	return fmt.Sprintf("%d steps, %d cycles, %.0f simulated days so far", s.steps.Load(), s.cycles.Load(), float64(s.seconds.Load())/86400)
}

// world is both sides, the mirror between them and an engine, at fake time.
type world struct {
	t     tester
	ctx   context.Context
	dir   string
	opt   options
	crm   *ghltest.Sandbox
	gate  *smstest.Sandbox
	rules plan.Config

	crmPipe  *ghltest.PipeServer
	gatePipe *smstest.PipeServer
	calendar string

	mark  string                     // beside the mirror; empty: none
	crmAs func(*ghl.Client) sync.CRM // what the engine has in the place of the client; nil: that

	db     *store.DB
	engine *sync.Engine
	life   *life
	lives  int
	moment func(what string) // is told of every request of a cycle; nil: nobody is
	busy   bool              // in a cycle

	began     time.Time
	ticks     int
	nextSweep time.Time
	lastErr   error // of the last cycle
	mayPanic  bool  // a mistake of the engine's is planted
}

// inWorld tells a story in a bubble of fake time, which begins on 2000-01-01 in UTC.
func inWorld(t *testing.T, o options, story func(w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, o)
		defer w.close()
		story(w)
	})
}

func newWorld(t tester, dir string, o options) *world {
	t.Helper()
	o.crm.BurstMax = cmp.Or(o.crm.BurstMax, -1)
	o.crm.DailyMax = cmp.Or(o.crm.DailyMax, -1)
	w := &world{t: t, ctx: context.Background(), dir: dir, opt: o, crm: ghltest.New(o.crm), gate: smstest.New(o.gate)}
	w.began = time.Now()
	w.rules = defaultRules(t)
	if o.rules != nil {
		o.rules(&w.rules)
	}
	w.calendar = w.crm.AddCalendar(ghltest.Calendar{Name: "Dr. Lee"}).ID
	if o.with != nil {
		o.with(w)
	}
	w.crmPipe, w.gatePipe = w.crm.Pipe(), w.gate.Pipe()
	w.live(filepath.Join(dir, "life0.db"))
	w.nextSweep = nextNight(time.Now())
	return w
}

// defaultRules are those of the default config, with a welcome.
func defaultRules(t tester) plan.Config {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatalf("zone: %v", err)
	}
	must := func(tmpl *wording.Template, err error) *wording.Template {
		if err != nil {
			t.Fatalf("template: %v", err)
		}
		return tmpl
	}
	text := func(s string) *wording.Template { return must(wording.Parse("test", s)) }
	reminder := func(s string) *wording.Wording {
		w, err := wording.ParseReminder("test", s)
		if err != nil {
			t.Fatalf("reminder: %v", err)
		}
		return w
	}
	return plan.Config{
		Location: ghltest.DefaultLocation, Timezone: zone, Region: "US", From: "+15550100",
		Reminders: []remind.Rule{
			{Name: "day-before", Before: 24 * time.Hour, TrustMirror: 15 * time.Minute, Text: reminder("Hi {{.Contact.FirstName}}, see you {{.When}}. Reply C to confirm, X to cancel.")},
			{Name: "hour-before", Before: time.Hour, TrustMirror: 15 * time.Minute, Text: reminder("Hi {{.Contact.FirstName}}, your appointment is {{.When}}.")},
		},
		Inbound: inbound.Config{
			Tag:         "via-sms",
			WelcomeTask: &wording.Task{Title: text("Welcome {{.Contact.Name}}"), Due: 24 * time.Hour},
			WelcomeText: text("Thanks {{.Contact.FirstName}}, we have your details."),
		},
		Past: 24 * time.Hour, Ahead: 60 * 24 * time.Hour,
		SettleAfter: 2 * time.Minute, StaleAfter: 30 * time.Minute, UndecidedAfter: 10 * time.Minute,
		Limits: plan.Limits{TextsPerHour: 200, TextsPerPersonPerDay: 10, NewContactsPerHour: 50, GoneShare: 0.2},
	}
}

// life is one process: it counts its requests and may die in one of them.
type life struct {
	dead  bool
	seen  int
	cause func(n int, phase phase) bool
	die   func()
	watch func(what string) // nil: nobody looks
}

func (l *life) pass(p phase, r *http.Request) {
	if l.watch != nil {
		l.watch(fmt.Sprintf("%s %s %s", p, r.Method, r.URL.Path))
	}
}

type phase string

const (
	before phase = "before"
	after  phase = "after"
)

var errDead = errors.New("the process is dead")

// wire carries the requests of one life. A request in which the life ends has its effect in
// phase after, and none in phase before.
type wire struct {
	next http.RoundTripper
	life *life
}

func (x *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if x.life.dead {
		return nil, errDead
	}
	x.life.seen++
	simulated.steps.Add(1)
	n := x.life.seen
	x.life.pass(before, r)
	if x.ends(n, before) {
		return nil, errDead
	}
	resp, err := x.next.RoundTrip(r)
	x.life.pass(after, r)
	if x.ends(n, after) {
		if err == nil {
			resp.Body.Close()
		}
		return nil, errDead
	}
	return resp, err
}

func (x *wire) ends(n int, p phase) bool {
	if x.life.cause == nil || !x.life.cause(n, p) {
		return false
	}
	x.life.dead = true
	x.life.die()
	return true
}

// live starts an engine on the database at path.
func (w *world) live(path string) {
	w.t.Helper()
	w.life = &life{watch: w.moment}
	hc := func(c *http.Client) *http.Client {
		return &http.Client{Transport: &wire{next: c.Transport, life: w.life}, Timeout: 30 * time.Second}
	}
	if _, err := os.Stat(path); os.IsNotExist(err) {
		if err := storetest.NewMirror(path); err != nil {
			w.t.Fatalf("new mirror: %v", err)
		}
	}
	db, err := store.Open(w.ctx, path)
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	crm, err := ghl.New(ghl.Options{
		BaseURL: w.crmPipe.URL, Location: ghltest.DefaultLocation, HTTP: hc(w.crmPipe.Client),
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: ghltest.DefaultToken}),
	})
	if err != nil {
		w.t.Fatalf("client: %v", err)
	}
	gateway, err := smsto.New(smsto.Options{
		APIURL: w.gatePipe.URL, AccountURL: w.gatePipe.URL, AuthURL: w.gatePipe.URL,
		Key: smstest.DefaultKey, From: "+15550100", HTTP: hc(w.gatePipe.Client),
	})
	if err != nil {
		w.t.Fatalf("gateway: %v", err)
	}
	log := slog.New(slog.DiscardHandler)
	if *showLog {
		log = slog.New(slog.NewTextHandler(w.t.Output(), nil))
	}
	w.db = db
	w.engine = &sync.Engine{DB: db, CRM: crm, Gateway: gateway, Config: w.rules, Log: log, Watermark: w.mark}
	if w.crmAs != nil {
		w.engine.CRM = w.crmAs(crm)
	}
}

// dieAt ends the process in a request: what is on the disk is copied there and then.
func (w *world) dieAt(cause func(n int, p phase) bool) {
	from := w.db.Path()
	w.lives++
	to := filepath.Join(w.dir, fmt.Sprintf("life%d.db", w.lives))
	w.life.cause, w.life.die = cause, func() { w.copyDB(from, to) }
}

// copyDB copies what a killed process leaves.
func (w *world) copyDB(from, to string) {
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to+suffix, b, 0o600)
		}
		if err != nil {
			w.t.Fatalf("copy: %v", err)
		}
	}
}

// reborn starts the next process on what the dead one left.
func (w *world) reborn() {
	w.t.Helper()
	w.closeDB()
	w.live(filepath.Join(w.dir, fmt.Sprintf("life%d.db", w.lives)))
}

// restart ends the process in good order and starts another.
func (w *world) restart() {
	w.t.Helper()
	path := w.db.Path()
	w.closeDB()
	w.live(path)
}

func (w *world) closeDB() {
	simulated.seconds.Add(int64(time.Since(w.began).Seconds()))
	w.began = time.Now()
	if err := w.db.Close(); err != nil {
		w.t.Errorf("close: %v", err)
	}
}

func (w *world) close() {
	w.closeDB()
	w.crmPipe.Close()
	w.gatePipe.Close()
}

// cycle runs one cycle and returns its error.
func (w *world) cycle(work sync.Work) error {
	simulated.steps.Add(1)
	simulated.cycles.Add(1)
	w.busy = true
	w.lastErr = w.engine.Cycle(w.ctx, work)
	w.busy = false
	if p, ok := errors.AsType[*plan.PanicError](w.lastErr); ok && !w.mayPanic {
		w.t.Errorf("the engine panicked: %v", p)
	}
	if w.life.dead {
		w.reborn()
	}
	return w.lastErr
}

// full runs one cycle of everything but the sweep, which must not fail.
func (w *world) full() {
	w.t.Helper()
	if err := w.cycle(sync.PollTexts | sync.PollCRM); err != nil {
		w.t.Fatalf("cycle: %v", err)
	}
}

// tick runs one cycle, of which anything may fail: nothing is asked about again before the next.
func (w *world) tick() { _ = w.cycle(sync.PollTexts | sync.PollCRM) }

// run lets time pass: at first with cycles at the default schedule, for three minutes in the full form; then once
// a minute, and where it is long, every five minutes, but in the full form.
func (w *world) run(d time.Duration) {
	const nearly = 20 * time.Minute
	closely, far := minutes(storetest.Amount{Short: 1, Usual: 1, Full: 3}), minutes(storetest.Amount{Short: 5, Usual: 5, Full: 1})
	w.runEvery(min(d, closely), 15*time.Second, 4)
	w.runEvery(min(d, nearly)-closely, time.Minute, 1)
	w.runEvery(d-nearly, far, 1)
}

func minutes(a storetest.Amount) time.Duration { return time.Duration(a.Or(0)) * time.Minute }

// runEvery polls texts every so often, the CRM every so many times, and sweeps at night. Beyond six hours, so often
// is a quarter of an hour at least, but in the full form.
func (w *world) runEvery(d, step time.Duration, crm int) {
	if d > 6*time.Hour && !storetest.InFull() {
		step = max(step, 15*time.Minute)
	}
	for end := time.Now().Add(d); time.Now().Before(end); {
		next := time.Now().Add(step)
		work := sync.PollTexts
		if w.ticks++; w.ticks%crm == 0 {
			work |= sync.PollCRM
		}
		if !time.Now().Before(w.nextSweep) {
			work |= sync.Sweep
			w.nextSweep = nextNight(time.Now())
		}
		_ = w.cycle(work)
		time.Sleep(time.Until(next))
	}
}

// nextNight is the next 3 in the morning in New York, about.
func nextNight(t time.Time) time.Time {
	t = t.UTC()
	n := time.Date(t.Year(), t.Month(), t.Day(), 8, 0, 0, 0, time.UTC)
	if !n.After(t) {
		n = n.AddDate(0, 0, 1)
	}
	return n
}

// The people.

func (w *world) person(first, phone string) ghltest.Contact {
	return w.crm.AddContact(ghltest.Contact{FirstName: first, LastName: "Doe", Phone: phone, Email: strings.ToLower(first) + "@example.com"})
}

func (w *world) book(c ghltest.Contact, in time.Duration) ghltest.Appointment {
	return w.crm.AddAppointment(ghltest.Appointment{
		CalendarID: w.calendar, ContactID: c.ID, Title: "Check-up", Start: time.Now().Add(in).Truncate(time.Second),
	})
}

// Looking around.

// got is what a number was texted.
func (w *world) got(number string) (texts []string) {
	for _, m := range w.gate.SentTo(number) {
		texts = append(texts, m.Text)
	}
	return texts
}

func (w *world) wantTexts(number string, parts ...string) {
	w.t.Helper()
	got := w.got(number)
	ok := len(got) == len(parts)
	for i := range min(len(got), len(parts)) {
		ok = ok && strings.Contains(got[i], parts[i])
	}
	if !ok {
		w.t.Errorf("%s was texted %q, want %q\n%s", number, got, parts, w.dump())
	}
}

// rows reads rows of text columns.
func (w *world) rows(q string, args ...any) (all [][]string) {
	w.t.Helper()
	err := w.db.View(w.ctx, func(tx *store.Tx) error {
		rows, err := tx.QueryContext(w.ctx, q, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return err
		}
		for rows.Next() {
			row, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
			for i := range row {
				into[i] = &row[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			line := make([]string, len(row))
			for i := range row {
				line[i] = row[i].String
			}
			all = append(all, line)
		}
		return rows.Err()
	})
	if err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
	return all
}

// one reads a single value.
func (w *world) one(q string, args ...any) string {
	w.t.Helper()
	rows := w.rows(q, args...)
	if len(rows) != 1 {
		w.t.Fatalf("%s: %d rows: %v", q, len(rows), rows)
	}
	return rows[0][0]
}

func (w *world) want(want, q string, args ...any) {
	w.t.Helper()
	var got []string
	for _, row := range w.rows(q, args...) {
		got = append(got, strings.Join(row, "|"))
	}
	if s := strings.Join(got, "\n"); s != want {
		w.t.Errorf("%s %v\n got: %s\nwant: %s\n%s", q, args, s, want, w.dump())
	}
}

// record reads a record of the mirror by the CRM's id.
func (w *world) record(e store.Entity, crmID string) (r store.Record) {
	w.t.Helper()
	w.view(func(tx *store.Tx) (err error) {
		r, err = tx.RecordByCRMID(w.ctx, e, crmID)
		return err
	})
	return r
}

func (w *world) view(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.View(w.ctx, fn); err != nil {
		w.t.Fatalf("view: %v", err)
	}
}

func (w *world) update(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.ctx, fn); err != nil {
		w.t.Fatalf("update: %v", err)
	}
}

// edit changes a record here, as the command line does.
func (w *world) edit(e store.Entity, crmID string, patch store.Fields) {
	w.t.Helper()
	id := w.record(e, crmID).ID
	w.update(func(tx *store.Tx) error {
		_, err := tx.Edit(w.ctx, e, id, patch, store.ByPerson)
		return err
	})
}

// decide is a person's word about a brake.
func (w *world) decide(brake string, state store.BrakeState) {
	w.t.Helper()
	id, err := strconv.ParseInt(brake, 10, 64)
	if err != nil {
		w.t.Fatalf("brake %q: %v", brake, err)
	}
	w.update(func(tx *store.Tx) error { return tx.DecideBrake(w.ctx, id, state) })
}

// intents lists kind and state of the outbox.
// dump is what one wants to see of a failure.
func (w *world) dump() string {
	var b strings.Builder
	for _, q := range []string{
		`SELECT 'outbox', id, key, state, attempts, reason FROM outbox ORDER BY id DESC LIMIT 15`,
		`SELECT 'inbound', sender, body, decision, reason FROM inbound ORDER BY id DESC LIMIT 10`,
		`SELECT 'reminder', starts, rule, skipped, outbox_id FROM reminders ORDER BY id DESC LIMIT 10`,
		`SELECT 'source', source, error FROM cursors WHERE error IS NOT NULL`,
	} {
		for _, row := range w.rows(q) {
			b.WriteString("  " + strings.Join(row, " | ") + "\n")
		}
	}
	return fmt.Sprintf("at %s, last error %v\n%s", time.Now().UTC().Format(time.RFC3339), w.lastErr, b.String())
}

// outside is how often the engine changed something outside.
func (w *world) outside() int { return len(w.crm.Writes()) + len(w.gate.Writes()) }

// effects lists the effects in the CRM whose name begins with prefix.
func (w *world) effects(prefix string) (all []string) {
	for _, r := range w.crm.Writes() {
		if strings.HasPrefix(r.Effect, prefix) {
			all = append(all, r.Effect)
		}
	}
	return all
}

// askPerson has a person look for contacts of which nothing else can tell whether they were made.
func (w *world) askPerson() {
	for _, row := range w.rows(`SELECT id, payload ->> '$.phone' FROM outbox WHERE kind = 'contact.create' AND state = 'unknown'`) {
		if slices.ContainsFunc(w.crm.Contacts(), func(c ghltest.Contact) bool { return c.Phone == row[1] }) {
			continue
		}
		id, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		w.update(func(tx *store.Tx) error { return tx.Retry(w.ctx, id) })
	}
}

// checkQuiet lets cycles run with nothing to do: they must write nothing outside, leave
// nothing open and the mirror as the CRM is.
func (w *world) checkQuiet() {
	w.t.Helper()
	if len(w.rows(`SELECT 1 FROM outbox WHERE kind = 'optout.tell' AND state = 'pending'`)) > 0 {
		w.run(6 * time.Minute) // the gateway is told after the confirmation
	}
	n := w.outside()
	w.run(2 * time.Minute)
	w.runEvery(3*time.Hour, 30*time.Minute, 1)
	if err := w.cycle(sync.Everything); err != nil {
		w.t.Errorf("a quiet cycle: %v", err)
	}
	if now := w.outside(); now != n {
		w.t.Errorf("%d writes outside although all was quiet\n%s", now-n, w.dump())
	}
	w.checkMirror()
}

// checkMirror compares the mirror with the CRM, record by record.
func (w *world) checkMirror() {
	w.t.Helper()
	if bad := w.rows(`SELECT * FROM pragma_foreign_key_check`); len(bad) > 0 {
		w.t.Errorf("broken references: %v", bad)
	}
	if n := w.one(`SELECT count(*) FROM inbound WHERE decision IS NOT NULL AND (decision = '' OR coalesce(reason, '') = '')`); n != "0" {
		w.t.Errorf("%s texts were decided without a reason", n)
	}
	var here, there []string
	for _, row := range w.rows(`SELECT crm_id, coalesce(phone, ''), coalesce(email, ''), fields ->> '$.first_name', fields ->> '$.city', tags,
		fields ->> '$.dnd_sms', waiting FROM v1_contacts`) {
		here = append(here, "contact "+strings.Join(row, "|"))
	}
	for _, c := range w.crm.Contacts() {
		status := c.DNDSettings["SMS"].Status
		if status == "inactive" {
			status = ""
		}
		there = append(there, "contact "+strings.Join([]string{
			c.ID, phone(c.Phone), strings.ToLower(c.Email), c.FirstName, c.City, cmp.Or(store.EncodeSet(c.Tags), "[]"), status, "0",
		}, "|"))
	}
	for _, row := range w.rows(`SELECT t.crm_id, c.crm_id, t.title, t.due, t.completed, t.waiting FROM v1_tasks t JOIN contacts c ON c.id = t.contact_id
		WHERE c.gone_at IS NULL`) {
		here = append(here, "task "+strings.Join(row, "|"))
	}
	for _, t := range w.crm.Tasks() {
		if c, _ := w.crm.Contact(t.ContactID); t.Unlisted || c.Deleted {
			continue
		}
		done := "0"
		if t.Completed {
			done = "1"
		}
		there = append(there, "task "+strings.Join([]string{t.ID, t.ContactID, strings.TrimSpace(t.Title), t.Due.UTC().Format(store.TimeForm), done, "0"}, "|"))
	}
	for _, row := range w.rows(`SELECT a.crm_id, c.crm_id, a.status, a.starts, a.waiting FROM v1_appointments a JOIN contacts c ON c.id = a.contact_id`) {
		here = append(here, "appointment "+strings.Join(row, "|"))
	}
	for _, a := range w.crm.Appointments() {
		there = append(there, "appointment "+strings.Join([]string{a.ID, a.ContactID, a.Status, a.Start.UTC().Format(store.TimeForm), "0"}, "|"))
	}
	slices.Sort(here)
	slices.Sort(there)
	for _, s := range here {
		if !slices.Contains(there, s) {
			w.t.Errorf("only in the mirror: %s", s)
		}
	}
	for _, s := range there {
		if !slices.Contains(here, s) {
			w.t.Errorf("only in the CRM:    %s", s)
		}
	}
}

func phone(s string) string {
	if p, err := sms.ParsePhone(s, "US"); err == nil {
		return string(p)
	}
	return s
}

func TestOrdinaryDay(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
		w.gate.Text(ann.Phone, "TASK call me back")
		w.run(2 * time.Minute)
		w.wantTexts("+12025550177", "Thanks Jane")
		w.wantTexts(ann.Phone, "Noted")
		w.checkQuiet()
	})
}

func noBrakes(r *plan.Config) { r.Limits = plan.Limits{} }

// bg is for what needs a context and has no deadline.
var bg = context.Background()

func number(t tester, s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatalf("%q is no number", s)
	}
	return n
}
