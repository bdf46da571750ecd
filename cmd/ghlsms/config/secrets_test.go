package config

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/cmd/ghlsms/term"
)

// planter plants a secret of its own in each place that can hold one.
type planter struct{ words, at []string }

func (p *planter) plant(v reflect.Value, at string) {
	switch {
	case v.Type() == reflect.TypeFor[term.Secret]():
		p.words = append(p.words, fmt.Sprintf("planted%02dsecret", len(p.words)))
		p.at = append(p.at, at)
		v.SetString(p.words[len(p.words)-1])
	case v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Struct:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		p.plant(v.Elem(), at)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				p.plant(v.Field(i), at+"."+v.Type().Field(i).Name)
			}
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		p.plant(v.Index(0), at+"[0]")
	}
}

// Whatever the config can hold as a secret is neither in what is shown of it nor in the log, also of gateways that are
// not in use and of those that come with another driver.
func TestNoSecretOfTheConfigIsShown(t *testing.T) {
	c := configtest.Load(t, Load, configtest.Minimal)
	var p planter
	p.plant(reflect.ValueOf(c).Elem(), "Config")
	if len(p.words) < 5 {
		t.Errorf("only %v", p.at)
	}
	var log strings.Builder
	logger := term.NewLogger(&log, "info", "json", nil, c.Secrets()...)
	for i, word := range p.words {
		logger.Info("said "+word, "where", "https://host/?x="+word, slog.Group("g", "err", fmt.Errorf("no: %s", word)))
		if strings.Contains(log.String(), word) {
			t.Errorf("the log shows %s", p.at[i])
		}
		log.Reset()
		if strings.Contains(c.Redacted(), word) {
			t.Errorf("the dump shows %s", p.at[i])
		}
	}
	if got := c.Secrets(); !holds(got, p.words) {
		t.Errorf("%d secrets of %d: %v", len(got), len(p.words), p.at)
	}
}

// A secret from a file is shown as its file, in every section, and showing takes nothing from the config.
func TestSecretsAreShownAsTheirFiles(t *testing.T) {
	c := configtest.Load(t, Load, configtest.Minimal)
	var p planter
	p.plant(reflect.ValueOf(c).Elem(), "Config")
	c.GHL.TokenFile, c.GHL.OAuth.ClientSecretFile, c.SMS.SMSTo.APIKeyFile, c.Store.KeyFile = "f1", "f2", "f3", "f4"
	dump := c.Redacted()
	for _, want := range []string{"token_file: f1", "client_secret_file: f2", "api_key_file: f3", "key_file: f4", `pin: '***'`} {
		if !strings.Contains(strings.ReplaceAll(dump, `"`, "'"), want) {
			t.Errorf("it lacks %s\n%s", want, dump)
		}
	}
	if n := strings.Count(dump, "***"); n != len(p.words)-4 {
		t.Errorf("%d secrets are shown beside their files", n-len(p.words)+4)
	}
	if got := c.Secrets(); !holds(got, p.words) {
		t.Errorf("showing it took some: %d of %d are left", len(got), len(p.words))
	}
}

// holds tells whether all words are among those, which also have parts of secrets that are URLs.
func holds(all, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(all, word) })
}

// A gateway of tomorrow: its section alone makes its secrets known.
func TestSecretsOfASectionThatNobodyListed(t *testing.T) {
	type section struct {
		Key     term.Secret
		KeyFile string
		More    []struct{ Token *term.Secret }
		By      map[string]term.Secret
	}
	word := term.Secret("c")
	var got []string
	eachSecret(reflect.ValueOf(&section{Key: "a", KeyFile: "f", More: []struct{ Token *term.Secret }{{&word}, {}}, By: map[string]term.Secret{"x": "b"}}), "",
		func(_ string, s reflect.Value, file string) { got = append(got, s.String()+file) })
	if strings.Join(got, " ") != "af c b" {
		t.Error(got)
	}
}
