package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/hours"
	"ghlsms/sync/remind"
	"ghlsms/sync/spec"
	"ghlsms/sync/wording"
)

// Reminder is one text before or after each appointment that it is for, or a task for staff. Name is
// part of the key that keeps a reminder from leaving twice, so renaming a rule makes a new one.
type Reminder struct {
	Name string `yaml:"name"`

	// When: Before, After (the start; with Unanswered: that text), or At on the day DaysBefore days before.
	Before     Duration `yaml:"before,omitempty"`
	After      Duration `yaml:"after,omitempty"`
	At         string   `yaml:"at,omitempty"`
	DaysBefore int      `yaml:"days_before,omitempty"`
	Unanswered string   `yaml:"unanswered,omitempty"`

	If          *condition.Condition `yaml:"if,omitempty"`
	Quiet       string               `yaml:"quiet,omitempty"`
	Missed      string               `yaml:"missed,omitempty"`
	Late        Duration             `yaml:"late,omitempty"`
	TrustMirror Duration             `yaml:"trust_mirror"`
	Group       Duration             `yaml:"group,omitempty"`
	Retry       Duration             `yaml:"retry,omitempty"`

	Text  string       `yaml:"text,omitempty"`
	Texts Translations `yaml:"texts,omitempty"`
	Task  *WelcomeTask `yaml:"task,omitempty"`
	Tag   string       `yaml:"tag,omitempty"`
	Note  bool         `yaml:"note,omitempty"`
}

// Translations are texts by language.
type Translations map[string]string

func (Translations) What() string { return "languages" }

func (Translations) CheckKey(language string) error {
	if slices.Contains(wording.Languages(), language) {
		return nil
	}
	if code, ok := wording.LanguageCode(language); ok {
		return fmt.Errorf("is no language that texts can be in; did you mean %q?", code)
	}
	return fmt.Errorf("is no language that texts can be in; there are %s", strings.Join(wording.Languages(), ", "))
}

// SetDefaults is what a rule that says nothing else does.
func (r *Reminder) SetDefaults() {
	r.DaysBefore, r.Quiet, r.Missed, r.TrustMirror = 1, string(hours.Nearest), remind.MissedLatest, Duration(15*time.Minute)
}

func defaultReminders() []Reminder {
	rules := []Reminder{{
		Name: "day-before", Before: Duration(24 * time.Hour),
		Text: "Hi {{.Contact.FirstName}}, see you {{.When}}. Reply C to confirm, X to cancel.",
	}, {
		Name: "hour-before", Before: Duration(time.Hour),
		Text: "Hi {{.Contact.FirstName}}, your appointment is {{.When}}. Running late? Just reply to this text.",
	}}
	for i := range rules {
		rules[i].SetDefaults()
		rules[i].DaysBefore = 0
	}
	return rules
}

func (l *loader) checkReminders() {
	if l.cfg.LanguageField != "" {
		if err := condition.CheckField(l.cfg.LanguageField, l.cfg.ownFields(store.Contact)); err != nil {
			l.bad("language_field", "%v", err)
		}
	}
	names := map[string]bool{}
	for i := range l.cfg.Reminders {
		r, at := &l.cfg.Reminders[i], fmt.Sprintf("reminders[%d]", i)
		l.checked(func(c *spec.Checker) { c.Name(at+".name", r.Name, "reminder", names) })
		l.checkReminderTime(at, r, names)
		names[r.Name] = true
		l.checkReminderText(at, r)
		l.checked(func(c *spec.Checker) {
			r.If.Check(c, at+".if", condition.OfContact|condition.OfAppointment, "a reminder", l.cfg.ownFields(store.Contact))
		})
		quiet := make([]string, len(hours.Policies))
		for i, p := range hours.Policies {
			quiet[i] = string(p)
		}
		l.oneOf(at+".quiet", r.Quiet, quiet)
		l.oneOf(at+".missed", r.Missed, remind.MissedPolicies)
		for _, d := range []struct {
			key   string
			value Duration
		}{{"late", r.Late}, {"group", r.Group}, {"retry", r.Retry}} {
			if l.wrote(at + "." + d.key) {
				l.positive(at+"."+d.key, d.value)
			}
		}
		if r.TrustMirror < 0 {
			l.bad(at+".trust_mirror", `"%s" is less than zero; write it like 15m, or 0 to wait for the CRM`, r.TrustMirror)
		}
		if r.Late > 0 && r.Missed == remind.MissedSkip {
			l.bad(at+".late", "set together with missed: skip, which sends nothing late; keep one of them")
		}
		r.Tag = strings.ToLower(r.Tag)
	}
}

func (l *loader) wrote(path string) bool {
	_, written := l.src.At[path]
	return written
}

