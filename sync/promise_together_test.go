package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sync"
	"ghlsms/sync/condition"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

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
			oneOf(t, 3)
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
			oneOf(t, 3)
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
			oneOf(t, 3)
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
