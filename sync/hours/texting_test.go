package hours

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/record"
	"ghlsms/sync/scenario"
)

func mustHours(s string) Week {
	w, err := Parse(s)
	if err != nil {
		panic(s + " " + err.Error())
	}
	return w
}

func TestParseWeekHours(t *testing.T) {
	for s, want := range map[string]string{
		"08:00-21:00":                           "08:00-21:00",
		"8:00-21:00":                            "08:00-21:00",
		"00:00-24:00":                           "00:00-24:00",
		"mon-sat 09:00-21:00, sun 12:00-21:00":  "mon-sat 09:00-21:00, sun 12:00-21:00",
		"Sun 12:00-21:00,MON-SAT  09:00-21:00 ": "mon-sat 09:00-21:00, sun 12:00-21:00",
		"mon-fri 09:00-18:00":                   "mon-fri 09:00-18:00",
		"mon-sun 09:00-18:00":                   "09:00-18:00",
		"mon 09:00-18:00, tue 09:00-18:00, thu 10:00-18:00": "mon-tue 09:00-18:00, thu 10:00-18:00",
		"sat-mon 10:00-12:00, tue-fri 09:00-18:00":          "tue-fri 09:00-18:00, sat-mon 10:00-12:00",
		"sun-mon 10:00-12:00":                               "sun-mon 10:00-12:00",
		"wed 00:00-00:01":                                   "wed 00:00-00:01",
	} {
		if got := mustHours(s).String(); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
	}
	if w := mustHours("mon-sat 09:00-21:00, sun 12:00-24:00"); w[time.Sunday] != (Day{{720, 1440}}) || w[time.Saturday] != (Day{{540, 1260}}) {
		t.Errorf("%v", w)
	}
	if got := (Week{}).String(); got != "" {
		t.Errorf("no hours are %q", got)
	}
	for s, want := range map[string]string{
		"":                                   "has no hours",
		"mon 08:00-21:00,":                   "has no hours",
		"mon":                                `has "mon", which is no span of the day`,
		"9-17":                               `has "9-17", which is no span of the day`,
		"09:00":                              `has "09:00", which is no span of the day`,
		"09:00-25:00":                        "is no span of the day",
		"09:00-24:01":                        "is no span of the day",
		"21:00-08:00":                        `has "21:00-08:00", which does not end after it begins`,
		"09:00-09:00":                        "does not end after it begins",
		"son 09:00-17:00":                    `has "son", which is no day`,
		"mon-fry 09:00-17:00":                `has "mon-fry", which is no day`,
		"mon - fri 09:00-17:00":              "is more than days and hours",
		"mon-fri 9:00-17:00 18:00":           "is no span of the day",
		"mon-fri 09:00-17:00, fri 8:00-9:00": "names fri twice",
		"09:00-17:00, sun 12:00-17:00":       `has "09:00-17:00" without days beside other hours; write it like "mon-fri 09:00-17:00"`,
	} {
		if _, err := Parse(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", s, err, want)
		}
	}
}

// anyWeek has any hours, mostly such as people have.
var anyWeek = rapid.Custom(func(t *rapid.T) (w Week) {
	usual := Span{Clock(rapid.IntRange(0, 720).Draw(t, "from")), Clock(rapid.IntRange(721, 1440).Draw(t, "until"))}
	for d := range w {
		switch rapid.IntRange(0, 4).Draw(t, "kind of day") {
		case 0:
		case 1:
			from := rapid.IntRange(0, 1439).Draw(t, "from")
			w[d] = Day{{Clock(from), Clock(rapid.IntRange(from+1, 1440).Draw(t, "until"))}}
		default:
			w[d] = Day{usual}
		}
	}
	return w
})

func TestWeekHoursReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWeek.Draw(t, "hours")
		if w == (Week{}) {
			return
		}
		if again, err := Parse(w.String()); err != nil || again != w {
			t.Errorf("%s reads as %s, %v", w, again, err)
		}
		if w.Within(Always) != w || Always.Within(w) != w || w.Within(w) != w {
			t.Errorf("%s within all hours is %s", w, w.Within(Always))
		}
	})
}

