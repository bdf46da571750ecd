package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ghlsms/ghl/ghltest"
	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
	"ghlsms/sync/trouble"
)

const byItself = "by itself"

var trials = []trial{
	{
		name: "the gateway's account is empty", kind: trouble.KindCredit, severity: "urgent", within: 2 * time.Minute, over: 8 * time.Minute,
		ends: "after the top-up, by itself", into: func(d *drill) { d.gateway.SetBalance(0); d.newcomer() }, out: func(d *drill) { d.gateway.SetBalance(50) },
	},
	{
		name: "the CRM's token is revoked", kind: trouble.KindCRMEntry, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "when a token works again", into: func(d *drill) { d.crm.SetToken("pit-other") }, out: func(d *drill) { d.crm.SetToken(ghltest.DefaultToken) },
	},
	{
		name: "the gateway is gone", kind: trouble.KindGatewayUnread, severity: "warning", within: 16 * time.Minute, urgent: 31 * time.Minute, over: 2 * time.Minute,
		ends: byItself, into: func(d *drill) { d.gateway.SetDown(true) }, out: func(d *drill) { d.gateway.SetDown(false) },
	},
	{
		name: "the CRM is gone", kind: trouble.KindCRMUnread, severity: "warning", within: 17 * time.Minute, urgent: 32 * time.Minute, over: 3 * time.Minute,
		ends: byItself, into: func(d *drill) { d.crm.SetDown(true) }, out: func(d *drill) { d.crm.SetDown(false) },
	},
	{
		name: "the gateway's account gets low", kind: trouble.KindLowCredit, severity: "warning", within: 62 * time.Minute, over: 62 * time.Minute,
		ends: "after the top-up, by itself", into: func(d *drill) { d.gateway.SetBalance(3) }, out: func(d *drill) { d.gateway.SetBalance(50) },
	},
	{
		name: "the token loses a scope for reading", kind: trouble.KindCRMScope, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "when the token has it again", into: func(d *drill) { d.crm.SetScopes(scopesWithout("calendars/events.readonly")...) }, out: func(d *drill) { d.crm.SetScopes() },
	},
	{
		name: "the CRM forbids one of its endpoints", kind: trouble.KindCRMScope, severity: "urgent", within: 2 * time.Minute, over: 4 * time.Minute,
		ends: "when the CRM allows it",
		into: func(d *drill) {
			d.crm.AddFault(ghltest.Fault{Path: "/calendars/events", Kind: ghltest.Refuse, Status: http.StatusForbidden, Times: -1})
		}, out: func(d *drill) { d.crm.ClearFaults() },
	},
	{
		name: "the token loses a scope for writing", kind: trouble.KindWriteScope, severity: "warning", within: 2 * time.Minute, over: 7 * time.Minute,
		ends: "when the token has it again", into: func(d *drill) { d.crm.SetScopes(scopesWithout("contacts.write")...); d.newcomer() }, out: func(d *drill) { d.crm.SetScopes() },
	},
	{
		name: "the folder of backups is gone", kind: trouble.KindFolder, severity: "warning", within: time.Minute, over: 2 * time.Minute,
		ends: "when it is there again", config: "backup: {folder: DIR/mnt/disk}\n",
		before: func(d *drill) { d.mkdir("mnt/disk") }, into: func(d *drill) { d.rename("mnt/disk", "mnt/gone") }, out: func(d *drill) { d.rename("mnt/gone", "mnt/disk") },
	},
	{
		name: "no backup can be written", kind: trouble.KindBackup, severity: "warning", within: time.Minute, over: 17 * time.Minute,
		ends: "when one can, tried every 15 minutes", short: "backup: {every: 1m}\n",
		into: func(d *drill) {
			d.halt()
			d.noBackups()
			d.start()
		}, out: func(d *drill) { d.remove("backups"); d.rename("old", "backups") },
	},
	{
		name: "this machine's clock is wrong", kind: trouble.KindClock, severity: "urgent", within: 2 * time.Minute, over: 2 * time.Minute,
		ends: "when the clock is right", into: func(d *drill) { d.crm.SetClock(-20 * time.Minute) }, out: func(d *drill) { d.crm.SetClock(0) },
	},
	{
		name: "most contacts change at once, and the brake is pulled", kind: trouble.KindBrake, severity: "warning", within: 2 * time.Minute, over: time.Minute,
		ends:   "by `ghlsms held release` or `drop`",
		before: func(d *drill) { d.crowd(30) },
		into: func(d *drill) {
			for i := range 30 {
				d.crm.EditContact(fmt.Sprintf("c%d", i), func(c *ghltest.Contact) { c.City = "Elsewhere" })
			}
		}, out: func(d *drill) { d.must("held", "release", "b1") },
	},
	{
		name: "the mirror is put back from a copy, and the brake is pulled", kind: trouble.KindBrake, severity: "urgent", within: time.Minute, over: time.Minute,
		ends: "by `ghlsms held release`", into: func(d *drill) { d.halt(); d.remove("ghlsms.mark"); d.start() }, out: func(d *drill) { d.must("held", "release", "b1") },
	},
	{
		name: "more new contacts than the limit text in", kind: trouble.KindLimit, severity: "warning", within: 2 * time.Minute, over: 2 * time.Minute,
		ends: "by `ghlsms held release`",
		into: func(d *drill) {
			for i := range 55 {
				d.text(fmt.Sprintf("+1202555%04d", 2000+i), "Hi, I'm "+drillName+" "+drillFamily)
			}
		}, out: (*drill).releaseAll,
	},
	{
		name: "the mirror's disk is full", kind: trouble.KindMirror, severity: "urgent", within: time.Minute, over: 90 * time.Second, unkept: true, disk: true,
		ends: "when there is room", into: func(d *drill) { d.fail(storetest.Full) }, out: (*drill).mended,
	},
	{
		name: "the mirror's disk is read-only", kind: trouble.KindMirror, severity: "urgent", within: time.Minute, over: 90 * time.Second, unkept: true, disk: true,
		ends: "when it can be written", slow: "a disk in use cannot be made read-only from outside",
		into: func(d *drill) { d.fail(storetest.ReadOnly) }, out: (*drill).mended,
	},
	{
		name: "the mirror's disk is nearly full", kind: trouble.KindDisk, severity: "warning", within: time.Minute, over: 2 * time.Minute,
		ends: "when there is room", into: func(d *drill) { d.setFree(50 << 20) }, out: func(d *drill) { d.setFree(50 << 30) },
	},
	{
		name: "a cycle hangs", kind: trouble.KindHangs, severity: "urgent", within: 17 * time.Minute, over: 2 * time.Minute,
		ends: "when it goes on, or after a restart", into: (*drill).hangUp, out: (*drill).goOn,
	},
	{
		name: "the token is older than 83 days", kind: trouble.KindTokenOld, severity: "warning", off: true, within: time.Minute, over: 2 * time.Minute,
		ends: "by `ghlsms auth rotate`", into: func(d *drill) { d.later(84 * 24 * time.Hour) }, out: (*drill).rotate,
	},
	{
		name: "a calendar of the config is gone", kind: trouble.KindCalendarGone, severity: "warning", within: 62 * time.Minute, over: 62 * time.Minute,
		ends: "when the config or the CRM is mended", config: "reminders: [{name: r, before: 24h, if: {calendar: Dr. Who}, text: \"See you {{.When}}\"}]\n",
		before: func(d *drill) { d.crm.AddCalendar(ghltest.Calendar{ID: "cal2", Name: "Dr. Who"}) },
		into:   func(d *drill) { d.crm.RemoveCalendar("cal2") }, out: func(d *drill) { d.crm.AddCalendar(ghltest.Calendar{ID: "cal2", Name: "Dr. Who"}) },
	},
	{
		name: "the gateway refuses the sender", kind: trouble.KindSender, severity: "urgent", within: 2 * time.Minute, over: 7 * time.Minute,
		ends: "when it takes it, by itself", into: func(d *drill) { d.gateway.SetSenders("OTHER"); d.newcomer() }, out: func(d *drill) { d.gateway.SetSenders() },
	},
	{
		name: "the gateway's key is revoked", kind: trouble.KindGatewayEntry, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "when a key works again", into: func(d *drill) { d.gateway.SetKey("other") }, out: func(d *drill) { d.gateway.SetKey(smstest.DefaultKey) },
	},
	{
		name: "the location of the config is wrong", kind: trouble.KindCRMLocation, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute, early: true,
		ends:   "when the config is mended, and ghlsms restarted",
		before: func(d *drill) { d.write("loc_elsewhere") },
		into:   func(*drill) {}, out: func(d *drill) { d.halt(); d.write("loc_sandbox"); d.start() },
	},
	{
		name: "a way to tell fails", kind: trouble.KindWay, severity: "warning", within: 2 * time.Minute, over: 2 * time.Minute,
		ends: "when it works again", into: func(d *drill) { d.outside.refuse("/beat", 500) }, out: func(d *drill) { d.outside.refuse("/beat", 0) },
	},
	{
		name: "the gateway's answers to texts cannot be read", kind: trouble.KindNoSending, severity: "warning", within: 6 * time.Minute, urgent: 12 * time.Minute, over: 20 * time.Minute,
		ends: "with the next text that it takes", slow: "what is in doubt is given up for a person after six minutes",
		into: func(d *drill) {
			d.gateway.AddFault(smstest.Fault{Path: "/sms/send", Kind: smstest.ErrorBefore, Times: -1})
			for i := range 7 { // of which five are left in doubt
				d.text(fmt.Sprintf("+1202555%04d", 2000+i), "Hi, I'm "+drillName+" "+drillFamily)
			}
		}, out: func(d *drill) { d.gateway.ClearFaults(); d.text("+12025550178", "Hi, I'm "+drillName+" "+drillFamily) }, also: []string{trouble.KindUnclear},
	},
	{
		name: "one side flaps", kind: trouble.KindGatewayEntry, severity: "urgent", within: 2 * time.Minute, over: 62 * time.Minute,
		ends: "when it has been well for a while, an hour at most", into: (*drill).flap, out: func(d *drill) { d.gateway.SetKey(smstest.DefaultKey) },
	},
	{
		name: "nothing is read, and nobody says why", kind: trouble.KindStandstill, severity: "urgent", within: 32 * time.Minute, over: 3 * time.Minute,
		ends: "when the cause is mended, here the schedule", slow: "the test has a schedule of its own",
		into: func(d *drill) { d.reschedule("0 0 1 1 *") }, out: func(d *drill) { d.reschedule("@every 1m") },
	},
	{
		name: "reminders are due, and cannot be decided", kind: trouble.KindOverdue, severity: "urgent", within: 14 * time.Minute, over: 3 * time.Minute,
		ends: "when they are, here when the clock is right", config: "reminders: [{name: r, before: 24h, text: \"See you {{.When}}\"}]\n", also: []string{trouble.KindClock}, slow: "ten minutes must pass",
		into: func(d *drill) { d.visitIn(24*time.Hour + 3*time.Minute); d.crm.SetClock(-20 * time.Minute) }, out: func(d *drill) { d.crm.SetClock(0) },
	},
	{
		name: "reminders are missed", kind: trouble.KindMissed, severity: "warning", within: time.Minute, over: time.Minute, off: true,
		ends: "by `ghlsms trouble ack reminders-missed`", config: dayBefore, also: []string{trouble.KindStopped}, slow: "the machine must be off for a while",
		into: func(d *drill) { d.visitIn(24*time.Hour + 2*time.Minute); d.later(40 * time.Minute) }, out: func(d *drill) { d.must("trouble", "ack", trouble.KindMissed) },
	},
	{
		name: "texts that came in cannot be decided", kind: trouble.KindUndecided, severity: "urgent", within: 12 * time.Minute, over: 3 * time.Minute, early: true,
		ends: "when they are, here when the contacts were read", also: []string{trouble.KindCRMUnread},
		before: func(d *drill) { d.crm.SetDown(true) }, into: (*drill).newcomer, out: func(d *drill) { d.crm.SetDown(false) },
	},
	{
		name: "two sides change the same field", kind: trouble.KindConflicts, severity: "warning", within: 3 * time.Minute, over: 2 * time.Minute,
		ends: "by `ghlsms conflicts resolve`", config: "sync: {contacts: {fields: {city: ask}}}\n", into: (*drill).disagree, out: (*drill).agree,
	},
	{
		name: "the newest backup is too old", kind: trouble.KindOld, severity: "warning", off: true, within: time.Minute, over: 18 * time.Minute,
		ends: "with the next backup", also: []string{trouble.KindBackup}, slow: "it takes two days",
		into: func(d *drill) { d.halt(); d.noBackups(); time.Sleep(50 * time.Hour); d.start() }, out: func(d *drill) { d.remove("backups"); d.rename("old", "backups") },
	},
	{
		name: "the CRM refuses the version of its API", kind: trouble.KindCRMVersion, severity: "urgent", within: 2 * time.Minute, over: 3 * time.Minute,
		ends: "with a newer ghlsms", into: func(d *drill) { d.crm.RefuseVersions(true) }, out: func(d *drill) { d.crm.RefuseVersions(false) },
	},
	{
		name: "more texts would leave than the limit", kind: trouble.KindLimit, severity: "warning", within: 2 * time.Minute, over: time.Minute,
		ends: "by `ghlsms held release` or `drop`", config: "limits: {texts_per_hour: 1}\n",
		into: func(d *drill) {
			for i := range 3 {
				d.text(fmt.Sprintf("+1202555%04d", 2000+i), "Hi, I'm "+drillName+" "+drillFamily)
			}
		}, out: (*drill).releaseAll,
	},
	{
		name: "the day's calls to the CRM are used up", kind: trouble.KindCRMDay, severity: "urgent", within: 2 * time.Minute, over: 65 * time.Minute,
		ends: "when the CRM gives new ones, at the time that is told", slow: "it lasts an hour",
		into: func(d *drill) { d.crm.UseUpDay(time.Hour) }, out: func(*drill) {},
	},
	{
		name: "a text does not arrive", kind: trouble.KindUndelivered, severity: "warning", within: 5 * time.Minute, over: time.Minute,
		ends: "by `ghlsms trouble ack texts-undelivered`",
		into: func(d *drill) { d.gateway.Fail("+12025550177", "FAILED"); d.newcomer() }, out: func(d *drill) { d.must("trouble", "ack", trouble.KindUndelivered) },
	},
	{
		name: "no text arrives any more", kind: trouble.KindUndelivered, severity: "warning", within: 5 * time.Minute, urgent: 15 * time.Minute, over: time.Minute,
		ends: "by `ghlsms trouble ack texts-undelivered`",
		into: func(d *drill) {
			d.meet("+12025552001", "FAILED")
			d.pass(5 * time.Minute)
			d.meet("+12025552002", "FAILED")
			d.meet("+12025552003", "FAILED")
		}, out: func(d *drill) { d.must("trouble", "ack", trouble.KindUndelivered) },
	},
	{
		name: "the gateway takes texts, and keeps them", kind: trouble.KindUnconfirmed, severity: "warning", within: 32 * time.Minute, over: 12 * time.Minute,
		ends: "when it says that they left, asked every few minutes",
		into: func(d *drill) { d.meet("+12025552001", "QUEUED") }, out: func(d *drill) { d.gateway.Fail("+12025552001", "") },
	},
	{
		name: "the gateway takes all texts, and keeps them", kind: trouble.KindUnconfirmed, severity: "urgent", within: 32 * time.Minute, over: 12 * time.Minute,
		ends: "when it says that they left, asked every few minutes", slow: "it is a warning at first there",
		into: func(d *drill) {
			for i := range 3 {
				d.meet(fmt.Sprintf("+1202555%04d", 2001+i), "QUEUED")
			}
		}, out: func(d *drill) {
			for i := range 3 {
				d.gateway.Fail(fmt.Sprintf("+1202555%04d", 2001+i), "")
			}
		},
	},
	{
		name: "an older text is stuck, and now all are", kind: trouble.KindUnconfirmed, severity: "warning", within: 33 * time.Minute, urgent: 75 * time.Minute, over: 22 * time.Minute,
		ends: "when it says that they left, asked every few minutes", slow: "it takes an hour",
		into: func(d *drill) {
			d.meet("+12025552001", "QUEUED")
			d.pass(20 * time.Minute)
			d.newcomer() // whose answer leaves
			d.pass(20 * time.Minute)
			for i := range 3 {
				d.meet(fmt.Sprintf("+1202555%04d", 2002+i), "QUEUED")
			}
		}, out: func(d *drill) {
			for i := range 4 {
				d.gateway.Fail(fmt.Sprintf("+1202555%04d", 2001+i), "")
			}
		},
	},
	{
		name: "the gateway refuses a text, and does not say plainly why", kind: trouble.KindRefused, severity: "warning", within: 12 * time.Minute, over: 32 * time.Minute,
		ends: "when it takes it, tried again later each time", slow: "ten minutes must pass",
		into: func(d *drill) {
			d.gateway.AddFault(smstest.Fault{Path: "/sms/send", Kind: smstest.ErrorBefore, Status: http.StatusBadRequest, Says: "Something went wrong", Times: -1})
			d.newcomer()
		}, out: func(d *drill) { d.gateway.ClearFaults() },
	},
	{
		name: "people ask for more tasks than the limits allow", kind: trouble.KindOverLimit, severity: "warning", within: 2 * time.Minute, over: time.Minute,
		ends: "by `ghlsms trouble ack texts-over-limit`", config: "limits: {tasks_per_person_per_day: 1}\n",
		into: func(d *drill) { d.text(drillPhone, "TASK call me"); d.text(drillPhone, "TASK call my mother") },
		out:  func(d *drill) { d.must("trouble", "ack", trouble.KindOverLimit) },
	},
	{
		name: "it stays unclear whether a text left", kind: trouble.KindUnclear, severity: "warning", within: 12 * time.Minute, over: 3 * time.Minute,
		ends: "when the gateway shows it", also: []string{trouble.KindGatewayUnread, trouble.KindNoSending},
		into: func(d *drill) {
			d.gateway.AddFault(smstest.Fault{Path: "/sms/send", Kind: smstest.ErrorAfter, Times: 1})
			d.gateway.AddFault(smstest.Fault{Path: "/v2/messages", Kind: smstest.ErrorBefore, Times: -1})
			d.newcomer()
		}, out: func(d *drill) { d.gateway.ClearFaults() },
	},
}

