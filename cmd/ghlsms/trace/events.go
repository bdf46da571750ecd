package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// prompt is how soon after something was planned it happens, so that one event tells both.
const prompt = time.Minute

// record tells what is known of a record by itself, and its conflicts.
func (t *teller) record(ctx context.Context, r *store.Record) error {
	me := id(r.Entity, r.ID)
	if !t.once(me) {
		return nil
	}
	if r.Entity == store.Note {
		t.add(r.Time(record.Added), "note.made", theCRM, "note made: "+quoted(r.Get(store.Body)), "", me)
	}
	switch {
	case !r.Read, r.Entity == store.Note && r.Get(record.Added) != "": // a note has no time of its own but that
	case r.Seen != nil:
		t.add(r.SeenAt, "record.changed", theCRM, fmt.Sprintf("%s changed: %s", r.Entity, t.change(changed(r.Base, r.Seen))), "not weighed yet against what it was", me)
	default:
		was, known, err := t.asSeen(ctx, r)
		if err != nil {
			return err
		}
		what := string(r.Entity) + " in the CRM"
		if known {
			what += ": " + t.summary(r.Entity, was)
		}
		t.add(r.SeenAt, "record.seen", theCRM, what, "last changed there then, or first read", me)
	}
	t.edits(r, me)
	t.add(r.DoomedAt, "record.doomed", staff, fmt.Sprintf("asked here that the %s be deleted in the CRM", r.Entity), "", me)
	if err := t.gone(ctx, r, me); err != nil {
		return err
	}
	if r.HeldBy != 0 {
		if err := t.brake(ctx, r.HeldBy); err != nil {
			return err
		}
	}
	conflicts, err := t.tx.ConflictsOf(ctx, r.Entity, r.ID)
	for i := range conflicts {
		t.conflict(&conflicts[i])
	}
	return err
}

func (t *teller) gone(ctx context.Context, r *store.Record, me string) error {
	if r.GoneAt.IsZero() {
		return nil
	}
	into := int64(0)
	if r.Entity == store.Contact {
		var err error
		if into, err = t.tx.Absorber(ctx, r.ID); err != nil {
			return err
		}
	}
	switch {
	case into != 0:
		t.add(r.GoneAt, "record.merged", theCRM, "contact merged into another", "now "+id(store.Contact, into), me)
	case r.CRMID == "":
		t.add(r.GoneAt, "record.gone", we, fmt.Sprintf("%s given up before the CRM had it", r.Entity), "", me)
	default:
		t.add(r.GoneAt, "record.gone", theCRM, fmt.Sprintf("%s is not there any more", r.Entity), "", me)
	}
	return nil
}

// changed is what differs between two values.
func changed(was, is store.Fields) (before, after store.Fields) {
	before, after = store.Fields{}, store.Fields{}
	for _, f := range is.Names(was) {
		if was[f] != is[f] {
			before[f], after[f] = was[f], is[f]
		}
	}
	return before, after
}

