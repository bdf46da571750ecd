package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

// Promise 7, in full: the ledger has one row for each appointment, start, rule and version, with what was
// decided and why, and no text leaves that is not in it.

const ledgerRows = `SELECT rule, starts, version, decision, code FROM v1_reminders ORDER BY id`

// reminding is a world with these reminders in the place of the default ones.
func reminding(reminders ...remind.Rule) options {
	return options{rules: func(r *plan.Config) { r.Reminders = reminders }}
}

// says is what a reminder says.
func says(text string) *wording.Wording {
	w, err := wording.ParseReminder("test", text)
	if err != nil {
		panic(err)
	}
	return w
}

func clockAt(hour, minute int) *hours.Clock {
	c := hours.Clock(hour*60 + minute)
	return &c
}

// hoursOf are texting hours for everybody.
func hoursOf(s string) *hours.Texting {
	week, err := hours.Parse(s)
	if err != nil {
		panic(err)
	}
	return &hours.Texting{Default: week}
}

// begin has the mirror made at another time than in January.
func (w *world) begin(at time.Time) {
	w.t.Helper()
	time.Sleep(time.Until(at))
	w.closeDB()
	w.live(w.dir + "/begun.db")
	w.nextSweep = nextNight(time.Now())
}

// until lets time pass with a cycle every five minutes, or ten where that takes days.
func (w *world) until(at time.Time) {
	step := 5 * time.Minute
	if time.Until(at) > 24*time.Hour {
		step = 10 * time.Minute
	}
	w.runEvery(time.Until(at), step, 1)
}

func shift(d time.Duration) func(*ghltest.Appointment) {
	return func(a *ghltest.Appointment) { a.Start, a.End = a.Start.Add(d), a.End.Add(d) }
}

func status(s string) func(*ghltest.Appointment) {
	return func(a *ghltest.Appointment) { a.Status = s }
}

var (
	dayBefore  = remind.Rule{Name: "day", Before: 24 * time.Hour, Text: says("See you {{.When}}.")}
	hourBefore = remind.Rule{Name: "hour", Before: time.Hour, Text: says("Soon: {{.When}}.")}
)

// A reminder at a time of day is so by the recipient's clock, also in the nights in which that jumps.
func TestRemindersByTheClock(t *testing.T) {
	heavy(t)
	t.Parallel()
	night := remind.Rule{Name: "night", At: clockAt(2, 30), Text: says("See you {{.When}}.")}
	eve := remind.Rule{Name: "eve", At: clockAt(18, 0), DaysBefore: 1, Text: says("See you {{.When}}.")}
	for _, tt := range []struct {
		name              string
		rule              remind.Rule
		zone              string // of the contact
		starts            time.Time
		due, from, reason string
	}{
		{"2:30 that is skipped in Berlin", night, "Europe/Berlin", time.Date(2000, 3, 26, 8, 0, 0, 0, time.UTC), "2000-03-26T01:30:00Z", "contact", "Mar 26 at 10:00 AM"},
		{"2:30 that comes twice in Berlin", night, "Europe/Berlin", time.Date(2000, 10, 29, 9, 0, 0, 0, time.UTC), "2000-10-29T00:30:00Z", "contact", "Oct 29 at 10:00 AM"},
		{"2:30 that is skipped in New York", night, "", time.Date(2000, 4, 2, 14, 0, 0, 0, time.UTC), "2000-04-02T07:30:00Z", "location", "Apr 2 at 10:00 AM"},
		{"the evening before the clock goes back", eve, "", time.Date(2000, 10, 29, 15, 0, 0, 0, time.UTC), "2000-10-28T22:00:00Z", "location", "Oct 29 at 10:00 AM"},
		{"the evening before the clock goes on", eve, "", time.Date(2000, 4, 2, 14, 0, 0, 0, time.UTC), "2000-04-01T23:00:00Z", "location", "Apr 2 at 10:00 AM"},
		{"an evening that is another day in Tokyo", eve, "Asia/Tokyo", time.Date(2000, 6, 2, 2, 30, 0, 0, time.UTC), "2000-06-01T09:00:00Z", "contact", "Jun 2 at 11:30 AM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(tt.rule), func(w *world) {
				w.begin(tt.starts.Add(-30 * time.Hour))
				ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: "+12025550101", Timezone: tt.zone})
				w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: tt.starts})
				w.until(tt.starts.Add(time.Hour))
				w.wantTexts(ann.Phone, tt.reason)
				zone := tt.zone
				if zone == "" {
					zone = "America/New_York"
				}
				w.want(strings.Join([]string{tt.due, tt.due, tt.due, "sent", zone, tt.from}, "|"),
					`SELECT due_at, leaves_at, sent_at, decision, zone, zone_from FROM v1_reminders`)
			})
		})
	}
}

// Before and after an appointment: what comes after is for those that came.
func TestReminderAfterTheAppointment(t *testing.T) {
	heavy(t)
	t.Parallel()
	thanks := remind.Rule{Name: "thanks", After: 2 * time.Hour, Text: says("Thanks for coming, {{.Contact.FirstName}}.")}
	missed := remind.Rule{Name: "missed", After: time.Hour, If: condition.Condition{Status: []string{"noshow"}}, Text: says("We missed you, {{.Contact.FirstName}}.")}
	inWorld(t, reminding(hourBefore, thanks, missed), func(w *world) {
		ann, bob, cat := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102"), w.person("Cat", "+12025550103")
		came, not, off := w.book(ann, 2*time.Hour), w.book(bob, 2*time.Hour), w.book(cat, 2*time.Hour)
		w.until(time.Now().Add(90 * time.Minute))
		w.crm.EditAppointment(off.ID, status("cancelled"))
		w.until(time.Now().Add(40 * time.Minute))
		w.crm.EditAppointment(came.ID, status("showed"))
		w.crm.EditAppointment(not.ID, status("noshow"))
		w.until(time.Now().Add(20 * time.Hour))
		w.wantTexts(ann.Phone, "Soon", "Thanks for coming, Ann")
		w.wantTexts(bob.Phone, "Soon", "We missed you, Bob")
		w.wantTexts(cat.Phone, "Soon")
		w.want("2000-01-01T04:00:00Z\n2000-01-01T03:00:00Z", `SELECT sent_at FROM v1_reminders WHERE rule <> 'hour' AND decision = 'sent' ORDER BY contact_id`)
		w.want("thanks|the appointment is noshow\nthanks|the appointment is cancelled", `SELECT rule, reason FROM v1_reminders WHERE rule = 'thanks' AND decision = 'skipped' ORDER BY contact_id`)
	})
}

