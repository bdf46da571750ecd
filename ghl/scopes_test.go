package ghl_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ghlsms/ghl"
)

var scopeLine = regexp.MustCompile(`(?m)^Scope ([\w./]+), ([A-Z]+) (/[^\s.]*(?:\.\w[^\s.]*)*)\.`)

// What the methods say about their scopes is what the table says.
func TestScopesAreThoseOfTheMethods(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Doc == nil {
				continue
			}
			for _, m := range scopeLine.FindAllStringSubmatch(f.Doc.Text(), -1) {
				methods++
				path := strings.ReplaceAll(m[3], "{id}", "ve9EPM428h8vShlRW1KT")
				if fn, ok := ghl.FunctionOf(m[2], path); !ok || !slices.Contains(fn.Scopes, m[1]) {
					t.Errorf("%s needs %s for %s %s; the table says %q", f.Name.Name, m[1], m[2], m[3], fn.Scopes)
				}
			}
		}
	}
	if methods < 20 {
		t.Errorf("only %d methods say what scope they need", methods)
	}
}

func TestFunctions(t *testing.T) {
	if n, all := len(ghl.Functions("contacts.readonly", "users.readonly")), len(ghl.Functions()); n != 2 || all < 10 {
		t.Errorf("%d of %d functions", n, all)
	}
	f := ghl.Function{Scopes: []string{"conversations.readonly", "conversations/message.readonly"}}
	if got := f.Lacks([]string{"conversations.readonly"}); len(got) != 1 || got[0] != "conversations/message.readonly" {
		t.Errorf("lacks %q", got)
	}
	if all := ghl.Functions("conversations/message.readonly"); len(all) != 1 || all[0].Name != "read messages" {
		t.Errorf("%+v", all)
	}
	if _, ok := ghl.FunctionOf("GET", "/nothing"); ok {
		t.Error("a function for nothing")
	}
}
