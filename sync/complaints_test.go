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
	"ghlsms/sync"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

// What people complain of about the reminders of other systems, a story for each thread: here it cannot
// happen. What a thread was about stands before its colon, with the project and the number it has there.

type complaint struct {
	about string
	world options // empty: reminders a day and an hour before
	story func(w *world)
}

func TestComplaints(t *testing.T) {
	heavy(t)
	t.Parallel()
	known := map[string]bool{}
	for _, group := range [][]complaint{sameTwice, cancelledOrMoved, neverSent, wrongHour, tooLateOrNotAgain, theRest} {
		for _, c := range group {
			if known[c.about] || c.story == nil {
				t.Fatalf("%s is told twice, or not at all", c.about)
			}
			known[c.about] = true
			if c.world.rules == nil {
				c.world.rules = reminding(dayBefore, hourBefore).rules
			}
			t.Run(c.about, func(t *testing.T) {
				oneOf(t, 3)
				t.Parallel()
				inWorld(t, c.world, c.story)
			})
		}
	}
	if len(known) < 30 {
		t.Errorf("%d complaints", len(known))
	}
}

const annsNumber = "+12025550101"

// visit is Ann with an appointment.
func (w *world) visit(in time.Duration) (ghltest.Contact, ghltest.Appointment) {
	ann := w.person("Ann", annsNumber)
	return ann, w.book(ann, in)
}

func only(r remind.Rule) options { return reminding(r) }

// sending is every request that sends a text.
func sending(f smstest.Fault) smstest.Fault {
	f.Method, f.Path = "POST", "/sms/send"
	return f
}

// The same reminder many times.
var sameTwice = []complaint{
	{"medic/cht-core 10802: every poll of a week sent the same text, some 2,000 times", only(dayBefore), func(w *world) {
		w.gate.AddFault(sending(smstest.Fault{Kind: smstest.ErrorAfter})) // taken each time, and never said so
		w.visit(24*time.Hour + 2*time.Minute)
		w.until(time.Now().Add(25 * time.Hour))
		w.wantTexts(annsNumber, "See you")
		w.want("1", `SELECT attempts FROM outbox`)
	}},
	{"medic/cht-core 4110: a connection that comes and goes makes duplicates", options{}, func(w *world) {
		for skip := range 3 {
			w.gate.AddFault(smstest.Fault{Skip: skip, Times: 1, Kind: smstest.CutAfter})
			w.gate.AddFault(sending(smstest.Fault{Skip: skip, Times: 1, Kind: smstest.CutAfter}))
		}
		w.visit(24*time.Hour + 2*time.Minute)
		for i := range 26 * 12 { // away for five minutes in every ten
			w.gate.SetDown(i%2 == 0)
			w.until(time.Now().Add(5 * time.Minute))
		}
		w.wantTexts(annsNumber, "See you", "Soon")
	}},
	{"openemr 11477, 11484: every hour of the day, since another channel's mark was looked at", options{}, func(w *world) {
		w.visit(24*time.Hour + 2*time.Minute)
		w.runEvery(25*time.Hour, time.Hour, 1)
		w.run(time.Hour)
		w.wantTexts(annsNumber, "See you")
		w.want("day|late\nhour|skipped", `SELECT rule, decision FROM v1_reminders ORDER BY id`) // hourly is seldom, but never too often
	}},
	{"openemr 11480, 11588: a recurring appointment was never marked as reminded", only(dayBefore), func(w *world) {
		ann := w.person("Ann", annsNumber)
		for i := range 2 {
			start := time.Now().Add(25*time.Hour + time.Duration(i)*24*time.Hour)
			w.crm.AddAppointment(ghltest.Appointment{ID: fmt.Sprintf("visit_%d_3600", start.Unix()), CalendarID: w.calendar, ContactID: ann.ID, Start: start})
		}
		for range 50 {
			w.runEvery(time.Hour, 20*time.Minute, 1)
			w.restart()
		}
		w.wantTexts(annsNumber, "Jan 1 at 8:00 PM", "Jan 2 at 8:00 PM")
	}},
	{"ottehr 3980: three runs of the job sent three texts", only(remind.Rule{Name: "soon", Before: 90 * time.Minute, Text: says("Soon: {{.Time}}.")}), func(w *world) {
		w.visit(3 * time.Hour)
		w.full()
		time.Sleep(90 * time.Minute)
		for range 3 { // in the same minute
			w.full()
			w.restart()
		}
		w.wantTexts(annsNumber, "Soon: 10:00 PM.")
	}},
	{"scoutplan 237: at midnight, and at the right time once more, with the time in UTC",
		only(remind.Rule{Name: "morning", At: clockAt(7, 0), Text: says("Today at {{.Time}}.")}), func(w *world) {
			w.visit(23 * time.Hour) // 6 in the evening
			w.until(time.Now().Add(24 * time.Hour))
			w.wantTexts(annsNumber, "Today at 6:00 PM.")
			w.want("2000-01-01T12:00:00Z", `SELECT sent_at FROM v1_reminders`)
		}},
	{"notifications-api 802: the provider took it and timed out, and it was tried again", only(dayBefore), func(w *world) {
		w.gate.AddFault(sending(smstest.Fault{Kind: smstest.Slow, Delay: 2 * time.Minute, Times: 1}))
		w.visit(24*time.Hour + 2*time.Minute)
		w.run(2 * time.Hour)
		w.wantTexts(annsNumber, "See you")
		w.want("sent", `SELECT decision FROM v1_reminders`)
	}},
	{"notifications-api 474, 747: a restart put what was to be retried into the queue twice", only(dayBefore), func(w *world) {
		w.gate.AddFault(sending(smstest.Fault{Kind: smstest.RateLimited, RetryAfter: time.Minute, Times: 5}))
		w.visit(24*time.Hour + 2*time.Minute)
		for range 20 {
			w.run(time.Minute)
			w.restart()
		}
		w.wantTexts(annsNumber, "See you")
	}},
}

