package smsto_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/sms/smsto"
)

var janeDoe = sms.Person{Phone: jane, FirstName: "Jane", LastName: "Doe", Email: "jane@example.com"}

// everybody goes through a list and returns its people and its number of pages.
func everybody(t *testing.T, g *smsto.Gateway, list string) (all []sms.Person, pages int, err error) {
	t.Helper()
	for page, err := range g.People(t.Context(), list) {
		if err != nil {
			return all, pages, err
		}
		if len(page.Bad) > 0 {
			t.Errorf("cannot be read: %v", page.Bad)
		}
		all, pages = append(all, page.People...), pages+1
	}
	return all, pages, nil
}

func put(t *testing.T, g *smsto.Gateway, list string, p sms.Person) sms.Person {
	t.Helper()
	now, err := g.PutPerson(t.Context(), list, p)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func TestLists(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		if lists, err := g.Lists(t.Context()); err != nil || len(lists) != 0 {
			t.Errorf("none: %v, %v", lists, err)
		}
		var want []sms.DirectoryList
		for i := range 40 { // three pages
			name := fmt.Sprint("list ", i)
			want = append(want, sms.DirectoryList{ID: s.AddList(name), Name: name})
		}
		made, err := g.CreateList(t.Context(), " Clients ")
		if err != nil || made.ID == "" || made.Name != "Clients" {
			t.Errorf("%+v, %v", made, err)
		}
		want = append(want, made)
		if lists, err := g.Lists(t.Context()); err != nil || !slices.Equal(lists, want) {
			t.Errorf("%v, %v", lists, err)
		}
		if _, err := g.CreateList(t.Context(), " "); !errors.Is(err, sms.ErrRejected) {
			t.Errorf("no name: %v", err)
		}
		if w := s.Writes(); len(w) != 1 || w[0].Effect != "list "+made.ID {
			t.Errorf("%+v", w)
		}
	})
}

func TestPeople(t *testing.T) {
	bubble(t, smstest.Options{PeopleLag: time.Minute}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		clients, others := s.AddList("clients"), s.AddList("others")
		if all, pages, err := everybody(t, g, clients); err != nil || pages != 0 || len(all) != 0 {
			t.Errorf("an empty list: %v, %v", all, err)
		}
		for i := range 250 {
			list := clients
			if i%50 == 49 {
				list = others
			}
			s.PutPersonByHand(list, smstest.Person{Phone: fmt.Sprint("+1 202 555 ", 1000+i), FirstName: "Same"})
		}
		id := s.PutPersonByHand(clients, smstest.Person{Phone: string(jane), FirstName: " Jane ", LastName: "Doe", Email: "jane@example.com"})
		s.OptOutByHand(string(jane))
		edited := time.Now()
		if all, _, err := everybody(t, g, clients); err != nil || len(all) != 0 {
			t.Errorf("the list lags, yet %d, %v", len(all), err)
		}
		time.Sleep(time.Minute)
		all, pages, err := everybody(t, g, clients)
		if err != nil || pages != 3 || len(all) != 246 {
			t.Fatalf("%d people, %d pages, %v", len(all), pages, err)
		}
		want := janeDoe
		want.ID, want.UpdatedAt, want.OptedOut = id, edited.UTC(), true
		if got := all[len(all)-1]; got != want || all[0].Phone != "+12025551000" || all[0].OptedOut {
			t.Errorf("%+v, want %+v", got, want)
		}
		for page, err := range g.People(t.Context(), clients) {
			if err != nil || page.Total != 246 {
				t.Errorf("total %d, %v", page.Total, err)
			}
			break
		}
		s.RemoveListByHand(others)
		for _, list := range []string{others, "999"} {
			if _, _, err := everybody(t, g, list); !errors.Is(err, sms.ErrNotFound) {
				t.Errorf("a list that is gone must not read as empty: %v", err)
			}
		}
		if _, _, err := everybody(t, g, ""); !errors.Is(err, sms.ErrRejected) {
			t.Errorf("no list: %v", err)
		}
	})
}

