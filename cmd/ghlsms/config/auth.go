package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
)

// OAuth is a marketplace app that is let into the location, instead of a private integration
// token. After loading, ClientSecret holds the secret wherever it came from.
type OAuth struct {
	ClientID         string      `yaml:"client_id"`
	ClientSecret     term.Secret `yaml:"client_secret,omitempty"`
	ClientSecretFile string      `yaml:"client_secret_file,omitempty"`
	RedirectURL      string      `yaml:"redirect_url"`
	Scopes           []string    `yaml:"scopes"`
	UserType         string      `yaml:"user_type"`
	AuthorizeURL     string      `yaml:"authorize_url"`
	TokenURL         string      `yaml:"token_url"`
}

// KeyVariable is where the key is looked for if the config names none.
const KeyVariable = "GHLSMS_KEY"

// SetDefaults fills in what holds where the file says nothing, for the loader.
func (o *OAuth) SetDefaults() {
	o.RedirectURL = "http://127.0.0.1:8765/callback"
	o.AuthorizeURL = "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"
	o.UserType = ghl.UserLocation
	for _, f := range new(Config).Used() {
		o.Scopes = append(o.Scopes, f.Scopes...)
	}
}

// Used are the functions of the CRM that the daemon has a use for.
func (c *Config) Used() []ghl.Function {
	scopes := []string{
		"contacts.readonly", "contacts.write", "locations/tasks.readonly", "calendars.readonly",
		"calendars/events.readonly", "calendars/events.write", "locations.readonly", "users.readonly",
	}
	if record.OwnNames(c.Fields).Custom() {
		scopes = append(scopes, "locations/customFields.readonly")
	}
	if c.GHL.ConversationProvider != "" {
		scopes = append(scopes, "conversations/message.readonly", "conversations/message.write")
	}
	return ghl.Functions(scopes...)
}

// otherWays is what else could be written where a secret is missing.
var otherWays = map[string]string{"ghl.token": "; or describe a marketplace app under oauth"}

func (l *loader) checkOAuth() {
	g, o := &l.cfg.GHL, l.cfg.GHL.OAuth
	switch {
	case o.ClientID == "":
		l.bad("ghl.oauth.client_id", "missing; it is among the client keys of your marketplace app")
	case !spec.IsID(o.ClientID):
		l.bad("ghl.oauth.client_id", "%s is not an id; it has letters, digits and a dash only", Show(o.ClientID))
	}
	l.url("ghl.oauth.authorize_url", &o.AuthorizeURL)
	if o.TokenURL == "" {
		o.TokenURL = g.BaseURL + "/oauth/token"
	} else {
		l.url("ghl.oauth.token_url", &o.TokenURL)
	}
	u, err := url.Parse(o.RedirectURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" {
		l.bad("ghl.oauth.redirect_url", "%s is not an address; write the redirect URL of your app, like http://127.0.0.1:8765/callback", Show(o.RedirectURL))
	} else if u.Scheme == "http" && !Loopback(u.Hostname()) {
		l.bad("ghl.oauth.redirect_url", "%s would show the code to everybody on the way; write https://, or http://127.0.0.1:8765/callback", Show(o.RedirectURL))
	}
	l.oneOf("ghl.oauth.user_type", o.UserType, []string{ghl.UserLocation, ghl.UserCompany})
	l.checkScopes()
}

func (l *loader) checkScopes() {
	o := l.cfg.GHL.OAuth
	if _, written := l.src.At["ghl.oauth.scopes"]; !written {
		for _, f := range l.cfg.Used() { // what is asked for by default follows the rest of the config
			o.Scopes = append(o.Scopes, f.Lacks(o.Scopes)...)
		}
	}
	if len(o.Scopes) == 0 {
		l.bad("ghl.oauth.scopes", "is empty; leave it out for all that ghlsms uses, or list some")
	}
	for i, s := range o.Scopes {
		if at := fmt.Sprintf("ghl.oauth.scopes[%d]", i); len(ghl.Functions(s)) == 0 || s == "" {
			l.bad(at, "%s is not a scope that ghlsms knows; there are %s", Show(s), strings.Join(knownScopes(), ", "))
		} else if slices.Index(o.Scopes, s) < i {
			l.bad(at, "%s stands there twice", Show(s))
		}
	}
	if o.UserType == ghl.UserCompany {
		return // what a company's token may do says nothing about the location's
	}
	for _, f := range l.cfg.Used() {
		if lacks := f.Lacks(o.Scopes); len(lacks) > 0 && len(o.Scopes) > 0 {
			text := fmt.Sprintf("without %s ghlsms cannot %s", strings.Join(lacks, " "), f.Name)
			l.cfg.warnings = append(l.cfg.warnings, l.src.Problem("ghl.oauth.scopes", text).Error())
		}
	}
}

