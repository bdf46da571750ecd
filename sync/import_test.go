package sync_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/store/storetest"
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
	contacts := storetest.Amount{Short: 3_000, Usual: 10_000, Full: 10_000}.Or(0)
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
		c, err := tx.Cursor(w.ctx, store.SourceContacts)
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

// Promises 3 and 6: while pages of contacts are read, in the import, the polls and the sweep, people edit, add and
// delete contacts, so that rows move from a page that is yet to come to one that was read, and back. In the end
// the mirror is as the CRM is, and on the way nobody counts as deleted who lives.
func TestPagesThatShiftUnderTheCursor(t *testing.T) {
	heavy(t)
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{crm: ghltest.Options{IndexLag: 5 * time.Second}, rules: noBrakes}, func(w *world) {
				r := rand.New(rand.NewPCG(seed, 0))
				fill(w.crm, w.calendar, 350)
				time.Sleep(time.Minute)
				shifts := 0
				shift := func() {
					shifts++
					all := w.crm.Contacts()
					one := all[r.IntN(len(all))].ID
					switch r.IntN(5) {
					case 0:
						w.crm.AddContact(ghltest.Contact{FirstName: fmt.Sprint("New ", shifts), Phone: fmt.Sprintf("+1303555%04d", shifts), DateAdded: time.Now().AddDate(-1, 0, 0)})
					case 1:
						w.crm.RemoveContact(one)
					default:
						w.crm.EditContact(one, func(c *ghltest.Contact) { c.City = fmt.Sprint("City ", shifts) })
					}
				}
				remove := w.crm.OnRequest(func(q ghltest.Request, p ghltest.Phase) {
					if p == ghltest.After && q.Path == "/contacts/search" {
						for range r.IntN(4) {
							shift()
						}
						time.Sleep(time.Duration(r.IntN(4)) * time.Second) // the index follows in the middle
					}
				})
				for i := range 12 {
					work := sync.PollTexts | sync.PollCRM
					if i%4 == 3 {
						work = sync.Everything
					}
					if err := w.cycle(work); err != nil {
						t.Errorf("cycle %d: %v", i, err)
					}
					for _, row := range w.rows(`SELECT crm_id FROM contacts WHERE gone_at IS NOT NULL`) {
						if c, _ := w.crm.Contact(row[0]); !c.Deleted {
							t.Errorf("%s counts as deleted and lives", row[0])
						}
					}
					time.Sleep(time.Minute)
				}
				remove()
				if shifts < 40 {
					t.Errorf("only %d changes between pages", shifts)
				}
				w.run(10 * time.Minute)
				_ = w.cycle(sync.Everything)
				w.checkQuiet()
			})
		})
	}
}
