package sync_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The oracle of the simulated year. It is told what happened at the clinic and when the daemon could look
// at it, and states who should have been texted when, or why not. It has its own arithmetic and shares
// nothing with the engine, reads nothing of the mirror, and knows of the texts that left only what the
// gateway says: by those a nudge is timed.

// yearRule is a rule in the oracle's own words.
type yearRule struct {
	name, word  string // the text begins with the word
	before      time.Duration
	evening     bool // at 18:00 the day before
	after       time.Duration
	follows     string // the rule whose text was not answered; after is counted from that
	calendar    string // only this one; empty: all
	quiet       string
	each        bool // what is late leaves even where a later one is due too
	skipLate    bool // nothing leaves late
	late, trust time.Duration
}

var yearRules = []yearRule{
	{name: "day-before", word: "DAY", before: 24 * time.Hour, quiet: "nearest", trust: 15 * time.Minute},
	{name: "evening", word: "EVE", evening: true, calendar: "Dr. Lee", quiet: "later"},
	{name: "two-hours", word: "SOON", before: 2 * time.Hour, quiet: "earlier", late: 45 * time.Minute, trust: 40 * time.Minute},
	{name: "follow-up", word: "AFTER", after: 3 * time.Hour, quiet: "later", each: true, late: 6 * time.Hour},
	{name: "nudge", word: "NUDGE", after: 4 * time.Hour, follows: "day-before", quiet: "later", skipLate: true},
}

// What happened, as the state of things from a time on.
type (
	visitState struct {
		at               time.Time
		start            time.Time
		status, calendar string
		gone             bool
	}
	personState struct {
		at          time.Time
		zone, phone string
		dnd, gone   bool
	}
	wordState struct {
		at  time.Time
		out bool
	}
)

type yearVisit struct {
	id, title string
	person    *yearPerson
	booked    time.Time
	states    []visitState
	answers   []yearAnswer
}

type yearPerson struct {
	id, name string
	states   []personState
	speaks   bool // says STOP and START
}

// yearAnswer is a text of the recipient about a reminder. It was read at a turn.
type yearAnswer struct {
	at, read time.Time
	status   string // which the appointment has since; empty: no other
}

type yearPause struct {
	rule        string // empty: all
	from, until time.Time
}

// yearTurn is one time at which the daemon looked.
type yearTurn struct {
	at    time.Time
	full  bool // it wanted to read the CRM
	sweep bool
	crm   bool // could be reached
	gate  bool
	clock bool // was right
}

// chronicle is all that the oracle is told.
type chronicle struct {
	born        time.Time
	zone        string // the location's
	past, ahead time.Duration
	visits      []*yearVisit
	people      []*yearPerson
	words       map[string][]wordState // of consent, by number
	pauses      []*yearPause
	turns       []yearTurn
	left        map[string]time.Time // by body: when the gateway took a text
}

// latest is the last state that began by a time.
func latest[S any](states []S, began func(S) time.Time, at time.Time) (s S, ok bool) {
	for _, s := range slices.Backward(states) {
		if !began(s).After(at) {
			return s, true
		}
	}
	return s, false
}

func (v *yearVisit) when(at time.Time) (visitState, bool) {
	return latest(v.states, func(s visitState) time.Time { return s.at }, at)
}

func (p *yearPerson) when(at time.Time) personState {
	s, _ := latest(p.states, func(s personState) time.Time { return s.at }, at)
	return s
}

func (c *chronicle) word(number string, at time.Time) wordState {
	s, _ := latest(c.words[number], func(s wordState) time.Time { return s.at }, at)
	return s
}

func (c *chronicle) pausedUntil(rule string, at time.Time) (until time.Time) {
	for _, p := range c.pauses {
		if (p.rule == "" || p.rule == rule) && !p.from.After(at) && p.until.After(at) && p.until.After(until) {
			until = p.until
		}
	}
	return until
}

