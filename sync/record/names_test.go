package record

import (
	"maps"
	"testing"

	"ghlsms/store"
)

var listedFields = []store.ListedField{
	{CRMID: "F1", Key: "contact.insurance_provider", Name: "Insurance provider", DataType: "TEXT"},
	{CRMID: "F2", Key: "contact.pet", Name: "Your pet", DataType: "MULTIPLE_OPTIONS"},
	{CRMID: "F3", Key: "contact.shoe_size", Name: "Size", DataType: "NUMERICAL"},
	{CRMID: "F4", Key: "contact.hat_size", Name: "size ", DataType: "NUMERICAL"},
}

// A field may be written as HighLevel shows it anywhere.
func TestFieldsAreFoundHoweverTheyAreWritten(t *testing.T) {
	for ref, want := range map[string]string{
		"contact.insurance_provider": "cf.F1", "insurance_provider": "cf.F1", "Insurance Provider": "cf.F1", "F1": "cf.F1", "cf.F1": "cf.F1",
		"{{ contact.pet }}": "cf.F2", "{{contact.PET}}": "cf.F2", "your pet": "cf.F2", "hat_size": "cf.F4",
		"companyName": "company", "dateOfBirth": "birthday", "assignedTo": "assigned_to", "tags": "tags",
	} {
		names, problems := OwnNames{"x": ref}.Resolve(listedFields)
		if names["x"] != want || problems != nil {
			t.Errorf("%s: got %q, %v, want %s", ref, names["x"], problems, want)
		}
	}
}

func TestUnknownFieldsAreNamedWithTheNearest(t *testing.T) {
	for ref, want := range map[string]string{
		"contact.insurence_provider": `the CRM has no field "contact.insurence_provider" for contacts; did you mean contact.insurance_provider?`,
		"insurance":                  `the CRM has no field "insurance" for contacts; did you mean contact.insurance_provider?`,
		"Yuor pet":                   `the CRM has no field "Yuor pet" for contacts; did you mean contact.pet?`,
		"contact.company_name":       `the CRM has no field "contact.company_name" for contacts; did you mean companyName?`,
		"firstname":                  `the CRM has no field "firstname" for contacts; did you mean firstName?`,
		"f1":                         `the CRM has no field "f1" for contacts; its custom fields are contact.insurance_provider, contact.pet, contact.shoe_size, contact.hat_size`,
		"opportunity.value":          `the CRM has no field "opportunity.value" for contacts; its custom fields are contact.insurance_provider, contact.pet, contact.shoe_size, contact.hat_size`,
		"Size":                       `2 custom fields are called "Size"; write the key of one: contact.shoe_size, contact.hat_size`,
	} {
		names, problems := OwnNames{"x": ref}.Resolve(listedFields)
		if len(problems) != 1 || problems[0] != (NameProblem{"x", want}) || names["x"] != "" {
			t.Errorf("%s:\n got %v, %q\nwant %s", ref, problems, names["x"], want)
		}
	}
	if _, problems := (OwnNames{"x": "pet"}).Resolve(nil); problems[0].Msg != `the CRM has no field "pet" for contacts; it has no custom fields at all` {
		t.Error(problems)
	}
}

func TestNamesForOneFieldAreOneTooMany(t *testing.T) {
	names, problems := OwnNames{"animal": "F2", "cat": "nothing like it", "pet": "contact.pet", "work": "companyName"}.Resolve(listedFields)
	if want := (Names{"animal": "cf.F2", "cat": "", "pet": "cf.F2", "work": "company"}); !maps.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if len(problems) != 2 || problems[0].Name != "cat" || problems[1] != (NameProblem{"pet", `"contact.pet" is the field that animal stands for already`}) {
		t.Errorf("problems: %v", problems)
	}
	if names.Own("cf.F2") != "animal" || names.Own("company") != "work" || names.Own("city") != "city" || names.Own("cf.F1") != "cf.F1" {
		t.Errorf("%v does not read backwards", names)
	}
}

// Only custom fields need the CRM's list.
func TestOnlyCustomFieldsNeedTheList(t *testing.T) {
	for _, tt := range []struct {
		m    OwnNames
		want bool
	}{{nil, false}, {OwnNames{"a": "companyName"}, false}, {OwnNames{"a": "companyName", "b": "pet"}, true}} {
		if tt.m.Custom() != tt.want {
			t.Errorf("%v: %t", tt.m, !tt.want)
		}
	}
}

// What a person enters for a custom field is what the CRM will show.
func TestCustomEditsAreCanonical(t *testing.T) {
	for value, want := range map[string]string{
		"AOK": "AOK", `[ "a", "b" ]`: `["a","b"]`, "[sic": `"[sic"`, `"quoted`: `"\"quoted"`, "12": "12", " x ": "x", "": "",
	} {
		got, err := Canonical(store.Contact, "cf.F1", value, "US", nil)
		if got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", value, got, err, want)
		}
		if again := Custom(CustomJSON(got)); again != got {
			t.Errorf("%s is shown as %s after it was sent", got, again)
		}
	}
}
