package trouble

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

// The kinds of what waits for a person, and of what the machine suffers as far as the mirror knows.
const (
	KindClock        = "clock"         // this machine's clock is wrong
	KindBrake        = "brake"         // a brake holds something
	KindLimit        = "limit"         // a limit holds texts or contacts
	KindUnclear      = "unclear"       // it is unclear whether something was done
	KindConflicts    = "conflicts"     // two sides changed the same
	KindPaused       = "paused"        // a person stopped reminders
	KindCalendarGone = "calendar-gone" // the config speaks of a calendar that is not there
	KindBackup       = "backup"        // no backup can be made
)

// InMirror finds what the mirror tells of.
var InMirror = []Detector{
	{Kinds: []string{KindCRMEntry, KindCRMScope, KindCRMVersion, KindCRMLocation, KindCRMDay, KindCRMUnread, KindGatewayEntry, KindGatewayUnread, KindMistake}, Find: findRefusals},
	{Kinds: []string{KindStandstill}, Find: findStandstill},
	{Kinds: []string{KindCycle}, Find: findCycle},
	{Kinds: []string{KindCredit, KindSender, KindNoSending}, Find: findSending},
	{Kinds: []string{KindLowCredit}, Find: findLowCredit},
	{Kinds: []string{KindWriteScope, KindUnwritten, KindUntold, KindRefused}, Find: findUnwritten, If: func(g store.Glance) bool { return g.Obstructed }},
	{Kinds: []string{KindUnconfirmed}, Find: findUnconfirmed, If: func(g store.Glance) bool { return g.Unsaid }},
	{Kinds: []string{KindFailed, KindMissed, KindExpired, KindUndelivered, KindOverLimit}, Find: findFailures, If: func(g store.Glance) bool { return g.Failed }},
	{Kinds: []string{KindOverdue, KindUndecided}, Find: findOverdue, If: func(g store.Glance) bool { return g.Undecided }},
	{Kinds: []string{KindBrake, KindClock}, Find: findBrakes, If: func(g store.Glance) bool { return g.Braked }},
	{Kinds: []string{KindLimit, KindUnclear}, Find: findHeld, If: func(g store.Glance) bool { return g.Held || g.Doubtful }},
	{Kinds: []string{KindConflicts}, Find: findConflicts, If: func(g store.Glance) bool { return g.Conflicts }},
	{Kinds: []string{KindPaused}, Find: findPauses, If: func(g store.Glance) bool { return g.Paused }},
	{Kinds: []string{KindCalendarGone}, Find: findCalendars},
	{Kinds: []string{KindBackup}, Find: findBackup, If: func(g store.Glance) bool { return g.NoBackup }},
}

const clocksApart = "this machine's clock and the CRM's do not agree"

func findBrakes(ctx context.Context, tx *store.Tx, l Look) (found []store.Trouble, err error) {
	brakes, err := tx.Brakes(ctx)
	for i := range brakes {
		b := &brakes[i]
		id := fmt.Sprintf("b%d", b.ID)
		if b.State == store.BrakeReleased && b.Kind == store.Clock {
			found = append(found, store.Trouble{
				Kind: KindClock, About: id, Severity: store.Notice, Since: b.FoundAt, Details: sms.Clean(b.Evidence), What: clocksApart + ", and a person lets reminders leave all the same",
				Cost: "they leave by this machine's clock", Remedy: "set this machine's clock: timedatectl set-ntp true",
			})
		}
		if b.State != store.BrakeHeld {
			continue // a person has decided
		}
		t := store.Trouble{
			Kind: KindBrake, About: id, Severity: store.Warning, Since: b.FoundAt, Details: sms.Clean(b.Evidence),
			What: "a brake holds what looks like a mistake: " + b.Title(), Cost: "what it is about waits", Remedy: "see it, and decide: ghlsms held show " + id,
		}
		if b.Size > 0 {
			t.What += ", " + strconv.Itoa(b.Size) + " of them"
		}
		switch b.Kind {
		case store.Clock:
			cost, err := l.stakes(ctx, tx)
			if err != nil {
				return nil, err
			}
			t.Kind, t.Severity, t.What, t.Cost = KindClock, store.Urgent, clocksApart, "no reminder leaves; "+cost
			t.Remedy = "set this machine's clock, and it goes on by itself: timedatectl set-ntp true; if the CRM's is the wrong one: ghlsms held release " + id
		case store.Restored:
			t.Severity, t.What, t.Cost = store.Urgent, "the mirror is a copy, or was put back from one", "no text leaves and nothing is deleted until a person has looked"
		case store.Deletions, store.Incomplete, store.Changes, store.Identity:
		}
		found = append(found, t)
	}
	return found, err
}