// An expectation is what should have become of one rule at one start, or one of the times that it was
// decided.
type expectation struct {
	state       string          // planned, skipped, waiting, sent
	why         map[string]bool // it was skipped: each reason that held
	due, leaves time.Time
	last        time.Time
	zone, from  string
	number      string
	body        string
	sentFrom    time.Time // the span in which it left
	sentUntil   time.Time
	either      bool            // the span reaches beyond the end: it left or was too late
	fuzzy       bool            // it waited outside, where it may have been given up and taken up again
	maybe       map[string]bool // reasons that held for a while when it waited
	opened      time.Time       // since when nothing stops it that had stopped it
	slack       time.Duration   // how long after that it may take to be tried again
}

// Reasons after which nothing more is decided.
var forever = []string{"late", "begun", "booked-late", "before-here", "superseded", "answered", "quiet-hours"}

func (e *expectation) over() bool {
	return e.state == "sent" || e.state == "skipped" && slices.ContainsFunc(forever, func(r string) bool { return e.why[r] })
}

func (e *expectation) skip(why map[string]bool) { e.state, e.why = "skipped", why }

// expected is what should be in the ledger for one rule at one start, in order.
type expected struct {
	visit *yearVisit
	start time.Time
	rule  *yearRule
	all   []*expectation
}

func (x *expected) last() *expectation {
	if len(x.all) == 0 {
		return nil
	}
	return x.all[len(x.all)-1]
}

// oracle goes through the turns with one appointment.
type oracle struct {
	*chronicle
	v      *yearVisit
	known  visitState // what the daemon has read
	met    bool
	person personState
	readAt time.Time // when the CRM was last read
	heard  time.Time // when the gateway was
	rows   map[time.Time][]*expected
	order  []*expected
	times  map[timing]timed
}

type timing struct {
	rule       *yearRule
	due, start int64
	zone       string
}

type timed struct {
	leaves, last time.Time
}

// foretell states what should have become of an appointment.
func (c *chronicle) foretell(v *yearVisit) []*expected {
	o := &oracle{chronicle: c, v: v, rows: map[time.Time][]*expected{}, times: map[timing]timed{}}
	end := v.booked
	for _, s := range v.states {
		for _, t := range []time.Time{s.at, s.start} {
			if t.After(end) {
				end = t
			}
		}
	}
	end = end.Add(5 * 24 * time.Hour)
	first, _ := slices.BinarySearchFunc(c.turns, v.booked, func(t yearTurn, at time.Time) int { return t.at.Compare(at) })
	if first > 0 { // when both sides were last heard before it was booked
		for i := first - 1; i >= 0 && (o.readAt.IsZero() || o.heard.IsZero()); i-- {
			if t := c.turns[i]; t.crm && t.full && o.readAt.IsZero() {
				o.readAt = t.at
			}
			if t := c.turns[i]; t.gate && o.heard.IsZero() {
				o.heard = t.at
			}
		}
		o.person = v.person.when(o.readAt)
	}
	for i := first; i < len(c.turns) && c.turns[i].at.Before(end); i++ {
		next := c.turns[i].at.Add(time.Hour)
		if i+1 < len(c.turns) {
			next = c.turns[i+1].at
		}
		o.turn(c.turns[i], next)
	}
	return o.order
}

