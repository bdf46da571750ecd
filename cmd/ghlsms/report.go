package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
)

func (a *app) reportCommand() *cobra.Command {
	var names, about []string
	for _, r := range store.Reports {
		names = append(names, r.Name)
		about = append(about, fmt.Sprintf("  %-12s  %s", r.Name, r.About))
	}
	cmd := &cobra.Command{
		Use: "report NAME", Short: "Report from the mirror, also offline", Args: cobra.ExactArgs(1), ValidArgs: names,
		Long: `Report from the mirror. It needs no network and works while the daemon runs.

` + strings.Join(about, "\n") + `

The same and more can be asked with any SQLite tool; the views whose names begin with v1_ keep
their columns:  sqlite3 FILE 'SELECT * FROM v1_appointments'`,
	}
	format := term.FormatFlag(cmd)
	limit := term.LimitFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			t, err := tx.RunReport(cmd.Context(), args[0], int(*limit))
			if err != nil {
				return term.UsageError{Err: err}
			}
			zone, err1 := localZone(cmd, cfg, tx)
			names, _, err2 := config.FieldNames(cmd.Context(), cfg, tx)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			sayOwn(t, names)
			return term.PrintTable(cmd.OutOrStdout(), t, *format, zone)
		})
	}
	return cmd
}

// localZone is the location's time zone, else the config's.
func localZone(cmd *cobra.Command, cfg *config.Config, tx *store.Tx) (*time.Location, error) {
	name, err := tx.Meta(cmd.Context(), store.MetaTimezone)
	if err != nil {
		return nil, err
	}
	if zone, err := time.LoadLocation(name); err == nil && name != "" {
		return zone, nil
	}
	return cfg.Location(), nil
}
