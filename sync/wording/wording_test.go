package wording

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
)

func TestAReminderInEveryLanguage(t *testing.T) {
	w := World{Zone: scenario.Zone("America/New_York"), Business: "Bright Smile"}
	jane := &store.Record{ID: 7, Base: store.Fields{store.FirstName: "Jane"}}
	visits := []Visit{{jane, &store.Record{ID: 21, Base: store.Fields{store.Start: "2026-11-24T20:00:00Z", store.End: "2026-11-24T21:00:00Z"}}}}
	for language, want := range map[string]string{
		"":   "Tue, Nov 24 at 3:00 PM | Tue, Nov 24 | 3:00 PM | Tuesday 24 November 2026 EST | Tuesday 24 November, Tue 24 Nov, 16:00",
		"en": "Tue, Nov 24 at 3:00 PM | Tue, Nov 24 | 3:00 PM | Tuesday 24 November 2026 EST | Tuesday 24 November, Tue 24 Nov, 16:00",
		"es": "mar, 24 nov, 15:00 | mar, 24 nov | 15:00 | martes 24 noviembre 2026 EST | martes 24 noviembre, mar 24 nov, 16:00",
		"fr": "mar. 24 nov. à 15:00 | mar. 24 nov. | 15:00 | mardi 24 novembre 2026 EST | mardi 24 novembre, mar. 24 nov., 16:00",
		"de": "Di., 24. Nov. um 15:00 | Di., 24. Nov. | 15:00 | Dienstag 24 November 2026 EST | Dienstag 24 November, Di. 24 Nov., 16:00",
		"pt": "ter, 24 nov às 15:00 | ter, 24 nov | 15:00 | terca-feira 24 novembro 2026 EST | terca-feira 24 novembro, ter 24 nov, 16:00",
		"it": "mar 24 nov alle 15:00 | mar 24 nov | 15:00 | martedì 24 novembre 2026 EST | martedì 24 novembre, mar 24 nov, 16:00",
		"nl": "di 24 nov om 15:00 | di 24 nov | 15:00 | dinsdag 24 november 2026 EST | dinsdag 24 november, di 24 nov, 16:00",
	} {
		text := Must(ParseTask("test", "{{.When}} | {{.Date}} | {{.Time}} | {{.Start.Weekday}} {{.Start.Day}} {{.Start.Month}} {{.Start.Year}} {{.Start.Zone}} | {{.Start.Format \"Monday 2 January\"}}, {{.Start.Format \"Mon 2 Jan\"}}, {{.End.Format \"15:04\"}}"))
		got, err := text.Render(ReminderDataOf(w, visits, Manner{Language: language}))
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", language, got, err, want)
		}
	}
}

// A name of a day or a month, short or in full, never makes a text one of dear characters.
func TestDatesAreCheap(t *testing.T) {
	for _, code := range Languages() {
		for d := range 366 {
			at := time.Date(2028, 1, 1+d, 15, 0, 0, 0, time.UTC)
			moment := localeOf(code).moment(at)
			text := localeOf(code).when(at) + moment.Weekday + moment.Month + moment.Format("Mon Jan Monday January")
			if _, dear := sms.Segments(text); dear || sms.Plain(text) != text {
				t.Errorf("%s: %q", code, text)
			}
		}
	}
}

func TestTheLanguageOfAContact(t *testing.T) {
	w := World{LanguageField: "tongue", Fields: record.Names{"tongue": "custom.x"}}
	texts, err := ParseWording("test", "Hallo {{.Date}}", map[string]string{"es": "Hola {{.Date}}", "en": "Hello {{.Date}}"})
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]string{
		"es": "es", "ES": "es", "es-MX": "es", "es_ES": "es", "Spanish": "es", "Español": "es", "ESPANOL": "es", "en": "en", "English": "en",
		"Spanish (Mexico)": "es", "Español (México)": "es", "Espan\u0303ol": "es", "Mexican Spanish": "es", "spa": "es", "castellano": "es",
		"Spanish, English": "es", "es / en": "es", "Klingon; English": "en", "inglés": "en", "ENGLISCH": "en", "en-GB": "en",
		"": "de", "Klingon": "de", "fr": "de", "Französisch": "de", "estonian": "de", "no": "de", "n/a": "de", "-": "de", "und": "de",
		"Deutsch (Schweiz)": "de", "Lengua de señas": "de", "español?": "es", `["Spanish","English"]`: "es",
	} {
		contact := &store.Record{Base: store.Fields{"custom.x": said}}
		if _, got := texts.In(w.LanguageOf(contact), "de"); got != want {
			t.Errorf("%q is %s, want %s", said, got, want)
		}
	}
}

