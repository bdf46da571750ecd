package sync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// poll reads the outside into the mirror. A source that fails notes why and leaves the others
// their turn.
func (c *cycle) poll(ctx context.Context, work Work) error {
	var errs []error
	var known []store.SourceState
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		known, err = tx.Sources(ctx)
		return err
	})
	if err != nil {
		return err
	}
	// every skips a reader whose source was read without an error less than d ago.
	every := func(d time.Duration, source string, fn func(context.Context) error) func(context.Context) error {
		i := slices.IndexFunc(known, func(s store.SourceState) bool { return s.Name == source })
		if i < 0 || !known[i].FailedAt.IsZero() {
			return fn
		}
		if age := time.Since(known[i].ReadAt); age < 0 || age >= d {
			return fn
		}
		return func(context.Context) error { return errFresh }
	}
	ctx = ghl.WithPriority(ctx, ghl.Delta)
	read := func(l lane, source string, fn func(context.Context) error) {
		if ctx.Err() == nil {
			errs = append(errs, c.source(ctx, l, source, fn))
		}
	}
	if work&PollTexts != 0 {
		read(readGateway, store.SourceInbound, c.pollInbound)
		read(readGateway, store.SourceDelivery, c.pollDelivery)
		if lister, ok := c.Gateway.(sms.OptOutLister); ok {
			read(readGateway, store.SourceOptOuts, every(bookTime, store.SourceOptOuts, func(ctx context.Context) error { return c.pollOptOuts(ctx, lister) }))
		}
	}
	if balancer, ok := c.Gateway.(sms.Balancer); ok && work&PollTexts != 0 {
		again := listTime
		if c.lanesNoted[send] != "" {
			again = probeMost // it may have been topped up
		}
		read(readGateway, store.SourceBalance, every(again, store.SourceBalance, func(ctx context.Context) error { return c.pollBalance(ctx, balancer) }))
	}
	if work&PollCRM != 0 {
		read(readCRM, store.SourceLocation, every(listTime, store.SourceLocation, c.pollLocation))
		read(readCRM, store.SourceCalendars, every(listTime, store.SourceCalendars, c.pollCalendars))
		read(readCRM, store.SourceUsers, every(listTime, store.SourceUsers, c.pollUsers))
		if c.Config.Fields.Custom() {
			list := every(listTime, store.SourceFields, c.pollFields)
			if c.listAgain {
				list = c.pollFields
			}
			read(readCRM, store.SourceFields, list)
		}
		read(readCRM, store.SourceAppointments, c.pollAppointments)
		read(readCRM, store.SourceTasks, c.pollTasks)
		read(readCRM, store.SourceContacts, c.pollContacts)
		if c.Config.Notes.Every > 0 {
			read(readCRM, store.SourceNotes, c.pollNotes)
		}
		if c.Config.Book != nil {
			read(readGateway, store.SourceBook, every(bookTime, store.SourceBook, c.pollBook))
		}
	}
	if work&Sweep != 0 {
		read(readCRM, store.SourceSweep, c.sweep)
	}
	for _, e := range store.Entities {
		errs = append(errs, c.suspectChanges(ctx, e, c.changed[e]))
	}
	return errors.Join(append(errs, c.noteReadings(ctx), c.checkClock(ctx))...)
}

// source runs one reader and stores how it went. The error that closed a lane is reported once.
func (c *cycle) source(ctx context.Context, l lane, source string, fn func(context.Context) error) error {
	err := c.closed(l)
	known := err != nil
	if !known {
		was := c.Doing() // texts are read between the pages of an import
		c.doing.Store("reading " + source)
		err = c.caught(source, func() error { return fn(ctx) })
		c.doing.Store(was)
		c.noteAnswer(l, err)
	}
	if errors.Is(err, errFresh) || err != nil && ctx.Err() != nil {
		return nil //nolint:nilerr // nothing was learned about the source
	}
	if err == nil {
		c.readDone = append(c.readDone, reading{source, time.Now()})
		if source != store.SourceCalendars && time.Since(c.readDone[0].at) < breathTime { // appointments need the calendars
			return nil
		}
		return c.noteReadings(ctx)
	}
	if store.IsUnwritable(err) || store.IsFull(err) {
		return fmt.Errorf("keep %s: %w", source, err) // which is the mirror's fault, not the source's
	}
	note := context.WithoutCancel(ctx)
	serr := errors.Join(c.noteReadings(ctx), c.DB.Update(note, func(tx *store.Tx) error {
		return tx.ReadFailed(note, source, obstacle(err), err.Error())
	}))
	if known {
		return serr
	}
	return errors.Join(fmt.Errorf("read %s: %w", source, err), serr)
}

// A reading is a source that was read completely, which the mirror does not say yet.
type reading struct {
	source string
	at     time.Time
}

