package sync_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghlsms/store/storetest"

	"pgregory.net/rapid"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
)

// People do what they like on both sides, both sides fail, the process dies, time passes. When
// all is quiet again, nothing was done twice and both sides agree.
func TestAnythingGoes(t *testing.T) {
	fewer(t, storetest.Amount{Short: 3, Usual: 6, Full: 25, Race: 3}.Or(0))
	rapid.Check(t, shorter(t, func(rt *rapid.T) {
		dir := t.TempDir() // one for each case
		rapid.SyncTest(rt, func(rt *rapid.T) {
			m := newModel(rt, dir)
			defer m.close()
			rt.Repeat(m.actions())
			m.runUntilQuiet()
			m.checkEnd()
		})
	}))
}

// fewer lowers the number of checks unless somebody asked for one.
func fewer(t *testing.T, checks int) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		setChecks(t, checks)
	}
}

// setChecks sets how often rapid checks, for one test. It must not run beside another.
func setChecks(t *testing.T, checks int) {
	f := flag.Lookup("rapid.checks")
	old := f.Value.String()
	if err := f.Value.Set(fmt.Sprint(checks)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(old) })
}

type model struct {
	*world
	n       int               // gives every word and minute its own number
	people  []string          // CRM ids of those people entered
	numbers []string          // all numbers that text
	owner   map[string]string // id by number, of those people entered
	cities  map[string]string // edited here only
	states  map[string]string // edited in the CRM only
	removed map[string]bool   // was ever deleted, by number
	tasks   map[string]string // sender by title
	notes   map[string]string // sender by words
	visits  []string
}

func newModel(rt *rapid.T, dir string) *model {
	o := options{
		crm:   ghltest.Options{IndexLag: 30 * time.Second, AllowDuplicates: rapid.Bool().Draw(rt, "duplicates")},
		gate:  smstest.Options{ListLag: 20 * time.Second, Recent: 1000},
		rules: noBrakes,
	}
	m := &model{
		world: newWorld(rt, dir, o), owner: map[string]string{}, cities: map[string]string{}, states: map[string]string{},
		removed: map[string]bool{}, tasks: map[string]string{}, notes: map[string]string{},
	}
	for _, name := range []string{"Ann", "Bob", "Cat"} {
		number := fmt.Sprintf("+120255501%02d", len(m.people)+1)
		c := m.person(name, number)
		m.people, m.numbers = append(m.people, c.ID), append(m.numbers, number)
		m.owner[number] = c.ID
	}
	time.Sleep(time.Minute) // a contact that no index shows yet may be made twice
	return m
}

func (m *model) next() int { m.n++; return m.n }

