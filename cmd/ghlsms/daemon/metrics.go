package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ghlsms/store"
	"ghlsms/sync/plan"
	"ghlsms/sync/trouble"
)

// MetricsHandler answers with what Prometheus collects, from a registry of its own. Where the mirror
// cannot be read the answer is an error, and no half of the numbers.
func MetricsHandler(db *store.DB, look trouble.Look, log *slog.Logger) http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(NewCollector(db, look, log))
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{})
}

// NewCollector reads the numbers out of a mirror. A mistake of ours in that is in the log, which may be nil.
func NewCollector(db *store.DB, look trouble.Look, log *slog.Logger) prometheus.Collector {
	return &mirrorCollector{db, look, log}
}

// mirrorCollector reads the mirror when it is asked, in one transaction.
type mirrorCollector struct {
	db   *store.DB
	look trouble.Look
	log  *slog.Logger
}

func metric(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ghlsms_"+name, help, labels, nil)
}

var (
	metricOverdue   = metric("reminders_overdue", "Reminders that were due for longer than alarms.undecided_after and are not decided.")
	metricPlanned   = metric("reminders_planned", "Reminders that are not decided yet, overdue ones among them.")
	metricReminders = metric("reminders_total", "Reminders that came to an end, by what became of them.", "decision")
	metricOutbox    = metric("outbox", "Effects on the way outside, by state; failed ones are not tried again.", "state")
	metricReadAge   = metric("source_read_age_seconds",
		"Time since a source was last read completely; of one that was never read, since the mirror was made.", "source")
	metricUndecided = metric("inbound_undecided", "Texts that came in and wait for a decision.")
	metricBrakes    = metric("brakes_held", "Brakes that hold something until a person decides.")
	metricTrouble   = metric("trouble", "1 for each trouble that lasts.", "kind", "about", "severity", "acknowledged")
	metricBuild     = metric("build_info", "1, with the version of the program.", "version")
)

// Describe implements [prometheus.Collector].
func (*mirrorCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		metricOverdue, metricPlanned, metricReminders, metricOutbox, metricReadAge, metricUndecided, metricBrakes, metricTrouble, metricBuild,
	} {
		ch <- d
	}
}

// collectTime is how long a scrape may take.
const collectTime = 10 * time.Second

// Collect implements [prometheus.Collector].
func (c *mirrorCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTime)
	defer cancel()
	var all []prometheus.Metric
	err := plan.Catch(c.log, "metrics", func() error { // the collector has a goroutine of its own
		return c.db.View(ctx, func(tx *store.Tx) (err error) {
			all, err = c.read(ctx, tx)
			return err
		})
	})
	if plan.IsPanic(err) { // what it says is for the log, which masks people
		err = errors.New("a mistake in ghlsms, please report it with the stack in the log")
	}
	if err != nil {
		ch <- prometheus.NewInvalidMetric(metricBuild, err)
		return
	}
	for _, m := range all {
		ch <- m
	}
}

// endedDecisions are those that do not change any more, so that their counts only grow.
var endedDecisions = []string{"sent", "late", "skipped", "withdrawn", "task"}

func (c *mirrorCollector) read(ctx context.Context, tx *store.Tx) (all []prometheus.Metric, err error) {
	add := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		all = append(all, prometheus.MustNewConstMetric(d, t, v, labels...))
	}
	gauge := func(d *prometheus.Desc, v int, labels ...string) {
		add(d, prometheus.GaugeValue, float64(v), labels...)
	}

	overdue, _, err := tx.OverdueReminders(ctx, tx.Now.Add(-c.look.UndecidedAfter))
	if err != nil {
		return nil, err
	}
	gauge(metricOverdue, overdue)
	reminders, err := tx.ReminderCounts(ctx)
	if err != nil {
		return nil, err
	}
	gauge(metricPlanned, reminders["planned"])
	for _, decision := range endedDecisions {
		add(metricReminders, prometheus.CounterValue, float64(reminders[decision]), decision)
	}
	outbox, err := tx.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := tx.Counts(ctx)
	if err != nil {
		return nil, err
	}
	outbox[store.Failed] = int(counts["failed"])
	for _, state := range []store.State{store.Pending, store.Held, store.Sending, store.Unknown, store.Failed} {
		gauge(metricOutbox, outbox[state], string(state))
	}
	gauge(metricUndecided, int(counts["undecided"]))
	brakes, err := tx.Brakes(ctx)
	if err != nil {
		return nil, err
	}
	held := 0
	for i := range brakes {
		if brakes[i].State == store.BrakeHeld {
			held++
		}
	}
	gauge(metricBrakes, held)
	ages, err := readAges(ctx, tx)
	if err != nil {
		return nil, err
	}
	for source, age := range ages {
		add(metricReadAge, prometheus.GaugeValue, age.Seconds(), source)
	}
	troubles, err := trouble.Open(ctx, tx, c.look)
	if err != nil {
		return nil, err
	}
	for _, t := range troubles {
		gauge(metricTrouble, 1, t.Kind, t.About, string(t.Severity), strconv.FormatBool(!t.AckedAt.IsZero()))
	}
	gauge(metricBuild, 1, Version())
	return all, nil
}

// readAges tells how long ago each source was read, those that people depend on in any case.
func readAges(ctx context.Context, tx *store.Tx) (map[string]time.Duration, error) {
	born, err := tx.Meta(ctx, store.MetaBorn)
	if err != nil {
		return nil, err
	}
	made, err := time.Parse(time.RFC3339, born)
	if err != nil {
		return nil, err
	}
	ages := map[string]time.Duration{}
	for _, name := range store.Watched {
		ages[name] = tx.Now.Sub(made)
	}
	sources, err := tx.Sources(ctx)
	for _, s := range sources {
		since := s.ReadAt
		if since.IsZero() {
			since = made
		}
		ages[s.Name] = tx.Now.Sub(since)
	}
	return ages, err
}
