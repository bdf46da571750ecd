package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/parse"
	"ghlsms/store"
	"ghlsms/sync/condition"
	"ghlsms/sync/inbound"
	"ghlsms/sync/record"
	"ghlsms/sync/rule"
)

// PlannedRule is what a rule does about one event.
type PlannedRule struct {
	Rule    string `json:"rule"`
	Event   string `json:"event"`
	Contact string `json:"contact,omitempty"`
	Done    string `json:"done,omitempty"`
	Stopped string `json:"stopped,omitempty"`
}

// ruling is one run of the rules.
type ruling struct {
	*planning
	known map[string]store.KnownRule
	doubt bool // what is in the journal may have been looked at before the mirror was put back from a copy
}

// rules evaluates the owner's rules on the events of the journal, in their order, and on what came due. Events
// that a rule causes are evaluated in the same run.
func (p *planning) rules(ctx context.Context) error {
	on, err := p.watch(ctx)
	if err != nil || !on {
		return err
	}
	r := ruling{planning: p}
	if err := r.loadRules(ctx); err != nil {
		return err
	}
	if r.doubt, err = r.inDoubt(ctx); err != nil {
		return err
	}
	held, err := p.tx.Holds(ctx, store.Restored)
	if err != nil || held && !r.doubt {
		return err
	}
	if err := r.journal(ctx); err != nil {
		return err
	}
	if r.doubt {
		return r.endDoubt(ctx)
	}
	return r.clock(ctx)
}

// watch turns the journal on once everything was read, and off when there are no rules.
func (p *planning) watch(ctx context.Context) (on bool, err error) {
	if len(p.cfg.Rules) == 0 {
		return false, p.tx.Watch(ctx, false)
	}
	if on, err = p.tx.Watching(ctx); err == nil && !on {
		on, err = p.readSince(ctx, time.Time{})
	}
	if err != nil || !on {
		return false, err
	}
	return true, p.tx.Watch(ctx, true)
}

// readSince tells whether contacts, tasks and appointments were all read completely after a time.
func (p *planning) readSince(ctx context.Context, at time.Time) (bool, error) {
	for _, source := range []string{store.SourceContacts, store.SourceTasks, store.SourceAppointments} {
		c, err := p.tx.Cursor(ctx, source)
		if err != nil || !c.ReadAt.After(at) {
			return false, err
		}
	}
	return true, nil
}

// loadRules loads since when each rule is known. A rule that was removed counts as new when it returns.
func (r *ruling) loadRules(ctx context.Context) error {
	r.known = map[string]store.KnownRule{}
	for i := range r.cfg.Rules {
		name := r.cfg.Rules[i].Name
		k, err := r.tx.MeetRule(ctx, name)
		if err != nil {
			return err
		}
		r.known[name] = k
	}
	names, err := r.tx.KnownRules(ctx)
	for _, name := range names {
		if _, ours := r.known[name]; !ours && err == nil {
			err = r.tx.ForgetRule(ctx, name)
		}
	}
	return err
}

// metaRulesRestored is store.MetaRestored of the last put-back copy after which everything was read again.
const metaRulesRestored = "rules.restored"

// inDoubt tells whether the mirror was put back from a copy and not everything was read again since: then rules
// may have fired for these changes before.
func (r *ruling) inDoubt(ctx context.Context) (bool, error) {
	if r.world.Restored.IsZero() {
		return false, nil
	}
	done, err := r.tx.Meta(ctx, metaRulesRestored)
	return done != r.world.Restored.Format(time.RFC3339Nano), err
}

// mayBeOld tells whether rules may have heard of an event before the mirror was put back.
func (r *ruling) mayBeOld(e *store.Event) bool {
	return r.doubt && (e.At.IsZero() || e.At.Before(r.world.Restored))
}

// listLag is how long after a change the CRM's lists may still show what was before it.
const listLag = 30 * time.Second

// endDoubt ends the doubt once everything was read that there was when it was noticed that the mirror was put back: what
// shows after that is new, whatever the clocks say.
func (r *ruling) endDoubt(ctx context.Context) error {
	since := r.world.Restored
	if !r.world.Noticed.IsZero() {
		since = r.world.Noticed.Add(listLag)
	}
	if read, err := r.readSince(ctx, since); err != nil || !read {
		return err
	}
	return errors.Join(r.tx.SkipEventIDs(ctx), r.tx.SetMeta(ctx, metaRulesRestored, r.world.Restored.Format(time.RFC3339Nano)))
}

