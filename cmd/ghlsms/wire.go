package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync"
	"ghlsms/sync/inbound"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// rules turns the config into what the engine goes by.
func rules(cfg *Config) (plan.Config, error) {
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
		Location: ghl.LocationID(cfg.GHL.LocationID), Timezone: cfg.Location(), Region: cfg.Region, From: cfg.SMS.From,
		Business: cfg.Inbound.Business, Fields: record.OwnNames(cfg.Fields),
		Past: cfg.Appointments.Past.Std(), Ahead: cfg.Appointments.Ahead.Std(), TextingHours: cfg.TextingHours.hours(),
		SettleAfter: cfg.Outbox.SettleAfter.Std(), StaleAfter: cfg.Alarms.StaleAfter.Std(), UndecidedAfter: cfg.Alarms.UndecidedAfter.Std(),
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
		Merge:                mergeRules(cfg, cfg.ownFields(store.Contact)), Book: bookRule(cfg),
		Notes: plan.NotesRule{Every: cfg.Sync.Notes.Every.Std(), Calls: cfg.Sync.Notes.Calls},
	}
	if r.Reminders, err = reminderRules(cfg); err != nil {
		errs = append(errs, err)
	}
	if t := cfg.Inbound.WelcomeTask; t != nil {
		r.Inbound.WelcomeTask = &wording.Task{
			Title: parse("inbound.welcome_task.title", t.Title), Body: parse("inbound.welcome_task.body", t.Body),
			Due: t.Due.Std(), AssignTo: t.AssignTo,
		}
	}
	if r.Rules, err = ruleSet(cfg); err != nil {
		errs = append(errs, err)
	}
	for _, s := range cfg.Staff {
		r.Staff = append(r.Staff, sms.Phone(s))
	}
	return r, errors.Join(errs...)
}

// newEngine wires the engine for an open mirror. close ends what it holds open itself.
func newEngine(ctx context.Context, cfg *Config, db *store.DB, log *slog.Logger) (e *sync.Engine, closeAll func() error, err error) {
	r, err := rules(cfg)
	if err != nil {
		return nil, nil, err
	}
	r.Identity = identity(cfg)
	crm, err := newCRM(ctx, cfg, db, log)
	if err != nil {
		return nil, nil, err
	}
	driver := GatewayNamed(cfg.SMS.Provider)
	if driver.Open == nil {
		return nil, nil, cfg.Problem("sms.provider", "no provider %q", cfg.SMS.Provider)
	}
	gateway, closeAll, err := driver.Open(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return &sync.Engine{DB: db, CRM: crm, Gateway: gateway, Config: r, Log: log, Watermark: cfg.Store.Mark}, closeAll, nil
}

// newCRM is the client of the CRM, let in as the config says.
func newCRM(ctx context.Context, cfg *Config, db *store.DB, log *slog.Logger) (*ghl.Client, error) {
	token, client, err := tokenSource(ctx, cfg, db, log)
	if err != nil {
		return nil, err
	}
	return ghl.New(ghl.Options{BaseURL: cfg.GHL.BaseURL, Location: ghl.LocationID(cfg.GHL.LocationID), Log: log, Token: token, HTTP: client})
}

// daemon is an engine with everything it stands on, owned by this process alone.
type daemon struct {
	engine  *sync.Engine
	cfg     *Config
	log     *slog.Logger
	closers []func() error
}

// openDaemon takes the lock, opens the mirror and wires the engine.
func openDaemon(ctx context.Context, cfg *Config, stderr io.Writer) (*daemon, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	log := newLogger(stderr, cfg.Log.Level, cfg.Log.Format, cfg.secrets()...)
	for _, w := range cfg.Warnings() {
		log.Warn("config", "warning", w)
	}
	release, err := lockDatabase(cfg.Store.Path)
	if err != nil {
		return nil, err
	}
	d := &daemon{cfg: cfg, log: log, closers: []func() error{func() error { release(); return nil }}}
	db, err := store.Open(ctx, cfg.Store.Path)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.closers = append(d.closers, db.Close)
	if copied := db.Before(); copied != "" {
		log.Info("the mirror was brought up to this version; as it was before it is kept", "copy", copied)
	}
	engine, closeEngine, err := newEngine(ctx, cfg, db, log)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	engine.Progress = importProgress(stderr, log)
	d.engine, d.closers = engine, append(d.closers, closeEngine)
	err = engine.NameFields(ctx)
	if err == nil {
		err = namePolicies(ctx, cfg, db, &engine.Config)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// close undoes openDaemon, last first.
func (d *daemon) close() error {
	var errs []error
	for _, closeOne := range slices.Backward(d.closers) {
		errs = append(errs, closeOne())
	}
	return errors.Join(errs...)
}
