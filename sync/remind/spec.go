package remind

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
	"ghlsms/sync/wording"
)

// Spec is a reminder as the owner writes it: one text before or after each appointment that it is for, or a task
// for staff. Name is part of the key that keeps a reminder from leaving twice, so renaming a rule makes a new one.
type Spec struct {
	Name string `yaml:"name"`

	// When: Before, After (the start; with Unanswered: that text), or At on the day DaysBefore days before.
	Before     spec.Duration `yaml:"before,omitempty"`
	After      spec.Duration `yaml:"after,omitempty"`
	At         string        `yaml:"at,omitempty"`
	DaysBefore int           `yaml:"days_before,omitempty"`
	Unanswered string        `yaml:"unanswered,omitempty"`

	If          *condition.Condition `yaml:"if,omitempty"`
	Quiet       string               `yaml:"quiet,omitempty"`
	Clock       string               `yaml:"clock,omitempty"`
	Missed      string               `yaml:"missed,omitempty"`
	Late        spec.Duration        `yaml:"late,omitempty"`
	TrustMirror spec.Duration        `yaml:"trust_mirror"`
	Group       spec.Duration        `yaml:"group,omitempty"`
	Retry       spec.Duration        `yaml:"retry,omitempty"`

	Text  string               `yaml:"text,omitempty"`
	Texts wording.Translations `yaml:"texts,omitempty"`
	Task  *wording.TaskSpec    `yaml:"task,omitempty"`
	Tag   string               `yaml:"tag,omitempty"`
	Note  bool                 `yaml:"note,omitempty"`
}

// SetDefaults is what a rule that says nothing else does.
func (s *Spec) SetDefaults() {
	s.DaysBefore, s.Quiet, s.Missed, s.TrustMirror = 1, string(hours.Nearest), MissedLatest, spec.Duration(15*time.Minute)
}

// Defaults are the reminders of an owner who writes none.
func Defaults() []Spec {
	specs := []Spec{{
		Name: "day-before", Before: spec.Duration(24 * time.Hour),
		Text: "Hi {{.Contact.FirstName}}, see you {{.When}}. Reply C to confirm, X to cancel.",
	}, {
		Name: "hour-before", Before: spec.Duration(time.Hour),
		Text: "Hi {{.Contact.FirstName}}, your appointment is {{.When}}. Running late? Just reply to this text.",
	}}
	for i := range specs {
		specs[i].SetDefaults()
		specs[i].DaysBefore = 0
	}
	return specs
}

// Env is what specs are checked and compiled with.
type Env struct {
	spec.Source

	Own         record.Names  // fields of contacts by the owner's names
	Past, Ahead spec.Duration // how far appointments are read
}

// Conditions are the subjects that the conditions of a reminder can be about.
const Conditions = condition.OfContact | condition.OfAppointment

// checker checks specs one after the other.
type checker struct{ spec.Checker }

// Check tells what is wrong with reminders, and brings tags into the form that the CRM keeps. Templates are for
// [Compile] to find.
func Check(specs []Spec, env Env) []spec.Problem {
	c := checker{spec.Checker{Source: env.Source}}
	names := map[string]bool{}
	for i := range specs {
		s, at := &specs[i], fmt.Sprintf("[%d]", i)
		c.Name(at+".name", s.Name, "reminder", names)
		c.time(at, s, names)
		names[s.Name] = true
		c.text(at, s)
		s.If.Check(&c.Checker, at+".if", Conditions, "a reminder", env.Own)
		c.OneOf(at+".quiet", s.Quiet, spec.Names(hours.Policies))
		if s.Clock != "" {
			c.OneOf(at+".clock", s.Clock, spec.Names(hours.Clocks))
		}
		c.OneOf(at+".missed", s.Missed, MissedPolicies)
		c.PositiveIfWritten(at+".late", s.Late)
		c.PositiveIfWritten(at+".group", s.Group)
		c.PositiveIfWritten(at+".retry", s.Retry)
		if s.TrustMirror < 0 {
			c.Bad(at+".trust_mirror", `"%s" is less than zero; write it like 15m, or 0 to wait for the CRM`, s.TrustMirror)
		}
		if s.Late > 0 && s.Missed == MissedSkip {
			c.Bad(at+".late", "set together with missed: skip, which sends nothing late; keep one of them")
		}
		s.Tag = strings.ToLower(s.Tag)
	}
	return c.Problems
}

