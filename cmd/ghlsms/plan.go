package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
)

func (a *app) planCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "plan", Short: "Show what would be decided and sent now, and do nothing", Args: cobra.NoArgs,
		Long: `Show what would be decided and sent now from what the mirror knows, and do nothing. Nothing
is read from outside, nothing is sent, nothing is stored. ghlsms apply does exactly what was shown.`,
	}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.rehearse(cmd, func(_ *config.Config, r sync.Rehearsal) error {
			p, err := r.Plan(cmd.Context())
			if err != nil {
				return err
			}
			return showPlan(cmd.Context(), cmd.OutOrStdout(), r.DB, p, r.Planner.Config.Timezone, *format)
		})
	}
	return cmd
}

// rehearse runs fn with a Rehearsal, which plans without storing or sending anything.
func (a *app) rehearse(cmd *cobra.Command, fn func(*config.Config, sync.Rehearsal) error) error {
	cfg, err := a.quietConfig()
	if err != nil {
		return err
	}
	db, err := store.OpenEditor(cmd.Context(), cfg.Store.Path)
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := config.Compile(cfg)
	if err != nil {
		return err
	}
	if err := config.NamePolicies(cmd.Context(), cfg, db, &r); err != nil {
		return err
	}
	return fn(cfg, sync.Rehearsal{DB: db, Planner: plan.Planner{Config: &r, Gateway: config.GatewayNamed(cfg.SMS.Provider).Planned()}})
}

// printPlan tells a plan to a person.
func printPlan(w io.Writer, p plan.Plan, zone *time.Location) error {
	if len(p.Texts)+len(p.Reminders)+len(p.Rules)+len(p.Intents)+len(p.Conflicts) == 0 {
		_, err := fmt.Fprintln(w, "Nothing to do.")
		return err
	}
	section := func(title string, t store.Table) error {
		if len(t.Rows) == 0 {
			return nil
		}
		fmt.Fprintf(w, "%s\n", title)
		err := term.PrintTable(w, t, "table", zone)
		fmt.Fprintln(w)
		return err
	}
	texts := store.Table{Columns: []string{"from", "text", "decision", "reason", "reply"}}
	for _, t := range p.Texts {
		texts.Rows = append(texts.Rows, []any{t.Sender, t.Body, t.Decision, t.Reason, t.Reply})
	}
	reminders := store.Table{Columns: []string{"due", "rule", "contact", "starts", "decision"}}
	for _, r := range p.Reminders {
		decision := r.Text
		if r.Skipped != "" {
			decision = "skipped: " + r.Skipped
		}
		reminders.Rows = append(reminders.Rows, []any{r.Due.UTC().Format(store.TimeForm), r.Rule, r.Contact, r.Starts, decision})
	}
	rules := store.Table{Columns: []string{"rule", "event", "contact", "done", "not done"}}
	for _, r := range p.Rules {
		rules.Rows = append(rules.Rows, []any{r.Rule, r.Event, r.Contact, r.Done, r.Stopped})
	}
	intents := store.Table{Columns: []string{"what", "state", "content", "key"}}
	for _, in := range p.Intents {
		state := string(in.State)
		if in.Held != "" {
			state += ": " + in.Held
		}
		intents.Rows = append(intents.Rows, []any{string(in.Kind), state, in.Payload, in.Key})
	}
	conflicts := store.Table{Columns: []string{"what", "id", "field", "base", "crm", "local", "kept"}}
	for _, c := range p.Conflicts {
		conflicts.Rows = append(conflicts.Rows, []any{string(c.Entity), c.RecordID, c.Field, c.Base, c.CRM, c.Local, c.Kept})
	}
	for _, s := range []struct {
		title string
		t     store.Table
	}{{"Texts that came in", texts}, {"Reminders due", reminders}, {"Rules", rules}, {"Conflicts", conflicts}, {"To be carried outside", intents}} {
		if err := section(s.title, s.t); err != nil {
			return err
		}
	}
	return nil
}
