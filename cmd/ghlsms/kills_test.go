package main

import (
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	gosync "sync"
	"syscall"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/store/storetest"
)

// The program under SIGKILL: a supervisor starts the daemon again and again, as systemd does, while people go
// on with what they do. Many kills share one stage, since a start costs more than all that a life does. What
// people do has words of its own each, so that an oracle knows what must have become of it.

var (
	kills     = flag.Int("kills", 0, "how often the daemon is killed (0: some; 200 with GHLSMS_FULL=1; 5000 is the long form)")
	killsSeed = flag.Uint64("kills.seed", 1, "what people do, and which instants the kills choose")
)

// allKills is how often the daemon is killed, and aStage how many lives a stage goes through.
func allKills() (all, aStage int) {
	all = storetest.Amount{Usual: 24, Full: 200}.Or(*kills)
	return all, min(40, (all+1)/2)
}

// Promises 1 to 8 and 10: killed at every boundary of a request in turn, and at random instants, the daemon
// comes back, does what people asked for once, and shows what it cannot know.
func TestKilled(t *testing.T) {
	storetest.SkipShort(t, "many processes")
	builtIn(t) // by one of the stages alone
	all, aStage := allKills()
	for i := 0; i*aStage < all; i++ {
		n, how := min(aStage, all-i*aStage), "at instants"
		if i%2 == 0 {
			how = "at requests"
		}
		t.Run(fmt.Sprintf("%s %d", how, i), func(t *testing.T) {
			t.Parallel()
			k := setKilling(t, uint64(i))
			if i%2 == 1 {
				k.door.slow = 2 * time.Millisecond
			}
			k.makeMirror()
			for range n {
				k.people.act(2 + k.rng.IntN(3))
				if i%2 == 0 {
					k.atRequest(i / 2 * aStage)
				} else {
					k.atInstant()
				}
				k.between()
			}
			k.runUntilQuiet()
			k.verify()
		})
	}
}

// killing is a stage that goes through many lives of the daemon.
type killing struct {
	*stage
	rng    *rand.Rand // of the supervisor alone: what people do has its own
	people *people
	door   *door
	began  time.Time
	lives  int
	last   *life
	aged   bool // the mirror is old enough for reminders, and the rules watch it

	mu      gosync.Mutex
	history []event
}

// event is something that people did, or that was done to the daemon.
type event struct {
	life int
	at   time.Duration
	what string
}

func (e event) String() string { return fmt.Sprintf("  life %d, %s: %s", e.life, e.at, e.what) }

func (k *killing) tell(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.history = append(k.history, event{k.lives, time.Since(k.began).Round(time.Millisecond), fmt.Sprintf(format, args...)})
}

// lately is the end of the history.
func (k *killing) lately() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var b strings.Builder
	for _, e := range k.history[max(0, len(k.history)-15):] {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}

func setKilling(t *testing.T, number uint64) *killing {
	t.Helper()
	k := &killing{
		stage: setStage(t, ""), rng: rand.New(rand.NewPCG(*killsSeed, 2*number)), door: &door{}, began: time.Now(),
	}
	crm, gateway := httptest.NewServer(k.door.before(k.crm, "CRM")), httptest.NewServer(k.door.before(k.gateway, "gateway"))
	t.Cleanup(crm.Close)
	t.Cleanup(gateway.Close)
	k.crmURL = crm.URL
	k.writeConfig(fmt.Sprintf(`sms:
  provider: smsto
  from: "+15550100"
  smsto: {api_url: %[1]s, account_url: %[1]s, auth_url: %[1]s, api_key: smsto-sandbox}
%s`, gateway.URL, killingRules))
	k.sweepOften()
	k.people = newPeople(k, rand.New(rand.NewPCG(*killsSeed, 2*number+1)))
	t.Cleanup(func() {
		if t.Failed() {
			all, _ := allKills()
			t.Logf("what happened last:\n%s", k.lately())
			t.Logf("the last life said:\n%s", k.last.words())
			t.Logf("again with: go test ./cmd/ghlsms -run '^%s$' -kills=%d -kills.seed=%d", t.Name(), all, *killsSeed)
		}
	})
	return k
}

