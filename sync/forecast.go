package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// Forecast is one reminder to come, and what would become of it if nothing changed before.
type Forecast struct {
	Rule          string    `json:"rule"`
	AppointmentID int64     `json:"appointment_id"`
	ContactID     int64     `json:"contact_id"`
	Contact       string    `json:"contact"`
	Starts        time.Time `json:"starts"`
	Due           time.Time `json:"due"`    // by the rule
	Leaves        time.Time `json:"leaves"` // when people may be texted, or the pause ends
	Zone          string    `json:"zone"`
	ZoneFrom      string    `json:"zone_from"`       // whose zone that is: contact, location, config
	Decision      string    `json:"decision"`        // one of those below
	Why           string    `json:"why,omitempty"`   // it is skipped, or on what it depends
	Number        string    `json:"number,omitzero"` // of the text
	Language      string    `json:"language,omitempty"`
	Text          string    `json:"text,omitempty"`
	Parts         int       `json:"parts"` // of the text, as the gateway counts
}

// What becomes of a reminder in a forecast.
const (
	ForecastText   = "text"
	ForecastTask   = "task"
	ForecastSkip   = "skip"
	ForecastWait   = "wait"   // too little is known yet
	ForecastJoined = "joined" // it is told in the text of another one
)

// Forecast lists the reminders that leave until a time, and those that do not and why, soonest first. It
// reads the mirror only. Limits are not foreseen.
func (e *Engine) Forecast(ctx context.Context, until time.Time) ([]Forecast, error) {
	var all []forecast
	err := e.DB.View(ctx, func(tx *store.Tx) error {
		w, err := e.world(ctx, tx)
		if err != nil {
			return err
		}
		pauses, err := tx.Pauses(ctx)
		if err != nil {
			return err
		}
		p := &planning{Engine: e, tx: tx, world: w}
		near, err := tx.Starting(ctx, tx.Now.Add(-e.Rules.latest()), until.Add(e.Rules.longest()+time.Second))
		if err != nil {
			return err
		}
		for i := range near {
			some, err := p.foresee(ctx, &near[i], until, pauses)
			if err != nil {
				return fmt.Errorf("appointment %s: %w", near[i].CRMID, err)
			}
			all = append(all, some...)
		}
		slices.SortStableFunc(all, func(a, b forecast) int {
			return cmp.Or(a.Leaves.Compare(b.Leaves), a.Starts.Compare(b.Starts), cmp.Compare(a.AppointmentID, b.AppointmentID))
		})
		join(all, w)
		return nil
	})
	out := make([]Forecast, len(all))
	for i := range all {
		out[i] = all[i].Forecast
		out[i].Parts, _ = sms.Segments(sms.Plain(out[i].Text))
	}
	return out, err
}

// latest is how long after an appointment its last reminder is due.
func (r *Rules) latest() (d time.Duration) {
	for _, rule := range r.Reminders {
		if rule.follows() {
			d = max(d, rule.After+rule.lateLimit(0))
		}
	}
	return d
}

// forecast is one with what its text is made of.
type forecast struct {
	Forecast
	c ReminderCase
	d ReminderDecision
}

// foresee looks at the rules of one appointment that have not been decided.
func (p *planning) foresee(ctx context.Context, a *store.Record, until time.Time, pauses []store.Pause) ([]forecast, error) {
	l := looking{planning: p, a: a}
	if err := l.meet(ctx); err != nil {
		return nil, err
	}
	var all []forecast
	for i := range p.Rules.Reminders {
		rule := &p.Rules.Reminders[i]
		if !rule.If.fits(a, p.world) {
			continue
		}
		c := l.caseOf(rule)
		last, _ := l.newest(rule.Name)
		if last != nil && !last.DecidedAt.IsZero() && !l.again(last, &c) {
			continue
		}
		f := forecast{c: c, Forecast: Forecast{
			Rule: rule.Name, AppointmentID: a.ID, ContactID: a.ContactID, Contact: fullName(&l.contact), Starts: a.Time(store.Start),
		}}
		if !l.unanswered(&f) {
			continue
		}
		f.foresee(p.world, p.tx.Now, pauses)
		if again := last != nil && !last.DecidedAt.IsZero(); f.Leaves.After(until) || again && f.d.Skipped != "" {
			continue
		}
		all = append(all, f)
	}
	return all, nil
}