// Several reminders of an appointment were due while the daemon was down.
func TestMissedReminders(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, tt := range []struct {
		missed string
		late   time.Duration
		texts  []string
		rows   string
	}{
		{remind.MissedLatest, 24 * time.Hour, []string{"one"}, "four|skipped|superseded\ntwo|skipped|superseded\none|late|"},
		{"", 24 * time.Hour, []string{"one"}, "four|skipped|superseded\ntwo|skipped|superseded\none|late|"}, // who says nothing wants that
		{remind.MissedLatest, time.Hour, []string{"one"}, "four|skipped|late\ntwo|skipped|late\none|late|"},
		{remind.MissedEach, 24 * time.Hour, []string{"four", "two", "one"}, "four|late|\ntwo|late|\none|late|"},
		{remind.MissedEach, 0, []string{"one"}, "four|skipped|late\ntwo|skipped|late\none|late|"},
		{remind.MissedSkip, 24 * time.Hour, nil, "four|skipped|late\ntwo|skipped|late\none|skipped|late"},
	} {
		t.Run(fmt.Sprintf("%s %s", tt.missed, tt.late), func(t *testing.T) {
			t.Parallel()
			var rules []remind.Rule
			for _, r := range []struct {
				name   string
				before time.Duration
			}{{"four", 4 * time.Hour}, {"two", 2 * time.Hour}, {"one", time.Hour}} {
				rules = append(rules, remind.Rule{Name: r.name, Before: r.before, Missed: tt.missed, Late: tt.late, Text: says(r.name + " {{.Time}}")})
			}
			inWorld(t, reminding(rules...), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.book(ann, 5*time.Hour)
				w.full()
				w.want("planned\nplanned\nplanned", `SELECT decision FROM v1_reminders`)
				time.Sleep(4*time.Hour + 20*time.Minute)
				w.restart()
				w.until(time.Now().Add(2 * time.Hour))
				w.wantTexts(ann.Phone, tt.texts...)
				w.want(tt.rows, `SELECT rule, decision, code FROM v1_reminders ORDER BY due_at`)
			})
		})
	}
}

// What is due in the night leaves in the evening or in the morning, and never after the start.
func TestRemindersInQuietHours(t *testing.T) {
	heavy(t)
	t.Parallel()
	local := func(day, hour, minute int) time.Time { return time.Date(2000, 1, day, hour+5, minute, 0, 0, time.UTC) }
	for _, tt := range []struct {
		name   string
		quiet  hours.Policy
		before time.Duration
		starts time.Time
		rows   string
	}{
		{"later", hours.Later, time.Hour, local(2, 8, 30), "2000-01-02T12:30:00Z|2000-01-02T13:00:00Z|sent|2000-01-02T13:00:00Z|"},
		{"earlier", hours.Earlier, time.Hour, local(2, 8, 30), "2000-01-02T12:30:00Z|2000-01-02T01:45:00Z|sent|2000-01-02T01:45:00Z|"},
		{"nearest is the morning", hours.Nearest, time.Hour, local(2, 8, 30), "2000-01-02T12:30:00Z|2000-01-02T13:00:00Z|sent|2000-01-02T13:00:00Z|"},
		{"nearest is the evening", hours.Nearest, 9 * time.Hour, local(2, 8, 30), "2000-01-02T04:30:00Z|2000-01-02T01:45:00Z|sent|2000-01-02T01:45:00Z|"},
		{"the morning is too late", hours.Nearest, time.Hour, local(2, 7, 30), "2000-01-02T11:30:00Z|2000-01-02T01:45:00Z|sent|2000-01-02T01:45:00Z|"},
		{"never past the start", hours.Later, time.Hour, local(2, 7, 30), "2000-01-02T11:30:00Z|2000-01-02T11:30:00Z|skipped||quiet-hours"},
		{"never at the start", hours.Later, time.Hour, local(2, 8, 0), "2000-01-02T12:00:00Z|2000-01-02T12:00:00Z|skipped||quiet-hours"},
		{"ignore", hours.Ignore, time.Hour, local(2, 7, 30), "2000-01-02T11:30:00Z|2000-01-02T11:30:00Z|sent|2000-01-02T11:30:00Z|"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) {
				r.TextingHours = hoursOf("08:00-21:00")
				r.Reminders = []remind.Rule{{Name: "r", Before: tt.before, Quiet: tt.quiet, Text: says("See you {{.When}}.")}}
			}}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: tt.starts})
				w.full()
				time.Sleep(24 * time.Hour)
				w.until(tt.starts.Add(20 * time.Minute))
				w.want(tt.rows, `SELECT due_at, leaves_at, decision, sent_at, code FROM v1_reminders`)
				n := strings.Count(tt.rows, "sent")
				if got := len(w.got(ann.Phone)); got != n {
					t.Errorf("%d texts, want %d\n%s", got, n, w.dump())
				}
			})
		})
	}
}

// The gateway comes back in the night: what waited for it still minds the hours.
func TestReminderThatWaitedIntoTheNight(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, tt := range []struct {
		name  string
		quiet hours.Policy
		late  time.Duration
		texts []string
		rows  string
	}{
		{"too late in the morning", hours.Later, 0, nil, "skipped|people may not be texted at this hour, and later it is too late|"},
		{"late enough for the morning", hours.Nearest, 14 * time.Hour, []string{"See you"}, "late||2000-01-02T13:00:00Z"},
		{"whoever ignores the hours", hours.Ignore, 0, []string{"See you"}, "late||2000-01-02T02:30:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{rules: func(r *plan.Config) {
				r.TextingHours = hoursOf("08:00-21:00")
				r.Reminders = []remind.Rule{{Name: "r", Before: 24 * time.Hour, Quiet: tt.quiet, Late: tt.late, Text: says("See you {{.When}}.")}}
			}}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.book(ann, 49*time.Hour) // due at 8 in the evening
				w.until(time.Date(2000, 1, 2, 0, 50, 0, 0, time.UTC))
				w.gate.SetDown(true)
				w.until(time.Date(2000, 1, 2, 2, 30, 0, 0, time.UTC))
				w.want("queued", `SELECT decision FROM v1_reminders`)
				w.gate.SetDown(false)
				w.runEvery(20*time.Hour, 10*time.Minute, 1)
				w.wantTexts(ann.Phone, tt.texts...)
				w.want(tt.rows, `SELECT decision, reason, sent_at FROM v1_reminders`)
			})
		})
	}
}

