package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ghlsms/store/storetest"
)

// walls are the packages of the house: what of ours each may import, and whether it is pure. Sandboxes and
// what only tests import are not among them.
var walls = map[string]struct {
	imports string // of ours, relative to the module
	pure    bool
}{
	"cmd/ghlsms":        {imports: "cmd/ghlsms/alarm cmd/ghlsms/config cmd/ghlsms/daemon cmd/ghlsms/demo cmd/ghlsms/health cmd/ghlsms/term cmd/ghlsms/trace ghl sms sms/parse/when store sync sync/hours sync/merge sync/plan sync/record sync/remind sync/rule sync/wording"},
	"cmd/ghlsms/alarm":  {imports: "cmd/ghlsms/config cmd/ghlsms/term sms store"},
	"cmd/ghlsms/config": {imports: "cmd/ghlsms/term ghl sms sms/gammu sms/parse sms/smsto store sync/condition sync/hours sync/inbound sync/merge sync/plan sync/record sync/remind sync/rule sync/spec sync/trouble sync/wording"},
	"cmd/ghlsms/daemon": {imports: "cmd/ghlsms/alarm cmd/ghlsms/config cmd/ghlsms/health cmd/ghlsms/term cmd/ghlsms/web ghl sms store sync sync/plan sync/trouble"},
	"cmd/ghlsms/demo":   {imports: "cmd/ghlsms/config cmd/ghlsms/daemon cmd/ghlsms/term ghl/ghltest sms sms/smstest store"},
	"cmd/ghlsms/health": {imports: "cmd/ghlsms/alarm cmd/ghlsms/config cmd/ghlsms/term sms store sync/trouble"},
	"cmd/ghlsms/term":   {imports: "sms store"},
	"cmd/ghlsms/trace":  {imports: "cmd/ghlsms/term sms store sync sync/record"},
	"cmd/ghlsms/web":    {imports: "cmd/ghlsms/config cmd/ghlsms/health cmd/ghlsms/term sms store sync/trouble"},

	"sync":           {imports: "ghl sms sms/parse store sync/hours sync/inbound sync/merge sync/plan sync/record sync/remind sync/rule sync/trouble sync/wording"},
	"sync/plan":      {imports: "sms sms/parse store sync/condition sync/hours sync/inbound sync/merge sync/record sync/remind sync/rule sync/trouble sync/wording"},
	"sync/inbound":   {imports: "sms sms/parse store sync/record sync/wording", pure: true},
	"sync/remind":    {imports: "store sync/condition sync/hours sync/record sync/spec sync/wording", pure: true},
	"sync/rule":      {imports: "sms sms/parse store sync/condition sync/hours sync/record sync/spec sync/wording", pure: true},
	"sync/merge":     {imports: "store sync/record sync/spec", pure: true},
	"sync/condition": {imports: "store sync/record sync/spec sync/wording", pure: true},
	"sync/wording":   {imports: "sms store sync/hours sync/record sync/spec", pure: true},
	"sync/hours":     {imports: "sms store sync/spec", pure: true},
	"sync/record":    {imports: "sms store", pure: true},
	"sync/trouble":   {imports: "sms store"},
	"sync/spec":      {imports: "sms sync/record", pure: true},

	"store":          {imports: "migrations"},
	"migrations":     {},
	"ghl":            {},
	"sms":            {},
	"sms/parse":      {imports: "sms sms/parse/when", pure: true},
	"sms/parse/when": {pure: true},
	"sms/smsto":      {imports: "sms"},
	"sms/gammu":      {imports: "sms"},
}

// What pure packages may not do: values in, values out.
var (
	impureImports = []string{"context", "os", "net", "net/http", "database/sql", "log/slog", "math/rand", "math/rand/v2"}
	impureCalls   = []string{"time.Now", "time.Since", "time.Until", "time.Local", "time.Sleep", "time.After", "time.NewTimer", "time.NewTicker"}
	impureTypes   = []string{"store.Tx", "store.DB"}
)

// noNetwork is what the planner may not import: it calls nobody.
var noNetwork = []string{"net", "net/http"}

