package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
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
				t = changesTable(t, names)
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

// changesTable tells before and after in one column.
func changesTable(t store.Table, names record.Names) store.Table {
	out := store.Table{Columns: []string{"id", "at", "what", "record", "change", "undone"}}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, []any{row[0], row[1], row[2], row[3], change(term.Plain(row[4]), term.Plain(row[5]), names), row[6]})
	}
	return out
}

// change tells a change field by field. What is not JSON tells nothing.
func change(before, after string, names record.Names) string {
	was, is := store.Fields{}, store.Fields{}
	_ = json.Unmarshal([]byte(before), &was)
	_ = json.Unmarshal([]byte(after), &is)
	var all []string
	for _, f := range is.Names(was) {
		_, known := was[f]
		_, now := is[f]
		switch {
		case known && now:
			all = append(all, fmt.Sprintf("%s: %s → %s", names.Own(f), orNone(was[f]), orNone(is[f])))
		case known:
			all = append(all, fmt.Sprintf("%s: %s", names.Own(f), orNone(was[f])))
		default:
			all = append(all, fmt.Sprintf("%s: %s", names.Own(f), orNone(is[f])))
		}
	}
	return strings.Join(all, ", ")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return term.Quoted(s)
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