// Whoever comes or goes while a list is read makes its end an error: somebody may be missing.
func TestPeopleChangedMeanwhile(t *testing.T) {
	for name, change := range map[string]func(s *smstest.Sandbox, list string){
		"added":   func(s *smstest.Sandbox, list string) { s.PutPersonByHand(list, smstest.Person{Phone: string(jane)}) },
		"removed": func(s *smstest.Sandbox, list string) { s.RemovePersonByHand(list, "+12025551000") },
	} {
		bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
			list := s.AddList("clients")
			for i := range 150 {
				s.PutPersonByHand(list, smstest.Person{Phone: fmt.Sprint("+1202555", 1000+i)})
			}
			s.OnRequest(func(r smstest.Request, p smstest.Phase) {
				if p == smstest.After && r.Path == "/v1/people/contacts" && strings.HasSuffix(r.Query, "&page=1") {
					change(s, list)
				}
			})
			if all, _, err := everybody(t, g, list); !errors.Is(err, sms.ErrUnavailable) || len(all) != 100 {
				t.Errorf("%s: %d, %v", name, len(all), err)
			}
		})
	}
}

func TestPutPerson(t *testing.T) {
	for _, terse := range []bool{false, true} {
		bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
			s.TerseWrites(terse)
			list := s.AddList("clients")
			for range 3 {
				got := put(t, g, list, janeDoe)
				if got.FirstName != "Jane" || got.Phone != jane || !terse && (got.ID == "" || got.UpdatedAt.IsZero()) {
					t.Errorf("%+v", got)
				}
				time.Sleep(40 * time.Second) // once from memory, once read again
			}
			people, writes := s.People(list), s.Writes()
			if len(people) != 1 || people[0].FirstName != "Jane" || people[0].LastName != "Doe" || people[0].Email != "jane@example.com" {
				t.Errorf("%+v", people)
			}
			if len(writes) != 1 || writes[0].Effect != "person "+list+" "+string(jane) {
				t.Errorf("repeated: %+v", writes)
			}
			changed := sms.Person{Phone: jane, FirstName: " Jane", LastName: "Roe"}
			time.Sleep(time.Minute)
			got := put(t, g, list, changed)
			if got.ID != people[0].ID || got.LastName != "Roe" || got.Email != "" || got.FirstName != "Jane" {
				t.Errorf("changed: %+v", got)
			}
			if p := s.People(list); len(p) != 1 || p[0].LastName != "Roe" || p[0].Email != "" || p[0].ID != people[0].ID {
				t.Errorf("changed: %+v", p)
			}
			put(t, g, list, changed) // the gateway trimmed the name: nothing to do
			if n := len(s.Writes()); n != 2 {
				t.Errorf("%d writes", n)
			}
		})
	}
}

// What was edited by hand is seen again after a minute, or as soon as the list is read.
func TestPutPersonAfterHand(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		list := s.AddList("clients")
		put(t, g, list, janeDoe)
		rename := func() {
			if !s.EditPerson(string(jane), func(p *smstest.Person) { p.FirstName = "Janet" }) {
				t.Fatal("nobody to edit")
			}
		}
		for _, look := range []func(){func() { time.Sleep(time.Minute) }, func() {
			if _, _, err := everybody(t, g, list); err != nil {
				t.Error(err)
			}
		}} {
			rename()
			look()
			put(t, g, list, janeDoe)
			if p := s.People(list); len(p) != 1 || p[0].FirstName != "Jane" {
				t.Errorf("%+v", p)
			}
		}
	})
}

// Many new people cost one reading of the list, not one each.
func TestPutManyPeople(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		list := s.AddList("clients")
		for i := range 300 {
			put(t, g, list, sms.Person{Phone: sms.Phone(fmt.Sprint("+1202555", 1000+i)), FirstName: "P"})
		}
		if n := len(s.Log()); len(s.People(list)) != 300 || n > 305 {
			t.Errorf("%d people, %d requests", len(s.People(list)), n)
		}
	})
}