func (o *oracle) turn(t yearTurn, next time.Time) {
	o.learn(t)
	if !o.met || !t.clock {
		return
	}
	o.withdraw()
	fresh := map[*expected]bool{}
	for _, x := range o.at(o.known.start) {
		if last := x.last(); last == nil || last.state != "waiting" {
			fresh[x] = true
		}
	}
	o.waiting(t, next)
	var sending []decision
	for _, x := range o.at(o.known.start) {
		if fresh[x] {
			if e, anew := o.decide(t, x); e != nil {
				sending = append(sending, decision{x, e, anew})
			}
		}
	}
	for _, d := range sending {
		if o.overtaken(t, d.x, d.e, sending) {
			if !d.anew {
				d.e.skip(map[string]bool{"superseded": true})
			} else if len(d.x.all) == 0 {
				d.x.all = append(d.x.all, d.e)
				d.e.skip(map[string]bool{"superseded": true})
			}
			continue
		}
		if d.anew {
			d.x.all = append(d.x.all, d.e)
		}
		o.attempt(t, next, d.x)
	}
	for _, x := range o.at(o.known.start) { // what waits may also have made way for one that waits since now
		e := x.last()
		if e != nil && e.state == "waiting" && o.pausedUntil(x.rule.name, t.at).IsZero() && o.overtaken(t, x, e, nil) {
			if e.maybe == nil {
				e.maybe = map[string]bool{}
			}
			e.maybe["superseded"] = true
		}
	}
	for _, x := range o.at(o.known.start) { // what follows from a text that just left
		if x.rule.follows != "" && x.last() == nil {
			o.decide(t, x)
		}
	}
}

// decision is a text that could leave now.
type decision struct {
	x    *expected
	e    *expectation
	anew bool // there is no row for it
}

// overtaken tells whether one is late and makes way for another of the same start that was meant to leave
// later, and can leave now or has left.
func (o *oracle) overtaken(t yearTurn, x *expected, e *expectation, going []decision) bool {
	if x.rule.each || t.at.Sub(e.leaves) <= 10*time.Minute {
		return false
	}
	for _, other := range going {
		if other.x.start.Equal(x.start) && other.e.leaves.After(e.leaves) {
			return true
		}
	}
	for _, y := range o.rows[x.start] {
		f := y.last()
		if f == nil || !f.leaves.After(e.leaves) {
			continue
		}
		if f.state == "sent" || f.state == "waiting" && o.pausedUntil(y.rule.name, t.at).IsZero() {
			return true
		}
	}
	return false
}

// learn is what the daemon reads at a turn.
func (o *oracle) learn(t yearTurn) {
	truth, booked := o.v.when(t.at)
	if t.gate {
		o.heard = t.at
	}
	if t.crm && t.full {
		o.readAt = t.at
		window := func(start time.Time) bool {
			return !start.Before(t.at.Add(-o.past)) && start.Before(t.at.Add(o.ahead))
		}
		if booked && (window(truth.start) && !truth.gone || o.met && window(o.known.start)) {
			o.see(truth)
		}
		o.meet(t.at, t.sweep)
	}
	for _, a := range o.v.answers {
		if a.read.Equal(t.at) && a.status != "" && o.met {
			o.known.status = a.status
		}
	}
}

// see is what the daemon knows of the appointment after it read it: nothing more of one that is gone.
func (o *oracle) see(truth visitState) {
	if truth.gone && o.met {
		o.known.gone = true
		return
	}
	o.known, o.met = truth, true
}

// meet is what the daemon knows of the person after it read: lists do not tell that somebody is gone.
func (o *oracle) meet(at time.Time, sure bool) {
	truth, gone := o.v.person.when(at), o.person.gone
	if truth.gone && !sure {
		o.person.gone = gone
		return
	}
	o.person = truth
}

// at are the rules for an appointment at a start, in the calendar it is known to be in.
func (o *oracle) at(start time.Time) []*expected {
	if o.rows[start] == nil {
		for i := range yearRules {
			o.rows[start] = append(o.rows[start], &expected{visit: o.v, start: start, rule: &yearRules[i]})
		}
		o.order = append(o.order, o.rows[start]...)
	}
	return slices.DeleteFunc(slices.Clone(o.rows[start]), func(x *expected) bool { return !x.rule.fits(o.known.calendar) })
}

func (r *yearRule) fits(calendar string) bool { return r.calendar == "" || r.calendar == calendar }

