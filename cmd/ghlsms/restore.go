package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
)

func (a *app) restoreCommand() *cobra.Command {
	var yes, force bool
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in the place of the mirror", Args: cobra.ExactArgs(1),
		Long: `Put a backup in the place of the mirror, which is kept beside it. The daemon must not be running.
What is in the backup is shown first, and what is lost with it.

The next cycle asks both sides what became of all that is open in the backup, and reads what came in
since. No text leaves and nothing is deleted until you release the brake that it pulls.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.quietConfig()
			if err != nil {
				return err
			}
			file, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			release, err := daemon.Lock(cfg.Store.Path)
			if err != nil {
				return err
			}
			defer release()
			s, err := store.Verify(cmd.Context(), file)
			if err != nil {
				return fmt.Errorf("%w; nothing was put back", err)
			}
			if s.Location != "" && s.Location != cfg.GHL.LocationID && !force {
				return fmt.Errorf("%s is the mirror of location %s, the config names %s: put it back under the config of that location, or with --force", file, s.Location, cfg.GHL.LocationID)
			}
			talk := cmd.ErrOrStderr()
			fmt.Fprint(talk, sms.Visible(describeBackup(cmd.Context(), s, cfg.Store.Path, time.Now())))
			if !yes {
				if err := agree(cmd.InOrStdin(), talk, "Put it back?"); err != nil {
					return err
				}
			}
			r, err := store.Restore(cmd.Context(), file, cfg.Store.Path)
			if err != nil {
				return restoreFailed(err, r)
			}
			fmt.Fprint(talk, sms.Visible(restoredWords(r, cfg.GHL.LocationID)))
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&force, "force", false, "put it back although it is the mirror of another location")
	return cmd
}

// describeBackup tells what is in a backup, and what is lost when it takes the place of the mirror.
func describeBackup(ctx context.Context, s store.Summary, mirror string, now time.Time) string {
	var b strings.Builder
	made := "at a time that nobody knows"
	if at := s.Made; !at.IsZero() || !s.Last.IsZero() {
		if at.IsZero() {
			at = s.Last
		}
		made = fmt.Sprintf("at %s, %s ago", at.UTC().Format(time.RFC3339), now.Sub(at).Round(time.Second))
	}
	fmt.Fprintf(&b, "%s\nmade      %s\nlocation  %s %s\nholds     %s, %s, newest effect %d (schema version %d)\n",
		s.Path, made, term.OrDash(s.Location), term.OneLine(s.Name), term.Count(s.Contacts, "contact", "contacts"), term.Count(s.Texts, "text", "texts"), s.NewestIntent, s.Schema)
	if !config.IsFile(mirror) {
		fmt.Fprintf(&b, "lost      nothing: there is no mirror at %s\n", mirror)
		return b.String()
	}
	lost, err := store.Missing(ctx, s.Path, mirror)
	switch {
	case err != nil:
		fmt.Fprintf(&b, "lost      nobody knows, since the mirror that is there cannot be read: %v\n", err)
	case lost == store.Since{}:
		fmt.Fprintln(&b, "lost      no text and no effect: all that the mirror recorded is in it")
	default:
		fmt.Fprintf(&b, "lost      what the mirror recorded since: %s that came in, %s that left, %s carried outside, %s\n",
			term.Count(lost.Received, "text", "texts"), term.Count(lost.Sent, "text", "texts"), term.Count(lost.Effects, "other effect", "other effects"),
			term.Count(lost.Waiting, "that waits", "that wait"))
	}
	return b.String()
}

// agree asks a person; where none can be asked it refuses.
func agree(in io.Reader, talk io.Writer, question string) error {
	f, ok := in.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return term.UsageError{Err: errors.New("nothing was done: there is no terminal to ask you on; say --yes")}
	}
	if !confirm(in, talk, question) {
		return errors.New("nothing was done")
	}
	return nil
}

// restoreFailed says what is there after a restore that failed.
func restoreFailed(err error, r store.PutBack) error {
	if r.Kept == "" {
		return fmt.Errorf("nothing was put back: %w", err)
	}
	return fmt.Errorf("%w; the mirror as it was is also kept as %s", err, r.Kept)
}

// restoredWords says what was done, and what to do next.
func restoredWords(r store.PutBack, location string) string {
	kept := "There was no mirror before."
	switch {
	case r.Damaged != nil:
		kept = fmt.Sprintf("The mirror that was there could not be opened (%v). It is kept as it was: %s", r.Damaged, r.Kept)
	case r.Kept != "":
		kept = "The mirror that was there is kept: " + r.Kept
	}
	if r.Location != "" && r.Location != location {
		kept += fmt.Sprintf("\nNothing runs on it before the config names its location %s in ghl.location_id.", r.Location)
	}
	return fmt.Sprintf(`Put back: %s
%s
Next, with -c and this config:
  ghlsms once               asks both sides what came to pass since; no text leaves, nothing is deleted
  ghlsms held list          shows the brake, and what waits behind it
  ghlsms held release ID    lets it go once you have looked; then start the daemon
`, r.Path, kept)
}
