package sync_test

import (
	"cmp"
	"container/heap"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

var (
	yearVisits = flag.Int("year.appointments", 0, "how many appointments the simulated year has (0: some, in a part of it; 250 with GHLSMS_FULL=1; 5000 is the long form)")
	yearSeed   = flag.Uint64("year.seed", 1, "what happens in the simulated year")
)

// A year of a clinic: people book, move, cancel, change their minds and their telephones, while both sides
// and the daemon fail now and then. Beside the engine stands an oracle that knows what happened and states
// who should have been texted when, or why not. What people got, and what the ledger says, must be that.
//
// The daemon does not look every quarter of a minute but when something happens or is due, so that no
// minute is in doubt, and sometimes it does not look at the CRM then. Only where a text waits for a side that
// came back does the oracle allow a span, since when that is tried again is of no interest here.
func TestAYearOfAClinic(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	n := storetest.Amount{Short: 15, Usual: 30, Full: 250, Race: 15}.Or(*yearVisits)
	days := 366
	if *yearVisits == 0 { // as busy as a year that is short of appointments
		days = storetest.Amount{Short: 14, Usual: 45, Full: 366, Race: 14}.Or(0)
	}
	t.Logf("seed %d, %d appointments (-year.seed, -year.appointments)", *yearSeed, n)
	y := &year{
		chronicle: chronicle{
			zone: "America/Denver", past: 24 * time.Hour, ahead: 20 * 24 * time.Hour, words: map[string][]wordState{}, left: map[string]time.Time{},
		},
		rng: rand.New(rand.NewPCG(*yearSeed, 2000)), byTitle: map[string]*yearVisit{}, counts: map[string]int{},
		on: true, tick: 30 * time.Minute, n: n, days: days,
	}
	if n < 2000 {
		y.tick = 6 * time.Hour
	}
	inWorld(t, options{crm: ghltest.Options{Timezone: y.zone}, rules: y.setRules}, func(w *world) {
		y.world = w
		y.run()
		y.check(t)
	})
}

// year is the clinic, and what happens there.
type year struct {
	*world
	chronicle
	rng     *rand.Rand
	n, days int           // how many appointments in how many days
	tick    time.Duration // how often the daemon looks where nothing is due
	seq     int
	events  happenings
	byTitle map[string]*yearVisit
	byPhone map[string][]*yearPerson
	phones  int
	counts  map[string]int
	ids     map[string]string // of calendars, by name

	on       bool // the daemon runs
	crmUp    bool
	gateUp   bool
	clockOff time.Duration
	calm     []yearPause // when nothing happens: just after one side came back

	looks   bool // something happened that the daemon looks at
	full    bool // at the CRM too
	sent    []sentText
	reading []yearReading
}

// sentText is what the gateway took, as a hook of it saw.
type sentText struct {
	to, body string
	at       time.Time
}

// yearReading is an answer that the daemon has not read.
type yearReading struct {
	visit  *yearVisit
	at     time.Time
	status string
}

// happening is something that comes about at a time.
type happening struct {
	at  time.Time
	seq int
	do  func()
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return cmp.Or(h[i].at.Compare(h[j].at), cmp.Compare(h[i].seq, h[j].seq)) < 0
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (y *year) plan(at time.Time, do func()) {
	y.seq++
	heap.Push(&y.events, happening{at, y.seq, do})
}

// happen plans what people do: not in the hour in which a side that came back is tried again, since the
// oracle does not know the minute of that.
func (y *year) happen(at time.Time, do func()) {
	at = at.Truncate(time.Second)
	for _, c := range y.calm {
		if !at.Before(c.from) && at.Before(c.until) {
			at = c.until.Add(at.Sub(c.from) / 4)
		}
	}
	y.plan(at, do)
}

// setRules has the engine's rules say what the oracle's say.
func (y *year) setRules(r *plan.Config) {
	r.Limits, r.Past, r.Ahead, r.Reminders = plan.Limits{}, y.past, y.ahead, nil
	week := hours.Week{}
	for d := range week {
		week[d] = hours.Day{{From: 8 * 60, Until: 21 * 60}}
	}
	r.TextingHours = &hours.Texting{Default: week}
	for _, own := range yearRules {
		text, err := wording.ParseReminder(own.name, own.word+" {{.Contact.FirstName}}, {{or .Appointment.Title \"?\"}}: {{.Date}} at {{.Time}}")
		if err != nil {
			panic(err)
		}
		rule := remind.Rule{Name: own.name, Before: own.before, After: own.after, Unanswered: own.follows, Quiet: hours.Policy(own.quiet),
			Missed: remind.MissedLatest, Late: own.late, TrustMirror: own.trust, Text: text}
		if own.evening {
			six := hours.Clock(18 * 60)
			rule.At, rule.DaysBefore = &six, 1
		}
		if own.calendar != "" {
			rule.If.Calendar = []string{own.calendar}
		}
		if own.each {
			rule.Missed = remind.MissedEach
		}
		if own.skipLate {
			rule.Missed = remind.MissedSkip
		}
		r.Reminders = append(r.Reminders, rule)
	}
}

// skewed is a client of a CRM whose clock is not ours.
type skewed struct {
	*ghl.Client
	off *time.Duration
}

func (s skewed) ClockSkew() (ahead time.Duration, known bool) { return *s.off, true }

// run lets the year pass.
func (y *year) run() {
	y.born, y.crmUp, y.gateUp, y.byPhone = time.Now(), true, true, map[string][]*yearPerson{}
	y.ids = map[string]string{"Dr. Lee": y.calendar, "Dr. Kim": y.crm.AddCalendar(ghltest.Calendar{Name: "Dr. Kim"}).ID}
	y.crmAs = func(c *ghl.Client) sync.CRM { return skewed{c, &y.clockOff} }
	y.restart()
	defer y.gate.OnRequest(y.taken)()
	y.disturb()
	y.populate()
	y.book()
	end := y.born.AddDate(0, 0, y.days+20)
	tick := y.born
	y.looks, y.full = true, true
	for {
		next := tick
		if len(y.events) > 0 && y.events[0].at.Before(next) {
			next = y.events[0].at
		}
		if next.After(end) && len(y.events) == 0 {
			return
		}
		time.Sleep(time.Until(next))
		for len(y.events) > 0 && !y.events[0].at.After(time.Now()) {
			heap.Pop(&y.events).(happening).do()
		}
		if !tick.After(time.Now()) {
			tick = tick.Add(y.tick)
			y.looks, y.full = true, true
		}
		if y.looks && y.on {
			y.look()
		}
		y.looks, y.full = false, false
	}
}

// look is one cycle, of which the oracle is told.
func (y *year) look() {
	t := yearTurn{at: time.Now(), full: y.full, crm: y.crmUp, gate: y.gateUp, clock: y.clockOff == 0}
	work := sync.PollTexts
	if y.full {
		work |= sync.PollCRM
		if !t.at.Before(y.nextSweep) {
			t.sweep = true
			work |= sync.Sweep
			y.nextSweep = nextNight(t.at)
		}
	} else {
		y.plan(t.at.Add(2*time.Minute), y.wake)
	}
	if t.gate {
		for _, r := range y.reading {
			r.visit.answers = append(r.visit.answers, yearAnswer{at: r.at, read: t.at, status: r.status})
			if s, _ := r.visit.when(t.at); r.status != "" {
				s.at, s.status = t.at, r.status
				r.visit.states = append(r.visit.states, s)
			}
		}
		y.reading = nil
	}
	y.turns = append(y.turns, t)
	sent := len(y.sent)
	_ = y.cycle(work)
	if y.lastErr != nil && t.crm && t.gate && t.clock {
		y.t.Fatalf("at %s with both sides up: %v", t.at, y.lastErr)
	}
	for _, text := range y.sent[sent:] {
		y.arrived(text)
	}
}

// wake has the daemon look at everything.
func (y *year) wake() { y.looks, y.full = true, true }

// taken hears what the gateway takes.
func (y *year) taken(r smstest.Request, p smstest.Phase) {
	if p != smstest.After || !strings.HasPrefix(r.Effect, "send ") {
		return
	}
	var in struct{ To, Message string }
	if err := json.Unmarshal(r.Body, &in); err != nil {
		panic(err)
	}
	y.sent = append(y.sent, sentText{in.To, in.Message, time.Now()})
}

// arrived is what a text brings about: the next one is to be timed, and some people answer.
func (y *year) arrived(s sentText) {
	v := y.about(s.body)
	if v == nil {
		return
	}
	if _, twice := y.left[s.body]; !twice {
		y.left[s.body] = s.at
	}
	if !strings.HasPrefix(s.body, "DAY ") {
		return
	}
	y.due(v, s.at.Add(4*time.Hour))
	draw := rand.New(rand.NewPCG(*yearSeed, uint64(len(y.left))))
	if draw.IntN(100) >= 45 || len(y.byPhone[s.to]) > 1 {
		return
	}
	at := s.at.Add(time.Duration(5+draw.IntN(150)) * time.Minute)
	said := []struct{ words, status string }{{"C", "confirmed"}, {"C", "confirmed"}, {"thanks a lot", ""}, {"X", "cancelled"}}[draw.IntN(4)]
	y.happen(at, func() { y.answer(v, s, said.words, said.status) })
}

// about is the appointment that a reminder speaks of; nil: it is none.
func (y *year) about(body string) *yearVisit {
	_, rest, _ := strings.Cut(body, ", ")
	title, _, _ := strings.Cut(rest, ":")
	return y.byTitle[title]
}

// answer is a person's word about the last text, if nothing came in between.
func (y *year) answer(v *yearVisit, s sentText, words, status string) {
	now, _ := v.when(time.Now())
	i := len(y.sent) - 1
	for i >= 0 && y.sent[i].to != s.to {
		i--
	}
	if y.sent[i] != s || !now.start.After(time.Now().Add(30*time.Minute)) || now.gone || now.status != "new" && now.status != "confirmed" ||
		!y.crmUp || !y.gateUp || !y.on || v.states[len(v.states)-1].at.After(s.at.Add(-time.Minute)) ||
		v.person.when(time.Now()).gone || y.word(s.to, time.Now()).out {
		return
	}
	y.counts["answered "+words]++
	y.gate.Text(s.to, words)
	y.reading = append(y.reading, yearReading{v, time.Now(), status})
	y.wake()
}

// disturb plans when what fails, one after the other.
func (y *year) disturb() {
	r := y.rng
	at := y.born.Add(30 * time.Hour)
	week := func(from, to float64) time.Duration {
		return time.Duration((from + r.Float64()*(to-from)) * float64(time.Hour)).Truncate(time.Second)
	}
	for at.Before(y.born.AddDate(0, 0, y.days)) {
		from := at
		kind := r.IntN(10)
		var until time.Time
		span := func(down, up func()) {
			y.plan(from, down)
			y.plan(until, func() { up(); y.wake() })
		}
		switch {
		case kind < 3:
			until = from.Add(week(0.3, 7))
			if r.IntN(4) == 0 {
				until = from.Add(week(24, 72))
			}
			y.counts["daemon off"]++
			span(func() { y.on = false }, func() { y.on = true; y.restart() })
		case kind < 5:
			until = from.Add(week(0.2, 7))
			y.counts["CRM down"]++
			span(func() { y.crmUp = false; y.crm.SetDown(true) }, func() { y.crmUp = true; y.crm.SetDown(false) })
			y.afterwards(until)
		case kind < 7:
			until = from.Add(week(0.2, 7))
			y.counts["gateway down"]++
			span(func() { y.gateUp = false; y.gate.SetDown(true) }, func() { y.gateUp = true; y.gate.SetDown(false) })
			y.afterwards(until)
		case kind < 8:
			until = from.Add(week(0.3, 5))
			y.counts["clock wrong"]++
			off := []time.Duration{-3 * time.Hour, 26 * time.Hour}[r.IntN(2)]
			span(func() { y.clockOff = off; y.wake() }, func() { y.clockOff = 0 })
		default:
			until = from.Add(week(1, 30))
			rule := append([]string{"", ""}, yearRules[r.IntN(len(yearRules))].name)[r.IntN(3)]
			y.counts["paused"]++
			p := &yearPause{rule: rule, from: from, until: until}
			y.plan(from, func() {
				y.pauses = append(y.pauses, p)
				y.update(func(tx *store.Tx) error { return tx.SetPause(y.ctx, store.Pause{Rule: rule, Until: until}) })
			})
			if r.IntN(3) == 0 {
				early := from.Add(until.Sub(from) / 2).Truncate(time.Second)
				y.plan(early, func() {
					p.until = early
					y.update(func(tx *store.Tx) error { _, err := tx.EndPause(y.ctx, rule); return err })
					y.wake()
				})
			}
			y.plan(until, y.wake)
		}
		at = until.Add(4*time.Hour + week(0, 110))
	}
}

// afterwards has the daemon look often where a side came back, and people keep still meanwhile.
func (y *year) afterwards(until time.Time) {
	for _, m := range []int{1, 3, 7, 15, 25, 35, 45, 55, 61, 63} {
		y.plan(until.Add(time.Duration(m)*time.Minute), y.wake)
	}
	y.calm = append(y.calm, yearPause{from: until.Add(-time.Second), until: until.Add(70 * time.Minute)})
}

var yearZones = []string{"America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Lord_Howe", ""}

func (y *year) number() string {
	y.phones++
	return fmt.Sprintf("+1800%07d", 5550000+y.phones)
}

// anyTime is one in the year.
func (y *year) anyTime() time.Time {
	return y.born.Add(time.Duration(y.rng.Int64N(int64(y.days-2) * int64(24*time.Hour))))
}

// populate has people, who change.
func (y *year) populate() {
	r := y.rng
	for i := range max(y.n/8, 10) {
		p := &yearPerson{name: fmt.Sprintf("Pat%d", i)}
		now := personState{at: y.born, zone: yearZones[i%len(yearZones)], phone: y.number()}
		family := i%11 == 10
		if family {
			now.phone = y.people[i-1].states[0].phone
		}
		p.id = y.crm.AddContact(ghltest.Contact{FirstName: p.name, LastName: "Doe", Phone: now.phone, Timezone: now.zone, Email: p.name + "@example.com"}).ID
		p.states = append(p.states, now)
		y.people = append(y.people, p)
		y.byPhone[now.phone] = append(y.byPhone[now.phone], p)
		if family || i%11 == 9 { // they share a number, and are opted out together
			if family && r.IntN(2) == 0 {
				y.consents(p)
			}
			continue
		}
		switch k := r.IntN(100); {
		case k < 25:
			y.consents(p)
		case k < 35:
			y.forbids(p)
		case k < 43:
			at := y.anyTime()
			y.happen(at, func() { y.change(p, "contact deleted", func(s *personState) { s.gone = true }) })
			if r.IntN(2) == 0 {
				y.happen(at.Add(time.Duration(1+r.IntN(200))*time.Hour), func() { y.change(p, "contact restored", func(s *personState) { s.gone = false }) })
			}
		case k < 48:
			zone := yearZones[r.IntN(len(yearZones))]
			y.happen(y.anyTime(), func() { y.change(p, "zone corrected", func(s *personState) { s.zone = zone }) })
		case k < 70:
			for range 1 + r.IntN(3) {
				phone := y.number()
				if r.IntN(4) == 0 {
					phone = ""
				}
				y.happen(y.anyTime(), func() { y.change(p, "phone corrected", func(s *personState) { s.phone = phone }) })
			}
		}
	}
}

// change changes a contact on the CRM's screen.
func (y *year) change(p *yearPerson, what string, edit func(*personState)) {
	before := p.when(time.Now())
	now := before
	edit(&now)
	if now == before {
		return
	}
	y.counts[what]++
	now.at = time.Now()
	p.states = append(p.states, now)
	if now.phone != before.phone {
		y.byPhone[now.phone] = append(y.byPhone[now.phone], p)
		y.byPhone[before.phone] = slices.DeleteFunc(y.byPhone[before.phone], func(o *yearPerson) bool { return o == p })
	}
	y.crm.EditContact(p.id, func(c *ghltest.Contact) {
		c.Phone, c.Timezone, c.Deleted = now.phone, now.zone, now.gone
		if now.dnd != before.dnd {
			c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: map[bool]string{true: "active", false: "inactive"}[now.dnd]}}
		}
	})
	y.noticed()
	for _, v := range y.visits {
		if s, ok := v.when(time.Now()); ok && v.person == p && s.start.After(time.Now().Add(-48*time.Hour)) {
			y.dues(v)
		}
	}
}

