package gammu

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/warthog618/sms/encoding/tpdu"

	"ghlsms/sms"
)

// An inboxRow is one SMS as gammu-smsd stored it. Of a long text that it had complete, the row
// of the first part holds the whole and the others are empty; else each holds its own part.
type inboxRow struct {
	id               int64
	from, phone      string
	text, udh        string
	received, stored string // the network's time in gammu-smsd's zone, and when the row was written in UTC
}

// joined is a text put together from the rows of its parts, in their order.
type joined []inboxRow

func (t joined) first() inboxRow {
	return slices.MinFunc(t, func(a, b inboxRow) int { return cmp.Compare(a.id, b.id) })
}

func (t joined) text() string {
	var s strings.Builder
	for _, r := range t {
		s.WriteString(r.text)
	}
	return strings.ToValidUTF8(s.String(), "\uFFFD")
}

// incoming has the time in its key because IDs begin at one again in a new database.
func (t joined) incoming(zone *time.Location, to string) sms.Incoming {
	r := t.first()
	stamp := strings.NewReplacer("-", "", ":", "", " ", "T").Replace(r.received)
	return sms.Incoming{
		Key:  "inbox/" + strconv.FormatInt(r.id, 10) + "/" + stamp,
		From: r.from,
		To:   to,
		Text: t.text(),
		At:   notAfter(parseTime(r.received, zone), parseTime(r.stored, time.UTC)),
	}
}

// concat is what ties the parts of one text together.
type concat struct {
	from, phone string
	ref, parts  int
}

// concatOf tells which part of which text a row is; ok is false if it is a text by itself.
func concatOf(r inboxRow) (c concat, seq int, ok bool) {
	raw, err := hex.DecodeString(r.udh)
	if err != nil || len(raw) == 0 {
		return concat{}, 0, false
	}
	var udh tpdu.UserDataHeader
	if _, err := udh.UnmarshalBinary(raw); err != nil {
		return concat{}, 0, false
	}
	parts, seq, ref, ok := udh.ConcatInfo()
	if !ok || parts < 2 || seq < 1 || seq > parts {
		return concat{}, 0, false
	}
	return concat{r.from, r.phone, ref, parts}, seq, true
}

// A group is a text that misses parts.
type group struct {
	concat
	rows   map[int]inboxRow
	newest time.Time // when the last of its rows was stored
}

func (g *group) joined() joined {
	var t joined
	for seq := range g.parts + 1 {
		if r, ok := g.rows[seq]; ok {
			t = append(t, r)
		}
	}
	return t
}

// A joiner turns rows into texts. It decides by the times at which rows were stored, so it does
// not matter when, or in how many goes, they are read.
type joiner struct {
	timeout time.Duration
	open    []*group
	done    []joined
}

// add takes the next row.
func (j *joiner) add(r inboxRow) {
	c, seq, ok := concatOf(r)
	if !ok {
		j.done = append(j.done, joined{r})
		return
	}
	stored := parseTime(r.stored, time.UTC)
	g := j.groupFor(c, seq, stored)
	g.rows[seq] = r
	g.newest = stored
	if len(g.rows) == g.parts {
		j.finish(g)
	}
}

// groupFor is the group that the part belongs to. References repeat, after 256 texts or when a
// phone restarts: a part that is there already, or comes too late, begins another text.
func (j *joiner) groupFor(c concat, seq int, stored time.Time) *group {
	i := slices.IndexFunc(j.open, func(g *group) bool { return g.concat == c })
	if i >= 0 {
		g := j.open[i]
		if _, twice := g.rows[seq]; !twice && stored.Sub(g.newest) <= j.timeout {
			return g
		}
		j.finish(g)
	}
	g := &group{concat: c, rows: make(map[int]inboxRow)}
	j.open = append(j.open, g)
	return g
}

// finish gives a group out, complete or not. Later parts alone without any text are what is
// left of a text whose first row, with all of it, was given out before.
func (j *joiner) finish(g *group) {
	j.open = slices.DeleteFunc(j.open, func(o *group) bool { return o == g })
	if t := g.joined(); len(g.rows) == g.parts || t.text() != "" {
		j.done = append(j.done, t)
	}
}

// expire finishes groups that have waited long enough, until limit texts are done.
func (j *joiner) expire(now time.Time, limit int) {
	for _, g := range slices.Clone(j.open) {
		if len(j.done) >= limit {
			return
		}
		if now.Sub(g.newest) >= j.timeout {
			j.finish(g)
		}
	}
}

// waiting are the rows of unfinished groups, ascending.
func (j *joiner) waiting() []int64 {
	var ids []int64
	for _, g := range j.open {
		for _, r := range g.rows {
			ids = append(ids, r.id)
		}
	}
	slices.Sort(ids)
	return ids
}

// sorted are the finished texts, oldest first.
func (j *joiner) sorted() []joined {
	slices.SortFunc(j.done, func(a, b joined) int { return cmp.Compare(a.first().id, b.first().id) })
	return j.done
}
