package main

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// The names that the example shows as a comment load as well.
func TestConfigExampleFields(t *testing.T) {
	text, err := os.ReadFile("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile(`(?m)^# fields:\n(#   .*\n)+`).FindString(string(text))
	got := configtest.Load(t, config.Load, configtest.Minimal+strings.ReplaceAll(block, "# ", ""))
	if want := (config.Fields{"insurance": "contact.insurance_provider", "job": "companyName"}); !reflect.DeepEqual(got.Fields, want) {
		t.Errorf("got %v, want %v", got.Fields, want)
	}
	if again := configtest.Load(t, config.Load, got.Redacted()); !reflect.DeepEqual(again.Fields, got.Fields) {
		t.Errorf("the dump does not load as itself:\n%s", got.Redacted())
	}
}

// OAuth asks for the scope of custom fields by default where one has a name, and misses it where
// the config lists others.
func TestConfigScopesFollowFields(t *testing.T) {
	const scope = "locations/customFields.readonly"
	load := func(oauth, fields string) *config.Config {
		return configtest.Load(t, config.Load, "sms: {provider: gammu}\nstore: {key: "+store.NewKeyText()+"}\nghl: {location_id: l, oauth: {client_id: a, client_secret: s"+oauth+"}}\n"+fields)
	}
	for _, tt := range []struct {
		oauth, fields string
		asks, warns   bool
	}{
		{"", "", false, false},
		{"", "fields: {job: companyName}", false, false},
		{"", "fields: {pet: contact.pet}", true, false},
		{", scopes:", "fields: {pet: contact.pet}", true, false},
		{", scopes: [contacts.readonly]", "fields: {pet: contact.pet}", false, true},
		{", scopes: [contacts.readonly]", "", false, false},
	} {
		c := load(tt.oauth, tt.fields)
		warns := strings.Contains(strings.Join(c.Warnings(), "\n"), scope)
		if asks := slices.Contains(c.GHL.OAuth.Scopes, scope); asks != tt.asks || warns != tt.warns {
			t.Errorf("%q %q: asks %t, warns %t", tt.oauth, tt.fields, asks, warns)
		}
	}
}

func TestTablesSayTheOwnersNames(t *testing.T) {
	names := record.Names{"insurance": "cf.F1", "job": "company"}
	for _, tt := range []struct{ table, want store.Table }{
		{
			store.Table{Columns: []string{"entity", "field"}, Rows: [][]any{{"contact", "cf.F1"}, {"task", "company"}, {"contact", "city"}, {"contact", nil}}},
			store.Table{Columns: []string{"entity", "field"}, Rows: [][]any{{"contact", "insurance"}, {"task", "company"}, {"contact", "city"}, {"contact", nil}}},
		},
		{store.Table{Columns: []string{"field"}, Rows: [][]any{{"company"}}}, store.Table{Columns: []string{"field"}, Rows: [][]any{{"job"}}}},
		{store.Table{Columns: []string{"name"}, Rows: [][]any{{"company"}}}, store.Table{Columns: []string{"name"}, Rows: [][]any{{"company"}}}},
	} {
		if sayOwn(tt.table, names); !reflect.DeepEqual(tt.table, tt.want) {
			t.Errorf("got %v, want %v", tt.table, tt.want)
		}
	}
}
