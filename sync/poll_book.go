package sync

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
)

// bookTime is how often the gateway's address book and its list of opt-outs are read.
const bookTime = 15 * time.Minute

// missProof is how long an entry must be missing from the list to count as removed.
const missProof = 10 * time.Minute

// pollBook reads the list of the gateway's address book.
func (c *cycle) pollBook(ctx context.Context) error {
	book, ok := c.Gateway.(sms.Directory)
	if !ok {
		return fmt.Errorf("%s has no address book: remove sync.address_book from the config", c.Gateway.Name())
	}
	list, err := c.bookList(ctx, book)
	if err != nil {
		return err
	}
	seen := newEnumeration()
	changed := 0
	for page, err := range book.People(ctx, list) {
		if err != nil {
			return err
		}
		c.logBad(store.SourceBook, page.Bad)
		seen.nameless += len(page.Bad)
		seen.total = page.Total
		n, err := c.bookPage(ctx, list, page, &seen)
		if err != nil {
			return err
		}
		changed += n
		if err := c.suspectEntries(ctx, list, changed); err != nil { // before the plan acts on it
			return err
		}
		c.breathe(ctx)
	}
	return c.missingEntries(ctx, list, seen)
}

// bookList finds the list by its name.
func (c *cycle) bookList(ctx context.Context, book sms.Directory) (string, error) {
	lists, err := book.Lists(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for _, l := range lists {
		if l.Name == c.Config.Book.List {
			return l.ID, c.DB.Update(ctx, func(tx *store.Tx) error { return tx.SetMeta(ctx, store.MetaList, l.ID) })
		}
		names = append(names, fmt.Sprintf("%q", l.Name))
	}
	return "", fmt.Errorf("%s has no list %q: make it there, or name one of %s in sync.address_book.list", c.Gateway.Name(), c.Config.Book.List, strings.Join(names, ", "))
}

func (c *cycle) bookPage(ctx context.Context, list string, page sms.DirectoryPage, seen *enumeration) (changed int, err error) {
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		var rows []store.SeenEntry
		for _, p := range page.People {
			number := record.Phone(string(p.Phone), c.Config.Region)
			seen.listed[number] = true
			rows = append(rows, store.SeenEntry{Number: number, Value: entryFields(p), At: p.UpdatedAt})
			if p.OptedOut {
				if err := c.optedOutThere(ctx, tx, number, p.UpdatedAt); err != nil {
					return err
				}
			}
		}
		changed, err = tx.ObserveEntries(ctx, c.Gateway.Name(), list, rows)
		return err
	})
	return changed, err
}

func entryFields(p sms.Person) store.Fields {
	return record.Tidy(store.Fields{store.FirstName: p.FirstName, store.LastName: p.LastName, store.Email: strings.ToLower(p.Email)})
}

// missingEntries stores which entries the list does not show any more.
func (c *cycle) missingEntries(ctx context.Context, list string, seen enumeration) error {
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		known, err := tx.ListedNumbers(ctx, c.Gateway.Name(), list)
		if err != nil {
			return err
		}
		var missing []string
		for _, n := range known {
			if !seen.listed[n] {
				missing = append(missing, n)
			}
		}
		ok, err := c.believable(ctx, tx, store.EntryEntity, list, seen, len(missing), len(known))
		if err != nil || !ok {
			return err
		}
		for _, n := range missing {
			if err := tx.MissEntry(ctx, c.Gateway.Name(), list, n, missProof); err != nil {
				return err
			}
		}
		return nil
	})
}

// suspectEntries holds what follows from suspiciously many changes in the address book.
func (c *cycle) suspectEntries(ctx context.Context, list string, changed int) error {
	if changed <= changedFloor {
		return nil
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		known, err := tx.Listed(ctx, c.Gateway.Name(), list)
		if err != nil {
			return err
		}
		evidence := brakeChanged(changed, known, c.Config.Limits)
		if evidence == "" {
			return nil
		}
		b, err := c.pullChanges(ctx, tx, store.Brake{Kind: store.Changes, Entity: store.EntryEntity, Scope: list, Size: changed, Evidence: evidence})
		if err != nil || b.State != store.BrakeHeld {
			return err
		}
		return tx.QuarantineEntries(ctx, list, b.ID, c.began)
	})
}

// pollOptOuts stores the opt-outs that were made at the gateway directly. With an error, those that could
// be read are stored all the same.
func (c *cycle) pollOptOuts(ctx context.Context, lister sms.OptOutLister) error {
	out, err := lister.RecentOptOuts(ctx)
	return errors.Join(err, c.DB.Update(ctx, func(tx *store.Tx) error {
		for _, o := range out {
			if err := c.optedOutThere(ctx, tx, record.Phone(string(o.Phone), c.Config.Region), o.At); err != nil {
				return err
			}
		}
		return nil
	}))
}

// optedOutThere stores an opt-out that the gateway shows, unless it was lifted here since: the gateway lags. It
// replaces an opt-out that only the CRM had set, since this one is the person's own.
func (c *cycle) optedOutThere(ctx context.Context, tx *store.Tx, number string, at time.Time) error {
	o, out, err := tx.OptedOut(ctx, number)
	echo := !o.ToldAt.IsZero() && (at.IsZero() || !at.Before(o.ToldAt)) // what we told the gateway ourselves
	if err != nil || out && (o.Source != "crm" || echo) {
		return err
	}
	lifted, err := tx.LiftedAt(ctx, number)
	if err != nil || !lifted.IsZero() && !at.After(lifted) {
		return err
	}
	c.Log.Info("opted out at the gateway", "number", sms.Phone(number).Masked())
	return plan.OptOut(ctx, tx, store.OptOut{Number: number, Source: "gateway", Reason: "opted out at the gateway"})
}
