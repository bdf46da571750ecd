package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ghlsms/ghl"
	"ghlsms/store"
)

const (
	// overlap is how far a poll reaches back: the CRM's index lags behind its records.
	overlap = 2 * time.Minute
	// quiet is how long after the last change the watermark moves on with the clock.
	quiet = 10 * time.Minute
)

// contactCursor is how far contacts were read. While After is set, an enumeration of all
// contacts is under way and goes on there; afterwards only changes are read.
type contactCursor struct {
	Since   time.Time       `json:"since,omitzero"`   // read changes from here on; zero: import first
	Started time.Time       `json:"started,omitzero"` // when the import began
	After   json.RawMessage `json:"after,omitempty"`
}

func readCursor(ctx context.Context, c *cycle) (cur contactCursor, err error) {
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		at, err := tx.Cursor(ctx, SourceContacts)
		if err != nil || at.Position == "" {
			return err
		}
		if err := json.Unmarshal([]byte(at.Position), &cur); err != nil {
			return fmt.Errorf("the stored cursor of %s is broken: %w", SourceContacts, err)
		}
		return nil
	})
	return cur, err
}

func (cur contactCursor) store(ctx context.Context, tx *store.Tx) error {
	b, err := json.Marshal(cur)
	if err != nil {
		return err
	}
	return tx.MoveCursor(ctx, SourceContacts, string(b))
}

// pollContacts imports all contacts once, resumable at the page, and reads changes from then on.
func (c *cycle) pollContacts(ctx context.Context) error {
	cur, err := readCursor(ctx, c)
	if err != nil {
		return err
	}
	if cur.Since.IsZero() {
		err = c.importContacts(ctx, cur)
	} else {
		err = c.changedContacts(ctx, cur)
	}
	return errors.Join(err, c.readUnread(ctx))
}

func (c *cycle) importContacts(ctx context.Context, cur contactCursor) error {
	if cur.Started.IsZero() {
		cur.Started = time.Now().UTC()
	}
	for page, err := range c.CRM.SearchContacts(ctx, ghl.ContactQuery{After: cur.After}) {
		if err != nil {
			return err
		}
		cur.After = page.Next
		if err := c.contactPage(ctx, page, &cur); err != nil {
			return err
		}
	}
	cur = contactCursor{Since: cur.Started.Add(-overlap)}
	return c.DB.Update(ctx, func(tx *store.Tx) error { return cur.store(ctx, tx) })
}

// changedContacts reads what changed since the watermark. The watermark follows the newest
// change, and the clock where nothing changes, both with a distance.
func (c *cycle) changedContacts(ctx context.Context, cur contactCursor) error {
	newest := time.Now().UTC().Add(-quiet)
	for page, err := range c.CRM.SearchContacts(ctx, ghl.ContactQuery{UpdatedSince: cur.Since}) {
		if err != nil {
			return err
		}
		for _, row := range page.Items {
			if row.DateUpdated.After(newest) {
				newest = row.DateUpdated
			}
		}
		if err := c.contactPage(ctx, page, nil); err != nil {
			return err
		}
	}
	next := contactCursor{Since: newest.Add(-overlap)}
	if !next.Since.After(cur.Since) {
		return nil
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error { return next.store(ctx, tx) })
}

// contactPage stores a page of contacts and, for an import, the cursor past it.
func (c *cycle) contactPage(ctx context.Context, page ghl.Page[ghl.Contact], cur *contactCursor) error {
	c.tellBad(SourceContacts, page.Bad)
	seen := make([]store.Observation, 0, len(page.Items))
	for _, row := range page.Items {
		if !row.Deleted {
			seen = append(seen, store.Observation{CRMID: string(row.ID), Value: contactFields(row, c.Rules.Region)})
		}
	}
	var did store.Observed
	err := c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if did, err = tx.Observe(ctx, store.Contact, seen); err != nil || cur == nil {
			return err
		}
		return cur.store(ctx, tx)
	})
	if err != nil {
		return err
	}
	c.tellObserved(store.Contact, did)
	for _, id := range did.Doubtful {
		if err := c.readContact(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (c *cycle) tellBad(source string, bad []error) {
	for _, err := range bad {
		c.Log.Warn("a row could not be read and is left out", "source", source, "error", err)
	}
}

func (c *cycle) tellObserved(e store.Entity, did store.Observed) {
	if did.New+did.Changed > 0 {
		c.Log.Info("read from the CRM", "what", e, "new", did.New, "changed", did.Changed)
	}
}

// unreadBatch bounds how many contacts one cycle reads one by one.
const unreadBatch = 50

// readUnread reads contacts that tasks or appointments named before the contact search did.
func (c *cycle) readUnread(ctx context.Context) error {
	var unread []store.Record
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		unread, err = tx.Unread(ctx, unreadBatch)
		return err
	})
	for _, r := range unread {
		if err == nil {
			err = c.readContact(ctx, r.CRMID)
		}
	}
	return err
}

// pollTasks reads all tasks, since the CRM cannot tell which changed. What a complete reading
// does not show is read by id, and gone if that does not show it either.
func (c *cycle) pollTasks(ctx context.Context) error {
	listed := map[string]bool{}
	owners := map[string]ghl.ContactID{}
	complete := true
	for page, err := range c.CRM.SearchTasks(ctx, ghl.TaskQuery{}) {
		if err != nil {
			return err
		}
		complete = complete && len(page.Bad) == 0
		c.tellBad(SourceTasks, page.Bad)
		for _, t := range page.Items {
			listed[string(t.ID)] = !t.Deleted
			owners[string(t.ID)] = t.ContactID
		}
		if err := c.taskPage(ctx, page.Items, owners); err != nil {
			return err
		}
	}
	if !complete {
		return nil
	}
	return c.missing(ctx, store.Task, listed)
}

