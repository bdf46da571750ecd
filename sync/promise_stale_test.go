package sync_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
)

// Promise 9: staleness is visible.

func (w *world) source(name string) (c store.Cursor) {
	w.t.Helper()
	w.view(func(tx *store.Tx) (err error) { c, err = tx.Cursor(w.ctx, name); return err })
	return c
}

const staff = "+12025550190"

func withStaff(r *plan.Config) { r.Staff = []sms.Phone{staff} }

func TestErrorsOfASourceAreNotedAndCleared(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		w.full()
		w.crm.AddFault(ghltest.Fault{Path: "/contacts/search", Kind: ghltest.Refuse, Times: -1})
		w.gate.AddFault(smstest.Fault{Path: "/v1/recent/inbound-sms", Kind: smstest.ErrorBefore})
		read := w.source(store.SourceContacts).ReadAt
		w.run(5 * time.Minute)
		for _, name := range []string{store.SourceContacts, store.SourceInbound} {
			if c := w.source(name); c.Error == "" || c.FailedAt.IsZero() || c.ReadAt.After(read) {
				t.Errorf("%s: %+v", name, c)
			}
		}
		w.crm.ClearFaults()
		w.gate.ClearFaults()
		w.run(2 * time.Minute)
		w.want("", `SELECT source, error FROM v1_freshness WHERE error IS NOT NULL`)
	})
}

func TestStaffAreToldOnceForEachSilence(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withStaff}, func(w *world) {
		w.full()
		for range 2 {
			w.crm.AddFault(ghltest.Fault{Path: "/contacts/search", Kind: ghltest.Refuse, Times: -1})
			w.runEvery(4*time.Hour, 2*time.Minute, 1)
			w.crm.ClearFaults()
			w.runEvery(40*time.Minute, time.Minute, 1)
		}
		const all = "ghlsms: crm.contacts could not be read" // the others could
		const over = "ghlsms: that is over: crm.contacts can be read again since"
		w.wantTexts(staff, all, over, all, over)
		w.checkQuiet()
	})
}

// An alarm that could not leave before it was over is not told after its end, and its end is not told either.
func TestAnAlarmIsNotToldAfterItsEnd(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withStaff}, func(w *world) {
		w.full()
		w.gate.SetKey("other")
		w.runEvery(45*time.Minute, time.Minute, 1)
		w.gate.AddFault(smstest.Fault{Path: "/sms/send", Kind: smstest.Refuse, Times: -1})
		w.gate.SetKey(smstest.DefaultKey)
		w.runEvery(20*time.Minute, time.Minute, 1)
		w.gate.ClearFaults()
		w.runEvery(time.Hour, time.Minute, 1)
		w.wantTexts(staff)
		w.want("dropped|it was over before it could leave", `SELECT state, reason FROM outbox WHERE key GLOB 'alarm/*'`)
		w.checkQuiet()
	})
}

// A source that was never read is silent too.
func TestStaffAreToldOfASourceThatWasNeverRead(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: withStaff, crm: ghltest.Options{Scopes: []string{
		"contacts.readonly", "contacts.write", "calendars.readonly", "calendars/events.readonly", "calendars/events.write", "locations.readonly", "users.readonly",
	}}}, func(w *world) {
		w.runEvery(4*time.Hour, 2*time.Minute, 1)
		w.wantTexts(staff, "crm.tasks could not be read")
		if got := w.got(staff)[0]; !strings.Contains(got, ": the token lacks a permission. Run: ghlsms status") {
			t.Errorf("%q", got)
		}
	})
}

