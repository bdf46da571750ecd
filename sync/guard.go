package sync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// The checks of the mirror, the token and the clock at the start of a cycle.

// watermark is the content of the mark, a file outside the mirror that tells how far the mirror got.
type watermark struct {
	Instance string    `json:"instance"` // of the mirror
	Host     string    `json:"host"`
	Path     string    `json:"path"`
	Epoch    int64     `json:"epoch"`  // how often a process began to work on it, or carried something outside
	Newest   int64     `json:"newest"` // the newest intent it had
	At       time.Time `json:"at"`
}

// metaEpoch is the epoch in the mirror, which the mark beside it repeats; metaIdentity is whose token the
// records were read with.
const (
	metaEpoch    = "epoch"
	metaIdentity = "identity"
)

// checkMirror checks once in a process whether the mirror is the one that the last process worked on, or a copy.
// What was done outside since a copy was made is unknown, so a copy is held by a brake.
func (c *cycle) checkMirror(ctx context.Context) error {
	if c.checked {
		return nil
	}
	mark, known, err := readWatermark(c.Watermark)
	if err != nil {
		return err
	}
	var now watermark
	isCopy := false
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		if now, err = c.stand(ctx, tx); err != nil {
			return err
		}
		made, err := tx.Meta(ctx, store.MetaCopied)
		if err != nil {
			return err
		}
		doubt := ""
		switch {
		case made != "": // a backup says so itself, even if nothing was done since
			doubt = "it was put back from a copy made at " + made
		case c.Watermark != "":
			doubt = copied(now, mark, known)
		}
		now.Epoch = max(now.Epoch, mark.Epoch) + 1
		if isCopy = doubt != ""; isCopy {
			if err := c.restored(ctx, tx, doubt, mark.At); err != nil {
				return err
			}
		}
		if made != "" {
			if err := tx.SetMeta(ctx, store.MetaCopied, ""); err != nil {
				return err
			}
		}
		return tx.SetMeta(ctx, metaEpoch, strconv.FormatInt(now.Epoch, 10))
	})
	if err != nil {
		return err
	}
	if c.Watermark != "" {
		err = writeWatermark(c.Watermark, c.DB.Path(), now)
	}
	c.checked = err == nil
	if err == nil && !isCopy { // which knows nothing of the time since
		err = c.noteStop(ctx)
	}
	return err
}

// stand returns the watermark that matches the mirror as it is now.
func (c *cycle) stand(ctx context.Context, tx *store.Tx) (w watermark, err error) {
	w = watermark{Host: host(), Path: c.DB.Path(), At: tx.Now}
	if real, err := filepath.EvalSymlinks(w.Path); err == nil {
		w.Path = real
	}
	epoch, err := tx.Meta(ctx, metaEpoch)
	if err != nil {
		return w, err
	}
	if epoch != "" {
		if _, err := fmt.Sscan(epoch, &w.Epoch); err != nil {
			return w, fmt.Errorf("the mirror's epoch %q is no number: %w", epoch, err)
		}
	}
	if w.Instance, err = tx.Instance(ctx); err != nil {
		return w, err
	}
	w.Newest, err = tx.NewestIntent(ctx)
	return w, err
}

// copied is why a mirror must be taken for a copy; empty: it is the one the mark speaks of.
func copied(now, mark watermark, known bool) string {
	switch {
	case !known && now.Epoch == 0:
		return "" // a new one, or one from before there were marks
	case !known:
		return "its mark beside it is missing, so it may be a copy"
	case mark.Instance != now.Instance:
		return "the mark beside it is another mirror's"
	case mark.Host != now.Host:
		return "it comes from the machine " + mark.Host
	case mark.Path != now.Path:
		return "it was at " + mark.Path
	case now.Epoch < mark.Epoch, now.Newest < mark.Newest:
		return fmt.Sprintf("it is older than it was at %s: put back from a copy", mark.At.Format(time.RFC3339))
	}
	return ""
}

// host names the machine: two with the same name are told apart by systemd's id.
func host() string {
	name, _ := os.Hostname()
	if id, err := os.ReadFile("/etc/machine-id"); err == nil && len(id) >= 8 {
		name += "/" + string(id[:8])
	}
	return name
}

// restored makes unknown every effect that may have happened since the copy was made, so that it is settled, and
// holds texts and deletions until a person releases them.
func (c *cycle) restored(ctx context.Context, tx *store.Tx, doubt string, until time.Time) error {
	if until.IsZero() {
		until = tx.Now
	}
	c.more |= PollCRM                   // the CRM shows what was done since
	until = until.Add(record.ClockSkew) // the gateway may date what came in last a little later than we wrote the mark
	if err := tx.SetMeta(ctx, store.MetaRestored, until.Format(time.RFC3339Nano)); err != nil {
		return err
	}
	if err := tx.SetMeta(ctx, store.MetaNoticed, tx.Now.Format(time.RFC3339Nano)); err != nil {
		return err
	}
	n, err := tx.DoubtOpen(ctx, c.Gateway.Name())
	if err != nil {
		return err
	}
	evidence := fmt.Sprintf("this mirror is not what it was: %s. No text leaves and nothing is deleted until you release this; %d effects that may have happened are asked about", doubt, n)
	return c.pullAnew(ctx, tx, store.Brake{Kind: store.Restored, Size: n, Evidence: evidence})
}

