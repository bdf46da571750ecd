package rule

import (
	"slices"
	"strings"
	"time"

	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/record"
	"ghlsms/sync/wording"
)

// The actions of rules, by their names in the config.
const (
	ActText        = "text"
	ActNotify      = "notify"
	ActTask        = "task"
	ActUpdateTask  = "update_task"
	ActComplete    = "complete"
	ActNote        = "note"
	ActTag         = "tag"
	ActUntag       = "untag"
	ActSet         = "set"
	ActAppointment = "appointment"
)

// ActionKind is a kind of action: what people are told of it, what it does, and what that can set off.
type ActionKind struct {
	Name    string
	Means   string
	Needs   Subject // what the trigger must tell of; 0: nothing
	Effects []store.Kind
	Example string // as it stands below do

	do     func(c Case, a Action, on *doing) []Effect
	causes func(a Action, b *Rule, names record.Names) bool          // whether it can be what another rule waits for
	leaves func(a Action, names record.Names, behind condition.Left) // nil: nothing that conditions ask for
}

// doing is what actions are worked out with.
type doing struct {
	cfg   *Config
	world wording.World
	now   time.Time
	edits store.Fields // of the contact, by all actions so far: they are one edit
}

// single is for actions that come to one effect.
func single(do func(c Case, e *Effect, a Action, on *doing)) func(Case, Action, *doing) []Effect {
	return func(c Case, a Action, on *doing) []Effect {
		e := Effect{Action: a.Kind}
		do(c, &e, a, on)
		return []Effect{e}
	}
}

// on tells whether a rule waits for one of some triggers.
func (rule *Rule) on(triggers ...string) bool { return slices.Contains(triggers, rule.On) }

// onField tells whether a rule waits for a change of a field of contacts.
func (rule *Rule) onField(name string, names record.Names) bool {
	return rule.on("contact changed") && (rule.Field == "" || names.Key(rule.Field) == names.Key(name))
}

// onTag tells whether a rule waits for a tag to be put on or taken off.
func (rule *Rule) onTag(trigger, tag string, names record.Names) bool {
	return rule.on(trigger) && (rule.Tag == "" || strings.EqualFold(tag, rule.Tag)) || rule.onField("tags", names)
}

func waitsFor(triggers ...string) func(Action, *Rule, record.Names) bool {
	return func(_ Action, b *Rule, _ record.Names) bool { return b.on(triggers...) }
}

// Actions are all kinds of actions. What a kind has beside its row is its key in the config.
var Actions = []ActionKind{
	{
		Name: ActText, Means: "text the contact; not who opted out, not when people may not be texted (it waits), and at most 12 hours after it happened", Needs: OfContact,
		Effects: []store.Kind{store.SendText}, Example: `text: "Hi {{.Contact.FirstName}}, thank you."`,
		do: single(Case.text), causes: waitsFor("text failed"),
	},
	{
		Name: ActNotify, Means: "text the first of staff, or a number",
		Effects: []store.Kind{store.SendText}, Example: `notify: "Look at the CRM, please."`,
		do: single(Case.text), causes: waitsFor(),
	},
	{
		Name: ActTask, Means: "make a task on the contact; due is counted from now, 24h if left out", Needs: OfContact,
		Effects: []store.Kind{store.CreateTask}, Example: `task: {title: "Call {{.Contact.Name}}", body: "Soon.", due: 4h, assign_to: USER_ID}`,
		do: single(Case.newTask), causes: waitsFor("task created", "task due", "task overdue"),
	},
	{
		Name: ActUpdateTask, Means: "change the task that triggered the rule", Needs: OfTask,
		Effects: []store.Kind{store.UpdateTask}, Example: `update_task: {title: "Urgent: {{.Task.Title}}", assign_to: USER_ID}`,
		do: single(Case.updateTask),
		causes: func(a Action, b *Rule, _ record.Names) bool {
			return a.Task.Due != 0 && b.on("task due", "task overdue")
		},
	},
	{
		Name: ActComplete, Means: "complete the task that triggered the rule (this), or the contact's open tasks with that title", Needs: OfContact,
		Effects: []store.Kind{store.CompleteTask}, Example: `complete: "Confirm the appointment"`,
		do: Case.complete, causes: waitsFor("task completed"),
	},
	{
		Name: ActNote, Means: "add a note to the contact", Needs: OfContact,
		Effects: []store.Kind{store.CreateNote}, Example: `note: "{{.Contact.Name}} was asked how it was."`,
		do: single(Case.note), causes: waitsFor("note added"),
	},
	{
		Name: ActTag, Means: "put a tag on the contact", Needs: OfContact,
		Effects: []store.Kind{store.TagContact}, Example: `tag: vip`,
		do:     single(Case.tag),
		causes: func(a Action, b *Rule, names record.Names) bool { return b.onTag("tag added", a.Tag, names) },
		leaves: func(a Action, _ record.Names, behind condition.Left) { behind.Tagged[strings.ToLower(a.Tag)] = true },
	},
	{
		Name: ActUntag, Means: "take a tag off the contact", Needs: OfContact,
		Effects: []store.Kind{store.UntagContact}, Example: `untag: vip`,
		do:     single(Case.tag),
		causes: func(a Action, b *Rule, names record.Names) bool { return b.onTag("tag removed", a.Tag, names) },
		leaves: func(a Action, _ record.Names, behind condition.Left) { behind.Tagged[strings.ToLower(a.Tag)] = false },
	},
	{
		Name: ActSet, Means: "set fields of the contact, by your names or the mirror's; an empty value clears", Needs: OfContact,
		Effects: []store.Kind{store.UpdateContact}, Example: `set: {city: Boston}`,
		do: single(Case.set),
		causes: func(a Action, b *Rule, names record.Names) bool {
			for name := range a.Set {
				if b.onField(name, names) {
					return true
				}
			}
			return false
		},
		leaves: func(a Action, names record.Names, behind condition.Left) {
			for name, v := range a.Set {
				behind.Set[names.Key(name)] = v
			}
		},
	},
	{
		Name: ActAppointment, Means: "confirm or cancel the appointment that triggered the rule", Needs: OfAppointment,
		Effects: []store.Kind{store.UpdateAppointment}, Example: `appointment: confirmed`,
		do:     single(Case.book),
		causes: func(a Action, b *Rule, _ record.Names) bool { return b.on("appointment " + a.Status) },
	},
}

// ActionOf finds a kind of action by its name.
func ActionOf(name string) (ActionKind, bool) {
	i := slices.IndexFunc(Actions, func(a ActionKind) bool { return a.Name == name })
	if i < 0 {
		return ActionKind{}, false
	}
	return Actions[i], true
}

// effects works the actions out. What they change of the contact is one edit, by the last of them.
func (c Case) effects(cfg *Config, w wording.World, now time.Time) (all []Effect) {
	on := doing{cfg: cfg, world: w, now: now, edits: store.Fields{}}
	for _, a := range c.Rule.Do {
		if kind, known := ActionOf(a.Kind); known {
			all = append(all, kind.do(c, a, &on)...)
		}
	}
	later := false
	for i := range slices.Backward(all) {
		e := &all[i]
		switch {
		case e.Entity != store.Contact:
		case later: // it is in that edit
			e.Entity, e.ID, e.Fields = "", 0, nil
		default:
			later = true
		}
	}
	return all
}
