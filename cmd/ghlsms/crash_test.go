package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
)

var (
	crashAll  = flag.Bool("crash.all", false, "kill at every request, not only at some")
	crashSeed = flag.Uint64("crash.seed", 1, "which instants the random kills choose")
)

// busyDay is the load of the crash tests: every kind of effect at least once.
func busyDay(s *stage) {
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	long := time.Now().AddDate(0, -1, 0)
	for i, name := range []string{"Tom", "Maria", "Sam"} {
		s.crm.AddContact(ghltest.Contact{ID: strings.ToLower(name), FirstName: name, LastName: "Test", Phone: fmt.Sprintf("+1202555010%d", i), DateAdded: long})
	}
	s.crm.AddTask(ghltest.Task{ID: "xrays", ContactID: "maria", Title: "Send the x-rays", Due: time.Now().Add(24 * time.Hour)})
	s.must("once")
	s.backdate()
	s.crm.AddAppointment(ghltest.Appointment{
		ID: "checkup", CalendarID: "cal1", ContactID: "tom", Title: "Check-up", Status: "new",
		Start: time.Now().Add(24*time.Hour - time.Minute).Truncate(time.Second), DateAdded: long,
	})
	s.gateway.Text("+12025550177", "Hi, I'm Jane Doe, jane@example.com")
	s.gateway.Text("+12025550101", "DONE x-rays")
	s.gateway.Text("+12025550101", "TASK call me back")
	s.gateway.Text("+12025550102", "STOP")
	s.gateway.Text("+12025550100", "C")
	s.gateway.Text("+12025550100", "I will bring my daughter")
	s.must("contact", "set", "tom", "city=Arlington", "tags=vip")
}

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

// expected are the texts that the busy day should bring about, by number and a part of them.
var expected = map[string]string{
	"+12025550177": "Thanks Jane", "+12025550101": "Done:", "+12025550101 ": "Noted as",
	"+12025550102": "opted out", "+12025550100": "is confirmed", "+12025550100 ": "Hi Tom",
}

