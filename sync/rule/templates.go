package rule

import (
	"ghlsms/store"
	"ghlsms/sync/wording"
)

// ParseTemplate compiles a template of a rule with a trigger and tries it out, like
// [wording.Parse].
func ParseTemplate(t Trigger, name, text string, fields ...string) (*wording.Template, error) {
	with := func(c wording.ContactData, value string) wording.ContactData {
		c.Contact.Fields = wording.SampleFields(fields, value)
		return c
	}
	full, empty := with(wording.SampleContact, "Jane's own"), with(wording.ContactData{}, "")
	switch {
	case t.Tells&OfAppointment != 0:
		r := wording.SampleReminder
		r.ContactData = full
		return wording.ParseOn(name, text, r, wording.ReminderData{ContactData: empty})
	case t.Tells&OfTask != 0:
		return wording.ParseOn(name, text, wording.TaskData{ContactData: full, Task: wording.TemplateTask{Title: "Send the x-rays", Due: wording.SampleReminder.When}}, wording.TaskData{ContactData: empty})
	case t.Tells&OfNote != 0:
		return wording.ParseOn(name, text, wording.NoteData{ContactData: full, Note: wording.TemplateNote{Body: "Prefers mornings"}}, wording.NoteData{ContactData: empty})
	case t.Tells&OfText != 0:
		return wording.ParseOn(name, text, wording.TextData{ContactData: full, Text: wording.TemplateText{Body: "What does it cost?"}}, wording.TextData{ContactData: empty})
	case t.Tells&OfContact != 0:
		return wording.ParseOn(name, text, full, empty)
	}
	return wording.ParseOn(name, text, wording.ClockData{Business: wording.SampleContact.Business, Date: wording.SampleReminder.Date, Time: wording.SampleReminder.Time}, wording.ClockData{})
}

// data is what the templates of a case may name. A contact without a name, or nobody, is called
// nameless.
func (c Case) data(w wording.World, nameless string) any {
	t, _ := TriggerOf(c.Rule.On)
	if c.Contact == nil && c.Text != nil {
		nameless = c.Text.Sender
	}
	d := wording.ContactDataOf(w, c.Contact, nameless)
	switch {
	case t.Tells&OfAppointment != 0 && c.Appointment != nil:
		r := wording.ReminderDataOf(w, []wording.Visit{{Contact: c.Contact, Appointment: c.Appointment}}, wording.Manner{})
		r.ContactData = d
		return r
	case t.Tells&OfTask != 0:
		var of wording.TemplateTask
		if c.Task != nil {
			of.Title = c.Task.Get(store.Title)
			if due := c.Task.Time(store.Due); !due.IsZero() {
				of.Due = wording.When(due.In(w.ZoneOf(c.Contact)))
			}
		}
		return wording.TaskData{ContactData: d, Task: of}
	case t.Tells&OfNote != 0:
		var of wording.TemplateNote
		if c.Note != nil {
			of.Body = c.Note.Get(store.Body)
		}
		return wording.NoteData{ContactData: d, Note: of}
	case t.Tells&OfText != 0:
		if c.Text != nil {
			return wording.TextData{ContactData: d, Text: wording.TemplateText{Body: c.Text.Body}}
		}
		return wording.TextData{ContactData: d, Text: wording.TemplateText{Body: c.Failed}}
	case t.Tells&OfContact != 0:
		return d
	}
	local := c.At.In(w.Zone)
	return wording.ClockData{Business: w.Business, Date: local.Format(wording.DateForm), Time: local.Format(wording.ClockForm)}
}
