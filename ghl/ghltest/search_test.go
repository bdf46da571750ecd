package ghltest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/ghl/ghltest"
)

func (w *wire) search(status int, more m) answer {
	w.t.Helper()
	body := m{"locationId": loc, "pageLimit": 100}
	maps.Copy(body, more)
	return w.do(status, "POST", "/contacts/search", body)
}

func byUpdated(direction string) []m { return []m{{"field": "dateUpdated", "direction": direction}} }

func where(field, operator string, value any) []m {
	return []m{{"field": field, "operator": operator, "value": value}}
}

func (a answer) ids() (ids []string) {
	for i := range a.len("contacts") {
		ids = append(ids, a.str(fmt.Sprintf("contacts.%d.id", i)))
	}
	return ids
}

func TestSearchRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		c := s.AddContact(ghltest.Contact{FirstName: "Ada", Address1: "1 Main St", DateOfBirth: "1990-09-25"})
		time.Sleep(time.Second) // for the index's dateUpdated to be in the past
		a := w.search(200, nil)
		a.has(t, "total", 1)
		a.has(t, "contacts.0.contactName", "Ada")
		a.has(t, "contacts.0.address", "1 Main St")
		a.has(t, "contacts.0.dnd", false)
		a.has(t, "contacts.0.dndSettings", m{})
		a.has(t, "contacts.0.tags", []string{})
		a.has(t, "contacts.0.dateOfBirth", "1990-09-25T00:00:00.000Z")
		a.has(t, "contacts.0.searchAfter", []any{c.DateAdded.UnixMilli(), c.ID})
		a.lacks(t, "contacts.0", "address1", "name", "createdBy")
		for _, key := range []string{"lastName", "email", "phone", "assignedTo", "validEmail", "businessId"} {
			if !strings.Contains(a.raw, `"`+key+`":null`) {
				t.Errorf("%s is not null: %s", key, a.raw)
			}
		}
		index, err := time.Parse(time.RFC3339Nano, a.str("contacts.0.dateUpdated"))
		if lag := index.Sub(c.DateUpdated); err != nil || lag < time.Millisecond || lag > 9*time.Millisecond {
			t.Errorf("index is %v behind, %v", lag, err)
		}
		a = w.search(200, m{"sort": byUpdated("asc")})
		a.has(t, "contacts.0.searchAfter.0", index.UnixMilli())
	})
}

func TestSearchRefusals(t *testing.T) {
	tests := []struct {
		name   string
		body   m
		status int
		says   string
	}{
		{"no limit", m{"pageLimit": nil}, 422, "pageLimit should not be empty"},
		{"limit too high", m{"pageLimit": 501}, 400, "500"},
		{"limit too low", m{"pageLimit": 0}, 400, "less than 1"},
		{"other location", m{"locationId": "other"}, 403, "access"},
		{"past the cap", m{"page": 101}, 400, "10000"},
		{"page and searchAfter", m{"page": 1, "searchAfter": []any{1, "x"}}, 400, "together"},
		{"odd searchAfter", m{"searchAfter": []any{"x"}}, 400, "searchAfter"},
		{"unknown field", m{"filters": where("hairColor", "eq", "red")}, 400, "Invalid field hairColor"},
		{"unknown operator", m{"filters": where("city", "like", "x")}, 400, "Invalid operator"},
		{"range of a text", m{"filters": where("city", "range", m{"gt": "x"})}, 400, "Invalid range"},
		{"bad date", m{"filters": where("dateUpdated", "range", m{"gt": "soon"})}, 400, "Invalid date"},
		{"email contains", m{"filters": where("email", "contains", "x")}, 400, "not supported"},
		{"long value", m{"filters": where("city", "eq", strings.Repeat("x", 76))}, 400, "longer"},
		{"bad filters", m{"filters": []any{"x"}}, 400, "Invalid filters"},
		{"sort field", m{"sort": []m{{"field": "phone", "direction": "asc"}}}, 400, "Invalid sort field"},
		{"three sorts", m{"sort": append(byUpdated("asc"), append(byUpdated("asc"), byUpdated("asc")...)...)}, 400, "2"},
		{"unknown property", m{"limit": 5}, 422, "property limit should not exist"},
	}
	w := newWire(t, ghltest.New(ghltest.Options{}))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if a := w.search(tt.status, tt.body); !strings.Contains(a.raw, tt.says) {
				t.Errorf("does not say %s: %s", tt.says, a.raw)
			}
		})
	}
}

func TestSearchFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{})
		w := newWire(t, s)
		add := func(c ghltest.Contact) { s.AddContact(c); time.Sleep(time.Minute) }
		add(ghltest.Contact{ID: "a", FirstName: "Ada", Email: "Ada@x.org", Phone: "2025550143", Tags: []string{"vip"}})
		add(ghltest.Contact{
			ID: "b", FirstName: "Bob", DND: true, City: "Bath",
			CustomFields: []ghltest.CustomField{{ID: "f", Value: 7}},
		})
		add(ghltest.Contact{
			ID: "c", FirstName: "Cy", Tags: []string{"vip", "new"}, DateOfBirth: "1990-09-25",
			DNDSettings: map[string]ghltest.DNDSetting{"SMS": {Status: "active"}},
		})
		at := func(minute int) string {
			return time.Date(2000, 1, 1, 0, minute, 0, 0, time.UTC).Format(time.RFC3339Nano)
		}
		tests := []struct {
			name    string
			filters []m
			want    string
		}{
			{"all", []m{}, "abc"},
			{"gte", where("dateUpdated", "range", m{"gte": at(1)}), "bc"},
			{"gte and lt", where("dateUpdated", "range", m{"gte": at(1), "lt": at(2)}), "b"},
			{"gt by the index", where("dateUpdated", "range", m{"gt": at(2)}), "c"},
			{"lte", where("dateAdded", "range", m{"lte": at(1)}), "ab"},
			{"millis", where("dateAdded", "range", m{"gt": 946684800000}), "bc"},
			{"phone", where("phone", "eq", "+12025550143"), "a"},
			{"phone without country", where("phone", "eq", "2025550143"), ""},
			{"email", where("email", "eq", "ada@X.org"), "a"},
			{"tag", where("tags", "eq", "VIP"), "ac"},
			{"no tag", where("tags", "not_eq", "vip"), "b"},
			{"any of the tags", where("tags", "eq", []string{"new", "old"}), "c"},
			{"tag contains", where("tags", "contains", "ne"), "c"},
			{"dnd", where("dnd", "eq", true), "b"},
			{"dnd of a channel", where("dndSettings.SMS.status", "eq", "active"), "c"},
			{"exists", where("city", "exists", nil), "b"},
			{"not exists", where("city", "not_exists", nil), "ac"},
			{"custom field", where("customFields.f", "eq", 7), "b"},
			{"birthday", where("dateOfBirth", "range", m{"lt": "2000-01-01"}), "c"},
			{"and", append(where("tags", "eq", "vip"), where("tags", "eq", "new")...), "c"},
			{"or", []m{{"group": "OR", "filters": append(where("city", "eq", "bath"), where("tags", "eq", "new")...)}}, "bc"},
		}
		for _, tt := range tests {
			for _, sorts := range [][]m{byUpdated("asc"), {{"field": "firstNameLowerCase", "direction": "asc"}}} {
				a := w.search(200, m{"filters": tt.filters, "sort": sorts})
				if got := strings.Join(a.ids(), ""); got != tt.want {
					t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
				}
				a.has(t, "total", len(tt.want))
			}
			a := w.search(200, m{"filters": tt.filters, "sort": byUpdated("desc")})
			ids := a.ids()
			slices.Reverse(ids)
			if got := strings.Join(ids, ""); got != tt.want {
				t.Errorf("%s descending: %s, want %s backwards", tt.name, got, tt.want)
			}
		}
		if got := w.search(200, m{"query": "bo"}).ids(); len(got) != 1 || got[0] != "b" {
			t.Errorf("query: %v", got)
		}
	})
}

