package sync

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// PanicError is a mistake of ours that was caught: something panicked.
type PanicError struct {
	About string // what was worked on
	Value string // what it panicked with
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%s: a mistake in ghlsms, please report it with the stack in the log: %s", e.About, e.Value)
}

// isPanic tells whether an error is a mistake of ours. It says nothing of the side that was asked.
func isPanic(err error) bool {
	_, ok := errors.AsType[*PanicError](err)
	return ok
}

// caught does something, and makes an error of a panic in it. What panics on one record would do so again in
// the next process, so ending this one would only keep all others from being worked on. The log has where it
// was.
func (e *Engine) caught(about string, do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			p := &PanicError{About: about, Value: shorten(sms.Clean(fmt.Sprint(v)), 200)}
			e.Log.Error("a mistake in ghlsms was caught, and the rest goes on", "about", p.About, "panic", p.Value, "stack", stack())
			err = p
		}
	}()
	return do()
}

// stack is where a panic came from, in one line and without the arguments of the calls.
func stack() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // from the panic on
	var all []string
	for {
		f, more := frames.Next()
		all = append(all, fmt.Sprintf("%s (%s:%d)", f.Function, filepath.Base(f.File), f.Line))
		if !more || strings.HasSuffix(f.Function, ".(*Engine).Cycle") {
			return strings.Join(all, " < ")
		}
	}
}

// whichOne is how a record that is read on its own is called in an error.
func whichOne(one any) string {
	switch one := one.(type) {
	case string:
		return one
	case store.Record:
		return fmt.Sprintf("%s %d", one.Entity, one.ID)
	case store.Text:
		return fmt.Sprintf("the state of text %d", one.OutboxID)
	case store.Question:
		return fmt.Sprintf("free times for question %d", one.ID)
	case store.ListedCalendar:
		return "a calendar"
	}
	return fmt.Sprintf("%T", one)
}

const (
	// sparedTime is how long what a planner panicked on is left as it is before it is tried again.
	sparedTime = time.Hour
	// sparedMost is how many records may be left so. A mistake that meets more is no single record's.
	sparedMost = 50
)

// SourcePlanning stands among the sources for records that cannot be planned, while there are any.
const SourcePlanning = "planning"

// sparedKey names a record for a planner.
type sparedKey struct {
	what string
	id   int64
}

// spared is a record that a planner panicked on.
type spared struct {
	until time.Time
	err   error
}

// one plans one record, unless that was tried a short while ago and panicked: then it is left as it is, and
// nothing about it is decided.
func (p *planning) one(what string, id int64, do func() error) (left bool, err error) {
	key := sparedKey{what, id}
	if s, ok := p.spared[key]; ok {
		if p.tx.Now.Before(s.until) {
			p.plan.left = append(p.plan.left, s.err)
			return true, nil
		}
		delete(p.spared, key)
	}
	err = p.caught(fmt.Sprint(what, " ", id), do)
	if isPanic(err) && len(p.spared) < sparedMost {
		if p.spared == nil {
			p.Engine.spared = map[sparedKey]spared{}
		}
		p.spared[key] = spared{p.tx.Now.Add(sparedTime), err}
		err = errors.Join(errSpared, err)
	}
	return false, err
}

// errSpared says that a record is left as it is from now on, so that the others can be planned.
var errSpared = errors.New("planned again without it")

// sparing plans, and where a planner panics on a record, once more without that: what it had done to it by
// then was taken back with all the rest.
func (e *Engine) sparing(plan func() error) error {
	for {
		if err := e.caught("the plan", plan); !errors.Is(err, errSpared) {
			return err
		}
	}
}

// tellLeft has people see what could not be planned, for as long as there is something. One record's mistake is
// a failure of the cycle once.
func (c *cycle) tellLeft(ctx context.Context, left []error) error {
	for _, err := range left {
		if !slices.Contains(c.failures, err) {
			c.failures = append(c.failures, err)
		}
	}
	err := errors.Join(left...)
	if err == nil && !c.toldLeft && c.looked {
		return nil
	}
	c.toldLeft, c.looked = err != nil, true
	return c.DB.Update(ctx, func(tx *store.Tx) error {
		if err != nil {
			return tx.ReadFailed(ctx, SourcePlanning, err.Error())
		}
		return tx.DropCursor(ctx, SourcePlanning)
	})
}

// end stores the outcome of an intent. What goes wrong with that by a mistake of ours leaves it unknown: it
// may have been done.
func (c *cycle) end(ctx context.Context, in store.Intent, r result) error {
	err := c.caught(in.Key, func() error { return c.conclude(ctx, in, r) })
	if !isPanic(err) {
		return err
	}
	c.failures = append(c.failures, err)
	return c.conclude(ctx, in, result{err: err})
}
