package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"ghlsms/store/storetest"
)

// A pointer, a function, an interface or a channel that came with an error is nil where there is one: nobody
// uses it before the error was looked at. No linter of ours sees that.
func TestErrorsAreLookedAtFirst(t *testing.T) {
	storetest.SkipShort(t, "all packages are loaded with their types")
	storetest.SkipRace(t, "it reads source files")
	t.Parallel()
	house := loadHouse(t)
	for _, p := range house.ours {
		for _, file := range p.GoFiles {
			for _, found := range house.usedTooEarly(t, p.ImportPath, filepath.Join(p.Dir, file), nil) {
				t.Error(found)
			}
		}
	}

	const planted = `package planted
import ("os"; "time")
func look() (*time.Location, error) { return nil, nil }
func open() (n int, f func(), err error) { return 0, nil, nil }
func open2() error { return nil }
type here struct{ zone *time.Location }
func early() (time.Time, error) { zone, err := look(); at := time.Now().In(zone); return at, err } // BAD
func inReturn() (time.Time, error) { zone, err := look(); return time.Now().In(zone), err } // BAD
func field() (err error) { var h here; h.zone, err = look(); _ = h.zone.String(); return err } // BAD
func called() error { _, f, err := open(); f(); return err } // BAD
func inCondition() { if zone, err := look(); zone.String() != "" && err == nil { panic(0) } } // BAD
func inLoop() { for zone, err := range map[*time.Location]error{} { _ = zone.String(); _ = err } } // BAD
func deferred() error { f, err := os.Open(""); defer f.Sync(); if err != nil { return err }; return nil } // BAD
func passedOn() (*time.Location, error) { zone, err := look(); return zone, err }
func asked() string { zone, err := look(); if err != nil { return "" }; return zone.String() }
func compared() bool { zone, err := look(); return (zone == nil) == (err == nil) }
func together() error { zone, err := look(); if err == nil && zone.String() != "" { panic(0) }; return err }
func again() error { zone, err := look(); n, err := len(zone.String()), open2(); _ = n; return err } // BAD
func wrapped() (here, error) { zone, err := look(); return here{zone}, err }
func harmless() int { n, _, err := open(); n++; if err != nil { return 0 }; return n }
`
	var want []int
	for i, line := range bytes.Split([]byte(planted), []byte("\n")) {
		if bytes.HasSuffix(line, []byte("// BAD")) {
			want = append(want, i+1)
		}
	}
	var got []int
	for _, found := range house.usedTooEarly(t, "planted", "planted.go", []byte(planted)) {
		got = append(got, found.line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("of what was planted, lines %v were found, want %v", got, want)
	}
}

type house struct {
	fset  *token.FileSet
	types types.Importer
	ours  []listedPackage
	asts  map[string]*ast.File
	info  map[string]*types.Info // by import path
}

type listedPackage struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Module                  *struct{ Main bool }
}

// loadHouse has the go command compile what is imported; ours is read from its source.
func loadHouse(t *testing.T) *house {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Module", "ghlsms/...")
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.Bytes())
	}
	h := &house{fset: token.NewFileSet(), asts: map[string]*ast.File{}, info: map[string]*types.Info{}}
	exports := map[string]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if p.Module != nil && p.Module.Main {
			h.ours = append(h.ours, p)
		}
	}
	if len(h.ours) == 0 {
		t.Fatal("no package of ours was listed")
	}
	h.types = importer.ForCompiler(h.fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, p := range h.ours {
		files := make([]string, len(p.GoFiles))
		for i, file := range p.GoFiles {
			files[i] = filepath.Join(p.Dir, file)
		}
		h.read(t, p.ImportPath, files, nil)
	}
	return h
}

// read parses the files of a package and finds out the types in it.
func (h *house) read(t *testing.T, path string, files []string, source []byte) {
	t.Helper()
	parsed := make([]*ast.File, len(files))
	for i, file := range files {
		var src any
		if source != nil {
			src = source
		}
		f, err := parser.ParseFile(h.fset, file, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed[i], h.asts[file] = f, f
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: h.types}).Check(path, h.fset, parsed, info); err != nil {
		t.Fatal(err)
	}
	h.info[path] = info
}

// tooEarly is a place where a value is used before the error that came with it was looked at.
type tooEarly struct {
	file  string
	line  int
	value string
}

func (e tooEarly) String() string {
	return fmt.Sprintf("%s:%d: %s is used before the error that came with it is looked at", e.file, e.line, e.value)
}

