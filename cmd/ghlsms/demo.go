package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/demo"
	"ghlsms/cmd/ghlsms/term"
)

func demoCommand() *cobra.Command {
	var length time.Duration
	var keep string
	cmd := &cobra.Command{
		Use: "demo", Short: "Run the daemon against a made-up clinic on this machine", Args: cobra.NoArgs,
		Long: `Run the real daemon against a sandbox of the HighLevel API and of an SMS gateway, both on this
machine: a clinic with 40 contacts, three calendars, tasks and appointments. A few people text,
book and cancel; a checklist at the end says what the daemon made of it. Nothing leaves this
machine. Exit 0 only if every check holds.`,
	}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.Flags().DurationVar(&length, "for", time.Minute, "stop after this long at the latest")
	cmd.Flags().StringVar(&keep, "keep", "", "a new folder that keeps the database and a config for it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if length <= 0 {
			return term.UsageError{Err: fmt.Errorf("--for %s: the demo needs some time, such as 1m", length)}
		}
		checks, err := demo.Run(cmd.Context(), length, keep, cmd.ErrOrStderr(), func(ctx context.Context, args ...string) error {
			if code := run(ctx, args, io.Discard, cmd.ErrOrStderr()); code != exitDone {
				return fmt.Errorf("exit %d", code)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if *format == "json" {
			err = term.PrintJSON(cmd.OutOrStdout(), map[string]any{"checks": checks})
		} else {
			err = demo.PrintChecks(cmd.OutOrStdout(), checks)
		}
		if err != nil {
			return err
		}
		for _, c := range checks {
			if !c.OK {
				return errors.New("the demo did not go as it should; see the checklist")
			}
		}
		if keep != "" {
			fmt.Fprintf(cmd.ErrOrStderr(), "\nLook around:\n  ghlsms report agenda -c %[1]s\n  ghlsms report texts -c %[1]s\n", filepath.Join(keep, "config.yaml"))
		}
		return nil
	}
	return cmd
}
