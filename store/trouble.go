package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Severity is how bad a trouble is.
type Severity string

// The severities.
const (
	Notice  Severity = "notice"  // shown, and told to nobody: it may end by itself
	Warning Severity = "warning" // somebody should look
	Urgent  Severity = "urgent"  // texts do not leave, or are not heard
)

// Trouble is something that is not as people expect, from when it began until it ended.
type Trouble struct {
	ID       int64
	Kind     string // what, for programs
	About    string // which one, where a kind has several
	Severity Severity
	What     string // a sentence that names nobody
	Details  string // may name people
	Cost     string // what it leads to
	Remedy   string // what to do

	Since, FoundAt, EndedAt time.Time
	AckedAt                 time.Time // a person knows of it
	AckedBy, AckedWhy       string

	Size      int // how much it is about, where that can be counted
	AckedSize int // of that, what the person knows of
	Returns   int // how often it came back soon after it had ended

	// What it said at its worst, and how bad and how much it was then.
	Worst         string
	WorstSeverity Severity
	WorstSize     int
}

const troubleColumns = `id, kind, about, severity, what, details, cost, remedy, since, found_at, ended_at, acked_at, acked_by, acked_why,
	size, acked_size, returns, worst, worst_severity, worst_size`

func scanTrouble(rows *sql.Rows) (t Trouble, err error) {
	err = rows.Scan(&t.ID, &t.Kind, &t.About, &t.Severity, &t.What, &t.Details, &t.Cost, &t.Remedy,
		millis{&t.Since}, millis{&t.FoundAt}, millis{&t.EndedAt}, millis{&t.AckedAt}, &t.AckedBy, &t.AckedWhy,
		&t.Size, &t.AckedSize, &t.Returns, &t.Worst, &t.WorstSeverity, &t.WorstSize)
	return t, err
}

func (tx *Tx) troubles(ctx context.Context, rest string, args ...any) ([]Trouble, error) {
	return query(ctx, tx, scanTrouble, `SELECT `+troubleColumns+` FROM troubles `+rest, args...)
}

// OpenTroubles lists those that have not ended, in the order in which they began.
func (tx *Tx) OpenTroubles(ctx context.Context) ([]Trouble, error) {
	return tx.troubles(ctx, `WHERE ended_at IS NULL ORDER BY since, id`)
}

// EndedSince lists those of each kind that ended last, and not before a time.
func (tx *Tx) EndedSince(ctx context.Context, at time.Time) ([]Trouble, error) {
	return tx.troubles(ctx, `t WHERE ended_at >= ? AND id = (SELECT id FROM troubles WHERE kind = t.kind AND about = t.about ORDER BY ended_at DESC, id DESC LIMIT 1)
		ORDER BY id`, ms(at))
}

// ErrNoTrouble says that there is no such trouble, or that it has ended.
var ErrNoTrouble = errors.New("no such trouble now: ghlsms trouble list")

// Trouble reads one.
func (tx *Tx) Trouble(ctx context.Context, id int64) (Trouble, error) {
	all, err := tx.troubles(ctx, `WHERE id = ?`, id)
	if err == nil && len(all) == 0 {
		err = ErrNoTrouble
	}
	if err != nil {
		return Trouble{}, fmt.Errorf("trouble %d: %w", id, err)
	}
	return all[0], nil
}

// BeginTrouble stores one that was found and is not open yet.
func (tx *Tx) BeginTrouble(ctx context.Context, t Trouble) (id int64, err error) {
	res, err := tx.ExecContext(ctx, `INSERT INTO troubles (kind, about, severity, what, details, cost, remedy, since, found_at, ended_at, size, worst, worst_severity, worst_size)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?4, ?3, ?11)`,
		t.Kind, t.About, t.Severity, t.What, t.Details, t.Cost, t.Remedy, ms(t.Since), ms(tx.Now), ms(t.EndedAt), t.Size)
	if err != nil {
		return 0, fmt.Errorf("trouble %s: %w", t.Kind, err)
	}
	return res.LastInsertId()
}

