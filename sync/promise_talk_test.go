package sync_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
)

// What people are asked back, and what their answers do.

func (w *world) says(number string, texts ...string) {
	for _, text := range texts {
		w.gate.Text(number, text)
		w.run(time.Minute)
	}
}

// onMonday begins a story on a working day at ten, so that the calendar has free time.
func onMonday(w *world) {
	time.Sleep(time.Until(time.Date(2000, 1, 3, 15, 0, 0, 0, time.UTC)))
	w.full()
}

func TestMovingAnAppointment(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		onMonday(w)
		id := w.book(ann, 47*time.Hour).ID
		w.full()
		w.says(ann.Phone, "R", "4")
		a, _ := w.crm.Appointment(id)
		texts := w.got(ann.Phone)
		if len(texts) != 2 || !strings.Contains(texts[0], "1 for Mon, Jan 3") || !strings.Contains(texts[1], "Your appointment is now on ") {
			t.Fatalf("texts %q\n%s", texts, w.dump())
		}
		zone := w.rules.Timezone
		if told := a.Start.In(zone).Format("Mon, Jan 2 at 3:04 PM"); !strings.Contains(texts[0], "4 for "+told) || !strings.Contains(texts[1], told) {
			t.Errorf("it is at %s, texts %q", told, texts)
		}
		w.checkQuiet()
	})
}

// Who names a day is offered that day first.
func TestMovingToADay(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		onMonday(w)
		w.book(ann, 47*time.Hour)
		w.full()
		w.says(ann.Phone, "Can you reschedule my appointment for thursday please")
		if texts := w.got(ann.Phone); len(texts) != 1 || !strings.Contains(texts[0], "1 for Thu, Jan 6 at 9:00 AM") {
			t.Errorf("%q\n%s", texts, w.dump())
		}
	})
}

// Somebody else takes the time between the offer and the booking: the person is told, and asked again.
func TestMovingToATimeThatIsTaken(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		onMonday(w)
		id := w.book(ann, 47*time.Hour).ID
		w.full()
		before, _ := w.crm.Appointment(id)
		w.says(ann.Phone, "R")
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Path: "/calendars/events/appointments/*", Kind: ghltest.SlotTaken})
		w.says(ann.Phone, "3")
		if a, _ := w.crm.Appointment(id); !a.Start.Equal(before.Start) {
			t.Errorf("moved to %s", a.Start)
		}
		w.wantTexts(ann.Phone, "When instead", "That time has just been taken", "When instead")
		w.says(ann.Phone, "3")
		w.wantTexts(ann.Phone, "When instead", "That time has just been taken", "When instead", "Your appointment is now on")
		w.checkQuiet()
	})
}

// No reminder leaves for a time that the CRM has not taken yet.
func TestNoReminderForATimeThatIsOnlyWished(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		onMonday(w)
		w.book(ann, 47*time.Hour)
		w.full()
		w.says(ann.Phone, "R")
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Path: "/calendars/events/appointments/*", Kind: ghltest.SlotTaken})
		w.says(ann.Phone, "1") // within the hour
		w.wantTexts(ann.Phone, "When instead", "That time has just been taken", "When instead")
	})
}

// A calendar without free time, or one that cannot be read, leaves it to staff.
func TestMovingWithoutFreeTime(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*world){
		"none": func(w *world) { w.crm.BlockSlot(w.calendar, time.Now(), time.Now().AddDate(0, 1, 0)) },
		"cannot be read": func(w *world) {
			w.crm.AddFault(ghltest.Fault{Path: "/calendars/*/free-slots", Kind: ghltest.ErrorAfter, Times: -1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				onMonday(w)
				w.book(ann, 47*time.Hour)
				w.full()
				set(w)
				w.says(ann.Phone, "R")
				w.run(20 * time.Minute)
				w.wantTexts(ann.Phone, "will call you")
				if tasks := w.crm.Tasks(); len(tasks) != 1 || !strings.Contains(tasks[0].Title, "Ann Doe asks to move") {
					t.Errorf("tasks %+v", tasks)
				}
				w.crm.ClearFaults()
				w.checkQuiet()
			})
		})
	}
}