func TestHoursWithin(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"08:00-21:00", "08:00-20:00", "08:00-20:00"},
		{"10:00-18:00", "mon-sat 09:00-21:00, sun 12:00-21:00", "mon-sat 10:00-18:00, sun 12:00-18:00"},
		{"mon-fri 09:00-18:00", "mon-fri 09:00-17:00, sat-sun 10:00-17:00", "mon-fri 09:00-17:00"},
		{"20:00-22:00", "08:00-20:00", ""},
		{"mon 08:00-12:00", "mon 11:00-13:00, tue 08:00-12:00", "mon 11:00-12:00"},
	} {
		a, b := mustHours(tt.a), mustHours(tt.b)
		if got := a.Within(b); got.String() != tt.want || got != b.Within(a) {
			t.Errorf("%s within %s is %q, want %q", a, b, got, tt.want)
		}
	}
}

func TestBuiltinTextingHours(t *testing.T) {
	all := Builtin()
	hours := map[string]string{}
	for _, r := range all {
		hours[r.Code] = r.Hours.String()
		if country, state, ok := strings.Cut(r.Code, "-"); ok {
			if code, _ := sms.StateCode(country, r.Name); code != state {
				t.Errorf("%s is not %s", r.Code, r.Name)
			}
		}
		if r.Source == "" {
			t.Errorf("nobody says what is for %s", r.Code)
		}
	}
	for region, want := range map[string]string{
		"US": "08:00-21:00", "US-FL": "08:00-20:00", "US-OK": "08:00-20:00", "US-MD": "08:00-20:00", "US-MS": "08:00-20:00", "US-NJ": "08:00-20:00",
		"US-CT": "09:00-20:00", "US-TX": "mon-sat 09:00-21:00, sun 12:00-21:00", "US-RI": "mon-fri 09:00-18:00, sat-sun 10:00-17:00",
		"US-WA": "08:00-20:00", "US-WY": "08:00-20:00",
	} {
		if hours[region] != want {
			t.Errorf("%s: %s, want %s", region, hours[region], want)
		}
	}
	if len(all) != 11 || !slices.IsSortedFunc(all, func(a, b Region) int { return strings.Compare(a.Code, b.Code) }) {
		t.Errorf("%d regions, sorted or not: %v", len(all), all)
	}
}

func TestTextingHoursOf(t *testing.T) {
	h := &Texting{Default: mustHours("10:00-18:00"), Regions: map[string]Week{"GB": mustHours("09:00-17:00"), "AU-WA": mustHours("09:00-18:00")}}
	for _, r := range Builtin() {
		h.Regions[r.Code] = r.Hours
	}
	for _, tt := range []struct{ name, country, state, number, want string }{
		{"by code", "US", "FL", "+12125550143", "US-FL"},
		{"by name", "US", "Florida", "+12125550143", "US-FL"},
		{"in small letters", "us", "fl", "", "US-FL"},
		{"a state without hours of its own", "US", "CA", "+13055550143", "US"},
		{"a state nobody knows", "US", "Flrida", "+13055550143", "US"},
		{"the country alone, and the number in it", "US", "", "+13055550143", "US-FL"},
		{"the country alone, and a number of another", "GB", "", "+13055550143", "GB"},
		{"the country alone, and a number whose state is called like one of its own", "AU", "", "+12065550143", ""},
		{"the state alone", "", "texas", "+13055550143", "US-TX"},
		{"the state alone, and a number of nobody", "", "Texas", "+15550100001", "US-TX"},
		{"the state alone, and a number of elsewhere", "", "WA", "+61893210543", "AU-WA"},
		{"a state of elsewhere", "AU", "wa", "", "AU-WA"},
		{"a country without hours", "CA", "ON", "+13055550143", ""},
		{"no code of a country", "United States", "", "+13055550143", "US-FL"},
		{"the number alone", "", "", "+12145550143", "US-TX"},
		{"a number of a state without hours of its own", "", "", "+12125550143", "US"},
		{"toll-free", "", "", "+18005550143", "US"},
		{"a number elsewhere", "", "", "+442079460018", "GB"},
		{"a number without hours", "", "", "+35799123456", ""},
		{"a number of nobody", "", "", "+15550100001", ""},
		{"nothing", "", "", "", ""},
	} {
		c := &store.Record{Entity: store.Contact, Base: record.Tidy(store.Fields{"country": tt.country, "state": tt.state})}
		want := h.Default
		if tt.want != "" {
			want = h.Regions[tt.want]
		}
		if hours, region := h.Of(c, tt.number); region != tt.want || hours != want {
			t.Errorf("%s: %s of %q, want %s of %q", tt.name, hours, region, want, tt.want)
		}
	}
	if hours, region := h.Of(nil, "+13055550143"); region != "US-FL" || hours != h.Regions["US-FL"] {
		t.Errorf("without a contact: %s of %q", hours, region)
	}
	if hours, region := (&Texting{Default: h.Default}).Of(nil, "+13055550143"); region != "" || hours != h.Default {
		t.Errorf("without regions: %s of %q", hours, region)
	}
	if hours, region := (*Texting)(nil).Of(nil, "+13055550143"); region != "" || hours != Always {
		t.Errorf("without anything: %s of %q", hours, region)
	}
}

