package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/hours"
	"ghlsms/sync/merge"
	"ghlsms/sync/record"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

// Rule is an automation: on a trigger, if its conditions hold, do this. Name is part of the keys
// that keep it from being done twice, so renaming a rule makes a new one.
type Rule struct {
	Name    string         `yaml:"name"`
	On      string         `yaml:"on"`
	Keyword string         `yaml:"keyword,omitempty"`
	Pattern string         `yaml:"pattern,omitempty"`
	Field   string         `yaml:"field,omitempty"`
	Tag     string         `yaml:"tag,omitempty"`
	At      string         `yaml:"at,omitempty"`
	Days    []string       `yaml:"days,omitempty"`
	After   Duration       `yaml:"after,omitempty"`
	If      *RuleCondition `yaml:"if,omitempty"`
	Between string         `yaml:"between,omitempty"`
	Do      []Action       `yaml:"do"`
}

// RuleCondition is what must be so besides.
type RuleCondition struct {
	Tag      string     `yaml:"tag,omitempty"`
	NotTag   string     `yaml:"not_tag,omitempty"`
	Field    RuleFields `yaml:"field,omitempty"`
	Calendar string     `yaml:"calendar,omitempty"`
	Status   string     `yaml:"status,omitempty"`
	From     string     `yaml:"from,omitempty"`
}

// RuleFields are values by the owner's names of fields, or the mirror's.
type RuleFields map[string]string

func (RuleFields) what() string { return "names of fields" }

// checkKey lets every name pass: the owner's may stand further down in the file.
func (RuleFields) checkKey(string) error { return nil }

// Action has one of its keys, and To where that is Notify.
type Action struct {
	Text        string     `yaml:"text,omitempty"`
	Notify      string     `yaml:"notify,omitempty"`
	To          string     `yaml:"to,omitempty"`
	Task        *RuleTask  `yaml:"task,omitempty"`
	UpdateTask  *RuleTask  `yaml:"update_task,omitempty"`
	Complete    string     `yaml:"complete,omitempty"`
	Note        string     `yaml:"note,omitempty"`
	Tag         string     `yaml:"tag,omitempty"`
	Untag       string     `yaml:"untag,omitempty"`
	Set         RuleFields `yaml:"set,omitempty"`
	Appointment string     `yaml:"appointment,omitempty"`
}

// RuleTask is a task to be made, or what is to change of one.
type RuleTask struct {
	Title    string   `yaml:"title,omitempty"`
	Body     string   `yaml:"body,omitempty"`
	Due      Duration `yaml:"due,omitempty"`
	AssignTo string   `yaml:"assign_to,omitempty"`
}

