package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	gosync "sync"
	"time"

	"ghlsms/ghl/ghltest"
)

// people are those around the daemon, and what must become of what they do. Each deed has a word that nothing
// else has.
type people struct {
	k   *killing
	rng *rand.Rand

	mu      gosync.Mutex
	n       int
	persons []*someone
	visits  []*visit
	texts   int            // that people sent
	errands []*errand      // tasks that were asked for, by people or staff
	notes   map[string]int // parts of notes that must be there once
	replies []reply
	sites   map[string][]string // websites that somebody may have set, by the contact's id
	busy    gosync.WaitGroup
}

// someone is a person; those who came by text have no id here.
type someone struct {
	id, name, number string
	wavers           bool // says STOP and START, and visits like all others
	city, state      string
	tags             string
	said             string // the last of STOP and START; empty: neither
}

// visit is an appointment of a person who has no other.
type visit struct {
	id, title string
	who       *someone
	starts    []time.Time // the last one counts
	status    string      // what it must be in the end
	decided   bool        // its status was decided on
}

// errand is a task.
type errand struct {
	title string
	by    *someone // who may text that it is done; nil: nobody
	done  bool
}

// reply is an answer that somebody is owed.
type reply struct {
	to    *someone
	words string
}

func newPeople(k *killing, rng *rand.Rand) *people {
	p := &people{k: k, rng: rng, notes: map[string]int{}, sites: map[string][]string{}}
	k.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: "Dr. Lee"})
	for i := range 5 {
		s := p.person()
		s.wavers = i < 2
	}
	return p
}

// word is one that nothing else has, of letters alone.
func (p *people) word() string {
	p.n++
	letters := []byte("Xan___")
	for i, n := 5, p.n; i > 2; i, n = i-1, n/20 {
		letters[i] = "bcdfghjklmnpqrstvwxz"[n%20]
	}
	return string(letters)
}

// person is one that the clinic enters into its CRM.
func (p *people) person() *someone {
	s := &someone{name: p.word()}
	s.id, s.number = "id"+s.name, fmt.Sprintf("+1202555%04d", 1000+p.n)
	p.k.crm.AddContact(ghltest.Contact{ID: s.id, FirstName: "Pat", LastName: s.name, Phone: s.number})
	p.persons = append(p.persons, s)
	p.k.tell("%s (%s) is entered into the CRM", s.name, s.number)
	return s
}

// act lets people do some things.
func (p *people) act(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		p.one()
	}
}

// actMeanwhile lets them do some things after a while; wait waits for that.
func (p *people) actMeanwhile(n int, after time.Duration) {
	p.busy.Go(func() {
		time.Sleep(after)
		p.act(n)
	})
}

func (p *people) wait() { p.busy.Wait() }

// one is one deed. What needs somebody or something that the mirror does not know yet does not take place.
func (p *people) one() {
	switch n := p.rng.IntN(32); {
	case n < 3:
		p.newcomer()
	case n < 9:
		if p.k.aged {
			p.book()
		}
	case n < 12:
		p.changeVisit()
	case n < 17:
		p.decideStatus()
	default:
		if s := p.known(); s != nil {
			p.deed(s, n)
		}
	}
}

func (p *people) deed(s *someone, n int) {
	switch n {
	case 17, 18, 19:
		p.askTask(s)
	case 20:
		p.finishTask()
	case 21:
		p.talk(s)
	case 22, 23, 30, 31:
		p.waver()
	case 24:
		s.city = "City " + p.word()
		p.command("contact", "set", s.id, "city="+s.city)
	case 25:
		if !s.wavers {
			s.tags = "vip-" + strings.ToLower(p.word())
			p.command("contact", "set", s.id, "city="+s.city, "tags="+s.tags)
		}
	case 26:
		s.state = "State " + p.word()
		p.k.crm.EditContact(s.id, func(c *ghltest.Contact) { c.State = s.state })
		p.k.tell("%s is in %s now, says the CRM", s.name, s.state)
	case 27:
		title := "chore " + p.word()
		p.errands = append(p.errands, &errand{title: title})
		p.command("task", "add", s.id, title)
	case 28:
		body := "Remember " + p.word()
		p.notes[body] = 1
		p.command("note", "add", s.id, body)
	case 29:
		title := "desk " + p.word()
		p.errands = append(p.errands, &errand{title: title, by: s})
		p.k.crm.AddTask(ghltest.Task{ID: title, ContactID: s.id, Title: title, Due: time.Now().Add(48 * time.Hour)})
		p.k.tell("the CRM has a task %q for %s", title, s.name)
	}
}

// command is an edit beside the daemon.
func (p *people) command(args ...string) {
	p.k.tell("ghlsms %q", args)
	code, stdout, stderr := p.k.ghlsms(args...)
	if code != exitDone {
		p.k.t.Errorf("ghlsms %q: exit %d\n%s%s", args, code, stdout, stderr)
	}
}

func (p *people) text(from *someone, words string) {
	p.texts++
	p.k.gateway.Text(from.number, words)
	p.k.tell("%s (%s) texts %q", from.name, from.number, words)
}

func (p *people) newcomer() {
	s := &someone{name: p.word()}
	s.number = fmt.Sprintf("+1202555%04d", 1000+p.n)
	p.errands = append(p.errands, &errand{title: "Welcome Jane " + s.name})
	words := fmt.Sprintf("Hi, I'm Jane %s, %s@example.com", s.name, strings.ToLower(s.name))
	p.notes[words] = 1
	p.replies = append(p.replies, reply{s, "Thanks Jane"})
	p.text(s, words)
}

