package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
)

// CRM is what the engine asks of the CRM; *ghl.Client is one.
type CRM interface {
	Location(ctx context.Context) (ghl.Location, error)
	Users(ctx context.Context) ([]ghl.User, error)
	FieldDefinitions(ctx context.Context) ([]ghl.FieldDefinition, error)

	SearchContacts(ctx context.Context, q ghl.ContactQuery) iter.Seq2[ghl.Page[ghl.Contact], error]
	Contact(ctx context.Context, id ghl.ContactID) (ghl.Contact, error)
	FindContact(ctx context.Context, phone, email string) (ghl.Contact, bool, error)
	CreateContact(ctx context.Context, p ghl.ContactPatch) (ghl.Contact, error)
	UpdateContact(ctx context.Context, id ghl.ContactID, p ghl.ContactPatch) (ghl.Contact, error)
	AddTags(ctx context.Context, id ghl.ContactID, tags []string) error
	RemoveTags(ctx context.Context, id ghl.ContactID, tags []string) error

	SearchTasks(ctx context.Context, q ghl.TaskQuery) iter.Seq2[ghl.Page[ghl.Task], error]
	ContactTasks(ctx context.Context, contact ghl.ContactID) ([]ghl.Task, error)
	Task(ctx context.Context, contact ghl.ContactID, id ghl.TaskID) (ghl.Task, error)
	CreateTask(ctx context.Context, contact ghl.ContactID, p ghl.TaskPatch) (ghl.Task, error)
	UpdateTask(ctx context.Context, contact ghl.ContactID, id ghl.TaskID, p ghl.TaskPatch) (ghl.Task, error)
	CompleteTask(ctx context.Context, contact ghl.ContactID, id ghl.TaskID, completed bool) (ghl.Task, error)

	ContactNotes(ctx context.Context, contact ghl.ContactID) ([]ghl.Note, error)
	Note(ctx context.Context, contact ghl.ContactID, id ghl.NoteID) (ghl.Note, error)
	CreateNote(ctx context.Context, contact ghl.ContactID, body string) (ghl.Note, error)
	UpdateNote(ctx context.Context, contact ghl.ContactID, id ghl.NoteID, p ghl.NotePatch) (ghl.Note, error)

	AddInbound(ctx context.Context, m ghl.NewMessage) (ghl.SentMessage, error)
	ExportMessages(ctx context.Context, q ghl.ExportQuery) iter.Seq2[ghl.Page[ghl.Message], error]

	Calendars(ctx context.Context) ([]ghl.Calendar, error)
	Events(ctx context.Context, calendar ghl.CalendarID, from, to time.Time) ([]ghl.Appointment, error)
	FreeSlots(ctx context.Context, calendar ghl.CalendarID, q ghl.SlotQuery) ([]ghl.DaySlots, error)
	Appointment(ctx context.Context, id ghl.AppointmentID) (ghl.Appointment, error)
	UpdateAppointment(ctx context.Context, id ghl.AppointmentID, p ghl.AppointmentPatch) (ghl.Appointment, error)

	DeleteContact(ctx context.Context, id ghl.ContactID) error
	DeleteTask(ctx context.Context, contact ghl.ContactID, id ghl.TaskID) error
	DeleteNote(ctx context.Context, contact ghl.ContactID, id ghl.NoteID) error
	DeleteAppointment(ctx context.Context, id ghl.AppointmentID) error
}

// Engine owns the mirror's writing side. Its methods must not run at the same time.
type Engine struct {
	DB      *store.DB
	CRM     CRM
	Gateway sms.Gateway
	Rules   Rules
	Log     *slog.Logger
	// Progress, if set, is told how far the first import is. total may be 0: not known.
	Progress func(what string, done, total int)

	// Watermark, if set, is a file outside the mirror that tells whether the mirror is an older copy
	// or somebody else's. It must not lie where copies of the mirror are put back.
	Watermark string

	sendRest  rest
	checked   bool // the mirror, against the watermark
	listAgain bool // the list of custom fields in the mirror lacks one that the rules name

	spared           map[sparedKey]spared // what planners panicked on
	looked, toldLeft bool                 // whether such records were looked for in this process, and the mirror tells of some
}

