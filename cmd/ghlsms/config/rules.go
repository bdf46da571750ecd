package config

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// Rule is an automation: on a trigger, if its conditions hold, do this. Name is part of the keys
// that keep it from being done twice, so renaming a rule makes a new one.
type Rule struct {
	Name    string               `yaml:"name"`
	On      string               `yaml:"on"`
	Keyword string               `yaml:"keyword,omitempty"`
	Pattern string               `yaml:"pattern,omitempty"`
	Field   string               `yaml:"field,omitempty"`
	Tag     string               `yaml:"tag,omitempty"`
	At      string               `yaml:"at,omitempty"`
	Days    []string             `yaml:"days,omitempty"`
	After   Duration             `yaml:"after,omitempty"`
	If      *condition.Condition `yaml:"if,omitempty"`
	Between string               `yaml:"between,omitempty"`
	Do      []Action             `yaml:"do"`
}

// RuleFields are values by the owner's names of fields, or the mirror's.
type RuleFields map[string]string

func (RuleFields) what() string { return "names of fields" }

// checkKey lets every name pass: the owner's may stand further down in the file.
func (RuleFields) checkKey(string) error { return nil }

func (l *loader) checkRules() {
	names := map[string]bool{}
	for i := range l.cfg.Rules {
		r, at := &l.cfg.Rules[i], fmt.Sprintf("rules[%d]", i)
		l.ownName(at+".name", r.Name, "rule", names)
		names[r.Name] = true
		t, known := rule.TriggerOf(r.On)
		if !known {
			l.badTrigger(at+".on", r.On)
			continue
		}
		if t.Name == "note added" && l.cfg.Sync.Notes.Every == 0 {
			l.bad(at+".on", "the CRM's notes are not read; set sync.notes.every, or remove this rule")
		}
		l.checkNarrowing(at, r, t)
		l.checkCondition(at+".if", r.If, conditionsOf(t), strconv.Quote(t.Name))
		l.checkActions(at, r, t)
	}
}

// ownName checks the name of a rule or a reminder, which others must not have.
func (l *loader) ownName(at, name, of string, taken map[string]bool) {
	switch {
	case name == "":
		l.bad(at, "missing; each %s needs a name of its own", of)
	case !idPattern.MatchString(name):
		l.bad(at, "%s is not a name; use letters, digits, - and _", Show(name))
	case taken[name]:
		l.bad(at, "%s is used twice; each %s needs a name of its own", Show(name), of)
	}
}

func (l *loader) badTrigger(at, on string) {
	names := rule.TriggerNames()
	if on == "" {
		l.bad(at, "missing; write one of %s", strings.Join(names, ", "))
		return
	}
	if near, _ := record.Nearest(on, names); near != "" {
		l.bad(at, "%s is no trigger; did you mean %q?", Show(on), near)
		return
	}
	l.bad(at, "%s is no trigger; there are %s", Show(on), strings.Join(names, ", "))
}

// checkNarrowing checks what goes with some triggers only.
func (l *loader) checkNarrowing(at string, r *Rule, t rule.Trigger) {
	for _, key := range rule.ByKeys {
		_, written := l.src.At[at+"."+key]
		switch {
		case written && !slices.Contains(t.By, key):
			var with []string
			for _, other := range rule.Triggers {
				if slices.Contains(other.By, key) {
					with = append(with, other.Name)
				}
			}
			l.bad(at+"."+key, "does not go with %q; it goes with %s", t.Name, strings.Join(with, ", "))
		case !written && slices.Contains(t.Needs, key):
			l.bad(at+"."+key, "missing; %q needs it", t.Name)
		}
	}
	if r.Keyword != "" && r.Pattern != "" {
		l.bad(at+".pattern", "set together with keyword; keep one of them")
	}
	if (*parse.Words)(nil).Command(r.Keyword).Verb == parse.VerbStop {
		l.bad(at+".keyword", "%s is how people opt out, and no rule may answer that; take another word", Show(r.Keyword))
	}
	if _, err := regexp.Compile(r.Pattern); err != nil {
		l.bad(at+".pattern", "%s is no pattern (%v); write an RE2 expression like (?i)price", Show(r.Pattern), err)
	}
	if r.Field != "" {
		l.ruleField(at+".field", r.Field)
	}
	r.Tag = strings.ToLower(r.Tag)
	if r.At != "" {
		if _, err := hours.ParseClock(r.At); err != nil {
			l.bad(at+".at", "%s %v", Show(r.At), err)
		}
	}
	for i, day := range r.Days {
		if _, ok := hours.ParseDay(day); !ok {
			l.bad(fmt.Sprintf("%s.days[%d]", at, i), "%s is no day; write mon, tue, wed, thu, fri, sat, sun", Show(day))
		}
	}
	if _, written := l.src.At[at+".after"]; written {
		l.positive(at+".after", r.After)
	}
	l.checkBetween(at, r)
}

