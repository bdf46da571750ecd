package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// Resolving conflicts by a person's choice.

// ConflictCase is a conflict with what its record has now.
type ConflictCase struct {
	store.Conflict
	Record *store.Record // of a conflict in the address book the contact; nil: there is none any more
	Entry  *store.Entry  // of a conflict in the address book
}

// Choice is what a person wants a conflict to end with: a word for a side, or a value.
type Choice struct {
	Side  string // crm, local, gateway; delete, keep; empty: Value
	Value string // canonical
}

// The sides beside those that a conflict can keep.
const (
	sideGateway = "gateway"
	sideDelete  = "delete"
	sideKeep    = "keep"
)

// Sides are the words that name one.
var Sides = []string{store.KeptCRM, store.KeptLocal, sideGateway, sideDelete, sideKeep}

// Open tells whether a conflict waits for a person.
func (c *ConflictCase) Open() bool { return c.Kept == store.KeptNeither && c.ResolvedAt.IsZero() }

// Edited is the entity whose field a resolution edits.
func (c *ConflictCase) Edited() store.Entity {
	if c.Conflict.Entity == store.EntryEntity {
		return store.Contact
	}
	return c.Conflict.Entity
}

// Other names the side that is not the CRM: local or gateway.
func (c *ConflictCase) Other() string { return c.LocalBy }

// Resolution is what follows from a choice.
type Resolution struct {
	To    string // what the conflict is resolved to
	Value string // what the field is from now on
	Edit  bool   // the record is edited to be Value
	Tip   bool   // the value that entry and contact agreed on becomes Lost
	Lost  string
	Doom  bool // the record is to be deleted after all
}

// LoadConflict reads a conflict and its record.
func LoadConflict(ctx context.Context, tx *store.Tx, id int64) (c ConflictCase, err error) {
	if c.Conflict, err = tx.Conflict(ctx, id); err != nil {
		return c, err
	}
	rec := c.RecordID
	if c.Conflict.Entity == store.EntryEntity {
		e, err := tx.Entry(ctx, c.RecordID)
		if err != nil || e.ContactID == 0 {
			return c, missing(err, store.ErrNoEntry)
		}
		c.Entry, rec = &e, e.ContactID
	}
	r, err := tx.Record(ctx, c.Edited(), rec)
	if err != nil {
		return c, missing(err, store.ErrNoRecord)
	}
	c.Record = &r
	return c, nil
}

// missing returns err unless it is the given "not found" error.
func missing(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}

// Resolve resolves a conflict that waits for a person, or resolves it anew. The chosen value becomes an
// edit of the record, which is carried outside like any other.
func Resolve(ctx context.Context, tx *store.Tx, id int64, choice Choice) (Resolution, error) {
	c, err := LoadConflict(ctx, tx, id)
	if err != nil {
		return Resolution{}, err
	}
	s, err := decideConflict(&c, choice)
	if err != nil {
		return s, err
	}
	return s, s.apply(ctx, tx, &c)
}

// Reinstate puts the losing value of a conflict that a policy decided back in place.
func Reinstate(ctx context.Context, tx *store.Tx, id int64) (Resolution, error) {
	c, err := LoadConflict(ctx, tx, id)
	if err != nil {
		return Resolution{}, err
	}
	s, err := decideReinstate(&c)
	if err != nil {
		return s, err
	}
	return s, s.apply(ctx, tx, &c)
}

// decideConflict tells what follows from a choice. It is pure.
func decideConflict(c *ConflictCase, choice Choice) (Resolution, error) {
	if err := c.lost(); err != nil {
		return Resolution{}, err
	}
	switch {
	case c.Field == store.Deletion:
		return decideDeletion(c, choice)
	case choice.Side == sideDelete, choice.Side == sideKeep:
		return Resolution{}, fmt.Errorf("conflict %d is about a value, not about a deletion: choose crm, %s, or a value", c.ID, c.Other())
	case c.Kept != store.KeptNeither:
		return Resolution{}, fmt.Errorf("conflict %d was decided (%s): ghlsms conflicts restore %d puts the other value back", c.ID, c.Policy, c.ID)
	case choice.Side != "" && choice.Side != store.KeptCRM && choice.Side != c.Other():
		return Resolution{}, fmt.Errorf("the sides of conflict %d are crm and %s", c.ID, c.Other())
	}
	s := Resolution{To: choice.Side, Value: choice.Value, Edit: true}
	switch {
	case choice.Side == "":
		s.To = choice.Value
	case choice.Side == c.Other():
		s.Value = c.Local
	case c.ResolvedAt.IsZero(): // what the CRM has by now goes before what it had
		s.Value = c.Record.CRM()[c.Field]
	default:
		s.Value = c.CRM
	}
	if c.Entry != nil {
		s = resolveEntry(c, choice, s)
	}
	return s, c.allowed(s.Value)
}

