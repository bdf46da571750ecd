package sync_test

import (
	"context"
	"flag"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

var truthRuns = flag.Int("truth.runs", 0, "how many stories to check against the model of the truth (0: a few; 60 with GHLSMS_FULL=1)")

// Many short stories on three sides, with faults, lagging lists, crashes and jumps in time. Beside
// them runs a model: a small program of its own that knows what people did and what must have become
// of it. It shares no code with the engine. A failure names the promise that is broken, and rapid
// prints the seed with which it happens again.
func TestTruth(t *testing.T) {
	runs := storetest.Amount{Short: 4, Usual: 8, Full: 60, Race: 4}.Or(*truthRuns)
	setChecks(t, (runs+1)/2)
	t.Run("halves", func(t *testing.T) { // one for each core
		for half := range 2 {
			t.Run(fmt.Sprint(half+1), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, shorter(t, tellStory))
			})
		}
	})
	t.Log(simulated.String())
}

func tellStory(rt *rapid.T) {
	dir, err := os.MkdirTemp("", "truth")
	if err != nil {
		rt.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "life0.db"), emptyMirror(), 0o600); err != nil {
		rt.Fatal(err)
	}
	rapid.SyncTest(rt, func(rt *rapid.T) {
		s := newStory(rt, dir, nil)
		defer s.close()
		s.tell(rt, s.acts(), s.checkAlways)
		s.runUntilQuiet()
		s.checkQuiet()
		s.checkTruth()
	})
}

// emptyMirror is a new mirror, made once.
var emptyMirror = gosync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "truth")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	db, err := store.Open(bg, path)
	if err != nil {
		panic(err)
	}
	// Each story's mirror is born when the story begins.
	err = db.Update(bg, func(tx *store.Tx) error {
		if err := tx.SetMeta(bg, store.MetaBorn, "2000-01-01T00:00:00Z"); err != nil {
			return err
		}
		_, err := tx.ExecContext(bg, `UPDATE meta SET value = 'truth' WHERE key = 'instance'`)
		return err
	})
	if err != nil {
		panic(err)
	}
	if err := db.Close(); err != nil {
		panic(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return b
})

// truth is what the model knows of one person, by what people did.
type truth struct {
	id, phone string
	here      map[string]string // fields that are changed here only: their last value
	there     map[string]string // fields that are changed in the CRM only
	tags      map[string]bool   // each tag is put on and taken off by one side only
	clash     string            // the value that must win where both sides changed a field at once; "": none did
	lost      string            // the one that must be kept as the loser
	blurred   bool              // the CRM changed something else of them since, which may make its value the newer one
	stopped   bool              // the last word by text was STOP
	deleted   bool              // in the CRM, now
	everGone  bool              // it was at some time
}

// desk is the number of staff, who never text.
const desk = "+12025550199"

type story struct {
	*world
	policy merge.Policy
	n      int
	people []*truth
	tasks  map[string]string // made by text, whose: by title
	errand map[string]string // made here: their state in words, by title
	theirs map[string]string // made in the CRM: their ids, by title
	notes  map[string]string // made here or by text, whose: by words
	visits []string

	forgotten map[string]bool // ids of texts that left before a copy was put back, or the clock
	newcomers []string        // numbers that texted and were in no contact

	answers map[string]int // how often something was answered, by what may be kept of it
}

// tell lets something of acts happen, a few times, and looks after each.
func (s *story) tell(rt *rapid.T, acts map[string]func(*rapid.T), look func()) {
	names := slices.Sorted(maps.Keys(acts))
	for range 4 { // what the ledger is for happens often
		names = append(names, "task by text, and the answer fails")
	}
	for range rapid.IntRange(1, 12).Draw(rt, "acts") {
		acts[rapid.SampledFrom(names).Draw(rt, "act")](rt)
		look()
	}
}

