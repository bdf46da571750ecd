package sync

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

// scenarios runs every file of a folder of testdata: prose, then pairs of what is given and what
// is wanted.
func scenarios(t *testing.T, folder string, run func(t *testing.T, given string) string) {
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

// scenarioText is all of a folder of testdata.
func scenarioText(t *testing.T, folder string) string {
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

// fact is one line of what is given: a word, more words, and fields. Values may be quoted as in
// Go. A line that opens with # says nothing.
type fact struct {
	word   string
	args   []string
	fields store.Fields
}

func facts(t *testing.T, given string) []fact {
	t.Helper()
	var all []fact
	for line := range strings.Lines(given) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		f := fact{fields: store.Fields{}}
		f.word, line, _ = strings.Cut(line, " ")
		if f.word == ">" {
			f.args, line = []string{line}, ""
		}
		for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
			var name, value string
			if i := strings.IndexAny(line, " =\"`"); i >= 0 && line[i] == '=' {
				name, line = line[:i], line[i+1:]
			}
			value, line = nextWord(t, line)
			if name == "" {
				f.args = append(f.args, value)
			} else {
				f.fields[name] = value
			}
		}
		all = append(all, f)
	}
	return all
}

func nextWord(t *testing.T, s string) (word, rest string) {
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

// record is a fact as a record: entity, id, and any of new, unread and gone.
func (f fact) record(t *testing.T) store.Record {
	t.Helper()
	if len(f.args) == 0 {
		t.Fatalf("%s without an id", f.word)
	}
	r := store.Record{Entity: store.Entity(f.word), ID: f.number(t), Read: true, Base: f.fields, Rev: 3}
	r.CRMID = fmt.Sprintf("%.1s%d", f.word, r.ID)
	r.ContactID = 7
	if r.Entity == store.Contact {
		r.ContactID = r.ID
	}
	for _, arg := range f.args[1:] {
		switch arg {
		case "new":
			r.CRMID, r.Base, r.Edits = "", nil, r.Base
		case "unread":
			r.Read = false
		case "gone":
			r.GoneAt = moment("2026-11-02T00:00:00Z")
		default:
			t.Fatalf("%s: a record has no %q", f.word, arg)
		}
	}
	return r
}

func (f fact) number(t *testing.T) int64 {
	t.Helper()
	n, err := strconv.ParseInt(f.arg(), 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", f.word, err)
	}
	return n
}

func (f fact) numbers(t *testing.T) []int64 {
	t.Helper()
	ids := []int64{}
	for _, a := range f.args {
		ids = append(ids, fact{word: f.word, args: []string{a}}.number(t))
	}
	return ids
}

func (f fact) arg() string {
	if len(f.args) == 0 {
		return ""
	}
	return f.args[0]
}

// moment reads a time of a scenario; one that is none stops the test.
func moment(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func mustWording(text string) *Wording {
	tmpl, err := ParseReminder("test", text)
	if err != nil {
		panic(err)
	}
	return tmpl
}

// show is a value as scenarios write it; long ones are cut.
func show(v string) string {
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

func showFields(f store.Fields) string {
	var words []string
	for _, name := range f.Names() {
		words = append(words, name+"="+show(f[name]))
	}
	return strings.Join(words, " ")
}

func mustTemplate(text string) *Template {
	tmpl, err := ParseReminderTask("test", text)
	if err != nil {
		panic(err)
	}
	return tmpl
}
