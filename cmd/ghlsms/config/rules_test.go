package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
)

// ruleProblems loads rules, which must be bad, and returns what is wrong. The rules begin on line 4.
func ruleProblems(t *testing.T, head, rules string) string {
	t.Helper()
	path := configtest.File(t, configtest.Minimal+head+"\nrules:\n"+rules)
	cfg, err := Load(path)
	if err == nil {
		_, err = RuleSet(cfg)
	}
	if err == nil {
		t.Fatalf("loaded:\n%s", rules)
	}
	return strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "")
}

func TestRuleProblems(t *testing.T) {
	const staff = `staff: ["+12025550190"]`
	for _, tt := range []struct{ name, head, rule, want string }{
		{"no name", staff, `on: task due, do: [{tag: x}]`, `rules[0].name: missing`},
		{"no trigger", staff, `name: a, do: [{tag: x}]`, `rules[0].on: missing; write one of text received, contact created`},
		{"nearly a trigger", staff, `name: a, on: apointment canceled, do: [{tag: x}]`, `c.yaml:5:19: rules[0].on: "apointment canceled" is no trigger; did you mean "appointment cancelled"?`},
		{"no trigger at all", staff, `name: a, on: full moon rising, do: [{tag: x}]`, `"full moon rising" is no trigger; there are text received`},
		{"unknown key", staff, `name: a, on: task due, whenever: x, do: [{tag: x}]`, `unknown key "whenever" in rules[0]`},
		{"unknown action", staff, `name: a, on: task due, do: [{notfy: x}]`, `unknown key "notfy" in rules[0].do[0]; did you mean "notify"?`},
		{"no action", staff, `name: a, on: task due`, `rules[0].do: missing`},
		{"two in one", staff, `name: a, on: task due, do: [{tag: x, note: y}]`, `rules[0].do[0]: wants exactly one of text, notify`},
		{"an empty one", staff, `name: a, on: task due, do: [{text: ""}]`, `rules[0].do[0]: wants exactly one of`},
		{"keyword elsewhere", staff, `name: a, on: task due, keyword: x, do: [{tag: x}]`, `rules[0].keyword: does not go with "task due"; it goes with text received`},
		{"after elsewhere", staff, `name: a, on: time of day, at: "09:00", after: 2h, do: [{notify: x}]`, `rules[0].after: does not go with "time of day"; it goes with text received, contact created`},
		{"no time", staff, `name: a, on: time of day, do: [{notify: x}]`, `rules[0].at: missing; "time of day" needs it`},
		{"a bad time", staff, `name: a, on: time of day, at: "9", do: [{notify: x}]`, `rules[0].at: "9" is no time of day; write it like "09:00"`},
		{"a bad day", staff, `name: a, on: time of day, at: "09:00", days: [monday], do: [{notify: x}]`, `rules[0].days[0]: "monday" is no day`},
		{"a bad span", staff, `name: a, on: task due, between: "9 to 5", do: [{text: x}]`, `rules[0].between: "9 to 5" has "5", which is no span of the day; write it like "09:00-20:00"`},
		{"a span of nothing", staff, `name: a, on: task due, between: "09:00-09:00", do: [{text: x}]`, `rules[0].between: "09:00-09:00" has "09:00-09:00", which does not end after it begins; write it like "09:00-20:00"`},
		{"a span for nothing", staff, `name: a, on: task due, between: "09:00-17:00", do: [{tag: x}]`, `rules[0].between: says when texts leave, and this rule sends none`},
		{"a bad pattern", staff, `name: a, on: text received, pattern: "(", do: [{tag: x}]`, `rules[0].pattern: "(" is no pattern`},
		{"answers an opt-out", staff, `name: a, on: text received, keyword: stop, do: [{text: x}]`, `rules[0].keyword: "stop" is how people opt out`},
		{"texts who opted out", staff, `name: a, on: opt-out, do: [{text: x}]`, `rules[0].do[0].text: who opted out is not texted`},
		{"no contact", staff, `name: a, on: time of day, at: "09:00", do: [{text: x}]`, `rules[0].do[0].text: cannot be done on "time of day", which tells of no contact`},
		{"no task", staff, `name: a, on: contact created, do: [{update_task: {title: x}}]`, `cannot be done on "contact created", which tells of no task`},
		{"no task to complete", staff, `name: a, on: contact created, do: [{complete: this}]`, `"contact created" tells of no task; write the title of one`},
		{"no appointment", staff, `name: a, on: task due, do: [{appointment: confirmed}]`, `which tells of no appointment`},
		{"no status", staff, `name: a, on: appointment booked, do: [{appointment: maybe}]`, `rules[0].do[0].appointment: "maybe" is none of confirmed, cancelled`},
		{"a condition about nothing", staff, `name: a, on: task due, if: {calendar: x}, do: [{tag: x}]`, `rules[0].if.calendar: is about the appointment, and "task due" tells of none`},
		{"a condition about nobody", staff, `name: a, on: time of day, at: "09:00", if: {tag: x}, do: [{notify: x}]`, `rules[0].if.tag: is about the contact`},
		{"from whom", staff, `name: a, on: text received, if: {from: mars}, do: [{tag: x}]`, `rules[0].if.from[0]: "mars" is none of staff, contact, unknown`},
		{"no status to ask for", staff, `name: a, on: appointment booked, if: {not_status: [new, gone]}, do: [{tag: x}]`, `c.yaml:5:62: rules[0].if.not_status[1]: "gone" is none of new, confirmed`},
		{"a status and not", staff, `name: a, on: appointment booked, if: {status: new, not_status: noshow}, do: [{tag: x}]`, `rules[0].if.not_status: set together with status; keep one of them`},
		{"staff of nothing", staff, `name: a, on: task due, if: {staff: [x]}, do: [{tag: x}]`, `rules[0].if.staff: is about the appointment, and "task due" tells of none`},
		{"a field to ask for", staff, `name: a, on: task due, if: {field: {citty: [x, y]}}, do: [{tag: x}]`, `rules[0].if.field.citty: no field "citty"; did you mean "city"?`},
		{"nothing to ask for", staff, `name: a, on: task due, if: {tag: [x, ""]}, do: [{tag: x}]`, `rules[0].if.tag[1]: is empty`},
		{"a list of nothing to ask for", staff, `name: a, on: task due, if: {tag: []}, do: [{tag: x}]`, `c.yaml:5:39: rules[0].if.tag: lists nothing, so it would ask for nothing; write a value, or remove it`},
		{"an unsaid thing to ask for", staff, `name: a, on: task due, if: {not_tag: }, do: [{tag: x}]`, `c.yaml:5:34: rules[0].if.not_tag: lists nothing`},
		{"no fields to ask for", staff, `name: a, on: task due, if: {field: {}}, do: [{tag: x}]`, `c.yaml:5:41: rules[0].if.field: names no field, so it would ask for nothing; write one like city: Boston, or remove it`},
		{"a condition of null", staff, `name: a, on: task due, if: null, do: [{tag: x}]`, `c.yaml:5:29: rules[0].if: asks for nothing, so it would always hold; write what it asks for below it (tag, not_tag, field), or remove it`},
		{"a condition of nothing", staff, `name: a, if: {}, on: text received, do: [{tag: x}]`, `rules[0].if: asks for nothing, so it would always hold; write what it asks for below it (tag, not_tag, field, from), or remove it`},
		{"a condition that is a list", staff, `name: a, on: appointment booked, if: [], do: [{tag: x}]`, `write what it asks for below it (calendar, staff, status, not_status, tag, not_tag, field), or remove it`},
		{"a condition that is a word", staff, `name: a, on: task due, if: vip, do: [{tag: x}]`, `rules[0].if: wants keys below it: tag, not_tag, field`},
		{"a condition that is unknown", staff, `name: a, on: task due, if: {weather: x}, do: [{tag: x}]`, `unknown key "weather" in rules[0].if; known are tag, not_tag, field`},
		{"a condition outside", staff, `name: a, on: appointment booked, calendars: x, do: [{tag: x}]`, `unknown key "calendars" in rules[0]; did you mean "if.calendar"?`},
		{"nearly a status", staff, `name: a, on: appointment booked, if: {status: confirmet}, do: [{tag: x}]`, `rules[0].if.status[0]: "confirmet" is none of new, confirmed, cancelled, showed, noshow, invalid; did you mean "confirmed"?`},
		{"nearly a sender", staff, `name: a, on: text received, if: {from: staf}, do: [{tag: x}]`, `rules[0].if.from[0]: "staf" is none of staff, contact, unknown; did you mean "staff"?`},
		{"nearly a status to set", staff, `name: a, on: appointment booked, do: [{appointment: confirm}]`, `"confirm" is none of confirmed, cancelled; did you mean "confirmed"?`},
		{"no days", staff, `name: a, on: time of day, at: "09:00", days: [], do: [{notify: x}]`, `rules[0].days: lists no day, and the rule would run on all; write some, or remove it`},
		{"nearly a condition", staff, `name: a, on: task due, if: {not_tags: x}, do: [{tag: x}]`, `unknown key "not_tags" in rules[0].if; did you mean "not_tag"?`},
		{"from elsewhere", staff, `name: a, on: task due, if: {from: staff}, do: [{tag: x}]`, `rules[0].if.from: goes with "text received" only`},
		{"a field", staff, `name: a, on: contact changed, field: citty, do: [{tag: x}]`, `rules[0].field: no field "citty"; did you mean "city"?`},
		{"a field to set", staff, `name: a, on: task due, do: [{set: {citty: x}}]`, `rules[0].do[0].set.citty: no field "citty"; did you mean "city"?`},
		{"a value", staff, `name: a, on: task due, do: [{set: {phone: x}}]`, `rules[0].do[0].set.phone: "x": not a phone number`},
		{"a template as a value", staff, `name: a, on: task due, do: [{set: {city: "{{.Business}}"}}]`, `takes a plain value`},
		{"all tags", staff, `name: a, on: task due, do: [{set: {tags: x}}]`, `use tag and untag`},
		{"nobody to notify", "", `name: a, on: task due, do: [{notify: x}]`, `rules[0].do[0].notify: there is nobody to notify`},
		{"itself to notify", "", `name: a, on: task due, do: [{notify: x, to: "+15550100"}]`, `rules[0].do[0].to: is the number that texts come from`},
		{"a stray number", staff, `name: a, on: task due, do: [{note: x, to: "+12025550190"}]`, `rules[0].do[0].to: goes with notify only`},
		{"a task without words", staff, `name: a, on: contact created, do: [{task: {due: 4h}}]`, `rules[0].do[0].task.title: missing`},
		{"due before", staff, `name: a, on: contact created, do: [{task: {title: x, due: 0s}}]`, `rules[0].do[0].task.due: "0s" is not more than zero`},
		{"no change", staff, `name: a, on: task due, do: [{update_task: {body: x}}]`, `rules[0].do[0].update_task: changes nothing`},
		{"misspelt", staff, `name: a, on: appointment booked, do: [{text: "{{.Wenn}}"}]`, `c.yaml:5:51: rules[0].do[0].text: template: template: a:1:2: executing "a" at <.Wenn>`},
		{"not what it tells of", staff, `name: a, on: contact created, do: [{task: {title: "{{.When}}"}}]`, `rules[0].do[0].task.title: template: template: a:1:2: executing "a" at <.When>`},
		{"no notes", staff + "\nsync: {notes: {every: 0}}", `name: a, on: note added, do: [{notify: x}]`, `rules[0].on: the CRM's notes are not read`},
		{"read only", staff + "\nsync: {tasks: {read_only: true}}", `name: a, on: contact created, do: [{task: {title: x}}]`, `rules[0].do[0].task: sync.tasks.read_only keeps this from ever being written`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ruleProblems(t, tt.head, "  - {"+tt.rule+"}\n"); !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		one := "  - {name: a, on: task due, do: [{tag: x}]}\n"
		if got := ruleProblems(t, staff, one+one); !strings.Contains(got, `c.yaml:6:12: rules[1].name: "a" is used twice`) {
			t.Error(got)
		}
	})
	t.Run("a circle", func(t *testing.T) {
		got := ruleProblems(t, staff, "  - {name: a, on: tag added, tag: x, do: [{tag: Y}]}\n  - {name: b, on: tag added, tag: y, do: [{tag: X}]}\n")
		if !strings.Contains(got, "rules[0].do: these rules set each other off for ever: a (line 5) -> b (line 6) -> a (line 5); narrow one of them") {
			t.Error(got)
		}
	})
}

