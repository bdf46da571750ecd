package smsto_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
)

func TestPeopleAnswers(t *testing.T) {
	want := sms.Person{
		ID: "7", Phone: "+35799123456", FirstName: "Ann", LastName: "Lee", Email: "ann@example.com",
		UpdatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), OptedOut: true,
	}
	row := `{"id":7,"phone":"+35799123456","firstname":" Ann\u0000","lastname":"Lee","email":"ann@example.com","updated_at":"2026-01-02T03:04:05.000000Z","optout":1}`
	for _, body := range []string{
		`[` + row + `]`,
		`{"success":true,"data":[` + row + `]}`,
		`{"data":[` + row + `],"last_page":1,"total":"1"}`,
		`{"data":{"data":[` + row + `],"last_page":1,"total":1}}`,
		`{"data":[` + row + `],"meta":{"last_page":1,"total":1}}`,
		`{"data":[` + row + `],"meta":[]}`,
		`{"data":[` + row + `,` + row + `],"total":2}`,
		`[{"_id":"7","phone":35799123456,"first_name":"Ann","last_name":"Lee","email":"ann@example.com","updated_at":"2026-01-02 03:04:05","is_optout":true}]`,
		`[{"id":"7","phone":"0035799123456","firstname":"Ann","lastname":"Lee","email":"ann@example.com","updated_at":1767323045,"opted_out":"2026-01-01 00:00:00"}]`,
	} {
		all, _, err := everybody(t, answering(t, 200, body), "1")
		if err != nil || len(all) != 1 || all[0] != want {
			t.Errorf("%s: %+v, %v", body, all, err)
		}
	}
	for _, body := range []string{
		`{}`, `7`, `null`, ``, `{"success":true}`, `{"success":false,"message":"no"}`, `{"data":"none"}`, `{"data":{}}`,
		`{"data":{"5":` + row + `}}`, `[{"a":1},{"b":2}]`, `[1,2]`, row, `[` + row + ``,
		`{"data":[],"total":3}`, `{"data":[` + row + `],"last_page":1,"total":2}`, // fewer than told
		`{"data":[` + row + `],"last_page":2,"total":150}`, // page is not heeded
		`{"data":[]}`, `[]`, // nor is there a list of that id
	} {
		if all, _, err := everybody(t, answering(t, 200, body), "1"); err == nil || !errors.Is(err, sms.ErrUnavailable) && !errors.Is(err, sms.ErrNotFound) {
			t.Errorf("%s is not a complete list: %+v, %v", body, all, err)
		}
	}
}

// Rows that cannot be read do not hide the others, and keep their numbers to themselves.
func TestPeopleBadRows(t *testing.T) {
	g := answering(t, 200, `{"total":5,"data":[{"id":1,"phone":"12025550143"},{"id":2,"phone":"PAYPAL"},{"id":12025550143,"phone":"120255501439999999"},{"id":3},"12025550143"]}`)
	for page, err := range g.People(t.Context(), "1") {
		if err != nil || page.Total != 5 || len(page.People) != 1 || page.People[0].Phone != jane || len(page.Bad) != 4 {
			t.Fatalf("%+v, %v", page, err)
		}
		text := errors.Join(page.Bad...).Error()
		if strings.Contains(text, "555") || strings.Contains(text, "PAYPAL") || !strings.Contains(text, "contact 2: ") {
			t.Errorf("got %s", text)
		}
	}
}

func TestListsAnswers(t *testing.T) {
	for _, body := range []string{
		`{"success":true,"data":[{"id":217,"name":"Red","list_contacts_count":3}]}`, `[{"_id":"217","name":"Red"}]`,
		`{"data":{"data":[{"id":"217","name":"Red "}],"last_page":1}}`,
	} {
		lists, err := answering(t, 200, body).Lists(t.Context())
		if err != nil || len(lists) != 1 || lists[0] != (sms.DirectoryList{ID: "217", Name: "Red"}) {
			t.Errorf("%s: %v, %v", body, lists, err)
		}
	}
	for _, body := range []string{`{}`, `{"data":{}}`, `[{"name":"Red"}]`, `[7]`, `{"success":false}`} {
		if lists, err := answering(t, 200, body).Lists(t.Context()); !errors.Is(err, sms.ErrUnavailable) {
			t.Errorf("%s: %v, %v", body, lists, err)
		}
	}
}

