package config

import (
	"fmt"
	"strings"

	"ghlsms/sync/hours"
)

// HoursInForce tells the known hours as they are in force, in lines that are comments to YAML; none where
// they are not wanted.
func (c *Config) HoursInForce() string {
	if !c.TextingHours.Builtin() {
		return ""
	}
	var b strings.Builder
	b.WriteString("# The hours behind texting_hours.states, within yours. They are no legal advice.\n")
	t := c.TextingHours.Compile()
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
	texting := c.TextingHours.Compile()
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