// Rules are what the owner wants. [Rules.Validate] must have accepted them.
type Rules struct {
	Location      ghl.LocationID
	Timezone      *time.Location // where neither contact nor location has one
	Region        string         // ISO 3166 country for numbers without +
	From          string         // sender number or name
	Business      string         // how we call ourselves; empty: the location's name
	Reminders     []Reminder
	Language      string    // the owner's, by its code; empty: English
	LanguageField string    // the field of a contact that names their language, the owner's name or the mirror's; empty: none
	Rules         []Rule    // what happens when something happens
	WelcomeTask   *Welcome  // nil: none
	WelcomeText   *Template // nil: none
	HelpText      *Template // nil: a text of our own
	Tag           string    // put on contacts made from a text; empty: none
	Fields        FieldMap  // the owner's names for fields of contacts
	Staff         []sms.Phone
	StaffUsers    bool          // the CRM's users are staff as well, by their phones
	StaffActs     bool          // staff may act on others by text
	PIN           string        // what staff must begin such a text with; empty: nothing
	Words         *sms.Words    // by which texts are understood; nil: English
	Cutoff        time.Duration // how long before an appointment people may still change it by text

	// ConversationProvider is whom the CRM takes texts from that are kept in their contact's
	// conversation; empty: they are kept as notes.
	ConversationProvider string

	TextingHours *TextingHours // when people may be texted, by their clock; nil: always

	Past, Ahead time.Duration // the window of appointments that is mirrored
	SettleAfter time.Duration // how long to wait before asking about an unknown outcome
	Limits      Limits
	StaleAfter  time.Duration // a source unread for longer is an alarm; 0: none is
	// UndecidedAfter is how long a reminder that is due may wait for its decision before that is an alarm;
	// 0: as long as it likes.
	UndecidedAfter time.Duration
	Merge          map[store.Entity]MergeRule
	Notes          NotesRule
	Book           *BookRule // nil: the gateway's address book is left alone
	Identity       string    // tells one token's owner from another's; empty: not known
}

// NotesRule says how often notes are read, which the CRM shows for one contact at a time only.
type NotesRule struct {
	Every time.Duration // each contact's at least that often; 0: never
	Calls int           // at most so many calls a cycle
}

// longest is how long before an appointment its first reminder may leave.
func (r *Rules) longest() (d time.Duration) {
	const day = 24 * time.Hour
	for _, rule := range r.Reminders {
		if rule.At != nil {
			d = max(d, time.Duration(rule.DaysBefore+1)*day)
		}
		d = max(d, rule.Before)
	}
	if r.TextingHours != nil {
		d += day
	}
	return d
}

// Welcome is the task made for a contact that came by text.
type Welcome struct {
	Title    *Template
	Body     *Template // nil: none
	Due      time.Duration
	AssignTo string // a CRM user id; empty: nobody
}

// Limits are the brakes. A zero limit is none.
type Limits struct {
	TextsPerHour            int
	TextsPerDay             int
	TextsPerPersonPerDay    int
	NewContactsPerHour      int
	NewContactsPerDay       int
	AnswersPerPersonPerHour int
	TasksPerPersonPerDay    int     // by text
	TasksPerHour            int     // by text, of all together
	GoneShare               float64 // of one kind of record that may vanish at once
	GoneMost                int     // so many of one kind may vanish at once
	ChangedShare            float64 // of one kind of record that may change at once
}

// Work is what a cycle polls. Whatever it is, the cycle settles, plans and delivers.
type Work uint

// The parts of the work.
const (
	PollTexts  Work = 1 << iota // what came in, and delivery states
	PollCRM                     // contacts, tasks, appointments, notes, the gateway's address book
	Sweep                       // every contact, to find those that are gone
	Everything = PollTexts | PollCRM | Sweep
)

