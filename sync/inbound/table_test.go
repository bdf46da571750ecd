package inbound

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/scenario"
	"ghlsms/sync/wording"
)

// TestTextsTable holds the decisions against what a reasonable person expects of real texts.
func TestTextsTable(t *testing.T) { textsTable(t, "testdata/texts.tsv") }

// TestTextsTableDates is the same for texts that name a day or a time in words.
func TestTextsTableDates(t *testing.T) { textsTable(t, "testdata/texts-dates.tsv") }

func textsTable(t *testing.T, file string) {
	for _, row := range readTexts(t, file) {
		t.Run(row.name, func(t *testing.T) {
			c, r, w := row.on(t, row.who)
			d := Decide(c, r, w)
			if d.Decision != row.decision || effectOf(d, w) != row.effect {
				t.Errorf("%s (%s) texts %q\ngot  %s\t%s\nwant %s\t%s\nbecause: %s",
					row.who, row.lang, row.text, d.Decision, effectOf(d, w), row.decision, row.effect, d.Reason)
			}
			if d.Reason == "" {
				t.Errorf("%q: decided without a reason", row.text)
			}
			if d.OptOut && row.effect != "optout" {
				t.Errorf("%q: an opt-out, and beside it %s", row.text, row.effect)
			}
			if strings.Contains(row.effect, look) && d.Reply != "" {
				t.Errorf("%q: may be an opt-out, and is answered: %q", row.text, d.Reply)
			}
		})
	}
}

// TestTextsTableConsent is promise 5 for every text of the tables: whether a text opts out is for its
// words alone to say, whoever sends it and in whatever language we speak.
func TestTextsTableConsent(t *testing.T) {
	for _, row := range some(append(readTexts(t, "testdata/texts.tsv"), readTexts(t, "testdata/texts-dates.tsv")...)) {
		t.Run(row.name, func(t *testing.T) {
			for _, who := range slices.Sorted(maps.Keys(situations)) {
				if strings.HasPrefix(row.text, pin) && who != row.who {
					continue // to others the PIN is no word of its own
				}
				row.consents(t, who, row.text, row.effect == "optout")
			}
		})
	}
}

// TestTextsTableStop holds what is said beside a stop against it: STOP on a line of its own is heard before
// and behind every text of the tables, and an opt-out is one in capitals, in small letters, and signed.
func TestTextsTableStop(t *testing.T) {
	for _, row := range some(append(readTexts(t, "testdata/texts.tsv"), readTexts(t, "testdata/texts-dates.tsv")...)) {
		t.Run(row.name, func(t *testing.T) {
			for _, who := range []string{row.who, "known", "staff-one"} {
				if strings.HasPrefix(row.text, pin) && who != row.who {
					continue
				}
				if row.effect == "optout" {
					row.consents(t, who, strings.ToUpper(row.text), true)
					row.consents(t, who, strings.ToLower(row.text), true)
					row.consents(t, who, "\t"+row.text+" 🙏\n\nSent from my iPhone", true)
				}
				quotes := strings.HasPrefix(row.text, "BEGIN:VCARD") || (*parse.Words)(nil).Command(row.text).Reaction
				if !quotes { // a line of what is quoted is nobody's word
					row.consents(t, who, "STOP\n"+row.text, true)
					row.consents(t, who, row.text+"\nStop!", true)
				}
			}
		})
	}
}

// consents checks in several languages whether a text opts out, and that an opt-out does nothing else.
func (row textRow) consents(t *testing.T, who, text string, want bool) {
	t.Helper()
	row.text = text
	for _, row.lang = range []string{row.lang, "-", "es,fr,de,pt,it,nl"} {
		c, r, w := row.on(t, who)
		switch d := Decide(c, r, w); {
		case d.OptOut != want:
			t.Errorf("%s (%s) texts %q: opt-out %v, want %v (%s: %s)", who, row.lang, text, d.OptOut, want, d.Decision, d.Reason)
		case want && effectOf(d, w) != "optout":
			t.Errorf("%s (%s) texts %q: an opt-out, and beside it %s", who, row.lang, text, effectOf(d, w))
		}
	}
}

// textRow is a line of a table. See the head of testdata/texts.tsv.
type textRow struct {
	name                              string // the line
	who, lang, text, decision, effect string
}

func readTexts(t *testing.T, file string) (rows []textRow) {
	t.Helper()
	table, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(table)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 5 || situations[cells[0]] == nil {
			t.Fatalf("%s:%d: a row is who, lang, text, decision and effect, with tabs between: %q", file, n, line)
		}
		rows = append(rows, textRow{
			name: fmt.Sprintf("%s:%d", strings.TrimPrefix(file, "testdata/"), n),
			who:  cells[0], lang: cells[1], text: strings.ReplaceAll(cells[2], `\n`, "\n"), decision: cells[3], effect: cells[4],
		})
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", file)
	}
	return rows
}

