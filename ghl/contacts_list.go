package ghl

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"
)

const (
	maxListed       = 100 // rows of a page of the deprecated list
	maxOfBusiness   = 100
	errNoListCursor = "not a cursor of this list"
)

// ListContacts enumerates the location's contacts, newest first, one request per page of at most
// 100. It is the older way, deprecated and gone from v3, for accounts to which the search is
// refused: it knows no date of change, so every enumeration reads everything. What it shows lags
// as the search does.
//
// Scope contacts.readonly, GET /contacts/.
func (c *Client) ListContacts(ctx context.Context, q PageQuery) iter.Seq2[Page[Contact], error] {
	limit := min(pageLimit(q.PageLimit, maxListed), maxListed)
	return pages(ctx, q.After, func(ctx context.Context, after json.RawMessage) (call, Page[Contact], error) {
		cl := c.read(apiContacts, http.MethodGet, "/contacts/").ask("locationId", string(c.location)).also("limit", strconv.Itoa(limit))
		if len(after) > 0 {
			var from listCursor
			if err := json.Unmarshal(after, &from); err != nil || from.ID == "" {
				return cl, Page[Contact]{}, invalid(cl, errNoListCursor)
			}
			cl = cl.also("startAfter", string(from.At), "startAfterId", string(from.ID))
		}
		var next listCursor
		p, err := list[contactRow](ctx, c, cl, "contacts", beside{"meta", &next})
		if err == nil {
			err = p.follow(cl, next, limit)
		}
		return cl, p, err
	})
}

// listCursor is the place after a row of the deprecated list, as the list's meta tells it.
type listCursor struct {
	At    text   `json:"startAfter"`
	ID    text   `json:"startAfterId"`
	Total number `json:"total"`
}

// follow sets where the page after this one begins. A full page with no word of it is an error,
// as it must not look like the end.
func (p *Page[T]) follow(cl call, next listCursor, limit int) error {
	p.Total = max(p.Total, int(next.Total))
	p.Next = nil
	switch last := p.rows() == 0 || shortIsLast(p.rows(), limit); {
	case last:
	case next.ID != "" && next.At != "":
		p.Next, _ = json.Marshal(map[string]text{"startAfter": next.At, "startAfterId": next.ID}) // two strings
	case p.rows() >= limit:
		return cl.fail(fmt.Errorf("%w: %w", ErrUnavailable, errStuck))
	}
	return nil
}

// BusinessContacts enumerates the contacts of a business, one request per page of at most 100.
// A contact that comes or goes meanwhile shifts the pages.
//
// Scope contacts.readonly, GET /contacts/business/{id}.
func (c *Client) BusinessContacts(ctx context.Context, id BusinessID, q PageQuery) iter.Seq2[Page[Contact], error] {
	cl := c.read(apiContacts, http.MethodGet, "/contacts/business/{id}", string(id)).ask("locationId", string(c.location))
	s := skipped{rows: "contacts", skip: "skip", limit: min(pageLimit(q.PageLimit, maxOfBusiness), maxOfBusiness)}
	return enumerate[contactRow](ctx, c, cl, s, q.After)
}
