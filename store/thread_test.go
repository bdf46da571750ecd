package store_test

import (
	"fmt"
	"testing"
	"time"

	"ghlsms/store"
)

// A thread is in the order in which it was texted, to the millisecond, and goes on under a contact's new number.
func TestThread(t *testing.T) {
	m := open(t)
	ann := m.contact("ann", fields{store.Phone: "+15550100"})
	add := func(key, sender string, after time.Duration, contact int64) {
		t.Helper()
		m.do(func(tx *store.Tx) error {
			_, err := tx.AddInbound(m.ctx, store.Inbound{Gateway: "g", Key: key, Sender: sender, Body: key, ReceivedAt: noon.Add(after)})
			return err
		})
		m.sql(`UPDATE inbound SET contact_id = nullif(?, 0) WHERE key = ?`, contact, key)
	}
	add("third", "+15550100", 2*time.Millisecond, 0)
	add("first", "+15550100", -time.Millisecond, 0)
	add("old number", "+15550111", -time.Hour, ann)
	add("stranger", "+15550112", 0, 0)
	m.text("second", "+15550100", "second")
	thread := func(number string, contact int64, limit int) string {
		rows := get(m, func(tx *store.Tx) (store.Table, error) { return tx.Thread(m.ctx, number, contact, limit) }).Rows
		var all []any
		for _, row := range rows {
			all = append(all, row[7])
		}
		return fmt.Sprint(all)
	}
	same(t, "by number", thread("+15550100", 0, 0), "[first second third]")
	same(t, "by contact", thread("+15550100", ann, 0), "[old number first second third]")
	same(t, "newest", thread("+15550100", 0, 2), "[second third]")
	same(t, "nobody's", thread("+15550199", 0, 0), "[]")
}
