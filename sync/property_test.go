package sync

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ghlsms/ghl"
	"ghlsms/store"
	"ghlsms/sync/scenario"
)

// What holds for every input, not only for those of the scenarios.

// What the CRM shows, sent back as a patch of everything, is shown the same.
func TestContactRoundTrip(t *testing.T) {
	word := rapid.StringMatching(`[A-Za-z0-9 "\\é🦷\[{<&]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		c := ghl.Contact{
			FirstName: word.Draw(t, "first"), LastName: word.Draw(t, "last"), Email: word.Draw(t, "email"),
			Phone: rapid.SampledFrom([]string{"", "(202) 555-0143", "+442071838750", "22395", "x"}).Draw(t, "phone"),
			City:  word.Draw(t, "city"), CompanyName: word.Draw(t, "company"), Timezone: word.Draw(t, "zone"), Source: word.Draw(t, "source"),
			AssignedTo: ghl.UserID(word.Draw(t, "assigned")), Tags: rapid.SliceOf(word).Draw(t, "tags"), DND: rapid.Bool().Draw(t, "dnd"),
			DNDSettings: map[string]ghl.DNDSetting{
				"SMS": {Status: rapid.SampledFrom([]string{"", "active", "inactive", "permanent"}).Draw(t, "sms")},
				"FB":  {Status: rapid.SampledFrom([]string{"", "active", "inactive", "permanent"}).Draw(t, "fb")},
			},
			CustomFields: []ghl.CustomField{
				{ID: "text", Value: []byte(`"` + rapid.StringMatching(`[a-z ]{0,5}`).Draw(t, "text") + `"`)},
				{ID: "list", Value: []byte(rapid.SampledFrom([]string{"null", "[]", `["a", "b"]`, `{"a": 1}`}).Draw(t, "list"))},
			},
		}
		f := contactFields(c, "US")
		for name, v := range f {
			if v == "" || v != strings.TrimSpace(v) {
				t.Errorf("%s=%q is not tidy", name, v)
			}
		}
		p := contactPatch(f, f)
		if p.Tags != nil {
			t.Errorf("tags in a patch: %v", p.Tags)
		}
		if got := contactFields(patched(p, f.Set(store.Tags)), "US"); !maps.Equal(got, f) {
			t.Errorf("sent %s\nshown %s\n of %s", asJSON(p), scenario.ShowFields(got), scenario.ShowFields(f))
		}
		if again := contactFields(patched(contactPatch(nil, f), nil), "US"); len(again) > 0 {
			t.Errorf("a patch of nothing sends %s", scenario.ShowFields(again))
		}
	})
}

// patched is an empty contact that took a patch.
func patched(p ghl.ContactPatch, tags []string) ghl.Contact {
	get := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	return ghl.Contact{
		FirstName: get(p.FirstName), LastName: get(p.LastName), Email: get(p.Email), Phone: get(p.Phone), City: get(p.City), CompanyName: get(p.CompanyName),
		Timezone: get(p.Timezone), Source: get(p.Source), AssignedTo: ghl.UserID(get(p.AssignedTo)), Tags: tags, DND: p.DND != nil && *p.DND,
		DNDSettings: p.DNDSettings, CustomFields: p.CustomFields,
	}
}