// Cycle brings both sides one step closer. It is safe to kill at any point and to run again.
// A side that fails does not stop the rest; all failures are joined in the error.
func (e *Engine) Cycle(ctx context.Context, work Work) error {
	var c *cycle
	err := e.caught("the start of a cycle", func() (err error) {
		c, err = e.begin(ctx)
		return err
	})
	if err != nil {
		return err
	}
	work |= c.more
	for _, part := range []struct {
		what string
		do   func(context.Context) error
	}{{"settling", c.settle}, {"reading", func(ctx context.Context) error { return c.poll(ctx, work) }}, {"planning and delivering", c.act}} {
		err = errors.Join(err, c.caught(part.what, func() error { return part.do(ctx) }))
	}
	return errors.Join(append([]error{err}, c.failures...)...)
}

// begin makes sure of the mirror and the token before anything else.
func (e *Engine) begin(ctx context.Context) (*cycle, error) {
	if err := e.checkLocation(ctx); err != nil {
		return nil, err
	}
	c := &cycle{Engine: e, began: time.Now(), breath: time.Now(), changed: map[store.Entity]int{}}
	return c, errors.Join(c.checkMirror(ctx), c.checkIdentity(ctx))
}

const (
	// rounds is how often one cycle plans and delivers, since what is delivered can make new
	// work: a contact that now has an id, a record that changed under our hands.
	rounds = 5
	// breathTime is how long people who text may have to wait for a long reading or a long queue.
	breathTime = 10 * time.Second
)

// act plans and delivers until nothing moves. What a long queue leaves over is the next cycle's.
func (c *cycle) act(ctx context.Context) error {
	for range rounds {
		plan, err := c.plan(ctx)
		if err != nil {
			err = fmt.Errorf("plan: %w", err)
			if isPanic(err) {
				return errors.Join(c.tellLeft(ctx, []error{err}), c.alarm(ctx))
			}
			return errors.Join(err, c.alarm(ctx))
		}
		c.tell(plan)
		if err := c.tellLeft(ctx, plan.left); err != nil {
			return err
		}
		if err := c.readSlots(ctx); err != nil {
			c.failures = append(c.failures, err)
		}
		moved, err := c.deliver(ctx, time.Now().Add(breathTime))
		if err != nil {
			return fmt.Errorf("deliver: %w", err)
		}
		if moved == 0 {
			return nil
		}
		if err := c.advance(ctx); err != nil {
			return err
		}
		c.listen(ctx)
	}
	return nil
}

// listen reads what people text, if that was some time ago.
func (c *cycle) listen(ctx context.Context) (listened bool) {
	if time.Since(c.breath) < breathTime || ctx.Err() != nil {
		return false
	}
	if err := c.source(ctx, readGateway, SourceInbound, c.pollInbound); err != nil {
		c.failures = append(c.failures, err)
	}
	c.breath = time.Now()
	return true
}

// breathe lets texts, reminders and what waits pass in the middle of a long reading.
func (c *cycle) breathe(ctx context.Context) {
	if !c.listen(ctx) {
		return
	}
	for _, e := range store.Entities { // before anything follows from it
		if err := c.suspectChanges(ctx, e, c.changed[e]); err != nil {
			c.failures = append(c.failures, err)
		}
	}
	if err := c.act(ctx); err != nil {
		c.failures = append(c.failures, err)
	}
	c.breath = time.Now()
}

// checkLocation refuses to mix two locations in one mirror.
func (e *Engine) checkLocation(ctx context.Context) error {
	return e.DB.View(ctx, func(tx *store.Tx) error {
		mine, err := tx.Meta(ctx, store.MetaLocation)
		if err == nil && mine != "" && mine != string(e.Rules.Location) {
			return fmt.Errorf("the mirror %s belongs to location %s, the config names %s: give the new location its own store.path", e.DB.Path(), mine, e.Rules.Location)
		}
		return err
	})
}

