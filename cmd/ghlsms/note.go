package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync/record"
)

func (a *app) noteCommand() *cobra.Command {
	cmd := group("note", "Look at notes on contacts and edit them")
	cmd.AddCommand(
		a.noteList(),
		a.showCommand(store.Note),
		a.noteAdd(),
		a.setCommand(store.Note, "Change fields: body='Prefers mornings'"),
		a.deleteCommand(store.Note), a.keepCommand(store.Note),
	)
	return cmd
}

func (a *app) noteList() *cobra.Command {
	cmd := &cobra.Command{Use: "list [CONTACT]", Short: "List them, newest first", Args: cobra.MaximumNArgs(1)}
	format := term.FormatFlag(cmd)
	limit := term.LimitFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.view(cmd, func(cfg *config.Config, tx *store.Tx) error {
			var contact store.Record
			var err error
			if len(args) > 0 {
				if contact, err = findRecord(cmd, tx, store.Contact, args[0]); err != nil {
					return err
				}
			}
			t, err := tx.NotesOf(cmd.Context(), contact.ID, int(*limit))
			if err != nil {
				return err
			}
			return a.printNamed(cmd, cfg, tx, t, *format)
		})
	}
	return cmd
}

func (a *app) noteAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add CONTACT TEXT", Short: "Make a note on a contact", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
				contact, err := findRecord(cmd, tx, store.Contact, args[0])
				if err != nil {
					return err
				}
				if !contact.GoneAt.IsZero() {
					return fmt.Errorf("contact %s was deleted in the CRM", args[0])
				}
				body, err := record.Canonical(store.Note, store.Body, args[1], cfg.Region, cfg.Location())
				if err != nil {
					return term.UsageError{Err: fmt.Errorf("text: %w", err)}
				}
				id, err := tx.Create(cmd.Context(), store.Note, contact.ID, store.Fields{store.Body: body}, store.ByPerson)
				if err == nil {
					fmt.Fprintf(cmd.ErrOrStderr(), "note %d made here; the CRM gets it at the next cycle\n", id)
				}
				return err
			})
		},
	}
}

// deleteCommand has a record deleted in the CRM, where the config allows that.
func (a *app) deleteCommand(e store.Entity) *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: fmt.Sprintf("Have this %s deleted in the CRM", e), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(cfg *config.Config, tx *store.Tx) error {
				r, err := findRecord(cmd, tx, e, args[0])
				if err != nil {
					return err
				}
				switch {
				case !r.GoneAt.IsZero():
					return fmt.Errorf("%s %s is deleted already", e, args[0])
				case !r.DoomedAt.IsZero():
					fmt.Fprintf(cmd.ErrOrStderr(), "%s %s waits for its deletion already; ghlsms %s keep %s spares it\n", e, args[0], e, args[0])
					return nil
				}
				if err := mayDelete(cfg, &r); err != nil {
					return err
				}
				if err := tx.Doom(cmd.Context(), e, r.ID); err != nil {
					return err
				}
				if r.CRMID == "" {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s %s is given up; the CRM never had it\n", e, args[0])
					return nil
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s %s is deleted in the CRM at the next cycle; until then ghlsms %s keep %s spares it\n", e, args[0], e, args[0])
				return nil
			})
		},
	}
}

// mayDelete is why a record may not be deleted from here. What the CRM never had may always be.
func mayDelete(cfg *config.Config, r *store.Record) error {
	rule, err := config.Compile(cfg)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("sync.%ss", r.Entity)
	switch {
	case r.CRMID == "":
	case rule.Merge[r.Entity].ReadOnly:
		return cfg.Problem(key, "%ss are only read, so none is deleted", r.Entity)
	case !rule.Merge[r.Entity].Deletes:
		return cfg.Problem(key, "deleting %ss is not allowed: set %s.deletes to true", r.Entity, key)
	}
	return nil
}

// keepCommand withdraws the request for a record's deletion.
func (a *app) keepCommand(e store.Entity) *cobra.Command {
	return &cobra.Command{
		Use: "keep ID", Short: fmt.Sprintf("Spare this %s if it waits for its deletion", e), Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.edit(cmd, func(_ *config.Config, tx *store.Tx) error {
				r, err := findRecord(cmd, tx, e, args[0])
				if err != nil {
					return err
				}
				flying, err := tx.InFlight(cmd.Context(), e, r.ID)
				switch {
				case err != nil:
					return err
				case !r.GoneAt.IsZero():
					return fmt.Errorf("%s %s is deleted already", e, args[0])
				case r.DoomedAt.IsZero():
					return fmt.Errorf("%s %s does not wait for a deletion", e, args[0])
				case flying:
					return fmt.Errorf("%s %s is being deleted: ghlsms outbox list", e, args[0])
				}
				if err := tx.Spare(cmd.Context(), e, r.ID); err != nil {
					return err
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%s %s stays\n", e, args[0])
				return nil
			})
		},
	}
}