// newStory begins a story; with prepares its world.
func newStory(rt *rapid.T, dir string, with func(*world)) *story {
	s := &story{
		policy: rapid.SampledFrom([]merge.Policy{merge.CRMWins, merge.LocalWins, merge.NewestWins, merge.Ask}).Draw(rt, "policy"),
		tasks:  map[string]string{}, errand: map[string]string{}, theirs: map[string]string{}, answers: map[string]int{}, notes: map[string]string{},
	}
	s.world = newWorld(rt, dir, options{
		crm:  ghltest.Options{IndexLag: 20 * time.Second},
		gate: smstest.Options{ListLag: rapid.SampledFrom([]time.Duration{20 * time.Second, 20 * time.Minute}).Draw(rt, "list lag"), Recent: 200},
		with: with,
		rules: func(r *plan.Config) {
			r.Limits, r.Staff, r.Past = plan.Limits{}, []sms.Phone{desk}, 30*24*time.Hour // beyond the end of any story
			r.Notes = plan.NotesRule{Every: time.Hour, Calls: 5}
			r.Merge = map[store.Entity]merge.Rule{store.Contact: {Policy: s.policy}}
		},
	})
	for i, name := range []string{"Ann", "Bob"} {
		phone := fmt.Sprintf("+1202555010%d", i+1)
		c := s.person(name, phone)
		s.people = append(s.people, &truth{id: c.ID, phone: phone, here: map[string]string{}, there: map[string]string{}, tags: map[string]bool{}})
	}
	time.Sleep(time.Duration(rapid.SampledFrom(seasons).Draw(rt, "days")) * 24 * time.Hour)
	s.began = time.Now()
	time.Sleep(30 * time.Second)
	s.beat()
	return s
}

// seasons are some days after New Year of 2000: that day, and those before the leap day and before the nights
// in which New York's clocks go forward and back.
var seasons = []int{0, 58, 91, 301}

func (s *story) next() int { s.n++; return s.n }

// beat is one cycle and a little time.
func (s *story) beat() {
	_ = s.cycle(sync.PollTexts | sync.PollCRM)
	time.Sleep(15 * time.Second)
}

func (s *story) someone(rt *rapid.T) *truth {
	return rapid.SampledFrom(s.people).Draw(rt, "person")
}

// mirrored tells whether a person is in the mirror with values.
func (s *story) mirrored(p *truth) bool {
	return len(s.rows(`SELECT 1 FROM contacts WHERE crm_id = ? AND hash IS NOT NULL AND gone_at IS NULL`, p.id)) == 1
}