// The process dies between the choice and the booking: it is booked once, and told once.
func TestMovingSurvivesADeath(t *testing.T) {
	t.Parallel()
	for _, at := range []phase{before, after} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			inWorld(t, options{}, func(w *world) {
				ann := w.person("Ann", "+12025550101")
				onMonday(w)
				id := w.book(ann, 47*time.Hour).ID
				w.full()
				w.says(ann.Phone, "R")
				from, _ := w.crm.Appointment(id)
				puts := len(w.crm.Writes())
				w.gate.Text(ann.Phone, "3")
				w.dieAt(func(n int, p phase) bool { return p == at && n >= 4 })
				w.run(15 * time.Minute)
				a, _ := w.crm.Appointment(id)
				if a.Start.Equal(from.Start) || len(w.crm.Writes()) != puts+1 {
					t.Errorf("at %s, %d writes\n%s", a.Start, len(w.crm.Writes())-puts, w.dump())
				}
				w.wantTexts(ann.Phone, "When instead", "Your appointment is now on")
				w.checkQuiet()
			})
		})
	}
}

func TestStaffActOnOthers(t *testing.T) {
	t.Parallel()
	const rita, stranger = "+12025550111", "+12025550112"
	rules := func(r *plan.Config) { r.Inbound.StaffActs, r.Inbound.StaffUsers, r.Inbound.PIN = true, true, "4711" }
	inWorld(t, options{rules: rules}, func(w *world) {
		w.crm.AddUser(ghltest.User{ID: "u1", FirstName: "Rita", LastName: "Roe", Phone: "(202) 555-0111"})
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.full()
		id := w.book(ann, 47*time.Hour).ID
		w.crm.AddTask(ghltest.Task{ContactID: bob.ID, Title: "Send the bill", Due: time.Now().Add(time.Hour), AssignedTo: "u1"})
		w.full()
		w.says(rita, "NOTE Ann: likes tea", "4711 NOTE Ann: likes tea", "4711 TASK +1 202 555 0102: call back tomorrow", "4711 CONFIRM Ann", "4711 TASKS", "4711 DONE 1", "4711 WHO 2025550101", "4711 NEXT", "4711 NOTE Zoe: x")
		w.says(stranger, "4711 WHO Ann")
		w.wantTexts(rita, "begin with your PIN", "Ann Doe: Noted.", "Bob Doe: Noted as 1", "Ann Doe: Thanks, the appointment", "call back", "Done", "Ann", "Next: ", "No contact fits")
		if a, _ := w.crm.Appointment(id); a.Status != "confirmed" {
			t.Errorf("status %s", a.Status)
		}
		notes := w.crm.Notes()
		if len(notes) == 0 || !strings.Contains(notes[0].Body, "Rita Roe") || strings.Contains(notes[0].Body, "4711") {
			t.Errorf("notes %+v", notes)
		}
		w.want("0", `SELECT count(*) FROM inbound WHERE body LIKE '%4711%' AND sender = '`+rita+`'`)
		w.want("1", `SELECT count(*) FROM inbound WHERE reason LIKE '%by Rita Roe of staff%' AND decision = 'confirmed'`)
		for _, text := range w.got(stranger) {
			if strings.Contains(text, "Ann") {
				t.Errorf("a stranger was told %q", text)
			}
		}
		w.checkQuiet()
	})
}

