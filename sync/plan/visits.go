package plan

import (
	"context"

	"ghlsms/store"
	"ghlsms/sync/wording"
)

// VisitsOf reads what rows of the ledger are about.
func VisitsOf(ctx context.Context, tx *store.Tx, rows []store.Reminder) ([]wording.Visit, error) {
	var visits []wording.Visit
	for _, r := range rows {
		a, err := tx.Record(ctx, store.Appointment, r.AppointmentID)
		if err != nil {
			return nil, err
		}
		contact, err := tx.Record(ctx, store.Contact, a.ContactID)
		if err != nil {
			return nil, err
		}
		visits = append(visits, wording.Visit{Contact: &contact, Appointment: &a})
	}
	return visits, nil
}
