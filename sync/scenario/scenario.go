// Package scenario runs golden scenarios in tests: files of testdata in which facts, one a line, stand
// beside what is to follow from them.
package scenario

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"ghlsms/store"
)

var update = flag.Bool("update", false, "rewrite what the scenarios in testdata want")

// Run runs every file of a folder of testdata: prose, then pairs of what is given and what
// is wanted.
func Run(t *testing.T, folder string, run func(t *testing.T, given string) string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in testdata/%s (%v)", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Files) == 0 || len(a.Files)%2 != 0 {
				t.Fatal("want pairs of given and want")
			}
			for i := 0; i < len(a.Files); i += 2 {
				given, want := &a.Files[i], &a.Files[i+1]
				if given.Name != "given" || want.Name != "want" {
					t.Fatalf("%q, %q: want pairs of given and want", given.Name, want.Name)
				}
				got := run(t, string(given.Data))
				if *update {
					want.Data = []byte(got)
					if i+2 < len(a.Files) {
						want.Data = append(want.Data, '\n') // room to read
					}
				} else if got != strings.TrimRight(string(want.Data), "\n")+"\n" {
					t.Errorf("given\n%s\ngot\n%s\nwant\n%s", given.Data, got, want.Data)
				}
			}
			if *update && !t.Failed() {
				if err := os.WriteFile(file, bytes.TrimLeft(txtar.Format(a), "\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// Text is all of a folder of testdata.
func Text(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

// Fact is one line of what is given: a word, more words, and fields. Values may be quoted as in
// Go. A line that opens with # says nothing.
type Fact struct {
	Word   string
	Args   []string
	Fields store.Fields
}

// Facts reads what is given.
func Facts(t *testing.T, given string) []Fact {
	t.Helper()
	var all []Fact
	for line := range strings.Lines(given) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f := Fact{Fields: store.Fields{}}
		f.Word, line, _ = strings.Cut(line, " ")
		if f.Word == ">" {
			f.Args, line = []string{line}, ""
		}
		for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
			var name, value string
			if i := strings.IndexAny(line, " =\"`"); i >= 0 && line[i] == '=' {
				name, line = line[:i], line[i+1:]
			}
			value, line = NextWord(t, line)
			if name == "" {
				f.Args = append(f.Args, value)
			} else {
				f.Fields[name] = value
			}
		}
		all = append(all, f)
	}
	return all
}

// NextWord takes the first word, or what is quoted, off a line.
func NextWord(t *testing.T, s string) (word, rest string) {
	t.Helper()
	if s == "" || !strings.ContainsRune("\"`", rune(s[0])) {
		word, rest, _ = strings.Cut(s, " ")
		return word, rest
	}
	q, err := strconv.QuotedPrefix(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	word, err = strconv.Unquote(q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return word, s[len(q):]
}

// Record is a fact as a record: entity, id, and any of new, unread and gone.
func (f Fact) Record(t *testing.T) store.Record {
	t.Helper()
	if len(f.Args) == 0 {
		t.Fatalf("%s without an id", f.Word)
	}
	r := store.Record{Entity: store.Entity(f.Word), ID: f.Number(t), Read: true, Base: f.Fields, Rev: 3}
	r.CRMID = fmt.Sprintf("%.1s%d", f.Word, r.ID)
	r.ContactID = 7
	if r.Entity == store.Contact {
		r.ContactID = r.ID
	}
	for _, arg := range f.Args[1:] {
		switch arg {
		case "new":
			r.CRMID, r.Base, r.Edits = "", nil, r.Base
		case "unread":
			r.Read = false
		case "gone":
			r.GoneAt = Moment("2026-11-02T00:00:00Z")
		default:
			t.Fatalf("%s: a record has no %q", f.Word, arg)
		}
	}
	return r
}

// Number is the first argument as a number.
func (f Fact) Number(t *testing.T) int64 {
	t.Helper()
	n, err := strconv.ParseInt(f.Arg(), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", f.Word, err)
	}
	return n
}

// Numbers are all arguments as numbers.
func (f Fact) Numbers(t *testing.T) []int64 {
	t.Helper()
	ids := []int64{}
	for _, a := range f.Args {
		ids = append(ids, Fact{Word: f.Word, Args: []string{a}}.Number(t))
	}
	return ids
}

// Arg is the first argument; empty: there is none.
func (f Fact) Arg() string {
	if len(f.Args) == 0 {
		return ""
	}
	return f.Args[0]
}

// Moment reads a time of a scenario; one that is none stops the test.
func Moment(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}

// Zone loads a time zone; one that there is not stops the test.
func Zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// Show is a value as scenarios write it; long ones are cut.
func Show(v string) string {
	const most = 200
	if r := []rune(v); len(r) > most {
		return fmt.Sprintf("%q… %d characters …%q", string(r[:40]), len(r), string(r[len(r)-20:]))
	}
	if v == "" || strings.ContainsAny(v, " \"`\\\n") || strconv.Quote(v) != `"`+v+`"` {
		if strings.Contains(v, `"`) && strconv.CanBackquote(v) {
			return "`" + v + "`"
		}
		return strconv.Quote(v)
	}
	return v
}

// ShowFields are fields as scenarios write them.
func ShowFields(f store.Fields) string {
	var words []string
	for _, name := range f.Names() {
		words = append(words, name+"="+Show(f[name]))
	}
	return strings.Join(words, " ")
}
