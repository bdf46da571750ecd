// Package wording is what texts, tasks and notes say: templates, what they may name, and the languages that dates are
// written in. [World] is the place that they speak of. It is pure.
package wording

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
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

// LanguageError is what is wrong with the texts of a reminder, by language; that of the text for all
// others is "".
type LanguageError map[string]error

func (e LanguageError) Error() string {
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
// fields that are named may be named in it. The error is a [LanguageError].
func ParseWording(name, text string, texts map[string]string, fields ...string) (*Wording, error) {
	w, bad := &Wording{texts: map[string]*Template{}}, LanguageError{}
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

// ParseTask compiles the title or the body of a task that a reminder makes.
func ParseTask(name, text string, fields ...string) (*Template, error) {
	full, empty := sampleOf(fields, nil), ReminderData{}
	empty.Contact.Fields = SampleFields(fields, "")
	return ParseOn(name, text, full, empty)
}

func parseReminder(name, text string, fields []string) (*Template, error) {
	t, err := ParseTask(name, text, fields...)
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
	d := SampleReminder
	d.Contact.Fields = SampleFields(fields, "Jane's own")
	if change != nil {
		change(&d)
	}
	return d
}

// SampleReminder is what templates about an appointment are tried out with.
var SampleReminder = sampleIn(&english)

// sampleIn is the sample with its times in a language.
func sampleIn(l *locale) ReminderData {
	at := time.Date(2026, time.November, 24, 15, 0, 0, 0, time.FixedZone("EST", -5*3600))
	return ReminderData{
		ContactData: SampleContact, When: l.when(at), Date: l.day(at), Time: l.clock(at),
		Start: l.moment(at), End: l.moment(at.Add(time.Hour)),
		Appointment: TemplateAppointment{Title: "Check-up", Calendar: "Dr. Lee", Status: "confirmed"},
	}
}

// In is the text in a language that somebody named, and which that is: where there is none of its own it
// is the owner's.
func (w *Wording) In(language, owners string) (t *Template, code string) {
	code, _ = LanguageCode(language)
	if t, ok := w.texts[code]; ok {
		return t, code
	}
	return w.text, localeOf(owners).code
}

// Sample is what the text says about an appointment that is made up, in a language, where owners is that
// of the text for all others.
func (w *Wording) Sample(language, owners, business string) (string, error) {
	t, code := w.In(language, owners)
	d := sampleIn(localeOf(code))
	if business != "" {
		d.Business = business
	}
	return t.Render(d)
}

// Visit is one appointment of one contact.
type Visit struct{ Contact, Appointment *store.Record }

// Manner is how visits are told.
type Manner struct {
	Language string // a code; empty: English
	Nameless string // what a contact without a name is called; empty: what the language has for that
	Shared   bool   // the number is that of several people
	Late     bool
	Clock    hours.Whose // that the text keeps, if it keeps another one than all
}

// ReminderDataOf gathers what a text about visits, soonest first, may name. What only one person can have,
// such as an email address, is that of the first.
func ReminderDataOf(w World, visits []Visit, how Manner) ReminderData {
	first := visits[0]
	whose := w.ClockOf(how.Clock, first.Appointment)
	l, zone := localeOf(how.Language), w.zoneBy(first.Contact, whose)
	nameless := cmp.Or(how.Nameless, l.nameless)
	start := func(v Visit) time.Time { return v.Appointment.Time(store.Start).In(zone) }
	d := ReminderData{ContactData: ContactDataOf(w, first.Contact, nameless), Late: how.Late, Start: l.moment(start(first))}
	if end := first.Appointment.Time(store.End); !end.IsZero() {
		d.End = l.moment(end.In(zone))
	}
	people := peopleOf(visits)
	if people > 1 {
		d.Contact.FirstName = cmp.Or(l.each(visits, func(v Visit) string { return v.Contact.Get(store.FirstName) }), nameless)
		d.Contact.Name = cmp.Or(l.each(visits, func(v Visit) string { return record.Name(v.Contact) }), nameless)
		if slices.ContainsFunc(visits, func(v Visit) bool { return v.Contact.Get(store.LastName) != d.Contact.LastName }) {
			d.Contact.LastName = "" // Jane and Tom are no Jane and Tom Doe
		}
	}
	d.Appointment = TemplateAppointment{
		Title:    l.each(visits, func(v Visit) string { return v.Appointment.Get(store.Title) }),
		Calendar: l.each(visits, func(v Visit) string { return w.Calendars[v.Appointment.Get(store.Calendar)] }),
		Status:   first.Appointment.Get(store.Status),
	}
	var whens, clocks []string
	day := ""
	for i, v := range visits {
		at := start(v)
		if slices.ContainsFunc(visits[:i], func(o Visit) bool { return o.Contact.ID == v.Contact.ID && start(o).Equal(at) }) {
			continue
		}
		when := l.when(at)
		if l.day(at) == day {
			when = l.clock(at)
		}
		day = l.day(at)
		if who := v.among(visits); who != "" && (people > 1 || how.Shared) {
			when += " (" + who + ")"
		}
		whens, clocks = append(whens, when), append(clocks, l.clock(at))
	}
	d.When, d.Time = l.list(whens), l.list(clocks)
	if name := w.zoneName(first, zone, whose); name != "" {
		d.When, d.Time = d.When+" "+name, d.Time+" "+name
	}
	d.Date = l.each(visits, func(v Visit) string { return l.day(start(v)) })
	return d
}

// zoneName names the zone in which somebody is told of an appointment, where the clock shows something else where they are or where
// the location is; else it is empty.
func (w World) zoneName(v Visit, zone *time.Location, whose hours.Whose) string {
	place := w.PlaceOf(v.Contact, v.Contact.Get(store.Phone), whose)
	start := v.Appointment.Time(store.Start)
	name, told := start.In(zone).Zone()
	all := []*time.Location{place.Zone, w.Zone}
	for _, other := range place.Others {
		all = append(all, other.Zone)
	}
	for _, other := range all {
		if _, shows := start.In(other).Zone(); shows != told {
			if strings.ContainsAny(name, "+-") { // a zone without letters
				name = "UTC" + start.In(zone).Format("-07:00")
			}
			return name
		}
	}
	return ""
}

// WhenOf tells a contact when their appointment is, with the zone where clocks differ.
func (w World) WhenOf(contact, appointment *store.Record) string {
	zone := w.ZoneAt(contact, appointment)
	when := When(appointment.Time(store.Start).In(zone))
	if contact != nil {
		if name := w.zoneName(Visit{contact, appointment}, zone, w.ClockOf("", appointment)); name != "" {
			when += " " + name
		}
	}
	return when
}

// among names the person of a visit in a text about several: by the first name, if that is unique among
// them.
func (v Visit) among(visits []Visit) string {
	name := v.Contact.Get(store.FirstName)
	if slices.ContainsFunc(visits, func(o Visit) bool { return o.Contact.ID != v.Contact.ID && o.Contact.Get(store.FirstName) == name }) {
		name = ""
	}
	return cmp.Or(name, record.Name(v.Contact))
}

func peopleOf(visits []Visit) int {
	ids := map[int64]bool{}
	for _, v := range visits {
		ids[v.Contact.ID] = true
	}
	return len(ids)
}

// each lists what visits have, without what is empty and without saying anything twice.
func (l *locale) each(visits []Visit, of func(Visit) string) string {
	var all []string
	for _, v := range visits {
		if s := of(v); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return l.list(all)
}