// acts are what can happen. Each act on a record uses words of its own, so that whatever is found
// later tells where it came from.
func (s *story) acts() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"edit here": func(rt *rapid.T) {
			p := s.someone(rt)
			if !s.mirrored(p) {
				return
			}
			field := rapid.SampledFrom([]string{"city", "address"}).Draw(rt, "field")
			p.here[field], p.blurred = fmt.Sprint("here ", s.next()), true
			s.edit(store.Contact, p.id, store.Fields{field: p.here[field]})
		},
		"tag here": func(rt *rapid.T) {
			if p := s.someone(rt); s.mirrored(p) {
				s.tagHere(rt, p)
			}
		},
		"edit there": func(rt *rapid.T) {
			p := s.someone(rt)
			p.blurred = true
			v := fmt.Sprint("there ", s.next())
			p.there["state"] = v
			s.crm.EditContact(p.id, func(c *ghltest.Contact) { c.State = v })
		},
		"tag there": func(rt *rapid.T) { s.tagThere(rt, s.someone(rt)) },
		"tag on both sides": func(rt *rapid.T) {
			p := s.someone(rt)
			s.tagThere(rt, p)
			if s.mirrored(p) {
				s.tagHere(rt, p)
			}
		},
		"clash": func(rt *rapid.T) { s.clash(rt, s.someone(rt)) },
		"newcomer": func(*rapid.T) {
			phone := fmt.Sprintf("+1202555%04d", 1000+s.next())
			s.newcomers = append(s.newcomers, phone)
			s.gate.Text(phone, "Hi, I'm Jane Doe")
		},
		"task by text": func(rt *rapid.T) {
			p, title := s.someone(rt), fmt.Sprint("errand ", s.next())
			s.tasks[title] = p.phone
			s.gate.Text(p.phone, "TASK "+title)
		},
		"task by text, and the answer fails": func(rt *rapid.T) {
			p, title := s.someone(rt), fmt.Sprint("errand ", s.next())
			s.tasks[title] = p.phone
			s.gate.Text(p.phone, "TASK "+title)
			kind := smstest.Kind(rapid.IntRange(int(smstest.Refuse), int(smstest.NoCredit)).Draw(rt, "kind"))
			s.gate.AddFault(smstest.Fault{Kind: kind, Path: "/sms/send", Times: rapid.IntRange(1, 3).Draw(rt, "times")})
			s.beat()
		},
		"task here": func(rt *rapid.T) {
			p := s.someone(rt)
			if !s.mirrored(p) {
				return
			}
			title := fmt.Sprint("desk ", s.next())
			s.errand[title] = "open"
			s.update(func(tx *store.Tx) error {
				_, err := tx.Create(s.ctx, store.Task, s.record(store.Contact, p.id).ID, store.Fields{
					store.Title: title, store.Due: "2000-02-01T10:00:00Z", store.Completed: "false",
				}, store.ByPerson)
				return err
			})
		},
		"finish or drop a task": func(rt *rapid.T) {
			if len(s.errand) == 0 {
				return
			}
			title := rapid.SampledFrom(slices.Sorted(maps.Keys(s.errand))).Draw(rt, "task")
			rows := s.rows(`SELECT id FROM tasks WHERE coalesce(edits ->> '$.title', base ->> '$.title') = ? AND gone_at IS NULL`, title)
			if len(rows) != 1 {
				return
			}
			id := number(rt, rows[0][0])
			if s.errand[title] == "open" && rapid.Bool().Draw(rt, "finish") {
				s.errand[title] = "done"
				s.update(func(tx *store.Tx) error {
					_, err := tx.Edit(s.ctx, store.Task, id, store.Fields{store.Completed: "true"}, store.ByPerson)
					return err
				})
				return
			}
			s.errand[title] = "deleted"
			s.update(func(tx *store.Tx) error { return tx.Doom(s.ctx, store.Task, id) })
		},
		"task there": func(rt *rapid.T) {
			title := fmt.Sprint("office ", s.next())
			s.theirs[title] = s.crm.AddTask(ghltest.Task{ContactID: s.someone(rt).id, Title: title, Due: time.Now().Add(48 * time.Hour)}).ID
		},
		"note there": func(rt *rapid.T) {
			s.crm.AddNote(ghltest.Note{ContactID: s.someone(rt).id, Body: fmt.Sprint("remark ", s.next())})
		},
		"talk": func(rt *rapid.T) {
			p, words := s.someone(rt), fmt.Sprint("Lovely weather ", s.next())
			s.notes[words] = p.phone
			s.gate.Text(p.phone, words)
		},
		"stop": func(rt *rapid.T) {
			p := s.someone(rt)
			p.blurred = true
			p.stopped = true
			s.gate.Text(p.phone, "STOP")
		},
		"stop and go on": func(rt *rapid.T) {
			p := s.someone(rt)
			p.blurred, p.stopped = true, true
			s.gate.Text(p.phone, "STOP")
			s.gate.Text(p.phone, "TASKS")
			s.beat()
		},
		"start": func(rt *rapid.T) {
			p := s.someone(rt)
			p.blurred = true
			p.stopped = false
			s.gate.Text(p.phone, "START")
		},
		"book": func(rt *rapid.T) {
			at := time.Now().Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "hours")) * time.Hour).Truncate(time.Hour).Add(time.Duration(s.next()) * time.Minute)
			s.visits = append(s.visits, s.crm.AddAppointment(ghltest.Appointment{CalendarID: s.calendar, ContactID: s.someone(rt).id, Title: "Visit", Start: at}).ID)
		},
		"move or cancel": func(rt *rapid.T) {
			if len(s.visits) == 0 {
				return
			}
			id, cancel := rapid.SampledFrom(s.visits).Draw(rt, "visit"), rapid.Bool().Draw(rt, "cancel")
			s.crm.EditAppointment(id, func(a *ghltest.Appointment) {
				if cancel {
					a.Status = "cancelled"
				} else {
					a.Start, a.End = a.Start.Add(2*time.Hour), a.End.Add(2*time.Hour)
				}
			})
		},
		"remind, then move": func(rt *rapid.T) {
			a := s.crm.AddAppointment(ghltest.Appointment{
				CalendarID: s.calendar, ContactID: s.someone(rt).id, Title: "Visit",
				Start: time.Now().Add(24 * time.Hour).Truncate(time.Hour).Add(time.Hour + time.Duration(s.next())*time.Minute),
			})
			s.visits = append(s.visits, a.ID)
			s.beat()
			time.Sleep(time.Until(a.Start.Add(-24 * time.Hour)))
			s.beat()
			s.beat()
			s.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Start, a.End = a.Start.Add(2*time.Hour), a.End.Add(2*time.Hour) })
			s.beat()
			time.Sleep(2 * time.Hour) // the reminder of the new time is due
			s.beat()
		},
		"a list leaves somebody out": func(rt *rapid.T) { s.leaveOut(s.someone(rt)) },
		"answer": func(rt *rapid.T) {
			p, words := s.someone(rt), rapid.SampledFrom([]string{"C", "X", "R", "1", "NEXT"}).Draw(rt, "answer")
			s.gate.Text(p.phone, words)
			s.answers[fmt.Sprintf(`Text from %s:\n%s"`, p.phone, words)]++
		},
		"delete or restore": func(rt *rapid.T) {
			p := s.someone(rt)
			p.blurred = true
			if p.deleted = !p.deleted; p.deleted {
				p.everGone = true
				s.crm.RemoveContact(p.id)
			} else {
				s.crm.UndeleteContact(p.id)
			}
		},
		"fail there": func(rt *rapid.T) {
			kind := rapid.SampledFrom([]ghltest.FaultKind{
				ghltest.Refuse, ghltest.CutBefore, ghltest.RateLimited, ghltest.Unauthorized, ghltest.CutAfter, ghltest.ErrorAfter, ghltest.HTML, ghltest.HalfJSON,
				ghltest.Slow, ghltest.CreateThenReject,
			}).Draw(rt, "kind")
			method, path := rapid.SampledFrom([]string{"", "POST", "PUT", "GET", "DELETE"}).Draw(rt, "method"), ""
			if kind == ghltest.CreateThenReject {
				method, path = "POST", "/contacts/$" // which is known to happen there
			}
			s.crm.AddFault(ghltest.Fault{
				Method: method, Path: path, Kind: kind, Times: rapid.IntRange(1, 3).Draw(rt, "times"), Skip: rapid.IntRange(0, 4).Draw(rt, "skip"), Delay: delayOf(kind),
				RetryAfter: rapid.SampledFrom([]string{"", "40"}).Draw(rt, "hint"),
			})
		},
		"fail at the gateway": func(rt *rapid.T) {
			kind := smstest.Kind(rapid.IntRange(int(smstest.Refuse), int(smstest.NoCredit)).Draw(rt, "kind"))
			path := rapid.SampledFrom([]string{"", "/sms/send"}).Draw(rt, "path")
			s.gate.AddFault(smstest.Fault{
				Kind: kind, Path: path, Times: rapid.IntRange(1, 3).Draw(rt, "times"), Skip: rapid.IntRange(0, 2).Draw(rt, "skip"),
				RetryAfter: rapid.SampledFrom([]time.Duration{0, 40 * time.Second}).Draw(rt, "hint"),
			})
		},
		"untidy list": func(rt *rapid.T) {
			s.gate.DuplicateInbound(rapid.Bool().Draw(rt, "twice"))
			s.gate.ShuffleInbound(rapid.Bool().Draw(rt, "shuffled"))
			s.beat()
		},
		"token revoked for a while": func(*rapid.T) {
			s.crm.SetToken("another")
			s.gate.SetKey("another")
			s.beat()
			s.crm.SetToken(ghltest.DefaultToken)
			s.gate.SetKey(smstest.DefaultKey)
			time.Sleep(5 * time.Minute)
		},
		"crash": func(rt *rapid.T) {
			at, ph := s.life.seen+rapid.IntRange(1, 20).Draw(rt, "request"), rapid.SampledFrom([]phase{before, after}).Draw(rt, "phase")
			s.dieAt(func(n int, p phase) bool { return n == at && p == ph })
			s.beat()
		},
		"cycle":  func(*rapid.T) { s.beat() },
		"cycles": func(*rapid.T) { s.beat(); s.beat() },
		"time": func(rt *rapid.T) {
			time.Sleep(time.Duration(rapid.IntRange(1, 20).Draw(rt, "hours")) * time.Hour)
			s.beat()
		},
		"some quiet days": func(rt *rapid.T) {
			for range 2 * rapid.IntRange(3, 9).Draw(rt, "days") {
				_ = s.cycle(sync.Everything)
				time.Sleep(12 * time.Hour)
			}
		},
		"a long outage": func(*rapid.T) { s.outage() },
		"restart":       func(*rapid.T) { s.restart(); s.beat() },
		"night":         func(*rapid.T) { _ = s.cycle(sync.Everything); time.Sleep(time.Minute) },
		"text only":     func(*rapid.T) { _ = s.cycle(sync.PollTexts); time.Sleep(15 * time.Second) },
	}
}

