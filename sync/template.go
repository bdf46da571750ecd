package sync

import (
	"fmt"
	"strings"
	"text/template"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Template is a text with variables. [Template.Render] never sends a raw variable: what a
// template may name is fixed, and [ParseTemplate] tries it out.
type Template struct{ t *template.Template }

// TemplateData is what a template may name.
type TemplateData struct {
	Business    string
	When        string // of the appointment, in the recipient's zone: Tue, Nov 24 at 3:00 PM
	Date, Time  string // its two halves
	Contact     TemplateContact
	Appointment TemplateAppointment
}

// TemplateContact is the recipient. FirstName is "there" where the CRM has none.
type TemplateContact struct{ FirstName, LastName, Name, Email, Phone string }

// TemplateAppointment is the appointment a reminder speaks of.
type TemplateAppointment struct{ Title, Calendar, Status string }

// ParseTemplate compiles a template and renders it once with sample data, so that an unknown
// variable is an error now and not at night.
func ParseTemplate(name, text string) (*Template, error) {
	t, err := template.New(name).Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	out := &Template{t}
	if _, err := out.Render(sampleData); err != nil {
		return nil, err
	}
	return out, nil
}

var sampleData = TemplateData{
	Business: "Bright Smile Dental", When: "Tue, Nov 24 at 3:00 PM", Date: "Tue, Nov 24", Time: "3:00 PM",
	Contact:     TemplateContact{FirstName: "Jane", LastName: "Doe", Name: "Jane Doe", Email: "jane@example.com", Phone: "+12025550143"},
	Appointment: TemplateAppointment{Title: "Check-up", Calendar: "Dr. Lee", Status: "confirmed"},
}

// Render fills the template in. The result is clean text, never empty.
func (t *Template) Render(d TemplateData) (string, error) {
	var b strings.Builder
	if err := t.t.Execute(&b, d); err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	text := sms.Clean(b.String())
	if text == "" {
		return "", fmt.Errorf("template %s gives an empty text", t.t.Name())
	}
	return text, nil
}

// templateData gathers what a template may name about a contact and, perhaps, an appointment.
func templateData(w World, contact, appointment *store.Record) TemplateData {
	d := TemplateData{Business: w.Business, Contact: TemplateContact{FirstName: "there", Name: "there"}}
	if contact != nil {
		d.Contact = TemplateContact{
			FirstName: contact.Get(store.FirstName), LastName: contact.Get(store.LastName),
			Name: fullName(contact), Email: contact.Get(store.Email), Phone: contact.Get(store.Phone),
		}
		if d.Contact.FirstName == "" {
			d.Contact.FirstName = "there"
		}
	}
	if appointment != nil {
		start := appointment.Time(store.Start).In(w.zone(contact))
		d.When, d.Date, d.Time = when(start), start.Format(dateForm), start.Format(clockForm)
		d.Appointment = TemplateAppointment{Title: appointment.Get(store.Title), Status: appointment.Get(store.Status)}
	}
	return d
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
