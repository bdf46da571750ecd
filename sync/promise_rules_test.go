package sync_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// What the owner's rules promise: each event is looked at once by each rule, whatever happens to the
// process in between, and nothing from before a rule was there sets it off.

const ledger = `SELECT rule, done, stopped FROM firings ORDER BY id`

// ruleOf makes a rule with the trigger on and some actions.
func ruleOf(name, on string, do ...rule.Action) rule.Rule {
	return rule.Rule{Name: name, On: on, Do: do}
}

// act makes an action whose words may be a template.
func act(on, kind, words string) rule.Action {
	t, known := rule.TriggerOf(on)
	if !known {
		panic("no trigger " + on)
	}
	a := rule.Action{Kind: kind}
	parse := func() *wording.Template {
		tmpl, err := rule.ParseTemplate(t, "test", words)
		if err != nil {
			panic(err)
		}
		return tmpl
	}
	switch kind {
	case rule.ActText, rule.ActNotify, rule.ActNote:
		a.Text = parse()
	case rule.ActTask, rule.ActUpdateTask:
		a.Task = &wording.Task{Title: parse()}
	case rule.ActTag, rule.ActUntag:
		a.Tag = words
	case rule.ActComplete:
		a.Completes = words
	case rule.ActAppointment:
		a.Status = words
	}
	return a
}

// with gives a world these rules and one of staff.
func with(rules ...rule.Rule) func(*plan.Config) {
	return func(r *plan.Config) { r.Rules, r.Staff = rules, []sms.Phone{staff} }
}

func TestRulesAreSilentAboutWhatWasThere(t *testing.T) {
	t.Parallel()
	created := ruleOf("new", "contact created", act("contact created", rule.ActNotify, "{{.Contact.Name}} is new"))
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Old", Due: time.Now().Add(time.Hour)})
		w.rules.Rules, w.rules.Staff = []rule.Rule{created}, []sms.Phone{staff}
		w.engine.Config = w.rules
		w.run(3 * time.Minute) // the first import
		w.want("", ledger)
		w.person("Bob", "+12025550102")
		w.run(3 * time.Minute)
		w.wantTexts(staff, "Bob Doe is new")
		// A second rule comes: it knows nothing of Bob and Eve.
		w.rules.Rules = append(w.rules.Rules, ruleOf("tasked", "contact created", act("contact created", rule.ActTask, "Welcome {{.Contact.Name}}")))
		w.person("Eve", "+12025550105") // read in the cycle in which the rule comes: from before
		w.restart()
		w.full()
		w.run(3 * time.Minute)
		w.person("Cat", "+12025550103")
		w.run(3 * time.Minute)
		w.wantTexts(staff, "Bob Doe is new", "Eve Doe is new", "Cat Doe is new")
		if got := titles(w); got != "Old, Welcome Cat Doe" {
			t.Error(got)
		}
		w.checkQuiet()
		// Without rules nothing is kept.
		w.rules.Rules = nil
		w.restart()
		w.person("Dan", "+12025550104")
		w.run(3 * time.Minute)
		w.want("0|0", `SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM known_rules)`)
	})
}

func titles(w *world) string {
	var all []string
	for _, task := range w.crm.Tasks() {
		all = append(all, task.Title)
	}
	return strings.Join(all, ", ")
}