// noticed: the daemon mostly looks when something happened, so that no minute is in doubt, and sometimes
// only later.
func (y *year) noticed() {
	if y.rng.IntN(4) > 0 {
		y.wake()
	}
}

// consents plans the words STOP and START of a person.
func (y *year) consents(p *yearPerson) {
	p.speaks = true
	at := y.anyTime()
	for range 1 + y.rng.IntN(4) {
		out, in := at, at.Add(time.Duration(1+y.rng.IntN(1+y.rng.IntN(900)))*time.Hour)
		y.happen(out, func() { y.say(p, "STOP", true) })
		y.happen(in, func() { y.say(p, "START", false) })
		at = in.Add(time.Duration(3+y.rng.IntN(700)) * time.Hour)
	}
}

func (y *year) say(p *yearPerson, words string, out bool) {
	number := p.when(time.Now()).phone
	if y.word(number, time.Now()).out == out {
		return
	}
	y.counts[words]++
	y.words[number] = append(y.words[number], wordState{time.Now(), out})
	y.gate.Text(number, words)
	for _, sent := range slices.Backward(y.sent) { // it also answers what they were told last
		if v := y.about(sent.body); v != nil && sent.to == number {
			if s, _ := v.when(time.Now()); s.start.After(time.Now()) {
				y.reading = append(y.reading, yearReading{v, time.Now(), ""})
			}
			break
		}
	}
	y.wake()
	for _, d := range []time.Duration{30 * time.Second, 2 * time.Minute, 7 * time.Minute, 19 * time.Minute} {
		y.plan(time.Now().Add(d), y.wake)
	}
}

