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
	"ghlsms/sync/record"
)

const (
	// overlap is how far a poll reaches back: the CRM's index lags behind its records.
	overlap = 2 * time.Minute
	// quiet is how long after the last change the cursor moves on with the clock.
	quiet = 10 * time.Minute
)

// contactCursor is how far contacts were read. While After is set, an enumeration of all
// contacts is under way and goes on there; afterwards only changes are read.
type contactCursor struct {
	Since   time.Time       `json:"since,omitzero"`   // read changes from here on; zero: import first
	Started time.Time       `json:"started,omitzero"` // when the import began
	After   json.RawMessage `json:"after,omitempty"`
	Done    int             `json:"done,omitempty"` // contacts imported so far
}

func readCursor(ctx context.Context, c *cycle) (cur contactCursor, err error) {
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		at, err := tx.Cursor(ctx, store.SourceContacts)
		if err != nil || at.Position == "" {
			return err
		}
		if err := json.Unmarshal([]byte(at.Position), &cur); err != nil {
			return fmt.Errorf("the stored cursor of %s is broken: %w", store.SourceContacts, err)
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
	return tx.MoveCursor(ctx, store.SourceContacts, string(b))
}

// pollContacts imports all contacts once, resumable at the page, and reads changes from then on.
func (c *cycle) pollContacts(ctx context.Context) error {
	cur, err := readCursor(ctx, c)
	if err != nil {
		return err
	}
	if cur.Since.IsZero() || cur.Since.After(time.Now().Add(record.ClockSkew)) { // never read, or by a clock that ran ahead
		err = c.importContacts(ghl.WithPriority(ctx, ghl.Sweep), cur)
	} else {
		err = c.changedContacts(ctx, cur)
	}
	return errors.Join(err, c.readUnread(ctx))
}

// importContacts reads every contact, the newest first, since those are likely to have appointments. Inbound
// texts and reminders do not wait for its end.
func (c *cycle) importContacts(ctx context.Context, cur contactCursor) error {
	if cur.Started.IsZero() || cur.Started.After(time.Now().Add(record.ClockSkew)) {
		cur = contactCursor{Started: time.Now().UTC()}
	}
	cur.Since = time.Time{}
	for page, err := range c.CRM.SearchContacts(ctx, ghl.ContactQuery{After: cur.After, NewestFirst: true}) {
		if err != nil {
			return err
		}
		cur.After = page.Next
		if err := c.contactPage(ctx, page, &cur); err != nil {
			return err
		}
		cur.Done += len(page.Items)
		c.progress("contacts", cur.Done, page.Total)
		c.breathe(ctx)
	}
	cur = contactCursor{Since: cur.Started.Add(-overlap)}
	return c.DB.Update(ctx, func(tx *store.Tx) error { return cur.store(ctx, tx) })
}

// changedContacts reads what changed since the cursor. The cursor follows the newest change, or the clock
// where nothing changes, each with a margin.
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
		c.breathe(ctx)
	}
	next := contactCursor{Since: newest.Add(-overlap)}
	if !next.Since.After(cur.Since) {
		return nil
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error { return next.store(ctx, tx) })
}

