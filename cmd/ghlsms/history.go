package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/store"
	"ghlsms/sync/plan"
)

func (a *app) historyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "history RECORD", Short: "Tell what was done outside for a record, newest first", Args: cobra.ExactArgs(1),
		Long: `Tell what was done outside for a record, newest first: contact/12, task/7, note/3,
appointment/9, entry/4, an id of the CRM's, or the id of a contact. For a contact this is also
what was done for its tasks, notes, appointments, texts and entries. ghlsms undo takes a change back.`,
	}
	format := term.FormatFlag(cmd)
	limit := term.LimitFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			e, id, err := subject(cmd, tx, args[0])
			if err != nil {
				return err
			}
			t, err := tx.History(cmd.Context(), e, id, int(*limit))
			if err != nil {
				return err
			}
			zone, err1 := localZone(cmd, cfg, tx)
			names, _, err2 := config.FieldNames(cmd.Context(), cfg, tx)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			if *format == "table" {
				t = trace.ChangesTable(t, names)
			}
			return term.PrintTable(cmd.OutOrStdout(), t, *format, zone)
		})
	}
	return cmd
}

// subject finds the record that a person means.
func subject(cmd *cobra.Command, tx *store.Tx, arg string) (store.Entity, int64, error) {
	word, rest, kind := strings.Cut(arg, "/")
	if !kind {
		for _, e := range store.Entities {
			r, err := tx.RecordByCRMID(cmd.Context(), e, arg)
			if !errors.Is(err, store.ErrNoRecord) {
				return e, r.ID, err
			}
		}
		word, rest = string(store.Contact), arg
	}
	if store.Entity(word) == store.EntryEntity { // its history outlives it
		id, err := strconv.ParseInt(rest, 10, 64)
		if err != nil {
			err = term.UsageError{Err: fmt.Errorf("%q is no id of an entry: ghlsms report address-book shows them", rest)}
		}
		return store.EntryEntity, id, err
	}
	for _, e := range store.Entities {
		if store.Entity(word) == e {
			r, err := findRecord(cmd, tx, e, rest)
			return e, r.ID, err
		}
	}
	return "", 0, term.UsageError{Err: fmt.Errorf("%q: a record is contact/ID, task/ID, note/ID, appointment/ID or entry/ID", arg)}
}

func (a *app) undoCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "undo CHANGE", Short: "Take back what was done outside", Args: cobra.ExactArgs(1),
		Long: `Take back what was done outside, by asking for the inverse: fields go back to what they were, what
was made is deleted, a task or note that was deleted is made again. The ids are those of ghlsms
history. What was changed again since is left alone, unless with --force.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return term.UsageError{Err: fmt.Errorf("%q is no change: ghlsms history RECORD shows them", args[0])}
			}
			return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
				u, err := plan.Undo(cmd.Context(), tx, id, force)
				if errors.Is(err, store.ErrNoIntent) {
					err = fmt.Errorf("change %d: not done yet, or never: ghlsms report history shows what was", id)
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "change %d: %s; the CRM gets it at the next cycle\n", id, u)
				if len(u.Kept) > 0 {
					fmt.Fprintf(cmd.ErrOrStderr(), "left as it is: %s\n", strings.Join(u.Kept, ", "))
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "also what was changed again since")
	return cmd
}
