package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/health"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
)

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Tell how fresh the mirror is and what waits", Args: cobra.NoArgs,
		Long: `Tell how fresh the mirror is and what waits. Exit 3 if a brake holds something, 4 if the outcome of
something is unclear and asking has not helped, a conflict waits for you, something failed that nobody has looked at, or there
is other trouble, acknowledged or not: ghlsms trouble list.`,
	}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			s, err1 := health.Read(cmd.Context(), cfg.Store.Path, health.Look(cmd.Context(), cfg), tx)
			_, problems, err2 := config.FieldNames(cmd.Context(), cfg, tx)
			duplicates, err3 := tx.RunReport(cmd.Context(), "duplicates", 0)
			s.Running = daemon.Locked(cfg.Store.Path)
			s.Backup.Look(daemon.NewestBackup(cfg))
			err := errors.Join(err1, err2, err3)
			if err != nil {
				return err
			}
			shared := len(duplicates.Rows)
			s.Duplicates = &shared
			for _, p := range problems {
				s.Problems = append(s.Problems, cfg.Problem("fields."+p.Name, "%s", p.Msg).Error())
			}
			if *format == "json" {
				err = term.PrintJSON(cmd.OutOrStdout(), s)
			} else {
				err = s.Print(cmd.OutOrStdout(), tx.Now)
			}
			if err != nil {
				return err
			}
			err = needsSomebody(cmd.Context(), tx)
			if n := s.Loud(); err == nil && n > 0 {
				err = waitingError{troubles: n}
			}
			return err
		})
	}
	return cmd
}

// needsSomebody is [waiting] without what a daemon still asks the outside about by itself.
func needsSomebody(ctx context.Context, tx *store.Tx) error {
	err := waiting(ctx, tx)
	w, ok := errors.AsType[waitingError](err)
	if !ok {
		return err
	}
	if w.unknown, _, err = tx.Doubtful(ctx, time.Time{}); err != nil || w == (waitingError{}) {
		return err
	}
	return w
}