func (m *model) actions() map[string]func(*rapid.T) {
	number := func(rt *rapid.T) string { return rapid.SampledFrom(m.numbers).Draw(rt, "number") }
	one := func(rt *rapid.T) string { return rapid.SampledFrom(m.people).Draw(rt, "person") }
	visit := func(rt *rapid.T) string {
		if len(m.visits) == 0 {
			rt.Skip("nothing is booked")
		}
		return rapid.SampledFrom(m.visits).Draw(rt, "visit")
	}
	return map[string]func(*rapid.T){
		"": func(*rapid.T) { m.checkAlways() },
		"newcomer": func(*rapid.T) {
			n := fmt.Sprintf("+1202555%04d", 1000+m.next())
			m.numbers = append(m.numbers, n)
			m.gate.Text(n, "Hi, I'm Jane Doe")
		},
		"task": func(rt *rapid.T) {
			who, title := number(rt), fmt.Sprintf("errand %d", m.next())
			m.tasks[title] = who
			m.gate.Text(who, "TASK "+title)
		},
		"talk": func(rt *rapid.T) {
			who, words := number(rt), fmt.Sprintf("Lovely weather %d", m.next())
			m.notes[words] = who
			m.gate.Text(who, words)
		},
		"command": func(rt *rapid.T) {
			m.gate.Text(number(rt), rapid.SampledFrom([]string{"STOP", "START", "C", "X", "TASKS", "DONE 1", "HELP"}).Draw(rt, "command"))
		},
		"edit here": func(rt *rapid.T) {
			id := one(rt)
			if len(m.rows(`SELECT 1 FROM contacts WHERE crm_id = ? AND hash IS NOT NULL`, id)) == 0 {
				rt.Skip("not mirrored yet")
			}
			city := fmt.Sprintf("City %d", m.next())
			m.cities[id] = city
			tags := store.EncodeSet([]string{"here", rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "tag")})
			m.edit(store.Contact, id, store.Fields{"city": city, "website": fmt.Sprintf("https://here.example/%d", m.n), store.Tags: tags})
		},
		"edit there": func(rt *rapid.T) {
			id := one(rt)
			state := fmt.Sprintf("State %d", m.next())
			m.states[id] = state
			tag := rapid.SampledFrom([]string{"a", "b", "there"}).Draw(rt, "tag")
			m.crm.EditContact(id, func(c *ghltest.Contact) {
				c.State, c.Website = state, fmt.Sprintf("https://there.example/%d", m.n)
				if i := slices.Index(c.Tags, tag); i >= 0 {
					c.Tags = slices.Delete(c.Tags, i, i+1)
				} else {
					c.Tags = append(c.Tags, tag)
				}
			})
		},
		"book": func(rt *rapid.T) {
			in := time.Duration(rapid.IntRange(1, 60).Draw(rt, "half hours")) * 30 * time.Minute
			a := m.crm.AddAppointment(ghltest.Appointment{CalendarID: m.calendar, ContactID: one(rt), Start: m.minute(in)})
			m.visits = append(m.visits, a.ID)
		},
		"move": func(rt *rapid.T) {
			to := m.minute(time.Duration(rapid.IntRange(1, 60).Draw(rt, "half hours")) * 30 * time.Minute)
			m.crm.EditAppointment(visit(rt), func(a *ghltest.Appointment) { a.Start, a.End = to, to.Add(30*time.Minute) })
		},
		"cancel": func(rt *rapid.T) {
			m.crm.EditAppointment(visit(rt), func(a *ghltest.Appointment) { a.Status = "cancelled" })
		},
		"unbook": func(rt *rapid.T) { m.crm.RemoveAppointment(visit(rt)) },
		"remove or restore": func(rt *rapid.T) {
			id := one(rt)
			c, _ := m.crm.Contact(id)
			m.removed[c.Phone] = true
			m.crm.EditContact(id, func(c *ghltest.Contact) { c.Deleted = !c.Deleted })
		},
		"fail there": func(rt *rapid.T) {
			kind := rapid.SampledFrom([]ghltest.FaultKind{
				ghltest.Refuse, ghltest.CutBefore, ghltest.RateLimited, ghltest.Unauthorized, ghltest.CutAfter, ghltest.ErrorAfter, ghltest.HTML,
				ghltest.HalfJSON, ghltest.Slow,
			}).Draw(rt, "kind")
			method := rapid.SampledFrom([]string{"", "POST", "PUT", "GET"}).Draw(rt, "method")
			m.crm.AddFault(ghltest.Fault{Method: method, Kind: kind, Times: rapid.IntRange(1, 4).Draw(rt, "times"), Skip: rapid.IntRange(0, 6).Draw(rt, "skip"), Delay: delayOf(kind)})
		},
		"fail at the gateway": func(rt *rapid.T) {
			kind := smstest.Kind(rapid.IntRange(int(smstest.Refuse), int(smstest.NoCredit)).Draw(rt, "kind"))
			m.gate.AddFault(smstest.Fault{Kind: kind, Times: rapid.IntRange(1, 4).Draw(rt, "times"), Skip: rapid.IntRange(0, 2).Draw(rt, "skip")})
		},
		"down or up": func(rt *rapid.T) {
			m.crm.SetDown(rapid.Bool().Draw(rt, "CRM"))
			m.gate.SetDown(rapid.Bool().Draw(rt, "gateway"))
		},
		"untidy list": func(rt *rapid.T) {
			m.gate.DuplicateInbound(rapid.Bool().Draw(rt, "twice"))
			m.gate.ShuffleInbound(rapid.Bool().Draw(rt, "shuffled"))
		},
		"cycle":  func(rt *rapid.T) { m.some(rt) },
		"cycle2": func(rt *rapid.T) { m.some(rt) },
		"cycle3": func(rt *rapid.T) { m.some(rt) },
		"wait": func(rt *rapid.T) {
			time.Sleep(time.Duration(rapid.IntRange(1, 180).Draw(rt, "minutes")) * time.Minute)
			m.some(rt)
		},
		"crash": func(rt *rapid.T) {
			at := m.life.seen + rapid.IntRange(1, 25).Draw(rt, "request")
			ph := rapid.SampledFrom([]phase{before, after}).Draw(rt, "phase")
			m.dieAt(func(n int, p phase) bool { return n == at && p == ph })
		},
		"restart": func(*rapid.T) { m.restart() },
	}
}

func delayOf(k ghltest.FaultKind) time.Duration {
	if k == ghltest.Slow {
		return time.Minute
	}
	return 0
}

// minute is a time of its own about so far ahead, so that reminders can be told apart.
func (m *model) minute(in time.Duration) time.Time {
	return time.Now().Add(in).Truncate(time.Hour).Add(time.Duration(m.next()%60) * time.Minute).Add(time.Duration(m.n/60) * time.Second)
}

// some runs a few cycles of some kind.
func (m *model) some(rt *rapid.T) {
	work := sync.Work(rapid.IntRange(0, int(sync.Everything)).Draw(rt, "work"))
	for range rapid.IntRange(1, 4).Draw(rt, "cycles") {
		_ = m.cycle(work)
		time.Sleep(15 * time.Second)
	}
}