// makeMirror makes the mirror in a life that nobody ends: what people text before there is one is not acted on.
func (k *killing) makeMirror() {
	k.t.Helper()
	if code, _, talk := k.ghlsms("once"); code != exitDone {
		k.t.Fatalf("exit %d: %s", code, talk)
	}
}

// sweepOften has a life of a few seconds do what is done at night.
func (k *killing) sweepOften() {
	k.t.Helper()
	text, err := os.ReadFile(k.config)
	if err != nil {
		k.t.Fatal(err)
	}
	configtest.Write(k.t, k.config, strings.Replace(string(text), "schedule: {", `schedule: {sweep: "@every 1s", `, 1), 0o600)
}

// killingRules are without limits, since these are about others' mistakes, and fast.
const killingRules = `outbox: {settle_after: 50ms}
limits: {texts_per_hour: 9999, texts_per_day: 9999, texts_per_person_per_day: 9999, new_contacts_per_hour: 9999, new_contacts_per_day: 9999, answers_per_person_per_hour: 9999, tasks_per_person_per_day: 9999, tasks_per_hour: 9999, changed_share: 1}
reminders:
  - name: day-before
    before: 24h
    note: true
    tag: reminded
    text: "Hi {{.Contact.FirstName}}, {{or .Appointment.Title \"your visit\"}} is {{.Start.Format \"Monday 15:04:05\"}}. C confirms, X cancels."
rules:
  - name: cancelled
    on: appointment cancelled
    do:
      - task: {title: "Offer {{.Contact.Name}} a new time", due: 4h}
log: {format: text}
`

// life is a process from start to end.
type life struct {
	cmd  *exec.Cmd
	said transcript
	dead chan struct{}
}

func (l *life) words() string {
	if l == nil {
		return ""
	}
	return l.said.String()
}

// start starts the program as a process.
func (k *killing) start(args ...string) *life {
	k.t.Helper()
	l := &life{cmd: program(k.t, append(args, "-c", k.config)...), dead: make(chan struct{})}
	l.cmd.Env = append(os.Environ(), "GOGC=off") // as in the scripts
	l.cmd.Stdout, l.cmd.Stderr = &l.said, &l.said
	if err := l.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	go func() {
		defer close(l.dead)
		_ = l.cmd.Wait() // how it ended is seen in what it said
	}()
	return l
}

// run starts the daemon, and another life with that.
func (k *killing) run() *life {
	k.t.Helper()
	k.mu.Lock()
	k.lives++
	k.mu.Unlock()
	k.last = k.start("run")
	return k.last
}

// kill ends it with SIGKILL; when it returns the process is dead. It tells whether it lived.
func (l *life) kill() (lived bool) {
	lived = l.cmd.Process.Signal(syscall.SIGKILL) == nil
	<-l.dead
	return lived
}

func (l *life) isDead() bool {
	select {
	case <-l.dead:
		return true
	default:
		return false
	}
}

