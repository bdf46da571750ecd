package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ghlsms/store"
)

// text enqueues a text and returns the id of its intent.
func (m *mirror) text(key, number, body string) int64 {
	m.Helper()
	return get(m, func(tx *store.Tx) (int64, error) {
		id, _, err := tx.EnqueueText(m.ctx, store.Intent{Key: key}, store.Text{Number: number, Body: body, Purpose: store.ForReply, Parts: 1})
		return id, err
	})
}

func (m *mirror) textOf(id int64) store.Text {
	m.Helper()
	return get(m, func(tx *store.Tx) (store.Text, error) { return tx.Text(m.ctx, id) })
}

func TestTheSameKeyHasTheSameReferenceInOneMirrorOnly(t *testing.T) {
	m := open(t)
	ref := m.textOf(m.text("k", "+1", "hi")).Ref
	same(t, "length", len(ref), 24)
	if other := m.textOf(m.text("k2", "+1", "hi")).Ref; other == ref {
		t.Error("another key has the same reference")
	}
	m.sql(`DELETE FROM texts`) // as in a backup from before they were planned
	m.sql(`DELETE FROM outbox`)
	same(t, "planned again", m.textOf(m.text("k", "+1", "hi")).Ref, ref)
	stranger := open(t)
	if stranger.textOf(stranger.text("k", "+1", "hi")).Ref == ref {
		t.Error("another mirror gives the same reference")
	}
}

func TestATextIsEnqueuedOnce(t *testing.T) {
	m := open(t)
	id := m.text("k", "+1", "first")
	same(t, "id", m.text("k", "+1", "first"), id)
	for want, other := range map[string]store.Text{
		"text":         {Number: "+1", Body: "second"},
		"number":       {Number: "+2", Body: "first"},
		"number, text": {Number: "+2", Body: "second"},
	} {
		err := m.try(func(tx *store.Tx) error {
			_, _, err := tx.EnqueueText(m.ctx, store.Intent{Key: "k"}, other)
			return err
		})
		refused(t, err, fmt.Sprintf("effect k exists as #%d with another %s", id, want))
		if strings.Contains(err.Error(), "second") || strings.Contains(err.Error(), "+") {
			t.Errorf("it tells what was to be texted to whom: %v", err)
		}
	}
	same(t, "body", m.textOf(id).Body, "first")
	same(t, "rows", value[int](m, `SELECT count(*) FROM texts`), 1)
	err := m.try(func(tx *store.Tx) error { _, err := tx.Text(m.ctx, 99); return err })
	if !errors.Is(err, store.ErrNoIntent) {
		t.Errorf("a text that is not there: %v", err)
	}
}

func TestTwinInDoubt(t *testing.T) {
	m := open(t)
	one, two := m.text("1", "+1", "hi"), m.text("2", "+1", "hi")
	m.in(m.text("3", "+1", "other words"), store.Unknown)
	m.in(m.text("4", "+2", "hi"), store.Unknown)
	doubt := func(id int64) bool {
		text := m.textOf(id)
		return get(m, func(tx *store.Tx) (bool, error) { return tx.TwinInDoubt(m.ctx, text, time.UnixMilli(1)) })
	}
	for _, s := range allStates {
		m.in(one, s)
		same(t, "twin is "+string(s), doubt(two), s == store.Sending || s == store.Unknown || s == store.Done)
		same(t, "it is no twin of itself", doubt(one), false)
	}
	m.in(one, store.Done)
	m.do(func(tx *store.Tx) error { return tx.Accepted(m.ctx, one, "smsto", "g1", "queued", noon) })
	same(t, "twin that the gateway knows", doubt(two), false)
}