// ChangeTrouble stores what is found of one now. Without EndedAt it is open, again if it had ended.
func (tx *Tx) ChangeTrouble(ctx context.Context, t Trouble) error {
	_, err := tx.ExecContext(ctx, `UPDATE troubles SET severity = ?, what = ?, details = ?, cost = ?, remedy = ?, ended_at = ?, acked_at = ?,
		size = ?, acked_size = ?, returns = ?, worst = ?, worst_severity = ?, worst_size = ? WHERE id = ?`,
		t.Severity, t.What, t.Details, t.Cost, t.Remedy, ms(t.EndedAt), ms(t.AckedAt),
		t.Size, t.AckedSize, t.Returns, t.Worst, t.WorstSeverity, t.WorstSize, t.ID)
	return err
}

// EndTrouble notes that one is over.
func (tx *Tx) EndTrouble(ctx context.Context, id int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE troubles SET ended_at = ? WHERE id = ? AND ended_at IS NULL`, ms(tx.Now), id)
	return err
}

// AckTrouble notes that a person knows of an open one: until it gets worse or begins anew it is told no more.
func (tx *Tx) AckTrouble(ctx context.Context, id int64, by, why string) error {
	res, err := tx.ExecContext(ctx, `UPDATE troubles SET acked_at = ?, acked_by = ?, acked_why = ?, acked_size = size WHERE id = ? AND ended_at IS NULL`, ms(tx.Now), by, why, id)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fmt.Errorf("trouble %d: %w", id, ErrNoTrouble)
}

// FirstUrgent is the urgent trouble that began first of those that were open at some moment between two times, without
// those of one kind.
func (tx *Tx) FirstUrgent(ctx context.Context, from, to time.Time, without string) (t Trouble, found bool, err error) {
	all, err := tx.troubles(ctx, `WHERE severity = 'urgent' AND since <= ?2 AND (ended_at IS NULL OR ended_at > ?1) AND kind <> ?3
		ORDER BY since, id LIMIT 1`, ms(from), ms(to), without)
	if err != nil || len(all) == 0 {
		return Trouble{}, false, err
	}
	return all[0], true, nil
}

// Telling is what was told last of a trouble on one way.
type Telling struct {
	TroubleID int64
	Way       string
	State     string // begins, goes on, is over; empty: no try came through
	Severity  Severity
	At        time.Time
	Size      int  // of the trouble
	Acked     bool // that a person knows of it
	Fails     int  // in a row since
	FailedAt  time.Time
}

// Tellings lists what was told of the troubles that are open, of those whose end is to be told yet, and of those that
// ended after a time and may come back.
func (tx *Tx) Tellings(ctx context.Context, since time.Time) ([]Telling, error) {
	return query(ctx, tx, func(rows *sql.Rows) (t Telling, err error) {
		err = rows.Scan(&t.TroubleID, &t.Way, &t.State, &t.Severity, millis{&t.At}, &t.Size, &t.Acked, &t.Fails, millis{&t.FailedAt})
		return t, err
	}, `SELECT trouble_id, way, state, severity, told_at, size, acked, fails, failed_at FROM tellings
		WHERE state <> 'is over' OR trouble_id IN (SELECT id FROM troubles WHERE ended_at IS NULL OR ended_at >= ?) ORDER BY trouble_id, way`, ms(since))
}

// NoteTold stores what was told of a trouble on one way.
func (tx *Tx) NoteTold(ctx context.Context, t Telling) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO tellings (trouble_id, way, state, severity, told_at, fails, failed_at, size, acked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (trouble_id, way) DO UPDATE SET state = ?3, severity = ?4, told_at = ?5, fails = ?6, failed_at = ?7, size = ?8, acked = ?9`,
		t.TroubleID, t.Way, t.State, t.Severity, ms(t.At), t.Fails, ms(t.FailedAt), t.Size, t.Acked)
	return err
}

// Obstacle is what kind of thing keeps something from being done or read.
type Obstacle string

// The obstacles.
const (
	NoCredit  Obstacle = "credit"   // the gateway's account is empty
	NoEntry   Obstacle = "auth"     // the token or key is refused
	NoScope   Obstacle = "scope"    // the token may not do this
	NoSender  Obstacle = "sender"   // the gateway refuses whom texts come from
	NoVersion Obstacle = "version"  // the CRM refuses the version of its API
	Elsewhere Obstacle = "location" // the token is another location's
	Gone      Obstacle = "gone"     // the side does not have what is asked for
	TooMany   Obstacle = "rate"     // too many calls
	DayUsed   Obstacle = "day"      // the day's calls are used up
	Away      Obstacle = "away"     // the side cannot be reached
	Sick      Obstacle = "sick"     // the side answers, but cannot do it now
	Unclear   Obstacle = "unclear"  // it may have been done
	Refused   Obstacle = "refused"  // the side refuses this one
	Mistake   Obstacle = "mistake"  // a mistake in ghlsms
	Hours     Obstacle = "hours"    // people may not be texted now
	Guarded   Obstacle = "guarded"  // something else must be known or done first
	Blocked   Obstacle = "blocked"  // the lane it needs is closed
)

