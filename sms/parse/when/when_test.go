package when

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var allLanguages = Languages{"en", "es", "fr", "de", "pt", "it", "nl"}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestFind(t *testing.T) {
	tests := []struct {
		zone, region, now, text, want, rest string
	}{ // now is Wednesday, the 25th of November, unless said
		{"America/New_York", "US", "", "call Jane tomorrow 3pm", "2026-11-26 15:00", "call Jane"},
		{"America/New_York", "US", "", "tomorrow at 3 call Jane", "2026-11-26 15:00", "call Jane"},
		{"America/New_York", "US", "", "next Tuesday send invoice", "2026-12-01", "send invoice"},
		{"America/New_York", "US", "", "call in 2 hours", "2026-11-25 13:00", "call"},
		{"America/New_York", "US", "", "call in an hour", "2026-11-25 12:00", "call"},
		{"America/New_York", "US", "", "call in 15 minutes", "2026-11-25 11:15", "call"},
		{"America/New_York", "US", "", "12/24", "2026-12-24", ""},
		{"America/New_York", "US", "", "pay rent by 12/24", "2026-12-24", "pay rent"},
		{"America/New_York", "US", "", "pay 1/5/2027", "2027-01-05?", "pay"},
		{"America/New_York", "US", "", "pay 10/24", "2027-10-24", "pay"},
		{"Europe/Berlin", "DE", "", "zahlen 3/4", "2027-04-03?", "zahlen"},
		{"America/New_York", "US", "", "meet 3/4", "2027-03-04?", "meet"},
		{"Europe/Berlin", "DE", "", "zahlen 12/24", "2026-12-24", "zahlen"},
		{"America/New_York", "US", "", "fri 10am", "2026-11-27 10:00", ""},
		{"America/New_York", "US", "", "call back fri 10am", "2026-11-27 10:00", "call back"},
		{"America/New_York", "US", "", "call back 10am friday please", "2026-11-27 10:00", "call back please"},
		{"America/New_York", "US", "", "call at 5", "2026-11-25 17:00", "call"},
		{"America/New_York", "US", "2026-11-25 18:00", "call at 5", "2026-11-26 17:00", "call"},
		{"America/New_York", "US", "2026-11-25 12:00", "call at 8", "2026-11-25 20:00", "call"},
		{"America/New_York", "US", "2026-11-25 07:00", "call at 8", "2026-11-25 08:00", "call"},
		{"America/New_York", "US", "", "call at 10am", "2026-11-26 10:00", "call"},
		{"America/New_York", "US", "", "call at 15:30", "2026-11-25 15:30", "call"},
		{"America/New_York", "US", "", "call 3:30", "2026-11-25 15:30", "call"},
		{"America/New_York", "US", "", "call Jane at noon", "2026-11-25 12:00", "call Jane"},
		{"America/New_York", "US", "", "call Jane tonight", "2026-11-25 20:00", "call Jane"},
		{"America/New_York", "US", "", "call Jane this afternoon", "2026-11-25 15:00", "call Jane"},
		{"America/New_York", "US", "", "call Jane tomorrow morning", "2026-11-26 09:00", "call Jane"},
		{"America/New_York", "US", "", "call tomorrow at 7 in the evening", "2026-11-26 19:00", "call"},
		{"America/New_York", "US", "", "pay rent on the 3rd", "2026-12-03", "pay rent"},
		{"America/New_York", "US", "", "pay rent by the 30th", "2026-11-30", "pay rent"},
		{"America/New_York", "US", "", "today", "2026-11-25", ""},
		{"America/New_York", "US", "", "invoice due friday", "2026-11-27", "invoice"},
		{"America/New_York", "US", "", "wednesday", "2026-12-02", ""},
		{"America/New_York", "US", "", "on monday at noon", "2026-11-30 12:00", ""},
		{"America/New_York", "US", "", "Dec 24 5pm party", "2026-12-24 17:00", "party"},
		{"America/New_York", "US", "", "24 December", "2026-12-24", ""},
		{"America/New_York", "US", "", "December 24th, 2027 renew", "2027-12-24", "renew"},
		{"America/New_York", "US", "", "renew Nov 3", "2027-11-03", "renew"},
		{"America/New_York", "US", "", "renew 2026-12-24", "2026-12-24", "renew"},
		{"America/New_York", "US", "", "call in two weeks", "2026-12-09", "call"},
		{"America/New_York", "US", "", "call next week", "2026-12-02", "call"},
		{"America/New_York", "US", "", "call next month", "2026-12-25", "call"},
		{"America/New_York", "US", "2027-01-31 10:00", "call in a month", "2027-02-28", "call"},
		{"America/New_York", "US", "", "call the day after tomorrow", "2026-11-27", "call"},
		{"America/New_York", "US", "", "call by sat", "2026-11-28", "call"},
		{"Europe/Berlin", "DE", "", "24.12. Baum kaufen", "2026-12-24", "Baum kaufen"},
		{"Europe/Berlin", "DE", "", "Baum kaufen am 24.12.2027", "2027-12-24", "Baum kaufen"},
		{"Europe/Berlin", "DE", "", "am 3. Dezember anrufen", "2026-12-03", "anrufen"},
		{"Europe/Berlin", "DE", "", "morgen um 15 Uhr anrufen", "2026-11-26 15:00", "anrufen"},
		{"Europe/Berlin", "DE", "", "übermorgen Rechnung", "2026-11-27", "Rechnung"},
		{"Europe/Berlin", "DE", "", "nächsten Dienstag anrufen", "2026-12-01", "anrufen"},
		{"Europe/Berlin", "DE", "", "in drei Tagen", "2026-11-28", ""},
		{"Europe/Berlin", "DE", "", "in 2 Stunden", "2026-11-25 13:00", ""},
		{"Europe/Madrid", "ES", "", "llamar mañana a las 3", "2026-11-26 15:00", "llamar"},
		{"Europe/Madrid", "ES", "", "pasado mañana", "2026-11-27", ""},
		{"Europe/Madrid", "ES", "", "llamar el viernes", "2026-11-27", "llamar"},
		{"Europe/Madrid", "ES", "", "el 3 de diciembre", "2026-12-03", ""},
		{"Europe/Madrid", "ES", "", "en 2 horas", "2026-11-25 13:00", ""},
		{"Europe/Paris", "FR", "", "appeler demain à 15h", "2026-11-26 15:00", "appeler"},
		{"Europe/Paris", "FR", "", "demain à 15h30", "2026-11-26 15:30", ""},
		{"Europe/Paris", "FR", "", "le 24 décembre", "2026-12-24", ""},
		{"Europe/Paris", "FR", "", "dans 2 jours", "2026-11-27", ""},
		{"Europe/Paris", "FR", "", "lundi", "2026-11-30", ""},
		{"Europe/Lisbon", "PT", "", "amanhã às 15h", "2026-11-26 15:00", ""},
		{"Europe/Lisbon", "PT", "", "sexta-feira", "2026-11-27", ""},
		{"Europe/Lisbon", "PT", "", "3 de dezembro", "2026-12-03", ""},
		{"Europe/Rome", "IT", "", "domani alle 15", "2026-11-26 15:00", ""},
		{"Europe/Rome", "IT", "", "venerdì", "2026-11-27", ""},
		{"Europe/Rome", "IT", "", "tra 2 giorni", "2026-11-27", ""},
		{"Europe/Amsterdam", "NL", "", "morgen om 15 uur", "2026-11-26 15:00", ""},
		{"Europe/Amsterdam", "NL", "", "vrijdag bellen", "2026-11-27", "bellen"},
		{"Europe/Amsterdam", "NL", "", "overmorgen", "2026-11-27", ""},
		{"Pacific/Auckland", "NZ", "", "ring tomorrow 9am", "2026-11-26 09:00", "ring"},
		{"Asia/Kolkata", "IN", "", "call 24/12 at 4pm", "2026-12-24 16:00", "call"},
		{"America/New_York", "US", "", "pay 11/25", "2026-11-25", "pay"},
		{"America/New_York", "US", "", "tonight at 8 call mom", "2026-11-25 20:00", "call mom"},
		{"America/New_York", "US", "", "call mom tomorrow at noon", "2026-11-26 12:00", "call mom"},
		{"America/New_York", "US", "", "call mom in the morning", "2026-11-26 09:00", "call mom"},
		{"America/New_York", "US", "", "3pm tomorrow call mom", "2026-11-26 15:00", "call mom"},
		{"America/New_York", "US", "", "call mom and tomorrow send it", "2026-11-26", "call mom and tomorrow send it"},
		{"America/New_York", "US", "", "call 3 clients in 2 days", "2026-11-27", "call 3 clients"},
		{"America/New_York", "US", "", "call room 12 at 4:15pm", "2026-11-25 16:15", "call room 12"},
		{"America/New_York", "US", "", "sat 9am open", "2026-11-28 09:00", "open"},
		{"America/New_York", "US", "", "may 5 renew", "2027-05-05", "renew"},
		{"America/New_York", "US", "", "mow by sun", "2026-11-29", "mow"},
		{"America/New_York", "US", "", "about last friday: call on monday", "2026-11-30", "about last friday: call"},
		{"Europe/London", "GB", "", "ring Friday at 10", "2026-11-27 10:00", "ring"},
		{"Europe/London", "GB", "", "ring 24-12-2026", "2026-12-24", "ring"},
		{"Europe/Berlin", "DE", "", "heute Abend anrufen", "2026-11-25 18:00", "anrufen"},
		{"Europe/Berlin", "DE", "", "Montag 9 Uhr 30 anrufen", "2026-11-30 09:30", "anrufen"},
		{"Europe/Berlin", "DE", "", "bis Freitag zahlen", "2026-11-27", "zahlen"},
		{"Europe/Paris", "FR", "", "appeler lundi prochain", "2026-11-30", "appeler"},
		{"Europe/Paris", "FR", "", "appeler aujourd'hui", "2026-11-25", "appeler"},
		{"Europe/Paris", "FR", "", "après-demain à 9h", "2026-11-27 09:00", ""},
		{"Europe/Madrid", "ES", "", "llamar el viernes a las 10", "2026-11-27 10:00", "llamar"},
		{"Europe/Madrid", "ES", "", "mañana por la tarde", "2026-11-26 15:00", ""},
		{"America/Sao_Paulo", "BR", "", "depois de amanhã", "2026-11-27", ""},
		{"Europe/Rome", "IT", "", "dopodomani alle 9", "2026-11-27 09:00", ""},
		{"Europe/Amsterdam", "NL", "", "over 2 uur bellen", "2026-11-25 13:00", "bellen"},
		{"Asia/Tokyo", "JP", "", "call tomorrow 17:30", "2026-11-26 17:30", "call"},
		// The hour that is left out, the one that comes twice.
		{"America/New_York", "US", "2027-03-13 12:00", "tomorrow 2:30am", "2027-03-14 03:30", ""},
		{"Europe/Berlin", "DE", "2027-03-27 12:00", "morgen um 02:30", "2027-03-28 03:30", ""},
		{"America/New_York", "US", "2026-10-31 12:00", "tomorrow 1:30am", "2026-11-01 01:30", ""},
		{"America/New_York", "US", "2027-03-14 01:30", "in 2 hours", "2027-03-14 04:30", ""},
		{"America/New_York", "US", "2026-12-31 23:50", "tomorrow", "2027-01-01", ""},
	}
	for _, tt := range tests {
		z := zone(t, tt.zone)
		if tt.now == "" {
			tt.now = "2026-11-25 11:00"
		}
		now, err := time.ParseInLocation("2006-01-02 15:04", tt.now, z)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := allLanguages.Find(tt.text, now, tt.region)
		said := got.At.Format("2006-01-02")
		if got.HasTime {
			said = got.At.Format("2006-01-02 15:04")
		}
		if got.Ambiguous {
			said += "?"
		}
		if !ok || said != tt.want || got.Rest != tt.rest {
			t.Errorf("%s %s: Find(%q) = %s, rest %q, want %s, rest %q", tt.region, tt.now, tt.text, said, got.Rest, tt.want, tt.rest)
		}
	}
}