// journal evaluates the rules on all events, including those that follow from them.
func (r *ruling) journal(ctx context.Context) error {
	for after := int64(0); ; {
		events, err := r.tx.Events(ctx, after, PlanBatch)
		if err != nil || len(events) == 0 {
			return err
		}
		for i := range events {
			if _, err := r.one("event", events[i].ID, func() error { return r.event(ctx, &events[i]) }); err != nil {
				return fmt.Errorf("event %d: %w", events[i].ID, err)
			}
			after = events[i].ID
		}
	}
}

// event evaluates the rules on one event and removes it from the journal, unless it has to wait.
func (r *ruling) event(ctx context.Context, e *store.Event) error {
	if r.doubt && e.Entity == store.TextEvent { // which is told apart by when it came in
		return nil
	}
	c, err := r.caseOf(ctx, e)
	if errors.Is(err, store.ErrNoRecord) {
		return r.tx.TakeEvent(ctx, e.ID)
	}
	if err != nil {
		return err
	}
	if waits, err := r.waits(ctx, e, &c); err != nil || waits {
		return err
	}
	if outdates(e) {
		if err := r.tx.DropRuleTexts(ctx, e.Entity, e.RecordID, "the appointment is not what it was"); err != nil {
			return err
		}
	}
	for i := range r.cfg.Rules {
		one := &r.cfg.Rules[i]
		t, _ := rule.TriggerOf(one.On)
		if since := r.known[one.Name]; t.Entity != e.Entity || e.ID <= since.Event || c.At.Before(since.Since) || e.Rule != "" && e.Rule != one.Name {
			continue
		}
		c.Rule = one
		if one.After > 0 && e.Rule == "" {
			if err := r.comeBack(ctx, t, c); err != nil {
				return err
			}
			continue
		}
		if err := r.decide(ctx, c, strconv.FormatInt(e.ID, 10), r.keyOf(ctx, e)); err != nil {
			return fmt.Errorf("rule %s: %w", one.Name, err)
		}
	}
	if err := r.firePast(ctx, e, &c); err != nil {
		return err
	}
	return r.tx.TakeEvent(ctx, e.ID)
}

// comeBack puts the event of a rule with a delay back into the journal. Conditions are checked when it is due.
func (r *ruling) comeBack(ctx context.Context, t rule.Trigger, c rule.Case) error {
	if r.mayBeOld(&c.Event) || !t.Happened(c, r.cfg.rule(), r.world) {
		return nil
	}
	e := c.Event
	e.At, e.Rule, e.DueAt = c.At, c.Rule.Name, c.At.Add(c.Rule.After)
	return r.tx.AddEvent(ctx, e)
}

// outdates tells whether an event makes a waiting text about its appointment wrong: the appointment was
// moved, called off, or reinstated.
func outdates(e *store.Event) bool {
	return e.Entity == store.Appointment && e.Before != nil && e.Rule == "" &&
		(e.Before[store.Start] != e.After[store.Start] || record.TakesPlace(e.Before[store.Status]) != record.TakesPlace(e.After[store.Status]))
}

// keyOf identifies an event in the keys of texts. An inbound text has the same key in every copy of the
// mirror.
func (r *ruling) keyOf(ctx context.Context, e *store.Event) string {
	if e.Entity == store.TextEvent {
		if in, err := r.tx.ReadInbound(ctx, e.RecordID); err == nil {
			return fmt.Sprintf("text/%s/%s", in.Gateway, in.Key)
		}
	}
	return fmt.Sprintf("event/%d", e.ID)
}

// waits tells whether an event stays in the journal: a brake holds its record, the contact was not read yet,
// or a record that looks new may be one that we are creating.
func (r *ruling) waits(ctx context.Context, e *store.Event, c *rule.Case) (bool, error) {
	var held int64
	doubt := false
	var err error
	switch {
	case e.Entity == store.Contact && c.Contact != nil:
		held = c.Contact.HeldBy
		doubt, err = r.twin(ctx, e, c.Contact)
	case e.Entity == store.Appointment:
		held = c.Appointment.HeldBy
	case e.Entity == store.Task && e.Before == nil && c.Task.CRMID != "":
		doubt, err = r.tx.CreationInDoubt(ctx, store.Task, c.Task.ContactID)
	case e.Entity == store.Note && e.Before == nil && c.Note.CRMID != "":
		doubt, err = r.tx.CreationInDoubt(ctx, store.Note, c.Note.ContactID)
	}
	switch {
	case err != nil:
		return false, err
	case held != 0:
		return true, r.tx.HoldEvent(ctx, e.ID, held)
	case doubt || c.Contact != nil && unread(c.Contact):
		return true, r.tx.DateEvent(ctx, e.ID)
	}
	return false, nil
}

