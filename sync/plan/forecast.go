package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

// Forecast is one reminder to come, and what would become of it if nothing changed before.
type Forecast struct {
	Rule          string     `json:"rule"`
	AppointmentID int64      `json:"appointment_id"`
	ContactID     int64      `json:"contact_id"`
	Contact       string     `json:"contact"`
	Starts        time.Time  `json:"starts"`
	Due           time.Time  `json:"due"`    // by the rule
	Leaves        time.Time  `json:"leaves"` // when people may be texted, or the pause ends
	Zone          string     `json:"zone"`
	ZoneFrom      string     `json:"zone_from"`       // whose zone that is: contact, address, number, location, config
	Decision      string     `json:"decision"`        // one of those below
	Code          store.Code `json:"code,omitempty"`  // that of a skipped one
	Why           string     `json:"why,omitempty"`   // it is skipped, or on what it depends
	Number        string     `json:"number,omitzero"` // of the text
	Language      string     `json:"language,omitempty"`
	Text          string     `json:"text,omitempty"`
	Parts         int        `json:"parts"` // of the text, as the gateway counts
}

// Swallowed tells in a sentence how many reminders never leave since people may not be texted before it is too late, and what
// helps; empty: none.
func Swallowed(all []Forecast) string {
	n := 0
	for _, f := range all {
		if f.Code == store.CodeQuiet {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d reminders never leave, since people may not be texted (texting_hours) before it is too late: let them leave earlier (quiet: earlier, or a longer before), or, "+
		"where people come in person, keep the location's clock (clock: location)", n, len(all))
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
func (p Planner) Forecast(ctx context.Context, tx *store.Tx, until time.Time) ([]Forecast, error) {
	run, err := p.begin(ctx, tx)
	if err != nil {
		return nil, err
	}
	s := forecaster{planning: run}
	if s.pauses, err = tx.Pauses(ctx); err != nil {
		return nil, err
	}
	near, err := tx.Starting(ctx, tx.Now.Add(-p.Config.latest()), until.Add(p.Config.Longest()+p.Config.apart()+time.Second))
	if err != nil {
		return nil, err
	}
	all, err := s.all(ctx, near)
	if err != nil {
		return nil, err
	}
	out := []Forecast{}
	for _, f := range all {
		if f.Leaves.After(until) {
			continue
		}
		f.Parts, _ = sms.Segments(sms.Plain(f.Text))
		out = append(out, f.Forecast)
	}
	return out, nil
}

// apart is how far apart appointments may start that one text speaks of.
func (r *Config) apart() (d time.Duration) {
	for _, rule := range r.Reminders {
		d = max(d, rule.Group)
	}
	return d
}

// latest is how long after an appointment its last reminder is due.
func (r *Config) latest() (d time.Duration) {
	for _, rule := range r.Reminders {
		if rule.Follows() {
			d = max(d, rule.After+rule.LateLimit(0))
		}
	}
	return d
}

// forecast is a Forecast with what its text is rendered from.
type forecast struct {
	Forecast
	c       remind.Case
	d       remind.Decision
	queued  bool // it was decided, and waits to leave
	several bool // with others in that text
}

// forecaster predicts reminders.
type forecaster struct {
	*planning
	pauses []store.Pause
}

// outlook is an appointment with its forecasts.
type outlook struct {
	reminding
	all []*forecast
}

// of finds the forecast of a rule; nil: there is none.
func (a *outlook) of(rule string) *forecast {
	i := slices.IndexFunc(a.all, func(f *forecast) bool { return f.Rule == rule })
	if i < 0 {
		return nil
	}
	return a.all[i]
}

// all foresees what the rules do about appointments, soonest first. What follows a reminder that nobody
// answers comes after all others, since it depends on when those leave.
func (s *forecaster) all(ctx context.Context, near []store.Record) (all []*forecast, err error) {
	some := make([]*outlook, len(near))
	for i := range near {
		some[i] = &outlook{reminding: reminding{planning: s.planning, a: &near[i]}}
		if err := some[i].load(ctx); err != nil {
			return nil, fmt.Errorf("appointment %s: %w", near[i].CRMID, err)
		}
	}
	for _, follows := range []bool{false, true} {
		for i := range s.cfg.Reminders {
			rule := &s.cfg.Reminders[i]
			if (rule.Unanswered != "") != follows {
				continue
			}
			for _, a := range some {
				if err := s.rule(ctx, a, rule); err != nil {
					return nil, fmt.Errorf("appointment %s: %w", a.a.CRMID, err)
				}
			}
		}
		if !follows {
			for _, a := range some {
				if err := s.supersede(ctx, a); err != nil {
					return nil, fmt.Errorf("appointment %s: %w", a.a.CRMID, err)
				}
			}
		}
		for i := range s.cfg.Reminders {
			if (s.cfg.Reminders[i].Unanswered != "") == follows {
				s.join(some, s.cfg.Reminders[i].Name)
			}
		}
	}
	for _, a := range some {
		all = append(all, a.all...)
	}
	soonest(all)
	return all, nil
}

func soonest(all []*forecast) {
	slices.SortStableFunc(all, func(a, b *forecast) int {
		return cmp.Or(a.Leaves.Compare(b.Leaves), a.Starts.Compare(b.Starts), cmp.Compare(a.AppointmentID, b.AppointmentID))
	})
}

// rule foresees what one rule does about an appointment, unless it did all that it will.
func (s *forecaster) rule(ctx context.Context, a *outlook, rule *remind.Rule) error {
	if !rule.If.IsFor(a.a, s.world) {
		return nil
	}
	f := &forecast{c: a.caseOf(rule), Forecast: Forecast{
		Rule: rule.Name, AppointmentID: a.a.ID, ContactID: a.a.ContactID, Contact: record.NameOrNumber(&a.contact), Starts: a.a.Time(store.Start),
	}}
	last, _ := a.newest(rule.Name)
	anew := last != nil && !last.DecidedAt.IsZero()
	switch {
	case last != nil && last.Waits():
		if err := s.waiting(ctx, a, f, last); err != nil {
			return err
		}
	case anew && !a.again(last, &f.c) || !a.supposes(f):
		return nil
	default:
		f.foresee(s.world, s.tx.Now, s.pauses)
		if anew && f.d.Skipped != "" {
			return nil
		}
		if brake, _ := heldBy(a.a, f.c.Contact); f.Decision == ForecastText && brake != 0 {
			f.Decision, f.Why = ForecastWait, fmt.Sprintf("a brake holds it: ghlsms held show b%d", brake)
		}
	}
	a.all = append(a.all, f)
	return nil
}

// supposes lets a follow-up reminder assume that the reminder it follows leaves as predicted and is not answered.
// It tells whether there is such a reminder.
func (a *outlook) supposes(f *forecast) bool {
	rule := f.c.Rule
	if rule.Unanswered == "" || f.c.Followed != nil && f.c.Followed.Left() {
		return true
	}
	followed := a.of(rule.Unanswered)
	if followed == nil || followed.Decision != ForecastText && followed.Decision != ForecastJoined {
		return false
	}
	f.c.Followed = &store.Reminder{State: store.Done, SentAt: followed.Leaves}
	f.Why = "if nobody answers " + rule.Unanswered
	return true
}

// foresee decides a reminder as if its due time had come.
func (f *forecast) foresee(w wording.World, now time.Time, pauses []store.Pause) {
	f.d = remind.Decide(f.c, w, now)
	at := now
	for range 2 { // its time, then the hours or the end of a pause
		if f.d.Wait && f.d.Again.After(at) {
			at = f.d.Again
			f.d = remind.Decide(f.c, w, at)
		}
		for _, p := range pauses {
			if (p.Rule == "" || p.Rule == f.Rule) && f.d.Body != "" && p.Until.After(at) {
				at = p.Until
				if f.d = remind.Decide(f.c, w, at); f.d.Skipped != "" {
					f.d.Skipped = f.paused(w, at) + ": " + f.d.Skipped
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
		f.Decision, f.Why = ForecastWait, f.waitsFor()
	case f.d.Skipped != "":
		f.Decision, f.Code, f.Why = ForecastSkip, f.d.Code, f.d.Skipped
	case f.c.Rule.Text == nil:
		f.Decision = ForecastTask
	default:
		f.Decision, f.Number, f.Language, f.Text = ForecastText, f.d.Number, f.d.Language, f.d.Body
	}
}

// paused says until when by the recipient's clock.
func (f *forecast) paused(w wording.World, until time.Time) string {
	return "paused until " + wording.When(until.In(w.ZoneOf(f.c.Contact))) + until.In(w.ZoneOf(f.c.Contact)).Format(" MST")
}

// waitsFor says what is still unknown before the reminder can be decided.
func (f *forecast) waitsFor() string {
	switch {
	case f.d.Due.IsZero():
		return "it is not clear whether " + f.c.Rule.Unanswered + " left"
	case !f.c.Contact.Read:
		return "the contact was not read yet"
	}
	return "the CRM has yet to agree to the new start"
}

// supersede keeps, of several texts of an appointment that leave late, only the latest.
func (s *forecaster) supersede(ctx context.Context, a *outlook) error {
	for _, f := range a.all {
		if f.Decision != ForecastText || f.several || f.Leaves.Sub(f.d.Leaves) <= remind.OnTime || f.c.Rule.Missed == remind.MissedEach {
			continue
		}
		over, err := supersedes(ctx, s.tx, a.rows, a.a.Get(store.Start), f.d.Leaves)
		if err != nil {
			return err
		}
		for _, other := range a.all {
			over = over || other.Decision == ForecastText && other.d.Leaves.After(f.d.Leaves) && !other.Leaves.After(f.Leaves)
		}
		if over {
			f.drop("it is late, and a later reminder of the appointment is due too")
		}
	}
	return nil
}

// join renders one text for the appointments that a rule groups.
func (s *forecaster) join(some []*outlook, rule string) {
	var all []*forecast
	for _, a := range some {
		if f := a.of(rule); f != nil && f.c.Rule.Group > 0 && f.Decision == ForecastText && !f.queued && f.c.RetryAt.IsZero() {
			all = append(all, f)
		}
	}
	soonest(all)
	for i, first := range all {
		if first.Decision != ForecastText {
			continue
		}
		visits := []wording.Visit{{Contact: first.c.Contact, Appointment: first.c.Appointment}}
		for _, f := range all[i+1:] {
			if f.Decision == ForecastText && f.Number == first.Number && f.Starts.Sub(first.Starts).Abs() <= first.c.Rule.Group {
				visits = append(visits, wording.Visit{Contact: f.c.Contact, Appointment: f.c.Appointment})
				f.joined(first)
			}
		}
		if len(visits) > 1 {
			sortVisits(visits)
			first.d.Write(first.c, s.world, visits)
			first.Text = first.d.Body
		}
	}
}

func (f *forecast) joined(first *forecast) {
	f.Decision, f.Text, f.Leaves = ForecastJoined, "", first.Leaves
	f.Why = fmt.Sprintf("in one text with appointment %d", first.AppointmentID)
}

// PreviewReminder is what a reminder says about an appointment now, whether or not it would leave, in a
// language or, where that is empty, in the contact's. Appointment 0 is one that is made up.
func (p Planner) PreviewReminder(ctx context.Context, tx *store.Tx, rule *remind.Rule, appointment int64, language string) (Forecast, error) {
	f := forecast{Forecast: Forecast{Rule: rule.Name}}
	run, err := p.begin(ctx, tx)
	if err != nil || rule.Text == nil {
		return f.Forecast, err
	}
	if appointment == 0 {
		w := run.world
		_, f.Language = rule.Text.In(language, w.Language)
		f.Text, err = rule.Text.Sample(language, w.Language, w.Business)
	} else {
		err = run.previewOf(ctx, &f, rule, appointment, language)
	}
	f.Parts, _ = sms.Segments(sms.Plain(f.Text))
	return f.Forecast, err
}

func (p *planning) previewOf(ctx context.Context, f *forecast, rule *remind.Rule, appointment int64, language string) error {
	a, err := p.tx.Record(ctx, store.Appointment, appointment)
	if err != nil {
		return err
	}
	l := reminding{planning: p, a: &a}
	if err := l.load(ctx); err != nil {
		return err
	}
	f.c = l.caseOf(rule)
	f.c.Language, f.AppointmentID, f.ContactID, f.Contact, f.Starts = language, a.ID, a.ContactID, record.NameOrNumber(&l.contact), a.Time(store.Start)
	f.foresee(p.world, p.tx.Now, nil)
	f.d.Skipped = ""
	f.d.Write(f.c, p.world, []wording.Visit{{Contact: f.c.Contact, Appointment: f.c.Appointment}})
	f.Text, f.Language = f.d.Body, f.d.Language
	if f.d.Skipped != "" {
		return errors.New(f.d.Skipped)
	}
	return nil
}
