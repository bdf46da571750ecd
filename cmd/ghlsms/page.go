package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"ghlsms/sms"
	"ghlsms/store"
)

//go:embed page.html
var pageHTML string

// servePage shows the mirror on the configured address until ctx ends, and returns its URL;
// empty if no page is wanted. The page only reads.
func (d *daemon) servePage(ctx context.Context) (string, error) {
	if d.cfg.Web.Listen == "" {
		return "", nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", d.cfg.Web.Listen)
	if err != nil {
		return "", d.cfg.Problem("web.listen", "the page cannot listen there: %v", err)
	}
	srv := &http.Server{Handler: pageHandler(d.engine.DB, d.cfg.Alarms, metricsHandler(d.engine.DB, d.cfg.Alarms)), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			d.log.Error("page", "error", err)
		}
	}()
	context.AfterFunc(ctx, func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(stop)
	})
	return "http://" + l.Addr().String() + "/", nil
}

// pageHandler answers with the page, with what probes ask for, and with metrics.
func pageHandler(db *store.DB, alarms AlarmConfig, metrics http.Handler) http.Handler {
	page := template.Must(template.New("page").Funcs(template.FuncMap{"local": shown, "clean": sms.Clean, "title": columnTitle}).Parse(pageHTML))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		data, err := readPage(r.Context(), db, alarms)
		if err != nil {
			http.Error(w, "the mirror cannot be read: "+sms.Clean(err.Error()), http.StatusInternalServerError)
			return
		}
		var html bytes.Buffer // whole, or an error: never half a page
		if err := page.Execute(&html, data); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = html.WriteTo(w) // a reader who went away is no error
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := db.View(r.Context(), func(tx *store.Tx) error { return ready(r.Context(), tx, alarms) }); err != nil {
			http.Error(w, sms.Clean(err.Error()), http.StatusServiceUnavailable) // it may quote what the CRM answered
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", metrics)
	return guarded(mux)
}

// guarded answers loopback names only, so that no web site can read the page through a
// visitor's browser, and lets the page load nothing.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopback(strings.Trim(host, "[]")) {
			http.Error(w, "this page is for this machine only", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// ready is an error while a source that people depend on has not been read for too long, or a reminder
// that was due has not been decided for too long, for whatever reason: an error, or a daemon that hangs.
func ready(ctx context.Context, tx *store.Tx, alarms AlarmConfig) error {
	sources, err := tx.Sources(ctx)
	if err != nil {
		return err
	}
	read := map[string]store.SourceState{}
	for _, s := range sources {
		read[s.Name] = s
	}
	for _, name := range store.Watched {
		s := read[name]
		if s.ReadAt.IsZero() {
			return fmt.Errorf("%s was never read: %s", name, s.Error)
		}
		if tx.Now.Sub(s.ReadAt) > alarms.StaleAfter.Std() {
			return fmt.Errorf("%s was not read since %s: %s", name, s.ReadAt.Format(time.RFC3339), s.Error)
		}
	}
	n, oldest, err := tx.OverdueReminders(ctx, tx.Now.Add(-alarms.UndecidedAfter.Std()))
	if err == nil && n > 0 {
		err = fmt.Errorf("%s due and not decided, the oldest since %s", count(n, "reminder is", "reminders are"), oldest.UTC().Format(time.RFC3339))
	}
	return err
}

type pageData struct {
	Status  statusReport
	Now     time.Time
	Zone    *time.Location
	Reports []pageReport
}

type pageReport struct {
	Name, About string
	Table       store.Table
}

// pageRows is how many rows each table of the page has at most.
const pageRows = 50

// pageReports are the reports in the order of the page: first what waits for somebody. The search for
// duplicates goes through all contacts, and is too much for a page that loads itself again.
func pageReports() []store.Report {
	order := func(name string) int {
		switch name {
		case "held":
			return 0
		case "conflicts":
			return 1
		}
		return 2
	}
	all := slices.DeleteFunc(slices.Clone(store.Reports), func(r store.Report) bool { return r.Name == "duplicates" })
	slices.SortStableFunc(all, func(a, b store.Report) int { return order(a.Name) - order(b.Name) })
	return all
}

func readPage(ctx context.Context, db *store.DB, alarms AlarmConfig) (data pageData, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		if data.Status, err = readStatus(ctx, db.Path(), alarms, tx); err != nil {
			return err
		}
		data.Now, data.Zone = tx.Now, time.UTC
		if name, err := tx.Meta(ctx, store.MetaTimezone); err == nil && name != "" {
			if zone, err := time.LoadLocation(name); err == nil {
				data.Zone = zone
			}
		}
		for _, r := range pageReports() {
			t, err := tx.RunReport(ctx, r.Name, pageRows)
			if err != nil {
				return err
			}
			data.Reports = append(data.Reports, pageReport{r.Name, r.About, t})
		}
		return nil
	})
	return data, err
}

// shown is a value that may come from outside as a cell of the page.
func shown(v any, zone *time.Location) string { return sms.Clean(localTime(v, zone)) }

func columnTitle(s string) string { return strings.ReplaceAll(s, "_", " ") }
