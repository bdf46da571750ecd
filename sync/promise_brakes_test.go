package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

// late is a CRM by whose answers our clock is wrong.
type late struct {
	*ghl.Client
	off time.Duration
}

func (l *late) ClockSkew() (time.Duration, bool) { return l.off, true }

// A reminder at the wrong time is worse than none. A wrong clock holds those, and nothing else.
func TestWrongClockHoldsReminders(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm := &late{}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.book(ann, 24*time.Hour+10*time.Minute)
		w.restart()
		w.run(2 * time.Minute)
		for _, crm.off = range []time.Duration{20 * time.Minute, -3 * time.Hour} {
			err := w.cycle(sync.PollCRM)
			if crm.off > 0 && (err == nil || !strings.Contains(err.Error(), "20m0s ahead of the CRM's")) {
				t.Errorf("nobody is told: %v", err)
			}
			w.run(10 * time.Minute)
			w.want("clock||held", holding)
			w.wantTexts(ann.Phone)
		}
		w.gate.Text(bob.Phone, "TASK call me")
		w.run(2 * time.Minute)
		w.wantTexts(bob.Phone, "Noted")
		w.want("0", `SELECT count(*) FROM reminders WHERE decided_at IS NOT NULL`)
		crm.off = 9 * time.Minute
		w.run(2 * time.Minute)
		w.want("", holding)
		w.wantTexts(ann.Phone, "Hi Ann, see you")
		w.checkQuiet()
	})
}

// Whoever lets reminders leave although the clocks differ has seen one difference: another one holds them again.
func TestAnotherDifferenceOfTheClocksHoldsAgain(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm := &late{}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		w.restart()
		w.run(2 * time.Minute)
		for off, again := range map[time.Duration]string{3*time.Hour + 5*time.Minute: "clock||released", 175 * time.Minute: "clock||released", -2 * time.Hour: "clock||held", 9 * time.Hour: "clock||held", 4 * time.Hour: "clock||held"} {
			crm.off = 3 * time.Hour
			w.run(2 * time.Minute)
			w.want("clock||held", holding)
			w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
			w.run(2 * time.Minute)
			crm.off = off
			w.run(2 * time.Minute)
			w.want(again, holding)
			crm.off = 0
			w.run(2 * time.Minute)
		}
	})
}

// By a clock that is wrong nothing is too late.
func TestWrongClockGivesNothingUp(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		crm := &late{}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+2*time.Minute)
		w.restart()
		w.gate.SetDown(true)
		w.run(5 * time.Minute)
		w.want("pending", `SELECT state FROM outbox`)
		crm.off = 3 * time.Hour
		w.runEvery(3*time.Hour, 10*time.Minute, 1)
		w.want("pending", `SELECT state FROM outbox`)
		crm.off = 0
		w.gate.SetDown(false)
		w.run(5 * time.Minute)
		w.want("dropped|it was too late: POST /sms/send: gateway unavailable", `SELECT state, substr(reason, 1, 52) FROM outbox`)
		w.checkQuiet()
	})
}

// Somebody gives all contacts the same number at once: nobody is reminded at it before a person has looked. Those whose
// number is as it was are reminded although they changed too.
func TestNumbersThatChangeAtOnceTextNobody(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	for _, word := range []store.BrakeState{store.BrakeReleased, store.BrakeDropped} {
		inWorld(t, options{rules: func(r *plan.Config) { r.Limits.ChangedShare = 0.5 }}, func(w *world) {
			people := w.crowded(32)
			for _, c := range people[:4] {
				w.book(c, 24*time.Hour+15*time.Minute)
			}
			w.run(2 * time.Minute)
			for i, c := range people[:30] {
				w.crm.EditContact(c.ID, func(c *ghltest.Contact) {
					if i < 2 {
						c.City = "Arlington"
					} else {
						c.Phone = jane
					}
				})
			}
			w.run(40 * time.Minute)
			w.want("changes|contact|held", holding)
			w.wantTexts(jane)
			w.wantTexts(people[0].Phone, "see you")
			w.wantTexts(people[1].Phone, "see you")
			w.wantTexts(people[2].Phone)
			w.want("2", `SELECT count(*) FROM outbox WHERE state = 'held'`)
			w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), word)
			w.run(10 * time.Minute)
			if word == store.BrakeReleased {
				w.wantTexts(jane, "see you", "see you")
			} else {
				w.wantTexts(jane)
			}
		})
	}
}

