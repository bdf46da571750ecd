package ghl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// script answers request n with page n, and keeps the bodies.
func script(t *testing.T, pages ...string) (*Client, *[]string) {
	t.Helper()
	var bodies []string
	c := mounted(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		if len(bodies) > len(pages) {
			t.Errorf("request %d was not expected: %s", len(bodies), b)
			reply(w, 500, `{}`)
			return
		}
		reply(w, 200, pages[len(bodies)-1])
	}))
	return c, &bodies
}

// rowsOf makes rows n, n+1, ... with cursors.
func rowsOf(from, count int) string {
	var rows []string
	for n := from; n < from+count; n++ {
		rows = append(rows, fmt.Sprintf(`{"_id":"r%d","searchAfter":[%d, "r%d"]}`, n, n, n))
	}
	return strings.Join(rows, ",")
}

func TestSearchContacts(t *testing.T) {
	c, bodies := script(t,
		`{"contacts":[{"id":"a","searchAfter":[1,"a"]},{"id":"b","searchAfter":[2,"b"]}],"total":3}`,
		`{"total":"3","contacts":[{"id":"c","searchAfter":[3,"c"]}],"traceId":"x"}`,
		`{"contacts":[],"total":3}`)
	var got []string
	q := ContactQuery{UpdatedSince: time.UnixMilli(1784541600007), PageLimit: 2}
	for p, err := range c.SearchContacts(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d of %d, then %s", len(p.Items), p.Total, p.Next))
	}
	equal(t, "pages", got, []string{`2 of 3, then [2,"b"]`, `1 of 3, then [3,"c"]`})
	const since = `"filters":[{"field":"dateUpdated","operator":"range","value":{"gte":"2026-07-20T10:00:00.007Z"}}],` +
		`"locationId":"` + testLocation + `","pageLimit":2,`
	const sorted = `"sort":[{"direction":"asc","field":"dateUpdated"}]}`
	equal(t, "bodies", *bodies, []string{
		`{` + since + sorted,
		`{` + since + `"searchAfter":[2,"b"],` + sorted,
		`{` + since + `"searchAfter":[3,"c"],` + sorted,
	})
}

func TestSearchContactsGoesOn(t *testing.T) {
	c, bodies := script(t, `{"contacts":[]}`)
	for _, err := range c.SearchContacts(t.Context(), ContactQuery{After: json.RawMessage(`[2,"b"]`)}) {
		t.Error("an empty page was yielded:", err)
	}
	equalJSON(t, (*bodies)[0], `{"locationId":"`+testLocation+`","pageLimit":100,"searchAfter":[2,"b"],
		"sort":[{"field":"dateAdded","direction":"asc"}]}`)
}

func TestSearchTasks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit int
		pages []string
		want  int
	}{
		{"short page ends", 3, []string{rowsOf(0, 3), rowsOf(3, 2)}, 5},
		{"empty page ends", 3, []string{rowsOf(0, 3), ""}, 3},
		{"nothing", 3, []string{""}, 0},
		{"a page cut at a round number does not end", 500, []string{rowsOf(0, 25), rowsOf(25, 25), rowsOf(50, 3)}, 53},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var pages []string
			for _, rows := range tt.pages {
				pages = append(pages, `{"tasks":[`+rows+`]}`)
			}
			c, bodies := script(t, pages...)
			got := 0
			for p, err := range c.SearchTasks(t.Context(), TaskQuery{PageLimit: tt.limit, Completed: new(false)}) {
				if err != nil {
					t.Fatal(err)
				}
				got += len(p.Items)
			}
			equal(t, "rows", got, tt.want)
			equal(t, "requests", len(*bodies), len(pages))
			equalJSON(t, (*bodies)[0], fmt.Sprintf(`{"limit":%d,"completed":false}`, tt.limit))
		})
	}
}

func TestSearchThatDoesNotMove(t *testing.T) {
	for name, pages := range map[string][]string{
		"same cursor": {rowsOf(0, 3), rowsOf(0, 3)},
		"no cursor":   {`{"id":"a"},{"id":"b"},{"id":"c"}`},
	} {
		for i := range pages {
			pages[i] = `{"tasks":[` + pages[i] + `]}`
		}
		c, _ := script(t, pages...)
		var last error
		for _, err := range c.SearchTasks(t.Context(), TaskQuery{PageLimit: 3}) {
			last = err
		}
		if !errors.Is(last, errStuck) || !errors.Is(last, ErrUnavailable) {
			t.Errorf("%s: got %v", name, last)
		}
	}
}

