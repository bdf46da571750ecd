package smsto

import (
	"context"
	"encoding/json"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"ghlsms/sms"
)

// sheet is a page of a list, less the rows that came on an earlier one.
type sheet struct {
	call  sms.Call
	rows  []json.RawMessage
	total int
}

// further says when there is one more page to ask for.
type further bool

const (
	asTold  further = false // when the answer says so
	untilNo further = true  // unless the answer says no, or brought nothing new
)

const maxSheets = 10_000

// pages goes through all pages of a list of the account. It ends without an error only if as many
// rows came as the paginator told, and told throughout: else the list changed under the reading,
// and somebody may be missing.
func (g *Gateway) pages(ctx context.Context, path string, query url.Values, more further) iter.Seq2[sheet, error] {
	return func(yield func(sheet, error) bool) {
		query := maps.Clone(query)
		if query == nil {
			query = url.Values{}
		}
		var count tally
		for n := 1; ; n++ {
			if n > 1 || more == untilNo {
				query.Set("page", strconv.Itoa(n))
			}
			c, page, err := g.page(ctx, path, query)
			if err != nil {
				yield(sheet{}, err)
				return
			}
			fresh := count.add(n, page)
			last := len(fresh) == 0 || page.LastPage > 0 && n >= page.LastPage || page.LastPage == 0 && more == asTold
			if fault := count.fault(n, last); fault != "" {
				yield(sheet{}, c.Refused(sms.ErrUnavailable, fault))
				return
			}
			if len(fresh) > 0 && !yield(sheet{call: c, rows: fresh, total: page.Total}, nil) || last {
				return
			}
		}
	}
}

func (g *Gateway) page(ctx context.Context, path string, query url.Values) (sms.Call, rows[json.RawMessage], error) {
	var page rows[json.RawMessage]
	c, err := g.call(http.MethodGet, g.account+path, query)
	if err != nil {
		return c, page, err
	}
	c.Max = 8 << 20
	if err := c.Do(ctx, g.client, &page); err != nil {
		return c, page, err
	}
	return c, page, page.check(c)
}

// tally counts the rows of a list that is being read.
type tally struct {
	seen         map[string]int // the page that brought a row first
	came, total  int
	changedTotal bool
}

// add counts a page and returns its new rows. A row that is twice on one page is twice in the
// list; one that comes again on a later page was pushed there.
func (t *tally) add(n int, page rows[json.RawMessage]) []json.RawMessage {
	if t.seen == nil {
		t.seen, t.total = map[string]int{}, page.Total
	}
	t.changedTotal = t.changedTotal || page.Total != t.total
	var fresh []json.RawMessage
	for _, raw := range page.Data {
		key := rowKey(raw)
		at, known := t.seen[key]
		if !known {
			t.seen[key] = n
			fresh = append(fresh, raw)
		}
		if !known || at == n {
			t.came++
		}
	}
	return fresh
}

// fault tells what keeps the list from being complete.
func (t *tally) fault(n int, last bool) string {
	switch {
	case t.changedTotal:
		return "the list changed while it was read"
	case last && t.came < t.total:
		return "the list is shorter than it says"
	case !last && n >= maxSheets:
		return "the list is too long"
	}
	return ""
}

// rowKey tells rows apart: by their id, else by all they say.
func rowKey(raw json.RawMessage) string {
	var row struct {
		ID  loose `json:"id"`
		UID loose `json:"_id"`
	}
	if json.Unmarshal(raw, &row) == nil {
		if id := first(row.ID, row.UID); id != "" {
			return "id " + string(id)
		}
	}
	return string(raw)
}
