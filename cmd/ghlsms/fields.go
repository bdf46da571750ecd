package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

// The owner's names for fields of contacts, where people meet them.

// fieldNames tells which fields of the mirror the config's names stand for, as far as is known.
func fieldNames(ctx context.Context, cfg *Config, tx *store.Tx) (record.Names, []record.NameProblem, error) {
	return plan.LoadFieldNames(ctx, tx, record.OwnNames(cfg.Fields))
}

// mirrorField is the mirror's name for a field of a contact that a person may have called by a
// name of their own.
func mirrorField(ctx context.Context, cfg *Config, tx *store.Tx, name string) (string, error) {
	ref, own := cfg.Fields[name]
	if !own {
		return name, nil
	}
	names, problems, err := fieldNames(ctx, cfg, tx)
	if err != nil {
		return "", err
	}
	for _, p := range problems {
		if p.Name == name {
			return "", cfg.Problem("fields."+name, "%s", p.Msg)
		}
	}
	if names[name] == "" {
		return "", fmt.Errorf("%s: the CRM's custom fields were not listed yet, so that %q is not known; see: ghlsms status", name, ref)
	}
	return names[name], nil
}

// sayOwn puts the owner's names for fields of contacts into a table's column "field".
func sayOwn(t store.Table, names record.Names) {
	field, entity := slices.Index(t.Columns, "field"), slices.Index(t.Columns, "entity")
	if field < 0 {
		return
	}
	for _, row := range t.Rows {
		if name, ok := row[field].(string); ok && (entity < 0 || row[entity] == string(store.Contact)) {
			row[field] = names.Own(name)
		}
	}
}

// checkFields compares the names in the config with the CRM's list of custom fields: its own, if
// online, else the one in the mirror, if there is one. What it cannot compare it says on talk.
func checkFields(ctx context.Context, cfg *Config, online bool, talk io.Writer) error {
	m := record.OwnNames(cfg.Fields)
	if !m.Custom() {
		_, problems := m.Resolve(nil)
		return fieldErrors(cfg, problems)
	}
	if online {
		listed, err := listOnline(ctx, cfg, talk)
		if err != nil {
			return fmt.Errorf("the CRM could not be asked whether the custom fields under fields exist: %w", err)
		}
		_, problems := m.Resolve(listed)
		return fieldErrors(cfg, problems)
	}
	problems, err := checkByMirror(ctx, cfg)
	if err != nil {
		fmt.Fprintf(talk, "warning: whether the custom fields under fields exist was not checked: %v; --online asks the CRM\n", err)
	}
	return fieldErrors(cfg, problems)
}

var errNotListed = errors.New("the mirror has no list of them yet")

func checkByMirror(ctx context.Context, cfg *Config) (problems []record.NameProblem, err error) {
	if _, err := os.Stat(cfg.Store.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, errNotListed
	}
	db, err := store.OpenReader(ctx, cfg.Store.Path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	err = db.View(ctx, func(tx *store.Tx) error {
		read, err := tx.Cursor(ctx, store.SourceFields)
		if err == nil && read.ReadAt.IsZero() {
			err = errNotListed
		}
		if err != nil {
			return err
		}
		_, problems, err = fieldNames(ctx, cfg, tx)
		return err
	})
	return problems, err
}

// listOnline asks the CRM. The mirror is opened only where it keeps the tokens of an OAuth app.
func listOnline(ctx context.Context, cfg *Config, talk io.Writer) ([]store.ListedField, error) {
	log := newLogger(talk, cfg.Log.Level, cfg.Log.Format, cfg.secrets()...)
	if cfg.GHL.OAuth == nil {
		crm, err := ghl.New(ghl.Options{BaseURL: cfg.GHL.BaseURL, Location: ghl.LocationID(cfg.GHL.LocationID), Log: log, Token: &privateToken{cfg: cfg}})
		if err != nil {
			return nil, err
		}
		return sync.ListFields(ctx, crm)
	}
	db, err := openTokens(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	crm, err := newCRM(ctx, cfg, db, log)
	if err != nil {
		return nil, err
	}
	return sync.ListFields(ctx, crm)
}

// fieldErrors are problems with names, each with its line in the config.
func fieldErrors(cfg *Config, problems []record.NameProblem) error {
	var errs []error
	for _, p := range problems {
		errs = append(errs, cfg.Problem("fields."+p.Name, "%s", p.Msg))
	}
	return errors.Join(errs...)
}
