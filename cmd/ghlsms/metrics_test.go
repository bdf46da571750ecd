package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/store"
)

// measured is a mirror in which everything is counted that is measured, and its collector.
func measured(t *testing.T) (*store.DB, prometheus.Collector) {
	t.Helper()
	db, ctx := pageStore(t), t.Context()
	err := db.Update(ctx, func(tx *store.Tx) error {
		for rule, waits := range map[string]time.Duration{"to-come": -time.Hour, "young": 5 * time.Minute, "old": 20 * time.Minute, "older": time.Hour} {
			if err := planned(ctx, tx, rule, tx.Now.Add(-waits)); err != nil {
				return err
			}
		}
		return decided(ctx, tx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return db, daemon.NewCollector(db, config.DefaultConfig().TroubleLook(), nil)
}

// decided puts reminders into the ledger that came to each end, and some that have not.
func decided(ctx context.Context, tx *store.Tx) error {
	text := func(state store.State) (id int64, err error) {
		id, _, err = tx.EnqueueText(ctx, store.Intent{Key: "text " + string(state), State: store.Pending},
			store.Text{Number: "+12025550101", Body: "Hi", Purpose: store.ForReminder})
		if err != nil || state == store.Pending {
			return id, err
		}
		if err = tx.Claim(ctx, id, "test"); err == nil {
			err = tx.Conclude(ctx, id, store.Outcome{State: state})
		}
		return id, err
	}
	for i, r := range []struct {
		rule  string
		state store.State
		code  store.Code
	}{{"sent", store.Done, ""}, {"failed", store.Failed, ""}, {"queued", store.Pending, ""}, {"unknown", store.Unknown, ""}, {"cancelled", "", store.CodeStatus}, {"moved", "", store.CodeMoved}} {
		row := store.Reminder{AppointmentID: 1, Starts: fmt.Sprintf("2030-01-0%dT15:00:00Z", i+3), Rule: r.rule, DueAt: tx.Now, LeavesAt: tx.Now, Code: r.code}
		var err error
		if row.Skipped = string(r.code); r.state != "" {
			if row.OutboxID, err = text(r.state); err != nil {
				return err
			}
		}
		if err := tx.DecideReminder(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func TestMetrics(t *testing.T) {
	_, c := measured(t)
	want := `
# HELP ghlsms_brakes_held Brakes that hold something until a person decides.
# TYPE ghlsms_brakes_held gauge
ghlsms_brakes_held 0
# HELP ghlsms_inbound_undecided Texts that came in and wait for a decision.
# TYPE ghlsms_inbound_undecided gauge
ghlsms_inbound_undecided 1
# HELP ghlsms_outbox Effects on the way outside, by state; failed ones are not tried again.
# TYPE ghlsms_outbox gauge
ghlsms_outbox{state="failed"} 1
ghlsms_outbox{state="held"} 0
ghlsms_outbox{state="pending"} 1
ghlsms_outbox{state="sending"} 0
ghlsms_outbox{state="unknown"} 1
# HELP ghlsms_reminders_overdue Reminders that were due for longer than alarms.undecided_after and are not decided.
# TYPE ghlsms_reminders_overdue gauge
ghlsms_reminders_overdue 2
# HELP ghlsms_reminders_planned Reminders that are not decided yet, overdue ones among them.
# TYPE ghlsms_reminders_planned gauge
ghlsms_reminders_planned 4
# HELP ghlsms_reminders_total Reminders that came to an end, by what became of them.
# TYPE ghlsms_reminders_total counter
ghlsms_reminders_total{decision="late"} 0
ghlsms_reminders_total{decision="sent"} 1
ghlsms_reminders_total{decision="skipped"} 2
ghlsms_reminders_total{decision="task"} 0
ghlsms_reminders_total{decision="withdrawn"} 1
`
	var names []string
	for line := range strings.Lines(want) {
		if after, ok := strings.CutPrefix(line, "# TYPE "); ok {
			names = append(names, strings.Fields(after)[0])
		}
	}
	if err := testutil.CollectAndCompare(c, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
	if n := testutil.CollectAndCount(c, "ghlsms_build_info"); n != 1 {
		t.Errorf("%d versions", n)
	}
}

func TestMetricsFollowTheConventions(t *testing.T) {
	_, c := measured(t)
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// The age of a source tells that it stands still whether it was ever read or not.
func TestMetricsTellTheAgeOfSources(t *testing.T) {
	db, c := measured(t)
	ctx := t.Context()
	ages := func() map[string]float64 {
		reg := prometheus.NewRegistry()
		reg.MustRegister(c)
		all, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]float64{}
		for _, family := range all {
			if family.GetName() != "ghlsms_source_read_age_seconds" {
				continue
			}
			for _, m := range family.GetMetric() {
				found[m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
			}
		}
		return found
	}
	err := db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.SetMeta(ctx, store.MetaBorn, tx.Now.Add(-time.Hour).Format(time.RFC3339)); err != nil {
			return err
		}
		if err := tx.ReadFailed(ctx, "crm.notes", store.Away, "no route to host"); err != nil {
			return err
		}
		return tx.ReadDone(ctx, store.SourceContacts, tx.Now)
	})
	if err != nil {
		t.Fatal(err)
	}
	got := ages()
	for _, source := range append([]string{"crm.notes"}, store.Watched...) {
		age, told := got[source]
		never := source != store.SourceContacts
		if !told || never && age < 3600 || !never && age > 60 {
			t.Errorf("%s: %v, told %v", source, age, told)
		}
	}
}

// A mirror that cannot be read gives an error and no numbers.
func TestMetricsOfAMirrorThatCannotBeRead(t *testing.T) {
	db, _ := measured(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	daemon.MetricsHandler(db, config.DefaultConfig().TroubleLook(), nil).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "ghlsms_outbox") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
