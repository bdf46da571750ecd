package record

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"ghlsms/sms"
	"ghlsms/store"
)

// OwnNames gives fields of contacts names of the owner's own: for each name the CRM's field, a
// standard one by the CRM's name, a custom one by its key, its name or its id. Names live at the
// edges only. Records keep custom fields under their ids, so that another name changes no record.
type OwnNames map[string]string

// Names tells for each of the owner's names which field of the mirror it stands for; "" if
// for none.
type Names map[string]string

// NameProblem says why a name does not stand for a field.
type NameProblem struct{ Name, Msg string }

// standardFields are the mirror's names of the CRM's standard fields, by the CRM's.
var standardFields = map[string]string{
	"firstName": store.FirstName, "lastName": store.LastName, "email": store.Email, "phone": store.Phone,
	"companyName": "company", "address1": "address", "city": "city", "state": "state", "country": "country",
	"postalCode": "postal_code", "website": "website", "dateOfBirth": "birthday", "timezone": store.Timezone,
	"source": store.Source, "assignedTo": store.Assigned, "tags": store.Tags,
}

var ownName = sms.Pattern(`^[a-z][a-z0-9_]{0,62}$`)

// CheckName tells why a word cannot be one of the owner's names.
func CheckName(name string) error {
	own := slices.Concat(slices.Collect(maps.Values(standardFields)), slices.Collect(maps.Keys(DNDChannels)), []string{store.DND, "id", "crm_id", "name"})
	switch {
	case !ownName().MatchString(name):
		return errors.New("is not a name; use lower-case letters, digits and _, with a letter first")
	case slices.Contains(own, name):
		return errors.New("is what the mirror calls a field of its own; take another name")
	}
	return nil
}

// Custom tells whether the CRM's list of custom fields is needed to know what the names stand for.
func (m OwnNames) Custom() bool {
	for _, ref := range m {
		if standardFields[ref] == "" {
			return true
		}
	}
	return false
}

// Resolve tells what each name stands for where the CRM has these custom fields, and what is wrong
// with those that stand for none, or for the field of another name; in the order of names.
func (m OwnNames) Resolve(listed []store.ListedField) (Names, []NameProblem) {
	names, first := Names{}, map[string]string{}
	var problems []NameProblem
	for _, name := range slices.Sorted(maps.Keys(m)) {
		field, err := findField(m[name], listed)
		names[name] = field
		if other, twice := first[field]; err == nil && twice {
			err = fmt.Errorf("%q is the field that %s stands for already", m[name], other)
		}
		if err != nil {
			problems = append(problems, NameProblem{name, err.Error()})
			continue
		}
		first[field] = name
	}
	return names, problems
}

// findField is the mirror's name of a field that a person wrote. What HighLevel shows as a custom
// field's key, {{ contact.pet }}, may be written whole or in part.
func findField(ref string, listed []store.ListedField) (string, error) {
	if field := standardFields[ref]; field != "" {
		return field, nil
	}
	ref = strings.Trim(ref, "{} ")
	id := strings.TrimPrefix(ref, CustomPrefix)
	for _, same := range []func(store.ListedField) bool{
		func(f store.ListedField) bool { return f.CRMID == id },
		func(f store.ListedField) bool { return strings.EqualFold(shortKey(f.Key), shortKey(ref)) },
		func(f store.ListedField) bool { return strings.EqualFold(strings.TrimSpace(f.Name), ref) },
	} {
		var found []store.ListedField
		for _, f := range listed {
			if same(f) {
				found = append(found, f)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return CustomPrefix + found[0].CRMID, nil
		default:
			return "", fmt.Errorf("%d custom fields are called %q; write the key of one: %s", len(found), ref, keysOf(found))
		}
	}
	return "", fmt.Errorf("the CRM has no field %q for contacts; %s", ref, suggest(ref, listed))
}

func shortKey(key string) string { return strings.TrimPrefix(strings.ToLower(key), "contact.") }

func keysOf(fields []store.ListedField) string {
	var keys []string
	for _, f := range fields {
		keys = append(keys, f.Key)
	}
	return strings.Join(keys, ", ")
}

// suggest names the field that was most likely meant, else those there are.
func suggest(ref string, listed []store.ListedField) string {
	means := map[string]string{} // what to write, by a word it may have been confused with
	for name := range standardFields {
		means[name] = name
	}
	for _, f := range listed {
		means[f.Name], means[shortKey(f.Key)] = f.Key, f.Key
	}
	delete(means, "")
	words := slices.Sorted(maps.Keys(means))
	if best, _ := Nearest(shortKey(ref), words); best != "" {
		return fmt.Sprintf("did you mean %s?", means[best])
	}
	part := plainWord(shortKey(ref))
	for _, w := range words {
		if len(part) > 3 && strings.Contains(plainWord(w), part) {
			return fmt.Sprintf("did you mean %s?", means[w])
		}
	}
	if len(listed) == 0 {
		return "it has no custom fields at all"
	}
	return "its custom fields are " + keysOf(listed[:min(len(listed), 20)])
}

// Own is the owner's name of a field of contacts, or the mirror's where there is none.
func (n Names) Own(field string) string {
	for _, name := range slices.Sorted(maps.Keys(n)) {
		if n[name] == field {
			return name
		}
	}
	return field
}

// Key tells a field from others, also where the CRM has not listed it yet.
func (n Names) Key(name string) string { return cmp.Or(n.Field(name), name) }

// Field is the mirror's name of what a rule names; empty where the CRM has not listed it yet.
func (n Names) Field(name string) string {
	if field, own := n[name]; own {
		return field
	}
	return name
}

// PlainWords are the words of a text in lower case, without punctuation.
func PlainWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
