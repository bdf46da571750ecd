package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/cmd/ghlsms/trace"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

// The commands that edit the mirror. An edit is stored at once and reaches the CRM at the
// daemon's next cycle, or when the network is back.

func (a *app) contactCommand() *cobra.Command {
	cmd := group("contact", "Look at contacts and edit them")
	cmd.AddCommand(
		a.listCommand("contacts"),
		a.showCommand(store.Contact),
		a.setCommand(store.Contact, "Change fields: email=jane@example.com tags=vip,new"),
		a.optCommand("opt-out", "Stop all texts to a number or contact"),
		a.optCommand("opt-in", "Allow texts again: only where the person asked for it"),
		a.deleteCommand(store.Contact), a.keepCommand(store.Contact),
	)
	return cmd
}

func (a *app) taskCommand() *cobra.Command {
	cmd := group("task", "Look at tasks and edit them")
	cmd.AddCommand(
		a.listCommand("tasks"),
		a.showCommand(store.Task),
		a.setCommand(store.Task, "Change fields: title='Call back' due='2026-11-24 15:00'"),
		a.fixedCommand(store.Task, "done ID", "Complete a task", store.Completed, "true"),
		a.fixedCommand(store.Task, "reopen ID", "Open a task again", store.Completed, "false"),
		a.addTaskCommand(),
		a.deleteCommand(store.Task), a.keepCommand(store.Task),
	)
	return cmd
}

func (a *app) appointmentCommand() *cobra.Command {
	cmd := group("appointment", "Look at appointments and edit them")
	cmd.AddCommand(
		a.listCommand("agenda"),
		a.showCommand(store.Appointment),
		a.setCommand(store.Appointment, "Change fields: status=confirmed start='2026-11-24 15:00'"),
		a.fixedCommand(store.Appointment, "confirm ID", "Confirm an appointment", store.Status, "confirmed"),
		a.fixedCommand(store.Appointment, "cancel ID", "Cancel an appointment", store.Status, "cancelled"),
		a.deleteCommand(store.Appointment), a.keepCommand(store.Appointment),
	)
	return cmd
}

func group(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}

// listCommand is a report under the name of what it lists.
func (a *app) listCommand(report string) *cobra.Command {
	cmd := a.reportCommand()
	answer := cmd.RunE
	cmd.Use, cmd.Short, cmd.Long, cmd.Args = "list", "List them", "", cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return answer(cmd, []string{report}) }
	return cmd
}

func (a *app) showCommand(e store.Entity) *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show one, with what waits for the CRM", Args: cobra.ExactArgs(1)}
	format := term.FormatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			r, err := findRecord(cmd, tx, e, args[0])
			if err != nil {
				return err
			}
			zone, err1 := localZone(cmd, cfg, tx)
			names, _, err2 := config.FieldNames(cmd.Context(), cfg, tx)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
			t := store.Table{Columns: []string{"field", "value", "in_crm"}, Rows: [][]any{{"id", r.ID, r.CRMID}}}
			if e != store.Contact && r.ContactID != 0 {
				owner, err := tx.Record(cmd.Context(), store.Contact, r.ContactID)
				if err != nil {
					return err
				}
				name := strings.TrimSpace(owner.Get(store.FirstName) + " " + owner.Get(store.LastName))
				t.Rows = append(t.Rows, []any{"contact", strings.TrimSpace(fmt.Sprintf("%s (contact/%d)", name, owner.ID)), owner.CRMID})
			}
			if !r.GoneAt.IsZero() {
				t.Rows = append(t.Rows, []any{"deletion", "gone from the CRM since " + r.GoneAt.In(zone).Format("2006-01-02 15:04"), nil})
			} else if !r.DoomedAt.IsZero() {
				t.Rows = append(t.Rows, []any{"deletion", "waits since " + r.DoomedAt.In(zone).Format("2006-01-02 15:04"), nil})
			}
			for _, field := range r.CRM().Names(r.Edits) {
				t.Rows = append(t.Rows, []any{field, r.Get(field), r.CRM()[field]})
			}
			if e == store.Contact {
				sayOwn(t, names)
			}
			return term.PrintTable(cmd.OutOrStdout(), t, *format, zone)
		})
	}
	return cmd
}

func (a *app) setCommand(e store.Entity, short string) *cobra.Command {
	return &cobra.Command{
		Use: "set ID FIELD=VALUE...", Short: short, Args: cobra.MinimumNArgs(2),
		Long: short + ".\nAn empty value clears a field. The edit reaches the CRM at the daemon's next cycle.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
				zone, err := localZone(cmd, cfg, tx)
				if err != nil {
					return err
				}
				named := asIs
				if e == store.Contact {
					named = func(field string) (string, error) { return mirrorField(cmd.Context(), cfg, tx, field) }
				}
				patch, err := parseEdits(e, args[1:], cfg.Region, zone, named)
				if err != nil {
					return term.UsageError{Err: err}
				}
				return editRecord(cmd, tx, e, args[0], patch)
			})
		},
	}
}

func (a *app) fixedCommand(e store.Entity, use, short, field, value string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
				return editRecord(cmd, tx, e, args[0], store.Fields{field: value})
			})
		},
	}
}

// asIs is for records whose fields have no other names.
func asIs(field string) (string, error) { return field, nil }

// parseEdits reads FIELD=VALUE, each field as named says.
func parseEdits(e store.Entity, args []string, region string, zone *time.Location, named func(string) (string, error)) (store.Fields, error) {
	patch := store.Fields{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is no FIELD=VALUE", arg)
		}
		field, err := named(name)
		if err != nil {
			return nil, err
		}
		value, err = record.Canonical(e, field, value, region, zone)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if _, twice := patch[field]; twice {
			return nil, fmt.Errorf("%s: given twice; keep one of them", name)
		}
		patch[field] = value
	}
	return patch, nil
}

