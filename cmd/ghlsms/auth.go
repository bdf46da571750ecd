package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl"
	"ghlsms/store"
)

// The commands that log in to the CRM, show the granted functions, and rotate secrets.

func (a *app) authCommand() *cobra.Command {
	cmd := group("auth", "Log in to the CRM, look at the login, replace secrets")
	cmd.AddCommand(a.loginCommand(), a.authStatusCommand(), a.rotateCommand(), a.rekeyCommand(), a.logoutCommand())
	return cmd
}

// login is one run of `auth login`.
type login struct {
	cmd       *cobra.Command
	keeper    daemon.GrantKeeper
	noBrowser bool
	code      string
	patience  time.Duration
}

func (a *app) loginCommand() *cobra.Command {
	l := &login{}
	cmd := &cobra.Command{
		Use: "login", Short: "Let the marketplace app of the config into the location", Args: cobra.NoArgs,
		Long: `Let the marketplace app of the config into the location. The address of the consent page is
printed, and opened where there is a browser. After the consent the browser comes back to
ghl.oauth.redirect_url. If it runs on another machine it cannot get through to here: paste the
address that it shows then, or give it later with --code.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.oauthConfig()
			if err != nil {
				return err
			}
			if err := makeKey(cfg, cmd.ErrOrStderr()); err != nil {
				return err
			}
			db, err := daemon.OpenTokens(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			l.cmd, l.keeper = cmd, daemon.GrantKeeper{DB: db, Config: cfg}
			return errors.Join(l.run(cmd.Context()), db.Close())
		},
	}
	cmd.Flags().BoolVar(&l.noBrowser, "no-browser", false, "only print the address of the consent page")
	cmd.Flags().StringVar(&l.code, "code", "", "the code, or the whole address the browser came back to, of a consent given before")
	cmd.Flags().DurationVar(&l.patience, "timeout", 10*time.Minute, "how long to wait for the consent")
	return cmd
}

// oauthConfig is the config for commands that make sense with OAuth only.
func (a *app) oauthConfig() (*config.Config, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	if cfg.GHL.OAuth == nil {
		return nil, term.UsageError{Err: errors.New("the config has a private integration token, which needs no login; for OAuth describe a marketplace app under ghl.oauth")}
	}
	return cfg, cfg.Check()
}

// asked is a pending request for consent. It is stored sealed, so that another run of the command can also
// exchange the code.
type asked struct {
	State, Verifier string
	At              time.Time
}

func askedID(k daemon.GrantKeeper) string { return "asked/" + k.Config.GHL.LocationID }

func (l *login) run(ctx context.Context) error {
	now, err := l.consent(ctx)
	if err != nil {
		return err
	}
	g, err := l.exchange(ctx, now)
	if err != nil {
		return err
	}
	unlock, err := l.keeper.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := l.keeper.Save(ctx, g); err != nil {
		return err
	}
	err = l.keeper.DB.Update(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.ForgetToken(ctx, askedID(l.keeper)), forgetOff(ctx, tx))
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(l.cmd.ErrOrStderr(), "logged in to location %s\n", l.keeper.Config.GHL.LocationID)
	for _, f := range l.keeper.Config.Used() {
		if lacks := f.Lacks(g.Scopes); len(g.Scopes) > 0 && len(lacks) > 0 {
			fmt.Fprintf(l.cmd.ErrOrStderr(), "without %s ghlsms cannot %s\n", strings.Join(lacks, " "), f.Name)
		}
	}
	return nil
}

// answerOf is the code that a consent gave, with the PKCE verifier of its request.
type answerOf struct{ code, verifier string }

// consent gets a code, from a person or from an earlier one.
func (l *login) consent(ctx context.Context) (answerOf, error) {
	var before asked
	if l.code != "" {
		if l.keeper.LoadValue(ctx, askedID(l.keeper), &before) != nil {
			before = asked{} // a bare code may do without: it has no state, and the CRM may not insist on PKCE
		}
		code, err := codeIn(l.code, before.State)
		return answerOf{code, before.Verifier}, err
	}
	now := asked{State: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(), At: time.Now().UTC()}
	if err := l.keeper.SaveValue(ctx, askedID(l.keeper), now); err != nil {
		return answerOf{}, err
	}
	code, err := l.wait(ctx, now)
	return answerOf{code, now.Verifier}, err
}

// exchange turns the code into a grant for our location.
func (l *login) exchange(ctx context.Context, a answerOf) (ghl.Grant, error) {
	app, location := l.keeper.App(), l.keeper.Config.GHL.LocationID
	g, err := app.Exchange(ctx, a.code, a.verifier)
	if err != nil {
		return g, fmt.Errorf("the code was not accepted: %w; start again with: %s", err, l.keeper.Command("login"))
	}
	if g.UserType == "" {
		g.UserType = l.keeper.Config.GHL.OAuth.UserType
	}
	if g.UserType == ghl.UserLocation && g.LocationID != location {
		return g, fmt.Errorf("the consent is for location %s, but the config names %s: choose that one on the consent page, or change ghl.location_id", g.LocationID, location)
	}
	full, err := app.ForLocation(ctx, g, ghl.LocationID(location))
	if err == nil {
		return full, nil
	}
	installed, lerr := app.InstalledLocations(ctx, g.Access, g.CompanyID)
	if lerr != nil {
		return g, err
	}
	return g, fmt.Errorf("%w; the agency has the app in %s", err, namesOf(installed))
}

func namesOf(all []ghl.InstalledLocation) string {
	var names []string
	for _, l := range all {
		names = append(names, fmt.Sprintf("%s (%s)", l.ID, l.Name))
	}
	if len(names) == 0 {
		return "no location"
	}
	return strings.Join(names, ", ")
}

// forgetOff deletes what is stored about refused scopes, since a new login may grant others.
func forgetOff(ctx context.Context, tx *store.Tx) error {
	for _, f := range ghl.Functions() {
		if err := tx.SetMeta(ctx, daemon.OffKey(f), ""); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) logoutCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "logout", Short: "Forget the stored tokens", Args: cobra.NoArgs,
		Long: `Forget the stored tokens. A running daemon stops reading and writing the CRM at its next call;
texts that need no CRM go on. The app keeps its rights until it is uninstalled in the location's
settings.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.quietConfig()
			if err != nil {
				return err
			}
			if cfg.GHL.OAuth == nil {
				return term.UsageError{Err: errors.New("the config has a private integration token: there is no login to forget; remove the token where the config names it")}
			}
			question := fmt.Sprintf("Forget the tokens for location %s?", cfg.GHL.LocationID)
			if !yes && !confirm(cmd.InOrStdin(), cmd.ErrOrStderr(), question) {
				return errors.New("nothing was forgotten")
			}
			return logout(cmd, cfg)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func logout(cmd *cobra.Command, cfg *config.Config) error {
	ctx := cmd.Context()
	db, err := daemon.OpenTokens(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	unlock, err := db.LockTokens(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	var n int64
	err = db.Update(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.ForgetTokens(ctx)
		return err
	})
	if err != nil {
		return err
	}
	what := "logged out"
	if n == 0 {
		what = "nobody was logged in"
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s; to take the app's rights away as well, uninstall it in the location's settings\n", what)
	return nil
}

// confirm asks a person; no answer is a no.
func confirm(in io.Reader, out io.Writer, question string) bool {
	fmt.Fprint(out, question+" [y/N] ")
	answer, _ := bufio.NewReader(in).ReadString('\n') // what came before the end counts
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
