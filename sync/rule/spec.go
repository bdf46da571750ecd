package rule

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
	"ghlsms/sync/wording"
)

// Spec is an automation as the owner writes it: on a trigger, if its conditions hold, do this. Name is part of
// the keys that keep it from being done twice, so renaming a rule makes a new one.
type Spec struct {
	Name    string               `yaml:"name"`
	On      string               `yaml:"on"`
	Keyword string               `yaml:"keyword,omitempty"`
	Pattern string               `yaml:"pattern,omitempty"`
	Field   string               `yaml:"field,omitempty"`
	Tag     string               `yaml:"tag,omitempty"`
	At      string               `yaml:"at,omitempty"`
	Days    []string             `yaml:"days,omitempty"`
	After   spec.Duration        `yaml:"after,omitempty"`
	If      *condition.Condition `yaml:"if,omitempty"`
	Between string               `yaml:"between,omitempty"`
	Do      []ActionSpec         `yaml:"do"`
}

// Env is what specs are checked and compiled with.
type Env struct {
	spec.Source

	Zone      *time.Location
	Region    string
	From      string                  // the number that texts come from
	Staff     bool                    // there is somebody to notify
	Own       record.Names            // fields of contacts by the owner's names
	NotesRead bool                    // the CRM's notes are read
	ReadOnly  map[store.Entity]string // what is never written to the CRM, with the key that says so
}

// checker checks specs one after the other.
type checker struct {
	spec.Checker

	env Env
}

// Check tells what is wrong with rules, and brings tags and numbers into the one form that the program uses.
// Templates and circles are for [Compile] to find.
func Check(specs []Spec, env Env) []spec.Problem {
	c := checker{Checker: spec.Checker{Source: env.Source}, env: env}
	names := map[string]bool{}
	for i := range specs {
		s, at := &specs[i], fmt.Sprintf("[%d]", i)
		c.Name(at+".name", s.Name, "rule", names)
		names[s.Name] = true
		t, known := TriggerOf(s.On)
		if !known {
			c.badTrigger(at+".on", s.On)
			continue
		}
		if t.Name == "note added" && !env.NotesRead {
			c.Bad(at+".on", "the CRM's notes are not read; set sync.notes.every, or remove this rule")
		}
		c.narrowing(at, s, t)
		s.If.Check(&c.Checker, at+".if", t.Conditions(), strconv.Quote(t.Name), env.Own)
		c.actions(at, s, t)
	}
	return c.Problems
}

// Conditions are the subjects that the conditions of a rule with a trigger can be about.
func (t Trigger) Conditions() (about condition.Subject) {
	if t.Tells&OfContact != 0 {
		about |= condition.OfContact
	}
	if t.Tells&OfAppointment != 0 {
		about |= condition.OfAppointment
	}
	if t.Name == "text received" {
		about |= condition.OfSender
	}
	return about
}

func (c *checker) badTrigger(at, on string) {
	names := TriggerNames()
	if on == "" {
		c.Bad(at, "missing; write one of %s", strings.Join(names, ", "))
		return
	}
	if near, _ := record.Nearest(on, names); near != "" {
		c.Bad(at, "%s is no trigger; did you mean %q?", c.Show(on), near)
		return
	}
	c.Bad(at, "%s is no trigger; there are %s", c.Show(on), strings.Join(names, ", "))
}

// narrowing checks what goes with some triggers only.
func (c *checker) narrowing(at string, s *Spec, t Trigger) {
	for _, key := range ByKeys {
		written := c.Written(at + "." + key)
		switch {
		case written && !slices.Contains(t.By, key):
			var with []string
			for _, other := range Triggers {
				if slices.Contains(other.By, key) {
					with = append(with, other.Name)
				}
			}
			c.Bad(at+"."+key, "does not go with %q; it goes with %s", t.Name, strings.Join(with, ", "))
		case !written && slices.Contains(t.Needs, key):
			c.Bad(at+"."+key, "missing; %q needs it", t.Name)
		}
	}
	if s.Keyword != "" && s.Pattern != "" {
		c.Bad(at+".pattern", "set together with keyword; keep one of them")
	}
	if (*parse.Words)(nil).Command(s.Keyword).Verb == parse.VerbStop {
		c.Bad(at+".keyword", "%s is how people opt out, and no rule may answer that; take another word", c.Show(s.Keyword))
	}
	if _, err := regexp.Compile(s.Pattern); err != nil {
		c.Bad(at+".pattern", "%s is no pattern (%v); write an RE2 expression like (?i)price", c.Show(s.Pattern), err)
	}
	if s.Field != "" {
		c.field(at+".field", s.Field)
	}
	s.Tag = strings.ToLower(s.Tag)
	if s.At != "" {
		if _, err := hours.ParseClock(s.At); err != nil {
			c.Bad(at+".at", "%s %v", c.Show(s.At), err)
		}
	}
	if c.Written(at+".days") && len(s.Days) == 0 {
		c.Bad(at+".days", "lists no day, and the rule would run on all; write some, or remove it")
	}
	for i, day := range s.Days {
		if _, ok := hours.ParseDay(day); !ok {
			c.Bad(fmt.Sprintf("%s.days[%d]", at, i), "%s is no day; write mon, tue, wed, thu, fri, sat, sun", c.Show(day))
		}
	}
	c.PositiveIfWritten(at+".after", s.After)
	c.between(at, s)
}

