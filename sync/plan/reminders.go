package plan

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/trouble"
	"ghlsms/sync/wording"
)

// reminders processes every appointment whose look_at has passed: it plans, decides and withdraws reminders,
// and sets when to look next.
func (p *planning) reminders(ctx context.Context) error {
	if wrong, err := p.tx.Holds(ctx, store.Clock); err != nil || wrong {
		return err
	}
	if err := p.replanChanged(ctx); err != nil {
		return err
	}
	for {
		due, err := p.tx.ToLook(ctx, PlanBatch)
		if err != nil {
			return err
		}
		for i := range due {
			if _, err := p.one("appointment", due[i].ID, func() error { return p.remind(ctx, &due[i]) }); err != nil {
				return fmt.Errorf("appointment %s: %w", due[i].CRMID, err)
			}
		}
		if len(due) < PlanBatch {
			return nil
		}
	}
}

// metaReminderRules is a hash of the rules, zone and hours by which reminders were planned.
const metaReminderRules = "reminders"

// replanChanged schedules every appointment to be planned again if the rules, the zone, the hours or the fields
// that rules ask for have changed.
func (p *planning) replanChanged(ctx context.Context) error {
	h := sha256.New()
	fmt.Fprintln(h, p.world.Zone, p.world.Hours, p.world.Region, p.world.Clock, p.world.Clocks)
	for i := range p.cfg.Reminders {
		r := &p.cfg.Reminders[i]
		at := hours.Clock(-1)
		if r.At != nil {
			at = *r.At
		}
		fmt.Fprintln(h, r.Name, r.Before, r.After, at, r.DaysBefore, r.Unanswered, r.If, r.Quiet, r.Clock, r.Missed, r.Late, r.Retry)
		for _, name := range r.If.Field.Names() {
			fmt.Fprintln(h, p.world.Fields.Field(name)) // once the CRM has listed it
		}
	}
	now := hex.EncodeToString(h.Sum(nil)[:8])
	had, err := p.tx.Meta(ctx, metaReminderRules)
	if err != nil || had == now {
		return err
	}
	if err := p.tx.LookAgain(ctx, p.tx.Now.Add(-p.cfg.Past)); err != nil {
		return err
	}
	return p.tx.SetMeta(ctx, metaReminderRules, now)
}

// reminding is one look at the reminders of an appointment.
type reminding struct {
	*planning
	a       *store.Record
	contact store.Record
	out     bool // the contact's number is on our own list
	shared  bool
	rows    []store.Reminder
	next    time.Time // when to look again
}

func (p *planning) remind(ctx context.Context, a *store.Record) error {
	l := reminding{planning: p, a: a}
	if err := l.load(ctx); err != nil {
		return err
	}
	if err := l.withdraw(ctx); err != nil {
		return err
	}
	if !a.Time(store.Start).IsZero() {
		for i := range p.cfg.Reminders {
			if err := l.rule(ctx, &p.cfg.Reminders[i]); err != nil {
				return fmt.Errorf("reminder %s: %w", p.cfg.Reminders[i].Name, err)
			}
		}
	}
	l.wakeAt(a.Time(store.Start)) // until then much can happen
	return p.tx.LookAt(ctx, a.ID, l.next)
}

// load reads what the mirror knows about the appointment.
func (l *reminding) load(ctx context.Context) (err error) {
	if l.rows, err = l.tx.RemindersOf(ctx, l.a.ID); err != nil {
		return err
	}
	if l.contact, err = l.tx.Record(ctx, store.Contact, l.a.ContactID); err != nil {
		return err
	}
	if _, l.out, err = l.tx.OptedOut(ctx, l.contact.Get(store.Phone)); err != nil {
		return err
	}
	l.shared, err = l.planning.shared(ctx, &l.contact)
	return err
}

// shared tells whether other contacts have the same number.
func (p *planning) shared(ctx context.Context, contact *store.Record) (bool, error) {
	if contact.Get(store.Phone) == "" {
		return false, nil
	}
	owners, err := p.tx.ContactsBy(ctx, store.Phone, contact.Get(store.Phone))
	return len(owners) > 1, err
}