// Sent for what was cancelled or moved.
var cancelledOrMoved = []complaint{
	{"calcom 6905: who asked for another time was reminded of the old one", options{}, func(w *world) {
		_, a := w.visit(24*time.Hour + 10*time.Minute)
		w.full()
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Path: "/calendars/events/appointments/", Times: -1}) // the CRM has not agreed yet
		w.edit(store.Appointment, a.ID, store.Fields{store.Start: a.Start.Add(48 * time.Hour).UTC().Format(store.TimeForm)})
		w.run(40 * time.Minute)
		w.wantTexts(annsNumber)
		w.crm.ClearFaults()
		w.run(time.Hour)
		if now, _ := w.crm.Appointment(a.ID); !now.Start.Equal(a.Start.Add(48 * time.Hour)) {
			w.t.Fatalf("not moved: %+v\n%s", now, w.dump())
		}
		w.until(a.Start.Add(50 * time.Hour))
		w.wantTexts(annsNumber, "Jan 3 at 7:10 PM", "Jan 3 at 7:10 PM")
	}},
	{"calcom 6973, 7225: a cancelled booking was reminded of", options{}, func(w *world) {
		_, a := w.visit(26 * time.Hour)
		w.full()
		w.crm.EditAppointment(a.ID, status("cancelled"))
		w.until(time.Now().Add(27 * time.Hour))
		w.wantTexts(annsNumber)
		w.want("day|skipped|the appointment is cancelled\nhour|skipped|the appointment is cancelled", `SELECT rule, decision, reason FROM v1_reminders ORDER BY due_at`)
	}},
	{"calcom 7232: after a hundred cancellations no more were heeded", options{rules: func(r *plan.Config) {
		noBrakes(r)
		r.Reminders = []remind.Rule{dayBefore}
	}}, func(w *world) {
		var visits []ghltest.Appointment
		for i := range 130 {
			visits = append(visits, w.book(w.person("Ann", fmt.Sprintf("+1202555%04d", 1000+i)), 24*time.Hour+10*time.Minute))
		}
		w.full()
		for i := range visits[1:] {
			w.crm.EditAppointment(visits[i+1].ID, status("cancelled"))
		}
		w.until(time.Now().Add(3 * time.Hour))
		if sent := w.gate.Sent(); len(sent) != 1 || sent[0].To != "+12025551000" {
			w.t.Errorf("%d texts", len(sent))
		}
		w.want("sent|1\nskipped|129", `SELECT decision, count(*) FROM v1_reminders GROUP BY decision`)
	}},
	{"calcom 19594: the text had the time before the move", options{}, func(w *world) {
		_, a := w.visit(27 * time.Hour)
		w.full()
		w.crm.EditAppointment(a.ID, shift(-30*time.Minute))
		w.until(time.Now().Add(28 * time.Hour))
		w.wantTexts(annsNumber, "Jan 1 at 9:30 PM", "Jan 1 at 9:30 PM")
	}},
	{"calcom 12407: both the old and the new time of a moved booking were reminded of", options{}, func(w *world) {
		_, a := w.visit(30 * time.Hour)
		w.full()
		w.crm.EditAppointment(a.ID, shift(12*time.Hour)) // from 1 in the morning to 1 in the afternoon
		w.until(time.Now().Add(43 * time.Hour))
		w.wantTexts(annsNumber, "Jan 2 at 1:00 PM", "Jan 2 at 1:00 PM")
	}},
	{"Cal-ID 790: an edited rule withdrew what was planned and planned nothing anew", only(dayBefore), func(w *world) {
		w.visit(30 * time.Hour)
		w.full()
		w.want("2000-01-01T06:00:00Z|planned", `SELECT due_at, decision FROM v1_reminders`)
		r := dayBefore
		r.Before, r.Text = 20*time.Hour, says("Do come {{.When}}.")
		w.rules.Reminders = []remind.Rule{r}
		w.restart()
		w.full()
		w.want("2000-01-01T10:00:00Z|planned", `SELECT due_at, decision FROM v1_reminders`)
		w.until(time.Now().Add(31 * time.Hour))
		w.wantTexts(annsNumber, "Do come")
		w.want("2000-01-01T10:00:00Z", `SELECT sent_at FROM v1_reminders`)
	}},
	{"Cal-ID 1442: a reminder of 72 hours before was sent for what was booked a day before",
		reminding(remind.Rule{Name: "three days", Before: 72 * time.Hour, Text: says("In three days: {{.When}}.")}, hourBefore), func(w *world) {
			w.full()
			time.Sleep(3 * 24 * time.Hour)
			w.visit(24 * time.Hour)
			w.until(time.Now().Add(25 * time.Hour))
			w.wantTexts(annsNumber, "Soon")
			w.want("skipped|booked-late", `SELECT decision, code FROM v1_reminders WHERE rule = 'three days'`)
		}},
	{"HighLevel, double texts: who was moved within a workflow went through it twice", options{}, func(w *world) {
		_, a := w.visit(26 * time.Hour)
		w.full()
		for range 4 { // to and fro on the phone
			w.crm.EditAppointment(a.ID, shift(time.Hour))
			w.full()
			w.crm.EditAppointment(a.ID, shift(-time.Hour))
			w.full()
		}
		w.until(time.Now().Add(27 * time.Hour))
		w.wantTexts(annsNumber, "See you", "Soon")
	}},
}

