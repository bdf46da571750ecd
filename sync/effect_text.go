package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/wording"
)

// textEffect sends a text.
type textEffect struct{ *cycle }

// prepare reads the appointments and the contacts of a reminder once more from the CRM. Where the CRM does
// not answer, a mirror that the rule trusts is good enough.
func (e textEffect) prepare(ctx context.Context, in store.Intent) error {
	var visits []wording.Visit
	var trust time.Duration
	var read time.Time
	err := e.DB.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.RemindersIn(ctx, in.ID)
		if err != nil || len(rows) == 0 {
			return err
		}
		if rule := e.Config.Reminder(rows[0].Rule); rule != nil {
			trust = rule.TrustMirror
		}
		if visits, err = plan.VisitsOf(ctx, tx, rows); err != nil {
			return err
		}
		cur, err := tx.Cursor(ctx, store.SourceAppointments)
		read = cur.ReadAt
		return err
	})
	if err != nil || len(visits) == 0 {
		return err
	}
	if err = e.closed(readCRM); err == nil {
		for i := 0; i < len(visits) && err == nil; i++ {
			if err = e.readAppointment(ctx, visits[i].Appointment.CRMID); err == nil {
				err = e.readContact(ctx, visits[i].Contact.CRMID)
			}
		}
	}
	if err != nil && time.Since(read) < trust {
		e.noteAnswer(readCRM, err)
		e.Log.Warn("the CRM cannot be asked, the young mirror decides", "key", in.Key, "error", err)
		return nil
	}
	return err
}

// guard drops a text to a number that opted out, and one that is outdated, in the claiming transaction.
func (e textEffect) guard(ctx context.Context, tx *store.Tx, in store.Intent) (drop string, wait time.Time, err error) {
	t, err := tx.Text(ctx, in.ID)
	if err != nil {
		return "", wait, err
	}
	if t.Purpose != store.ForOptOut { // the one confirmation of an opt-out is owed
		if drop, err = e.optedOut(ctx, tx, t); err != nil || drop != "" {
			return drop, wait, err
		}
	}
	if t.Purpose != store.ForOptOut && e.excluded.Any() { // an excluded text may be an opt-out: the others wait for its decision
		if maybe, err := e.Config.MayHaveStopped(ctx, tx, t.Number); err != nil || maybe {
			return "a text of theirs that may ask for no more is not decided", tx.Now.Add(plan.PanicPause / 4), err
		}
	}
	if waits, err := tx.LiftWaits(ctx, t.Number); err != nil || waits {
		return "the gateway is still to be told of the opt-in", tx.Now.Add(retryFirst), err
	}
	if drop, wait, err = e.outdated(ctx, tx, in, t); err != nil || drop != "" {
		return drop, wait, err
	}
	if drop, wait, err = e.untimely(ctx, tx, in, t); err != nil || drop != "" {
		return drop, wait, err
	}
	if wrong, err := tx.Holds(ctx, store.Clock); err != nil || wrong && t.Purpose == store.ForReminder {
		return "the clock is wrong", tx.Now.Add(time.Minute), err
	}
	if e.mostDoubts() > 0 && t.Purpose != store.ForOptOut { // which must leave soon, and is like no other text
		if doubt, err := tx.NumberInDoubt(ctx, t, e.Gateway.Name()); err != nil || doubt {
			return "an earlier text to the same number may or may not have left, and is asked about", tx.Now.Add(retryFirst), err
		}
	}
	twin, err := tx.TwinInDoubt(ctx, t, tx.Now.Add(-record.ClockSkew-sentWindow))
	if twin && !e.Gateway.Caps().FindByRef {
		return "waits for an unclear twin", tx.Now.Add(e.Config.SettleAfter), err
	}
	return "", wait, err
}

func (e textEffect) optedOut(ctx context.Context, tx *store.Tx, t store.Text) (drop string, err error) {
	_, out, err := tx.OptedOut(ctx, t.Number)
	if err != nil || out {
		return "the recipient opted out", err
	}
	owners, err := tx.ContactsBy(ctx, store.Phone, t.Number)
	for i := range owners {
		if record.Blocked(&owners[i]) {
			return "the recipient opted out in the CRM", err
		}
	}
	return "", err
}

