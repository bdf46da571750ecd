package gammu

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// gammu-smsd writes times in its local zone and does not say which; the triggers of the tables
// write UpdatedInDB in UTC. Every time it refreshes the status of the phone, both clocks end up
// in one row: TimeOut is ten seconds from now, local.
const timeOutAhead = 10 * time.Second

// zone is the zone of the times that gammu-smsd writes, UTC if that cannot be told.
func (g *Gateway) zone(ctx context.Context, tx *sql.Tx) (*time.Location, error) {
	if g.opts.Zone != nil {
		return g.opts.Zone, nil
	}
	const q = `
		SELECT TimeOut, UpdatedInDB FROM phones WHERE ?1 IN ('', ID)
		ORDER BY UpdatedInDB DESC LIMIT 1`
	var timeOut, updated string
	err := tx.QueryRowContext(ctx, q, g.opts.PhoneID).Scan(&timeOut, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return time.UTC, nil
	}
	if err != nil {
		return nil, err
	}
	return offsetZone(parseTime(timeOut, time.UTC).Add(-timeOutAhead).Sub(parseTime(updated, time.UTC))), nil
}

// offsetZone is the zone with this offset. Zones lie at quarters of an hour; what is not near
// one is the age of a status that is not refreshed any more.
func offsetZone(offset time.Duration) *time.Location {
	rounded := offset.Round(15 * time.Minute)
	if (offset-rounded).Abs() > 2*time.Minute || rounded.Abs() > 14*time.Hour || rounded == 0 {
		return time.UTC
	}
	return time.FixedZone("", int(rounded.Seconds()))
}

// parseTime reads a time of the tables; what is none is the zero time.
func parseTime(s string, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateTime, s, zone)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// notAfter corrects a time, of the network's clock, that lies after the row was stored.
func notAfter(t, stored time.Time) time.Time {
	if t.IsZero() || !stored.IsZero() && t.After(stored) {
		return stored
	}
	return t
}