// Never sent, and nobody noticed.
var neverSent = []complaint{
	{"calcom 17928: the first text left, and no later one", reminding(
		remind.Rule{Name: "two days", Before: 48 * time.Hour, Text: says("two")}, dayBefore, hourBefore,
		remind.Rule{Name: "thanks", After: time.Hour, Text: says("thanks")}), func(w *world) {
		w.visit(49 * time.Hour)
		w.until(time.Now().Add(52 * time.Hour))
		w.wantTexts(annsNumber, "two", "See you", "Soon", "thanks")
	}},
	{"calcom 28811, 28833: what was planned was never carried out, and nobody was told", only(dayBefore), func(w *world) {
		crm := &late{}
		w.crmAs = func(c *ghl.Client) sync.CRM { crm.Client = c; return crm }
		w.restart()
		w.visit(25 * time.Hour)
		w.full()
		overdue := func(want int) {
			w.t.Helper()
			w.view(func(tx *store.Tx) error {
				n, oldest, err := tx.OverdueReminders(w.ctx, time.Now().Add(-10*time.Minute))
				if n != want || n > 0 && !oldest.Equal(time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)) {
					w.t.Errorf("%d overdue since %s, want %d\n%s", n, oldest, want, w.dump())
				}
				return err
			})
		}
		w.run(time.Hour)
		overdue(0)
		crm.off = 3 * time.Hour // nothing is decided by a clock that is wrong
		w.run(20 * time.Minute)
		overdue(1)
		crm.off = 0
		w.run(10 * time.Minute)
		overdue(0)
		w.wantTexts(annsNumber, "See you")
	}},
	{"openemr 11907, 11913: a run that was missed was never made up for", options{}, func(w *world) {
		_, a := w.visit(25 * time.Hour)
		bob := w.person("Bob", "+12025550102")
		b := w.book(bob, 2*time.Hour)
		w.full()
		time.Sleep(time.Until(b.Start) + 30*time.Minute) // Bob's has begun, and Ann's is due since one and a half hours
		w.restart()
		w.run(10 * time.Minute)
		w.wantTexts(annsNumber, "See you")
		w.wantTexts(bob.Phone)
		w.want("late", `SELECT decision FROM v1_reminders WHERE rule = 'day' AND starts = ?`, a.Start.UTC().Format(store.TimeForm))
		w.want("skipped|begun", `SELECT decision, code FROM v1_reminders WHERE rule = 'hour' AND starts = ?`, b.Start.UTC().Format(store.TimeForm))
	}},
	{"openemr 9064: reported as sent although sending was not set up", only(dayBefore), func(w *world) {
		w.gate.SetKey("another key")
		w.visit(24*time.Hour + 2*time.Minute)
		w.run(30 * time.Minute)
		w.wantTexts(annsNumber)
		w.want("queued|", `SELECT decision, sent_at FROM v1_reminders`)
		if why := w.one(`SELECT reason FROM v1_reminders`); !strings.Contains(why, "401") {
			w.t.Errorf("the ledger says %q", why)
		}
		w.gate.SetKey(smstest.DefaultKey)
		w.run(30 * time.Minute)
		w.wantTexts(annsNumber, "See you")
		w.want("late", `SELECT decision FROM v1_reminders`)
	}},
	{"openemr 9033: the run was a success, nothing arrived, and nothing said why", only(dayBefore), func(w *world) {
		w.gate.Fail(annsNumber, "FAILED")
		w.visit(24*time.Hour + 2*time.Minute)
		w.run(30 * time.Minute)
		w.want("sent|failed|Absent Subscriber", `SELECT r.decision, r.delivery, t.detail FROM v1_reminders r JOIN outbox o ON o.key = r.outbox_key JOIN texts t ON t.outbox_id = o.id`)
	}},
	{"invoiceninja 2183: on the day itself or not at all", only(remind.Rule{Name: "week", Before: 7 * 24 * time.Hour, Late: 3 * 24 * time.Hour, Text: says("In a week: {{.When}}.")}), func(w *world) {
		w.visit(8 * 24 * time.Hour)
		w.full()
		time.Sleep(50 * time.Hour)
		w.restart()
		w.run(5 * time.Minute)
		w.wantTexts(annsNumber, "In a week")
		w.want("late", `SELECT decision FROM v1_reminders`)
	}},
	{"invoiceninja 11854: once a time was missed there was never another", options{}, func(w *world) {
		ann, a := w.visit(26 * time.Hour)
		w.full()
		time.Sleep(20 * time.Hour) // over the first
		w.restart()
		next := w.book(ann, 72*time.Hour)
		w.until(next.Start)
		w.wantTexts(annsNumber, "Soon: Sat, Jan 1", "See you Tue, Jan 4", "Soon: Tue, Jan 4")
		w.want("skipped|late", `SELECT decision, code FROM v1_reminders WHERE rule = 'day' AND starts = ?`, a.Start.UTC().Format(store.TimeForm))
	}},
	{"accupoint: what was dragged to another day on the calendar had no reminder there", options{}, func(w *world) {
		_, a := w.visit(30 * time.Hour)
		w.full()
		w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { // no word of it anywhere else
			updated := a.DateUpdated
			shift(3 * 24 * time.Hour)(a)
			a.DateUpdated = updated
		})
		w.until(a.Start.Add(3*24*time.Hour + time.Hour))
		w.wantTexts(annsNumber, "See you Wed, Jan 5 at 1:00 AM", "Soon: Wed, Jan 5 at 1:00 AM")
	}},
	{"calcom 7739: ten minutes before, for what was booked less than an hour ahead, never came",
		only(remind.Rule{Name: "ten", Before: 10 * time.Minute, Text: says("In ten minutes.")}), func(w *world) {
			w.full()
			w.visit(25 * time.Minute)
			w.run(30 * time.Minute)
			w.wantTexts(annsNumber, "In ten minutes")
			w.want("2000-01-01T00:15:00Z", `SELECT sent_at FROM v1_reminders`)
		}},
}