// Every order pages through all contacts once, though many share their sort key.
func TestSearchPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{BurstMax: -1})
		w := newWire(t, s)
		for i := range 60 {
			s.AddContact(ghltest.Contact{FirstName: string(rune('a' + i%7)), Source: string(rune('a' + i%3))})
			if i%10 == 9 {
				time.Sleep(time.Second)
			}
		}
		orders := [][]m{nil, byUpdated("asc"), byUpdated("desc")}
		for _, field := range []string{"firstNameLowerCase", "source", "dnd", "dateAdded"} {
			orders = append(orders,
				[]m{{"field": field, "direction": "asc"}},
				[]m{{"field": field, "direction": "desc"}, {"field": "dateUpdated", "direction": "asc"}})
		}
		for _, sorts := range orders {
			for _, filters := range [][]m{{}, where("source", "not_eq", "b")} {
				body := m{"pageLimit": 7, "filters": filters}
				if sorts != nil {
					body["sort"] = sorts
				}
				seen := map[string]bool{}
				total := w.search(200, body).get("total")
				for {
					a := w.search(200, body)
					if a.len("contacts") == 0 {
						break
					}
					a.has(t, "total", total)
					for _, id := range a.ids() {
						if seen[id] {
							t.Fatalf("%v: %s twice", sorts, id)
						}
						seen[id] = true
					}
					body["searchAfter"] = a.get(fmt.Sprintf("contacts.%d.searchAfter", a.len("contacts")-1))
				}
				if float64(len(seen)) != total {
					t.Errorf("%v: %d contacts of %v", sorts, len(seen), total)
				}
			}
		}
		one := w.search(200, m{"pageLimit": 7, "page": 2}).ids()
		two := w.search(200, m{"pageLimit": 14}).ids()
		if !slices.Equal(one, two[7:]) {
			t.Errorf("page 2 is %v, want %v", one, two[7:])
		}
	})
}

func TestIndexLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ghltest.New(ghltest.Options{IndexLag: 5 * time.Second})
		w := newWire(t, s)
		names := func() string {
			a := w.search(200, m{"sort": byUpdated("asc")})
			var names []string
			for i := range a.len("contacts") {
				names = append(names, a.str(fmt.Sprintf("contacts.%d.firstName", i)))
			}
			dup := w.do(200, "GET", "/contacts/search/duplicate?locationId="+loc+"&number=%2B12025550143", nil)
			if found := dup.get("contact") != nil; found != (len(names) > 0) {
				t.Errorf("duplicate search and search disagree: %s, %v", dup.raw, names)
			}
			return strings.Join(names, ",")
		}
		c := s.AddContact(ghltest.Contact{FirstName: "Ada", Phone: "2025550143"})
		steps := []struct {
			do         func()
			early, due string
		}{
			{func() {}, "", "Ada"},
			{func() { w.do(200, "PUT", "/contacts/"+c.ID, m{"firstName": "Eve"}) }, "Ada", "Eve"},
			{func() { w.do(200, "DELETE", "/contacts/"+c.ID, nil) }, "Eve", ""},
			{func() { s.UndeleteContact(c.ID) }, "", "Eve"},
		}
		for _, step := range steps {
			step.do()
			time.Sleep(4 * time.Second)
			if got := names(); got != step.early {
				t.Errorf("early: %q, want %q", got, step.early)
			}
			time.Sleep(time.Second)
			if got := names(); got != step.due {
				t.Errorf("due: %q, want %q", got, step.due)
			}
		}
	})
}

// A hundred thousand contacts are paged through by date, then edited one by one.
func TestSearchIsFast(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const many = 100_000
	s := ghltest.New(ghltest.Options{BurstMax: -1})
	w := newWire(t, s)
	began := time.Now()
	for range many {
		s.AddContact(ghltest.Contact{FirstName: "N"})
	}
	body := m{"pageLimit": 500, "sort": byUpdated("asc")}
	for range 20 {
		a := w.search(200, body)
		a.has(t, "total", many)
		body["searchAfter"] = a.get("contacts.499.searchAfter")
	}
	body["pageLimit"] = 1
	for _, c := range s.Contacts()[:200] {
		w.do(200, "PUT", "/contacts/"+c.ID, m{"city": "Bath"})
		w.search(200, body)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v", took)
	}
}
