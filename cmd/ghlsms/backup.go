package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
)

func (a *app) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use: "backup [FILE]", Short: "Copy the mirror into a file, also while the daemon works", Args: cobra.MaximumNArgs(1),
		Long: `Copy the mirror into a file, also while the daemon works, and print where it is. It is one file, which
was opened and looked through. Without FILE it goes into the folder of backups in the config, under a
name with the time (UTC); of those there as many are kept as the config says.`,
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE")
	format := term.FormatFlag(cmd, "path", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := a.quietConfig()
		if err != nil {
			return err
		}
		if _, err := os.Stat(cfg.Store.Path); errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("back up the mirror: %w; run ghlsms as the user that owns it", err)
		} else if err != nil {
			return fmt.Errorf("back up the mirror: %w (has the daemon run once with this config?)", err)
		}
		var s store.Summary
		if len(args) == 1 {
			var to string
			if to, err = filepath.Abs(args[0]); err == nil {
				s, err = store.Backup(cmd.Context(), cfg.Store.Path, to, force)
			}
		} else {
			s, err = daemon.AddBackup(cmd.Context(), cfg, time.Now())
		}
		if errors.Is(err, fs.ErrPermission) {
			return fmt.Errorf("%w; run ghlsms as the user that owns the mirror and the folder", err)
		}
		if err != nil {
			return err
		}
		if *format == "json" {
			return term.PrintJSON(cmd.OutOrStdout(), madeBackup{s.Path, s.Size, s.Schema, s.Contacts, s.Texts, s.NewestIntent})
		}
		_, err = fmt.Fprintln(cmd.OutOrStdout(), s.Path)
		return err
	}
	return cmd
}

// madeBackup is what `backup` tells programs.
type madeBackup struct {
	Path         string `json:"path"`
	Size         int64  `json:"size"`
	Schema       int    `json:"schema"`
	Contacts     int    `json:"contacts"`
	Texts        int    `json:"texts"`
	NewestIntent int64  `json:"newest_intent"`
}
