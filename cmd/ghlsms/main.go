// Ghlsms keeps a HighLevel location and an SMS gateway in step.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // the host may have no time zones

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/alarm"
	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/health"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync"
)

// gcPercent trades a little time for memory: the host is small, and the work is mostly waiting.
const gcPercent = 40

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes that scripts rely on.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2 // usage or config
	exitHeld    = 3 // held by a brake
	exitWaiting = 4 // something waits for a person
)

// run is the whole program: data goes to stdout, talk to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&term.SafeWriter{W: stdout})
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(stderr, "ghlsms:", sms.Clean(err.Error())) // it may quote what others wrote
	}
	return exitCode(err)
}

// waitingError says that something is left for a person to decide.
type waitingError struct{ held, unknown, conflicts, brakes, failed, missed, undelivered, troubles int }

func (e waitingError) Error() string {
	var all []string
	for _, one := range []struct {
		n                  int
		what, more, remedy string
	}{
		{e.unknown, "effect has an unclear outcome", "effects have an unclear outcome", "ghlsms outbox list"},
		{e.failed, "effect failed", "effects failed", "ghlsms outbox list --state failed, then ghlsms trouble ack effects-failed"},
		{e.missed, "text was too late", "texts were too late", "ghlsms reminders list --decision skipped, then ghlsms trouble ack reminders-missed"},
		{e.undelivered, "text did not arrive", "texts did not arrive", "ghlsms report texts, then ghlsms trouble ack texts-undelivered"},
		{e.conflicts, "conflict waits for you", "conflicts wait for you", "ghlsms conflicts list"},
		{e.brakes, "brake holds something", "brakes hold something", "ghlsms held list"},
		{e.held, "effect is held", "effects are held", "ghlsms held list"},
		{e.troubles, "trouble lasts", "troubles last", "ghlsms trouble list"},
	} {
		if one.n > 0 {
			all = append(all, term.Count(one.n, one.what, one.more)+": "+one.remedy)
		}
	}
	return strings.Join(all, "; ")
}

func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if _, ok := errors.AsType[term.UsageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*config.Error](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*sync.BrakeError](err); ok {
		return exitHeld
	}
	if w, ok := errors.AsType[waitingError](err); ok {
		if w.unknown+w.conflicts+w.failed+w.missed+w.undelivered+w.troubles > 0 {
			return exitWaiting
		}
		return exitHeld
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	a := &app{}
	root := &cobra.Command{
		Use:   "ghlsms",
		Short: "Keep a HighLevel location and an SMS gateway in step",
		Long: `ghlsms keeps a HighLevel location (contacts, tasks, notes, appointments) and an SMS
gateway in step, in both directions, by polling, over one SQLite file.

Try it without any account:   ghlsms demo`,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return term.UsageError{Err: fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
	})
	root.PersistentFlags().StringVarP(&a.configFile, "config", "c", os.Getenv("GHLSMS_CONFIG"), "config file (environment: GHLSMS_CONFIG)")
	root.AddCommand(
		demoCommand(), a.runCommand(), a.onceCommand(), a.planCommand(), a.applyCommand(), a.statusCommand(), a.reportCommand(), a.outboxCommand(),
		a.heldCommand(), a.conflictsCommand(), a.historyCommand(), a.undoCommand(), a.traceCommand(), a.textsCommand(), a.remindersCommand(),
		a.contactCommand(), a.taskCommand(), a.noteCommand(), a.appointmentCommand(), a.authCommand(), a.backupCommand(), a.restoreCommand(), a.checkCommand(), operationsCommand(), versionCommand(),
		alarm.Command(a.config, daemon.Version()), health.Command(a.view, a.edit),
	)
	usageArgs(root)
	return root
}

// usageArgs makes a wrong number of arguments a usage error everywhere.
func usageArgs(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return term.UsageError{Err: fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageArgs(sub)
	}
}

// app is what the commands share.
type app struct{ configFile string }

// config loads the config file, secrets included.
func (a *app) config() (*config.Config, error) {
	if a.configFile == "" {
		return nil, term.UsageError{Err: errors.New("which config? Give -c FILE, or set GHLSMS_CONFIG")}
	}
	return config.Load(a.configFile)
}

// quietConfig loads the config file for commands that call nobody: secrets are not needed.
func (a *app) quietConfig() (*config.Config, error) {
	if a.configFile == "" {
		return nil, term.UsageError{Err: errors.New("which config? Give -c FILE, or set GHLSMS_CONFIG")}
	}
	return config.LoadWithoutSecrets(a.configFile)
}

// view runs fn on one picture of the mirror, also while the daemon writes. What it prints is
// printed afterwards: a terminal that does not take it must not hold the picture.
func (a *app) view(cmd *cobra.Command, fn func(*config.Config, *store.Tx) error) error {
	cfg, err := a.quietConfig()
	if err != nil {
		return err
	}
	db, err := store.OpenReader(cmd.Context(), cfg.Store.Path)
	if err != nil {
		return err
	}
	defer db.Close()
	printing := holdBack(cmd)
	err = db.View(cmd.Context(), func(tx *store.Tx) error { return fn(cfg, tx) })
	return errors.Join(err, printing())
}

// edit runs fn in a small write transaction beside the daemon. What it says is said once it is
// stored.
func (a *app) edit(cmd *cobra.Command, fn func(*config.Config, *store.Tx) error) error {
	cfg, err := a.quietConfig()
	if err != nil {
		return err
	}
	db, err := store.OpenEditor(cmd.Context(), cfg.Store.Path)
	if err != nil {
		return err
	}
	defer db.Close()
	db.Who = health.Who()
	printing := holdBack(cmd)
	if err := db.Update(cmd.Context(), func(tx *store.Tx) error { return fn(cfg, tx) }); err != nil {
		return err
	}
	return printing()
}

// holdBack buffers what a command prints until the returned function is called.
func holdBack(cmd *cobra.Command) (printing func() error) {
	out, talk := cmd.OutOrStdout(), cmd.ErrOrStderr()
	var heldOut, heldTalk bytes.Buffer
	cmd.SetOut(&heldOut)
	cmd.SetErr(&heldTalk)
	return func() error {
		cmd.SetOut(out)
		cmd.SetErr(talk)
		_, err1 := heldOut.WriteTo(out)
		_, err2 := io.WriteString(talk, sms.Visible(heldTalk.String()))
		return errors.Join(err1, err2)
	}
}