// dayBefore is a reminder that is soon too late.
const dayBefore = "reminders: [{name: r, before: 24h, late: 12m, text: \"See you {{.When}}\"}]\n"

// meet lets somebody whose texts end with a status text us, and be answered.
func (d *drill) meet(number, status string) {
	d.gateway.Fail(number, status)
	d.text(number, "Hi, I'm "+drillName+" "+drillFamily)
}

// pass lets time pass, of which the built program has little.
func (d *drill) pass(by time.Duration) {
	if d.program != nil {
		by = 2 * time.Second
	}
	time.Sleep(by)
}

// flap refuses the gateway's key every other minute.
func (d *drill) flap() {
	pause := time.Minute
	if d.program != nil {
		pause = 2 * time.Second
	}
	for range 7 {
		d.gateway.SetKey("other")
		time.Sleep(pause)
		d.gateway.SetKey(smstest.DefaultKey)
		time.Sleep(pause)
	}
	d.gateway.SetKey("other")
	time.Sleep(pause)
}

// reschedule has the CRM read at other times from now on.
func (d *drill) reschedule(crm string) {
	d.halt()
	d.trial.config = fmt.Sprintf("schedule: {crm: %q}\n", crm)
	d.write("loc_sandbox")
	d.start()
}

// visitIn is an appointment in some time.
func (d *drill) visitIn(in time.Duration) {
	d.crm.AddAppointment(ghltest.Appointment{ID: "soon", CalendarID: "cal1", ContactID: "zelda", Title: "Check-up", Start: time.Now().Add(in)})
	time.Sleep(70 * time.Second) // it is read
}