// cycle is one run: what it learned about the sides that it should not learn again.
type cycle struct {
	*Engine
	lanesOpen
	began    time.Time
	breath   time.Time            // when people who text were last listened to
	changed  map[store.Entity]int // how many records the lists showed changed
	more     Work                 // what is polled whatever the work is
	only     map[string]bool      // the keys of what may be delivered; nil: everything
	failures []error
}

// World is what the planners know of the place they plan for.
type World struct {
	Zone          *time.Location // the location's, else the config's
	ZoneFrom      string         // which of both: location, config
	Business      string
	Calendars     map[string]string // names by the CRM's id
	NoMove        map[string]bool   // calendars by the CRM's id whose appointments people may not move themselves
	NoCancel      map[string]bool   // or not cancel
	Users         map[string]string // names of staff by the CRM's id, where a reminder asks for them
	Fields        FieldNames        // the owner's names for fields of contacts
	Language      string            // the owner's, by its code
	LanguageField string            // of a contact, which names theirs; empty: none
	Hours         *TextingHours     // at which people may be texted; nil: always
	Born          time.Time         // when the mirror was made
	Restored      time.Time         // until when a mirror that was put back missed what happened; zero: it was not
}

func (e *Engine) world(ctx context.Context, tx *store.Tx) (World, error) {
	name, err1 := tx.Meta(ctx, store.MetaName)
	zone, err2 := tx.Meta(ctx, store.MetaTimezone)
	born, err3 := tx.Meta(ctx, store.MetaBorn)
	if err := errors.Join(err1, err2, err3); err != nil {
		return World{}, err
	}
	calendars, err := tx.Calendars(ctx)
	if err != nil {
		return World{}, err
	}
	fields, _, err := e.Rules.Fields.Names(ctx, tx)
	if err != nil {
		return World{}, err
	}
	w := World{
		Zone: e.Rules.Timezone, ZoneFrom: "config", Business: e.Rules.Business, Fields: fields, Hours: e.Rules.TextingHours, Language: e.Rules.Language, LanguageField: e.Rules.LanguageField,
		Calendars: map[string]string{}, NoMove: map[string]bool{}, NoCancel: map[string]bool{}, Users: map[string]string{},
	}
	if slices.ContainsFunc(e.Rules.Reminders, func(r Reminder) bool { return len(r.If.Staff) > 0 }) {
		users, err := tx.Users(ctx)
		if err != nil {
			return World{}, err
		}
		for _, u := range users {
			w.Users[u.CRMID] = u.Name
		}
	}
	for _, k := range calendars {
		w.Calendars[k.CRMID], w.NoMove[k.CRMID], w.NoCancel[k.CRMID] = k.Name, !k.Moves, !k.Cancels
	}
	if loc, err := time.LoadLocation(zone); err == nil && zone != "" {
		w.Zone, w.ZoneFrom = loc, "location"
	}
	if w.Business == "" {
		w.Business = name
	}
	restored, err := tx.Meta(ctx, metaRestored)
	if err == nil && restored != "" {
		w.Restored, err = time.Parse(time.RFC3339Nano, restored)
	}
	if err != nil {
		return w, err
	}
	w.Born, err = time.Parse(time.RFC3339, born)
	return w, err
}

// zone is where a contact's clock runs: their own zone, else the world's.
func (w World) zone(contact *store.Record) *time.Location {
	zone, _ := w.zoneOf(contact)
	return zone
}

// zoneOf is the same, and whose zone it is: contact, location, config.
func (w World) zoneOf(contact *store.Record) (zone *time.Location, from string) {
	if contact != nil && contact.Get(store.Timezone) != "" {
		if loc, err := time.LoadLocation(contact.Get(store.Timezone)); err == nil {
			return loc, "contact"
		}
	}
	return w.Zone, w.ZoneFrom
}
