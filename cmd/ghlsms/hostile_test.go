package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/cmd/ghlsms/web"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/store/storetest"
)

// hostile is what others may write into a name, a title, a note or a text, and what nothing that we print
// or serve may pass on as it is.
var hostile = []struct{ name, text string }{
	{"formula", "=HYPERLINK(\"http://127.0.0.1:9\",\"x\")"},
	{"formula of a sum", "+1+1"},
	{"formula of a difference", "-2+3"},
	{"formula of old", "@SUM(A1:A9)"},
	{"formula behind a tab", "\t=1+1"},
	{"formula behind a return", "\r=1+1"},
	{"formula behind nothing that shows", "\u200b=1+1"},
	{"formula in full width", "\uff1d1+1"},
	{"clears the screen", "Ann\x1b[2J\x1b[31m"},
	{"clears the screen in one character", "Ann\u009b2J"},
	{"a window's title", "\x1b]0;owned\x07Ann"},
	{"backwards", "Ann \u202egnp.exe"},
	{"isolated", "\u2066Ann\u2069 \u200fx"},
	{"deleted", "Ann\x7f\x08\x08"},
	{"nothing", "A\x00nn"},
	{"tags", "Ann\U000E0041\U000E007F"},
	{"another line", "Ann\nERR forged key=1"},
	{"another line by another name", "Ann\u2028forged\u0085forged"},
	{"markup", "<script>alert(1)</script><img src=x onerror=alert(1)>"},
	{"attribute", "\" onmouseover=\"alert(1)"},
	{"template", "{{.Contact.Phone}}{{template \"x\"}}${HOME}%s%!d"},
	{"no text", "Ann\xff\xfe"},
	{"joined", "Ann\u200dx \U0001F469\u200d\U0001F467"},
}

func hostileTexts() (all []string) {
	for _, h := range hostile {
		all = append(all, h.text)
	}
	return all
}

// unsafe is what of a text would do something to a terminal.
func unsafe(s string) string {
	return strings.Map(func(r rune) rune {
		if sms.Unsafe(r) {
			return r
		}
		return -1
	}, s)
}

// crowd is a stage on which everybody and everything has a hostile name.
func crowd(t *testing.T) *stage {
	s := setStage(t, "sync: {notes: {calls: 100}}\n")
	s.crm.AddCalendar(ghltest.Calendar{ID: "cal1", Name: hostile[8].text})
	for i, h := range hostile {
		c := s.crm.AddContact(ghltest.Contact{
			ID: fmt.Sprintf("c%d", i), FirstName: h.text, LastName: h.text, City: h.text, Tags: []string{h.text}, Phone: fmt.Sprintf("+1202555%04d", 200+i),
		})
		s.crm.AddTask(ghltest.Task{ContactID: c.ID, Title: h.text, Body: h.text, Due: time.Now().Add(time.Hour)})
		s.crm.AddNote(ghltest.Note{ContactID: c.ID, Body: h.text})
		s.crm.AddAppointment(ghltest.Appointment{CalendarID: "cal1", ContactID: c.ID, Title: h.text, Start: time.Now().Add(time.Duration(i) * time.Hour)})
	}
	s.must("once")
	for i, h := range hostile {
		s.gateway.Text(fmt.Sprintf("+1202555%04d", 200+i), h.text)
		s.gateway.Text(fmt.Sprintf("+1202555%04d", 300+i), "Hi, I'm "+h.text)
	}
	s.gateway.Text("Am\u202eazon", "=cmd")
	if code, _, talk := s.ghlsms("once"); code == exitFailed {
		t.Fatal(talk)
	}
	return s
}

