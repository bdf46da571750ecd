package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl"
	"ghlsms/store"
)

// authStatus is what `auth status` tells; its JSON form is for scripts.
type authStatus struct {
	Kind         string        `json:"kind"` // private integration token, or oauth
	From         string        `json:"from"`
	Location     string        `json:"location"`
	Company      string        `json:"company,omitempty"`
	User         string        `json:"user,omitempty"`
	LoggedInAt   time.Time     `json:"logged_in_at,omitzero"`
	AccessUntil  time.Time     `json:"access_until,omitzero"`
	RefreshUntil time.Time     `json:"refresh_until,omitzero"`
	Scopes       []string      `json:"scopes"`
	Functions    []scopeStatus `json:"functions"`
	Problem      string        `json:"problem,omitempty"` // what a person must mend
	Tried        string        `json:"tried,omitempty"`   // what the CRM said just now
}

// scopeStatus is one function that the daemon has a use for.
type scopeStatus struct {
	Function string   `json:"function"`
	Scopes   []string `json:"scopes"`
	State    string   `json:"state"` // granted, missing, refused, unknown
	Since    string   `json:"since,omitempty"`
}

const (
	kindPrivate = "private integration token"
	kindOAuth   = "oauth"
)

func (a *app) authStatusCommand() *cobra.Command {
	var try bool
	cmd := &cobra.Command{
		Use: "status", Short: "Tell how we are let into the CRM, as whom, and to do what", Args: cobra.NoArgs,
		Long: `Tell how we are let into the CRM, as whom, and to do what. A private integration token does not
tell its scopes: they are unknown until the CRM refuses one. Nothing is asked outside, unless --try
is given. Exit 1 if a person must mend something.`,
	}
	format := term.FormatFlag(cmd, "table", "json")
	cmd.Flags().BoolVar(&try, "try", false, "try the token with a harmless read; one that is due is renewed")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		s, err := readAuth(cmd.Context(), cfg, try, cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		if *format == "json" {
			err = term.PrintJSON(cmd.OutOrStdout(), s)
		} else {
			err = s.print(cmd.OutOrStdout(), time.Now())
		}
		if err == nil && s.Problem != "" {
			err = errors.New(s.Problem)
		}
		return err
	}
	return cmd
}

