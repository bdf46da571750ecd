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
	return e.observe(ctx, store.Contact, store.Observation{CRMID: crmID, Value: contactFields(c, e.Config.Region), Confirmed: true, At: c.DateUpdated})
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
		_, err = tx.Observe(ctx, store.Task, []store.Observation{{CRMID: crmID, ContactID: owner, Value: taskFields(t), Confirmed: true, At: t.DateUpdated}})
		return err
	})
}

func (e *Engine) readNote(ctx context.Context, contact ghl.ContactID, crmID string) error {
	n, err := e.CRM.Note(ctx, contact, ghl.NoteID(crmID))
	if gone, err := e.gone(ctx, store.Note, crmID, false, err); gone || err != nil {
		return err
	}
	return e.DB.Update(ctx, func(tx *store.Tx) error {
		owner, err := tx.ContactID(ctx, string(contact))
		if err != nil {
			return err
		}
		_, err = tx.Observe(ctx, store.Note, []store.Observation{{CRMID: crmID, ContactID: owner, Value: noteFields(n), Confirmed: true}})
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

// gone stores that a record is absent, which a read by its id proved.
func (e *Engine) gone(ctx context.Context, entity store.Entity, crmID string, deleted bool, err error) (bool, error) {
	if err != nil && !errors.Is(err, ghl.ErrNotFound) {
		return false, err
	}
	if err == nil && !deleted {
		return false, nil
	}
	if err != nil {
		if err := e.trusted(ctx); err != nil {
			return false, err
		}
	}
	var into string
	if entity == store.Contact {
		if into, err = e.absorber(ctx, crmID); err != nil {
			return false, err
		}
	}
	e.Log.Info("deleted in the CRM", "what", entity, "id", crmID, "merged_into", into)
	return true, e.DB.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Gone(ctx, entity, crmID); err != nil || into == "" {
			return err
		}
		return absorbed(ctx, tx, crmID, into)
	})
}

// errOtherIdentity says that "not found" proves nothing, since the token may see less than the one before.
var errOtherIdentity = errors.New("the CRM denies it to another token than it was read with, which may be shown less")

// trusted returns an error while "not found" does not prove a deletion, because the token is another one than before.
func (e *Engine) trusted(ctx context.Context) error {
	return e.DB.View(ctx, func(tx *store.Tx) error {
		held, err := tx.Holds(ctx, store.Identity)
		if err == nil && held {
			err = errOtherIdentity
		}
		return err
	})
}

// absorber finds the contact into which the CRM merged a deleted one: it has the phone or email of that one,
// and did not have it before. Empty: there is none.
func (e *Engine) absorber(ctx context.Context, crmID string) (string, error) {
	var lost store.Record
	err := e.DB.View(ctx, func(tx *store.Tx) (err error) {
		lost, err = tx.RecordByCRMID(ctx, store.Contact, crmID)
		return err
	})
	phone, email := lost.CRM()[store.Phone], lost.CRM()[store.Email]
	switch {
	case errors.Is(err, store.ErrNoRecord):
		return "", nil
	case err != nil || !lost.GoneAt.IsZero() || phone+email == "":
		return "", err
	}
	twin, found, err := e.CRM.FindContact(ctx, phone, email)
	if err != nil || !found || string(twin.ID) == crmID || twin.Deleted {
		return "", err
	}
	now, before := contactFields(twin, e.Config.Region), store.Record{}
	err = e.DB.Update(ctx, func(tx *store.Tx) error {
		before, err = tx.RecordByCRMID(ctx, store.Contact, string(twin.ID))
		if err != nil && !errors.Is(err, store.ErrNoRecord) {
			return err
		}
		_, err = tx.Observe(ctx, store.Contact, []store.Observation{{CRMID: string(twin.ID), Value: now, Confirmed: true, At: twin.DateUpdated}})
		return err
	})
	gained := func(field, value string) bool {
		return value != "" && now[field] == value && before.CRM()[field] != value
	}
	if err != nil || !gained(store.Phone, phone) && !gained(store.Email, email) {
		return "", err
	}
	return string(twin.ID), nil
}

func absorbed(ctx context.Context, tx *store.Tx, gone, into string) error {
	from, err := tx.RecordByCRMID(ctx, store.Contact, gone)
	if err != nil {
		return err
	}
	to, err := tx.RecordByCRMID(ctx, store.Contact, into)
	if err != nil {
		return err
	}
	return tx.MergedInto(ctx, from.ID, to.ID)
}

func (e *Engine) observe(ctx context.Context, entity store.Entity, o ...store.Observation) error {
	return e.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Observe(ctx, entity, o)
		return err
	})
}

func appointmentSeen(ctx context.Context, tx *store.Tx, a ghl.Appointment) (store.Observation, error) {
	owner, err := tx.ContactID(ctx, string(a.ContactID))
	return store.Observation{CRMID: string(a.ID), ContactID: owner, Value: appointmentFields(a), At: a.DateUpdated}, err
}