// Somebody moved the whole calendar by an hour. That is read, and answered where somebody asks; but
// nobody is reminded of it before a person says that it was meant.
func TestEverythingChangedAtOnce(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, word := range []store.BrakeState{store.BrakeReleased, store.BrakeDropped} {
		t.Run(string(word), func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) { r.Limits.ChangedShare = 0.5 }}, func(w *world) {
				people := w.crowded(32)
				var visits []ghltest.Appointment
				for _, c := range people[:30] {
					visits = append(visits, w.book(c, 24*time.Hour+15*time.Minute))
				}
				other := w.book(people[30], 24*time.Hour+20*time.Minute)
				w.run(2 * time.Minute)
				w.want("", holding)
				move := func(by time.Duration) {
					for _, a := range visits {
						w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Start, a.End = a.Start.Add(by), a.End.Add(by) })
					}
				}
				move(10 * time.Minute)
				err := w.cycle(sync.PollCRM)
				if err == nil || !strings.Contains(err.Error(), "30 of 31 changed at once") {
					t.Errorf("nobody is told: %v", err)
				}
				w.gate.Text(people[3].Phone, "TASK call me")
				w.edit(store.Contact, people[4].ID, store.Fields{"city": "Arlington"})
				w.run(40 * time.Minute)
				w.want("changes|appointment|held", holding)
				w.want("30", `SELECT count(*) FROM outbox WHERE state = 'held'`)
				w.wantTexts(people[0].Phone)
				w.wantTexts(people[3].Phone, "Noted")
				w.wantTexts(people[30].Phone, "see you")
				if w.contactNow(people[4].ID).City != "Arlington" || other.ID == "" {
					t.Error("an edit waits too")
				}
				w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), word)
				w.run(10 * time.Minute)
				var first []string
				if word == store.BrakeReleased {
					first = []string{"see you"}
				}
				w.wantTexts(people[0].Phone, first...)
				w.runEvery(24*time.Hour, 15*time.Minute, 1)
				w.wantTexts(people[0].Phone, append(first, "your appointment is")...)
				w.want("0", `SELECT count(*) FROM outbox WHERE state IN ('held', 'pending', 'unknown')`)
				w.checkQuiet()
			})
		})
	}
}

// What a person said about one such day is not said about the next.
func TestEverythingChangedAgain(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, word := range []store.BrakeState{store.BrakeReleased, store.BrakeDropped} {
		t.Run(string(word), func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) { r.Limits.ChangedShare = 0.5 }}, func(w *world) {
				people := w.crowded(30)
				var visits []ghltest.Appointment
				for _, c := range people {
					visits = append(visits, w.book(c, 10*24*time.Hour))
				}
				w.run(2 * time.Minute)
				for range 2 {
					for _, a := range visits {
						w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Start, a.End = a.Start.Add(time.Hour), a.End.Add(time.Hour) })
					}
					if err := w.cycle(sync.PollCRM); err == nil {
						t.Error("nobody is told")
					}
					w.want("changes|appointment|held", holding)
					w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), word)
					w.runEvery(50*time.Hour, time.Hour, 1)
				}
			})
		})
	}
}

// What was deleted here while it was not clear whether the CRM had it is not made after all.
func TestDeletedWhileItsMakingIsInDoubt(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, kind := range []ghltest.FaultKind{ghltest.CutBefore, ghltest.CutAfter} {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(2 * time.Minute)
			w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tasks", Kind: kind})
			w.gate.Text(ann.Phone, "TASK call me")
			w.tick()
			w.want("unknown", `SELECT state FROM outbox WHERE kind = 'task.create'`)
			w.update(func(tx *store.Tx) error { return tx.Doom(w.ctx, store.Task, 1) })
			w.run(30 * time.Minute)
			for _, task := range w.crm.Tasks() {
				if !task.Unlisted {
					t.Errorf("fault %v: it is there\n%s", kind, w.dump())
				}
			}
			if n := len(w.effects("task.create")); kind == ghltest.CutBefore && n != 0 {
				t.Errorf("it was made %d times to be deleted", n)
			}
			w.want("0", `SELECT count(*) FROM tasks WHERE gone_at IS NULL`)
			w.checkQuiet()
		})
	}
}

// Whom the list has and the contacts never had cannot leave them: an edit takes nobody off it.
func TestNobodyLeavesWhoNeverJoined(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.In, b.Deletes = false, true })}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.tag(ann, "news")
		w.gate.PutPersonByHand(list, smstest.Person{Phone: bob.Phone, FirstName: "Bob"})
		w.gate.PutPersonByHand(list, smstest.Person{Phone: "+12025550109", FirstName: "Zoe"})
		w.run(40 * time.Minute)
		w.crm.EditContact(bob.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.gate.EditPerson("+12025550109", func(p *smstest.Person) { p.FirstName = "Zoë" })
		w.run(90 * time.Minute)
		w.wantList(list, "+12025550101 Ann ann@example.com", "+12025550102 Bob ", "+12025550109 Zoë ")
		w.tag(ann) // she did join, and leaves
		w.tag(bob, "news")
		w.run(40 * time.Minute)
		w.wantList(list, "+12025550102 Bob bob@example.com", "+12025550109 Zoë ")
		w.checkQuiet()
	})
}

