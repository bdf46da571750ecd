package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/ghl"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/rule"
)

// constants are the values of the string constants of a type in a package's folder.
func constants(t *testing.T, folder, typ string) (values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s (%v)", folder, err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typ {
				if v, ok := spec.Values[0].(*ast.BasicLit); ok {
					s, err := strconv.Unquote(v.Value)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, s)
				}
			}
			return true
		})
	}
	if len(values) < 5 {
		t.Fatalf("only %d constants of type %s", len(values), typ)
	}
	return values
}

// Nothing that the program knows is left out, and every row says where.
func TestOperationsAreComplete(t *testing.T) {
	rows := operations(newRoot()).Rows
	listed := func(kind, name string) bool {
		return slices.ContainsFunc(rows, func(row []any) bool { return row[0] == kind && row[1] == name })
	}
	for _, k := range constants(t, "store", "Kind") {
		if !slices.Contains(store.Kinds, store.Kind(k)) || !listed("effect", k) {
			t.Errorf("the effect %s is not listed", k)
		}
	}
	for _, v := range constants(t, "sms/parse", "Verb") {
		if v != "" && !listed("text", v) {
			t.Errorf("the command %s is not listed", v)
		}
	}
	for _, f := range ghl.Functions() {
		if !listed("function", f.Name) || len(f.Calls()) == 0 {
			t.Errorf("the function %q is not listed", f.Name)
		}
	}
	for _, name := range rule.TriggerNames() {
		if !listed("trigger", name) {
			t.Errorf("the trigger %q is not listed", name)
		}
	}
	for _, c := range leaves(newRoot()) {
		path := strings.TrimPrefix(c.CommandPath(), "ghlsms ")
		of, verb, _ := strings.Cut(path, " ")
		if !listed("command", path) {
			t.Errorf("the command %q is not listed", path)
		}
		if slices.Contains(store.Entities, store.Entity(of)) && !slices.Contains([]string{"list", "show", "keep"}, verb) && edits[path] == nil {
			t.Errorf("what follows from %q is not said", path)
		}
	}
	for _, row := range rows {
		kind, endpoint, scope, example := row[0].(string), row[3].(string), row[4].(string), row[5].(string)
		if row[2] == "" || example == "" || endpoint == "" && kind != "command" {
			t.Errorf("%v says too little", row)
		}
		if strings.Contains(endpoint, " /") && scope == "" && kind != "gateway" {
			t.Errorf("%v: no scope for %s", row, endpoint)
		}
	}
}

// What the list gives as an example is one.
func TestExamplesOfOperations(t *testing.T) {
	const head = configtest.Minimal + "staff: [\"+12025550190\"]\n"
	one := func(trigger, action string) {
		t.Helper()
		text := head + "rules: [{name: x, " + strings.TrimSuffix(strings.TrimPrefix(trigger, "{"), "}") + ", do: [{" + action + "}]}]\n"
		if _, err := config.RuleSet(configtest.Load(t, config.Load, text)); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
	for _, trigger := range rule.Triggers {
		one(trigger.Example, `notify: "Look"`)
		for _, key := range trigger.By {
			if !slices.Contains(rule.ByKeys, key) {
				t.Errorf("%s goes by %q, which is no key", trigger.Name, key)
			}
		}
	}
	for _, a := range rule.Actions {
		on := map[rule.Subject]string{rule.OfTask: "task created", rule.OfAppointment: "appointment booked"}[a.Needs]
		if on == "" {
			on = "contact created"
		}
		one("{on: "+on+"}", a.Example)
		if len(a.Effects) == 0 {
			t.Errorf("%s has no effect", a.Name)
		}
	}
	for _, c := range sync.TextCommands {
		if got := (*parse.Words)(nil).StaffCommand(c.Example).Verb; got != c.Verb {
			t.Errorf("%q is %q, not %q", c.Example, got, c.Verb)
		}
	}
	for _, k := range store.Kinds {
		words := strings.Fields(sync.EffectOf(k).Example)
		if words[0] != "ghlsms" {
			continue
		}
		if cmd, _, err := newRoot().Find(words[1:]); err != nil || cmd.HasSubCommands() {
			t.Errorf("%q is no command (%v)", words, err)
		}
	}
}
