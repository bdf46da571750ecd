package sync

import (
	"context"
	"errors"

	"ghlsms/ghl"
	"ghlsms/store"
)

// Reading one record by its id is the only proof of what it is, and of its absence: lists and
// indexes of the CRM lag behind.

func (e *Engine) readContact(ctx context.Context, crmID string) error {
	c, err := e.CRM.Contact(ctx, ghl.ContactID(crmID))
	if gone, err := e.gone(ctx, store.Contact, crmID, c.Deleted, err); gone || err != nil {
		return err
	}
	return e.observe(ctx, store.Contact, store.Observation{CRMID: crmID, Value: contactFields(c, e.Rules.Region), Confirmed: true})
}

func (e *Engine) readTask(ctx context.Context, contact ghl.ContactID, crmID string) error {
	t, err := e.CRM.Task(ctx, contact, ghl.TaskID(crmID))
	if gone, err := e.gone(ctx, store.Task, crmID, t.Deleted, err); gone || err != nil {
		return err
	}
	return e.DB.Update(ctx, func(tx *store.Tx) error {
		owner, err := tx.ContactID(ctx, string(contact))
		if err != nil {
			return err
		}
		_, err = tx.Observe(ctx, store.Task, []store.Observation{{CRMID: crmID, ContactID: owner, Value: taskFields(t), Confirmed: true}})
		return err
	})
}

func (e *Engine) readAppointment(ctx context.Context, crmID string) error {
	a, err := e.CRM.Appointment(ctx, ghl.AppointmentID(crmID))
	if gone, err := e.gone(ctx, store.Appointment, crmID, a.Deleted, err); gone || err != nil || a.ContactID == "" {
		return err
	}
	return e.DB.Update(ctx, func(tx *store.Tx) error {
		o, err := appointmentSeen(ctx, tx, a)
		if err != nil {
			return err
		}
		o.Confirmed = true
		_, err = tx.Observe(ctx, store.Appointment, []store.Observation{o})
		return err
	})
}

// gone marks a record whose absence a read by id proved.
func (e *Engine) gone(ctx context.Context, entity store.Entity, crmID string, deleted bool, err error) (bool, error) {
	if err != nil && !errors.Is(err, ghl.ErrNotFound) {
		return false, err
	}
	if err == nil && !deleted {
		return false, nil
	}
	e.Log.Info("deleted in the CRM", "what", entity, "id", crmID)
	return true, e.DB.Update(ctx, func(tx *store.Tx) error { return tx.Gone(ctx, entity, crmID) })
}

func (e *Engine) observe(ctx context.Context, entity store.Entity, o ...store.Observation) error {
	return e.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Observe(ctx, entity, o)
		return err
	})
}

func appointmentSeen(ctx context.Context, tx *store.Tx, a ghl.Appointment) (store.Observation, error) {
	owner, err := tx.ContactID(ctx, string(a.ContactID))
	return store.Observation{CRMID: string(a.ID), ContactID: owner, Value: appointmentFields(a)}, err
}