// withdraw ends what was planned for another start, or by a rule that is not for this appointment any
// more.
func (l *reminding) withdraw(ctx context.Context) error {
	for i := range l.rows {
		r := &l.rows[i]
		if !r.DecidedAt.IsZero() {
			continue
		}
		rule := l.cfg.Reminder(r.Rule)
		switch {
		case r.Starts != l.a.Get(store.Start):
			r.Code, r.Skipped = store.CodeMoved, "the appointment was moved"
		case rule == nil:
			r.Code, r.Skipped = store.CodeRule, "the config does not have this reminder any more"
		case !rule.If.IsFor(l.a, l.world):
			r.Code, r.Skipped = store.CodeRule, "this reminder is for other appointments"
		default:
			continue
		}
		if err := l.tx.DecideReminder(ctx, *r); err != nil {
			return err
		}
		r.DecidedAt = l.tx.Now
	}
	return nil
}

// Reminder finds a rule by its name; nil: there is none.
func (r *Config) Reminder(name string) *remind.Rule {
	i := slices.IndexFunc(r.Reminders, func(rule remind.Rule) bool { return rule.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Reminders[i]
}

// newest is the newest row of a rule at the appointment's start, and the one before it; nil: there is none.
func (l *reminding) newest(rule string) (row, before *store.Reminder) {
	for i := range l.rows {
		if r := &l.rows[i]; r.Rule == rule && r.Starts == l.a.Get(store.Start) && (row == nil || r.Version > row.Version) {
			row, before = r, row
		}
	}
	return row, before
}

// caseOf gathers what the decision about one rule needs.
func (l *reminding) caseOf(rule *remind.Rule) remind.Case {
	c := remind.Case{Rule: rule, Appointment: l.a, Contact: &l.contact, OptedOut: l.out, Shared: l.shared}
	if rule.Unanswered != "" {
		c.Followed, _ = l.newest(rule.Unanswered)
	}
	if row, before := l.newest(rule.Name); before != nil && row.DecidedAt.IsZero() {
		l.again(before, &c) // the outcome of that version decides when this one is due
	}
	return c
}

// wakeAt schedules the appointment to be looked at again at a future time.
func (l *reminding) wakeAt(at time.Time) {
	if at.After(l.tx.Now) && (l.next.IsZero() || at.Before(l.next)) {
		l.next = at
	}
}

// rule plans or decides one rule.
func (l *reminding) rule(ctx context.Context, rule *remind.Rule) error {
	if !rule.If.IsFor(l.a, l.world) {
		return nil
	}
	c := l.caseOf(rule)
	last, _ := l.newest(rule.Name)
	anew := last != nil && !last.DecidedAt.IsZero()
	if anew && !l.again(last, &c) {
		if last.OutboxID != 0 {
			l.wakeAt(last.LeavesAt.Add(fateTime))
		}
		return nil
	}
	d := remind.Decide(c, l.world, l.tx.Now)
	if d.Skipped == "" && !d.Wait {
		var err error
		if c.Superseded, err = l.superseded(ctx, &c, d); err != nil {
			return err
		}
		if c.Superseded {
			d = remind.Decide(c, l.world, l.tx.Now)
		}
	}
	if d.Due.IsZero() {
		return nil
	}
	l.wakeAt(d.Last) // until then the reason against it may end
	if d.Wait {
		l.wakeAt(d.Again)
	}
	r := store.Reminder{AppointmentID: l.a.ID, Starts: l.a.Get(store.Start), Rule: rule.Name, Version: 1,
		DueAt: d.Due, LeavesAt: d.Leaves, Zone: d.Zone, ZoneFrom: d.ZoneFrom, Code: d.Code, Skipped: d.Skipped}
	switch {
	case anew && d.Skipped != "":
		return nil
	case anew:
		r.Version = last.Version + 1
	case last != nil:
		r.Version = last.Version
	}
	if d.Closed {
		r.LeavesAt = d.Again
	}
	if d.Wait {
		return l.tx.PlanReminder(ctx, r)
	}
	return l.decided(ctx, c, d, r)
}

// fateTime is how long after a text is sent its delivery state may still change a follow-up reminder.
const fateTime = 48 * time.Hour

// again tells whether a decided row may be decided anew: nothing was sent and the reason against it may have
// ended, or it failed and is to be retried, for which RetryAt of the case is set.
func (l *reminding) again(last *store.Reminder, c *remind.Case) bool {
	failed := 0
	for _, r := range l.rows {
		if r.Rule == last.Rule && r.Starts == last.Starts && !r.FailedAt.IsZero() {
			failed++
		}
	}
	switch {
	case last.Code == store.CodeByHand, last.Waits(), last.TaskID != 0:
		return false
	case last.OutboxID == 0:
		return last.Code.Passing()
	case last.State == store.Dropped:
		return true
	case c.Rule.Retry > 0 && failed == 1 && !last.FailedAt.IsZero():
		c.RetryAt = last.FailedAt.Add(c.Rule.Retry)
		return true
	}
	return false
}

// superseded tells whether the reminder of a case is late while a later one of the same appointment is due too,
// or was sent.
func (l *reminding) superseded(ctx context.Context, c *remind.Case, d remind.Decision) (bool, error) {
	if !d.Late || c.Rule.Missed == remind.MissedEach {
		return false, nil
	}
	if left, err := supersedes(ctx, l.tx, l.rows, l.a.Get(store.Start), d.Leaves); err != nil || left {
		return left, err
	}
	for i := range l.cfg.Reminders {
		other := &l.cfg.Reminders[i]
		if other == c.Rule || other.Text == nil || !other.If.IsFor(l.a, l.world) {
			continue
		}
		also := l.caseOf(other)
		row, _ := l.newest(other.Name)
		if row != nil && !row.DecidedAt.IsZero() && !l.again(row, &also) {
			continue
		}
		if o := remind.Decide(also, l.world, l.tx.Now); o.Body != "" && o.Leaves.After(d.Leaves) {
			return true, nil
		}
	}
	return false, nil
}

// supersedes tells whether a row of an appointment at a start that was to leave after a time has left, or
// only waits to be sent.
func supersedes(ctx context.Context, tx *store.Tx, rows []store.Reminder, starts string, leaves time.Time) (bool, error) {
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Starts != starts || !r.LeavesAt.After(leaves):
		case r.Left():
			return true, nil
		case r.State == store.Pending:
			if until, err := tx.PausedUntil(ctx, r.Rule); err != nil || until.IsZero() {
				return err == nil, err
			}
		}
	}
	return false, nil
}

