// Package daemon is the engine with everything it stands on: the lock, the mirror, both clients, the schedule,
// backups and metrics. One process has it.
package daemon

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	gosync "sync"

	"ghlsms/cmd/ghlsms/alarm"
	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/health"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync"
)

// NewEngine wires the engine for an open mirror. close ends what it holds open itself.
func NewEngine(ctx context.Context, cfg *config.Config, db *store.DB, log *slog.Logger) (e *sync.Engine, closeAll func() error, err error) {
	r, err := config.Compile(cfg)
	if err != nil {
		return nil, nil, err
	}
	r.Identity = TokenIdentity(cfg)
	crm, err := NewCRM(ctx, cfg, db, log)
	if err != nil {
		return nil, nil, err
	}
	driver := config.GatewayNamed(cfg.SMS.Provider)
	if driver.Open == nil {
		return nil, nil, cfg.Problem("sms.provider", "no provider %q", cfg.SMS.Provider)
	}
	gateway, closeAll, err := driver.Open(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	return &sync.Engine{DB: db, CRM: crm, Gateway: gateway, Config: r, Log: log, Watermark: cfg.Store.Mark}, closeAll, nil
}

// NewCRM is the client of the CRM, let in as the config says.
func NewCRM(ctx context.Context, cfg *config.Config, db *store.DB, log *slog.Logger) (*ghl.Client, error) {
	token, client, err := tokenSource(ctx, cfg, db, log)
	if err != nil {
		return nil, err
	}
	return ghl.New(ghl.Options{BaseURL: cfg.GHL.BaseURL, Location: ghl.LocationID(cfg.GHL.LocationID), Log: log, Token: token, HTTP: client})
}

// Daemon is an engine with everything it stands on, owned by this process alone.
type Daemon struct {
	Engine  *sync.Engine
	Config  *config.Config
	Alarms  alarm.Options            // how people are told
	Free    func(path string) uint64 // bytes on the disk of a path; 0: not known
	watch   func() *watch            // the one watch, made when it is first needed
	log     *slog.Logger
	closers []func() error
}

// Open takes the lock, opens the mirror and wires the engine.
func Open(ctx context.Context, cfg *config.Config, stderr io.Writer) (*Daemon, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	log := term.NewLogger(stderr, cfg.Log.Level, cfg.Log.Format, cfg.Location(), cfg.Secrets()...)
	for _, w := range cfg.Warnings() {
		log.Warn("config", "warning", w)
	}
	release, err := Lock(cfg.Store.Path)
	if err != nil {
		return nil, err
	}
	d := &Daemon{Config: cfg, Alarms: alarm.Options{Version: Version()}, Free: health.FreeSpace, log: log, closers: []func() error{func() error { release(); return nil }}}
	d.watch = gosync.OnceValue(func() *watch { return newWatch(d) })
	db, err := store.Open(ctx, cfg.Store.Path)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.closers = append(d.closers, db.Close)
	if copied := db.Before(); copied != "" {
		log.Info("the mirror was brought up to this version; as it was before it is kept", "copy", copied)
	}
	engine, closeEngine, err := NewEngine(ctx, cfg, db, log)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	engine.Progress = term.ImportProgress(stderr, log)
	d.Engine, d.closers = engine, append(d.closers, closeEngine)
	err = engine.NameFields(ctx)
	if err == nil {
		err = config.NamePolicies(ctx, cfg, db, &engine.Config)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close undoes Open, in reverse order.
func (d *Daemon) Close() error {
	var errs []error
	for _, closeOne := range slices.Backward(d.closers) {
		errs = append(errs, closeOne())
	}
	return errors.Join(errs...)
}