// contactPage stores a page of contacts and, for an import, the cursor past it.
func (c *cycle) contactPage(ctx context.Context, page ghl.Page[ghl.Contact], cur *contactCursor) error {
	c.logBad(store.SourceContacts, page.Bad)
	seen := make([]store.Observation, 0, len(page.Items))
	for _, row := range page.Items {
		if row.Deleted {
			continue
		}
		if err := c.caught("contact "+string(row.ID), func() error {
			seen = append(seen, store.Observation{CRMID: string(row.ID), Value: contactFields(row, c.Config.Region), At: row.DateUpdated})
			return nil
		}); err != nil { // it is left out, like one that cannot be read
			c.failures = append(c.failures, err)
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
	c.logObserved(store.Contact, did)
	return each(ctx, c, readCRM, did.Doubtful, c.readContact)
}

// logBad logs the rows of an answer that could not be read.
func (c *cycle) logBad(source string, bad []error) {
	for _, err := range bad {
		c.Log.Warn("a row could not be read and is left out", "source", source, "error", err)
	}
}

// logObserved logs how many records an answer showed new or changed, and counts them for the brake.
func (c *cycle) logObserved(e store.Entity, did store.Observed) {
	c.changed[e] += did.Changed
	if did.New+did.Changed > 0 {
		c.Log.Info("read from the CRM", "what", e, "new", did.New, "changed", did.Changed)
	}
}

// unreadBatch bounds how many contacts one cycle reads one by one.
const unreadBatch = 50

// readUnread reads contacts that are known only by id from tasks or appointments. While the first import is
// under way, which will reach the others, it reads only those with a reminder due soon.
func (c *cycle) readUnread(ctx context.Context) error {
	cur, err := readCursor(ctx, c)
	if err != nil {
		return err
	}
	soon := time.Now().Add(c.Config.Longest() + time.Hour)
	var unread []store.Record
	err = c.DB.View(ctx, func(tx *store.Tx) (err error) {
		if cur.Since.IsZero() {
			unread, err = tx.UnreadWithAppointment(ctx, soon, unreadBatch)
		} else {
			unread, err = tx.Unread(ctx, unreadBatch)
		}
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, c, readCRM, unread, func(ctx context.Context, r store.Record) error { return c.readContact(ctx, r.CRMID) })
}

// An enumeration is what a reading of all records of a kind showed.
type enumeration struct {
	listed   map[string]bool // by the CRM's id; a row that cannot be read is there all the same
	nameless int             // rows that could be any record
	total    int             // what the list says it has; 0: it does not
}

func newEnumeration() enumeration { return enumeration{listed: map[string]bool{}} }

// partlySeen begins an enumeration of a list that came with an error: it is used if only some of its rows are
// unreadable.
func (c *cycle) partlySeen(source string, err error) (enumeration, error) {
	seen := newEnumeration()
	rows, ok := errors.AsType[*ghl.RowsError](err)
	if !ok {
		return seen, err
	}
	c.logBad(source, rows.Bad)
	seen.bad(rows.Bad)
	return seen, nil
}

// bad counts rows that cannot be read. One without an id could be any record.
func (e *enumeration) bad(rows []error) {
	for _, err := range rows {
		if row, ok := errors.AsType[*ghl.RowError](err); ok && row.ID != "" {
			e.listed[row.ID] = true
		} else {
			e.nameless++
		}
	}
}

// incomplete is why a list must not be taken for all there is; empty: it can.
func (e *enumeration) incomplete() string {
	switch {
	case e.nameless > 0:
		return fmt.Sprintf("%d rows of the list cannot be read and have no id", e.nameless)
	case len(e.listed)+goneFloor < e.total:
		return fmt.Sprintf("the list says that there are %d, and shows %d", e.total, len(e.listed))
	}
	return ""
}

// pollTasks reads all open tasks, since the CRM cannot tell which changed. A task that was open
// and is not listed any more is read by id: it is done, or gone.
func (c *cycle) pollTasks(ctx context.Context) error {
	seen, err := c.readTasks(ctx, ghl.TaskQuery{Completed: new(false)})
	if err != nil {
		return err
	}
	many, err := c.manyTasksMissing(ctx, seen)
	if err == nil && many { // the list of all shows those that are just done
		seen, err = c.readTasks(ctx, ghl.TaskQuery{})
	}
	if err != nil {
		return err
	}
	return c.missing(ctx, store.Task, "open", seen, func(tx *store.Tx, ctx context.Context) ([]string, error) { return tx.TaskIDs(ctx, false) })
}

// manyTasksMissing tells whether suspiciously many tasks are missing from the list of open ones, for the first time.
func (c *cycle) manyTasksMissing(ctx context.Context, seen enumeration) (many bool, err error) {
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		known, err := tx.TaskIDs(ctx, false)
		if err != nil {
			return err
		}
		missing := len(slices.DeleteFunc(slices.Clone(known), func(id string) bool { return seen.listed[id] }))
		if brakeGone(missing, len(known), c.Config.Limits) == "" {
			return nil
		}
		_, found, err := tx.Standing(ctx, store.Deletions, store.Task, "open")
		many = !found
		return err
	})
	return many, err
}

func (c *cycle) readTasks(ctx context.Context, q ghl.TaskQuery) (enumeration, error) {
	seen, owners := newEnumeration(), map[string]ghl.ContactID{}
	for page, err := range c.CRM.SearchTasks(ctx, q) {
		if err != nil {
			return seen, err
		}
		c.logBad(store.SourceTasks, page.Bad)
		seen.bad(page.Bad)
		for _, t := range page.Items {
			seen.listed[string(t.ID)] = !t.Deleted
			owners[string(t.ID)] = t.ContactID
		}
		if err := c.taskPage(ctx, page.Items, owners); err != nil {
			return seen, err
		}
		c.breathe(ctx)
	}
	return seen, nil
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
			seen = append(seen, store.Observation{CRMID: string(t.ID), ContactID: owner, Value: taskFields(t), At: t.DateUpdated})
		}
		var err error
		did, err = tx.Observe(ctx, store.Task, seen)
		return err
	})
	if err != nil {
		return err
	}
	c.logObserved(store.Task, did)
	return each(ctx, c, readCRM, did.Doubtful, func(ctx context.Context, id string) error { return c.readTask(ctx, owners[id], id) })
}

// missing reads, one by one, the records that a complete enumeration did not show, to prove that they are gone.
// scope is the part that was enumerated, if not all records of the kind.
func (c *cycle) missing(ctx context.Context, e store.Entity, scope string, seen enumeration, all func(*store.Tx, context.Context) ([]string, error)) error {
	var known []string
	var ok bool
	err := c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if known, err = all(tx, ctx); err != nil {
			return err
		}
		n := len(known)
		known = slices.DeleteFunc(known, func(id string) bool { return seen.listed[id] })
		ok, err = c.believable(ctx, tx, e, scope, seen, len(known), n)
		return err
	})
	if err != nil || !ok {
		return err
	}
	return each(ctx, c, readCRM, known, func(ctx context.Context, id string) error { return c.readAgain(ctx, e, id) })
}

