package sync_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync"
)

var importAll = flag.Bool("import.all", false, "import 100,000 contacts instead of 10,000")

// fill puts a location's worth of records into the CRM: for each hundred contacts twenty tasks
// and ten appointments.
func fill(crm *ghltest.Sandbox, calendar string, contacts int) {
	long := time.Now().AddDate(0, -1, 0)
	for i := range contacts {
		c := crm.AddContact(ghltest.Contact{
			FirstName: "Name", LastName: fmt.Sprint(i), Email: fmt.Sprintf("name%d@example.com", i), Phone: fmt.Sprintf("+1202%07d", 2000000+i),
			Tags: []string{"patient"}, DateAdded: long.Add(time.Duration(i) * time.Second), DateUpdated: long.Add(time.Duration(i) * time.Second),
		})
		if i%5 == 0 {
			crm.AddTask(ghltest.Task{ContactID: c.ID, Title: "Call", Due: time.Now().Add(time.Duration(i) * time.Minute)})
		}
		if i%10 == 0 {
			crm.AddAppointment(ghltest.Appointment{
				CalendarID: calendar, ContactID: c.ID, Title: "Visit", DateAdded: long,
				Start: time.Now().Add(48*time.Hour + time.Duration(i)*20*time.Second),
			})
		}
	}
}

// The first import makes about as many requests as the pages there are, and uses the CRM's
// burst windows almost to the full; people who text meanwhile are answered, and reminders leave.
func TestFirstImport(t *testing.T) {
	heavy(t)
	contacts := 10_000
	if *importAll {
		contacts = 100_000
	}
	inWorld(t, options{crm: ghltest.Options{BurstMax: 100, DailyMax: 200_000}}, func(w *world) {
		fill(w.crm, w.calendar, contacts)
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+5*time.Second)
		start := time.Now()
		w.gate.Text(ann.Phone, "TASKS")
		for !w.imported() {
			if err := w.cycle(sync.Everything &^ sync.Sweep); err != nil {
				t.Fatal(err)
			}
		}
		took, requests := time.Since(start), len(w.crm.Log())
		least := contacts/100 + 1 + contacts/5/500 + 1 + 3 + 3*3 + 4 // pages; one calendar, three lists; three cycles, a reminder and a reply
		if requests > least*103/100 {
			t.Errorf("%d requests, %d would do", requests, least)
		}
		// In the first window nothing has to wait; each later one lets 95 calls of a sweep through.
		if windows := took.Seconds() / 10; requests > 100 && float64(requests-100) < 95*(windows-1) {
			t.Errorf("%d requests in %s leave the CRM's windows unused", requests, took)
		}
		t.Logf("%d requests (at least %d) in %s of the CRM's time", requests, least, took)
		w.run(time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open", "see you")
		w.want(fmt.Sprint(contacts+1), `SELECT count(*) FROM v1_contacts WHERE name <> ''`)
	})
}

// imported tells whether the contacts were all read once.
func (w *world) imported() (done bool) {
	w.view(func(tx *store.Tx) error {
		c, err := tx.Cursor(w.ctx, sync.SourceContacts)
		done = strings.Contains(c.Position, `"since"`) && json.Valid([]byte(c.Position))
		return err
	})
	return done
}

// A first import that is cut off goes on at the page at which it was.
func TestImportGoesOnWhereItWasCutOff(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		fill(w.crm, w.calendar, 700)
		pages := func() (n int) {
			for _, r := range w.crm.Log() {
				if r.Path == "/contacts/search" {
					n++
				}
			}
			return n
		}
		w.dieAt(func(_ int, p phase) bool { return p == before && pages() == 5 })
		_ = w.cycle(sync.PollCRM)
		if w.lives != 1 {
			t.Fatal("it was not cut off")
		}
		for !w.imported() {
			_ = w.cycle(sync.PollCRM)
		}
		if n := pages(); n > 9 { // seven full ones, the empty end, and what changed since
			t.Errorf("%d pages were asked for", n)
		}
		w.want("700", `SELECT count(*) FROM v1_contacts WHERE name <> ''`)
	})
}
