package plan

import (
	"context"
	"fmt"

	"ghlsms/store"
	"ghlsms/sync/record"
)

// NoteReminder tells the CRM of a reminder that left, in the ways its rule names.
func (r *Config) NoteReminder(ctx context.Context, tx *store.Tx, outboxID int64) error {
	rows, err := tx.RemindersIn(ctx, outboxID)
	if err != nil || len(rows) == 0 {
		return err
	}
	rule := r.Reminder(rows[0].Rule)
	if rule == nil || !rule.Note && rule.Tag == "" {
		return nil
	}
	visits, err := VisitsOf(ctx, tx, rows)
	if err != nil {
		return err
	}
	t, err := tx.Text(ctx, outboxID)
	if err != nil {
		return err
	}
	told := map[int64]bool{}
	for _, v := range visits {
		if told[v.Contact.ID] {
			continue
		}
		told[v.Contact.ID] = true
		if rule.Note {
			body := fmt.Sprintf("Reminder %s: %s", rule.Name, t.Body)
			if _, err := tx.Create(ctx, store.Note, v.Contact.ID, store.Fields{store.Body: body}, store.ByRule); err != nil {
				return err
			}
		}
		if rule.Tag != "" && !record.HasTag(v.Contact, rule.Tag) {
			tags := append(v.Contact.Value().Set(store.Tags), rule.Tag)
			if _, err := tx.Edit(ctx, store.Contact, v.Contact.ID, store.Fields{store.Tags: store.EncodeSet(tags)}, store.ByRule); err != nil {
				return err
			}
		}
	}
	return nil
}
