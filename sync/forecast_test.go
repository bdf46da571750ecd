package sync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

func (w *world) forecast(d time.Duration) []plan.Forecast {
	w.t.Helper()
	all, err := w.engine.Rehearsal().Forecast(w.ctx, time.Now().Add(d))
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	return all
}

// told is a forecast in short, a line each.
func told(all []plan.Forecast) string {
	lines := make([]string, len(all))
	for i, f := range all {
		lines[i] = strings.Join([]string{f.Leaves.UTC().Format("02 15:04"), f.Contact, f.Rule, f.Decision, f.Why}, "|")
	}
	return strings.Join(lines, "\n")
}

// unconfirmed books an appointment that may be confirmed.
func (w *world) unconfirmed(c ghltest.Contact, in time.Duration) {
	w.crm.EditAppointment(w.book(c, in).ID, status("new"))
}

func pauseFor(w *world, rule string, d time.Duration) {
	w.update(func(tx *store.Tx) error { return tx.SetPause(w.ctx, store.Pause{Rule: rule, Until: time.Now().Add(d)}) })
}

var (
	lateDay  = remind.Rule{Name: "day", Before: 24 * time.Hour, Text: says("{{if .Late}}Late: {{end}}{{.Contact.FirstName}}, see you {{.When}}.")}
	lateHour = remind.Rule{Name: "hour", Before: time.Hour, Text: says("{{if .Late}}Late: {{end}}{{.Contact.FirstName}}, soon: {{.When}}.")}
	askAgain = remind.Rule{Name: "again", Unanswered: "day", After: 4 * time.Hour, Text: says("{{.Contact.FirstName}}, will you come {{.When}}?")}
	callThem = remind.Rule{Name: "call", Unanswered: "again", After: 3 * time.Hour, Task: &wording.Task{Title: plainText("Call {{.Contact.Name}}"), Due: time.Hour}}
)

func plainText(s string) *wording.Template {
	t, err := wording.ParseTask("test", s)
	if err != nil {
		panic(err)
	}
	return t
}

func together(r remind.Rule) remind.Rule {
	r.Group = 4 * time.Hour
	return r
}