// What we write is no news when the CRM shows it.
func TestRulesHearNoEcho(t *testing.T) {
	t.Parallel()
	loud := func(on string) rule.Rule {
		return ruleOf(strings.ReplaceAll(on, " ", "-"), on, act(on, rule.ActNotify, on))
	}
	inWorld(t, options{rules: with(
		loud("contact created"), loud("contact changed"), loud("task created"), loud("task completed"), loud("note added"),
		loud("appointment confirmed"), loud("tag added"),
	)}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		a := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(30 * time.Hour)})
		w.run(3 * time.Minute)
		w.edit(store.Contact, ann.ID, store.Fields{"city": "Boston", store.Tags: `["vip"]`})
		w.edit(store.Appointment, a.ID, store.Fields{store.Status: "confirmed"})
		w.update(func(tx *store.Tx) error {
			id := w.record(store.Contact, ann.ID).ID
			_, err := tx.Create(w.ctx, store.Task, id, store.Fields{store.Title: "Call", store.Due: "2000-01-09T09:00:00Z", store.Completed: "false"}, store.ByPerson)
			if err != nil {
				return err
			}
			_, err = tx.Create(w.ctx, store.Note, id, store.Fields{store.Body: "Likes tea"}, store.ByPerson)
			return err
		})
		w.run(10 * time.Minute)
		w.want("contact-changed|notify|\ntag-added|notify|\nappointment-confirmed|notify|\ntask-created|notify|\nnote-added|notify|", ledger)
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe")
		w.run(10 * time.Minute)
		w.want("1|1|7", `SELECT count(*) FILTER (WHERE rule = 'contact-created'), count(*) FILTER (WHERE rule = 'note-added'),
			count(*) FILTER (WHERE rule IN ('contact-created', 'task-created', 'contact-changed', 'tag-added', 'note-added')) FROM firings`)
		w.checkQuiet()
	})
}

// Every kind of trigger and every kind of action, through both sides.
func TestRulesDoTheirActions(t *testing.T) {
	t.Parallel()
	set := rule.Action{Kind: rule.ActSet, Set: map[string]string{"city": "Boston"}}
	inWorld(t, options{rules: with(
		rule.Rule{
			Name: "prices", On: "text received", Keyword: "prices", If: condition.Condition{From: []string{condition.FromContact}},
			Do: []rule.Action{
				act("text received", rule.ActText, "A check-up is 80."), act("text received", rule.ActTag, "Asked"), act("text received", rule.ActUntag, "cold"),
				set, act("text received", rule.ActNote, "Asked: {{.Text.Body}}"),
			},
		},
		rule.Rule{Name: "chat", On: "text received", If: condition.Condition{From: []string{condition.FromUnknown}}, Do: []rule.Action{act("text received", rule.ActNotify, "{{.Contact.Phone}}: {{.Text.Body}}")}},
		ruleOf("booked", "appointment booked", act("appointment booked", rule.ActAppointment, "confirmed"), act("appointment booked", rule.ActTask, "Prepare {{.Appointment.Title}}")),
		ruleOf("cancelled", "appointment cancelled", act("appointment cancelled", rule.ActComplete, "Prepare Check-up"), act("appointment cancelled", rule.ActNotify, "{{.Contact.FirstName}} cancelled {{.When}}")),
		ruleOf("stopped", "opt-out", act("opt-out", rule.ActTask, "Call {{.Contact.Name}}: opted out")),
		ruleOf("back", "opt-in", act("opt-in", rule.ActNotify, "{{.Contact.Name}} is back")),
	)}, func(w *world) {
		ann := w.crm.AddContact(ghltest.Contact{FirstName: "Ann", LastName: "Doe", Phone: "+12025550101", Tags: []string{"cold", "old"}})
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "PRICES, please!")
		w.gate.Text(ann.Phone, "hello")
		w.gate.Text("+12025550177", "Who is this")
		w.run(3 * time.Minute)
		w.wantTexts(ann.Phone, "A check-up is 80.")
		w.wantTexts(staff, "+12025550177: Who is this")
		now := w.contactNow(ann.ID)
		if got := strings.Join(now.Tags, " ") + " " + now.City; got != "asked old Boston" && got != "old asked Boston" {
			t.Error(got)
		}
		w.want("1", `SELECT count(*) FROM v1_notes WHERE body = 'Asked: PRICES, please!'`)
		a := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Title: "Check-up", Status: "new", Start: time.Now().Add(50 * time.Hour)})
		w.run(3 * time.Minute)
		if got, _ := w.crm.Appointment(a.ID); got.Status != "confirmed" {
			t.Errorf("it is %s\n%s", got.Status, w.dump())
		}
		w.gate.Text(ann.Phone, "X")
		w.run(3 * time.Minute)
		w.want("1", `SELECT completed FROM v1_tasks WHERE title = 'Prepare Check-up'`)
		w.gate.Text(ann.Phone, "STOP")
		w.run(3 * time.Minute)
		w.want("1", `SELECT count(*) FROM v1_tasks WHERE title = 'Call Ann Doe: opted out'`)
		w.gate.Text(ann.Phone, "START")
		w.run(10 * time.Minute)
		w.wantTexts(staff, "+12025550177: Who is this", "Ann cancelled Sun, Jan 2", "Ann Doe is back")
		w.checkQuiet()
	})
}

