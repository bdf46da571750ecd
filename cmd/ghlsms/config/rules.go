package config

import (
	"fmt"
	"strings"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync/rule"
)

// ruleEnv is what rules are checked and compiled with.
func (c *Config) ruleEnv(src source) rule.Env {
	env := rule.Env{
		Source: place{src, "rules"}, Zone: c.Location(), Region: c.Region, From: c.SMS.From, Staff: len(c.Staff) > 0,
		Own: c.ownFields(), NotesRead: c.Sync.Notes.Every != 0, ReadOnly: map[store.Entity]string{},
	}
	for _, k := range c.Sync.Kinds() {
		if k.ReadOnly {
			env.ReadOnly[k.Entity] = "sync." + k.Key + ".read_only"
		}
	}
	return env
}

// RuleSet turns the rules into what the engine goes by, with their templates tried out, and refuses
// those that would set each other off for ever.
func RuleSet(cfg *Config) ([]rule.Rule, error) {
	all, found := rule.Compile(cfg.Rules, cfg.ruleEnv(cfg.src))
	return all, cfg.problems("rules", found)
}

// RulesSummary tells in one line what the rules come to.
func (c *Config) RulesSummary() string {
	var all []string
	for i := range c.Rules {
		r := &c.Rules[i]
		all = append(all, fmt.Sprintf("%s (%s: %s)", r.Name, r.On, strings.Join(r.Actions(), ", ")))
	}
	return term.Count(len(all), "rule", "rules") + ": " + strings.Join(all, "; ")
}
