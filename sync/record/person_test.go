package record

import (
	"testing"

	"ghlsms/store"
	"ghlsms/sync/scenario"
)

func TestBlocked(t *testing.T) {
	for _, tt := range []struct {
		f    store.Fields
		want bool
	}{
		{nil, false},
		{store.Fields{"dnd_sms": "active"}, true},
		{store.Fields{"dnd_sms": "permanent"}, true},
		{store.Fields{"dnd_sms": "inactive"}, false},
		{store.Fields{"dnd": "true"}, true},
		{store.Fields{"dnd": "false"}, false},
		{store.Fields{"dnd_email": "active", "dnd_call": "permanent"}, false},
	} {
		if got := Blocked(&store.Record{Base: tt.f}); got != tt.want {
			t.Errorf("%s: %v", scenario.ShowFields(tt.f), got)
		}
		if got := Blocked(&store.Record{Base: store.Fields{"dnd": "true"}, Seen: store.Fields{}, Edits: tt.f}); got != tt.want {
			t.Errorf("%s as an edit: %v", scenario.ShowFields(tt.f), got)
		}
	}
	if Blocked(nil) {
		t.Error("nobody is blocked")
	}
}
