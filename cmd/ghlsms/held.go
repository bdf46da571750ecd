package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
)

func (a *app) heldCommand() *cobra.Command {
	cmd := group("held", "Look at what brakes and limits hold, and decide about it")
	cmd.AddCommand(a.heldList(), a.heldShow(),
		a.heldDecide("release ID...", "Let it go: it is as it should be", store.BrakeReleased, (*store.Tx).Release),
		a.heldDecide("drop ID...", "Give it up: it is a mistake", store.BrakeDropped, func(tx *store.Tx, ctx context.Context, id int64) error {
			return tx.Drop(ctx, id, "given up by hand")
		}),
	)
	return cmd
}

func (a *app) heldList() *cobra.Command {
	list := a.listCommand("held")
	list.Short = "List it: b12 is a brake, 45 one effect"
	return list
}

// heldID is a brake or an effect in the outbox.
type heldID struct {
	brake bool
	id    int64
}

func parseHeld(arg string) (heldID, error) {
	digits, brake := strings.CutPrefix(arg, "b")
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return heldID{}, term.UsageError{Err: fmt.Errorf("%q is no id: ghlsms held list shows them", arg)}
	}
	return heldID{brake, id}, nil
}

// heldExamples is how many records a brake is shown with.
const heldExamples = 20

func (a *app) heldShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one with its evidence, what it holds, and what a decision would mean", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parseHeld(args[0])
			if err != nil {
				return err
			}
			return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
				if !id.brake {
					return listed(showIntent(cmd, cfg, tx, id.id, "table"), "held list")
				}
				return listed(showBrake(cmd, cfg, tx, id.id), "held list")
			})
		},
	}
}

func showBrake(cmd *cobra.Command, cfg *config.Config, tx *store.Tx, id int64) error {
	b, err := tx.Brake(cmd.Context(), id)
	if err != nil {
		return err
	}
	h, err1 := tx.Holding(cmd.Context(), b, heldExamples)
	zone, err2 := localZone(cmd, cfg, tx)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "b%d  %s, since %s\nstate     %s\nevidence  %s\n", b.ID, b.Title(), b.FoundAt.In(zone).Format("2006-01-02 15:04:05"), b.State, sms.Clean(b.Evidence))
	fmt.Fprintf(w, "holds     %d contacts, %d appointments, %d entries of the address book, %d effects\n", h.Contacts, h.Appointments, h.Entries, h.Effects)
	if h.Events > 0 {
		fmt.Fprintf(w, "          %s\n", term.Count(h.Events, "event that the rules do not hear of yet", "events that the rules do not hear of yet"))
	}
	if len(h.Examples.Rows) > 0 {
		fmt.Fprintln(w)
		if err := term.PrintTable(w, h.Examples, "table", zone); err != nil {
			return err
		}
	}
	switch {
	case b.State == store.BrakeOver:
		_, err := fmt.Fprintln(w, "\nIt is over and holds nothing any more.")
		return err
	case b.State == store.BrakeReleased && brakeMeans[b.Kind][1] == "":
		_, err := fmt.Fprintf(w, "\nYou released it on %s: it holds nothing any more.\n", b.DecidedAt.In(zone).Format("2006-01-02 15:04"))
		return err
	}
	return explainBrake(w, &b)
}

// brakeMeans says what a decision about each kind of brake means: released, dropped. What cannot
// be dropped has no second.
var brakeMeans = map[store.BrakeKind][2]string{
	store.Deletions: {
		"What the list does not show is read one by one, and what the CRM then does not have counts as deleted.",
		"What the list does not show still counts as there, until the list shows it or more is missing.",
	},
	store.Incomplete: {
		"The list is believed although it did not show everything: what it lacks is read one by one, and counts as deleted if the CRM does not have it.",
		"What the list does not show still counts as there, until the list is whole.",
	},
	store.Changes: {
		"What follows from the changes goes on: reminders, opt-outs, the address book, rules.",
		"The changes stay in the mirror, and nothing follows from them: held reminders are given up, the address book is left as it is, no rule hears of them.",
	},
	store.Identity: {"What the new token is not shown counts as deleted once the CRM does not have it by id either.", ""},
	store.Clock:    {"Reminders leave, and rules go, by this machine's clock.", ""},
	store.Restored: {"Texts leave, deletions are made and rules hear of events again. Look first whether what waits was done already by the mirror that this is a copy of.", ""},
}

func explainBrake(w io.Writer, b *store.Brake) error {
	means := brakeMeans[b.Kind]
	fmt.Fprintf(w, "\nghlsms held release b%d\n  %s\n", b.ID, means[0])
	switch {
	case b.Kind == store.Restored:
		_, err := fmt.Fprintln(w, "It cannot be dropped, and does not end by itself.")
		return err
	case means[1] == "":
		_, err := fmt.Fprintln(w, "It cannot be dropped; it ends by itself once what it is about is mended.")
		return err
	}
	_, err := fmt.Fprintf(w, "ghlsms held drop b%d\n  %s\n", b.ID, means[1])
	return err
}

// heldDecide stores a person's word about brakes and single effects: all of them, or none.
func (a *app) heldDecide(use, short string, state store.BrakeState, one func(*store.Tx, context.Context, int64) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
				for _, arg := range args {
					id, err := parseHeld(arg)
					if err != nil {
						return err
					}
					if id.brake {
						err = tx.DecideBrake(cmd.Context(), id.id, state)
					} else if err = isHeld(cmd, tx, id.id); err == nil {
						err = one(tx, cmd.Context(), id.id)
					}
					if err != nil {
						return listed(err, "held list")
					}
					fmt.Fprintf(cmd.ErrOrStderr(), "%s %s\n", cmd.Name(), arg)
				}
				return nil
			})
		},
	}
}

func isHeld(cmd *cobra.Command, tx *store.Tx, id int64) error {
	in, err := tx.Intent(cmd.Context(), id)
	if err == nil && in.State != store.Held {
		err = fmt.Errorf("%d is not held, it is %s: ghlsms outbox show %d", id, in.State, id)
	}
	return err
}