// noteReadings keeps in the mirror which sources were read, all at once: each commit waits for the disk.
func (c *cycle) noteReadings(ctx context.Context) error {
	if len(c.readDone) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		for _, r := range c.readDone {
			if err := tx.ReadDone(ctx, r.source, r.at); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		c.readDone = nil
	}
	return err
}

// inboundPage is how many texts one transaction stores.
const inboundPage = 100

// pollInbound stores what came in before it moves the cursor past it.
func (c *cycle) pollInbound(ctx context.Context) error {
	if c.Gateway.Caps().Inbound == sms.InboundNone {
		return nil
	}
	for {
		var at store.Cursor
		err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
			at, err = tx.Cursor(ctx, store.SourceInbound)
			return err
		})
		if err != nil {
			return err
		}
		gateway, position, _ := strings.Cut(at.Position, " ") // another gateway's cursor says nothing to this one
		if gateway != c.Gateway.Name() {
			position = ""
		}
		page, next, err := c.Gateway.Inbound(ctx, sms.Cursor(position), inboundPage)
		if err != nil {
			return err
		}
		if len(page) == 0 && gateway == c.Gateway.Name() && string(next) == position {
			return nil
		}
		added, err := c.storeInbound(ctx, page, next, at.ReadAt.IsZero())
		if err != nil || len(page) < inboundPage || string(next) == position && added == 0 {
			return err
		}
	}
}

func (c *cycle) storeInbound(ctx context.Context, page []sms.Incoming, next sms.Cursor, first bool) (added int, err error) {
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		if first {
			if err := tx.SetMeta(ctx, store.MetaHeard, tx.Now.Format(time.RFC3339Nano)); err != nil {
				return err
			}
		}
		for _, in := range page {
			text := store.Inbound{Gateway: c.Gateway.Name(), Key: in.Key, Sender: in.From, Body: in.Text, ReceivedAt: in.At.UTC()}
			if err := c.caught("a text that came in", func() error { // whatever is wrong with it, it is not lost
				text.Sender, text.Body = sms.Clean(record.Phone(in.From, c.Config.Region)), sms.Clean(in.Text)
				return nil
			}); err != nil {
				c.failures = append(c.failures, err)
			}
			ok, err := tx.AddInbound(ctx, text)
			if err != nil {
				return err
			}
			if ok {
				added++
			}
		}
		return tx.MoveCursor(ctx, store.SourceInbound, c.Gateway.Name()+" "+string(next))
	})
	return added, err
}

const (
	deliveryBatch = 100
	deliveryEnd   = 72 * time.Hour      // some networks never confirm
	deliveryMute  = 30 * 24 * time.Hour // a gateway that cannot tell is not asked for ever
)

// pollDelivery asks the gateway for the delivery state of the texts it accepted, with growing pauses. A text without
// a final state in time ends unclear.
func (c *cycle) pollDelivery(ctx context.Context) error {
	var taken, lost []store.Text
	asked := false // in vain, and something is left to ask about
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		last, err := tx.Cursor(ctx, store.SourceDelivery)
		if err == nil && !last.Failing.IsZero() {
			asked, err = tx.AnyTaken(ctx, c.Gateway.Name())
		}
		if err != nil {
			return err
		}
		if taken, err = tx.TakenTexts(ctx, c.Gateway.Name(), deliveryBatch); err != nil {
			return err
		}
		lost, err = tx.LostTexts(ctx, c.Gateway.Name(), tx.Now.Add(-deliveryEnd), deliveryBatch)
		return err
	})
	if err != nil {
		return err
	}
	if len(taken)+len(lost) == 0 && asked {
		return errFresh // whether it tells again is not known before the next is asked about
	}
	for _, t := range lost {
		d := sms.Delivery{State: sms.StateUnclear, Reason: "it was given to " + t.Gateway + ", which is not the gateway any more"}
		if err := c.storeDelivery(ctx, t, d, 0); err != nil {
			return err
		}
	}
	return each(ctx, c, readGateway, taken, func(ctx context.Context, t store.Text) error {
		end := deliveryEnd
		d, err := c.Gateway.Status(ctx, t.GatewayID)
		if err != nil { // this one cannot be told now, and is asked for later again
			d = sms.Delivery{State: sms.State(t.Delivery), Reason: err.Error()}
			if errors.Is(err, sms.ErrNotFound) { // an answer about this text, no failure of the source
				err = nil
			} else {
				end = deliveryMute
			}
		}
		return errors.Join(err, c.storeDelivery(ctx, t, d, end))
	})
}