func TestWalls(t *testing.T) {
	storetest.SkipRace(t, "it reads source files")
	found := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, ours := strings.CutSuffix(path, ".go")
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !ours || strings.HasSuffix(name, "_test") {
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		if isForTests(dir) {
			return nil
		}
		found[dir] = true
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, broken := range breaches(dir, filepath.Base(path), source) {
			t.Errorf("%s/%s", dir, broken)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range found {
		if _, known := walls[dir]; !known {
			t.Errorf("package %s has no wall: say in walls what it may import", dir)
		}
	}
	for dir := range walls {
		if !found[dir] {
			t.Errorf("there is no package %s", dir)
		}
	}
}

// isForTests tells packages that only tests and the demo use.
func isForTests(dir string) bool {
	return strings.HasSuffix(dir, "test") || dir == "sync/scenario"
}

// breaches are the places where a file of a package breaks its walls.
func breaches(dir, name string, source []byte) (all []string) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	wall := walls[dir]
	add := func(n ast.Node, format string, args ...any) {
		all = append(all, fmt.Sprintf("%s:%d: ", name, files.Position(n.Pos()).Line)+fmt.Sprintf(format, args...))
	}
	allowed := strings.Fields(wall.imports)
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		mine, ours := strings.CutPrefix(path, "ghlsms/")
		switch {
		case ours && !slices.Contains(allowed, mine):
			add(spec, "%s may not import %s", dir, mine)
		case wall.pure && slices.Contains(impureImports, path):
			add(spec, "%s is pure and may not import %s", dir, path)
		case dir == "sync/plan" && slices.Contains(noNetwork, path):
			add(spec, "%s calls nobody and may not import %s", dir, path)
		}
	}
	if !wall.pure {
		return all
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			add(n, "%s is pure and may not start a goroutine", dir)
		case *ast.SelectorExpr:
			x, _ := n.X.(*ast.Ident)
			if x != nil && slices.Contains(impureCalls, x.Name+"."+n.Sel.Name) {
				add(n, "%s is pure and may not use %s.%s", dir, x.Name, n.Sel.Name)
			}
			if x != nil && slices.Contains(impureTypes, x.Name+"."+n.Sel.Name) {
				add(n, "%s is pure and may not know %s.%s", dir, x.Name, n.Sel.Name)
			}
		}
		return true
	})
	return all
}

// Each rule bites: a file that breaks it and nothing else is found, in every pure package.
func TestWallsBite(t *testing.T) {
	storetest.SkipRace(t, "it reads source files")
	type plant struct{ dir, source, want string }
	plants := []plant{
		{"sync/plan", `import "ghlsms/ghl"`, "may not import ghl"},
		{"sync/plan", `import "net/http"`, "calls nobody"},
		{"sync/merge", `import "ghlsms/sync/wording"`, "may not import sync/wording"},
		{"sync/record", `import "ghlsms/sync/plan"`, "may not import sync/plan"},
		{"store", `import "ghlsms/sync/record"`, "may not import sync/record"},
		{"ghl", `import "ghlsms/store"`, "may not import store"},
		{"sms", `import "ghlsms/sms/parse"`, "may not import sms/parse"},
		{"sync", `import "ghlsms/sms/gammu"`, "may not import sms/gammu"},
		{"sync", `import "ghlsms/ghl/ghltest"`, "may not import ghl/ghltest"},
		{"cmd/ghlsms/term", `import "ghlsms/cmd/ghlsms/config"`, "may not import cmd/ghlsms/config"},
		{"cmd/ghlsms/web", `import "ghlsms/sync"`, "may not import sync"},
	}
	for _, dir := range slices.Sorted(maps.Keys(walls)) {
		if !walls[dir].pure {
			continue
		}
		for _, path := range append(slices.Clone(impureImports), "ghlsms/ghl") {
			plants = append(plants, plant{dir, fmt.Sprintf("import _ %q", path), "may not import " + strings.TrimPrefix(path, "ghlsms/")})
		}
		for _, call := range impureCalls {
			plants = append(plants, plant{dir, "var at = " + call, "may not use " + call})
		}
		for _, tx := range impureTypes {
			plants = append(plants, plant{dir, "func f(*" + tx + ") {}", "may not know " + tx})
		}
		plants = append(plants, plant{dir, "func f() { go f() }", "may not start a goroutine"})
	}
	for _, p := range plants {
		got := breaches(p.dir, "planted.go", []byte("package p\n"+p.source+"\n"))
		if len(got) != 1 || !strings.Contains(got[0], p.want) {
			t.Errorf("%s: %s: found %q, want %q", p.dir, p.source, got, p.want)
		}
	}
}
