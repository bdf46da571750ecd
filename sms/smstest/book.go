package smstest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// The routes of the address book. All are called with the lock held.

const (
	stampForm    = "2006-01-02T15:04:05.000000Z07:00"
	listsPerPage = 15
)

func (s *Sandbox) showLists(r *http.Request, _ []byte) answer {
	q := r.URL.Query()
	rows := []map[string]any{}
	for _, l := range s.lists {
		if strings.Contains(l.name, q.Get("name")) {
			rows = append(rows, s.listRow(l))
		}
	}
	if strings.EqualFold(q.Get("direction"), "desc") {
		slices.Reverse(rows)
	}
	return answer{body: page(r, rows, number(q.Get("page"), 1), listsPerPage)}
}

func (s *Sandbox) listRow(l *list) map[string]any {
	n := 0
	for _, c := range s.contacts {
		if _, on := c.lists[l.id]; on {
			n++
		}
	}
	return map[string]any{"id": l.id, "name": l.name, "description": nil, "share_with_team": 0, "list_contacts_count": n}
}

func (s *Sandbox) createList(_ *http.Request, body []byte) answer {
	var in struct{ Name string }
	if json.Unmarshal(body, &in) != nil || strings.TrimSpace(in.Name) == "" {
		return invalid("name", "The name field is required.")
	}
	l := s.makeList(in.Name)
	return answer{effect: "list " + strconv.Itoa(l.id), body: map[string]any{"success": true, "data": s.listRow(l)}}
}

// showContacts shows the people of all lists if it is asked for none.
func (s *Sandbox) showContacts(r *http.Request, _ []byte) answer {
	q := r.URL.Query()
	order := cmp.Or(q.Get("order_by"), "firstname")
	if !slices.Contains([]string{"id", "firstname", "lastname", "phone", "email", "created_at", "updated_at"}, order) {
		return invalid("order_by", "The selected order by is invalid.")
	}
	rows := []map[string]any{}
	for _, c := range s.contacts {
		if !q.Has("list_ids") || s.shows(c, idOf(q.Get("list_ids"))) {
			rows = append(rows, s.contactRow(c))
		}
	}
	slices.SortStableFunc(rows, func(a, b map[string]any) int { return compare(a[order], b[order]) })
	if strings.EqualFold(q.Get("direction"), "desc") {
		slices.Reverse(rows)
	}
	return answer{body: page(r, rows, number(q.Get("page"), 1), min(number(q.Get("limit"), 15), 100))}
}

// shows tells whether a list shows somebody by now.
func (s *Sandbox) shows(c *contact, list int) bool {
	since, on := c.lists[list]
	return on && clock().Sub(since) >= s.opt.PeopleLag
}

func compare(a, b any) int {
	if a, ok := a.(int); ok {
		b, _ := b.(int)
		return cmp.Compare(a, b)
	}
	text := func(v any) string { s, _ := v.(string); return s }
	return strings.Compare(text(a), text(b))
}

// contactRow is a contact as the API shows them: the number without a plus sign, null for what is
// empty.
func (s *Sandbox) contactRow(c *contact) map[string]any {
	lists := []map[string]any{}
	for _, l := range s.lists {
		if _, on := c.lists[l.id]; on {
			lists = append(lists, map[string]any{"id": l.id, "name": l.name})
		}
	}
	optedOut := 0
	if _, out := s.optedOut[c.phone]; out {
		optedOut = 1
	}
	return map[string]any{
		"id": c.id, "phone": c.phone, "firstname": orNull(c.first), "lastname": orNull(c.last), "email": orNull(c.email),
		"custom1": nil, "optout": optedOut, "list_contacts": lists,
		"created_at": c.created.Format(stampForm), "updated_at": c.updated.Format(stampForm),
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// contactBody is what writes a contact; a field that is not there is not changed.
type contactBody struct {
	Phone     string
	FirstName *string
	LastName  *string
	Email     *string
	ListIDs   ids `json:"list_ids"`
	ListID    ids `json:"list_id"`
}

func (s *Sandbox) createContact(_ *http.Request, body []byte) answer {
	var in contactBody
	if err := json.Unmarshal(body, &in); err != nil {
		return no(http.StatusBadRequest, "Invalid contact details")
	}
	if d := digits(in.Phone); len(d) < 7 || len(d) > 15 {
		return invalid("phone", "The phone "+in.Phone+" is invalid.")
	}
	lists := slices.Compact(slices.Sorted(slices.Values(append(in.ListIDs, in.ListID...))))
	for _, id := range lists {
		if !s.hasList(id) {
			return invalid("list_ids", "The selected list ids is invalid.")
		}
	}
	c := s.contact(in.Phone)
	p := c.person()
	for to, from := range map[*string]*string{&p.FirstName: in.FirstName, &p.LastName: in.LastName, &p.Email: in.Email} {
		if from != nil {
			*to = *from
		}
	}
	s.change(c, p)
	for _, id := range lists {
		c.join(id)
	}
	return s.written("person "+join(lists)+" +"+c.phone, "Contact created", c)
}

func (s *Sandbox) deleteContact(_ *http.Request, body []byte) answer {
	var in contactBody
	if json.Unmarshal(body, &in) != nil || digits(in.Phone) == "" {
		return invalid("phone", "The phone field is required.")
	}
	lists := []int(in.ListID)
	if s.deletesWhole || len(lists) == 0 {
		lists = nil
	}
	known := s.byPhone[digits(in.Phone)] != nil
	was := s.take(in.Phone, lists)
	if !known || len(was) == 0 && lists != nil {
		return no(http.StatusNotFound, "Contact not found")
	}
	return s.written("remove "+join(was)+" +"+digits(in.Phone), "Contact deleted", nil)
}

func (s *Sandbox) written(effect, message string, c *contact) answer {
	body := map[string]any{"success": true, "message": message}
	if c != nil && !s.terse {
		body["data"] = s.contactRow(c)
	}
	return answer{effect: effect, body: body}
}

// invalid is how the framework refuses: without success.
func invalid(field, message string) answer {
	return answer{code: http.StatusUnprocessableEntity, body: map[string]any{
		"message": "The given data was invalid.", "errors": map[string]any{field: []string{message}},
	}}
}

// ids are one id or several, as numbers or strings.
type ids []int

func (l *ids) UnmarshalJSON(b []byte) error {
	*l = nil
	var several []json.RawMessage
	if json.Unmarshal(b, &several) != nil {
		several = []json.RawMessage{b}
	}
	for _, one := range several {
		*l = append(*l, idOf(strings.Trim(string(one), `"`)))
	}
	return nil
}

func join(list []int) string {
	var out []string
	for _, id := range list {
		out = append(out, strconv.Itoa(id))
	}
	return strings.Join(out, ",")
}