// withdraw ends what was planned for another start or another calendar.
func (o *oracle) withdraw() {
	for _, x := range o.order {
		e := x.last()
		switch {
		case e == nil || e.state != "planned":
		case !x.start.Equal(o.known.start):
			e.skip(map[string]bool{"moved": true})
		case !x.rule.fits(o.known.calendar):
			e.skip(map[string]bool{"rule": true})
		}
	}
}

// zone is where the person is, and what tells it: the numbers of the year are toll-free ones, which say nothing.
func (o *oracle) zone() (name, from string) {
	if o.person.zone != "" {
		return o.person.zone, "contact"
	}
	return o.chronicle.zone, "location"
}

// told is the zone in which the person is told times, and its name where other clocks show something else.
func (o *oracle) told(at time.Time) (s time.Time, name string) {
	is, _ := o.zone()
	s = at.In(location(cmp.Or(o.person.zone, o.chronicle.zone)))
	_, shown := s.Zone()
	for _, other := range []string{is, o.chronicle.zone} {
		if _, shows := at.In(location(other)).Zone(); shows != shown {
			if name, _ = s.Zone(); strings.HasPrefix(name, "+") {
				name = s.Format("UTC-07:00")
			}
			return s, " " + name
		}
	}
	return s, ""
}

// due is when a rule wants its text to leave; zero: never.
func (o *oracle) due(x *expected, at time.Time) time.Time {
	r := x.rule
	switch {
	case r.follows != "":
		for _, y := range o.rows[x.start] {
			if y.rule.name != r.follows || y.last() == nil || y.last().state != "sent" {
				continue
			}
			if left, ok := o.left[y.last().body]; ok && !left.After(at) {
				return left.Add(r.after)
			}
		}
		return time.Time{}
	case r.evening:
		zone, _ := o.zone()
		y, m, d := x.start.In(location(zone)).Date()
		return time.Date(y, m, d-1, 18, 0, 0, 0, location(zone)).UTC()
	case r.after > 0:
		return x.start.Add(r.after)
	}
	return x.start.Add(-r.before)
}

var locations = map[string]*time.Location{}

func location(name string) *time.Location {
	if locations[name] == nil {
		loc, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		locations[name] = loc
	}
	return locations[name]
}

// People may be texted from 8 to 21 by their clock.
func quietHour(t time.Time, zone string) bool {
	h := t.In(location(zone)).Hour()
	return h < 8 || h >= 21
}

// morning is the end of the quiet hours around t, evening the last time for a text before them.
func morning(t time.Time, zone string) time.Time {
	local := t.In(location(zone))
	y, m, d := local.Date()
	if local.Hour() >= 21 {
		d++
	}
	return time.Date(y, m, d, 8, 0, 0, 0, location(zone)).UTC()
}

func eveningOf(t time.Time, zone string) time.Time {
	local := t.In(location(zone))
	y, m, d := local.Date()
	if local.Hour() < 8 {
		d--
	}
	return time.Date(y, m, d, 20, 45, 0, 0, location(zone)).UTC()
}

// when works out when a text that is due at a time leaves, and when it is too late for it.
func (o *oracle) when(x *expected, due time.Time, zone string) timed {
	key := timing{x.rule, due.Unix(), x.start.Unix(), zone}
	if t, ok := o.times[key]; ok {
		return t
	}
	r := x.rule
	ahead := r.after == 0 || r.follows != "" // it leaves before the start or not at all
	leaves := due
	if quietHour(due, zone) {
		late, early := morning(due, zone), eveningOf(due, zone)
		inTime := !ahead || late.Before(x.start)
		if r.quiet == "earlier" || r.quiet == "nearest" && (!inTime || due.Sub(early) <= late.Sub(due)) {
			leaves = early
		} else {
			leaves = late
		}
	}
	if ahead && !leaves.Before(x.start) {
		leaves = due
	}
	t := timed{leaves: leaves}
	lead := x.start.Sub(leaves)
	switch {
	case r.skipLate:
		t.last = leaves.Add(10 * time.Minute)
	case r.late > 0:
		t.last = leaves.Add(r.late)
	default:
		t.last = leaves.Add(min(lead/2, 2*time.Hour))
	}
	if ahead && t.last.After(x.start) {
		t.last = x.start
	}
	o.times[key] = t
	return t
}