// A reminder is for some calendars, staff, tags and states, and looks at those when it is due.
func TestReminderConditions(t *testing.T) {
	heavy(t)
	t.Parallel()
	rule := func(f condition.Condition) options {
		r := dayBefore
		r.If = f
		return reminding(r)
	}
	tag := func(w *world, c ghltest.Contact, tags ...string) {
		w.crm.EditContact(c.ID, func(c *ghltest.Contact) { c.Tags = tags })
	}
	for _, tt := range []struct {
		name  string
		rule  condition.Condition
		story func(w *world, ann ghltest.Contact, a ghltest.Appointment) // half an hour before it is due
		rows  string                                                     // without a row: empty
	}{
		{"its calendar", condition.Condition{Calendar: []string{"dr. lee"}}, nil, "sent|"},
		{"another calendar", condition.Condition{Calendar: []string{"Dr. Roe"}}, nil, ""},
		{"moved to its calendar", condition.Condition{Calendar: []string{"Dr. Roe"}}, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			roe := w.crm.Calendars()[1].ID
			w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.CalendarID = roe })
		}, "sent|"},
		{"moved to another calendar", condition.Condition{Calendar: []string{"Dr. Lee"}}, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			roe := w.crm.Calendars()[1].ID
			w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.CalendarID = roe })
		}, "skipped|rule"},
		{"its staff", condition.Condition{Staff: []string{"Lea Lee"}}, nil, "sent|"},
		{"other staff", condition.Condition{Staff: []string{"Roy Roe"}}, nil, ""},
		{"handed over", condition.Condition{Staff: []string{"Lea Lee"}}, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			roy := w.crm.Users()[1].ID
			w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.AssignedUserID = roy })
		}, "skipped|rule"},
		{"its tag", condition.Condition{Tag: []string{"vip"}}, func(w *world, c ghltest.Contact, _ ghltest.Appointment) { tag(w, c, "vip") }, "sent|"},
		{"no tag", condition.Condition{Tag: []string{"vip"}}, nil, "skipped|condition"},
		{"a tag that speaks against it", condition.Condition{NotTag: []string{"no texts"}}, func(w *world, c ghltest.Contact, _ ghltest.Appointment) { tag(w, c, "no texts") }, "skipped|condition"},
		{"its field", condition.Condition{Field: condition.Fields{"city": {"Boston", "Salem"}}}, func(w *world, c ghltest.Contact, _ ghltest.Appointment) {
			w.crm.EditContact(c.ID, func(c *ghltest.Contact) { c.City = "Salem" })
		}, "sent|"},
		{"another value of its field", condition.Condition{Field: condition.Fields{"city": {"Boston"}}}, nil, "skipped|condition"},
		{"its status", condition.Condition{Status: []string{"confirmed"}}, nil, "sent|"},
		{"another status", condition.Condition{Status: []string{"new"}}, nil, "skipped|condition"},
		{"confirmed already", condition.Condition{NotStatus: []string{"confirmed"}}, nil, "skipped|condition"},
		{"not confirmed yet", condition.Condition{NotStatus: []string{"confirmed"}}, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, status("new"))
		}, "sent|"},
		{"confirmed in the last second", condition.Condition{NotStatus: []string{"confirmed"}}, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, status("new"))
			w.full()
			time.Sleep(30 * time.Minute)
			w.crm.EditAppointment(a.ID, status("confirmed"))
			_ = w.cycle(sync.PollTexts) // plans by what it knows, and reads it again before it sends
		}, "skipped|"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, rule(tt.rule), func(w *world) {
				w.crm.AddCalendar(ghltest.Calendar{Name: "Dr. Roe"})
				lea := w.crm.AddUser(ghltest.User{FirstName: "Lea", LastName: "Lee"})
				w.crm.AddUser(ghltest.User{FirstName: "Roy", LastName: "Roe"})
				ann := w.person("Ann", "+12025550101")
				a := w.crm.AddAppointment(ghltest.Appointment{
					CalendarID: w.calendar, ContactID: ann.ID, Status: "confirmed", AssignedUserID: lea.ID, Start: time.Now().Add(25 * time.Hour),
				})
				w.until(time.Now().Add(30 * time.Minute))
				if tt.story != nil {
					tt.story(w, ann, a)
				}
				w.runEvery(24*time.Hour, 10*time.Minute, 1)
				w.want(tt.rows, `SELECT decision, code FROM v1_reminders`)
				if n := strings.Count(tt.rows, "sent"); len(w.got(ann.Phone)) != n {
					t.Errorf("%q, want %d texts\n%s", w.got(ann.Phone), n, w.dump())
				}
			})
		})
	}
}

