package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ghlsms/sms"
	"ghlsms/store"
)

func (a *app) textsCommand() *cobra.Command {
	cmd := group("texts", "Look at what was texted")
	cmd.AddCommand(a.textsShow())
	return cmd
}

func (a *app) textsShow() *cobra.Command {
	cmd := &cobra.Command{
		Use: "show NUMBER", Short: "Show everything texted with a number or contact, oldest first", Args: cobra.ExactArgs(1),
		Long: `Show everything texted with a number, in both directions, oldest first, with what became of each
text and why. NUMBER is a phone number as people write it, a sender's name, or the id of a contact:
then it is everything texted with the contact, under whatever number.`,
	}
	format := formatFlag(cmd)
	limit := limitFlag(cmd)
	cmd.Flags().Lookup("limit").Usage = "most texts, the newest ones; 0 for all"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.view(cmd, func(cfg *Config, tx *store.Tx) error {
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
				return printTable(cmd.OutOrStdout(), t, *format, zone)
			}
			return printCells(cmd.OutOrStdout(), t, func(column string, v any) string {
				if column == "body" { // what people wrote is what this is about
					return orDash(oneLine(plain(v)))
				}
				return cell(v, zone)
			})
		})
	}
	return cmd
}

// correspondent is whose texts a person means: a number, and the contact where one is named. What is
// neither is taken for the name of a sender.
func correspondent(cmd *cobra.Command, cfg *Config, tx *store.Tx, arg string) (number string, contact int64, err error) {
	if !strings.HasPrefix(arg, "+") {
		r, err := tx.FindRecord(cmd.Context(), store.Contact, arg)
		if !errors.Is(err, store.ErrNoRecord) {
			return r.Get(store.Phone), r.ID, err
		}
	}
	if p, err := sms.ParsePhone(arg, cfg.Region); err == nil {
		return string(p), 0, nil
	}
	return arg, 0, nil
}