// Time: tasks that come due, appointments that end, and a time of day; each once, over restarts.
func TestRulesOfTime(t *testing.T) {
	heavy(t)
	t.Parallel()
	after := func(r rule.Rule, d time.Duration) rule.Rule { r.After = d; return r }
	thanks := after(ruleOf("thanks", "appointment ended", act("appointment ended", rule.ActText, "Thanks, {{.Contact.FirstName}}.")), 2*time.Hour)
	thanks.Between = new(hours.Daily(9*60, 20*60))
	morning := ruleOf("morning", "time of day", act("time of day", rule.ActNotify, "Good morning, {{.Date}}"))
	morning.At, morning.Days = 8*60, []time.Weekday{time.Monday, time.Tuesday}
	inWorld(t, options{rules: with(
		ruleOf("due", "task due", act("task due", rule.ActNotify, "Due: {{.Task.Title}}")),
		after(ruleOf("late", "task overdue", act("task overdue", rule.ActNotify, "Late: {{.Task.Title}}")), 3*time.Hour),
		thanks, morning,
	)}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute) // Friday evening in New York
		w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(2 * time.Hour)})
		done := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Done", Due: time.Now().Add(4 * time.Hour)})
		now := time.Now()
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Title: "Check-up", Start: now.Add(time.Hour), End: now.Add(2 * time.Hour)})
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Title: "Off", Status: "cancelled", Start: now.Add(time.Hour), End: now.Add(2 * time.Hour)})
		w.run(2 * time.Minute)
		w.crm.EditTask(done.ID, func(t *ghltest.Task) { t.Completed = true })
		for range 8 {
			w.runEvery(3*time.Hour, 5*time.Minute, 1)
			w.restart()
		}
		w.wantTexts(staff, "Due: Call", "Late: Call")
		var thanked []string
		for _, m := range w.gate.SentTo(ann.Phone) {
			if strings.HasPrefix(m.Text, "Thanks, Ann") {
				thanked = append(thanked, m.Text)
			}
		}
		if len(thanked) != 1 {
			t.Errorf("%q\n%s", w.got(ann.Phone), w.dump())
		}
		w.want("2000-01-01T14", `SELECT substr(at, 1, 13) FROM v1_texts WHERE purpose = 'rule'`) // nine in New York
		w.runEvery(4*24*time.Hour, 20*time.Minute, 1)
		w.wantTexts(staff, "Due: Call", "Late: Call", "Good morning, Mon, Jan 3", "Good morning, Tue, Jan 4")
		w.checkQuiet()
	})
}

// After a long sleep what came due long ago is told, and not done.
func TestRulesAfterADowntime(t *testing.T) {
	heavy(t)
	t.Parallel()
	morning := ruleOf("morning", "time of day", act("time of day", rule.ActNotify, "Good morning, {{.Date}}"))
	morning.At = 8 * 60
	inWorld(t, options{rules: with(
		ruleOf("due", "task due", act("task due", rule.ActNotify, "Due: {{.Task.Title}}")), morning,
		ruleOf("changed", "contact changed", act("contact changed", rule.ActText, "We noted your new city"), act("contact changed", rule.ActTask, "Look")),
	)}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Old", Due: time.Now().Add(2 * time.Hour)})
		w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Young", Due: time.Now().Add(45 * time.Hour)})
		w.run(2 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Boston" })
		time.Sleep(46 * time.Hour)
		w.restart()
		w.runEvery(10*time.Minute, time.Minute, 1)
		w.want("due||too late\ndue|notify|\nmorning||too late\nmorning|notify|\nchanged|task|text: too late for a text",
			`SELECT rule, done, stopped FROM firings ORDER BY rule = 'changed', rule = 'morning', id`)
		w.wantTexts(staff, "Due: Young", "Good morning, Sun, Jan 2")
		w.wantTexts(ann.Phone)
	})
}