// outdated is why a reminder must not leave any more, or not before a time.
func (e textEffect) outdated(ctx context.Context, tx *store.Tx, in store.Intent, t store.Text) (reason string, wait time.Time, err error) {
	rows, err := tx.RemindersIn(ctx, in.ID)
	if err != nil || len(rows) == 0 {
		return "", wait, err
	}
	until, err := tx.PausedUntil(ctx, rows[0].Rule)
	if err != nil {
		return "", wait, err
	}
	visits, err := plan.VisitsOf(ctx, tx, rows)
	if err != nil {
		return "", wait, err
	}
	w, err := plan.LoadWorld(ctx, tx, &e.Config)
	if err != nil {
		return "", wait, err
	}
	rule := cmp.Or(e.Config.Reminder(rows[0].Rule), &remind.Rule{Name: rows[0].Rule, Quiet: hours.Ignore})
	for i, v := range visits {
		if reason := rule.Outdated(&rows[i], v, t.Number, w, tx.Now); reason != "" {
			return reason, wait, nil
		}
	}
	if !until.IsZero() {
		return "paused until " + until.UTC().Format(time.RFC3339), until, nil
	}
	if late, err := plan.Superseded(ctx, tx, rule, rows); err != nil || late {
		return "it is late, and a later reminder of the appointment is due too", wait, err
	}
	if rule.Quiet == hours.Ignore {
		return "", wait, nil
	}
	reason, wait = quietHours(w, visits[0].Contact, t.Number, w.ClockOf(rule.Clock, visits[0].Appointment), in.ExpiresAt, tx.Now)
	return reason, wait, nil
}

func (e textEffect) carry(ctx context.Context, in store.Intent) result {
	var t store.Text
	var until time.Time
	err := e.DB.View(ctx, func(tx *store.Tx) (err error) {
		if t, err = tx.Text(ctx, in.ID); err == nil {
			until, err = e.usefulUntil(ctx, tx, in, t)
		}
		return err
	})
	if err != nil { // nothing left: certain
		return result{err: fmt.Errorf("%w: %w", sms.ErrUnavailable, err)}
	}
	out := sms.Outgoing{Ref: t.Ref, To: sms.Phone(t.Number), From: e.Config.From, Text: t.Body}
	if !until.IsZero() {
		out.ValidFor = time.Until(until)
	}
	acc, err := e.Gateway.Send(ctx, out)
	e.noteSent(in, t.Number, err)
	if errors.Is(err, sms.ErrOptedOut) {
		return result{err: err, store: func(ctx context.Context, tx *store.Tx) error { return gatewayOptOut(ctx, tx, in.ID) }}
	}
	if err != nil {
		return result{err: err}
	}
	r := e.accepted(in, acc.ID, acc.State)
	r.about = []slog.Attr{slog.String("to", out.To.Masked()), slog.Int("parts", t.Parts)}
	return r
}

// heedTime is how long a gateway may go on refusing texts to a number after its opt-out was lifted.
const heedTime = 25 * time.Hour

// gatewayOptOut stores an opt-out that is known from the gateway refusing a text.
func gatewayOptOut(ctx context.Context, tx *store.Tx, outboxID int64) error {
	t, err := tx.Text(ctx, outboxID)
	if err != nil {
		return err
	}
	lifted, err := tx.LiftedAt(ctx, t.Number)
	if err != nil || !lifted.IsZero() && tx.Now.Sub(lifted) < heedTime {
		return err
	}
	return plan.OptOut(ctx, tx, store.OptOut{Number: t.Number, Source: "gateway", Reason: "the gateway refused a text: opted out there"})
}

// checkFirst is how soon a text's delivery is asked for the first time.
const checkFirst = 5 * time.Second

func (e textEffect) accepted(in store.Intent, id string, state sms.State) result {
	return result{
		Outcome: store.Outcome{State: store.Done, OutsideID: id},
		store: func(ctx context.Context, tx *store.Tx) error {
			check := tx.Now.Add(checkFirst)
			if state.Final() {
				check = time.Time{}
			}
			if state == sms.StateOptedOut {
				if err := gatewayOptOut(ctx, tx, in.ID); err != nil {
					return err
				}
			}
			if err := e.Config.NoteReminder(ctx, tx, in.ID); err != nil {
				return err
			}
			return tx.Accepted(ctx, in.ID, e.Gateway.Name(), id, string(state), check)
		},
	}
}

