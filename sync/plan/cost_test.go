package plan

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
	"ghlsms/store/storetest"
	"ghlsms/sync/rule"
)

// The plan for a large mirror reads what is dirty and nothing else. The mirror is asked through a
// driver that counts the rows it gives and has SQLite explain how it finds them.

// atRest makes a mirror in which so many contacts rest, each with a task, and some are dirty.
func atRest(t *testing.T, contacts, dirty int, rules []rule.Rule) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "mirror.db")
	ctx := t.Context()
	db, err := store.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(ctx, func(tx *store.Tx) error {
		for _, q := range []string{
			`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) INSERT INTO contacts (crm_id, base, hash, changed_at, change, notes_at)
				SELECT 'c' || i, json_object('first_name', 'P' || i, 'phone', printf('+1202%07d', i)), x'00', ?2, i, ?2 FROM n`,
			`INSERT INTO tasks (crm_id, contact_id, base, hash, changed_at) SELECT 't' || id, id, json_object('title', 'Call'), x'00', ?2 + 0 * ?1 FROM contacts`,
			`UPDATE contacts SET edits = json_object('city', 'Boston'), change = ?1 + id, changed_at = ?2 WHERE id <= ?3`,
			`INSERT INTO cursors (source, position, read_at) VALUES ('plan.changes', ?1, ?2), ('plan.rules', '2026-01-01T00:00:00Z', ?2),
				('crm.contacts', '', ?2), ('crm.tasks', '', ?2), ('crm.appointments', '', ?2)`,
		} {
			if _, err := tx.ExecContext(ctx, q, contacts, tx.Now.UnixMilli(), dirty); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && rules != nil { // the journal is kept already
		p := Planner{Config: &Config{Rules: rules, Timezone: time.UTC, Region: "US"}}
		err = db.Update(ctx, func(tx *store.Tx) error {
			run, err := p.begin(ctx, tx)
			if err != nil {
				return err
			}
			return run.rules(ctx)
		})
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlanReadsOnlyWhatIsDirty(t *testing.T) {
	storetest.SkipShort(t, "a large mirror is made")
	t.Run("without rules", func(t *testing.T) { planReadsOnlyWhatIsDirty(t, nil) })
	t.Run("with rules at rest", func(t *testing.T) {
		planReadsOnlyWhatIsDirty(t, []rule.Rule{{Name: "tagged", On: "tag added"}, {Name: "due", On: "task due"}, {Name: "ended", On: "appointment ended"}, {Name: "noon", On: "time of day", At: 12 * 60}})
	})
}

func planReadsOnlyWhatIsDirty(t *testing.T, rules []rule.Rule) {
	const dirty = 10
	cost := func(contacts int) (rows int) {
		path := atRest(t, contacts, dirty, rules)
		var m storetest.Meter
		db := m.Open(path)
		defer db.Close()
		raw, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Rollback()
		p := Planner{Config: &Config{Rules: rules, Timezone: time.UTC, Region: "US", Past: 24 * time.Hour, Limits: Limits{TextsPerHour: 200, NewContactsPerHour: 50}}, Gateway: Gateway{Name: "smsto", TakesOptOuts: true}}
		plan, err := p.Plan(t.Context(), &store.Tx{Tx: raw, Now: time.Now().UTC().Truncate(time.Millisecond)})
		if err != nil {
			t.Fatal(err)
		}
		if watching, err := (&store.Tx{Tx: raw}).Watching(t.Context()); err != nil || watching != (rules != nil) {
			t.Errorf("the journal is kept: %v (%v)", watching, err)
		}
		if len(plan.Intents) != dirty {
			t.Errorf("%d intents for %d dirty contacts", len(plan.Intents), dirty)
		}
		small := []string{ // tables that do not grow with the clinic, and indexes that hold only what is open
			"SCAN CONSTANT", "s_dirty", "inbound_undecided", "opt_outs_untold", "brakes_standing", "FROM sqlite_schema", "FROM sqlite_sequence",
			"FROM known_rules", "FROM meta", "FROM cursors", "FROM calendars", "FROM reminders ORDER BY id DESC LIMIT 1",
		}
		for _, step := range m.Steps {
			s := step.String()
			if strings.HasPrefix(s, "SCAN ") && !slices.ContainsFunc(small, func(of string) bool { return strings.Contains(s, of) }) {
				t.Errorf("%d contacts: %s", contacts, s)
			}
		}
		return m.Rows
	}
	size := 100_000
	if storetest.RaceDetector { // which makes the making of them dear
		size = 10_000
	}
	few, many := cost(1_000), cost(size)
	t.Logf("%d rows for 1,000 contacts, %d for %d", few, many, size)
	if many != few {
		t.Errorf("the plan reads %d rows with 1,000 contacts at rest, %d with %d", few, many, size)
	}
	if most := 30 * dirty; many > most {
		t.Errorf("%d rows for %d dirty contacts", many, dirty)
	}
}
