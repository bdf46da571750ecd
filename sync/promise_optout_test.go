package sync_test

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// Promise 5: an opt-out wins over everything, on every path.

const stopped = "You are opted out"

func TestStopBeforeAReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.book(ann, 25*time.Hour)
		w.run(10 * time.Minute)
		w.gate.Text(ann.Phone, "Stop")
		w.runEvery(26*time.Hour, 15*time.Minute, 1)
		w.wantTexts(ann.Phone, stopped)
		w.want("skipped|the contact opted out\nskipped|the contact opted out", `SELECT decision, reason FROM v1_reminders WHERE decision <> 'planned'`)
		if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s != "active" {
			t.Errorf("the CRM has %q", s)
		}
		w.checkQuiet()
	})
}

// The reminder waits in the outbox; what comes in between stops it.
func TestStopBetweenPlanAndSend(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.book(ann, 24*time.Hour+time.Minute)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.Refuse})
		w.run(5 * time.Minute)
		w.want("pending", `SELECT state FROM outbox`)
		w.gate.Text(ann.Phone, "STOP")
		w.gate.ClearFaults()
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone, stopped)
		w.want("dropped", `SELECT state FROM outbox WHERE key LIKE 'remind/%'`)
	})
}

// Staff put the contact on do-not-disturb a second before the reminder leaves.
func TestDNDInTheCRMJustBeforeTheReminder(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*ghltest.Contact){
		"all":       func(c *ghltest.Contact) { c.DND = true },
		"sms":       func(c *ghltest.Contact) { c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: "active"}} },
		"permanent": func(c *ghltest.Contact) { c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: "permanent"}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.full()
				w.book(ann, 24*time.Hour+time.Minute)
				w.full()
				time.Sleep(time.Minute)
				w.crm.EditContact(ann.ID, edit)
				_ = w.cycle(sync.PollTexts) // the CRM was not polled since
				w.run(10 * time.Minute)
				w.wantTexts(ann.Phone)
				w.want("skipped|the recipient opted out in the CRM", `SELECT decision, reason FROM v1_reminders WHERE decision <> 'planned'`)
				w.gate.Text(ann.Phone, "START")
				w.run(5 * time.Minute)
				w.wantTexts(ann.Phone) // only staff lift what staff set
				w.want("opt-in refused", `SELECT decision FROM inbound`)
				w.checkQuiet()
			})
		})
	}
}

func TestStartLiftsTheOwnOptOut(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		for _, text := range []string{"STOP", "TASKS", "START", "TASKS"} {
			w.gate.Text(ann.Phone, text)
			w.run(3 * time.Minute)
		}
		w.wantTexts(ann.Phone, stopped, "You will get our texts again", "Nothing is open")
		if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s != "inactive" {
			t.Errorf("the CRM has %q", s)
		}
		w.checkQuiet()
	})
}

// Two people share a number: when one opts out, the number is opted out.
func TestOptOutIsTheNumbers(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{AllowDuplicates: true}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		bob := w.person("Bob", "+12025550101")
		w.full()
		w.book(bob, 25*time.Hour)
		w.gate.Text(ann.Phone, "STOP")
		w.run(5 * time.Minute)
		for _, id := range []string{ann.ID, bob.ID} {
			if s := w.contactNow(id).DNDSettings["SMS"].Status; s != "active" {
				t.Errorf("%s has %q", id, s)
			}
		}
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, stopped)
		w.checkQuiet()
	})
	inWorld(t, options{crm: ghltest.Options{AllowDuplicates: true}}, func(w *world) { // set on one in the CRM
		ann := w.person("Ann", "+12025550101")
		bob := w.person("Bob", "+12025550101")
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.DND = true })
		w.full()
		w.book(bob, 25*time.Hour)
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone)
		w.checkQuiet()
	})
}

// A contact that is made after the opt-out of its number is made opted out.
func TestOptOutOfAnUnknownNumber(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		w.full()
		w.gate.Text("+12025550177", "STOP")
		w.run(2 * time.Minute)
		w.wantTexts("+12025550177", stopped)
		jane := w.person("Jane", "+12025550177")
		w.book(jane, 25*time.Hour)
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts("+12025550177", stopped)
		w.checkQuiet()
	})
}

func TestGatewaySaysUnsubscribed(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.gate.Fail(ann.Phone, "UNSUBSCRIBED")
		w.gate.Text(ann.Phone, "TASKS")
		w.run(5 * time.Minute)
		w.book(ann, 25*time.Hour)
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, "Nothing is open")
		w.want("+12025550101|gateway", `SELECT number, source FROM v1_opt_outs`)
		if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s != "active" {
			t.Errorf("the CRM has %q", s)
		}
		w.checkQuiet()
	})
}

