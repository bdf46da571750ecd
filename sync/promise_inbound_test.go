package sync_test

import (
	"fmt"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
)

// Promise 2: nothing that came in is lost, and each text gets exactly one decision.

func TestNothingThatCameInIsLost(t *testing.T) {
	heavy(t)
	t.Parallel()
	for name, set := range map[string]func(*smstest.Sandbox){
		"as they are": func(*smstest.Sandbox) {},
		"duplicated":  func(s *smstest.Sandbox) { s.DuplicateInbound(true) },
		"shuffled":    func(s *smstest.Sandbox) { s.ShuffleInbound(true) },
		"without ids": func(s *smstest.Sandbox) { s.WithoutIDs(true) },
		"bare":        func(s *smstest.Sandbox) { s.BareInbound(true) },
		"all of it": func(s *smstest.Sandbox) {
			s.DuplicateInbound(true)
			s.ShuffleInbound(true)
			s.WithoutIDs(true)
			s.BareInbound(true)
		},
	} {
		t.Run(name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{gate: smstest.Options{Recent: 500}, rules: noBrakes}, func(w *world) {
				set(w.gate)
				w.full()
				for i := range 230 { // more than two pages
					w.gate.Text(fmt.Sprintf("+1202555%04d", 1000+i), "Hi, I'm Jane Doe")
					time.Sleep(time.Second)
				}
				w.runEvery(time.Hour, 5*time.Minute, 1)
				w.want("230|230", `SELECT count(*), count(decision) FROM inbound`)
				if n := len(w.crm.Contacts()); n != 230 {
					t.Errorf("%d contacts", n)
				}
				if n := len(w.gate.Sent()); n != 230 {
					t.Errorf("%d answers", n)
				}
				w.checkQuiet()
			})
		})
	}
}

func TestTextsComeInWhileTheCRMIsDown(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.crm.SetDown(true)
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe, jane.doe@example.com")
		w.gate.Text(ann.Phone, "TASK call me")
		w.runEvery(time.Hour, time.Minute, 1)
		w.gate.Text(ann.Phone, "TASKS")
		w.gate.Text("+12025550177", "Where do I park?")
		w.runEvery(5*time.Hour, time.Minute, 1)
		w.wantTexts(ann.Phone, "Noted", "1. call me")
		w.wantTexts("+12025550177", "Thanks Jane")
		w.want("4|4", `SELECT count(*), count(decision) FROM inbound`)
		w.crm.SetDown(false)
		w.runEvery(2*time.Hour, time.Minute, 1)
		if len(w.crm.Contacts()) != 2 || len(w.crm.Tasks()) != 2 || len(w.crm.Notes()) != 2 {
			t.Errorf("contacts %v\ntasks %v\nnotes %v\n%s", w.crm.Contacts(), w.crm.Tasks(), w.crm.Notes(), w.dump())
		}
		w.checkQuiet()
	})
}

func TestTextsComeInWhileTheGatewayIsDown(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.full()
		w.gate.SetDown(true)
		w.gate.Text(ann.Phone, "TASK call me")
		w.runEvery(3*time.Hour, time.Minute, 1)
		w.want("0", `SELECT count(*) FROM inbound`)
		w.gate.SetDown(false)
		w.gate.Text(ann.Phone, "TASKS")
		w.runEvery(time.Hour, time.Minute, 1)
		w.wantTexts(ann.Phone, "Noted", "1. call me")
		w.checkQuiet()
	})
}

// What people texted before the mirror was made is kept but not acted on, but for an opt-out.
func TestTextsFromBeforeTheMirror(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.gate.TextAt(ann.Phone, "TASK call me", time.Now().Add(-time.Hour))
		w.gate.TextAt("+12025550102", "STOP", time.Now().Add(-48*time.Hour))
		w.run(2 * time.Minute)
		w.wantTexts(ann.Phone)
		w.wantTexts("+12025550102")
		w.want("opted out\nignored", `SELECT decision FROM inbound ORDER BY received_at`)
		w.want("+12025550102", `SELECT number FROM v1_opt_outs`)
		w.checkQuiet()
	})
}

// What is there when a new mirror reads texts first came in before it, if by minutes: nobody is answered a second time. What
// comes later is answered, even by a gateway whose clock is behind.
func TestTextsFromMinutesBeforeTheMirror(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.gate.TextAt(ann.Phone, "TASKS", time.Now().Add(-2*time.Minute))
		w.gate.TextAt(bob.Phone, "STOP", time.Now().Add(-time.Minute))
		w.run(2 * time.Minute)
		w.wantTexts(ann.Phone)
		w.wantTexts(bob.Phone)
		w.want("+12025550102", `SELECT number FROM v1_opt_outs`)
		w.gate.TextAt(ann.Phone, "TASKS", time.Now().Add(-150*time.Second))
		w.run(2 * time.Minute)
		w.wantTexts(ann.Phone, "Nothing is open")
	})
}

// A task is named by the number last told, also when a task got its place in the CRM meanwhile.
func TestConversation(t *testing.T) {
	t.Parallel()
	inWorld(t, options{crm: ghltest.Options{IndexLag: 30 * time.Second}}, func(w *world) {
		const jane = "+12025550177"
		w.full()
		for _, text := range []string{"Hi, I'm Jane Doe", "TASK bring the x-rays", "TASK ask about parking", "TASKS", "DONE 1", "jane.doe@example.com", "HELP"} {
			w.gate.Text(jane, text)
			w.run(time.Minute)
		}
		w.wantTexts(jane, "Thanks Jane", "Noted", "Noted", "1. ", "Done", "updated your details", "Sandbox Clinic: C confirms")
		c := w.crm.Contacts()
		if len(c) != 1 || c[0].Email != "jane.doe@example.com" {
			t.Errorf("contacts %+v", c)
		}
		done := 0
		for _, task := range w.crm.Tasks() {
			if task.Completed {
				done++
			}
		}
		if done != 1 || len(w.crm.Tasks()) != 3 {
			t.Errorf("tasks %+v", w.crm.Tasks())
		}
		w.checkQuiet()
	})
}

// Before the first complete reading of the contacts nobody is a stranger; who opts out is heard.
func TestTextsWaitForTheFirstImport(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.crm.SetDown(true)
		w.gate.Text(ann.Phone, "TASK call me")
		w.gate.Text(bob.Phone, "STOP")
		w.run(10 * time.Minute)
		w.wantTexts(ann.Phone)
		w.wantTexts(bob.Phone, stopped[:10])
		w.crm.SetDown(false)
		w.run(5 * time.Minute)
		w.wantTexts(ann.Phone, "Noted")
		w.want("2|2", `SELECT count(*), count(decision) FROM inbound`)
		w.checkMirror()
	})
}