func (c *cycle) taskPage(ctx context.Context, tasks []ghl.Task, owners map[string]ghl.ContactID) error {
	var did store.Observed
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		var seen []store.Observation
		for _, t := range tasks {
			if t.Deleted || t.ContactID == "" {
				continue
			}
			owner, err := tx.ContactID(ctx, string(t.ContactID))
			if err != nil {
				return err
			}
			seen = append(seen, store.Observation{CRMID: string(t.ID), ContactID: owner, Value: taskFields(t)})
		}
		var err error
		did, err = tx.Observe(ctx, store.Task, seen)
		return err
	})
	if err != nil {
		return err
	}
	c.tellObserved(store.Task, did)
	for _, id := range did.Doubtful {
		if err := c.readTask(ctx, owners[id], id); err != nil {
			return err
		}
	}
	return nil
}

// missing proves, one by one, that records which a complete enumeration did not show are gone.
func (c *cycle) missing(ctx context.Context, e store.Entity, listed map[string]bool) error {
	var known []string
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		known, err = tx.LivingIDs(ctx, e)
		return err
	})
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(slices.Clone(known), func(id string) bool { return listed[id] })
	if reason := brakeGone(len(gone), len(known), c.Rules.Limits); reason != "" {
		return &BrakeError{Entity: e, Reason: reason}
	}
	for _, id := range gone {
		if err := c.readAgain(ctx, e, id); err != nil {
			return err
		}
	}
	return nil
}

// BrakeError says that something suspicious was not believed.
type BrakeError struct {
	Entity store.Entity
	Reason string
}

func (e *BrakeError) Error() string { return fmt.Sprintf("brake on %ss: %s", e.Entity, e.Reason) }

func (c *cycle) readAgain(ctx context.Context, e store.Entity, crmID string) error {
	switch e {
	case store.Contact:
		return c.readContact(ctx, crmID)
	case store.Appointment:
		return c.readAppointment(ctx, crmID)
	case store.Task:
		var owner store.Record
		err := c.DB.View(ctx, func(tx *store.Tx) error {
			t, err := tx.RecordByCRMID(ctx, store.Task, crmID)
			if err != nil {
				return err
			}
			owner, err = tx.Record(ctx, store.Contact, t.ContactID)
			return err
		})
		if err != nil {
			return err
		}
		return c.readTask(ctx, ghl.ContactID(owner.CRMID), crmID)
	}
	return nil
}

// pollAppointments reads a window of each calendar, since the CRM can only list by start time.
func (c *cycle) pollAppointments(ctx context.Context) error {
	var calendars []store.ListedCalendar
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		calendars, err = tx.Calendars(ctx)
		return err
	})
	if err != nil {
		return err
	}
	from, until := time.Now().Add(-c.Rules.Past), time.Now().Add(c.Rules.Ahead)
	for _, k := range calendars {
		if err := c.pollCalendar(ctx, k, from, until); err != nil {
			return fmt.Errorf("calendar %s: %w", k.Name, err)
		}
	}
	return c.readUnread(ctx)
}

func (c *cycle) pollCalendar(ctx context.Context, k store.ListedCalendar, from, until time.Time) error {
	events, err := c.CRM.Events(ctx, ghl.CalendarID(k.CRMID), from, until)
	rows, partial := errors.AsType[*ghl.RowsError](err)
	if partial {
		c.tellBad(SourceAppointments, []error{rows})
	} else if err != nil {
		return err
	}
	var did store.Observed
	var known []string
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		var seen []store.Observation
		for _, a := range events {
			if a.Deleted || a.ContactID == "" {
				continue
			}
			o, err := appointmentSeen(ctx, tx, a)
			if err != nil {
				return err
			}
			seen = append(seen, o)
		}
		var err1, err2 error
		did, err1 = tx.Observe(ctx, store.Appointment, seen)
		known, err2 = tx.BookedIDs(ctx, k.CRMID, from, until)
		return errors.Join(err1, err2)
	})
	if err != nil {
		return err
	}
	c.tellObserved(store.Appointment, did)
	if partial { // no proof of absence
		return c.readAppointments(ctx, did.Doubtful)
	}
	return c.readAppointments(ctx, append(did.Doubtful, absentFrom(events, known)...))
}

func absentFrom(events []ghl.Appointment, known []string) []string {
	listed := map[string]bool{}
	for _, a := range events {
		listed[string(a.ID)] = !a.Deleted
	}
	return slices.DeleteFunc(known, func(id string) bool { return listed[id] })
}

// readAppointments reads appointments by id: deleted ones say so there, moved ones where to.
func (c *cycle) readAppointments(ctx context.Context, ids []string) error {
	for _, id := range ids {
		if err := c.readAppointment(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// sweepContacts enumerates every contact, for those that are gone.
func (c *cycle) sweepContacts(ctx context.Context) error {
	listed := map[string]bool{}
	for page, err := range c.CRM.SearchContacts(ctx, ghl.ContactQuery{PageLimit: 500}) {
		if err != nil {
			return err
		}
		for _, row := range page.Items {
			listed[string(row.ID)] = !row.Deleted
		}
		if len(page.Bad) > 0 {
			c.tellBad(SourceSweep, page.Bad)
			return errors.New("the enumeration is incomplete: nobody was looked for")
		}
		if err := c.contactPage(ctx, page, nil); err != nil {
			return err
		}
	}
	return c.missing(ctx, store.Contact, listed)
}