// findRecord finds a record by what a person typed.
func findRecord(cmd *cobra.Command, tx *store.Tx, e store.Entity, id string) (store.Record, error) {
	r, err := tx.FindRecord(cmd.Context(), e, id)
	if bare := trace.Bare(string(e), id); bare != id && errors.Is(err, store.ErrNoRecord) {
		r, err = tx.FindRecord(cmd.Context(), e, bare)
	}
	if errors.Is(err, store.ErrNoRecord) {
		err = fmt.Errorf("%s %q: %w: ghlsms %s list shows what is", e, id, store.ErrNoRecord, e)
	}
	return r, err
}

// listed names the command that shows which ids there are, where there is none such.
func listed(err error, command string) error {
	for _, none := range []error{store.ErrNoIntent, store.ErrNoBrake, store.ErrNoConflict, store.ErrNoReminder} {
		if errors.Is(err, none) {
			return fmt.Errorf("%w: ghlsms %s shows what is", err, command)
		}
	}
	return err
}

func editRecord(cmd *cobra.Command, tx *store.Tx, e store.Entity, id string, patch store.Fields) error {
	r, err := findRecord(cmd, tx, e, id)
	if err != nil {
		return err
	}
	if !r.GoneAt.IsZero() {
		return fmt.Errorf("%s %s was deleted in the CRM", e, id)
	}
	if end, given := patch[store.End]; given && e == store.Appointment {
		if start := cmp.Or(patch[store.Start], r.Get(store.Start)); end <= start {
			return term.UsageError{Err: errors.New("end: this is not after the start; give both")}
		}
	}
	changed, err := tx.Edit(cmd.Context(), e, r.ID, patch, store.ByPerson)
	if err != nil {
		return err
	}
	if !changed {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s %s is like that already\n", e, id)
		return nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s %s changed here; the CRM gets it at the next cycle\n", e, id)
	return nil
}

func (a *app) addTaskCommand() *cobra.Command {
	var due, body, assign string
	cmd := &cobra.Command{
		Use: "add CONTACT TITLE", Short: "Make a task for a contact", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
				contact, err := findRecord(cmd, tx, store.Contact, args[0])
				if err != nil {
					return err
				}
				zone, err := localZone(cmd, cfg, tx)
				if err != nil {
					return err
				}
				at := tx.Now.Add(24 * time.Hour)
				if cmd.Flags().Changed("due") {
					if at, err = dueArg(cfg, due, tx.Now, zone); err != nil {
						return err
					}
				}
				fields := []string{"title=" + args[1], "due=" + at.Format(time.RFC3339), "body=" + body, "assigned_to=" + assign, "completed=false"}
				value, err := parseEdits(store.Task, fields, cfg.Region, zone, asIs)
				if err != nil {
					return term.UsageError{Err: err}
				}
				id, err := tx.Create(cmd.Context(), store.Task, contact.ID, store.Fields{}.With(value), store.ByPerson)
				if err == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "task %d made here, due %s; the CRM gets it at the next cycle\n", id, at.In(zone).Format(fullForm))
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&due, "due", "", "when it is due: "+whenForm+" (default: in 24 hours)")
	cmd.Flags().StringVar(&body, "body", "", "more words")
	cmd.Flags().StringVar(&assign, "assign", "", "the CRM user id of who should do it")
	return cmd
}

// optCommand sets or lifts an opt-out, by hand, for a contact or a bare number.
func (a *app) optCommand(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use + " ID|NUMBER", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
				number, contacts, err := whose(cmd, cfg, tx, args[0])
				if err != nil {
					return err
				}
				if use == "opt-out" {
					err = plan.OptOut(cmd.Context(), tx, store.OptOut{Number: number, Source: "person", Reason: "set on the command line"})
				} else {
					err = optIn(cmd, tx, number, contacts)
				}
				if err == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: done here; the CRM gets it at the next cycle\n", cmd.Name())
				}
				return err
			})
		},
	}
}

func whose(cmd *cobra.Command, cfg *config.Config, tx *store.Tx, arg string) (number string, contacts []store.Record, err error) {
	if strings.HasPrefix(arg, "+") {
		p, err := sms.ParsePhone(arg, cfg.Region)
		if err != nil {
			return "", nil, term.UsageError{Err: fmt.Errorf("%q: %w; write it like +15550100", arg, err)}
		}
		number = string(p)
	} else {
		r, err := findRecord(cmd, tx, store.Contact, arg)
		if err != nil {
			return "", nil, fmt.Errorf("%w; a number begins with +", err)
		}
		if number = r.Get(store.Phone); number == "" {
			return "", nil, fmt.Errorf("contact %s has no phone number", arg)
		}
	}
	contacts, err = tx.ContactsBy(cmd.Context(), store.Phone, number)
	return number, contacts, err
}

func optIn(cmd *cobra.Command, tx *store.Tx, number string, contacts []store.Record) error {
	for _, c := range contacts {
		if c.Get(store.DNDSMS) == "permanent" {
			return fmt.Errorf("contact %d is opted out permanently in the CRM: the person must text START", c.ID)
		}
		if c.Get(store.DND) == "true" {
			return fmt.Errorf("contact %d is set to do-not-disturb on all channels in the CRM: lift that there", c.ID)
		}
	}
	return plan.OptIn(cmd.Context(), tx, number, "command line", true)
}
