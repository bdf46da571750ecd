package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ListedField is a custom field that the CRM defines for contacts.
type ListedField struct{ CRMID, Key, Name, DataType string }

// ListFields stores the CRM's list of custom fields in place of the one before.
func (tx *Tx) ListFields(ctx context.Context, all []ListedField) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM custom_fields`); err != nil {
		return err
	}
	for _, f := range all {
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO custom_fields (crm_id, key, name, data_type) VALUES (?, ?, ?, ?)`,
			f.CRMID, f.Key, f.Name, f.DataType); err != nil {
			return fmt.Errorf("note custom field %s: %w", f.CRMID, err)
		}
	}
	return nil
}

// ListedFields lists the custom fields that the CRM listed last.
func (tx *Tx) ListedFields(ctx context.Context) ([]ListedField, error) {
	return query(ctx, tx, func(rows *sql.Rows) (f ListedField, err error) {
		err = rows.Scan(&f.CRMID, &f.Key, &f.Name, &f.DataType)
		return f, err
	}, `SELECT crm_id, key, name, data_type FROM custom_fields ORDER BY key, crm_id`)
}

// NameFields gives the view v1_contact_fields a column for each name, with the field of contacts
// that it stands for; without one, the column is empty. A view that is like that already is left
// alone. The names must be plain words.
func (tx *Tx) NameFields(ctx context.Context, names map[string]string) error {
	var columns strings.Builder
	for _, name := range slices.Sorted(maps.Keys(names)) {
		columns.WriteString(`, ` + column(names[name]) + ` AS "` + name + `"`)
	}
	view := `CREATE VIEW v1_contact_fields AS SELECT id, crm_id, trim(coalesce(` + valueOf(FirstName) + `, '') || ' ' || coalesce(` +
		valueOf(LastName) + `, '')) AS name` + columns.String() + ` FROM contacts WHERE gone_at IS NULL`
	var have string
	err := tx.QueryRowContext(ctx, `SELECT sql FROM sqlite_schema WHERE name = 'v1_contact_fields'`).Scan(&have)
	if have == view || err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	for _, q := range []string{`DROP VIEW IF EXISTS v1_contact_fields`, view} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("name the fields of contacts: %w", err)
		}
	}
	return nil
}

// column reads a field out of a contact. A text that would read as JSON is stored as a JSON
// string, and shown as itself.
func column(field string) string {
	if field == "" || strings.ContainsAny(field, `"\`) {
		return "NULL"
	}
	value := valueOf(field)
	return `CASE substr(` + value + `, 1, 1) WHEN '"' THEN ` + value + ` ->> '$' ELSE ` + value + ` END`
}

// valueOf is a field with the edits that wait. Patching the whole record, as v1_contacts does,
// would be done again for each column.
func valueOf(field string) string {
	path := `'$."` + strings.ReplaceAll(field, "'", "''") + `"'`
	return `nullif(coalesce(edits ->> ` + path + `, coalesce(seen, base) ->> ` + path + `), '')`
}