func TestSeveralAppointmentsInOneText(t *testing.T) {
	w := World{Zone: scenario.Zone("America/New_York"), Business: "Bright Smile", Calendars: map[string]string{"c": "Dr. Lee"}}
	contact := func(id int64, name string) *store.Record {
		return &store.Record{ID: id, Base: store.Fields{store.FirstName: name}}
	}
	at := func(c *store.Record, start, title string) Visit {
		return Visit{c, &store.Record{Base: store.Fields{store.Start: start, store.Title: title, store.Calendar: "c"}}}
	}
	jane, tom, other, nobody := contact(7, "Jane"), contact(8, "Tom"), contact(9, "Jane"), contact(10, "")
	jane.Base[store.LastName], tom.Base[store.LastName], other.Base[store.LastName] = "Doe", "Doe", "Poe"
	const three, four, next = "2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z", "2026-11-25T15:30:00Z"
	for _, tt := range []struct {
		visits []Visit
		how    Manner
		want   string
	}{
		{[]Visit{at(jane, three, "Check-up")}, Manner{}, "Jane Doe: Check-up, Tue, Nov 24 at 3:00 PM (Dr. Lee)"},
		{[]Visit{at(jane, three, "Check-up")}, Manner{Shared: true}, "Jane Doe: Check-up, Tue, Nov 24 at 3:00 PM (Jane) (Dr. Lee)"},
		{[]Visit{at(jane, three, "Check-up"), at(jane, four, "Cleaning")}, Manner{}, "Jane Doe: Check-up and Cleaning, Tue, Nov 24 at 3:00 PM and 4:00 PM (Dr. Lee)"},
		{[]Visit{at(jane, three, "Check-up"), at(tom, four, "Check-up")}, Manner{}, "Jane and Tom Doe: Check-up, Tue, Nov 24 at 3:00 PM (Jane) and 4:00 PM (Tom) (Dr. Lee)"},
		{[]Visit{at(jane, three, "Check-up"), at(jane, next, "Check-up")}, Manner{}, "Jane Doe: Check-up, Tue, Nov 24 at 3:00 PM and Wed, Nov 25 at 10:30 AM (Dr. Lee)"},
		{[]Visit{at(jane, three, "A"), at(other, four, "B")}, Manner{}, "Jane: A and B, Tue, Nov 24 at 3:00 PM (Jane Doe) and 4:00 PM (Jane Poe) (Dr. Lee)"},
		{[]Visit{at(jane, three, "A"), at(jane, three, "B")}, Manner{}, "Jane Doe: A and B, Tue, Nov 24 at 3:00 PM (Dr. Lee)"},
		{[]Visit{at(jane, three, "A"), at(tom, three, "A")}, Manner{}, "Jane and Tom Doe: A, Tue, Nov 24 at 3:00 PM (Jane) and 3:00 PM (Tom) (Dr. Lee)"},
		{[]Visit{at(nobody, three, "A"), at(tom, four, "A")}, Manner{}, "Tom: A, Tue, Nov 24 at 3:00 PM and 4:00 PM (Tom) (Dr. Lee)"},
		{[]Visit{at(nobody, three, "A"), at(contact(11, ""), four, "A")}, Manner{}, "there: A, Tue, Nov 24 at 3:00 PM and 4:00 PM (Dr. Lee)"},
		{
			[]Visit{at(jane, three, "A"), at(tom, four, "B"), at(jane, next, "C")}, Manner{Language: "es"},
			"Jane y Tom Doe: A, B y C, mar, 24 nov, 15:00 (Jane), 16:00 (Tom) y mié, 25 nov, 10:30 (Jane) (Dr. Lee)",
		},
	} {
		got, err := Must(ParseTask("test", "{{.Contact.FirstName}}{{with .Contact.LastName}} {{.}}{{end}}: {{.Appointment.Title}}, {{.When}} ({{.Appointment.Calendar}})")).Render(ReminderDataOf(w, tt.visits, tt.how))
		if err != nil || got != tt.want {
			t.Errorf("%q, %v, want %q", got, err, tt.want)
		}
	}
}

func TestAReminderWithAGapIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"Dear {{.Contact.FirstName}} {{.Contact.LastName}}":       ".Contact.LastName may be empty",
		"{{.Appointment.Title}} on {{.When}}":                     ".Appointment.Title may be empty",
		"Bring your {{.Contact.Fields.card}} {{.When}}":           ".Contact.Fields.card may be empty",
		"See you {{.When}} at {{.Appointment.Calendar}}":          ".Appointment.Calendar may be empty",
		"Mail to {{.Contact.Email | printf \"%s\"}} by {{.When}}": ".Contact.Email may be empty",
		"Hi {FirstName}, see you {{.When}}":                       "{FirstName} would stand in the text as it is",
		"Hi {{\"{{contact.name}}\"}}, see you":                    "{{contact.name}} would stand",
		"Hi %FIRSTNAME%":                                          "%FIRSTNAME% would stand",
		"Hi [First Name], see you":                                "[First Name] would stand",
		"Hi <<name>>":                                             "<<name>> would stand",
		"Hi {{.Nobody}}":                                          "Nobody",
		"Hi {{contact.first_name}}":                               "variables are written like {{.Contact.FirstName}}",

		// Where the sample does not lead.
		"See you {{.When}}{{if .Late}} {{.Nobody}}{{end}}":                                  "Nobody",
		"{{if eq .Appointment.Status \"new\"}}{{.Contact.Fields.other}}{{end}}See you":      "must be a name under fields",
		"{{with .Contact.LastName}}{{.}}{{else}}{{.Nobody}}{{end}}, see you":                "Nobody",
		"See you {{.When}}{{if .Late}}, {Name}{{end}}":                                      "{Name} would stand",
		"See you {{.When}}{{if .Late}}, {{.Contact.LastName}}{{end}}":                       ".Contact.LastName may be empty",
		"{{with .Contact.LastName}}{{.}} x{{else}}{{.Contact.Email}} y{{end}}":              ".Contact.Email may be empty",
		"{{or .Contact.LastName .Contact.Email}}, see you":                                  ".Contact.Email may be empty",
		"Dear {{.Contact.LastName}}, {{with .Contact.LastName}} (Mr {{.}}){{end}}":          ".Contact.LastName may be empty",
		"{{$title := .Appointment.Title}}Your {{$title}} is {{.When}}":                      ".Appointment.Title may be empty",
		"{{range .Contact.Fields}}{{.}} {{end}}{{.When}}":                                   ".Contact.Fields.card may be empty",
		"{{define \"who\"}}{{.Contact.LastName}}{{end}}{{template \"who\" .}} see you":      ".Contact.LastName may be empty",
		"{{define \"who\"}}{{if .Late}}{{.Nobody}}{{end}}{{end}}{{template \"who\" .}} see": "Nobody",
		"Hi {{.Contact.Fields.other}}":                                                      "must be a name under fields",
	} {
		if _, err := ParseReminder("test", text, "card"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{
		"Dear {{.Contact.FirstName}}{{with .Contact.LastName}} {{.}}{{end}}, see you {{.When}}",
		"Your {{or .Appointment.Title \"appointment\"}} is {{.When}}{{if .Late}} (sorry for the short notice){{end}}",
		"{{if .Contact.Fields.card}}Bring your {{.Contact.Fields.card}} card. {{end}}See you {{.Start.Weekday}} [in the new house], 10% off",
		"Hi {{.Contact.FirstName}} {{.Contact.Name}} {{.Business}} {{.Appointment.Status}} {{.End.Time}}",
		"See you {{.When}}\n{{with .Contact.Fields.card}}{{.}}{{end}}",
		"{{or .Contact.LastName .Contact.Email \"you\"}} {{if and .Contact.LastName .Contact.Email}}{{.Contact.Email}}{{else if .Late}}late{{end}}",
		"{{if gt (len .Contact.FirstName) 9}}{{slice .Contact.FirstName 0 9}}{{else}}{{.Contact.FirstName}}{{end}}, see you {{.When}}",
		"{{with $c := .Contact.Fields.card}}{{$c}}{{else}}no card{{end}} {{.When}}",
		"See https://example.com/na%C3%AFve%20story?a=%FAbc%20d",
	} {
		if _, err := ParseReminder("test", text, "card"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What is wrong is told for each language.
func TestABadTranslation(t *testing.T) {
	_, err := ParseWording("test", "Hi {{.Wenn}}", map[string]string{"es": "Hola {{.Wenn}}", "fr": "Bonjour {{.When}}", "de": "", "xx": "y"})
	bad, ok := errors.AsType[LanguageError](err)
	if !ok || !slices.Equal(slices.Sorted(maps.Keys(bad)), []string{"", "de", "es", "xx"}) {
		t.Fatalf("%T: %v", err, err)
	}
	for language, want := range map[string]string{"": "template", "de": "in de: template test gives an empty text", "es": "in es: template", "xx": "in xx: no language"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", language, err, want)
		}
	}
}

// Where there is no name, none is put in its place in a language that has no word for that.
func TestSomebodyWithoutAName(t *testing.T) {
	visits := []Visit{{&store.Record{}, &store.Record{Base: store.Fields{store.Start: "2026-11-24T20:00:00Z"}}}}
	for _, tt := range []struct{ language, text, want string }{
		{"en", "Hi {{.Contact.FirstName}}, see you", "Hi there, see you"},
		{"es", "Hola {{.Contact.FirstName}}, su cita", "Hola, su cita"},
		{"de", "Hallo {{.Contact.Name}}! Ihr Termin", "Hallo! Ihr Termin"},
		{"fr", "Bonjour {{.Contact.FirstName}} ! Votre rendez-vous", "Bonjour ! Votre rendez-vous"},
		{"it", "{{.Contact.FirstName}}, la aspettiamo", "la aspettiamo"},
		{"nl", "{{with .Contact.FirstName}}Dag {{.}}, tot{{end}} zo", "Dag, tot zo"},
	} {
		got, err := Must(ParseTask("test", tt.text)).Render(ReminderDataOf(World{Zone: time.UTC}, visits, Manner{Language: tt.language}))
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.language, got, err, tt.want)
		}
	}
	got, err := Must(ParseTask("test", "Call {{.Contact.FirstName}}")).Render(ReminderDataOf(World{Zone: time.UTC}, visits, Manner{Language: "es", Nameless: "+12025550143"}))
	if err != nil || got != "Call +12025550143" {
		t.Errorf("%q, %v", got, err)
	}
}

// An appointment without an end has none in any form.
func TestNoTimeIsWrittenAsNothing(t *testing.T) {
	if got := localeOf("es").moment(time.Time{}); got != (TemplateTime{}) || got.Format("15:04") != "" {
		t.Errorf("%+v", got)
	}
}

// What reminders in these languages usually say stays one part of cheap characters.
func TestRemindersAreCheap(t *testing.T) {
	for language, text := range map[string]string{
		"de": "Hallo {{.Contact.FirstName}}, Ihr Termin ist am {{.When}} ({{.Start.Weekday}}). C bestätigt, X sagt ab.",
		"es": "Hola {{.Contact.FirstName}}, su cita es {{.When}} ({{.Start.Weekday}}). C confirma, X cancela.",
		"fr": "Bonjour {{.Contact.FirstName}}, votre rendez-vous est {{.When}} ({{.Start.Weekday}}). C confirme, X annule.",
	} {
		jane := &store.Record{Base: store.Fields{store.FirstName: "Jane"}}
		for month := range 12 {
			at := time.Date(2026, time.Month(month+1), 6+month, 15, 0, 0, 0, time.UTC).Format(time.RFC3339)
			visits := []Visit{{jane, &store.Record{Base: store.Fields{store.Start: at}}}}
			got, err := Must(ParseTask("test", text)).Render(ReminderDataOf(World{Zone: time.UTC}, visits, Manner{Language: language}))
			if parts, dear := sms.Segments(got); err != nil || parts != 1 || dear {
				t.Errorf("%s: %q has %d parts, dear: %t, %v", language, got, parts, dear, err)
			}
		}
	}
}

// A link leaves as it was written.
func TestLinksAreLeftAlone(t *testing.T) {
	const link = "https://ex-ample.com/a_b/~c?d=%C3%BC&e=f+g#h'i(j),k;l:@m!$*"
	text := Must(ParseReminder("test", "See you {{.When}}: "+link))
	got, err := text.Sample("", "", "")
	if err != nil || !strings.HasSuffix(sms.Plain(sms.Clean(got)), " "+link) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSample(t *testing.T) {
	text, err := ParseWording("test", "{{.Business}}: {{.When}}", map[string]string{"fr": "{{.Business}} : {{.When}}"})
	if err != nil {
		t.Fatal(err)
	}
	for language, want := range map[string]string{"": "Clinic: Di., 24. Nov. um 15:00", "fr": "Clinic : mar. 24 nov. à 15:00"} {
		if got, err := text.Sample(language, "de", "Clinic"); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", language, got, err, want)
		}
	}
}
