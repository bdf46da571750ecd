package sync_test

import (
	"strings"
	"testing"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/store"
)

// A value that the CRM takes and does not keep is sent once more, and then left to a person.
func TestValueThatIsNotKept(t *testing.T) {
	t.Parallel()
	inWorld(t, options{}, func(w *world) {
		ann := w.person("Ann", "+12025550101")
		w.run(2 * time.Minute)
		w.crm.OnRequest(func(r ghltest.Request, p ghltest.Phase) {
			if p == ghltest.After && r.Method == "PUT" && strings.HasPrefix(r.Path, "/contacts/") {
				w.crm.EditContact(ann.ID, func(c *ghltest.Contact) { c.Website = "" })
			}
		})
		w.edit(store.Contact, ann.ID, store.Fields{"website": "https://ann.example", "city": "Boston"})
		w.run(5 * time.Minute)
		if n := w.effects("contact.update"); len(n) != 2 {
			t.Errorf("sent %d times: %v\n%s", len(n), n, w.dump())
		}
		w.want("website||https://ann.example|crm|not accepted as sent", `SELECT field, crm, local, kept, reason FROM conflicts`)
		if c := w.contactNow(ann.ID); c.City != "Boston" {
			t.Errorf("the CRM has %+v", c)
		}
		w.checkQuiet()
	})
}
