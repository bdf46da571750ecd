package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

func (a *app) textsCommand() *cobra.Command {
	cmd := group("texts", "Look at what was texted, and try what a text would do")
	cmd.AddCommand(a.textsShow(), a.textsTry())
	return cmd
}

func (a *app) textsShow() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show NUMBER", Short: "Show everything texted with a number or contact, oldest first", Args: cobra.ExactArgs(1),
		Long: `Show everything texted with a number, in both directions, oldest first, with what became of each
text and why. NUMBER is a phone number as people write it, a sender's name, or the id of a contact:
then it is everything texted with the contact, under whatever number.`,
	}
	format := term.FormatFlag(cmd)
	limit := term.LimitFlag(cmd)
	cmd.Flags().Lookup("limit").Usage = "most texts, the newest ones; 0 for all"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			number, contact, err := correspondent(cmd, cfg, tx, args[0])
			if err != nil {
				return err
			}
			t, err := tx.Thread(cmd.Context(), number, contact, int(*limit))
			if err != nil {
				return err
			}
			known, err1 := tx.ContactsBy(cmd.Context(), store.Phone, number)
			zone, err2 := localZone(cmd, cfg, tx)
			switch err := errors.Join(err1, err2); {
			case err != nil:
				return err
			case len(t.Rows) == 0 && contact == 0 && len(known) == 0:
				return fmt.Errorf("%q: nothing was texted with it, and no contact has it: ghlsms report texts shows what was", number)
			}
			if *format != "table" {
				return term.PrintTable(cmd.OutOrStdout(), t, *format, zone)
			}
			return term.PrintCells(cmd.OutOrStdout(), t, func(column string, v any) string {
				if column == "body" { // what people wrote is what this is about
					return term.OrDash(term.OneLine(term.Plain(v)))
				}
				return term.Cell(v, zone)
			})
		})
	}
	return cmd
}

func (a *app) textsTry() *cobra.Command {
	cmd := &cobra.Command{
		Use: "try TEXT --from NUMBER", Short: "Show what would be decided if a text came in now, and why", Args: cobra.ExactArgs(1),
		Long: `Show what would be decided if a text came in now from a number, and why. Nothing is sent and
nothing is stored. NUMBER is a phone number, or the id of a contact.`,
	}
	format := term.FormatFlag(cmd, "table", "json")
	from := cmd.Flags().String("from", "", "who texts: a phone number, or a contact's id")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *from == "" {
			return term.UsageError{Err: errors.New("who texts? Give --from NUMBER")}
		}
		return a.rehearse(cmd, func(cfg *config.Config, r sync.Rehearsal) error {
			var number string
			err := r.DB.View(cmd.Context(), func(tx *store.Tx) (err error) {
				number, _, err = correspondent(cmd, cfg, tx, *from)
				return err
			})
			if err != nil {
				return err
			}
			t, err := r.Try(cmd.Context(), number, args[0])
			if err != nil {
				return err
			}
			return printTrial(cmd.OutOrStdout(), t, *format)
		})
	}
	return cmd
}

// printTrial tells what a text would do.
func printTrial(w io.Writer, t plan.Trial, format string) error {
	if format == "json" {
		return term.PrintJSON(w, t)
	}
	rows := [][2]string{{"understood as", t.Understood}, {"decision", t.Decision}, {"why", t.Reason}}
	for _, e := range t.Effects {
		rows = append(rows, [2]string{"then", e})
	}
	if t.Reply != "" {
		rows = append(rows, [2]string{fmt.Sprintf("answer (%d)", t.Parts), t.Reply})
	}
	for _, row := range rows {
		words := strings.ReplaceAll(sms.Clean(row[1]), "\n", "\n"+strings.Repeat(" ", 15))
		if _, err := fmt.Fprintf(w, "%-14s %s\n", row[0], words); err != nil {
			return err
		}
	}
	return nil
}

// correspondent is whose texts a person means: a number, and the contact where one is named. What is
// neither is taken for the name of a sender.
func correspondent(cmd *cobra.Command, cfg *config.Config, tx *store.Tx, arg string) (number string, contact int64, err error) {
	if !strings.HasPrefix(arg, "+") {
		r, err := findRecord(cmd, tx, store.Contact, arg)
		if !errors.Is(err, store.ErrNoRecord) {
			return r.Get(store.Phone), r.ID, err
		}
	}
	if p, err := sms.ParsePhone(arg, cfg.Region); err == nil {
		return string(p), 0, nil
	}
	return arg, 0, nil
}
