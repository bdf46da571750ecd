package rule

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ghlsms/sync/condition"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
)

// lines is a file by the lines of its values.
type lines map[string]int

func (l lines) Written(path string) bool { _, written := l[path]; return written }
func (l lines) Line(path string) int     { return l[path] }
func (lines) Show(value string) string   { return strconv.Quote(value) }

func testEnv(src lines) Env {
	return Env{Source: src, Zone: time.UTC, Region: "US", Own: record.Names{"pet": "cf.p1"}}
}

// Each action has a key, a form and an example, and each key but to is an action.
func TestActionsAreWritten(t *testing.T) {
	var keys []string
	for f := range reflect.TypeFor[ActionSpec]().Fields() {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if key != "to" {
			keys = append(keys, key)
		}
	}
	var names []string
	for _, kind := range Actions {
		names = append(names, kind.Name)
		if form := actionForms[kind.Name]; form.has == nil || form.compile == nil {
			t.Errorf("%s has no form", kind.Name)
		}
		if !strings.HasPrefix(kind.Example, kind.Name+": ") {
			t.Errorf("%s has the example %s", kind.Name, kind.Example)
		}
	}
	if !slices.Equal(keys, names) || len(actionForms) != len(names) {
		t.Errorf("keys %q, actions %q, %d forms", keys, names, len(actionForms))
	}
}

// The path of a problem leads from the list to the value, and no value has two.
func TestProblemsOfSpecs(t *testing.T) {
	specs := []Spec{
		{Name: "a", On: "task due", Do: []ActionSpec{{Tag: "x"}}},
		{Name: "a", On: "time of day", Do: []ActionSpec{{Notify: "x"}}},
		{Name: "c", On: "contact created", If: &condition.Condition{Field: condition.Fields{"pett": {"cat"}}}, Do: []ActionSpec{{Tag: "x"}, {Task: &TaskSpec{Body: "x"}}, {Set: FieldsSpec{"citty": "x"}}}},
	}
	want := []spec.Problem{
		{Path: "[1].name", Msg: `"a" is used twice; each rule needs a name of its own`},
		{Path: "[1].at", Msg: `missing; "time of day" needs it`},
		{Path: "[1].do[0].notify", Msg: "there is nobody to notify; write the numbers of your people under staff, or to: beside this"},
		{Path: "[2].if.field.pett", Msg: `no field "pett"; did you mean "pet"?`},
		{Path: "[2].do[1].task.title", Msg: "missing; write the title of the task"},
		{Path: "[2].do[2].set.citty", Msg: `no field "citty"; did you mean "city"?`},
	}
	if got := Check(specs, testEnv(lines{})); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Specs that are checked compile to rules, and templates and circles are told where they stand.
func TestCompileSpecs(t *testing.T) {
	specs := []Spec{
		{Name: "a", On: "tag added", Tag: "X", Do: []ActionSpec{{Tag: "Y"}}},
		{Name: "b", On: "tag added", Tag: "y", After: spec.Duration(time.Hour), Do: []ActionSpec{{Tag: "X"}, {Note: "{{.Wenn}}"}}},
	}
	src := lines{"[0]": 4, "[1]": 9, "[1].after": 12}
	if got := Check(specs, testEnv(src)); len(got) > 0 {
		t.Fatalf("%q", got)
	}
	rules, problems := Compile(specs, testEnv(src))
	if len(rules) != 2 || rules[0].Tag != "x" || rules[1].After != time.Hour || rules[1].Do[0].Tag != "x" {
		t.Errorf("%+v", rules)
	}
	if len(problems) != 2 || problems[0].Path != "[1].do[1].note" || problems[1].Path != "[0].do" ||
		!strings.Contains(problems[1].Msg, "a (line 4) -> b (line 9) -> a (line 4)") {
		t.Errorf("%q", problems)
	}
}
