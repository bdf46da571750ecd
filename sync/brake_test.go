package sync

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/plan"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
)

func TestBrake(t *testing.T) { scenario.Run(t, "brake", runBrake) }

// runBrake shows what the brakes make of counts, line by line, and what becomes of a brake in a mirror.
func runBrake(t *testing.T, given string) string {
	var l plan.Limits
	var life *brakeLife
	var b strings.Builder
	for _, f := range scenario.Facts(t, given) {
		switch f.Word {
		case "limits":
			l = factLimits(f, t)
		case "gone": // gone MISSING of KNOWN
			fmt.Fprintln(&b, reason(brakeGone(factNth(f, t, 0), factNth(f, t, 2), l), "believed"))
		case "changed": // changed NUMBER of KNOWN
			fmt.Fprintln(&b, reason(brakeChanged(factNth(f, t, 0), factNth(f, t, 2), l), "follow"))
		case "text", "contact": // one more, after so many
			c := plan.Counts{TextsInHour: factCount(f, t, "in_hour"), TextsToPerson: factCount(f, t, "to_person"), ContactsInHour: factCount(f, t, "made")}
			why := plan.BrakeText(c, l)
			if f.Word == "contact" {
				why = plan.BrakeContact(c, l)
			}
			fmt.Fprintln(&b, reason(why, "goes"))
		case "list": // list shows=N [unreadable=N] [nameless=N] [says=N]
			fmt.Fprintln(&b, reason(factEnumeration(f, t).incomplete(), "complete"))
		default:
			if life == nil {
				life = newBrakeLife(t)
			}
			life.step(t, f, &b)
		}
	}
	return b.String()
}

func reason(why, otherwise string) string {
	if why == "" {
		return otherwise
	}
	return "held: " + why
}

func factLimits(f scenario.Fact, t *testing.T) (l plan.Limits) {
	t.Helper()
	for name, v := range f.Fields {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			t.Fatal(err)
		}
		switch name {
		case "texts_per_hour":
			l.TextsPerHour = int(n)
		case "texts_per_person_per_day":
			l.TextsPerPersonPerDay = int(n)
		case "new_contacts_per_hour":
			l.NewContactsPerHour = int(n)
		case "gone_share":
			l.GoneShare = n
		case "gone_most":
			l.GoneMost = int(n)
		case "changed_share":
			l.ChangedShare = n
		default:
			t.Fatalf("there is no limit %q", name)
		}
	}
	return l
}

func factNth(f scenario.Fact, t *testing.T, i int) int {
	t.Helper()
	n, err := strconv.Atoi(f.Args[i])
	if err != nil {
		t.Fatalf("%s: %v", f.Word, err)
	}
	return n
}

func factCount(f scenario.Fact, t *testing.T, name string) int {
	t.Helper()
	if f.Fields[name] == "" {
		return 0
	}
	return factNth(scenario.Fact{Word: f.Word, Args: []string{f.Fields[name]}}, t, 0)
}

func factEnumeration(f scenario.Fact, t *testing.T) *enumeration {
	t.Helper()
	seen := newEnumeration()
	for i := range factCount(f, t, "shows") {
		seen.listed[fmt.Sprint("r", i)] = true
	}
	for i := range factCount(f, t, "unreadable") {
		seen.bad([]error{&ghl.RowError{ID: fmt.Sprint("bad", i), Err: errors.New("a field is no text")}})
	}
	for range factCount(f, t, "nameless") {
		seen.bad([]error{errors.New("the row is no object")})
	}
	seen.total = factCount(f, t, "says")
	return &seen
}

// brakeLife is a mirror with brakes in it.
type brakeLife struct {
	db   *store.DB
	rows int
}

func newBrakeLife(t *testing.T) *brakeLife {
	t.Helper()
	path := filepath.Join(t.TempDir(), "brake.db")
	if err := storetest.NewMirror(path); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &brakeLife{db: db}
}

// step does one thing: pull KIND [ENTITY [SCOPE]] size=N, over KIND [ENTITY [SCOPE]], believe N or
// doubt N (released, dropped), holds N (a text waits because of it), and shows what stands then.
func (l *brakeLife) step(t *testing.T, f scenario.Fact, b *strings.Builder) {
	t.Helper()
	ctx := context.Background()
	about := append(slices.Clone(f.Args), "", "", "")
	said := ""
	err := l.db.Update(ctx, func(tx *store.Tx) error {
		switch f.Word {
		case "pull":
			got, added, err := tx.Pull(ctx, store.Brake{
				Kind: store.BrakeKind(about[0]), Entity: store.Entity(about[1]), Scope: about[2], Size: factCount(f, t, "size"), Evidence: "seen",
			})
			said = fmt.Sprintf("b%d %s %d", got.ID, got.State, got.Size)
			if added {
				said += ", and somebody is told"
			}
			return err
		case "over":
			return tx.Over(ctx, store.BrakeKind(about[0]), store.Entity(about[1]), about[2])
		case "release":
			return tx.DecideBrake(ctx, f.Number(t), store.BrakeReleased)
		case "drop":
			return tx.DecideBrake(ctx, f.Number(t), store.BrakeDropped)
		case "holds":
			l.rows++
			in := store.Intent{Key: fmt.Sprint("text ", l.rows), Kind: store.SendText, State: store.Held, BrakeID: f.Number(t), Reason: "held", Payload: record.Encode(store.Fields{})}
			_, _, err := tx.EnqueueText(ctx, in, store.Text{Number: "+12025550143", Body: "Hi", Purpose: store.ForReminder})
			return err
		}
		t.Fatalf("unknown fact %q", f.Word)
		return nil
	})
	if err != nil {
		said = "no: " + err.Error()
	}
	if said == "" {
		said = l.stands(t)
	}
	fmt.Fprintf(b, "%s: %s\n", strings.TrimSpace(f.Word+" "+strings.Join(f.Args, " ")), said)
}

// stands shows which brakes stand, and what became of the texts that they held.
func (l *brakeLife) stands(t *testing.T) string {
	t.Helper()
	ctx := context.Background()
	var words []string
	err := l.db.View(ctx, func(tx *store.Tx) error {
		all, err := tx.Brakes(ctx)
		if err != nil {
			return err
		}
		for _, b := range all {
			words = append(words, fmt.Sprintf("b%d %s %d", b.ID, b.State, b.Size))
		}
		if len(all) == 0 {
			words = append(words, "none stands")
		}
		for i := range l.rows {
			var key, state string
			if err := tx.QueryRowContext(ctx, `SELECT key, state FROM outbox WHERE key = ?`, fmt.Sprint("text ", i+1)).Scan(&key, &state); err != nil {
				return err
			}
			words = append(words, key+" "+state)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(words, ", ")
}