// In the wrong zone, or an hour off.
var wrongHour = []complaint{
	{"calcom 9059: the date was that of UTC", only(dayBefore), func(w *world) {
		la := w.crm.AddContact(ghltest.Contact{FirstName: "Lou", Phone: annsNumber, Timezone: "America/Los_Angeles"})
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: la.ID, Start: time.Date(2000, 1, 3, 2, 0, 0, 0, time.UTC)})
		w.until(time.Date(2000, 1, 3, 0, 0, 0, 0, time.UTC))
		w.wantTexts(annsNumber, "See you Sun, Jan 2 at 6:00 PM PST.")
	}},
	{"calcom 3376: everybody was told the organizer's time", only(dayBefore), func(w *world) {
		at := time.Now().Add(25 * time.Hour)
		for i, zone := range []string{"Europe/Berlin", "Asia/Kolkata", ""} {
			c := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: fmt.Sprintf("+1202555010%d", i), Timezone: zone})
			w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: c.ID, Start: at})
		}
		w.run(2 * time.Hour)
		w.wantTexts("+12025550100", "Sun, Jan 2 at 2:00 AM")
		w.wantTexts("+12025550101", "Sun, Jan 2 at 6:30 AM")
		w.wantTexts("+12025550102", "Sat, Jan 1 at 8:00 PM")
	}},
	{"calcom 1092, 4702: what was booked for after the clock changed came out an hour early", only(dayBefore), func(w *world) {
		w.begin(time.Date(2000, 10, 20, 12, 0, 0, 0, time.UTC))
		ann := w.person("Ann", annsNumber)
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: time.Date(2000, 10, 31, 15, 0, 0, 0, time.UTC)}) // 10 EST
		w.full()
		time.Sleep(time.Until(time.Date(2000, 10, 30, 14, 50, 0, 0, time.UTC)))
		w.run(20 * time.Minute)
		w.wantTexts(annsNumber, "Tue, Oct 31 at 10:00 AM")
		w.want("2000-10-30T15:00:00Z", `SELECT sent_at FROM v1_reminders`)
	}},
	{"easyappointments 962, 1314, 910: a summer's day in the south was told an hour off", only(dayBefore), func(w *world) {
		c := w.crm.AddContact(ghltest.Contact{FirstName: "Mel", Phone: annsNumber, Timezone: "Australia/Melbourne"})
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: c.ID, Start: time.Date(2000, 1, 2, 3, 30, 0, 0, time.UTC)})
		w.until(time.Now().Add(4 * time.Hour))
		w.wantTexts(annsNumber, "Sun, Jan 2 at 2:30 PM AEDT.")
	}},
	{"SuiteCRM 822: a quarter of an hour before came an hour late anywhere but in UTC",
		only(remind.Rule{Name: "soon", Before: 15 * time.Minute, Text: says("At {{.Time}}.")}), func(w *world) {
			c := w.crm.AddContact(ghltest.Contact{FirstName: "Wanda", Phone: "+48601234567", Timezone: "Europe/Warsaw"})
			w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: c.ID, Start: time.Date(2000, 1, 1, 9, 0, 0, 0, time.UTC)})
			w.until(time.Date(2000, 1, 1, 10, 0, 0, 0, time.UTC))
			w.wantTexts("+48601234567", "At 10:00 AM CET.")
			w.want("2000-01-01T08:45:00Z", `SELECT sent_at FROM v1_reminders`)
		}},
	{"odoo 100733, 38400: in the zone of the robot that sent it, and before that in UTC", options{
		crm: ghltest.Options{Timezone: "Europe/Brussels"},
		rules: func(r *plan.Config) {
			r.Timezone = time.UTC // of the machine
			r.Reminders = []remind.Rule{dayBefore}
		},
	}, func(w *world) {
		c := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+18005550101"})
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: c.ID, Start: time.Now().Add(25 * time.Hour)})
		w.run(2 * time.Hour)
		w.wantTexts("+18005550101", "Sun, Jan 2 at 2:00 AM.")
		w.want("Europe/Brussels|location", `SELECT zone, zone_from FROM v1_reminders`)
	}},
	{"pulse-sms 1056: on the day the clock changes a text for 9 was sent at 10",
		only(remind.Rule{Name: "nine", At: clockAt(9, 0), Text: says("Today at {{.Time}}.")}), func(w *world) {
			w.begin(time.Date(2000, 4, 2, 12, 0, 0, 0, time.UTC)) // 8 in the morning, six hours after the change
			ann := w.person("Ann", annsNumber)
			w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: time.Date(2000, 4, 2, 20, 0, 0, 0, time.UTC)})
			w.until(time.Date(2000, 4, 2, 15, 0, 0, 0, time.UTC))
			w.wantTexts(annsNumber, "Today at 4:00 PM.")
			w.want("2000-04-02T13:00:00Z", `SELECT sent_at FROM v1_reminders`)
		}},
	{"signal-android 13493: eight o'clock tomorrow was an hour off over the change",
		only(remind.Rule{Name: "eight", At: clockAt(8, 0), Text: says("Today at {{.Time}}.")}), func(w *world) {
			w.begin(time.Date(2000, 3, 31, 12, 0, 0, 0, time.UTC))
			ann := w.person("Ann", annsNumber)
			for _, day := range []time.Time{time.Date(2000, 4, 2, 20, 0, 0, 0, time.UTC), time.Date(2000, 10, 29, 20, 0, 0, 0, time.UTC)} {
				time.Sleep(time.Until(day.Add(-30 * time.Hour))) // planned the day before
				w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: day})
				w.until(day)
			}
			w.want("2000-04-02T12:00:00Z\n2000-10-29T13:00:00Z", `SELECT sent_at FROM v1_reminders ORDER BY id`)
		}},
	{"rapidpro 1074: one time of day for people in many zones",
		only(remind.Rule{Name: "nine", At: clockAt(9, 0), DaysBefore: 1, Text: says("Tomorrow at {{.Time}}.")}), func(w *world) {
			for i, zone := range []string{"Africa/Kigali", "America/Guayaquil"} {
				c := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: fmt.Sprintf("+1202555010%d", i), Timezone: zone})
				w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: c.ID, Start: time.Date(2000, 1, 3, 15, 0, 0, 0, time.UTC)})
			}
			w.until(time.Date(2000, 1, 2, 15, 0, 0, 0, time.UTC))
			w.wantTexts("+12025550100", "Tomorrow at 5:00 PM CAT.")
			w.wantTexts("+12025550101", "Tomorrow at 10:00 AM.")
			w.want("2000-01-02T07:00:00Z|Africa/Kigali\n2000-01-02T14:00:00Z|America/Guayaquil", `SELECT sent_at, zone FROM v1_reminders ORDER BY sent_at`)
		}},
}

