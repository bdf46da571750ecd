package sync

import (
	"testing"

	"ghlsms/store"
)

// Every kind of effect has one full row.
func TestEveryEffectHasARow(t *testing.T) {
	if len(effects) != len(store.Kinds) {
		t.Errorf("%d rows, %d kinds", len(effects), len(store.Kinds))
	}
	for _, k := range store.Kinds {
		r, eff, err := (&cycle{}).effect(k)
		switch {
		case err != nil:
			t.Error(err)
		case eff == nil, r.believe == nil, r.carry == r.ask, r.Means == "", r.Example == "", r.Doubt.Look == "", r.Doubt.Happened == "", r.Doubt.Retry == "":
			t.Errorf("%s: the row is not full", k)
		case (r.carry == writeCRM) != (len(r.Calls) > 0):
			t.Errorf("%s: it calls %q on lane %d", k, r.Calls, r.carry)
		case k.OnceOnly() && r.Doubt == harmless:
			t.Errorf("%s: it does harm if it is done twice, and says that it does not", k)
		}
	}
	if _, _, err := (&cycle{}).effect("text.shout"); err == nil {
		t.Error("what has no row can be carried out")
	}
}