// decide states what becomes of a rule at a turn. It returns what is to leave now, and whether that has no
// row yet.
func (o *oracle) decide(t yearTurn, x *expected) (going *expectation, anew bool) {
	e := x.last()
	if e != nil && e.over() {
		return nil, false
	}
	due := o.due(x, t.at)
	if due.IsZero() {
		return nil, false
	}
	anew = e == nil || e.state == "skipped"
	if anew {
		e = &expectation{}
	}
	zone, from := o.zone()
	tm := o.when(x, due, zone)
	e.due, e.leaves, e.last, e.zone, e.from = due, tm.leaves, tm.last, zone, from
	first := len(x.all) == 0
	keep := func() {
		if anew {
			x.all = append(x.all, e)
		}
	}
	if t.at.Before(e.leaves) {
		e.state = "planned"
		keep()
		return nil, false
	}
	why := o.against(t, x, e)
	if len(why) == 0 && quietHour(t.at, zone) {
		if opens := morning(t.at, zone); opens.Before(e.last) {
			e.state = "planned"
			keep()
			return nil, false
		}
		why["quiet-hours"] = true
	}
	if len(why) > 0 {
		if !anew || first {
			e.skip(why)
			keep()
		}
		return nil, false
	}
	e.number, e.body = o.person.phone, o.body(x)
	return e, anew
}

// against are all reasons not to text, by what is known.
func (o *oracle) against(t yearTurn, x *expected, e *expectation) map[string]bool {
	why := o.still(x)
	note := func(is bool, reason string) {
		if is {
			why[reason] = true
		}
	}
	follows := x.rule.after > 0 && x.rule.follows == ""
	note(e.leaves.Before(o.born), "before-here")
	note(e.leaves.Before(o.v.booked), "booked-late")
	note(!follows && !t.at.Before(x.start), "begun")
	note(!t.at.Before(e.last), "late")
	if x.rule.follows != "" {
		note(o.known.status == "confirmed", "answered")
		for _, a := range o.v.answers {
			note(!a.read.After(t.at) && !a.at.Before(e.due.Add(-x.rule.after)), "answered")
		}
	}
	note(o.person.phone == "", "number")
	return why
}

// still are the reasons that also hold back a text that waits.
func (o *oracle) still(x *expected) map[string]bool {
	why := map[string]bool{}
	happens := o.known.status == "new" || o.known.status == "confirmed"
	if x.rule.after > 0 && x.rule.follows == "" {
		happens = happens || o.known.status == "showed"
	}
	if o.known.gone || o.person.gone {
		why["gone"] = true
	}
	if !o.known.start.Equal(x.start) {
		why["moved"] = true
	}
	if !happens {
		why["status"] = true
	}
	if o.word(o.person.phone, o.heard).out || o.person.dnd {
		why["opted-out"] = true
	}
	return why
}

// body is the text.
func (o *oracle) body(x *expected) string {
	s, zone := o.told(x.start)
	clock := fmt.Sprintf("%d:%02d %s", (s.Hour()+11)%12+1, s.Minute(), map[bool]string{true: "AM", false: "PM"}[s.Hour() < 12])
	return fmt.Sprintf("%s %s, %s: %s, %s %d at %s", x.rule.word, o.v.person.name, o.v.title, s.Weekday().String()[:3], s.Month().String()[:3], s.Day(), clock+zone)
}