// The clocks change: a time that is skipped comes later, one that comes twice is the first.
func TestRulesWhenTheClocksChange(t *testing.T) {
	heavy(t)
	t.Parallel()
	spring := ruleOf("spring", "time of day", act("time of day", rule.ActNotify, "{{.Date}} {{.Time}}"))
	spring.At = 2*60 + 30
	autumn := ruleOf("autumn", "time of day", act("time of day", rule.ActNotify, "{{.Date}} {{.Time}}"))
	autumn.At = 60 + 30
	for _, tt := range []struct {
		rule rule.Rule
		day  time.Time
		want string
	}{
		{spring, time.Date(2000, 4, 2, 4, 0, 0, 0, time.UTC), "Sun, Apr 2 3:30 AM"},
		{autumn, time.Date(2000, 10, 29, 4, 0, 0, 0, time.UTC), "Sun, Oct 29 1:30 AM"},
	} {
		inWorld(t, options{rules: with(tt.rule)}, func(w *world) {
			time.Sleep(time.Until(tt.day))
			w.closeDB()
			w.live(w.dir + "/later.db")
			w.runEvery(20*time.Hour, 5*time.Minute, 1)
			w.wantTexts(staff, tt.want)
		})
	}
}

// Killed in any request, the next process goes on: nothing is done twice, nothing is forgotten.
func TestRulesSurviveCrashes(t *testing.T) {
	heavy(t)
	t.Parallel()
	rules := with(
		ruleOf("new", "contact created", act("contact created", rule.ActText, "Welcome, {{.Contact.FirstName}}!"), act("contact created", rule.ActTask, "Greet {{.Contact.Name}}"), act("contact created", rule.ActTag, "met")),
		ruleOf("met", "tag added", act("tag added", rule.ActNotify, "{{.Contact.Name}} was met"), act("tag added", rule.ActNote, "Met.")),
	)
	day := func(w *world) {
		w.few(2)
		w.person("Bob", "+12025550102")
		w.few(4)
	}
	requests := 0
	inWorld(t, options{rules: rules}, func(w *world) { day(w); requests = w.life.seen })
	for n := 5; n <= requests*2; n += 3 {
		at, p := (n+1)/2, before
		if n%2 == 0 {
			p = after
		}
		t.Run(fmt.Sprintf("%d/%s", at, p), func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{rules: rules}, func(w *world) {
				w.dieAt(func(n int, ph phase) bool { return n == at && ph == p })
				day(w)
				w.few(3)
				unclear := len(w.rows(`SELECT 1 FROM outbox WHERE state = 'unknown' AND kind = 'text.send'`))
				if n := len(w.got("+12025550102")) + len(w.got(staff)) + unclear; n != 2 {
					t.Errorf("%d texts, %d unclear\n%s", n, unclear, w.dump())
				}
				w.want("new\nmet", `SELECT rule FROM firings ORDER BY id`)
				if got := titles(w); got != "Greet Bob Doe" || len(w.crm.Notes()) != 1 {
					t.Errorf("tasks %s, %d notes\n%s", got, len(w.crm.Notes()), w.dump())
				}
				w.want("0", `SELECT count(*) FROM events`)
			})
		})
	}
}

// A loop that the check of the config could not see ends by itself.
func TestRulesThatFollowOneAnotherStop(t *testing.T) {
	t.Parallel()
	step := func(from, to string) rule.Rule {
		r := ruleOf(from+"-"+to, "tag added", act("tag added", rule.ActTag, to))
		r.Tag = from
		return r
	}
	inWorld(t, options{rules: with(step("a", "b"), step("b", "c"), step("c", "d"), step("d", "e"))}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = []string{"a"} })
		w.run(3 * time.Minute)
		w.want("a-b|tag|\nb-c|tag|\nc-d|tag|\nd-e||3 rules led to it one after the other, and more do not follow", ledger)
		if got := strings.Join(w.contactNow(ann.ID).Tags, ""); got != "abcd" {
			t.Error(got)
		}
	})
}

