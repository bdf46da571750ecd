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
//   - plan decides, in one transaction: what each inbound text means, which reminders are due,
//     how records merge. The deciding functions are pure: no I/O, no clock, no map order; the
//     same input gives the same bytes.
//   - brake holds back what is suspicious, says why, and lets the rest flow.
//   - enqueue is the end of that transaction: intents with a unique key each, so that planning
//     twice enqueues once.
//   - deliver is the only code that changes the outside. For each intent it commits "sending",
//     makes the call, and commits the outcome. No transaction is open during a call.
//
// Each side is used on two lanes, one for reading and one for writing. What a call says closes
// its own lane for the rest of the cycle at most, and one record's failure is not the others':
// see lane.go. A long reading or a long queue stops every ten seconds to hear who texted.
//
// # Promises
//
//  1. A text leaves at most once; a CRM record is created at most once. An ambiguous answer is
//     unknown: resolved by asking the outside, never by simply trying again.
//  2. Nothing that came in is lost: an inbound text is stored before the cursor moves and gets
//     exactly one decision, stored with its reason.
//  3. A field changed on one side only is never overwritten by the other side's old value.
//     Fields merge one by one against base; tags merge as a set; notes append.
//  4. Where both sides changed a field, the CRM's value is kept and the loser is stored.
//  5. An opt-out wins over everything, on every path, and is checked in the transaction that
//     claims the text. Only a person or the contact's own START lifts it. The one text that may
//     still leave is the confirmation of the opt-out itself, within five minutes.
//  6. Nothing counts as deleted without proof of absence: a complete enumeration, then a read
//     of that record. A tombstone that is shown again lives again.
//  7. Every due reminder gets exactly one decision, kept for ever. The key holds the
//     appointment's start, so a moved appointment is a new reminder. The appointment is read
//     again from the CRM just before the text leaves.
//  8. When both sides are quiet, cycles write nothing outside.
//  9. Staleness is visible: each source keeps when it was last read and why it last failed, and
//     the first of staff is texted when one that people depend on falls silent.
//  10. Killed anywhere, it comes back, says what it found, and none of the above breaks.
package sync