// Of two whose name fits, staff choose one.
func TestStaffChooseWhom(t *testing.T) {
	t.Parallel()
	const rita = "+12025550111"
	rules := func(r *plan.Config) { r.Inbound.StaffActs, r.Staff = true, []sms.Phone{rita} }
	inWorld(t, options{rules: rules}, func(w *world) {
		one := w.person("Ann", "+12025550101")
		w.person("Ann", "+12025550102")
		w.full()
		w.says(rita, "TASK Ann: call back")
		choice := "2"
		if texts := w.got(rita); len(texts) == 1 && strings.Contains(texts[0], "1 for Ann Doe +1*****0101") {
			choice = "1"
		}
		w.says(rita, choice)
		w.wantTexts(rita, "Who?", "Ann Doe: Noted as 1")
		if tasks := w.crm.Tasks(); len(tasks) != 1 || tasks[0].ContactID != one.ID || tasks[0].Title != "call back" {
			t.Errorf("tasks %+v", tasks)
		}
		w.checkQuiet()
	})
}

// UNDO takes back in the CRM too, once.
func TestUndoByText(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		id := w.book(ann, 47*time.Hour).ID
		w.full()
		w.says(ann.Phone, "X")
		if a, _ := w.crm.Appointment(id); a.Status != "cancelled" {
			t.Fatalf("status %s", a.Status)
		}
		w.says(ann.Phone, "UNDO", "UNDO")
		if a, _ := w.crm.Appointment(id); a.Status == "cancelled" {
			t.Errorf("status %s", a.Status)
		}
		w.says(ann.Phone, "TASK call me", "UNDO")
		if tasks := w.crm.Tasks(); len(tasks) != 1 || !tasks[0].Completed { // deleting is not allowed
			t.Errorf("tasks %+v", tasks)
		}
		w.wantTexts(ann.Phone, "is cancelled", "Taken back", "nothing to take back", "Noted as 1", "Taken back")
		w.checkQuiet()
	})
}

// Who takes a move back before the CRM took it hears no more of it.
func TestUndoOfAMoveThatWaits(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		onMonday(w)
		id := w.book(ann, 47*time.Hour).ID
		w.full()
		before, _ := w.crm.Appointment(id)
		w.says(ann.Phone, "R")
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Kind: ghltest.Refuse, Times: -1})
		w.says(ann.Phone, "3", "UNDO")
		w.crm.ClearFaults()
		w.run(30 * time.Minute)
		w.wantTexts(ann.Phone, "When instead", "Taken back")
		if a, _ := w.crm.Appointment(id); !a.Start.Equal(before.Start) || len(w.crm.Tasks()) != 0 {
			t.Errorf("%s, tasks %v", a.Start, w.crm.Tasks())
		}
		w.checkQuiet()
	})
}

// What staff call off in the CRM is not told as moved.
func TestMovingWhatIsCalledOffWhileItIsBooked(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		onMonday(w)
		id := w.book(ann, 47*time.Hour).ID
		w.full()
		w.says(ann.Phone, "R")
		w.crm.AddFault(ghltest.Fault{Method: "PUT", Kind: ghltest.Refuse, Times: -1})
		w.says(ann.Phone, "3")
		w.crm.EditAppointment(id, func(a *ghltest.Appointment) { a.Status = "cancelled" })
		w.run(5 * time.Minute)
		w.crm.ClearFaults()
		w.run(30 * time.Minute)
		w.wantTexts(ann.Phone, "When instead", "no coming appointment")
		w.checkQuiet()
	})
}

// Where appointments are not written to the CRM nobody is told that theirs was.
func TestAnswersWhereAppointmentsAreReadOnly(t *testing.T) {
	t.Parallel()
	readOnly := func(r *plan.Config) { r.Merge = map[store.Entity]merge.Rule{store.Appointment: {ReadOnly: true}} }
	inWorld(t, options{rules: readOnly}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		onMonday(w)
		w.book(ann, 47*time.Hour)
		w.full()
		w.says(ann.Phone, "C", "X", "R")
		w.wantTexts(ann.Phone, "will call you", "will call you")
		if n := len(w.crm.Tasks()); n != 3 {
			t.Errorf("%d tasks", n)
		}
		w.checkQuiet()
	})
}

