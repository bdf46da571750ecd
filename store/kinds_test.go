package store

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// Every constant of type Kind has one row, and every row says what the kind does and when it leaves.
func TestEveryKindHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "kinds.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []Kind
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Kind" {
			return true
		}
		for _, v := range spec.Values {
			text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared = append(declared, Kind(text))
		}
		return true
	})
	slices.Sort(declared)
	listed := slices.Sorted(slices.Values(Kinds))
	if len(declared) == 0 || !slices.Equal(declared, listed) {
		t.Errorf("declared %q, with a row %q", declared, listed)
	}
	for _, r := range kinds {
		if r.does == 0 || r.order == 0 || r.kind.Entity() == Entity(r.kind) {
			t.Errorf("a row is not full: %+v", r)
		}
	}
	if Kind("").known() || Kind("text.shout").known() {
		t.Error("what has no row passes for a kind")
	}
}

// How a kind is treated follows from what it does.
func TestWhatFollowsFromAKind(t *testing.T) {
	for _, c := range []struct {
		name    string
		is      func(Kind) bool
		yes, no []Kind
	}{
		{"once only", Kind.OnceOnly, []Kind{SendText, CreateContact, CreateTask, CreateNote, AddMessage}, []Kind{UpdateContact, DeleteTask, PutEntry, TellOptOut}},
		{"quarantined", Kind.Quarantined, []Kind{SendText, DeleteContact, DeleteTask, DeleteNote, DeleteAppointment, RemoveEntry}, []Kind{CreateTask, UntagContact, TellOptIn}},
		{"made for a contact", Kind.MakesForContact, []Kind{CreateTask, CreateNote}, []Kind{CreateContact, AddMessage, SendText, DeleteNote}},
		{"moves with its contact", Kind.movesWithContact, []Kind{SendText, CreateTask, CreateNote}, []Kind{CreateContact, AddMessage, UpdateTask, PutEntry}},
		{"makes no record", Kind.makesNoRecord, []Kind{AddMessage}, []Kind{SendText, CreateContact, CreateTask, CreateNote}},
		{"needs no contact in the CRM", Kind.alone, []Kind{SendText, CreateContact, PutEntry, RemoveEntry, TellOptOut, TellOptIn}, []Kind{UpdateContact, CreateTask, AddMessage, DeleteContact}},
	} {
		for _, k := range slices.Concat(c.yes, c.no) {
			if is := slices.Contains(c.yes, k); c.is(k) != is {
				t.Errorf("%s: %s is %t", c.name, k, !is)
			}
		}
	}
}
