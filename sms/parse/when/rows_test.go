package when

import (
	"os"
	"strings"
	"testing"
	"time"
)

// A dateRow is a line of a table of dates; see the head of testdata/dates-blind.tsv.
type dateRow struct {
	line                         int
	lang, region, zone, want, is string
	now                          time.Time
}

func readDates(t testing.TB, file string) (rows []dateRow) {
	t.Helper()
	table, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(table)) {
		n++
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 6 {
			t.Fatalf("%s:%d: a row is lang, region, now, zone, expected and text, with tabs between: %q", file, n, line)
		}
		now, err := time.Parse(time.RFC3339, cells[2])
		if err != nil {
			t.Fatalf("%s:%d: %v", file, n, err)
		}
		rows = append(rows, dateRow{n, cells[0], cells[1], cells[3], cells[4], strings.ReplaceAll(cells[5], `\n`, "\n"), now.In(zone(t, cells[3]))})
	}
	return rows
}

// reads is what the row's text is read as, in the form of the tables. A part of the day is no more than its day, and a week is
// no day.
func (r dateRow) reads(t testing.TB) (got string, when Date) {
	t.Helper()
	when, ok := Languages(strings.Split(r.lang, ",")).Find(r.is, r.now, r.region)
	switch {
	case !ok, when.Roughly:
		return "-", when
	case when.HasTime && !when.OnlyPart:
		return when.At.Format("2006-01-02T15:04"), when
	}
	return when.At.Format(time.DateOnly), when
}

func TestDateRows(t *testing.T) {
	for _, file := range []string{"testdata/dates-blind.tsv", "testdata/dates.tsv"} {
		rows, right := readDates(t, file), 0
		for _, r := range rows {
			got, when := r.reads(t)
			if got == r.want {
				right++
				continue
			}
			t.Errorf("%s:%d: %s %s, %s: %q is %s (%s), want %s", file, r.line, r.lang, r.region, r.now.Format("Mon 2006-01-02 15:04"), r.is, got, when.Doubt, r.want)
		}
		t.Logf("%s: %d of %d", file, right, len(rows))
	}
}
