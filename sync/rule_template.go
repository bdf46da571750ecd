package sync

import "ghlsms/store"

// What the templates of rules may name besides [ContactData] and, about appointments, [ReminderData].
type (
	// TaskData is about a task.
	TaskData struct {
		ContactData
		Task TemplateTask
	}
	// NoteData is about a note.
	NoteData struct {
		ContactData
		Note TemplateNote
	}
	// TextData is about a text that came in, or that failed.
	TextData struct {
		ContactData
		Text TemplateText
	}
	// ClockData is about nobody; Date and Time are those the rule names.
	ClockData struct{ Business, Date, Time string }
	// TemplateTask is the task; Due is in the contact's zone: Tue, Nov 24 at 3:00 PM.
	TemplateTask struct{ Title, Due string }
	// TemplateNote is the note.
	TemplateNote struct{ Body string }
	// TemplateText is the text.
	TemplateText struct{ Body string }
)

// ParseRuleTemplate compiles a template of a rule with a trigger and tries it out, like
// [ParseTemplate].
func ParseRuleTemplate(t Trigger, name, text string, fields ...string) (*Template, error) {
	with := func(c ContactData, value string) ContactData {
		c.Contact.Fields = sampleFields(fields, value)
		return c
	}
	full, empty := with(sampleContact, "Jane's own"), with(ContactData{}, "")
	switch {
	case t.Tells&OfAppointment != 0:
		r := sampleReminder
		r.ContactData = full
		return parse(name, text, r, ReminderData{ContactData: empty})
	case t.Tells&OfTask != 0:
		return parse(name, text, TaskData{full, TemplateTask{"Send the x-rays", sampleReminder.When}}, TaskData{ContactData: empty})
	case t.Tells&OfNote != 0:
		return parse(name, text, NoteData{full, TemplateNote{"Prefers mornings"}}, NoteData{ContactData: empty})
	case t.Tells&OfText != 0:
		return parse(name, text, TextData{full, TemplateText{"What does it cost?"}}, TextData{ContactData: empty})
	case t.Tells&OfContact != 0:
		return parse(name, text, full, empty)
	}
	return parse(name, text, ClockData{sampleContact.Business, sampleReminder.Date, sampleReminder.Time}, ClockData{})
}

// data is what the templates of a case may name. A contact without a name, or nobody, is called
// nameless.
func (c RuleCase) data(w World, nameless string) any {
	t, _ := TriggerOf(c.Rule.On)
	if c.Contact == nil && c.Text != nil {
		nameless = c.Text.Sender
	}
	d := contactData(w, c.Contact, nameless)
	switch {
	case t.Tells&OfAppointment != 0 && c.Appointment != nil:
		r := reminderData(w, []visit{{c.Contact, c.Appointment}}, telling{})
		r.ContactData = d
		return r
	case t.Tells&OfTask != 0:
		var of TemplateTask
		if c.Task != nil {
			of.Title = c.Task.Get(store.Title)
			if due := c.Task.Time(store.Due); !due.IsZero() {
				of.Due = when(due.In(w.zone(c.Contact)))
			}
		}
		return TaskData{d, of}
	case t.Tells&OfNote != 0:
		var of TemplateNote
		if c.Note != nil {
			of.Body = c.Note.Get(store.Body)
		}
		return NoteData{d, of}
	case t.Tells&OfText != 0:
		if c.Text != nil {
			return TextData{d, TemplateText{c.Text.Body}}
		}
		return TextData{d, TemplateText{c.Failed}}
	case t.Tells&OfContact != 0:
		return d
	}
	local := c.At.In(w.Zone)
	return ClockData{w.Business, local.Format(dateForm), local.Format(clockForm)}
}
