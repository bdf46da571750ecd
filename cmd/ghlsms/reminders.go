package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/health"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

func (a *app) remindersCommand() *cobra.Command {
	cmd := group("reminders", "See who is reminded when, of what, and who is not and why; pause and cancel")
	cmd.AddCommand(a.remindersPlan(), a.remindersPreview(), a.remindersList(), a.remindersShow(), a.remindersPause(), a.remindersResume(), a.remindersCancel())
	return cmd
}

func (a *app) remindersPlan() *cobra.Command {
	cmd := &cobra.Command{
		Use: "plan", Short: "Show who gets what when, and who does not and why, until a time", Args: cobra.NoArgs,
		Long: `Show who gets what when, and who does not and why, until a time, if nothing changes before. It
reads the mirror only. Limits are not foreseen, and each appointment is read again before its text
leaves. ghlsms plan shows what is due now.`,
	}
	format := term.FormatFlag(cmd)
	until := cmd.Flags().String("at", "+48h", whenForm)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.rehearse(cmd, func(cfg *config.Config, r sync.Rehearsal) error {
			var zone *time.Location
			var at time.Time
			err := r.DB.View(cmd.Context(), func(tx *store.Tx) (err error) {
				if zone, err = localZone(cmd, cfg, tx); err == nil {
					at, err = clockArg(cfg, *until, tx.Now, zone, dayEnds)
				}
				return err
			})
			if err != nil {
				return err
			}
			all, err := r.Forecast(cmd.Context(), at)
			if err != nil {
				return err
			}
			if *format == "json" {
				return term.PrintJSON(cmd.OutOrStdout(), all)
			}
			if err := term.PrintTable(cmd.OutOrStdout(), forecastTable(all, *format), *format, zone); err != nil || *format != "table" {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", forecastSum(all, cfg, at.In(zone)))
			return err
		})
	}
	return cmd
}

// forecastTable is a forecast in rows. A table for people has less in it.
func forecastTable(all []plan.Forecast, format string) store.Table {
	form := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t.UTC().Format(store.TimeForm)
	}
	t := store.Table{Columns: []string{"leaves", "rule", "contact", "starts", "zone", "decision", "parts", "text"}}
	whole := format != "table"
	if whole {
		t.Columns = append(t.Columns, "why", "due", "zone_from", "language", "number", "appointment_id", "contact_id")
	}
	for _, f := range all {
		words := cmp.Or(f.Why, f.Text)
		if f.Why != "" && f.Text != "" {
			words = f.Why + ": " + f.Text
		}
		row := []any{form(f.Leaves), f.Rule, f.Contact, form(f.Starts), f.Zone, f.Decision, int64(f.Parts)}
		if whole {
			row = append(row, f.Text, f.Why, form(f.Due), f.ZoneFrom, f.Language, f.Number, f.AppointmentID, f.ContactID)
		} else {
			row[4] = f.Zone + " (" + f.ZoneFrom + ")"
			row = append(row, words)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// forecastSum counts what a forecast says.
func forecastSum(all []plan.Forecast, cfg *config.Config, until time.Time) string {
	n, parts := map[string]int{}, 0
	for _, f := range all {
		n[f.Decision]++
		parts += f.Parts
	}
	said := []string{fmt.Sprintf("Until %s: %s in %s%s", until.Format("Mon, Jan 2 15:04 MST"), term.Count(n[plan.ForecastText], "text", "texts"), term.Count(parts, "part", "parts"), price(parts, cfg))}
	for _, more := range []struct{ decision, one, more string }{
		{plan.ForecastJoined, "told in another's", "told in another's"}, {plan.ForecastTask, "task", "tasks"},
		{plan.ForecastSkip, "skipped", "skipped"}, {plan.ForecastWait, "waiting", "waiting"},
	} {
		if n[more.decision] > 0 {
			said = append(said, term.Count(n[more.decision], more.one, more.more))
		}
	}
	sum := strings.Join(said, ", ") + "."
	if swallowed := plan.Swallowed(all); swallowed != "" {
		sum += "\n" + strings.Join(term.Wrap(swallowed+".", 80), "\n")
	}
	return sum
}

// price is what parts cost, where that is known.
func price(parts int, cfg *config.Config) string {
	if cfg.SMS.PricePerPart == 0 {
		return ""
	}
	return fmt.Sprintf(" (about %.2f %s)", float64(parts)*cfg.SMS.PricePerPart, cfg.SMS.Currency)
}

func (a *app) remindersPreview() *cobra.Command {
	cmd := &cobra.Command{
		Use: "preview [RULE]", Short: "Show what reminders say, and in how many parts", Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.reminderNames,
		Long: `Show what reminders say, and in how many parts, about an appointment that is made up or about one
of the mirror (ghlsms report agenda). A text with a character that is not in the alphabet of GSM has
70 characters to a part instead of 160.`,
	}
	appointment := cmd.Flags().String("appointment", "", "the id of an appointment")
	language := cmd.Flags().String("language", "", "the language of the reader: "+strings.Join(wording.Languages(), ", "))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.rehearse(cmd, func(cfg *config.Config, r sync.Rehearsal) error {
			var about int64
			if *appointment != "" {
				err := r.DB.View(cmd.Context(), func(tx *store.Tx) error {
					r, err := findRecord(cmd, tx, store.Appointment, *appointment)
					about = r.ID
					return err
				})
				if err != nil {
					return err
				}
			}
			if *language != "" && !slices.Contains(wording.Languages(), *language) {
				return term.UsageError{Err: fmt.Errorf("--language %s: there are %s", *language, strings.Join(wording.Languages(), ", "))}
			}
			if len(args) == 1 {
				if err := knownReminder(cfg, args[0]); err != nil {
					return err
				}
			}
			for i := range r.Planner.Config.Reminders {
				rule := &r.Planner.Config.Reminders[i]
				if len(args) == 1 && rule.Name != args[0] {
					continue
				}
				if rule.Text == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%s makes a task and sends no text\n\n", rule.Name)
					continue
				}
				f, err := r.PreviewReminder(cmd.Context(), rule, about, *language)
				if err != nil {
					return fmt.Errorf("reminder %s: %w", rule.Name, err)
				}
				printPreview(cmd.OutOrStdout(), f, cfg)
			}
			return nil
		})
	}
	return cmd
}

