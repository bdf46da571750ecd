package store

import (
	"context"
	"database/sql"
)

// The facts in the meta table.
const (
	metaInstance = "instance" // random, made with the database
	MetaBorn     = "born"     // when the database was made, RFC 3339
	MetaHeard    = "heard"    // when what people texted was first read, RFC 3339
	MetaLocation = "location" // the CRM location this mirror belongs to
	MetaName     = "name"     // that location's name
	MetaTimezone = "timezone" // that location's time zone
	// MetaDuplicates is whether that location lets two contacts have the same phone or email.
	MetaDuplicates = "duplicates"
	// MetaCopied is when this copy was made, RFC 3339; empty in a mirror that is at work.
	MetaCopied = "copied"
	// MetaDayReset is when the CRM said that it allows calls again, after those of a day were used up.
	MetaDayReset = "crm.day"
	// MetaRestored is the end of the time for which a mirror that was put back from a copy has gaps.
	MetaRestored = "restored"
	// MetaNoticed is when it was noticed that the mirror was put back.
	MetaNoticed = "restored.noticed"
	// MetaList is the gateway's id of the list that is kept in step.
	MetaList = "book.list"
	// MetaBackup is why the daemon could not back up the mirror the last time; empty: it could.
	MetaBackup = "backup"
	// MetaWritten is when the mirror was last written to see whether it can be.
	MetaWritten = "written"
	// MetaBalance is what the gateway said is left in its account: an amount and a currency.
	MetaBalance = "balance"
	// MetaToken is when the private token in use was first seen, RFC 3339, after its fingerprint.
	MetaToken = "token"
)

// Meta reads a fact about this database; empty if it is not known.
func (tx *Tx) Meta(ctx context.Context, key string) (value string, err error) {
	all, err := tx.meta.or(func() (map[string]string, error) {
		type fact struct{ key, value string }
		rows, err := query(ctx, tx, func(rows *sql.Rows) (f fact, err error) {
			err = rows.Scan(&f.key, &f.value)
			return f, err
		}, `SELECT key, value FROM meta`)
		all := make(map[string]string, len(rows))
		for _, f := range rows {
			all[f.key] = f.value
		}
		return all, err
	})
	return all[key], err
}

// SetMeta stores a fact about this database.
func (tx *Tx) SetMeta(ctx context.Context, key, value string) error {
	tx.meta.forget()
	_, err := tx.ExecContext(ctx, `INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2 WHERE value <> ?2`, key, value)
	return err
}