// What a forecast says comes true where nothing changes before: the same texts leave at that time, the same
// tasks are made, and of the rest nothing.
func TestForecastComesTrue(t *testing.T) {
	heavy(t)
	t.Parallel()
	people := func(w *world) (ann, bob ghltest.Contact) {
		return w.person("Ann", "+12025550101"), w.crm.AddContact(ghltest.Contact{FirstName: "Bob", Phone: "+12025550102", Timezone: "America/Los_Angeles"})
	}
	for _, tt := range []struct {
		name  string
		rules []remind.Rule
		hours string
		story func(w *world) // until the forecast
		want  string
	}{
		{"who and who not", []remind.Rule{lateDay, lateHour}, "", func(w *world) {
			ann, bob := people(w)
			w.book(ann, 25*time.Hour)
			w.crm.EditAppointment(w.book(ann, 30*time.Hour).ID, status("cancelled"))
			w.book(bob, 26*time.Hour)
			w.gate.Text(bob.Phone, "STOP")
			w.book(w.crm.AddContact(ghltest.Contact{FirstName: "Cat"}), 27*time.Hour)
			w.book(ann, 80*time.Hour)
		}, `01 01:00|Ann Doe|day|text|
01 02:00|Bob|day|skip|the contact opted out
01 03:00|Cat|day|skip|the contact has no phone number
01 06:00|Ann Doe|day|skip|the appointment is cancelled
02 00:00|Ann Doe|hour|text|
02 01:00|Bob|hour|skip|the contact opted out
02 02:00|Cat|hour|skip|the contact has no phone number
02 05:00|Ann Doe|hour|skip|the appointment is cancelled`},
		{"quiet hours", []remind.Rule{lateDay, lateHour}, "09:00-20:00", func(w *world) {
			ann, bob := people(w)
			w.book(ann, 26*time.Hour)   // in the evening in New York
			w.book(bob, 26*time.Hour)   // in the afternoon in Los Angeles
			w.book(ann, 38*time.Hour)   // at nine in the morning
			w.book(bob, 41*time.Hour)   // at nine in the morning
			w.book(ann, 2*24*time.Hour) // at seven in the evening
		}, `01 02:00|Bob|day|text|
01 14:00|Ann Doe|day|text|
01 14:00|Ann Doe|day|text|
01 17:00|Bob|day|text|
02 00:00|Ann Doe|day|text|
02 01:00|Ann Doe|hour|skip|people may not be texted before 9:00 AM, and then it is too late
02 01:00|Bob|hour|text|
02 13:00|Ann Doe|hour|skip|people may not be texted before 9:00 AM, and then it is too late
02 16:00|Bob|hour|skip|people may not be texted before 9:00 AM, and then it is too late
02 23:00|Ann Doe|hour|text|`},
		{"told together, also beyond the end", []remind.Rule{together(lateDay)}, "", func(w *world) {
			ann := w.person("Ann", "+12025550101")
			bo := w.person("Bo", "+12025550101")
			w.book(ann, 26*time.Hour)
			w.book(bo, 27*time.Hour)
			w.book(ann, 71*time.Hour+30*time.Minute)
			w.book(bo, 74*time.Hour) // is due after the end
		}, `01 02:00|Ann Doe|day|text|
01 02:00|Bo Doe|day|joined|in one text with appointment 1
02 23:30|Ann Doe|day|text|
02 23:30|Bo Doe|day|joined|in one text with appointment 3`},
		{"nobody answers", []remind.Rule{lateDay, askAgain, callThem}, "", func(w *world) {
			ann, bob := people(w)
			w.unconfirmed(ann, 25*time.Hour)
			w.unconfirmed(bob, 26*time.Hour)
			w.gate.Text(bob.Phone, "STOP")
		}, `01 01:00|Ann Doe|day|text|
01 02:00|Bob|day|skip|the contact opted out
01 05:00|Ann Doe|again|text|if nobody answers day
01 08:00|Ann Doe|call|task|if nobody answers again`},
		{"somebody was asked, somebody answered", []remind.Rule{lateDay, askAgain, callThem}, "", func(w *world) {
			ann, bob := people(w)
			w.unconfirmed(ann, 24*time.Hour)
			w.unconfirmed(bob, 24*time.Hour)
			w.until(time.Now().Add(10 * time.Minute))
			w.gate.Text(bob.Phone, "C")
			w.until(time.Now().Add(10 * time.Minute))
		}, `01 04:00|Ann Doe|again|text|
01 04:00|Bob|again|skip|it was answered: confirmed
01 07:00|Ann Doe|call|task|if nobody answers again`},
		{"a pause", []remind.Rule{lateDay, lateHour, askAgain}, "", func(w *world) {
			ann, bob := people(w)
			w.unconfirmed(ann, 25*time.Hour)
			w.unconfirmed(bob, 28*time.Hour)
			pauseFor(w, "", 4*time.Hour)
		}, `01 01:00|Ann Doe|day|skip|paused until Fri, Dec 31 at 11:00 PM EST: it was due 3h0m0s ago, which is too late
01 04:00|Bob|day|text|
01 08:00|Bob|again|text|if nobody answers day
02 00:00|Ann Doe|hour|text|
02 03:00|Bob|hour|text|`},
		{"a pause of one rule, in which texts wait", []remind.Rule{lateDay, together(lateHour)}, "", func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 25*time.Hour)
			w.book(w.person("Bo", "+12025550101"), 26*time.Hour)
			pauseFor(w, "day", 150*time.Minute)
			w.until(time.Now().Add(130 * time.Minute))
		}, `01 02:30|Ann Doe|day|text|paused until Fri, Dec 31 at 9:30 PM EST
01 02:30|Bo Doe|day|text|paused until Fri, Dec 31 at 9:30 PM EST
02 00:00|Ann Doe|hour|text|
02 00:00|Bo Doe|hour|joined|in one text with appointment 1`},
		{"a pause, in which a text about two waits until it is too late", []remind.Rule{together(lateDay)}, "", func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.book(ann, 25*time.Hour)
			w.book(w.person("Bo", "+12025550101"), 26*time.Hour)
			pauseFor(w, "", 5*time.Hour)
			w.until(time.Now().Add(130 * time.Minute))
		}, `01 01:00|Ann Doe|day|skip|paused until Sat, Jan 1 at 12:00 AM EST, and then it is too late
01 02:00|Bo Doe|day|skip|paused until Sat, Jan 1 at 12:00 AM EST, and then it is too late`},
		{"a pause that ends at night", []remind.Rule{{Name: "day", Before: 24 * time.Hour, Late: 20 * time.Hour, Text: lateDay.Text}}, "09:00-20:00", func(w *world) {
			w.book(w.person("Ann", "+12025550101"), 24*time.Hour+30*time.Minute)
			pauseFor(w, "", 4*time.Hour)
			w.until(time.Now().Add(40 * time.Minute))
		}, `01 14:00|Ann Doe|day|text|people may not be texted before Sat, Jan 1 at 9:00 AM`},
		{"only the latest leaves late", []remind.Rule{lateDay, {Name: "half", Before: 23 * time.Hour, Late: 4 * time.Hour, Text: lateHour.Text}}, "", func(w *world) {
			ann, bob := people(w)
			w.book(ann, 25*time.Hour)
			w.book(bob, 25*time.Hour)
			w.full()
			time.Sleep(150 * time.Minute)
		}, `01 01:00|Ann Doe|day|skip|it is late, and a later reminder of the appointment is due too
01 01:00|Bob|day|skip|it is late, and a later reminder of the appointment is due too
01 02:30|Ann Doe|half|text|
01 02:30|Bob|half|text|`},
		{"only the latest leaves at the end of a pause", []remind.Rule{lateDay, {Name: "half", Before: 23 * time.Hour, Late: 4 * time.Hour, Text: lateHour.Text}}, "", func(w *world) {
			w.book(w.person("Ann", "+12025550101"), 25*time.Hour)
			pauseFor(w, "", 150*time.Minute)
			w.until(time.Now().Add(130 * time.Minute))
		}, `01 01:00|Ann Doe|day|skip|it is late, and a later reminder of the appointment is due too
01 02:30|Ann Doe|half|text|paused until Fri, Dec 31 at 9:30 PM EST`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			o := reminding(tt.rules...)
			if tt.hours != "" {
				o = options{rules: func(r *plan.Config) { r.Reminders, r.TextingHours = tt.rules, hoursOf(tt.hours) }}
			}
			inWorld(t, o, func(w *world) {
				w.full()
				tt.story(w)
				if !strings.HasPrefix(tt.name, "only the latest leaves late") { // or it would be decided
					w.full()
				}
				now := time.Now()
				all := w.forecast(48 * time.Hour)
				if got := told(all); got != tt.want {
					t.Errorf("foreseen\n%s\nwant\n%s", got, tt.want)
				}
				w.runEvery(time.Until(now.Add(48*time.Hour+time.Minute)), 10*time.Minute, 1)
				w.cameTrue(all, now)
			})
		})
	}
}

