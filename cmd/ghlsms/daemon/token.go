package daemon

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

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/ghl"
	"ghlsms/store"
)

// tokenSource is the way into the CRM that the config describes: the token, and an HTTP client
// that watches how the CRM takes it. Nobody needs to be logged in yet.
func tokenSource(ctx context.Context, cfg *config.Config, db *store.DB, log *slog.Logger) (oauth2.TokenSource, *http.Client, error) {
	scopes := &scopeRecord{db: db, log: log, used: cfg.Used()}
	off, err := scopes.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	watch := &ghl.TokenWatch{BaseURL: cfg.GHL.BaseURL, Scope: scopes.note, Off: off}
	var source oauth2.TokenSource
	if cfg.GHL.OAuth != nil {
		keeper := GrantKeeper{DB: db, Config: cfg}
		oauth := ghl.NewTokenSource(ctx, keeper.Options(log))
		source, watch.Renewer = oauth, oauth
		tellMissing(ctx, keeper, log)
	} else {
		file := &PrivateToken{Config: cfg}
		source, watch.Renewer = file, file
	}
	client, err := watch.Client(nil)
	return source, client, err
}

// PrivateToken is a private integration token. One in a file is read at each use, so that the file
// can be replaced under a running daemon.
type PrivateToken struct{ Config *config.Config }

// Token implements oauth2.TokenSource. While the file cannot be read, the token of the start is used.
func (p *PrivateToken) Token() (*oauth2.Token, error) {
	token := p.Config.GHL.Token.Reveal()
	if file := p.Config.GHL.TokenFile; file != "" {
		if text, err := config.ReadSecret(file); err == nil {
			token = text
		}
	}
	return &oauth2.Token{AccessToken: token}, nil
}

// Renew implements ghl.Renewer: the file may hold another token by now.
func (p *PrivateToken) Renew(_ context.Context, refused string) (*oauth2.Token, error) {
	token, err := p.Token()
	if err == nil && token.AccessToken == refused {
		err = errors.New("make a new token in the location's settings, and type: ghlsms auth rotate -c " + p.Config.File())
	}
	return token, err
}

// GrantKeeper is the ghl.TokenStore over the mirror: what it stores is sealed.
type GrantKeeper struct {
	DB     *store.DB
	Config *config.Config
}

var _ ghl.TokenStore = GrantKeeper{}

func (k GrantKeeper) id() string { return "crm/" + k.Config.GHL.LocationID }

// App is the marketplace app of the config.
func (k GrantKeeper) App() *ghl.App {
	g := k.Config.GHL
	return &ghl.App{
		BaseURL: g.BaseURL, AuthorizeURL: g.OAuth.AuthorizeURL, TokenURL: g.OAuth.TokenURL, RedirectURL: g.OAuth.RedirectURL,
		ClientID: g.OAuth.ClientID, Scopes: g.OAuth.Scopes, UserType: g.OAuth.UserType,
		ClientSecret: func() (string, error) {
			if g.OAuth.ClientSecretFile == "" {
				return g.OAuth.ClientSecret.Reveal(), nil
			}
			return config.ReadSecret(g.OAuth.ClientSecretFile)
		},
	}
}

// Options are how the client renews and stores tokens.
func (k GrantKeeper) Options(log *slog.Logger) ghl.TokenOptions {
	return ghl.TokenOptions{
		App: k.App(), Store: k, Location: ghl.LocationID(k.Config.GHL.LocationID), Log: log,
		Remedy: "type: " + k.Command("login"), SecretRemedy: "type: " + k.Command("rotate"),
	}
}

// Command is what a person has to type.
func (k GrantKeeper) Command(verb string) string {
	return "ghlsms auth " + verb + " -c " + k.Config.File()
}

// Lock implements ghl.TokenStore.
func (k GrantKeeper) Lock(ctx context.Context) (func(), error) { return k.DB.LockTokens(ctx) }

// Load implements ghl.TokenStore.
func (k GrantKeeper) Load(ctx context.Context) (g ghl.Grant, err error) {
	err = k.LoadValue(ctx, k.id(), &g)
	return g, err
}

// Save implements ghl.TokenStore.
func (k GrantKeeper) Save(ctx context.Context, g ghl.Grant) error { return k.SaveValue(ctx, k.id(), g) }

// LoadValue opens a sealed value; [ghl.ErrNoGrant] if there is none.
func (k GrantKeeper) LoadValue(ctx context.Context, id string, into any) error {
	return k.DB.View(ctx, func(tx *store.Tx) error {
		key, err := k.Key()
		if err != nil {
			return err
		}
		plain, err := tx.LoadToken(ctx, key, id)
		switch {
		case errors.Is(err, store.ErrNoToken):
			return ghl.ErrNoGrant
		case err != nil:
			return k.Explain(err)
		}
		return json.Unmarshal(plain, into)
	})
}

