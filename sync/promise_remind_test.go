package sync_test

import (
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

// Promise 7: every due reminder gets exactly one decision.

const decisions = `SELECT rule, decision FROM v1_reminders WHERE decision NOT IN ('planned', 'withdrawn') ORDER BY decided_at, id`

func TestEveryRuleRemindsOnce(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 26*time.Hour)
		for range 9 { // restarts in between
			w.runEvery(3*time.Hour+time.Minute, 2*time.Minute, 1)
			w.restart()
		}
		w.wantTexts(ann.Phone, "see you Sat, Jan 1 at 9:00 PM. Reply C", "your appointment is Sat, Jan 1 at 9:00 PM")
		w.want("day-before|sent\nhour-before|sent", decisions)
		w.checkQuiet()
	})
}

func TestMovedAppointmentIsANewReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	hours := func(n int) func(*ghltest.Appointment) {
		return func(a *ghltest.Appointment) {
			d := time.Duration(n) * time.Hour
			a.Start, a.End = a.Start.Add(d), a.End.Add(d)
		}
	}
	t.Run("before it is due", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			a := w.book(ann, 26*time.Hour)
			w.full()
			w.crm.EditAppointment(a.ID, hours(5))
			w.runEvery(31*time.Hour, 10*time.Minute, 1)
			w.wantTexts(ann.Phone, "2:00 AM", "2:00 AM")
			w.want("day-before|sent\nhour-before|sent", decisions)
		})
	})
	t.Run("after it was sent", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			a := w.book(ann, 24*time.Hour)
			w.run(5 * time.Minute)
			w.crm.EditAppointment(a.ID, hours(48))
			w.runEvery(50*time.Hour, 10*time.Minute, 1)
			w.crm.EditAppointment(a.ID, hours(-1)) // and once more
			w.runEvery(24*time.Hour, 10*time.Minute, 1)
			w.wantTexts(ann.Phone, "Sat, Jan 1 at 7:00 PM", "Mon, Jan 3 at 7:00 PM", "Mon, Jan 3 at 6:00 PM")
			w.want("day-before|sent\nday-before|sent\nday-before|skipped\nhour-before|sent", decisions)
		})
	})
	t.Run("between plan and send", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			a := w.book(ann, 24*time.Hour+time.Minute)
			w.full()
			time.Sleep(time.Minute)
			w.crm.EditAppointment(a.ID, hours(5))
			_ = w.cycle(sync.PollTexts) // the CRM was not polled since
			w.runEvery(30*time.Hour, 5*time.Minute, 1)
			w.wantTexts(ann.Phone, "12:01 AM", "12:01 AM")
			w.want("day-before|skipped\nday-before|sent\nhour-before|sent", decisions)
		})
	})
	t.Run("there and back", func(t *testing.T) {
		inWorld(t, options{}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			a := w.book(ann, 24*time.Hour)
			w.run(5 * time.Minute)
			w.crm.EditAppointment(a.ID, hours(48))
			w.run(5 * time.Minute)
			w.crm.EditAppointment(a.ID, hours(-48))
			w.runEvery(25*time.Hour, 15*time.Minute, 1)
			w.wantTexts(ann.Phone, "see you", "your appointment")
		})
	})
}

func TestCancelledBetweenPlanAndSend(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		a := w.book(ann, 24*time.Hour+time.Minute)
		b := w.book(ann, 24*time.Hour+2*time.Minute)
		w.full()
		time.Sleep(time.Minute)
		w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Status = "cancelled" })
		w.crm.RemoveAppointment(b.ID)
		_ = w.cycle(sync.PollTexts)
		time.Sleep(time.Minute)
		_ = w.cycle(sync.PollTexts)
		w.wantTexts(ann.Phone)
		w.want("skipped|the appointment is cancelled\nskipped|the appointment was deleted", `SELECT decision, reason FROM v1_reminders WHERE decision <> 'planned' ORDER BY id`)
	})
}

func TestSkippedWithAReason(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		w.full()
		time.Sleep(20 * time.Hour)
		mute := w.person("Mute", "")
		w.crm.EditContact(mute.ID, func(c *ghltest.Contact) { c.Phone = "" })
		ann := w.person("Ann", "+12025550101")
		w.book(mute, 24*time.Hour+10*time.Minute)
		late := w.book(ann, 10*time.Hour) // booked after the first reminder was due
		w.runEvery(25*time.Hour, 15*time.Minute, 1)
		w.wantTexts(ann.Phone, late.Start.In(w.rules.Timezone).Format("3:04 PM"))
		w.want("day-before|skipped|the appointment was booked after this reminder was due\n"+
			"day-before|skipped|the contact has no phone number\n"+
			"hour-before|sent|\n"+
			"hour-before|skipped|the contact has no phone number", `SELECT rule, decision, reason FROM v1_reminders ORDER BY due_at, id`)
	})
}