// Staff are told once of each time in which reminders are due and cannot be decided, here since nobody can
// be asked who the contact is.
func TestStaffAreToldOnceOfUndecidedReminders(t *testing.T) {
	heavy(t)
	t.Parallel()
	rules := func(r *plan.Config) { withStaff(r); r.StaleAfter = 0 }
	inWorld(t, options{rules: rules}, func(w *world) {
		for i, name := range []string{"Ann", "Bob"} {
			w.full()
			c := w.person(name, fmt.Sprintf("+1202555010%d", i+1))
			for _, path := range []string{"/contacts/search", "/contacts/" + c.ID} {
				w.crm.AddFault(ghltest.Fault{Path: path, Kind: ghltest.Refuse, Times: -1})
			}
			w.book(c, 24*time.Hour+time.Minute)
			w.runEvery(11*time.Minute-time.Second, 15*time.Second, 2)
			if n := len(w.got(staff)); n != 2*i {
				t.Errorf("staff were told of %s before it was time: %d texts", name, n)
			}
			w.book(c, 24*time.Hour+10*time.Minute) // it is overdue in the same time
			w.runEvery(time.Hour, time.Minute, 1)
			w.want("2", `SELECT count(*) FROM v1_reminders WHERE decision = 'planned' AND rule = 'day-before'`)
			w.crm.ClearFaults()
			w.runEvery(10*time.Minute, time.Minute, 1)
			w.want("0", `SELECT count(*) FROM v1_reminders WHERE decision = 'planned' AND rule = 'day-before'`)
		}
		const over = "ghlsms: that is over: no reminder is due and not decided any more"
		w.wantTexts(staff, "ghlsms: 1 reminder is due since 7:01 PM, Dec 31 and not decided. Run: ghlsms status", over, "ghlsms: 1 reminder is due since", over)
	})
}

// What missed the evening and waits until people may be texted is not overdue.
func TestAReminderThatWaitsForTheMorningIsNotOverdue(t *testing.T) {
	heavy(t)
	t.Parallel()
	waking, err := hours.Parse("08:00-21:00")
	if err != nil {
		t.Fatal(err)
	}
	rules := func(r *plan.Config) {
		withStaff(r)
		r.TextingHours = &hours.Texting{Default: waking}
		r.Reminders = r.Reminders[:1]
		r.Reminders[0].Late = 14 * time.Hour
	}
	inWorld(t, options{rules: rules}, func(w *world) { // it is 7 in the evening
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 25*time.Hour)
		w.full()
		time.Sleep(2 * time.Hour) // asleep when it was due
		w.runEvery(9*time.Hour, 5*time.Minute, 1)
		w.want("planned|2000-01-01T13:00:00Z", `SELECT decision, leaves_at FROM v1_reminders`)
		w.runEvery(4*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, "Hi Ann")
		w.wantTexts(staff)
		w.want("late", `SELECT decision FROM v1_reminders`)
	})
}

// A token without the scope for tasks still reads contacts and appointments, and reminds.
func TestMissingScopeStopsOneSourceOnly(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{Scopes: []string{
		"contacts.readonly", "contacts.write", "calendars.readonly", "calendars/events.readonly", "locations.readonly", "users.readonly",
	}}}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.book(ann, 24*time.Hour+time.Minute)
		w.run(3 * time.Minute)
		if c := w.source(store.SourceTasks); !strings.Contains(c.Error, "scope") {
			t.Errorf("tasks: %+v", c)
		}
		for _, name := range []string{store.SourceContacts, store.SourceAppointments, store.SourceInbound} {
			if c := w.source(name); c.Error != "" || c.ReadAt.IsZero() {
				t.Errorf("%s: %+v", name, c)
			}
		}
		w.gate.Text(ann.Phone, "C") // may not be written either, and does not hold up the rest
		w.gate.Text(ann.Phone, "TASK call me")
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone, "Hi Ann", "is confirmed", "Noted")
		if len(w.crm.Tasks()) != 1 {
			t.Errorf("tasks %v\n%s", w.crm.Tasks(), w.dump())
		}
		w.crm.SetScopes()
		w.runEvery(90*time.Minute, time.Minute, 1)
		w.checkQuiet()
	})
}

