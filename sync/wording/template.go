package wording

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// Template is a text with variables. [Template.Render] never sends a raw variable: what a
// template may name is fixed, and parsing tries it out.
type Template struct{ t *template.Template }

// ContactData is what every template may name.
type ContactData struct {
	Business string
	Contact  TemplateContact
}

// TemplateContact is the recipient. Where the CRM has no name, FirstName and Name are "there"
// in a text, and the phone number in a task. Fields are those that the owner has names for.
type TemplateContact struct {
	FirstName, LastName, Name, Email, Phone string
	Fields                                  map[string]string
}

// Parse compiles a template about a contact and tries it out, so that an unknown
// variable is an error now and not at night. Only the fields of the contact that are named may
// be named in it.
func Parse(name, text string, fields ...string) (*Template, error) {
	full, empty := SampleContact, ContactData{}
	full.Contact.Fields, empty.Contact.Fields = SampleFields(fields, "Jane's own"), SampleFields(fields, "")
	return ParseOn(name, text, full, empty)
}

// Must is for templates that a program is written with: it stops it where one is wrong.
func Must[T any](t T, err error) T {
	if err != nil {
		panic(err)
	}
	return t
}

// SampleFields gives each of the owner's names for fields a value, for trying a template out.
func SampleFields(names []string, value string) map[string]string {
	all := map[string]string{}
	for _, name := range names {
		all[name] = value
	}
	return all
}

// ParseOn renders with full and with empty data, since a template may ask what there is, and tries the
// branches that neither takes.
func ParseOn(name, text string, full, empty any) (*Template, error) {
	t, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		if strings.Contains(err.Error(), "not defined") {
			err = fmt.Errorf("%w; variables are written like {{.Contact.FirstName}}", err)
		}
		return nil, fmt.Errorf("template: %w", err)
	}
	out := &Template{t}
	if _, err = out.Render(full); err == nil {
		err = out.tryBranches(full)
	}
	if err != nil {
		if strings.Contains(err.Error(), noSuchKey) {
			err = fmt.Errorf("%w; it must be a name under fields", err)
		}
		return nil, err
	}
	return out, t.Execute(io.Discard, empty)
}

// SampleContact is what templates about a contact are tried out with.
var SampleContact = ContactData{
	Business: "Bright Smile Dental",
	Contact:  TemplateContact{FirstName: "Jane", LastName: "Doe", Name: "Jane Doe", Email: "jane@example.com", Phone: "+12025550143"},
}

// Render fills the template in. The result is clean text, never empty.
func (t *Template) Render(data any) (string, error) {
	var b strings.Builder
	if err := t.t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	text := sms.Clean(noName().ReplaceAllString(b.String(), ""))
	if text == "" {
		return "", fmt.Errorf("template %s gives an empty text", t.t.Name())
	}
	return text, nil
}

// noName is where a name would stand that is not known: with the space before it, and at the beginning
// with what follows it.
var noName = sms.Pattern(`^` + missingName + `[,;:]? *| *` + missingName)

// ContactDataOf gathers what a template may name about a contact. A contact without a name, or no
// contact, is called nameless.
func ContactDataOf(w World, contact *store.Record, nameless string) ContactData {
	d := ContactData{Business: w.Business, Contact: TemplateContact{FirstName: nameless, Name: nameless, Fields: ownFields(w, contact)}}
	if contact == nil {
		return d
	}
	first, last := contact.Get(store.FirstName), contact.Get(store.LastName)
	d.Contact = TemplateContact{
		FirstName: cmp.Or(first, nameless), LastName: last, Name: cmp.Or(record.Name(contact), nameless),
		Email: contact.Get(store.Email), Phone: contact.Get(store.Phone), Fields: d.Contact.Fields,
	}
	return d
}

// ownFields are the values of the fields that the owner has names for, as a person reads them.
func ownFields(w World, contact *store.Record) map[string]string {
	all := map[string]string{}
	for name, field := range w.Fields {
		all[name] = ""
		if contact != nil && field != "" {
			all[name] = record.Readable(contact.Get(field))
		}
	}
	return all
}

// How dates and times are written in English, as package time wants it.
const (
	DateForm  = "Mon, Jan 2"
	ClockForm = "3:04 PM"
)

// When is a date and a time as texts in English have them: Tue, Nov 24 at 3:00 PM.
func When(t time.Time) string { return t.Format(DateForm + " at " + ClockForm) }

// WhenFrom is When with the year, where that is not the year of now.
func WhenFrom(t, now time.Time) string { return DayFrom(t, now) + t.Format(" at "+ClockForm) }

// DayFrom is a date, with the year where that is not the year of now.
func DayFrom(t, now time.Time) string {
	if t.Year() != now.Year() {
		return t.Format(DateForm + ", 2006")
	}
	return t.Format(DateForm)
}