func printPreview(w io.Writer, f plan.Forecast, cfg *config.Config) {
	fmt.Fprintf(w, "%s, %s, %s%s\n", f.Rule, f.Language, term.Count(f.Parts, "part", "parts"), price(f.Parts, cfg))
	if dear := sms.Dear(sms.Plain(f.Text)); len(dear) > 0 {
		fmt.Fprintf(w, "70 characters to a part instead of 160, because of %q\n", string(dear))
	}
	if f.Decision == plan.ForecastSkip {
		fmt.Fprintf(w, "it would not leave: %s\n", f.Why)
	}
	fmt.Fprintf(w, "  %s\n\n", strings.ReplaceAll(sms.Clean(f.Text), "\n", "\n  "))
}

// reminderNames completes the names of reminders.
func (a *app) reminderNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	cfg, err := a.quietConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return ruleNames(cfg), cobra.ShellCompDirectiveNoFileComp
}

func ruleNames(cfg *config.Config) (names []string) {
	for _, r := range cfg.Reminders {
		names = append(names, r.Name)
	}
	return names
}

func knownReminder(cfg *config.Config, name string) error {
	names := ruleNames(cfg)
	if slices.Contains(names, name) {
		return nil
	}
	if near, _ := record.Nearest(name, names); near != "" {
		return term.UsageError{Err: fmt.Errorf("no reminder %q in the config; did you mean %q?", name, near)}
	}
	return term.UsageError{Err: fmt.Errorf("no reminder %q in the config; there are %s", name, strings.Join(names, ", "))}
}

func (a *app) remindersList() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List the ledger: planned, sent, skipped and why, what leaves last first", Args: cobra.NoArgs,
	}
	format := term.FormatFlag(cmd)
	limit := term.LimitFlag(cmd)
	decision := cmd.Flags().String("decision", "", strings.Join(store.ReminderDecisions, ", "))
	rule := cmd.Flags().String("rule", "", "only of this reminder")
	contact := cmd.Flags().String("contact", "", "only to this contact: an id, or a number")
	since := cmd.Flags().String("since", "", whenForm)
	until := cmd.Flags().String("until", "", whenForm)
	if err := errors.Join(
		cmd.RegisterFlagCompletionFunc("decision", cobra.FixedCompletions(store.ReminderDecisions, cobra.ShellCompDirectiveNoFileComp)),
		cmd.RegisterFlagCompletionFunc("rule", a.reminderNames),
	); err != nil {
		panic(err) // the flags are there
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *decision != "" && !slices.Contains(store.ReminderDecisions, *decision) {
			return term.UsageError{Err: fmt.Errorf("--decision %s: there are %s", *decision, strings.Join(store.ReminderDecisions, ", "))}
		}
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			zone, err := localZone(cmd, cfg, tx)
			if err != nil {
				return err
			}
			f := store.ReminderFilter{Decision: *decision, Rule: *rule}
			if *since != "" {
				f.Since, err = clockArg(cfg, *since, tx.Now, zone, dayBegan)
			}
			if *until != "" && err == nil {
				f.Until, err = clockArg(cfg, *until, tx.Now, zone, dayEnds)
			}
			if *contact != "" && err == nil {
				_, owners, werr := whose(cmd, cfg, tx, *contact)
				if err = werr; err == nil && len(owners) == 0 {
					err = fmt.Errorf("no contact has the number %s", *contact)
				}
				if err == nil {
					f.ContactID = owners[0].ID
				}
			}
			if err != nil {
				return err
			}
			t, err := tx.ReminderTable(cmd.Context(), f, int(*limit))
			if err != nil {
				return err
			}
			return term.PrintTable(cmd.OutOrStdout(), t, *format, zone)
		})
	}
	return cmd
}

