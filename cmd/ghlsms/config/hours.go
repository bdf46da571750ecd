package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"ghlsms/sms"
	"ghlsms/sync/hours"
)

// Hours says when people may be texted, by their own clock. Default is for all whose region has no
// hours of its own. An empty value means always.
type Hours struct {
	Default string  `yaml:"default"`
	States  string  `yaml:"states"`
	Regions Regions `yaml:"regions"`
}

// Regions has the hours of regions by their codes of ISO 3166.
type Regions map[string]string

func (Regions) What() string { return "countries and states" }

var regionPattern = regexp.MustCompile(`^([A-Z]{2})(?:-([A-Z0-9]{1,3}))?$`)

func (Regions) CheckKey(region string) error {
	parts := regionPattern.FindStringSubmatch(region)
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

// Whose hours are known beside the owner's.
const (
	builtinStates = "builtin"
	noStates      = "none"
)

func defaultHours() Hours {
	return Hours{Default: "08:00-21:00", States: builtinStates, Regions: Regions{}}
}

func (l *loader) checkHours() {
	h := &l.cfg.TextingHours
	l.oneOf("texting_hours.states", h.States, []string{builtinStates, noStates})
	good := l.hours("texting_hours.default", h.Default)
	for _, region := range slices.Sorted(maps.Keys(h.Regions)) {
		good = l.hours("texting_hours.regions."+region, h.Regions[region]) && good
	}
	t := h.hours()
	if !good || t == nil {
		return
	}
	for _, region := range slices.Sorted(maps.Keys(t.Regions)) {
		if t.Regions[region] == (hours.Week{}) {
			l.bad("texting_hours.states", "nobody in %s could ever be texted: its hours have none in common with yours; write your own for it under regions", region)
		}
	}
}

func (l *loader) hours(path, value string) (good bool) {
	if value == "" {
		return true
	}
	_, err := hours.Parse(value)
	if err != nil {
		l.bad(path, "%s %v", Show(value), err)
	}
	return err == nil
}

// hours is what the engine goes by; nil: always. The owner's hours of a region replace the known ones, and
// those bound the known ones of the states in it. So what is known never makes hours longer.
func (h Hours) hours() *hours.Texting {
	week := func(s string) hours.Week {
		if s == "" {
			return hours.Always
		}
		w, _ := hours.Parse(s) // a loaded config has hours that can be read
		return w
	}
	t := &hours.Texting{Default: week(h.Default), Regions: map[string]hours.Week{}}
	for region, s := range h.Regions {
		t.Regions[region] = week(s)
	}
	if h.States == builtinStates {
		for _, r := range hours.Builtin() { // a country comes before its states
			if _, own := h.Regions[r.Code]; own {
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
	if h.Default == "" && len(t.Regions) == 0 {
		return nil
	}
	return t
}

// HoursInForce tells the known hours as they are in force, in lines that are comments to YAML; none where
// they are not wanted.
func (c *Config) HoursInForce() string {
	if c.TextingHours.States != builtinStates {
		return ""
	}
	var b strings.Builder
	b.WriteString("# The hours behind texting_hours.states, within yours. They are no legal advice.\n")
	t := c.TextingHours.hours()
	for _, r := range hours.Builtin() {
		source := r.Source
		if _, own := c.TextingHours.Regions[r.Code]; own {
			source = "your own"
		}
		fmt.Fprintf(&b, "#   %-6s %-14s %s (%s)\n", r.Code, r.Name, t.Regions[r.Code], source)
	}
	return b.String()
}

// HoursNotes tells which texts of rules wait for texting_hours, one line each, with the line of the rule in
// the file; none where people may be texted at all times.
func (c *Config) HoursNotes() (notes []string) {
	texting := c.TextingHours.hours()
	if texting == nil {
		return nil
	}
	for i := range c.Rules {
		if key, note := c.Rules[i].HoursNote(texting, Show); note != "" {
			notes = append(notes, c.src.Problem(fmt.Sprintf("rules[%d]%s", i, key), note).Error())
		}
	}
	return notes
}