func unread(contact *store.Record) bool {
	return !contact.Read && contact.CRMID != "" && contact.GoneAt.IsZero()
}

// twin tells whether a contact that is new in the CRM may be one of ours whose create is unknown.
func (r *ruling) twin(ctx context.Context, e *store.Event, contact *store.Record) (bool, error) {
	if e.Before != nil || contact.CRMID == "" {
		return false, nil
	}
	for _, field := range []string{store.Phone, store.Email} {
		same, err := r.tx.ContactsBy(ctx, field, contact.Get(field))
		if err != nil {
			return false, err
		}
		for i := range same {
			if same[i].ID == contact.ID || same[i].CRMID != "" {
				continue
			}
			if doubt, err := r.tx.CreationInDoubt(ctx, store.Contact, same[i].ID); err != nil || doubt {
				return doubt, err
			}
		}
	}
	return false, nil
}

// caseOf gathers the contact and the records that an event is about.
func (r *ruling) caseOf(ctx context.Context, e *store.Event) (c rule.Case, err error) {
	c = rule.Case{Event: *e, At: e.At}
	if c.At.IsZero() || c.At.After(r.tx.Now) {
		c.At = r.tx.Now
	}
	if e.Rule != "" { // it counts from when the rule comes back to it
		c.At = e.DueAt
	}
	var contact int64
	switch e.Entity {
	case store.Contact, store.Task, store.Appointment, store.Note:
		rec, err := r.tx.Record(ctx, e.Entity, e.RecordID)
		if err != nil {
			return c, err
		}
		c.About(&rec)
		contact = rec.ContactID
	case store.TextEvent:
		in, err := r.tx.ReadInbound(ctx, e.RecordID)
		if err != nil {
			return c, err
		}
		contact = in.ContactID
		c.Text = &rule.TextReceived{
			Sender: in.Sender, Body: in.Body, From: e.After[eventFrom], Command: e.After[eventCommand] == "true",
			MaybeStop: e.After[eventDoubt] == "true",
		}
	case store.FailureEvent:
		t, err := r.tx.Text(ctx, e.RecordID)
		if err != nil {
			return c, err
		}
		contact, c.Failed = t.ContactID, t.Body
	case store.OptOutEvent:
		owners, err := r.tx.ContactsBy(ctx, store.Phone, e.After[store.Phone])
		if err != nil {
			return c, err
		}
		if len(owners) > 0 {
			contact = owners[0].ID
		}
	}
	return c, r.person(ctx, &c, contact)
}

// person reads the contact of a case as it is now.
func (r *ruling) person(ctx context.Context, c *rule.Case, id int64) error {
	if id == 0 {
		return nil
	}
	contact, err := r.tx.Record(ctx, store.Contact, id)
	if err != nil {
		return err
	}
	c.Contact = &contact
	_, c.OptedOut, err = r.tx.OptedOut(ctx, contact.Get(store.Phone))
	if err != nil {
		return err
	}
	c.Open, err = r.tx.OpenTasks(ctx, id)
	return err
}

// again reads the records of a case anew: another rule may have changed them.
func (r *ruling) again(ctx context.Context, c *rule.Case) error {
	for _, rec := range []*store.Record{c.Task, c.Appointment, c.Note} {
		if rec == nil {
			continue
		}
		now, err := r.tx.Record(ctx, rec.Entity, rec.ID)
		if err != nil {
			return err
		}
		c.About(&now)
	}
	if c.Contact == nil {
		return nil
	}
	return r.person(ctx, c, c.Contact.ID)
}

// ofRule begins the keys of texts by rules. The rule's name follows, which has no slash.
const ofRule = "rule/"

