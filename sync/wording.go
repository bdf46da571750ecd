package sync

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
)

// Wording is what a reminder says, in the languages that its owner wrote it in.
type Wording struct {
	text  *Template
	texts map[string]*Template // by language
}

// ReminderData is what the text of a reminder may name. In a text about several appointments each is all
// of theirs, side by side.
type ReminderData struct {
	ContactData
	When        string // in the recipient's zone: Tue, Nov 24 at 3:00 PM
	Date, Time  string // its two halves
	Start, End  TemplateTime
	Late        bool // it leaves late
	Appointment TemplateAppointment
}

// TemplateTime is a time by its parts, in the recipient's zone and the text's language.
type TemplateTime struct {
	Date, Time     string // Tue, Nov 24; 3:00 PM
	Weekday, Month string // in full
	Day, Year      int
	Zone           string // EST
}

// TemplateAppointment is the appointment a reminder speaks of.
type TemplateAppointment struct{ Title, Calendar, Status string }

// ParseReminder compiles a reminder in one language; see [ParseWording].
func ParseReminder(name, text string, fields ...string) (*Wording, error) {
	return ParseWording(name, text, nil, fields...)
}

// ParseWording compiles a reminder, with texts of their own for some languages, and tries it out on a
// sample. What it may name is fixed, and what may be empty for some people must be asked for with if,
// with or or; so no text leaves with a raw variable or a gap in it. Only those of the owner's fields that
// are named may be named in it.
func ParseWording(name, text string, texts map[string]string, fields ...string) (*Wording, error) {
	t, err := parseReminder(name, text, fields)
	w := &Wording{text: t, texts: map[string]*Template{}}
	errs := []error{err}
	for _, language := range Languages() {
		if other, ok := texts[language]; ok {
			w.texts[language], err = parseReminder(name, other, fields)
			if err != nil {
				errs = append(errs, fmt.Errorf("in %s: %w", language, err))
			}
		}
	}
	return w, errors.Join(errs...)
}

// ParseReminderTask compiles the title or the body of a task that a reminder makes.
func ParseReminderTask(name, text string, fields ...string) (*Template, error) {
	full, empty := sampleOf(fields, nil), ReminderData{}
	empty.Contact.Fields = sampleFields(fields, "")
	return parse(name, text, full, empty)
}

func parseReminder(name, text string, fields []string) (*Template, error) {
	t, err := ParseReminderTask(name, text, fields...)
	if err != nil {
		return nil, err
	}
	sample, err := t.Render(sampleOf(fields, nil))
	if err != nil {
		return nil, err
	}
	if raw := rawVariable.FindString(sample); raw != "" {
		return nil, fmt.Errorf("template: %s would stand in the text as it is; variables are written like {{.Contact.FirstName}}", raw)
	}
	return t, t.gaps(fields)
}

// rawVariable is what looks like a variable of another program.
var rawVariable = regexp.MustCompile(`\{[A-Za-z_. ]+\}|\{\{[^}]*\}?\}?|%[A-Za-z_]{3,}%|<<[^>]+>>|(?i:\[(?:first|last|full|your|customer|client|patient|contact|appointment)?[ _-]?(?:name|date|time|day)\])`)

// optional are variables that may be empty, by what they are called, and how each is set in a sample.
var optional = map[string]func(d *ReminderData, value string){
	".Contact.LastName":     func(d *ReminderData, v string) { d.Contact.LastName = v },
	".Contact.Email":        func(d *ReminderData, v string) { d.Contact.Email = v },
	".Appointment.Title":    func(d *ReminderData, v string) { d.Appointment.Title = v },
	".Appointment.Calendar": func(d *ReminderData, v string) { d.Appointment.Calendar = v },
}

// gaps finds a variable that may be empty and stands there without being asked for: without it, the text
// is the same but for a gap.
func (t *Template) gaps(fields []string) error {
	const mark = "\ue000\ue001\ue000"
	set := maps.Clone(optional)
	for _, field := range fields {
		set[".Contact.Fields."+field] = func(d *ReminderData, v string) { d.Contact.Fields[field] = v }
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		var full, empty strings.Builder
		if t.t.Execute(&full, sampleOf(fields, func(d *ReminderData) { set[name](d, mark) })) != nil ||
			t.t.Execute(&empty, sampleOf(fields, func(d *ReminderData) { set[name](d, "") })) != nil {
			continue // it was tried before
		}
		if strings.Contains(full.String(), mark) && strings.ReplaceAll(full.String(), mark, "") == empty.String() {
			return fmt.Errorf("template: %[1]s may be empty, which leaves a gap; write {{with %[1]s}} {{.}}{{end}} or {{or %[1]s \"something\"}}", name)
		}
	}
	return nil
}

