package ghltest

import (
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
)

const (
	maxPage    = 500
	maxByPage  = 10_000 // rows that can be reached by page number
	maxListing = 100    // rows of the deprecated list
)

var searchDTO = dto{
	fields: map[string]kind{
		"locationId": text, "pageLimit": number, "page": number, "searchAfter": array,
		"filters": array, "sort": array, "query": text,
	},
	required: []string{"locationId", "pageLimit"},
}

// A search is a checked request for one page of contacts.
type search struct {
	order   order
	filters []filter
	words   string
	limit   int
	skip    int    // rows, when paging by number
	cursor  []rank // of the last row of the page before
}

func (s *Sandbox) searchContacts(c *call) (reply, error) {
	q, err := s.readSearch(c)
	if err != nil {
		return reply{}, err
	}
	s.index.catchUp(c.now)
	page, total := s.index.page(q)
	rows := make([]any, len(page))
	for i, found := range page {
		rows[i] = s.searchRow(found, q.order.cursor(found))
	}
	return ok(obj{"contacts": rows, "total": total})
}

func (s *Sandbox) readSearch(c *call) (search, error) {
	b, err := searchDTO.read(c)
	if err != nil {
		return search{}, err
	}
	if err := s.ours(b.str("locationId")); err != nil {
		return search{}, err
	}
	q := search{order: order{{Field: "dateAdded", Direction: "desc"}}, words: strings.ToLower(b.str("query"))}
	b.into("pageLimit", &q.limit)
	switch {
	case !b.into("filters", &q.filters):
		return search{}, badRequest("Invalid filters")
	case q.limit < 1:
		return search{}, badRequest("pageLimit must not be less than 1")
	case q.limit > maxPage:
		return search{}, badRequest("pageLimit must not be greater than %d", maxPage)
	case len(q.words) > maxFilterValue:
		return search{}, badRequest("query must not be longer than %d", maxFilterValue)
	}
	for i := range q.filters {
		if err := q.filters[i].prepare(); err != nil {
			return search{}, err
		}
	}
	if err := q.readSort(b); err != nil {
		return search{}, err
	}
	return q, q.readPlace(b)
}

func (q *search) readSort(b body) error {
	var keys order
	if !b.into("sort", &keys) || len(keys) > 2 {
		return badRequest("sort must contain no more than 2 elements")
	}
	for _, k := range keys {
		if !slices.Contains(sortable, k.Field) {
			return badRequest("Invalid sort field %s", k.Field)
		}
		if k.Direction != "asc" && k.Direction != "desc" {
			return badRequest("Invalid sort direction %s", k.Direction)
		}
	}
	if len(keys) > 0 {
		q.order = keys
	}
	return nil
}

// readPlace reads where the page begins: by number or after a row, never both.
func (q *search) readPlace(b body) error {
	var after []json.RawMessage
	b.into("searchAfter", &after)
	page := 1
	b.into("page", &page)
	switch {
	case len(after) > 0 && b.has("page"):
		return badRequest("page and searchAfter can not be used together")
	case page < 1:
		return badRequest("page must not be less than 1")
	case page*q.limit > maxByPage:
		return badRequest("Only the first %d records can be reached by page, use searchAfter", maxByPage)
	case len(after) == 0:
		q.skip = (page - 1) * q.limit
		return nil
	case len(after) != len(q.order)+1:
		return badRequest("Invalid searchAfter")
	}
	for i, raw := range after {
		var r rank
		var err error
		if i < len(q.order) && q.order[i].numeric() {
			err = json.Unmarshal(raw, &r.n)
		} else {
			err = json.Unmarshal(raw, &r.s)
		}
		if err != nil {
			return badRequest("Invalid searchAfter")
		}
		q.cursor = append(q.cursor, r)
	}
	return nil
}