// Times are those of the zone; one with a Z or an offset stands where the clock shows it twice.
func wall(t *testing.T, s string, in *time.Location) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		at, err = time.ParseInLocation("2006-01-02 15:04", s, in)
	}
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestHoursOpen(t *testing.T) {
	for _, tt := range []struct{ zone, hours, at, closes string }{
		{"America/New_York", "08:00-21:00", "2026-11-25 08:00", "2026-11-25 21:00"},
		{"America/New_York", "08:00-21:00", "2026-11-25 20:59", "2026-11-25 21:00"},
		{"America/New_York", "08:00-21:00", "2026-11-25 07:59", ""},
		{"America/New_York", "08:00-21:00", "2026-11-25 21:00", ""},
		{"America/New_York", "mon-fri 08:00-21:00", "2026-11-28 12:00", ""}, // a Saturday
		{"America/New_York", "sat 08:00-24:00", "2026-11-28 23:59", "2026-11-29 00:00"},
		{"America/New_York", "sat 08:00-24:00", "2026-11-29 00:00", ""},
		{"America/New_York", "sat 08:00-24:00, sun 00:00-02:00", "2026-11-28 23:00", "2026-11-29 02:00"},
		{"America/New_York", "sat 08:00-24:00, sun 00:01-02:00", "2026-11-28 23:00", "2026-11-29 00:00"},
		{"America/New_York", "00:00-24:00", "2026-11-25 12:00", "2026-12-03 00:00"},
		{"America/New_York", "", "2026-11-25 12:00", ""},
		{"Asia/Kolkata", "08:00-21:00", "2026-11-25T02:29:00Z", ""}, // the recipient's clock, not ours
		{"Asia/Kolkata", "08:00-21:00", "2026-11-25T02:30:00Z", "2026-11-25 21:00"},

		// The clocks go forward, at two, and in Beirut at midnight.
		{"America/New_York", "sun 02:00-04:00", "2026-03-08T06:59:00Z", ""},
		{"America/New_York", "sun 02:00-04:00", "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z"}, // 03:00
		{"America/New_York", "sun 02:30-03:10", "2026-03-08T07:05:00Z", ""},                     // skipped altogether
		{"America/New_York", "08:00-21:00", "2026-03-08T12:00:00Z", "2026-03-09T01:00:00Z"},
		{"Asia/Beirut", "sat 08:00-24:00", "2026-03-28T21:59:00Z", "2026-03-28T22:00:00Z"},
		{"Asia/Beirut", "00:00-24:00", "2026-03-28T21:59:00Z", "2026-04-04T21:00:00Z"},
		// And back.
		{"America/New_York", "08:00-21:00", "2026-11-01T12:59:00Z", ""},
		{"America/New_York", "08:00-21:00", "2026-11-01T13:00:00Z", "2026-11-02T02:00:00Z"},
		{"Asia/Beirut", "sat 08:00-24:00", "2026-10-24T21:30:00Z", "2026-10-24T22:00:00Z"}, // the second 23:30
	} {
		in := scenario.Zone(tt.zone)
		var w Week
		if tt.hours != "" {
			w = mustHours(tt.hours)
		}
		at := wall(t, tt.at, in)
		var want time.Time
		if tt.closes != "" {
			want = wall(t, tt.closes, in)
		}
		if open, closes := w.Open(at, in); open != !want.IsZero() || !closes.Equal(want) {
			t.Errorf("%s at %s (%s): %v until %s, want %s", tt.hours, tt.at, tt.zone, open, closes.In(in), want.In(in))
		}
	}
}