// attempt gives a text to the gateway, after the CRM was read once more.
func (o *oracle) attempt(t yearTurn, next time.Time, x *expected) {
	e := x.last()
	e.state = "waiting"
	trusted := t.at.Sub(o.readAt) < x.rule.trust
	if !t.crm && !trusted {
		o.blocked(e, time.Hour)
		return
	}
	if t.crm {
		o.reread(t)
	}
	if why := o.held(t, x, e); len(why) > 0 {
		e.skip(why)
		return
	}
	switch {
	case !o.pausedUntil(x.rule.name, t.at).IsZero():
		o.blocked(e, 0)
	case !t.gate:
		o.blocked(e, time.Hour)
	default:
		e.leave(t.at, next)
	}
	if w := o.word(e.number, t.at); e.state == "sent" && !w.at.IsZero() && t.at.Sub(w.at) < 20*time.Minute { // the gateway is told first
		e.sentUntil = maxTime(e.sentUntil, w.at.Add(20*time.Minute))
		e.either = e.either || e.last.Before(e.sentUntil)
	}
}

// reread is what the daemon learns from the records themselves.
func (o *oracle) reread(t yearTurn) {
	truth, _ := o.v.when(t.at)
	o.see(truth)
	o.meet(t.at, true)
}

// held is why a text that was to leave does not.
func (o *oracle) held(t yearTurn, x *expected, e *expectation) map[string]bool {
	why := o.still(x)
	if o.person.phone != e.number {
		why["number"] = true
	}
	if x.rule.follows != "" || x.rule.after == 0 {
		if !t.at.Before(x.start) {
			why["begun"] = true
		}
	}
	return why
}

func (o *oracle) blocked(e *expectation, slack time.Duration) {
	e.opened, e.slack = time.Time{}, max(e.slack, slack)
}

func (e *expectation) leave(from, until time.Time) {
	e.state, e.sentFrom, e.sentUntil = "sent", from, until
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// waiting goes on with texts that are decided and could not leave.
func (o *oracle) waiting(t yearTurn, next time.Time) {
	var going []decision
	for _, x := range slices.Clone(o.order) {
		e := x.last()
		if e == nil || e.state != "waiting" {
			continue
		}
		e.fuzzy = true
		paused := !o.pausedUntil(x.rule.name, t.at).IsZero()
		silent := !t.crm && t.at.Sub(o.readAt) >= x.rule.trust
		switch {
		case !t.at.Before(e.last):
			why := map[string]bool{"late": true}
			maps.Copy(why, e.maybe)
			e.skip(why)
		case o.word(e.number, o.heard).out || o.person.dnd:
			e.skip(map[string]bool{"opted-out": true})
		case paused:
			o.blocked(e, 0)
		case silent:
			o.blocked(e, time.Hour)
		case !t.gate:
			o.blocked(e, time.Hour)
			if e.maybe == nil {
				e.maybe = map[string]bool{}
			}
			maps.Copy(e.maybe, o.held(t, x, e))
		default:
			if t.crm {
				o.reread(t)
			}
			if e.opened.IsZero() {
				e.opened = t.at
			}
			if why := o.held(t, x, e); len(why) > 0 {
				e.skip(why)
				continue
			}
			zone, _ := o.zone()
			if quietHour(t.at, zone) {
				if opens := morning(t.at, zone); !opens.Before(e.last) {
					e.skip(map[string]bool{"quiet-hours": true, "late": true})
				}
				continue
			}
			going = append(going, decision{x, e, false})
		}
	}
	for _, g := range going {
		if o.overtaken(t, g.x, g.e, going) {
			g.e.skip(map[string]bool{"superseded": true})
			continue
		}
		until := next
		if g.e.slack > 0 {
			until = maxTime(next, g.e.opened.Add(g.e.slack+5*time.Minute))
		}
		g.e.leave(t.at, until)
		g.e.either = g.e.last.Before(until) && g.e.slack > 0
	}
}

// reasons are words in order.
func reasons(why map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(why)), "/")
}