// Everything that a rule can say arrives, and is shown as it loads again.
func TestRules(t *testing.T) {
	cfg := configtest.Load(t, Load, configtest.Minimal+`staff: ["+12025550190"]
fields: {job: website}
rules:
  - name: a
    on: text received
    pattern: (?i)price
    if: {tag: VIP, not_tag: Old, field: {job: Boss, city: ""}, from: contact}
    between: 09:00-20:00
    do:
      - text: "Hi {{.Contact.FirstName}}, {{.Contact.Fields.job}}"
      - notify: "{{.Text.Body}}"
        to: (202) 555-0191
      - set: {job: Boss}
      - untag: New
  - {name: b, on: time of day, at: "07:30", days: [sat, sun], do: [{notify: "{{.Date}}"}]}
  - {name: c, on: task overdue, after: 2d, do: [{update_task: {title: "Late: {{.Task.Title}}", due: 1d, assign_to: u1}}]}
  - {name: d, on: appointment booked, if: {calendar: [Dr. Lee, c2], staff: Lea Lee, not_status: [noshow, invalid], field: {city: [Rome, Oslo]}}, do: [{appointment: confirmed}, {complete: Book}, {note: "{{.When}}"}]}
`)
	got, err := RuleSet(cfg)
	if err != nil && !strings.Contains(err.Error(), "c (line") {
		t.Fatal(err)
	}
	a, b, c, d := got[0], got[1], got[2], got[3]
	want := condition.Condition{Tag: condition.OneOf{"vip"}, NotTag: condition.OneOf{"old"}, Field: condition.Fields{"job": {"Boss"}, "city": {""}}, From: condition.OneOf{"contact"}}
	if !reflect.DeepEqual(a.If, want) || !a.Pattern.MatchString("PRICE") || *a.Between != hours.Daily(540, 1200) {
		t.Errorf("%+v", a)
	}
	if a.Do[0].Text == nil || a.Do[1].To != "+12025550191" || a.Do[2].Set["job"] != "Boss" || a.Do[3].Tag != "new" {
		t.Errorf("%+v", a.Do)
	}
	if b.At != 450 || !reflect.DeepEqual(b.Days, []time.Weekday{time.Saturday, time.Sunday}) {
		t.Errorf("%+v", b)
	}
	if c.After != 48*time.Hour || c.Do[0].Task.Due != 24*time.Hour || c.Do[0].Task.AssignTo != "u1" || c.Do[0].Task.Title == nil {
		t.Errorf("%+v", c)
	}
	if want := (condition.Condition{Calendar: condition.OneOf{"Dr. Lee", "c2"}, Staff: condition.OneOf{"Lea Lee"}, NotStatus: condition.OneOf{"noshow", "invalid"}, Field: condition.Fields{"city": {"Rome", "Oslo"}}}); !reflect.DeepEqual(d.If, want) || d.Do[0].Status != "confirmed" || d.Do[1].Completes != "Book" {
		t.Errorf("%+v", d)
	}
	if again := configtest.Load(t, Load, cfg.Redacted()); again.Redacted() != cfg.Redacted() {
		t.Errorf("the dump does not load as itself:\n%s", cfg.Redacted())
	}
	if s := cfg.RulesSummary(); !strings.HasPrefix(s, "4 rules: a (text received: text, notify, set, untag); b (time of day: notify); c (") {
		t.Error(s)
	}
}

// The rules that the example shows as comments load.
func TestRulesOfTheExample(t *testing.T) {
	text, err := os.ReadFile("../../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rules, found := strings.Cut(string(text), "\n# rules:\n")
	rules, _, ends := strings.Cut(rules, "\nrules: []\n")
	if !found || !ends {
		t.Fatal("the example shows no rules")
	}
	rules = "rules:\n" + strings.ReplaceAll("\n"+rules, "\n# ", "\n")[1:] + "\n"
	cfg := configtest.Load(t, Load, configtest.Minimal+"staff: [\"+12025550190\"]\n"+rules)
	got, err := RuleSet(cfg)
	if err != nil || len(got) != 6 {
		t.Errorf("%d rules, %v", len(got), err)
	}
}
