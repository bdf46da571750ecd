// Package web serves the status page, the health probes and the metrics.
package web

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/health"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
	"ghlsms/store"
	"ghlsms/sync/trouble"
)

//go:embed page.html
var pageHTML string

// Handler answers with the page, with what probes ask for, and with metrics.
func Handler(db *store.DB, look trouble.Look, metrics http.Handler) http.Handler {
	page := template.Must(template.New("page").Funcs(template.FuncMap{"local": shown, "clean": sms.Clean, "title": columnTitle}).Parse(pageHTML))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		data, err := readPage(r.Context(), db, look)
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
		if err := db.View(r.Context(), func(tx *store.Tx) error { return health.Ready(r.Context(), tx, look) }); err != nil {
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
		if !config.Loopback(strings.Trim(host, "[]")) {
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

type pageData struct {
	Status health.Report
	// WellSince is when the last trouble ended; zero: there never was one.
	WellSince time.Time
	Now       time.Time
	Zone      *time.Location
	Reports   []pageReport
}

// Loud are the troubles that ask for somebody.
func (d pageData) Loud() []health.Trouble {
	return slices.DeleteFunc(slices.Clone(d.Status.Troubles), func(t health.Trouble) bool { return !t.Loud() })
}

// Quiet are the others: notices.
func (d pageData) Quiet() []health.Trouble {
	return slices.DeleteFunc(slices.Clone(d.Status.Troubles), health.Trouble.Loud)
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

func readPage(ctx context.Context, db *store.DB, look trouble.Look) (data pageData, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		if data.Status, err = health.Read(ctx, db.Path(), look, tx); err != nil {
			return err
		}
		if data.WellSince, err = tx.LastTroubleEnded(ctx); err != nil {
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
func shown(v any, zone *time.Location) string { return sms.Clean(term.LocalTime(v, zone)) }

func columnTitle(s string) string { return strings.ReplaceAll(s, "_", " ") }