func (c *cycle) readAgain(ctx context.Context, e store.Entity, crmID string) error {
	switch e {
	case store.Contact:
		return c.readContact(ctx, crmID)
	case store.Appointment:
		return c.readAppointment(ctx, crmID)
	case store.Task, store.Note:
	}
	var owner store.Record
	err := c.DB.View(ctx, func(tx *store.Tx) error {
		t, err := tx.RecordByCRMID(ctx, e, crmID)
		if err != nil {
			return err
		}
		owner, err = tx.Record(ctx, store.Contact, t.ContactID)
		return err
	})
	if err != nil {
		return err
	}
	if e == store.Note {
		return c.readNote(ctx, ghl.ContactID(owner.CRMID), crmID)
	}
	return c.readTask(ctx, ghl.ContactID(owner.CRMID), crmID)
}

// pollAppointments reads a window of each calendar, since the CRM can only list by start time.
// A calendar that is not in use any more may still have appointments.
func (c *cycle) pollAppointments(ctx context.Context) error {
	var calendars []store.ListedCalendar
	var listed store.Cursor
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		if listed, err = tx.Cursor(ctx, store.SourceCalendars); err != nil {
			return err
		}
		calendars, err = tx.Calendars(ctx)
		return err
	})
	if err == nil && listed.ReadAt.IsZero() {
		err = errors.New("the calendars could not be listed yet")
	}
	if err != nil {
		return err
	}
	from, until := time.Now().Add(-c.Config.Past), time.Now().Add(c.Config.Ahead)
	err = each(ctx, c, readCRM, calendars, func(ctx context.Context, k store.ListedCalendar) error {
		if err := c.pollCalendar(ctx, k, from, until); err != nil {
			return fmt.Errorf("calendar %s: %w", k.Name, err)
		}
		return nil
	})
	return errors.Join(err, c.readUnread(ctx))
}

func (c *cycle) pollCalendar(ctx context.Context, k store.ListedCalendar, from, until time.Time) error {
	events, err := c.CRM.Events(ctx, ghl.CalendarID(k.CRMID), from, until)
	seen, err := c.partlySeen(store.SourceAppointments, err)
	if err != nil {
		return err
	}
	for _, a := range events {
		seen.listed[string(a.ID)] = !a.Deleted
	}
	var did store.Observed
	err = c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		did, err = observeAppointments(ctx, tx, events)
		return err
	})
	if err != nil {
		return err
	}
	c.logObserved(store.Appointment, did)
	if err := each(ctx, c, readCRM, did.Doubtful, c.readAppointment); err != nil {
		return err
	}
	// Deleted ones say so when read by id, moved ones where to.
	return c.missing(ctx, store.Appointment, k.CRMID, seen, func(tx *store.Tx, ctx context.Context) ([]string, error) {
		return tx.AppointmentIDs(ctx, k.CRMID, from, until)
	})
}

func observeAppointments(ctx context.Context, tx *store.Tx, events []ghl.Appointment) (store.Observed, error) {
	var seen []store.Observation
	for _, a := range events {
		if a.Deleted || a.ContactID == "" {
			continue
		}
		o, err := appointmentSeen(ctx, tx, a)
		if err != nil {
			return store.Observed{}, err
		}
		seen = append(seen, o)
	}
	return tx.Observe(ctx, store.Appointment, seen)
}

// sweep enumerates every contact and every task, to find deleted ones and changes that the incremental polls
// miss.
func (c *cycle) sweep(ctx context.Context) error {
	ctx = ghl.WithPriority(ctx, ghl.Sweep)
	return errors.Join(c.sweepContacts(ctx), c.sweepTasks(ctx))
}

func (c *cycle) sweepContacts(ctx context.Context) error {
	seen := newEnumeration()
	for page, err := range c.CRM.SearchContacts(ctx, ghl.ContactQuery{}) {
		if err != nil {
			return err
		}
		seen.bad(page.Bad)
		seen.total = page.Total
		for _, row := range page.Items {
			seen.listed[string(row.ID)] = !row.Deleted
		}
		if err := c.contactPage(ctx, page, nil); err != nil {
			return err
		}
		c.breathe(ctx)
	}
	return c.missing(ctx, store.Contact, "", seen, func(tx *store.Tx, ctx context.Context) ([]string, error) { return tx.LivingIDs(ctx, store.Contact) })
}

func (c *cycle) sweepTasks(ctx context.Context) error {
	seen, err := c.readTasks(ctx, ghl.TaskQuery{})
	if err != nil {
		return err
	}
	return c.missing(ctx, store.Task, "completed", seen, func(tx *store.Tx, ctx context.Context) ([]string, error) { return tx.TaskIDs(ctx, true) })
}
