package main

import (
	"errors"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/store"
)

func (a *app) traceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "trace WHAT", Short: "Tell the story of a contact, number, text, reminder or effect", Args: cobra.ExactArgs(1),
		Long: `Tell the story of something from end to end, in order of time: what was read, what was decided
and why, what left, what both sides said, and who touched it. WHAT is

  a contact       its id or the CRM's, contact/12 or c12, a name, or a phone number in any form
  an appointment  appointment/7 or a7, or the CRM's id; likewise task/3 and note/4
  a text          text/5 or t5, as ghlsms texts show lists those that came in
  a reminder      reminder/9 or r9, as ghlsms reminders list has it
  an effect       effect/31 or o31, as ghlsms outbox list has it, or its key`,
	}
	format := term.FormatFlag(cmd, "table", "json")
	limit := term.LimitFlag(cmd)
	cmd.Flags().Lookup("limit").Usage = "most events, the newest ones; 0 for all"
	since := cmd.Flags().String("since", "", "leave out what was before "+whenForm)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			o := trace.Options{Limit: int(*limit)}
			var err1, err2, err3 error
			o.Zone, err1 = localZone(cmd, cfg, tx)
			o.Names, _, err2 = config.FieldNames(cmd.Context(), cfg, tx)
			if *since != "" && err1 == nil {
				o.Since, err3 = clockArg(cfg, *since, tx.Now, o.Zone, dayBegan)
			}
			o.Staff = cfg.Staff
			if err := errors.Join(err1, err2, err3); err != nil {
				return err
			}
			what, err := trace.Find(cmd.Context(), tx, args[0], cfg.Region)
			if err != nil {
				return err
			}
			story, err := trace.Tell(cmd.Context(), tx, what, o)
			if err != nil {
				return err
			}
			return printStory(cmd, cfg, tx, &story, *format)
		})
	}
	return cmd
}
