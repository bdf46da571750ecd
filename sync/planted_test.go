package sync_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var plant = flag.String("planted", "", "plant bugs of the list, one by one, and see that the stories find each: first (the first of each promise) or all")

// A planted bug breaks one promise of doc.go. The stories of the model, told from less than a hundred seeds,
// must find it: nobody told them what to look for.
var planted = []struct {
	promise int
	mutant
}{
	{1, mutant{"an unclear call is simply made again", "lane.go", "out.State, out.DueAt = store.Unknown, now.Add(c.Config.SettleAfter)", "out.DueAt = now.Add(c.Config.SettleAfter)", byStories}},
	{1, mutant{"what could not be sent counts as sent", "lane.go", "\tcase away, sick:\n", "\tcase away, sick:\n\t\tout.State = store.Done\n", byStories}},
	{1, mutant{"what a list does not show leaves again", "effect_text.go", "return e.parked(in, \"the gateway does not show it, and that is no proof\")", "return result{Outcome: store.Outcome{State: store.Pending, Reason: \"not shown\"}}", byStories}},
	{1, mutant{"a text is claimed after it left", "deliver.go", "claimed, err := c.claim(ctx, eff, in)", "claimed, err := true, error(nil)", byCrashes}},
	{2, mutant{"what was cut off counts as done", "settle.go", "out := store.Outcome{State: store.Unknown, Reason: \"cut off", "out := store.Outcome{State: store.Done, Reason: \"cut off", byCrashes}},
	{2, mutant{"the same words are the same text", "poll.go", "Key: in.Key, Sender", "Key: in.Text, Sender", byStories}},
	{3, mutant{"an edit here is lost where only that changed", "merge/merge.go", "case joined, theirs == base, ", "case joined, ", byStories}},
	{3, mutant{"tags do not merge as a set", "merge/merge.go", "ours = store.MergeSets(r.Base.Set(field), crm.Set(field), r.Edits.Set(field))", "ours = r.Edits[field]", byStories}},
	{3, mutant{"an old plan overwrites what changed since", "effect_crm.go", "case r.Rev != in.Rev, r.Seen != nil:", "case r.GoneAt.After(r.ChangedAt):", byStories}},
	{4, mutant{"the loser is not kept", "../store/conflict.go", "c.CRM, c.Local, c.LocalBy,", "c.CRM, c.CRM, c.LocalBy,", byStories}},
	{4, mutant{"newest means oldest", "merge/policy.go", "return mark.At > r.SeenAt.UnixMilli()", "return mark.At < r.SeenAt.UnixMilli()", byStories}},
	{5, mutant{"STOP is confirmed and not kept", "plan/consent.go", "changed, err := setDND(ctx, tx, o.Number, \"active\", store.Origin(o.Source))\n\tif err != nil {", "changed, err := false, error(nil)\n\tif err == nil {", byStories}},
	{6, mutant{"what a list does not show is gone without a read", "poll_crm.go", "return each(ctx, c, readCRM, known, func(ctx context.Context, id string) error { return c.readAgain(ctx, e, id) })",
		"return each(ctx, c, readCRM, known, func(ctx context.Context, id string) error { return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.Gone(ctx, e, id) }) })", byStories}},
	{7, mutant{"a moved appointment is no new reminder", "remind/decide.go", "key := fmt.Sprintf(\"remind/%s/%s/%s\", a.CRMID, a.Get(store.Start), rule)", "key := fmt.Sprintf(\"remind/%s/%s\", a.CRMID, rule)", byStories}},
	{8, mutant{"what has no edits is written too", "merge/merge.go", "case len(r.Edits) == 0, ", "case len(r.Edits) < 0, ", byStories}},
	{9, mutant{"staff hear of silence days later", "plan/alarms.go", "p.tx.Now.Sub(oldest) < p.cfg.StaleAfter {", "p.tx.Now.Sub(oldest) < 100*p.cfg.StaleAfter {", byStories}},
	{10, mutant{"a commit is not on the disk when the call is made", "../store/store.go", "synchronous(full)", "synchronous(off)", byCrashes}},
	{10, mutant{"what was cut off is forgotten", "../store/outbox.go", "o.state = 'sending' OR (", "o.id < 0 OR (", byCrashes}},
	{10, mutant{"an older mirror passes for the present one", "guard.go", "case now.Epoch < mark.Epoch, now.Newest < mark.Newest:", "case now.Epoch < -mark.Epoch:", byCrashes}},
}

const (
	byStories = "TestTruth$"
	byCrashes = "TestCrashPoints$"
)

func TestPlantedBugs(t *testing.T) {
	found := map[int]bool{}
	for _, p := range planted {
		b, err := os.ReadFile(p.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), p.from); n != 1 {
			t.Errorf("%s: %q stands %d times in %s", p.breaks, p.from, n, p.file)
			continue
		}
		first := !found[p.promise]
		found[p.promise] = true
		if *plant != "all" && (*plant != "first" || !first) {
			continue
		}
		t.Run(fmt.Sprintf("%d %s", p.promise, p.breaks), func(t *testing.T) {
			t.Parallel()
			p.mustBeNoticed(t, string(b), "-truth.runs=100", "-crash.points=1500")
		})
	}
	for promise := 1; promise <= 10; promise++ {
		if !found[promise] {
			t.Errorf("no bug is planted against promise %d", promise)
		}
	}
}
