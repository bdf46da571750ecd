package alarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
)

// wayNames are all ways that can be tried.
var wayNames = []string{"webhook", "ntfy", "email", "heartbeat"}

// Command is `ghlsms alarms`. load reads the config, secrets included.
func Command(load func() (*config.Config, error), version string) *cobra.Command {
	cmd := &cobra.Command{
		Use: "alarms", Short: "Show and try the ways on which trouble is told", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(listCommand(load), testCommand(load, version))
	return cmd
}

func listCommand(load func() (*config.Config, error)) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the ways that are set, without their secrets", Args: cobra.NoArgs}
	format := term.FormatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load()
		if err != nil {
			return err
		}
		if why := cfg.Untold(); why != "" {
			cmd.PrintErrln(why)
		}
		return term.PrintTable(cmd.OutOrStdout(), listed(cfg), *format, cfg.Location())
	}
	return cmd
}

// listed are the ways that are set, one a row.
func listed(cfg *config.Config) store.Table {
	t := store.Table{Columns: []string{"way", "goes_to", "set_by", "also"}}
	a := cfg.Alarms
	add := func(way, to, key, also string) { t.Rows = append(t.Rows, []any{way, to, key, also}) }
	if a.Webhook != "" {
		add("webhook", shown(a.Webhook), keyOf("alarms.webhook", a.WebhookFile), either(a.WebhookSecret != "", "signed", "not signed"))
	}
	if a.NTFY != "" {
		add("ntfy", shown(a.NTFY), keyOf("alarms.ntfy", a.NTFYFile), either(a.NTFYToken != "", "with a token", ""))
	}
	if e := a.Email; e.Set() {
		add("email", e.SMTP, "alarms.email", e.TLS+", "+term.Count(len(e.To), "recipient", "recipients"))
	}
	if a.Heartbeat != "" {
		add("heartbeat", shown(a.Heartbeat), keyOf("alarms.heartbeat", a.HeartbeatFile), "while texts leave and are heard")
	}
	if a.Staff && len(cfg.Staff) > 0 {
		add("staff", cfg.Staff[0], "staff", "a text, by the gateway")
	}
	return t
}

func either(holds bool, a, b string) string {
	if holds {
		return a
	}
	return b
}

// shown is a URL without what may be a token: all but scheme and host.
func shown(s term.Secret) string {
	u, err := url.Parse(s.Reveal())
	if err != nil || u.Host == "" {
		return s.String()
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String() + "/***"
}

func testCommand(load func() (*config.Config, error), version string) *cobra.Command {
	var only string
	cmd := &cobra.Command{
		Use: "test", Short: "Send a test message on each way that is set", Args: cobra.NoArgs,
		Long: `Send a test message on each way that is set, and call the heartbeat once. Staff get no text: that
would cost money. It works while the daemon runs.`,
	}
	cmd.Flags().StringVar(&only, "way", "", "only this one: "+strings.Join(wayNames, ", "))
	format := term.FormatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if only != "" && !slices.Contains(wayNames, only) {
			return term.UsageError{Err: fmt.Errorf("--way %s: there are %s", only, strings.Join(wayNames, ", "))}
		}
		cfg, err := load()
		if err != nil {
			return err
		}
		if err := cfg.Check(); err != nil {
			return err
		}
		tried := Try(cmd.Context(), cfg, only, Options{Version: version})
		if len(tried) == 0 {
			return cfg.Problem("alarms", "%s", either(only == "", "no way to tell is set; set webhook, ntfy, email or heartbeat", only+" is not set"))
		}
		if err := term.PrintTable(cmd.OutOrStdout(), tryTable(tried), *format, cfg.Location()); err != nil {
			return err
		}
		if cfg.Alarms.Staff && len(cfg.Staff) > 0 && only == "" {
			fmt.Fprintln(cmd.ErrOrStderr(), "staff got no text: trying that would cost money")
		}
		return failures(cfg, tried)
	}
	return cmd
}

// Tried is what came of trying one way.
type Tried struct {
	Way  string
	Took time.Duration
	Err  error
}

// Try sends a test message on each way that is set, or only on one.
func Try(ctx context.Context, cfg *config.Config, only string, o Options) (all []Tried) {
	t := New(cfg, o)
	now := time.Now()
	test := []Trouble{{
		Kind: "test", Severity: Warning, What: "This is a test of ghlsms", Since: now, State: Begins,
		Cost: "nothing is wrong", Remedy: "nothing is to be done",
	}}
	results := make(chan Tried)
	pending := 0
	try := func(way string, tell func() error) {
		if only != "" && way != only {
			return
		}
		pending++
		go func() {
			start := time.Now()
			err := tell()
			results <- Tried{way, time.Since(start), err}
		}()
	}
	location := cmp.Or(cfg.Inbound.Business, cfg.GHL.LocationID)
	for _, w := range t.Ways {
		try(w.Name(), func() error {
			return t.Tell(ctx, location, now, map[string][]Trouble{w.Name(): test})[w.Name()]
		})
	}
	if h := NewHeartbeat(cfg, o); h != nil {
		try(h.Name(), func() error { return h.Beat(ctx) })
	}
	for range pending {
		all = append(all, <-results)
	}
	slices.SortFunc(all, func(a, b Tried) int {
		return cmp.Compare(slices.Index(wayNames, a.Way), slices.Index(wayNames, b.Way))
	})
	return all
}

func tryTable(all []Tried) store.Table {
	t := store.Table{Columns: []string{"way", "outcome", "took_ms"}}
	for _, one := range all {
		outcome := "told"
		if f, ok := errors.AsType[*WayError](one.Err); ok {
			outcome = "failed: " + f.What
		}
		t.Rows = append(t.Rows, []any{one.Way, outcome, one.Took.Milliseconds()})
	}
	return t
}

// failures says of each way that failed where it is set, why it failed, and what to do.
func failures(cfg *config.Config, all []Tried) error {
	var errs []error
	for _, one := range all {
		if f, ok := errors.AsType[*WayError](one.Err); ok {
			errs = append(errs, errors.New(place(cfg, f)))
		} else if one.Err != nil {
			errs = append(errs, one.Err)
		}
	}
	return errors.Join(errs...)
}

func place(cfg *config.Config, f *WayError) string {
	if f.Key == "" {
		return f.Error()
	}
	return cfg.Problem(f.Key, "%s", f.Text()).Error()
}
