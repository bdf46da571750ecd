package sync

import (
	"fmt"

	"ghlsms/sms/parse"
	"ghlsms/store"
)

// An effectRow is what the engine and people need to know of a kind of effect. What the store needs to know
// stands in its row of [store.Kinds].
type effectRow struct {
	make    func(*cycle) effect
	route   // the lanes on which it goes
	believe believed
	Operation
}

// Operation is something that the program does outside.
type Operation struct {
	Means   string   // what was done, as in the log
	Calls   []string // of the CRM, as METHOD path; empty: it is the gateway's
	Example string   // what makes it so
	Doubt   Doubt
}

// Doubt tells a person how to find out whether an unknown effect happened, and what each answer does. WHO in it
// stands for the contact that the effect is for.
type Doubt struct {
	Look     string // where to look
	Happened string // what to be sure of before saying that it happened, and what follows then
	Retry    string // the same before doing it once more
	NeedsID  bool   // who says that it happened must tell the outside's id of it, which is X in Happened
}

// EffectOf tells what an intent of a kind does, and where.
func EffectOf(k store.Kind) Operation { return effects[k].Operation }

// effect is the row of a kind, and what carries it outside in this cycle.
func (c *cycle) effect(k store.Kind) (effectRow, effect, error) {
	row, known := effects[k]
	if !known {
		return row, nil, errNoEffect(k)
	}
	return row, row.make(c), nil
}

func errNoEffect(k store.Kind) error { return fmt.Errorf("no effect for kind %q", k) }

// harmless is the Doubt of effects that may be repeated.
var harmless = Doubt{
	Look:     "Look on the other side whether it shows.",
	Happened: "It shows. Nothing is done again; should the other side have something else after all, that counts as a change there.",
	Retry:    "It does not show. It is done once more, which does no harm if you are wrong.",
}

