package sync_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var breakEngine = flag.String("mutants", "", "break the engine in the ways of the list, and see that the tests notice: all, or third (of them, another one each day)")

// A mutant is one small way of breaking the engine, and the tests that must notice it.
type mutant struct {
	breaks   string // what is wrong with it
	file     string
	from, to string
	noticed  string // by these tests
}

var mutants = []mutant{
	{"an edit of ours is lost where only we changed a field", "merge/merge.go", "case joined, theirs == base, ", "case joined, ", "TestMerge$|TestMergeProperties"},
	{"both sides to the same value is a conflict", "merge/merge.go", "case ours == theirs, ", "case ", "TestMerge$"},
	{"the CRM's change is taken back by the base", "merge/merge.go", "m := Merged{Base: crm, ", "m := Merged{Base: r.Base, ", "TestMerge$"},
	{"tags do not merge as a set", "merge/merge.go", "ours = store.MergeSets(r.Base.Set(field), crm.Set(field), r.Edits.Set(field))", "ours = r.Edits[field]", "TestMerge$|TestMergeProperties"},
	{"tags go with the other fields and overwrite all", "merge/merge.go", "delete(fields, store.Tags)", "_ = fields", "TestMerge$|TestIntents"},
	{"a policy of a field is not heard", "merge/policy.go", "if p, ok := r.Fields[field]; ok {", "if p, ok := r.Fields[field]; ok && p == CRMWins {", "TestMerge$"},
	{"newest means oldest", "merge/policy.go", "return mark.At > r.SeenAt.UnixMilli()", "return mark.At < r.SeenAt.UnixMilli()", "TestMerge$"},
	{"an unclear call is simply made again", "lane.go", "out.State, out.DueAt = store.Unknown, now.Add(c.Config.SettleAfter)", "out.DueAt = now.Add(c.Config.SettleAfter)", "TestUnclearTaskThatStaffChanged$"},
	{"what was cut off is taken for done", "settle.go", "out := store.Outcome{State: store.Unknown, Reason: \"cut off", "out := store.Outcome{State: store.Done, Reason: \"cut off", "TestCrashAtEveryRequest$"},
	{"an opt-out does not stop a text that waits", "effect_text.go", "if t.Purpose != store.ForOptOut { // the one", "if t.Purpose == store.ForOptOut { // the one", "TestRulesHeedOptOuts$"},
	{"a moved appointment is reminded of at its old time", "remind/outdated.go", "case a.Get(store.Start) != row.Starts:", "case a.Get(store.Start) == \"\":", "TestMovedAppointmentIsANewReminder$"},
	{"a moved appointment is no new reminder", "remind/decide.go", "key := fmt.Sprintf(\"remind/%s/%s/%s\", a.CRMID, a.Get(store.Start), rule)", "key := fmt.Sprintf(\"remind/%s/%s\", a.CRMID, rule)", "TestReminderKey$"},
	{"a record that moved on is overwritten with an old plan", "effect_crm.go", "case r.Rev != in.Rev, r.Seen != nil:", "case r.GoneAt.After(r.ChangedAt):", "TestTruth$"},
	{"what a list does not show is gone without a read", "poll_crm.go", "return each(ctx, c, readCRM, known, func(ctx context.Context, id string) error { return c.readAgain(ctx, e, id) })",
		"return each(ctx, c, readCRM, known, func(ctx context.Context, id string) error { return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.Gone(ctx, e, id) }) })", "TestTaskMissingFromTheList$"},
	{"any number may vanish at once", "brake.go", "case missing <= goneFloor:", "case missing <= goneFloor*1000:", "TestMassDisappearanceIsBraked$"},
	{"a held brake lets go on", "brake.go", "return b.State == store.BrakeReleased, err", "return b.State != store.BrakeDropped, err", "TestMassDisappearanceIsBraked$"},
	{"polls do not reach back over the index's lag", "poll_crm.go", "overlap = 2 * time.Minute", "overlap = -1 * time.Minute", "TestLateIndexDoesNotRevive$"},
	{"another spelling is sent for ever", "record/compare.go", "plain(sent) == plain(shown) && plain(sent) != \"\" ||", "sent == shown ||", "TestAnotherSpellingIsAccepted$"},
	{"a deletion beats a change", "merge/merge.go", "if r.Seen != nil && (r.SeenAt.After(r.DoomedAt)", "if r.Seen == nil && (r.SeenAt.After(r.DoomedAt)", "TestMerge$|TestChangeBeats"},
	{"who leaves the list loses the tag although that is off", "merge/book.go", "if rule.In && rule.Deletes {", "if rule.In {", "TestBook|TestLeaving"},
	{"a value that the gateway will not keep is put for ever", "merge/book.go", "slices.Contains(c.Asked, f), c.Entry.Parked(f, o):", "slices.Contains(c.Asked, f):", "TestBook"},
	{"an older mirror passes for the present one", "guard.go", "case now.Epoch < mark.Epoch, now.Newest < mark.Newest:", "case now.Epoch < -mark.Epoch:", "TestCopyFromBeforeAStart$"},
	{"a backup that fits the mark passes for the mirror", "guard.go", "case made != \"\": // it says", "case made == \"never\": // it says", "TestBackupPutBack"},
	{"a copy texts on its own", "guard.go", "store.SendText, store.DeleteContact,", "store.DeleteContact,", "TestMirrorPutBackFromACopy$"},
	{"a page is stored without its cursor", "poll_crm.go", "return cur.store(ctx, tx)\n\t})\n\tif err != nil {\n\t\treturn err\n\t}\n\tc.tellObserved", "return nil\n\t})\n\tif err != nil {\n\t\treturn err\n\t}\n\tc.tellObserved", "TestImportGoesOnWhereItWasCutOff$"},
	{"a rule follows what was there before it", "plan/rules.go", "e.ID <= since.Event || c.At.Before(since.Since)", "e.ID <= 0*since.Event || c.At.Before(since.Since)", "TestRulesAreSilent"},
	{"rules follow one another for ever", "rule/decide.go", "case c.Event.Depth >= mostDepth:", "case c.Event.Depth > 99*mostDepth:", "TestDecideRule|TestRulesThatFollow"},
	{"a rule answers what sounds like an opt-out", "rule/decide.go", "case c.Text != nil && c.Text.MaybeStop:", "case c.Text != nil && c.Text.MaybeStop && c.OptedOut:", "TestDecideRule"},
	{"what was made here in doubt is news again", "plan/rules.go", "case doubt || c.Contact != nil && unread(c.Contact):", "case c.Contact != nil && unread(c.Contact) && !doubt:", "TestRulesWaitForWhatIsInDoubt"},
	{"a copy does again what its rules did", "plan/rules.go", "if r.doubt && d.Stopped == \"\" {", "if r.doubt && d.Stopped != \"\" {", "TestRulesAfterACopyWasPutBack"},
	{"staff need no PIN", "inbound/decide.go", "h.Body, h.HasPIN = withoutPIN(h.Body, r.PIN)", "h.Body, _ = withoutPIN(h.Body, r.PIN)", "TestDecideText|TestStaff"},
	{"two robots talk on", "inbound/restrain.go", "case t.SameAnswers >= mostSameAnswers:", "case t.SameAnswers >= 99*mostSameAnswers:", "TestRobots"},
	{"a reminder goes by a time that is only wished", "remind/decide.go", "return edited && a.CRMID != \"\" &&", "return edited && a.CRMID == \"\" &&", "TestNoReminderFor"},
	{"a time that was taken is forgotten", "plan/questions.go", "case failed && inTime:", "case failed && !inTime:", "TestMoving"},
	{"a text of a day ago is acted on as if it came in now", "inbound/visits.go", "case !a.Time(store.Start).After(c.Now): // the text", "case !a.Time(store.Start).After(c.Text.ReceivedAt): // the text", "TestDecideText|TestATextThat"},
	{"a text that came in before the mirror is acted on", "inbound/decide.go", "case c.Text.ReceivedAt.Before(w.Born.Add(-record.ClockSkew)) && !consent:", "case false:", "TestDecideText|TestText"},
	{"what waits for the morning leaves after the start", "remind/decide.go", "d.Last = hours.Earliest(start, d.Last)", "d.Last = hours.Earliest(d.Last, d.Last)", "TestDecideReminder$"},
	{"who answered is asked again", "remind/decide.go", "case c.Followed != nil && !c.Followed.AnsweredAt.IsZero():", "case c.Followed != nil && c.Followed.AnsweredAt.After(now):", "TestDecideReminder$|TestUnanswered"},
	{"what a person cancelled is decided anew", "plan/reminders.go", "case last.Code == store.CodeByHand, last.Waits(),", "case last.Waits(),", "TestCancelledByHand"},
	{"a second try does not wait", "plan/reminders.go", "l.again(before, &c) //", "_ = before //", "TestRetriedReminder"},
	{"the plan for an old start stands", "plan/reminders.go", "case r.Starts != l.a.Get(store.Start):", "case false:", "TestMovedLedger"},
	{"all that was missed leaves late", "plan/reminders.go", "o.Leaves.After(d.Leaves)", "o.Leaves.Before(d.Leaves)", "TestMissedReminders"},
	{"a pause does not hold what is queued", "effect_text.go", "if !until.IsZero() {\n\t\treturn \"paused", "if until.After(tx.Now.AddDate(1, 0, 0)) {\n\t\treturn \"paused", "TestPause$"},
	{"what waited for the gateway leaves in the night", "effect_text.go", "open || rule.Quiet == hours.Ignore {", "open || rule != nil {", "TestReminderThatWaited"},
	{"of several appointments in a text only the first is looked at again", "effect_text.go", "for i, v := range visits {", "for i, v := range visits[:1] {", "TestRemindersTogether"},
	{"what a rule asks for is not looked at again", "remind/outdated.go", "return r.If.against(a, v.Contact)", "return \"\"", "TestReminderConditions"},
	{"an old mirror is trusted", "effect_text.go", "time.Since(read) < trust", "time.Since(read) < 10*trust", "TestCRMAway"},
	{"the morning is nearest although it is too late", "hours/texting.go", "(!inTime(after) || due.Sub(before) <= after.Sub(due))", "due.Sub(before) <= after.Sub(due)", "TestDecideReminder$"},
	{"a state has the hours of its country", "hours/texting.go", "[]string{country + \"-\" + state, country}", "[]string{country + \"-\" + state[:0], country}", "TestDecideReminder$"},
	{"a time that comes twice is the second in some zones", "hours/clock.go", "!changed.IsZero() && first.Before(changed)", "changed.IsZero() && first.Before(changed)", "TestClockThat"},
	{"an answer settles the first of several texts in doubt", "plan/arrived.go", "len(meant) != 1", "len(meant) == 0", "TestAnAnswer"},
	{"an answer settles what may have left before a copy was put back", "plan/arrived.go", "case t.State == store.Done, t.SentAt.Before(p.world.Restored),", "case t.State == store.Done,", "TestAnAnswer"},
	{"any short answer settles any text", "plan/arrived.go", "if offers(t.Body, code) {", "if offers(t.Body, code) || code != \"\" {", "TestOtherWords|TestANumber"},
	{"a number settles a text that asks nothing", "plan/arrived.go", "!t.PlannedAt.Equal(asked):", "t.PlannedAt.IsZero():", "TestANumber"},
	{"a list that lags is not asked again for a day", "effect_text.go", "min(max(age/4, pause), 24*time.Hour)", "24*time.Hour", "TestALateList"},
	{"an effect whose key belongs to another one leaves", "plan/enqueue.go", "in.State, in.Reason, in.BrakeID = store.Held, reused.Error(), 0", "in.Reason = reused.Error()", "TestAReusedKey"},
}

