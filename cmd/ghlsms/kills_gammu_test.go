package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ghlsms/sms/gammu/gammutest"
	"ghlsms/store/storetest"
)

// Promises 1, 2 and 10, through a real SMS gateway program: the daemon and gammu-smsd are killed at random
// instants and come back. Each text in is decided on once; each answer leaves once, or is shown as unclear.
func TestKilledWithGammu(t *testing.T) {
	storetest.OnlyFull(t, "gammu-smsd sends about one text a second")
	t.Parallel()
	all, _ := allKills()
	phone := gammutest.Start(t)
	k := setKilling(t, 1<<30)
	k.writeConfig(fmt.Sprintf("sms: {provider: gammu, gammu: {database: %q}}\n%s", phone.Database(), killingRules))
	g := &gammuKilling{killing: k, phone: phone, random: rand.New(rand.NewPCG(*killsSeed, 1<<41))}
	k.makeMirror()
	for range min(max(all/8, 8), 200) {
		g.life()
	}
	g.runUntilQuiet()
	g.verify()
}

type gammuKilling struct {
	*killing
	phone  *gammutest.Phone
	random *rand.Rand
	owed   map[string]string // what each number must be told
	smsd   int               // how often gammu-smsd was killed
}

// life kills the daemon, gammu-smsd, or both, while somebody texts.
func (g *gammuKilling) life() {
	l := g.run()
	g.awake(l)
	g.text()
	time.Sleep(time.Duration(g.random.IntN(1200)) * time.Millisecond)
	which := g.random.IntN(3)
	if which > 0 {
		if err := g.phone.Kill(); err != nil {
			g.t.Fatal(err)
		}
		g.smsd++
		g.tell("gammu-smsd killed")
	}
	if which == 2 {
		time.Sleep(time.Duration(g.random.IntN(600)) * time.Millisecond)
	}
	if !l.kill() {
		g.t.Fatalf("life %d ended on its own:\n%s", g.lives, l.words())
	}
	g.tell("the daemon killed")
	if which > 0 {
		if err := g.phone.Restart(); err != nil {
			g.t.Fatal(err)
		}
	}
}

// text has somebody text: a newcomer, or one of those with something to do.
func (g *gammuKilling) text() {
	if g.owed == nil {
		g.owed = map[string]string{}
	}
	word := g.people.word()
	number := fmt.Sprintf("+1202555%04d", 5000+g.people.n)
	words := fmt.Sprintf("Hi, I'm Jane %s, %s@example.com", word, strings.ToLower(word))
	g.owed[number] = "Thanks Jane"
	if g.random.IntN(3) == 0 {
		words, g.owed[number] = "STOP", "opted out"
	}
	if err := g.phone.Text(number, words); err != nil {
		g.t.Fatal(err)
	}
	g.tell("%s texts %q", number, words)
}

// runUntilQuiet lets both run until all texts have come in and nothing waits to leave.
func (g *gammuKilling) runUntilQuiet() {
	l := g.run()
	end := time.Now().Add(10 * time.Minute)
	for {
		waits, err := g.phone.Waiting()
		if err != nil {
			g.t.Fatal(err)
		}
		if waits == 0 && g.ask(`SELECT count(*) FROM inbound`) == len(g.owed) && g.ask(`SELECT count(*) FROM (`+unfinished+`)`) == 0 {
			break
		}
		if time.Now().After(end) {
			g.t.Fatalf("no rest: %d of %d texts came in, %d wait at gammu-smsd, and here %q", g.ask(`SELECT count(*) FROM inbound`), len(g.owed), waits, g.list(unfinished))
		}
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond) // what would leave twice would leave now
	l.kill()
}

func (g *gammuKilling) verify() {
	g.between()
	sent, err := g.phone.Sent()
	if err != nil {
		g.t.Fatal(err)
	}
	transmitted, err := g.phone.Transmissions()
	if err != nil {
		g.t.Fatal(err)
	}
	parts := 0
	for _, m := range sent {
		parts += len(m.Parts)
	}
	unclear := g.list(`SELECT number FROM texts JOIN outbox ON id = outbox_id WHERE state = 'unknown'`)
	for _, number := range slices.Sorted(maps.Keys(g.owed)) {
		n := 0
		for _, m := range sent {
			if m.To == number && strings.Contains(m.Text, g.owed[number]) {
				n++
			}
		}
		if slices.Contains(unclear, number) {
			n++
		}
		if n != 1 {
			g.wrong(number, "%q left %d times", g.owed[number], n)
		}
	}
	if len(sent)+len(unclear) != len(g.owed) {
		g.t.Errorf("%d texts left and %d are unclear, want %d", len(sent), len(unclear), len(g.owed))
	}
	if transmitted < parts || transmitted > parts+g.smsd { // it may repeat what it was killed in: nobody but gammu-smsd can tell
		g.t.Errorf("%d transmissions of %d parts, with gammu-smsd killed %d times", transmitted, parts, g.smsd)
	}
	for q, want := range map[string]int{
		`SELECT count(*) FROM inbound`: len(g.owed),
		`SELECT count(*) FROM inbound WHERE decision IS NULL OR coalesce(reason, '') = ''`: 0,
		`SELECT count(*) FROM outbox WHERE state = 'done' AND kind = 'text.send'`:          len(sent),
		`SELECT count(*) FROM outbox WHERE state IN ('failed', 'held')`:                    0,
		`SELECT count(*) FROM brakes`:                                                      0,
		`SELECT count(*) FROM pragma_foreign_key_check`:                                    0,
		`SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'`:        0,
	} {
		if n := g.count(q); n != want {
			g.t.Errorf("%s: %d, want %d", q, n, want)
		}
	}
	made := map[string]int{}
	for _, c := range g.crm.Contacts() {
		made[c.Phone]++
	}
	for number, n := range made {
		if n != 1 {
			g.wrong(number, "is in the CRM %d times", n)
		}
	}
	g.t.Logf("%d lives, gammu-smsd killed %d times, %d texts in, %d out in %d transmissions of %d parts, %d unclear, in %s", g.lives-1, g.smsd, len(g.owed),
		len(sent), transmitted, parts, len(unclear), time.Since(g.began).Round(100*time.Millisecond))
}
