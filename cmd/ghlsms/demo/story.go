package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms"
	"ghlsms/store"
)

// play lets people do what they do, and waits until the daemon has made of it what it should,
// or until ctx ends. What it waits for is checked again at the end, together with what must
// not have happened.
func (d *stage) play(ctx context.Context, start time.Time) {
	d.say("the clinic opens", "contacts", len(d.crm.Contacts()), "appointments", len(d.crm.Appointments()))
	d.await(ctx, d.imported)

	d.text("Jane, who is new", newcomer, "Hi, I'm Jane Doe, jane.doe@example.com")
	d.text("Maria", d.phone("Maria"), "TASK "+mariasTask)
	d.text("Sam", d.phone("Sam"), "STOP")
	d.text("Amy", d.phone("Amy"), "R")
	d.text("Dana of staff", danas, "TASK Amy Allen: "+danasTask+" tomorrow 10am")
	d.say("Dana cancels Bob's appointment on the CRM's screen")
	d.crm.EditAppointment(d.clinic.appointments["Bob"], func(a *ghltest.Appointment) { a.Status = "cancelled" })
	d.say("Dana corrects Raj's email on the CRM's screen")
	d.crm.EditContact(d.clinic.contacts["Raj"].ID, func(c *ghltest.Contact) { c.Email = correctedEmail })
	d.say("somebody edits Eva's city on the command line")
	d.command(ctx, "contact", "set", d.clinic.contacts["Eva"].ID, "city=Arlington")
	d.say("and writes a note on Leo")
	d.command(ctx, "note", "add", d.clinic.contacts["Leo"].ID, leosNote)
	d.say("Dana gives Ivy the tag of the newsletter")
	d.crm.EditContact(d.clinic.contacts["Ivy"].ID, func(c *ghltest.Contact) { c.Tags = append(c.Tags, newsTag) })

	d.await(ctx, func(context.Context) bool { return d.answered("Amy", "When instead") })
	d.text("Amy", d.phone("Amy"), "4")
	d.await(ctx, func(context.Context) bool { return d.taskOf("Maria", mariasTask) != nil })
	d.text("Maria", d.phone("Maria"), "TASKS")
	d.await(ctx, func(context.Context) bool { return d.answered("Maria", "1. ") })
	d.text("Maria", d.phone("Maria"), "DONE "+d.numberOf("Maria", mariasTask))

	d.await(ctx, func(context.Context) bool { return d.reminded("Tom") && d.reminded("Liz") })
	d.text("Tom", d.phone("Tom"), "C")
	d.text("Liz", d.phone("Liz"), "X")
	d.await(ctx, func(context.Context) bool { return d.status("Tom") == "confirmed" && d.status("Liz") == "cancelled" })
	d.clash(ctx)
	d.await(ctx, func(ctx context.Context) bool { return allGood(d.checks(ctx)) })
	d.pause(ctx, start)
}

// clash lets both sides change the same field while the line is cut.
func (d *stage) clash(ctx context.Context) {
	d.say("the line to the CRM is cut; Mia's city is changed on both sides")
	d.crm.SetDown(true)
	mia := d.clinic.contacts["Mia"].ID
	d.crm.EditContact(mia, func(c *ghltest.Contact) { c.City = "Boston" })
	d.command(ctx, "contact", "set", mia, "city=Reston")
	d.crm.SetDown(false)
}

const (
	leosNote       = "Prefers mornings"
	newsTag        = "news"
	correctedEmail = "raj.patel@clinic.example"
	mariasTask     = "call me back about the bill"
	danasTask      = "send the forms"
)

// pause gives the daemon a few more cycles in which it must do nothing more.
func (d *stage) pause(ctx context.Context, start time.Time) {
	d.say("everybody goes quiet", "after", time.Since(start).Round(time.Second))
	select {
	case <-ctx.Done():
	case <-time.After(3 * time.Second):
	}
}

func (d *stage) say(what string, attrs ...any) { d.log.Info("» "+what, attrs...) }

func (d *stage) text(who, number, text string) {
	d.say(who + " texts: " + text)
	d.gateway.Text(number, text)
}

// command runs this program as a person would.
func (d *stage) command(ctx context.Context, args ...string) {
	if err := d.run(ctx, append(args, "-c", d.config)...); err != nil {
		d.log.Error("a command failed", "command", strings.Join(args, " "), "error", err)
	}
}

