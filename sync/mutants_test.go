package sync_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	breakEngine = flag.String("mutants", "", "break the engine in the ways of the list, and see that the tests notice: all, or third (of them, another one each day)")
	plant       = flag.String("planted", "", "break the promises in the ways of the list, one by one, and see that the stories find each: first (the first of each promise) or all")
)

// A mutant is one small way of breaking the engine, and who must notice it.
type mutant struct {
	breaks   string // what is wrong with it
	file     string
	from, to string
	promise  int    // of doc.go, which it breaks; 0: none in particular
	stories  string // of the model, which must find it from less than a hundred seeds: nobody told them what to look for
	noticed  string // by these tests, here or in a package below; empty: by the stories only
}

const (
	byStories = "TestTruth$"
	byCrashes = "TestCrashPoints$"
)

// mutants are all of them. The first of each promise is tried most often.
var mutants = []mutant{
	{"an unclear call is simply made again", "lane.go", "out.State, out.DueAt = store.Unknown, c.askAgain(now, c.Config.SettleAfter)", "out.DueAt = now.Add(c.Config.SettleAfter)", 1, byStories, "TestUnclearTaskThatStaffChanged$"},
	{"what could not be sent counts as sent", "lane.go", "\tcase refused, forbidden, away, sick:\n", "\tcase refused, forbidden, away, sick:\n\t\tout.State = store.Done\n", 1, byStories, ""},
	{"what a list does not show leaves again", "effect_text.go", "return e.parked(in, \"the gateway does not show it, and that is no proof\")", "return result{Outcome: store.Outcome{State: store.Pending, Reason: \"not shown\"}}", 1, byStories, ""},
	{"a text is claimed after it left", "deliver.go", "claimed, err := c.claim(ctx, eff, in)", "claimed, err := true, error(nil)", 1, byCrashes, ""},
	{"what was cut off is taken for done", "settle.go", "out := store.Outcome{State: store.Unknown, Reason: \"cut off", "out := store.Outcome{State: store.Done, Reason: \"cut off", 2, byCrashes, "TestCrashAtEveryRequest$"},
	{"the same words are the same text", "poll.go", "Key: in.Key, Sender", "Key: in.Text, Sender", 2, byStories, ""},
	{"an edit of ours is lost where only we changed a field", "merge/merge.go", "case joined, theirs == base, ", "case joined, ", 3, byStories, "TestMerge$|TestMergeProperties"},
	{"tags do not merge as a set", "merge/merge.go", "ours = store.MergeSets(r.Base.Set(field), crm.Set(field), r.Edits.Set(field))", "ours = r.Edits[field]", 3, byStories, "TestMerge$|TestMergeProperties"},
	{"a record that moved on is overwritten with an old plan", "effect_crm.go", "case r.Rev != in.Rev, r.Seen != nil:", "case r.GoneAt.After(r.ChangedAt):", 3, byStories, byStories},
	{"the loser is not kept", "../store/conflict.go", "c.CRM, c.Local, c.LocalBy,", "c.CRM, c.CRM, c.LocalBy,", 4, byStories, ""},
	{"newest means oldest", "merge/policy.go", "return info.At > r.SeenAt.UnixMilli()", "return info.At < r.SeenAt.UnixMilli()", 4, byStories, "TestMerge$"},
	{"STOP is confirmed and not kept", "plan/consent.go", "changed, err := setDND(ctx, tx, o.Number, \"active\", store.Origin(o.Source))\n\tif err != nil {", "changed, err := false, error(nil)\n\tif err == nil {", 5, byStories, ""},
	{"what a list does not show is gone without a read", "poll_crm.go", "return each(ctx, c, readCRM, known, func(ctx context.Context, id string) error { return c.readAgain(ctx, e, id) })",
		"return each(ctx, c, readCRM, known, func(ctx context.Context, id string) error { return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.Gone(ctx, e, id) }) })", 6, byStories, "TestTaskMissingFromTheList$"},
	{"a moved appointment is no new reminder", "remind/decide.go", "key := fmt.Sprintf(\"remind/%s/%s/%s\", a.CRMID, a.Get(store.Start), rule)", "key := fmt.Sprintf(\"remind/%s/%s\", a.CRMID, rule)", 7, byStories, "TestReminderKey$"},
	{"what has no edits is written too", "merge/merge.go", "case len(r.Edits) == 0, ", "case len(r.Edits) < 0, ", 8, byStories, ""},
	{"staff hear of silence days later", "plan/alarms.go", "p.tx.Now.Sub(oldest) < p.cfg.StaleAfter {", "p.tx.Now.Sub(oldest) < 100*p.cfg.StaleAfter {", 9, byStories, ""},
	{"a commit is not on the disk when the call is made", "../store/store.go", "synchronous(full)", "synchronous(off)", 10, byCrashes, ""},
	{"what was cut off is forgotten", "../store/outbox.go", "o.state = 'sending' OR (", "o.id < 0 OR (", 10, byCrashes, ""},
	{"an older mirror passes for the present one", "guard.go", "case now.Epoch < mark.Epoch, now.Newest < mark.Newest:", "case now.Epoch < -mark.Epoch:", 10, byCrashes, "TestCopyFromBeforeAStart$"},
	{"both sides to the same value is a conflict", "merge/merge.go", "case ours == theirs, ", "case ", 0, "", "TestMerge$"},
	{"the CRM's change is taken back by the base", "merge/merge.go", "m := Merged{Base: crm, ", "m := Merged{Base: r.Base, ", 0, "", "TestMerge$"},
	{"tags go with the other fields and overwrite all", "merge/merge.go", "delete(fields, store.Tags)", "_ = fields", 0, "", "TestMerge$|TestIntents"},
	{"a policy of a field is not heard", "merge/policy.go", "if p, ok := r.Fields[field]; ok {", "if p, ok := r.Fields[field]; ok && p == CRMWins {", 0, "", "TestMerge$"},
	{"an opt-out does not stop a text that waits", "effect_text.go", "if t.Purpose != store.ForOptOut { // the one", "if t.Purpose == store.ForOptOut { // the one", 0, "", "TestRulesHeedOptOuts$"},
	{"a moved appointment is reminded of at its old time", "remind/outdated.go", "case a.Get(store.Start) != row.Starts:", "case a.Get(store.Start) == \"\":", 0, "", "TestMovedAppointmentIsANewReminder$"},
	{"any number may vanish at once", "brake.go", "case missing <= goneFloor:", "case missing <= goneFloor*1000:", 0, "", "TestMassDisappearanceIsBraked$"},
	{"a held brake lets go on", "brake.go", "return b.State == store.BrakeReleased, err", "return b.State != store.BrakeDropped, err", 0, "", "TestMassDisappearanceIsBraked$"},
	{"polls do not reach back over the index's lag", "poll_crm.go", "overlap = 2 * time.Minute", "overlap = -1 * time.Minute", 0, "", "TestLateIndexDoesNotRevive$"},
	{"another spelling is sent for ever", "record/compare.go", "plain(sent) == plain(shown) && plain(sent) != \"\" ||", "sent == shown ||", 0, "", "TestAnotherSpellingIsAccepted$"},
	{"a deletion beats a change", "merge/merge.go", "if r.Seen != nil && (r.SeenAt.After(r.DoomedAt)", "if r.Seen == nil && (r.SeenAt.After(r.DoomedAt)", 0, "", "TestMerge$|TestChangeBeats"},
	{"who leaves the list loses the tag although that is off", "merge/book.go", "if rule.In && rule.Deletes {", "if rule.In {", 0, "", "TestBook|TestLeaving"},
	{"a value that the gateway will not keep is put for ever", "merge/book.go", "slices.Contains(c.Asked, f), c.Entry.Parked(f, o):", "slices.Contains(c.Asked, f):", 0, "", "TestBook"},
	{"a backup that fits the mark passes for the mirror", "guard.go", "case made != \"\": // a backup says", "case made == \"never\": // a backup says", 0, "", "TestBackupPutBack"},
	{"a copy texts on its own", "../store/kinds.go", "return does == texts || does == deletes", "return does == deletes", 0, "", "TestMirrorPutBackFromACopy$"},
	{"a page is stored without its cursor", "poll_crm.go", "return cur.store(ctx, tx)\n\t})\n\tif err != nil {\n\t\treturn err\n\t}\n\tc.logObserved",
		"return nil\n\t})\n\tif err != nil {\n\t\treturn err\n\t}\n\tc.logObserved", 0, "", "TestImportGoesOnWhereItWasCutOff$"},
	{"a rule follows what was there before it", "plan/rules.go", "e.ID <= since.Event || c.At.Before(since.Since)", "e.ID <= 0*since.Event || c.At.Before(since.Since)", 0, "", "TestRulesAreSilent"},
	{"rules follow one another for ever", "rule/decide.go", "case c.Event.Depth >= mostDepth:", "case c.Event.Depth > 99*mostDepth:", 0, "", "TestDecideRule|TestRulesThatFollow"},
	{"a rule answers what sounds like an opt-out", "rule/actions.go", "case c.Text != nil && c.Text.MaybeStop:", "case c.Text != nil && c.Text.MaybeStop && c.OptedOut:", 0, "", "TestDecideRule"},
	{"what was made here in doubt is news again", "plan/rules.go", "case doubt || c.Contact != nil && unread(c.Contact):", "case c.Contact != nil && unread(c.Contact) && !doubt:", 0, "", "TestRulesWaitForWhatIsInDoubt"},
	{"a copy does again what its rules did", "plan/rules.go", "if r.mayBeOld(&c.Event) && d.Stopped == \"\" {", "if r.doubt && d.Stopped != \"\" {", 0, "", "TestRulesAfterACopyWasPutBack"},
	{"staff need no PIN", "inbound/decide.go", "m.Body, m.HasPIN = withoutPIN(m.Body, r.PIN)", "m.Body, _ = withoutPIN(m.Body, r.PIN)", 0, "", "TestDecideText|TestStaff"},
	{"two robots talk on", "inbound/restrain.go", "case t.SameAnswers >= mostSameAnswers:", "case t.SameAnswers >= 99*mostSameAnswers:", 0, "", "TestRobots"},
	{"a reminder goes by a time that is only wished", "remind/decide.go", "return edited && a.CRMID != \"\" &&", "return edited && a.CRMID == \"\" &&", 0, "", "TestNoReminderFor"},
	{"a time that was taken is forgotten", "plan/questions.go", "case failed && inTime:", "case failed && !inTime:", 0, "", "TestMoving"},
	{"a text of a day ago is acted on as if it came in now", "inbound/visits.go", "case !a.Time(store.Start).After(c.Now): // the text", "case !a.Time(store.Start).After(c.Text.ReceivedAt): // the text", 0, "", "TestDecideText|TestATextThat"},
	{"a text that came in before the mirror is acted on", "inbound/decide.go", "case w.FromBefore(&c.Text) && !consent:", "case false:", 0, "", "TestDecideText|TestText"},
	{"what waits for the morning leaves after the start", "remind/decide.go", "d.Last = hours.Earliest(start, d.Last)", "d.Last = hours.Earliest(d.Last, d.Last)", 0, "", "TestDecideReminder$"},
	{"who answered is asked again", "remind/decide.go", "case c.Followed != nil && !c.Followed.AnsweredAt.IsZero():", "case c.Followed != nil && c.Followed.AnsweredAt.After(now):", 0, "", "TestDecideReminder$|TestUnanswered"},
	{"what a person cancelled is decided anew", "plan/reminders.go", "case last.Code == store.CodeByHand, last.Waits(),", "case last.Waits(),", 0, "", "TestCancelledByHand"},
	{"a second try does not wait", "plan/reminders.go", "l.again(before, &c) //", "_ = before //", 0, "", "TestRetriedReminder"},
	{"the plan for an old start stands", "plan/reminders.go", "case r.Starts != l.a.Get(store.Start):", "case false:", 0, "", "TestMovedLedger"},
	{"all that was missed leaves late", "plan/reminders.go", "o.Leaves.After(d.Leaves)", "o.Leaves.Before(d.Leaves)", 0, "", "TestMissedReminders"},
	{"a pause does not hold what is queued", "effect_text.go", "if !until.IsZero() {\n\t\treturn \"paused", "if until.After(tx.Now.AddDate(1, 0, 0)) {\n\t\treturn \"paused", 0, "", "TestPause$"},
	{"what waited for the gateway leaves in the night", "quiet.go", "why, _ := (&rule.Rule{}).Closed(week, now, place.Zone)", "why := week.String()[:0]", 0, "", "TestReminderThatWaited"},
	{"a rule's text that waited for the gateway leaves in the night", "quiet.go", "t.Purpose != store.ForRule && t.Purpose", "t.Purpose == store.ForRule || t.Purpose", 0, "", "TestRulesTextThatWaited"},
	{"a rule texts at any hour", "rule/hours.go", "if a.Kind != ActText {", "if a.Kind != \"\" {", 0, "", "TestDecideRule"},
	{"a rule's own hours make those of people longer", "rule/hours.go", "both = texting.Within(*rule.Between)", "both = *rule.Between", 0, "", "TestDecideRule"},
	{"a rule's text that waited for the gateway leaves at hours at which the rule texts nobody", "quiet.go", "why, both := h.rule.Closed(", "why, both := (&rule.Rule{}).Closed(", 0, "", "TestRulesTextThatWaitedPastItsRulesHours"},
	{"of several appointments in a text only the first is looked at again", "effect_text.go", "for i, v := range visits {", "for i, v := range visits[:1] {", 0, "", "TestRemindersTogether"},
	{"what a rule asks for is not looked at again", "remind/outdated.go", "return r.If.Objection(condition.Case{Appointment: a, Contact: v.Contact}, w)", "_, _ = condition.Case{}, w\n\treturn \"\"", 0, "", "TestReminderConditions"},
	{"an old mirror is trusted", "effect_text.go", "time.Since(read) < trust", "time.Since(read) < 10*trust", 0, "", "TestCRMAway"},
	{"the morning is nearest although it is too late", "hours/week.go", "(!inTime(after) || due.Sub(before) <= after.Sub(due))", "due.Sub(before) <= after.Sub(due)", 0, "", "TestDecideReminder$"},
	{"a state has the hours of its country", "hours/texting.go", "[]string{country + \"-\" + state, country}", "[]string{country + \"-\" + state[:0], country}", 0, "", "TestDecideReminder$"},
	{"a time that comes twice is the second in some zones", "hours/clock.go", "!changed.IsZero() && first.Before(changed)", "changed.IsZero() && first.Before(changed)", 0, "", "TestClockThat"},
	{"an answer settles the first of several texts in doubt", "plan/arrived.go", "len(meant) != 1", "len(meant) == 0", 0, "", "TestAnAnswer"},
	{"an answer settles what may have left before a copy was put back", "plan/arrived.go", "case t.State == store.Done, t.SentAt.Before(p.world.Restored),", "case t.State == store.Done,", 0, "", "TestAnAnswer"},
	{"any short answer settles any text", "plan/arrived.go", "if offers(t.Body, code) {", "if offers(t.Body, code) || code != \"\" {", 0, "", "TestOtherWords|TestANumber"},
	{"a number settles a text that asks nothing", "plan/arrived.go", "!t.PlannedAt.Equal(asked):", "t.PlannedAt.IsZero():", 0, "", "TestANumber"},
	{"a list that lags is not asked again for a day", "effect_text.go", "min(max(age/4, pause), 24*time.Hour)", "24*time.Hour", 0, "", "TestALateList"},
	{"a refusal that may meet everybody is one text's", "lane.go", "alone := known && c.refusals.left > first", "alone := known || c.refusals.left > first", 0, "", "TestARefusalThat"},
	{"what met three people closes nothing", "lane.go", "len(c.refusals.who) >= enoughRefused", "len(c.refusals.who) >= 1000", 0, "", "TestARefusalThat"},
	{"one text tries again and again for all", "deliver.go", "cmp.Compare(a.Attempts, b.Attempts)", "0*cmp.Compare(a.Attempts, b.Attempts)", 0, "", "TestEachTryIs"},
	{"a balance above nothing ends the want of credit", "poll.go", "(perr != nil || left.Amount > before)", "(perr != nil || left.Amount > before-before)", 0, "", "TestCreditIsThere"},
	{"silence after two seconds sends again", "effect_text.go", "time.Since(in.StartedAt) >= e.lag()", "time.Since(in.StartedAt) >= 0*e.lag()", 0, "", "TestSilenceAfterSeconds"},
	{"one lost answer makes the others wait", "lane.go", "if n -= c.mostDoubts(); n <= 0 {", "if n -= c.mostDoubts(); n <= -9 {", 0, "", "TestTenLostAnswers"},
	{"any number of texts may be in doubt", "lane.go", "c.doubts >= c.mostDoubts()", "c.doubts >= 99*c.mostDoubts()", 0, "", "TestFiveDoubts|TestAGatewayInTrouble"},
	{"two texts to one number are in doubt", "effect_text.go", "if e.mostDoubts() > 0 && t.Purpose", "if e.mostDoubts() < 0 && t.Purpose", 0, "", "TestNoTwoDoubts"},
	{"what is in doubt is asked about after minutes only", "settle.go", "after < c.Config.SettleAfter && at", "after < 0 && at", 0, "", "TestWhatTheCRMMade|TestTenLostAnswers"},
	{"an error about one record keeps all waiting", "plan/caught.go", "if store.IsOfOne(err) && len(p", "if IsPanic(err) && len(p", 0, "", "TestAnErrorAbout"},
	{"an effect whose key belongs to another one leaves", "plan/enqueue.go", "in.State, in.Reason, in.BrakeID = store.Held, reused.Error(), 0", "in.Reason = reused.Error()", 0, "", "TestAReusedKey"},
}

