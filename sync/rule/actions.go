package rule

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
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

// ActionKind is a kind of action: what people are told of it, what it does, and what that can set off. One more is a
// row of [Actions], the method that does it, and its form in spec_actions.go.
type ActionKind struct {
	Name    string
	Means   string
	Needs   Subject // what the trigger must tell of; 0: nothing
	Effects []store.Kind
	Example string // as it stands below do

	do     func(c Case, a Action, on *doing) []Effect
	causes func(a Action, b *Rule, names record.Names) bool             // whether it can be what another rule waits for
	leaves func(a Action, names record.Names, behind condition.Outcome) // nil: nothing that conditions ask for
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

// Actions are all kinds of actions.
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
		leaves: func(a Action, _ record.Names, behind condition.Outcome) { behind.Tagged[strings.ToLower(a.Tag)] = true },
	},
	{
		Name: ActUntag, Means: "take a tag off the contact", Needs: OfContact,
		Effects: []store.Kind{store.UntagContact}, Example: `untag: vip`,
		do:     single(Case.tag),
		causes: func(a Action, b *Rule, names record.Names) bool { return b.onTag("tag removed", a.Tag, names) },
		leaves: func(a Action, _ record.Names, behind condition.Outcome) {
			behind.Tagged[strings.ToLower(a.Tag)] = false
		},
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
		leaves: func(a Action, names record.Names, behind condition.Outcome) {
			for name, v := range a.Set {
				behind.Set[names.Key(name)] = v
			}
		},
	},
	{
		Name: ActAppointment, Means: "confirm or cancel the appointment that triggered the rule", Needs: OfAppointment,
		Effects: []store.Kind{store.UpdateAppointment}, Example: `appointment: confirmed`,
		do:     single(Case.setStatus),
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

// effects returns the effects of the actions. All edits of the contact are one edit, which the last such action
// carries; the others have no effect of their own.
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

// Action is one thing to do. Exactly one of its kinds is set, with what belongs to it.
type Action struct {
	Kind      string            // a name in [Actions]
	Text      *wording.Template // text, notify, note
	To        sms.Phone         // notify: empty is the first of staff
	Task      *wording.Task     // task, update_task, where what is empty stays as it is
	Tag       string            // tag, untag
	Completes string            // complete: [ThisTask], or the title of open tasks
	Set       map[string]string // set
	Status    string            // appointment
}

// ThisTask is how a rule names the task that triggered it.
const ThisTask = "this"

// text is a text to the contact, or to staff, in the hours of the rule and of who gets it.
func (c Case) text(e *Effect, a Action, on *doing) {
	r, w, now := on.cfg, on.world, on.now
	nameless := "somebody"
	switch {
	case now.Sub(c.At) >= textTime:
		e.Skipped = "too late for a text"
	case a.Kind == ActNotify:
		e.Number = string(a.To)
		if e.Number == "" && len(r.Staff) > 0 {
			e.Number = string(r.Staff[0])
		}
		if e.Number == "" {
			e.Skipped = "there is no staff to be texted"
		}
	case c.Text != nil && c.Text.MaybeStop:
		e.Skipped = "the text sounds like an opt-out"
	case c.Contact == nil:
		e.Skipped = noContact
	default:
		nameless = "there"
		e.Number, e.Skipped = record.Reachable(c.Contact, c.OptedOut)
	}
	if e.Skipped != "" {
		return
	}
	texting, zone := c.hoursOf(a, w, now)
	if e.DueAt, e.Expires, e.Waits, e.Skipped = c.window(texting, zone, now); e.Skipped != "" {
		return
	}
	body, err := a.Text.Render(c.data(w, nameless))
	if err != nil {
		e.Skipped = err.Error()
	}
	e.Body = body
}

func (c Case) newTask(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	task := *a.Task
	task.Due = cmp.Or(task.Due, record.TaskTime)
	fields, err := task.Render(c.data(on.world, c.Contact.Get(store.Phone)), on.now)
	if err != nil {
		e.Skipped = err.Error()
		return
	}
	e.Entity, e.Fields = store.Task, fields
}

func (c Case) updateTask(e *Effect, a Action, on *doing) {
	if c.Task == nil || !c.Task.GoneAt.IsZero() {
		e.Skipped = "the task was deleted"
		return
	}
	e.Entity, e.ID, e.Fields = store.Task, c.Task.ID, store.Fields{}
	if a.Task.Title != nil {
		title, err := a.Task.Title.Render(c.data(on.world, "somebody"))
		if err != nil {
			e.Skipped = err.Error()
			return
		}
		e.Fields[store.Title] = record.Shorten(title, record.TitleLength)
	}
	if a.Task.Due != 0 {
		e.Fields[store.Due] = record.Time(on.now.Add(a.Task.Due).Truncate(time.Minute))
	}
	if a.Task.AssignTo != "" {
		e.Fields[store.Assigned] = a.Task.AssignTo
	}
}

// complete ends the task that triggered the rule, or the open ones with a title.
func (c Case) complete(a Action, _ *doing) (all []Effect) {
	done := func(t *store.Record) {
		all = append(all, Effect{Action: a.Kind, Entity: store.Task, ID: t.ID, Fields: store.Fields{store.Completed: "true"}})
	}
	if a.Completes == ThisTask {
		if c.Task != nil && c.Task.GoneAt.IsZero() {
			done(c.Task)
			return all
		}
		return []Effect{{Action: a.Kind, Skipped: "the task was deleted"}}
	}
	if why := c.missing(); why != "" {
		return []Effect{{Action: a.Kind, Skipped: why}}
	}
	for i := range c.Open {
		if strings.EqualFold(c.Open[i].Get(store.Title), a.Completes) {
			done(&c.Open[i])
		}
	}
	if len(all) == 0 {
		return []Effect{{Action: a.Kind, Skipped: "no open task has that title"}}
	}
	return all
}

func (c Case) note(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	body, err := a.Text.Render(c.data(on.world, c.Contact.Get(store.Phone)))
	if err != nil {
		e.Skipped = err.Error()
		return
	}
	e.Entity, e.Fields = store.Note, store.Fields{store.Body: body}
}

// editContact makes an effect the edit of the contact by all actions so far.
func (c Case) editContact(e *Effect, on *doing) {
	e.Entity, e.ID, e.Fields = store.Contact, c.Contact.ID, on.edits
}

// tag puts a tag on the contact, or takes it off.
func (c Case) tag(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	tags := c.Contact.Value().With(on.edits).Set(store.Tags)
	tags = slices.DeleteFunc(tags, func(t string) bool { return strings.EqualFold(t, a.Tag) })
	if a.Kind == ActTag {
		tags = append(tags, strings.ToLower(a.Tag))
	}
	on.edits[store.Tags] = store.EncodeSet(tags)
	c.editContact(e, on)
}

// set sets fields of the contact: all that it names, or none.
func (c Case) set(e *Effect, a Action, on *doing) {
	if e.Skipped = c.missing(); e.Skipped != "" {
		return
	}
	set := store.Fields{}
	for name, value := range a.Set {
		field := on.world.Fields.Field(name)
		if field == "" {
			e.Skipped = "the CRM has not listed the field " + name
			return
		}
		v, err := record.Canonical(store.Contact, field, value, on.world.Region, on.world.Zone)
		if err != nil {
			e.Skipped = fmt.Sprintf("%s: %v", name, err)
			return
		}
		set[field] = v
	}
	maps.Copy(on.edits, set)
	c.editContact(e, on)
}

func (c Case) setStatus(e *Effect, a Action, _ *doing) {
	if c.Appointment == nil || !c.Appointment.GoneAt.IsZero() {
		e.Skipped = "the appointment was deleted"
		return
	}
	e.Entity, e.ID, e.Fields = store.Appointment, c.Appointment.ID, store.Fields{store.Status: a.Status}
}