// What a brake holds waits, and goes with it.
func TestRulesWaitForBrakes(t *testing.T) {
	heavy(t)
	t.Parallel()
	rules := func(r *plan.Config) {
		with(ruleOf("changed", "contact changed", act("contact changed", rule.ActNotify, "{{.Contact.Name}} changed")),
			ruleOf("due", "task due", act("task due", rule.ActNote, "due")))(r)
		r.Limits = plan.Limits{ChangedShare: 0.3}
	}
	for _, word := range []store.BrakeState{store.BrakeReleased, store.BrakeDropped} {
		inWorld(t, options{rules: rules}, func(w *world) {
			var all []ghltest.Contact
			var tasks []ghltest.Task
			for i := range 40 {
				c := w.person(fmt.Sprintf("P%02d", i), fmt.Sprintf("+1202555%04d", 1000+i))
				all = append(all, c)
				tasks = append(tasks, w.crm.AddTask(ghltest.Task{ContactID: c.ID, Title: "Call", Due: time.Now().Add(900 * time.Hour)}))
			}
			w.run(2 * time.Minute)
			for i := range all {
				w.crm.EditContact(all[i].ID, func(c *ghltest.Contact) { c.City = "Boston" })
				w.crm.EditTask(tasks[i].ID, func(t *ghltest.Task) { t.Due = time.Now().Add(-time.Minute) })
			}
			_ = w.cycle(sync.Everything)
			w.run(3 * time.Minute)
			w.want("", ledger)
			w.want("80", `SELECT count(*) FROM events WHERE held_by IS NOT NULL`)
			w.view(func(tx *store.Tx) error {
				h, err := tx.Holding(w.ctx, store.Brake{ID: 1}, 3)
				if h.Events != 40 {
					t.Errorf("the brake tells of %d events", h.Events)
				}
				return err
			})
			for _, b := range w.rows(`SELECT id FROM brakes WHERE state = 'held'`) {
				w.decide(b[0], word)
			}
			w.run(3 * time.Minute)
			if word == store.BrakeReleased {
				w.want("changed|40\ndue|40", `SELECT rule, count(*) FROM firings GROUP BY rule ORDER BY rule`)
			} else {
				w.want("", ledger)
			}
			w.want("0", `SELECT count(*) FROM events`)
		})
	}
}

// Who opted out gets no text by any rule, and the ledger says so.
func TestRulesHeedOptOuts(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: with(
		ruleOf("vip", "tag added", act("tag added", rule.ActText, "You are a VIP"), act("tag added", rule.ActTask, "Send a card")),
		ruleOf("chat", "text received", act("text received", rule.ActText, "We will call you."), act("text received", rule.ActTask, "Call back")),
	)}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.run(2 * time.Minute)
		w.gate.Text(ann.Phone, "STOP")
		w.gate.Text(bob.Phone, "please stop by at 5?")
		w.run(2 * time.Minute)
		w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = []string{"vip"} })
		w.run(2 * time.Minute)
		w.want("chat|task|text: the text sounds like an opt-out\nvip|task|text: the contact opted out", ledger)
		w.wantTexts(ann.Phone, "opted out")
		w.wantTexts(bob.Phone)
	})
}

// Texts that fail are told of, but those to staff are not.
func TestRulesHearOfTextsThatFail(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: with(
		ruleOf("new", "contact created", act("contact created", rule.ActText, "Welcome"), act("contact created", rule.ActNotify, "{{.Contact.Name}} is new")),
		ruleOf("failed", "text failed", act("text failed", rule.ActTask, "{{.Contact.Name}} was not reached"), act("text failed", rule.ActNotify, "Not sent: {{.Text.Body}}")),
	)}, func(w *world) {
		w.run(2 * time.Minute)
		w.gate.AddFault(smstest.Fault{Method: "POST", Path: "/sms/send", Kind: smstest.ErrorBefore, Status: 422, Says: "The recipient cannot receive texts", Times: 3})
		w.person("Bob", "+12025550102")
		w.run(5 * time.Minute)
		w.want("new|text, notify|\nfailed|task, notify|", ledger)
		if got := titles(w); got != "Bob Doe was not reached" {
			t.Error(got)
		}
	})
}

