package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
)

// deleteRecord has a record deleted that a person here wants gone. That is done when a read by id
// says so, whatever the call said: the CRM answers deletions that it does not make.
type deleteRecord struct{ recordEffect }

func (e deleteRecord) prepare(ctx context.Context, in store.Intent) error {
	r, _, err := e.subject(ctx, in)
	if err != nil {
		return err
	}
	return e.readAgain(ctx, r.Entity, r.CRMID)
}

func (e deleteRecord) carry(ctx context.Context, in store.Intent) result {
	r, contact, err := e.subject(ctx, in)
	if err != nil {
		return certain(err)
	}
	switch r.Entity {
	case store.Contact:
		err = e.CRM.DeleteContact(ctx, ghl.ContactID(r.CRMID))
	case store.Task:
		err = e.CRM.DeleteTask(ctx, contact, ghl.TaskID(r.CRMID))
	case store.Appointment:
		err = e.CRM.DeleteAppointment(ctx, ghl.AppointmentID(r.CRMID))
	case store.Note:
		err = e.CRM.DeleteNote(ctx, contact, ghl.NoteID(r.CRMID))
	}
	if err != nil && !errors.Is(err, ghl.ErrNotFound) {
		return result{err: err}
	}
	return e.settle(ctx, in)
}

// settle reads the record. What is still there after a while is asked for again, a few times.
func (e deleteRecord) settle(ctx context.Context, in store.Intent) result {
	r, contact, err := e.subject(ctx, in)
	if err != nil {
		return certain(err)
	}
	there, err := e.exists(ctx, r, contact)
	switch {
	case err != nil:
		return result{Outcome: store.Outcome{
			State: store.Unknown, Reason: "asking about it failed: " + err.Error(), DueAt: time.Now().Add(backoff(in.Attempts)), Tried: true,
		}}
	case !there:
		return result{
			Outcome: store.Outcome{State: store.Done, Before: r.CRM()},
			store:   func(ctx context.Context, tx *store.Tx) error { return tx.Gone(ctx, r.Entity, r.CRMID) },
		}
	case in.Attempts >= settleTries:
		return result{Outcome: store.Outcome{State: store.Failed, Reason: fmt.Sprintf("the CRM still shows the %s after %d tries: delete it there", r.Entity, in.Attempts)}}
	}
	return result{Outcome: store.Outcome{State: store.Pending, Reason: "the CRM still shows it", DueAt: time.Now().Add(e.Config.SettleAfter)}}
}

// exists reads a record by its id.
func (c *cycle) exists(ctx context.Context, r store.Record, contact ghl.ContactID) (bool, error) {
	var deleted bool
	var err error
	switch r.Entity {
	case store.Contact:
		var v ghl.Contact
		v, err = c.CRM.Contact(ctx, ghl.ContactID(r.CRMID))
		deleted = v.Deleted
	case store.Task:
		var v ghl.Task
		v, err = c.CRM.Task(ctx, contact, ghl.TaskID(r.CRMID))
		deleted = v.Deleted
	case store.Appointment:
		var v ghl.Appointment
		v, err = c.CRM.Appointment(ctx, ghl.AppointmentID(r.CRMID))
		deleted = v.Deleted
	case store.Note:
		_, err = c.CRM.Note(ctx, contact, ghl.NoteID(r.CRMID))
	}
	if errors.Is(err, ghl.ErrNotFound) {
		return false, nil
	}
	return !deleted, err
}