// An appointment that is moved gets a row of its own for each start. Nobody is texted twice about one start,
// and nobody about one that is over.
func TestMovedLedger(t *testing.T) {
	heavy(t)
	t.Parallel()
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name  string
		moves []time.Duration // an hour apart, from an hour before it is due; then it rests
		texts []string
		rows  string
	}{
		{"by ten minutes", []time.Duration{10 * time.Minute}, []string{"Jan 3 at 7:10 PM"},
			"day|2000-01-04T00:00:00Z|1|withdrawn|moved\nday|2000-01-04T00:10:00Z|1|sent|"},
		{"by days", []time.Duration{2 * day}, []string{"Jan 5 at 7:00 PM"},
			"day|2000-01-04T00:00:00Z|1|withdrawn|moved\nday|2000-01-06T00:00:00Z|1|sent|"},
		{"there and back before it was due", []time.Duration{2 * day, -2 * day}, []string{"Jan 3 at 7:00 PM"},
			"day|2000-01-04T00:00:00Z|1|withdrawn|moved\nday|2000-01-06T00:00:00Z|1|withdrawn|moved\nday|2000-01-04T00:00:00Z|2|sent|"},
		{"there and back after it was sent", []time.Duration{0, 0, 2 * day, -2 * day}, []string{"Jan 3 at 7:00 PM"},
			"day|2000-01-04T00:00:00Z|1|sent|\nday|2000-01-06T00:00:00Z|1|withdrawn|moved"},
		{"on after it was sent", []time.Duration{0, 0, 2 * day}, []string{"Jan 3 at 7:00 PM", "Jan 5 at 7:00 PM"},
			"day|2000-01-04T00:00:00Z|1|sent|\nday|2000-01-06T00:00:00Z|1|sent|"},
		{"three times", []time.Duration{time.Hour, time.Hour, -30 * time.Minute}, []string{"Jan 3 at 8:30 PM"},
			"day|2000-01-04T00:00:00Z|1|withdrawn|moved\nday|2000-01-04T01:00:00Z|1|withdrawn|moved\nday|2000-01-04T02:00:00Z|1|withdrawn|moved\nday|2000-01-04T01:30:00Z|1|sent|"},
		{"to a start whose time has passed", []time.Duration{-20 * time.Hour}, nil,
			"day|2000-01-04T00:00:00Z|1|withdrawn|moved\nday|2000-01-03T04:00:00Z|1|skipped|late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(dayBefore), func(w *world) {
				w.full()
				ann := w.person("Ann", "+12025550101")
				a := w.book(ann, 3*day)
				w.until(time.Date(2000, 1, 2, 23, 2, 0, 0, time.UTC))
				for _, d := range tt.moves {
					w.crm.EditAppointment(a.ID, shift(d))
					w.until(time.Now().Add(time.Hour))
				}
				w.runEvery(4*day, 10*time.Minute, 1)
				w.wantTexts(ann.Phone, tt.texts...)
				w.want(tt.rows, ledgerRows)
			})
		})
	}
	t.Run("over the night in which the clock goes on", func(t *testing.T) {
		t.Parallel()
		eve := remind.Rule{Name: "eve", At: clockAt(18, 0), DaysBefore: 1, Text: says("See you {{.When}}.")}
		inWorld(t, reminding(dayBefore, eve), func(w *world) {
			w.begin(time.Date(2000, 3, 30, 12, 0, 0, 0, time.UTC))
			ann := w.person("Ann", "+12025550101")
			a := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Start: time.Date(2000, 4, 1, 15, 0, 0, 0, time.UTC)})
			w.full()
			w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { // at ten, a day later
				a.Start = time.Date(2000, 4, 2, 14, 0, 0, 0, time.UTC)
				a.End = a.Start.Add(time.Hour)
			})
			w.until(time.Date(2000, 4, 2, 15, 0, 0, 0, time.UTC))
			w.wantTexts(ann.Phone, "Apr 2 at 10:00 AM", "Apr 2 at 10:00 AM")
			w.want("day|2000-03-31T15:00:00Z|withdrawn\neve|2000-03-31T23:00:00Z|withdrawn\nday|2000-04-01T14:00:00Z|sent\neve|2000-04-01T23:00:00Z|sent",
				`SELECT rule, due_at, decision FROM v1_reminders ORDER BY id`)
		})
	})
}

// What stood against a text ends in time: it leaves late, as another version. Too late it does not.
func TestDecidedAnew(t *testing.T) {
	heavy(t)
	t.Parallel()
	const number, corrected = "+12025550101", "+12025550109"
	for _, tt := range []struct {
		name          string
		against, ends func(w *world, ann ghltest.Contact, a ghltest.Appointment)
		code          string
		to            string
	}{
		{"cancelled and confirmed again", func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, status("cancelled"))
		}, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, status("confirmed"))
		}, "status", number},
		{"a number that is corrected", func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Phone = "" })
		}, func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Phone = corrected })
		}, "number", corrected},
		{"opted out and in by text", func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.gate.Text(ann.Phone, "STOP")
		}, func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.gate.Text(ann.Phone, "START")
		}, "opted-out", number},
		{"a tag that is put on", func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = []string{"quiet"} })
		}, func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = nil })
		}, "condition", number},
		{"a contact that is deleted and restored", func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.crm.RemoveContact(ann.ID)
		}, func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
			w.crm.RestoreContact(ann.ID)
		}, "gone", number},
		{"an appointment that is deleted and restored", func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.RemoveAppointment(a.ID)
		}, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Deleted = false })
		}, "gone", number},
	} {
		for _, late := range []bool{false, true} {
			name, wait := tt.name, 30*time.Minute
			if late {
				name, wait = tt.name+", too late", 3*time.Hour
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := dayBefore
				r.If.NotTag = []string{"quiet"}
				inWorld(t, reminding(r), func(w *world) {
					ann := w.person("Ann", number)
					a := w.book(ann, 25*time.Hour)
					w.until(time.Now().Add(30 * time.Minute))
					tt.against(w, ann, a)
					_ = w.cycle(sync.Everything) // only a sweep sees that a contact is gone
					w.until(time.Now().Add(40 * time.Minute))
					w.want("1|skipped|"+tt.code, `SELECT version, decision, code FROM v1_reminders`)
					time.Sleep(wait - 10*time.Minute)
					tt.ends(w, ann, a)
					_ = w.cycle(sync.Everything)
					w.until(time.Now().Add(time.Hour))
					var about []string
					for _, text := range w.got(tt.to) {
						if strings.Contains(text, "See you") {
							about = append(about, text)
						}
					}
					rows, n := "1|skipped|"+tt.code+"\n2|late|", 1
					if late {
						rows, n = "1|skipped|"+tt.code, 0
					}
					w.want(rows, `SELECT version, decision, code FROM v1_reminders ORDER BY id`)
					if len(about) != n {
						t.Errorf("%q, want %d\n%s", about, n, w.dump())
					}
				})
			})
		}
	}
}