// settleDown runs cycles until nothing is left to do.
func (s *stage) settleDown() {
	s.t.Helper()
	for range 8 {
		s.ghlsms("once")
		time.Sleep(120 * time.Millisecond)
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

// verify holds the outside and the mirror against the promises: nothing twice, nothing lost,
// every doubt shown.
func (s *stage) verify(when string) {
	s.t.Helper()
	unclear := s.count(`SELECT count(*) FROM outbox WHERE state = 'unknown' AND kind = 'text.send'`)
	missing := 0
	for number, words := range expected {
		n := 0
		for _, m := range s.gateway.SentTo(strings.TrimSpace(number)) {
			if strings.Contains(m.Text, words) {
				n++
			}
		}
		if n > 1 {
			s.t.Errorf("%s: %q left %d times", when, words, n)
		}
		if n == 0 {
			missing++
		}
	}
	if missing > unclear {
		s.t.Errorf("%s: %d texts did not leave, only %d of them are shown as unclear", when, missing, unclear)
	}
	made := map[string]int{}
	for _, c := range s.crm.Contacts() {
		made["contact "+c.Phone]++
	}
	for _, t := range s.crm.Tasks() {
		made["task "+t.Title]++
		if t.ID == "xrays" && !t.Completed {
			s.t.Errorf("%s: the x-rays are not done", when)
		}
	}
	for _, n := range s.crm.Notes() {
		made["note "+n.Body]++
	}
	for what, n := range made {
		if n != 1 {
			s.t.Errorf("%s: %s exists %d times", when, what, n)
		}
	}
	if len(made) != 4+3+2 { // contacts, tasks (x-rays, call back, welcome), notes (Jane, Tom)
		s.t.Errorf("%s: the CRM has %v", when, made)
	}
	s.verifyRecords(when)
}

func (s *stage) verifyRecords(when string) {
	s.t.Helper()
	tom, _ := s.crm.Contact("tom")
	sam, _ := s.crm.Contact("sam")
	a, _ := s.crm.Appointment("checkup")
	if tom.City != "Arlington" || strings.Join(tom.Tags, ",") != "vip" || sam.DNDSettings["SMS"].Status != "active" || a.Status != "confirmed" {
		s.t.Errorf("%s: city %q, tags %v, do-not-disturb %q, appointment %q", when, tom.City, tom.Tags, sam.DNDSettings["SMS"].Status, a.Status)
	}
	for q, want := range map[string]int{
		`SELECT count(*) FROM inbound WHERE decision IS NULL`: 0,
		`SELECT count(*) FROM inbound`:                        6,
		`SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'failed', 'held') AND kind NOT IN ('text.send', 'optout.tell')`: 0,
		`SELECT count(*) FROM reminders WHERE decided_at IS NOT NULL`:                                                                      1,
		`SELECT count(*) FROM pragma_foreign_key_check`:                                                                                    0,
		`SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`:                                                        0,
	} {
		if n := s.count(q); n != want {
			s.t.Errorf("%s: %s: %d, want %d", when, q, n, want)
		}
	}
	if s.t.Failed() {
		_, out, _ := s.ghlsms("outbox", "list")
		s.t.Fatalf("%s\n%s", when, out)
	}
}

// assassin kills a process at one request of the sandboxes.
type assassin struct {
	mu     gosync.Mutex
	victim *exec.Cmd
	at     int  // the request, counted from 1; 0: never
	after  bool // when it was served, not when it came in
	cut    bool // the request has no effect
	seen   int
	struck bool
}

func (a *assassin) watch(s *stage) {
	s.crm.OnRequest(func(_ ghltest.Request, p ghltest.Phase) { a.request(p == ghltest.After, s.crm.SetDown) })
	s.gateway.OnRequest(func(_ smstest.Request, p smstest.Phase) { a.request(p == smstest.After, s.gateway.SetDown) })
}

func (a *assassin) request(after bool, setDown func(bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !after {
		a.seen++
	}
	if a.victim == nil || a.struck || a.seen != a.at || after != a.after {
		return
	}
	a.struck = true
	_ = a.victim.Process.Kill()
	_, _ = a.victim.Process.Wait() // it must be dead before the request goes on
	if a.cut {
		setDown(true)
	}
}

// strike runs one cycle that is killed at a request, and tells whether it came to that.
func (s *stage) strike(a *assassin, at int, after, cut bool) bool {
	cmd := program(s.t, "once", "-c", s.config)
	a.mu.Lock()
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	a.victim, a.at, a.after, a.cut, a.seen, a.struck = cmd, at, after, cut, 0, false
	a.mu.Unlock()
	_ = cmd.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.victim = nil
	s.crm.SetDown(false)
	s.gateway.SetDown(false)
	return a.struck
}

// Promises 1, 2 and 10: killed at a request, before it has its effect, with it, or after it was
// answered, the program comes back and does everything once.
func TestKilledAtRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("many processes; run without -short")
	}
	step := 5
	if *crashAll {
		step = 1
	}
	for _, mode := range []struct {
		name       string
		after, cut bool
	}{{"cut off before it is served", false, true}, {"served without being answered", false, false}, {"answered", true, false}} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			for at := 1 + int(*crashSeed)%step; ; at += step {
				s := setStage(t, "outbox: {settle_after: 50ms}\n")
				busyDay(s)
				a := &assassin{}
				a.watch(s)
				struck := s.strike(a, at, mode.after, mode.cut)
				s.settleDown()
				s.verify(fmt.Sprintf("killed at request %d", at))
				if !struck {
					t.Logf("%d requests in a cycle, a kill at every %d", at, step)
					return
				}
			}
		})
	}
}

// Promise 10: killed again and again while the daemon runs, it still does everything once.
func TestKilledWhileRunning(t *testing.T) {
	if testing.Short() {
		t.Skip("takes its time; run without -short")
	}
	t.Parallel()
	s := setStage(t, "outbox: {settle_after: 100ms}\n")
	busyDay(s)
	random := rand.New(rand.NewPCG(*crashSeed, 0))
	for range 12 {
		cmd := program(t, "run", "-c", s.config)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.IntN(800)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	s.settleDown()
	s.verify("killed while running")
}

// A signal stops the daemon in good order, and a second daemon is refused while it runs.
func TestStopAndLock(t *testing.T) {
	s := setStage(t, "")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	var talk transcript
	go func() { done <- run(ctx, []string{"run", "-c", s.config}, &talk, &talk) }()
	until(t, "the daemon owns the mirror", func() bool { return databaseLocked(filepath.Join(s.dir, "ghlsms.db")) })
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