// Every way of breaking the engine that the list names must be one: its text stands in its file once.
// With -mutants they are tried, on a copy, and the tests must fail.
func TestMutants(t *testing.T) {
	for i, m := range mutants {
		code := m.read(t)
		if m.noticed == "" || *breakEngine != "all" && (*breakEngine != "third" || (i+time.Now().YearDay())%3 != 0) {
			continue
		}
		t.Run(m.breaks, func(t *testing.T) {
			t.Parallel()
			m.mustBeNoticed(t, code, m.noticed)
		})
	}
}

// Each promise has a way of breaking it in the list. With -planted the stories must find it.
func TestPlantedBugs(t *testing.T) {
	found := map[int]bool{}
	for _, m := range mutants {
		if m.promise == 0 {
			continue
		}
		code, first := m.read(t), !found[m.promise]
		found[m.promise] = true
		if *plant != "all" && (*plant != "first" || !first) {
			continue
		}
		t.Run(fmt.Sprintf("%d %s", m.promise, m.breaks), func(t *testing.T) {
			t.Parallel()
			m.mustBeNoticed(t, code, m.stories, "-truth.runs=100", "-crash.points=1500")
		})
	}
	for promise := 1; promise <= 10; promise++ {
		if !found[promise] {
			t.Errorf("no bug is planted against promise %d", promise)
		}
	}
}