// tagHere puts a tag on here, or takes it off. Other tags are the other side's.
func (s *story) tagHere(rt *rapid.T, p *truth) {
	p.blurred = true
	tag := rapid.SampledFrom([]string{"here1", "here2"}).Draw(rt, "tag")
	p.tags[tag] = !p.tags[tag]
	r := s.record(store.Contact, p.id)
	tags := slices.DeleteFunc(r.Value().Set(store.Tags), func(t string) bool { return t == tag })
	if p.tags[tag] {
		tags = append(tags, tag)
	}
	s.edit(store.Contact, p.id, store.Fields{store.Tags: store.EncodeSet(tags)})
}

func (s *story) tagThere(rt *rapid.T, p *truth) {
	p.blurred = true
	tag := rapid.SampledFrom([]string{"there1", "there2"}).Draw(rt, "tag")
	p.tags[tag] = !p.tags[tag]
	s.crm.EditContact(p.id, func(c *ghltest.Contact) {
		c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(t string) bool { return t == tag })
		if p.tags[tag] {
			c.Tags = append(c.Tags, tag)
		}
	})
}

// clash lets both sides change one field, agreed on before, at the same moment. A field clashes
// once in a story, so that it is certain who must win.
func (s *story) clash(rt *rapid.T, p *truth) {
	if p.clash != "" || p.everGone || !s.mirrored(p) {
		return
	}
	theirs, ours := fmt.Sprint("https://there.example/", s.next()), fmt.Sprint("https://here.example/", s.n)
	newer := rapid.Bool().Draw(rt, "ours is newer")
	there := func() { s.crm.EditContact(p.id, func(c *ghltest.Contact) { c.Website = theirs }) }
	here := func() { s.edit(store.Contact, p.id, store.Fields{"website": ours}) }
	if newer {
		there()
		time.Sleep(2 * time.Second)
		here()
	} else {
		here()
		time.Sleep(2 * time.Second)
		there()
	}
	p.clash, p.lost, p.blurred = theirs, ours, false
	if s.policy == merge.LocalWins || s.policy == merge.NewestWins && newer {
		p.clash, p.lost = ours, theirs
	}
}