// some are all rows with GHLSMS_FULL=1; else one of six, and with -short or the race detector, which is slow and
// finds nothing in pure functions, still fewer.
func some(rows []textRow) (few []textRow) {
	step := storetest.Amount{Short: 30, Usual: 6, Full: 1}.Or(0)
	if storetest.RaceDetector {
		step = 25
	}
	for i := 0; i < len(rows); i += step {
		few = append(few, rows[i])
	}
	return few
}

// on is the row's text as somebody sends it on a Friday at ten in the morning, in New York.
func (row textRow) on(t *testing.T, who string) (Case, *Config, wording.World) {
	t.Helper()
	r := &Config{Words: wordsIn(t, row.lang)}
	w := wording.World{Region: "US", Zone: newYork(), Business: "Bright Smile", Born: scenario.Moment("2026-11-01T00:00:00Z")}
	at := scenario.Moment("2026-11-20T15:00:00Z")
	c := Case{Now: at, Text: store.Inbound{ID: 1, Gateway: "spool", Key: "k1", Sender: "+12025550143", Body: sms.Clean(row.text), ReceivedAt: at}}
	situations[who](&c, r)
	c.Understand(r, w.Region)
	if named := c.Named; c.Staff != nil && c.Meaning.Command.Who == "" { // nobody is looked up who is not named
		c.Named = nil
	} else if len(named) == 1 {
		c.Contact, c.Upcoming, c.Tasks, c.People = &named[0], visitsOfJane()[:1], nil, named
	}
	return c, r, w
}

var (
	newYork = gosync.OnceValue(func() *time.Location { return scenario.Zone("America/New_York") })
	spoken  = map[string]*parse.Words{}
)

// wordsIn are the words of languages as the tables write them.
func wordsIn(t *testing.T, lang string) *parse.Words {
	t.Helper()
	if spoken[lang] == nil {
		var codes []string
		if lang != "-" {
			codes = strings.Split(lang, ",")
		}
		words, err := parse.NewWords(codes, nil)
		if err != nil {
			t.Fatal(err)
		}
		spoken[lang] = words
	}
	return spoken[lang]
}

// pin is what staff must text in the situation staff-pin.
const pin = "4711"

// situations are those in which the texts of the tables come in.
var situations = map[string]func(*Case, *Config){
	"unknown": func(*Case, *Config) {},
	"known":   known,
	"booked":  func(c *Case, r *Config) { known(c, r); c.Upcoming = visitsOfJane()[:1] },
	"reminded": func(c *Case, r *Config) {
		known(c, r)
		c.Upcoming, c.Reminded = visitsOfJane()[:1], []int64{21}
	},
	"reminded-of-two": func(c *Case, r *Config) { // of the first of them
		known(c, r)
		c.Upcoming, c.Reminded = visitsOfJane(), []int64{21}
	},
	"today-too":  func(c *Case, r *Config) { known(c, r); c.Upcoming = visitsToday() }, // and in a week
	"today-only": func(c *Case, r *Config) { known(c, r); c.Upcoming = visitsToday()[:1] },
	"several":    func(c *Case, r *Config) { known(c, r); c.Upcoming = visitsOfJane() },
	"tasks": func(c *Case, r *Config) {
		known(c, r)
		c.Tasks, c.Numbers = tasksOfJane(), map[int]int64{1: 31, 2: 32, 3: 33}
	},
	"slot": func(c *Case, r *Config) {
		known(c, r)
		c.Upcoming = visitsOfJane()[:1]
		c.Question = &store.Question{ID: 5, Kind: store.AskSlot, State: store.QuestionOpen, Text: "R", AppointmentID: 21, Choices: []store.Choice{
			{Start: "2026-11-25T14:00:00Z", End: "2026-11-25T15:00:00Z"}, {Start: "2026-11-27T19:00:00Z", End: "2026-11-27T20:00:00Z"},
		}}
	},
	"details": func(c *Case, r *Config) {
		known(c, r)
		c.Question = &store.Question{ID: 5, Kind: store.AskDetails, State: store.QuestionOpen, Text: "This is Bob Roe", Choices: []store.Choice{
			{Edits: store.Fields{store.FirstName: "Bob", store.LastName: "Roe"}},
		}}
	},
	"opted-out": func(c *Case, r *Config) {
		known(c, r)
		c.Contact.Base[store.DNDSMS], c.OptOut = "active", &store.OptOut{Number: c.Text.Sender, Source: "text"}
	},
	"dnd": func(c *Case, r *Config) {
		known(c, r)
		c.Contact.Base[store.DND], c.OptOut = "true", &store.OptOut{Number: c.Text.Sender, Source: "crm"}
	},
	"staff": func(c *Case, _ *Config) { c.Staff = &Staffer{Name: "Rita", UserID: "u1"} },
	"staff-pin": func(c *Case, r *Config) {
		c.Staff, c.Named, r.PIN = &Staffer{Name: "Rita"}, []store.Record{jane()}, "4711"
	},
	"staff-one": func(c *Case, _ *Config) { c.Staff, c.Named = &Staffer{Name: "Rita"}, []store.Record{jane()} },
	"staff-two": func(c *Case, _ *Config) {
		other := jane()
		other.ID, other.ContactID, other.CRMID, other.Base[store.LastName] = 8, 8, "c8", "Roe"
		c.Staff, c.Named = &Staffer{Name: "Rita"}, []store.Record{jane(), other}
	},
}