// checkAlways holds at any time: nothing twice, and nothing to who opted out.
func (m *model) checkAlways() {
	seen := map[string]int{}
	for _, text := range m.gate.Sent() {
		for _, own := range []string{"Noted as ", "see you ", "your appointment is "} {
			if strings.Contains(text.Text, own) {
				seen[text.To+" "+text.Text]++
			}
		}
	}
	for _, w := range m.crm.Writes() {
		if strings.HasSuffix(w.Path, "/notes") || strings.HasSuffix(w.Path, "/tasks") {
			seen[w.Path+" "+string(w.Body)]++
		}
	}
	for what, n := range seen {
		if n > 1 {
			m.t.Fatalf("%d times: %s\n%s", n, what, m.dump())
		}
	}
	for _, row := range m.rows(`SELECT number, since FROM opt_outs WHERE lifted_at IS NULL`) {
		since, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			m.t.Fatalf("opt-out: %v", err)
		}
		for _, text := range m.gate.SentTo(row[0]) {
			if text.At.After(time.UnixMilli(since)) && !strings.Contains(text.Text, stopped) {
				m.t.Fatalf("texted after the opt-out: %s %q\n%s", row[0], text.Text, m.dump())
			}
		}
	}
}

// runUntilQuiet mends everything and gives the engine time.
func (m *model) runUntilQuiet() {
	m.crm.ClearFaults()
	m.gate.ClearFaults()
	m.crm.SetDown(false)
	m.gate.SetDown(false)
	m.gate.DuplicateInbound(false)
	m.life.cause = nil
	for range 12 {
		_ = m.cycle(sync.Everything)
		time.Sleep(5 * time.Minute)
	}
	m.askPerson()
	m.runEvery(34*time.Hour, 30*time.Minute, 1) // beyond the last appointment
}

func (m *model) checkEnd() {
	t := m.t
	m.checkAlways()
	n := m.outside()
	m.runEvery(2*time.Hour, 20*time.Minute, 1)
	if err := m.cycle(sync.Everything); err != nil {
		t.Errorf("a quiet cycle: %v", err)
	}
	if m.outside() != n {
		t.Errorf("%d writes outside although all was quiet\n%s", m.outside()-n, m.dump())
	}
	m.checkMirror()
	m.want("0", `SELECT count(*) FROM inbound WHERE decision IS NULL`)
	m.want("", `SELECT key, state, reason, payload FROM outbox WHERE state IN ('pending', 'sending', 'held')
		OR (state = 'failed' AND reason NOT LIKE '% 400 %') OR (state = 'unknown' AND kind <> 'text.send')`)
	m.checkRecords()
	for _, id := range m.people {
		c := m.contactNow(id)
		if city := m.cities[id]; !c.Deleted && city != "" && c.City != city {
			t.Errorf("%s: the city edited here is %q, in the CRM %q\n%s", id, city, c.City, m.dump())
		}
		if state := m.states[id]; !c.Deleted && c.State != state {
			t.Errorf("%s: the state edited in the CRM was %q, and is %q", id, state, c.State)
		}
	}
}

// checkRecords counts what was made of texts.
func (m *model) checkRecords() {
	t := m.t
	titles, notes, phones := map[string]int{}, map[string]int{}, map[string]int{}
	for _, task := range m.crm.Tasks() {
		titles[task.Title]++
	}
	for _, note := range m.crm.Notes() {
		_, words, _ := strings.Cut(note.Body, "\n")
		notes[words]++
	}
	for _, c := range m.crm.Contacts() {
		phones[c.Phone]++
	}
	for _, title := range slices.Sorted(maps.Keys(m.tasks)) {
		decision := m.one(`SELECT decision FROM inbound WHERE body = ?`, "TASK "+title)
		want := 1
		if decision == "unknown sender" || m.removed[m.tasks[title]] {
			want = min(titles[title], 1)
		}
		if titles[title] != want {
			t.Errorf("%d tasks %q, decision %q\n%s", titles[title], title, decision, m.dump())
		}
	}
	for _, words := range slices.Sorted(maps.Keys(m.notes)) {
		if n := notes[words]; n > 1 || n == 0 && !m.removed[m.notes[words]] {
			t.Errorf("%d notes %q\n%s", n, words, m.dump())
		}
	}
	for _, number := range m.numbers {
		if n := phones[number]; n != 1 && !m.removed[number] {
			t.Errorf("%d contacts with %s\n%s", n, number, m.dump())
		}
	}
	for _, row := range m.rows(`SELECT appointment_id, starts, rule FROM reminders r JOIN outbox o ON o.id = r.outbox_id
		WHERE o.state IN ('done', 'unknown', 'sending') GROUP BY 1, 2, 3 HAVING count(*) > 1`) {
		t.Errorf("decided twice: %v", row)
	}
}
