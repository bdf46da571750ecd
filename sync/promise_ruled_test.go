package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/rule"
)

// ruled is what the report of rules says, oldest first, from the action on. For one reason words may be enough: those
// that the wanted line ends with.
func (w *world) ruled(want ...string) {
	w.t.Helper()
	var t store.Table
	w.view(func(tx *store.Tx) (err error) { t, err = tx.RunReport(w.ctx, "rules", 0); return err })
	if got := strings.Join(t.Columns, " "); got != "at rule event contact action outcome until reason" {
		w.t.Fatalf("%s", got)
	}
	var got []string
	for _, row := range t.Rows {
		cells := make([]string, 4)
		for i := range cells {
			if v := row[4+i]; v != nil {
				cells[i] = fmt.Sprint(v)
			}
		}
		got = append(got, strings.Join(cells, "|"))
	}
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		head, words, part := strings.Cut(want[i], "…")
		same = got[i] == want[i] || part && strings.HasPrefix(got[i], head) && strings.Contains(got[i], words)
	}
	if !same {
		w.t.Errorf("the report says\n%s\nwant\n%s\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), w.dump())
	}
}

// What a rule set about is told with what became of it: a text that left and one that did not do not look alike.
func TestReportTellsWhatBecameOfWhatRulesDid(t *testing.T) {
	heavy(t)
	t.Parallel()
	const on = "contact created"
	welcome := ruleOf("welcome", on, act(on, rule.ActText, "Welcome, {{.Contact.FirstName}}"))
	at := func(hour, minute int) time.Time { return time.Date(2000, 1, 1, hour+5, minute, 0, 0, time.UTC) } // in New York
	const phone, sends = "+12025550101", "/sms/send"
	for _, tt := range []struct {
		name  string
		rules []rule.Rule
		set   func(*plan.Config)
		play  func(w *world)
	}{
		{name: "all goes well", rules: []rule.Rule{ruleOf("welcome", on, act(on, rule.ActText, "Welcome, {{.Contact.FirstName}}"), act(on, rule.ActTask, "Call"), act(on, rule.ActTag, "new"), rule.Action{Kind: rule.ActSet, Set: map[string]string{"city": "Boston"}}, act(on, rule.ActNote, "x"), act(on, rule.ActNotify, "y"))}, play: func(w *world) {
			w.person("Ann", phone)
			w.run(3 * time.Minute)
			w.ruled("text|delivered||", "task|done||", "tag|done||", "set|done||", "note|done||", "notify|delivered||")
			w.want("text: delivered; task: done; tag: done; set: done; note: done; notify: delivered", `SELECT outcome FROM v1_rules`)
		}},
		{name: "it waits for the morning, and they opt out", set: func(c *plan.Config) { c.TextingHours = stateHours() }, play: func(w *world) {
			w.until(at(22, 0))
			w.person("Ann", phone)
			w.run(2 * time.Minute)
			w.ruled("text|waits|2000-01-02T13:00:00Z|people may not be texted at this hour")
			w.gate.Text(phone, "STOP")
			w.run(2 * time.Minute)
			w.ruled("text|dropped||…opted out")
		}},
		{name: "the hours of the rule, and its own reason", rules: []rule.Rule{func() rule.Rule { r := welcome; r.Between = new(hoursOf("09:00-18:00").Default); return r }()}, play: func(w *world) {
			w.until(at(19, 0))
			w.person("Ann", phone)
			w.run(2 * time.Minute)
			w.ruled("text|waits|2000-01-02T14:00:00Z|the rule texts only 09:00-18:00")
		}},
		{name: "the gateway is away", play: func(w *world) {
			w.person("Ann", phone)
			w.gate.SetDown(true)
			w.run(3 * time.Minute)
			w.ruled("text|waits|…")
			if why := w.one(`SELECT reason FROM v1_rule_effects`); why == "" {
				w.t.Errorf("nobody is told why it waits")
			}
			w.gate.SetDown(false)
			w.run(time.Hour)
			w.ruled("text|delivered||")
		}},
		{name: "an unclear answer", play: func(w *world) {
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: sends, Times: 1, Kind: smstest.CutBefore})
			w.person("Ann", phone)
			w.runEvery(6*time.Hour, time.Minute, 1)
			w.ruled("text|unclear||…ghlsms outbox show 1")
		}},
		{name: "the gateway refuses it", play: func(w *world) {
			w.gate.AddFault(smstest.Fault{Method: "POST", Path: sends, Times: 1, Kind: smstest.ErrorBefore, Status: 422, Says: "The recipient cannot receive texts"})
			w.person("Ann", phone)
			w.run(3 * time.Minute)
			w.ruled("text|failed||…")
			if why := w.one(`SELECT reason FROM v1_rule_effects`); why == "" {
				w.t.Errorf("nobody is told why it failed")
			}
		}},
		{name: "a limit holds the second", set: func(c *plan.Config) { c.Limits.TextsPerHour = 1 }, play: func(w *world) {
			w.person("Ann", phone)
			w.run(2 * time.Minute)
			w.person("Bob", "+12025550102")
			w.run(2 * time.Minute)
			w.ruled("text|held||…", "text|delivered||")
		}},
		{name: "nothing to do, and too late", rules: []rule.Rule{ruleOf("late", on, act(on, rule.ActText, "Welcome"), act(on, rule.ActTag, "old"))}, play: func(w *world) {
			w.crm.SetDown(true)
			w.crm.AddContact(ghltest.Contact{FirstName: "Ann", Phone: phone, Tags: []string{"old"}})
			w.runEvery(13*time.Hour, 15*time.Minute, 1)
			w.crm.SetDown(false)
			w.run(2 * time.Hour)
			w.ruled("text|not done||too late for a text", "tag|not done||it was so already")
		}},
		{name: "the CRM takes no tasks", rules: []rule.Rule{ruleOf("call", on, act(on, rule.ActTask, "Call"))}, play: func(w *world) {
			w.crm.AddFault(ghltest.Fault{Method: "POST", Path: "/contacts/*/tasks", Times: 1000, Kind: ghltest.RateLimited})
			w.person("Ann", phone)
			w.run(3 * time.Minute)
			w.ruled("task|waits|…")
			w.update(func(tx *store.Tx) error { return tx.Drop(w.ctx, 1, "given up by hand") })
			w.ruled("task|dropped||given up by hand")
		}},
		{name: "staff change the same", rules: []rule.Rule{ruleOf("move", "tag added", rule.Action{Kind: rule.ActSet, Set: map[string]string{"city": "Boston"}})}, play: func(w *world) {
			ann := w.person("Ann", phone)
			w.run(2 * time.Minute)
			w.crm.AddFault(ghltest.Fault{Method: "PUT", Times: 1000, Kind: ghltest.RateLimited})
			w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Tags = []string{"x"} })
			w.run(2 * time.Minute)
			w.ruled("set|waits|…")
			w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.City = "Salem" })
			w.run(2 * time.Minute)
			w.ruled("set|not done||it was changed on both sides: ghlsms report conflicts")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			oneOf(t, 3)
			t.Parallel()
			inWorld(t, options{rules: func(c *plan.Config) {
				with(append(tt.rules, welcome)[:max(1, len(tt.rules))]...)(c)
				if tt.set != nil {
					tt.set(c)
				}
			}}, func(w *world) {
				w.run(2 * time.Minute)
				tt.play(w)
			})
		})
	}
}
