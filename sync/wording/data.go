package wording

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