func TestAnotherNameIsAskedAbout(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", LastName: "Lee", Phone: "+12025550101"})
		w.full()
		w.says(ann.Phone, "This is Bob Smith", "no", "This is Bob Smith")
		if c := w.contactNow(ann.ID); c.FirstName != "Ann" {
			t.Errorf("%+v", c)
		}
		w.says(ann.Phone, "yes")
		if c := w.contactNow(ann.ID); c.FirstName != "Bob" || c.LastName != "Smith" {
			t.Errorf("%+v", c)
		}
		w.checkQuiet()
	})
}

// Two robots do not talk for ever, and nobody gets more answers or tasks than the limits allow.
func TestRobotsAndFloods(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	rules := func(r *plan.Config) {
		r.Limits.AnswersPerPersonPerHour, r.Limits.TasksPerPersonPerDay, r.Limits.TextsPerPersonPerDay = 8, 3, 0
	}
	inWorld(t, options{rules: rules}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		bob := w.person("Bob", "+12025550102")
		w.full()
		for range 6 {
			w.says(ann.Phone, "HELP")
		}
		if n := len(w.got(ann.Phone)); n != 2 {
			t.Errorf("a robot got %d answers", n)
		}
		for _, task := range []string{"one", "two", "three", "four", "five"} {
			w.says(bob.Phone, "TASK "+task)
		}
		if n := len(w.crm.Tasks()); n != 3 {
			t.Errorf("%d tasks", n)
		}
		for range 8 {
			w.says(bob.Phone, "TASKS")
		}
		if n := len(w.got(bob.Phone)); n != 8 {
			t.Errorf("%d answers", n)
		}
		w.want("0", `SELECT count(*) FROM inbound WHERE decision IS NULL OR reason IS NULL OR reason = ''`)
		w.checkQuiet()
	})
}

// A text that was read a day late is decided by the day on which it was sent.
func TestATextThatIsReadLate(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.book(ann, 20*time.Hour)
		w.book(ann, 60*time.Hour)
		w.full()
		w.gate.Text(ann.Phone, "cancel my appointment tonight")
		w.gate.Text(ann.Phone, "TASK call me tomorrow")
		w.gate.SetDown(true)
		time.Sleep(24 * time.Hour)
		w.gate.SetDown(false)
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone)
		w.want("0", `SELECT count(*) FROM v1_appointments WHERE status = 'cancelled'`)
		w.want("2000-01-01T22:00:00Z", `SELECT due FROM v1_tasks`) // tomorrow, from New York's New Year's Eve on
		w.checkQuiet()
	})
}

// The PIN is kept nowhere, whatever becomes of the text that had it and wherever in that it stood.
func TestThePINIsKeptNowhere(t *testing.T) {
	t.Parallel()
	rules := func(r *plan.Config) {
		r.Inbound.StaffActs, r.Inbound.PIN, r.Staff, r.Limits.TasksPerPersonPerDay = true, "4711", []sms.Phone{"+12025550111"}, 1
	}
	inWorld(t, options{rules: rules}, func(w *world) {
		rita := w.person("Rita", "+12025550111")
		w.person("Ann", "+12025550101")
		w.full()
		w.says(rita.Phone, "4711 TASK Ann: call back", "4711 TASK Ann: write to them", "my 4711 is that", "4711 STOP")
		w.want("1", `SELECT count(*) FROM inbound WHERE decision = 'too many'`)
		w.want("1", `SELECT count(*) FROM opt_outs`)
		w.want("0", `SELECT count(*) FROM opt_outs WHERE reason LIKE '%4711%'`)
		w.want("0", `SELECT count(*) FROM inbound WHERE body LIKE '%4711%'`)
		for _, n := range w.crm.Notes() {
			if strings.Contains(n.Body, "4711") {
				t.Errorf("note %q", n.Body)
			}
		}
	})
}

