package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
)

func (a *app) checkCommand() *cobra.Command {
	var show, online bool
	cmd := &cobra.Command{
		Use: "check-config", Short: "Say what is wrong with the config, or that it is good", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			_, rerr := config.Compile(cfg)
			if err := errors.Join(cfg.Check(), rerr); err != nil {
				return term.UsageError{Err: err}
			}
			if err := checkFields(cmd.Context(), cfg, online, cmd.ErrOrStderr()); err != nil {
				return err
			}
			doubts, err := config.Doubts(cmd.Context(), cfg)
			if err != nil {
				doubts = []string{fmt.Sprintf("whether the calendars and users of rules and reminders exist was not checked: %v", err)}
			}
			if why := cfg.Untold(); why != "" {
				doubts = append(doubts, why)
			}
			for _, w := range append(cfg.Warnings(), doubts...) {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
			}
			for _, n := range cfg.HoursNotes() {
				fmt.Fprintln(cmd.ErrOrStderr(), "note:", n)
			}
			if show {
				fmt.Fprint(cmd.OutOrStdout(), cfg.Redacted()+cfg.HoursInForce())
			}
			if len(cfg.Rules) > 0 {
				fmt.Fprintln(cmd.ErrOrStderr(), cfg.RulesSummary())
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s is good: %s\n", a.configFile, cfg.Summary())
			return nil
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, "print what is in force, defaults included, without secrets")
	cmd.Flags().BoolVar(&online, "online", false, "ask the CRM whether the custom fields under fields exist, not the mirror")
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), daemon.Version())
			return err
		},
	}
}
