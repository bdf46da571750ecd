package sync_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
)

// Promises 3 and 4: what one side changed is not overwritten by the other side's old value;
// what both changed is the CRM's, and the loser is kept.

func (w *world) contactNow(id string) ghltest.Contact {
	c, _ := w.crm.Contact(id)
	return c
}

func TestOneSidedEditsSurvive(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		bob := w.person("Bob", "+12025550102")
		w.run(2 * time.Minute)

		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"}) // here only
		w.crm.EditContact(bob.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.run(3 * time.Minute)
		if c := w.contactNow(ann.ID).City; c != "Arlington" {
			t.Errorf("Ann's city is %q\n%s", c, w.dump())
		}
		if r := w.record(store.Contact, bob.ID); r.Get("city") != "Boston" {
			t.Errorf("Bob's city is %q", r.Get("city"))
		}

		w.edit(store.Contact, ann.ID, store.Fields{"city": ""}) // cleared, with another field changed there
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.LastName = "Smith" })
		w.run(3 * time.Minute)
		if c := w.contactNow(ann.ID); c.City != "" || c.LastName != "Smith" {
			t.Errorf("Ann is %+v", c)
		}
		w.want("0", `SELECT count(*) FROM conflicts`)
		w.checkQuiet()
	})
}

func TestSameFieldOnBothSidesIsTheCRMs(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington", "state": "VA"})
		w.run(3 * time.Minute)
		if c := w.contactNow(ann.ID); c.City != "Boston" || c.State != "VA" {
			t.Errorf("Ann is in %q, %q", c.City, c.State)
		}
		w.want("city||Boston|Arlington|crm", `SELECT field, base, crm, local, kept FROM v1_conflicts`)
		w.checkQuiet()
	})
}

func TestSameChangeOnBothSidesIsNoConflict(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		n := w.outside()
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Boston"})
		w.run(3 * time.Minute)
		if w.outside() != n {
			t.Errorf("written although nothing differs\n%s", w.dump())
		}
		w.want("0", `SELECT count(*) FROM conflicts`)
		w.checkQuiet()
	})
}

func TestTagsMergeAsASet(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", Tags: []string{"a", "b", "c"}})
		w.run(2 * time.Minute)
		w.edit(store.Contact, ann.ID, store.Fields{store.Tags: store.EncodeSet([]string{"a", "c", "ours"}), "city": "Arlington"})
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = []string{"b", "c", "Theirs"} })
		w.run(5 * time.Minute)
		tags := w.contactNow(ann.ID).Tags
		slices.Sort(tags)
		if !slices.Equal(tags, []string{"c", "ours", "theirs"}) {
			t.Errorf("tags %v\n%s", tags, w.dump())
		}
		w.checkQuiet()
	})
}

// What is edited offline for hours is pushed when the network is back, merged with what people
// did in the CRM meanwhile.
func TestOfflineEditsArePushedLater(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
		visit := w.book(ann, 72*time.Hour)
		w.full()
		w.crm.SetDown(true)
		w.run(10 * time.Minute)
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington", store.Tags: `["vip"]`})
		w.edit(store.Task, task.ID, store.Fields{store.Title: "Call Ann", store.Completed: "true"})
		w.edit(store.Appointment, visit.ID, store.Fields{store.Status: "cancelled"})
		w.runEvery(3*time.Hour, 5*time.Minute, 1)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.State = "VA"; c.Tags = []string{"patient"} })
		w.crm.EditTask(task.ID, func(t *ghltest.Task) { t.Body = "about the bill" })
		w.runEvery(3*time.Hour, 5*time.Minute, 1)
		w.crm.SetDown(false)
		w.runEvery(2*time.Hour, time.Minute, 1)
		c := w.contactNow(ann.ID)
		got, _ := w.crm.Task(task.ID)
		a, _ := w.crm.Appointment(visit.ID)
		if c.City != "Arlington" || c.State != "VA" || !slices.Equal(c.Tags, []string{"patient", "vip"}) ||
			got.Title != "Call Ann" || got.Body != "about the bill" || !got.Completed || a.Status != "cancelled" {
			t.Errorf("%+v\n%+v\n%+v\n%s", c, got, a, w.dump())
		}
		w.checkQuiet()
	})
}

