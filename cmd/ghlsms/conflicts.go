package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

func (a *app) conflictsCommand() *cobra.Command {
	cmd := group("conflicts", "Look at fields that both sides changed, and choose")
	cmd.AddCommand(a.conflictsList(), a.conflictsShow(), a.conflictsResolve(), a.conflictsRestore())
	return cmd
}

func (a *app) conflictsList() *cobra.Command {
	var all bool
	cmd := &cobra.Command{Use: "list", Short: "List them: those that wait for you first", Args: cobra.NoArgs}
	format := term.FormatFlag(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that you settled")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			t, err := tx.ConflictList(cmd.Context(), all)
			if err != nil {
				return err
			}
			return a.printNamed(cmd, cfg, tx, t, *format)
		})
	}
	return cmd
}

// printNamed prints a table with local times and the owner's names for fields.
func (a *app) printNamed(cmd *cobra.Command, cfg *config.Config, tx *store.Tx, t store.Table, format string) error {
	zone, err := localZone(cmd, cfg, tx)
	if err != nil {
		return err
	}
	names, _, err := config.FieldNames(cmd.Context(), cfg, tx)
	if err != nil {
		return err
	}
	sayOwn(t, names)
	return term.PrintTable(cmd.OutOrStdout(), t, format, zone)
}

func (a *app) conflictsShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show one with both values, and what the record has now", Args: cobra.ExactArgs(1)}
	format := term.FormatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := conflictID(args[0])
		if err != nil {
			return err
		}
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			c, err := plan.LoadConflict(cmd.Context(), tx, id)
			if err != nil {
				return listed(err, "conflicts list --all")
			}
			if err := a.printNamed(cmd, cfg, tx, conflictTable(&c), *format); err != nil || *format != "table" {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", conflictMeans(&c))
			return err
		})
	}
	return cmd
}

func conflictID(arg string) (int64, error) {
	id, err := strconv.ParseInt(trace.Bare(trace.ConflictKind, arg), 10, 64)
	if err != nil {
		return 0, term.UsageError{Err: fmt.Errorf("%q is no id: ghlsms conflicts list shows them", arg)}
	}
	return id, nil
}

// conflictTable is a conflict with its values one below the other.
func conflictTable(c *plan.ConflictCase) store.Table {
	moment := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.Format(store.TimeForm)
	}
	rec := fmt.Sprintf("%s/%d", c.Conflict.Entity, c.RecordID)
	t := store.Table{Columns: []string{"record", "entity", "field", "side", "value", "at"}}
	add := func(side, value string, at time.Time) {
		t.Rows = append(t.Rows, []any{rec, string(c.Edited()), c.Field, side, value, moment(at)})
	}
	add("base", c.Base, time.Time{})
	add(store.KeptCRM, c.CRM, c.CRMAt)
	add(c.Other(), c.Local, c.LocalAt)
	if c.Record != nil && c.Field != store.Deletion {
		add("now", c.Record.Get(c.Field), c.Record.ChangedAt)
	}
	if c.Entry != nil {
		add("now in the address book", c.Entry.Value()[c.Field], c.Entry.SeenAt)
	}
	return t
}

// conflictMeans says what was decided, why, and what can be done.
func conflictMeans(c *plan.ConflictCase) string {
	why := "policy " + c.Policy
	if c.Reason != "" {
		why += ": " + c.Reason
	}
	var say []string
	switch {
	case c.Open():
		say = append(say, fmt.Sprintf("It waits for you (%s).", why))
	case c.Kept == store.KeptNeither:
		say = append(say, fmt.Sprintf("It was left to you (%s).", why))
	default:
		kept := c.Kept
		if kept == store.KeptLocal {
			kept = c.Other()
		}
		say = append(say, fmt.Sprintf("%s was kept (%s).", kept, why))
	}
	if !c.ResolvedAt.IsZero() {
		say = append(say, fmt.Sprintf("Settled on %s: %q.", c.ResolvedAt.Format(time.DateOnly), c.ResolvedTo))
	}
	switch {
	case c.Field == store.Deletion:
		say = append(say, fmt.Sprintf("`ghlsms conflicts resolve %d delete`, or `keep` in its place.", c.ID))
	case c.Kept == store.KeptNeither:
		say = append(say, fmt.Sprintf("`ghlsms conflicts resolve %d crm`, or `%s` or a value of your own in its place.", c.ID, c.Other()))
	default:
		say = append(say, fmt.Sprintf("`ghlsms conflicts restore %d` puts the other value back.", c.ID))
	}
	return strings.Join(say, "\n")
}

func (a *app) conflictsResolve() *cobra.Command {
	return &cobra.Command{
		Use: "resolve ID crm|local|gateway|VALUE", Short: "Choose a side, or a value of your own", Args: cobra.ExactArgs(2),
		Long: `Choose a side, or a value of your own, for a conflict that waits for you. A value that is also the
name of a side is written with = before it. For a deletion, choose delete or keep.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := conflictID(args[0])
			if err != nil {
				return err
			}
			return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
				c, err := plan.LoadConflict(cmd.Context(), tx, id)
				if err != nil {
					return listed(err, "conflicts list --all")
				}
				zone, err := localZone(cmd, cfg, tx)
				if err != nil {
					return err
				}
				choice, err := plan.ParseChoice(args[1], func(value string) (string, error) {
					if c.Field == store.Deletion {
						return value, nil // refused with the words there are
					}
					return record.Canonical(c.Edited(), c.Field, value, cfg.Region, zone)
				})
				if err != nil {
					return term.UsageError{Err: fmt.Errorf("%s: %w", c.Field, err)}
				}
				s, err := plan.Resolve(cmd.Context(), tx, id, choice)
				if err == nil {
					printResolution(cmd, &c, &s)
				}
				return err
			})
		},
	}
}

func (a *app) conflictsRestore() *cobra.Command {
	return &cobra.Command{
		Use: "restore ID", Short: "Put the value back that lost", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := conflictID(args[0])
			if err != nil {
				return err
			}
			return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
				c, err := plan.LoadConflict(cmd.Context(), tx, id)
				if err != nil {
					return listed(err, "conflicts list --all")
				}
				s, err := plan.Reinstate(cmd.Context(), tx, id)
				if err == nil {
					printResolution(cmd, &c, &s)
				}
				return err
			})
		},
	}
}

func printResolution(cmd *cobra.Command, c *plan.ConflictCase, s *plan.Resolution) {
	what := fmt.Sprintf("%s %d", c.Conflict.Entity, c.RecordID)
	switch {
	case s.Doom:
		fmt.Fprintf(cmd.ErrOrStderr(), "conflict %d: %s is deleted in the CRM at the next cycle\n", c.ID, what)
	case c.Field == store.Deletion:
		fmt.Fprintf(cmd.ErrOrStderr(), "conflict %d: %s stays\n", c.ID, what)
	default:
		fmt.Fprintf(cmd.ErrOrStderr(), "conflict %d: %s of %s is %q; both sides have it after the next cycle\n", c.ID, c.Field, what, cmp.Or(s.Value, "empty"))
	}
}
