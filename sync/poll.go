package sync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ghlsms/ghl"
	"ghlsms/sms"
	"ghlsms/store"
)

// poll reads the outside into the mirror. A source that fails notes why and leaves the others
// their turn.
func (c *cycle) poll(ctx context.Context, work Work) error {
	var errs []error
	read := func(source string, fn func(context.Context) error) {
		if ctx.Err() == nil {
			errs = append(errs, c.source(ctx, source, fn))
		}
	}
	if work&PollTexts != 0 {
		read(SourceInbound, c.pollInbound)
		read(SourceDelivery, c.pollDelivery)
	}
	if work&PollCRM != 0 {
		read(SourceDirectory, c.pollDirectory)
		read(SourceContacts, c.pollContacts)
		read(SourceTasks, c.pollTasks)
		read(SourceAppointments, c.pollAppointments)
	}
	if work&Sweep != 0 {
		read(SourceSweep, c.sweepContacts)
	}
	return errors.Join(errs...)
}

// source runs one reader and notes how it went. A side that just refused is not asked again.
func (c *cycle) source(ctx context.Context, source string, fn func(context.Context) error) error {
	err := c.down(kindOf(source))
	if err == nil {
		err = fn(ctx)
		if verdict, _ := weigh(err); verdict.closes() {
			c.shut(source, err)
		}
	}
	if errors.Is(err, errFresh) || err != nil && ctx.Err() != nil {
		return nil // nothing was learned about the source
	}
	note := context.WithoutCancel(ctx)
	serr := c.DB.Update(note, func(tx *store.Tx) error {
		if err != nil {
			return tx.ReadFailed(note, source, err.Error())
		}
		return tx.ReadDone(note, source)
	})
	if err != nil {
		err = fmt.Errorf("read %s: %w", source, err)
	}
	return errors.Join(err, serr)
}

// kindOf is an intent kind of the side a source is on.
func kindOf(source string) store.Kind {
	if source == SourceInbound || source == SourceDelivery {
		return store.SendText
	}
	return store.UpdateContact
}

func (c *cycle) shut(source string, err error) {
	if kindOf(source) == store.SendText {
		c.gatewayDown = err
	} else {
		c.crmDown = err
	}
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
			at, err = tx.Cursor(ctx, SourceInbound)
			return err
		})
		if err != nil {
			return err
		}
		page, next, err := c.Gateway.Inbound(ctx, sms.Cursor(at.Position), inboundPage)
		if err != nil {
			return err
		}
		added, err := c.storeInbound(ctx, page, next)
		if err != nil || len(page) < inboundPage || string(next) == at.Position && added == 0 {
			return err
		}
	}
}

func (c *cycle) storeInbound(ctx context.Context, page []sms.Incoming, next sms.Cursor) (added int, err error) {
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		for _, in := range page {
			ok, err := tx.AddInbound(ctx, store.Inbound{
				Gateway: c.Gateway.Name(), Key: in.Key, Sender: canonicalPhone(in.From, c.Rules.Region),
				Body: sms.Clean(in.Text), ReceivedAt: in.At.UTC(),
			})
			if err != nil {
				return err
			}
			if ok {
				added++
			}
		}
		return tx.MoveCursor(ctx, SourceInbound, string(next))
	})
	return added, err
}

const (
	deliveryBatch = 100
	deliveryEnd   = 72 * time.Hour // some networks never confirm
)

// pollDelivery asks the gateway what became of the texts it took.
func (c *cycle) pollDelivery(ctx context.Context) error {
	var taken []store.Text
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		taken, err = tx.TakenTexts(ctx, c.Gateway.Name(), deliveryBatch)
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range taken {
		d, err := c.Gateway.Status(ctx, t.GatewayID)
		if verdict, _ := weigh(err); verdict.closes() {
			return err
		}
		if err != nil { // this one cannot be told; the others can
			d = sms.Delivery{State: sms.State(t.Delivery), Reason: err.Error()}
		}
		if err := c.storeDelivery(ctx, t, d); err != nil {
			return err
		}
	}
	return nil
}

func (c *cycle) storeDelivery(ctx context.Context, t store.Text, d sms.Delivery) error {
	if string(d.State) != t.Delivery {
		c.Log.Info("delivery", "to", sms.Phone(t.Number).Masked(), "state", d.State, "why", d.Reason)
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		age := tx.Now.Sub(t.SentAt)
		check := tx.Now.Add(min(max(age/4, checkFirst), time.Hour))
		if d.State.Final() || age > deliveryEnd {
			check = time.Time{}
		}
		if d.At.IsZero() {
			d.At = tx.Now
		}
		if d.State == sms.StateOptedOut {
			o := store.OptOut{Number: t.Number, Source: "gateway", Reason: "the gateway refused a text: opted out there"}
			if err := optOut(ctx, tx, o); err != nil {
				return err
			}
		}
		return tx.Delivered(ctx, t.OutboxID, string(d.State), d.Reason, d.At, check)
	})
}

// errFresh says that a source need not be read yet.
var errFresh = errors.New("read recently")

// directoryTime is how long the lists of calendars and users are good for.
const directoryTime = time.Hour

// pollDirectory reads the location, its calendars and its users.
func (c *cycle) pollDirectory(ctx context.Context) error {
	var last store.Cursor
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		last, err = tx.Cursor(ctx, SourceDirectory)
		return err
	})
	if err != nil {
		return err
	}
	if time.Since(last.ReadAt) < directoryTime && last.FailedAt.IsZero() {
		return errFresh
	}
	loc, err := c.CRM.Location(ctx)
	if err != nil {
		return err
	}
	calendars, err := c.CRM.Calendars(ctx)
	if err != nil {
		return err
	}
	users, err := c.CRM.Users(ctx)
	if err != nil {
		return err
	}
	return c.storeDirectory(ctx, loc, calendars, users)
}

func (c *cycle) storeDirectory(ctx context.Context, loc ghl.Location, calendars []ghl.Calendar, users []ghl.User) error {
	listed := make([]store.ListedCalendar, len(calendars))
	for i, k := range calendars {
		listed[i] = store.ListedCalendar{CRMID: string(k.ID), Name: k.Name, Active: k.Active}
	}
	var staff []store.ListedUser
	for _, u := range users {
		if !u.Deleted {
			staff = append(staff, store.ListedUser{CRMID: string(u.ID), Name: u.Name, Email: u.Email, Phone: canonicalPhone(u.Phone, c.Rules.Region)})
		}
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		return errors.Join(
			tx.SetMeta(ctx, store.MetaLocation, string(c.Rules.Location)),
			tx.SetMeta(ctx, store.MetaName, loc.Name),
			tx.SetMeta(ctx, store.MetaTimezone, loc.Timezone),
			tx.ListCalendars(ctx, listed),
			tx.ListUsers(ctx, staff),
		)
	})
}
