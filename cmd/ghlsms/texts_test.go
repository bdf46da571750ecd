package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store/storetest"
)

// Everything texted with somebody, in the order in which it was, whatever one calls them.
func TestTextsShow(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	t.Parallel()
	s := setStage(t, "")
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", Phone: "+12025550101"})
	s.crm.AddContact(ghltest.Contact{ID: "bob", FirstName: "Bob", Phone: "+12025550102"})
	s.crm.AddContact(ghltest.Contact{ID: "cy", FirstName: "Cy"})
	s.must("once")
	long := "I would like to know " + strings.Repeat("very much ", 8) + "about the parking"
	began := time.Now()
	for _, text := range []struct{ from, body string }{{"+12025550101", "TASK call me back"}, {"+12025550102", "TASKS"}, {"+12025550101", long}} {
		s.gateway.Text(text.from, text.body)
		s.must("once")
		time.Sleep(600 * time.Millisecond) // the gateway dates texts to the second
	}
	table := s.must("texts", "show", "+1 (202) 555-0101")
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	if began, ended := began.In(zone).Format("2006-01-02 15:"), time.Now().In(zone).Format("2006-01-02 15:"); !strings.Contains(table, began) && !strings.Contains(table, ended) {
		t.Errorf("neither %s nor %s in\n%s", began, ended, table)
	}
	says(t, "texts show", table, "task created", "asked for a task", "Noted as ", "noted", long)
	asked, answered, wrote := strings.Index(table, "TASK call"), strings.Index(table, "Noted as "), strings.Index(table, long)
	if asked > answered || answered > wrote || strings.Contains(table, "0102") || strings.Count(table, "\n") != 4 {
		t.Errorf("the wrong texts, or in the wrong order:\n%s", table)
	}
	for _, who := range []string{"2025550101", "tel:+1-202-555-0101", "ann"} {
		if got := s.must("texts", "show", who); got != table {
			t.Errorf("%s:\n%s\nwant\n%s", who, got, table)
		}
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(s.must("texts", "show", "ann", "--limit", "1", "--format", "json")), &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0]["body"] != long || rows[0]["direction"] != "in" || rows[0]["number"] != "+12025550101" {
		t.Errorf("not the newest: %v", rows)
	}
	if n := strings.Count(s.must("texts", "show", "ann", "--format", "ndjson", "--limit", "0"), `"direction"`); n != 3 {
		t.Errorf("%d texts", n)
	}
	says(t, "csv", s.must("texts", "show", "bob", "--format", "csv"), "at,direction,number,purpose,state,reason,body", ",+12025550102,")
	if got := s.must("texts", "show", "cy"); strings.Count(got, "\n") != 1 {
		t.Errorf("texts of somebody who has no number:\n%s", got)
	}
	for _, who := range []string{"+12025550199", "nobody", "99"} {
		if code, _, talk := s.ghlsms("texts", "show", who); code != exitFailed || !strings.Contains(talk, "nothing was texted with it, and no contact has it") {
			t.Errorf("%s: exit %d: %s", who, code, talk)
		}
	}
	if code, _, _ := s.ghlsms("texts", "show"); code != exitUsage {
		t.Errorf("exit %d", code)
	}
}

// What a text would do is told, and nothing is done.
func TestTextsTry(t *testing.T) {
	s := setStage(t, "")
	if err := os.Remove(filepath.Join(s.dir, "ghlsms.db")); err != nil {
		t.Fatal(err)
	}
	if code, _, talk := s.ghlsms("texts", "try", "HELP", "--from", "+12025550101"); code != exitFailed || !strings.Contains(talk, "has the daemon run once") {
		t.Errorf("exit %d: %s", code, talk)
	}
	s.crm.AddContact(ghltest.Contact{ID: "ann", FirstName: "Ann", LastName: "Lee", Phone: "+12025550101"})
	s.must("once")
	says(t, "a task", s.must("texts", "try", "TASK call Jane tomorrow 3pm", "--from", "+12025550101"),
		"the command task, from contact 1, Ann Lee", "task created", "3:00 PM", "a task is made: \"call Jane\"", "answer (1)", "Noted as 1")
	says(t, "an opt-out of a stranger", s.must("texts", "try", "please stop texting me", "--from", "(202) 555-0199"),
		"the command stop, from an unknown number", "opted out", "the number is opted out")
	says(t, "talk of a stranger", s.must("texts", "try", "Hi, I'm Jo Doe", "--from", "+12025550199"), "no command", "a contact is made: first_name=Jo")
	var trial map[string]any
	if err := json.Unmarshal([]byte(s.must("texts", "try", "TASKS", "--from", "ann", "--format", "json")), &trial); err != nil || trial["decision"] != "tasks listed" {
		t.Errorf("%v, %v", trial, err)
	}
	if n := s.count(`SELECT (SELECT count(*) FROM inbound) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM tasks) + (SELECT count(*) FROM opt_outs)`); n != 0 {
		t.Errorf("%d rows were stored", n)
	}
	if code, _, _ := s.ghlsms("texts", "try", "TASKS"); code != exitUsage {
		t.Errorf("exit %d without a number", code)
	}
}