// storeDelivery stores the delivery state of a text. A text without a final state that was due to be asked about
// when it was older than end becomes unclear.
func (c *cycle) storeDelivery(ctx context.Context, t store.Text, d sms.Delivery, end time.Duration) error {
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		check := tx.Now.Add(min(max(tx.Now.Sub(t.SentAt)/4, checkFirst), time.Hour))
		over := d.State.Final()
		if !over && t.CheckAt.Sub(t.SentAt) > end { // by the time it was to be asked: the process may have slept, or the clock been set
			wrong, err := tx.Holds(ctx, store.Clock)
			if err != nil {
				return err
			}
			if over = !wrong; over {
				d = unconfirmed(d, end)
			}
		}
		if over {
			check = time.Time{}
		}
		if d.At.IsZero() {
			d.At = tx.Now
		}
		if d.State == sms.StateOptedOut {
			if err := gatewayOptOut(ctx, tx, t.OutboxID); err != nil {
				return err
			}
		}
		return tx.Delivered(ctx, t.OutboxID, string(d.State), d.Reason, d.At, check)
	})
	if err == nil && string(d.State) != t.Delivery {
		c.Log.Info("delivery", "to", sms.Phone(t.Number).Masked(), "state", d.State, "why", d.Reason)
	}
	return err
}

// unconfirmed is the final delivery state of a text whose delivery was not confirmed in time.
func unconfirmed(d sms.Delivery, end time.Duration) sms.Delivery {
	if d.Reason == "" {
		d.Reason = fmt.Sprintf("the gateway says %s, and has said no more for %.0f hours", d.State, end.Hours())
	}
	return sms.Delivery{State: sms.StateUnclear, Reason: d.Reason}
}

// errFresh says that a source need not be read yet.
var errFresh = errors.New("read recently")

// listTime is how long what the CRM lists about itself is good for.
const listTime = time.Hour

// pollBalance keeps what is left in the gateway's account. More than before lets a text try whether the want of credit is
// over. What is left says nothing of what a text costs, so that only a text that leaves ends it; where none waits, a fuller
// account does.
func (c *cycle) pollBalance(ctx context.Context, balancer sms.Balancer) error {
	left, err := balancer.Balance(ctx)
	if err != nil {
		return err
	}
	fuller, over := false, false
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		said, err := tx.Meta(ctx, store.MetaBalance)
		if err != nil {
			return err
		}
		amount, _, _ := strings.Cut(said, " ")
		before, perr := strconv.ParseFloat(amount, 64)
		fuller = c.lanesNoted[send] == store.NoCredit && left.Amount > 0 && (perr != nil || left.Amount > before)
		if fuller {
			waiting, err := tx.Stakes(ctx)
			if over = err == nil && waiting.Waiting == 0; over {
				err = tx.OpenLane(ctx, store.LaneSend)
			}
			if err != nil {
				return err
			}
		}
		return tx.SetMeta(ctx, store.MetaBalance, strings.TrimSpace(strconv.FormatFloat(left.Amount, 'f', 2, 64)+" "+left.Currency))
	})
	if err == nil && fuller {
		c.rests[send].until = time.Time{}
	}
	if err == nil && over {
		delete(c.lanesNoted, send)
	}
	return err
}

func (c *cycle) pollLocation(ctx context.Context) error {
	loc, err := c.CRM.Location(ctx)
	if err != nil {
		return err
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		return errors.Join(
			tx.SetMeta(ctx, store.MetaLocation, c.Config.Location),
			tx.SetMeta(ctx, store.MetaName, loc.Name),
			tx.SetMeta(ctx, store.MetaTimezone, loc.Timezone),
			tx.SetMeta(ctx, store.MetaDuplicates, strconv.FormatBool(loc.AllowDuplicates)))
	})
}

func (c *cycle) pollCalendars(ctx context.Context) error {
	calendars, err := c.CRM.Calendars(ctx)
	if err = c.partly(store.SourceCalendars, err); err != nil {
		return err
	}
	listed := make([]store.ListedCalendar, len(calendars))
	for i, k := range calendars {
		listed[i] = store.ListedCalendar{CRMID: string(k.ID), Name: k.Name, Active: k.Active, Moves: k.AllowReschedule, Cancels: k.AllowCancellation}
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.ListCalendars(ctx, listed) })
}

func (c *cycle) pollUsers(ctx context.Context) error {
	users, err := c.CRM.Users(ctx)
	if err = c.partly(store.SourceUsers, err); err != nil {
		return err
	}
	var staff []store.ListedUser
	for _, u := range users {
		if !u.Deleted {
			staff = append(staff, store.ListedUser{CRMID: string(u.ID), Name: u.Name, Email: u.Email, Phone: record.Phone(u.Phone, c.Config.Region)})
		}
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.ListUsers(ctx, staff) })
}

// partly lets a list pass of which some rows cannot be read: the others can.
func (c *cycle) partly(source string, err error) error {
	if rows, ok := errors.AsType[*ghl.RowsError](err); ok {
		c.logBad(source, rows.Bad)
		return nil
	}
	return err
}
