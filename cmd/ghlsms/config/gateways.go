package config

import (
	"context"
	"reflect"

	"ghlsms/sms"
	"ghlsms/sms/gammu"
	"ghlsms/sms/smsto"
	"ghlsms/sync/plan"
)

// GatewayDriver is a gateway that sms.provider can name.
type GatewayDriver struct {
	Name string
	kind reflect.Type
	// Open connects to the gateway as the config says. close ends what it holds open itself.
	Open func(ctx context.Context, cfg *Config) (g sms.Gateway, closeAll func() error, err error)
}

// GatewayDrivers are all of them.
var GatewayDrivers = []GatewayDriver{
	{"smsto", reflect.TypeFor[*smsto.Gateway](), func(_ context.Context, cfg *Config) (sms.Gateway, func() error, error) {
		c := cfg.SMS.SMSTo
		g, err := smsto.New(smsto.Options{APIURL: c.APIURL, AccountURL: c.AccountURL, AuthURL: c.AuthURL, Key: c.APIKey.Reveal(), From: cfg.SMS.From})
		return g, func() error { return nil }, err
	}},
	{"gammu", reflect.TypeFor[*gammu.Gateway](), func(ctx context.Context, cfg *Config) (sms.Gateway, func() error, error) {
		g, err := gammu.Open(ctx, gammu.Options{Database: cfg.SMS.Gammu.Database, Number: cfg.SMS.From})
		if err != nil {
			return nil, nil, err
		}
		return g, g.Close, nil
	}},
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

func GatewayNames() (all []string) {
	for _, d := range GatewayDrivers {
		all = append(all, d.Name)
	}
	return all
}