func (c *checker) between(at string, s *Spec) {
	if s.Between == "" {
		return
	}
	if _, err := hours.ParseBetween(s.Between); err != nil {
		c.Bad(at+".between", "%s %v", c.Show(s.Between), err)
	}
	if !slices.ContainsFunc(s.Do, func(a ActionSpec) bool { return a.Text != "" || a.Notify != "" }) {
		c.Bad(at+".between", "says when texts leave, and this rule sends none; remove it")
	}
}

// field checks the name of a field of contacts.
func (c *checker) field(at, name string) {
	if err := condition.CheckField(name, c.env.Own); err != nil {
		c.Bad(at, "%v", err)
	}
}

// Compile makes rules of specs that were checked, with their templates tried out. The problems are those of
// templates, and rules that would set each other off for ever.
func Compile(specs []Spec, env Env) ([]Rule, []spec.Problem) {
	in := spec.Checker{Source: env.Source}
	own := slices.Sorted(maps.Keys(env.Own))
	var all []Rule
	for i := range specs {
		s := &specs[i]
		t, _ := TriggerOf(s.On)
		one := s.bare()
		for j := range s.Do {
			one.Do = append(one.Do, s.Do[j].compile(func(key, text string) *wording.Template {
				if text == "" {
					return nil
				}
				tmpl, err := ParseTemplate(t, s.Name, text, own...)
				if err != nil {
					in.Bad(fmt.Sprintf("[%d].do[%d].%s", i, j, key), "%v", err)
				}
				return tmpl
			}))
		}
		all = append(all, one)
	}
	if loop := Loop(all, env.Own); loop != nil {
		var steps []string
		for _, i := range append(slices.Clone(loop), loop[0]) {
			steps = append(steps, fmt.Sprintf("%s (line %d)", specs[i].Name, env.Line(fmt.Sprintf("[%d]", i))))
		}
		in.Bad(fmt.Sprintf("[%d].do", loop[0]), "these rules set each other off for ever: %s; narrow one of them with tag, field or if, or take an action out", strings.Join(steps, " -> "))
	}
	return all, in.Problems
}

// bare is the rule without its actions.
func (s *Spec) bare() Rule {
	one := Rule{Name: s.Name, On: s.On, Keyword: s.Keyword, Field: s.Field, Tag: s.Tag, After: s.After.Std(), Between: s.hours()}
	if s.Pattern != "" {
		one.Pattern = regexp.MustCompile(s.Pattern) // one that was checked compiles
	}
	one.At, _ = hours.ParseClock(s.At)
	for _, name := range s.Days {
		day, _ := hours.ParseDay(name)
		one.Days = append(one.Days, day)
	}
	if s.If != nil {
		one.If = *s.If
	}
	return one
}

// hours are those in which the texts of a rule leave; nil: always.
func (s *Spec) hours() *hours.Week {
	if s.Between == "" {
		return nil
	}
	w, _ := hours.ParseBetween(s.Between) // hours that were checked can be read
	return &w
}

// HoursNote tells when the texts of a rule wait for the hours at which people may be texted, and the key that
// it is about, if any; empty: they do not.
func (s *Spec) HoursNote(texting *hours.Texting, show func(string) string) (key, note string) {
	between := s.hours()
	switch {
	case !slices.ContainsFunc(s.Do, func(a ActionSpec) bool { return a.Text != "" }), s.answersAtOnce():
	case between == nil:
		return "", fmt.Sprintf("a text of %s that is due when people may not be texted (texting_hours) waits until they may, for 12 hours at most; between narrows that", s.Name)
	case between.Within(texting.Default) == (hours.Week{}):
		return ".between", fmt.Sprintf("%s has no hour in common with texting_hours (%s), so no text of %s leaves to whom those hours are for", show(s.Between), texting.Default, s.Name)
	case between.Within(texting.Default) != *between:
		return ".between", fmt.Sprintf("%s is longer than texting_hours (%s); a text of %s leaves only when both allow it", show(s.Between), texting.Default, s.Name)
	}
	return "", ""
}

// answersAtOnce tells whether the texts of a rule answer what somebody has just texted.
func (s *Spec) answersAtOnce() bool {
	return (&Rule{On: s.On, After: s.After.Std()}).Answers(time.Time{}, time.Time{})
}

// Actions are the kinds of what a rule does, in order.
func (s *Spec) Actions() (kinds []string) {
	for i := range s.Do {
		kinds = append(kinds, s.Do[i].kinds()...)
	}
	return kinds
}

// Users are those that each action assigns a task to.
func (s *Spec) Users() []string {
	all := make([]string, len(s.Do))
	for i, a := range s.Do {
		switch {
		case a.Task != nil:
			all[i] = a.Task.AssignTo
		case a.UpdateTask != nil:
			all[i] = a.UpdateTask.AssignTo
		}
	}
	return all
}