// forbids plans when staff set and lift a do-not-disturb in the CRM.
func (y *year) forbids(p *yearPerson) {
	at := y.anyTime()
	for range 1 + y.rng.IntN(3) {
		in := at.Add(time.Duration(1+y.rng.IntN(900)) * time.Hour)
		y.happen(at, func() { y.change(p, "do not disturb", func(s *personState) { s.dnd = true }) })
		y.happen(in, func() { y.change(p, "disturb again", func(s *personState) { s.dnd = false }) })
		at = in.Add(time.Duration(3+y.rng.IntN(700)) * time.Hour)
	}
}

// book plans the appointments.
func (y *year) book() {
	for i := range y.n {
		at := y.anyTime()
		if i < 3 {
			at = y.born
		}
		y.happen(at, func() { y.visit(i) })
	}
}

// visit books one appointment and plans what becomes of it.
func (y *year) visit(i int) {
	r := y.rng
	p := y.people[r.IntN(len(y.people))]
	if p.when(time.Now()).gone {
		p = y.people[0]
	}
	minutes := 2*24*60 + r.IntN(10*24*60)
	switch k := r.IntN(100); {
	case k < 25:
		minutes = 15 + r.IntN(27*60)
	case k < 40:
		minutes = 12*24*60 + r.IntN(12*24*60)
	}
	v := &yearVisit{title: fmt.Sprintf("A%d", i), person: p, booked: time.Now().UTC().Truncate(time.Second)}
	start := y.opening(p, time.Now().Add(time.Duration(minutes)*time.Minute), minutes < 27*60)
	s := visitState{at: time.Now(), status: "new", calendar: "Dr. Lee", start: start}
	if r.IntN(10) < 3 {
		s.status = "confirmed"
	}
	if r.IntN(10) < 4 {
		s.calendar = "Dr. Kim"
	}
	v.id = y.crm.AddAppointment(ghltest.Appointment{CalendarID: y.ids[s.calendar], ContactID: p.id, Title: v.title, Status: s.status, Start: s.start}).ID
	v.states = append(v.states, s)
	y.visits, y.byTitle[v.title] = append(y.visits, v), v
	y.noticed()
	y.dues(v)
	y.fate(v, s.start)
}