// page returns the rows that were asked for and how many there are in all.
func (x *searchIndex) page(q search) (rows []*contact, total int) {
	v := x.candidates(q)
	from, to, rest := q.narrow(v)
	start := from
	if q.cursor != nil {
		start = max(from, sort.Search(v.len(), func(i int) bool { return q.order.against(v.at(i), q.cursor) > 0 }))
	}
	if len(rest) == 0 && q.words == "" { // the range alone decides
		for i := start + q.skip; i < to && len(rows) < q.limit; i++ {
			rows = append(rows, v.at(i))
		}
		return rows, to - from
	}
	skip := q.skip
	for i := from; i < to; i++ {
		c := v.at(i)
		if !q.fits(c, rest) {
			continue
		}
		total++
		if i < start || len(rows) == q.limit {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		rows = append(rows, c)
	}
	return rows, total
}

// candidates returns the rows to look at, sorted: those with the email or phone that is asked
// for, or else all.
func (x *searchIndex) candidates(q search) view {
	for _, f := range q.filters {
		if f.Group != "" || f.Operator != "eq" || !slices.Contains(identifiers, f.Field) {
			continue
		}
		var rows []*contact
		for _, value := range f.values {
			rows = append(rows, x.look[[2]string{f.Field, value}]...)
		}
		slices.SortFunc(rows, q.order.compare)
		return view{rows: slices.Compact(rows)}
	}
	return x.sorted(q.order)
}

// narrow applies the ranges over the date that the view is sorted by, and returns the other
// filters.
func (q search) narrow(v view) (from, to int, rest []filter) {
	key := q.order[0]
	bounds := everything()
	for _, f := range q.filters {
		if f.Operator == "range" && f.Field == key.Field && f.Group == "" {
			bounds = bounds.and(f.span)
		} else {
			rest = append(rest, f)
		}
	}
	if !slices.Contains(dateFields, key.Field) {
		return 0, v.len(), rest
	}
	at := func(i int) int64 { return key.rank(v.at(i)).n }
	if key.desc() {
		from = sort.Search(v.len(), func(i int) bool { return at(i) <= bounds.to })
		to = sort.Search(v.len(), func(i int) bool { return at(i) < bounds.from })
	} else {
		from = sort.Search(v.len(), func(i int) bool { return at(i) >= bounds.from })
		to = sort.Search(v.len(), func(i int) bool { return at(i) > bounds.to })
	}
	return from, max(from, to), rest
}

func (q search) fits(c *contact, filters []filter) bool {
	for i := range filters {
		if !filters[i].match(c) {
			return false
		}
	}
	return q.words == "" || c.mentions(q.words)
}

func (c *contact) mentions(words string) bool {
	return strings.Contains(strings.ToLower(c.fullName()+"\n"+c.Email+"\n"+c.Phone+"\n"+c.CompanyName), words)
}

func (s *Sandbox) findDuplicate(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	var like contact
	like.Email, like.Phone = c.query.Get("email"), c.query.Get("number")
	if like.Email == "" && like.Phone == "" {
		return reply{}, badRequest("Either email or number is required")
	}
	s.index.catchUp(c.now)
	found, field := s.index.look.twin(&like, "")
	if found == nil {
		return ok(obj{"contact": nil})
	}
	return ok(obj{"contact": s.record(found), "matchingField": field})
}

// listContacts is the deprecated list, newest first.
func (s *Sandbox) listContacts(c *call) (reply, error) {
	if err := s.ours(c.query.Get("locationId")); err != nil {
		return reply{}, err
	}
	q := search{
		order: order{{Field: "dateAdded", Direction: "desc"}},
		words: strings.ToLower(c.query.Get("query")),
		limit: 20,
	}
	if given := c.query.Get("limit"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > maxListing {
			return reply{}, unprocessable("limit must not be greater than " + strconv.Itoa(maxListing))
		}
		q.limit = n
	}
	if id := c.query.Get("startAfterId"); id != "" {
		ms, err := strconv.ParseInt(c.query.Get("startAfter"), 10, 64)
		if err != nil {
			return reply{}, &refusal{status: http.StatusBadRequest, message: "startAfter must be a number"}
		}
		q.cursor = []rank{{n: ms}, {s: id}}
	}
	s.index.catchUp(c.now)
	page, total := s.index.page(q)
	rows := make([]any, len(page))
	meta := obj{"total": total, "currentPage": 1, "nextPage": nil, "prevPage": nil}
	for i, found := range page {
		rows[i] = s.searchRow(found, nil)
	}
	if len(page) == q.limit {
		last := page[len(page)-1]
		meta["startAfterId"], meta["startAfter"] = last.ID, last.DateAdded.UnixMilli()
		meta["nextPage"] = 2
	}
	return ok(obj{"contacts": rows, "count": total, "meta": meta})
}
