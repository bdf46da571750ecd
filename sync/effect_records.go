package sync

import (
	"context"
	"errors"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/record"
)

type createTask struct{ recordEffect }

func (e createTask) carry(ctx context.Context, in store.Intent) result {
	sent, _, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	made, err := e.CRM.CreateTask(ctx, contact, taskPatch(sent))
	if err != nil {
		return result{err: err}
	}
	return adopted(in, string(made.ID), shownTask(made), sent)
}

// settle looks for a task whose title has the same words, that no other intent made: the very same one, else
// one that the mirror did not know before, since staff may have changed it already.
func (e createTask) settle(ctx context.Context, in store.Intent) result {
	sent, _, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	tasks, err := e.CRM.ContactTasks(ctx, contact)
	if err != nil {
		return result{err: err}
	}
	out := e.absent(in)
	for _, t := range tasks {
		f := taskFields(t)
		if !record.SameWords(f[store.Title], sent[store.Title]) {
			continue
		}
		taken, before, err := e.made(ctx, in, t.ID)
		same := f[store.Due] == sent[store.Due] && record.SameWords(f[store.Body], sent[store.Body])
		switch {
		case err != nil:
			return result{err: err}
		case taken, before && !same:
			continue
		}
		out = adopted(in, string(t.ID), shown{f, t.DateUpdated}, sent)
		if same {
			break
		}
	}
	return out
}

// made tells whether a task was made by another intent, and whether it was known before this one.
func (e createTask) made(ctx context.Context, in store.Intent, id ghl.TaskID) (taken, before bool, err error) {
	err = e.DB.View(ctx, func(tx *store.Tx) error {
		if taken, err = tx.OutsideTaken(ctx, in.Kind, string(id), in.ID); err != nil {
			return err
		}
		r, err := tx.RecordByCRMID(ctx, store.Task, string(id))
		if errors.Is(err, store.ErrNoRecord) {
			return nil
		}
		before = r.ID < in.RecordID
		return err
	})
	return taken, before, err
}

func (c *cycle) outsideTaken(ctx context.Context, in store.Intent, id string) (taken bool, err error) {
	err = c.DB.View(ctx, func(tx *store.Tx) (err error) {
		taken, err = tx.OutsideTaken(ctx, in.Kind, id, in.ID)
		return err
	})
	return taken, err
}

type updateTask struct{ recordEffect }

func (e updateTask) prepare(ctx context.Context, in store.Intent) error {
	r, contact, err := e.subject(ctx, in)
	if err != nil {
		return err
	}
	return e.readTask(ctx, contact, r.CRMID)
}

func (e updateTask) carry(ctx context.Context, in store.Intent) result {
	sent, r, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	var now ghl.Task
	if in.Kind == store.CompleteTask { // the narrow call cannot clobber anything else
		now, err = e.CRM.CompleteTask(ctx, contact, ghl.TaskID(r.CRMID), sent[store.Completed] == "true")
	} else {
		now, err = e.CRM.UpdateTask(ctx, contact, ghl.TaskID(r.CRMID), taskPatch(sent))
	}
	if err != nil {
		return result{err: err}
	}
	return wrote(in, r.Base, shownTask(now), sent)
}

func (e updateTask) settle(ctx context.Context, in store.Intent) result {
	sent, r, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	now, err := e.CRM.Task(ctx, contact, ghl.TaskID(r.CRMID))
	if err != nil {
		return result{err: err}
	}
	return compared(in, r.Base, shownTask(now), sent)
}

type createNote struct{ recordEffect }

func (e createNote) carry(ctx context.Context, in store.Intent) result {
	sent, _, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	note, err := e.CRM.CreateNote(ctx, contact, sent[store.Body])
	if err != nil {
		return result{err: err}
	}
	return adopted(in, string(note.ID), shownNote(note), sent)
}

// settle looks for a note with the same words that no other intent made.
func (e createNote) settle(ctx context.Context, in store.Intent) result {
	sent, _, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	notes, err := e.CRM.ContactNotes(ctx, contact)
	if err != nil {
		return result{err: err}
	}
	for _, n := range notes {
		old := !n.DateAdded.IsZero() && n.DateAdded.Before(in.StartedAt.Add(-record.ClockSkew))
		if old || !record.SameWords(n.Body, sent[store.Body]) {
			continue
		}
		taken, err := e.outsideTaken(ctx, in, string(n.ID))
		if err != nil {
			return result{err: err}
		}
		if !taken {
			return adopted(in, string(n.ID), shownNote(n), sent)
		}
	}
	return e.absent(in)
}

type updateNote struct{ recordEffect }

func (e updateNote) prepare(ctx context.Context, in store.Intent) error {
	r, contact, err := e.subject(ctx, in)
	if err != nil {
		return err
	}
	return e.readNote(ctx, contact, r.CRMID)
}

func (e updateNote) carry(ctx context.Context, in store.Intent) result {
	sent, r, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	now, err := e.CRM.UpdateNote(ctx, contact, ghl.NoteID(r.CRMID), notePatch(sent))
	if err != nil {
		return result{err: err}
	}
	return wrote(in, r.Base, shownNote(now), sent)
}

func (e updateNote) settle(ctx context.Context, in store.Intent) result {
	sent, r, contact, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	now, err := e.CRM.Note(ctx, contact, ghl.NoteID(r.CRMID))
	if err != nil {
		return result{err: err}
	}
	return compared(in, r.Base, shownNote(now), sent)
}

type updateAppointment struct{ recordEffect }

func (e updateAppointment) prepare(ctx context.Context, in store.Intent) error {
	r, _, err := e.subject(ctx, in)
	if err != nil {
		return err
	}
	return e.readAppointment(ctx, r.CRMID)
}

func (e updateAppointment) carry(ctx context.Context, in store.Intent) result {
	sent, r, _, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	id := ghl.AppointmentID(r.CRMID)
	if _, err := e.CRM.UpdateAppointment(ctx, id, appointmentPatch(sent)); err != nil {
		return result{err: err}
	}
	is := shown{value: r.Base.With(sent)}
	if now, err := e.CRM.Appointment(ctx, id); err == nil { // the answer to an update has no times
		is = shownAppointment(now)
	}
	return wrote(in, r.Base, is, sent)
}

func (e updateAppointment) settle(ctx context.Context, in store.Intent) result {
	sent, r, _, err := e.open(ctx, in)
	if err != nil {
		return certain(err)
	}
	now, err := e.CRM.Appointment(ctx, ghl.AppointmentID(r.CRMID))
	if err != nil {
		return result{err: err}
	}
	return compared(in, r.Base, shownAppointment(now), sent)
}
