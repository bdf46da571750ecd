package smstest_test

import (
	"testing"

	"ghlsms/sms/smstest"
)

// A clone has all that there was, and what is sent through one is not sent through the other.
func TestClone(t *testing.T) {
	s := smstest.New(smstest.Options{})
	s.OnRequest(func(smstest.Request, smstest.Phase) { t.Error("the clone kept a hook") })
	s.Text("+12025550101", "STOP")
	old := s.Pipe()
	defer old.Close()
	c := s.Clone()
	p := c.Pipe()
	defer p.Close()
	if status, _, err := call(t, p.Client, "POST", p.URL+"/sms/send", hello); status != 200 || err != nil {
		t.Fatalf("status %d, %v", status, err)
	}
	c.SetDown(true)
	if len(c.Sent()) != 1 || len(s.Sent()) != 0 || len(s.Log()) != 0 {
		t.Errorf("%d texts and %d requests in the original", len(s.Sent()), len(s.Log()))
	}
	c.SetDown(false)
	if _, answer, err := call(t, p.Client, "GET", p.URL+"/v2/messages", ""); err != nil || answer == nil {
		t.Errorf("after a pause: %v %v", answer, err)
	}
}
