package parse

import (
	"testing"
)

func TestParseDetails(t *testing.T) {
	name := func(first, last string) Details { return Details{FirstName: first, LastName: last} }
	full := func(first, last, email string) Details {
		return Details{FirstName: first, LastName: last, Email: email}
	}
	jane := full("Jane", "Doe", "jane@example.com")
	tests := []struct {
		text string
		want Details
	}{
		{"Hi, I'm Jane Doe, jane@example.com", jane},
		{"Hi, I’m Jane Doe — jane@example.com", jane},
		{"Hello! This is Jane Doe. My email is jane@Example.COM.", jane},
		{"I am Jane Doe and my email is jane@example.com", jane},
		{"My name is Jane Doe, you can reach me at jane@example.com!", jane},
		{"Jane Doe jane@example.com", jane},
		{"Jane Doe <jane@example.com>", jane},
		{"It's Jane Doe, jane@example.com", jane},
		{"My name is Jane Doe now", name("Jane", "Doe")},
		{"jane doe jane@example.com", full("jane", "doe", "jane@example.com")},
		{"jane doe\njane@example.com", full("jane", "doe", "jane@example.com")},
		{"josé núñez, jane@example.com", full("josé", "núñez", "jane@example.com")},
		{"Jane Doe\njane@example.com", jane},
		{"Jane Doe, (202) 555-0143, jane@example.com", jane},
		{"Hi! Jane Doe: jane@example.com", jane},
		{"name: Jane Doe email: jane@example.com", jane},
		{"Name: Jane Doe\nEmail: jane@example.com", jane},
		{"First name: Jane, last name: Doe, e-mail = jane@example.com", jane},
		{"name=jane doe; email=jane@example.com", full("jane", "doe", "jane@example.com")},
		{"JANE DOE jane@example.com", full("JANE", "DOE", "jane@example.com")},
		{"Juan de la Cruz juan@example.org", full("Juan", "de la Cruz", "juan@example.org")},
		{"this is José Núñez", name("José", "Núñez")},
		{"My name is Zoë", name("Zoë", "")},
		{"my name is Ludwig van Beethoven.", name("Ludwig", "van Beethoven")},
		{"hey this is Mary-Jane O'Neil from Acme", name("Mary-Jane", "O'Neil")},
		{"Good morning, I'm Dr. Jane Doe", name("Jane", "Doe")},
		{"Hi, this is Mr Smith", name("", "Smith")},
		{"I'm John Q. Public", name("John", "Q. Public")},
		{"I'm J. Edgar Hoover, hello", name("J.", "Edgar Hoover")},
		{"I'm Jane", name("Jane", "")},
		{"I'm Al", name("Al", "")},
		{"This is Jane Le", name("Jane", "Le")},
		{"I'm Jane (Doe)", name("Jane", "")},
		{"Im Jane and I need an appointment", name("Jane", "")},
		{"Yes, this is Jane. I will be late", name("Jane", "")},
		{"I'm Jane\nSee You Tomorrow", name("Jane", "")},
		{"Running late. This is Jane Doe", name("Jane", "Doe")},
		{"I'm Мария Иванова", name("Мария", "Иванова")},
		{"jane@example.com", Details{Email: "jane@example.com"}},
		{"Thanks, jane.doe+sms@mail.example.co.uk!", Details{Email: "jane.doe+sms@mail.example.co.uk"}},
		{"my email is jane@example.com", Details{Email: "jane@example.com"}},
		{"Email me at jane@example.com", Details{Email: "jane@example.com"}},
		{"I'm Jane, my cell is 202-555-0143", Details{FirstName: "Jane", Phone: "+12025550143"}},
		{"Name: Jane Doe, phone: +1 202 555 0143", Details{FirstName: "Jane", LastName: "Doe", Phone: "+12025550143"}},
		{"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Jane;;;\r\nFN:Jane Doe\r\nitem1.EMAIL;type=INTERNET:jane@\r\n example.com\r\nTEL;TYPE=CELL:(202) 555-0143\r\nEND:VCARD",
			Details{FirstName: "Jane", LastName: "Doe", Email: "jane@example.com", Phone: "+12025550143"}},
		{"BEGIN:VCARD\nFN:Dr. Jane Doe\nEND:VCARD", name("Jane", "Doe")},
	}
	for _, tt := range tests {
		if got := english().Details(tt.text, "US"); got != tt.want {
			t.Errorf("ParseDetails(%q) =\n %+v, want\n %+v", tt.text, got, tt.want)
		}
	}
}

// What nobody said must not be found.
func TestParseDetailsInventsNothing(t *testing.T) {
	for _, text := range []string{
		"", "   ", "ok", "I'm running late", "I'm Running Late", "I am happy", "I'm Late", "I'M LATE", "I AM ON MY WAY", "MY NAME IS WRONG",
		"this is great", "This is Great", "This is Great!", "THIS IS JANE'S MOM", "This is John's mother", "I'm Jane's mom", "I'm John's",
		"I am So Happy", "I'm Unable To Come", "this is Not Bob", "I am not Jane", "my name is not Jane", "my name is on the list", "my name is misspelled",
		"I'm OK", "I'm AL", "this is ASAP", "this is FYI", "I'm German", "I'm At Walmart", "I'm In", "I am Outside", "I'm Here", "I'm free Monday", "I'm Free", "This is Monday",
		"This is Acme Dental", "This is the Smith Clinic", "I think this is Goodbye", "Tell Bob I'm Jane", "his name is Bob", "the dog's name is Rex", "company name: Acme", "user name: rex99",
		"I'm Jane Smith's assistant", "I'm X", "I'm 5 minutes away", "this is for Jane Doe", "I'm seeing Jane Doe", "I'm Batman99", "Am I Jane?", "I'm",
		"this is", "my name is", "name:", "name: email:", "email:", "email: none", "name: n/a",
		"Please email bob@example.com", "send it to bob@example.com", "Send the invoice to bob@example.com please", "ask for bob@example.com", "can you email bob@example.com",
		"Contact Us bob@example.com for more", "Thanks So Much bob@example.com is wrong", "Please Email bob@example.com", "bob@example.com and eve@example.com", "not jane@example.com but",
		"me@home", "a@b", "@jane", "jane@", "jane@@example.com", "my email is jane@localhost", "my email is jane at example.com", "meet me @ 5.30", "user@example.c",
		"call 202-555-0143", "my number is 5", "phone: 12345", "cell: soon", "See You Tomorrow", "Jane Doe", "Thank You", "STOP", "C",
		"BEGIN:VCARD", "BEGIN:VCARD\nN\nFN\nEMAIL:none\nTEL:none",
	} {
		if got := english().Details(text, "US"); !got.Empty() {
			t.Errorf("ParseDetails(%q) = %+v", text, got)
		}
	}
}

func TestParseDetailsForeignEmail(t *testing.T) {
	got := english().Details("I'm Jane Doe, please email bob@example.com", "US")
	if want := (Details{FirstName: "Jane", LastName: "Doe"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func FuzzParseDetails(f *testing.F) {
	f.Add("I'm Jane Doe, jane@example.com")
	f.Add("BEGIN:VCARD\nN:;;\nEMAIL")
	f.Add("name: \" ( . email=@.")
	f.Fuzz(func(t *testing.T, text string) {
		d := english().Details(text, "US")
		if d.Email != "" && checkEmail(d.Email) != d.Email {
			t.Errorf("ParseDetails(%q).Email = %q", text, d.Email)
		}
	})
}
