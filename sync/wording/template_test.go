package wording

import (
	"strings"
	"testing"

	"ghlsms/store"
	"ghlsms/sync/scenario"
)

func TestParseTemplateRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"Hi {{.FirstName}}":                   "FirstName",
		"Hi {{.Contact.Firstname}}":           "Firstname",
		"Hi {{.Contact.FirstName.Short}}":     "Short",
		"{{.Appointment.Start}}":              "Start",
		"Hi {{.contact.firstname}}":           "contact",
		"Hi {{Contact}}":                      `"Contact" not defined`,
		"Hi {{.Contact.FirstName":             "unclosed action",
		"Hi {{if .Contact.FirstName}}there":   "unexpected EOF",
		"{{template \"other\"}}":              "other",
		"":                                    "empty text",
		"  \n\t ":                             "empty text",
		"\x00\u200b\u202e":                    "empty text",
		"{{if false}}never{{end}}":            "empty text",
		"{{/* a comment */}}":                 "empty text",
		"Hi {{index .Contact \"FirstName\"}}": "index",
	} {
		if _, err := ParseReminder("day-before", text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "template") {
			t.Errorf("ParseReminder(%q): %v, want %q in it", text, err, want)
		}
	}
}

// What only an appointment has is unknown to the other templates, and a branch that the sample
// does not take is tried as well.
func TestParseTemplateKnowsItsPlace(t *testing.T) {
	for _, text := range []string{"See you {{.When}}", "{{.Appointment.Title}}", "{{if .Contact.LastName}}ok{{else}}{{.Contact.Nope}}{{end}}", "Hi{{if eq .Contact.FirstName \"Bob\"}} {{.Contact.Nope}}{{end}}"} {
		if _, err := Parse("welcome", text); err == nil {
			t.Errorf("ParseTemplate(%q) accepts it", text)
		}
	}
}

// dataOf is what a template is given about a contact and, perhaps, an appointment.
func dataOf(w World, contact, appointment *store.Record) ReminderData {
	if appointment == nil {
		return ReminderData{ContactData: ContactDataOf(w, contact, "there")}
	}
	return ReminderDataOf(w, []Visit{{contact, appointment}}, Manner{})
}

func TestRender(t *testing.T) {
	w := World{Zone: scenario.Zone("America/New_York"), Business: "Bright Smile"}
	jane := &store.Record{Entity: store.Contact, Base: store.Fields{
		store.FirstName: "Jane", store.LastName: "Doe", store.Email: "jane@example.com", store.Phone: "+12025550143",
	}}
	visit := &store.Record{Entity: store.Appointment, Base: store.Fields{store.Start: "2026-11-24T20:00:00Z", store.Title: "Check-up", store.Status: "new"}}
	contact := func(f store.Fields) *store.Record { return &store.Record{Entity: store.Contact, Base: f} }
	tests := []struct {
		text                 string
		contact, appointment *store.Record
		want                 string
	}{
		{"{{.Contact.FirstName}} {{.Contact.LastName}} = {{.Contact.Name}}", jane, nil, "Jane Doe = Jane Doe"},
		{"{{.Contact.Email}} {{.Contact.Phone}}", jane, nil, "jane@example.com +12025550143"},
		{"{{.Business}}: {{.Appointment.Title}} ({{.Appointment.Status}}) {{.When}}", jane, visit, "Bright Smile: Check-up (new) Tue, Nov 24 at 3:00 PM"},
		{"{{.Date}}, {{.Time}}", jane, visit, "Tue, Nov 24, 3:00 PM"},
		{"{{with .Contact.FirstName}}Hi {{.}}{{else}}Hi{{end}}!", jane, nil, "Hi Jane!"},
		{"{{.Contact.FirstName | printf \"%q\"}}", jane, nil, `"Jane"`},

		// nobody, or nobody by name
		{"Hi {{.Contact.FirstName}}", nil, nil, "Hi there"},
		{"Hi {{.Contact.Name}}", nil, nil, "Hi there"},
		{"Hi {{.Contact.FirstName}}", contact(store.Fields{store.Phone: "+12025550143"}), nil, "Hi there"},
		{"Hi {{.Contact.FirstName}}", contact(store.Fields{store.LastName: "Doe"}), nil, "Hi there"},
		{"Hi {{.Contact.Name}}", contact(store.Fields{store.LastName: "Doe"}), nil, "Hi Doe"},
		{"Hi {{.Contact.Name}}", contact(store.Fields{store.FirstName: "Jane"}), nil, "Hi Jane"},
		{"Dear {{.Contact.FirstName}} {{.Contact.LastName}}", contact(store.Fields{store.FirstName: "Jane"}), nil, "Dear Jane"},

		// a name is data, never a template, and never more than text
		{"Hi {{.Contact.FirstName}}", contact(store.Fields{store.FirstName: "{{.Business}}"}), nil, "Hi {{.Business}}"},
		{"Hi {{.Contact.FirstName}}", contact(store.Fields{store.FirstName: "<b>&Jane</b>"}), nil, "Hi <b>&Jane</b>"},
		{"Hi {{.Contact.FirstName}}!", contact(store.Fields{store.FirstName: "Ja\x00n\x1b[31me\u202e"}), nil, "Hi Jan[31me!"},
		{"Hi {{.Contact.FirstName}}!", contact(store.Fields{store.FirstName: "Zo\xff"}), nil, "Hi Zo\uFFFD!"},
		{"\r\n Hi\u200b\r\nJane \n", nil, nil, "Hi\nJane"},

		// local edits count
		{"Hi {{.Contact.FirstName}}", &store.Record{Base: store.Fields{store.FirstName: "Jane"}, Edits: store.Fields{store.FirstName: "Janet"}}, nil, "Hi Janet"},
	}
	for _, tt := range tests {
		got, err := Must(ParseTask("test", tt.text)).Render(dataOf(w, tt.contact, tt.appointment))
		if err != nil || got != tt.want {
			t.Errorf("%q: %q, %v, want %q", tt.text, got, err, tt.want)
		}
	}
}