func (p *people) askTask(s *someone) {
	title := "errand " + p.word()
	p.errands = append(p.errands, &errand{title: title, by: s})
	if !s.wavers {
		p.replies = append(p.replies, reply{s, fmt.Sprintf("%q. TASKS", title)})
	}
	p.text(s, "TASK "+title)
}

// finishTask has somebody text that a task is done that the mirror has.
func (p *people) finishTask() {
	for _, e := range p.errands {
		if e.by == nil || e.done || p.rng.IntN(2) == 0 || p.k.ask(`SELECT count(*) FROM v1_tasks WHERE title = ?`, e.title) == 0 {
			continue
		}
		e.done = true
		if !e.by.wavers {
			p.replies = append(p.replies, reply{e.by, fmt.Sprintf("Done: %q", e.title)})
		}
		p.text(e.by, "DONE "+e.title)
		return
	}
}

func (p *people) talk(s *someone) {
	words := "Such lovely weather " + p.word()
	p.notes[words] = 1
	p.text(s, words)
}

// waver has one of those say STOP, or START again.
func (p *people) waver() {
	s := p.persons[p.rng.IntN(2)]
	if !p.knows(s) {
		return
	}
	if s.said == "STOP" {
		s.said = "START"
	} else {
		s.said = "STOP"
	}
	p.text(s, s.said)
}

// book books an appointment whose reminder is due, or will soon be.
func (p *people) book() {
	s := p.persons[p.rng.IntN(2)] // somebody who opts out every now and then
	if p.rng.IntN(4) > 0 {
		s = p.person()
	}
	v := &visit{title: "visit " + p.word(), who: s, status: "new"}
	v.id = "id" + v.title
	v.starts = []time.Time{p.start()}
	p.visits = append(p.visits, v)
	p.k.crm.AddAppointment(ghltest.Appointment{
		ID: v.id, CalendarID: "cal1", ContactID: s.id, Title: v.title, Status: v.status, Start: v.starts[0], DateAdded: time.Now().AddDate(0, -1, 0),
	})
	p.k.tell("%s is booked for %s at %s", v.title, s.name, v.starts[0].Format(time.TimeOnly))
}

// start is one whose reminder is due within a few seconds, or has been for up to an hour.
func (p *people) start() time.Time {
	return time.Now().Add(24*time.Hour + 4*time.Second - time.Duration(p.rng.IntN(3600))*time.Second).Truncate(time.Second)
}

// changeVisit moves an appointment in the CRM.
func (p *people) changeVisit() {
	if len(p.visits) == 0 {
		return
	}
	v := p.visits[p.rng.IntN(len(p.visits))]
	start := p.start()
	for _, s := range v.starts {
		if s.Equal(start) {
			return
		}
	}
	v.starts = append(v.starts, start)
	p.k.crm.EditAppointment(v.id, func(a *ghltest.Appointment) { a.Start, a.End = start, start.Add(30*time.Minute) })
	p.k.tell("%s is moved to %s", v.title, start.Format(time.TimeOnly))
}

// decideStatus decides on the status of an appointment: once each, so that nobody's word is against another's.
func (p *people) decideStatus() {
	for _, v := range p.visits {
		if v.decided || p.rng.IntN(3) == 0 || p.k.ask(`SELECT count(*) FROM appointments WHERE crm_id = ?`, v.id) == 0 {
			continue
		}
		n := p.rng.IntN(6)
		if v.who.wavers { // who may have several, and would be asked which
			n = 4 + n%2
		}
		v.decided = true
		v.status = []string{"confirmed", "cancelled", "confirmed", "cancelled", "cancelled", "new"}[n]
		if v.status == "cancelled" {
			p.errands = append(p.errands, &errand{title: "Offer Pat " + v.who.name + " a new time"})
		}
		switch n {
		case 0, 1:
			p.replies = append(p.replies, reply{v.who, "is " + v.status})
			p.text(v.who, map[string]string{"confirmed": "C", "cancelled": "X"}[v.status])
		case 2:
			p.command("appointment", "confirm", v.id)
		case 3:
			p.command("appointment", "cancel", v.id)
		case 4:
			p.k.crm.EditAppointment(v.id, func(a *ghltest.Appointment) { a.Status = "cancelled" })
			p.k.tell("%s is cancelled in the CRM", v.title)
		}
		return
	}
}

// site is a website that a person is about to get, by a command that may be killed; empty: nobody is known.
func (p *people) site() (id, site string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.known()
	if s == nil {
		return "", ""
	}
	site = "https://" + strings.ToLower(p.word()) + ".example"
	p.sites[s.id] = append(p.sites[s.id], site)
	return s.id, site
}

// known is a person whom the mirror knows; nil: none was found.
func (p *people) known() *someone {
	s := p.persons[p.rng.IntN(min(len(p.persons), 12))]
	if p.rng.IntN(3) == 0 {
		s = p.persons[p.rng.IntN(2)] // a text of theirs may wait when they say STOP
	}
	if !p.knows(s) {
		return nil
	}
	return s
}

func (p *people) knows(s *someone) bool {
	return p.k.ask(`SELECT count(*) FROM contacts WHERE crm_id = ?`, s.id) == 1
}

// mirrored tells whether there is a mirror.
func (p *people) mirrored() bool { return p.k.ask(`SELECT count(*) FROM sqlite_schema`) > 0 }

// ask is a number out of the mirror; 0: there is none, or not yet in this form.
func (s *stage) ask(q string, args ...any) (n int) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "ghlsms.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Error(err)
		return 0
	}
	defer db.Close()
	if db.QueryRow(q, args...).Scan(&n) != nil {
		return 0
	}
	return n
}