// findHeld finds what limits hold, and what nobody can tell about.
func findHeld(ctx context.Context, tx *store.Tx, l Look) (found []store.Trouble, err error) {
	limited, err := tx.Limited(ctx)
	if err != nil {
		return nil, err
	}
	if limited.N > 0 {
		t := store.Trouble{
			Kind: KindLimit, Severity: store.Warning, Since: limited.Since, Size: limited.N, What: plural(limited.N, "text or change is", "texts or changes are") + " held by a limit of the config",
			Details: sms.Clean(limited.Cause), Remedy: "see them, and let them go: ghlsms held list", Cost: "they leave when a person lets them go",
		}
		if !limited.TooLate.IsZero() {
			t.Cost = "the first is too late at " + l.clock(limited.TooLate)
		}
		found = append(found, t)
	}
	since := time.Time{} // of what waits for a person
	if l.UndecidedAfter > 0 {
		since = tx.Now.Add(-l.UndecidedAfter)
	}
	n, since, err := tx.Doubtful(ctx, since)
	if err == nil && n > 0 {
		found = append(found, store.Trouble{
			Kind: KindUnclear, Severity: store.Warning, Since: since, Size: n, What: plural(n, "text or change", "texts or changes") + " may or may not have happened",
			Cost: "nothing is tried again until the other side shows it, or a person has looked", Remedy: "see them, and say what happened: ghlsms outbox list",
		})
	}
	return found, err
}

func findConflicts(ctx context.Context, tx *store.Tx, _ Look) ([]store.Trouble, error) {
	n, since, err := tx.ConflictsWaiting(ctx)
	if err != nil || n == 0 {
		return nil, err
	}
	return []store.Trouble{{
		Kind: KindConflicts, Severity: store.Warning, Since: since, Size: n, What: plural(n, "field was", "fields were") + " changed on two sides",
		Cost: "the two sides differ", Remedy: "choose: ghlsms conflicts list",
	}}, nil
}

func findPauses(ctx context.Context, tx *store.Tx, l Look) (found []store.Trouble, err error) {
	pauses, err := tx.Pauses(ctx)
	for _, p := range pauses {
		what, resume := "reminders", "ghlsms reminders resume"
		if p.Rule != "" {
			what, resume = "the reminder "+p.Rule, resume+" --rule "+p.Rule
		}
		found = append(found, store.Trouble{
			Kind: KindPaused, About: p.Rule, Severity: store.Notice, Since: p.Since, What: what + " paused by a person until " + l.clock(p.Until),
			Details: sms.Clean(p.Reason), Cost: "none of them leaves", Remedy: "end it: " + resume,
		})
	}
	return found, err
}

// findCalendars finds calendars that the config speaks of and the CRM does not list. Where nothing is listed, nothing is known.
func findCalendars(ctx context.Context, tx *store.Tx, l Look) (found []store.Trouble, err error) {
	if len(l.Calendars) == 0 {
		return nil, nil
	}
	listed, err := tx.Calendars(ctx)
	if err != nil || len(listed) == 0 {
		return nil, err
	}
	read := l.source(store.SourceCalendars)
	for _, want := range l.Calendars {
		i := slices.IndexFunc(listed, func(c store.ListedCalendar) bool { return c.CRMID == want || strings.EqualFold(c.Name, want) })
		if i >= 0 && listed[i].Active {
			continue
		}
		found = append(found, store.Trouble{
			Kind: KindCalendarGone, About: want, Severity: store.Warning, Since: read.ReadAt, What: "the config speaks of a calendar that the CRM does not have, or that is not active: " + want,
			Cost: "no reminder and no rule that asks for it does anything", Remedy: "mend the config: ghlsms check-config",
		})
	}
	return found, err
}

// findBackup finds that the last backup failed.
func findBackup(ctx context.Context, tx *store.Tx, _ Look) ([]store.Trouble, error) {
	why, err := tx.Meta(ctx, store.MetaBackup)
	if err != nil || why == "" {
		return nil, err
	}
	at, words, _ := strings.Cut(why, " ")
	since, perr := time.Parse(time.RFC3339, at)
	if perr != nil {
		since = tx.Now
	}
	return []store.Trouble{{
		Kind: KindBackup, Severity: store.Warning, Since: since, What: "the mirror cannot be backed up", Details: sms.Clean(words),
		Cost: "if this disk breaks, what is not in the newest backup is lost", Remedy: "see why: ghlsms backup",
	}}, nil
}
