package parse

import (
	"strings"
	"testing"
	"unicode"

	"ghlsms/sms"
)

func TestParseCommand(t *testing.T) {
	stop, maybe := Command{Verb: VerbStop}, Command{MaybeStop: true}
	none, reaction := Command{}, Command{Reaction: true}
	confirm, yes := Command{Verb: VerbConfirm}, Command{Verb: VerbConfirm, Yes: true}
	cancel := Command{Verb: VerbCancel}
	task := func(arg string) Command { return Command{Verb: VerbTask, Arg: arg} }
	done := func(n int, arg string) Command { return Command{Verb: VerbDone, N: n, Arg: arg} }
	tests := []struct {
		text string
		want Command
	}{
		{"", none}, {"   ", none}, {"?!", none}, {"\x00", none},

		{"STOP", stop}, {"stop", stop}, {" Stop. ", stop}, {"STOP!!!", stop}, {"“STOP”", stop}, {"*STOP*", stop},
		{"stop 🛑", stop}, {"S.T.O.P", stop}, {"S T O P", stop}, {"ＳＴＯＰ", stop}, {"s\u200btop", stop},
		{"STOP ALL", stop}, {"StopAll", stop}, {"Unsubscribe", stop}, {"cancel", stop}, {"END", stop}, {"quit", stop},
		{"Revoke", stop}, {"opt out", stop}, {"OPT-OUT", stop}, {"OptOut", stop}, {"remove", stop}, {"ARRÊT", stop}, {"arret", stop},
		{"please stop", stop}, {"Stop, please!", stop}, {"stop please thank you", stop}, {"Hi, please stop", stop},
		{"Please cancel", stop}, {"STOP STOP STOP", stop}, {"Stop it", stop}, {"Stop it now!!", stop}, {"ok stop", stop}, {"Yes, please stop", stop}, {"I said stop", stop},
		{"stop texting me", stop}, {"Please stop texting me!", stop}, {"STOP MESSAGING ME", stop}, {"stop sending me these messages", stop},
		{"Stop sending reminders", stop}, {"stop all texts", stop}, {"Can you please stop texting me", stop}, {"could you stop", stop},
		{"Don't text me anymore", stop}, {"do not contact me again", stop}, {"no more texts please", stop}, {"Don’t message this number", stop},
		{"please unsubscribe me", stop}, {"unsubscribe me from this list", stop}, {"remove me", stop}, {"Remove me from your list.", stop}, {"please remove my number", stop},
		{"opt me out", stop}, {"please opt me out", stop}, {"I want to opt out", stop}, {"I would like to unsubscribe", stop}, {"take me off your list", stop}, {"Take me off", stop},
		{"I want to be removed from your list", stop}, {"leave me alone", stop}, {"STOP\n\nSent from my iPhone", stop}, {"STOP\n- Jane", stop},
		{"cancel all texts", stop}, {"cancel reminders", stop}, {"end messages", stop}, {"unsub", stop}, {"I revoke consent", stop}, {"revoke my consent", stop},

		{"no stop", stop}, {"take me off of your list", stop}, {"unsubscribe from all messages", stop}, {"delete my number", stop},
		{"Yes, cancel", maybe}, {"No. Cancel", maybe}, {"remove this from my chart", maybe},
		{"take my number", none}, {"take me out to dinner", none}, {"opt for the blue one", none},
		{"stop by at 5?", maybe}, {"Can I stop by tomorrow", maybe}, {"STOP. who is this", stop}, {"I will quit smoking", maybe},
		{"The bus doesn't stop here", maybe}, {"please remove my old address", maybe}, {"cancel it", maybe}, {"I'd like to cancel", maybe},
		{"Please don't cancel my appointment", Command{Maybe: VerbCancel}}, {"cancel my appointment with the tall dentist", Command{Maybe: VerbCancel}}, {"how do I opt out of the newsletter?", maybe}, {"Cancel\nI am sick", maybe},
		{"stop calling me", maybe}, {"wrong number", maybe}, {"dont text me while I am driving", maybe}, {"Did you end it?", maybe}, {"confirm my opt-out", maybe},

		{"see you at the end of the week", none}, {"I'm at the bus stop", none}, {"Have a nice week-end", none}, {"my car stopped", none},
		{"running late", none}, {"weekend works", none}, {"Don't call me", none}, {"take 5", none}, {"remotely", none}, {"opt", none},

		{"Liked “See you Monday. Reply C to confirm, X to cancel, STOP to opt out”", reaction},
		{`Laughed at "stop"`, reaction}, {"👍 to “Reply STOP to opt out”", reaction}, {"Removed a heart from “Reply STOP”", reaction},

		{"START", Command{Verb: VerbStart}}, {"unstop", Command{Verb: VerbStart}}, {"Opt-in", Command{Verb: VerbStart}}, {"please start", Command{Verb: VerbStart}},
		{"start at 5?", none}, {"HELP", Command{Verb: VerbHelp}}, {"info?", Command{Verb: VerbHelp}}, {"Help please", Command{Verb: VerbHelp}},

		{"C", confirm}, {"c.", confirm}, {"Y", confirm}, {"YES", yes}, {"Yes please!", yes}, {"yes, thank you", yes}, {"ok", confirm}, {"OK thanks", confirm},
		{"Confirm", confirm}, {"confirmed!", confirm}, {"I confirm", confirm}, {"Yes, I'll be there", confirm}, {"yes but later", none}, {"can I come earlier", none},
		{"X", cancel}, {"x!", cancel}, {"No", cancel}, {"n", cancel}, {"no thanks", cancel}, {"No, thank you.", cancel}, {"not yet", none}, {"no idea", none},
		{"cancel my appointment", cancel}, {"Please cancel my appointment.", cancel}, {"Cancel my appointments", cancel}, {"cancel booking", cancel},
		{"I need to cancel my appointment", cancel}, {"Could you please cancel my appt for tomorrow?", cancel}, {"Hi, I'd like to cancel my appointment on Friday at 3pm, thanks", cancel},
		{"cancel my appointment and stop texting me", maybe}, {"cancel my subscription", stop}, {"cancel my order", maybe},

		{"TASK: call me", task("call me")}, {"task call me", task("call me")}, {"TASK - call me", task("call me")}, {"Task—Call Dr. Núñez at 5!", task("Call Dr. Núñez at 5!")},
		{"TASK:Fix the\nsink", task("Fix the\nsink")}, {"* task: x", task("x")}, {"TASK", task("")}, {"task:", task("")}, {"tasking", none}, {"Multitask", none},
		{"TASK: cancel Mr Smith's order", task("cancel Mr Smith's order")}, {"task: TASK", task("TASK")}, {"TASK #3 is wrong", task("#3 is wrong")},
		{"TASKS", Command{Verb: VerbTasks}}, {"list", Command{Verb: VerbTasks}}, {"my tasks?", Command{Verb: VerbTasks}}, {"listen", none},
		{"DONE", done(0, "")}, {"done!", done(0, "")}, {"Done, thanks", done(0, "")}, {"DONE 2", done(2, "")}, {"done #2", done(2, "")}, {"Done: 12.", done(12, "")},
		{"DONE Call Jane", done(0, "Call Jane")}, {"done 2 and 3", done(0, "2 and 3")}, {"done 0", done(0, "0")}, {"done 99999", done(0, "99999")}, {"DONE2", none}, {"donee", none},
	}
	for _, tt := range tests {
		got := english().Command(tt.text)
		got.Loose = false // TestEverydayWords looks at that
		if got != tt.want {
			t.Errorf("ParseCommand(%q) = %+v, want %+v", tt.text, got, tt.want)
		}
	}
}

