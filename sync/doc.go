// Package sync is the engine that keeps the CRM, the gateway and the mirror in step.
//
// # The cycle
//
// [Engine.Cycle] brings both sides one step closer. It may be killed at any instruction and
// run again. In order:
//
//   - settle asks the outside what became of every intent that was cut off or whose answer
//     was unclear.
//   - poll reads the outside and only writes the mirror. A page and the cursor past it commit
//     together.
//   - plan decides, in one transaction: what each inbound text means, what follows from the
//     contacts that changed, which reminders are due, how records merge. The deciding functions
//     are pure: no I/O, no clock, no map order; the same input gives the same bytes.
//   - brake holds back what is suspicious, says why, and lets the rest flow.
//   - enqueue is the end of that transaction: intents with a unique key each, so that planning
//     twice enqueues once. A key that comes with something else is a mistake of ours: that one is held
//     for a person, and the rest goes on.
//   - deliver is the only code that changes the outside. For each intent it commits "sending",
//     makes the call, and commits the outcome. No transaction is open during a call.
//
// # The rooms
//
// This package is the cycle: it reads both sides and carries effects outside. What is decided stands below it, in
// packages that call nobody:
//
//	sync/plan       gathers what a decision needs from one transaction, and stores what follows
//	sync/inbound    what follows from a text that came in
//	sync/remind     when a reminder is due, whether it leaves, what it says
//	sync/rule       the owner's automations
//	sync/condition  what a reminder or a rule asks for
//	sync/merge      both sides of a record, field by field
//	sync/wording    templates and languages
//	sync/hours      when people may be texted
//	sync/record     values, names of fields, a person
//	sync/spec       how the config is checked, with the place of each mistake
//	sync/scenario   golden scenarios for tests
//
// Those below plan are pure: values in, values out. A test in cmd/ghlsms (TestWalls) says who may import whom.
//
// # Words
//
//	CRM, gateway, mirror   HighLevel, the SMS gateway, our SQLite file
//	base, seen, edits      the three values of a record, see below
//	dirty                  a record of which seen or edits differ from base
//	intent, effect         a row in the outbox, and what it does outside
//	claim, conclude        to commit "sending" before a call, and its outcome after it
//	unknown, in doubt      the outcome of an effect that may or may not have happened
//	settle                 to find out the outcome of an unknown effect: by asking the outside, or a person
//	resolve                to choose a side of a conflict; reinstate: to put its losing value back
//	leave, sent            a text leaves when the gateway takes it; "left" is never what remains
//	restore                to put a backup in the place of the mirror; a deleted contact is undeleted
//	mark                   the file beside the mirror that tells how far it got (watermark)
//	book, entry            the gateway's address book, and a person on its list; appointments are made or moved
//	superseded             replaced by something later: an intent by a newer one, a reminder by a later one
//	excluded               a record that a planner panicked on, which the plan does without for a while
//	drop                   to give up an intent that is no longer wanted; its reason says why
//	brake, hold, release   what stops something suspicious, and lets it go by a person's word
//	lane                   one way to use a side, which what a call says may close for a while
//	plan, preview          to decide, and to decide and take it back
//	load                   to read rows of the mirror; read and poll are for the outside
//	log, notify            to write a line for the admin; to text the first of staff
//	reminder, rule         store.Reminder is a row of the ledger, remind.Rule and rule.Rule are the owner's
//
// # Three values and a policy
//
// A record of the CRM (contact, task, appointment, note) has three values in the mirror: base, what
// both sides last agreed on; seen, what the CRM shows where that differs; and edits, what people here,
// people who text, or the gateway's address book changed and the CRM has not taken. Each side is
// compared with base, field by field, never with the other: see package merge. Where both changed a field
// to different values its policy decides, and the loser is kept as a conflict. The CRM
// tells one time of change for a whole record, so "newest" compares an edit with that. An entry of
// the gateway's address book is merged with its contact in the same way.
//
// What a side would not keep as sent is sent once more, and then left to a person: "not accepted as
// sent". What it only spells another way is accepted.
//
// # Rules
//
// The owner's rules follow events: rows of a journal that the database itself writes, by triggers, when
// a record looks different to people here than before. So an edit here, a text and a change in the CRM
// are one event each, and what we wrote is none when it comes back. The planner takes the events out in
// their order, and what it does about them is an edit or a text like all others, in the same
// transaction; what comes of that are events again, which know how many rules led to them. What the
// clock brings goes by the due times themselves and a cursor. Each firing has one row for ever. A rule's
// text to a person waits for the hours at which they may be texted, which the rule may narrow, and is left out
// where it is of no use by then. See package rule, plan/rules.go, and watch.sql of package store.
//
// # Reminders
//
// The ledger (store.Reminder) has one row for each appointment at one start and each rule, from when it is
// planned. An appointment is looked at when its time has come or something about it changed: the database
// itself sets that (triggers on look_at, in migrations/0009). A look plans, decides what is due and withdraws what was planned for another
// start; deciding is pure (package remind). A text that is due when people may not be texted makes way
// (package hours). What was skipped is decided anew, as the next version, if what stood against it ends
// in time; what left never is, save once where the gateway said that it did not arrive and the rule wants
// that. Just before a text leaves its appointments are read again, and its claim asks everything anew:
// pauses, hours, the start, the status, the number.
//
// # Texts
//
// A text is decided from what the mirror knew when it came in: inbound/decide.go is the spine, and what it may
// do stands beside it (consent, people, tasks, visits, staff). Contacts act on themselves only; staff may
// name others. What is unclear is asked back: a question is a row with its choices, and a number that
// answers it stands for the text that raised it. Free time is read from the calendar between two plans
// (poll_slots.go), and a person hears of a booking when the CRM has it. Each text keeps what takes
// back what it did. Answers and tasks are bounded for each number, and robots are not answered
// (inbound/restrain.go).
//
// # Brakes
//
// A brake is a row with its evidence. It holds one thing: what a list does not show (deletions,
// incomplete, identity), what follows from too many changes at once (changes), reminders (clock),
// texts and deletions (restored). It ends by itself when the reason ends, or by a person's word; a
// failure to reach a side never pulls one. Limits on texts and new contacts hold single intents.
//
// A mirror that was put back from a copy, or copied, is recognized by the mark outside it, and a backup by what
// it says of itself (guard.go). Then every effect that may have happened since becomes unknown and is settled, and
// nothing is texted or deleted before a person has released it.
//
// # Lanes
//
// Each side is used on two lanes, one for reading and one for writing. What a call says closes
// its own lane for the rest of the cycle at most, and one record's failure is not the others':
// see lane.go. A long reading or a long queue stops every ten seconds to hear who texted.
//
// # Mistakes of ours
//
// A panic is caught per source, record or effect, becomes an error of that one, and is logged with its stack; the
// rest goes on: see plan/caught.go. A source or a record whose reading panics counts as not read. An effect that
// was not claimed waits; one that was is unknown. A record that a planner panics on is excluded from planning, for
// an hour or until the next process, and is shown as the source "planning": nothing about it is decided, and the
// sender of an excluded text that may be an opt-out gets no texts.
//
// # How that is held
//
// The tests tell stories from seeds: people, staff, both sides with faults, and time. A model that shares no
// code with the engine knows what must be true after them (TestTruth), also where the next process goes on
// from the files as a kill or a power failure at any request or commit leaves them, or from an older copy
// (TestCrashPoints). Bugs planted against each promise show that the stories find them (TestPlantedBugs).
// Outside, in cmd/ghlsms, the built program is killed for real (TestKilled).
//
// # Promises
//
//  1. A text leaves at most once; a CRM record is created at most once. An ambiguous answer is
//     unknown: resolved by asking the outside, or by an answer that nobody could give who did not
//     get the text, never by simply trying again.
//  2. Nothing that came in is lost: an inbound text is stored before the cursor moves and gets
//     exactly one decision, stored with its reason.
//  3. A field changed on one side only is never overwritten by the other side's old value.
//     Fields merge one by one against base; tags merge as a set; notes append.
//  4. Where both sides changed a field, its policy decides and the loser is stored, to be looked at
//     and put back.
//  5. An opt-out wins over everything, on every path, and is checked in the transaction that
//     claims the text. Only a person or the contact's own START lifts it. The one text that may
//     still leave is the confirmation of the opt-out itself, within five minutes.
//  6. Nothing counts as deleted without proof of absence: a complete enumeration, then a read
//     of that record. A tombstone that is shown again lives again, with what belongs to it. Nothing
//     is deleted in the CRM but what a person here asked for, and a change there beats that.
//  7. Every due reminder gets exactly one decision, kept for ever. The key holds the
//     appointment's start, so a moved appointment is a new reminder. The appointment is read
//     again from the CRM just before the text leaves. What was skipped may be decided anew while it is
//     not too late, what left may not.
//  8. When both sides are quiet, cycles write nothing outside.
//  9. Staleness is visible: each source keeps when it was last read and why it last failed, and
//     the first of staff is texted when one that people depend on falls silent, or when a reminder
//     is due and has not been decided for too long.
//  10. Killed anywhere, it comes back, says what it found, and none of the above breaks.
//
// What we mean to keep as well; the tests that hold these are still to be named:
//
//  11. What people say is acted on only where its meaning is certain and its object is the one they named.
//     Where it is not, they are asked; where they cannot be, a person sees it. The same words again never
//     reach further.
//  12. What a side refuses is weighed by kind, not record by record: a refusal that would meet the next record
//     too closes that lane, holds what waits, and is told; nothing is used up by it. Who was told that
//     something is done hears if it was not.
//  13. A reading counts as complete only when it is known to be. What may be missing is said, and never
//     silently skipped.
//  14. Whatever ends otherwise than people expect keeps its first cause, is counted, and is told to a person on
//     a way that does not depend on what failed (TestLateReminderKeepsItsFirstCause; TestDrill of cmd/ghlsms).
package sync
