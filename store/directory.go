package store

import (
	"context"
	"database/sql"
)

// ListedCalendar is a calendar of the CRM.
type ListedCalendar struct {
	CRMID, Name    string
	Active         bool
	Moves, Cancels bool // people may do so themselves
}

// ListedUser is a member of the CRM's staff.
type ListedUser struct{ CRMID, Name, Email, Phone string }

// ListCalendars stores the CRM's list of calendars. Those no longer listed become inactive,
// since appointments may still name them.
func (tx *Tx) ListCalendars(ctx context.Context, all []ListedCalendar) error {
	if _, err := tx.ExecContext(ctx, `UPDATE calendars SET active = 0`); err != nil {
		return err
	}
	for _, c := range all {
		if _, err := tx.ExecContext(ctx, `INSERT INTO calendars (crm_id, name, active, moves, cancels) VALUES (?1, ?2, ?3, ?4, ?5)
			ON CONFLICT (crm_id) DO UPDATE SET name = ?2, active = ?3, moves = ?4, cancels = ?5`, c.CRMID, c.Name, c.Active, c.Moves, c.Cancels); err != nil {
			return err
		}
	}
	return nil
}

// ListUsers stores the CRM's list of users. Those no longer listed become inactive, since tasks may
// still name them.
func (tx *Tx) ListUsers(ctx context.Context, all []ListedUser) error {
	if _, err := tx.ExecContext(ctx, `UPDATE users SET active = 0`); err != nil {
		return err
	}
	for _, u := range all {
		if _, err := tx.ExecContext(ctx, `INSERT INTO users (crm_id, name, email, phone, active) VALUES (?1, ?2, ?3, ?4, 1)
			ON CONFLICT (crm_id) DO UPDATE SET name = ?2, email = ?3, phone = ?4, active = 1`, u.CRMID, u.Name, u.Email, u.Phone); err != nil {
			return err
		}
	}
	return nil
}

// UserIDs lists the CRM ids of all users that were ever listed.
func (tx *Tx) UserIDs(ctx context.Context) ([]string, error) {
	return query(ctx, tx, scanString, `SELECT crm_id FROM users ORDER BY crm_id`)
}

// Calendars lists all calendars that were ever listed.
func (tx *Tx) Calendars(ctx context.Context) ([]ListedCalendar, error) {
	return query(ctx, tx, func(rows *sql.Rows) (c ListedCalendar, err error) {
		err = rows.Scan(&c.CRMID, &c.Name, &c.Active, &c.Moves, &c.Cancels)
		return c, err
	}, `SELECT crm_id, name, active, moves, cancels FROM calendars ORDER BY crm_id`)
}

// Users lists the users that the CRM listed last.
func (tx *Tx) Users(ctx context.Context) ([]ListedUser, error) {
	return query(ctx, tx, func(rows *sql.Rows) (u ListedUser, err error) {
		err = rows.Scan(&u.CRMID, &u.Name, &u.Email, &u.Phone)
		return u, err
	}, `SELECT crm_id, name, email, phone FROM users WHERE active = 1 ORDER BY crm_id`)
}
