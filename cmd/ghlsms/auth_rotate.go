package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl"
)

func (a *app) rotateCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "rotate", Short: "Replace the private integration token, or the app's client secret", Args: cobra.NoArgs,
		Long: `Replace the private integration token, or with OAuth the app's client secret. The new one is read
from standard input (one line) or --file, and tried before the old one is replaced. A running
daemon takes it up at its next call. HighLevel's "rotate and expire later" keeps the old token good
for seven days, so that there is no gap.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if cfg.GHL.OAuth != nil {
				return rotate(cmd, file, secretPlace{"ghl.oauth.client_secret", cfg.GHL.OAuth.ClientSecretFile, cfg.GHL.OAuth.ClientSecret}, func(secret string) error {
					return tryClientSecret(cmd.Context(), cfg, secret, cmd.ErrOrStderr())
				})
			}
			return rotate(cmd, file, secretPlace{"ghl.token", cfg.GHL.TokenFile, cfg.GHL.Token}, func(token string) error {
				return tryPrivateToken(cmd.Context(), cfg, token)
			})
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "read the new one from this file (default: standard input)")
	return cmd
}

// secretPlace is where the config has a secret.
type secretPlace struct {
	path, file string
	now        term.Secret
}

// rotate replaces what is in the place by a secret that works.
func rotate(cmd *cobra.Command, from string, place secretPlace, try func(string) error) error {
	if place.file == "" {
		return term.UsageError{Err: fmt.Errorf("%s does not stand in a file of its own: write the new one where the old one is, or name a file with %[1]s_file", place.path)}
	}
	secret, err := newSecret(cmd.InOrStdin(), cmd.ErrOrStderr(), from, place.path)
	if err != nil {
		return err
	}
	if secret == place.now.Reveal() {
		return fmt.Errorf("that is the %s in use already", place.path)
	}
	if err := try(secret); err != nil {
		return fmt.Errorf("the old %s stays: %w", place.path, err)
	}
	if err := writeSecret(place.file, secret); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "it works, and is in %s now; a running daemon takes it up by itself\n", place.file)
	return nil
}

// newSecret reads a secret without showing it.
func newSecret(in io.Reader, talk io.Writer, from, path string) (string, error) {
	if from != "" {
		text, err := config.ReadSecret(from)
		if err != nil {
			return "", fmt.Errorf("%s %w", from, err)
		}
		return text, nil
	}
	if f, ok := in.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		fmt.Fprintf(talk, "Paste the new %s, then Enter:\n", path)
	}
	line, err := bufio.NewReader(io.LimitReader(in, config.MaxSecretSize)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	secret := strings.TrimSpace(line)
	if secret == "" {
		return "", term.UsageError{Err: errors.New("nothing was given: put the new one on standard input, or name its file with --file")}
	}
	if err := config.SecretShape(secret); err != nil {
		return "", fmt.Errorf("what was given %w", err)
	}
	return secret, nil
}

// tryPrivateToken reads the location with a token.
func tryPrivateToken(ctx context.Context, cfg *config.Config, token string) error {
	crm, err := ghl.New(ghl.Options{
		BaseURL: cfg.GHL.BaseURL, Location: ghl.LocationID(cfg.GHL.LocationID),
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
	})
	if err != nil {
		return err
	}
	return tryToken(ctx, crm)
}

// tryClientSecret makes the refresh that would be due some day now, with the new secret: that
// proves it, and loses nothing.
func tryClientSecret(ctx context.Context, cfg *config.Config, secret string, talk io.Writer) error {
	db, err := daemon.OpenTokens(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	keeper := daemon.GrantKeeper{DB: db, Config: cfg}
	options := keeper.Options(term.NewLogger(talk, cfg.Log.Level, cfg.Log.Format, cfg.Location(), append(cfg.Secrets(), secret)...))
	options.App.ClientSecret = func() (string, error) { return secret, nil }
	err = ghl.NewTokenSource(ctx, options).Refresh(ctx)
	if errors.Is(err, ghl.ErrNoGrant) {
		fmt.Fprintln(talk, "nobody is logged in, so the new secret could not be tried")
		return nil
	}
	return err
}