// forgetful is a CRM whose lists leave a contact out that it has.
type forgetful struct {
	*ghl.Client
	out ghl.ContactID
}

func (f forgetful) SearchContacts(ctx context.Context, q ghl.ContactQuery) iter.Seq2[ghl.Page[ghl.Contact], error] {
	p := partial{Client: f.Client, hidden: map[ghl.ContactID]bool{f.out: true}}
	return p.SearchContacts(ctx, q)
}

// leaveOut lets a sweep miss somebody, who is not deleted by that.
func (s *story) leaveOut(p *truth) {
	honest, ok := s.engine.CRM.(*ghl.Client)
	if !ok {
		s.t.Fatalf("the engine has another client")
	}
	engine := s.engine
	engine.CRM = forgetful{honest, ghl.ContactID(p.id)}
	_ = s.cycle(sync.Everything)
	engine.CRM = honest
	if c, _ := s.crm.Contact(p.id); !c.Deleted && s.gone(store.Contact, p.id) && !p.everGone {
		s.t.Fatalf("promise 6: a list left out %s, who counts as deleted now\n%s", p.phone, s.dump())
	}
}

// outage takes the CRM off the network for longer than staff may go without hearing of it.
func (s *story) outage() {
	s.crm.ClearFaults()
	s.gate.ClearFaults()
	for range 2 { // what was asked to wait does
		time.Sleep(5 * time.Minute)
		s.beat()
	}
	n := len(s.got(desk))
	s.crm.SetDown(true)
	for range 6 {
		s.beat()
		time.Sleep(8 * time.Minute)
	}
	s.crm.SetDown(false)
	if len(s.got(desk)) == n {
		s.t.Fatalf("promise 9: the CRM was away for 48 minutes, and staff did not hear of it\n%s", s.dump())
	}
}

