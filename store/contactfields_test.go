package store_test

import (
	"testing"

	"ghlsms/store"
)

func TestTheListOfCustomFieldsIsTheLastOne(t *testing.T) {
	m := open(t)
	for _, listed := range [][]store.ListedField{
		{{"F2", "contact.pet", "Pet", "TEXT"}, {"F1", "contact.plan", "Plan", "TEXT"}},
		{{"F2", "contact.pet", "Your pet", "LARGE_TEXT"}},
		nil,
	} {
		m.do(func(tx *store.Tx) error { return tx.ListFields(m.ctx, listed) })
		same(t, "fields", get(m, func(tx *store.Tx) ([]store.ListedField, error) { return tx.ListedFields(m.ctx) }), listed)
	}
}

func TestNamedFieldsAreColumns(t *testing.T) {
	m := open(t)
	m.contact("c1", fields{store.FirstName: "Ann", "company": "[Acme]", "cf.F1": `"\"gold\""`, "cf.F2": `["a","b"]`, "cf.it's": "odd"})
	m.edit(store.Contact, m.contact("c2", fields{store.FirstName: "Bob", "cf.F1": "silver"}), fields{"cf.F1": "", "company": "Acme"})
	name := func(names map[string]string) func(tx *store.Tx) error {
		return func(tx *store.Tx) error { return tx.NameFields(m.ctx, names) }
	}
	schema := func() int { return value[int](m, `PRAGMA schema_version`) }
	before := schema()
	m.do(name(nil))
	same(t, "a view that is so already", schema(), before)

	names := map[string]string{"plan": "cf.F1", "order": "company", "tag_s": "cf.F2", "nothing": "", "odd": "cf.it's", "worse": `cf."x`}
	m.do(name(names))
	same(t, "columns", list(m, `SELECT name FROM pragma_table_info('v1_contact_fields')`), []string{"id", "crm_id", "name", "nothing", "odd", "order", "plan", "tag_s", "worse"})
	same(t, "rows", list(m, `SELECT name, plan, "order", tag_s, "nothing", odd, worse FROM v1_contact_fields ORDER BY id`), []string{
		`Ann|"gold"|[Acme]|["a","b"]||odd|`, "Bob||Acme||||",
	})
	same(t, "report", get(m, func(tx *store.Tx) (store.Table, error) { return tx.RunReport(m.ctx, "fields", 0) }).Columns[6], "plan")
	before = schema()
	m.do(name(names))
	same(t, "the same names again", schema(), before)
	m.do(name(nil))
	same(t, "columns of no names", list(m, `SELECT name FROM pragma_table_info('v1_contact_fields')`), []string{"id", "crm_id", "name"})
}