// opening is a time at which the clinic sees people, near another.
func (y *year) opening(p *yearPerson, near time.Time, exact bool) time.Time {
	near = near.Truncate(5 * time.Minute).UTC()
	if exact {
		return near
	}
	zone := cmp.Or(p.when(time.Now()).zone, y.zone)
	local := near.In(location(zone))
	minute := 6*60 + y.rng.IntN(16*12)*5
	return time.Date(local.Year(), local.Month(), local.Day(), minute/60, minute%60, 0, 0, location(zone)).UTC()
}

// fate plans what becomes of an appointment.
func (y *year) fate(v *yearVisit, start time.Time) {
	r := y.rng
	between := func() time.Time { // more often near the start, where it matters
		span := time.Until(start)
		if due := start.Add(-[]time.Duration{2 * time.Hour, 24 * time.Hour}[r.IntN(2)] - 40*time.Second); r.IntN(5) == 0 && due.After(time.Now()) {
			return due // just before a reminder leaves
		}
		if r.IntN(2) == 0 {
			span = min(span, 30*time.Hour)
		}
		return start.Add(-time.Duration(r.Int64N(int64(span)))).Truncate(time.Second)
	}
	later := func(t time.Time, most time.Duration) time.Time {
		return t.Add(time.Minute + time.Duration(r.Int64N(int64(most))))
	}
	move := func(at time.Time, what string, to func(visitState) time.Time) {
		y.happen(at, func() {
			y.edit(v, what, func(s *visitState) {
				if t := to(*s); t.After(time.Now().Add(20*time.Minute)) && s.start.After(time.Now()) {
					s.start = t
				}
			})
		})
	}
	by := func(d time.Duration) func(visitState) time.Time {
		return func(s visitState) time.Time { return s.start.Add(d) }
	}
	set := func(at time.Time, what, status string) {
		y.happen(at, func() { y.edit(v, what, func(s *visitState) { s.status = status }) })
	}
	if over := []int{9, -9}[r.IntN(2)]; y.changesClock(v, start, start.AddDate(0, 0, over)) && r.IntN(3) == 0 {
		move(between(), "moved by days", func(s visitState) time.Time { return s.start.AddDate(0, 0, over) })
	}
	if due := start.Add(-24 * time.Hour); v.person.speaks && due.After(time.Now().Add(3*time.Hour)) && r.IntN(3) == 0 { // START comes in time
		y.happen(due.Add(-2*time.Hour), func() { y.say(v.person, "STOP", true) })
		y.happen(due.Add(time.Duration(20+r.IntN(80))*time.Minute), func() { y.say(v.person, "START", false) })
	}
	for range 2 {
		at := between()
		switch k := r.IntN(100); {
		case k < 8:
			move(at, "moved by minutes", by(time.Duration(5*(1+r.IntN(24))*(1-2*r.IntN(2)))*time.Minute))
		case k < 18:
			days := (1 + r.IntN(9)) * (1 - 2*r.IntN(2))
			move(at, "moved by days", func(s visitState) time.Time {
				local := s.start.In(location(cmp.Or(v.person.when(time.Now()).zone, y.zone)))
				return local.AddDate(0, 0, days).UTC() // the same hour by the clock, also over its change
			})
		case k < 24:
			d := time.Duration(1+r.IntN(80)) * time.Hour
			back := start
			move(at, "moved away", by(d))
			move(later(at, 20*time.Hour), "moved back", func(visitState) time.Time { return back })
		case k < 28:
			in := time.Duration(30+r.IntN(29*60)) * time.Minute
			move(at, "moved at short notice", func(visitState) time.Time { return time.Now().Add(in).Truncate(time.Minute) })
		case k < 37:
			set(at, "cancelled", "cancelled")
			if r.IntN(2) == 0 {
				set(later(at, 26*time.Hour), "confirmed again", "confirmed")
			}
		case k < 40:
			set(at, "confirmed", "confirmed")
		case k < 42:
			set(at, "invalid", "invalid")
		case k < 46:
			y.happen(at, func() { y.edit(v, "deleted", func(s *visitState) { s.gone = true }) })
		case k < 50:
			y.happen(at, func() {
				y.edit(v, "other calendar", func(s *visitState) {
					s.calendar = map[string]string{"Dr. Lee": "Dr. Kim", "Dr. Kim": "Dr. Lee"}[s.calendar]
				})
			})
		}
	}
	y.ends(v, start)
}

