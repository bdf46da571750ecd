package store

import (
	"slices"
	"strings"
)

// Kind is what an intent does outside: its entity, a dot, and a verb. Each is one call that changes the outside.
type Kind string

// The kinds of intents. What this package needs to know of one stands in its row of kinds, and what the engine
// needs to know in its row of effects there.
const (
	SendText          Kind = "text.send"
	CreateContact     Kind = "contact.create"
	UpdateContact     Kind = "contact.update"
	TagContact        Kind = "contact.tag"
	UntagContact      Kind = "contact.untag"
	DeleteContact     Kind = "contact.delete"
	CreateTask        Kind = "task.create"
	UpdateTask        Kind = "task.update"
	CompleteTask      Kind = "task.complete"
	DeleteTask        Kind = "task.delete"
	CreateNote        Kind = "note.create"
	UpdateNote        Kind = "note.update"
	AddMessage        Kind = "message.add" // a text that came in, to the contact's conversation
	DeleteNote        Kind = "note.delete"
	UpdateAppointment Kind = "appointment.update"
	DeleteAppointment Kind = "appointment.delete"
	PutEntry          Kind = "entry.put"    // in the gateway's address book
	RemoveEntry       Kind = "entry.remove" // from it
	TellOptOut        Kind = "optout.tell"  // the gateway's own list
	TellOptIn         Kind = "optout.lift"
)

// kinds are all of them, in the order in which they are listed.
var kinds = []kindRow{
	{kind: SendText, does: texts, order: 2, alone: true, noUndo: "a text that left cannot be taken back: send another one"},
	{kind: CreateContact, does: makes, order: 1, alone: true},
	{kind: UpdateContact, does: changes, order: 1},
	{kind: TagContact, does: changes, order: 1},
	{kind: UntagContact, does: changes, order: 1},
	{kind: DeleteContact, does: deletes, order: 4, noUndo: "restore the contact in the CRM within 60 days, where it comes back with its tasks, notes and appointments"},
	{kind: CreateTask, does: makes, order: 3},
	{kind: UpdateTask, does: changes, order: 3},
	{kind: CompleteTask, does: changes, order: 3},
	{kind: DeleteTask, does: deletes, order: 4},
	{kind: CreateNote, does: makes, order: 3},
	{kind: UpdateNote, does: changes, order: 3},
	{kind: AddMessage, does: makes, order: 3, noUndo: "what somebody wrote stays in their conversation in the CRM"},
	{kind: DeleteNote, does: deletes, order: 4},
	{kind: UpdateAppointment, does: changes, order: 3},
	{kind: DeleteAppointment, does: deletes, order: 4, noUndo: "appointments are booked in the CRM only: book it there again"},
	{kind: PutEntry, does: changes, order: 4, alone: true, noUndo: "the address book follows the contact: ghlsms history contact/ID, and undo the change there"},
	{kind: RemoveEntry, does: deletes, order: 4, alone: true, noUndo: "the address book follows the contact: give the contact its tag back with ghlsms contact set ID tags=..."},
	{kind: TellOptOut, does: changes, order: 4, alone: true, noUndo: "consent is a decision of its own: ghlsms contact opt-in ID, if the person asked for it"},
	{kind: TellOptIn, does: changes, order: 1, alone: true, noUndo: "consent is a decision of its own: ghlsms contact opt-out ID"},
}

// kindRow is what the store knows of a kind.
type kindRow struct {
	kind   Kind
	does   deed
	order  int    // deliveries go by it: 1 is for what others wait for, such as contacts and the end of opt-outs
	alone  bool   // it may leave although its contact has no id in the CRM
	noUndo string // why it cannot be undone, and what to do instead; empty: it can be
}

// deed classifies a kind by what it does outside, which decides how it is treated.
type deed int

const (
	texts   deed = iota + 1 // somebody gets a text
	makes                   // there is one more of something, and two if it is done twice
	changes                 // doing it twice is like doing it once
	deletes
)

// Kinds are all kinds of intents, in the order in which they are listed.
var Kinds, kindRows = indexKinds()

func indexKinds() (all []Kind, rows map[Kind]kindRow) {
	rows = map[Kind]kindRow{}
	for _, r := range kinds {
		all, rows[r.kind] = append(all, r.kind), r
	}
	return all, rows
}

// Entity is the entity of the record the kind writes.
func (k Kind) Entity() Entity {
	e, _, _ := strings.Cut(string(k), ".")
	return Entity(e)
}

// Makes tells whether a kind makes something new in the CRM.
func (k Kind) Makes() bool { return kindRows[k].does == makes }

// MakesForContact tells whether a kind makes a record that belongs to a contact.
func (k Kind) MakesForContact() bool {
	return k.Makes() && k.writesRecord() && k.Entity() != Contact
}

// Deletes tells whether a kind deletes something outside.
func (k Kind) Deletes() bool { return kindRows[k].does == deletes }

// OnceOnly tells whether doing a kind twice does harm.
func (k Kind) OnceOnly() bool {
	does := kindRows[k].does
	return does == texts || does == makes
}

// Quarantined tells whether effects of a kind wait while the mirror is a copy that no person has released.
func (k Kind) Quarantined() bool {
	does := kindRows[k].does
	return does == texts || does == deletes
}

// NoUndo is why what was done of a kind cannot be undone, and what to do instead; empty: it can be.
func (k Kind) NoUndo() string { return kindRows[k].noUndo }

func (k Kind) known() bool        { return kindRows[k].order != 0 }
func (k Kind) priority() int      { return kindRows[k].order }
func (k Kind) alone() bool        { return kindRows[k].alone }
func (k Kind) writesRecord() bool { return slices.Contains(Entities, k.Entity()) }

// inCRM tells whether what is done of a kind is done in the CRM.
func (k Kind) inCRM() bool { return k != SendText && (!k.alone() || k == CreateContact) }

// movesWithContact tells whether an intent that waits follows its contact into the one it was merged with.
func (k Kind) movesWithContact() bool { return kindRows[k].does == texts || k.MakesForContact() }

// makesNoRecord tells whether a kind makes something that is no record in the mirror, so that no change of a record plans it.
func (k Kind) makesNoRecord() bool { return k.Makes() && !k.writesRecord() }

// kindsSQL lists the kinds for which is holds, as SQL.
func kindsSQL(is func(Kind) bool) string {
	var all []string
	for _, k := range Kinds {
		if is(k) {
			all = append(all, "'"+string(k)+"'")
		}
	}
	return strings.Join(all, ", ")
}