// Every way of breaking the engine that the list names must be one: its text stands in its file once.
// With -mutants they are tried, on a copy, and the tests must fail.
func TestMutants(t *testing.T) {
	for i, m := range mutants {
		b, err := os.ReadFile(m.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), m.from); n != 1 {
			t.Errorf("%s: %q stands %d times in %s", m.breaks, m.from, n, m.file)
			continue
		}
		if *breakEngine != "all" && (*breakEngine != "third" || (i+time.Now().YearDay())%3 != 0) {
			continue
		}
		t.Run(m.breaks, func(t *testing.T) {
			t.Parallel()
			m.mustBeNoticed(t, string(b))
		})
	}
}

// mustBeNoticed builds the tests with the mutant, in no file of the tree, and runs those that must fail.
func (m mutant) mustBeNoticed(t *testing.T, code string, flags ...string) {
	t.Helper()
	dir := t.TempDir()
	broken, overlay := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json")
	original, err := filepath.Abs(m.file)
	if err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: broken}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{broken: strings.Replace(code, m.from, m.to, 1), overlay: string(list)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"test", "-vet=off", "-overlay", overlay, "-failfast", "-rapid.nofailfile", "-rapid.shrinktime=1s", "-run", m.noticed, "."}
	cmd := exec.CommandContext(t.Context(), "go", append(args, flags...)...)
	cmd.Env = append(os.Environ(), "GHLSMS_FULL=1")
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		t.Errorf("nobody noticed: %s", out)
	case strings.Contains(string(out), "no tests to run"), strings.Contains(string(out), "[build failed]"):
		t.Errorf("no such tests, or no such code: %s", out)
	default:
		t.Logf("noticed: %.300s", out)
	}
}