// readAuth collects the status. The mirror need not be there yet.
func readAuth(ctx context.Context, cfg *config.Config, try bool, talk io.Writer) (*authStatus, error) {
	s := &authStatus{Kind: kindPrivate, From: cfg.GHL.TokenFile, Location: cfg.GHL.LocationID, Scopes: []string{}}
	if s.From == "" {
		s.From = "ghl.token in " + cfg.File()
	}
	if o := cfg.GHL.OAuth; o != nil {
		s.Kind, s.From = kindOAuth, "app "+o.ClientID
	}
	open := store.OpenReader
	if try {
		open = func(ctx context.Context, _ string) (*store.DB, error) { return daemon.OpenTokens(ctx, cfg) }
	} else if _, err := os.Stat(cfg.Store.Path); errors.Is(err, fs.ErrNotExist) {
		s.noMirror(cfg)
		return s, nil
	}
	db, err := open(ctx, cfg.Store.Path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if try {
		s.try(ctx, cfg, db, term.NewLogger(talk, cfg.Log.Level, cfg.Log.Format, cfg.Location(), cfg.Secrets()...))
	}
	if cfg.GHL.OAuth != nil {
		s.grant(ctx, daemon.GrantKeeper{DB: db, Config: cfg})
	}
	return s, db.View(ctx, func(tx *store.Tx) error {
		off, err := daemon.FunctionsOff(ctx, tx)
		s.judge(cfg, off)
		return err
	})
}

func (s *authStatus) noMirror(cfg *config.Config) {
	s.judge(cfg, nil)
	if s.Kind == kindOAuth {
		s.Problem = ghl.ErrNoGrant.Error() + "; type: " + daemon.GrantKeeper{Config: cfg}.Command("login")
	}
}

// grant fills in what is known of an OAuth login.
func (s *authStatus) grant(ctx context.Context, keeper daemon.GrantKeeper) {
	g, err := keeper.Load(ctx)
	remedy := "; type: " + keeper.Command("login")
	auth, isAuth := errors.AsType[*ghl.AuthError](err)
	switch {
	case errors.Is(err, ghl.ErrNoGrant):
		s.Problem = err.Error() + remedy
		return
	case isAuth:
		s.Problem = auth.Message
		return
	case err != nil:
		s.Problem = err.Error()
		return
	case !g.RefusedAt.IsZero():
		s.Problem = fmt.Sprintf("the refresh token is refused since %s (%s)%s", g.RefusedAt.Format(time.RFC3339), g.Refused, remedy)
	case time.Now().After(g.RefreshUntil):
		s.Problem = "the refresh token has expired" + remedy
	}
	s.Company, s.User, s.LoggedInAt = g.CompanyID, g.UserID, g.GrantedAt
	s.AccessUntil, s.RefreshUntil = g.Serving().Until, g.RefreshUntil
	s.Scopes = append(s.Scopes, g.Scopes...)
}

// judge tells for each function whether it is granted. A refusal by the CRM outweighs the scopes of the
// token.
func (s *authStatus) judge(cfg *config.Config, off map[string]time.Time) {
	for _, f := range cfg.Used() {
		one := scopeStatus{Function: f.Name, Scopes: f.Scopes, State: "unknown"}
		since := off[f.Name]
		switch {
		case !since.IsZero():
			one.State, one.Since = "refused", since.Format(time.RFC3339)
		case len(s.Scopes) == 0:
		case len(f.Lacks(s.Scopes)) > 0:
			one.State = "missing"
		default:
			one.State = "granted"
		}
		s.Functions = append(s.Functions, one)
	}
}

// try makes the reads that are harmless and cheap, each for its scope.
func (s *authStatus) try(ctx context.Context, cfg *config.Config, db *store.DB, log *slog.Logger) {
	crm, err := daemon.NewCRM(ctx, cfg, db, log)
	if err == nil {
		err = tryToken(ctx, crm)
	}
	s.Tried = "works"
	if err != nil {
		s.Tried = err.Error()
		if auth, ok := errors.AsType[*ghl.AuthError](err); ok {
			s.Problem = auth.Error()
		}
	}
}

// tryToken reads a little. A token that is refused for its scopes is a good token all the same.
func tryToken(ctx context.Context, crm *ghl.Client) error {
	_, err := crm.Location(ctx)
	if auth, ok := errors.AsType[*ghl.AuthError](err); ok && auth.Scope {
		return nil
	}
	return err
}

func (s *authStatus) print(w io.Writer, now time.Time) error {
	fmt.Fprintf(w, "%s, %s, for location %s\n", s.Kind, s.From, s.Location)
	if !s.LoggedInAt.IsZero() {
		fmt.Fprintf(w, "logged in %s by user %s of company %s\n", s.LoggedInAt.Format("2006-01-02"), s.User, s.Company)
		fmt.Fprintf(w, "access token  until %s\n", deadline(s.AccessUntil, now))
		fmt.Fprintf(w, "refresh token until %s, and a year from each use\n", deadline(s.RefreshUntil, now))
	}
	if s.Tried != "" {
		fmt.Fprintf(w, "tried just now: %s\n", s.Tried)
	}
	fmt.Fprintln(w)
	t := store.Table{Columns: []string{"function", "scope", "state"}}
	for _, f := range s.Functions {
		state := f.State
		if f.Since != "" {
			state += " since " + f.Since
		}
		t.Rows = append(t.Rows, []any{f.Function, strings.Join(f.Scopes, " "), state})
	}
	return term.PrintTable(w, t, "table", time.UTC)
}

func deadline(t, now time.Time) string {
	remaining := t.Sub(now)
	if remaining <= 0 {
		return t.Format(time.RFC3339) + " (over)"
	}
	if remaining > 48*time.Hour {
		return fmt.Sprintf("%s (in %d days)", t.Format(time.RFC3339), int(remaining/config.Day))
	}
	return fmt.Sprintf("%s (in %s)", t.Format(time.RFC3339), remaining.Round(time.Minute))
}
