package sync

import (
	"ghlsms/sms/parse"
	"ghlsms/store"
)

// TextCommand is a word that people text, which the program understands by itself.
type TextCommand struct {
	Verb    parse.Verb
	Means   string
	Effects []store.Kind
	Example string
}

// TextCommands are all commands that people can text, and how a text without one is treated.
var TextCommands = []TextCommand{
	{parse.VerbStop, "opt out of all texts", []store.Kind{store.UpdateContact, store.TellOptOut, store.SendText}, "STOP"},
	{parse.VerbStart, "opt in again, after an opt-out by text", []store.Kind{store.UpdateContact, store.TellOptIn, store.SendText}, "START"},
	{parse.VerbHelp, "hear who we are and what can be texted", []store.Kind{store.SendText}, "HELP"},
	{parse.VerbConfirm, "confirm the appointment of the last reminder, else the only one, else it asks which", []store.Kind{store.UpdateAppointment, store.SendText}, "C"},
	{parse.VerbCancel, "cancel that appointment", []store.Kind{store.UpdateAppointment, store.SendText}, "X"},
	{parse.VerbMove, "be offered free times of the calendar, and choose one", []store.Kind{store.UpdateAppointment, store.SendText}, "R"},
	{parse.VerbNext, "hear what is coming up", []store.Kind{store.SendText}, "NEXT"},
	{parse.VerbChoice, "choose what was offered, by its number", []store.Kind{store.UpdateAppointment, store.UpdateContact, store.SendText}, "2"},
	{parse.VerbTask, "leave a task; staff name whom it is for", []store.Kind{store.CreateTask, store.SendText}, "TASK call me back tomorrow 3pm"},
	{parse.VerbTasks, "list the open tasks", []store.Kind{store.SendText}, "TASKS"},
	{parse.VerbDone, "complete a task", []store.Kind{store.CompleteTask, store.SendText}, "DONE 1"},
	{parse.VerbNote, "leave a note; staff name whom it is about", []store.Kind{store.CreateNote, store.SendText}, "NOTE Jane: prefers mornings"},
	{parse.VerbWho, "staff: hear who somebody is", []store.Kind{store.SendText}, "WHO Jane"},
	{parse.VerbUndo, "take back what the last text did", []store.Kind{store.UpdateAppointment, store.UpdateTask, store.UpdateContact, store.DeleteTask, store.SendText}, "UNDO"},
	{parse.VerbNone, "talk: a note, and what it tells of a person; from an unknown number a contact", []store.Kind{
		store.CreateContact, store.UpdateContact, store.CreateNote, store.AddMessage, store.CreateTask, store.SendText,
	}, "Hi, I'm Jane Doe, jane@example.com"},
}