// checkIdentity pulls a brake when the token belongs to another user than before: that one may see less, and
// what it does not see is not deleted.
func (c *cycle) checkIdentity(ctx context.Context) error {
	var had string
	err := c.DB.View(ctx, func(tx *store.Tx) (err error) {
		had, err = tx.Meta(ctx, metaIdentity)
		return err
	})
	if err != nil || c.Config.Identity == "" || had == c.Config.Identity {
		return err
	}
	return c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		if had != "" {
			c.more |= Sweep
			err = c.pullAnew(ctx, tx, store.Brake{
				Kind: store.Identity, Evidence: "the CRM is read with another token than before, which may be shown less: nothing counts as deleted before a sweep shows everything known",
			})
		}
		return errors.Join(err, tx.SetMeta(ctx, metaIdentity, c.Config.Identity))
	})
}

// advance raises the epoch in the mirror and the mark, before and after effects are carried outside, so that a
// copy from before or in between is noticed even if nothing else changed.
func (c *cycle) advance(ctx context.Context) error {
	if c.Watermark == "" {
		return nil
	}
	var now watermark
	err := c.DB.Update(ctx, func(tx *store.Tx) (err error) {
		now, err = c.bump(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	return c.writeMark(now)
}

// bump raises the epoch in the mirror, for writeMark after the commit. Without a mark it does nothing.
func (c *cycle) bump(ctx context.Context, tx *store.Tx) (now watermark, err error) {
	if c.Watermark == "" {
		return now, nil
	}
	if now, err = c.stand(ctx, tx); err != nil {
		return now, err
	}
	now.Epoch++
	return now, tx.SetMeta(ctx, metaEpoch, strconv.FormatInt(now.Epoch, 10))
}

func (c *cycle) writeMark(now watermark) error {
	if now.Epoch == 0 {
		return nil
	}
	return writeWatermark(c.Watermark, c.DB.Path(), now)
}

func readWatermark(path string) (w watermark, known bool, err error) {
	if path == "" {
		return w, false, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return w, false, nil
	}
	if err != nil {
		return w, false, fmt.Errorf("the mark of the mirror cannot be read: %w; make it readable for the user that runs ghlsms", err)
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return w, false, fmt.Errorf("the mark of the mirror is damaged: %s: %w; remove it to go on as with a copy", path, err)
	}
	return w, true, nil
}

// writeWatermark replaces the file as a whole, and is on the disk when it returns. One process at a time
// writes it, so what a killed one left of it is written over. It belongs to whom the mirror belongs: a command of
// root's must not keep the daemon from it.
func writeWatermark(path, mirror string, w watermark) error {
	b, err := json.Marshal(w)
	if err != nil {
		return err
	}
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write the mark of the mirror: %w; make its folder writable, or name another place in store.mark", err)
	}
	_, err = f.Write(append(b, '\n'))
	if info, serr := os.Stat(mirror); serr == nil {
		err = errors.Join(err, store.SameOwner(f, info))
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return fmt.Errorf("write the mark of the mirror: %w", errors.Join(err, os.Remove(next)))
	}
	return store.SyncDir(filepath.Dir(path))
}

// clockMost is how far this machine's clock and the CRM's may be apart.
const clockMost = 10 * time.Minute

// checkClock holds reminders while the clock is wrong by the CRM's.
func (c *cycle) checkClock(ctx context.Context) error {
	var off time.Duration
	if crm, ok := c.CRM.(interface {
		ClockSkew() (ahead time.Duration, known bool)
	}); ok {
		off, _ = crm.ClockSkew()
	}
	fine := off.Abs() <= clockMost
	if fine && c.clockFine {
		return nil
	}
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		evidence := ""
		if !fine {
			evidence = fmt.Sprintf("this machine's clock is %s %s the CRM's: no reminder leaves until they agree", off.Abs().Round(time.Second), aheadOrBehind(off))
		}
		b := store.Brake{Kind: store.Clock, Evidence: evidence, Size: int(off / time.Minute)}
		was, found, err := tx.Standing(ctx, store.Clock, "", "")
		switch decided := found && was.State != store.BrakeHeld; {
		case err != nil:
		case decided && !fine && (off-time.Duration(was.Size)*time.Minute).Abs() > clockMost:
			err = c.pullAnew(ctx, tx, b) // another difference than the one that a person let pass
		case !decided || fine:
			_, err = c.doubt(ctx, tx, b)
		}
		return err
	})
	c.clockFine = fine && err == nil
	return err
}

func aheadOrBehind(d time.Duration) string {
	if d > 0 {
		return "ahead of"
	}
	return "behind"
}