func TestEverydayWords(t *testing.T) {
	for text, want := range map[string]bool{
		"ok": true, "No": true, "no thanks": true, "Yeah!": true, "n": true, "C": false, "X": false, "YES": false, "confirm": false, "cancel my appointment": false,
	} {
		if c := english().Command(text); c.Loose != want || c.Verb != VerbConfirm && c.Verb != VerbCancel {
			t.Errorf("ParseCommand(%q) = %+v, want Loose %v", text, c, want)
		}
	}
}

var optOutWords = []string{
	"STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE",
	"OPT OUT", "OPTOUT", "OPT-OUT", "REMOVE", "ARRET",
}

// FuzzStop wraps every opt-out word in whatever is not a letter or digit, and changes the case
// of its letters: it must stay an opt-out.
func FuzzStop(f *testing.F) {
	f.Add(uint(0), uint64(0x5555), " \t", "!!")
	f.Add(uint(10), uint64(7), "“", "”\n\n")
	f.Fuzz(func(t *testing.T, which uint, caps uint64, before, after string) {
		text := onlyMarks(before) + swapCase(optOutWords[which%uint(len(optOutWords))], caps) + onlyMarks(after)
		if got := english().Command(text); got.Verb != VerbStop {
			t.Errorf("ParseCommand(%q) = %+v", text, got)
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	for _, s := range []string{"TASK: İstanbul", "done #\x002", "cancel my appointment", "Liked “x", "ꟸ stop", "ⅳ"} {
		f.Add(s, uint64(3))
	}
	f.Fuzz(func(t *testing.T, text string, caps uint64) {
		c := english().Command(text)
		if c.MaybeStop && c.Verb != VerbNone || c.N < 0 || c.N > 9999 || c.Yes && c.Verb != VerbConfirm {
			t.Errorf("ParseCommand(%q) = %+v", text, c)
		}
		if isReaction(sms.Clean(text)) {
			return // told by its exact form
		}
		for _, same := range []string{"  " + text + "\n", "\t" + text, sms.Clean(text)} {
			if got := english().Command(same); got.Verb != c.Verb || got.MaybeStop != c.MaybeStop {
				t.Errorf("ParseCommand(%q) = %+v, but of %q %+v", text, c, same, got)
			}
		}
		if other := swapCase(sms.Clean(text), caps); !isReaction(other) {
			if got := english().Command(other); got.Verb != c.Verb || got.MaybeStop != c.MaybeStop || got.N != c.N {
				t.Errorf("ParseCommand(%q) = %+v, but of %q %+v", text, c, other, got)
			}
		}
	})
}

// onlyMarks keeps what may stand around a word without being part of it.
func onlyMarks(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsPunct(r) || unicode.IsSpace(r) {
			return r
		}
		return -1
	}, s)
}

// swapCase changes the case of those ASCII letters whose bit is set.
func swapCase(s string, bits uint64) string {
	i := 0
	return strings.Map(func(r rune) rune {
		if r < 'A' || r > 'z' || !unicode.IsLetter(r) {
			return r
		}
		i++
		if bits>>(i%64)&1 == 0 {
			return r
		}
		return r ^ 0x20
	}, s)
}
