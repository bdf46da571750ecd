package sync_test

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/huandu/go-clone"
	"pgregory.net/rapid"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

var (
	crashPoints = flag.Int("crash.points", 0, "from how many moments of the stories the next process goes on (0: some; 400 with GHLSMS_FULL=1)")
	crashStride = flag.Int("crash.stride", 3, "of so many requests and commits one is such a moment")
)

// Promise 10, in simulation: at requests and at commits of the stories of [TestTruth], the files as they are
// then are given to the next process, together with both sides as they are then: after a kill, after a power
// failure, at once or after days, or with the clock set back. It goes on, and the model must agree.
func TestCrashPoints(t *testing.T) {
	most := storetest.Amount{Short: 1, Usual: 12, Full: 300, Race: 12}.Or(*crashPoints)
	setChecks(t, 1_000_000) // it ends by the number of moments
	var points crashCount
	t.Run("halves", func(t *testing.T) { // one for each core
		for half := range 2 {
			t.Run(fmt.Sprint(half+1), func(t *testing.T) {
				t.Parallel()
				b := newBranches(t, &points)
				defer b.end()
				broke := false
				rapid.Check(t, shorter(t, func(rt *rapid.T) {
					if !broke && (points.broken.Load() || points.moments.Load() >= int64(most)) {
						return
					}
					told := false
					defer func() {
						if !told {
							broke = true // it is told again, shorter, and the other half ends
							points.broken.Store(true)
						}
					}()
					b.story(rt)
					told = !rt.Failed()
				}))
			})
		}
	})
	t.Log(points.String())
}

// crashCount counts what was gone through.
type crashCount struct {
	stories, moments, killed, torn, restored, damaged atomic.Int64
	broken                                            atomic.Bool
}

func (c *crashCount) String() string {
	return fmt.Sprintf("%d stories, %d moments: %d killed, %d power failures, %d copies put back, %d with a damaged page; %s",
		c.stories.Load(), c.moments.Load(), c.killed.Load(), c.torn.Load(), c.restored.Load(), c.damaged.Load(), simulated.String())
}

// A moment is what the next process finds, and the outside as it is then.
type moment struct {
	what  string
	at    time.Time
	from  string        // the mirror's path then
	down  time.Duration // until the next process starts; negative: the clock was set back
	image storetest.Image
	mark  []byte
	page  int      // of the database that is rubbish; 0: none
	copy  bool     // the image is older than all the rest: somebody put back a copy
	once  []string // what was done outside until then that must not be done twice
	since []string // what of it was done since the copy was made
	crm   *ghltest.Sandbox
	gate  *smstest.Sandbox
	model *story // without its world
	rules plan.Config
}

// once is what was texted and made outside.
func (w *world) once() (done []string) {
	for _, m := range w.gate.Sent() {
		done = append(done, "text.send "+m.To+" "+m.Text)
	}
	for _, r := range w.crm.Writes() {
		kind, _, _ := strings.Cut(r.Effect, " ")
		if kind != "contact.create" && kind != "task.create" && kind != "note.create" {
			continue
		}
		var made struct{ Title, Body, Phone string }
		if err := json.Unmarshal(r.Body, &made); err != nil {
			w.t.Fatalf("%s: %v", r.Body, err)
		}
		done = append(done, kind+" "+cmp.Or(made.Title, made.Body, made.Phone))
	}
	return done
}

// underWay is what of that the mirror itself shows as begun, and does not know the outcome of.
func (w *world) underWay() (begun []string) {
	for _, row := range w.rows(`SELECT kind, coalesce(number || ' ' || body, payload ->> '$.title', payload ->> '$.body', payload ->> '$.phone', '')
		FROM outbox LEFT JOIN texts ON outbox_id = id WHERE state = 'sending'`) {
		begun = append(begun, row[0]+" "+row[1])
	}
	return begun
}

// without is all but those of others, one by one.
func without(all, others []string) []string {
	left := slices.Clone(all)
	for _, o := range others {
		if i := slices.Index(left, o); i >= 0 {
			left = slices.Delete(left, i, i+1)
		}
	}
	return left
}

// deletions counts what was deleted in the CRM by us.
func (w *world) deletions() (n int) {
	for _, e := range store.Entities {
		n += len(w.effects(string(e) + ".delete"))
	}
	return n
}

// branches goes on from moments, in bubbles of their own beside that of the story, which waits.
type branches struct {
	t       *testing.T
	count   *crashCount
	moments chan *moment
	broken  chan string // what is wrong after a moment; empty: nothing
}

func newBranches(t *testing.T, count *crashCount) *branches {
	b := &branches{t: t, count: count, moments: make(chan *moment), broken: make(chan string)}
	go func() {
		for m := range b.moments {
			b.broken <- b.goOn(m)
		}
	}()
	return b
}

func (b *branches) end() { close(b.moments) }