// settle asks the gateway for the text. Where the gateway keeps references, its silence is
// proof and the text may leave again; elsewhere a text that is not found waits for a person.
func (e textEffect) settle(ctx context.Context, in store.Intent) result {
	var t store.Text
	until := in.StartedAt.Add(sentWindow)
	err := e.DB.View(ctx, func(tx *store.Tx) (err error) {
		if t, err = tx.Text(ctx, in.ID); err != nil {
			return err
		}
		w, err := plan.LoadWorld(ctx, tx, &e.Config)
		if in.StartedAt.Before(w.Restored) { // nobody knows when it left, if it did
			until = w.Restored.Add(sentWindow)
		}
		return err
	})
	if err != nil {
		return result{err: err}
	}
	if t.Gateway != e.Gateway.Name() {
		return e.unasked(in, "it was given to "+t.Gateway+", which is not the gateway any more")
	}
	caps := e.Gateway.Caps()
	if !caps.FindByRef && !caps.FindByRecipient {
		return e.unasked(in, "the gateway cannot be asked about it")
	}
	found, err := e.Gateway.FindSent(ctx, sms.SentQuery{
		Ref: t.Ref, To: sms.Phone(t.Number), Text: t.Body,
		From: in.StartedAt.Add(-record.ClockSkew), Until: until,
	})
	if err != nil {
		return result{err: err}
	}
	for _, s := range found {
		taken, err := e.taken(ctx, s.ID, in.ID)
		if err != nil {
			return result{err: err}
		}
		if !taken {
			e.arrived()
			return e.accepted(in, s.ID, s.State)
		}
	}
	if caps.FindByRef && (caps.Ref == sms.RefUnique || time.Since(in.StartedAt) >= e.lag()) {
		return result{Outcome: store.Outcome{State: store.Pending, Reason: "the gateway does not have it"}}
	}
	if caps.FindByRef {
		return result{Outcome: store.Outcome{State: store.Unknown, Reason: "the gateway does not show it yet; asked again soon", DueAt: e.askAgain(in.StartedAt, e.Config.SettleAfter)}}
	}
	return e.parked(in, "the gateway does not show it, and that is no proof")
}

func (e textEffect) taken(ctx context.Context, gatewayID string, outboxID int64) (taken bool, err error) {
	err = e.DB.View(ctx, func(tx *store.Tx) (err error) {
		taken, err = tx.GatewayIDTaken(ctx, e.Gateway.Name(), gatewayID, outboxID)
		return err
	})
	return taken, err
}

// sentWindow is how long after the call began a gateway may date a text that it took.
const sentWindow = 30 * time.Minute

// lag is for how long the gateway may not show a text that it took.
func (c *cycle) lag() time.Duration { return max(c.Config.SettleAfter, c.Gateway.Caps().SettleAfter) }

// settleTries is how often the outside is asked before a person must decide.
const settleTries = 3

// parked is the result of asking without an answer: the intent stays unknown and is asked about again. After
// some attempts a person must decide too; asking goes on with growing pauses, for lists that lag by hours.
func (c *cycle) parked(in store.Intent, why string) result {
	age, pause := time.Since(in.StartedAt), c.Config.SettleAfter
	if age < settleTries*c.lag() {
		return result{Outcome: store.Outcome{State: store.Unknown, Reason: why + "; asked again soon", DueAt: c.askAgain(in.StartedAt, max(pause, age/2))}}
	}
	return result{Outcome: store.Outcome{
		State: store.Unknown, DueAt: time.Now().Add(min(max(age/4, pause), 24*time.Hour)), Waits: true,
		Reason: fmt.Sprintf("%s: look on the other side whether it happened, then tell: ghlsms outbox show %d", why, in.ID),
	}}
}

// unasked is parked for an effect that the outside cannot be asked about.
func (c *cycle) unasked(in store.Intent, why string) result {
	r := c.parked(in, why)
	r.unasked = true
	return r
}
