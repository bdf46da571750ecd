package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ghlsms/ghl"
	"ghlsms/store"
)

// tokenSource is the way into the CRM that the config describes: the token, and an HTTP client
// that watches how the CRM takes it. Nobody needs to be logged in yet.
func tokenSource(ctx context.Context, cfg *Config, db *store.DB, log *slog.Logger) (oauth2.TokenSource, *http.Client, error) {
	book := &scopeBook{db: db, log: log, used: cfg.used()}
	off, err := book.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	watch := &ghl.TokenWatch{BaseURL: cfg.GHL.BaseURL, Scope: book.note, Off: off}
	var source oauth2.TokenSource
	if cfg.GHL.OAuth != nil {
		keeper := grantKeeper{db: db, cfg: cfg}
		oauth := ghl.NewTokenSource(ctx, keeper.options(log))
		source, watch.Renewer = oauth, oauth
		tellMissing(ctx, keeper, log)
	} else {
		file := &privateToken{cfg: cfg}
		source, watch.Renewer = file, file
	}
	client, err := watch.Client(nil)
	return source, client, err
}

// privateToken is a private integration token. One in a file is read at each use, so that the file
// can be replaced under a running daemon.
type privateToken struct{ cfg *Config }

// Token implements oauth2.TokenSource. While the file cannot be read, the token of the start is used.
func (p *privateToken) Token() (*oauth2.Token, error) {
	token := p.cfg.GHL.Token.Reveal()
	if file := p.cfg.GHL.TokenFile; file != "" {
		if text, err := readSecret(file); err == nil {
			token = text
		}
	}
	return &oauth2.Token{AccessToken: token}, nil
}

// Renew implements ghl.Renewer: the file may hold another token by now.
func (p *privateToken) Renew(_ context.Context, refused string) (*oauth2.Token, error) {
	token, err := p.Token()
	if err == nil && token.AccessToken == refused {
		err = errors.New("make a new token in the location's settings, and type: ghlsms auth rotate -c " + p.cfg.src.file)
	}
	return token, err
}

// grantKeeper is the ghl.TokenStore over the mirror: what it stores is sealed.
type grantKeeper struct {
	db  *store.DB
	cfg *Config
}

var _ ghl.TokenStore = grantKeeper{}

func (k grantKeeper) id() string { return "crm/" + k.cfg.GHL.LocationID }

// app is the marketplace app of the config.
func (k grantKeeper) app() *ghl.App {
	g := k.cfg.GHL
	return &ghl.App{
		BaseURL: g.BaseURL, AuthorizeURL: g.OAuth.AuthorizeURL, TokenURL: g.OAuth.TokenURL, RedirectURL: g.OAuth.RedirectURL,
		ClientID: g.OAuth.ClientID, Scopes: g.OAuth.Scopes, UserType: g.OAuth.UserType,
		ClientSecret: func() (string, error) {
			if g.OAuth.ClientSecretFile == "" {
				return g.OAuth.ClientSecret.Reveal(), nil
			}
			return readSecret(g.OAuth.ClientSecretFile)
		},
	}
}

func (k grantKeeper) options(log *slog.Logger) ghl.TokenOptions {
	return ghl.TokenOptions{
		App: k.app(), Store: k, Location: ghl.LocationID(k.cfg.GHL.LocationID), Log: log,
		Remedy: "type: " + k.command("login"), SecretRemedy: "type: " + k.command("rotate"),
	}
}

// command is what a person has to type.
func (k grantKeeper) command(verb string) string {
	return "ghlsms auth " + verb + " -c " + k.cfg.src.file
}

// Lock implements ghl.TokenStore.
func (k grantKeeper) Lock(ctx context.Context) (func(), error) { return k.db.LockTokens(ctx) }

// Load implements ghl.TokenStore.
func (k grantKeeper) Load(ctx context.Context) (g ghl.Grant, err error) {
	err = k.load(ctx, k.id(), &g)
	return g, err
}

// Save implements ghl.TokenStore.
func (k grantKeeper) Save(ctx context.Context, g ghl.Grant) error { return k.save(ctx, k.id(), g) }

func (k grantKeeper) load(ctx context.Context, id string, into any) error {
	return k.db.View(ctx, func(tx *store.Tx) error {
		key, err := k.key()
		if err != nil {
			return err
		}
		plain, err := tx.LoadToken(ctx, key, id)
		switch {
		case errors.Is(err, store.ErrNoToken):
			return ghl.ErrNoGrant
		case err != nil:
			return k.explain(err)
		}
		return json.Unmarshal(plain, into)
	})
}

func (k grantKeeper) save(ctx context.Context, id string, value any) error {
	key, err := k.key()
	if err != nil {
		return err
	}
	plain, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return k.db.Update(ctx, func(tx *store.Tx) error { return tx.SaveToken(ctx, key, id, plain) })
}