// disagree has a field of the patient changed in the CRM and here.
func (d *drill) disagree() {
	d.crm.SetDown(true)
	d.must("contact", "set", "1", "city=Here")
	d.crm.EditContact("zelda", func(c *ghltest.Contact) { c.City = "There" })
	d.crm.SetDown(false)
}

func (d *drill) agree() {
	var rows []struct {
		ID any `json:"id"`
	}
	if err := json.Unmarshal([]byte(d.must("conflicts", "list", "--format", "json")), &rows); err != nil || len(rows) != 1 {
		d.t.Fatalf("%v: %v", rows, err)
	}
	d.must("conflicts", "resolve", fmt.Sprint(rows[0].ID), "crm")
}

// noBackups puts something in the way of backups, and those that there are aside.
func (d *drill) noBackups() {
	d.rename("backups", "old")
	if err := os.Symlink("nowhere", d.path("backups")); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) path(name string) string { return filepath.Join(d.dir, name) }

func (d *drill) mkdir(name string) {
	if err := os.MkdirAll(d.path(name), 0o700); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) rename(from, to string) {
	if err := os.Rename(d.path(from), d.path(to)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) remove(name string) {
	if err := os.Remove(d.path(name)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *drill) crowd(n int) {
	for i := range n {
		d.crm.AddContact(ghltest.Contact{ID: fmt.Sprintf("c%d", i), FirstName: "Fay", LastName: "Doe", Phone: fmt.Sprintf("+1202555%04d", 3000+i)})
	}
}

// releaseAll lets go whatever limits hold, as it is listed.
func (d *drill) releaseAll() {
	var rows []struct {
		ID any `json:"id"`
	}
	if err := json.Unmarshal([]byte(d.must("held", "list", "--format", "json")), &rows); err != nil {
		d.t.Fatal(err)
	}
	args := []string{"held", "release"}
	for _, r := range rows {
		args = append(args, fmt.Sprint(r.ID))
	}
	d.must(args...)
}

// rotate puts another token into the config, which the CRM takes as well.
func (d *drill) rotate() {
	text, err := os.ReadFile(d.config)
	if err == nil {
		err = os.WriteFile(d.config, []byte(strings.Replace(string(text), "token: pit-sandbox", "token: pit-new", 1)), 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.halt()
	if d.program != nil {
		d.crm.SetToken("pit-new")
	}
	d.start()
}
