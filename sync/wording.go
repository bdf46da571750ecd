package sync

import (
	"cmp"
	"fmt"
	"maps"
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

// TemplateTime is a time by its parts, in the recipient's zone and the text's language. For other ways to
// write it see [TemplateTime.Format].
type TemplateTime struct {
	at             time.Time
	in             *locale
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

// WordingError is what is wrong with the texts of a reminder, by language; that of the text for all
// others is "".
type WordingError map[string]error

func (e WordingError) Error() string {
	var all []string
	for _, language := range slices.Sorted(maps.Keys(e)) {
		msg := e[language].Error()
		if language != "" {
			msg = "in " + language + ": " + msg
		}
		all = append(all, msg)
	}
	return strings.Join(all, "\n")
}

// ParseWording compiles a reminder, with texts of their own for some languages, by their codes, and tries
// it out on samples. What it may name is fixed, and what may be empty for some people must be asked for
// with if, with or or; so no text leaves with a raw variable or a gap in it. Only those of the owner's
// fields that are named may be named in it. The error is a [WordingError].
func ParseWording(name, text string, texts map[string]string, fields ...string) (*Wording, error) {
	w, bad := &Wording{texts: map[string]*Template{}}, WordingError{}
	parse := func(language, text string) *Template {
		t, err := parseReminder(name, text, fields)
		if err != nil {
			bad[language] = err
		}
		return t
	}
	w.text = parse("", text)
	for language, text := range texts {
		if !slices.Contains(Languages(), language) {
			bad[language] = fmt.Errorf("no language that texts can be in; there are %s", strings.Join(Languages(), ", "))
			continue
		}
		w.texts[language] = parse(language, text)
	}
	if len(bad) > 0 {
		return nil, bad
	}
	return w, nil
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
	if err := t.raw(sampleOf(fields, nil)); err != nil {
		return nil, err
	}
	return t, t.gaps(fields)
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

var sampleReminder = sampleIn(&english)

// sampleIn is the sample with its times in a language.
func sampleIn(l *locale) ReminderData {
	at := time.Date(2026, time.November, 24, 15, 0, 0, 0, time.FixedZone("EST", -5*3600))
	return ReminderData{
		ContactData: sampleContact, When: l.when(at), Date: l.day(at), Time: l.clock(at),
		Start: l.moment(at), End: l.moment(at.Add(time.Hour)),
		Appointment: TemplateAppointment{Title: "Check-up", Calendar: "Dr. Lee", Status: "confirmed"},
	}
}

// in is the text in a language that somebody named, and which that is: where there is none of its own it
// is the owner's.
func (w *Wording) in(language, owners string) (t *Template, code string) {
	code, _ = LanguageCode(language)
	if t, ok := w.texts[code]; ok {
		return t, code
	}
	return w.text, localeOf(owners).code
}

// Sample is what the text says about an appointment that is made up, in a language, where owners is that
// of the text for all others.
func (w *Wording) Sample(language, owners, business string) (string, error) {
	t, code := w.in(language, owners)
	d := sampleIn(localeOf(code))
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
	nameless string // what a contact without a name is called; empty: what the language has for that
	shared   bool   // the number is that of several people
	late     bool
}

// reminderData gathers what a text about visits, soonest first, may name. What only one person can have,
// such as an email address, is that of the first.
func reminderData(w World, visits []visit, how telling) ReminderData {
	first := visits[0]
	l, zone := localeOf(how.language), w.zone(first.contact)
	nameless := cmp.Or(how.nameless, l.nameless)
	start := func(v visit) time.Time { return v.appointment.Time(store.Start).In(zone) }
	d := ReminderData{ContactData: contactData(w, first.contact, nameless), Late: how.late, Start: l.moment(start(first))}
	if end := first.appointment.Time(store.End); !end.IsZero() {
		d.End = l.moment(end.In(zone))
	}
	people := peopleOf(visits)
	if people > 1 {
		d.Contact.FirstName = cmp.Or(l.each(visits, func(v visit) string { return v.contact.Get(store.FirstName) }), nameless)
		d.Contact.Name = cmp.Or(l.each(visits, func(v visit) string { return nameOf(v.contact) }), nameless)
		if slices.ContainsFunc(visits, func(v visit) bool { return v.contact.Get(store.LastName) != d.Contact.LastName }) {
			d.Contact.LastName = "" // Jane and Tom are no Jane and Tom Doe
		}
	}
	d.Appointment = TemplateAppointment{
		Title:    l.each(visits, func(v visit) string { return v.appointment.Get(store.Title) }),
		Calendar: l.each(visits, func(v visit) string { return w.Calendars[v.appointment.Get(store.Calendar)] }),
		Status:   first.appointment.Get(store.Status),
	}
	var whens, clocks []string
	day := ""
	for i, v := range visits {
		at := start(v)
		if slices.ContainsFunc(visits[:i], func(o visit) bool { return o.contact.ID == v.contact.ID && start(o).Equal(at) }) {
			continue
		}
		when := l.when(at)
		if l.day(at) == day {
			when = l.clock(at)
		}
		day = l.day(at)
		if who := v.among(visits); who != "" && (people > 1 || how.shared) {
			when += " (" + who + ")"
		}
		whens, clocks = append(whens, when), append(clocks, l.clock(at))
	}
	d.When, d.Time = l.list(whens), l.list(clocks)
	d.Date = l.each(visits, func(v visit) string { return l.day(start(v)) })
	return d
}

// among is what the person of a visit is called beside those of others: by the first name, if that tells
// them apart.
func (v visit) among(visits []visit) string {
	name := v.contact.Get(store.FirstName)
	if slices.ContainsFunc(visits, func(o visit) bool { return o.contact.ID != v.contact.ID && o.contact.Get(store.FirstName) == name }) {
		name = ""
	}
	return cmp.Or(name, nameOf(v.contact))
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