// The daemon sleeps over the time a reminder is due.
func TestDowntimeOverADueReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, tt := range []struct {
		name  string
		down  time.Duration
		texts []string
		rows  string
	}{
		{"late", 3 * time.Hour, []string{"see you", "your appointment"}, "day-before|late\nhour-before|sent"},
		{"too late", 5 * time.Hour, []string{"your appointment"}, "day-before|skipped\nhour-before|sent"},
		{"begun", 27 * time.Hour, nil, "day-before|skipped\nhour-before|skipped"},
		{"for days", 9 * 24 * time.Hour, nil, "day-before|skipped\nhour-before|skipped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.book(ann, 26*time.Hour)
				w.run(2 * time.Minute)
				time.Sleep(tt.down)
				w.restart()
				w.runEvery(27*time.Hour, 5*time.Minute, 1)
				w.wantTexts(ann.Phone, tt.texts...)
				w.want(tt.rows, decisions)
			})
		})
	}
}

// A side is down when the reminder is due: it leaves late where that still makes sense, and not
// in the middle of the night.
func TestSideDownOverADueReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, side := range []string{"gateway", "crm"} {
		for _, tt := range []struct {
			name  string
			down  time.Duration
			texts []string
		}{
			{"late", time.Hour, []string{"see you", "your appointment"}},
			{"too late", 5 * time.Hour, []string{"your appointment"}},
		} {
			t.Run(side+" "+tt.name, func(t *testing.T) {
				oneOf(t, 3)
				t.Parallel()
				inWorld(t, options{}, func(w *world) {
					ann := w.person("Ann", "+12025550101")
					w.book(ann, 24*time.Hour+30*time.Minute)
					w.run(2 * time.Minute)
					w.crm.SetDown(side == "crm")
					w.gate.SetDown(side == "gateway")
					w.runEvery(30*time.Minute+tt.down, 2*time.Minute, 1)
					w.crm.SetDown(false)
					w.gate.SetDown(false)
					w.runEvery(24*time.Hour, 15*time.Minute, 1)
					w.wantTexts(ann.Phone, tt.texts...)
					w.want("2", `SELECT count(*) FROM reminders`)
				})
			})
		}
	}
}

// The night the clocks change, and a contact in another zone.
func TestTimesAreTheContactsOwn(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		time.Sleep(time.Until(time.Date(2000, 10, 28, 3, 0, 0, 0, time.UTC)))
		w.closeDB() // the mirror is made now, not in January
		w.live(w.dir + "/october.db")
		ann := w.person("Ann", "+12025550101")
		tom := w.crm.AddContact(ghltest.Contact{FirstName: "Tom", Phone: "+12025550102", Timezone: "America/Los_Angeles"})
		at := time.Date(2000, 10, 29, 14, 0, 0, 0, time.UTC) // 9:00 in New York, after the change
		for _, c := range []ghltest.Contact{ann, tom} {
			w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: c.ID, Start: at})
		}
		w.runEvery(36*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, "Sun, Oct 29 at 9:00 AM", "Sun, Oct 29 at 9:00 AM")
		w.wantTexts(tom.Phone, "Sun, Oct 29 at 6:00 AM", "Sun, Oct 29 at 6:00 AM")
		w.want("2000-10-28T14:00:00Z\n2000-10-28T14:00:00Z\n2000-10-29T13:00:00Z\n2000-10-29T13:00:00Z", `SELECT due_at FROM v1_reminders ORDER BY due_at, id`)
	})
}

// What people answer refers to the appointment they were reminded of.
func TestAnswerToAReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.person("Other", "+12025550102")
		soon := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(3 * time.Hour)})
		next := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(24*time.Hour + time.Minute)})
		w.run(3 * time.Minute)
		w.gate.Text(ann.Phone, "C")
		w.run(3 * time.Minute)
		a, _ := w.crm.Appointment(soon.ID)
		b, _ := w.crm.Appointment(next.ID)
		if a.Status != "new" || b.Status != "confirmed" {
			t.Errorf("%s, %s\n%s", a.Status, b.Status, w.dump())
		}
		w.gate.Text(ann.Phone, "X")
		w.run(3 * time.Minute)
		if b, _ = w.crm.Appointment(next.ID); b.Status != "cancelled" {
			t.Errorf("%s\n%s", b.Status, w.dump())
		}
		w.runEvery(25*time.Hour, 15*time.Minute, 1)
		w.checkQuiet()
	})
}

// A reminder held by a brake leaves when a person lets it, but not after the appointment began.
func TestHeldReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { r.Limits.TextsPerHour = 1 }}, func(w *world) {
		ann, bob, cat := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102"), w.person("Cat", "+12025550103")
		for _, c := range []ghltest.Contact{ann, bob, cat} {
			w.book(c, 24*time.Hour+time.Minute)
		}
		w.run(5 * time.Hour)
		w.wantTexts(ann.Phone, "see you")
		w.wantTexts(bob.Phone)
		w.update(func(tx *store.Tx) error { return tx.Release(w.ctx, 2) })
		w.run(time.Minute)
		w.wantTexts(bob.Phone, "see you")
		w.rules.Reminders = nil
		w.engine.Config.Reminders = nil
		w.runEvery(20*time.Hour, 10*time.Minute, 1)
		w.wantTexts(cat.Phone)
		w.want("dropped|it was too late: more than 1 texts in an hour (limits.texts_per_hour)", `SELECT state, reason FROM outbox WHERE id = 3`)
	})
}

// The gateway gives no clear answer: one row, shown as unknown.
func TestUnclearReminder(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+time.Minute)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.CutBefore, Times: 1})
		w.run(30 * time.Minute)
		w.wantTexts(ann.Phone)
		w.want("day-before|unknown", decisions)
	})
}