// A mirror that was put back from a copy does not know what its rules did since: what it finds is not
// followed again, and later it goes on.
func TestRulesAfterACopyWasPutBack(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: with(
		ruleOf("new", "contact created", act("contact created", rule.ActText, "Welcome, {{.Contact.FirstName}}"), act("contact created", rule.ActTask, "Greet {{.Contact.Name}}")),
	)}, func(w *world) {
		w.mark = w.dir + "/mark"
		w.restart()
		w.run(2 * time.Minute)
		w.closeDB()
		w.copyDB(w.db.Path(), w.dir+"/copy.db")
		w.live(w.db.Path())
		w.person("Bob", "+12025550102")
		w.run(3 * time.Minute)
		w.wantTexts("+12025550102", "Welcome, Bob")
		path := w.db.Path()
		w.closeDB()
		w.copyDB(w.dir+"/copy.db", path)
		w.live(path)
		w.run(10 * time.Minute)
		w.want("new||it may have been done before the mirror was put back from a copy", ledger)
		w.person("Cat", "+12025550103") // while the brake holds: it waits
		w.run(3 * time.Minute)
		w.wantTexts("+12025550103")
		w.decide(w.one(`SELECT id FROM brakes WHERE kind = 'restored' AND state = 'held'`), store.BrakeReleased)
		w.run(3 * time.Minute)
		w.wantTexts("+12025550102", "Welcome, Bob")
		w.wantTexts("+12025550103", "Welcome, Cat")
		if got := titles(w); got != "Greet Bob Doe, Greet Cat Doe" {
			t.Error(got)
		}
	})
}

// What was made here and may have been made in the CRM when the process died is new once, whoever tells
// of it first.
func TestRulesHearOnceOfWhatWasMadeInDoubt(t *testing.T) {
	heavy(t)
	t.Parallel()
	rules := with(
		ruleOf("contact", "contact created", act("contact created", rule.ActNotify, "{{.Contact.Name}} is new")),
		ruleOf("task", "task created", act("task created", rule.ActNotify, "{{.Task.Title}}")),
		ruleOf("note", "note added", act("note added", rule.ActNotify, "{{.Note.Body}}")),
	)
	day := func(w *world) {
		w.few(2)
		w.gate.Text("+12025550177", "Hi, I'm Jane Doe")
		w.few(2)
		w.update(func(tx *store.Tx) error {
			_, err := tx.Create(w.ctx, store.Note, 1, store.Fields{store.Body: "Likes tea"}, store.ByPerson)
			return err
		})
		w.few(4)
	}
	o := options{rules: rules, crm: ghltest.Options{IndexLag: 20 * time.Second}}
	requests := 0
	inWorld(t, o, func(w *world) { day(w); requests = w.life.seen })
	for n := 10; n <= requests*2; n += 4 { // after it had its effect
		at := n / 2
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, o, func(w *world) {
				w.dieAt(func(n int, ph phase) bool { return n == at && ph == after })
				day(w)
				w.want("contact\nnote\ntask", `SELECT rule FROM firings ORDER BY rule`)
				w.want("0", `SELECT count(*) FROM events`)
				if len(w.crm.Contacts()) != 1 || len(w.crm.Tasks()) != 1 {
					t.Errorf("%d contacts, tasks %s", len(w.crm.Contacts()), titles(w))
				}
			})
		})
	}
}

