package hours

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ghlsms/sms"
	"ghlsms/sync/spec"
)

// Spec says when people may be texted as the owner writes it, by their own clock. Default is for all whose region
// has no hours of its own. An empty value means always.
type Spec struct {
	Default string      `yaml:"default"`
	States  string      `yaml:"states"`
	Regions RegionsSpec `yaml:"regions"`
}

// RegionsSpec has the hours of regions by their codes of ISO 3166.
type RegionsSpec map[string]string

// What are the keys of the map, for people.
func (RegionsSpec) What() string { return "countries and states" }

var regionPattern = sms.Pattern(`^([A-Z]{2})(?:-([A-Z0-9]{1,3}))?$`)

// CheckKey lets only regions pass.
func (RegionsSpec) CheckKey(region string) error {
	parts := regionPattern().FindStringSubmatch(region)
	if parts == nil {
		return errors.New("is no region; write a country like GB, or a state like US-FL")
	}
	country, state := parts[1], parts[2]
	if !phonenumbers.GetSupportedRegions()[country] {
		return fmt.Errorf("is in no country, %s is none; write one like GB, or a state like US-FL", country)
	}
	if _, ok := sms.StateCode(country, state); !ok && state != "" && (country == "US" || country == "CA") {
		return fmt.Errorf("is no state, %s has no %s; write one like US-FL", country, state)
	}
	return nil
}

// The values of States: which legal hours apply beside the owner's.
const (
	statesBuiltin = "builtin"
	statesNone    = "none"
)

// DefaultSpec is that of an owner who writes none.
func DefaultSpec() Spec {
	return Spec{Default: "08:00-21:00", States: statesBuiltin, Regions: RegionsSpec{}}
}

// Builtin tells whether the known hours are wanted.
func (s Spec) Builtin() bool { return s.States == statesBuiltin }

// Check tells what is wrong with the hours.
func (s Spec) Check(src spec.Source) []spec.Problem {
	c := spec.Checker{Source: src}
	c.OneOf(".states", s.States, []string{statesBuiltin, statesNone})
	good := checkWeek(&c, ".default", s.Default)
	for _, region := range slices.Sorted(maps.Keys(s.Regions)) {
		good = checkWeek(&c, ".regions."+region, s.Regions[region]) && good
	}
	t := s.Compile()
	if !good || t == nil {
		return c.Problems
	}
	for _, region := range slices.Sorted(maps.Keys(t.Regions)) {
		if t.Regions[region] == (Week{}) {
			c.Bad(".states", "nobody in %s could ever be texted: its hours have none in common with yours; write your own for it under regions", region)
		}
	}
	return c.Problems
}

func checkWeek(c *spec.Checker, path, value string) (good bool) {
	if value == "" {
		return true
	}
	_, err := Parse(value)
	if err != nil {
		c.Bad(path, "%s %v", c.Show(value), err)
	}
	return err == nil
}

// Compile makes the hours of everybody; nil: always. The owner's hours of a region replace the known ones, and
// those bound the known ones of the states in it. So what is known never makes hours longer.
func (s Spec) Compile() *Texting {
	week := func(written string) Week {
		if written == "" {
			return Always
		}
		w, _ := Parse(written) // hours that were checked can be read
		return w
	}
	t := &Texting{Default: week(s.Default), Regions: map[string]Week{}}
	for region, written := range s.Regions {
		t.Regions[region] = week(written)
	}
	if s.Builtin() {
		for _, r := range Builtin() { // a country comes before its states
			if _, own := s.Regions[r.Code]; own {
				continue
			}
			country, _, _ := strings.Cut(r.Code, "-")
			around, ok := t.Regions[country]
			if !ok {
				around = t.Default
			}
			t.Regions[r.Code] = r.Hours.Within(around)
		}
	}
	if s.Default == "" && len(t.Regions) == 0 {
		return nil
	}
	return t
}