// ends plans what staff note after an appointment, wherever it was moved.
func (y *year) ends(v *yearVisit, start time.Time) {
	k, after := y.rng.IntN(100), time.Duration(10+y.rng.IntN(200))*time.Minute
	y.happen(start.Add(after), func() {
		now, _ := v.when(time.Now())
		switch {
		case now.start.After(time.Now()):
			y.ends(v, now.start)
		case now.status != "new" && now.status != "confirmed":
		case k < 15:
			y.edit(v, "no-show", func(s *visitState) { s.status = "noshow" })
		case k < 70:
			y.edit(v, "showed", func(s *visitState) { s.status = "showed" })
		}
	})
}

// edit changes an appointment on the CRM's screen.
func (y *year) edit(v *yearVisit, what string, edit func(*visitState)) {
	before, _ := v.when(time.Now())
	now := before
	if edit(&now); now == before || before.gone {
		return
	}
	y.counts[what]++
	if !now.start.Equal(before.start) && y.changesClock(v, before.start, now.start) {
		y.counts["moved across a change of the clock"]++
	}
	now.at = time.Now()
	v.states = append(v.states, now)
	y.crm.EditAppointment(v.id, func(a *ghltest.Appointment) {
		a.Start, a.End, a.Status, a.CalendarID, a.Deleted = now.start, now.start.Add(30*time.Minute), now.status, y.ids[now.calendar], now.gone
	})
	y.noticed()
	y.dues(v)
}

