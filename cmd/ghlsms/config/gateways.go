package config

import (
	"context"
	"reflect"

	"ghlsms/sms"
	"ghlsms/sms/gammu"
	"ghlsms/sms/smsto"
	"ghlsms/sync/plan"
)

// GatewayDriver is a gateway that sms.provider can name: all that the program knows of it beside its package and its
// section of the config.
type GatewayDriver struct {
	Name string
	kind reflect.Type
	// Open connects to the gateway as the config says. close ends what it holds open itself.
	Open func(ctx context.Context, cfg *Config) (g sms.Gateway, closeAll func() error, err error)
	Ways map[string]string // where it does what it can, by the names of `ghlsms operations`

	check        func(l *loader)
	secrets      func(l *loader)                                                              // nil: it has none
	placeholders func(c *Config, refuse func(path, value string, secret bool, remedy string)) // nil: none are known
}

// GatewayDrivers are all of them.
var GatewayDrivers = []GatewayDriver{
	{
		Name: "smsto", kind: reflect.TypeFor[*smsto.Gateway](), Open: openSMSTo,
		Ways: map[string]string{
			"send": "POST /sms/send", "receive": "GET /v1/recent/inbound-sms", "status": "GET /message/{id}", "find": "GET /v2/messages",
			"opt-outs": "GET /v1/recent/optouts", "opt out": "POST /v1/people/contacts/optout", "opt in": "POST /v1/people/contacts/optin",
			"address book": "GET /v1/people/lists, GET /v1/people/contacts, POST /v1/people/contacts/create, POST /v1/people/contacts/delete-phone",
		},
		check: (*loader).checkSMSTo,
		secrets: func(l *loader) {
			l.secret("sms.smsto.api_key", &l.cfg.SMS.SMSTo.APIKey, &l.cfg.SMS.SMSTo.APIKeyFile)
		},
		placeholders: smstoPlaceholders,
	},
	{
		Name: "gammu", kind: reflect.TypeFor[*gammu.Gateway](), Open: openGammu,
		Ways:  map[string]string{"send": "outbox", "receive": "inbox", "status": "sentitems", "find": "outbox, sentitems"},
		check: func(l *loader) { l.path("sms.gammu.database", &l.cfg.SMS.Gammu.Database) },
	},
}

func openSMSTo(_ context.Context, cfg *Config) (sms.Gateway, func() error, error) {
	c := cfg.SMS.SMSTo
	g, err := smsto.New(smsto.Options{APIURL: c.APIURL, AccountURL: c.AccountURL, AuthURL: c.AuthURL, Key: c.APIKey.Reveal(), From: cfg.SMS.From})
	return g, func() error { return nil }, err
}

func (l *loader) checkSMSTo() {
	s := &l.cfg.SMS
	l.url("sms.smsto.api_url", &s.SMSTo.APIURL)
	l.url("sms.smsto.account_url", &s.SMSTo.AccountURL)
	l.url("sms.smsto.auth_url", &s.SMSTo.AuthURL)
	if s.From == "" {
		l.bad("sms.from", "missing; write the number or sender name your texts come from")
	}
}

func smstoPlaceholders(c *Config, refuse func(path, value string, secret bool, remedy string)) {
	if hostUnder(c.SMS.SMSTo.APIURL, "sms.to") {
		refuse("sms.from", c.SMS.From, false, "write the number or sender name your texts come from")
		refuse("sms.smsto.api_key", c.SMS.SMSTo.APIKey.Reveal(), true, "create an API key in your SMS.to account")
	}
}

func openGammu(ctx context.Context, cfg *Config) (sms.Gateway, func() error, error) {
	g, err := gammu.Open(ctx, gammu.Options{Database: cfg.SMS.Gammu.Database, Number: cfg.SMS.From})
	if err != nil {
		return nil, nil, err
	}
	return g, g.Close, nil
}

// GatewayNamed finds a driver by its name; the zero one has no name.
func GatewayNamed(provider string) (d GatewayDriver) {
	for _, one := range GatewayDrivers {
		if one.Name == provider {
			return one
		}
	}
	return d
}

// Can tells whether the driver's gateways have an optional ability, an interface of package sms.
func Can[Ability any](d GatewayDriver) bool {
	return d.kind != nil && d.kind.Implements(reflect.TypeFor[Ability]())
}

// Planned is what deciding needs to know of the driver's gateways, for whoever decides and sends nothing.
func (d GatewayDriver) Planned() plan.Gateway {
	return plan.Gateway{Name: d.Name, TakesOptOuts: Can[sms.OptOuter](d), LiftsOptOuts: Can[sms.OptInner](d)}
}

// GatewayNames are the names of all drivers.
func GatewayNames() (all []string) {
	for _, d := range GatewayDrivers {
		all = append(all, d.Name)
	}
	return all
}