// What a person cancelled stays so, whatever happens to the appointment in time.
func TestCancelledByHand(t *testing.T) {
	heavy(t)
	t.Parallel()
	cancel := func(w *world) {
		w.update(func(tx *store.Tx) error {
			return tx.CancelReminder(w.ctx, number(w.t, w.one(`SELECT id FROM reminders ORDER BY id LIMIT 1`)), "they know")
		})
	}
	for _, tt := range []struct {
		name   string
		story  func(w *world, a ghltest.Appointment)
		reason string
	}{
		{"planned", func(w *world, _ ghltest.Appointment) {
			cancel(w)
		}, "they know"},
		{"queued", func(w *world, _ ghltest.Appointment) {
			w.gate.SetDown(true)
			w.until(time.Now().Add(40 * time.Minute))
			w.want("queued", `SELECT decision FROM v1_reminders`)
			cancel(w)
			w.gate.SetDown(false)
		}, "they know"},
		{"skipped", func(w *world, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, status("cancelled"))
			w.until(time.Now().Add(40 * time.Minute))
			w.want("skipped|status", `SELECT decision, code FROM v1_reminders`)
			cancel(w)
		}, "the appointment is cancelled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(dayBefore), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				a := w.book(ann, 24*time.Hour+30*time.Minute)
				w.full()
				tt.story(w, a)
				w.crm.EditAppointment(a.ID, status("new")) // all looks at it again
				w.until(time.Now().Add(40 * time.Minute))
				w.crm.EditAppointment(a.ID, status("confirmed"))
				w.restart()
				w.until(time.Now().Add(3 * time.Hour))
				w.wantTexts(ann.Phone)
				w.want("1|skipped|by-hand|"+tt.reason, `SELECT version, decision, code, reason FROM v1_reminders`)
			})
		})
	}
	t.Run("what has left cannot be", func(t *testing.T) {
		inWorld(t, reminding(dayBefore), func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 24*time.Hour)
			w.full()
			w.wantTexts(ann.Phone, "See you")
			err := w.db.Update(w.ctx, func(tx *store.Tx) error { return tx.CancelReminder(w.ctx, 1, "they know") })
			if err == nil || !strings.Contains(err.Error(), "has left") {
				t.Errorf("%v", err)
			}
			w.want("sent", `SELECT decision FROM v1_reminders`)
		})
	})
	t.Run("of those told in one text the others leave without it", func(t *testing.T) {
		together := dayBefore
		together.Group = 3 * time.Hour
		inWorld(t, reminding(together), func(w *world) {
			ann, bo := w.person("Ann", "+12025550101"), w.person("Bo", "+12025550101")
			w.book(ann, 24*time.Hour+30*time.Minute)
			w.book(bo, 25*time.Hour+30*time.Minute)
			w.full()
			w.gate.SetDown(true)
			w.until(time.Now().Add(40 * time.Minute))
			w.want("queued\nqueued", `SELECT decision FROM v1_reminders`)
			cancel(w)
			w.gate.SetDown(false)
			w.until(time.Now().Add(3 * time.Hour))
			w.wantTexts(ann.Phone, "See you Sat, Jan 1 at 8:30 PM (Bo).")
			w.want("1|skipped|by-hand\n1|skipped|\n2|sent|", `SELECT version, decision, code FROM v1_reminders ORDER BY id`)
		})
	})
	t.Run("another start is another reminder", func(t *testing.T) {
		inWorld(t, reminding(dayBefore), func(w *world) {
			ann := w.person("Ann", "+12025550101")
			a := w.book(ann, 25*time.Hour)
			w.full()
			cancel(w)
			w.crm.EditAppointment(a.ID, shift(time.Hour))
			w.until(time.Now().Add(4 * time.Hour))
			w.wantTexts(ann.Phone, "9:00 PM")
		})
	})
}

// In a pause nothing leaves, in the transaction that would claim it. At its end what is not too late does.
func TestPause(t *testing.T) {
	heavy(t)
	t.Parallel()
	pause := func(w *world, rule string, d time.Duration) {
		w.update(func(tx *store.Tx) error {
			return tx.SetPause(w.ctx, store.Pause{Rule: rule, Until: time.Now().Add(d), Reason: "a storm"})
		})
	}
	for _, tt := range []struct {
		name  string
		story func(w *world) // an hour before it is due
		texts int
		rows  string
	}{
		{"it ends in time", func(w *world) { pause(w, "", 2*time.Hour) }, 1, "late||2000-01-01T02:00:00Z"},
		{"it ends before it is due", func(w *world) { pause(w, "", 50*time.Minute) }, 1, "sent||2000-01-01T01:00:00Z"},
		{"of that rule", func(w *world) { pause(w, "day", 2*time.Hour) }, 1, "late||2000-01-01T02:00:00Z"},
		{"of another rule", func(w *world) { pause(w, "hour", 2*time.Hour) }, 1, "sent||2000-01-01T01:00:00Z"},
		{"the longer of two counts", func(w *world) { pause(w, "day", 2*time.Hour); pause(w, "", 80*time.Minute) }, 1, "late||2000-01-01T02:00:00Z"},
		{"it ends too late", func(w *world) { pause(w, "", 5*time.Hour) }, 0, "skipped|it was too late: paused until 2000-01-01T05:00:00Z|"},
		{"it is ended by hand", func(w *world) {
			pause(w, "", 5*time.Hour)
			w.until(time.Now().Add(90 * time.Minute))
			w.want("queued", `SELECT decision FROM v1_reminders`)
			w.update(func(tx *store.Tx) error {
				was, err := tx.EndPause(w.ctx, "")
				if err == nil && !was {
					w.t.Errorf("there was no pause")
				}
				return err
			})
		}, 1, "late||2000-01-01T01:30:00Z"},
		{"it is prolonged", func(w *world) {
			pause(w, "", 70*time.Minute)
			w.until(time.Now().Add(65 * time.Minute))
			pause(w, "", 5*time.Hour)
		}, 0, "skipped|it was too late: paused until 2000-01-01T06:05:00Z|"},
		{"the daemon is down at its end", func(w *world) {
			pause(w, "", 2*time.Hour)
			w.until(time.Now().Add(90 * time.Minute))
			time.Sleep(time.Hour)
			w.restart()
		}, 1, "late||2000-01-01T02:30:00Z"},
		{"it begins when the text waits for the gateway", func(w *world) {
			w.gate.SetDown(true)
			w.until(time.Now().Add(65 * time.Minute))
			pause(w, "", 30*time.Minute)
			w.gate.SetDown(false)
		}, 1, "late||2000-01-01T01:35:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(dayBefore), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.book(ann, 25*time.Hour)
				w.full()
				tt.story(w)
				w.until(time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC))
				if n := len(w.got(ann.Phone)); n != tt.texts {
					t.Errorf("%d texts\n%s", n, w.dump())
				}
				w.want(tt.rows, `SELECT decision, reason, sent_at FROM v1_reminders`)
			})
		})
	}
	t.Run("other texts leave", func(t *testing.T) {
		inWorld(t, reminding(dayBefore), func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.full()
			pause(w, "", time.Hour)
			w.gate.Text(ann.Phone, "TASK call me")
			w.run(2 * time.Minute)
			w.wantTexts(ann.Phone, "Noted")
		})
	})
}

