package scenario

import (
	"pgregory.net/rapid"

	"ghlsms/store"
)

var (
	// AnyTags are sets of a few tags, encoded.
	AnyTags  = rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 4), store.EncodeSet)
	anyNames = []string{store.FirstName, store.LastName, store.Email, "city", "cf.x"}
	anyValue = rapid.SampledFrom([]string{"", "x", "y", "z"})
	// AnyBlock is a value of a do-not-disturb field.
	AnyBlock = rapid.SampledFrom([]string{"", "active", "permanent"})
)

// AnyContact is the value of a contact in canonical form; empty values are kept for edits.
func AnyContact(edits bool) *rapid.Generator[store.Fields] {
	return rapid.Custom(func(t *rapid.T) store.Fields {
		f := store.Fields{}
		put := func(name, v string) {
			if edits && rapid.Bool().Draw(t, "is edited") || !edits && v != "" {
				f[name] = v
			}
		}
		for _, name := range anyNames {
			put(name, anyValue.Draw(t, name))
		}
		put(store.Tags, AnyTags.Draw(t, "tags"))
		put(store.DNDSMS, AnyBlock.Draw(t, "dnd_sms"))
		put(store.DND, rapid.SampledFrom([]string{"", "true"}).Draw(t, "dnd"))
		return f
	})
}