// awake waits until one of some daemons owns the mirror, or has ended.
func (k *killing) awake(all ...*life) {
	for range 2500 {
		pid, _ := os.ReadFile(filepath.Join(k.dir, "ghlsms.db.lock")) // it may not be there yet
		for _, l := range all {
			if string(pid) == fmt.Sprintln(l.cmd.Process.Pid) || l.isDead() {
				return
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// random is a span of time up to a most.
func (k *killing) random(most time.Duration) time.Duration {
	return time.Duration(k.rng.Int64N(int64(most)))
}

// between looks at a life that is over.
func (k *killing) between() {
	k.t.Helper()
	for _, bad := range []string{"panic:", "fatal error", "put back from a copy", " ERR "} { // nothing ever fails but by a kill
		if strings.Contains(k.last.words(), bad) {
			k.t.Fatalf("life %d said %q", k.lives, bad)
		}
	}
	if !k.aged && k.ask(`SELECT count(*) FROM meta WHERE key = 'watch' AND value <> ''`) == 1 {
		k.backdate()
		k.aged = true
	}
}

// boundaries is about how many there are in the first cycle of a life: three for each request.
const boundaries = 120

// atRequest lets a life end at a boundary of one of its requests. The boundaries of a stage come one after
// the other in strides, so that lives that get far stand between those that do not.
func (k *killing) atRequest(offset int) {
	n := (offset + k.lives) * 47 % boundaries
	s := &strike{at: n/3 + 1, how: boundary(n % 3), delay: k.random(3 * time.Millisecond), done: make(chan struct{})}
	l := k.run()
	s.victim = l
	k.door.expect(s)
	k.people.actMeanwhile(k.rng.IntN(2), k.random(400*time.Millisecond))
	select {
	case <-l.dead:
	case <-time.After(2500 * time.Millisecond):
	}
	if seen, waits := k.door.leave(); waits {
		if !l.kill() {
			k.t.Fatalf("life %d ended on its own:\n%s", k.lives, l.words())
		}
		k.tell("killed after %d requests", seen)
	} else {
		<-s.done
		k.tell("killed at request %d, %s, %s", s.at, s.where, s.how)
	}
	k.people.wait()
}

// atInstant lets a life end at a random instant.
func (k *killing) atInstant() {
	k.people.actMeanwhile(k.rng.IntN(3), k.random(500*time.Millisecond))
	defer k.people.wait()
	switch n := k.rng.IntN(20); {
	case n < 3:
		k.killEarly()
	case n < 5:
		k.killTwo()
	case n < 7:
		k.killEditor()
	case n < 9:
		k.killBesideWriter()
	case n < 10:
		k.killBesideCopy()
	case n < 12:
		k.killStopping()
	case n < 17:
		k.killAtWrite()
	default:
		l := k.run()
		k.awake(l)
		k.killAfter(l, k.random(700*time.Millisecond), "after it took the mirror")
	}
}

func (k *killing) killAfter(l *life, d time.Duration, what string) {
	time.Sleep(d)
	if !l.kill() {
		k.t.Fatalf("life %d ended on its own:\n%s", k.lives, l.words())
	}
	k.tell("killed %s %s", d.Round(time.Millisecond), what)
}

func (k *killing) killEarly() {
	k.killAfter(k.run(), k.random(350*time.Millisecond), "after it was started")
}

// killTwo starts two daemons at once: one must refuse.
func (k *killing) killTwo() {
	a, b := k.start("run"), k.run()
	k.awake(a, b)
	d := k.random(900 * time.Millisecond) // the other one waits for a fifth of a second
	time.Sleep(d)
	both := 0 // while both live: once one is killed, the other may have the mirror
	for _, l := range []*life{a, b} {
		if strings.Contains(l.words(), " running ") {
			both++
		}
	}
	a.kill()
	b.kill()
	if both > 1 {
		k.t.Fatalf("two daemons ran at once:\n%s\n%s", a.words(), b.words())
	}
	k.tell("two daemons at once killed %s after one took the mirror", d.Round(time.Millisecond))
}

// killEditor kills a command that edits beside the daemon, and the daemon.
func (k *killing) killEditor() {
	l := k.run()
	k.awake(l)
	if id, site := k.people.site(); id != "" {
		editor := k.start("contact", "set", id, "website="+site)
		d := 150*time.Millisecond + k.random(250*time.Millisecond)
		time.Sleep(d)
		editor.kill()
		k.tell("contact set %s website=%s killed %s after it was started", id, site, d.Round(time.Millisecond))
	}
	k.killAfter(l, k.random(300*time.Millisecond), "after that")
}

// killBesideWriter kills while the daemon waits for somebody who writes for long.
func (k *killing) killBesideWriter() {
	l := k.run()
	k.awake(l)
	time.Sleep(k.random(100 * time.Millisecond))
	k.beside("BEGIN IMMEDIATE", "", func() { k.killAfter(l, k.random(400*time.Millisecond), "while somebody else wrote into the mirror") })
}

// killBesideCopy kills while somebody copies the mirror.
func (k *killing) killBesideCopy() {
	l := k.run()
	k.awake(l)
	to := filepath.Join(k.dir, fmt.Sprintf("copy%d.db", k.lives))
	k.beside("BEGIN; SELECT count(*) FROM sqlite_schema", fmt.Sprintf("COMMIT; VACUUM INTO '%s'", to), func() {
		k.killAfter(l, k.random(400*time.Millisecond), "while somebody else read the mirror")
	})
}

// beside does something between two statements on the mirror, where there is one.
func (k *killing) beside(first, then string, do func()) {
	k.t.Helper()
	if !k.people.mirrored() {
		do()
		return
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(k.dir, "ghlsms.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		k.t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(first); err != nil {
		k.t.Fatal(err)
	}
	do()
	if then == "" {
		return
	}
	if _, err := db.Exec(then); err != nil {
		k.t.Fatal(err)
	}
}

// killStopping kills a daemon that is about to stop in good order.
func (k *killing) killStopping() {
	l := k.run()
	k.awake(l)
	time.Sleep(k.random(400 * time.Millisecond))
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		k.t.Fatal(err)
	}
	d := k.random(40 * time.Millisecond)
	time.Sleep(d)
	l.kill()
	k.tell("told to stop, and killed %s later", d.Round(time.Millisecond))
}

// killAtWrite kills as the daemon writes into the mirror, or its mark beside it: from one to the other is a
// fraction of a millisecond.
func (k *killing) killAtWrite() {
	l := k.run()
	k.awake(l)
	name, n := []string{"ghlsms.mark", "ghlsms.mark", "ghlsms.db-wal"}[k.rng.IntN(3)], 1+k.rng.IntN(15)
	seen := changes(filepath.Join(k.dir, name), n, 700*time.Millisecond)
	k.killAfter(l, 0, fmt.Sprintf("after change %d of %s", seen, name))
}

// changes waits until a file was changed n times, or not that often in a time, and tells how often it was.
func changes(name string, n int, most time.Duration) (seen int) {
	had, _ := os.Stat(name) // it may not be there yet
	for end := time.Now().Add(most); seen < n && time.Now().Before(end); {
		now, err := os.Stat(name)
		if err == nil && (had == nil || !os.SameFile(had, now) || had.Size() != now.Size()) {
			had = now
			seen++
		}
	}
	return seen
}

// boundary is where in a request its sender is killed.
type boundary int

const (
	cutOff   boundary = iota // before the request has an effect: it never will
	unheard                  // the request has its effect, and nobody hears the answer
	answered                 // the answer was written
)

func (b boundary) String() string {
	return []string{"before it had an effect", "served but not answered", "answered"}[b]
}

// strike is a kill that waits for its request.
type strike struct {
	victim *life
	at     int // which request, from 1
	how    boundary
	delay  time.Duration // after the answer
	where  string
	done   chan struct{}
}

// door is what the daemon's requests go through on their way to the sandboxes.
type door struct {
	mu     gosync.Mutex
	strike *strike
	seen   int
	slow   time.Duration // on the way in, and on the way out
}

// expect has the door wait for a request, counted from now.
func (d *door) expect(s *strike) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen, d.strike = 0, s
}

// leave has it wait no more, and tells how many requests there were and whether it still waited.
func (d *door) leave() (seen int, waits bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen, waits, d.strike = d.seen, d.strike != nil, nil
	return seen, waits
}

// comes counts a request, and answers with the strike that it is for.
func (d *door) comes(where string) *strike {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen++
	s := d.strike
	if s == nil || d.seen != s.at {
		return nil
	}
	d.strike, s.where = nil, where
	return s
}

// dawdle takes the time that a network takes, so that random instants lie within requests too.
func (d *door) dawdle() { time.Sleep(d.slow) }

func (d *door) before(next http.Handler, name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := d.comes(name + " " + r.Method + " " + r.URL.Path)
		if s != nil && s.how != answered {
			s.victim.kill()
			defer close(s.done)
		}
		if s != nil && s.how == cutOff {
			panic(http.ErrAbortHandler)
		}
		d.dawdle()
		next.ServeHTTP(w, r)
		d.dawdle()
		if s != nil && s.how == answered {
			time.AfterFunc(s.delay, func() {
				s.victim.kill()
				close(s.done)
			})
		}
	})
}
