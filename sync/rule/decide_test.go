package rule

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
	"ghlsms/sync/wording"
)

func TestDecideRule(t *testing.T) { scenario.Run(t, "rules", runRules) }

// runRules decides at every "now" by the facts above it. A rule is its trigger and what narrows it, one
// line; "if" has its conditions and each "do" an action. "was" is the record before the event, "made"
// says that it was not there.
func runRules(t *testing.T, given string) string {
	r := &Config{Staff: []sms.Phone{"+12025550190"}, Ahead: 60 * 24 * time.Hour}
	w := wording.World{Region: "US", Zone: scenario.Zone("America/New_York"), Business: "Bright Smile", Calendars: map[string]string{"cal1": "Dr. Lee"}, Users: map[string]string{"u1": "Lea Lee"}, Fields: record.Names{"insurance": "cf.i1", "pet": ""}}
	var c Case
	var was store.Fields
	about := store.Entity("")
	at := time.Time{}
	var out strings.Builder
	for _, f := range scenario.Facts(t, given) {
		switch f.Word {
		case "rule":
			c.Rule = scenarioRule(t, f)
		case "if":
			c.Rule.If = scenarioCondition(f)
		case "do":
			c.Rule.Do = append(c.Rule.Do, scenarioAction(t, c.Rule, f))
		case "contact", "task", "appointment", "note":
			rec := f.Record(t)
			c.About(&rec)
			about = rec.Entity
		case "nobody":
			c.Contact = nil
		case "open":
			c.Open = append(c.Open, store.Record{Entity: store.Task, ID: f.Number(t), ContactID: 7, Base: f.Fields})
		case "text":
			c.Text, about = &TextReceived{Sender: "+12025550143", Body: f.Arg(), From: f.Fields["from"], Command: f.Fields["command"] == "true", MaybeStop: (*parse.Words)(nil).Command(f.Arg()).MaybeStop}, store.TextEvent
		case "failed":
			c.Failed, about = f.Arg(), store.FailureEvent
		case "opted":
			c.Event.After, about = store.Fields{"out": fmt.Sprint(f.Arg() == "out")}, store.OptOutEvent
		case "opted-out":
			c.OptedOut = true
		case "was":
			was = f.Fields
		case "made":
			was = nil
		case "depth":
			c.Event.Depth = int(f.Number(t))
		case "at":
			at = scenario.Moment(f.Arg())
		case "staff":
			r.Staff = nil
		case "hours": // of a region, or of everybody
			week, err := hours.Parse(f.Args[len(f.Args)-1])
			if err != nil {
				t.Fatal(err)
			}
			if w.Hours == nil {
				w.Hours = &hours.Texting{Default: hours.Always, Regions: map[string]hours.Week{}}
			}
			if len(f.Args) == 1 {
				w.Hours.Default = week
			} else {
				w.Hours.Regions[f.Arg()] = week
			}
		case "after":
			d, err := time.ParseDuration(f.Arg())
			if err != nil {
				t.Fatal(err)
			}
			c.Rule.After = d
		case "restored":
			w.Restored = scenario.Moment(f.Arg())
		case "now":
			now := scenario.Moment(f.Arg())
			c.Event.Entity, c.Event.Before, c.At = about, was, at
			if at.IsZero() {
				c.At = now
			}
			for entity, rec := range map[store.Entity]*store.Record{store.Contact: c.Contact, store.Task: c.Task, store.Appointment: c.Appointment, store.Note: c.Note} {
				if entity == about {
					c.Event.After, c.Event.RecordID = rec.Value(), rec.ID
				}
			}
			fmt.Fprintf(&out, "%s\n", showRule(Decide(c, r, w, now)))
		default:
			t.Fatalf("unknown fact %q", f.Word)
		}
	}
	return out.String()
}

func scenarioRule(t *testing.T, f scenario.Fact) *Rule {
	t.Helper()
	trigger, known := TriggerOf(f.Arg())
	if !known {
		t.Fatalf("no trigger %q", f.Arg())
	}
	rule := &Rule{Name: "test", On: trigger.Name, Keyword: f.Fields["keyword"], Field: f.Fields["field"], Tag: f.Fields["tag"]}
	if p := f.Fields["pattern"]; p != "" {
		rule.Pattern = regexp.MustCompile(p)
	}
	if b := f.Fields["between"]; b != "" {
		between, err := hours.ParseBetween(b)
		if err != nil {
			t.Fatal(err)
		}
		rule.Between = &between
	}
	return rule
}