func TestHoursShift(t *testing.T) {
	const texas = "mon-sat 09:00-21:00, sun 12:00-21:00"
	for _, tt := range []struct {
		zone, hours, due, start, later, earlier, nearest string
	}{
		{"America/New_York", "08:00-21:00", "2026-11-25 08:00", "2026-11-25 09:00", "2026-11-25 08:00", "2026-11-25 08:00", "2026-11-25 08:00"},
		{"America/New_York", "08:00-21:00", "2026-11-25 20:59", "2026-11-26 09:00", "2026-11-25 20:59", "2026-11-25 20:59", "2026-11-25 20:59"},
		{"America/New_York", "08:00-21:00", "2026-11-25 21:00", "2026-11-26 21:00", "2026-11-26 08:00", "2026-11-25 20:45", "2026-11-25 20:45"},
		{"America/New_York", "08:00-21:00", "2026-11-26 06:00", "2026-11-27 06:00", "2026-11-26 08:00", "2026-11-25 20:45", "2026-11-26 08:00"},
		{"America/New_York", "08:00-21:00", "2026-11-26 06:00", "2026-11-26 08:00", "", "2026-11-25 20:45", "2026-11-25 20:45"}, // it begins as the hours do
		{"America/New_York", "08:00-21:00", "2026-11-26 06:00", "2026-11-26 08:01", "2026-11-26 08:00", "2026-11-25 20:45", "2026-11-26 08:00"},
		{"America/New_York", "08:00-20:15", "2026-11-26 02:00", "", "2026-11-26 08:00", "2026-11-25 20:00", "2026-11-25 20:00"}, // a tie
		{"America/New_York", "08:00-20:15", "2026-11-26 02:01", "", "2026-11-26 08:00", "2026-11-25 20:00", "2026-11-26 08:00"},
		{"America/Chicago", texas, "2026-11-29 10:00", "2026-11-29 12:30", "2026-11-29 12:00", "2026-11-28 20:45", "2026-11-29 12:00"}, // a Sunday
		{"America/Chicago", texas, "2026-11-29 10:00", "2026-11-29 11:00", "", "2026-11-28 20:45", "2026-11-28 20:45"},
		{"America/New_York", "mon-fri 09:00-18:00", "2026-11-28 12:00", "2026-12-01 12:00", "2026-11-30 09:00", "2026-11-27 17:45", "2026-11-27 17:45"},
		{"America/New_York", "wed 09:00-18:00", "2026-11-26 12:00", "", "2026-12-02 09:00", "2026-11-25 17:45", "2026-11-25 17:45"},
		{"America/New_York", "wed 09:00-18:00", "2026-11-25 08:59", "", "2026-11-25 09:00", "2026-11-18 17:45", "2026-11-25 09:00"},
		{"America/New_York", "wed 09:00-18:00", "2026-11-25 18:00", "", "2026-12-02 09:00", "2026-11-25 17:45", "2026-11-25 17:45"},
		{"America/New_York", "12:00-12:05", "2026-11-25 13:00", "", "2026-11-26 12:00", "2026-11-25 12:00", "2026-11-25 12:00"}, // shorter than the margin
		{"America/New_York", "sat 08:00-24:00", "2026-11-29 00:00", "", "2026-12-05 08:00", "2026-11-28 23:45", "2026-11-28 23:45"},
		{"America/New_York", "", "2026-11-25 12:00", "", "", "", ""},
		{"America/New_York", "08:00-21:00", "2026-11-25 12:00", "2026-11-25 12:00", "", "", ""}, // due when it begins

		// The night in which the clocks go forward is an hour shorter, and the other an hour longer.
		{"America/New_York", "08:00-21:00", "2026-03-08T06:30:00Z", "", "2026-03-08T12:00:00Z", "2026-03-08T01:45:00Z", "2026-03-08T01:45:00Z"},
		{"America/New_York", "08:00-21:00", "2026-03-08T07:30:00Z", "", "2026-03-08T12:00:00Z", "2026-03-08T01:45:00Z", "2026-03-08T12:00:00Z"},
		{"America/New_York", "08:00-21:00", "2026-11-01T07:30:00Z", "", "2026-11-01T13:00:00Z", "2026-11-01T00:45:00Z", "2026-11-01T13:00:00Z"},
		{"Europe/London", "08:00-21:00", "2026-03-29T02:00:00Z", "", "2026-03-29T07:00:00Z", "2026-03-28T20:45:00Z", "2026-03-29T07:00:00Z"},
		{"Europe/London", "08:00-21:00", "2026-10-25T02:00:00Z", "", "2026-10-25T08:00:00Z", "2026-10-24T19:45:00Z", "2026-10-25T08:00:00Z"},
		{"Australia/Lord_Howe", "08:00-21:00", "2026-10-03T18:00:00Z", "", "2026-10-03T21:00:00Z", "2026-10-03T10:15:00Z", "2026-10-03T21:00:00Z"}, // half an hour
		{"Australia/Lord_Howe", "08:00-21:00", "2026-04-04T18:00:00Z", "", "2026-04-04T21:30:00Z", "2026-04-04T09:45:00Z", "2026-04-04T21:30:00Z"},
		{"America/New_York", "02:30-21:00", "2026-03-08T06:30:00Z", "", "2026-03-08T07:30:00Z", "2026-03-08T01:45:00Z", "2026-03-08T07:30:00Z"},     // opens in the hour that is skipped
		{"America/New_York", "sun 02:10-03:05", "2026-03-08T07:07:00Z", "", "2026-03-15T06:10:00Z", "2026-03-01T07:50:00Z", "2026-03-15T06:10:00Z"}, // has no hours that day
		{"Asia/Beirut", "00:00-21:00", "2026-03-28T20:30:00Z", "", "2026-03-28T22:00:00Z", "2026-03-28T18:45:00Z", "2026-03-28T22:00:00Z"},          // there is no midnight
	} {
		in := scenario.Zone(tt.zone)
		var w Week
		if tt.hours != "" {
			w = mustHours(tt.hours)
		}
		due, start := wall(t, tt.due, in), time.Time{}
		if tt.start != "" {
			start = wall(t, tt.start, in)
		}
		for p, at := range map[Policy]string{Later: tt.later, Earlier: tt.earlier, Nearest: tt.nearest} {
			var want time.Time
			if at != "" {
				want = wall(t, at, in)
			}
			got, ok := w.Shift(due, start, in, p)
			if ok != (at != "") || ok && !got.Equal(want) {
				t.Errorf("%s, due %s (%s), start %s, %s: %s, %v, want %s", tt.hours, tt.due, tt.zone, tt.start, p, got.In(in), ok, at)
			}
		}
		got, ok := w.Shift(due, start, in, Ignore)
		if ok != (start.IsZero() || due.Before(start)) || !got.Equal(due) {
			t.Errorf("%s, due %s: %s, %v", tt.hours, tt.due, got, ok)
		}
	}
}

