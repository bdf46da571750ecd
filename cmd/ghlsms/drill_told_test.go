package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/sms/smstest"
	"ghlsms/store/storetest"
	"ghlsms/sync/trouble"
)

// quietly runs a clinic on fake time in which all is well at first.
func quietly(t *testing.T, config string, do func(d *drill)) {
	t.Helper()
	storetest.SkipShort(t, "many cycles")
	storetest.SkipRace(t, "hours of the daemon, and TestDaysOfTheDaemon runs the same with it")
	inFakeTime(t, trial{config: config}, func(d *drill) {
		time.Sleep(4*time.Minute + 7*time.Second)
		do(d)
	})
}

// said is what was told since a time, a line each: kind, state, news.
func (d *drill) said(since time.Time) (all []string) {
	for _, t := range d.outside.of("", since) {
		all = append(all, strings.TrimSuffix(t.Kind+" "+t.State+", "+t.News, ", "))
	}
	return all
}

func (d *drill) wantSaid(since time.Time, want ...string) {
	d.t.Helper()
	if got := d.said(since); !slices.Equal(got, want) {
		d.t.Errorf("told was %q, want %q", got, want)
	}
}

// What a stop of the daemon cost is told once, when that is known; that nothing was read before it began is not.
func TestAStopIsToldOnce(t *testing.T) {
	const rule = "reminders: [{name: r, before: 24h, late: 1h, text: \"See you {{.When}}\"}]\n"
	quietly(t, rule, func(d *drill) {
		began := time.Now()
		d.later(3 * time.Hour)
		time.Sleep(time.Hour)
		d.wantSaid(began) // nobody felt it
		d.visitIn(24*time.Hour + 10*time.Minute)
		began = time.Now()
		d.later(50 * time.Minute)
		time.Sleep(5 * time.Minute)
		d.wantSaid(began, "stopped is over")
		told := d.outside.of("", began)[0]
		if !strings.Contains(told.What, "ghlsms did not run from 2:05 PM on Apr 3 to 2:55 PM") || !strings.HasSuffix(told.What, "; 1 reminder left late") || told.Ended == nil {
			t.Errorf("told: %+v", told)
		}
		if out := d.must("reminders", "list"); !strings.Contains(flat(out), "min late: ghlsms did not run") {
			t.Errorf("the report does not say what made it late:\n%s", out)
		}
	})
}

// Who acknowledges a trouble silences the alarms, which say so; it is shown as it is all the same.
func TestWhatIsAcknowledgedIsNotMended(t *testing.T) {
	storetest.OnlyFull(t, "hours of the daemon")
	quietly(t, "", func(d *drill) {
		began := time.Now()
		d.gateway.SetBalance(0)
		d.newcomer()
		told, _, is := d.wait(trouble.KindCredit, "begins", "", began, 2*time.Minute)
		if !is {
			t.Fatal("not told")
		}
		if code, _, stderr := d.ghlsms("trouble", "ack", "gateway-credit@12"); code != exitUsage {
			t.Errorf("another's id: exit %d, %s", code, stderr)
		}
		d.must("trouble", "ack", told.ID, "--why", "the bank is closed")
		time.Sleep(time.Minute)
		d.wantSaid(began, "gateway-credit begins", "gateway-credit goes on, acknowledged")
		if ack := d.outside.of(trouble.KindCredit, began)[1]; ack.AckedBy != "amy" || ack.ID != told.ID {
			t.Errorf("told: %+v", ack)
		}
		time.Sleep(5 * time.Hour)
		d.wantSaid(began, "gateway-credit begins", "gateway-credit goes on, acknowledged")
		if code, said := d.ready(); code != http.StatusServiceUnavailable {
			t.Errorf("readyz: %d %s", code, said)
		}
		if code, out, _ := d.ghlsms("status"); code != exitWaiting || !strings.Contains(flat(out), "acknowledged by amy on Apr 3, 10:04 AM: the bank is closed") || !strings.Contains(out, "URGENT") {
			t.Errorf("status, exit %d:\n%s", code, out)
		}
		d.gateway.SetBalance(50)
		time.Sleep(10 * time.Minute)
		d.wantSaid(began, "gateway-credit begins", "gateway-credit goes on, acknowledged", "gateway-credit is over")
	})
}