// RuleOf finds the rule that wrote the text with a key; nil: there is no such rule any more.
func (r *Config) RuleOf(key string) *rule.Rule {
	name, ours := strings.CutPrefix(key, ofRule)
	name, _, _ = strings.Cut(name, "/")
	i := slices.IndexFunc(r.Rules, func(one rule.Rule) bool { return one.Name == name })
	if !ours || i < 0 {
		return nil
	}
	return &r.Rules[i]
}

// decide evaluates a rule on a case and carries out its effects. value and key identify this firing of the rule:
// value in the table of firings, key in the outbox.
func (r *ruling) decide(ctx context.Context, c rule.Case, value, key string) error {
	if err := r.again(ctx, &c); err != nil {
		return err
	}
	d := rule.Decide(c, r.cfg.rule(), r.world, r.tx.Now)
	if !d.Fires {
		return nil
	}
	if r.mayBeOld(&c.Event) && d.Stopped == "" {
		d.Stopped, d.Effects = "it may have been done before the mirror was put back from a copy", nil
	}
	newest, err := r.tx.NewestEvent(ctx)
	if err != nil {
		return err
	}
	var done, stopped []string
	var all []store.FiringEffect
	for i, e := range d.Effects {
		if e.Skipped == "" {
			if e.Skipped, err = r.restrained(ctx, &c, &e); err != nil {
				return err
			}
		}
		if e.Skipped != "" {
			stopped = append(stopped, e.Action+": "+e.Skipped)
			all = append(all, store.FiringEffect{Action: e.Action, Why: e.Skipped})
			continue
		}
		outKey := fmt.Sprintf("%s%s/%s/%d", ofRule, c.Rule.Name, key, i)
		one, err := r.do(ctx, &c, e, outKey)
		if err != nil {
			return err
		}
		all = append(all, one)
		done = append(done, e.Action+r.held(outKey))
	}
	if d.Stopped != "" {
		stopped = append(stopped, d.Stopped)
		all = append(all, store.FiringEffect{Why: d.Stopped})
	}
	needless(all)
	if err := r.tx.CausedSince(ctx, newest, c.Rule.Name, c.Event.Depth+1); err != nil {
		return err
	}
	f := store.Firing{
		Rule: c.Rule.Name, Event: c.Rule.On, Entity: c.Event.Entity, RecordID: c.Event.RecordID, Value: value,
		Done: strings.Join(done, ", "), Stopped: strings.Join(stopped, "; "), Effects: all,
	}
	who := ""
	if c.Contact != nil {
		f.ContactID, who = c.Contact.ID, record.NameOrNumber(c.Contact)
	}
	r.plan.Rules = append(r.plan.Rules, PlannedRule{f.Rule, f.Event, who, f.Done, f.Stopped})
	return r.tx.AddFiring(ctx, f)
}

// The fields of the event of a text that came in.
const (
	eventFrom    = "from"
	eventCommand = "command"
	eventDoubt   = "doubt" // it sounds like an opt-out and is none
)

// textEvent adds an inbound text to the journal, except opt-outs, automatic answers, and texts that may have
// been handled before the mirror was put back.
func (p *planning) textEvent(ctx context.Context, c inbound.Case, d inbound.Decision) error {
	m := c.Meaning
	if d.OptOut || m.Command.Verb == parse.VerbStop || m.Command.Reaction || c.Text.Body == "" || m.Robot ||
		p.world.FromBefore(&c.Text) || c.Text.ReceivedAt.Before(p.world.Restored) {
		return nil
	}
	from := condition.FromContact
	switch {
	case c.Staff != nil, slices.Contains(p.cfg.Staff, sms.Phone(c.Text.Sender)):
		from = condition.FromStaff
	case c.Contact == nil:
		from = condition.FromUnknown
	}
	return p.tx.AddEvent(ctx, store.Event{
		Entity: store.TextEvent, RecordID: c.Text.ID, At: c.Text.ReceivedAt,
		After: store.Fields{eventFrom: from, eventCommand: strconv.FormatBool(!isTalk(m.Command, d)), eventDoubt: strconv.FormatBool(m.Command.MaybeStop)},
	})
}

// isTalk tells whether a text asked for nothing that the program does by itself. An everyday word or a
// number where nothing was asked is talk too.
func isTalk(cmd parse.Command, d inbound.Decision) bool {
	return cmd.Verb == parse.VerbNone || d.Note != "" && (cmd.Loose || cmd.Verb == parse.VerbChoice || cmd.Verb == parse.VerbDone)
}
