package sync

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Template is a text with variables. [Template.Render] never sends a raw variable: what a
// template may name is fixed, and parsing tries it out.
type Template struct{ t *template.Template }

// ContactData is what every template may name.
type ContactData struct {
	Business string
	Contact  TemplateContact
}

// ReminderData is what the text of a reminder may name besides.
type ReminderData struct {
	ContactData
	When        string // of the appointment, in the recipient's zone: Tue, Nov 24 at 3:00 PM
	Date, Time  string // its two halves
	Appointment TemplateAppointment
}

// TemplateContact is the recipient. Where the CRM has no name, FirstName and Name are "there"
// in a text, and the phone number in a task.
type TemplateContact struct{ FirstName, LastName, Name, Email, Phone string }

// TemplateAppointment is the appointment a reminder speaks of.
type TemplateAppointment struct{ Title, Calendar, Status string }

// ParseTemplate compiles a template about a contact and tries it out, so that an unknown
// variable is an error now and not at night.
func ParseTemplate(name, text string) (*Template, error) {
	return parse(name, text, sampleContact, ContactData{})
}

// ParseReminder is the same for the text of a reminder.
func ParseReminder(name, text string) (*Template, error) {
	return parse(name, text, sampleReminder, ReminderData{})
}

// parse renders with full and with empty data, since a template may ask what there is.
func parse(name, text string, full, empty any) (*Template, error) {
	t, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	out := &Template{t}
	if _, err := out.Render(full); err != nil {
		return nil, err
	}
	return out, t.Execute(io.Discard, empty)
}

var (
	sampleContact = ContactData{
		Business: "Bright Smile Dental",
		Contact:  TemplateContact{FirstName: "Jane", LastName: "Doe", Name: "Jane Doe", Email: "jane@example.com", Phone: "+12025550143"},
	}
	sampleReminder = ReminderData{
		ContactData: sampleContact, When: "Tue, Nov 24 at 3:00 PM", Date: "Tue, Nov 24", Time: "3:00 PM",
		Appointment: TemplateAppointment{Title: "Check-up", Calendar: "Dr. Lee", Status: "confirmed"},
	}
)

// Render fills the template in. The result is clean text, never empty.
func (t *Template) Render(data any) (string, error) {
	var b strings.Builder
	if err := t.t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	text := sms.Clean(b.String())
	if text == "" {
		return "", fmt.Errorf("template %s gives an empty text", t.t.Name())
	}
	return text, nil
}

// contactData gathers what a template may name about a contact. A contact without a name, or no
// contact, is called nameless.
func contactData(w World, contact *store.Record, nameless string) ContactData {
	d := ContactData{Business: w.Business, Contact: TemplateContact{FirstName: nameless, Name: nameless}}
	if contact == nil {
		return d
	}
	first, last := contact.Get(store.FirstName), contact.Get(store.LastName)
	d.Contact = TemplateContact{
		FirstName: cmp.Or(first, nameless), LastName: last, Name: cmp.Or(strings.TrimSpace(first+" "+last), nameless),
		Email: contact.Get(store.Email), Phone: contact.Get(store.Phone),
	}
	return d
}

// reminderData gathers what the text of a reminder may name.
func reminderData(w World, contact, appointment *store.Record) ReminderData {
	start := appointment.Time(store.Start).In(w.zone(contact))
	return ReminderData{
		ContactData: contactData(w, contact, "there"),
		When:        when(start), Date: start.Format(dateForm), Time: start.Format(clockForm),
		Appointment: TemplateAppointment{
			Title: appointment.Get(store.Title), Calendar: w.Calendars[appointment.Get(store.Calendar)], Status: appointment.Get(store.Status),
		},
	}
}

const (
	dateForm  = "Mon, Jan 2"
	clockForm = "3:04 PM"
)

func when(t time.Time) string { return t.Format(dateForm + " at " + clockForm) }

// fullName is what a person is called, or their number, masked, where there is no name.
func fullName(contact *store.Record) string {
	name := strings.TrimSpace(contact.Get(store.FirstName) + " " + contact.Get(store.LastName))
	if name != "" {
		return name
	}
	return sms.Phone(contact.Get(store.Phone)).Masked()
}