// Who was taken off the list lost the tag. Given it again, they are put on the list again.
func TestTheTagAgainIsTheListAgain(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(func(b *merge.BookRule) { b.Deletes = true })}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news", "vip")
		w.run(40 * time.Minute)
		w.gate.RemovePersonByHand(list, ann.Phone)
		w.run(90 * time.Minute)
		if tags := w.contactNow(ann.ID).Tags; len(tags) != 1 || tags[0] != "vip" {
			t.Errorf("tags %v", tags)
		}
		w.tag(ann, "vip", "news")
		w.run(40 * time.Minute)
		w.wantList(list, "+12025550101 Ann ann@example.com")
		if tags := w.contactNow(ann.ID).Tags; len(tags) != 2 {
			t.Errorf("tags %v", tags)
		}
		w.checkQuiet()
	})
}

// While the gateway cannot be told who won, the loser is not kept again and again.
func TestConflictIsKeptOnce(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withBook(nil)}, func(w *world) {
		list := w.gate.AddList("Clinic")
		ann := w.person("Ann", "+12025550101")
		w.tag(ann, "news")
		w.run(40 * time.Minute)
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts/", Method: "PUT", Kind: smstest.ErrorBefore})
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts/", Method: "POST", Kind: smstest.ErrorBefore})
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.FirstName = "Anna" })
		w.gate.EditPerson(ann.Phone, func(p *smstest.Person) { p.FirstName = "Annie" })
		w.run(90 * time.Minute)
		w.want("1", `SELECT count(*) FROM conflicts`)
		w.gate.ClearFaults()
		w.run(90 * time.Minute)
		w.wantList(list, "+12025550101 Anna ann@example.com")
		w.want("1", `SELECT count(*) FROM conflicts`)
		w.checkQuiet()
	})
}

// Tasks that are done vanish from the list of open ones. That is no deletion, however many.
func TestEverythingDoneAtOnce(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		for i := range 30 {
			w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: fmt.Sprint("Call ", i), Due: time.Now().Add(48 * time.Hour)})
		}
		w.run(2 * time.Minute)
		for _, task := range w.crm.Tasks() {
			w.crm.EditTask(task.ID, func(t *ghltest.Task) { t.Completed = true })
		}
		if err := w.cycle(sync.PollCRM); err != nil {
			t.Error(err)
		}
		w.want("", holding)
		w.want("30", `SELECT count(*) FROM tasks WHERE completed = 'true' AND gone_at IS NULL`)
		w.checkQuiet()
	})
}

// Somebody changed all contacts. What follows from that waits, but no brake holds an opt-out back, nor
// what people text.
func TestNoBrakeHoldsAnOptOut(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Limits.ChangedShare = 0.5 }}, func(w *world) {
		people := w.crowded(30)
		w.run(4 * time.Minute)
		dnd := func(status string) func(*ghltest.Contact) {
			return func(c *ghltest.Contact) { c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: status}} }
		}
		w.crm.EditContact(people[2].ID, dnd("active"))
		w.run(4 * time.Minute)
		for i, c := range people {
			w.crm.EditContact(c.ID, func(c *ghltest.Contact) { c.City = "Boston" })
			if i == 1 {
				w.crm.EditContact(c.ID, dnd("active"))
			}
		}
		w.crm.EditContact(people[2].ID, dnd("inactive")) // lifted by whatever changed them all
		if err := w.cycle(sync.PollCRM); err == nil {
			t.Error("nobody is told")
		}
		w.gate.Text(people[0].Phone, "STOP")
		w.gate.Text(people[3].Phone, "TASK call me")
		w.run(4 * time.Minute)
		w.want("changes|contact|held", holding)
		const out = `SELECT number FROM opt_outs WHERE lifted_at IS NULL ORDER BY number`
		w.want(people[0].Phone+"\n"+people[1].Phone+"\n"+people[2].Phone, out)
		if s := w.contactNow(people[0].ID).DNDSettings["SMS"].Status; s != "active" {
			t.Errorf("the CRM has %q of who texted STOP", s)
		}
		w.wantTexts(people[3].Phone, "Noted")
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(4 * time.Minute)
		w.want(people[0].Phone+"\n"+people[1].Phone, out)
		w.checkQuiet()
	})
}

// A list of the address book that takes long to read lets texts pass meanwhile, but nothing of what it
// shows before that is known to be believable.
func TestSlowAddressBookIsHeldAllTheSame(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { withBook(nil)(r); r.Limits.ChangedShare = 0.5 }}, func(w *world) {
		w.gate.AddList("Clinic")
		people := w.crowded(30)
		for _, c := range people {
			w.tag(c, "news")
		}
		w.run(40 * time.Minute)
		w.gate.AddFault(smstest.Fault{Path: "/v1/people/contacts", Kind: smstest.Slow, Delay: 11 * time.Second})
		for _, c := range people {
			w.gate.EditPerson(c.Phone, func(p *smstest.Person) { p.FirstName = "X" })
		}
		w.run(40 * time.Minute)
		w.want("changes|entry|held", holding)
		w.want("0", `SELECT count(*) FROM v1_contacts WHERE first_name = 'X'`)
	})
}