func (y *year) changesClock(v *yearVisit, a, b time.Time) bool {
	loc := location(cmp.Or(v.person.when(time.Now()).zone, y.zone))
	_, was := a.In(loc).Zone()
	_, is := b.In(loc).Zone()
	return was != is
}

// dues has the daemon look when a reminder of an appointment is due, by the oracle's arithmetic.
func (y *year) dues(v *yearVisit) {
	now, _ := v.when(time.Now())
	if now.gone {
		return
	}
	o := &oracle{chronicle: &y.chronicle, v: v, known: now, person: v.person.when(time.Now()), rows: map[time.Time][]*expected{}, times: map[timing]timed{}}
	zone, _ := o.zone()
	for _, x := range o.at(now.start) {
		if due := o.due(x, time.Now()); !due.IsZero() {
			y.due(v, o.when(x, due, zone).leaves)
		}
	}
}

// due has the daemon look at a time, and in the morning after it, if the appointment still is when it was.
func (y *year) due(v *yearVisit, at time.Time) {
	was, _ := v.when(time.Now())
	p := v.person.when(time.Now())
	look := func() {
		now, _ := v.when(time.Now())
		if now.start.Equal(was.start) && v.person.when(time.Now()).zone == p.zone {
			y.looks = true
			y.full = y.full || y.rng.IntN(3) > 0
		}
	}
	zone := cmp.Or(p.zone, y.zone)
	if quietHour(at, zone) {
		if opens := morning(at, zone); opens.After(time.Now()) {
			y.plan(opens, look)
		}
	}
	if at.After(time.Now()) {
		y.plan(at, look)
	}
}

// yearRow is a row of the ledger.
type yearRow struct {
	decision, code, reason, due, leaves, sent, zone, from, body string
}