// edits tells what was edited here and waits for the CRM, by whom and when.
func (t *teller) edits(r *store.Record, me string) {
	by := map[store.EditInfo]store.Fields{}
	for _, f := range r.Edits.Names() {
		m := r.EditInfos[f]
		if by[m] == nil {
			by[m] = store.Fields{}
		}
		by[m][f] = r.Edits[f]
	}
	for m, edits := range by {
		was := store.Fields{}
		for f := range edits {
			was[f] = r.CRM()[f]
		}
		who := map[store.Origin]string{store.ByPerson: staff, store.ByText: person, store.ByGateway: theGateway, store.ByRule: rule}[m.By]
		verb, what := "changed here", t.change(was, edits)
		if r.CRMID == "" {
			verb, what = "made here", t.change(nil, edits)
		}
		t.add(time.UnixMilli(m.At), "record.edited", or(who, we), fmt.Sprintf("%s %s: %s", r.Entity, verb, what), "the CRM does not have it yet", me)
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// asSeen is a record as it was when the CRM changed it last by itself: as it is now, without what we wrote since.
func (t *teller) asSeen(ctx context.Context, r *store.Record) (was store.Fields, known bool, err error) {
	ours, err := t.tx.IntentsOn(ctx, r.Entity, r.ID)
	was = r.CRM()
	for _, in := range slices.Backward(ours) {
		if in.State != store.Done || in.StartedAt.Before(r.SeenAt) {
			continue
		}
		sent, bad := in.Fields()
		if bad != nil || in.Before == nil {
			return nil, false, err
		}
		before := store.Fields{}
		for f := range sent {
			before[f] = in.Before[f]
		}
		was = was.With(before)
	}
	return was, true, err
}

// summary is what a record is, in a few words.
func (t *teller) summary(e store.Entity, v store.Fields) string {
	switch e {
	case store.Contact:
		dnd := ""
		if record.Blocked(&store.Record{Entity: e, Base: v}) {
			dnd = "do-not-disturb"
		}
		return strings.Join(filled(strings.TrimSpace(v[store.FirstName]+" "+v[store.LastName]), v[store.Phone], v[store.Email], dnd), ", ")
	case store.Task:
		done := "open"
		if v[store.Completed] == "true" {
			done = "completed"
		}
		return strings.Join(filled(quoted(v[store.Title]), t.value(v[store.Due]), done), ", ")
	case store.Appointment:
		return strings.Join(filled(v[store.Title], t.value(v[store.Start]), v[store.Status]), ", ")
	case store.Note:
	}
	return quoted(v[store.Body])
}

func (t *teller) conflict(c *store.Conflict) {
	me := id(ConflictKind, c.ID)
	by := map[string]string{store.KeptCRM: "the CRM's stays", store.KeptLocal: "ours stays", store.KeptNeither: "left to a person"}[c.Kept]
	if c.LocalBy == "gateway" && c.Kept == store.KeptLocal {
		by = "the gateway's stays"
	}
	field := c.Field
	if c.Entity == store.Contact {
		field = t.Names.Own(c.Field)
	}
	t.add(c.FoundAt, "conflict.found", we, fmt.Sprintf("%s of %s changed on both sides: CRM %s, %s %s (was %s)", field, id(c.Entity, c.RecordID), t.none(c.CRM), c.LocalBy, t.none(c.Local), t.none(c.Base)),
		joined(by+" (policy "+c.Policy+")", c.Reason), me)
	t.add(c.ResolvedAt, "conflict.settled", staff, "conflict settled: "+t.none(c.ResolvedTo), "", me)
}

func (t *teller) none(s string) string { return or(t.value(s), "none") }

// received tells of a text that came in, what was made of it and why, and of the answer.
func (t *teller) received(ctx context.Context, in *store.Received) error {
	me := id(TextKind, in.ID)
	if !t.once(me) {
		return nil
	}
	who, called := t.sender(in.Sender)
	what := "texted " + quoted(in.Body)
	if who == staff || in.Sender != "" && in.ContactID == 0 {
		what = fmt.Sprintf("%s texted %s", called, quoted(in.Body))
	}
	why := "not decided yet"
	if !in.DecidedAt.IsZero() {
		why = in.Decision
		if in.Reason != "" {
			why += ": " + in.Reason
		}
		for _, d := range in.Did {
			why = joined(why, t.did(&d))
		}
	}
	if in.StoredAt.Sub(in.ReceivedAt) > 10*prompt {
		why = joined(why, "read here only on "+t.when(in.StoredAt))
	}
	t.add(in.ReceivedAt, "text.in", who, what, why, me)
	t.add(in.UndoneAt, "text.undone", who, "took back what that text did", "", me)
	reply, err := t.tx.IntentByKey(ctx, replyKey(in))
	if errors.Is(err, store.ErrNoIntent) {
		return nil
	}
	if err == nil {
		err = t.effect(ctx, &reply)
	}
	return err
}

// replyKey is the key of the answer to a text.
func replyKey(in *store.Received) string { return fmt.Sprintf("reply/%s/%s", in.Gateway, in.Key) }

func (t *teller) did(d *store.Undo) string {
	if d.Made {
		return "made " + id(d.Entity, d.ID)
	}
	before := store.Fields{}
	for f := range d.After {
		before[f] = d.Before[f]
	}
	return id(d.Entity, d.ID) + " " + t.change(before, d.After)
}

// question tells what somebody was asked back, and what they chose.
func (t *teller) question(q *store.Question) {
	if !t.once(fmt.Sprint("question ", q.ID)) {
		return
	}
	asked := map[store.QuestionKind]string{
		store.AskWhich: "which appointment", store.AskWho: "which contact", store.AskSlot: "which time instead",
		store.AskDetails: "whether to overwrite what is on file", store.AskEmail: "whether an address is theirs",
	}[q.Kind]
	var why, about string
	switch {
	case q.Answer > 0 && q.Answer <= len(q.Choices):
		why = fmt.Sprintf("answered: %d%s", q.Answer, t.choice(&q.Choices[q.Answer-1]))
	case q.State == store.QuestionClosed:
		why = "closed without an answer"
	default:
		why = "no answer yet; open until " + t.when(q.ExpiresAt)
	}
	if q.AppointmentID != 0 {
		about = id(store.Appointment, q.AppointmentID)
	} else if q.ContactID != 0 {
		about = id(store.Contact, q.ContactID)
	}
	at := q.AskedAt
	if at.IsZero() {
		at = q.RaisedAt
	}
	t.add(at, "question", we, fmt.Sprintf("asked %s, since they texted %s", or(asked, string(q.Kind)), quoted(q.Text)), why, about)
}

func (t *teller) choice(c *store.Choice) string {
	switch {
	case c.Start != "":
		return ", " + t.value(c.Start)
	case c.Appointment != 0:
		return ", " + id(store.Appointment, c.Appointment)
	case c.Contact != 0:
		return ", " + id(store.Contact, c.Contact)
	}
	return ""
}

// optOut tells of the last opt-out of a number, if it stood at some time in a span; zero times are no bounds.
func (t *teller) optOut(ctx context.Context, number string, from, until time.Time) (o store.OptOut, found bool, err error) {
	if number == "" {
		return o, false, nil
	}
	o, found, err = t.tx.LastOptOut(ctx, number)
	if err != nil || !found || !until.IsZero() && o.Since.After(until) || !o.LiftedAt.IsZero() && o.LiftedAt.Before(from) {
		return o, false, err
	}
	if !t.once("optout " + number) {
		return o, true, nil
	}
	who := or(map[string]string{"text": person, "gateway": theGateway, "person": staff, "crm": theCRM}[o.Source], we)
	t.add(o.Since, "optout", who, number+" opted out: no text leaves to it", o.Reason, number)
	by := staff
	if o.LiftedBy == "text" {
		by = person
	}
	t.add(o.LiftedAt, "optin", by, number+" may be texted again", "lifted by "+or(o.LiftedBy, "hand"), number)
	effects, err := t.tx.OptOutsTold(ctx, number)
	for i := range effects {
		if at := effects[i].CreatedAt; err == nil && !at.Before(o.Since) && (until.IsZero() || !at.After(until)) {
			err = t.effect(ctx, &effects[i])
		}
	}
	return o, true, err
}

// reminder tells of a row of the ledger, of what paused it, and of its text.
func (t *teller) reminder(ctx context.Context, r *store.Reminder) error {
	me := id(ReminderKind, r.ID)
	if !t.once(me) {
		return nil
	}
	called := "reminder " + r.Rule
	if r.DecidedAt.IsZero() || r.DecidedAt.Sub(r.PlannedAt) > prompt {
		why := "for " + t.value(r.Starts)
		if !r.LeavesAt.Equal(r.DueAt) {
			why += "; people may not be texted when it is due"
		}
		t.add(r.PlannedAt, "reminder.planned", we, called+" planned for "+t.when(r.LeavesAt), why, me)
	}
	switch {
	case r.Code == store.CodeMoved:
		t.add(r.DecidedAt, "reminder.withdrawn", we, called+" withdrawn", r.Skipped, me)
	case r.Skipped != "":
		t.add(r.DecidedAt, "reminder.skipped", we, called+" not sent", r.Skipped, me)
	case r.TaskID != 0:
		t.add(r.DecidedAt, "reminder.task", we, called+" made a task in place of a text", id(store.Task, r.TaskID), me)
	default:
		t.add(r.DecidedAt, "reminder.decided", we, called+" due: its text is "+id(EffectKind, r.OutboxID), "for "+t.value(r.Starts), me)
	}
	if !r.AnsweredAt.IsZero() {
		by := ""
		if r.AnsweredBy != 0 {
			by = "by " + id(TextKind, r.AnsweredBy)
		}
		t.add(r.AnsweredAt, "reminder.answered", person, called+" answered: "+r.Answer, by, me)
	}
	pauses, err := t.tx.PausesOf(ctx, r.Rule)
	for _, p := range pauses {
		if p.Since.After(later(r.LeavesAt, r.SentAt)) || p.Until.Before(r.LeavesAt) || !t.once("pause "+p.Rule) {
			continue
		}
		t.add(p.Since, "pause", staff, fmt.Sprintf("reminders %spaused until %s", spaced(p.Rule), t.when(p.Until)), p.Reason, me)
	}
	if err != nil || r.OutboxID == 0 {
		return err
	}
	in, err := t.tx.Intent(ctx, r.OutboxID)
	if err != nil {
		return err
	}
	return t.effect(ctx, &in)
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return s + " "
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// moves tells when an appointment was found to start at another time, as far as its reminders were planned
// anew. One that we wrote is told with its effect.
func (t *teller) moves(rows []store.Reminder, ours []store.Intent) error {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b store.Reminder) int { return a.PlannedAt.Compare(b.PlannedAt) })
	for i := 1; i < len(rows); i++ {
		was, is := rows[i-1].Starts, rows[i].Starts
		if was == is || slices.ContainsFunc(rows[:i], func(r store.Reminder) bool { return r.Starts == is }) {
			continue
		}
		wrote := false
		for j := range ours {
			sent, err := ours[j].Fields()
			if err != nil {
				return err
			}
			wrote = wrote || sent[store.Start] == is
		}
		me := id(store.Appointment, rows[i].AppointmentID)
		if !wrote && t.once(me+" moved to "+is) {
			t.add(rows[i].PlannedAt, "appointment.moved", theCRM, fmt.Sprintf("appointment found moved: %s → %s", t.value(was), t.value(is)), "its reminders were planned anew then", me)
		}
	}
	return nil
}

// firing tells what a rule did.
func (t *teller) firing(f *store.Firing) {
	if !t.once(fmt.Sprint("firing ", *f)) {
		return
	}
	about := ""
	if slices.Contains(store.Entities, f.Entity) && f.RecordID != 0 {
		about = id(f.Entity, f.RecordID)
	} else if f.ContactID != 0 {
		about = id(store.Contact, f.ContactID)
	}
	t.add(f.At, "rule", rule, fmt.Sprintf("rule %s, on %s: %s", f.Rule, f.Event, or(f.Done, "nothing done")), f.Stopped, about)
}

// brake tells of a brake.
func (t *teller) brake(ctx context.Context, n int64) error {
	b, err := t.tx.Brake(ctx, n)
	if errors.Is(err, store.ErrNoBrake) {
		return nil
	}
	if err == nil {
		t.brakeTold(&b)
	}
	return err
}

func (t *teller) brakeTold(b *store.Brake) {
	me := fmt.Sprint("b", b.ID)
	if !t.once(me) {
		return
	}
	t.add(b.FoundAt, "brake", we, "brake pulled: "+b.Title(), b.Evidence, me)
	switch b.State {
	case store.BrakeReleased, store.BrakeDropped:
		t.add(b.DecidedAt, "brake.decided", staff, "brake "+string(b.State), "", me)
	case store.BrakeOver:
		t.add(b.DecidedAt, "brake.decided", we, "brake over", "", me)
	case store.BrakeHeld:
	}
}

// entry tells of somebody in the gateway's address book.
func (t *teller) entry(e *store.Entry) {
	me := id(store.EntryEntity, e.ID)
	if !t.once(me) {
		return
	}
	t.add(e.SeenAt, "entry.now", theGateway, "address book changed last there; it is now: "+t.change(nil, e.Value()), "", me)
	t.add(e.RemovedAt, "entry.removed", we, "taken off the address book", "", me)
	t.add(e.GoneAt, "entry.gone", theGateway, "not in the address book any more", "", me)
}
