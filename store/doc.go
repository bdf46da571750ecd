// Package store is the mirror: one SQLite file with everything both sides showed, everything
// to be carried outside, and every decision taken.
//
// Records of the CRM (contacts, tasks, appointments) are kept as three values: base, what both
// sides last agreed on; seen, what the CRM shows where it differs; edits, what was changed
// here and has not reached the CRM. A record with seen or edits is dirty, and an index finds
// those, so that work follows what changed and not what is stored.
//
// All writing goes through [DB.Update], one transaction at a time, and [Tx] carries one time
// for all the rows it touches. Committed rows survive power loss: the outbox relies on it.
// The package knows no client and calls nobody.
package store