// More cases than were acknowledged are told again.
func TestMoreThanWasAcknowledged(t *testing.T) {
	quietly(t, "limits: {texts_per_hour: 1}\n", func(d *drill) {
		began := time.Now()
		come := func(from, n int) {
			for i := range n {
				d.text(fmt.Sprintf("+1202555%04d", from+i), "Hi, I'm "+drillName+" "+drillFamily)
			}
			time.Sleep(2 * time.Minute)
		}
		come(2000, 4)
		d.must("trouble", "ack", trouble.KindLimit)
		time.Sleep(time.Minute)
		come(2100, 2)
		d.wantSaid(began, "limit begins", "limit goes on, acknowledged", "limit goes on, grows")
	})
}

// A count that grows is told when it has grown much, and not one by one. Each id that is shown is taken.
func TestWhatGrowsIsTold(t *testing.T) {
	quietly(t, "", func(d *drill) {
		began := time.Now()
		for i := range 17 {
			number := fmt.Sprintf("+1202555%04d", 2000+i)
			d.gateway.Fail(number, "FAILED")
			d.text(number, "Hi, I'm "+drillName+" "+drillFamily)
			time.Sleep(time.Minute)
		}
		time.Sleep(10 * time.Minute)
		told := d.outside.of("", began)
		if n := len(told); n < 3 || n > 4 || !strings.HasPrefix(told[n-1].What, "1") {
			t.Errorf("told %d times: %q", n, d.said(began))
		}
		d.must("trouble", "ack", "T1")
		time.Sleep(time.Minute)
		if said := d.said(began); said[len(said)-1] != "texts-undelivered is over" {
			t.Errorf("told: %q", said)
		}
		if code, out, _ := d.ghlsms("status"); code != exitDone {
			t.Errorf("status, exit %d:\n%s", code, out)
		}
	})
}

// Many more texts that wait than whoever acknowledged the want of credit knew of are told; a few more are not.
func TestMoreTextsWaitThanWereAcknowledged(t *testing.T) {
	quietly(t, "", func(d *drill) {
		began := time.Now()
		d.gateway.SetBalance(0)
		d.newcomer()
		time.Sleep(2 * time.Minute)
		d.must("trouble", "ack", trouble.KindCredit)
		time.Sleep(time.Minute)
		d.text("+12025552001", "Hi, I'm "+drillName+" "+drillFamily)
		time.Sleep(5 * time.Minute)
		d.wantSaid(began, "gateway-credit begins", "gateway-credit goes on, acknowledged")
		for i := range 8 {
			d.text(fmt.Sprintf("+1202555%04d", 2100+i), "Hi, I'm "+drillName+" "+drillFamily)
		}
		time.Sleep(5 * time.Minute)
		d.wantSaid(began, "gateway-credit begins", "gateway-credit goes on, acknowledged", "gateway-credit goes on, grows")
		if grows := d.outside.of(trouble.KindCredit, began)[2]; !strings.HasPrefix(grows.Cost, "10 texts wait") {
			t.Errorf("told: %+v", grows)
		}
	})
}

// A way to tell that did not work does not work after a restart either, until it was used.
func TestABrokenWayIsBrokenAfterARestart(t *testing.T) {
	quietly(t, "", func(d *drill) {
		d.outside.refuse("/hook", http.StatusInternalServerError)
		d.gateway.SetBalance(0)
		d.newcomer()
		time.Sleep(3 * time.Minute)
		began := time.Now()
		d.halt()
		d.start()
		time.Sleep(30 * time.Second) // before it is used again
		if code, out, _ := d.ghlsms("trouble", "list"); !strings.Contains(flat(out), "alarms cannot be told by webhook") {
			t.Errorf("exit %d:\n%s", code, out)
		}
		d.outside.refuse("/hook", 0)
		time.Sleep(2 * time.Hour)
		// the way itself hears that it was away once it is back, and nothing of its being so
		if told := d.outside.of(trouble.KindWay, began); len(told) != 1 || told[0].State != "is over" || told[0].Cost != "" {
			t.Errorf("told: %+v", told)
		}
		if code, out, _ := d.ghlsms("trouble", "list"); strings.Contains(flat(out), "alarms cannot be told by webhook") {
			t.Errorf("exit %d:\n%s", code, out)
		}
		if strings.Count(d.log.String(), `trouble is over what="alarms cannot be told by webhook`) != 1 {
			t.Errorf("log:\n%s", d.log.String())
		}
	})
}