// unanswered supposes of a reminder that follows another one that nobody answers that. It tells whether
// it follows anything.
func (l *looking) unanswered(f *forecast) bool {
	rule := f.c.Rule
	if rule.Unanswered == "" || f.c.Followed != nil && f.c.Followed.Left() {
		return true
	}
	if f.c.Followed == nil || !f.c.Followed.DecidedAt.IsZero() && !f.c.Followed.Waits() {
		return false
	}
	supposed := *f.c.Followed
	supposed.State, supposed.SentAt = store.Done, supposed.LeavesAt
	f.c.Followed = &supposed
	f.Why = "if nobody answers " + rule.Unanswered
	return true
}

// foresee decides as it would be decided when its time has come.
func (f *forecast) foresee(w World, now time.Time, pauses []store.Pause) {
	f.d = decideReminder(f.c, w, now)
	at := now
	for range 2 { // its time, then the hours or the end of a pause
		if f.d.Wait && f.d.Again.After(at) {
			at = f.d.Again
			f.d = decideReminder(f.c, w, at)
		}
		for _, p := range pauses {
			if (p.Rule == "" || p.Rule == f.Rule) && f.d.Body != "" && p.Until.After(at) {
				at = p.Until
				if f.d = decideReminder(f.c, w, at); f.d.Skipped != "" {
					f.d.Skipped = "paused until " + at.Format(time.RFC3339) + ": " + f.d.Skipped
				}
			}
		}
	}
	f.Due, f.Leaves, f.Zone, f.ZoneFrom = f.d.Due, at, f.d.Zone, f.d.ZoneFrom
	if f.d.Skipped != "" {
		f.Leaves = f.d.Leaves
	}
	switch {
	case f.d.Wait:
		f.Decision = ForecastWait
	case f.d.Skipped != "":
		f.Decision, f.Why = ForecastSkip, f.d.Skipped
	case f.c.Rule.Text == nil:
		f.Decision = ForecastTask
	default:
		f.Decision, f.Number, f.Language, f.Text = ForecastText, f.d.Number, f.d.Language, f.d.Body
	}
}

// join words in one text what the rules tell together.
func join(all []forecast, w World) {
	for i := range all {
		first := &all[i]
		if first.Decision != ForecastText || first.c.Rule.Group == 0 {
			continue
		}
		visits := []visit{{first.c.Contact, first.c.Appointment}}
		for j := i + 1; j < len(all); j++ {
			f := &all[j]
			if f.Decision == ForecastText && f.Rule == first.Rule && f.Number == first.Number && f.Starts.Sub(first.Starts).Abs() <= first.c.Rule.Group {
				visits = append(visits, visit{f.c.Contact, f.c.Appointment})
				f.Decision, f.Text, f.Leaves = ForecastJoined, "", first.Leaves
				f.Why = fmt.Sprintf("in one text with appointment %d", first.AppointmentID)
			}
		}
		if len(visits) > 1 {
			sortVisits(visits)
			first.d.write(first.c, w, visits)
			first.Text = first.d.Body
		}
	}
}

// PreviewReminder is what a reminder says about an appointment now, whether or not it would leave, in a
// language or, where that is empty, in the contact's. Appointment 0 is one that is made up.
func (e *Engine) PreviewReminder(ctx context.Context, rule *Reminder, appointment int64, language string) (Forecast, error) {
	f := forecast{Forecast: Forecast{Rule: rule.Name}}
	err := e.DB.View(ctx, func(tx *store.Tx) error {
		w, err := e.world(ctx, tx)
		if err != nil || rule.Text == nil {
			return err
		}
		if appointment == 0 {
			_, f.Language = rule.Text.in(language, w.Language)
			f.Text, err = rule.Text.Sample(language, w.Language, w.Business)
			return err
		}
		a, err := tx.Record(ctx, store.Appointment, appointment)
		if err != nil {
			return err
		}
		l := looking{planning: &planning{Engine: e, tx: tx, world: w}, a: &a}
		if err := l.meet(ctx); err != nil {
			return err
		}
		f.c = l.caseOf(rule)
		f.c.Language, f.AppointmentID, f.ContactID, f.Contact, f.Starts = language, a.ID, a.ContactID, fullName(&l.contact), a.Time(store.Start)
		f.foresee(w, tx.Now, nil)
		f.d.Skipped = ""
		f.d.write(f.c, w, []visit{{f.c.Contact, f.c.Appointment}})
		f.Text, f.Language = f.d.Body, f.d.Language
		if f.d.Skipped != "" {
			return errors.New(f.d.Skipped)
		}
		return nil
	})
	f.Parts, _ = sms.Segments(sms.Plain(f.Text))
	return f.Forecast, err
}