func knownScopes() []string {
	var all []string
	for _, f := range ghl.Functions() {
		all = append(all, f.Scopes...)
	}
	return all
}

// crmSecrets reads what the one way into the CRM needs.
func (l *loader) crmSecrets() {
	g := &l.cfg.GHL
	if g.OAuth == nil {
		l.secret("ghl.token", &g.Token, &g.TokenFile)
		return
	}
	switch {
	case g.Token != "":
		l.bad("ghl.oauth", "set together with token; keep one of them")
	case g.TokenFile != "":
		l.bad("ghl.oauth", "set together with token_file; keep one of them")
	}
	l.secret("ghl.oauth.client_secret", &g.OAuth.ClientSecret, &g.OAuth.ClientSecretFile)
	l.storeKey()
}

// storeKey finds the key for the tokens. A file that is yet to be made is no problem.
func (l *loader) storeKey() {
	s := &l.cfg.Store
	path := "store.key"
	switch env := strings.TrimSpace(os.Getenv(KeyVariable)); {
	case s.Key == "" && s.KeyFile == "" && env == "":
		l.bad("store.key_file", "missing; name a file for the key that seals OAuth tokens (ghlsms auth login makes it), or set %s", KeyVariable)
		return
	case s.Key == "" && s.KeyFile == "":
		s.Key, path = term.Secret(env), KeyVariable
	case s.Key != "" && s.KeyFile != "":
		l.bad("store.key_file", "set together with key; keep one of them")
		return
	case s.Key != "":
		l.warnInline(path)
	default:
		s.KeyFile, path = l.credential(s.KeyFile), "store.key_file"
		if _, err := os.Lstat(s.KeyFile); errors.Is(err, fs.ErrNotExist) {
			return
		}
		text, err := ReadSecret(s.KeyFile)
		if err != nil {
			l.bad(path, "%s %v", s.KeyFile, err)
			return
		}
		s.Key = term.Secret(text)
	}
	if _, err := store.ParseTokenKey(s.Key.Reveal()); err != nil {
		if s.KeyFile != "" {
			err = fmt.Errorf("%s %w", s.KeyFile, err)
		}
		l.bad(path, "%v", err)
	}
}

// Secrets lists what must never be printed; give it to newLogger and newMasker.
func (c *Config) Secrets() []string {
	all := append(c.Alarms.secrets(), c.GHL.Token, c.SMS.SMSTo.APIKey, c.Store.Key)
	if c.GHL.OAuth != nil {
		all = append(all, c.GHL.OAuth.ClientSecret)
	}
	var words []string
	for _, s := range all {
		if s != "" {
			words = append(words, s.Reveal())
		}
	}
	return append(words, c.Alarms.secretParts()...)
}

// Redacted is the configuration in force, as YAML, with secrets starred out.
func (c *Config) Redacted() string {
	show := *c
	hide := func(s *term.Secret, file string) { // say it as the file does: one or the other
		if file != "" {
			*s = ""
		}
	}
	hide(&show.GHL.Token, c.GHL.TokenFile)
	hide(&show.SMS.SMSTo.APIKey, c.SMS.SMSTo.APIKeyFile)
	hide(&show.Store.Key, c.Store.KeyFile)
	show.Alarms.hideFiles(hide)
	if c.GHL.OAuth != nil {
		o := *c.GHL.OAuth
		hide(&o.ClientSecret, o.ClientSecretFile)
		show.GHL.OAuth = &o
	}
	if _, written := c.src.At["store.key"]; !written {
		show.Store.Key = "" // from the environment
	}
	out, err := yaml.Marshal(&show)
	if err != nil {
		return fmt.Sprintf("# cannot be shown: %v\n", err)
	}
	return string(out)
}