// While the mirror's disk is full a restart neither tells that anew nor forgets to tell that it is over.
func TestAFullDiskIsToldOnceThroughRestarts(t *testing.T) {
	storetest.SkipShort(t, "many cycles")
	storetest.SkipRace(t, "hours of the daemon, and TestDaysOfTheDaemon runs the same with it")
	for name, again := range map[string]func(d *drill){
		"full when it starts": func(d *drill) { d.start(); time.Sleep(10 * time.Minute); d.mended() },
		"mended meanwhile":    func(d *drill) { time.Sleep(10 * time.Minute); d.mended(); d.start() },
		"full again": func(d *drill) {
			d.mended()
			d.start()
			time.Sleep(20 * time.Second)
			d.fail(storetest.Full)
			time.Sleep(10 * time.Minute)
			d.mended()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, trial{disk: true}, func(d *drill) {
				time.Sleep(4*time.Minute + 7*time.Second)
				began := time.Now()
				d.fail(storetest.Full)
				time.Sleep(3 * time.Minute)
				d.halt()
				again(d)
				time.Sleep(20 * time.Minute)
				d.wantSaid(began, "mirror-unwritten begins", "mirror-unwritten is over")
				if told := d.outside.of("", began); len(told) == 2 && (told[0].ID != told[1].ID || told[1].Cost != "" || told[1].Remedy != "") {
					t.Errorf("told: %+v", told)
				}
			})
		})
	}
}

// A restart while a cycle hangs, which is what people are told to do, makes nobody believe that all is well.
func TestARestartOfAHangingDaemonIsNoEnd(t *testing.T) {
	quietly(t, "", func(d *drill) {
		began := time.Now()
		d.hangUp()
		time.Sleep(20 * time.Minute)
		d.wantSaid(began, "cycle-hangs begins")
		restarted := time.Now()
		d.halt()
		d.start()
		time.Sleep(14 * time.Minute)
		if n := d.outside.beatsSince(restarted); n > 0 {
			t.Errorf("%d heartbeats", n)
		}
		time.Sleep(10 * time.Minute)
		d.wantSaid(began, "cycle-hangs begins")
		if told := d.outside.of("", began)[0]; !strings.HasSuffix(told.What, "is at reading crm.contacts") {
			t.Errorf("told: %+v", told)
		}
		d.goOn()
		time.Sleep(5 * time.Minute)
		d.wantSaid(began, "cycle-hangs begins", "cycle-hangs is over")
		if d.outside.beatsSince(time.Now().Add(-time.Minute)) == 0 {
			t.Error("no heartbeat after it")
		}
	})
}

// Texts that stay with the gateway are told also where it cannot be asked about them, and once.
func TestStuckTextsAreToldBesideAGatewayThatCannotBeAsked(t *testing.T) {
	quietly(t, "", func(d *drill) {
		began := time.Now()
		for i := range 3 {
			d.meet(fmt.Sprintf("+1202555%04d", 2001+i), "QUEUED")
		}
		time.Sleep(time.Minute)
		for _, path := range []string{"/sms/message", "/v2/messages", "/api/balance"} {
			d.gateway.AddFault(smstest.Fault{Path: path, Kind: smstest.ErrorBefore, Times: -1})
		}
		time.Sleep(80 * time.Minute)
		said := d.said(began)
		slices.Sort(said)
		if want := []string{"gateway-unread begins", "texts-unconfirmed begins"}; !slices.Equal(said, want) {
			t.Errorf("told was %q, want %q", said, want)
		}
	})
}

// A mirror that was put back knows nothing of the time since it was copied: that is no stop, whatever came in then.
func TestARestoredMirrorIsNoStop(t *testing.T) {
	quietly(t, "", func(d *drill) {
		began := time.Now()
		d.halt()
		time.Sleep(time.Hour)
		d.newcomer()
		d.remove("ghlsms.mark")
		d.start()
		time.Sleep(10 * time.Minute)
		d.wantSaid(began, "brake begins")
	})
}