// Very late, or not again.
var tooLateOrNotAgain = []complaint{
	{"medic/cht-core 3180: a gateway that came back after days sent all that was old", options{}, func(w *world) {
		ann, _ := w.visit(25 * time.Hour)
		w.book(ann, 80*time.Hour)
		w.full()
		w.gate.SetDown(true)
		w.runEvery(5*24*time.Hour, 15*time.Minute, 1)
		last := w.book(ann, 24*time.Hour)
		w.gate.SetDown(false)
		w.until(last.Start)
		w.wantTexts(annsNumber, "See you Thu, Jan 6", "Soon: Thu, Jan 6")
		w.want("4", `SELECT count(*) FROM v1_reminders WHERE decision = 'skipped' AND reason GLOB 'it was too late*'`)
	}},
	{"apollo 47, Celeo: what was moved after its reminder had none for the new time", options{}, func(w *world) {
		_, a := w.visit(24*time.Hour + 2*time.Minute)
		w.run(10 * time.Minute)
		w.crm.EditAppointment(a.ID, shift(3*24*time.Hour))
		w.until(a.Start.Add(3*24*time.Hour + time.Hour))
		w.wantTexts(annsNumber, "See you Sat, Jan 1", "See you Tue, Jan 4", "Soon: Tue, Jan 4")
	}},
	{"Calendly: a new reminder did not reach what was booked before", only(dayBefore), func(w *world) {
		w.visit(30 * time.Hour)
		w.full()
		w.rules.Reminders = []remind.Rule{dayBefore, hourBefore}
		w.restart()
		w.until(time.Now().Add(31 * time.Hour))
		w.wantTexts(annsNumber, "See you", "Soon")
	}},
}