// Who left the practice is no staff any more, and is told nothing of others.
func TestWhoLeftIsNoStaff(t *testing.T) {
	t.Parallel()
	const rita = "+12025550111"
	rules := func(r *plan.Config) { r.Inbound.StaffActs, r.Inbound.StaffUsers, r.Inbound.PIN = true, true, "4711" }
	inWorld(t, options{rules: rules}, func(w *world) {
		w.crm.AddUser(ghltest.User{ID: "u1", FirstName: "Rita", LastName: "Roe", Phone: rita})
		w.person("Ann", "+12025550101")
		w.full()
		w.says(rita, "4711 WHO Ann")
		w.wantTexts(rita, "Ann Doe")
		w.crm.RemoveUser("u1")
		time.Sleep(25 * time.Hour) // lists are read now and then
		w.full()
		w.says(rita, "4711 WHO Ann")
		if told := w.got(rita); len(told) != 2 || strings.Contains(told[1], "Ann") {
			t.Errorf("told %q", told)
		}
	})
}

// What people are offered after the mirror was put back from a copy is known by another key than all
// that was offered before, though the copy forgot those questions.
func TestQuestionsAfterACopyHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		const keys = `SELECT key FROM outbox WHERE key LIKE 'question/%'`
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		withMark(w)
		onMonday(w)
		w.book(ann, 47*time.Hour)
		w.book(bob, 49*time.Hour)
		w.full()
		w.run(2 * time.Minute)
		backup := filepath.Join(w.dir, "backup.db")
		w.copyDB(w.db.Path(), backup)
		w.says(ann.Phone, "R")
		w.wantTexts(ann.Phone, "When instead")
		before := w.one(keys)
		w.putBack(backup)
		w.run(2 * time.Minute)
		w.decide(w.one(`SELECT id FROM brakes WHERE state = 'held'`), store.BrakeReleased)
		w.run(15 * time.Minute)
		w.says(bob.Phone, "R")
		w.wantTexts(bob.Phone, "When instead")
		if after := w.one(keys); after == before {
			t.Errorf("both have the key %s", after)
		}
	})
}

// An appointment that is called off while its calendar is asked is not offered another time.
func TestMovingWhatIsCalledOffMeanwhile(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		onMonday(w)
		id := w.book(ann, 47*time.Hour).ID
		w.full()
		w.crm.AddFault(ghltest.Fault{Path: "/calendars/*/free-slots", Kind: ghltest.ErrorAfter, Times: -1})
		w.says(ann.Phone, "R")
		w.crm.EditAppointment(id, func(a *ghltest.Appointment) { a.Status = "cancelled" })
		w.run(20 * time.Minute)
		w.wantTexts(ann.Phone, "no coming appointment")
		if tasks := w.crm.Tasks(); len(tasks) != 0 {
			t.Errorf("tasks %+v", tasks)
		}
	})
}

// What staff did for others nobody takes back without the PIN, even where they are contacts too.
func TestUndoOfStaffNeedsThePIN(t *testing.T) {
	t.Parallel()
	rules := func(r *plan.Config) {
		r.Inbound.StaffActs, r.Inbound.PIN, r.Staff = true, "4711", []sms.Phone{"+12025550111"}
	}
	inWorld(t, options{rules: rules}, func(w *world) {
		rita, ann := w.person("Rita", "+12025550111"), w.person("Ann", "+12025550101")
		w.full()
		id := w.book(ann, 47*time.Hour).ID
		w.full()
		w.says(rita.Phone, "4711 CANCEL Ann", "UNDO")
		if a, _ := w.crm.Appointment(id); a.Status != "cancelled" {
			t.Errorf("status %s", a.Status)
		}
		w.wantTexts(rita.Phone, "Ann Doe: ", "begin with your PIN")
	})
}
