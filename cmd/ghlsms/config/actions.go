package config

import (
	"maps"
	"slices"
	"strings"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/rule"
	"ghlsms/sync/wording"
)

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

// actionForm is how an action is written: whether an entry has it, what is checked beside what holds for all, and
// what the engine gets.
type actionForm struct {
	has     func(a *Action) bool
	check   func(l *loader, at string, a *Action, t rule.Trigger) // nil: nothing
	compile func(a *Action, out *rule.Action, template func(key, text string) *wording.Template)
}

// actionForms are those of all actions, by their keys.
var actionForms = map[string]actionForm{
	rule.ActText: {
		has:   func(a *Action) bool { return a.Text != "" },
		check: (*loader).checkText,
		compile: func(a *Action, out *rule.Action, template func(key, text string) *wording.Template) {
			out.Text = template("text", a.Text)
		},
	},
	rule.ActNotify: {
		has:   func(a *Action) bool { return a.Notify != "" },
		check: (*loader).checkNotify,
		compile: func(a *Action, out *rule.Action, template func(key, text string) *wording.Template) {
			out.Text, out.To = template("notify", a.Notify), sms.Phone(a.To)
		},
	},
	rule.ActTask: {
		has:   func(a *Action) bool { return a.Task != nil },
		check: (*loader).checkTask,
		compile: func(a *Action, out *rule.Action, template func(key, text string) *wording.Template) {
			out.Task = a.Task.task("task", template)
		},
	},
	rule.ActUpdateTask: {
		has:   func(a *Action) bool { return a.UpdateTask != nil },
		check: (*loader).checkUpdateTask,
		compile: func(a *Action, out *rule.Action, template func(key, text string) *wording.Template) {
			out.Task = a.UpdateTask.task("update_task", template)
		},
	},
	rule.ActComplete: {
		has:   func(a *Action) bool { return a.Complete != "" },
		check: (*loader).checkComplete,
		compile: func(a *Action, out *rule.Action, _ func(key, text string) *wording.Template) {
			out.Completes = a.Complete
		},
	},
	rule.ActNote: {
		has: func(a *Action) bool { return a.Note != "" },
		compile: func(a *Action, out *rule.Action, template func(key, text string) *wording.Template) {
			out.Text = template("note", a.Note)
		},
	},
	rule.ActTag: {
		has: func(a *Action) bool { return a.Tag != "" },
		compile: func(a *Action, out *rule.Action, _ func(key, text string) *wording.Template) {
			out.Tag = strings.ToLower(a.Tag)
		},
	},
	rule.ActUntag: {
		has: func(a *Action) bool { return a.Untag != "" },
		compile: func(a *Action, out *rule.Action, _ func(key, text string) *wording.Template) {
			out.Tag = strings.ToLower(a.Untag)
		},
	},
	rule.ActSet: {
		has:     func(a *Action) bool { return len(a.Set) > 0 },
		check:   (*loader).checkSet,
		compile: func(a *Action, out *rule.Action, _ func(key, text string) *wording.Template) { out.Set = a.Set },
	},
	rule.ActAppointment: {
		has:   func(a *Action) bool { return a.Appointment != "" },
		check: (*loader).checkAppointment,
		compile: func(a *Action, out *rule.Action, _ func(key, text string) *wording.Template) {
			out.Status = a.Appointment
		},
	},
}

// kinds are the actions that an entry under do has, by their keys.
func (a *Action) kinds() (kinds []string) {
	for kind, form := range actionForms {
		if form.has(a) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// compile is what the engine gets.
func (a *Action) compile(template func(key, text string) *wording.Template) rule.Action {
	out := rule.Action{Kind: a.kinds()[0]}
	actionForms[out.Kind].compile(a, &out, template)
	return out
}

func (t *RuleTask) task(key string, template func(key, text string) *wording.Template) *wording.Task {
	return &wording.Task{Title: template(key+".title", t.Title), Body: template(key+".body", t.Body), Due: t.Due.Std(), AssignTo: t.AssignTo}
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
	if check := actionForms[kind].check; check != nil {
		check(l, at, a, t)
	}
}

func (l *loader) checkText(at string, _ *Action, t rule.Trigger) {
	if t.Name == "opt-out" {
		l.bad(at+".text", "who opted out is not texted; use notify or task")
	}
}

func (l *loader) checkTask(at string, a *Action, _ rule.Trigger) {
	if a.Task.Title == "" {
		l.bad(at+".task.title", "missing; write the title of the task")
	}
	l.ruleDue(at+".task.due", a.Task.Due)
}

func (l *loader) checkUpdateTask(at string, a *Action, _ rule.Trigger) {
	if a.UpdateTask.Title == "" && a.UpdateTask.Due == 0 && a.UpdateTask.AssignTo == "" {
		l.bad(at+".update_task", "changes nothing; write title, due or assign_to")
	}
	if a.UpdateTask.Body != "" {
		l.bad(at+".update_task.body", "cannot be changed by a rule; use title, or note")
	}
	l.ruleDue(at+".update_task.due", a.UpdateTask.Due)
}

func (l *loader) checkComplete(at string, a *Action, t rule.Trigger) {
	if a.Complete == rule.ThisTask && t.Tells&rule.OfTask == 0 {
		l.bad(at+".complete", "%q tells of no task; write the title of one", t.Name)
	}
}

func (l *loader) checkAppointment(at string, a *Action, _ rule.Trigger) {
	l.oneOf(at+".appointment", a.Appointment, []string{"confirmed", "cancelled"})
}

func (l *loader) ruleDue(at string, d Duration) {
	if _, written := l.src.At[at]; written {
		l.positive(at, d)
	}
}

func (l *loader) checkNotify(at string, a *Action, _ rule.Trigger) {
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

func (l *loader) checkSet(at string, a *Action, _ rule.Trigger) {
	own := l.cfg.ownFields(store.Contact)
	for _, name := range slices.Sorted(maps.Keys(a.Set)) {
		path, value := at+".set."+name, a.Set[name]
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