// What a write may answer, as the making of a list and an opt-in see it.
func TestWriteAnswers(t *testing.T) {
	tests := []struct {
		code       int
		body       string
		list, flag error
	}{
		{200, `{"success":true,"data":{"id":9,"name":"Red"}}`, nil, nil},
		{201, `{"success":1,"data":[{"id":"9"}]}`, nil, nil},
		{200, `{"id":9,"name":"Red"}`, nil, nil},
		{200, `{"success":true}`, sms.ErrUnknown, nil},
		{200, `{"success":true,"data":[]}`, sms.ErrUnknown, nil},
		{200, `{"success":true,"errors":{"phone":["bad"]}}`, sms.ErrRejected, sms.ErrRejected},
		{200, `{"errors":{"phone":["bad"]}}`, sms.ErrRejected, sms.ErrRejected},
		{200, `{"success":false,"message":"no"}`, sms.ErrRejected, sms.ErrRejected},
		{200, `{"success":false,"data":{"id":9}}`, sms.ErrUnknown, sms.ErrUnknown},
		{200, `{"message":"perhaps"}`, sms.ErrUnknown, sms.ErrUnknown},
		{200, `{}`, sms.ErrUnknown, sms.ErrUnknown},
		{200, `[]`, sms.ErrUnknown, sms.ErrUnknown},
		{200, `null`, sms.ErrUnknown, sms.ErrUnknown},
		{204, ``, sms.ErrUnknown, sms.ErrUnknown},
		{422, `{"message":"The phone 12025550143 is invalid."}`, sms.ErrRejected, sms.ErrRejected},
		{404, `{"message":"no such list"}`, sms.ErrRejected, sms.ErrRejected},
		{404, ``, sms.ErrUnavailable, sms.ErrUnavailable},
		{401, ``, sms.ErrAuth, sms.ErrAuth},
		{503, ``, sms.ErrUnknown, sms.ErrUnknown},
	}
	for _, tt := range tests {
		g := answering(t, tt.code, tt.body)
		made, err := g.CreateList(t.Context(), "Red")
		if !errors.Is(err, tt.list) || err == nil && made != (sms.DirectoryList{ID: "9", Name: "Red"}) {
			t.Errorf("%d %s: %+v, %v", tt.code, tt.body, made, err)
		}
		if err := g.OptIn(t.Context(), jane); err != nil || tt.flag != nil {
			check(t, tt.body, err, tt.flag)
		}
	}
}

// What the answer to a write tells of a person is believed, what it leaves out is as it was written,
// and a second contact of a known number is for somebody to look at.
func TestPutPersonAnswers(t *testing.T) {
	known := sms.Person{ID: "7", Phone: jane, FirstName: "Janet"}
	for body, want := range map[string]sms.Person{
		`{"success":true}`: {ID: "7", Phone: jane, FirstName: "Jane", LastName: "Doe"},
		`{"success":true,"data":{"id":7,"phone":"12025550143"}}`:                                     {ID: "7", Phone: jane, FirstName: "Jane", LastName: "Doe"},
		`{"success":true,"data":{"phone":"12025550143","firstname":"JANE","lastname":null}}`:         {ID: "7", Phone: jane, FirstName: "JANE"},
		`{"success":true,"data":{"id":9,"phone":"12025550199"}}`:                                     {ID: "7", Phone: jane, FirstName: "Jane", LastName: "Doe"},
		`{"success":true,"data":{"id":7,"phone":"+12025550143","optout":1,"email":"j@example.com"}}`: {ID: "7", Phone: jane, FirstName: "Jane", LastName: "Doe", Email: "j@example.com", OptedOut: true},
		`{"success":true,"data":{"id":8,"phone":"12025550143"}}`:                                     {},
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				body := `[{"id":7,"phone":"12025550143","firstname":"Janet"}]`
				_, _ = io.WriteString(w, body)
				return
			}
			sent, err := io.ReadAll(r.Body)
			if want := `{"email":"","firstname":"Jane","lastname":"Doe","list_id":217,"list_ids":217,"phone":"+12025550143"}`; string(sent) != want || err != nil {
				t.Errorf("sent %s, %v", sent, err)
			}
			_, _ = io.WriteString(w, body)
		}))
		g := gateway(t, srv.URL, srv.Client())
		if got := put(t, g, "217", known); got != known {
			t.Errorf("nothing to do: %+v", got)
		}
		got, err := g.PutPerson(t.Context(), "217", sms.Person{Phone: jane, FirstName: "Jane", LastName: "Doe"})
		if want.ID == "" {
			check(t, "a second contact", err, sms.ErrUnknown)
		} else if err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
		srv.Close()
	}
}

func TestOptOutAnswers(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, body := range []string{
		`{"success":true,"data":[{"phone":"+12025550143","created_at":"2026-01-02 03:04:05"}]}`,
		`[{"unsubscribed_number":"12025550143","timestamp":"2026-01-02T03:04:05Z","source":"Optout Link"}]`,
		`{"data":{"data":[{"number":12025550143,"date":1767323045}],"last_page":1}}`,
		`[{"phone":"12025550143","updated_at":"2025-01-01 00:00:00"},{"phone":"+12025550143","updated_at":"2026-01-02 03:04:05"}]`,
	} {
		got, err := answering(t, 200, body).RecentOptOuts(t.Context())
		if err != nil || len(got) != 1 || got[0] != (sms.OptedOutNumber{Phone: jane, At: at}) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	if got, err := answering(t, 200, `["12025550143"]`).RecentOptOuts(t.Context()); err != nil || len(got) != 1 || got[0].Phone != jane || !got[0].At.IsZero() {
		t.Errorf("bare numbers: %+v, %v", got, err)
	}
	got, err := answering(t, 200, `[{"phone":"12025550143"},{"phone":"PAYPAL"},{}]`).RecentOptOuts(t.Context())
	if len(got) != 1 || got[0].Phone != jane {
		t.Errorf("one of them can be read: %+v", got)
	}
	check(t, "the others", err, sms.ErrUnavailable)
	for _, body := range []string{`{}`, `null`, `[{"a":1}]`, `[[]]`, `{"data":{}}`, `{"success":false}`, `{"data":[],"total":1}`} {
		if got, err := answering(t, 200, body).RecentOptOuts(t.Context()); !errors.Is(err, sms.ErrUnavailable) || len(got) != 0 {
			t.Errorf("%s is not an empty list: %+v, %v", body, got, err)
		}
	}
}
