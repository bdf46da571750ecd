package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/store"
)

// shownAsComment tells that the example explains a key which has no default, or is only for some.
func shownAsComment(text, path string) bool {
	key := path[strings.LastIndex(path, ".")+1:]
	switch {
	case path == "fields":
		return strings.Contains(text, "\n# fields:\n")
	case path == "sync.address_book":
		return strings.Contains(text, "\n  # address_book:\n")
	case strings.HasPrefix(path, "alarms."):
		return regexp.MustCompile(`#.*\b` + key + `:`).MatchString(text)
	case path == "ghl.conversation_provider", path == "inbound.words", path == "inbound.pin", strings.HasPrefix(path, "sync."):
		return regexp.MustCompile(`(?m)^ *# +` + key + `:`).MatchString(text)
	}
	return (strings.HasPrefix(path, "ghl.oauth") || strings.HasPrefix(path, "store.key")) &&
		regexp.MustCompile(`(?m)^ *# .*\b`+key+`: `).MatchString(text+" ") || path == "ghl.oauth" && strings.Contains(text, "# oauth:\n")
}

// The way in that the example shows as comments loads as well, and has the defaults it names.
func TestConfigExampleOAuth(t *testing.T) {
	text, err := os.ReadFile("../../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	on := false
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "  # oauth:") || strings.HasPrefix(line, "  # key_file:") {
			on = true
		}
		on = on && strings.HasPrefix(line, "  # ")
		switch {
		case on:
			lines = append(lines, strings.Replace(line, "# ", "", 1))
		case !strings.HasPrefix(line, "  token_file:"):
			lines = append(lines, line)
		}
	}
	dir := t.TempDir()
	configtest.Write(t, filepath.Join(dir, "ghl.secret"), "real-secret\n", 0o600)
	configtest.Write(t, filepath.Join(dir, "smsto.key"), "key-real\n", 0o600)
	got := configtest.Load(t, Load, strings.ReplaceAll(strings.Join(lines, ""), "/etc/ghlsms/", dir+"/"))
	want := &OAuth{}
	want.SetDefaults()
	want.ClientID, want.ClientSecret, want.ClientSecretFile = "your-client-id", "real-secret", filepath.Join(dir, "ghl.secret")
	want.TokenURL = "https://services.leadconnectorhq.com/oauth/token"
	if !reflect.DeepEqual(got.GHL.OAuth, want) {
		t.Errorf("got  %+v\nwant %+v", got.GHL.OAuth, want)
	}
	if got.Store.KeyFile != filepath.Join(dir, "ghlsms.key") || len(got.Warnings()) != 0 {
		t.Errorf("key file %s, warnings %q", got.Store.KeyFile, got.Warnings())
	}
	if again := configtest.Load(t, Load, got.Redacted()); again.Redacted() != got.Redacted() {
		t.Errorf("the dump does not load as itself:\n%s", got.Redacted())
	}
	if err := got.Check(); err == nil || !strings.Contains(err.Error(), "ghl.oauth.client_id: ") {
		t.Errorf("Check lets the placeholder pass: %v", err)
	}
}

// Exactly one way in, and what OAuth needs.
func TestConfigOAuth(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(KeyVariable, "")
	key := store.NewKeyText()
	configtest.Write(t, filepath.Join(dir, "good.key"), key+"\n", 0o600)
	configtest.Write(t, filepath.Join(dir, "open.key"), key+"\n", 0o644)
	configtest.Write(t, filepath.Join(dir, "short.key"), key[:20]+"\n", 0o600)
	const app = "oauth: {client_id: app-1, client_secret: s3cret}"
	for _, tt := range []struct{ name, ghl, store, env, want string }{
		{"file", app, "key_file: good.key", "", ""},
		{"yet to be made", app, "key_file: none.key", "", ""},
		{"environment", app, "", key, ""},
		{"inline", app, "key: " + key, "", ""},
		{"a token too", "token: t, " + app, "key_file: good.key", "", "ghl.oauth: set together with token; keep one of them"},
		{"a token file too", "token_file: t, " + app, "key_file: good.key", "", "ghl.oauth: set together with token_file; keep one of them"},
		{"no key", app, "", "", "store.key_file: missing; name a file for the key that seals OAuth tokens (ghlsms auth login makes it), or set GHLSMS_KEY"},
		{"both keys", app, "key_file: good.key, key: " + key, "", "store.key_file: set together with key; keep one of them"},
		{"open key", app, "key_file: open.key", "", "store.key_file: DIR/open.key can be read by everybody; run: chmod 600 DIR/open.key"},
		{"short key", app, "key_file: short.key", "", "store.key_file: DIR/short.key is no key: that is 32 random bytes in base64, as from: openssl rand -base64 32"},
		{"bad variable", app, "", "abc", "GHLSMS_KEY: is no key: that is 32 random bytes in base64, as from: openssl rand -base64 32"},
		{"no app", "oauth: {client_secret: s}", "key_file: good.key", "", "ghl.oauth.client_id: missing; it is among the client keys of your marketplace app"},
		{"no secret", "oauth: {client_id: a}", "key_file: good.key", "", "ghl.oauth.client_secret: missing; put it alone in a file and name that with client_secret_file, or write client_secret: ${NAME} to take it from the environment"},
		{"unknown key", "oauth: {client_id: a, client_secret: s, client_secrets: x}", "key_file: good.key", "", `unknown key "client_secrets" in ghl.oauth; did you mean "client_secret"?`},
		{"unknown scope", "oauth: {client_id: a, client_secret: s, scopes: [contact.readonly]}", "key_file: good.key", "", `ghl.oauth.scopes[0]: "contact.readonly" is not a scope that ghlsms knows; there are contacts.readonly,`},
		{"no scopes", "oauth: {client_id: a, client_secret: s, scopes: []}", "key_file: good.key", "", "ghl.oauth.scopes: is empty; leave it out for all that ghlsms uses, or list some"},
		{"user type", "oauth: {client_id: a, client_secret: s, user_type: Agency}", "key_file: good.key", "", `ghl.oauth.user_type: "Agency" is none of Location, Company`},
		{"open redirect", "oauth: {client_id: a, client_secret: s, redirect_url: 'http://example.com/cb'}", "key_file: good.key", "", `ghl.oauth.redirect_url: "http://example.com/cb" would show the code to everybody on the way; write https://, or http://127.0.0.1:8765/callback`},
		{"open token URL", "oauth: {client_id: a, client_secret: s, token_url: 'http://example.com'}", "key_file: good.key", "", `ghl.oauth.token_url: "http://example.com" would send the token in the clear; write https://`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(KeyVariable, tt.env)
			path := filepath.Join(dir, "c.yaml")
			configtest.Write(t, path, "sms: {provider: gammu}\nghl: {location_id: l, "+tt.ghl+"}\nstore: {"+tt.store+"}\n", 0o600)
			c, err := Load(path)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range c.Secrets() {
					if strings.Contains(c.Redacted(), s) {
						t.Errorf("the dump shows %s", s)
					}
				}
				if tt.name != "yet to be made" && c.Store.Key.Reveal() != key {
					t.Errorf("key %q", c.Store.Key.Reveal())
				}
				return
			}
			if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
