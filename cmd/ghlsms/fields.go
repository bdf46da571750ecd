package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/record"
)

// The owner's names for fields of contacts, where people meet them.

// mirrorField is the mirror's name for a field of a contact that a person may have called by a
// name of their own.
func mirrorField(ctx context.Context, cfg *config.Config, tx *store.Tx, name string) (string, error) {
	ref, own := cfg.Fields[name]
	if !own {
		return name, nil
	}
	names, problems, err := config.FieldNames(ctx, cfg, tx)
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

// sayOwn replaces names of fields in a table's column "field" by the owner's names.
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
func checkFields(ctx context.Context, cfg *config.Config, online bool, talk io.Writer) error {
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

func checkByMirror(ctx context.Context, cfg *config.Config) (problems []record.NameProblem, err error) {
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
		_, problems, err = config.FieldNames(ctx, cfg, tx)
		return err
	})
	return problems, err
}

// listOnline asks the CRM. The mirror is opened only where it keeps the tokens of an OAuth app.
func listOnline(ctx context.Context, cfg *config.Config, talk io.Writer) ([]store.ListedField, error) {
	log := term.NewLogger(talk, cfg.Log.Level, cfg.Log.Format, cfg.Location(), cfg.Secrets()...)
	if cfg.GHL.OAuth == nil {
		crm, err := ghl.New(ghl.Options{BaseURL: cfg.GHL.BaseURL, Location: ghl.LocationID(cfg.GHL.LocationID), Log: log, Token: &daemon.PrivateToken{Config: cfg}})
		if err != nil {
			return nil, err
		}
		return sync.ListFields(ctx, crm)
	}
	db, err := daemon.OpenTokens(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	crm, err := daemon.NewCRM(ctx, cfg, db, log)
	if err != nil {
		return nil, err
	}
	return sync.ListFields(ctx, crm)
}

// fieldErrors are problems with names, each with its line in the config.
func fieldErrors(cfg *config.Config, problems []record.NameProblem) error {
	var errs []error
	for _, p := range problems {
		errs = append(errs, cfg.Problem("fields."+p.Name, "%s", p.Msg))
	}
	return errors.Join(errs...)
}