func TestRenderRefusesEmpty(t *testing.T) {
	for _, text := range []string{"{{.Contact.LastName}}", "{{if .Contact.Email}}x{{end}}", " {{.Appointment.Title}}\n"} {
		tmpl := Must(ParseTask("test", text))
		if got, err := tmpl.Render(dataOf(World{Zone: scenario.Zone("UTC")}, nil, nil)); err == nil || got != "" || !strings.Contains(err.Error(), "template test gives an empty text") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// The nights on which clocks jump, and zones beyond the usual.
func TestWhen(t *testing.T) {
	for _, tt := range []struct{ start, own, location, want string }{
		{"2026-03-08T06:59:00Z", "", "America/New_York", "Sun, Mar 8 at 1:59 AM"},
		{"2026-03-08T07:00:00Z", "", "America/New_York", "Sun, Mar 8 at 3:00 AM"},
		{"2026-11-01T05:30:00Z", "", "America/New_York", "Sun, Nov 1 at 1:30 AM"},
		{"2026-11-01T06:30:00Z", "", "America/New_York", "Sun, Nov 1 at 1:30 AM"},
		{"2026-03-29T00:59:00Z", "Europe/Berlin", "America/New_York", "Sun, Mar 29 at 1:59 AM CET"},
		{"2026-03-29T01:00:00Z", "Europe/Berlin", "America/New_York", "Sun, Mar 29 at 3:00 AM CEST"},
		{"2026-11-24T05:00:00Z", "", "America/New_York", "Tue, Nov 24 at 12:00 AM"},
		{"2026-11-24T17:00:00Z", "", "America/New_York", "Tue, Nov 24 at 12:00 PM"},
		{"2026-12-31T23:30:00Z", "Pacific/Kiritimati", "America/New_York", "Fri, Jan 1 at 1:30 PM UTC+14:00"},
		{"2027-01-01T04:59:00Z", "", "America/New_York", "Thu, Dec 31 at 11:59 PM"},
		{"2026-11-24T20:00:00Z", "Australia/Lord_Howe", "UTC", "Wed, Nov 25 at 7:00 AM UTC+11:00"},
		{"2026-11-24T20:00:00Z", "nowhere", "UTC", "Tue, Nov 24 at 8:00 PM"},
		{"2026-11-24T20:00:00Z", "", "US/Central", "Tue, Nov 24 at 2:00 PM"},
	} {
		contact := &store.Record{Base: store.Fields{store.Timezone: tt.own}}
		d := ReminderDataOf(World{Zone: scenario.Zone(tt.location)}, []Visit{{contact, &store.Record{Base: store.Fields{store.Start: tt.start}}}}, Manner{})
		if d.When != tt.want || d.When != d.Date+" at "+d.Time {
			t.Errorf("%s in %q at %s: %q, %q, %q, want %q", tt.start, tt.own, tt.location, d.When, d.Date, d.Time, tt.want)
		}
	}
}