func TestFindInventsNothing(t *testing.T) {
	now := time.Date(2026, 11, 25, 11, 0, 0, 0, zone(t, "America/New_York"))
	for _, text := range []string{
		"", "call room 12", "order 3 boxes", "call 202-555-0143", "call +1 202 555 0143", "2 and 3", "may I call", "march to the sea", "send the second invoice", "buy 5 apples",
		"jane sat on it", "see doc in sun", "call April", "version 1.2.3", "invoice 2026", "pay $200", "open 24/7", "on the 3rd floor", "at 5 Main Street", "13/45", "yesterday",
		"11/24/2025", "in 0 hours", "in the house", "50% off", "call #12", "a week", "task 7", "99:99", "call about hours", "order 3/4 inch pipe", "1/2 price lunch", "work 2 hours", "2 hours ago", "call about last friday", "sat next to me", "the second tooth", "sun cream",
		"may 2025", "call in may", "march on", "3 boxes and 4 bags", "seats 3-4", "costs 3.50", "5", "this week", "do 3 things", "good morning", "a minute", "now", "http://example.com/12/24/x", "feb 30", "renew feb 29",
	} {
		if got, ok := Languages(nil).Find(text, now, "US"); ok {
			t.Errorf("Find(%q) = %+v", text, got)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"call Jane tomorrow 3pm", "am 24.12. um 15 Uhr", "in 2 hours", "3/4", "at 5", "feb 29", "(12/24)x"} {
		f.Add(s, int64(1800000000))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		now := time.Unix(1500000000+unix%1000000000, 0).In(zone(t, "America/New_York"))
		got, ok := allLanguages.Find(text, now, "US")
		if !ok {
			return
		}
		if got.At.Before(now) || slices.ContainsFunc(strings.Split(got.Phrase, " … "), func(p string) bool { return !strings.Contains(text, p) }) {
			t.Errorf("Find(%q, %v) = %+v", text, now, got)
		}
		rest := []byte(got.Rest)
		for i := 0; i < len(text) && len(rest) > 0; i++ {
			if text[i] == rest[0] {
				rest = rest[1:]
			}
		}
		if len(rest) > 0 {
			t.Errorf("Find(%q).Rest = %q", text, got.Rest)
		}
	})
}

// BenchmarkFind reads one text of the length that people write, in one language and in all seven.
func BenchmarkFind(b *testing.B) {
	now := time.Date(2026, 11, 25, 11, 0, 0, 0, zone(b, "America/New_York"))
	long := strings.Repeat("call Jane about the thing with 3 boxes and 1.2.3, please. ", 6)[:300]
	for name, l := range map[string]Languages{"en": nil, "seven": allLanguages} {
		for _, text := range []string{"Hi, can you call me back tomorrow at half past 3 about the invoice? Thanks", long} {
			b.Run(fmt.Sprintf("%s/%d", name, len(text)), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					l.Find(text, now, "US")
				}
			})
		}
	}
}
