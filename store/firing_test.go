package store_test

import (
	"path/filepath"
	"testing"

	"ghlsms/store"
)

// A mirror from before it was kept what became of what rules did finds it for those that only texted, and of the others
// it says no more than it knows.
func TestWhatBecameOfOldFirings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	older(t, path, 10)
	write(t, path, `INSERT INTO inbound (id, gateway, key, sender, body, received_at, stored_at) VALUES (3, 'g', 'k', '+1', 'hi', 1, 1)`)
	write(t, path, `INSERT INTO tasks (id, crm_id, contact_id, base, changed_at) VALUES (4, 't4', 1, '{}', 1)`)
	write(t, path, `INSERT INTO firings (id, rule, event, entity, record_id, value, contact_id, at, done, stopped) VALUES
		(1, 'a', 'contact created', 'contact', 1, '17', 1, 1, 'text, notify', ''),
		(2, 'a', 'contact created', 'contact', 1, '18', 1, 1, 'text, tag', ''),
		(3, 'b', 'text received', 'text', 3, '19', 1, 1, 'text', 'tag: no'),
		(4, 'c', 'task due', 'task', 4, '2000-01-01T00:00:00Z', 1, 1, 'notify', ''),
		(5, 'd', 'time of day', '', 0, '2000-01-01', NULL, 1, 'notify', ''),
		(6, 'a', 'contact created', 'contact', 1, '1', 1, 1, '', 'too late')`)
	write(t, path, `INSERT INTO outbox (id, key, kind, payload, state, reason, priority, due_at, created_at) VALUES
		(1, 'rule/a/event/17/0', 'text.send', '{}', 'dropped', 'no more', 2, 1, 1), (2, 'rule/a/event/17/1', 'text.send', '{}', 'done', '', 2, 1, 1),
		(3, 'rule/a/event/18/0', 'text.send', '{}', 'done', '', 2, 1, 1), (4, 'rule/b/text/g/k/0', 'text.send', '{}', 'failed', 'refused', 2, 1, 1),
		(5, 'rule/c/task/t4/2000-01-01T00:00:00Z/0', 'text.send', '{}', 'unknown', 'who knows', 2, 1, 1), (6, 'rule/d/day/2000-01-01/0', 'text.send', '{}', 'held', 'a limit', 2, 1, 1)`)
	write(t, path, `INSERT INTO texts (outbox_id, number, body, purpose, parts, ref, delivery) SELECT id, '+1', 'x', CASE WHEN id IN (1, 3, 4) THEN 'rule' ELSE 'notice' END, 1, 'r' || id, CASE id WHEN 2 THEN 'delivered' END FROM outbox`)
	db, err := store.Open(t.Context(), path)
	ok(t, err)
	m := &mirror{t, db, t.Context(), noon}
	same(t, "the report", list(m, `SELECT id, action, outcome, reason FROM v1_rule_effects ORDER BY id, n`), []string{
		"1|text|dropped|no more", "1|notify|delivered|", "2|text, tag|not known|", "3|text|failed|refused", "3||not done|tag: no",
		"4|notify|unclear|who knows", "5|notify|held|a limit", "6||not done|too late",
	})
	same(t, "what was there", list(m, `SELECT done, stopped, outcome FROM v1_rules WHERE id = 1`), []string{"text, notify||text: dropped (no more); notify: delivered"})
	ok(t, db.Close())
}