func (l *loader) checkBetween(at string, r *Rule) {
	if r.Between == "" {
		return
	}
	if _, err := hours.ParseBetween(r.Between); err != nil {
		l.bad(at+".between", "%s %v", Show(r.Between), err)
	}
	if !slices.ContainsFunc(r.Do, func(a Action) bool { return a.Text != "" || a.Notify != "" }) {
		l.bad(at+".between", "says when texts leave, and this rule sends none; remove it")
	}
}

// ruleField checks the name of a field of contacts.
func (l *loader) ruleField(at, name string) {
	own := l.cfg.ownFields(store.Contact)
	known := slices.Concat(merge.Fields(store.Contact), []string{"company", store.Tags, store.DND, store.DNDSMS}, slices.Sorted(maps.Keys(own)))
	if id, custom := strings.CutPrefix(name, "cf."); slices.Contains(known, name) || custom && idPattern.MatchString(id) {
		return
	}
	if near, _ := record.Nearest(name, known); near != "" {
		l.bad(at, "no field %q; did you mean %q?", name, near)
		return
	}
	l.bad(at, "no field %q; there are %s", name, strings.Join(known, ", "))
}

func (l *loader) checkActions(at string, r *Rule, t rule.Trigger) {
	if len(r.Do) == 0 {
		l.bad(at+".do", "missing; write what to do, like  - notify: \"Look at this.\"")
	}
	for i := range r.Do {
		a, at := &r.Do[i], fmt.Sprintf("%s.do[%d]", at, i)
		kinds := a.kinds()
		if len(kinds) != 1 {
			var all []string
			for _, known := range rule.Actions {
				all = append(all, known.Name)
			}
			l.bad(at, "wants exactly one of %s", strings.Join(all, ", "))
			continue
		}
		kind, _ := rule.ActionOf(kinds[0])
		path := at + "." + kind.Name
		if kind.Needs != 0 && t.Tells&kind.Needs == 0 {
			l.bad(path, "cannot be done on %q, which tells of no %s", t.Name, subjectName(kind.Needs))
		}
		l.checkAction(at, kind.Name, a, t)
		l.checkWritable(path, kind)
	}
}

func subjectName(s rule.Subject) string {
	switch s {
	case rule.OfAppointment:
		return "appointment"
	case rule.OfTask:
		return "task"
	default:
		return "contact"
	}
}

// between are the hours of a rule; nil: always.
func (r *Rule) between() *hours.Week {
	if r.Between == "" {
		return nil
	}
	w, _ := hours.ParseBetween(r.Between) // a loaded config has hours that can be read
	return &w
}

// RuleSet turns the rules into what the engine goes by, with their templates tried out, and refuses
// those that would set each other off for ever.
func RuleSet(cfg *Config) ([]rule.Rule, error) {
	var errs []error
	own := slices.Sorted(maps.Keys(cfg.Fields))
	var all []rule.Rule
	for i := range cfg.Rules {
		r := &cfg.Rules[i]
		t, _ := rule.TriggerOf(r.On)
		one := rule.Rule{Name: r.Name, On: r.On, Keyword: r.Keyword, Field: r.Field, Tag: r.Tag, After: r.After.Std()}
		if r.Pattern != "" {
			one.Pattern = regexp.MustCompile(r.Pattern) // a loaded config has one that compiles
		}
		one.At, _ = hours.ParseClock(r.At)
		one.Between = r.between()
		for _, name := range r.Days {
			day, _ := hours.ParseDay(name)
			one.Days = append(one.Days, day)
		}
		if r.If != nil {
			one.If = *r.If
		}
		for j := range r.Do {
			at := fmt.Sprintf("rules[%d].do[%d]", i, j)
			one.Do = append(one.Do, r.Do[j].compile(func(key, text string) *wording.Template {
				if text == "" {
					return nil
				}
				tmpl, err := rule.ParseTemplate(t, r.Name, text, own...)
				if err != nil {
					errs = append(errs, cfg.Problem(at+"."+key, "%v", err))
				}
				return tmpl
			}))
		}
		all = append(all, one)
	}
	if loop := rule.Loop(all, cfg.ownFields(store.Contact)); loop != nil {
		errs = append(errs, cfg.loopProblem(loop))
	}
	return all, errors.Join(errs...)
}

// loopProblem names the rules of a circle with their lines.
func (c *Config) loopProblem(loop []int) error {
	var steps []string
	for _, i := range append(slices.Clone(loop), loop[0]) {
		steps = append(steps, fmt.Sprintf("%s (line %d)", c.Rules[i].Name, c.src.At[fmt.Sprintf("rules[%d]", i)].line))
	}
	return c.Problem(fmt.Sprintf("rules[%d].do", loop[0]), "these rules set each other off for ever: %s; narrow one of them with tag, field or if, or take an action out", strings.Join(steps, " -> "))
}

// RulesSummary tells in one line what the rules come to.
func (c *Config) RulesSummary() string {
	var all []string
	for i := range c.Rules {
		r := &c.Rules[i]
		var does []string
		for j := range r.Do {
			does = append(does, r.Do[j].kinds()...)
		}
		all = append(all, fmt.Sprintf("%s (%s: %s)", r.Name, r.On, strings.Join(does, ", ")))
	}
	return term.Count(len(all), "rule", "rules") + ": " + strings.Join(all, "; ")
}