// Lists whose answers tell how to go on must not be taken to end, or to go on, where they do not.
func TestListsThatDoNotMove(t *testing.T) {
	const full = `{"id":"a","dateAdded":"2026-07-20T10:00:00Z"},{"id":"b"}`
	for name, tt := range map[string]struct {
		pages []string
		call  func(*Client) error
	}{
		"list: full page without a cursor": {[]string{`{"contacts":[` + full + `],"meta":{}}`},
			func(c *Client) error { return drain(c.ListContacts(t.Context(), PageQuery{PageLimit: 2})) }},
		"list: same cursor": {slices.Repeat([]string{`{"contacts":[` + full + `],"meta":{"startAfter":1,"startAfterId":"b"}}`}, 2),
			func(c *Client) error { return drain(c.ListContacts(t.Context(), PageQuery{PageLimit: 2})) }},
		"export: same cursor": {slices.Repeat([]string{`{"messages":[],"nextCursor":"x"}`}, 2),
			func(c *Client) error { return drain(c.ExportMessages(t.Context(), ExportQuery{})) }},
		"messages: same cursor": {slices.Repeat([]string{`{"messages":{"messages":[` + full + `],"nextPage":true,"lastMessageId":"b"}}`}, 2),
			func(c *Client) error { return drain(c.Messages(t.Context(), "t", PageQuery{})) }},
	} {
		c, _ := script(t, tt.pages...)
		if err := tt.call(c); !errors.Is(err, errStuck) || !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// An empty page in the middle is no end, an odd cursor no beginning.
	c, _ := script(t, `{"messages":[],"nextCursor":"x"}`, `{"messages":[{"id":"m"}],"nextCursor":null}`)
	if err := drain(c.ExportMessages(t.Context(), ExportQuery{})); err != nil {
		t.Error(err)
	}
	c, _ = script(t, `{"messages":[],"nextCursor":{"x":1}}`)
	wantVerdict(t, drain(c.ExportMessages(t.Context(), ExportQuery{})), ErrUnavailable)
	// As the description has it: flat.
	c, _ = script(t, `{"messages":[{"id":"m"}],"nextPage":false,"lastMessageId":"m"}`)
	if err := drain(c.Messages(t.Context(), "t", PageQuery{})); err != nil {
		t.Error(err)
	}
}

func drain[T any](pages iter.Seq2[Page[T], error]) error {
	for _, err := range pages {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestBadRowsDoNotLoseThePage(t *testing.T) {
	c, _ := script(t, `{"tasks":[
		{"_id":"good","dueDate":"2026-07-20T10:00:00Z","searchAfter":[1,"good"]},
		{"_id":"bad","dueDate":"next week","searchAfter":[2,"bad"]},
		{"title":"nobody"}, null, "text",
		{"_id":"odd","title":{"en":"x"},"searchAfter":[3,"odd"]}]}`)
	for p, err := range c.SearchTasks(t.Context(), TaskQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "good", len(p.Items), 1)
		equal(t, "next", string(p.Next), `[3,"odd"]`)
		var bad []string
		for _, err := range p.Bad {
			bad = append(bad, err.Error())
		}
		equal(t, "bad", bad, []string{
			"row bad of tasks: dueDate: cannot read this string",
			"row of tasks: no id",
			"row of tasks: no id",
			"row of tasks: json: cannot unmarshal string into Go value of type ghl.taskRow",
			"row odd of tasks: title: cannot read this object",
		})
	}
}

func TestBadRowsOfAListWithoutPages(t *testing.T) {
	c, _ := answering(t, 200, `{"events":[{"id":"a","startTime":1784541600000},{"id":"b"},{"id":"c","startTime":"2026-07-20 10:00:00"}]}`)
	got, err := c.Events(t.Context(), "k", time.UnixMilli(0), time.UnixMilli(1))
	rows, ok := errors.AsType[*RowsError](err)
	if !ok || len(rows.Bad) != 2 || len(got) != 1 || got[0].ID != "a" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if row, ok := errors.AsType[*RowError](err); !ok || row.ID != "b" {
		t.Errorf("got %v", err)
	}
}

func TestAnswersThatAreNoList(t *testing.T) {
	for _, body := range []string{
		`{}`, `{"task":[]}`, `{"tasks":{}}`, `{"tasks":"none"}`, `[]`, `null`, ``, `{"tasks":[`, `{"tasks":[{"_id":"a"}`,
		`{"tasks":[{"_id":"a"},{"_id`, `{"tasks":[]`, `{"tasks":[}]}`, `<html>`,
	} {
		c, _ := answering(t, 200, body)
		for _, err := range c.SearchTasks(t.Context(), TaskQuery{}) {
			wantVerdict(t, err, ErrUnavailable)
		}
		_, err := c.ContactTasks(t.Context(), "c")
		wantVerdict(t, err, ErrUnavailable)
	}
}