func (h *house) usedTooEarly(t *testing.T, path, file string, source []byte) (all []tooEarly) {
	t.Helper()
	if source != nil {
		h.read(t, path, []string{file}, source)
	}
	info := h.info[path]
	ast.Inspect(h.asts[file], func(n ast.Node) bool {
		for i, s := range inOrder(n) {
			values, err := came(info, s)
			if len(values) == 0 {
				continue
			}
			if use := firstUse(info, inOrder(n)[i+1:], values, err); use != nil {
				at := h.fset.Position(use.Pos())
				all = append(all, tooEarly{at.Filename, at.Line, use.Name})
			}
		}
		return true
	})
	return all
}

// inOrder are the parts of a node that run one after the other.
func inOrder(n ast.Node) (all []ast.Node) {
	stmts := func(list []ast.Stmt) []ast.Node {
		for _, s := range list {
			all = append(all, s)
		}
		return all
	}
	switch n := n.(type) {
	case *ast.BlockStmt:
		return stmts(n.List)
	case *ast.CaseClause:
		return stmts(n.Body)
	case *ast.CommClause:
		return stmts(n.Body)
	case *ast.IfStmt:
		if n.Init != nil {
			return []ast.Node{n.Init, n.Cond, n.Body}
		}
	case *ast.SwitchStmt:
		if n.Init != nil && n.Tag != nil {
			return []ast.Node{n.Init, n.Tag, n.Body}
		} else if n.Init != nil {
			return []ast.Node{n.Init, n.Body}
		}
	case *ast.RangeStmt:
		if n.Tok == token.DEFINE && n.Value != nil {
			return []ast.Node{&ast.AssignStmt{Lhs: []ast.Expr{n.Key, n.Value}, Tok: n.Tok, Rhs: []ast.Expr{n.X}}, n.Body}
		}
	}
	return nil
}

// came are the values that a node sets together with an error, of those kinds that are of no use without it.
func came(info *types.Info, n ast.Node) (values []types.Object, err types.Object) {
	set, ok := n.(*ast.AssignStmt)
	if !ok || len(set.Rhs) != 1 || len(set.Lhs) < 2 {
		return nil, nil
	}
	last := len(set.Lhs) - 1
	err = objectOf(info, set.Lhs[last])
	if err == nil || !isError(err.Type()) {
		return nil, nil
	}
	for _, to := range set.Lhs[:last] {
		o := objectOf(info, to)
		if o == nil || isError(o.Type()) {
			continue
		}
		switch o.Type().Underlying().(type) {
		case *types.Pointer, *types.Interface, *types.Signature, *types.Chan:
			values = append(values, o)
		}
	}
	return values, err
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// objectOf is the variable or the field that an expression names; nil: it names none.
func objectOf(info *types.Info, e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		if o := info.Defs[e]; o != nil {
			return o
		}
		return info.Uses[e]
	case *ast.SelectorExpr:
		return info.Uses[e.Sel]
	}
	return nil
}

// firstUse is where one of the values is used, in what runs after it was set and before the error is looked
// at or set anew; nil: nowhere. Nothing is lost where a value is returned beside its error, compared, or set.
func firstUse(info *types.Info, rest []ast.Node, values []types.Object, err types.Object) (use *ast.Ident) {
	harmless := map[ast.Node]bool{}
	looked := false
	var look func(ast.Node) bool
	look = func(n ast.Node) bool {
		if looked || use != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.AssignStmt: // what is set runs after what it is set to
			for _, to := range n.Lhs {
				harmless[to] = true
			}
			for _, e := range slices.Concat(n.Rhs, n.Lhs) {
				ast.Inspect(e, look)
			}
			return false
		case *ast.ReturnStmt:
			for _, r := range n.Results {
				harmless[r] = true
				if lit, ok := r.(*ast.CompositeLit); ok {
					for _, e := range lit.Elts {
						harmless[e] = true
					}
				}
			}
		case *ast.BinaryExpr:
			harmless[n.X], harmless[n.Y] = n.Op == token.EQL || n.Op == token.NEQ, n.Op == token.EQL || n.Op == token.NEQ
		case *ast.Ident:
			o := objectOf(info, n)
			looked = o == err
			if slices.Contains(values, o) && !harmless[n] {
				use = n
			}
		}
		return true
	}
	for _, n := range rest {
		ast.Inspect(n, look)
	}
	return use
}
