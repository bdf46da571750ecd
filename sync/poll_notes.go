package sync

import (
	"context"
	"errors"
	"slices"

	"ghlsms/ghl"
	"ghlsms/store"
)

// pollNotes reads the notes of some contacts, since the CRM shows them for one contact at a time
// and does not tell when they change: first of contacts that changed themselves, then of those
// longest unread.
func (c *cycle) pollNotes(ctx context.Context) error {
	var due []store.Record
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		due, err = tx.NotesDue(ctx, tx.Now.Add(-c.Config.Notes.Every), c.Config.Notes.Calls)
		return err
	})
	if err != nil {
		return err
	}
	return each(ghl.WithPriority(ctx, ghl.Sweep), c, readCRM, due, c.contactNotes)
}

// contactNotes reads all notes of one contact. One that is not listed any more is read by id.
func (c *cycle) contactNotes(ctx context.Context, contact store.Record) error {
	notes, err := c.CRM.ContactNotes(ctx, ghl.ContactID(contact.CRMID))
	if errors.Is(err, ghl.ErrNotFound) { // then the contact is gone, most likely, for the sweep to find
		return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.NotesRead(ctx, contact.ID) })
	}
	seen, err := c.partlySeen(store.SourceNotes, err)
	if err != nil {
		return err
	}
	var rows []store.Observation
	for _, n := range notes {
		seen.listed[string(n.ID)] = true
		rows = append(rows, store.Observation{CRMID: string(n.ID), ContactID: contact.ID, Value: noteFields(n)})
	}
	var did store.Observed
	var missing []string
	err = c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if did, err = tx.Observe(ctx, store.Note, rows); err != nil {
			return err
		}
		if missing, err = tx.NoteIDs(ctx, contact.ID); err != nil {
			return err
		}
		return tx.NotesRead(ctx, contact.ID)
	})
	if err != nil {
		return err
	}
	c.logObserved(store.Note, did)
	ask := did.Doubtful
	if seen.incomplete() == "" {
		ask = append(ask, slices.DeleteFunc(missing, func(id string) bool { return seen.listed[id] })...)
	}
	return each(ctx, c, readCRM, ask, func(ctx context.Context, id string) error { return c.readNote(ctx, ghl.ContactID(contact.CRMID), id) })
}