// await polls a condition until it holds or ctx ends.
func (d *stage) await(ctx context.Context, holds func(context.Context) bool) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds(ctx) {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (d *stage) imported(ctx context.Context) bool {
	return d.count(ctx, `SELECT count(*) FROM v1_contacts WHERE name <> ''`) == len(d.crm.Contacts()) &&
		d.count(ctx, `SELECT count(*) FROM v1_appointments`) == len(d.crm.Appointments())
}

// count asks the mirror for one number, -1 if it cannot tell.
func (d *stage) count(ctx context.Context, q string, args ...any) int {
	n := -1
	err := d.db.View(ctx, func(tx *store.Tx) error { return tx.QueryRowContext(ctx, q, args...).Scan(&n) })
	if err != nil {
		return -1
	}
	return n
}

func (d *stage) phone(name string) string { return d.clinic.contacts[name].Phone }

// taskOf finds a task of a contact in the CRM.
func (d *stage) taskOf(name, title string) *ghltest.Task {
	for _, t := range d.crm.Tasks() {
		if t.ContactID == d.clinic.contacts[name].ID && t.Title == title {
			return &t
		}
	}
	return nil
}

func (d *stage) answered(name, part string) bool { return d.texts(d.phone(name), part) > 0 }

// texts counts the texts to a number that contain some words.
func (d *stage) texts(number, part string) int {
	n := 0
	for _, m := range d.gateway.SentTo(number) {
		if strings.Contains(m.Text, part) {
			n++
		}
	}
	return n
}

// numberOf is the short number under which a person was told a task.
func (d *stage) numberOf(name, title string) string {
	for _, m := range d.gateway.SentTo(d.phone(name)) {
		for line := range strings.Lines(m.Text) {
			if n, rest, ok := strings.Cut(line, ". "); ok && strings.HasPrefix(rest, title) {
				return n
			}
		}
	}
	return "1"
}

func (d *stage) reminded(name string) bool { return d.answered(name, "Hi "+name) }

func allGood(checks []check) bool {
	for _, c := range checks {
		if !c.OK {
			return false
		}
	}
	return true
}

// checks compares what is in the CRM, at the gateway and in the mirror with what should be.
func (d *stage) checks(ctx context.Context) []check {
	return []check{
		d.checkNewcomer(), d.checkWelcomeTask(), d.checkTask(false), d.checkTask(true), d.checkStaffTask(), d.checkConfirmed(),
		d.checkReminded(), d.checkNotReminded(), d.checkCancelled(), d.checkRule(), d.checkMoved(), d.checkOptOut(), d.checkMirrored(ctx),
		d.checkPushed(), d.checkNote(), d.checkListed(), d.checkConflict(ctx), d.checkDelivered(ctx), d.checkTwice(),
	}
}

func (d *stage) jane() (found []ghltest.Contact) {
	for _, c := range d.crm.Contacts() {
		if c.Phone == newcomer {
			found = append(found, c)
		}
	}
	return found
}

func (d *stage) checkNewcomer() check {
	c := check{Name: "contact created from a text", Detail: "nobody with Jane's number"}
	if j := d.jane(); len(j) > 0 {
		c.OK = len(j) == 1 && j[0].FirstName == "Jane" && j[0].LastName == "Doe" && j[0].Email == "jane.doe@example.com" &&
			d.texts(newcomer, "Thanks Jane") == 1
		c.Detail = fmt.Sprintf("%s %s, tags %s, and one answer", j[0].FirstName, j[0].LastName, strings.Join(j[0].Tags, ", "))
	}
	return c
}

func (d *stage) checkWelcomeTask() check {
	c := check{Name: "welcome task", Detail: "no task for Jane"}
	for _, t := range d.crm.Tasks() {
		if j := d.jane(); len(j) == 1 && t.ContactID == j[0].ID {
			c.OK, c.Detail = t.Title == "Welcome Jane Doe", t.Title
		}
	}
	return c
}

func (d *stage) checkTask(done bool) check {
	c := check{Name: "task created", Detail: "no such task of Maria"}
	if done {
		c.Name = "task completed"
	}
	if t := d.taskOf("Maria", mariasTask); t != nil {
		c.OK, c.Detail = !done || t.Completed, t.Title
	}
	return c
}

func (d *stage) status(name string) string {
	a, _ := d.crm.Appointment(d.clinic.appointments[name])
	return a.Status
}

func (d *stage) checkConfirmed() check {
	s := d.status("Tom")
	return check{"appointment confirmed", s == "confirmed", "Tom's is " + s + " in the CRM"}
}

func (d *stage) checkReminded() check {
	tom, ann := d.texts(d.phone("Tom"), "Hi Tom"), d.texts(d.phone("Ann"), "Hi Ann")
	return check{"reminder sent once", tom == 1 && ann == 1, fmt.Sprintf("a day ahead: %d to Tom; an hour ahead: %d to Ann", tom, ann)}
}

func (d *stage) checkNotReminded() check {
	n := len(d.gateway.SentTo(d.phone("Bob")))
	return check{"cancelled appointment not reminded", n == 0, fmt.Sprintf("%d texts to Bob", n)}
}

func (d *stage) checkCancelled() check {
	s := d.status("Liz")
	return check{"appointment cancelled by text", s == "cancelled", "Liz's is " + s + " in the CRM"}
}

func (d *stage) checkRule() check {
	c := check{Name: "a rule made a task of that", Detail: "no task for Liz"}
	if t := d.taskOf("Liz", "Offer Liz a new time"); t != nil {
		c.OK, c.Detail = true, t.Title
	}
	return c
}

func (d *stage) checkMoved() check {
	a, _ := d.crm.Appointment(d.clinic.appointments["Amy"])
	moved := d.texts(d.phone("Amy"), "Your appointment is now on") == 1 && !a.DateUpdated.Equal(a.DateAdded)
	return check{"appointment moved by text", moved, "Amy chose one of the free times she was offered"}
}

func (d *stage) checkStaffTask() check {
	c := check{Name: "task texted by staff", Detail: "no such task of Amy"}
	if t := d.taskOf("Amy", danasTask); t != nil {
		asked, _, _ := strings.Cut(t.Body, "\n")
		c.OK, c.Detail = strings.Contains(asked, "Dana Lee"), fmt.Sprintf("%s, for Amy: %s", t.Title, asked)
	}
	return c
}

func (d *stage) checkOptOut() check {
	var status string
	for _, c := range d.crm.Contacts() {
		if c.ID == d.clinic.contacts["Sam"].ID {
			status = c.DNDSettings["SMS"].Status
		}
	}
	due := d.count(context.Background(), `SELECT count(*) FROM v1_reminders WHERE decision = 'skipped' AND reason LIKE '%opted out%'`)
	n := len(d.gateway.SentTo(d.phone("Sam")))
	return check{
		"opt-out reached the CRM and held", status == "active" && n == 1 && due == 1,
		fmt.Sprintf("Sam's SMS do-not-disturb is %q; %d text, the confirmation; %d reminder skipped", status, n, due),
	}
}

func (d *stage) checkMirrored(ctx context.Context) check {
	n := d.count(ctx, `SELECT count(*) FROM v1_contacts WHERE email = ?`, correctedEmail)
	return check{"edit in the CRM mirrored", n == 1, "Raj's email in the mirror"}
}

func (d *stage) checkPushed() check {
	var city string
	for _, c := range d.crm.Contacts() {
		if c.ID == d.clinic.contacts["Eva"].ID {
			city = c.City
		}
	}
	return check{"local edit pushed", city == "Arlington", fmt.Sprintf("Eva's city in the CRM is %q", city)}
}

func (d *stage) checkNote() check {
	n := 0
	for _, note := range d.crm.Notes() {
		if note.ContactID == d.clinic.contacts["Leo"].ID && note.Body == leosNote {
			n++
		}
	}
	return check{"note reached the CRM once", n == 1, fmt.Sprintf("%d on Leo: %s", n, leosNote)}
}

func (d *stage) checkListed() check {
	c := check{Name: "tag puts on the gateway's list", Detail: "Ivy is not on it"}
	for _, p := range d.gateway.People(d.clinic.list) {
		if p.Phone == d.phone("Ivy") {
			c.OK, c.Detail = p.FirstName == "Ivy", fmt.Sprintf("%s %s is on it", p.FirstName, p.LastName)
		}
	}
	return c
}

func (d *stage) checkConflict(ctx context.Context) check {
	mia, _ := d.crm.Contact(d.clinic.contacts["Mia"].ID)
	kept := d.count(ctx, `SELECT count(*) FROM v1_conflicts WHERE field = 'city' AND crm = 'Boston' AND local = 'Reston' AND kept = 'crm'`)
	return check{"both sides changed a field", mia.City == "Boston" && kept == 1, fmt.Sprintf("Mia's city stays %q; %d value that lost is kept", mia.City, kept)}
}

func (d *stage) checkDelivered(ctx context.Context) check {
	open := d.count(ctx, `SELECT count(*) FROM v1_texts WHERE direction = 'out' AND state <> ?`, string(sms.StateDelivered))
	all := len(d.gateway.Sent())
	return check{"delivery of every text recorded", open == 0 && all > 0, fmt.Sprintf("%d of %d texts are delivered", all-max(open, 0), all)}
}

func (d *stage) checkTwice() check {
	seen, twice := map[string]bool{}, 0
	for _, m := range d.gateway.Sent() {
		key := m.To + "\x00" + m.Text
		if seen[key] {
			twice++
		}
		seen[key] = true
	}
	for _, w := range d.crm.Writes() {
		kind, _, _ := strings.Cut(w.Effect, " ")
		key := w.Effect + "\x00" + string(w.Body)
		if strings.HasSuffix(kind, ".create") {
			key = kind + "\x00" + w.Path + string(w.Body)
		}
		if seen[key] {
			twice++
		}
		seen[key] = true
	}
	return check{"nothing sent twice", twice == 0, fmt.Sprintf("%d texts, %d writes to the CRM, %d twice", len(d.gateway.Sent()), len(d.crm.Writes()), twice)}
}
