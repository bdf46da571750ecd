package when

import (
	"testing"
	"time"
)

// TestFits holds what is said of an appointment against those that there are, on the clock of New York. It is Friday, the
// 20th of November 2026.
func TestFits(t *testing.T) {
	z := zone(t, "America/New_York")
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, z)
	for _, tt := range []struct {
		code, said, at string
		want           bool
	}{
		{"en", "cancel my appointment wednesday", "2026-11-25 07:42", true},
		{"en", "cancel my appointment wednesday evening", "2026-11-25 07:42", false},
		{"en", "cancel my appointment wednesday morning", "2026-11-25 07:42", true},
		{"en", "cancel my evening appointment", "2026-11-25 07:42", false},
		{"en", "cancel my evening appointment", "2026-11-25 18:30", true},
		{"en", "cancel my appointment wednesday afternoon", "2026-11-25 12:00", true},
		{"en", "cancel my appointment wednesday after 3", "2026-11-25 15:30", true},
		{"en", "cancel my appointment wednesday after 3", "2026-11-25 15:00", false},
		{"en", "X wednesday before 3", "2026-11-25 15:00", false},
		{"de", "Termin Mittwoch vor 15 Uhr absagen", "2026-11-25 15:00", false},
		{"en", "cancel my appointment wednesday after 3", "2026-11-25 14:30", false},
		{"en", "cancel my appointment wednesday before noon", "2026-11-25 11:30", true},
		{"en", "cancel my appointment wednesday before noon", "2026-11-25 15:00", false},
		{"en", "cancel my appointment wednesday by 3", "2026-11-25 15:00", false},
		{"en", "cancel my appointment wednesday at 3", "2026-11-25 15:00", true},
		{"en", "cancel my 9:30", "2026-11-25 09:30", true},
		{"en", "cancel my 9:30", "2026-11-25 21:30", true},
		{"en", "cancel my 9:30pm", "2026-11-25 09:30", false},
		{"en", "cancel my appointment next week", "2026-11-27 09:30", true},
		{"en", "cancel my appointment next week", "2026-12-01 09:30", false},
		{"en", "cancel my appointment next week", "2026-11-29 09:30", false}, // a Sunday is in one week or the other
		{"en", "cancel my appointment next month", "2026-12-31 09:30", true},
		{"en", "cancel my appointment next month", "2026-11-30 09:30", false},
		{"de", "Termin am Mittwoch Abend absagen", "2026-11-25 07:42", false},
		{"de", "Termin am Mittwoch nach 15 Uhr absagen", "2026-11-25 14:00", false},
		{"de", "Termin am Mittwoch nach 15 Uhr absagen", "2026-11-25 16:00", true},
		{"es", "cancelar mi cita del miércoles por la noche", "2026-11-25 07:42", false},
		{"es", "cancelar mi cita del miércoles después de las 3", "2026-11-25 16:00", true},
		{"fr", "annuler mon rdv de mercredi soir", "2026-11-25 07:42", false},
		{"fr", "annuler mon rdv de mercredi avant 15h", "2026-11-25 16:00", false},
		{"it", "annullare il mio appuntamento di mercoledì sera", "2026-11-25 07:42", false},
		{"it", "annullare il mio appuntamento di mercoledì dopo le 15", "2026-11-25 16:00", true},
		{"nl", "mijn afspraak woensdagavond annuleren", "2026-11-25 07:42", false},
		{"nl", "mijn afspraak woensdag na 15 uur annuleren", "2026-11-25 14:00", false},
		{"pt", "cancelar minha consulta de quarta-feira à noite", "2026-11-25 07:42", false},
		{"pt", "cancelar minha consulta de quarta-feira depois das 15h", "2026-11-25 16:00", true},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", tt.at, z)
		if err != nil {
			t.Fatal(err)
		}
		d, ok := Languages{tt.code}.Visit(tt.said, now, "US")
		if !ok {
			t.Errorf("%q names no day or time: %s", tt.said, d.Doubt)
		} else if got := d.Fits(at.UTC()); got != tt.want {
			t.Errorf("%q can mean %s: %v, want %v (%+v)", tt.said, tt.at, got, tt.want, d)
		}
	}
}
