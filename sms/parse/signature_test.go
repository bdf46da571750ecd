package parse

import (
	"testing"
)

// TestSignatures: what stands under a text changes nothing of what it asks for, and hides no opt-out.
func TestSignatures(t *testing.T) {
	for text, want := range map[string]Command{
		"C\n\nSent from my iPhone":                              {Verb: VerbConfirm},
		"X\n\nEnviado desde mi iPhone":                          {Verb: VerbCancel},
		"YES\n- Jane":                                           {Verb: VerbConfirm, Yes: true},
		"YES\n—Jane Doe":                                        {Verb: VerbConfirm, Yes: true},
		"TASK: call me\n\nGet Outlook for iOS":                  {Verb: VerbTask, Arg: "call me"},
		"TASK: buy\n- milk":                                     {Verb: VerbTask, Arg: "buy\n- milk"},
		"Please stop texting me\n\nSent from my iPhone":         {Verb: VerbStop},
		"Keine SMS mehr\n\nVon meinem iPhone gesendet":          {Verb: VerbStop},
		"Please unsubscribe me\n- Jane Doe":                     {Verb: VerbStop},
		"Please\n- stop texting me":                             {Verb: VerbStop},
		"Thanks for everything\nSTOP":                           {Verb: VerbStop},
		"Thanks\n- please stop now":                             {Verb: VerbStop},
		"I need some rest\n- will quit":                         {MaybeStop: true},
		"Hello there\nsent from hell, stop it":                  {MaybeStop: true},
		"The parcel was\nsent from Ohio\nand has not come":      {},
		"see you\nJane":                                         {},
		"That was sent from my phone":                           {},
		"- Jane":                                                {},
		"Sent from my iPhone":                                   {},
		"BEGIN:VCARD\nFN:Jane\nEND:VCARD\n\nSent from my phone": {},
	} {
		if got := english().Command(text); got != want {
			t.Errorf("Command(%q) = %+v, want %+v", text, got, want)
		}
	}
}