// viewing are commands that show what others wrote; those of reports take every format.
func viewing() (reports, others []string) {
	for _, r := range store.Reports {
		reports = append(reports, "report "+r.Name)
	}
	reports = append(reports, "outbox list", "held list", "conflicts list", "note list", "texts show Amazon")
	for i := 0; i < len(hostile); i += (storetest.Amount{Short: 8, Usual: 3, Full: 1}).Or(0) {
		reports = append(reports, fmt.Sprintf("texts show c%d", i), fmt.Sprintf("history c%d", i), fmt.Sprintf("contact show c%d", i))
	}
	for i := range hostile {
		others = append(others, fmt.Sprintf("trace +1202555%04d", 200+i))
	}
	return reports, append(others, "trace Amazon --format json", "trace c8 --format json", "trace t1", "trace r1", "trace o1", "trace o2 --format json", "trace task/1", "trace note/1", "trace a1", "status", "plan", "outbox show 1", "outbox show 2", "task show 1", "note show 1", "appointment show 1")
}

// What a person or a program is shown does nothing to their terminal, whatever the format.
func TestHostileWordsOnATerminal(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	s := crowd(t)
	s.must("contact", "set", "c0", "city=\x1b[2JRome\u202e")
	reports, others := viewing()
	for _, format := range term.Formats {
		for _, command := range reports {
			others = append(others, command+" --format "+format)
		}
	}
	for _, command := range others {
		code, out, talk := s.ghlsms(strings.Fields(command)...)
		if code == exitFailed || code == exitUsage {
			t.Errorf("%s: exit %d: %s", command, code, talk)
		}
		if found := unsafe(out + talk); found != "" {
			t.Errorf("%s passes on %+q", command, found)
		}
	}
	if _, _, talk := s.ghlsms("contact", "show", "\x1b[2J\u202enobody"); unsafe(talk) != "" {
		t.Errorf("%q", talk)
	}
}

// A spreadsheet computes nothing of what others wrote, and still has phone numbers.
func TestHostileWordsInASpreadsheet(t *testing.T) {
	s := crowd(t)
	phones, cells := 0, 0
	reports, _ := viewing()
	for _, command := range reports {
		if strings.HasPrefix(command, "contact show") {
			continue
		}
		_, out, _ := s.ghlsms(append(strings.Fields(command), "--format", "csv")...)
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		for _, value := range slices.Concat(rows...) {
			cells++
			switch {
			case term.PhoneNumber().MatchString(value):
				phones++
			case value != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(value)[0]):
				t.Errorf("%s has a cell %q", command, value)
			}
		}
	}
	if phones < len(hostile) || cells < 1000 {
		t.Errorf("%d phone numbers in %d cells", phones, cells)
	}
	for in, want := range map[string]string{
		"+12025550143": "+12025550143", "+1+1": "'+1+1", "+": "'+", "+0123456789": "'+0123456789", "12025550143": "12025550143", "-5": "'-5", "a=1": "a=1", "": "",
	} {
		if got := term.NoFormula(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// JSON has all that others wrote, and nothing of it as it is.
func TestHostileWordsInJSON(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			text := strings.ToValidUTF8(h.text, "\ufffd")
			var out strings.Builder
			if err := term.PrintTable(&out, store.Table{Columns: []string{"v"}, Rows: [][]any{{text}}}, "ndjson", time.UTC); err != nil {
				t.Fatal(err)
			}
			if err := term.PrintTable(&out, store.Table{Columns: []string{"v"}, Rows: [][]any{{text}}}, "json", time.UTC); err != nil {
				t.Fatal(err)
			}
			if found := unsafe(out.String()); found != "" {
				t.Errorf("passes on %+q", found)
			}
			dec := json.NewDecoder(strings.NewReader(out.String()))
			var line struct{ V string }
			var list []struct{ V string }
			if err := errors.Join(dec.Decode(&line), dec.Decode(&list)); err != nil {
				t.Fatal(err)
			}
			if line.V != text || list[0].V != text {
				t.Errorf("%q, %q, want %q", line.V, list[0].V, text)
			}
		})
	}
}

