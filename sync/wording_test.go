package sync

import (
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

func TestAReminderInEveryLanguage(t *testing.T) {
	w := World{Zone: zone("America/New_York"), Business: "Bright Smile"}
	jane := &store.Record{ID: 7, Base: store.Fields{store.FirstName: "Jane"}}
	visits := []visit{{jane, &store.Record{ID: 21, Base: store.Fields{store.Start: "2026-11-24T20:00:00Z"}}}}
	for language, want := range map[string]string{
		"":   "Tue, Nov 24 at 3:00 PM | Tue, Nov 24 | 3:00 PM | Tuesday 24 November 2026 EST",
		"en": "Tue, Nov 24 at 3:00 PM | Tue, Nov 24 | 3:00 PM | Tuesday 24 November 2026 EST",
		"es": "mar, 24 nov, 15:00 | mar, 24 nov | 15:00 | martes 24 noviembre 2026 EST",
		"fr": "mar. 24 nov. à 15:00 | mar. 24 nov. | 15:00 | mardi 24 novembre 2026 EST",
		"de": "Di., 24. Nov. um 15:00 | Di., 24. Nov. | 15:00 | Dienstag 24 November 2026 EST",
		"pt": "ter, 24 nov às 15:00 | ter, 24 nov | 15:00 | terça-feira 24 novembro 2026 EST",
		"it": "mar 24 nov alle 15:00 | mar 24 nov | 15:00 | martedì 24 novembre 2026 EST",
		"nl": "di 24 nov om 15:00 | di 24 nov | 15:00 | dinsdag 24 november 2026 EST",
	} {
		text := mustTemplate("{{.When}} | {{.Date}} | {{.Time}} | {{.Start.Weekday}} {{.Start.Day}} {{.Start.Month}} {{.Start.Year}} {{.Start.Zone}}")
		got, err := text.Render(reminderData(w, visits, telling{language: language}))
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", language, got, err, want)
		}
	}
}

// A short name of a day or a month never makes a text one of dear characters.
func TestDatesAreCheap(t *testing.T) {
	for _, code := range Languages() {
		for d := range 366 {
			at := time.Date(2028, 1, 1+d, 15, 0, 0, 0, time.UTC)
			text := localeOf(code).when(at)
			if _, dear := sms.Segments(text); dear || sms.Plain(text) != text {
				t.Errorf("%s: %q", code, text)
			}
		}
	}
}

func TestTheLanguageOfAContact(t *testing.T) {
	w := World{LanguageField: "tongue", Fields: FieldNames{"tongue": "custom.x"}}
	texts, err := ParseWording("test", "Hallo {{.Date}}", map[string]string{"es": "Hola {{.Date}}", "en": "Hello {{.Date}}"})
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]string{
		"es": "es", "ES": "es", "es-MX": "es", "es_ES": "es", "Spanish": "es", "Español": "es", "ESPANOL": "es", "en": "en", "English": "en",
		"": "de", "Klingon": "en", "fr": "de", "estonian": "en",
	} {
		contact := &store.Record{Base: store.Fields{"custom.x": said}}
		if _, got := texts.in(w.language(contact), "de"); got != want {
			t.Errorf("%q is %s, want %s", said, got, want)
		}
	}
}

func TestSeveralAppointmentsInOneText(t *testing.T) {
	w := World{Zone: zone("America/New_York"), Business: "Bright Smile", Calendars: map[string]string{"c": "Dr. Lee"}}
	contact := func(id int64, name string) *store.Record {
		return &store.Record{ID: id, Base: store.Fields{store.FirstName: name}}
	}
	at := func(c *store.Record, start, title string) visit {
		return visit{c, &store.Record{Base: store.Fields{store.Start: start, store.Title: title, store.Calendar: "c"}}}
	}
	jane, tom := contact(7, "Jane"), contact(8, "Tom")
	const three, four, next = "2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z", "2026-11-25T15:30:00Z"
	for _, tt := range []struct {
		visits []visit
		how    telling
		want   string
	}{
		{[]visit{at(jane, three, "Check-up")}, telling{}, "Jane: Check-up, Tue, Nov 24 at 3:00 PM (Dr. Lee)"},
		{[]visit{at(jane, three, "Check-up")}, telling{shared: true}, "Jane: Check-up, Tue, Nov 24 at 3:00 PM (Jane) (Dr. Lee)"},
		{[]visit{at(jane, three, "Check-up"), at(jane, four, "Cleaning")}, telling{}, "Jane: Check-up and Cleaning, Tue, Nov 24 at 3:00 PM and 4:00 PM (Dr. Lee)"},
		{[]visit{at(jane, three, "Check-up"), at(tom, four, "Check-up")}, telling{}, "Jane and Tom: Check-up, Tue, Nov 24 at 3:00 PM (Jane) and 4:00 PM (Tom) (Dr. Lee)"},
		{[]visit{at(jane, three, "Check-up"), at(jane, next, "Check-up")}, telling{}, "Jane: Check-up, Tue, Nov 24 at 3:00 PM and Wed, Nov 25 at 10:30 AM (Dr. Lee)"},
		{
			[]visit{at(jane, three, "A"), at(tom, four, "B"), at(jane, next, "C")}, telling{language: "es"},
			"Jane y Tom: A, B y C, mar, 24 nov, 15:00 (Jane), 16:00 (Tom) y mié, 25 nov, 10:30 (Jane) (Dr. Lee)",
		},
	} {
		got, err := mustTemplate("{{.Contact.FirstName}}: {{.Appointment.Title}}, {{.When}} ({{.Appointment.Calendar}})").Render(reminderData(w, tt.visits, tt.how))
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
		"Hi {{.Contact.Fields.other}}":                            "must be a name under fields",
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
	} {
		if _, err := ParseReminder("test", text, "card"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := ParseWording("test", "Hi {{.When}}", map[string]string{"es": "Hola {{.Wenn}}", "fr": "Bonjour {{.When}}"})
	if err == nil || !strings.Contains(err.Error(), "in es: template") {
		t.Errorf("a bad translation: %v", err)
	}
}

// A link leaves as it was written.
func TestLinksAreLeftAlone(t *testing.T) {
	const link = "https://ex-ample.com/a_b/~c?d=%C3%BC&e=f+g#h'i(j),k;l:@m!$*"
	text := mustWording("See you {{.When}}: " + link)
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
