package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/spec"
	"ghlsms/sync/wording"
)

// ActionSpec is an action as the owner writes it. It has one of its keys, and To where that is Notify.
type ActionSpec struct {
	Text        string     `yaml:"text,omitempty"`
	Notify      string     `yaml:"notify,omitempty"`
	To          string     `yaml:"to,omitempty"`
	Task        *TaskSpec  `yaml:"task,omitempty"`
	UpdateTask  *TaskSpec  `yaml:"update_task,omitempty"`
	Complete    string     `yaml:"complete,omitempty"`
	Note        string     `yaml:"note,omitempty"`
	Tag         string     `yaml:"tag,omitempty"`
	Untag       string     `yaml:"untag,omitempty"`
	Set         FieldsSpec `yaml:"set,omitempty"`
	Appointment string     `yaml:"appointment,omitempty"`
}

// TaskSpec is a task to be made, or what is to change of one.
type TaskSpec struct {
	Title    string        `yaml:"title,omitempty"`
	Body     string        `yaml:"body,omitempty"`
	Due      spec.Duration `yaml:"due,omitempty"`
	AssignTo string        `yaml:"assign_to,omitempty"`
}

// FieldsSpec are values by the owner's names of fields, or the mirror's.
type FieldsSpec map[string]string

// What are the keys of the map, for people.
func (FieldsSpec) What() string { return "names of fields" }

// CheckKey lets every name pass: the owner's may stand further down in the file.
func (FieldsSpec) CheckKey(string) error { return nil }

// actionForm is how an action is written: whether an entry has it, what is checked beside what holds for all, and
// what it compiles to.
type actionForm struct {
	has     func(a *ActionSpec) bool
	check   func(c *checker, at string, a *ActionSpec, t Trigger) // nil: nothing
	compile func(a *ActionSpec, out *Action, template wording.Parser)
}

// actionForms are those of all [Actions], by their names.
var actionForms = map[string]actionForm{
	ActText: {
		has:     func(a *ActionSpec) bool { return a.Text != "" },
		check:   (*checker).text,
		compile: func(a *ActionSpec, out *Action, template wording.Parser) { out.Text = template("text", a.Text) },
	},
	ActNotify: {
		has:   func(a *ActionSpec) bool { return a.Notify != "" },
		check: (*checker).notify,
		compile: func(a *ActionSpec, out *Action, template wording.Parser) {
			out.Text, out.To = template("notify", a.Notify), sms.Phone(a.To)
		},
	},
	ActTask: {
		has:     func(a *ActionSpec) bool { return a.Task != nil },
		check:   (*checker).task,
		compile: func(a *ActionSpec, out *Action, template wording.Parser) { out.Task = a.Task.compile("task", template) },
	},
	ActUpdateTask: {
		has:   func(a *ActionSpec) bool { return a.UpdateTask != nil },
		check: (*checker).updateTask,
		compile: func(a *ActionSpec, out *Action, template wording.Parser) {
			out.Task = a.UpdateTask.compile("update_task", template)
		},
	},
	ActComplete: {
		has:     func(a *ActionSpec) bool { return a.Complete != "" },
		check:   (*checker).complete,
		compile: func(a *ActionSpec, out *Action, _ wording.Parser) { out.Completes = a.Complete },
	},
	ActNote: {
		has:     func(a *ActionSpec) bool { return a.Note != "" },
		compile: func(a *ActionSpec, out *Action, template wording.Parser) { out.Text = template("note", a.Note) },
	},
	ActTag: {
		has:     func(a *ActionSpec) bool { return a.Tag != "" },
		compile: func(a *ActionSpec, out *Action, _ wording.Parser) { out.Tag = strings.ToLower(a.Tag) },
	},
	ActUntag: {
		has:     func(a *ActionSpec) bool { return a.Untag != "" },
		compile: func(a *ActionSpec, out *Action, _ wording.Parser) { out.Tag = strings.ToLower(a.Untag) },
	},
	ActSet: {
		has:     func(a *ActionSpec) bool { return len(a.Set) > 0 },
		check:   (*checker).set,
		compile: func(a *ActionSpec, out *Action, _ wording.Parser) { out.Set = a.Set },
	},
	ActAppointment: {
		has:     func(a *ActionSpec) bool { return a.Appointment != "" },
		check:   (*checker).appointment,
		compile: func(a *ActionSpec, out *Action, _ wording.Parser) { out.Status = a.Appointment },
	},
}