// why is why nothing left, in the oracle's words.
func (r yearRow) why() string {
	if r.decision == "withdrawn" || r.code != "" {
		return r.code
	}
	for _, part := range [][2]string{
		{"it is late", "superseded"}, {"was deleted", "gone"}, {"was moved", "moved"}, {"appointment is", "status"}, {"has begun", "begun"},
		{"phone number changed", "number"}, {"opted out", "opted-out"}, {"too late", "late"},
	} {
		if strings.Contains(r.reason, part[0]) {
			return part[1]
		}
	}
	return "? " + r.reason
}

// check compares the oracle, the ledger and the gateway.
func (y *year) check(t *testing.T) {
	ledger := map[string][]yearRow{}
	for _, r := range y.rows(`SELECT a.crm_id, r.starts, r.rule, r.decision, r.code, r.reason, r.due_at, r.leaves_at, coalesce(r.sent_at, ''),
		r.zone, r.zone_from, coalesce(r.body, '') FROM v1_reminders r JOIN appointments a ON a.id = r.appointment_id ORDER BY r.id`) {
		key := strings.Join(r[:3], " ")
		ledger[key] = append(ledger[key], yearRow{r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11]})
	}
	texts := map[string][]sentText{}
	for _, m := range y.gate.Sent() {
		texts[m.Text] = append(texts[m.Text], sentText{m.To, m.Text, m.At})
	}
	c := comparison{year: y, t: t, texts: texts, counts: map[string]map[string]int{}}
	for _, v := range y.visits {
		for _, x := range y.foretell(v) {
			key := fmt.Sprintf("%s %s %s", v.id, utc(x.start), x.rule.name)
			c.compare(x, ledger[key])
			delete(ledger, key)
		}
	}
	for key, rows := range ledger {
		c.differs("the ledger has %s, and the oracle does not: %v", key, rows)
	}
	ours := 0
	for body, all := range texts {
		word, _, _ := strings.Cut(body, " ")
		if !slices.ContainsFunc(yearRules, func(r yearRule) bool { return r.word == word }) {
			continue
		}
		if ours += len(all); len(all) > 1 {
			c.differs("texted %d times: %q", len(all), body)
		}
		if !c.foreseen[body] {
			c.differs("the gateway got %q at %s, and the oracle knows of none", body, all[0].at)
		}
	}
	c.table(ours)
}

// comparison counts.
type comparison struct {
	*year
	t           *testing.T
	texts       map[string][]sentText
	foreseen    map[string]bool
	counts      map[string]map[string]int // by rule and outcome
	differences int
	windows     int
	decided     int
}

func (c *comparison) differs(format string, args ...any) {
	c.differences++
	if c.differences <= 12 {
		c.t.Errorf(format, args...)
	}
}

func (c *comparison) count(rule, what string) {
	if c.counts[rule] == nil {
		c.counts[rule] = map[string]int{}
	}
	c.counts[rule][what]++
}

// compare holds one rule of an appointment at one start against what the oracle says.
func (c *comparison) compare(x *expected, rows []yearRow) {
	wrong := func(format string, args ...any) {
		c.differs("%s\n%s", fmt.Sprintf(format, args...), c.story(x, rows))
	}
	e := x.last()
	if e == nil {
		if len(rows) > 0 {
			wrong("the oracle expects no row")
		}
		return
	}
	c.decided++
	if len(rows) == 0 {
		wrong("no row")
		return
	}
	last := rows[len(rows)-1]
	state := last.decision
	switch state {
	case "late":
		state = "sent"
	case "withdrawn":
		state = "skipped"
	}
	if e.either {
		c.windows++
		if state == "skipped" && e.state == "sent" {
			e.state, e.why = "skipped", map[string]bool{"late": true}
		}
	}
	if left := slices.DeleteFunc(slices.Clone(rows), func(r yearRow) bool { return r.decision != "sent" && r.decision != "late" }); len(left) > 1 {
		wrong("%d texts left", len(left))
	}
	if state != e.state || state != "sent" && state != "skipped" {
		wrong("%s in the ledger", last.decision)
		return
	}
	got, want := []string{last.due, last.leaves, last.zone, last.from}, []string{utc(e.due), utc(e.leaves), e.zone, e.from}
	if !slices.Equal(got, want) {
		wrong("due, leaves and zone are %s, not %s", got, want)
	}
	if !e.fuzzy && len(rows) != len(x.all) {
		wrong("%d versions, not %d", len(rows), len(x.all))
	}
	if e.state == "skipped" {
		if c.count(x.rule.name, last.why()); !e.why[last.why()] {
			wrong("skipped for %s, not for %s", last.why(), reasons(e.why))
		}
		return
	}
	c.left(x, e, last, wrong)
}