// sampleOf is a sample with fields of the owner's own, changed in the end.
func sampleOf(fields []string, change func(*ReminderData)) ReminderData {
	d := sampleReminder
	d.Contact.Fields = sampleFields(fields, "Jane's own")
	if change != nil {
		change(&d)
	}
	return d
}

var sampleReminder = func() ReminderData {
	at := time.Date(2026, time.November, 24, 15, 0, 0, 0, time.FixedZone("EST", -5*3600))
	return ReminderData{
		ContactData: sampleContact, When: english.when(at), Date: english.day(at), Time: english.clock(at),
		Start: english.moment(at), End: english.moment(at.Add(time.Hour)),
		Appointment: TemplateAppointment{Title: "Check-up", Calendar: "Dr. Lee", Status: "confirmed"},
	}
}()

// in is the text in a language, and which that is: where there is none of its own it is the owner's.
func (w *Wording) in(language, owners string) (t *Template, code string) {
	code = localeOf(language).code
	if t, ok := w.texts[code]; ok && language != "" {
		return t, code
	}
	return w.text, localeOf(owners).code
}

// Sample is what the text says about an appointment that is made up, in a language, where owners is that
// of the text for all others.
func (w *Wording) Sample(language, owners, business string) (string, error) {
	t, code := w.in(language, owners)
	at := time.Date(2026, time.November, 24, 15, 0, 0, 0, time.FixedZone("EST", -5*3600))
	l, d := localeOf(code), sampleReminder
	d.When, d.Date, d.Time, d.Start, d.End = l.when(at), l.day(at), l.clock(at), l.moment(at), l.moment(at.Add(time.Hour))
	if business != "" {
		d.Business = business
	}
	return t.Render(d)
}

// language is what a contact's language is called in the field that names it; empty: not known.
func (w World) language(contact *store.Record) string {
	field := w.Fields.field(w.LanguageField)
	if field == "" || contact == nil {
		return ""
	}
	return readable(contact.Get(field))
}

// visit is one appointment of one contact.
type visit struct{ contact, appointment *store.Record }

// telling is how visits are told.
type telling struct {
	language string // a code; empty: English
	nameless string // what a contact without a name is called; empty: there
	shared   bool   // the number is that of several people
	late     bool
}

// reminderData gathers what a text about visits, soonest first, may name.
func reminderData(w World, visits []visit, how telling) ReminderData {
	first := visits[0]
	l, zone := localeOf(how.language), w.zone(first.contact)
	nameless := how.nameless
	if nameless == "" {
		nameless = "there"
	}
	people := peopleOf(visits)
	d := ReminderData{ContactData: contactData(w, first.contact, nameless), Late: how.late}
	d.Start, d.End = l.moment(first.appointment.Time(store.Start).In(zone)), TemplateTime{}
	if end := first.appointment.Time(store.End); !end.IsZero() {
		d.End = l.moment(end.In(zone))
	}
	d.Contact.FirstName = l.each(visits, func(v visit) string { return contactData(w, v.contact, nameless).Contact.FirstName })
	d.Contact.Name = l.each(visits, func(v visit) string { return contactData(w, v.contact, nameless).Contact.Name })
	d.Appointment = TemplateAppointment{
		Title:    l.each(visits, func(v visit) string { return v.appointment.Get(store.Title) }),
		Calendar: l.each(visits, func(v visit) string { return w.Calendars[v.appointment.Get(store.Calendar)] }),
		Status:   first.appointment.Get(store.Status),
	}
	var whens, clocks []string
	day := ""
	for _, v := range visits {
		at := v.appointment.Time(store.Start).In(zone)
		when := l.when(at)
		if l.day(at) == day {
			when = l.clock(at)
		}
		day = l.day(at)
		if who := v.contact.Get(store.FirstName); who != "" && (people > 1 || how.shared) {
			when += " (" + who + ")"
		}
		whens, clocks = append(whens, when), append(clocks, l.clock(at))
	}
	d.When, d.Time = l.list(whens), l.list(clocks)
	d.Date = l.each(visits, func(v visit) string { return l.day(v.appointment.Time(store.Start).In(zone)) })
	return d
}

func peopleOf(visits []visit) int {
	ids := map[int64]bool{}
	for _, v := range visits {
		ids[v.contact.ID] = true
	}
	return len(ids)
}

// each lists what visits have, without what is empty and without saying anything twice.
func (l *locale) each(visits []visit, of func(visit) string) string {
	var all []string
	for _, v := range visits {
		if s := of(v); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return l.list(all)
}