// A key that is refused stops its side and no other, and what waited leaves when it is mended.
func TestRefusedCredentials(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.crm.SetToken("another")
		w.gate.Text(ann.Phone, "TASK call me")
		w.runEvery(time.Hour, time.Minute, 1)
		w.wantTexts(ann.Phone, "Noted")
		w.crm.SetToken(ghltest.DefaultToken)
		w.gate.SetKey("another")
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Arlington"})
		w.gate.Text(ann.Phone, "TASKS")
		w.runEvery(time.Hour, time.Minute, 1)
		if w.contactNow(ann.ID).City != "Arlington" || len(w.crm.Tasks()) != 1 {
			t.Errorf("the CRM side stands still\n%s", w.dump())
		}
		w.gate.SetKey(smstest.DefaultKey)
		w.runEvery(time.Hour, time.Minute, 1)
		w.wantTexts(ann.Phone, "Noted", "1. call me")
		w.checkQuiet()
	})
}

// Where planning itself fails nothing is decided: staff are told of that too, unless they asked for no texts,
// and nothing else leaves.
func TestStaffAreToldWherePlanningFails(t *testing.T) {
	heavy(t)
	t.Parallel()
	const alarm, over = "ghlsms: 1 reminder is due since", "ghlsms: that is over: no reminder is due"
	for _, tt := range []struct {
		says string // staff, meanwhile
		down bool   // the gateway, when it is time
		told []string
		then []string // after that
	}{
		{"", false, []string{alarm}, []string{over}},
		{"what is on?", true, []string{alarm}, []string{"we got your text", over}},
		{"stop", false, nil, nil},
	} {
		inWorld(t, options{rules: withStaff}, func(w *world) {
			ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
			w.book(ann, 24*time.Hour+5*time.Minute)
			w.full()
			w.update(func(tx *store.Tx) error {
				_, err := tx.ExecContext(w.ctx, `ALTER TABLE questions RENAME TO broken`)
				return err
			})
			w.run(10 * time.Minute)
			w.gate.Text(bob.Phone, "STOP")
			if tt.says != "" {
				w.gate.Text(staff, tt.says)
			}
			w.run(time.Minute)
			w.gate.SetDown(tt.down)
			w.run(15 * time.Minute)
			w.gate.SetDown(false)
			w.run(20 * time.Minute)
			if w.lastErr == nil || !strings.Contains(w.lastErr.Error(), "no such table: questions") {
				t.Errorf("the cycle says %v", w.lastErr)
			}
			w.wantTexts(staff, tt.told...)
			w.wantTexts(ann.Phone)
			w.wantTexts(bob.Phone)
			w.update(func(tx *store.Tx) error {
				_, err := tx.ExecContext(w.ctx, `ALTER TABLE broken RENAME TO questions`)
				return err
			})
			w.run(5 * time.Minute)
			w.wantTexts(bob.Phone) // five minutes are over
			w.wantTexts(ann.Phone, "Hi Ann")
			w.wantTexts(staff, append(tt.told, tt.then...)...)
			w.checkQuiet()
		})
	}
}

// Staff hear of trouble also where a limit on texts is used up, and what they are to hear costs nobody anything. A
// reminder that the limit holds is of use until its appointment begins, and the alarm says so.
func TestAlarmsPassTheLimits(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) { withStaff(r); oneReminder(r); r.Limits.TextsPerHour = 1 }}, func(w *world) {
		ann, bob := w.person("Ann", annsNumber), w.person("Bob", "+12025550102")
		w.book(ann, 24*time.Hour+5*time.Minute)
		visit := w.book(bob, 24*time.Hour+5*time.Minute)
		w.run(10 * time.Minute)
		w.want("held", `SELECT state FROM outbox WHERE id = 2`)
		w.crm.AddFault(ghltest.Fault{Path: "/contacts/search", Kind: ghltest.Refuse, Times: -1})
		w.run(40 * time.Minute)
		w.wantTexts(staff, "ghlsms: crm.contacts could not be read")
		w.view(func(tx *store.Tx) error {
			stakes, err := tx.Stakes(w.ctx)
			limited, lerr := tx.Limited(w.ctx)
			if stakes.Waiting != 1 || stakes.Reminders != 1 || !stakes.TooLate.Equal(visit.Start) || !limited.TooLate.Equal(visit.Start) {
				t.Errorf("%+v, %+v", stakes, limited)
			}
			return errors.Join(err, lerr)
		})
	})
}