// checkReminderTime wants exactly one way to say when.
func (l *loader) checkReminderTime(at string, r *Reminder, before map[string]bool) {
	var ways []string
	for _, key := range []string{"before", "after", "at"} {
		if l.wrote(at + "." + key) {
			ways = append(ways, key)
		}
	}
	switch {
	case len(ways) == 0 && r.Unanswered != "":
		l.bad(at+".after", "missing; say how long after the text that nobody answered, like 4h")
	case len(ways) == 0 && r.Before == 0:
		l.bad(at+".before", "missing; say how long before the appointment, like 24h, or write after or at")
	case len(ways) > 1:
		l.bad(at+"."+ways[1], "set together with %s; keep one of them", ways[0])
	}
	if r.Unanswered != "" {
		if !before[r.Unanswered] {
			l.bad(at+".unanswered", "%s is no reminder above this one; write the name of the one that it follows", Show(r.Unanswered))
		}
		if slices.Contains(ways, "before") || slices.Contains(ways, "at") {
			l.bad(at+".unanswered", "goes with after only; remove %s", ways[0])
		}
	}
	if l.wrote(at + ".before") {
		l.positive(at+".before", r.Before)
	}
	if l.wrote(at + ".after") {
		l.positive(at+".after", r.After)
	}
	if r.At == "" {
		if l.wrote(at + ".days_before") {
			l.bad(at+".days_before", `goes with at, such as  at: "18:00"; remove it`)
		}
		r.DaysBefore = 0
		return
	}
	if _, err := hours.ParseClock(r.At); err != nil {
		l.bad(at+".at", "%s %v", Show(r.At), err)
	}
	if r.DaysBefore < 0 || r.DaysBefore > 365 {
		l.bad(at+".days_before", "%d is not a number of days; write 1 for the day before, 0 for the same day", r.DaysBefore)
	}
}

func (l *loader) checkReminderText(at string, r *Reminder) {
	switch {
	case r.Text == "" && r.Task == nil:
		l.bad(at+".text", "missing; write what to text")
	case r.Text != "" && r.Task != nil:
		l.bad(at+".task", "set together with text; keep one of them, and make another reminder of the other")
	case r.Text == "" && len(r.Texts) > 0:
		l.bad(at+".text", "missing; write what to text to those whose language is none of those under texts")
	}
	if r.Task != nil {
		if r.Task.Title == "" {
			l.bad(at+".task.title", "missing; write the title of the task")
		}
		l.positive(at+".task.due", r.Task.Due)
		for _, key := range []string{"group", "retry", "tag", "note", "texts"} {
			if l.wrote(at + "." + key) {
				l.bad(at+"."+key, "is about a text, and this reminder makes a task; remove it")
			}
		}
	}
}

// reminderRules are the reminders as the engine takes them.
func reminderRules(cfg *Config) ([]remind.Rule, error) {
	var all []remind.Rule
	var errs []error
	own := slices.Sorted(maps.Keys(cfg.Fields))
	for i, r := range cfg.Reminders {
		at := fmt.Sprintf("reminders[%d]", i)
		fail := func(key string, err error) {
			if err != nil {
				errs = append(errs, cfg.Problem(at+"."+key, "%v", err))
			}
		}
		rule := remind.Rule{
			Name: r.Name, Before: r.Before.Std(), After: r.After.Std(), DaysBefore: r.DaysBefore, Unanswered: r.Unanswered,
			Quiet: hours.Policy(r.Quiet), Missed: r.Missed, Late: r.Late.Std(), TrustMirror: r.TrustMirror.Std(), Group: r.Group.Std(), Retry: r.Retry.Std(),
			Tag: r.Tag, Note: r.Note,
		}
		if r.At != "" {
			clock, err := hours.ParseClock(r.At)
			fail("at", err)
			rule.At = &clock
		}
		if r.If != nil {
			rule.If = *r.If
		}
		if r.Text != "" {
			text, err := wording.ParseWording(r.Name, r.Text, r.Texts, own...)
			bad, _ := errors.AsType[wording.Errors](err)
			for _, language := range slices.Sorted(maps.Keys(bad)) {
				key := "text"
				if language != "" {
					key = "texts." + language
				}
				fail(key, bad[language])
			}
			rule.Text = text
		}
		if t := r.Task; t != nil {
			parse := func(key, text string) *wording.Template {
				if text == "" {
					return nil
				}
				parsed, err := wording.ParseTask(r.Name, text, own...)
				fail("task."+key, err)
				return parsed
			}
			rule.Task = &wording.Task{Title: parse("title", t.Title), Body: parse("body", t.Body), Due: t.Due.Std(), AssignTo: t.AssignTo}
		}
		for key, ahead := range map[string]Duration{"before": r.Before, "days_before": Duration(time.Duration(r.DaysBefore) * Day)} {
			if ahead > cfg.Appointments.Ahead {
				fail(key, fmt.Errorf("%s is further ahead than appointments are read (appointments.ahead: %s)", ahead, cfg.Appointments.Ahead))
			}
		}
		if r.Unanswered == "" && r.After > cfg.Appointments.Past {
			fail("after", fmt.Errorf("%s is further back than appointments are read (appointments.past: %s)", r.After, cfg.Appointments.Past))
		}
		all = append(all, rule)
	}
	return all, errors.Join(errs...)
}

// language is the owner's, in which texts are that name no other: the first of those that people may text
// in.
func (c *Config) language() string {
	if len(c.Inbound.Languages) == 0 {
		return ""
	}
	return c.Inbound.Languages[0]
}
