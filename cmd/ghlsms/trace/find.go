package trace

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// The kinds of things that have a story beside records, as they stand before an id.
const (
	TextKind     = "text" // one that came in
	ReminderKind = "reminder"
	EffectKind   = "effect" // in the outbox
	ConflictKind = "conflict"
)

// letters are what a kind may be shortened to.
var letters = map[string]string{string(store.Contact): "c", string(store.Appointment): "a", TextKind: "t", ReminderKind: "r", EffectKind: "o"}

// Bare is an id without its kind: of contact/12 and c12 it is 12. What is not of that kind stays as it is.
func Bare(kind, arg string) string {
	for _, prefix := range []string{kind + "/", letters[kind]} {
		if rest, ok := strings.CutPrefix(arg, prefix); ok && digits.MatchString(rest) {
			return rest
		}
	}
	return arg
}

var digits = regexp.MustCompile(`^[0-9]{1,18}$`)

// Subject is what a story is about.
type Subject struct {
	Kind   string // one of the above, the entity of a record, or empty: a number only
	ID     int64
	Number string // with no kind: a number, or the name of a sender
}

func (s Subject) String() string {
	if s.Kind == "" {
		return s.Number
	}
	return id(s.Kind, s.ID)
}

// id is an id as all commands print and take it.
func id[K ~string](kind K, n int64) string { return fmt.Sprintf("%s/%d", kind, n) }

// ErrNothing says that a person named something that the mirror does not know.
var ErrNothing = errors.New("nothing in the mirror has that name, number or id: ghlsms report contacts, report texts, reminders list and outbox list show what is")

// most is how many contacts a person is shown to choose from.
const most = 20

// Find finds what a person means: an id with its kind, an id of the CRM's, that of a contact, a phone number
// in any form, the key of an effect, a name, or a sender.
func Find(ctx context.Context, tx *store.Tx, arg, region string) (Subject, error) {
	for _, find := range []func(context.Context, *store.Tx, string, string) (Subject, error){byCRMID, byKind, byNumber, byKey, byName, bySender} {
		s, err := find(ctx, tx, strings.TrimSpace(arg), region)
		if err != nil || s != (Subject{}) {
			return s, err
		}
	}
	return Subject{}, fmt.Errorf("%q: %w", arg, ErrNothing)
}

func byCRMID(ctx context.Context, tx *store.Tx, arg, _ string) (Subject, error) {
	for _, e := range store.Entities {
		r, err := tx.RecordByCRMID(ctx, e, arg)
		if !errors.Is(err, store.ErrNoRecord) {
			return Subject{Kind: string(e), ID: r.ID}, err
		}
	}
	return Subject{}, nil
}

func byKind(ctx context.Context, tx *store.Tx, arg, _ string) (Subject, error) {
	kinds := []string{TextKind, ReminderKind, EffectKind}
	for _, e := range store.Entities {
		kinds = append(kinds, string(e))
	}
	for _, kind := range kinds {
		bare := Bare(kind, arg)
		if bare == arg && (kind != string(store.Contact) || !digits.MatchString(arg)) {
			continue
		}
		n, err := strconv.ParseInt(bare, 10, 64)
		if err != nil {
			return Subject{}, err
		}
		switch kind {
		case TextKind:
			_, err = tx.Received(ctx, n)
		case ReminderKind:
			_, err = tx.Reminder(ctx, n)
		case EffectKind:
			_, err = tx.Intent(ctx, n)
		default:
			_, err = tx.Record(ctx, store.Entity(kind), n)
		}
		if bare == arg && errors.Is(err, store.ErrNoRecord) {
			return Subject{}, nil // digits may also be a phone number
		}
		return Subject{Kind: kind, ID: n}, err
	}
	return Subject{}, nil
}

func byNumber(ctx context.Context, tx *store.Tx, arg, region string) (Subject, error) {
	p, err := sms.ParsePhone(arg, region)
	if err != nil {
		return Subject{}, nil //nolint:nilerr // then it is no number
	}
	return bySender(ctx, tx, string(p), region)
}

func byKey(ctx context.Context, tx *store.Tx, arg, _ string) (Subject, error) {
	in, err := tx.IntentByKey(ctx, arg)
	if errors.Is(err, store.ErrNoIntent) {
		return Subject{}, nil
	}
	return Subject{Kind: EffectKind, ID: in.ID}, err
}

// byName finds a contact. Where several have the name the person is to choose.
func byName(ctx context.Context, tx *store.Tx, arg, _ string) (Subject, error) {
	all, err := tx.ContactsNamed(ctx, arg, most+1)
	switch {
	case err != nil || len(all) == 0:
		return Subject{}, err
	case len(all) == 1:
		return Subject{Kind: string(store.Contact), ID: all[0].ID}, nil
	}
	var list strings.Builder
	for i := range all[:min(len(all), most)] {
		c := &all[i]
		fmt.Fprintf(&list, "\n  %-12s %s", id(store.Contact, c.ID), term.OneLine(strings.Join(filled(record.Name(c), c.Get(store.Phone), c.Get(store.Email)), ", ")))
	}
	if len(all) > most {
		list.WriteString("\n  and more")
	}
	return Subject{}, term.UsageError{Err: fmt.Errorf("%q may be one of several; name one by its id:%s", arg, list.String())}
}

// bySender finds a number, or the name of a sender, that anything is known of.
func bySender(ctx context.Context, tx *store.Tx, arg, _ string) (Subject, error) {
	owners, err1 := tx.ContactsBy(ctx, store.Phone, arg)
	gone, err2 := tx.GoneContacts(ctx, arg)
	in, err3 := tx.ReceivedWith(ctx, arg, 0)
	out, err4 := tx.IntentsFor(ctx, 0, arg)
	_, opted, err5 := tx.LastOptOut(ctx, arg)
	err := errors.Join(err1, err2, err3, err4, err5)
	if err != nil || len(owners)+len(gone)+len(in)+len(out) == 0 && !opted {
		return Subject{}, err
	}
	if all := slices.Concat(owners, gone); len(all) == 1 {
		return Subject{Kind: string(store.Contact), ID: all[0].ID}, nil
	}
	return Subject{Number: arg}, nil
}