// Lane is a way to use a side that refused the last call on it, or could not be reached.
type Lane struct {
	Name   string
	Code   Obstacle
	Reason string
	Since  time.Time // of the first such refusal in a row
	SaidAt time.Time // of the last
}

// The names of lanes.
const (
	LaneReadCRM      = "crm.read"
	LaneWriteCRM     = "crm.write"
	LaneReadGateway  = "sms.read"
	LaneWriteGateway = "sms.write" // its address book and its list of opt-outs
	LaneSend         = "sms.send"
)

// Lanes lists those that are closed.
func (tx *Tx) Lanes(ctx context.Context) ([]Lane, error) {
	return query(ctx, tx, func(rows *sql.Rows) (l Lane, err error) {
		err = rows.Scan(&l.Name, &l.Code, &l.Reason, millis{&l.Since}, millis{&l.SaidAt})
		return l, err
	}, `SELECT lane, code, reason, since, said_at FROM lanes ORDER BY since, lane`)
}

// CloseLane notes a refusal. Another kind of refusal is another beginning.
func (tx *Tx) CloseLane(ctx context.Context, name string, code Obstacle, reason string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO lanes (lane, code, reason, since, said_at) VALUES (?1, ?2, ?3, ?4, ?4)
		ON CONFLICT (lane) DO UPDATE SET since = CASE WHEN code = ?2 THEN since ELSE ?4 END, code = ?2, reason = ?3, said_at = ?4`, name, code, reason, ms(tx.Now))
	return err
}

// OpenLane notes that a call on it went well.
func (tx *Tx) OpenLane(ctx context.Context, name string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM lanes WHERE lane = ?`, name)
	return err
}

// NoteCause keeps what keeps an intent from being done, if nothing is kept yet.
func (tx *Tx) NoteCause(ctx context.Context, id int64, code Obstacle, cause string) error {
	_, err := tx.ExecContext(ctx, `UPDATE outbox SET cause = ?, code = ? WHERE id = ? AND cause = ''`, cause, code, id)
	return err
}

// Failure is a kind of what fails for good, and is counted until a person has looked.
type Failure string

// The kinds of failures.
const (
	FailedEffects Failure = "failed"      // effects that were refused
	Missed        Failure = "missed"      // reminders that were given up for being late, or could not be written
	Expired       Failure = "expired"     // what else was given up for being late
	Undelivered   Failure = "undelivered" // texts that left and did not arrive
	OverLimit     Failure = "over-limit"  // wishes that came in by text and that limits refused
)

// failures says how each kind is found, after the time ?1.
var failures = map[Failure]string{
	FailedEffects: `SELECT id, done_at AS at FROM outbox WHERE state = 'failed' AND done_at > ?1`,
	Missed: `SELECT r.id, o.done_at AS at FROM outbox o JOIN reminders r ON r.outbox_id = o.id WHERE o.late AND o.done_at > ?1
		UNION ALL SELECT id, decided_at FROM reminders WHERE code IN ('late', 'unread', 'text') AND decided_at > ?1`,
	Expired:     `SELECT id, done_at AS at FROM outbox WHERE late AND done_at > ?1 AND NOT EXISTS (SELECT 1 FROM reminders WHERE outbox_id = outbox.id)`,
	Undelivered: `SELECT outbox_id AS id, delivery_at AS at FROM texts WHERE delivery = 'failed' AND delivery_at > ?1`,
	OverLimit:   `SELECT id, decided_at AS at FROM inbound WHERE decision = 'too many' AND decided_at > ?1`,
}

// Failures counts what failed since a person last looked, and tells since when.
func (tx *Tx) Failures(ctx context.Context, f Failure) (n int, since time.Time, err error) {
	looked, err := tx.looked(ctx, f)
	if err != nil {
		return 0, since, err
	}
	err = tx.QueryRowContext(ctx, `SELECT count(*), min(at) FROM (`+failures[f]+`)`, looked).Scan(&n, millis{&since})
	return n, since, err
}

