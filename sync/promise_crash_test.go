package sync_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/store/storetest"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
)

var crashAll = flag.Bool("crash.all", false, "crash at every request, before and after it has its effect")

// Promise 10: killed in any request, with what is on the disk at that moment, the next process
// goes on as if nothing had happened: nothing is done twice, nothing is left undone.

func TestCrashAtEveryRequest(t *testing.T) {
	t.Parallel()
	var moments []lastMoment
	t.Run("not at all", func(t *testing.T) {
		inWorld(t, crashOptions, func(w *world) {
			writes := map[int]string{} // what each request that changed something did
			w.crm.OnRequest(func(r ghltest.Request, _ ghltest.Phase) { writes[w.life.seen] = r.Effect })
			w.gate.OnRequest(func(r smstest.Request, _ smstest.Phase) { writes[w.life.seen] = r.Effect })
			day := liveADay(w)
			moments = momentsToDie(w.life.seen, writes)
			day.check(nil)
			w.checkQuiet()
		})
	})
	for _, m := range moments {
		t.Run(fmt.Sprintf("%d/%s", m.request, m.phase), func(t *testing.T) {
			t.Parallel()
			inWorld(t, crashOptions, func(w *world) {
				w.dieAt(func(n int, ph phase) bool { return n == m.request && ph == m.phase })
				day := liveADay(w)
				if w.lives != 1 || w.db.Path() == w.dir+"/life0.db" {
					t.Fatal("it did not crash")
				}
				day.check(&m.phase)
				if m.request%20 == 0 {
					w.checkQuiet()
				}
				w.checkMirror()
			})
		})
	}
}

// A lastMoment is one in a day at which its process may die.
type lastMoment struct {
	request int
	phase   phase
}

// momentsToDie are all moments, or some: before and after one of each kind of write, and some of the other requests.
func momentsToDie(requests int, writes map[int]string) (some []lastMoment) {
	var all, first, others []lastMoment
	tried := map[string]bool{}
	for n := 1; n <= requests; n++ {
		both := []lastMoment{{n, before}, {n, after}}
		all = append(all, both...)
		if what, _, _ := strings.Cut(writes[n], " "); what != "" && !tried[what] {
			tried[what] = true
			first = append(first, both...)
		} else {
			others = append(others, both[n%2])
		}
	}
	if *crashAll {
		return all
	}
	spread := func(list []lastMoment, n int) {
		for i := range min(n, len(list)) {
			some = append(some, list[i*len(list)/n])
		}
	}
	spread(first, storetest.Amount{Short: 3, Usual: 5, Full: len(first), Race: 3}.Or(0))
	spread(others, storetest.Amount{Short: 1, Usual: 3, Full: 12, Race: 2}.Or(0))
	return some
}

var crashOptions = options{
	crm:  ghltest.Options{IndexLag: 20 * time.Second},
	gate: smstest.Options{ListLag: 20 * time.Second},
}

type day struct {
	*world
	ann, bob, tom, liz ghltest.Contact
	toms, lizs         ghltest.Appointment
}

const jane = "+12025550177"

