package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Question is what somebody who texted is asked back.
type Question struct {
	ID            int64
	Number        string
	Kind          QuestionKind
	State         QuestionState
	Text          string // the text that raised it
	ContactID     int64  // whom it is about; 0: nobody yet
	AppointmentID int64  // 0: none
	Choices       []Choice
	Answer        int // the choice taken, from 1; 0: none
	RaisedAt      time.Time
	AskedAt       time.Time
	ExpiresAt     time.Time
}

// QuestionKind is what is asked.
type QuestionKind string

// The kinds of questions.
const (
	AskWhich   QuestionKind = "which"   // of several appointments
	AskWho     QuestionKind = "who"     // of several contacts staff mean
	AskSlot    QuestionKind = "slot"    // when an appointment should be instead
	AskDetails QuestionKind = "details" // whether what is on file is to be overwritten
	AskEmail   QuestionKind = "email"   // whether an address that is somebody else's is theirs
)

// QuestionState is the state of a question.
type QuestionState string

// The states of a question.
const (
	QuestionReading QuestionState = "reading" // the calendar is to be asked for free time
	QuestionRead    QuestionState = "read"    // it answered; the person is to be asked
	QuestionOpen    QuestionState = "open"    // the person was asked
	QuestionChosen  QuestionState = "booking" // the person chose; the CRM is to take it
	QuestionClosed  QuestionState = "closed"
)

// Choice is one answer to a question, and what it stands for.
type Choice struct {
	Contact     int64  `json:"contact,omitempty"`
	Appointment int64  `json:"appointment,omitempty"`
	Start       string `json:"start,omitempty"` // TimeForm
	End         string `json:"end,omitempty"`
	Edits       Fields `json:"edits,omitempty"`
}

const questionColumns = `id, number, kind, state, text, coalesce(contact_id, 0), coalesce(appointment_id, 0), choices, answer, raised_at, asked_at, expires_at`

func scanQuestion(rows *sql.Rows) (q Question, err error) {
	var choices string
	err = rows.Scan(&q.ID, &q.Number, &q.Kind, &q.State, &q.Text, &q.ContactID, &q.AppointmentID, &choices, &q.Answer,
		millis{&q.RaisedAt}, millis{&q.AskedAt}, millis{&q.ExpiresAt})
	if err == nil {
		if err = json.Unmarshal([]byte(choices), &q.Choices); err != nil {
			err = fmt.Errorf("the choices of question %d are not JSON: %w", q.ID, err)
		}
	}
	return q, err
}

func (tx *Tx) questions(ctx context.Context, rest string, args ...any) ([]Question, error) {
	return query(ctx, tx, scanQuestion, `SELECT `+questionColumns+` FROM questions `+rest, args...)
}

// Ask stores a question. A person is asked one thing at a time: what was open is closed.
func (tx *Tx) Ask(ctx context.Context, q Question) error {
	if _, err := tx.ExecContext(ctx, `UPDATE questions SET state = 'closed' WHERE number = ? AND state IN ('reading', 'read', 'open')`, q.Number); err != nil {
		return err
	}
	choices, err := json.Marshal(q.Choices)
	if err != nil {
		return err
	}
	var asked any
	if q.State == QuestionOpen {
		asked = ms(tx.Now)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO questions (number, kind, state, text, contact_id, appointment_id, choices, raised_at, asked_at, expires_at)
		VALUES (?, ?, ?, ?, nullif(?, 0), nullif(?, 0), ?, ?, ?, ?)`,
		q.Number, q.Kind, q.State, q.Text, q.ContactID, q.AppointmentID, string(choices), ms(tx.Now), asked, ms(q.ExpiresAt))
	if err != nil {
		return fmt.Errorf("ask %s: %w", q.Kind, err)
	}
	return nil
}

// clocksApart is how far the gateway's clock may lag behind ours when it dates an inbound text; it may tell
// whole seconds only.
const clocksApart = time.Minute

// OpenQuestion is the question that a text of that time answers, if it answers one.
func (tx *Tx) OpenQuestion(ctx context.Context, number string, at time.Time) (q Question, found bool, err error) {
	all, err := tx.questions(ctx, `WHERE number = ? AND state = 'open' AND asked_at <= ? AND expires_at > ? ORDER BY id DESC LIMIT 1`, number, ms(at.Add(clocksApart)), ms(at))
	if err != nil || len(all) == 0 {
		return q, false, err
	}
	return all[0], true, nil
}

// CloseQuestions closes the questions about an appointment, also those whose choice the CRM has not taken yet.
func (tx *Tx) CloseQuestions(ctx context.Context, appointmentID int64) error {
	_, err := tx.ExecContext(ctx, `UPDATE questions SET state = 'closed' WHERE appointment_id = ? AND state <> 'closed'`, appointmentID)
	return err
}

// Questions lists the questions in a state, oldest first.
func (tx *Tx) Questions(ctx context.Context, state QuestionState, limit int) ([]Question, error) {
	return tx.questions(ctx, `WHERE state = ? ORDER BY id LIMIT ?`, state, limit)
}

// SetQuestion stores a question's state, choices and answer.
func (tx *Tx) SetQuestion(ctx context.Context, q Question) error {
	choices, err := json.Marshal(q.Choices)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE questions SET state = ?1, choices = ?2, answer = ?3,
		asked_at = CASE WHEN ?1 = 'open' THEN coalesce(asked_at, ?4) ELSE asked_at END WHERE id = ?5`,
		q.State, string(choices), q.Answer, ms(tx.Now), q.ID)
	if err != nil {
		return fmt.Errorf("question %d: %w", q.ID, err)
	}
	return nil
}

// QuestionsWith lists what was asked of a number, or about a contact, oldest first. contactID 0 is nobody.
func (tx *Tx) QuestionsWith(ctx context.Context, number string, contactID int64) ([]Question, error) {
	return tx.questions(ctx, `WHERE number = ? OR contact_id = nullif(?, 0) ORDER BY id`, number, contactID)
}