// looked is when a person last looked at failures of a kind, in milliseconds.
func (tx *Tx) looked(ctx context.Context, f Failure) (at int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT coalesce((SELECT at FROM looked WHERE what = ?), 0)`, f).Scan(&at)
	return at, err
}

// lastLeft is the newest text of which a gateway said that it has left it.
const lastLeft = `coalesce((SELECT max(outbox_id) FROM texts WHERE delivery IN ('sent', 'delivered')), 0)`

// FailedInARow counts the texts that did not arrive and that nobody has looked at, since the last one that left the gateway.
func (tx *Tx) FailedInARow(ctx context.Context) (n int, err error) {
	looked, err := tx.looked(ctx, Undelivered)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `SELECT count(*) FROM (`+failures[Undelivered]+`) WHERE id > `+lastLeft, looked).Scan(&n)
	return n, err
}

// Unconfirmed counts the texts that a gateway took before a time, and of which it has not said that they left it; and those of them
// since the last one that did.
func (tx *Tx) Unconfirmed(ctx context.Context, before time.Time) (n, inARow int, since time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE outbox_id > `+lastLeft+`), min(delivery_at) FROM texts WHERE `+unconfirmed+` AND delivery_at <= ?`, ms(before)).
		Scan(&n, &inARow, millis{&since})
	return n, inARow, since, err
}

// Look notes that a person has looked at all failures of a kind until now.
func (tx *Tx) Look(ctx context.Context, f Failure, by, why string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO looked (what, at, by, why) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (what) DO UPDATE SET at = ?2, by = ?3, why = ?4`, f, ms(tx.Now), by, why)
	return err
}

// Stakes is what a standstill of texts costs.
type Stakes struct {
	Waiting   int       // texts that are due and have not left
	Reminders int       // reminders among them
	TooLate   time.Time // when the first of them is of no use any more; zero: none ends
	Due       int       // reminders that are due and not decided
	Next      int       // reminders that will be within a day
}

// untilWhen is when an intent o of the outbox is given up, as [Tx.Expire] does: a held reminder only at the start.
const untilWhen = `CASE o.state WHEN 'held' THEN coalesce((SELECT min(unixepoch(starts)) * 1000 FROM reminders WHERE outbox_id = o.id AND due_at < unixepoch(starts) * 1000),
	o.expires_at) ELSE o.expires_at END`

// Stakes counts what waits to leave, but for what staff are told of trouble.
func (tx *Tx) Stakes(ctx context.Context) (s Stakes, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*), count(r), min(until) FROM (
		SELECT `+untilWhen+` AS until, (SELECT min(id) FROM reminders WHERE outbox_id = o.id) AS r FROM outbox o JOIN texts t ON t.outbox_id = o.id
		WHERE o.state IN ('pending', 'held') AND +o.kind = 'text.send' AND o.created_at <= ?1 AND t.purpose <> ?2)`, ms(tx.Now), ForAlarm).Scan(&s.Waiting, &s.Reminders, millis{&s.TooLate})
	if err != nil {
		return s, err
	}
	err = tx.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE leaves_at <= ?1), count(*) FILTER (WHERE leaves_at > ?1) FROM reminders WHERE decided_at IS NULL AND leaves_at <= ?2`,
		ms(tx.Now), ms(tx.Now.Add(24*time.Hour))).Scan(&s.Due, &s.Next)
	return s, err
}

// Obstructed counts what waits for the same kind of obstacle, with the words of one of them.
type Obstructed struct {
	Code  Obstacle
	InCRM bool // what waits is to be written to the CRM
	Text  bool // what waits is a text
	N     int
	Since time.Time
	Cause string
}

// Obstructed lists what kinds of obstacles keep pending effects from being done.
func (tx *Tx) Obstructed(ctx context.Context) ([]Obstructed, error) {
	return query(ctx, tx, func(rows *sql.Rows) (o Obstructed, err error) {
		err = rows.Scan(&o.Code, &o.InCRM, &o.Text, &o.N, millis{&o.Since}, &o.Cause)
		return o, err
	}, `SELECT code, kind IN (`+kindsSQL(Kind.inCRM)+`) AS in_crm, kind = 'text.send' AS is_text, count(*), min(created_at), max(coalesce(nullif(reason, ''), cause)) FROM outbox
		WHERE `+obstructed+` GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`)
}

// Conditions on the outbox.
const (
	obstructed = `state = 'pending' AND code <> ''`
	limited    = `state = 'held' AND brake_id IS NULL`
	doubtful   = `state = 'unknown' AND (waits OR started_at <= ?1)`
)

// unconfirmed is a text that a gateway has, and whose way it is asked about.
const unconfirmed = `check_at IS NOT NULL AND delivery IN ('queued', 'unclear')`

// Limited is what limits hold: effects that no brake and no reused key holds.
type Limited struct {
	N       int
	Since   time.Time
	Cause   string
	TooLate time.Time // when the first of them is of no use any more; zero: never
}

// Limited counts what limits hold, and whatever else is held without a brake.
func (tx *Tx) Limited(ctx context.Context) (l Limited, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*), min(created_at), coalesce(max(reason), ''), min(`+untilWhen+`) FROM outbox o WHERE `+limited).
		Scan(&l.N, millis{&l.Since}, &l.Cause, millis{&l.TooLate})
	return l, err
}

