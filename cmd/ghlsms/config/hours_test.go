package config

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ghlsms/cmd/ghlsms/configtest"
	"ghlsms/sync/hours"
)

// Lines 1 and 2 are configtest.Minimal, so the text under test begins on line 3.
func TestConfigHoursProblems(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"not a section", "texting_hours: 9-5", `c.yaml:3:16: texting_hours: wants keys below it: default, states, regions`},
		{"unknown key", "texting_hours: {defalt: x}", `c.yaml:3:17: unknown key "defalt" in texting_hours; did you mean "default"?`},
		{"default", `texting_hours: {default: "9-5"}`, `c.yaml:3:26: texting_hours.default: "9-5" has "9-5", which is no span of the day; write it like "09:00-20:00"`},
		{"over midnight", `texting_hours: {default: "20:00-08:00"}`, `c.yaml:3:26: texting_hours.default: "20:00-08:00" has "20:00-08:00", which does not end after it begins; hours end by 24:00 of the same day`},
		{"day", `texting_hours: {default: "mon-fry 09:00-17:00"}`, `c.yaml:3:26: texting_hours.default: "mon-fry 09:00-17:00" has "mon-fry", which is no day; write mon, tue, wed, thu, fri, sat, sun, or two of them like mon-fri`},
		{"states", "texting_hours: {states: all}", `c.yaml:3:25: texting_hours.states: "all" is none of builtin, none`},
		{"no states", `texting_hours: {states: ""}`, `c.yaml:3:25: texting_hours.states: missing; write one of builtin, none`},
		{"regions, not a map", "texting_hours: {regions: [GB]}", `c.yaml:3:26: texting_hours.regions: wants countries and states below it, one a line`},
		{"hours of a region", "texting_hours:\n  regions:\n    US-TX: mon-sat 9-21", `c.yaml:5:12: texting_hours.regions.US-TX: "mon-sat 9-21" has "9-21", which is no span of the day; write it like "09:00-20:00"`},
		{"no region", `texting_hours: {regions: {Texas: ""}}`, `c.yaml:3:27: texting_hours.regions: "Texas" is no region; write a country like GB, or a state like US-FL`},
		{"small letters", `texting_hours: {regions: {us-tx: ""}}`, `c.yaml:3:27: texting_hours.regions: "us-tx" is no region; write a country like GB, or a state like US-FL`},
		{"country", `texting_hours: {regions: {UK: ""}}`, `c.yaml:3:27: texting_hours.regions: "UK" is in no country, UK is none; write one like GB, or a state like US-FL`},
		{"state", `texting_hours: {regions: {US-TE: ""}}`, `c.yaml:3:27: texting_hours.regions: "US-TE" is no state, US has no TE; write one like US-FL`},
		{"hours of a country with states", `texting_hours: {regions: {US: "9-21"}}`, `c.yaml:3:31: texting_hours.regions.US: "9-21" has "9-21", which is no span of the day; write it like "09:00-20:00"`},
		{"nothing left", `texting_hours: {default: "20:00-24:00", regions: {US-CT: "20:00-21:00", US: "20:30-21:00", US-TX: ""}}`,
			`c.yaml:3:16: texting_hours.states: nobody in US-FL could ever be texted: its hours have none in common with yours; write your own for it under regions`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := problems(t, configtest.Minimal+tt.text+"\n"); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// hoursOf is what the engine goes by, as people write it.
func hoursOf(t *testing.T, text string) map[string]string {
	t.Helper()
	r, err := Compile(configtest.Load(t, Load, configtest.Minimal+text+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r.TextingHours == nil {
		return nil
	}
	all := map[string]string{"": r.TextingHours.Default.String()}
	for region, week := range r.TextingHours.Regions {
		all[region] = week.String()
	}
	return all
}

func TestConfigHours(t *testing.T) {
	known := map[string]string{"": "08:00-21:00"}
	for _, r := range hours.Builtin() {
		known[r.Code] = r.Hours.String()
	}
	with := func(all map[string]string, more ...string) map[string]string {
		all = maps.Clone(all)
		for pair := range slices.Chunk(more, 2) {
			all[pair[0]] = pair[1]
		}
		return all
	}
	const always = "00:00-24:00"
	for _, tt := range []struct {
		name, text string
		want       map[string]string
	}{
		{"left out", "", known},
		{"keys left out", "texting_hours: {}", known},
		{"no states", "texting_hours: {states: none}", map[string]string{"": "08:00-21:00"}},
		{"always, but for what is known", `texting_hours: {default: ""}`, with(known, "", always)},
		{"always", `texting_hours: {default: "", states: none}`, nil},
		{"always, but here", `texting_hours: {default: "", states: none, regions: {GB: "9:00-17:00"}}`, map[string]string{"": always, "GB": "09:00-17:00"}},
		{"in place of what is known", `texting_hours: {regions: {US-FL: "mon-fri 10:00-22:00", US-TX: "", AU-WA: "08:00-20:00"}}`,
			with(known, "US-FL", "mon-fri 10:00-22:00", "US-TX", always, "AU-WA", "08:00-20:00")},
		{"a country stays around its states", `texting_hours: {default: "", regions: {US: "mon-fri 08:30-19:30"}}`, map[string]string{
			"": always, "US": "mon-fri 08:30-19:30", "US-CT": "mon-fri 09:00-19:30", "US-RI": "mon-fri 09:00-18:00", "US-TX": "mon-fri 09:00-19:30",
			"US-FL": "mon-fri 08:30-19:30", "US-MD": "mon-fri 08:30-19:30", "US-MS": "mon-fri 08:30-19:30", "US-NJ": "mon-fri 08:30-19:30",
			"US-OK": "mon-fri 08:30-19:30", "US-WA": "mon-fri 08:30-19:30", "US-WY": "mon-fri 08:30-19:30",
		}},
	} {
		if got := hoursOf(t, tt.text); !maps.Equal(got, tt.want) {
			t.Errorf("%s: got\n%v\nwant\n%v", tt.name, got, tt.want)
		}
	}
	got := hoursOf(t, `texting_hours: {default: "10:00-18:00"}`)
	if got["US"] != "10:00-18:00" || got["US-FL"] != "10:00-18:00" || got["US-TX"] != "mon-sat 10:00-18:00, sun 12:00-18:00" {
		t.Errorf("what is known makes hours longer: %v", got)
	}
}

func TestHoursAreShown(t *testing.T) {
	c := configtest.Load(t, Load, configtest.Minimal+`texting_hours: {default: "10:00-19:00", regions: {US-TX: "09:00-21:00"}}`+"\n")
	got := c.HoursInForce()
	for _, want := range []string{
		"#   US     United States  10:00-19:00 (47 CFR 64.1200(c)(1))\n", "#   US-TX  Texas          09:00-21:00 (your own)\n",
		"#   US-RI  Rhode Island   mon-fri 10:00-18:00, sat-sun 10:00-17:00 (a vendor's table of state laws)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if again := configtest.Load(t, Load, c.Redacted()+got); again.Redacted() != c.Redacted() {
		t.Errorf("the dump does not load as itself:\n%s", c.Redacted()+got)
	}
	if got := configtest.Load(t, Load, configtest.Minimal+"texting_hours: {states: none}\n").HoursInForce(); got != "" {
		t.Errorf("hours that are not in force:\n%s", got)
	}
}

// A config whose texts by rules may be due at night is told what becomes of them.
func TestHoursOfRulesAreNoted(t *testing.T) {
	const rules = `staff: ["+12025550190"]
rules:
  - {name: none, on: appointment booked, do: [{tag: x}, {notify: y}]}
  - {name: any, on: appointment booked, do: [{text: x}]}
  - {name: inside, on: appointment booked, between: "09:00-20:00", do: [{text: x}]}
  - {name: longer, on: appointment booked, between: "09:00-22:00", do: [{text: x}]}
  - {name: night, on: appointment booked, between: "22:00-06:00", do: [{text: x}]}
  - {name: answer, on: text received, do: [{text: x}]}
  - {name: waits, on: text received, after: 2h, do: [{text: x}]}
  - {name: staff, on: appointment booked, between: "22:00-06:00", do: [{notify: x}]}
`
	for _, tt := range []struct {
		hours string
		want  []string
	}{
		{"", []string{
			"c.yaml:6:5: rules[1]: a text of any that is due when people may not be texted (texting_hours) waits until they may, for 12 hours at most; between narrows that",
			`c.yaml:8:53: rules[3].between: "09:00-22:00" is longer than texting_hours (08:00-21:00); a text of longer leaves only when both allow it`,
			`c.yaml:9:52: rules[4].between: "22:00-06:00" has no hour in common with texting_hours (08:00-21:00), so no text of night leaves to whom those hours are for`,
			"c.yaml:11:5: rules[6]: a text of waits that is due when people may not be texted (texting_hours) waits until they may, for 12 hours at most; between narrows that",
		}},
		{`texting_hours: {default: "", states: none}` + "\n", nil},
	} {
		cfg := configtest.Load(t, Load, configtest.Minimal+rules+tt.hours)
		got := cfg.HoursNotes()
		for i := range got {
			got[i] = got[i][strings.LastIndex(got[i], "c.yaml:"):]
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}