func TestWhatBecomesOfATextAtTheGateway(t *testing.T) {
	m := open(t)
	id := m.text("k", "+1", "hi")
	check := noon.Add(time.Minute)
	m.do(func(tx *store.Tx) error {
		ok(t, tx.Claim(m.ctx, id, "test"))
		return tx.Accepted(m.ctx, id, "smsto", "g1", "queued", check)
	})
	got := m.textOf(id)
	same(t, "accepted", []any{got.Gateway, got.GatewayID, got.Delivery, got.SentAt, got.CheckAt}, []any{"smsto", "g1", "queued", noon, check})

	taken := func(gateway string) int {
		return len(get(m, func(tx *store.Tx) ([]store.Text, error) { return tx.TakenTexts(m.ctx, gateway, 10) }))
	}
	same(t, "to be asked, before its time", taken("smsto"), 0)
	m.now = check
	same(t, "to be asked, at its time", []int{taken("smsto"), taken("twilio")}, []int{1, 0})

	say := func(delivery, detail string, at, next time.Time) {
		m.do(func(tx *store.Tx) error { return tx.Delivered(m.ctx, id, delivery, detail, at, next) })
	}
	deliveryAt := func() int64 { return value[int64](m, `SELECT delivery_at FROM texts`) }
	say("queued", "", noon.Add(time.Second), noon.Add(time.Hour))
	same(t, "said the same: since when", deliveryAt(), noon.UnixMilli())
	same(t, "asked again later", taken("smsto"), 0)
	m.now = noon.Add(2 * time.Hour)
	say("failed", "no such number", m.now, time.Time{})
	same(t, "since when", deliveryAt(), m.now.UnixMilli())
	same(t, "asked no more", taken("smsto"), 0)

	idTaken := func(gateway, gid string, except int64) bool {
		return get(m, func(tx *store.Tx) (bool, error) { return tx.GatewayIDTaken(m.ctx, gateway, gid, except) })
	}
	same(t, "gateway's id", []bool{idTaken("smsto", "g1", 0), idTaken("smsto", "g1", id), idTaken("twilio", "g1", 0)}, []bool{true, false, false})
}

func TestTextsTo(t *testing.T) {
	m := open(t)
	for _, s := range allStates {
		m.in(m.text(string(s), "+1", "hi"), s)
	}
	m.text("other", "+2", "hi")
	to := func(since time.Time) int {
		return get(m, func(tx *store.Tx) (int, error) { return tx.TextsTo(m.ctx, "+1", store.ForReply, since) })
	}
	same(t, "left or waiting to", to(noon), 4) // pending, sending, unknown, done
	same(t, "since later", to(noon.Add(time.Second)), 0)
}

func TestMayHaveGot(t *testing.T) {
	m := open(t)
	for _, s := range allStates {
		m.in(m.text(string(s), "+1", string(s)), s)
	}
	m.in(m.text("other", "+2", "other"), store.Done)
	failed, late := m.in(m.text("failed there", "+1", "failed there"), store.Done), m.in(m.text("late", "+1", "late"), store.Done)
	m.do(func(tx *store.Tx) error { return tx.Delivered(m.ctx, failed, "failed", "", noon, time.Time{}) })
	m.do(func(tx *store.Tx) error { return tx.Delivered(m.ctx, late, "expired", "", noon, time.Time{}) })
	m.sql(`UPDATE outbox SET started_at = ? WHERE id = ?`, noon.Add(time.Hour).UnixMilli(), late)
	got := func(from, until time.Time) (bodies []string) {
		for _, s := range get(m, func(tx *store.Tx) ([]store.SentText, error) { return tx.MayHaveGot(m.ctx, "+1", from, until) }) {
			if in := m.intent(s.OutboxID); in.State != s.State || !in.StartedAt.Equal(s.SentAt) || !in.CreatedAt.Equal(s.PlannedAt) {
				t.Errorf("%+v", s)
			}
			bodies = append(bodies, s.Body)
		}
		return bodies
	}
	same(t, "by noon", got(noon.Add(-time.Hour), noon), []string{"sending", "unknown", "done"})
	same(t, "by one", got(noon.Add(-time.Hour), noon.Add(time.Hour)), []string{"sending", "unknown", "done", "late"})
	same(t, "from one", got(noon.Add(time.Hour), noon.Add(time.Hour)), []string{"late"})
}