func (a *app) remindersShow() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show one with all that is known of it, and what can be done", Args: cobra.ExactArgs(1)}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := parseReminderID(args[0])
		if err != nil {
			return err
		}
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			r, err := trace.ReadReminder(cmd.Context(), tx, id)
			if err != nil {
				return listed(err, "reminders list")
			}
			return printStory(cmd, cfg, tx, &r, *format)
		})
	}
	return cmd
}

var reminderID = sms.Pattern(`^[0-9]+$`)

func parseReminderID(arg string) (int64, error) {
	bare := trace.Bare(trace.ReminderKind, arg)
	id, err := strconv.ParseInt(bare, 10, 64)
	if err != nil || !reminderID().MatchString(bare) {
		return 0, term.UsageError{Err: fmt.Errorf("%q is no id: ghlsms reminders list shows them", arg)}
	}
	return id, nil
}

func (a *app) remindersPause() *cobra.Command {
	cmd := &cobra.Command{
		Use: "pause --until TIME", Short: "Let no reminder leave until a time", Args: cobra.NoArgs,
		Long: `Let no reminder leave until a time: all, or those of one rule. Also one that is on its way to the
gateway in this moment stops. What is too late then is given up; the ledger says so.`,
	}
	until := cmd.Flags().String("until", "", whenForm)
	rule := cmd.Flags().String("rule", "", "only this reminder")
	reason := cmd.Flags().String("reason", "", "why, for those who ask")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *until == "" {
			return term.UsageError{Err: fmt.Errorf("until when? Give --until, %s", whenForm)}
		}
		return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
			zone, err := localZone(cmd, cfg, tx)
			if err != nil {
				return err
			}
			at, err := clockArg(cfg, *until, tx.Now, zone, dayEnds)
			switch {
			case err != nil:
				return err
			case !at.After(tx.Now):
				return term.UsageError{Err: fmt.Errorf("%s has passed", *until)}
			}
			if *rule != "" {
				if err := knownReminder(cfg, *rule); err != nil {
					return err
				}
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s until %s\n", health.PauseOf(*rule), at.In(zone).Format("Mon, Jan 2 15:04 MST"))
			return tx.SetPause(cmd.Context(), store.Pause{Rule: *rule, Until: at, Reason: *reason})
		})
	}
	return cmd
}

func (a *app) remindersResume() *cobra.Command {
	cmd := &cobra.Command{Use: "resume", Short: "End a pause: what is not too late leaves", Args: cobra.NoArgs}
	rule := cmd.Flags().String("rule", "", "the pause of this reminder only")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
			was, err := tx.EndPause(cmd.Context(), *rule)
			if err != nil {
				return err
			}
			pauses, err := tx.Pauses(cmd.Context())
			switch {
			case err != nil:
				return err
			case !was:
				fmt.Fprintln(cmd.ErrOrStderr(), "there was no such pause")
			default:
				fmt.Fprintln(cmd.ErrOrStderr(), "the pause is over")
			}
			for _, p := range pauses {
				fmt.Fprintf(cmd.ErrOrStderr(), "still %s until %s\n", health.PauseOf(p.Rule), p.Until.Format(time.RFC3339))
			}
			return nil
		})
	}
	return cmd
}

func (a *app) remindersCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID...", Short: "Cancel reminders that have not left", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
				for _, arg := range args {
					id, err := parseReminderID(arg)
					if err == nil {
						err = tx.CancelReminder(cmd.Context(), id, "cancelled by hand")
					}
					if err != nil {
						return listed(err, "reminders list")
					}
					fmt.Fprintf(cmd.ErrOrStderr(), "reminder %d does not leave\n", id)
				}
				return nil
			})
		},
	}
}
