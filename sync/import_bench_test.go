package sync_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"ghlsms/ghl"
	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/sms/smstest"
	"ghlsms/sms/smsto"
	"ghlsms/store"
	"ghlsms/sync"
)

// What the first import costs, and what the same work costs without us: the same pages from the
// same sandbox over the same HTTP, decoded, made canonical, hashed, and stored in a like file in as
// many transactions. Run with -import.all for 100,000 contacts, and with TMPDIR where the file is
// to lie. The sandbox works in this process and its cost is in both; fetching alone is told apart.
func BenchmarkImportBesideTheFloor(b *testing.B) {
	for _, contacts := range []int{20_000, 100_000} {
		b.Run(fmt.Sprint(contacts), func(b *testing.B) {
			if contacts > 20_000 && !*importAll {
				b.Skip("only with -import.all")
			}
			crm := ghltest.New(ghltest.Options{BurstMax: -1, DailyMax: -1})
			f := &floor{b: b, calendar: crm.AddCalendar(ghltest.Calendar{Name: "Dr. Lee"}).ID}
			fill(crm, f.calendar, contacts)
			server, err := crm.Serve()
			f.must(err)
			defer server.Close()
			f.url = server.URL
			gate := smstest.New(smstest.Options{})
			gateway, err := gate.Serve()
			f.must(err)
			defer gateway.Close()
			records := contacts + contacts/5 + contacts/10
			fetch, raw, engine := time.Hour, time.Hour, time.Hour // the fastest: what else runs here only slows them
			for b.Loop() {
				fetch = min(fetch, f.timed(func(string) { f.read(nil) }))
				raw = min(raw, f.timed(f.mirror))
				engine = min(engine, f.timed(func(file string) { importAlone(f, gateway.URL, file, contacts) }))
			}
			per := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(records) }
			b.ReportMetric(per(fetch), "fetch-µs/record")
			b.ReportMetric(per(raw), "floor-µs/record")
			b.ReportMetric(per(engine), "import-µs/record")
			b.ReportMetric(per(engine)/per(raw), "ratio")
			b.ReportMetric((per(engine)-per(fetch))/(per(raw)-per(fetch)), "ratio-without-fetch")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// importAlone is the first import by a real engine on real time.
func importAlone(f *floor, gateway, file string, contacts int) {
	ctx := f.b.Context()
	db, err := store.Open(ctx, file)
	f.must(err)
	defer db.Close()
	crm, err := ghl.New(ghl.Options{
		BaseURL: f.url, Location: ghltest.DefaultLocation,
		Token: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: ghltest.DefaultToken}),
	})
	f.must(err)
	gate, err := smsto.New(smsto.Options{APIURL: gateway, AccountURL: gateway, AuthURL: gateway, Key: smstest.DefaultKey, From: "+15550100"})
	f.must(err)
	e := &sync.Engine{DB: db, CRM: crm, Gateway: gate, Config: defaultRules(f.b), Log: slog.New(slog.DiscardHandler)}
	f.must(e.Cycle(ctx, sync.PollCRM))
	var n int
	f.must(db.View(ctx, func(tx *store.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM contacts WHERE hash IS NOT NULL`).Scan(&n)
	}))
	if n != contacts {
		f.b.Fatalf("%d contacts of %d", n, contacts)
	}
}

// floor is the least that the work takes.
type floor struct {
	b             *testing.B
	url, calendar string
}

func (f *floor) must(err error) {
	f.b.Helper()
	if err != nil {
		f.b.Fatal(err)
	}
}

// timed runs fn with the name of a new file.
func (f *floor) timed(fn func(file string)) time.Duration {
	file := filepath.Join(f.b.TempDir(), "mirror.db")
	start := time.Now()
	fn(file)
	return time.Since(start)
}

// The rows as the CRM shows them.
type (
	wireContact struct {
		ID, FirstName, LastName, Email, Phone, CompanyName, Address, City, State, Country, PostalCode, Website,
		DateOfBirth, Timezone, Source, AssignedTo string
		DND          bool
		Tags         []string
		CustomFields []struct {
			ID    string
			Value json.RawMessage
		}
		DNDSettings map[string]struct{ Status string }
		SearchAfter json.RawMessage
		DateUpdated time.Time
	}
	wireTask struct {
		ID                                 string `json:"_id"`
		ContactID, Title, Body, AssignedTo string
		DueDate                            time.Time
		Completed                          bool
		SearchAfter                        json.RawMessage
	}
	wireEvent struct {
		ID, CalendarID, ContactID, Title, AppointmentStatus, AssignedUserID, Address, Notes string
		StartTime, EndTime, DateAdded                                                       time.Time
	}
)

// canon is one record as it is stored; its JSON has its keys in order.
type canon struct {
	table, id, contact string
	value              any
}

type (
	canonContact struct {
		Address   string `json:"address,omitempty"`
		Email     string `json:"email,omitempty"`
		FirstName string `json:"first_name,omitempty"`
		LastName  string `json:"last_name,omitempty"`
		Phone     string `json:"phone,omitempty"`
		Source    string `json:"source,omitempty"`
		Tags      string `json:"tags,omitempty"`
		Timezone  string `json:"timezone,omitempty"`
	}
	canonTask struct {
		Body      string `json:"body,omitempty"`
		Completed string `json:"completed,omitempty"`
		Due       string `json:"due,omitempty"`
		Title     string `json:"title,omitempty"`
	}
	canonEvent struct {
		Added    string `json:"added,omitempty"`
		Calendar string `json:"calendar,omitempty"`
		End      string `json:"end,omitempty"`
		Start    string `json:"start,omitempty"`
		Status   string `json:"status,omitempty"`
		Title    string `json:"title,omitempty"`
	}
)

func (c wireContact) canon(b *testing.B) canon {
	phone, err := sms.ParsePhone(c.Phone, "US")
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(c.Tags)
	tags, err := json.Marshal(c.Tags)
	if err != nil {
		b.Fatal(err)
	}
	return canon{"contacts", c.ID, "", canonContact{
		c.Address, strings.ToLower(c.Email), c.FirstName, c.LastName, string(phone), c.Source, string(tags), c.Timezone,
	}}
}

func (t wireTask) canon() canon {
	return canon{"tasks", t.ID, t.ContactID, canonTask{t.Body, fmt.Sprint(t.Completed), t.DueDate.UTC().Format(store.TimeForm), t.Title}}
}

func (a wireEvent) canon() canon {
	at := func(t time.Time) string { return t.UTC().Format(store.TimeForm) }
	return canon{"appointments", a.ID, a.ContactID, canonEvent{at(a.DateAdded), a.CalendarID, at(a.EndTime), at(a.StartTime), a.AppointmentStatus, a.Title}}
}

// read fetches every page; take, if any, has the page that is decoded.
func (f *floor) read(take func(page []canon, after json.RawMessage)) {
	var after json.RawMessage
	for {
		var page struct{ Contacts []wireContact }
		body := f.call("POST", "/contacts/search", map[string]any{
			"locationId": ghltest.DefaultLocation, "pageLimit": 100, "sort": []any{map[string]string{"field": "dateAdded", "direction": "desc"}},
		}, after)
		after = f.page(body, take, &page, func() (rows []canon, after json.RawMessage) {
			for _, c := range page.Contacts {
				rows, after = append(rows, c.canon(f.b)), c.SearchAfter
			}
			return rows, after
		})
		if after == nil {
			break
		}
	}
	for {
		var page struct{ Tasks []wireTask }
		body := f.call("POST", "/locations/"+ghltest.DefaultLocation+"/tasks/search", map[string]any{"limit": 500, "completed": false}, after)
		after = f.page(body, take, &page, func() (rows []canon, after json.RawMessage) {
			for _, t := range page.Tasks {
				rows, after = append(rows, t.canon()), t.SearchAfter
			}
			return rows, after
		})
		if after == nil {
			break
		}
	}
	var page struct{ Events []wireEvent }
	now := time.Now()
	body := f.call("GET", "/calendars/events?"+url.Values{
		"locationId": {ghltest.DefaultLocation}, "calendarId": {f.calendar},
		"startTime": {fmt.Sprint(now.Add(-24 * time.Hour).UnixMilli())}, "endTime": {fmt.Sprint(now.AddDate(0, 0, 60).UnixMilli())},
	}.Encode(), nil, nil)
	f.page(body, take, &page, func() (rows []canon, after json.RawMessage) {
		for _, a := range page.Events {
			rows = append(rows, a.canon())
		}
		return rows, nil
	})
}

// page decodes an answer if somebody takes it, and tells where the next page begins; nil at the end.
func (f *floor) page(body []byte, take func([]canon, json.RawMessage), into any, rows func() ([]canon, json.RawMessage)) json.RawMessage {
	if take == nil { // as little as it takes to go on
		last := bytes.LastIndex(body, []byte(`"searchAfter":`))
		if last < 0 {
			return nil
		}
		var after json.RawMessage
		f.must(json.NewDecoder(bytes.NewReader(body[last+len(`"searchAfter":`):])).Decode(&after))
		return after
	}
	f.must(json.Unmarshal(body, into))
	page, after := rows()
	if len(page) > 0 {
		take(page, after)
	}
	return after
}

func (f *floor) call(method, path string, body map[string]any, after json.RawMessage) []byte {
	if after != nil {
		body["searchAfter"] = after
	}
	sent, err := json.Marshal(body)
	f.must(err)
	req, err := http.NewRequestWithContext(f.b.Context(), method, f.url+path, bytes.NewReader(sent))
	f.must(err)
	for k, v := range map[string]string{
		"Authorization": "Bearer " + ghltest.DefaultToken, "Content-Type": "application/json", "Version": cmp.Or(map[string]string{"GET": "2021-04-15"}[method], "2021-07-28"),
	} {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	f.must(err)
	defer resp.Body.Close()
	var answer bytes.Buffer
	_, err = answer.ReadFrom(resp.Body)
	f.must(err)
	if resp.StatusCode > 299 {
		f.b.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, answer.String())
	}
	return answer.Bytes()
}

// mirror stores all that is read in a file with our tables and settings, each page with the place
// of the next in a transaction.
func (f *floor) mirror(file string) {
	ctx := f.b.Context()
	made, err := store.Open(ctx, file)
	f.must(err)
	f.must(made.Close())
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=synchronous(full)&_pragma=foreign_keys(1)&_pragma=cache_size(-2000)&_pragma=journal_mode(wal)&_txlock=immediate")
	f.must(err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	insert := map[string]*sql.Stmt{}
	for _, table := range []string{"contacts", "tasks", "appointments"} {
		q := `INSERT INTO contacts (crm_id, base, hash, changed_at) VALUES (?, ?, ?, ?)`
		if table != "contacts" {
			q = `INSERT INTO ` + table + ` (crm_id, base, hash, changed_at, contact_id) VALUES (?, ?, ?, ?, (SELECT id FROM contacts WHERE crm_id = ?))`
		}
		insert[table], err = db.PrepareContext(ctx, q) //nolint:sqlclosecheck // closed with db
		f.must(err)
	}
	f.read(func(page []canon, after json.RawMessage) {
		f.must(f.store(ctx, db, insert[page[0].table], page, after))
	})
}

func (f *floor) store(ctx context.Context, db *sql.DB, insert *sql.Stmt, page []canon, after json.RawMessage) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO cursors (source, position) VALUES (?, ?)`, page[0].table, string(after)); err != nil {
		return err
	}
	stmt := tx.StmtContext(ctx, insert) //nolint:sqlclosecheck // the end of the transaction closes it
	now := time.Now().UnixMilli()
	for _, r := range page {
		value, err := json.Marshal(r.value)
		if err != nil {
			return err
		}
		hash := sha256.Sum256(value)
		args := []any{r.id, string(value), hash[:], now}
		if r.contact != "" {
			args = append(args, r.contact)
		}
		if _, err := stmt.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
