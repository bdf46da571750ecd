package sync_test

import (
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/remind"
)

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
			oneOf(t, 3)
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
		oneOf(t, 3)
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
			w.crm.UndeleteContact(ann.ID)
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
				oneOf(t, 3)
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
		{"it ends in time", func(w *world) { pause(w, "", 2*time.Hour) }, 1, "late|left 60 min late: paused until 2000-01-01T02:00:00Z|2000-01-01T02:00:00Z"},
		{"it ends before it is due", func(w *world) { pause(w, "", 50*time.Minute) }, 1, "sent||2000-01-01T01:00:00Z"},
		{"of that rule", func(w *world) { pause(w, "day", 2*time.Hour) }, 1, "late|left 60 min late: paused until 2000-01-01T02:00:00Z|2000-01-01T02:00:00Z"},
		{"of another rule", func(w *world) { pause(w, "hour", 2*time.Hour) }, 1, "sent||2000-01-01T01:00:00Z"},
		{"the longer of two counts", func(w *world) { pause(w, "day", 2*time.Hour); pause(w, "", 80*time.Minute) }, 1, "late|left 60 min late: paused until 2000-01-01T02:00:00Z|2000-01-01T02:00:00Z"},
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
		}, 1, "late|left 30 min late: paused until 2000-01-01T05:00:00Z|2000-01-01T01:30:00Z"},
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
		}, 1, "late|left 90 min late: paused until 2000-01-01T02:00:00Z|2000-01-01T02:30:00Z"},
		{"it begins when the text waits for the gateway", func(w *world) {
			w.gate.SetDown(true)
			w.until(time.Now().Add(65 * time.Minute))
			pause(w, "", 30*time.Minute)
			w.gate.SetDown(false)
		}, 1, "late|left 35 min late: POST /sms/send: gateway unavailable: dial tcp sms.sandbox: connection refused|2000-01-01T01:35:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
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
		oneOf(t, 3)
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