// scenarioCondition reads what is asked for, lists with commas.
func scenarioCondition(f scenario.Fact) condition.Condition {
	list := func(key string) []string {
		if f.Fields[key] == "" {
			return nil
		}
		return strings.Split(f.Fields[key], ",")
	}
	c := condition.Condition{
		Calendar: list("calendar"), Staff: list("staff"), Status: list("status"), NotStatus: list("not_status"),
		Tag: list("tag"), NotTag: list("not_tag"), From: list("from"),
	}
	for name, v := range f.Fields {
		if field, ok := strings.CutPrefix(name, "field."); ok {
			if c.Field == nil {
				c.Field = condition.Fields{}
			}
			c.Field[field] = strings.Split(v, ",")
		}
	}
	return c
}

func scenarioAction(t *testing.T, rule *Rule, f scenario.Fact) Action {
	t.Helper()
	kind, known := ActionOf(f.Arg())
	if !known {
		t.Fatalf("no action %q", f.Arg())
	}
	trigger, _ := TriggerOf(rule.On)
	parseText := func(text string) *wording.Template {
		if text == "" {
			return nil
		}
		tmpl, err := ParseTemplate(trigger, "test", text, "insurance", "pet")
		if err != nil {
			t.Fatal(err)
		}
		return tmpl
	}
	a := Action{
		Kind: kind.Name, Text: parseText(f.Fields["says"]), To: sms.Phone(f.Fields["to"]),
		Task: &wording.Task{Title: parseText(f.Fields["title"]), Body: parseText(f.Fields["body"]), AssignTo: f.Fields["assign_to"]}, Tag: f.Fields["tag"], Completes: f.Fields["task"], Status: f.Fields["status"], Set: map[string]string{},
	}
	if due := f.Fields["due"]; due != "" {
		d, err := time.ParseDuration(due)
		if err != nil {
			t.Fatal(err)
		}
		a.Task.Due = d
	}
	for name, v := range f.Fields {
		if field, ok := strings.CutPrefix(name, "field."); ok {
			a.Set[field] = v
		}
	}
	return a
}