// liveADay lets people do what they do in a day.
func liveADay(w *world) *day {
	d := &day{world: w}
	d.ann, d.bob = w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
	d.tom, d.liz = w.person("Tom", "+12025550103"), w.person("Liz", "+12025550104")
	w.crm.AddTask(ghltest.Task{ContactID: d.ann.ID, Title: "Send the x-rays", Due: time.Now().Add(48 * time.Hour)})
	d.toms, d.lizs = w.book(d.tom, 24*time.Hour+10*time.Minute), w.book(d.liz, 24*time.Hour+11*time.Minute)
	time.Sleep(30 * time.Second)
	w.few(2)
	w.gate.Text(jane, "Hi, I'm Jane Doe, jane.doe@example.com")
	w.gate.Text(d.ann.Phone, "TASK call me back")
	w.gate.Text(d.bob.Phone, "STOP")
	w.few(2)
	w.edit(store.Contact, d.ann.ID, store.Fields{"city": "Arlington", store.Tags: `["vip"]`})
	w.crm.EditContact(d.ann.ID, func(c *ghltest.Contact) { c.State = "VA" })
	w.gate.Text(d.ann.Phone, "DONE x-rays")
	w.gate.Text(d.bob.Phone, "I mean it")
	w.few(2)
	time.Sleep(8 * time.Minute) // the reminders are due
	w.few(2)
	w.gate.Text(d.tom.Phone, "C")
	w.gate.Text(d.liz.Phone, "X")
	w.few(2)
	time.Sleep(22*time.Hour + 35*time.Minute) // Tom's second reminder
	w.few(2)
	time.Sleep(20 * time.Minute)
	w.few(3)
	return d
}

// few runs a few cycles of everything, three minutes apart.
func (w *world) few(n int) {
	for range n {
		_ = w.cycle(sync.Everything)
		time.Sleep(3 * time.Minute)
	}
}

// check compares with what must have come of the day. died is the phase of the crash: one before
// a text left may have kept it from leaving, which is then shown.
func (d *day) check(died *phase) {
	t := d.t
	t.Helper()
	contacts := d.crm.Contacts()
	if len(contacts) != 5 {
		t.Errorf("%d contacts", len(contacts))
	}
	ann, bob := d.contactNow(d.ann.ID), d.contactNow(d.bob.ID)
	if ann.City != "Arlington" || ann.State != "VA" || !slices.Equal(ann.Tags, []string{"vip"}) || bob.DNDSettings["SMS"].Status != "active" {
		t.Errorf("Ann %+v\nBob %+v", ann, bob)
	}
	var tasks, notes []string
	for _, task := range d.crm.Tasks() {
		tasks = append(tasks, fmt.Sprint(task.Title, " ", task.Completed))
	}
	for _, note := range d.crm.Notes() {
		notes = append(notes, note.Body)
	}
	slices.Sort(tasks)
	if got := strings.Join(tasks, ", "); got != "Send the x-rays true, Welcome Jane Doe false, call me back false" {
		t.Errorf("tasks %s", got)
	}
	if len(notes) != 2 {
		t.Errorf("notes %q", notes)
	}
	toms, _ := d.crm.Appointment(d.toms.ID)
	lizs, _ := d.crm.Appointment(d.lizs.ID)
	if toms.Status != "confirmed" || lizs.Status != "cancelled" {
		t.Errorf("Tom's is %s, Liz's %s", toms.Status, lizs.Status)
	}
	// Tom and Liz answer also what they may not have got, which then counts as having arrived.
	unclear := d.rows(`SELECT body FROM texts JOIN outbox ON id = outbox_id WHERE state = 'unknown' OR ? AND reason = 'the recipient answered it'`,
		died != nil && *died == before)
	if len(unclear) > 1 || len(unclear) > 0 && (died == nil || *died == after) {
		t.Errorf("unclear: %v", unclear)
	}
	want := []string{
		jane + " Thanks", d.ann.Phone + " Noted", d.bob.Phone + " Sandbox", d.ann.Phone + " Done:", d.tom.Phone + " Hi", d.liz.Phone + " Hi",
		d.tom.Phone + " Thanks,", d.liz.Phone + " Your", d.tom.Phone + " Hi",
	}
	var got []string
	for _, m := range d.gate.Sent() {
		got = append(got, m.To+" "+strings.Fields(m.Text)[0])
	}
	for _, u := range unclear {
		number := d.one(`SELECT number FROM texts WHERE body = ?`, u[0])
		got = append(got, number+" "+strings.Fields(u[0])[0])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("texts %q\nwant %q", got, want)
	}
	d.want("0", `SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'held', 'failed')`)
	d.want("0", `SELECT count(*) FROM inbound WHERE decision IS NULL`)
}