// What people write in the CRM between our last look and our write stays: only the fields we
// mean are sent, and an opt-out on another channel is not taken back.
func TestEditsBetweenReadAndWriteAreNotLost(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", Tags: []string{"a"}})
		task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
		visit := w.book(ann, 72*time.Hour)
		w.run(2 * time.Minute)
		hits := map[string]int{}
		w.crm.OnRequest(func(r ghltest.Request, p ghltest.Phase) {
			if p != ghltest.Before || r.Method == "GET" {
				return
			}
			switch r.Path {
			case "/contacts/" + ann.ID:
				hits["contact"]++
				w.crm.EditContact(ann.ID, func(c *ghltest.Contact) {
					c.State = "VA"
					c.Tags = append(c.Tags, "theirs")
					if strings.Contains(string(r.Body), "dnd") {
						c.DNDSettings = map[string]ghltest.DNDSetting{"Email": {Status: "active"}}
					}
				})
			case "/contacts/" + ann.ID + "/tags":
				hits["tags"]++
				w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = append(c.Tags, "late") })
			case "/contacts/" + ann.ID + "/tasks/" + task.ID:
				hits["task"]++
				w.crm.EditTask(task.ID, func(t *ghltest.Task) { t.Body = "about the bill" })
			case "/calendars/events/appointments/" + visit.ID:
				hits["appointment"]++
				w.crm.EditAppointment(visit.ID, func(a *ghltest.Appointment) { a.Title = "Surgery" })
			}
		})
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington", store.Tags: `["a","ours"]`})
		w.edit(store.Task, task.ID, store.Fields{store.Title: "Call Ann"})
		w.gate.Text(ann.Phone, "X") // cancels
		w.run(3 * time.Minute)
		w.gate.Text(ann.Phone, "STOP")
		w.run(3 * time.Minute)
		c := w.contactNow(ann.ID)
		slices.Sort(c.Tags)
		got, _ := w.crm.Task(task.ID)
		a, _ := w.crm.Appointment(visit.ID)
		if c.City != "Arlington" || c.State != "VA" || !slices.Equal(c.Tags, []string{"a", "late", "ours", "theirs"}) ||
			c.DNDSettings["Email"].Status != "active" || c.DNDSettings["SMS"].Status != "active" ||
			got.Title != "Call Ann" || got.Body != "about the bill" || a.Status != "cancelled" || a.Title != "Surgery" {
			t.Errorf("%+v\n%+v\n%+v\n%s", c, got, a, w.dump())
		}
		if len(hits) != 4 {
			t.Errorf("the story missed a request: %v", hits)
		}
		w.checkQuiet()
	})
}

// An edit whose update got no clear answer is compared, and repeated only where it is missing.
func TestUnclearUpdateIsComparedFirst(t *testing.T) {
	heavy(t)
	t.Parallel()
	for name, fault := range map[string]ghltest.Fault{
		"cut before": {Kind: ghltest.CutBefore}, "cut after": {Kind: ghltest.CutAfter},
		"html": {Kind: ghltest.HTML}, "refused": {Kind: ghltest.Refuse}, "slow": {Kind: ghltest.Slow, Delay: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(48 * time.Hour)})
				visit := w.book(ann, 72*time.Hour)
				w.full()
				fault := fault
				for _, path := range []string{"/contacts/" + ann.ID + "$", "/contacts/*/tasks/*", "/contacts/*/tags", "/calendars/events/appointments/*"} {
					fault.Method, fault.Path = "PUT", path
					if path == "/contacts/*/tags" {
						fault.Method = "POST"
					}
					w.crm.AddFault(fault)
				}
				w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington", store.Tags: `["vip"]`})
				w.edit(store.Task, task.ID, store.Fields{store.Title: "Call Ann"})
				w.edit(store.Appointment, visit.ID, store.Fields{store.Status: "cancelled"})
				w.run(15 * time.Minute)
				c := w.contactNow(ann.ID)
				got, _ := w.crm.Task(task.ID)
				a, _ := w.crm.Appointment(visit.ID)
				if c.City != "Arlington" || !slices.Equal(c.Tags, []string{"vip"}) || got.Title != "Call Ann" || a.Status != "cancelled" {
					t.Errorf("%+v\n%+v\n%+v\n%s", c, got, a, w.dump())
				}
				if n := w.effects("contact.update"); len(n) != 1 && name != "cut before" {
					t.Errorf("updated %v", n)
				}
				w.checkQuiet()
			})
		})
	}
}

// Values that the CRM writes in its own way are not changes.
func TestNormalisedValuesDoNotEcho(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		w.crm.AddContact(ghltest.Contact{FirstName: " Ann ", Phone: "(202) 555-0101", Email: "Ann@Example.com", Tags: []string{"VIP "}})
		odd := w.crm.AddContact(ghltest.Contact{FirstName: "Odd", Phone: "12", DNDSettings: map[string]ghltest.DNDSetting{"SMS": {Status: "inactive"}}})
		w.run(2 * time.Minute)
		w.edit(store.Contact, odd.ID, store.Fields{store.FirstName: "Even  ", store.Phone: "+12025550102", "birthday": "1980-02-01"})
		w.run(2 * time.Minute)
		w.gate.Text("+12025550101", "STOP")
		w.run(2 * time.Minute)
		w.gate.Text("+12025550101", "START")
		w.run(2 * time.Minute)
		if n := w.effects("contact.update"); len(n) != 3 {
			t.Errorf("updated %v\n%s", n, w.dump())
		}
		w.checkQuiet()
	})
}

// All that the CRM lets be changed of an appointment goes both ways.
func TestAppointmentsGoBothWays(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		visit := w.book(ann, 48*time.Hour)
		w.run(2 * time.Minute)
		to := visit.Start.Add(2 * time.Hour).UTC().Format(store.TimeForm)
		w.edit(store.Appointment, visit.ID, store.Fields{store.Start: to, store.Title: "Cleaning", store.Notes: "Bring the x-rays"})
		w.crm.EditAppointment(visit.ID, func(a *ghltest.Appointment) { a.Status, a.Address = "confirmed", "2 Elm St" })
		w.run(5 * time.Minute)
		a, _ := w.crm.Appointment(visit.ID)
		if a.Title != "Cleaning" || a.Notes != "Bring the x-rays" || !a.Start.Equal(visit.Start.Add(2*time.Hour)) || a.Status != "confirmed" || a.Address != "2 Elm St" {
			t.Errorf("the CRM has %+v\n%s", a, w.dump())
		}
		w.checkQuiet()
	})
}