// SaveValue seals a value and stores it.
func (k GrantKeeper) SaveValue(ctx context.Context, id string, value any) error {
	key, err := k.Key()
	if err != nil {
		return err
	}
	plain, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return k.DB.Update(ctx, func(tx *store.Tx) error { return tx.SaveToken(ctx, key, id, plain) })
}

// Key is read at each use, like the secrets: the file may have been replaced.
func (k GrantKeeper) Key() (store.TokenKey, error) {
	s := k.Config.Store
	text := s.Key.Reveal()
	if s.KeyFile != "" {
		var err error
		text, err = config.ReadSecret(s.KeyFile)
		switch _, serr := os.Lstat(s.KeyFile); {
		case errors.Is(serr, fs.ErrNotExist):
			return store.TokenKey{}, &ghl.AuthError{Message: fmt.Sprintf("store.key_file: %s does not exist; type: %s", s.KeyFile, k.Command("login"))}
		case err != nil:
			return store.TokenKey{}, &ghl.AuthError{Message: fmt.Sprintf("store.key_file: %s %v", s.KeyFile, err)}
		}
	}
	key, err := store.ParseTokenKey(text)
	if err != nil {
		return store.TokenKey{}, &ghl.AuthError{Message: k.KeyPlace() + " " + err.Error()}
	}
	return key, nil
}

// KeyPlace is where the key comes from, for people.
func (k GrantKeeper) KeyPlace() string {
	s := k.Config.Store
	switch inline := k.Config.Written("store.key"); {
	case s.KeyFile != "":
		return s.KeyFile
	case inline:
		return "store.key"
	}
	return config.KeyVariable
}

// Explain says where a wrong key comes from and what can be done.
func (k GrantKeeper) Explain(err error) error {
	wrong, ok := errors.AsType[*store.WrongKeyError](err)
	if !ok {
		return &ghl.AuthError{Message: err.Error() + "; type: " + k.Command("login")}
	}
	return &ghl.AuthError{Message: fmt.Sprintf("the stored tokens are sealed with key %s, but %s holds key %s; put the right key there, or type: %s",
		wrong.Sealed, k.KeyPlace(), wrong.Given, k.Command("login"))}
}

// tellMissing logs which functions the grant leaves out.
func tellMissing(ctx context.Context, keeper GrantKeeper, log *slog.Logger) {
	g, err := keeper.Load(ctx)
	if err != nil || len(g.Scopes) == 0 {
		return // said by the first call
	}
	for _, f := range keeper.Config.Used() {
		if lacks := f.Lacks(g.Scopes); len(lacks) > 0 {
			log.Warn("a function is off: the login did not grant its scope", "function", f.Name, "scope", strings.Join(lacks, " "))
		}
	}
}

// scopeRecord stores in the mirror which functions the CRM refused for lack of a scope, so that status
// shows them even where the token itself does not tell.
type scopeRecord struct {
	db   *store.DB
	log  *slog.Logger
	used []ghl.Function
}

// OffKey is the fact in the mirror that says that a function was refused.
func OffKey(f ghl.Function) string { return "off/" + f.Name }

// open returns the names of the functions that were off when they were last stored.
func (b *scopeRecord) open(ctx context.Context) (names []string, err error) {
	err = b.db.View(ctx, func(tx *store.Tx) error {
		off, err := FunctionsOff(ctx, tx)
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

// note logs that a function went off or on, and stores it.
func (b *scopeRecord) note(f ghl.Function, granted bool) {
	since := time.Now().UTC().Format(time.RFC3339)
	if granted {
		since = ""
		b.log.Info("a function is on again: its scope is granted now", "function", f.Name)
	} else {
		b.log.Warn("a function is off: the token lacks its scope", "function", f.Name, "scope", strings.Join(f.Scopes, " "))
	}
	ctx := context.Background()
	err := b.db.Update(ctx, func(tx *store.Tx) error { return tx.SetMeta(ctx, OffKey(f), since) })
	if err != nil {
		b.log.Warn("which scopes are missing could not be noted", "error", err)
	}
}

// FunctionsOff tells since when functions were refused, by name.
func FunctionsOff(ctx context.Context, tx *store.Tx) (map[string]time.Time, error) {
	off := map[string]time.Time{}
	for _, f := range ghl.Functions() {
		text, err := tx.Meta(ctx, OffKey(f))
		if err != nil {
			return nil, err
		}
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			off[f.Name] = t
		}
	}
	return off, nil
}

// OpenTokens opens the mirror for a command that keeps tokens in it. It makes the mirror if there
// is none, unless a daemon owns it already.
func OpenTokens(ctx context.Context, cfg *config.Config) (*store.DB, error) {
	release, err := Lock(cfg.Store.Path)
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
