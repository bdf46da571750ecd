package parse

import (
	"slices"
	"testing"
)

// TestStandardWords: what carriers and our own answers tell people to send counts in all languages.
func TestStandardWords(t *testing.T) {
	for _, code := range knownLanguages() {
		w, err := NewWords([]string{code}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]Command{
			"STOP": {Verb: VerbStop}, "START": {Verb: VerbStart}, "Unstop": {Verb: VerbStart}, "HELP": {Verb: VerbHelp},
			"C": {Verb: VerbConfirm}, "YES": {Verb: VerbConfirm, Yes: true}, "X": {Verb: VerbCancel}, "NO": {Verb: VerbCancel, Loose: true},
			"R": {Verb: VerbMove}, "NEXT": {Verb: VerbNext}, "TASKS": {Verb: VerbTasks}, "UNDO": {Verb: VerbUndo},
			"TASK ola": {Verb: VerbTask, Arg: "ola"}, "DONE 2": {Verb: VerbDone, N: 2}, "DONE 2 merci!": {Verb: VerbDone, N: 2}, "NOTE x": {Verb: VerbNote, Arg: "x"},
		} {
			if got := w.Command(text); got != want {
				t.Errorf("%s: Command(%q) = %+v, want %+v", code, text, got, want)
			}
		}
		if !slices.Equal(w.Languages(), []string{code}) {
			t.Errorf("languages of %s: %v", code, w.Languages())
		}
	}
	own, err := NewWords([]string{"de"}, map[Verb][]string{VerbConfirm: {"r gut"}, VerbTask: {"bitte"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := own.Command("R gut"); got.Verb != VerbConfirm {
		t.Errorf("an own word is not heard: %+v", got)
	}
}

// TestYesInOtherWords: what people say to a reminder counts only where something was asked.
func TestYesInOtherWords(t *testing.T) {
	for _, text := range []string{"👍", "👍🏽", "✅", "✔️ 👍!", "sure", "Sounds good, thanks!", "See you then", "Perfect. Thank you", "of course"} {
		if got := english().Command(text); got != (Command{Verb: VerbConfirm, Loose: true}) {
			t.Errorf("Command(%q) = %+v", text, got)
		}
	}
	for _, text := range []string{"yes see you then", "Thank you, I'll be there", "We’ll be there!", "Yess", "yes that works"} {
		if got := english().Command(text); got != (Command{Verb: VerbConfirm, Loose: false}) {
			t.Errorf("Command(%q) = %+v", text, got)
		}
	}
	for _, text := range []string{"👎", "👍👎", "😂", "❤️", "sure?? when", "see you then if my car starts", "perfect timing", "of course not"} {
		if got := english().Command(text); got != (Command{}) {
			t.Errorf("Command(%q) = %+v", text, got)
		}
	}
}

// TestVisitSentences are those with regrets around them, and a noun that ends in a courtesy.
func TestVisitSentences(t *testing.T) {
	for _, tt := range []struct {
		code, text string
		want       Verb
	}{
		{"en", "sorry need to cancel my appointment", VerbCancel}, {"en", "Unfortunately I have to cancel my appt. Sorry!", VerbCancel},
		{"en", "sorry I had to cancel my last appointment", VerbNone}, {"en", "did you cancel my appointment", VerbNone},
		{"fr", "je voudrais annuler mon rendez-vous svp", VerbCancel}, {"fr", "Puis-je déplacer mon rendez-vous ?", VerbMove}, {"fr", "annuler mon rendez-vous de lundi, merci", VerbCancel},
		{"de", "ich muss den Termin leider absagen", VerbCancel}, {"de", "muss ich den Termin bestätigen?", VerbNone},
	} {
		w, err := NewWords([]string{tt.code}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Command(tt.text); got.Verb != tt.want {
			t.Errorf("%s: Command(%q) = %+v, want %q", tt.code, tt.text, got, tt.want)
		}
	}
}
