package smstest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"ghlsms/sms/smstest"
)

func TestAddressBook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := smstest.New(smstest.Options{PeopleLag: time.Second})
		p := s.Pipe()
		defer p.Close()
		post := func(path, body string, want int) map[string]any {
			t.Helper()
			code, v, err := call(t, p.Client, "POST", p.URL+"/v1/people/"+path, body)
			if err != nil || code != want {
				t.Errorf("%s %s: %d %v, %v", path, body, code, v, err)
			}
			return v
		}
		rows := func(query string) (list []any) {
			t.Helper()
			_, v, err := call(t, p.Client, "GET", p.URL+"/v1/people/contacts?"+query, "")
			if list, _ = v["data"].([]any); err != nil || v["success"] != true {
				t.Errorf("%s: %v, %v", query, v, err)
			}
			return list
		}
		made := post("lists/create", `{"name":" Clients "}`, 200)["data"].(map[string]any)
		id := fmt.Sprint(made["id"])
		post("lists/create", `{"name":" "}`, 422)
		post("contacts/create", `{"phone":"nobody"}`, 422)
		post("contacts/create", `{"phone":"+12025550143","list_ids":999}`, 422)
		row := post("contacts/create", `{"phone":"+1 202 555 0143","firstname":" Jane ","email":"j@example.com","list_ids":["`+id+`"]}`, 200)["data"].(map[string]any)
		if row["phone"] != "12025550143" || row["firstname"] != "Jane" || row["lastname"] != nil {
			t.Errorf("%v", row)
		}
		again := post("contacts/create", `{"phone":"12025550143","lastname":"Doe","list_id":`+id+`}`, 200)["data"].(map[string]any)
		if again["id"] != row["id"] || again["firstname"] != "Jane" || again["lastname"] != "Doe" {
			t.Errorf("a known number: %v", again)
		}
		if len(rows("list_ids="+id)) != 0 {
			t.Error("no lag")
		}
		time.Sleep(time.Second)
		if len(rows("list_ids="+id)) != 1 || len(rows("list_ids=999")) != 0 || len(rows("limit=1&order_by=phone&direction=desc")) != 1 {
			t.Error("not listed")
		}
		s.TerseWrites(true)
		if v := post("contacts/create", `{"phone":"+12025550199","list_id":`+id+`}`, 200); v["data"] != nil {
			t.Errorf("terse: %v", v)
		}
		post("contacts/delete-phone", `{"phone":"+12025550188","list_id":[`+id+`]}`, 404)
		post("contacts/delete-phone", `{"phone":"+12025550199","list_id":[`+id+`]}`, 200)
		post("contacts/delete-phone", `{"phone":"+12025550199","list_id":[`+id+`]}`, 404) // still there, on no list
		post("contacts/delete-phone", `{"phone":"+12025550143"}`, 200)
		if len(s.People(id)) != 0 || len(rows("")) != 1 {
			t.Errorf("%+v", s.People(id))
		}
		var effects []string
		for _, w := range s.Writes() {
			effects = append(effects, w.Effect)
		}
		want := fmt.Sprint([]string{
			"list " + id, "person " + id + " +12025550143", "person " + id + " +12025550143",
			"person " + id + " +12025550199", "remove " + id + " +12025550199", "remove " + id + " +12025550143",
		})
		if fmt.Sprint(effects) != want {
			t.Errorf("%q", effects)
		}
	})
}

func TestAddressBookByHand(t *testing.T) {
	s := smstest.New(smstest.Options{})
	a, b := s.AddList("a"), s.AddList("b")
	id := s.PutPersonByHand(a, smstest.Person{Phone: "+1 202 555 0143", FirstName: " Jane "})
	if again := s.PutPersonByHand(b, smstest.Person{Phone: "12025550143", FirstName: "Janet"}); again != id {
		t.Errorf("%s and %s", id, again)
	}
	if !s.EditPerson("+12025550143", func(p *smstest.Person) { p.Phone = "+12025550144" }) || s.EditPerson("+12025550143", func(*smstest.Person) {}) {
		t.Error("the number did not change")
	}
	s.RemovePersonByHand(a, "+12025550144")
	got := s.People(b)
	if len(s.People(a)) != 0 || len(got) != 1 || got[0].ID != id || got[0].Phone != "+12025550144" || got[0].FirstName != "Janet" {
		t.Errorf("%+v", got)
	}
	s.RemoveListByHand(b)
	if len(s.People(b)) != 0 || len(s.Log()) != 0 {
		t.Error("the list is still there, or a hand was logged")
	}
	s.OptOutByHand("12025550144")
	if out := s.OptedOut(); len(out) != 1 || out[0] != "+12025550144" {
		t.Errorf("%v", out)
	}
	s.OptInByHand("+12025550144")
	if out := s.OptedOut(); len(out) != 0 {
		t.Errorf("%v", out)
	}
}