// checkAlways is what holds at any time.
func (s *story) checkAlways() {
	s.checkOnce()
	for _, row := range s.rows(`SELECT number, since FROM opt_outs WHERE lifted_at IS NULL`) {
		for _, text := range s.gate.SentTo(row[0]) {
			if text.At.UnixMilli() > number(s.t, row[1]) && !strings.Contains(text.Text, stopped) && !s.forgotten[text.ID] {
				s.t.Fatalf("promise 5: texted after the opt-out: %s %q\n%s", row[0], text.Text, s.dump())
			}
		}
	}
	for _, row := range s.rows(`SELECT appointment_id, starts, rule FROM reminders r JOIN outbox o ON o.id = r.outbox_id
		WHERE o.state IN ('done', 'unknown', 'sending') GROUP BY 1, 2, 3 HAVING count(*) > 1`) {
		s.t.Fatalf("promise 7: decided twice: %v", row)
	}
}

// checkOnce looks at the outside only: nothing was done twice.
func (s *story) checkOnce() {
	seen := map[string]int{}
	for _, text := range s.gate.Sent() {
		for _, own := range []string{"Noted as ", "see you ", "your appointment is "} {
			if strings.Contains(text.Text, own) {
				seen["text to "+text.To+" "+text.Text]++
			}
		}
	}
	for _, r := range s.crm.Writes() {
		if r.Method == "POST" && (strings.HasSuffix(r.Path, "/notes") || strings.HasSuffix(r.Path, "/tasks")) {
			seen[r.Path+" "+string(r.Body)]++
		}
	}
	for what, n := range seen {
		most := 1
		for answer, times := range s.answers {
			if strings.Contains(what, answer) { // texted twice, it is kept twice
				most = times
			}
		}
		if n > most {
			s.t.Fatalf("promise 1: %d times: %s", n, what)
		}
	}
}

// runUntilQuiet mends everything and gives the engine the time that doubts and pauses take.
func (s *story) runUntilQuiet() {
	s.crm.ClearFaults()
	s.gate.ClearFaults()
	s.gate.DuplicateInbound(false)
	s.crm.SetToken(ghltest.DefaultToken)
	s.gate.SetKey(smstest.DefaultKey)
	s.crm.SetDown(false)
	s.life.cause = nil
	for i := range 9 {
		if i == 6 {
			s.askPerson()
		}
		work := sync.PollTexts | sync.PollCRM
		if i == 1 {
			work = sync.Everything
		}
		n := s.outside()
		_ = s.cycle(work)
		time.Sleep(9 * time.Minute)
		if i >= 2 && s.outside() == n && len(s.rows(`SELECT 1 FROM outbox WHERE state IN ('pending', 'sending') OR state = 'unknown' AND kind <> 'text.send'
			UNION ALL SELECT 1 FROM meta WHERE key = 'silent' AND value <> ''`)) == 0 { // staff hear later that it is over
			return
		}
	}
}

// checkQuiet: nothing is written outside any more, and nothing is left open.
func (s *story) checkQuiet() {
	n, since := s.outside(), time.Now()
	for _, work := range []sync.Work{sync.PollTexts | sync.PollCRM, sync.Everything} {
		if err := s.cycle(work); err != nil {
			s.t.Errorf("a quiet cycle: %v", err)
		}
		time.Sleep(11 * time.Minute)
	}
	n += len(s.rows(`SELECT DISTINCT outbox_id FROM reminders WHERE decided_at >= ? AND outbox_id IS NOT NULL`, since.UnixMilli())) // those are due
	if now := s.outside(); now != n {
		s.t.Errorf("promise 8: %d writes although all is quiet\n%s", now-n, s.dump())
	}
	s.want("0", `SELECT count(*) FROM inbound WHERE decision IS NULL OR reason IS NULL`) // promise 2
	s.want("", `SELECT key, state, reason FROM outbox WHERE state IN ('pending', 'sending', 'held') OR (state = 'unknown' AND kind <> 'text.send')
		OR (state = 'failed' AND reason NOT LIKE '% 400 %')`)
	s.want("", `SELECT kind, evidence FROM brakes WHERE state <> 'over'`)
	s.checkMirror()
	s.checkLedger()
}