// The CRM shows what may be what we made, before we know: that waits, and is no news if it is.
func TestRulesWaitForWhatIsInDoubt(t *testing.T) {
	t.Parallel()
	loud := func(on string) rule.Rule { return ruleOf(on[:4], on, act(on, rule.ActNotify, on)) }
	for _, ours := range []bool{true, false} {
		inWorld(t, options{rules: with(loud("contact created"), loud("task created"), loud("note added"))}, func(w *world) {
			ann := w.person("Ann", "+12025550101")
			w.run(2 * time.Minute)
			made := map[store.Entity]int64{}
			w.update(func(tx *store.Tx) error {
				for e, value := range map[store.Entity]store.Fields{
					store.Contact: {store.FirstName: "Bob", store.Phone: "+12025550102"}, store.Task: {store.Title: "Call"}, store.Note: {store.Body: "Tea"},
				} {
					id, err := tx.Create(w.ctx, e, 1, value, store.ByPerson)
					if err != nil {
						return err
					}
					made[e] = id
					contact := int64(1)
					if e == store.Contact {
						contact = id
					}
					payload, err := json.Marshal(value)
					if err != nil {
						return err
					}
					_, _, err = tx.Enqueue(w.ctx, store.Intent{
						Key: fmt.Sprintf("%s.create/%d@0", e, id), Kind: store.Kind(e + ".create"), ContactID: contact, RecordID: id, Payload: payload,
						State: store.Unknown, StartedAt: tx.Now, DueAt: tx.Now.Add(20 * time.Hour),
					})
					if err != nil {
						return err
					}
				}
				return nil
			})
			w.full()
			bob := w.person("Bob", "+12025550102")
			task := w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(900 * time.Hour)})
			w.update(func(tx *store.Tx) error { // notes are read once in a while
				_, err := tx.Observe(w.ctx, store.Note, []store.Observation{{CRMID: "n1", ContactID: 1, Value: store.Fields{store.Body: "Tea"}, Confirmed: true, At: tx.Now}})
				return err
			})
			time.Sleep(time.Minute)
			w.full()
			w.want("cont\nnote\ntask", `SELECT rule FROM firings ORDER BY rule`)
			w.want("3", `SELECT count(*) FROM events`)
			w.update(func(tx *store.Tx) error {
				if _, err := tx.ExecContext(w.ctx, `UPDATE outbox SET state = 'done' WHERE state = 'unknown'`); err != nil {
					return err
				}
				for e, id := range map[store.Entity]string{store.Contact: bob.ID, store.Task: task.ID, store.Note: "n1"} {
					if !ours {
						continue
					}
					if _, err := tx.Adopt(w.ctx, e, made[e], id); err != nil {
						return err
					}
				}
				return nil
			})
			w.full()
			if ours {
				w.want("cont\nnote\ntask", `SELECT rule FROM firings ORDER BY rule`)
			} else {
				w.want("cont\ncont\nnote\nnote\ntask\ntask", `SELECT rule FROM firings ORDER BY rule`)
			}
			w.want("0", `SELECT count(*) FROM events`)
		})
	}
}

// Limits hold the texts of rules like all others, and the ledger says so.
func TestRulesKeepToTheLimits(t *testing.T) {
	t.Parallel()
	inWorld(t, options{rules: func(r *plan.Config) {
		with(ruleOf("vip", "tag added", act("tag added", rule.ActText, "You are a VIP")))(r)
		r.Limits.TextsPerHour = 1
	}}, func(w *world) {
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.run(2 * time.Minute)
		for _, c := range []ghltest.Contact{ann, bob} {
			w.crm.EditContact(c.ID, func(c *ghltest.Contact) { c.Tags = []string{"vip"} })
			w.run(2 * time.Minute)
		}
		w.want("vip|text|\nvip|text (held: more than 1 texts in an hour (limits.texts_per_hour))|", ledger)
		w.wantTexts(ann.Phone, "VIP")
		w.wantTexts(bob.Phone)
	})
}

// A text that waits for the morning is not sent if the appointment was moved in the night.
func TestRulesTextOfWhatIsStillSo(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	during := func(r rule.Rule) rule.Rule { r.Between = new(hours.Daily(9*60, 20*60)); return r }
	inWorld(t, options{rules: with(
		during(ruleOf("booked", "appointment booked", act("appointment booked", rule.ActText, "Booked: {{.When}}"))),
		during(ruleOf("moved", "appointment moved", act("appointment moved", rule.ActText, "Moved to {{.When}}"))),
	)}, func(w *world) {
		time.Sleep(3 * time.Hour) // ten in the evening
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		w.run(2 * time.Minute)
		a := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(70 * time.Hour)})
		b := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: bob.ID, Status: "new", Start: time.Now().Add(70 * time.Hour)})
		w.run(2 * time.Minute)
		w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Start = a.Start.Add(time.Hour) })
		w.crm.EditAppointment(b.ID, func(a *ghltest.Appointment) { a.Status = "confirmed" })
		w.runEvery(13*time.Hour, 5*time.Minute, 1)
		w.wantTexts(ann.Phone, "Moved to Mon, Jan 3 at 9:")
		w.wantTexts(bob.Phone, "Booked: Mon, Jan 3 at 8:")
	})
}