// cameTrue holds a forecast against what became of it.
func (w *world) cameTrue(all []plan.Forecast, since time.Time) {
	w.t.Helper()
	var want, got []string
	tasks := 0
	for _, f := range all {
		switch f.Decision {
		case plan.ForecastText:
			want = append(want, fmt.Sprintf("%s %s %s", f.Number, f.Leaves.UTC().Truncate(10*time.Minute).Format("02 15:04"), f.Text))
		case plan.ForecastTask:
			tasks++
		}
	}
	for _, row := range w.rows(`SELECT t.number, strftime('%s', o.started_at / 1000.0, 'unixepoch'), t.body FROM texts t JOIN outbox o ON o.id = t.outbox_id
		WHERE t.purpose = 'reminder' AND o.state = 'done' AND o.started_at >= ?`, since.UnixMilli()) {
		var sec int64
		if _, err := fmt.Sscan(row[1], &sec); err != nil {
			w.t.Fatalf("%v", err)
		}
		got = append(got, fmt.Sprintf("%s %s %s", row[0], time.Unix(sec, 0).UTC().Truncate(10*time.Minute).Format("02 15:04"), row[2]))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		w.t.Errorf("texts\n%s\nforeseen\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), w.dump())
	}
	if n := len(w.rows(`SELECT id FROM reminders WHERE task_id IS NOT NULL AND decided_at >= ?`, since.UnixMilli())); n != tasks {
		w.t.Errorf("%d tasks, foreseen %d\n%s", n, tasks, w.dump())
	}
}

// What a limit holds waits for a person, and a follow-up of what may have left waits for clarity.
func TestForecastOfWhatIsHeldOrUnclear(t *testing.T) {
	heavy(t)
	t.Parallel()
	o := options{rules: func(r *plan.Config) {
		r.Reminders, r.Limits = []remind.Rule{lateDay, askAgain}, plan.Limits{TextsPerHour: 1, TextsPerPersonPerDay: 10}
	}}
	inWorld(t, o, func(w *world) {
		w.unconfirmed(w.person("Ann", "+12025550101"), 24*time.Hour)
		w.unconfirmed(w.person("Bob", "+12025550102"), 24*time.Hour+time.Second)
		w.run(2 * time.Minute)
		w.want("done\nheld", `SELECT state FROM outbox ORDER BY id`)
		const want = "01 00:02|Bob Doe|day|wait|it is held: ghlsms outbox show 2\n01 04:00|Ann Doe|again|text|"
		if got := told(w.forecast(48 * time.Hour)); got != want {
			t.Errorf("foreseen\n%s\nwant\n%s", got, want)
		}
		w.update(func(tx *store.Tx) error {
			_, err := tx.ExecContext(w.ctx, `UPDATE outbox SET state = 'unknown', started_at = due_at WHERE id = 2`)
			return err
		})
		all := w.forecast(48 * time.Hour)
		if f := all[0]; f.Contact != "Bob Doe" || f.Decision != plan.ForecastWait || f.Why != "it is not clear whether day left" {
			t.Errorf("%+v", all)
		}
	})
}