// story tells one story, and goes on from moments of it.
func (b *branches) story(rt *rapid.T) {
	dir, err := os.MkdirTemp("", "crash")
	if err != nil {
		rt.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "life0.db"), emptyMirror(), 0o600); err != nil {
		rt.Fatal(err)
	}
	disk, err := storetest.NewDisk(dir)
	if err != nil {
		rt.Fatal(err)
	}
	defer disk.Close()
	b.count.stories.Add(1)
	rapid.SyncTest(rt, func(rt *rapid.T) {
		c := &crashes{branches: b, disk: disk, rand: rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "crashes"), 0))}
		c.skip = c.rand.IntN(*crashStride)
		c.story = newStory(rt, dir, func(w *world) {
			c.world = w
			w.mark, w.moment = filepath.Join(dir, "mark"), c.end
			disk.Watch(c.event)
		})
		defer c.story.close()
		acts := c.story.acts()
		delete(acts, "crash") // which is what the branches do
		acts["the disk fails"] = c.diskFails
		c.story.tell(rt, acts, func() {
			c.story.checkAlways()
			if c.broken != "" {
				rt.Fatalf("%s", c.broken)
			}
		})
	})
}

// crashes takes moments out of a story.
type crashes struct {
	*branches
	story  *story
	world  *world
	disk   *storetest.Disk
	rand   *rand.Rand
	skip   int
	older  *moment // one that was kept as a copy
	broken string
}

func (c *crashes) event(e storetest.Event) {
	switch {
	case e.Kind == storetest.Sync:
		c.end("in a commit")
	case c.rand.IntN(10) == 0:
		c.end("in the middle of writing")
	}
}

// end is one way in which a process may end.
func (c *crashes) end(what string) {
	switch c.rand.IntN(3) {
	case 0:
		c.at("killed "+what, c.disk.Killed)
	case 1:
		c.at("the power failed "+what+", and nothing was left that was not synced", func(path string) storetest.Image { return c.disk.PowerLost(path, nil) })
	default:
		c.at("the power failed "+what+", and some was left that was not synced", func(path string) storetest.Image { return c.disk.PowerLost(path, c.rand) })
	}
}

// diskFails lets a cycle run on a disk that fails at some write, and goes on failing for a while.
func (c *crashes) diskFails(rt *rapid.T) {
	fault := rapid.SampledFrom([]storetest.Fault{storetest.Full, storetest.ReadOnly, storetest.Broken}).Draw(rt, "fault")
	skip, times := rapid.IntRange(0, 40).Draw(rt, "skip"), rapid.IntRange(1, 60).Draw(rt, "times")
	c.disk.Fail(func(storetest.Op) storetest.Fault {
		if skip--; skip >= 0 {
			return storetest.None
		}
		if times--; times >= 0 {
			return fault
		}
		return storetest.None
	})
	c.story.beat()
	c.disk.Fail(nil)
}

// at goes on from here, if it is this moment's turn.
func (c *crashes) at(what string, image func(path string) storetest.Image) {
	if c.story == nil || !c.world.busy || c.world.life.dead || c.broken != "" {
		return
	}
	if c.skip--; c.skip >= 0 {
		return
	}
	c.skip = *crashStride - 1
	mark, err := os.ReadFile(c.world.mark)
	if err != nil && !os.IsNotExist(err) {
		c.broken = err.Error()
		return
	}
	model := *c.story
	model.world = nil
	m := &moment{
		what: what, at: time.Now(), from: c.world.db.Path(), image: image(c.world.db.Path()), mark: mark,
		crm: c.world.crm.Clone(), gate: c.world.gate.Clone(), model: clone.Slowly(&model).(*story), rules: c.world.rules, once: c.world.once(),
	}
	if c.rand.IntN(4) == 0 {
		m.down = []time.Duration{time.Minute, 3 * time.Hour, 50 * time.Hour, -3 * time.Hour}[c.rand.IntN(4)]
	}
	switch {
	case c.older == nil || c.rand.IntN(40) == 0:
		c.older = m
	case c.rand.IntN(20) == 0:
		if page := 1 + c.rand.IntN(120); m.image.Corrupt(page) {
			m.page, m.what = page, fmt.Sprintf("%s, page %d damaged", m.what, page)
		}
	case c.rand.IntN(8) == 0:
		old := *m
		old.image, old.copy, old.since = c.older.image, true, without(m.once, c.older.once)
		old.what = "a copy put back from " + c.older.at.Format(time.TimeOnly) + " (" + c.older.what + "), " + what
		m = &old
	}
	c.moments <- m
	c.broken = <-c.branches.broken
}

