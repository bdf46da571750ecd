package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ghlsms/sms"
	"ghlsms/store"
)

func (a *app) outboxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "outbox", Short: "Look at effects on their way outside, and decide about stuck ones", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.outboxList(), a.outboxShow(),
		a.outboxMove("retry ID...", "Send again what failed or is unclear: you know that it did not happen", func(cmd *cobra.Command, tx *store.Tx, id int64) error {
			return tx.Retry(cmd.Context(), id)
		}),
		a.outboxMove("done ID...", "Settle what is unclear: you know that it did happen", func(cmd *cobra.Command, tx *store.Tx, id int64) error {
			return tx.MarkDone(cmd.Context(), id)
		}),
		a.outboxMove("release ID...", "Let go what a brake holds", func(cmd *cobra.Command, tx *store.Tx, id int64) error {
			return tx.Release(cmd.Context(), id)
		}),
		a.outboxMove("drop ID...", "Give up what waits, is held, failed or is unclear", func(cmd *cobra.Command, tx *store.Tx, id int64) error {
			return tx.Drop(cmd.Context(), id, "given up by hand")
		}),
	)
	return cmd
}

func (a *app) outboxList() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List them: unclear ones first", Args: cobra.NoArgs}
	format := formatFlag(cmd)
	limit := limitFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.view(cmd, func(cfg *Config, tx *store.Tx) error {
			t, err := tx.RunReport(cmd.Context(), "outbox", int(*limit))
			if err != nil {
				return err
			}
			zone, err := localZone(cmd, cfg, tx)
			if err != nil {
				return err
			}
			return printTable(cmd.OutOrStdout(), t, *format, zone)
		})
	}
	return cmd
}

// stateMeans says what a state means and what can be done; ID stands for the id.
var stateMeans = map[store.State]string{
	store.Pending: "It waits for its turn.",
	store.Held:    "A brake or a limit holds it. `ghlsms held release ID` lets it go, `ghlsms held drop ID` gives it up.",
	store.Sending: "It is being carried out, or was cut off in it; the next cycle finds out.",
	store.Unknown: "It may or may not have happened. It is asked about again at its due time and never simply repeated.\n`ghlsms outbox done ID` if you know that it did happen, `ghlsms outbox retry ID` if it did not, `ghlsms outbox drop ID` if it should not.",
	store.Done:    "It happened.",
	store.Failed:  "It did not happen and will not be tried again. `ghlsms outbox retry ID` once the reason is mended, `ghlsms outbox drop ID` if it should not.",
	store.Dropped: "It was given up before it happened.",
}

func (a *app) outboxShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show one with what is known and what can be done", Args: cobra.ExactArgs(1)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return usageError{fmt.Errorf("%q is no id: ghlsms outbox list shows them", args[0])}
		}
		return a.view(cmd, func(cfg *Config, tx *store.Tx) error {
			return listed(showIntent(cmd, cfg, tx, id), "outbox list")
		})
	}
	return cmd
}

func showIntent(cmd *cobra.Command, cfg *Config, tx *store.Tx, id int64) error {
	in, err := tx.Intent(cmd.Context(), id)
	if err != nil {
		return err
	}
	zone, err := localZone(cmd, cfg, tx)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%d  %s  %s\nkey       %s\nstate     %s", in.ID, in.Kind, in.CreatedAt.In(zone).Format("2006-01-02 15:04:05"), oneLine(in.Key), in.State)
	if in.Reason != "" {
		fmt.Fprintf(w, ": %s", sms.Clean(in.Reason))
	}
	fmt.Fprintf(w, "\nattempts  %d\ncontent   %s\n", in.Attempts, escapeUnsafe(string(in.Payload)))
	if in.Kind == store.SendText {
		t, err := tx.Text(cmd.Context(), id)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "to        %s\ntext      %s\nreference %s\n", oneLine(t.Number), sms.Clean(t.Body), t.Ref)
	}
	fmt.Fprintf(w, "\n%s\n", strings.ReplaceAll(stateMeans[in.State], "ID", strconv.FormatInt(in.ID, 10)))
	return nil
}

func (a *app) outboxMove(use, short string, move func(*cobra.Command, *store.Tx, int64) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(_ *Config, tx *store.Tx) error {
				for _, arg := range args {
					id, err := strconv.ParseInt(arg, 10, 64)
					if err != nil {
						return usageError{fmt.Errorf("%q is no id: ghlsms outbox list shows them", arg)}
					}
					if err := move(cmd, tx, id); err != nil {
						return listed(err, "outbox list")
					}
					fmt.Fprintf(cmd.ErrOrStderr(), "%s %d\n", cmd.Name(), id)
				}
				return nil
			})
		},
	}
}
