package sync

import (
	"ghlsms/sms/parse"
	"ghlsms/store"
)

// Operation is something that the program does outside.
type Operation struct {
	Means   string
	Calls   []string // of the CRM, as METHOD path; empty: it is the gateway's
	Example string   // what makes it so
}

// EffectOf tells what an intent of a kind does, and where.
func EffectOf(k store.Kind) Operation {
	op := effects[k]
	op.Means = didWhat[k]
	return op
}

var effects = map[store.Kind]Operation{
	store.SendText:          {Example: "a reminder, an answer, a rule with text or notify"},
	store.CreateContact:     {Calls: []string{"POST /contacts/"}, Example: "a text from an unknown number"},
	store.UpdateContact:     {Calls: []string{"PUT /contacts/{id}"}, Example: "ghlsms contact set 1 city=Boston"},
	store.TagContact:        {Calls: []string{"POST /contacts/{id}/tags"}, Example: "ghlsms contact set 1 tags=vip"},
	store.UntagContact:      {Calls: []string{"DELETE /contacts/{id}/tags"}, Example: "ghlsms contact set 1 tags="},
	store.DeleteContact:     {Calls: []string{"DELETE /contacts/{id}"}, Example: "ghlsms contact delete 1"},
	store.CreateTask:        {Calls: []string{"POST /contacts/{id}/tasks"}, Example: "TASK call me back"},
	store.UpdateTask:        {Calls: []string{"PUT /contacts/{id}/tasks/{id}"}, Example: `ghlsms task set 1 title="Call back"`},
	store.CompleteTask:      {Calls: []string{"PUT /contacts/{id}/tasks/{id}/completed"}, Example: "DONE 1"},
	store.DeleteTask:        {Calls: []string{"DELETE /contacts/{id}/tasks/{id}"}, Example: "ghlsms task delete 1"},
	store.CreateNote:        {Calls: []string{"POST /contacts/{id}/notes"}, Example: `ghlsms note add 1 "Prefers mornings"`},
	store.UpdateNote:        {Calls: []string{"PUT /contacts/{id}/notes/{id}"}, Example: `ghlsms note set 1 body="Prefers evenings"`},
	store.DeleteNote:        {Calls: []string{"DELETE /contacts/{id}/notes/{id}"}, Example: "ghlsms note delete 1"},
	store.AddMessage:        {Calls: []string{"POST /conversations/messages/inbound"}, Example: "a text that is no command, with ghl.conversation_provider"},
	store.UpdateAppointment: {Calls: []string{"PUT /calendars/events/appointments/{id}"}, Example: "C, or X"},
	store.DeleteAppointment: {Calls: []string{"DELETE /calendars/events/{id}"}, Example: "ghlsms appointment delete 1"},
	store.PutEntry:          {Example: "a contact gets the tag of sync.address_book"},
	store.RemoveEntry:       {Example: "a contact loses the tag of sync.address_book"},
	store.TellOptOut:        {Example: "STOP"},
	store.TellOptIn:         {Example: "START"},
}

// TextCommand is a word that people text, which the program understands by itself.
type TextCommand struct {
	Verb    parse.Verb
	Means   string
	Effects []store.Kind
	Example string
}

// TextCommands are all of them, and what is none.
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
