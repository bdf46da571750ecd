package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
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
		{"2:30 that is skipped in New York", night, "", time.Date(2000, 4, 2, 14, 0, 0, 0, time.UTC), "2000-04-02T07:30:00Z", "number", "Apr 2 at 10:00 AM"},
		{"the evening before the clock goes back", eve, "", time.Date(2000, 10, 29, 15, 0, 0, 0, time.UTC), "2000-10-28T22:00:00Z", "number", "Oct 29 at 10:00 AM"},
		{"the evening before the clock goes on", eve, "", time.Date(2000, 4, 2, 14, 0, 0, 0, time.UTC), "2000-04-01T23:00:00Z", "number", "Apr 2 at 10:00 AM"},
		{"an evening that is another day in Tokyo", eve, "Asia/Tokyo", time.Date(2000, 6, 2, 2, 30, 0, 0, time.UTC), "2000-06-01T09:00:00Z", "contact", "Jun 2 at 11:30 AM"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
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
		w.until(time.Now().Add(2 * time.Hour))
		w.until(time.Now().Add(18 * time.Hour))
		w.wantTexts(ann.Phone, "Soon", "Thanks for coming, Ann")
		w.wantTexts(bob.Phone, "Soon", "We missed you, Bob")
		w.wantTexts(cat.Phone, "Soon")
		w.want("2000-01-01T04:00:00Z\n2000-01-01T03:00:00Z", `SELECT sent_at FROM v1_reminders WHERE rule <> 'hour' AND decision = 'sent' ORDER BY contact_id`)
		w.want("thanks|the appointment is noshow\nthanks|the appointment is cancelled", `SELECT rule, reason FROM v1_reminders WHERE rule = 'thanks' AND decision = 'skipped' ORDER BY contact_id`)
	})
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
			oneOf(t, 3)
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

func title(s string) *wording.Template {
	t, err := wording.Parse("test", s)
	if err != nil {
		panic(err)
	}
	return t
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
		oneOf(t, 3)
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
		oneOf(t, 3)
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
					oneOf(t, 3)
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
		oneOf(t, 3)
		inWorld(t, reminding(r), func(w *world) {
			ann := visit(w)
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.NoCredit})
			w.run(3 * time.Hour)
			w.wantTexts(ann.Phone)
			told(w, ann)
		})
	})
}