// goOn is what the next process does from a moment on, and what is wrong then.
func (b *branches) goOn(m *moment) (broken string) {
	b.count.moments.Add(1)
	switch {
	case m.page != 0:
		b.count.damaged.Add(1)
	case m.copy:
		b.count.restored.Add(1)
	case strings.HasPrefix(m.what, "the power failed"):
		b.count.torn.Add(1)
	default:
		b.count.killed.Add(1)
	}
	dir, err := os.MkdirTemp("", "branch")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "life0.db")
	if err := m.image.Write(path); err != nil {
		return err.Error()
	}
	w := &world{ctx: bg, dir: dir, began: m.at.Add(m.down), crm: m.crm, gate: m.gate, rules: m.rules, mark: filepath.Join(dir, "mark")}
	if m.mark != nil {
		moved := strings.ReplaceAll(string(m.mark), filepath.Dir(m.from), dir)
		if err := os.WriteFile(w.mark, []byte(moved), 0o600); err != nil {
			return err.Error()
		}
	}
	var found complaints
	w.t = &found
	s := m.model
	s.world = w
	synctest.Test(b.t, func(*testing.T) {
		time.Sleep(time.Until(m.at.Add(m.down)))
		found.in(func() {
			w.crmPipe, w.gatePipe = m.crm.Pipe(), m.gate.Pipe()
			defer w.crmPipe.Close()
			defer w.gatePipe.Close()
			w.live(path)
			defer w.closeDB()
			switch {
			case m.page != 0:
				s.goOnFromDamage()
			case m.copy:
				s.goOnFromACopy(m.since)
			default:
				s.goOnAfterACrash(-m.down)
			}
		})
	})
	if m.page != 0 {
		found.all = slices.DeleteFunc(found.all, saysDamaged) // at the start
	}
	if len(found.all) == 0 {
		return ""
	}
	return fmt.Sprintf("%s, at %s; the next process started %s later\n%s", m.what, m.at.UTC().Format(time.DateTime), m.down, strings.Join(found.all, "\n"))
}

// goOnAfterACrash: all that people did becomes true, as if nothing had happened. What was put off by a clock
// that was ahead may wait until that time comes.
func (s *story) goOnAfterACrash(ahead time.Duration) {
	if ahead > 0 { // what was before cannot be told by a clock that was set back
		s.forget()
		for _, p := range s.people {
			p.blurred = true
		}
	}
	for ; ahead > 0; ahead -= 30 * time.Minute {
		s.beat()
		s.checkAlways()
		time.Sleep(30 * time.Minute)
	}
	s.runUntilQuiet()
	s.checkAlways()
	s.checkQuiet()
	s.checkTruth()
	s.checkSound()
}

// forget takes the texts that left so far out of what is compared with the times of opt-outs.
func (s *story) forget() {
	s.forgotten = map[string]bool{}
	for _, m := range s.gate.Sent() {
		s.forgotten[m.ID] = true
	}
}

// goOnFromACopy: if anything was done since that the copy knows nothing of, nothing is texted or deleted until
// a person has looked, and then nothing is done twice. A copy that was made in a call, and shows it as under
// way, knows of that one: it is what a kill in that call leaves.
func (s *story) goOnFromACopy(since []string) {
	missed := without(since, s.underWay())
	texts, deleted := len(s.gate.Sent()), s.deletions()
	s.forget()
	s.runUntilQuiet()
	if now := len(s.gate.Sent()); len(missed) > 0 && now != texts {
		s.t.Errorf("promise 10: %d texts left although the mirror is a copy that misses %q\n%s", now-texts, missed, s.dump())
	}
	if now := s.deletions(); len(missed) > 0 && now != deleted {
		s.t.Errorf("promise 10: something was deleted although the mirror is a copy that misses %q\n%s", missed, s.dump())
	}
	s.checkAlways()
	for _, row := range s.rows(`SELECT id FROM brakes WHERE state = 'held'`) {
		s.decide(row[0], store.BrakeReleased)
	}
	s.runUntilQuiet()
	s.checkAlways()
	s.checkSound()
}

// goOnFromDamage: whatever of the database cannot be read, nothing is done twice, and what is wrong is said.
func (s *story) goOnFromDamage() {
	for range 4 {
		if err := s.cycle(sync.Everything); err != nil && strings.Contains(err.Error(), "malformed") && !saysDamaged(err.Error()) {
			s.t.Errorf("promise 10: a damaged mirror is called %v", err)
		}
		s.checkOnce()
		time.Sleep(9 * time.Minute)
	}
}

// saysDamaged tells whether an error names the damaged file and a remedy.
func saysDamaged(text string) bool {
	return strings.Contains(text, "life0.db is not a readable SQLite database") && strings.Contains(text, "ghlsms restore")
}

// checkSound: the database is whole, and whatever is in doubt can be seen.
func (s *story) checkSound() {
	s.want("ok", `PRAGMA integrity_check`)
	s.want("", `SELECT * FROM pragma_foreign_key_check`)
	s.want("0", `SELECT count(*) FROM outbox WHERE state = 'sending'`)
}

// complaints collects what a story in a branch finds wrong, since the branch is no test of its own.
type complaints struct{ all []string }

// enough ends a branch that cannot go on.
type enough struct{}

func (c *complaints) in(do func()) {
	defer func() {
		switch r := recover().(type) {
		case nil, enough:
		default:
			c.all = append(c.all, fmt.Sprintf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	do()
}

func (c *complaints) Helper()             {}
func (c *complaints) Logf(string, ...any) {}
func (c *complaints) Output() io.Writer   { return io.Discard }
func (c *complaints) Errorf(format string, args ...any) {
	c.all = append(c.all, fmt.Sprintf(format, args...))
}

func (c *complaints) Fatalf(format string, args ...any) {
	c.Errorf(format, args...)
	panic(enough{})
}