func known(c *Case, _ *Config) { c.Contact = new(jane()) }

func jane() store.Record {
	return recordOf(store.Contact, 7, store.Fields{
		store.FirstName: "Jane", store.LastName: "Doe", store.Phone: "+12025550143", store.Email: "jane@example.com",
	})
}

func visitsOfJane() []store.Record {
	return []store.Record{
		recordOf(store.Appointment, 21, store.Fields{store.Start: "2026-11-24T20:00:00Z", store.Status: "new"}),
		recordOf(store.Appointment, 22, store.Fields{store.Start: "2026-11-27T14:30:00Z", store.Status: "new"}),
	}
}

func visitsToday() []store.Record {
	return []store.Record{recordOf(store.Appointment, 23, store.Fields{store.Start: "2026-11-20T20:00:00Z", store.Status: "new"}), visitsOfJane()[1]}
}

func tasksOfJane() []store.Record {
	return []store.Record{
		recordOf(store.Task, 31, store.Fields{store.Title: "Call back about the invoice"}),
		recordOf(store.Task, 32, store.Fields{store.Title: "Send insurance form"}),
		recordOf(store.Task, 33, store.Fields{store.Title: "Water the plants"}),
	}
}

func recordOf(e store.Entity, id int64, fields store.Fields) store.Record {
	return store.Record{Entity: e, ID: id, ContactID: 7, CRMID: fmt.Sprintf("%.1s%d", e, id), Read: true, Base: fields, Rev: 3}
}

// look is the effect of a text that may be an opt-out: staff are asked to look at it.
const look = "look"

// effectOf is all that a decision changes, as the tables write it.
func effectOf(d Decision, w wording.World) string {
	var all []string
	add := func(ok bool, format string, args ...any) {
		if ok {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	fields := func(f store.Fields) string {
		var pairs []string
		for _, name := range f.Names() {
			if name != store.Phone && name != store.Source { // every newcomer has those
				pairs = append(pairs, name+":"+f[name])
			}
		}
		return strings.Join(pairs, ",")
	}
	local := func(s string) string {
		at, err := time.Parse(store.TimeForm, s)
		if err != nil {
			return s
		}
		return at.In(w.Zone).Format("Mon Jan 2 15:04")
	}
	add(d.OptOut, "optout")
	add(d.OptIn, "optin")
	add(d.NewContact != nil, "new=%s", fields(d.NewContact))
	add(d.Contact != nil, "contact=%s", fields(d.Contact))
	for _, task := range d.NewTasks {
		due := local(task[store.Due])
		if due == "Sat Nov 21 10:00" { // a day later, what a task gets that names no time
			due = "-"
		}
		maybe := strings.HasSuffix(task[store.Title], " want to opt out?")
		add(maybe, look)
		add(!maybe, "task=%s|%s", task[store.Title], due)
	}
	add(d.TaskEdits != nil, "done=%d", d.Task)
	add(d.AppointmentEdits != nil && d.Appointment == 21, "book=%s", cmp.Or(d.AppointmentEdits[store.Status], local(d.AppointmentEdits[store.Start])))
	add(d.AppointmentEdits != nil && d.Appointment != 21, "book=%d:%s", d.Appointment, cmp.Or(d.AppointmentEdits[store.Status], local(d.AppointmentEdits[store.Start])))
	add(d.Ask != nil, "ask=%s", askKind(d.Ask))
	add(d.Numbers != nil, "list")
	add(len(d.TakeBack) > 0, "undo")
	add(d.Note != "", "note")
	return cmp.Or(strings.Join(all, "; "), "none")
}

func askKind(q *store.Question) store.QuestionKind {
	if q == nil {
		return ""
	}
	return q.Kind
}
