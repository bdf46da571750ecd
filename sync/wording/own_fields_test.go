package wording

import (
	"testing"

	"ghlsms/store"
	"ghlsms/sync/record"
)

func TestOwnFieldsInTemplates(t *testing.T) {
	tmpl, err := ParseTask("test", "{{with .Contact.Fields.pet}}Bring {{.}}. {{end}}{{.Contact.Fields.note}}", "pet", "note")
	if err != nil {
		t.Fatal(err)
	}
	w := World{Fields: record.Names{"pet": "cf.F2", "note": "cf.F1", "none": ""}}
	for value, want := range map[string]string{
		`["Tom","Rex"]`: "Bring Tom, Rex. [sic]", "Tom": "Bring Tom. [sic]", "": "[sic]", "null": "Bring null. [sic]", "[broken": "Bring [broken. [sic]", "12": "Bring 12. [sic]",
	} {
		contact := &store.Record{Base: store.Fields{"cf.F2": value, "cf.F1": `"[sic]"`}}
		if got, err := tmpl.Render(ReminderData{ContactData: ContactDataOf(w, contact, "there")}); got != want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", value, got, err, want)
		}
	}
	if d := ContactDataOf(w, nil, "there"); len(d.Contact.Fields) != 3 {
		t.Errorf("nobody's fields: %v", d.Contact.Fields)
	}
	if _, err := Parse("test", "{{.Contact.Fields.pat}}", "pet"); err == nil {
		t.Error("a name that is none passed")
	}
	if _, err := Parse("test", "{{if .Contact.LastName}}x{{else}}{{.Contact.Fields.pet}} y{{end}}", "pet"); err != nil {
		t.Errorf("what a contact may lack: %v", err)
	}
}
