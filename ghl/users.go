package ghl

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strings"
)

// UserQuery says which members of staff to look for.
type UserQuery struct {
	CompanyID string          // required: see Location.CompanyID
	Text      string          // in name, email or phone
	IDs       []UserID        // only these
	PageLimit int             // rows per page; 0 means 100
	After     json.RawMessage // the Next of a page of the same query, to go on after it
}

// SearchUsers enumerates the location's members of staff, one request per page. It replaces
// [Client.Users], which v3 no longer has.
//
// Scope users.readonly, GET /users/search.
func (c *Client) SearchUsers(ctx context.Context, q UserQuery) iter.Seq2[Page[User], error] {
	var ids []string
	for _, id := range q.IDs {
		ids = append(ids, string(id))
	}
	cl := c.read(apiUsers, http.MethodGet, "/users/search").ask("locationId", string(c.location)).
		also("companyId", q.CompanyID, "query", q.Text, "ids", strings.Join(ids, ","))
	if q.CompanyID == "" {
		return func(yield func(Page[User], error) bool) {
			yield(Page[User]{}, invalid(cl, "users can only be searched by their company"))
		}
	}
	s := skipped{rows: "users", skip: "skip", limit: pageLimit(q.PageLimit, 100)}
	return enumerate[userRow](ctx, c, cl, s, q.After)
}

// User reads one member of staff, who may be Deleted.
//
// Scope users.readonly, GET /users/{id}.
func (c *Client) User(ctx context.Context, id UserID) (User, error) {
	return fetch[userRow](ctx, c, c.read(apiUsers, http.MethodGet, "/users/{id}", string(id)), "user", "")
}