// Every test that must notice a mutant is there.
func TestMutantsHaveTests(t *testing.T) {
	all := testPackages(t)
	for _, m := range mutants {
		for _, pattern := range []string{m.stories, m.noticed} {
			for one := range strings.SplitSeq(pattern, "|") {
				if pattern != "" && len(having(t, all, one)) == 0 {
					t.Errorf("%s: there is no test %s", m.breaks, one)
				}
			}
		}
	}
}

// read reads the file of a mutant, in which what it changes must stand once.
func (m mutant) read(t *testing.T) (code string) {
	t.Helper()
	b, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), m.from); n != 1 {
		t.Fatalf("%s: %q stands %d times in %s", m.breaks, m.from, n, m.file)
	}
	return string(b)
}

// mustBeNoticed builds the tests with the mutant, in no file of the tree, and runs those that must fail, in
// one package after the other until one notices.
func (m mutant) mustBeNoticed(t *testing.T, code, pattern string, flags ...string) {
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
	packages := having(t, testPackages(t), pattern)
	if len(packages) == 0 {
		t.Fatalf("there is no test %s", pattern)
	}
	for _, p := range packages {
		args := []string{"test", "-vet=off", "-overlay", overlay, "-failfast", "-run", pattern, p.dir}
		if p.rapid {
			args = append(args, "-rapid.nofailfile", "-rapid.shrinktime=1s")
		}
		cmd := exec.CommandContext(t.Context(), "go", append(args, flags...)...)
		cmd.Env = append(os.Environ(), "GHLSMS_FULL=1")
		out, err := cmd.CombinedOutput()
		switch said := string(out); {
		case strings.Contains(said, "no tests to run"), strings.Contains(said, "[build failed]"), strings.Contains(said, "[setup failed]"),
			strings.Contains(said, "flag provided but not defined"):
			t.Fatalf("no such tests, or no such code: %s", out)
		case err != nil:
			t.Logf("noticed in %s: %.300s", p.dir, out)
			return
		}
	}
	t.Errorf("nobody noticed: %s in %v", pattern, packages)
}

// A testPackage is the engine's package or one below it.
type testPackage struct {
	dir   string // as the go command wants it
	tests []string
	rapid bool // its tests know the flags of rapid
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)

// testPackages are those that have tests. The engine's own takes the longest and comes last.
func testPackages(t *testing.T) (all []testPackage) {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*/*_test.go", "*_test.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dir := strings.TrimSuffix("./"+filepath.Dir(name), "/.")
		if len(all) == 0 || all[len(all)-1].dir != dir {
			all = append(all, testPackage{dir: dir})
		}
		p := &all[len(all)-1]
		for _, found := range testFunction.FindAllSubmatch(b, -1) {
			p.tests = append(p.tests, string(found[1]))
		}
		p.rapid = p.rapid || strings.Contains(string(b), `"pgregory.net/rapid"`)
	}
	return all
}

// having are the packages with a test that a pattern means.
func having(t *testing.T, all []testPackage, pattern string) []testPackage {
	t.Helper()
	means, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(slices.Clone(all), func(p testPackage) bool { return !slices.ContainsFunc(p.tests, means.MatchString) })
}