// kinds are the actions that an entry under do has, by their keys.
func (a *Action) kinds() (kinds []string) {
	for kind, has := range map[string]bool{
		rule.ActText: a.Text != "", rule.ActNotify: a.Notify != "", rule.ActTask: a.Task != nil, rule.ActUpdateTask: a.UpdateTask != nil,
		rule.ActComplete: a.Complete != "", rule.ActNote: a.Note != "", rule.ActTag: a.Tag != "", rule.ActUntag: a.Untag != "",
		rule.ActSet: len(a.Set) > 0, rule.ActAppointment: a.Appointment != "",
	} {
		if has {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

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
		l.checkCondition(at+".if", r, t)
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

func (l *loader) checkCondition(at string, r *Rule, t rule.Trigger) {
	if r.If == nil {
		return
	}
	r.If.Tag, r.If.NotTag = strings.ToLower(r.If.Tag), strings.ToLower(r.If.NotTag)
	for _, has := range []struct {
		key   string
		is    bool
		needs rule.Subject
		of    string
	}{
		{"tag", r.If.Tag != "", rule.OfContact, "contact"}, {"not_tag", r.If.NotTag != "", rule.OfContact, "contact"},
		{"field", len(r.If.Field) > 0, rule.OfContact, "contact"}, {"calendar", r.If.Calendar != "", rule.OfAppointment, "appointment"},
		{"status", r.If.Status != "", rule.OfAppointment, "appointment"},
	} {
		if has.is && t.Tells&has.needs == 0 {
			l.bad(at+"."+has.key, "is about the %s, and %q tells of none; remove it", has.of, t.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.If.Field)) {
		l.ruleField(at+".field."+name, name)
	}
	if r.If.Status != "" {
		if _, err := record.Canonical(store.Appointment, store.Status, r.If.Status, l.cfg.Region, time.UTC); err != nil {
			l.bad(at+".status", "%v", err)
		}
	}
	if r.If.From != "" {
		if t.Name != "text received" {
			l.bad(at+".from", `goes with "text received" only; remove it`)
		}
		l.oneOf(at+".from", r.If.From, rule.Senders)
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

// checkWritable refuses an action that the config keeps from ever reaching the CRM.
func (l *loader) checkWritable(path string, kind rule.ActionKind) {
	for _, effect := range kind.Effects {
		for _, k := range l.cfg.Sync.kinds() {
			if k.entity == effect.Entity() && k.rule.ReadOnly {
				l.bad(path, "sync.%s.read_only keeps this from ever being written to the CRM; change that, or remove this", k.name)
			}
		}
	}
}

func (l *loader) checkAction(at, kind string, a *Action, t rule.Trigger) {
	if a.To != "" && kind != rule.ActNotify {
		l.bad(at+".to", "goes with notify only; remove it")
	}
	switch kind {
	case rule.ActText:
		if t.Name == "opt-out" {
			l.bad(at+".text", "who opted out is not texted; use notify or task")
		}
	case rule.ActNotify:
		l.checkNotify(at, a)
	case rule.ActTask:
		if a.Task.Title == "" {
			l.bad(at+".task.title", "missing; write the title of the task")
		}
		l.ruleDue(at+".task.due", a.Task.Due)
	case rule.ActUpdateTask:
		if a.UpdateTask.Title == "" && a.UpdateTask.Due == 0 && a.UpdateTask.AssignTo == "" {
			l.bad(at+".update_task", "changes nothing; write title, due or assign_to")
		}
		if a.UpdateTask.Body != "" {
			l.bad(at+".update_task.body", "cannot be changed by a rule; use title, or note")
		}
		l.ruleDue(at+".update_task.due", a.UpdateTask.Due)
	case rule.ActComplete:
		if a.Complete == rule.ThisTask && t.Tells&rule.OfTask == 0 {
			l.bad(at+".complete", "%q tells of no task; write the title of one", t.Name)
		}
	case rule.ActSet:
		l.checkSet(at+".set", a.Set)
	case rule.ActAppointment:
		l.oneOf(at+".appointment", a.Appointment, []string{"confirmed", "cancelled"})
	}
}

func (l *loader) ruleDue(at string, d Duration) {
	if _, written := l.src.At[at]; written {
		l.positive(at, d)
	}
}

func (l *loader) checkNotify(at string, a *Action) {
	switch {
	case a.To != "":
		l.phone(at+".to", a.To, &a.To)
		if a.To == l.cfg.SMS.From {
			l.bad(at+".to", "is the number that texts come from, which would text itself; write another")
		}
	case len(l.cfg.Staff) == 0:
		l.bad(at+".notify", "there is nobody to notify; write the numbers of your people under staff, or to: beside this")
	}
}

func (l *loader) checkSet(at string, set RuleFields) {
	own := l.cfg.ownFields(store.Contact)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		path, value := at+"."+name, set[name]
		field, mine := own[name]
		switch {
		case strings.Contains(value, "{{"):
			l.bad(path, "takes a plain value, not a template")
			continue
		case name == store.Tags || field == store.Tags:
			l.bad(path, "would take all other tags off; use tag and untag")
			continue
		case !mine:
			field = name
		}
		if field == "" { // a custom one, which the CRM is yet to list
			continue
		}
		l.ruleField(path, name)
		if _, err := record.Canonical(store.Contact, field, value, l.cfg.Region, l.cfg.Location()); err != nil {
			l.bad(path, "%v", err)
		}
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
		if c := r.If; c != nil {
			one.If = rule.Condition{Tag: c.Tag, NotTag: c.NotTag, Fields: c.Field, Calendar: c.Calendar, Status: c.Status, From: c.From}
		}
		for j := range r.Do {
			at := fmt.Sprintf("rules[%d].do[%d]", i, j)
			one.Do = append(one.Do, r.Do[j].action(func(key, text string) *wording.Template {
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
		steps = append(steps, fmt.Sprintf("%s (line %d)", c.Rules[i].Name, c.Src.At[fmt.Sprintf("rules[%d]", i)].line))
	}
	return c.Problem(fmt.Sprintf("rules[%d].do", loop[0]), "these rules set each other off for ever: %s; narrow one of them with tag, field or if, or take an action out", strings.Join(steps, " -> "))
}

func (a *Action) action(template func(key, text string) *wording.Template) rule.Action {
	out := rule.Action{Kind: a.kinds()[0]}
	switch out.Kind {
	case rule.ActText, rule.ActNotify, rule.ActNote:
		out.Text, out.To = template(out.Kind, cmp.Or(a.Text, a.Notify, a.Note)), sms.Phone(a.To)
	case rule.ActTask:
		out.Title, out.Body, out.Due, out.AssignTo = template("task.title", a.Task.Title), template("task.body", a.Task.Body), a.Task.Due.Std(), a.Task.AssignTo
	case rule.ActUpdateTask:
		out.Title, out.Due, out.AssignTo = template("update_task.title", a.UpdateTask.Title), a.UpdateTask.Due.Std(), a.UpdateTask.AssignTo
	case rule.ActComplete:
		out.Completes = a.Complete
	case rule.ActTag, rule.ActUntag:
		out.Tag = strings.ToLower(cmp.Or(a.Tag, a.Untag))
	case rule.ActSet:
		out.Set = a.Set
	case rule.ActAppointment:
		out.Status = a.Appointment
	}
	return out
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
