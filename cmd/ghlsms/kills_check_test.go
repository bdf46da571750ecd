package main

import (
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
)

// runUntilQuiet runs cycles until nothing is left to do and all reminders were due.
func (k *killing) runUntilQuiet() {
	k.t.Helper()
	k.people.wait()
	k.lives++
	due := time.Now()
	for _, v := range k.people.visits {
		if at := v.starts[len(v.starts)-1].Add(-24 * time.Hour); at.After(due) {
			due = at
		}
	}
	end := due.Add(10 * time.Minute)
	for quiet := 0; quiet < 2; {
		written := k.outside()
		_, _, talk := k.ghlsms("once")
		if quiet++; time.Now().Before(due) || k.outside() != written || k.count(`SELECT count(*) FROM (`+unfinished+`)`) > 0 {
			quiet = 0
		}
		k.passDoubts()
		if time.Now().After(end) {
			k.t.Fatalf("no rest: %q\nthe last cycle said: %s", k.list(unfinished), talk)
		}
		time.Sleep(60 * time.Millisecond)
	}
}

// passDoubts lets the time pass for which other texts to a number wait behind one that was asked for and not found.
func (k *killing) passDoubts() {
	k.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(k.dir, "ghlsms.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		k.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE outbox SET started_at = started_at - ?1, due_at = due_at - ?1
		WHERE kind = 'text.send' AND state = 'unknown' AND NOT waits AND asked >= 2`, (10 * time.Minute).Milliseconds()); err != nil {
		k.t.Fatal(err)
	}
}

// unfinished is what the next cycles go on with. A text that may have left waits for a person, and so does one
// with the same words; the gateway's own list is told when the confirmation has had its time.
const unfinished = `SELECT kind || ' ' || key || ' ' || state || ' ' || reason FROM outbox
	WHERE state IN ('pending', 'sending') AND kind <> 'optout.tell' AND reason NOT LIKE 'waits for an unclear twin%' OR state = 'unknown' AND kind <> 'text.send'
	UNION ALL SELECT body FROM inbound WHERE decision IS NULL`

// outside counts what was changed outside.
func (k *killing) outside() int { return len(k.crm.Writes()) + len(k.gateway.Writes()) }

// list is a column out of the mirror.
func (s *stage) list(q string, args ...any) (all []string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "ghlsms.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(q, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			s.t.Fatalf("%s: %v", q, err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatalf("%s: %v", q, err)
	}
	return all
}

// wrong is a violation; about names whom or what it is about, for the history that is shown with it.
func (k *killing) wrong(about, format string, args ...any) {
	k.t.Helper()
	k.t.Errorf("%s: %s\n%s", about, fmt.Sprintf(format, args...), k.story(about))
}

// story is the part of the history about somebody or something, and how the lives around that ended.
func (k *killing) story(about string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	near := map[int]bool{}
	for _, e := range k.history {
		if strings.Contains(e.what, about) {
			near[e.life], near[e.life+1], near[e.life+2] = true, true, true
		}
	}
	var b strings.Builder
	for _, e := range k.history {
		if strings.Contains(e.what, about) || near[e.life] && strings.Contains(e.what, "killed") {
			fmt.Fprintln(&b, e)
		}
	}
	return b.String()
}

// verify holds both sides and the mirror against what people did.
func (k *killing) verify() {
	k.t.Helper()
	k.verifyMirror()
	k.verifyTexts()
	k.verifyOptOuts()
	k.verifyVisits()
	k.verifyPersons()
	k.verifyRecords()
	written := k.outside()
	k.ghlsms("once")
	k.ghlsms("once", "--sweep")
	if n := k.outside() - written; n != 0 {
		k.t.Errorf("%d writes outside although all was quiet", n)
	}
	k.t.Logf("%d lives, %d texts in, %d out, %d unclear, %d appointments, in %s", k.lives-1, k.people.texts, len(k.gateway.Sent()),
		k.count(`SELECT count(*) FROM outbox WHERE state = 'unknown'`), len(k.people.visits), time.Since(k.began).Round(100*time.Millisecond))
}

func (k *killing) verifyMirror() {
	k.t.Helper()
	for q, want := range map[string]int{
		`SELECT count(*) FROM inbound`: k.people.texts,
		`SELECT count(*) FROM inbound WHERE decision IS NULL OR coalesce(reason, '') = ''`: 0,
		`SELECT count(*) FROM outbox WHERE state IN ('failed', 'held')`:                    0,
		`SELECT count(*) FROM brakes`:                                                      0,
		`SELECT count(*) FROM conflicts`:                                                   0,
		`SELECT count(*) FROM pragma_foreign_key_check`:                                    0,
		`SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`:        0,
		`SELECT count(*) FROM (SELECT 1 FROM reminders r JOIN outbox o ON o.id = r.outbox_id WHERE o.state IN ('done', 'unknown')
			GROUP BY appointment_id, starts, rule HAVING count(*) > 1)`: 0,
		`SELECT count(*) FROM (SELECT 1 FROM reminders GROUP BY appointment_id, starts, rule, version HAVING count(*) > 1)`: 0,
	} {
		if n := k.count(q); n != want {
			k.t.Errorf("%s: %d, want %d", q, n, want)
		}
	}
}

// verifyTexts: what left is what the mirror says left, each once; who was owed an answer got it, or it is
// shown as unclear.
func (k *killing) verifyTexts() {
	k.t.Helper()
	left := map[string]int{}
	for _, m := range k.gateway.Sent() {
		left[m.To+" "+m.Text]++
	}
	known := map[string]int{}
	for _, text := range k.list(`SELECT number || ' ' || body FROM texts JOIN outbox ON id = outbox_id WHERE state = 'done' AND NOT ` + answeredIt) {
		known[text]++
	}
	for _, text := range k.list(`SELECT number || ' ' || body FROM texts JOIN outbox ON id = outbox_id WHERE ` + answeredIt) {
		known[text] = min(left[text], 1)
	}
	for text := range joined(left, known) {
		if left[text] != known[text] {
			number, _, _ := strings.Cut(text, " ")
			k.wrong(number, "left %d times, by the mirror %d times: %s", left[text], known[text], text)
		}
	}
	unclear := k.inDoubt(left)
	for _, r := range k.people.replies {
		k.once(r.to.number, r.words, left, unclear)
	}
}

// answeredIt are the texts that count as sent since somebody answered them, which these people do without
// having got them.
const answeredIt = `reason = 'the recipient answered it'`

// inDoubt lists the texts that are shown as unclear, and those that were answered and did not leave.
func (k *killing) inDoubt(left map[string]int) []string {
	const texts = `SELECT number || ' ' || body FROM texts JOIN outbox ON id = outbox_id WHERE `
	return slices.Concat(k.list(texts+`state = 'unknown'`), slices.DeleteFunc(k.list(texts+answeredIt), func(text string) bool { return left[text] > 0 }))
}

// once wants one text with some words to have left to a number, or to be shown as unclear.
func (k *killing) once(number, words string, left map[string]int, unclear []string) {
	k.t.Helper()
	is := func(text string) bool { return strings.HasPrefix(text, number+" ") && strings.Contains(text, words) }
	n, doubts := 0, 0
	for text, times := range left {
		if is(text) {
			n += times
		}
	}
	for _, text := range unclear {
		if is(text) {
			doubts++
		}
	}
	if n+doubts != 1 {
		k.wrong(number, "%q left %d times and is unclear %d times", words, n, doubts)
	}
}

func joined[K comparable, V any](a, b map[K]V) map[K]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// verifyOptOuts: nothing was accepted for a number from when the mirror had its STOP until it had its START,
// save what confirms that.
func (k *killing) verifyOptOuts() {
	k.t.Helper()
	for _, s := range k.people.persons[:2] {
		var since time.Time
		type span struct{ from, until time.Time }
		var out []span
		for _, row := range k.list(`SELECT body || ' ' || stored_at || ' ' || decided_at FROM inbound WHERE sender = ? AND body IN ('STOP', 'START') ORDER BY received_at, id`, s.number) {
			var body string
			var stored, decided int64
			if _, err := fmt.Sscan(row, &body, &stored, &decided); err != nil {
				k.t.Fatal(err)
			}
			if body == "STOP" {
				since = time.UnixMilli(stored)
			} else if !since.IsZero() {
				out = append(out, span{since, time.UnixMilli(decided)})
				since = time.Time{}
			}
		}
		if !since.IsZero() {
			out = append(out, span{since, time.Now()})
		}
		for _, m := range k.gateway.SentTo(s.number) {
			if strings.Contains(m.Text, "opted out") {
				continue
			}
			for _, o := range out {
				if m.At.After(o.from) && m.At.Before(o.until) {
					k.wrong(s.number, "texted %s although opted out from %s until %s: %s", m.At, o.from, o.until, m.Text)
				}
			}
		}
		// Who takes a STOP back before the CRM was told of it is never mentioned there.
		c, _ := k.crm.Contact(s.id)
		if got := c.DNDSettings["SMS"].Status; (got == "active") != (s.said == "STOP") {
			k.wrong(s.number, "said %q last, and do-not-disturb is %q in the CRM", s.said, got)
		}
		if slices.Contains(k.gateway.OptedOut(), s.number) && s.said != "STOP" {
			k.wrong(s.number, "said %q last, and is opted out at the gateway", s.said)
		}
	}
}

// verifyVisits: each appointment is as people left it, and each reminder was decided once.
func (k *killing) verifyVisits() {
	k.t.Helper()
	sent, left := k.gateway.Sent(), map[string]int{}
	for _, m := range sent {
		left[m.To+" "+m.Text]++
	}
	unclear := k.inDoubt(left)
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, v := range k.people.visits {
		a, _ := k.crm.Appointment(v.id)
		start := v.starts[len(v.starts)-1]
		if a.Status != v.status || !a.Start.Equal(start) {
			k.wrong(v.title, "is %s at %s in the CRM, want %s at %s", a.Status, a.Start, v.status, start)
		}
		if n := k.count(`SELECT count(*) FROM v1_appointments WHERE crm_id = ? AND status = ? AND starts = ?`, v.id, v.status, start.UTC().Format("2006-01-02T15:04:05Z")); n != 1 {
			k.wrong(v.title, "is something else in the mirror than %s at %s", v.status, start.UTC())
		}
		for _, at := range v.starts {
			words := v.title + " is " + at.In(zone).Format("Monday 15:04:05")
			if n := saying(sent, v.who.number, words); n > 1 {
				k.wrong(v.title, "%q left %d times", words, n)
			}
		}
		if n := k.count(`SELECT count(*) FROM reminders r JOIN appointments a ON a.id = r.appointment_id WHERE crm_id = ? AND r.starts = ? AND decided_at IS NOT NULL`,
			v.id, start.UTC().Format("2006-01-02T15:04:05Z")); n == 0 {
			k.wrong(v.title, "its reminder was due and is not decided")
		}
		if v.status != "cancelled" && !v.who.wavers {
			k.once(v.who.number, v.title+" is "+start.In(zone).Format("Monday 15:04:05"), left, unclear)
		}
	}
}

func saying(sent []smstest.Message, number, words string) (n int) {
	for _, m := range sent {
		if m.To == number && strings.Contains(m.Text, words) {
			n++
		}
	}
	return n
}

// verifyPersons: everybody is in the CRM once, with what was edited on either side.
func (k *killing) verifyPersons() {
	k.t.Helper()
	persons := map[string]int{}
	for _, c := range k.crm.Contacts() {
		persons[c.Phone]++
	}
	for number, n := range persons {
		if n != 1 {
			k.wrong(number, "is in the CRM %d times", n)
		}
	}
	newcomers := 0
	for _, e := range k.people.errands {
		if strings.HasPrefix(e.title, "Welcome ") {
			newcomers++
		}
	}
	if want := len(k.people.persons) + newcomers; len(persons) != want {
		k.t.Errorf("%d contacts, want %d", len(persons), want)
	}
	for _, s := range k.people.persons {
		c, _ := k.crm.Contact(s.id)
		if c.City != s.city || c.State != s.state {
			k.wrong(s.id, "city %q, state %q in the CRM, want %q and %q", c.City, c.State, s.city, s.state)
		}
		if n := k.count(`SELECT count(*) FROM contacts WHERE crm_id = ? AND coalesce(edits, '') = '' AND seen IS NULL
			AND coalesce(base ->> 'city', '') = ? AND coalesce(base ->> 'state', '') = ? AND coalesce(base ->> 'website', '') = ?`, s.id, s.city, s.state, c.Website); n != 1 {
			k.wrong(s.id, "the mirror has %q", k.list(`SELECT base || coalesce(seen, '') || coalesce(edits, '') FROM contacts WHERE crm_id = ?`, s.id))
		}
		if c.Website != "" && !slices.Contains(k.people.sites[s.id], c.Website) {
			k.wrong(s.id, "website %q, want one of %q", c.Website, k.people.sites[s.id])
		}
		for _, tag := range c.Tags {
			if tag != s.tags && tag != "reminded" {
				k.wrong(s.id, "tag %q, want %q and perhaps reminded", tag, s.tags)
			}
		}
		if s.tags != "" && !slices.Contains(c.Tags, s.tags) {
			k.wrong(s.id, "tags %q, want %q", c.Tags, s.tags)
		}
	}
}

// verifyRecords: every task and every note is there once, and none that nobody asked for.
func (k *killing) verifyRecords() {
	k.t.Helper()
	want, have := map[string]int{}, map[string]int{}
	for _, e := range k.people.errands {
		want[fmt.Sprint(e.title, " ", e.done)]++
	}
	for _, task := range k.crm.Tasks() {
		have[fmt.Sprint(task.Title, " ", task.Completed)]++
	}
	for title := range joined(want, have) {
		if want[title] != have[title] {
			word := strings.Fields(title)
			k.wrong(named(word), "the task %q is there %d times, want %d", title, have[title], want[title])
		}
	}
	notes := k.crm.Notes()
	for words := range k.people.notes {
		if n := len(slices.DeleteFunc(slices.Clone(notes), func(n ghltest.Note) bool { return !strings.Contains(n.Body, words) })); n != 1 {
			k.wrong(words, "is noted %d times", n)
		}
	}
	reminders := k.list(`SELECT 'Reminder day-before: ' || body FROM texts JOIN outbox ON id = outbox_id WHERE state = 'done' AND purpose = 'reminder'`)
	for _, body := range reminders {
		if n := len(slices.DeleteFunc(slices.Clone(notes), func(n ghltest.Note) bool { return n.Body != body })); n != 1 {
			k.wrong(named(strings.Fields(body)), "%q is noted %d times", body, n)
		}
	}
	answers := map[string]int{} // to reminders, which are noted once each
	for _, n := range notes {
		if strings.HasPrefix(n.Body, "Texted: ") && !strings.HasPrefix(n.Body, "Texted: START") {
			answers[n.ContactID+" "+n.Body]++
		}
	}
	for answer, n := range answers {
		if n != 1 {
			k.wrong(named(strings.Fields(answer)), "%q is noted %d times", answer, n)
		}
	}
	notes = slices.DeleteFunc(notes, func(n ghltest.Note) bool { return strings.HasPrefix(n.Body, "Texted: ") })
	if n := len(k.people.notes) + len(reminders); len(notes) != n {
		k.t.Errorf("%d notes, want %d", len(notes), n)
	}
}

// named is the word among others that nothing else has.
func named(words []string) string {
	for _, w := range words {
		if strings.HasPrefix(w, "Xan") {
			return w
		}
	}
	return strings.Join(words, " ")
}