// What is shifted leaves in the hours and before the start; what is due in them stays; and later texts
// leave later, but for those of the margin.
func TestShiftHolds(t *testing.T) {
	zones := []string{"America/New_York", "America/Havana", "America/Santiago", "Europe/London", "Asia/Beirut", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland", "UTC"}
	year := scenario.Moment("2026-01-01T00:00:00Z")
	policies := []Policy{Later, Earlier, Nearest}
	rapid.Check(t, func(t *rapid.T) {
		w := anyWeek.Draw(t, "hours")
		in := scenario.Zone(rapid.SampledFrom(zones).Draw(t, "zone"))
		p := rapid.SampledFrom(policies).Draw(t, "policy")
		due := year.Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "due")) * time.Minute)
		var start time.Time
		if rapid.Bool().Draw(t, "before an appointment") {
			start = due.Add(time.Duration(rapid.IntRange(1, 48*60).Draw(t, "ahead")) * time.Minute)
		}
		at, ok := w.Shift(due, start, in, p)
		wasOpen, closes := w.Open(due, in)
		if wasOpen && (!ok || !at.Equal(due) || !closes.After(due)) {
			t.Fatalf("due %s in the hours until %s, and leaves %s, %v", due, closes, at, ok)
		}
		if !ok {
			if w != (Week{}) && (p != Later || start.IsZero()) {
				t.Fatalf("%s: %s never leaves", w, due)
			}
			return
		}
		if open, _ := w.Open(at, in); !open {
			t.Fatalf("%s: %s is not in the hours", w, at.In(in))
		}
		if !start.IsZero() && !at.Before(start) {
			t.Fatalf("%s is not before %s", at, start)
		}
		if p == Later && at.Before(due) || p == Earlier && at.After(due) {
			t.Fatalf("%s: %s becomes %s", p, due, at)
		}
		local := at.In(in)
		if _, before := at.Add(-24 * time.Hour).In(in).Zone(); before == second(at.Add(24*time.Hour).In(in).Zone()) {
			h, clock := w[local.Weekday()][0], Clock(local.Hour()*60+local.Minute())
			if clock < h.From || clock >= h.Until {
				t.Fatalf("%s: leaves at %s", w, local)
			}
		}
		next := due.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "between")) * time.Minute)
		margin := quietMargin
		if p == Later {
			margin = 0
		}
		if after, ok := w.Shift(next, start, in, p); ok && after.Add(margin).Before(at) {
			t.Fatalf("%s: due %s leaves %s, but due %s leaves %s", w, due, at, next, after)
		}
	})
}

func second(_ string, offset int) int { return offset }