// The page shows words, not markup, and nothing that reorders them.
func TestHostileWordsOnThePage(t *testing.T) {
	s := crowd(t)
	db, err := store.OpenReader(t.Context(), s.dir+"/ghlsms.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	handler := web.Handler(db, config.DefaultConfig().TroubleLook(), daemon.MetricsHandler(db, config.DefaultConfig().TroubleLook(), nil))
	for _, path := range []string{"/", "/readyz"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
		html := w.Body.String()
		if found := unsafe(html); found != "" {
			t.Errorf("%s passes on %+q", path, found)
		}
		for _, markup := range []string{"<script", "<img", "\" onmouseover"} {
			if strings.Contains(html, markup) {
				t.Errorf("%s has %s", path, markup)
			}
		}
		if path == "/" && !strings.Contains(html, "&lt;script&gt;alert(1)") {
			t.Error("the page does not show what was written")
		}
	}
}

// Nor does /readyz pass on what the CRM answered.
func TestHostileAnswerOnThePage(t *testing.T) {
	for _, h := range hostile {
		db := pageStore(t)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			return tx.ReadFailed(t.Context(), "contacts", store.Away, h.text)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/readyz"} {
			w := httptest.NewRecorder()
			web.Handler(db, config.DefaultConfig().TroubleLook(), daemon.MetricsHandler(db, config.DefaultConfig().TroubleLook(), nil)).ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
			if found := unsafe(w.Body.String()); found != "" {
				t.Errorf("%s: %s passes on %+q", h.name, path, found)
			}
		}
	}
}

// numbers are those that the test of the log hides, however they are shown.
var numbers = regexp.MustCompile(`555\D{0,12}01(?:43|99)`)

// One line of the log is one line, and no invisible character hides a number in it.
func TestHostileWordsInTheLog(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		for _, h := range hostile {
			t.Run(format+"/"+h.name, func(t *testing.T) {
				var out strings.Builder
				log := term.NewLogger(&out, "", format, nil)
				log.With("with", h.text).WithGroup("g").LogAttrs(context.Background(), slog.LevelWarn, "message "+h.text,
					slog.String("text", h.text), slog.Any("error", errors.New(h.text)), slog.Any("any", []string{h.text}), slog.Any("bytes", []byte(h.text)),
					slog.String(h.text, "key"), slog.String("number", "+1202\u200b555\u20600143, +1 202\u200d555 0199"))
				got := strings.TrimSuffix(out.String(), "\n")
				if found := unsafe(got); found != "" {
					t.Errorf("passes on %+q\n%s", found, got)
				}
				if strings.Contains(got, "\n") {
					t.Errorf("more than a line:\n%s", got)
				}
				if numbers.MatchString(got) {
					t.Errorf("shows a number:\n%s", got)
				}
				if format == "json" && !json.Valid([]byte(got)) {
					t.Errorf("not JSON:\n%s", got)
				}
			})
		}
	}
}

// What is printed in pieces is safe as well, and a character that is cut in two is whole again.
func TestSafeWriter(t *testing.T) {
	for _, text := range append(hostileTexts(), "naïve €5 \U0001F600!") {
		text = strings.ToValidUTF8(text, "?")
		for size := 1; size < 5; size++ {
			var out strings.Builder
			w := &term.SafeWriter{W: &out}
			for piece := range slices.Chunk([]byte(text), size) {
				if n, err := w.Write(piece); n != len(piece) || err != nil {
					t.Fatal(n, err)
				}
			}
			if want := sms.Visible(text); out.String() != want {
				t.Errorf("%q in pieces of %d: %q, want %q", text, size, out.String(), want)
			}
		}
	}
}

// What the CRM calls its fields is printed by commands that print no table, to both ends.
func TestHostileWordsInProse(t *testing.T) {
	s := setStage(t, "fields: {animal: contact.pett, other: contact.pet}\n")
	s.crm.AddField(ghltest.Field{Name: "pet\x1b[2J\u202e", Key: "contact.pet\x1b\u202e"})
	_, out1, talk1 := s.ghlsms("once")
	_, out2, talk2 := s.ghlsms("status")
	_, out3, talk3 := s.ghlsms("check-config", "--online")
	for i, printed := range []string{out1, talk1, out2, talk2, out3, talk3} {
		if found := unsafe(printed); found != "" {
			t.Errorf("%d passes on %+q", i, found)
		}
	}
}