// left compares a text that was sent.
func (c *comparison) left(x *expected, e *expectation, row yearRow, wrong func(string, ...any)) {
	if c.foreseen == nil {
		c.foreseen = map[string]bool{}
	}
	c.foreseen[e.body] = true
	if len(c.texts[e.body]) != 1 {
		wrong("%d texts %q", len(c.texts[e.body]), e.body)
		return
	}
	s := c.texts[e.body][0]
	late := s.at.Sub(e.leaves) > 10*time.Minute
	c.count(x.rule.name, map[bool]string{true: "sent late", false: "sent in time"}[late])
	switch {
	case s.to != e.number:
		wrong("texted %s, not %s", s.to, e.number)
	case s.at.Before(e.sentFrom), s.at.After(e.sentUntil.Add(time.Second)):
		wrong("left at %s, not between %s and %s", s.at, e.sentFrom, e.sentUntil)
	case row.body != e.body, row.sent != utc(s.at), row.decision != map[bool]string{true: "late", false: "sent"}[late]:
		wrong("the ledger says %s at %s: %q", row.decision, row.sent, row.body)
	}
}

// utc is a time as the ledger writes it.
func utc(t time.Time) string { return t.UTC().Format(store.TimeForm) }

// story is what one wants to see of a difference.
func (c *comparison) story(x *expected, rows []yearRow) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  seed %d: %s of %s (%s), start %s, booked %s\n", *yearSeed, x.rule.name, x.visit.title, x.visit.person.name, utc(x.start), utc(x.visit.booked))
	for _, s := range x.visit.states {
		fmt.Fprintf(&b, "    %s: start %s, %s, %s, gone %v\n", utc(s.at), utc(s.start), s.status, s.calendar, s.gone)
	}
	for _, s := range x.visit.person.states {
		fmt.Fprintf(&b, "    %s: person %q %s dnd %v gone %v\n", utc(s.at), s.zone, s.phone, s.dnd, s.gone)
		for _, w := range c.words[s.phone] {
			fmt.Fprintf(&b, "      %s: out %v\n", utc(w.at), w.out)
		}
	}
	for _, a := range x.visit.answers {
		fmt.Fprintf(&b, "    %s: answered, %s\n", utc(a.at), a.status)
	}
	for _, e := range x.all {
		fmt.Fprintf(&b, "  oracle: %s %s due %s leaves %s last %s, from %s until %s, either %v fuzzy %v\n",
			e.state, reasons(e.why), utc(e.due), utc(e.leaves), utc(e.last), utc(e.sentFrom), utc(e.sentUntil), e.either, e.fuzzy)
	}
	for _, r := range rows {
		fmt.Fprintf(&b, "  ledger: %+v\n", r)
	}
	if e := x.last(); e != nil {
		for _, t := range c.turns {
			d := t.at.Sub(e.leaves)
			if d > -time.Hour && d < 4*time.Hour || slices.ContainsFunc(x.visit.states, func(s visitState) bool { return t.at.Sub(s.at).Abs() < 5*time.Minute }) {
				fmt.Fprintf(&b, "    turn %s full %v crm %v gate %v clock %v\n", utc(t.at), t.full, t.crm, t.gate, t.clock)
			}
		}
		for _, p := range c.pauses {
			if p.from.Before(e.last.Add(time.Hour)) && p.until.After(e.leaves.Add(-time.Hour)) {
				fmt.Fprintf(&b, "    paused %q %s until %s\n", p.rule, utc(p.from), utc(p.until))
			}
		}
	}
	return b.String()
}

// table shows what the year came to.
func (c *comparison) table(texts int) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d appointments of %d people, %d turns of the daemon\n", len(c.visits), len(c.people), len(c.turns))
	for _, what := range slices.Sorted(maps.Keys(c.year.counts)) {
		fmt.Fprintf(&b, "  %s: %d\n", what, c.year.counts[what])
	}
	outcomes := map[string]int{}
	for _, of := range c.counts {
		for what, n := range of {
			outcomes[what] += n
		}
	}
	fmt.Fprintf(&b, "%-12s", "")
	for _, r := range yearRules {
		fmt.Fprintf(&b, " %10s", r.name)
	}
	common := func(p, q string) int { return cmp.Or(cmp.Compare(outcomes[q], outcomes[p]), cmp.Compare(p, q)) }
	for _, what := range slices.SortedFunc(maps.Keys(outcomes), common) {
		fmt.Fprintf(&b, "\n%-12s", what)
		for _, r := range yearRules {
			fmt.Fprintf(&b, " %10d", c.counts[r.name][what])
		}
	}
	left := outcomes["sent in time"] + outcomes["sent late"]
	fmt.Fprintf(&b, "\n%d decisions, %d of them in a span where either is right; %d texts by the oracle and the ledger, %d at the gateway; %d differences",
		c.decided, c.windows, left, texts, c.differences)
	c.t.Log(b.String())
	if c.windows*100 > c.decided {
		c.t.Errorf("%d of %d decisions cannot be told from one another", c.windows, c.decided)
	}
}