// A rule that waits asks its conditions when it comes back, once, over restarts; what is not so any more
// it forgets.
func TestRulesThatWait(t *testing.T) {
	heavy(t)
	t.Parallel()
	after := func(r rule.Rule, d time.Duration) rule.Rule { r.After = d; return r }
	greet := after(ruleOf("greet", "contact created", act("contact created", rule.ActText, "Hello {{.Contact.FirstName}}")), 20*time.Hour)
	greet.If.NotTag = []string{"known"}
	inWorld(t, options{rules: with(
		greet, after(ruleOf("booked", "appointment booked", act("appointment booked", rule.ActNotify, "{{.Contact.FirstName}} {{.When}}")), 2*time.Hour),
		after(ruleOf("off", "appointment cancelled", act("appointment cancelled", rule.ActTag, "c1")), time.Hour),
		after(ruleOf("still-off", "appointment cancelled", act("appointment cancelled", rule.ActTag, "c2")), 3*time.Hour),
	)}, func(w *world) {
		w.run(2 * time.Minute)
		ann, bob := w.person("Ann", "+12025550101"), w.person("Bob", "+12025550102")
		a := w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: ann.ID, Status: "new", Start: time.Now().Add(70 * time.Hour)})
		w.crm.AddAppointment(ghltest.Appointment{CalendarID: w.calendar, ContactID: bob.ID, Status: "new", Start: time.Now().Add(70 * time.Hour)})
		w.run(10 * time.Minute)
		w.want("", ledger)
		w.crm.EditContact(bob.ID, func(c *ghltest.Contact) { c.Tags = []string{"known"} })
		w.crm.EditAppointment(a.ID, func(a *ghltest.Appointment) { a.Status = "cancelled" })
		for range 5 {
			w.restart()
			w.runEvery(5*time.Hour, 5*time.Minute, 1)
		}
		w.wantTexts(staff, "Bob Mon, Jan 3")
		w.wantTexts(ann.Phone, "Hello Ann")
		w.want("off|tag|\nbooked|notify|\nstill-off|tag|\ngreet|text|", ledger)
		w.want("0", `SELECT count(*) FROM events`)
	})
}

// What happens in the minutes after a person has released the brake about a mirror that was put back is news for the rules,
// whichever clock dates it.
func TestRulesHearOfTheMinutesAfterABrakeIsReleased(t *testing.T) {
	heavy(t)
	t.Parallel()
	inWorld(t, options{rules: with(
		ruleOf("new", "contact created", act("contact created", rule.ActText, "Welcome, {{.Contact.FirstName}}")),
		ruleOf("due", "task due", act("task due", rule.ActNote, "due")),
	)}, func(w *world) {
		w.mark = w.dir + "/mark"
		w.restart()
		ann := w.person("Ann", "+12025550101")
		w.crm.AddTask(ghltest.Task{ContactID: ann.ID, Title: "Call", Due: time.Now().Add(9 * time.Minute)}) // five minutes after a copy was put back clocks may differ
		w.run(3 * time.Minute)
		w.closeDB()
		if err := os.Remove(w.mark); err != nil {
			t.Fatal(err)
		}
		w.live(w.db.Path())
		w.run(90 * time.Second)
		w.decide(w.one(`SELECT id FROM brakes WHERE kind = 'restored' AND state = 'held'`), store.BrakeReleased)
		w.person("Bob", "+12025550102")
		w.run(3 * time.Minute)
		w.wantTexts("+12025550102", "Welcome, Bob")
		w.run(5 * time.Minute)
		w.want("due|1", `SELECT rule, count(*) FROM firings WHERE rule = 'due' AND coalesce(stopped, '') = '' GROUP BY 1`)
		w.checkQuiet()
	})
}