// One person may be on two lists, and is one contact all the same.
func TestPersonOnTwoLists(t *testing.T) {
	for _, whole := range []bool{false, true} {
		bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
			s.DeletesWhole(whole)
			a, b := s.AddList("a"), s.AddList("b")
			first := put(t, g, a, janeDoe)
			second := put(t, g, b, sms.Person{Phone: jane, FirstName: "Janet"})
			if first.ID != second.ID || s.People(a)[0].FirstName != "Janet" {
				t.Errorf("%+v, %+v", first, second)
			}
			put(t, g, a, janeDoe) // it must not be remembered as she was
			if s.People(b)[0].FirstName != "Jane" {
				t.Errorf("%+v", s.People(b))
			}
			if !g.Caps().RemovesWhole {
				t.Error("the other list may suffer")
			}
			for range 2 {
				if err := g.RemovePerson(t.Context(), a, jane); err != nil {
					t.Fatal(err)
				}
				if left := len(s.People(b)) == 1; len(s.People(a)) != 0 || left == whole {
					t.Errorf("deletes whole: %v, still on b: %v", whole, left)
				}
				time.Sleep(time.Hour)
			}
			if w := s.Writes(); !strings.HasPrefix(w[len(w)-1].Effect, "remove ") || len(w) != 4 {
				t.Errorf("%+v", w)
			}
			put(t, g, a, janeDoe)
			if len(s.People(a)) != 1 {
				t.Error("removed, and remembered as there")
			}
		})
	}
}

func TestRemoveNobody(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		a, b := s.AddList("a"), s.AddList("b")
		s.PutPersonByHand(b, smstest.Person{Phone: string(jane)})
		s.PutPersonByHand(a, smstest.Person{Phone: string(john)})
		if err := g.RemovePerson(t.Context(), a, jane); err != nil || len(s.Writes()) != 0 || len(s.People(b)) != 1 {
			t.Errorf("not on the list: %v, %+v", err, s.Writes())
		}
		s.RemovePersonByHand(a, string(john)) // between our look and our write
		if err := g.RemovePerson(t.Context(), a, john); err != nil || len(s.Writes()) != 0 {
			t.Errorf("somebody was quicker: %v", err)
		}
		if err := g.RemovePerson(t.Context(), "", jane); !errors.Is(err, sms.ErrRejected) || len(s.People(b)) != 1 {
			t.Errorf("no list: %v", err)
		}
	})
}