// One text speaks of several appointments, and each has its row.
func TestRemindersTogether(t *testing.T) {
	heavy(t)
	t.Parallel()
	r := dayBefore
	r.Group = 4 * time.Hour
	r.Late = 20 * time.Hour
	together := `SELECT count(*), count(DISTINCT outbox_key), group_concat(DISTINCT decision) FROM v1_reminders`
	for _, tt := range []struct {
		name  string
		story func(w *world) ghltest.Contact // until nobody is reminded any more
		texts int
		rows  string
	}{
		{"two of one person", func(w *world) ghltest.Contact {
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 25*time.Hour)
			w.book(ann, 28*time.Hour)
			return ann
		}, 1, "2|1|sent"},
		{"two people on one number", func(w *world) ghltest.Contact {
			ann, kid := w.person("Ann", "+12025550101"), w.person("Kid", "+12025550101")
			w.book(ann, 25*time.Hour)
			w.book(kid, 26*time.Hour)
			return ann
		}, 1, "2|1|sent"},
		{"three, two of them at the same time", func(w *world) ghltest.Contact {
			ann, kid := w.person("Ann", "+12025550101"), w.person("Kid", "+12025550101")
			w.book(ann, 25*time.Hour)
			w.book(kid, 25*time.Hour)
			w.book(ann, 29*time.Hour)
			return ann
		}, 1, "3|1|sent"},
		{"too far apart", func(w *world) ghltest.Contact {
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 25*time.Hour)
			w.book(ann, 29*time.Hour+time.Minute)
			return ann
		}, 2, "2|2|sent"},
		{"two people on two numbers", func(w *world) ghltest.Contact {
			ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
			w.book(ann, 25*time.Hour)
			w.book(bob, 25*time.Hour)
			return ann
		}, 1, "2|2|sent"},
		{"one of them is cancelled", func(w *world) ghltest.Contact {
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 25*time.Hour)
			b := w.book(ann, 26*time.Hour)
			w.until(time.Now().Add(30 * time.Minute))
			w.crm.EditAppointment(b.ID, status("cancelled"))
			return ann
		}, 1, "2|1|sent,skipped"},
		{"one of them is moved away", func(w *world) ghltest.Contact {
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 25*time.Hour)
			b := w.book(ann, 26*time.Hour)
			w.until(time.Now().Add(30 * time.Minute))
			w.crm.EditAppointment(b.ID, shift(24*time.Hour))
			return ann
		}, 2, "3|2|sent,withdrawn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(r), func(w *world) {
				ann := tt.story(w)
				w.runEvery(60*time.Hour, 10*time.Minute, 1)
				if n := len(w.got(ann.Phone)); n != tt.texts {
					t.Errorf("%d texts: %q\n%s", n, w.got(ann.Phone), w.dump())
				}
				w.want(tt.rows, together)
			})
		})
	}

	// One of them changes after the text was queued: that one is given up, and the others are told in another.
	for name, change := range map[string]func(*ghltest.Appointment){"cancelled": status("cancelled"), "moved": shift(3 * 24 * time.Hour)} {
		t.Run("one of them is "+name+" in the last second", func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(r), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.book(ann, 25*time.Hour)
				b := w.book(ann, 26*time.Hour)
				w.full()
				time.Sleep(time.Hour)
				w.crm.EditAppointment(b.ID, change)
				_ = w.cycle(sync.PollTexts)
				w.until(time.Now().Add(30 * time.Minute))
				if got := w.got(ann.Phone); len(got) != 1 || !strings.Contains(got[0], "8:00 PM") || strings.Contains(got[0], "9:00 PM") {
					t.Errorf("%q\n%s", got, w.dump())
				}
				w.want("skipped|1|2000-01-02T01:00:00Z\nskipped|1|2000-01-02T02:00:00Z\nsent|2|2000-01-02T01:00:00Z",
					`SELECT decision, version, starts FROM v1_reminders WHERE decision NOT IN ('planned', 'withdrawn') ORDER BY id`)
			})
		})
	}
}

// The answer to a text about several appointments: C is about all, X asks which.
func TestAnswerToSeveral(t *testing.T) {
	heavy(t)
	t.Parallel()
	r := dayBefore
	r.Group = 4 * time.Hour
	r.Text = says("See you {{.When}}. Reply C to confirm, X to cancel.")
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("of several people: %t", shared), func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(r), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				other := ann
				if shared {
					other = w.person("Kid", "+12025550101")
				}
				book := func(c ghltest.Contact, in time.Duration) ghltest.Appointment {
					return w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: c.ID, Status: "new", Start: time.Now().Add(in)})
				}
				a, b, later := book(ann, 24*time.Hour+2*time.Minute), book(other, 26*time.Hour), book(ann, 90*time.Hour)
				now := func(want ...string) {
					t.Helper()
					for i, v := range []ghltest.Appointment{a, b, later} {
						if got, _ := w.crm.Appointment(v.ID); got.Status != want[i] {
							t.Errorf("appointment %d is %s, want %s\n%s", i, got.Status, want[i], w.dump())
						}
					}
				}
				w.run(5 * time.Minute)
				if n := len(w.got(ann.Phone)); n != 1 {
					t.Fatalf("%d texts\n%s", n, w.dump())
				}
				w.gate.Text(ann.Phone, "C")
				w.run(5 * time.Minute)
				now("confirmed", "confirmed", "new")
				w.want("confirmed\nconfirmed", `SELECT answer FROM v1_reminders WHERE decision = 'sent' ORDER BY id`)
				w.gate.Text(ann.Phone, "X")
				w.run(5 * time.Minute)
				now("confirmed", "confirmed", "new")
				got := w.got(ann.Phone)
				if q := got[len(got)-1]; len(got) != 3 || !strings.Contains(q, "1 for ") || !strings.Contains(q, "2 for ") || strings.Contains(q, "3 for ") {
					t.Fatalf("%q\n%s", got, w.dump())
				}
				w.gate.Text(ann.Phone, "2")
				w.run(5 * time.Minute)
				now("confirmed", "cancelled", "new")
			})
		})
	}
}