// answered is the reason of a text that counts as sent since somebody answered it.
const answered = "the recipient answered it"

// checkLedger: what the ledger says about texts is what the gateway took, and every due reminder is decided.
func (s *story) checkLedger() {
	taken := map[string]smstest.Message{}
	for _, m := range s.gate.Sent() {
		taken[m.ID] = m
	}
	for _, row := range s.rows(`SELECT coalesce(gateway_id, ''), number, body, key FROM texts JOIN outbox ON id = outbox_id WHERE state = 'done' AND reason <> ?`, answered) {
		m, ok := taken[row[0]]
		if !ok || phone(m.To) != row[1] || m.Text != row[2] {
			s.t.Errorf("promise 1: %s counts as sent, and the gateway does not have it\n%s", row[3], s.dump())
		}
		delete(taken, row[0])
	}
	for _, row := range s.rows(`SELECT number, body FROM texts JOIN outbox ON id = outbox_id WHERE state = 'unknown' OR reason = ?`, answered) {
		for id, m := range taken {
			if phone(m.To) == row[0] && m.Text == row[1] {
				delete(taken, id)
				break
			}
		}
	}
	for _, m := range taken {
		s.t.Errorf("promise 1: the gateway took %q for %s, which is not in the ledger\n%s", m.Text, m.To, s.dump())
	}
	for _, row := range s.rows(`SELECT o.key FROM reminders r JOIN outbox o ON o.id = r.outbox_id GROUP BY o.id HAVING count(*) > 1`) {
		s.t.Errorf("promise 7: one text, %s, stands for several reminders\n%s", row[0], s.dump())
	}
	for title, number := range s.tasks {
		if s.one(`SELECT decision FROM inbound WHERE body = ?`, "TASK "+title) == "task created" {
			s.want("1", `SELECT count(*) FROM texts WHERE number = ? AND body LIKE 'Noted as %: "' || ? || '"%'`, number, title)
		}
	}
	for _, a := range s.crm.Appointments() {
		for _, rule := range s.rules.Reminders {
			if !s.mirroredVisit(a) || time.Until(a.Start.Add(-rule.Before)) > -15*time.Minute {
				continue
			}
			decided := s.rows(`SELECT 1 FROM reminders r JOIN appointments a ON a.id = r.appointment_id WHERE a.crm_id = ? AND r.starts = ? AND r.rule = ?
				AND decided_at IS NOT NULL`, a.ID, a.Start.UTC().Format(store.TimeForm), rule.Name)
			if len(decided) == 0 {
				s.t.Errorf("promise 7: nothing was decided about %s of the appointment at %s\n%s", rule.Name, a.Start.UTC().Format(time.DateTime), s.dump())
			}
		}
	}
}

func (s *story) mirroredVisit(a ghltest.Appointment) bool {
	c, _ := s.crm.Contact(a.ContactID)
	return !a.Deleted && !c.Deleted && len(s.rows(`SELECT 1 FROM appointments WHERE crm_id = ? AND gone_at IS NULL`, a.ID)) == 1
}