// resolveEntry resolves a conflict in the address book: the base is set so that the winner is the side that changed.
func resolveEntry(c *ConflictCase, choice Choice, s Resolution) Resolution {
	switch choice.Side {
	case sideGateway:
		s.Edit, s.Tip, s.Value, s.Lost = false, true, c.Entry.Value()[c.Field], c.Record.Get(c.Field)
	case store.KeptCRM:
		s.Edit, s.Tip, s.Value, s.Lost = false, true, c.Record.Get(c.Field), c.Entry.Value()[c.Field]
	default: // the contact gets a value of its own, and wins
		s.Tip, s.Lost = true, c.Entry.Value()[c.Field]
	}
	return s
}

// decideReinstate tells what puts the losing value back. It is pure.
func decideReinstate(c *ConflictCase) (Resolution, error) {
	if err := c.lost(); err != nil {
		return Resolution{}, err
	}
	s := Resolution{To: c.Other(), Value: c.Local, Edit: true}
	switch {
	case c.Field == store.Deletion:
		return decideDeletion(c, Choice{Side: sideDelete})
	case c.Kept == store.KeptNeither:
		return s, fmt.Errorf("nobody decided conflict %d yet: ghlsms conflicts resolve %d crm|%s|VALUE", c.ID, c.ID, c.Other())
	case c.Kept == store.KeptLocal:
		s.To, s.Value = store.KeptCRM, c.CRM
	}
	if c.Entry != nil && s.Value == c.Record.Get(c.Field) { // the contact has it: only the list does not
		s.Tip, s.Lost = true, c.Entry.Value()[c.Field]
	}
	return s, c.allowed(s.Value)
}

func decideDeletion(c *ConflictCase, choice Choice) (Resolution, error) {
	switch choice.Side {
	case sideDelete:
		return Resolution{To: sideDelete, Doom: true}, nil
	case sideKeep, store.KeptCRM:
		return Resolution{To: sideKeep}, nil
	}
	return Resolution{}, fmt.Errorf("conflict %d is about a deletion: choose delete or keep", c.ID)
}

// lost is why a conflict cannot be resolved any more; nil: it can.
func (c *ConflictCase) lost() error {
	what := fmt.Sprintf("%s %d", c.Conflict.Entity, c.RecordID)
	switch {
	case c.Record == nil:
		return fmt.Errorf("%s is not in the mirror any more", what)
	case !c.Record.GoneAt.IsZero():
		return fmt.Errorf("%s was deleted in the CRM", what)
	}
	return nil
}

// allowed refuses a value that would lift an opt-out: that takes a command of its own.
func (c *ConflictCase) allowed(value string) error {
	if record.IsDND(c.Field) && !record.IsBlock(c.Field, value) {
		return fmt.Errorf("this would end an opt-out: ghlsms contact opt-in %d, if the person asked for it", c.Record.ID)
	}
	return nil
}

// apply stores a resolution.
func (s *Resolution) apply(ctx context.Context, tx *store.Tx, c *ConflictCase) error {
	if s.Tip {
		busy, err := tx.InFlight(ctx, store.EntryEntity, c.Entry.ID)
		if err == nil && busy {
			err = errors.New("the address book is being written just now: try again in a moment")
		}
		if err == nil {
			err = tx.TipEntry(ctx, c.Entry.ID, c.Field, s.Lost)
		}
		if err != nil {
			return err
		}
	}
	if s.Edit {
		if _, err := tx.Edit(ctx, c.Edited(), c.Record.ID, store.Fields{c.Field: s.Value}, store.ByPerson); err != nil {
			return err
		}
	}
	if s.Doom {
		if err := tx.Doom(ctx, c.Record.Entity, c.Record.ID); err != nil {
			return err
		}
	}
	return tx.ResolveConflict(ctx, c.ID, s.To)
}

// ParseChoice reads a choice as a person writes it. A value that is also the name of a side is
// written with = before it.
func ParseChoice(word string, canonical func(value string) (string, error)) (Choice, error) {
	if slices.Contains(Sides, word) {
		return Choice{Side: word}, nil
	}
	value, err := canonical(strings.TrimPrefix(word, "="))
	return Choice{Value: value}, err
}