// effects has a row for each kind of effect.
var effects = map[store.Kind]effectRow{
	store.SendText: {
		func(c *cycle) effect { return textEffect{c} }, asText, textSent,
		Operation{"text sent", nil, "a reminder, an answer, a rule with text or notify", Doubt{
			Look:     "Look into the gateway's own log of texts for the number and the words, or ask WHO.",
			Happened: "You saw it there, or WHO has it. Nothing is sent again. With --outside-id its delivery is followed too.",
			Retry:    "You are sure that it did not leave. It is sent now: WHO gets it once more if you are wrong.",
		}},
	},
	store.CreateContact: {
		func(c *cycle) effect { return createContact{c} }, makeInCRM, recordMade,
		Operation{"contact created in the CRM", []string{"POST /contacts/"}, "a text from an unknown number", Doubt{
			Look:     "Look in the CRM under Contacts, by the number and by the email address.",
			Happened: "WHO is there. X is the last part of the address of the contact's page.",
			Retry:    "WHO is not there. The contact is made now: there are two of it if you are wrong.",
			NeedsID:  true,
		}},
	},
	store.UpdateContact: {
		func(c *cycle) effect { return updateContact{recordEffect{c}} }, changeInCRM, ofRecord(recordChanged),
		Operation{"contact updated in the CRM", []string{"PUT /contacts/{id}"}, "ghlsms contact set 1 city=Boston", harmless},
	},
	store.TagContact: {
		func(c *cycle) effect { return tagContact{c} }, changeInCRM, ofRecord(tagsAdded),
		Operation{"contact tagged in the CRM", []string{"POST /contacts/{id}/tags"}, "ghlsms contact set 1 tags=vip", harmless},
	},
	store.UntagContact: {
		func(c *cycle) effect { return tagContact{c} }, changeInCRM, ofRecord(tagsRemoved),
		Operation{"contact untagged in the CRM", []string{"DELETE /contacts/{id}/tags"}, "ghlsms contact set 1 tags=", harmless},
	},
	store.DeleteContact: {
		makeDelete, changeInCRM, ofRecord(recordDeleted),
		Operation{"contact deleted in the CRM", []string{"DELETE /contacts/{id}"}, "ghlsms contact delete 1", harmless},
	},
	store.CreateTask: {
		func(c *cycle) effect { return createTask{recordEffect{c}} }, makeInCRM, recordMade,
		Operation{"task created in the CRM", []string{"POST /contacts/{id}/tasks"}, "TASK call me back", Doubt{
			Look:     "Look at the tasks of WHO in the CRM.",
			Happened: "It is there. The next reading brings it in.",
			Retry:    "It is not there. It is made now: there are two of it if you are wrong.",
		}},
	},
	store.UpdateTask: {
		func(c *cycle) effect { return updateTask{recordEffect{c}} }, changeInCRM, ofRecord(recordChanged),
		Operation{"task updated in the CRM", []string{"PUT /contacts/{id}/tasks/{id}"}, `ghlsms task set 1 title="Call back"`, harmless},
	},
	store.CompleteTask: {
		func(c *cycle) effect { return updateTask{recordEffect{c}} }, changeInCRM, ofRecord(recordChanged),
		Operation{"task completed in the CRM", []string{"PUT /contacts/{id}/tasks/{id}/completed"}, "DONE 1", harmless},
	},
	store.DeleteTask: {
		makeDelete, changeInCRM, ofRecord(recordDeleted),
		Operation{"task deleted in the CRM", []string{"DELETE /contacts/{id}/tasks/{id}"}, "ghlsms task delete 1", harmless},
	},
	store.CreateNote: {
		func(c *cycle) effect { return createNote{recordEffect{c}} }, makeInCRM, recordMade,
		Operation{"note added in the CRM", []string{"POST /contacts/{id}/notes"}, `ghlsms note add 1 "Prefers mornings"`, Doubt{
			Look:     "Look at the notes of WHO in the CRM.",
			Happened: "It is there. The next reading brings it in.",
			Retry:    "It is not there. It is made now: there are two of it if you are wrong.",
		}},
	},
	store.UpdateNote: {
		func(c *cycle) effect { return updateNote{recordEffect{c}} }, changeInCRM, ofRecord(recordChanged),
		Operation{"note updated in the CRM", []string{"PUT /contacts/{id}/notes/{id}"}, `ghlsms note set 1 body="Prefers evenings"`, harmless},
	},
	store.AddMessage: {
		func(c *cycle) effect { return messageEffect{c} }, makeInCRM, nothingFollows,
		Operation{
			"text recorded in the CRM's conversation", []string{"POST /conversations/messages/inbound"},
			"a text that is no command, with ghl.conversation_provider", Doubt{
				Look:     "Look at the conversation with WHO in the CRM.",
				Happened: "It is there.",
				Retry:    "It is not there. It is put there now: it stands there twice if you are wrong.",
			},
		},
	},
	store.DeleteNote: {
		makeDelete, changeInCRM, ofRecord(recordDeleted),
		Operation{"note deleted in the CRM", []string{"DELETE /contacts/{id}/notes/{id}"}, "ghlsms note delete 1", harmless},
	},
	store.UpdateAppointment: {
		func(c *cycle) effect { return updateAppointment{recordEffect{c}} }, changeInCRM, ofRecord(recordChanged),
		Operation{"appointment updated in the CRM", []string{"PUT /calendars/events/appointments/{id}"}, "C, or X", harmless},
	},
	store.DeleteAppointment: {
		makeDelete, changeInCRM, ofRecord(recordDeleted),
		Operation{"appointment deleted in the CRM", []string{"DELETE /calendars/events/{id}"}, "ghlsms appointment delete 1", harmless},
	},
	store.PutEntry: {
		func(c *cycle) effect { return entryEffect{c} }, atGateway, ofEntry(entryPut),
		Operation{"entry put into the gateway's address book", nil, "a contact gets the tag of sync.address_book", harmless},
	},
	store.RemoveEntry: {
		func(c *cycle) effect { return entryEffect{c} }, atGateway, ofEntry(entryRemoved),
		Operation{"entry taken out of the gateway's address book", nil, "a contact loses the tag of sync.address_book", harmless},
	},
	store.TellOptOut: {
		func(c *cycle) effect { return optOutEffect{c} }, atGateway, nothingFollows,
		Operation{"gateway told of an opt-out", nil, "STOP", harmless},
	},
	store.TellOptIn: {
		func(c *cycle) effect { return optOutEffect{c} }, atGateway, nothingFollows,
		Operation{"gateway told of an opt-in", nil, "START", Doubt{
			Look:     "Look at the gateway's own list of opt-outs.",
			Happened: "The number is not on it.",
			Retry:    "The number is on it, and its owner did not opt out again since. It is taken off now.",
		}},
	},
}

func makeDelete(c *cycle) effect { return deleteRecord{recordEffect{c}} }

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