// decided stores a decision with what follows from it.
func (l *reminding) decided(ctx context.Context, c remind.Case, d remind.Decision, r store.Reminder) error {
	if d.Code == store.CodeLate || d.Code == store.CodeUnread {
		first, found, err := l.tx.FirstUrgent(ctx, d.Leaves, l.tx.Now, trouble.KindOverdue)
		if err != nil {
			return err
		}
		if found { // lateness only ended it
			d.Skipped += "; first, " + first.What
			r.Skipped = d.Skipped
		}
	}
	rows := []store.Reminder{r}
	var err error
	switch {
	case d.Skipped != "":
	case c.Rule.Text == nil:
		rows[0].TaskID, err = l.tx.Create(ctx, store.Task, c.Contact.ID, d.Task, store.ByRule)
	default:
		if rows, err = l.together(ctx, c, &d, r); err != nil {
			return err
		}
		err = l.send(ctx, c, d, rows)
	}
	if err != nil {
		return err
	}
	l.plan.Reminders = append(l.plan.Reminders, PlannedReminder{c.Rule.Name, record.NameOrNumber(c.Contact), r.Starts, d.Leaves, d.Skipped, d.Body})
	for i := range rows {
		if err := l.tx.DecideReminder(ctx, rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// send queues the text of rows.
func (l *reminding) send(ctx context.Context, c remind.Case, d remind.Decision, rows []store.Reminder) error {
	in := store.Intent{Key: remind.Key(l.a, c.Rule.Name, rows[0].Version), ExpiresAt: d.Last}
	if d.Leaves.Before(l.world.Restored) {
		in.State, in.StartedAt, in.Reason = store.Unknown, d.Leaves, "it may have been sent before the mirror was put back from a copy"
	}
	if brake, what := heldBy(l.a, c.Contact); brake != 0 {
		in.State, in.BrakeID, in.Reason = store.Held, brake, fmt.Sprintf("brake b%d: too many %s changed at once", brake, what)
	}
	id, err := l.text(ctx, in, store.Text{ContactID: c.Contact.ID, Number: d.Number, Body: d.Body, Purpose: store.ForReminder})
	for i := range rows {
		rows[i].OutboxID = id
	}
	return err
}

// heldBy is the brake that holds a reminder, and on which records it was pulled; 0: none. A contact that changed among too
// many others is reminded all the same, unless its number is what changed.
func heldBy(a, contact *store.Record) (brake int64, records string) {
	switch {
	case a.HeldBy != 0:
		return a.HeldBy, "appointments"
	case contact.HeldBy != 0 && contact.NumberHeld:
		return contact.HeldBy, "contacts"
	}
	return 0, ""
}

// together finds the appointments that one text speaks of, with a row each: the one that is due first.
// Where there are several, the text is worded for all, and is of no use when the first begins.
func (l *reminding) together(ctx context.Context, c remind.Case, d *remind.Decision, r store.Reminder) ([]store.Reminder, error) {
	rows := []store.Reminder{r}
	if c.Rule.Group == 0 {
		return rows, nil
	}
	visits := []wording.Visit{{Contact: c.Contact, Appointment: l.a}}
	owners, err := l.tx.ContactsBy(ctx, store.Phone, d.Number)
	if err != nil {
		return nil, err
	}
	start := l.a.Time(store.Start)
	for i := range owners {
		near, err := l.tx.Upcoming(ctx, owners[i].ID, hours.Earliest(start.Add(-c.Rule.Group), l.tx.Now).Add(-time.Second))
		if err != nil {
			return nil, err
		}
		for j := range near {
			b := &near[j]
			if b.ID == l.a.ID || b.HeldBy != l.a.HeldBy || b.Time(store.Start).Sub(start).Abs() > c.Rule.Group || !c.Rule.If.IsFor(b, l.world) {
				continue
			}
			row, joins, err := l.joins(ctx, c, b, &owners[i])
			if err != nil {
				return nil, err
			}
			if joins {
				rows, visits = append(rows, row), append(visits, wording.Visit{Contact: &owners[i], Appointment: b})
				d.Last = hours.Earliest(d.Last, b.Time(store.Start))
			}
		}
	}
	if len(visits) > 1 {
		sortVisits(visits)
		d.Write(c, l.world, visits)
	}
	return rows, nil
}

func sortVisits(visits []wording.Visit) {
	slices.SortStableFunc(visits, func(a, b wording.Visit) int {
		return cmp.Or(a.Appointment.Time(store.Start).Compare(b.Appointment.Time(store.Start)), cmp.Compare(a.Appointment.ID, b.Appointment.ID))
	})
}

// joins tells whether another appointment joins the text of a case, and returns its row.
func (l *reminding) joins(ctx context.Context, c remind.Case, b, contact *store.Record) (row store.Reminder, joins bool, err error) {
	other := reminding{planning: l.planning, a: b, contact: *contact, out: c.OptedOut, shared: c.Shared}
	if other.rows, err = l.tx.RemindersOf(ctx, b.ID); err != nil {
		return row, false, err
	}
	also, version := other.caseOf(c.Rule), 1
	if last, _ := other.newest(c.Rule.Name); last != nil {
		version = last.Version
		if !last.DecidedAt.IsZero() {
			if !other.again(last, &also) {
				return row, false, nil
			}
			version++
		}
	}
	if !also.RetryAt.IsZero() {
		return row, false, nil
	}
	also.Early = true
	d := remind.Decide(also, l.world, l.tx.Now)
	if d.Body == "" {
		return row, false, nil
	}
	return store.Reminder{AppointmentID: b.ID, Starts: b.Get(store.Start), Rule: c.Rule.Name, Version: version,
		DueAt: d.Due, LeavesAt: d.Leaves, Zone: d.Zone, ZoneFrom: d.ZoneFrom}, true, nil
}

// Superseded tells whether later reminders are due, or have left, for every appointment that a waiting text speaks of,
// so that it should not be sent.
func Superseded(ctx context.Context, tx *store.Tx, rule *remind.Rule, rows []store.Reminder) (superseded bool, err error) {
	if rule.Missed == remind.MissedEach || tx.Now.Sub(rows[0].LeavesAt) <= remind.OnTime {
		return false, nil
	}
	for i := range rows {
		all, err := tx.RemindersOf(ctx, rows[i].AppointmentID)
		if err != nil {
			return false, err
		}
		if superseded, err = supersedes(ctx, tx, all, rows[i].Starts, rows[i].LeavesAt); err != nil || !superseded {
			return false, err
		}
	}
	return true, nil
}