// Every fault, as a write and as a read sees it, and whether there was an effect. After an unknown
// outcome the same call again makes one person of it.
func TestDirectoryFaults(t *testing.T) {
	tests := []struct {
		kind        smstest.Kind
		write, read error
		done        bool
	}{
		{smstest.Refuse, sms.ErrUnavailable, sms.ErrUnavailable, false},
		{smstest.CutBefore, sms.ErrUnknown, sms.ErrUnavailable, false},
		{smstest.CutAfter, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.ErrorBefore, sms.ErrUnknown, sms.ErrUnavailable, false},
		{smstest.ErrorAfter, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.HTML, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.HalfJSON, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.Slow, sms.ErrUnknown, sms.ErrUnavailable, true},
		{smstest.Unauthorized, sms.ErrAuth, sms.ErrAuth, false},
		{smstest.NoCredit, sms.ErrCredit, sms.ErrCredit, false},
	}
	for _, tt := range tests {
		bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
			list := s.AddList("clients")
			s.PutPersonByHand(list, smstest.Person{Phone: string(john)})
			s.OptOutByHand(string(jane))
			secret := sms.Person{Phone: jane, FirstName: "secret", Email: "secret@example.com"}

			s.AddFault(smstest.Fault{Method: http.MethodPost, Kind: tt.kind})
			_, err := g.PutPerson(t.Context(), list, secret)
			check(t, "put", err, tt.write)
			if done := len(s.People(list)) == 2; done != tt.done {
				t.Errorf("%v: put %v", tt.kind, done)
			}
			check(t, "remove", g.RemovePerson(t.Context(), list, john), tt.write)
			_, err = g.CreateList(t.Context(), "more secret")
			check(t, "create", err, tt.write)
			check(t, "opt in", g.OptIn(t.Context(), jane), tt.write)
			if done := len(s.OptedOut()) == 0; done != tt.done {
				t.Errorf("%v: opted in %v", tt.kind, done)
			}

			s.ClearFaults()
			for range 2 {
				put(t, g, list, secret)
				if err := g.RemovePerson(t.Context(), list, john); err != nil {
					t.Error(err)
				}
			}
			if p := s.People(list); len(p) != 1 || p[0].Phone != string(jane) {
				t.Errorf("%v: afterwards %+v", tt.kind, p)
			}

			time.Sleep(time.Minute)
			s.AddFault(smstest.Fault{Method: http.MethodGet, Kind: tt.kind})
			before := len(s.Writes())
			_, err = g.Lists(t.Context())
			check(t, "lists", err, tt.read)
			_, _, err = everybody(t, g, list)
			check(t, "people", err, tt.read)
			_, err = g.RecentOptOuts(t.Context())
			check(t, "opt-outs", err, tt.read)
			_, err = g.PutPerson(t.Context(), list, secret)
			check(t, "put unseen", err, tt.read)
			check(t, "remove unseen", g.RemovePerson(t.Context(), list, jane), tt.read)
			if after := len(s.Writes()); after != before {
				t.Errorf("%v: wrote without having looked", tt.kind)
			}
		})
	}
}

func TestOptIn(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		if got, err := g.RecentOptOuts(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("nobody: %v, %v", got, err)
		}
		if err := g.OptOut(t.Context(), john); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		at := time.Now().UTC()
		s.OptOutByHand(string(jane))
		got, err := g.RecentOptOuts(t.Context())
		if err != nil || len(got) != 2 || got[0].Phone != john || got[1] != (sms.OptedOutNumber{Phone: jane, At: at}) {
			t.Errorf("%+v, %v", got, err)
		}
		for range 2 {
			if err := g.OptIn(t.Context(), jane); err != nil {
				t.Error(err)
			}
		}
		if got := s.OptedOut(); !slices.Equal(got, []string{string(john)}) {
			t.Errorf("%v", got)
		}
	})
}

// A gateway that knows no order by id is asked for the documented one.
func TestPeopleOrderRefused(t *testing.T) {
	for _, code := range []int{400, 422, 500, 403} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("order_by") != "firstname" {
				w.WriteHeader(code)
				return
			}
			_, _ = fmt.Fprint(w, `{"success":true,"data":[{"id":1,"phone":"12025550143"}],"last_page":1}`)
		}))
		all, _, err := everybody(t, gateway(t, srv.URL, srv.Client()), "7")
		if code == 403 && !errors.Is(err, sms.ErrAuth) || code != 403 && (err != nil || len(all) != 1) {
			t.Errorf("%d: %v, %v", code, all, err)
		}
		srv.Close()
	}
}

// A caller that has seen enough ends the reading.
func TestPeopleBreak(t *testing.T) {
	bubble(t, smstest.Options{}, func(t *testing.T, s *smstest.Sandbox, g *smsto.Gateway) {
		list := s.AddList("clients")
		for i := range 150 {
			s.PutPersonByHand(list, smstest.Person{Phone: fmt.Sprint("+1202555", 1000+i)})
		}
		for _, err := range g.People(t.Context(), list) {
			if err != nil {
				t.Error(err)
			}
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range g.People(ctx, list) {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		if n := len(s.Log()); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}
