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

// numberStory is what was texted with a number, and the story of everybody who has it.
func (t *teller) numberStory(ctx context.Context, number string) (string, error) {
	owners, err1 := t.tx.ContactsBy(ctx, store.Phone, number)
	gone, err2 := t.tx.GoneContacts(ctx, number)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	var names []string
	for _, c := range slices.Concat(owners, gone) {
		names = append(names, fmt.Sprintf("%s (%s)", name(&c), id(store.Contact, c.ID)))
		if err := t.contact(ctx, &c); err != nil {
			return "", err
		}
	}
	answer, err := t.consent(ctx, number)
	if err != nil {
		return "", err
	}
	whose := "no contact's"
	if len(names) > 0 {
		whose = strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, %s: %s", number, whose, answer), t.texted(ctx, number, 0)
}

// consent says whether a number may be texted.
func (t *teller) consent(ctx context.Context, number string) (string, error) {
	if number == "" {
		return "no phone number", nil
	}
	o, found, err := t.tx.LastOptOut(ctx, number)
	switch {
	case err != nil:
		return "", err
	case found && o.LiftedAt.IsZero():
		return "opted out " + t.optedOut(&o), nil
	}
	return "not opted out here", nil
}

func (t *teller) optedOut(o *store.OptOut) string {
	return fmt.Sprintf("(%s, on %s)", o.Reason, t.when(o.Since))
}

// texted tells everything that was texted with a number or a contact, and all effects for the contact.
func (t *teller) texted(ctx context.Context, number string, contactID int64) error {
	if err := t.receivedAll(ctx, number, contactID, func(*store.Received) bool { return true }); err != nil {
		return err
	}
	questions, err1 := t.tx.QuestionsWith(ctx, number, contactID)
	effects, err2 := t.tx.IntentsFor(ctx, contactID, number)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for i := range questions {
		t.question(&questions[i])
	}
	numbers := []string{number}
	for i := range effects {
		if err := t.effect(ctx, &effects[i]); err != nil {
			return err
		}
		if effects[i].Kind != store.SendText {
			continue
		}
		text, err := t.tx.Text(ctx, effects[i].ID)
		if err != nil {
			return err
		}
		if _, ours := t.staff[text.Number]; !ours && text.Purpose != store.ForAlarm && text.Purpose != store.ForNotice {
			numbers = append(numbers, text.Number)
		}
	}
	for _, n := range numbers {
		if _, _, err := t.optOut(ctx, n, time.Time{}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// receivedAll tells the texts with a number or a contact that a story has a use for. All of them may be what
// asked for an effect.
func (t *teller) receivedAll(ctx context.Context, number string, contactID int64, useful func(*store.Received) bool) error {
	all, err := t.tx.ReceivedWith(ctx, number, contactID)
	if err != nil {
		return err
	}
	for i := range all {
		if at := all[i].DecidedAt; !at.IsZero() {
			t.causes[at.UnixMilli()] = append(t.causes[at.UnixMilli()], all[i])
		}
	}
	for i := range all {
		if useful(&all[i]) {
			if err := t.received(ctx, &all[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordStory is the story of a contact with all that is theirs, or of another record.
func (t *teller) recordStory(ctx context.Context, e store.Entity, n int64) (string, error) {
	r, err := t.tx.Record(ctx, e, n)
	if err != nil {
		return "", err
	}
	if e == store.Contact {
		consent, err := t.consent(ctx, r.Get(store.Phone))
		if err != nil {
			return "", err
		}
		gone := ""
		if !r.GoneAt.IsZero() {
			gone = "; not in the CRM any more"
		}
		return fmt.Sprintf("%s: %s%s", strings.Join(filled(name(&r), r.Get(store.Phone)), ", "), consent, gone), t.contact(ctx, &r)
	}
	owner, err := t.nameOf(ctx, r.ContactID)
	if err != nil {
		return "", err
	}
	contact, err := t.tx.Record(ctx, store.Contact, r.ContactID)
	if err != nil {
		return "", err
	}
	if err := t.thing(ctx, &r, &contact); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s of %s: %s", capital(string(e)), owner, t.standing(&r)), nil
}

// standing says what a record is now, and who brought it there as far as that is known.
func (t *teller) standing(r *store.Record) string {
	is := t.summary(r.Entity, r.Value())
	if !r.GoneAt.IsZero() {
		return is + "; deleted in the CRM, found on " + t.when(r.GoneAt)
	}
	if r.Entity != store.Appointment || record.TakesPlace(r.Get(store.Status)) {
		return is
	}
	status := r.Get(store.Status)
	for _, e := range slices.Backward(t.events) { // the last word on its status
		if e.Kind == "text.in" && strings.Contains(e.Why, "status: ") && strings.Contains(e.Why, "→ "+status) {
			by := map[string]string{staff: "staff", person: "the person"}[e.Who]
			return fmt.Sprintf("%s, by %s in %s on %s", is, by, e.ID, t.when(e.At))
		}
	}
	for _, e := range slices.Backward(t.events) {
		if e.Kind == "effect.done" && strings.Contains(e.What, "→ "+status) {
			return fmt.Sprintf("%s, from here (%s) on %s; %s", is, e.ID, t.when(e.At), e.Why)
		}
	}
	if _, edited := r.Edits[store.Status]; edited {
		return is + ", here; the CRM does not have it yet"
	}
	return is + ", in the CRM; changed last there on " + t.when(r.SeenAt)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// contact tells everything of a contact.
func (t *teller) contact(ctx context.Context, r *store.Record) error {
	if err := t.record(ctx, r); err != nil {
		return err
	}
	if err := t.receivedAll(ctx, r.Get(store.Phone), r.ID, func(*store.Received) bool { return true }); err != nil {
		return err
	}
	for _, e := range store.Entities {
		if e == store.Contact {
			continue
		}
		all, err := t.tx.RecordsOf(ctx, e, r.ID)
		if err != nil {
			return err
		}
		for i := range all {
			if err := t.thing(ctx, &all[i], r); err != nil {
				return err
			}
		}
	}
	if err := t.texted(ctx, r.Get(store.Phone), r.ID); err != nil {
		return err
	}
	entries, err1 := t.tx.EntriesOf(ctx, r.ID)
	fired, err2 := t.tx.FiringsOf(ctx, store.Contact, r.ID)
	for i := range entries {
		t.entry(&entries[i])
	}
	for i := range fired {
		t.firing(&fired[i])
	}
	return errors.Join(err1, err2)
}

// thing tells of a record that belongs to a contact: itself, the texts that touched it, its effects, rules,
// and an appointment's reminders and questions.
func (t *teller) thing(ctx context.Context, r, contact *store.Record) error {
	if err := t.record(ctx, r); err != nil {
		return err
	}
	rows := []store.Reminder{}
	if r.Entity == store.Appointment {
		var err error
		if rows, err = t.tx.RemindersOf(ctx, r.ID); err != nil {
			return err
		}
	}
	touched := func(in *store.Received) bool {
		return slices.ContainsFunc(in.Did, func(d store.Undo) bool { return d.Entity == r.Entity && d.ID == r.ID }) ||
			slices.ContainsFunc(rows, func(row store.Reminder) bool { return row.AnsweredBy == in.ID })
	}
	if err := t.receivedAll(ctx, contact.Get(store.Phone), contact.ID, touched); err != nil {
		return err
	}
	effects, err := t.tx.IntentsOn(ctx, r.Entity, r.ID)
	if err != nil {
		return err
	}
	for i := range effects {
		if err := t.effect(ctx, &effects[i]); err != nil {
			return err
		}
	}
	fired, err := t.tx.FiringsOf(ctx, r.Entity, r.ID)
	if err != nil {
		return err
	}
	for i := range fired {
		t.firing(&fired[i])
	}
	if r.Entity != store.Appointment {
		return nil
	}
	if len(rows) > 0 {
		if _, _, err := t.optOut(ctx, contact.Get(store.Phone), rows[0].PlannedAt, r.Time(store.Start)); err != nil {
			return err
		}
	}
	return t.visit(ctx, r, contact, rows, effects)
}

// visit tells what only appointments have.
func (t *teller) visit(ctx context.Context, r, contact *store.Record, rows []store.Reminder, ours []store.Intent) error {
	if err := t.moves(rows, ours); err != nil {
		return err
	}
	for i := range rows {
		if err := t.reminder(ctx, &rows[i]); err != nil {
			return err
		}
	}
	questions, err := t.tx.QuestionsWith(ctx, contact.Get(store.Phone), contact.ID)
	if err != nil {
		return err
	}
	for i := range questions {
		if questions[i].AppointmentID == r.ID {
			t.question(&questions[i])
		}
	}
	return nil
}

// textStory is the story of a text that came in, and of what followed from it.
func (t *teller) textStory(ctx context.Context, n int64) (string, error) {
	in, err := t.tx.Received(ctx, n)
	if err != nil {
		return "", err
	}
	if err := t.receivedAll(ctx, in.Sender, in.ContactID, func(other *store.Received) bool { return other.ID == n }); err != nil {
		return "", err
	}
	from, err := t.nameOf(ctx, in.ContactID)
	if err != nil {
		return "", err
	}
	who, called := t.sender(in.Sender)
	if from == "" || who == staff {
		from = called
	}
	said := fmt.Sprintf("Text from %s on %s, %s: ", from, t.when(in.ReceivedAt), quoted(in.Body))
	if in.DecidedAt.IsZero() {
		return said + "not decided yet", nil
	}
	said += in.Decision
	if in.Reason != "" {
		said += ": " + in.Reason
	}
	return said, t.followed(ctx, &in)
}

// followed tells what followed from a text: what was planned when it was decided.
func (t *teller) followed(ctx context.Context, in *store.Received) error {
	questions, err1 := t.tx.QuestionsWith(ctx, in.Sender, 0)
	effects, err2 := t.tx.IntentsFor(ctx, in.ContactID, in.Sender)
	fired, err3 := t.tx.FiringsOf(ctx, store.Contact, in.ContactID)
	visits, err4 := t.tx.RecordsOf(ctx, store.Appointment, in.ContactID)
	o, out, err5 := t.tx.LastOptOut(ctx, in.Sender)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return err
	}
	for i := range questions {
		if questions[i].RaisedAt.Equal(in.DecidedAt) {
			t.question(&questions[i])
		}
	}
	if out && (o.Since.Equal(in.DecidedAt) || o.LiftedAt.Equal(in.DecidedAt)) {
		if _, _, err := t.optOut(ctx, in.Sender, time.Time{}, time.Time{}); err != nil {
			return err
		}
	}
	for i := range effects {
		if effects[i].CreatedAt.Equal(in.DecidedAt) {
			if err := t.effect(ctx, &effects[i]); err != nil {
				return err
			}
		}
	}
	for i := range fired {
		if fired[i].At.Equal(in.DecidedAt) {
			t.firing(&fired[i])
		}
	}
	for i := range visits {
		rows, err := t.tx.RemindersOf(ctx, visits[i].ID)
		if err != nil {
			return err
		}
		for j := range rows {
			if rows[j].AnsweredBy != in.ID {
				continue
			}
			if err := t.reminder(ctx, &rows[j]); err != nil {
				return err
			}
		}
	}
	return nil
}
