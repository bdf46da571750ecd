package ghltest

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A searchIndex shows the contacts as they were a while ago. It keeps them in the two orders that
// clients page through, so that a page costs the same whether there are ten contacts or a million.
type searchIndex struct {
	lag     time.Duration
	pending []change // oldest first
	rows    map[string]*contact
	look    lookup
	orders  map[string][]*contact // by date field, ascending
	other   map[string][]*contact // by other sort orders, valid until the next change
}

// A change becomes visible at some time.
type change struct {
	at  time.Time
	row *contact
}

func newSearchIndex(lag time.Duration) searchIndex {
	return searchIndex{
		lag:    lag,
		rows:   map[string]*contact{},
		look:   newLookup(),
		orders: map[string][]*contact{"dateAdded": nil, "dateUpdated": nil},
	}
}

// note queues a contact's new state.
func (x *searchIndex) note(now time.Time, c *contact) {
	x.pending = append(x.pending, change{now.Add(x.lag), c})
}

// few changes are worked in one by one, more by sorting once.
const few = 64

// catchUp makes visible what is due.
func (x *searchIndex) catchUp(now time.Time) {
	latest := map[string]*contact{}
	n := 0
	for n < len(x.pending) && !x.pending[n].at.After(now) {
		latest[x.pending[n].row.ID] = x.pending[n].row
		n++
	}
	if n == 0 {
		return
	}
	x.pending = x.pending[n:]
	x.other = nil
	var gone, come []*contact
	for id, c := range latest {
		if old := x.rows[id]; old != nil {
			x.look.drop(old)
			delete(x.rows, id)
			gone = append(gone, old)
		}
		if !c.Deleted {
			x.look.add(c)
			x.rows[id] = c
			come = append(come, c)
		}
	}
	for field, rows := range x.orders {
		x.orders[field] = reorder(rows, order{{Field: field}}, gone, come)
	}
}

func reorder(rows []*contact, by order, gone, come []*contact) []*contact {
	if len(gone)+len(come) > few {
		dropped := setOfContacts(gone)
		rows = slices.DeleteFunc(rows, func(c *contact) bool { return dropped[c] })
		rows = append(rows, come...)
		slices.SortFunc(rows, by.compare)
		return rows
	}
	for _, c := range gone {
		if i, found := slices.BinarySearchFunc(rows, c, by.compare); found {
			rows = slices.Delete(rows, i, i+1)
		}
	}
	for _, c := range come {
		i, _ := slices.BinarySearchFunc(rows, c, by.compare)
		rows = slices.Insert(rows, i, c)
	}
	return rows
}

func setOfContacts(rows []*contact) map[*contact]bool {
	set := make(map[*contact]bool, len(rows))
	for _, c := range rows {
		set[c] = true
	}
	return set
}

// sorted returns all rows in an order.
func (x *searchIndex) sorted(by order) view {
	if rows, kept := x.orders[by[0].Field]; kept && len(by) == 1 {
		return view{rows: rows, backward: by[0].desc()}
	}
	key := by.String()
	rows, known := x.other[key]
	if !known {
		rows = slices.SortedFunc(slices.Values(x.orders["dateAdded"]), by.compare)
		if x.other == nil {
			x.other = map[string][]*contact{}
		}
		x.other[key] = rows
	}
	return view{rows: rows}
}

// A view is a sorted list, perhaps read from its end.
type view struct {
	rows     []*contact
	backward bool
}

func (v view) len() int { return len(v.rows) }

func (v view) at(i int) *contact {
	if v.backward {
		return v.rows[len(v.rows)-1-i]
	}
	return v.rows[i]
}

// A sortKey is one element of the search's sort.
type sortKey struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

func (k sortKey) desc() bool { return k.Direction == "desc" }

// An order is one or two sort keys, and then the id in the direction of the first.
type order []sortKey

func (o order) String() string {
	var b strings.Builder
	for _, k := range o {
		b.WriteString(k.Field + " " + k.Direction + ",")
	}
	return b.String()
}

func (o order) compare(a, b *contact) int {
	for _, k := range o {
		if d := k.rank(a).compare(k.rank(b)); d != 0 {
			return k.turn(d)
		}
	}
	return o[0].turn(strings.Compare(a.ID, b.ID))
}

// against compares a row with the searchAfter of another one.
func (o order) against(c *contact, cursor []rank) int {
	for i, k := range o {
		if d := k.rank(c).compare(cursor[i]); d != 0 {
			return k.turn(d)
		}
	}
	return o[0].turn(strings.Compare(c.ID, cursor[len(o)].s))
}

func (k sortKey) turn(d int) int {
	if k.desc() {
		return -d
	}
	return d
}

// A rank is a number or a string to sort by.
type rank struct {
	n int64
	s string
}

func (r rank) compare(other rank) int {
	return cmp.Or(cmp.Compare(r.n, other.n), strings.Compare(r.s, other.s))
}

func (k sortKey) numeric() bool { return strings.HasPrefix(k.Field, "date") || k.Field == "dnd" }

func (k sortKey) rank(c *contact) rank {
	switch k.Field {
	case "dateAdded":
		return rank{n: c.DateAdded.UnixMilli()}
	case "dateUpdated":
		return rank{n: c.indexed().UnixMilli()}
	case "dnd":
		if c.DND {
			return rank{n: 1}
		}
		return rank{}
	case "firstNameLowerCase":
		return rank{s: strings.ToLower(c.FirstName)}
	case "lastNameLowerCase":
		return rank{s: strings.ToLower(c.LastName)}
	case "email":
		return rank{s: strings.ToLower(c.Email)}
	case "source":
		return rank{s: strings.ToLower(c.Source)}
	}
	return rank{s: strings.ToLower(c.CompanyName)} // businessName
}

var sortable = []string{
	"firstNameLowerCase", "lastNameLowerCase", "businessName",
	"dateAdded", "dateUpdated", "email", "dnd", "source",
}

// indexed is the index's own dateUpdated: it takes the search a moment to hear of a change.
func (c *contact) indexed() time.Time {
	return c.DateUpdated.Add(time.Duration(1+c.seq%7) * time.Millisecond)
}

// cursor is a row's searchAfter.
func (o order) cursor(c *contact) []any {
	var after []any
	for _, k := range o {
		if r := k.rank(c); k.numeric() {
			after = append(after, r.n)
		} else {
			after = append(after, r.s)
		}
	}
	return append(after, c.ID)
}