func showRule(d Decision) string {
	switch {
	case !d.Fires:
		return "-"
	case d.Stopped != "":
		return "stopped: " + d.Stopped
	}
	var all []string
	for _, e := range d.Effects {
		line := e.Action + ":"
		switch {
		case e.Skipped != "":
			line += " not, " + e.Skipped
		case e.Number != "":
			line += " " + e.Number + " " + scenario.Show(e.Body)
			if !e.DueAt.IsZero() {
				line += " at " + e.DueAt.UTC().Format(time.RFC3339)
			}
			line += " until " + e.Expires.UTC().Format(time.RFC3339)
		case e.Entity == "":
			line += " with the next"
		case e.ID == 0:
			line += fmt.Sprintf(" new %s %s", e.Entity, scenario.ShowFields(e.Fields))
		default:
			line += fmt.Sprintf(" %s %d %s", e.Entity, e.ID, scenario.ShowFields(e.Fields))
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

// Every trigger and every action has its scenarios.
func TestEveryTriggerAndActionIsTold(t *testing.T) {
	told := scenario.Text(t, "rules")
	for _, trigger := range Triggers {
		if !strings.Contains(told, `rule "`+trigger.Name+`"`) && !strings.Contains(told, "rule "+trigger.Name) {
			t.Errorf("no scenario for the trigger %q", trigger.Name)
		}
	}
	for _, a := range Actions {
		if !strings.Contains(told, "\ndo "+a.Name) {
			t.Errorf("no scenario for the action %q", a.Name)
		}
	}
}

func TestEveryConditionIsTold(t *testing.T) {
	told := scenario.Text(t, "rules")
	for _, kind := range condition.Kinds {
		if !strings.Contains(told, " "+kind.Key+"=") && !strings.Contains(told, " "+kind.Key+".") {
			t.Errorf("no scenario for the condition %q", kind.Key)
		}
	}
}

func TestRuleLoops(t *testing.T) {
	tag := func(name, tag string) Action { return Action{Kind: name, Tag: tag} }
	on := func(trigger, tag, field string, is condition.Condition, do ...Action) Rule {
		return Rule{Name: trigger, On: trigger, Tag: tag, Field: field, If: is, Do: do}
	}
	none := condition.Condition{}
	for _, tt := range []struct {
		name  string
		rules []Rule
		want  []int
	}{
		{"one alone", []Rule{on("tag added", "a", "", none, tag(ActTag, "a"))}, []int{0}},
		{"another tag", []Rule{on("tag added", "a", "", none, tag(ActTag, "b"))}, nil},
		{"any tag", []Rule{on("tag added", "", "", none, tag(ActTag, "b"))}, []int{0}},
		{"two", []Rule{on("tag added", "b", "", none, tag(ActTag, "A")), on("tag added", "a", "", none, tag(ActTag, "B"))}, []int{0, 1}},
		{"a third hangs on", []Rule{on("opt-in", "", "", none, tag(ActTag, "a")), on("tag added", "a", "", none, tag(ActUntag, "a")), on("tag removed", "a", "", none, tag(ActTag, "a"))}, []int{1, 2}},
		{"ends by its condition", []Rule{on("contact changed", "", "", condition.Condition{NotTag: []string{"seen"}}, tag(ActTag, "seen"))}, nil},
		{"ends by the tag it takes", []Rule{on("contact changed", "", "", condition.Condition{Tag: []string{"new"}}, tag(ActUntag, "new"))}, nil},
		{"ends by the value it sets", []Rule{on("contact changed", "", "", condition.Condition{Field: condition.Fields{"city": {"Rome"}}}, Action{Kind: ActSet, Set: map[string]string{"city": "Oslo"}})}, nil},
		{"ends by a tag of several", []Rule{on("contact changed", "", "", condition.Condition{NotTag: []string{"old", "seen"}}, tag(ActTag, "seen"))}, nil},
		{"takes one of several tags", []Rule{on("contact changed", "", "", condition.Condition{Tag: []string{"new", "vip"}}, tag(ActUntag, "new"))}, []int{0}},
		{"takes all of several tags", []Rule{on("contact changed", "", "", condition.Condition{Tag: []string{"new", "vip"}}, tag(ActUntag, "new"), tag(ActUntag, "vip"))}, nil},
		{"sets one of several values", []Rule{on("contact changed", "", "", condition.Condition{Field: condition.Fields{"city": {"Rome", "Oslo"}}}, Action{Kind: ActSet, Set: map[string]string{"city": "Oslo"}})}, []int{0}},
		{"sets what it waits for", []Rule{on("contact changed", "", "city", none, Action{Kind: ActSet, Set: map[string]string{"city": "Oslo"}})}, []int{0}},
		{"by the owner's name", []Rule{on("contact changed", "", "town", none, Action{Kind: ActSet, Set: map[string]string{"city": "Oslo"}})}, []int{0}},
		{"sets another", []Rule{on("contact changed", "", "city", none, Action{Kind: ActSet, Set: map[string]string{"state": "MA"}})}, nil},
		{"tasks beget tasks", []Rule{on("task created", "", "", none, Action{Kind: ActTask})}, []int{0}},
		{"tasks come due", []Rule{on("task overdue", "", "", none, Action{Kind: ActTask})}, []int{0}},
		{"put off again and again", []Rule{on("task due", "", "", none, Action{Kind: ActUpdateTask, Task: &wording.Task{Due: time.Hour}})}, []int{0}},
		{"a new title is no new due time", []Rule{on("task due", "", "", none, Action{Kind: ActUpdateTask, Task: &wording.Task{}})}, nil},
		{"completed once", []Rule{on("task completed", "", "", none, Action{Kind: ActTask}), on("task created", "", "", none, Action{Kind: ActComplete})}, []int{0, 1}},
		{"notes", []Rule{on("note added", "", "", none, Action{Kind: ActNote})}, []int{0}},
		{"confirmed", []Rule{on("appointment confirmed", "", "", none, Action{Kind: ActAppointment, Status: "cancelled"})}, nil},
		{"confirmed and cancelled", []Rule{on("appointment confirmed", "", "", none, Action{Kind: ActAppointment, Status: "cancelled"}), on("appointment cancelled", "", "", none, Action{Kind: ActAppointment, Status: "confirmed"})}, []int{0, 1}},
		{"a text that fails", []Rule{on("text failed", "", "", none, Action{Kind: ActText})}, []int{0}},
		{"staff are told", []Rule{on("text failed", "", "", none, Action{Kind: ActNotify})}, nil},
	} {
		if got := Loop(tt.rules, record.Names{"town": "city"}); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
