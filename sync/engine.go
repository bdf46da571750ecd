package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync/atomic"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/plan"
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
	Config  plan.Config
	Log     *slog.Logger
	// Progress, if set, is told how far the first import is. total may be 0: not known.
	Progress func(what string, done, total int)

	// Watermark, if set, is the mark: a file outside the mirror that tells whether the mirror is an older copy
	// or somebody else's. It must not lie where copies of the mirror are put back.
	Watermark string

	rests      [lanes]rest
	refusals   refusals
	lanesNoted map[lane]store.Obstacle // what the mirror has; empty: open
	checked    bool                    // the mirror, against the watermark
	listAgain  bool                    // the list of custom fields in the mirror lacks one that the rules name

	excluded                plan.Excluded // records that planners failed or panicked on
	cycleKnown, cycleFailed bool          // whether the mirror says how the last cycle went, and that it failed
	clockFine               bool          // the mirror says that the clock agrees with the CRM's
	looked, notedExcluded   bool          // whether such records were looked for in this process, and the mirror names some

	doing atomic.Value // of string: the part that runs
}

// Doing names what the cycle that runs now, or ran last, is at. It may be asked from any goroutine.
func (e *Engine) Doing() string {
	what, _ := e.doing.Load().(string)
	return what
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
		return errors.Join(err, e.noteCycle(ctx, err), e.noteTroubles(ctx))
	}
	work |= c.more
	var own error // of no source
	for _, part := range []struct {
		what string
		do   func(context.Context) error
	}{{"settling", c.settle}, {readingPart, func(ctx context.Context) error { return c.poll(ctx, work) }}, {"planning and delivering", c.planAndDeliver}} {
		e.doing.Store(part.what)
		one := c.caught(part.what, func() error { return part.do(ctx) })
		err = errors.Join(err, one)
		if part.what != readingPart && ctx.Err() == nil {
			own = errors.Join(own, one)
		}
	}
	if ctx.Err() == nil {
		err = errors.Join(err, c.noteLanes(ctx), c.noteCycle(ctx, own), c.noteTroubles(ctx))
	}
	return errors.Join(append([]error{err}, c.failures...)...)
}

// Next is when a cycle should run that the schedule does not ask for: to ask what became of a call, or to try whether a gateway
// takes texts again; zero: it need not.
func (e *Engine) Next(ctx context.Context) (at time.Time, err error) {
	err = e.DB.View(ctx, func(tx *store.Tx) (err error) {
		at, err = tx.NextAsk(ctx)
		return err
	})
	if again := e.rests[send].until; again.After(time.Now()) && (at.IsZero() || again.Before(at)) {
		at = again
	}
	return at, err
}

// readingPart is the part of a cycle whose errors are those of the sources.
const readingPart = "reading"

// begin checks the mirror, the location and the token before anything else.
func (e *Engine) begin(ctx context.Context) (*cycle, error) {
	if err := e.checkLocation(ctx); err != nil {
		return nil, err
	}
	c := &cycle{Engine: e, began: time.Now(), breath: time.Now(), changed: map[store.Entity]int{}}
	return c, errors.Join(c.checkMirror(ctx), c.checkIdentity(ctx))
}

const (
	// rounds is how often one cycle plans and delivers, since a delivery can make new work: a contact that
	// now has an id, a record that changed meanwhile.
	rounds = 5
	// breathTime is the longest that a long reading or a long queue goes on before texts are read again.
	breathTime = 10 * time.Second
)

// planAndDeliver plans and delivers in turn until nothing moves. The rest of a long queue waits for the next cycle.
func (c *cycle) planAndDeliver(ctx context.Context) error {
	for range rounds {
		p, err := c.plan(ctx)
		if err != nil {
			err = fmt.Errorf("plan: %w", err)
			if plan.IsPanic(err) {
				return errors.Join(c.noteExcluded(ctx, []error{err}), c.alarm(ctx))
			}
			return errors.Join(err, c.alarm(ctx))
		}
		c.logPlan(p)
		if err := c.noteExcluded(ctx, p.Excluded); err != nil {
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

// listen reads what people texted, if it was last read more than breathTime ago.
func (c *cycle) listen(ctx context.Context) (listened bool) {
	if time.Since(c.breath) < breathTime || ctx.Err() != nil {
		return false
	}
	if err := errors.Join(c.source(ctx, readGateway, store.SourceInbound, c.pollInbound), c.noteReadings(ctx)); err != nil {
		c.failures = append(c.failures, err)
	}
	c.breath = time.Now()
	return true
}

// breathe interrupts a long reading: it reads what people texted, and plans and delivers, if that was last done
// more than breathTime ago.
func (c *cycle) breathe(ctx context.Context) {
	if !c.listen(ctx) {
		return
	}
	for _, e := range store.Entities { // before the plan acts on them
		if err := c.suspectChanges(ctx, e, c.changed[e]); err != nil {
			c.failures = append(c.failures, err)
		}
	}
	if err := c.planAndDeliver(ctx); err != nil {
		c.failures = append(c.failures, err)
	}
	c.breath = time.Now()
}

// checkLocation refuses to mix two locations in one mirror.
func (e *Engine) checkLocation(ctx context.Context) error {
	return e.DB.View(ctx, func(tx *store.Tx) error {
		mine, err := tx.Meta(ctx, store.MetaLocation)
		if err == nil && mine != "" && mine != e.Config.Location {
			return fmt.Errorf("the mirror %s belongs to location %s, the config names %s: give the new location its own store.path", e.DB.Path(), mine, e.Config.Location)
		}
		return err
	})
}

// cycle is the state of one run of the engine: what it has learned about both sides so far.
type cycle struct {
	*Engine
	lanesOpen
	began    time.Time
	breath   time.Time            // when texts were last read
	changed  map[store.Entity]int // how many records the lists showed changed
	more     Work                 // what is polled whatever the work is
	only     map[string]bool      // the keys of what may be delivered; nil: everything
	readDone []reading
	failures []error
	doubts   int // how many texts are in doubt at the gateway that can be asked about them
}

// alarm delivers only the alarms to staff when planning failed: an inbound text that could not be planned might be
// an opt-out.
func (c *cycle) alarm(ctx context.Context) error {
	if len(c.Config.Staff) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		c.only, err = c.planner().Alarms(ctx, tx)
		return err
	})
	if err == nil {
		_, err = c.deliver(ctx, time.Now().Add(breathTime))
	}
	c.only = nil
	if err != nil {
		return fmt.Errorf("alarm: %w", err)
	}
	return nil
}