// Clearing do-not-disturb in the CRM does not lift what a person said by text.
func TestOptOutSurvivesAClearInTheCRM(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "STOP")
		w.run(5 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.DNDSettings = nil })
		w.book(ann, 25*time.Hour)
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, stopped)
		w.checkQuiet()
	})
	inWorld(t, options{}, func(w *world) { // and the CRM's change meets ours
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", DNDSettings: map[string]ghltest.DNDSetting{"SMS": {Status: "inactive", Message: "x"}}})
		w.full()
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Kind: ghltest.Refuse, Times: 3})
		w.gate.Text(ann.Phone, "STOP")
		w.run(time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		w.run(20 * time.Minute)
		if c := w.contactNow(ann.ID); c.DNDSettings["SMS"].Status != "active" || c.City != "Boston" {
			t.Errorf("%+v", c)
		}
		w.checkQuiet()
	})
}

// The confirmation of an opt-out is owed for five minutes; later it would be one more text.
func TestConfirmationOfAnOptOutIsNotSentLate(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.Refuse})
		w.gate.Text(ann.Phone, "STOP")
		w.run(6 * time.Minute)
		w.gate.ClearFaults()
		w.run(30 * time.Minute)
		w.wantTexts(ann.Phone)
		w.want("dropped", `SELECT state FROM outbox WHERE kind = 'text.send'`)
		w.checkQuiet()
	})
}

// A permanent block is not ours to change, and no conflict either.
func TestStopOfAPermanentlyBlockedContact(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "STOP")
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) {
			c.DNDSettings = map[string]ghltest.DNDSetting{"SMS": {Status: "permanent"}}
		})
		w.run(5 * time.Minute)
		if s := w.contactNow(ann.ID).DNDSettings["SMS"].Status; s != "permanent" {
			t.Errorf("the CRM has %q", s)
		}
		w.want("0", `SELECT count(*) FROM conflicts`)
		if n := w.effects("contact.update"); len(n) != 0 {
			t.Errorf("written: %v", n)
		}
		w.checkQuiet()
	})
}

// A text released by hand after the recipient opted out stays.
func TestReleasedTextMeetsTheOptOut(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Limits.TextsPerPersonPerDay = 1 }}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.gate.Text(ann.Phone, "TASKS")
		w.run(time.Minute)
		w.gate.Text(ann.Phone, "HELP")
		w.run(time.Minute)
		w.want("held", `SELECT state FROM outbox WHERE id = 2`)
		w.update(func(tx *store.Tx) error {
			return tx.OptOut(w.ctx, store.OptOut{Number: ann.Phone, Source: "person", Reason: "called"})
		})
		w.update(func(tx *store.Tx) error { return tx.Release(w.ctx, 2) })
		w.run(time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
	})
}

// START lifts the do-not-disturb that we set on a contact who came only after the STOP of the number,
// whoever made that contact.
func TestStartOfOneWhoStoppedBeforeBeingKnown(t *testing.T) {
	t.Parallel()
	const number = "+12025550177"
	for name, come := range map[string]func(w *world){
		"made by staff": func(w *world) { w.person("Jane", number) },
		"by text":       func(w *world) { w.gate.Text(number, "Hi, I'm Jane Doe, jane.doe@example.com") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				w.full()
				w.gate.Text(number, "STOP")
				w.run(10 * time.Minute)
				come(w)
				w.run(10 * time.Minute)
				if s := w.crm.Contacts()[0].DNDSettings["SMS"].Status; s != "active" {
					t.Errorf("the CRM has %q", s)
				}
				w.gate.Text(number, "START")
				w.run(10 * time.Minute)
				w.wantTexts(number, stopped, "You will get our texts again")
				if s := w.crm.Contacts()[0].DNDSettings["SMS"].Status; s != "inactive" {
					t.Errorf("the CRM still has %q", s)
				}
				w.checkQuiet()
			})
		})
	}
}

// Only a person or START lifts an opt-out. Deleting the contact that has it in the CRM does not, though
// the number comes again with a contact that has none; taking it off that one in the CRM does.
func TestDeletionLiftsNoOptOut(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.DND = true })
		w.run(2 * time.Minute)
		w.crm.RemoveContact(ann.ID)
		_ = w.cycle(sync.Everything)
		again := w.person("Ann", "+12025550101")
		w.book(again, 25*time.Hour)
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone)
		w.want("+12025550101|crm", `SELECT number, source FROM v1_opt_outs`)
		for _, dnd := range []bool{true, false} {
			w.crm.EditContact(again.ID, func(c *ghltest.Contact) { c.DND = dnd })
			w.run(2 * time.Minute)
		}
		w.book(again, 25*time.Hour)
		w.runEvery(2*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, "see you Sat, Jan 1 at 8:02 PM", "see you Sat, Jan 1 at 10:06 PM") // what was skipped is not too late yet
		w.checkQuiet()
	})
}
