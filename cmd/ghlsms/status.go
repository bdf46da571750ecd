package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/store"
)

// statusReport is what `status` tells; its JSON form is for scripts.
type statusReport struct {
	Mirror   string           `json:"mirror"`
	Location string           `json:"location"`
	Name     string           `json:"name"`
	Running  bool             `json:"running"`
	Sources  []sourceStatus   `json:"sources"`
	Counts   map[string]int64 `json:"counts"`
	Outbox   map[string]int   `json:"outbox"`             // open intents by state
	Problems []string         `json:"problems,omitempty"` // with names in the config
}

type sourceStatus struct {
	Name   string    `json:"name"`
	ReadAt time.Time `json:"read_at,omitzero"`
	Error  string    `json:"error,omitempty"`
}

func (a *app) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "status", Short: "Tell how fresh the mirror is and what waits", Args: cobra.NoArgs,
		Long: "Tell how fresh the mirror is and what waits. Exit 3 if a brake holds something, 4 if the\noutcome of something is unclear.",
	}
	format := formatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.view(cmd, func(cfg *Config, tx *store.Tx) error {
			s, err1 := readStatus(cmd.Context(), cfg.Store.Path, tx)
			_, problems, err2 := fieldNames(cmd.Context(), cfg, tx)
			err := errors.Join(err1, err2)
			if err != nil {
				return err
			}
			for _, p := range problems {
				s.Problems = append(s.Problems, cfg.Problem("fields."+p.Name, "%s", p.Msg).Error())
			}
			if *format == "json" {
				err = printJSON(cmd.OutOrStdout(), s)
			} else {
				err = s.print(cmd.OutOrStdout(), tx.Now)
			}
			if err != nil {
				return err
			}
			return waiting(cmd.Context(), tx)
		})
	}
	return cmd
}

func readStatus(ctx context.Context, path string, tx *store.Tx) (statusReport, error) {
	s := statusReport{Mirror: path, Running: databaseLocked(path), Outbox: map[string]int{}}
	var err1, err2, err3 error
	s.Location, err1 = tx.Meta(ctx, store.MetaLocation)
	s.Name, err2 = tx.Meta(ctx, store.MetaName)
	s.Counts, err3 = tx.Counts(ctx)
	open, err4 := tx.Waiting(ctx)
	for state, n := range open {
		s.Outbox[string(state)] = n
	}
	sources, err5 := tx.Sources(ctx)
	for _, c := range sources {
		s.Sources = append(s.Sources, sourceStatus{c.Name, c.ReadAt, c.Error})
	}
	return s, errors.Join(err1, err2, err3, err4, err5)
}

func (s statusReport) print(w io.Writer, now time.Time) error {
	state := "not running"
	if s.Running {
		state = "running"
	}
	fmt.Fprintf(w, "%s (%s), daemon %s\nmirror %s: %d contacts, %d open tasks, %d appointments, %d opt-outs\n",
		s.Name, s.Location, state, s.Mirror, s.Counts["contacts"], s.Counts["tasks_open"], s.Counts["appointments"], s.Counts["opt_outs"])
	fmt.Fprintf(w, "outbox: %d waiting, %d held, %d unclear, %d failed; %d texts undecided\n\n",
		s.Outbox["pending"]+s.Outbox["sending"], s.Outbox["held"], s.Outbox["unknown"], s.Counts["failed"], s.Counts["undecided"])
	if len(s.Problems) > 0 {
		fmt.Fprintf(w, "%s\n\n", strings.Join(s.Problems, "\n"))
	}
	t := store.Table{Columns: []string{"source", "last read", "problem"}}
	for _, src := range s.Sources {
		read := "never"
		if !src.ReadAt.IsZero() {
			read = now.Sub(src.ReadAt).Round(time.Second).String() + " ago"
		}
		t.Rows = append(t.Rows, []any{src.Name, read, src.Error})
	}
	return printTable(w, t, "table", time.UTC)
}