// key is read at each use, like the secrets: the file may have been replaced.
func (k grantKeeper) key() (store.TokenKey, error) {
	s := k.cfg.Store
	text := s.Key.Reveal()
	if s.KeyFile != "" {
		var err error
		text, err = readSecret(s.KeyFile)
		switch _, serr := os.Lstat(s.KeyFile); {
		case errors.Is(serr, fs.ErrNotExist):
			return store.TokenKey{}, &ghl.AuthError{Message: fmt.Sprintf("store.key_file: %s does not exist; type: %s", s.KeyFile, k.command("login"))}
		case err != nil:
			return store.TokenKey{}, &ghl.AuthError{Message: fmt.Sprintf("store.key_file: %s %v", s.KeyFile, err)}
		}
	}
	key, err := store.ParseTokenKey(text)
	if err != nil {
		return store.TokenKey{}, &ghl.AuthError{Message: k.keyPlace() + " " + err.Error()}
	}
	return key, nil
}

func (k grantKeeper) keyPlace() string {
	s := k.cfg.Store
	switch _, inline := k.cfg.src.at["store.key"]; {
	case s.KeyFile != "":
		return s.KeyFile
	case inline:
		return "store.key"
	}
	return keyVariable
}

// explain says where a wrong key comes from and what can be done.
func (k grantKeeper) explain(err error) error {
	wrong, ok := errors.AsType[*store.WrongKeyError](err)
	if !ok {
		return &ghl.AuthError{Message: err.Error() + "; type: " + k.command("login")}
	}
	return &ghl.AuthError{Message: fmt.Sprintf("the stored tokens are sealed with key %s, but %s holds key %s; put the right key there, or type: %s",
		wrong.Sealed, k.keyPlace(), wrong.Given, k.command("login"))}
}

// tellMissing logs which functions the grant leaves out.
func tellMissing(ctx context.Context, keeper grantKeeper, log *slog.Logger) {
	g, err := keeper.Load(ctx)
	if err != nil || len(g.Scopes) == 0 {
		return // said by the first call
	}
	for _, f := range keeper.cfg.used() {
		if lacks := f.Lacks(g.Scopes); len(lacks) > 0 {
			log.Warn("a function is off: the login did not grant its scope", "function", f.Name, "scope", strings.Join(lacks, " "))
		}
	}
}

// scopeBook keeps in the mirror which functions the CRM refused for their scope, so that status
// can tell also where the token itself does not.
type scopeBook struct {
	db   *store.DB
	log  *slog.Logger
	used []ghl.Function
}

func offKey(f ghl.Function) string { return "off/" + f.Name }

// open returns the names of the functions that were off when the book was last written.
func (b *scopeBook) open(ctx context.Context) (names []string, err error) {
	err = b.db.View(ctx, func(tx *store.Tx) error {
		off, err := functionsOff(ctx, tx)
		for _, f := range b.used {
			if !off[f.Name].IsZero() {
				names = append(names, f.Name)
				b.log.Warn("a function is off: the CRM refused its scope before", "function", f.Name, "scope", strings.Join(f.Scopes, " "))
			}
		}
		return err
	})
	return names, err
}

// note tells about a function that went off or on, and writes it down.
func (b *scopeBook) note(f ghl.Function, granted bool) {
	since := time.Now().UTC().Format(time.RFC3339)
	if granted {
		since = ""
		b.log.Info("a function is on again: its scope is granted now", "function", f.Name)
	} else {
		b.log.Warn("a function is off: the token lacks its scope", "function", f.Name, "scope", strings.Join(f.Scopes, " "))
	}
	ctx := context.Background()
	err := b.db.Update(ctx, func(tx *store.Tx) error { return tx.SetMeta(ctx, offKey(f), since) })
	if err != nil {
		b.log.Warn("which scopes are missing could not be noted", "error", err)
	}
}

// functionsOff tells since when functions were refused, by name.
func functionsOff(ctx context.Context, tx *store.Tx) (map[string]time.Time, error) {
	off := map[string]time.Time{}
	for _, f := range ghl.Functions() {
		text, err := tx.Meta(ctx, offKey(f))
		if err != nil {
			return nil, err
		}
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			off[f.Name] = t
		}
	}
	return off, nil
}

// openTokens opens the mirror for a command that keeps tokens in it. It makes the mirror if there
// is none, unless a daemon owns it already.
func openTokens(ctx context.Context, cfg *Config) (*store.DB, error) {
	release, err := lockDatabase(cfg.Store.Path)
	if locked, ok := errors.AsType[*LockedError](err); ok {
		if _, err := os.Stat(cfg.Store.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, locked
		}
		return store.OpenEditor(ctx, cfg.Store.Path)
	}
	if err != nil {
		return nil, err
	}
	defer release()
	return store.Open(ctx, cfg.Store.Path)
}