// time wants exactly one way to say when. before are the names of the reminders above.
func (c *checker) time(at string, s *Spec, before map[string]bool) {
	var ways []string
	for _, key := range []string{"before", "after", "at"} {
		if c.Written(at + "." + key) {
			ways = append(ways, key)
		}
	}
	switch {
	case len(ways) == 0 && s.Unanswered != "":
		c.Bad(at+".after", "missing; say how long after the text that nobody answered, like 4h")
	case len(ways) == 0 && s.Before == 0:
		c.Bad(at+".before", "missing; say how long before the appointment, like 24h, or write after or at")
	case len(ways) > 1:
		c.Bad(at+"."+ways[1], "set together with %s; keep one of them", ways[0])
	}
	if s.Unanswered != "" {
		if !before[s.Unanswered] {
			c.Bad(at+".unanswered", "%s is no reminder above this one; write the name of the one that it follows", c.Show(s.Unanswered))
		}
		if slices.Contains(ways, "before") || slices.Contains(ways, "at") {
			c.Bad(at+".unanswered", "goes with after only; remove %s", ways[0])
		}
	}
	c.PositiveIfWritten(at+".before", s.Before)
	c.PositiveIfWritten(at+".after", s.After)
	if s.At == "" {
		if c.Written(at + ".days_before") {
			c.Bad(at+".days_before", `goes with at, such as  at: "18:00"; remove it`)
		}
		s.DaysBefore = 0
		return
	}
	if _, err := hours.ParseClock(s.At); err != nil {
		c.Bad(at+".at", "%s %v", c.Show(s.At), err)
	}
	if s.DaysBefore < 0 || s.DaysBefore > 365 {
		c.Bad(at+".days_before", "%d is not a number of days; write 1 for the day before, 0 for the same day", s.DaysBefore)
	}
}

// text wants a text or a task.
func (c *checker) text(at string, s *Spec) {
	switch {
	case s.Text == "" && s.Task == nil:
		c.Bad(at+".text", "missing; write what to text")
	case s.Text != "" && s.Task != nil:
		c.Bad(at+".task", "set together with text; keep one of them, and make another reminder of the other")
	case s.Text == "" && len(s.Texts) > 0:
		c.Bad(at+".text", "missing; write what to text to those whose language is none of those under texts")
	}
	if s.Task == nil {
		return
	}
	if s.Task.Title == "" {
		c.Bad(at+".task.title", "missing; write the title of the task")
	}
	c.Positive(at+".task.due", s.Task.Due)
	for _, key := range []string{"group", "retry", "tag", "note", "texts"} {
		if c.Written(at + "." + key) {
			c.Bad(at+"."+key, "is about a text, and this reminder makes a task; remove it")
		}
	}
}

// Compile makes rules of specs that were checked, with their templates tried out. The problems are those of
// templates, and times at which no appointment is known.
func Compile(specs []Spec, env Env) ([]Rule, []spec.Problem) {
	c := checker{spec.Checker{Source: env.Source}}
	own := slices.Sorted(maps.Keys(env.Own))
	var all []Rule
	for i := range specs {
		s, at := &specs[i], fmt.Sprintf("[%d]", i)
		rule := s.bare()
		c.words(at, s, &rule, own)
		for _, d := range []struct {
			key   string
			ahead spec.Duration
		}{{"before", s.Before}, {"days_before", spec.Duration(s.DaysBefore) * spec.Duration(spec.Day)}} {
			if d.ahead > env.Ahead {
				c.Bad(at+"."+d.key, "%s is further ahead than appointments are read (appointments.ahead: %s)", d.ahead, env.Ahead)
			}
		}
		if s.Unanswered == "" && s.After > env.Past {
			c.Bad(at+".after", "%s is further back than appointments are read (appointments.past: %s)", s.After, env.Past)
		}
		all = append(all, rule)
	}
	return all, c.Problems
}

// words compiles what a reminder says.
func (c *checker) words(at string, s *Spec, rule *Rule, own []string) {
	if s.Text != "" {
		text, err := wording.ParseWording(s.Name, s.Text, s.Texts, own...)
		bad, _ := errors.AsType[wording.LanguageError](err)
		for _, language := range slices.Sorted(maps.Keys(bad)) {
			key := ".text"
			if language != "" {
				key = ".texts." + language
			}
			c.Bad(at+key, "%v", bad[language])
		}
		rule.Text = text
	}
	if s.Task != nil {
		rule.Task = s.Task.Compile(at+".task", func(path, text string) *wording.Template {
			if text == "" {
				return nil
			}
			parsed, err := wording.ParseTask(s.Name, text, own...)
			if err != nil {
				c.Bad(path, "%v", err)
			}
			return parsed
		})
	}
}

// bare is the rule without what it says.
func (s *Spec) bare() Rule {
	rule := Rule{
		Name: s.Name, Before: s.Before.Std(), After: s.After.Std(), DaysBefore: s.DaysBefore, Unanswered: s.Unanswered,
		Quiet: hours.Policy(s.Quiet), Clock: hours.Whose(s.Clock), Missed: s.Missed, Late: s.Late.Std(), TrustMirror: s.TrustMirror.Std(), Group: s.Group.Std(), Retry: s.Retry.Std(),
		Tag: s.Tag, Note: s.Note,
	}
	if s.At != "" {
		clock, _ := hours.ParseClock(s.At) // a time that was checked can be read
		rule.At = &clock
	}
	if s.If != nil {
		rule.If = *s.If
	}
	return rule
}
