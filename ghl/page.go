package ghl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
)

// maxPage is the most rows that a search gives at once.
const maxPage = 500

// Page is one answer of a search that goes on.
type Page[T any] struct {
	Items []T
	Bad   []error         // rows that could not be read, each a *RowError
	Next  json.RawMessage // goes on after this page, if given as After
	Total int             // of all pages, as far as the API tells
}

func (p Page[T]) rows() int { return len(p.Items) + len(p.Bad) }

// stuck tells that asking for the next page would give this one again, or the first.
func (p Page[T]) stuck(after json.RawMessage, limit int) bool {
	if len(p.Next) > 0 {
		return bytes.Equal(p.Next, after)
	}
	return p.rows() > 0 && !shortIsLast(p.rows(), limit)
}

// cursor is the part of a row that the next search goes on after.
type cursor struct {
	SearchAfter json.RawMessage `json:"searchAfter"`
}

func (c cursor) after() json.RawMessage { return c.SearchAfter }

// errStuck ends an enumeration that would never end by itself; it does not look like its end.
var errStuck = errors.New("the search cursor does not move")

// pager asks for page after page. last tells by a page, with the limit asked for, whether another
// one follows.
type pager[T any] struct {
	call  func(after json.RawMessage) call
	list  func(context.Context, call) (Page[T], error)
	limit int
	last  func(rows, limit int) bool
}

func (g pager[T]) from(ctx context.Context, after json.RawMessage) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		for {
			cl := g.call(after)
			p, err := g.list(ctx, cl)
			if err == nil && p.stuck(after, g.limit) {
				err = cl.fail(fmt.Errorf("%w: %w", ErrUnavailable, errStuck))
			}
			switch {
			case err != nil:
				yield(Page[T]{}, err)
				return
			case p.rows() == 0:
				return
			case !yield(p, nil), g.last(p.rows(), g.limit), len(p.Next) == 0:
				return
			}
			after = p.Next
		}
	}
}

// PageQuery says how to enumerate, and from where on.
type PageQuery struct {
	PageLimit int             // rows per page; 0 means as many as the API takes
	After     json.RawMessage // the Next of a page of the same query, to go on after it
}

// pages asks for page after page of a list whose answers tell by themselves whether there is more.
func pages[T any](ctx context.Context, after json.RawMessage,
	one func(ctx context.Context, after json.RawMessage) (call, Page[T], error),
) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		for {
			cl, p, err := one(ctx, after)
			if err == nil && len(p.Next) > 0 && bytes.Equal(p.Next, after) {
				err = cl.fail(fmt.Errorf("%w: %w", ErrUnavailable, errStuck))
			}
			switch {
			case err != nil:
				yield(Page[T]{}, err)
				return
			case p.rows() > 0 && !yield(p, nil), len(p.Next) == 0:
				return
			}
			after = p.Next
		}
	}
}

// A skipped list pages by how many rows to leave out. A row that comes or goes meanwhile shifts
// the others: one may be seen twice, or not at all.
type skipped struct {
	rows  string // the key of the rows
	skip  string // the key of the query
	limit int
}

func enumerate[W row[T], T any](ctx context.Context, c *Client, cl call, s skipped, after json.RawMessage) iter.Seq2[Page[T], error] {
	return pages(ctx, after, func(ctx context.Context, after json.RawMessage) (call, Page[T], error) {
		skip := 0
		if len(after) > 0 && (json.Unmarshal(after, &skip) != nil || skip < 0) {
			return cl, Page[T]{}, invalid(cl, "not a cursor of this list")
		}
		cl := cl.also("limit", strconv.Itoa(s.limit), s.skip, strconv.Itoa(skip))
		var more *flag
		p, err := list[W](ctx, c, cl, s.rows, beside{"hasMore", &more})
		switch {
		case err != nil || p.rows() == 0:
			p.Next = nil
		case more != nil && !bool(*more), more == nil && shortIsLast(p.rows(), s.limit):
			p.Next = nil
		default:
			p.Next = strconv.AppendInt(nil, int64(skip+p.rows()), 10)
		}
		return cl, p, err
	})
}

// emptyIsLast: only an empty page ends the search.
func emptyIsLast(rows, _ int) bool { return rows == 0 }

// shortIsLast: a page with fewer rows than asked for ends the search, unless the server may have
// cut it at a limit of its own; those are round numbers.
func shortIsLast(rows, limit int) bool { return rows < limit && rows%25 != 0 }

// pageLimit is the caller's wish, or the default, within what the API takes.
func pageLimit(wish, otherwise int) int {
	if wish <= 0 {
		wish = otherwise
	}
	return min(wish, maxPage)
}
