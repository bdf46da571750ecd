package ghl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ghlsms/ghl"
)

// Pages are committed together with the cursor past them, so that an enumeration which is cut
// off goes on where it was.
func ExampleClient_SearchContacts() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); strings.Contains(string(body), "searchAfter") {
			_, _ = io.WriteString(w, `{"contacts":[]}`)
			return
		}
		_, _ = io.WriteString(w, `{"total":2,"contacts":[
			{"id":"a","firstName":"Ann","searchAfter":[1784541600000,"a"]},
			{"id":"b","dnd":"perhaps","searchAfter":[1784541600001,"b"]}]}`)
	}))
	defer api.Close()

	client, err := ghl.New(ghl.Options{
		BaseURL:  api.URL,
		Location: "ve9EPM428h8vShlRW1KT",
		Token:    oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "pit-example"}),
	})
	if err != nil {
		panic(err)
	}
	q := ghl.ContactQuery{UpdatedSince: time.Now().Add(-time.Hour)}
	for page, err := range client.SearchContacts(context.Background(), q) {
		if limited, ok := errors.AsType[*ghl.RateLimitError](err); ok {
			fmt.Println("come back in", limited.RetryAfter)
		}
		if err != nil {
			panic(err)
		}
		for _, c := range page.Items {
			fmt.Println("store", c.ID, c.FirstName)
		}
		for _, bad := range page.Bad {
			fmt.Println("report", bad)
		}
		fmt.Println("commit with cursor", string(page.Next))
	}
	// Output:
	// store a Ann
	// report row b of contacts: dnd: cannot read this string
	// commit with cursor [1784541600001,"b"]
}
