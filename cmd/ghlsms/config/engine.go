package config

import (
	"context"
	"errors"
	"maps"
	"slices"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/inbound"
	"ghlsms/sync/merge"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/spec"
	"ghlsms/sync/trouble"
	"ghlsms/sync/wording"
)

// Compile turns the config into what the engine goes by.
func Compile(cfg *Config) (plan.Config, error) {
	var errs []error
	own := slices.Sorted(maps.Keys(cfg.Fields))
	parsed := func(path, text string, parse func(name, text string, fields ...string) (*wording.Template, error)) *wording.Template {
		if text == "" {
			return nil
		}
		t, err := parse(path, text, own...)
		if err != nil {
			errs = append(errs, cfg.Problem(path, "%v", err))
		}
		return t
	}
	parse := func(path, text string) *wording.Template { return parsed(path, text, wording.Parse) }
	words, err := cfg.Inbound.vocabulary()
	if err != nil {
		errs = append(errs, cfg.Problem("inbound.words", "%v", err))
	}
	r := plan.Config{
		Inbound: inbound.Config{
			Words: words, Cutoff: cfg.Inbound.Cutoff.Std(), PIN: cfg.Inbound.PIN.Reveal(), Tag: cfg.Inbound.Tag,
			StaffActs: cfg.Inbound.StaffCommands != staffNobody, StaffUsers: cfg.Inbound.StaffCommands == staffUsers,
			WelcomeText: parse("inbound.welcome_text", cfg.Inbound.WelcomeText), HelpText: parse("inbound.help_text", cfg.Inbound.HelpText),
		},
		Location: cfg.GHL.LocationID, Timezone: cfg.Location(), Region: cfg.Region, From: cfg.SMS.From,
		Business: cfg.Inbound.Business, Fields: record.OwnNames(cfg.Fields),
		Past: cfg.Appointments.Past.Std(), Ahead: cfg.Appointments.Ahead.Std(), TextingHours: cfg.TextingHours.Compile(),
		Clock: hours.Whose(cfg.Clock), Clocks: map[string]hours.Whose{},
		SettleAfter: cfg.Outbox.SettleAfter.Std(), StaleAfter: cfg.Alarms.StaleAfter.Std(), UndecidedAfter: cfg.Alarms.UndecidedAfter.Std(), AgainAfter: cfg.Alarms.AgainAfter.Std(), LowBalance: cfg.Alarms.LowBalance, OAuth: cfg.GHL.OAuth != nil,
		Limits: plan.Limits{
			TextsPerHour: cfg.Limits.TextsPerHour, TextsPerDay: cfg.Limits.TextsPerDay, TextsPerPersonPerDay: cfg.Limits.TextsPerPersonPerDay,
			NewContactsPerHour: cfg.Limits.NewContactsPerHour, NewContactsPerDay: cfg.Limits.NewContactsPerDay,
			Quota: inbound.Quota{
				AnswersPerPersonPerHour: cfg.Limits.AnswersPerPersonPerHour,
				TasksPerPersonPerDay:    cfg.Limits.TasksPerPersonPerDay, TasksPerHour: cfg.Limits.TasksPerHour,
			},
			GoneShare: cfg.Limits.GoneShare, GoneMost: cfg.Limits.GoneMost, ChangedShare: cfg.Limits.ChangedShare,
		},
		Language: cfg.language(), LanguageField: cfg.LanguageField,
		ConversationProvider: cfg.GHL.ConversationProvider,
		Merge:                cfg.Sync.Compile(cfg.ownFields()), Book: BookRule(cfg),
		Notes: plan.NotesRule{Every: cfg.Sync.Notes.Every.Std(), Calls: cfg.Sync.Notes.Calls},
	}
	for calendar, whose := range cfg.Clocks {
		r.Clocks[calendar] = hours.Whose(whose)
	}
	r.StaffUntold = !cfg.Alarms.Staff
	var found []spec.Problem
	r.Reminders, found = remind.Compile(cfg.Reminders, cfg.reminderEnv(cfg.src))
	if err := cfg.problems("reminders", found); err != nil {
		errs = append(errs, err)
	}
	if t := cfg.Inbound.WelcomeTask; t != nil {
		r.Inbound.WelcomeTask = t.Compile("inbound.welcome_task", parse)
	}
	if r.Rules, err = RuleSet(cfg); err != nil {
		errs = append(errs, err)
	}
	for _, s := range cfg.Staff {
		r.Staff = append(r.Staff, sms.Phone(s))
	}
	return r, errors.Join(errs...)
}

// BookRule says how the gateway's address book is kept in step; nil: not at all.
func BookRule(cfg *Config) *merge.BookRule { return cfg.Sync.AddressBook.Compile(cfg.ownFields()) }

// NamePolicies makes the policies of custom fields follow the owner's names for them. What those
// stand for is known once the CRM has listed its fields, and may change when it lists them again:
// ask for it before every cycle.
func NamePolicies(ctx context.Context, cfg *Config, db *store.DB, r *plan.Config) error {
	if len(cfg.Sync.Contacts.Fields) == 0 || !r.Fields.Custom() {
		return nil
	}
	return db.View(ctx, func(tx *store.Tx) error {
		names, _, err := FieldNames(ctx, cfg, tx)
		if err == nil {
			r.Merge = cfg.Sync.Compile(names)
		}
		return err
	})
}

// TroubleLook is what troubles are looked for by.
func (c *Config) TroubleLook() trouble.Look {
	r, err := Compile(c)
	if err != nil { // a loaded config compiles
		return trouble.Look{StaleAfter: c.Alarms.StaleAfter.Std(), UndecidedAfter: c.Alarms.UndecidedAfter.Std(), AgainAfter: c.Alarms.AgainAfter.Std(), Zone: c.Location()}
	}
	return r.TroubleLook()
}
