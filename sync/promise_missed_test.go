package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
)

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
			oneOf(t, 3)
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
		{"late enough for the morning", hours.Nearest, 14 * time.Hour, []string{"See you"}, "late|left 12 h late: POST /sms/send: gateway unavailable: dial tcp sms.sandbox: connection refused|2000-01-02T13:00:00Z"},
		{"whoever ignores the hours", hours.Ignore, 0, []string{"See you"}, "late|left 90 min late: POST /sms/send: gateway unavailable: dial tcp sms.sandbox: connection refused|2000-01-02T02:30:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
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
				w.wantTexts(ann.Phone)
				w.gate.SetDown(false)
				w.runEvery(20*time.Hour, 10*time.Minute, 1)
				w.wantTexts(ann.Phone, tt.texts...)
				w.want(tt.rows, `SELECT decision, reason, sent_at FROM v1_reminders`)
			})
		})
	}
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
			oneOf(t, 3)
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
			oneOf(t, 3)
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