// checkTruth compares both sides with what people did.
func (s *story) checkTruth() {
	for _, p := range s.people {
		c := s.contactNow(p.id)
		if p.deleted {
			if !s.gone(store.Contact, p.id) {
				s.t.Errorf("promise 6: %s was deleted and lives here", p.phone)
			}
			continue
		}
		s.checkPerson(p, c)
	}
	for _, phone := range s.newcomers {
		if n := len(slices.DeleteFunc(s.crm.Contacts(), func(c ghltest.Contact) bool { return c.Phone != phone })); n != 1 {
			s.t.Errorf("promises 1 and 2: %d contacts with %s, who texted\n%s", n, phone, s.dump())
		}
	}
	s.checkTasks()
	words := map[string]int{}
	for _, n := range s.crm.Notes() {
		_, said, _ := strings.Cut(n.Body, "\n")
		words[said]++
	}
	for said, phone := range s.notes {
		if n := words[said]; n > 1 || n == 0 && !s.wasGone(phone) {
			s.t.Errorf("promises 1 and 2: %d notes %q\n%s", n, said, s.dump())
		}
	}
	for _, row := range s.rows(`SELECT n.crm_id FROM notes n JOIN contacts c ON c.id = n.contact_id WHERE n.gone_at IS NULL AND c.gone_at IS NULL`) {
		if n, ok := s.crm.Note(row[0]); !ok || n.Deleted {
			s.t.Errorf("note %s is not in the CRM", row[0])
		}
	}
}

func (s *story) checkPerson(p *truth, c ghltest.Contact) {
	for field, v := range p.here {
		if got := map[string]string{"city": c.City, "address": c.Address1}[field]; got != v {
			s.t.Errorf("promise 3: %s edited here to %q is %q in the CRM\n%s", field, v, got, s.dump())
		}
	}
	if v := p.there["state"]; c.State != v {
		s.t.Errorf("promise 3: the state changed in the CRM to %q is %q", v, c.State)
	}
	for tag, on := range p.tags {
		if slices.Contains(c.Tags, tag) != on {
			s.t.Errorf("promise 3: tag %s should be there: %v; tags %v\n%s", tag, on, c.Tags, s.dump())
		}
	}
	if p.clash != "" && !p.everGone {
		older := p.blurred && s.policy == merge.NewestWins && c.Website == p.lost
		if c.Website != p.clash && !older {
			s.t.Errorf("promise 4: policy %s, the CRM has %q, not %q\n%s", s.policy, c.Website, p.clash, s.dump())
		}
		if n := len(s.rows(`SELECT 1 FROM conflicts WHERE field = 'website' AND ?1 IN (crm, local)`, p.lost)); n != 1 {
			s.t.Errorf("promise 4: the loser %q is kept %d times", p.lost, n)
		}
	}
	status := c.DNDSettings["SMS"].Status
	if blocked := status == "active"; blocked != p.stopped && !p.everGone {
		s.t.Errorf("promise 5: the last word was STOP: %v; the CRM has %q\n%s", p.stopped, status, s.dump())
	}
	if n := len(s.rows(`SELECT 1 FROM opt_outs WHERE number = ? AND lifted_at IS NULL`, p.phone)); (n == 1) != p.stopped {
		s.t.Errorf("promise 5: the last word was STOP: %v; %d opt-outs stand\n%s", p.stopped, n, s.dump())
	}
}

func (s *story) checkTasks() {
	there := map[string][]ghltest.Task{}
	for _, t := range s.crm.Tasks() {
		if !t.Unlisted && !t.Deleted {
			there[t.Title] = append(there[t.Title], t)
		}
	}
	for title, phone := range s.tasks {
		if n := len(there[title]); n > 1 || n == 0 && !s.wasGone(phone) && s.one(`SELECT decision FROM inbound WHERE body = ?`, "TASK "+title) == "task created" {
			s.t.Errorf("promises 1 and 2: %d tasks %q\n%s", n, title, s.dump())
		}
	}
	for title, state := range s.errand {
		got := "deleted"
		if len(there[title]) > 0 {
			got = map[bool]string{false: "open", true: "done"}[there[title][0].Completed]
		}
		if len(there[title]) > 1 || got != state && !s.anyGone() {
			s.t.Errorf("promises 1 and 3: task %q is %s in the CRM (%d times), and should be %s\n%s", title, got, len(there[title]), state, s.dump())
		}
	}
	for title, id := range s.theirs {
		if s.gone(store.Task, id) && !s.anyGone() {
			s.t.Errorf("promise 6: task %q lives in the CRM and is gone here", title)
		}
	}
}

func (s *story) wasGone(phone string) bool {
	return slices.ContainsFunc(s.people, func(p *truth) bool { return p.phone == phone && p.everGone })
}

func (s *story) anyGone() bool {
	return slices.ContainsFunc(s.people, func(p *truth) bool { return p.everGone })
}