// kinds are the actions that an entry under do has, by their names.
func (a *ActionSpec) kinds() (kinds []string) {
	for kind, form := range actionForms {
		if form.has(a) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func (a *ActionSpec) compile(template wording.Parser) Action {
	out := Action{Kind: a.kinds()[0]}
	actionForms[out.Kind].compile(a, &out, template)
	return out
}

func (t *TaskSpec) compile(key string, template wording.Parser) *wording.Task {
	return (*wording.TaskSpec)(t).Compile(key, template)
}

func (c *checker) actions(at string, s *Spec, t Trigger) {
	if len(s.Do) == 0 {
		c.Bad(at+".do", "missing; write what to do, like  - notify: \"Look at this.\"")
	}
	for i := range s.Do {
		a, at := &s.Do[i], fmt.Sprintf("%s.do[%d]", at, i)
		kinds := a.kinds()
		if len(kinds) != 1 {
			var all []string
			for _, known := range Actions {
				all = append(all, known.Name)
			}
			c.Bad(at, "wants exactly one of %s", strings.Join(all, ", "))
			continue
		}
		kind, _ := ActionOf(kinds[0])
		path := at + "." + kind.Name
		if kind.Needs != 0 && t.Tells&kind.Needs == 0 {
			c.Bad(path, "cannot be done on %q, which tells of no %s", t.Name, kind.Needs)
		}
		if a.To != "" && kind.Name != ActNotify {
			c.Bad(at+".to", "goes with notify only; remove it")
		}
		if check := actionForms[kind.Name].check; check != nil {
			check(c, at, a, t)
		}
		c.writable(path, kind)
	}
}

// String names a subject for people.
func (s Subject) String() string {
	switch s {
	case OfAppointment:
		return "appointment"
	case OfTask:
		return "task"
	default:
		return "contact"
	}
}

// writable refuses an action that the config keeps from ever reaching the CRM.
func (c *checker) writable(path string, kind ActionKind) {
	for _, effect := range kind.Effects {
		if key, readOnly := c.env.ReadOnly[effect.Entity()]; readOnly {
			c.Bad(path, "%s keeps this from ever being written to the CRM; change that, or remove this", key)
		}
	}
}

func (c *checker) text(at string, _ *ActionSpec, t Trigger) {
	if t.Name == "opt-out" {
		c.Bad(at+".text", "who opted out is not texted; use notify or task")
	}
}

func (c *checker) notify(at string, a *ActionSpec, _ Trigger) {
	switch {
	case a.To != "":
		c.Phone(at+".to", &a.To, c.env.Region)
		if a.To == c.env.From {
			c.Bad(at+".to", "is the number that texts come from, which would text itself; write another")
		}
	case !c.env.Staff:
		c.Bad(at+".notify", "there is nobody to notify; write the numbers of your people under staff, or to: beside this")
	}
}

func (c *checker) task(at string, a *ActionSpec, _ Trigger) {
	if a.Task.Title == "" {
		c.Bad(at+".task.title", "missing; write the title of the task")
	}
	c.PositiveIfWritten(at+".task.due", a.Task.Due)
}

func (c *checker) updateTask(at string, a *ActionSpec, _ Trigger) {
	if a.UpdateTask.Title == "" && a.UpdateTask.Due == 0 && a.UpdateTask.AssignTo == "" {
		c.Bad(at+".update_task", "changes nothing; write title, due or assign_to")
	}
	if a.UpdateTask.Body != "" {
		c.Bad(at+".update_task.body", "cannot be changed by a rule; use title, or note")
	}
	c.PositiveIfWritten(at+".update_task.due", a.UpdateTask.Due)
}

func (c *checker) complete(at string, a *ActionSpec, t Trigger) {
	if a.Complete == ThisTask && t.Tells&OfTask == 0 {
		c.Bad(at+".complete", "%q tells of no task; write the title of one", t.Name)
	}
}

func (c *checker) appointment(at string, a *ActionSpec, _ Trigger) {
	c.OneOf(at+".appointment", a.Appointment, []string{"confirmed", "cancelled"})
}

func (c *checker) set(at string, a *ActionSpec, _ Trigger) {
	for _, name := range slices.Sorted(maps.Keys(a.Set)) {
		path, value := at+".set."+name, a.Set[name]
		field, mine := c.env.Own[name]
		switch {
		case strings.Contains(value, "{{"):
			c.Bad(path, "takes a plain value, not a template")
			continue
		case name == store.Tags || field == store.Tags:
			c.Bad(path, "would take all other tags off; use tag and untag")
			continue
		case !mine:
			field = name
		}
		if field == "" { // a custom one, which the CRM is yet to list
			continue
		}
		c.field(path, name)
		if _, err := record.Canonical(store.Contact, field, value, c.env.Region, c.env.Zone); err != nil {
			c.Bad(path, "%v", err)
		}
	}
}