// Where nobody answers a second text asks again, or staff are given a task. An answer of any kind, or a
// confirmation, makes that needless.
func TestUnansweredReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	ask := remind.Rule{Name: "ask", Before: 24 * time.Hour, Text: says("Can you come {{.When}}? Reply C or X.")}
	again := remind.Rule{Name: "again", Unanswered: "ask", After: 3 * time.Hour, Text: says("Please reply C or X.")}
	call := remind.Rule{Name: "call", Unanswered: "again", After: 2 * time.Hour, Task: &wording.Task{Title: title("Call {{.Contact.Name}}"), Due: time.Hour}}
	text := func(body string) func(w *world, ann ghltest.Contact, a ghltest.Appointment) {
		return func(w *world, ann ghltest.Contact, _ ghltest.Appointment) { w.gate.Text(ann.Phone, body) }
	}
	for _, tt := range []struct {
		name        string
		after       time.Duration // the first text
		story       func(w *world, ann ghltest.Contact, a ghltest.Appointment)
		again, task string
	}{
		{"nobody answers", 0, nil, "sent|", "task|"},
		{"C", time.Hour, text("C"), "skipped|answered", ""},
		{"X", time.Hour, text("X"), "skipped|status", ""},
		{"plain words", time.Hour, text("Running a bit late maybe, is there parking?"), "skipped|answered", ""},
		{"OK", time.Hour, text("ok"), "skipped|answered", ""},
		{"after the second", 4 * time.Hour, text("Yes"), "sent|", "skipped|answered"},
		{"confirmed in the CRM", time.Hour, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, status("confirmed"))
		}, "skipped|answered", ""},
		{"cancelled in the CRM", time.Hour, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, status("cancelled"))
		}, "skipped|status", ""},
		{"somebody else", time.Hour, func(w *world, _ ghltest.Contact, _ ghltest.Appointment) { w.gate.Text("+12025550199", "C") }, "sent|", "task|"},
		{"a reaction is none", time.Hour, text("Liked “Can you come”"), "sent|", "task|"},
		{"STOP", time.Hour, text("STOP"), "skipped|answered", ""},
		{"moved", time.Hour, func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
			w.crm.EditAppointment(a.ID, shift(-30*time.Minute))
		}, "withdrawn|moved", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(ask, again, call), func(w *world) {
				w.full()
				ann := w.person("Ann", "+12025550101")
				w.person("Else", "+12025550199")
				a := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(24*time.Hour + 2*time.Minute)})
				w.until(time.Now().Add(10 * time.Minute))
				w.wantTexts(ann.Phone, "Can you come")
				w.until(time.Now().Add(tt.after))
				if tt.story != nil {
					tt.story(w, ann, a)
				}
				w.runEvery(26*time.Hour, 10*time.Minute, 1)
				w.want(tt.again, `SELECT decision, code FROM v1_reminders WHERE rule = 'again'`)
				w.want(tt.task, `SELECT decision, code FROM v1_reminders WHERE rule = 'call'`)
				var asked, tasks int
				for _, text := range w.got(ann.Phone) {
					if strings.HasPrefix(text, "Please reply C") {
						asked++
					}
				}
				for _, task := range w.crm.Tasks() {
					if task.Title == "Call Ann Doe" && task.ContactID == ann.ID {
						tasks++
					}
				}
				if asked != strings.Count(tt.again, "sent") || tasks != strings.Count(tt.task, "task") {
					t.Errorf("asked again %d times, %d tasks\n%s", asked, tasks, w.dump())
				}
				w.checkQuiet()
			})
		})
	}
}

func title(s string) *wording.Template {
	t, err := wording.Parse("test", s)
	if err != nil {
		panic(err)
	}
	return t
}

// A text that did not arrive is sent once more, and no more than once.
func TestRetriedReminder(t *testing.T) {
	heavy(t)
	t.Parallel()
	r := dayBefore
	r.Retry = 20 * time.Minute
	for _, tt := range []struct {
		name   string
		rule   remind.Rule
		before func(w *world, ann ghltest.Contact)
		after  func(w *world, ann ghltest.Contact, a ghltest.Appointment) // the first one failed
		texts  int
		rows   string
	}{
		{"and arrives", r, func(w *world, ann ghltest.Contact) { w.gate.Fail(ann.Phone, "FAILED") },
			func(w *world, ann ghltest.Contact, _ ghltest.Appointment) { w.gate.Fail(ann.Phone, "") }, 2, "1|sent|failed\n2|sent|delivered"},
		{"and fails again", r, func(w *world, ann ghltest.Contact) { w.gate.Fail(ann.Phone, "REJECTED") }, nil, 2, "1|sent|failed\n2|sent|failed"},
		{"not what may have arrived", r, func(w *world, ann ghltest.Contact) { w.gate.Fail(ann.Phone, "EXPIRED") }, nil, 1, "1|sent|expired"},
		{"not sooner for a change of the contact", r, func(w *world, ann ghltest.Contact) { w.gate.Fail(ann.Phone, "FAILED") },
			func(w *world, ann ghltest.Contact, _ ghltest.Appointment) {
				w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Arlington" })
			}, 2, "1|sent|failed\n2|sent|failed"},
		{"not where the rule does not say so", dayBefore, func(w *world, ann ghltest.Contact) { w.gate.Fail(ann.Phone, "FAILED") }, nil, 1, "1|sent|failed"},
		{"not what arrived", r, func(*world, ghltest.Contact) {}, nil, 1, "1|sent|delivered"},
		{"not what was cancelled", r, func(w *world, ann ghltest.Contact) { w.gate.Fail(ann.Phone, "FAILED") },
			func(w *world, _ ghltest.Contact, a ghltest.Appointment) {
				w.crm.EditAppointment(a.ID, status("cancelled"))
			}, 1, "1|sent|failed\n2|skipped|"},
		{"not to who opted out", r, func(w *world, ann ghltest.Contact) { w.gate.Fail(ann.Phone, "UNSUBSCRIBED") }, nil, 1, "1|sent|opted_out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(tt.rule), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				a := w.book(ann, 24*time.Hour+5*time.Minute)
				tt.before(w, ann)
				w.run(10 * time.Minute)
				if tt.after != nil {
					tt.after(w, ann, a)
				}
				for range 6 {
					w.run(20 * time.Minute)
					w.restart()
				}
				w.until(time.Now().Add(22 * time.Hour))
				if n := len(w.got(ann.Phone)); n != tt.texts {
					t.Errorf("%d texts, want %d\n%s", n, tt.texts, w.dump())
				}
				w.want(tt.rows, `SELECT version, decision, delivery FROM v1_reminders ORDER BY id`)
				if sent := w.gate.SentTo(ann.Phone); tt.texts == 2 && len(sent) == 2 {
					if d := sent[1].At.Sub(sent[0].At); d < 20*time.Minute || d > 21*time.Minute {
						t.Errorf("%s between the two", d)
					}
				}
			})
		})
	}
}

// The CRM cannot be asked when a reminder is due: without trust in the mirror it waits until it is too
// late, and with some it leaves as long as the mirror is that young.
func TestCRMAwayWhenDue(t *testing.T) {
	heavy(t)
	t.Parallel()
	for _, tt := range []struct {
		name       string
		trust      time.Duration
		away, back time.Duration // before it is due, and after
		rows       string
	}{
		{"no trust, back in time", 0, 5 * time.Minute, 30 * time.Minute, "late"},
		{"no trust, back too late", 0, 5 * time.Minute, 3 * time.Hour, "skipped"},
		{"some trust", 15 * time.Minute, 5 * time.Minute, 3 * time.Hour, "sent"},
		{"an old mirror", 15 * time.Minute, 30 * time.Minute, 3 * time.Hour, "skipped"},
		{"an old mirror, back in time", 15 * time.Minute, 30 * time.Minute, 30 * time.Minute, "late"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := dayBefore
			r.TrustMirror = tt.trust
			inWorld(t, reminding(r), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.book(ann, 25*time.Hour)
				w.run(time.Hour - tt.away)
				w.crm.SetDown(true)
				w.run(tt.away + tt.back)
				w.crm.SetDown(false)
				w.run(time.Hour)
				w.want(tt.rows, `SELECT decision FROM v1_reminders`)
				if n := len(w.got(ann.Phone)); (n == 1) != (tt.rows != "skipped") || n > 1 {
					t.Errorf("%d texts\n%s", n, w.dump())
				}
			})
		})
	}
}

