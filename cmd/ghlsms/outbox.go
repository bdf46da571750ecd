package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/store"
	"ghlsms/sync"
)

func (a *app) outboxCommand() *cobra.Command {
	cmd := group("outbox", "Look at effects on their way outside, and decide about stuck ones")
	cmd.AddCommand(a.outboxList(), a.outboxShow(), a.outboxRetry(), a.outboxSettle(),
		a.outboxMove("drop ID...", "Give up what waits, is held, failed or is unclear", func(ctx context.Context, tx *store.Tx, id int64) error {
			return tx.Drop(ctx, id, "given up by hand")
		}),
		a.outboxMove("release ID...", "Let go what is held, as ghlsms held release does", func(ctx context.Context, tx *store.Tx, id int64) error {
			return tx.Release(ctx, id)
		}),
	)
	return cmd
}

func (a *app) outboxList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List them: unclear ones first", Args: cobra.NoArgs,
		Long: `List the effects on their way outside, and those that are done: what is unclear first, then what is
held, failed, being sent and waiting. What waits for you says so; ghlsms outbox show ID tells what you
can do about it.`,
	}
	format := term.FormatFlag(cmd)
	limit := term.LimitFlag(cmd)
	var f store.OutboxFilter
	var state, contact string
	cmd.Flags().StringVar(&state, "state", "", "only those that are "+nameList(store.States))
	cmd.Flags().StringVar(&f.Kind, "kind", "", "only those of a kind, such as text.send, or task for all about tasks")
	cmd.Flags().StringVar(&contact, "contact", "", "only those for a contact, by its id here or in the CRM")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.State = store.State(state); state != "" && !slices.Contains(store.States, f.State) {
			return term.UsageError{Err: fmt.Errorf("--state %s: there are %s", state, nameList(store.States))}
		}
		if f.Kind != "" && !slices.ContainsFunc(store.Kinds, func(k store.Kind) bool { return f.Kind == string(k) || f.Kind == string(k.Entity()) }) {
			return term.UsageError{Err: fmt.Errorf("--kind %s: there are %s", f.Kind, nameList(store.Kinds))}
		}
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			if contact != "" {
				r, err := findRecord(cmd, tx, store.Contact, contact)
				if err != nil {
					return err
				}
				f.ContactID = r.ID
			}
			t, err := tx.OutboxTable(cmd.Context(), f, int(*limit))
			if err != nil {
				return err
			}
			zone, err := localZone(cmd, cfg, tx)
			if err != nil {
				return err
			}
			if *format == "table" {
				t = narrow(t)
			}
			return term.PrintTable(cmd.OutOrStdout(), t, *format, zone)
		})
	}
	return cmd
}

func (a *app) outboxShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show one with what is known, what can be done, and what that means", Args: cobra.ExactArgs(1)}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ids, err := outboxIDs(args)
		if err != nil {
			return err
		}
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			return listed(showIntent(cmd, cfg, tx, ids[0], *format), "outbox list")
		})
	}
	return cmd
}

func showIntent(cmd *cobra.Command, cfg *config.Config, tx *store.Tx, id int64, format string) error {
	e, err := trace.ReadEffect(cmd.Context(), tx, id)
	if err != nil {
		return err
	}
	return printStory(cmd, cfg, tx, &e, format)
}

// printStory prints what is told of one thing.
func printStory(cmd *cobra.Command, cfg *config.Config, tx *store.Tx, s interface {
	Print(w io.Writer, zone *time.Location) error
}, format string) error {
	if format == "json" {
		return term.PrintJSON(cmd.OutOrStdout(), s)
	}
	zone, err := localZone(cmd, cfg, tx)
	if err != nil {
		return err
	}
	return s.Print(cmd.OutOrStdout(), zone)
}

// narrow drops the columns after "next" from a table for people.
func narrow(t store.Table) store.Table {
	n := slices.Index(t.Columns, "next") + 1
	t.Columns = t.Columns[:n]
	for i := range t.Rows {
		t.Rows[i] = t.Rows[i][:n]
	}
	return t
}

// nameList is names in a row for a person.
func nameList[S ~string](all []S) string {
	var names []string
	for _, s := range all {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// outboxIDs reads the ids of effects that a person typed.
func outboxIDs(args []string) (ids []int64, err error) {
	for _, arg := range args {
		id, err := strconv.ParseInt(trace.Bare(trace.EffectKind, arg), 10, 64)
		if err != nil {
			return nil, term.UsageError{Err: fmt.Errorf("%q is no id: ghlsms outbox list shows them", arg)}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (a *app) outboxMove(use, short string, move func(context.Context, *store.Tx, int64) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.moveAll(cmd, args, cmd.Name(), func(tx *store.Tx, id int64) error { return move(cmd.Context(), tx, id) })
		},
	}
}

// moveAll does something with effects, with all of them or with none, and says so with a word.
func (a *app) moveAll(cmd *cobra.Command, args []string, word string, move func(*store.Tx, int64) error) error {
	ids, err := outboxIDs(args)
	if err != nil {
		return err
	}
	return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
		for _, id := range ids {
			if err := move(tx, id); err != nil {
				return listed(err, "outbox list")
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s %d\n", word, id)
		}
		return nil
	})
}

func (a *app) outboxRetry() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "retry ID...", Short: "Try again what failed, or is unclear and did not happen", Args: cobra.MinimumNArgs(1),
		Long: `Try again what failed, or is unclear and did not happen, and end the wait of what waits. A text that
is unclear may have left: its recipient gets it once more then, so you are asked.`,
	}
	yesFlag(cmd, &yes)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.retry(cmd, args, yes) }
	return cmd
}

func yesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVarP(yes, "yes", "y", false, "do not ask whether a text may leave twice")
}

// retry asks before the mirror is held: somebody may take their time.
func (a *app) retry(cmd *cobra.Command, args []string, yes bool) error {
	ids, err := outboxIDs(args)
	if err != nil {
		return err
	}
	agreed := map[int64]bool{}
	var who []string
	err = a.view(cmd, func(_ *config.Config, tx *store.Tx) error {
		for _, id := range ids {
			in, err := tx.Intent(cmd.Context(), id)
			if err != nil {
				return listed(err, "outbox list")
			}
			if !mayTextTwice(&in) {
				continue
			}
			name, err := trace.Recipient(cmd.Context(), tx, &in)
			if err != nil {
				return err
			}
			agreed[id], who = true, append(who, fmt.Sprintf("%s (%d)", name, id))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(who) > 0 && !yes {
		all := term.OneLine(strings.Join(who, ", "))
		if !confirm(cmd.InOrStdin(), cmd.ErrOrStderr(), fmt.Sprintf("Text %s again? If the first text left after all, it comes twice.", all)) {
			return fmt.Errorf("nothing is tried again: it may have left, to %s; --yes if you are sure that it did not", all)
		}
	}
	return a.moveAll(cmd, args, "retry", func(tx *store.Tx, id int64) error {
		in, err := tx.Intent(cmd.Context(), id)
		if err == nil && mayTextTwice(&in) && !agreed[id] {
			err = fmt.Errorf("effect %d has become unclear just now: ghlsms outbox show %d", id, id)
		}
		if err != nil {
			return err
		}
		return tx.Retry(cmd.Context(), id)
	})
}

func mayTextTwice(in *store.Intent) bool {
	return in.Kind == store.SendText && in.State == store.Unknown
}

// settling has the flags of outbox settle.
type settling struct {
	happened, not, yes bool
	outsideID          string
}

func (a *app) outboxSettle() *cobra.Command {
	var s settling
	cmd := &cobra.Command{
		Use: "settle ID...", Short: "Tell what became of what is unclear, or have the other side asked again now", Args: cobra.MinimumNArgs(1),
		Long: `Tell what became of what is unclear: --happened settles it as done, --not-happened tries it again as
ghlsms outbox retry does. With neither the other side is asked again at the next cycle.

ghlsms outbox show ID tells where to look first, and what each answer means.`,
	}
	cmd.Flags().BoolVar(&s.happened, "happened", false, "it did happen")
	cmd.Flags().BoolVar(&s.not, "not-happened", false, "it did not: the same as ghlsms outbox retry")
	cmd.Flags().StringVar(&s.outsideID, "outside-id", "", "with --happened: the id that it has at the gateway or in the CRM")
	yesFlag(cmd, &s.yes)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case s.happened && s.not:
			return term.UsageError{Err: errors.New("--happened and --not-happened: which of them?")}
		case s.outsideID != "" && !s.happened:
			return term.UsageError{Err: errors.New("--outside-id goes with --happened")}
		case s.outsideID != "" && len(args) > 1:
			return term.UsageError{Err: errors.New("--outside-id is that of one effect: name one")}
		case s.not:
			return a.retry(cmd, args, s.yes)
		case s.happened:
			return a.settleHappened(cmd, args, s.outsideID)
		}
		return a.askAgain(cmd, args)
	}
	return cmd
}

func (a *app) settleHappened(cmd *cobra.Command, args []string, outsideID string) error {
	cfg, err := a.quietConfig()
	if err != nil {
		return err
	}
	r, err := config.Compile(cfg)
	if err != nil {
		return err
	}
	return a.moveAll(cmd, args, "settled as done:", func(tx *store.Tx, id int64) error {
		err := sync.Happened(cmd.Context(), tx, &r, id, outsideID)
		if errors.Is(err, sync.ErrWhich) {
			err = term.UsageError{Err: fmt.Errorf("%w: --outside-id, the last part of the address of the contact's page there", err)}
		}
		return err
	})
}

// askAgain has the other side asked, and says when it is.
func (a *app) askAgain(cmd *cobra.Command, args []string) error {
	ids, err := outboxIDs(args)
	if err != nil {
		return err
	}
	return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
		for _, id := range ids {
			if err := tx.AskAgain(cmd.Context(), id); err != nil {
				return listed(err, "outbox list")
			}
		}
		when := "the daemon does not run: ghlsms run, or ghlsms once, asks"
		if daemon.Locked(cfg.Store.Path) {
			zone, err := localZone(cmd, cfg, tx)
			if err != nil {
				return err
			}
			if when, err = nextCycle(cfg, tx.Now, zone); err != nil {
				return err
			}
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s asked about: %s\n", term.Count(len(ids), "effect is", "effects are"), when)
		return nil
	})
}

// nextCycle says when the daemon asks at the latest, if it is not busy.
func nextCycle(cfg *config.Config, now time.Time, zone *time.Location) (string, error) {
	var next time.Time
	for _, spec := range []string{cfg.Schedule.Texts, cfg.Schedule.CRM, cfg.Schedule.Reminders} {
		s, err := cron.ParseStandard(spec)
		if err != nil {
			return "", fmt.Errorf("schedule %q: %w", spec, err)
		}
		if at := s.Next(now.In(cfg.Location())); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return "the daemon asks by " + next.In(zone).Format("15:04:05"), nil
}
