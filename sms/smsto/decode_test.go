package smsto

import (
	"encoding/json"
	"errors"
	"regexp"
	"testing"

	"ghlsms/sms"
)

var nineDigits = regexp.MustCompile(`[0-9]{9}`)

// Whatever the answer: no panic, readable people have a number that reads as itself, unreadable
// ones show none, and every row is one or the other.
func FuzzPeopleAnswer(f *testing.F) {
	for _, body := range []string{
		`[{"id":7,"phone":"+35799123456","firstname":"Ann","optout":1}]`, `{"success":true,"data":{"data":[{"phone":35799123456}],"total":"1"}}`,
		`{"data":[{"_id":"x","phone":"PAYPAL"},7,null]}`, `{"data":{"id":9}}`, `{"errors":{"phone":["bad"]}}`, ` [ ] `, `{"meta":[],"data":[[]]}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in told
		if json.Unmarshal(body, &in) == nil && in.agreed() && in.refused() {
			t.Error("both yes and no")
		}
		var page rows[json.RawMessage]
		if json.Unmarshal(body, &page) != nil {
			return
		}
		var count tally
		fresh := count.add(1, page)
		got, err := sheet{rows: fresh}.people()
		if err != nil {
			return
		}
		if len(got.People)+len(got.Bad) != len(fresh) {
			t.Errorf("%d rows, %d people and %d bad", len(fresh), len(got.People), len(got.Bad))
		}
		for _, p := range got.People {
			if again, err := sms.ParsePhone(string(p.Phone), ""); err != nil || again != p.Phone || sms.Clean(p.FirstName) != p.FirstName {
				t.Errorf("%+v", p)
			}
		}
		if err := errors.Join(got.Bad...); err != nil && nineDigits.MatchString(err.Error()) {
			t.Errorf("a number in %v", err)
		}
	})
}