// What left is told the CRM once, by a tag and a note, whatever happens in between, and the answer as well.
func TestReminderIsNoted(t *testing.T) {
	heavy(t)
	t.Parallel()
	r := dayBefore
	r.Tag, r.Note = "reminded", true
	told := func(w *world, ann ghltest.Contact, notes ...string) {
		w.t.Helper()
		c, _ := w.crm.Contact(ann.ID)
		if len(notes) > 0 && (len(c.Tags) != 2 || c.Tags[0] != "vip" || c.Tags[1] != "reminded") {
			w.t.Errorf("tags %q\n%s", c.Tags, w.dump())
		}
		var got []string
		for _, n := range w.crm.Notes() {
			got = append(got, n.Body)
		}
		ok := len(got) == len(notes)
		for i := range min(len(got), len(notes)) {
			ok = ok && strings.Contains(got[i], notes[i])
		}
		if !ok {
			w.t.Errorf("notes %q, want %q\n%s", got, notes, w.dump())
		}
	}
	visit := func(w *world) ghltest.Contact {
		ann := w.person("Ann", "+12025550101")
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = []string{"vip"} })
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(24*time.Hour + 2*time.Minute)})
		return ann
	}
	t.Run("over restarts", func(t *testing.T) {
		inWorld(t, reminding(r), func(w *world) {
			ann := visit(w)
			told(w, ann)
			for range 20 {
				w.run(time.Minute)
				w.restart()
			}
			told(w, ann, "Reminder day: See you")
			w.gate.Text(ann.Phone, "C")
			for range 10 {
				w.run(time.Minute)
				w.restart()
			}
			told(w, ann, "Reminder day: See you", "Answered the reminder day: confirmed")
			w.checkQuiet()
		})
	})
	t.Run("and crashes", func(t *testing.T) {
		requests, writes := 0, map[int]bool{}
		story := func(w *world) ghltest.Contact {
			ann := visit(w)
			for range 5 {
				_ = w.cycle(sync.Everything)
				time.Sleep(2 * time.Minute)
			}
			return ann
		}
		inWorld(t, reminding(r), func(w *world) {
			w.crm.OnRequest(func(r ghltest.Request, _ ghltest.Phase) { writes[w.life.seen] = writes[w.life.seen] || r.Effect != "" })
			w.gate.OnRequest(func(r smstest.Request, _ smstest.Phase) { writes[w.life.seen] = writes[w.life.seen] || r.Effect != "" })
			told(w, story(w), "Reminder day: See you")
			requests = w.life.seen
		})
		for at := 1; at <= requests; at++ {
			if !writes[at] && !*crashAll {
				continue
			}
			for _, p := range []phase{before, after} {
				t.Run(fmt.Sprintf("%d/%s", at, p), func(t *testing.T) {
					t.Parallel()
					inWorld(t, reminding(r), func(w *world) {
						w.dieAt(func(n int, ph phase) bool { return n == at && ph == p })
						ann := story(w)
						w.run(10 * time.Minute)
						switch n := len(w.got(ann.Phone)); { // cut off before it left it is unknown
						case n == 1:
							told(w, ann, "Reminder day: See you")
						case n == 0 && p == before:
							w.want("unknown", `SELECT decision FROM v1_reminders`)
							told(w, ann)
						default:
							t.Errorf("%d texts\n%s", n, w.dump())
						}
					})
				})
			}
		}
	})
	t.Run("not of what did not leave", func(t *testing.T) {
		inWorld(t, reminding(r), func(w *world) {
			ann := visit(w)
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.NoCredit})
			w.run(3 * time.Hour)
			w.wantTexts(ann.Phone)
			told(w, ann)
		})
	})
}

// Two rules at the same time are two reminders, and each has its row.
func TestTwoRulesAtOnce(t *testing.T) {
	heavy(t)
	t.Parallel()
	ask := remind.Rule{Name: "ask", Before: 24 * time.Hour, If: condition.Condition{NotStatus: []string{"confirmed"}}, Text: says("Can you come {{.When}}?")}
	for _, down := range []time.Duration{0, 30 * time.Minute} {
		t.Run(fmt.Sprintf("down for %s", down), func(t *testing.T) {
			t.Parallel()
			inWorld(t, reminding(dayBefore, ask), func(w *world) {
				ann := w.person("Ann", "+12025550101")
				w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(24*time.Hour + 5*time.Minute)})
				w.full()
				time.Sleep(down)
				w.until(time.Now().Add(3 * time.Hour))
				w.wantTexts(ann.Phone, "See you", "Can you come")
				w.want("2", `SELECT count(DISTINCT outbox_key) FROM v1_reminders`)
			})
		})
	}
}

// The instances of a recurring appointment have ids of their own, and are each their own.
func TestRecurringReminders(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, reminding(dayBefore), func(w *world) {
		w.full()
		ann := w.person("Ann", "+12025550101")
		var ids []string
		for week := range 3 {
			start := time.Now().Truncate(time.Second).Add(30*time.Hour + time.Duration(week)*7*24*time.Hour)
			id := fmt.Sprintf("Q5rmastervisit_%d_1800", start.Unix())
			w.crm.AddAppointment(ghltest.Appointment{ID: id, CalendarID: w.calendar, ContactID: ann.ID, Title: "Therapy", Start: start})
			ids = append(ids, id)
		}
		w.full()
		w.crm.EditAppointment(ids[1], status("cancelled"))
		w.runEvery(16*24*time.Hour, 30*time.Minute, 1)
		w.wantTexts(ann.Phone, "Jan 2 at 1:00 AM", "Jan 16 at 1:00 AM")
		w.want("2000-01-02T06:00:00Z|sent|\n2000-01-09T06:00:00Z|skipped|status\n2000-01-16T06:00:00Z|sent|", `SELECT starts, decision, code FROM v1_reminders ORDER BY starts`)
	})
}