// Doubtful counts what may or may not have been done and is left to a person, or is in doubt since before a time.
func (tx *Tx) Doubtful(ctx context.Context, before time.Time) (n int, since time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT count(*), min(started_at) FROM outbox WHERE `+doubtful, ms(before)).Scan(&n, millis{&since})
	return n, since, err
}

// ConflictsWaiting counts the conflicts that wait for a person.
func (tx *Tx) ConflictsWaiting(ctx context.Context) (n int, since time.Time, err error) {
	n, err = tx.OpenConflicts(ctx)
	if err != nil || n == 0 {
		return n, since, err
	}
	err = tx.QueryRowContext(ctx, `SELECT min(found_at) FROM conflicts WHERE `+openConflict).Scan(millis{&since})
	return n, since, err
}

// Glance tells of what there is any, so that only what is there need be looked at closely.
type Glance struct {
	Obstructed bool // pending effects that something keeps from being done
	Failed     bool // failures of any kind that nobody has looked at
	Undecided  bool // reminders that are due, and texts that came in
	Braked     bool // brakes
	Held       bool // effects that limits hold
	Doubtful   bool // effects that may or may not have been done
	Unsaid     bool // texts that a gateway has, and has not said more of
	Conflicts  bool // conflicts that wait for a person
	Paused     bool // pauses
	NoBackup   bool // a backup that failed
}

// Glance asks for all of it at once.
func (tx *Tx) Glance(ctx context.Context) (g Glance, err error) {
	err = tx.QueryRowContext(ctx, glance(), ms(tx.Now)).
		Scan(&g.Obstructed, &g.Failed, &g.Undecided, &g.Braked, &g.Held, &g.Doubtful, &g.Unsaid, &g.Conflicts, &g.Paused, &g.NoBackup)
	return g, err
}

var glance = sync.OnceValue(func() string {
	var failed []string
	for _, f := range slices.Sorted(maps.Keys(failures)) {
		failed = append(failed, `EXISTS (`+strings.ReplaceAll(failures[f], "?1", `(SELECT coalesce(max(at), 0) FROM looked WHERE what = '`+string(f)+`')`)+`)`)
	}
	return `SELECT EXISTS (SELECT 1 FROM outbox WHERE ` + obstructed + `),
		` + strings.Join(failed, "\n\t\tOR ") + `,
		EXISTS (SELECT 1 FROM reminders WHERE decided_at IS NULL AND leaves_at <= ?1) OR EXISTS (SELECT 1 FROM inbound WHERE decision IS NULL),
		EXISTS (SELECT 1 FROM brakes WHERE state <> 'over'),
		EXISTS (SELECT 1 FROM outbox WHERE ` + limited + `),
		EXISTS (SELECT 1 FROM outbox WHERE ` + doubtful + `),
		EXISTS (SELECT 1 FROM texts WHERE ` + unconfirmed + `),
		EXISTS (SELECT 1 FROM conflicts WHERE ` + openConflict + `),
		EXISTS (SELECT 1 FROM pauses WHERE until > ?1),
		EXISTS (SELECT 1 FROM meta WHERE key = '` + MetaBackup + `' AND value <> '')`
})

// LastTroubleEnded is when the last trouble that was more than a notice ended; zero: none did.
func (tx *Tx) LastTroubleEnded(ctx context.Context) (at time.Time, err error) {
	err = tx.QueryRowContext(ctx, `SELECT max(ended_at) FROM troubles WHERE severity <> 'notice'`).Scan(millis{&at})
	return at, err
}