// Opt-outs, cost, templates, batches and marks.
var theRest = []complaint{
	{"Rock 7049: the confirmation of STOP was kept back by the STOP", options{}, func(w *world) {
		w.visit(25 * time.Hour)
		w.full()
		w.gate.Text(annsNumber, "STOP")
		w.until(time.Now().Add(26 * time.Hour))
		w.wantTexts(annsNumber, "You are opted out")
		w.want("skipped|opted-out\nskipped|opted-out", `SELECT decision, code FROM v1_reminders`)
	}},
	{"Rock 6505: typographic quotes doubled the cost", only(remind.Rule{Name: "day", Before: 24 * time.Hour,
		Text: says("Hi {{.Contact.FirstName}} – it’s “Bright Smile”… we’ll see you {{.When}}. Please bring your insurance card, and do call if you can’t come.")}), func(w *world) {
		w.visit(24*time.Hour + time.Minute)
		w.run(5 * time.Minute)
		w.wantTexts(annsNumber, `Hi Ann - it's "Bright Smile"... we'll see you`)
		w.want("1", `SELECT parts FROM v1_reminders`)
	}},
	{"Altinn 2935, postmangovsg 1362, jethro 1460: the parts of a text were counted wrong", options{rules: func(r *plan.Config) {
		r.Reminders = nil
		for _, text := range []string{
			strings.Repeat("a", 160), strings.Repeat("a", 161), strings.Repeat("æ&", 80), // not as long as in an address
			strings.Repeat("a", 158) + "€", strings.Repeat("a", 159) + "€", // counts twice
			strings.Repeat("会", 70), strings.Repeat("会", 71), strings.Repeat("会", 134), strings.Repeat("会", 135),
			strings.Repeat("a", 306), strings.Repeat("a", 307),
		} {
			r.Reminders = append(r.Reminders, remind.Rule{Name: fmt.Sprintf("%02d", len(r.Reminders)), Before: 24 * time.Hour, Text: says(text)})
		}
		r.Limits.TextsPerPersonPerDay = 0
	}}, func(w *world) {
		w.visit(24*time.Hour + time.Minute)
		w.run(5 * time.Minute)
		w.want("1 2 1 1 2 1 2 2 3 2 3", `SELECT group_concat(parts, ' ') FROM (SELECT parts FROM v1_reminders ORDER BY rule)`)
	}},
	{"calcom 9859: a raw variable was sent", options{}, func(w *world) {
		for _, text := range []string{
			"At {{.Timezone}}", "At {{.Appointment.Zone}}", "At {{.When", "At {{When}}", "At {{.Contact.Fields.nickname}}",
			"Hi {{.Contact.FirstName}} {{.Contact.LastName}}, {{.When}}", "{{.Appointment.Title}} {{.When}}",
		} {
			if _, err := wording.ParseReminder("test", text); err == nil {
				w.t.Errorf("%s is accepted", text)
			}
		}
		ann := w.crm.AddContact(ghltest.Contact{Phone: annsNumber}) // nothing is known of them
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: time.Now().Add(24*time.Hour + time.Minute)})
		r := dayBefore
		r.Text = says("Hi {{.Contact.FirstName}}{{with .Contact.LastName}} {{.}}{{end}}, {{or .Appointment.Title \"see you\"}} {{.When}}")
		w.rules.Reminders = []remind.Rule{r}
		w.restart()
		w.run(5 * time.Minute)
		got := strings.Join(w.got(annsNumber), "\n")
		if !strings.HasPrefix(got, "Hi there, see you ") || strings.ContainsAny(got, "{}<") {
			w.t.Errorf("%q", got)
		}
	}},
	{"Bahmni: the first patient without a number ended the whole batch", only(dayBefore), func(w *world) {
		mute := w.crm.AddContact(ghltest.Contact{FirstName: "Mute", Email: "mute@example.com"})
		w.book(mute, 24*time.Hour+time.Minute)
		w.visit(24*time.Hour + time.Minute)
		w.book(w.crm.AddContact(ghltest.Contact{FirstName: "Odd", Phone: "front desk"}), 24*time.Hour+time.Minute)
		w.book(w.person("Bob", "+12025550102"), 24*time.Hour+time.Minute)
		w.run(5 * time.Minute)
		w.wantTexts(annsNumber, "See you")
		w.wantTexts("+12025550102", "See you")
		w.want("number|2", `SELECT code, count(*) FROM v1_reminders WHERE decision = 'skipped' GROUP BY code`)
	}},
	{"openemr 12307: the run fell over where nothing was due, or one row was odd", only(remind.Rule{Name: "day", Before: 24 * time.Hour,
		Text: says("{{if .Contact.LastName}}See you {{.When}}.{{end}}")}), func(w *world) {
		w.full()
		w.restart()
		w.full() // nothing at all
		odd := w.crm.AddContact(ghltest.Contact{FirstName: "Odd", Phone: "+12025550109"})
		w.book(odd, 24*time.Hour+time.Minute) // gives no text
		w.book(w.person("Bob", "+12025550108"), 24*time.Hour+time.Minute)
		w.crm.AddFault(ghltest.Fault{Method: "GET", Path: "/contacts/*", Times: 1, Status: 500})
		w.visit(24*time.Hour + time.Minute)
		w.run(10 * time.Minute)
		w.wantTexts(annsNumber, "See you")
		w.wantTexts("+12025550108", "See you")
		w.wantTexts("+12025550109")
		w.want("skipped|text", `SELECT decision, code FROM v1_reminders WHERE decision <> 'sent'`)
	}},
	{"openemr 11479, 11589: the status of the appointment was overwritten to remember the reminder", options{}, func(w *world) {
		ann := w.person("Ann", annsNumber)
		a := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(24*time.Hour + time.Minute)})
		w.run(5 * time.Minute)
		w.wantTexts(annsNumber, "See you")
		if n := w.effects(""); len(n) != 0 {
			w.t.Errorf("the CRM was written to: %q", n)
		}
		for _, s := range []string{"confirmed", "new", "confirmed"} { // nor is it what tells that somebody was reminded
			w.crm.EditAppointment(a.ID, status(s))
			w.run(5 * time.Minute)
			if now, _ := w.crm.Appointment(a.ID); now.Status != s {
				w.t.Errorf("%s, want %s", now.Status, s)
			}
		}
		w.wantTexts(annsNumber, "See you")
	}},
}
