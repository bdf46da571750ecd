// Package when reads the days and times that people text, in seven languages: "tomorrow 3pm", "am 24.12. um 15 Uhr". It
// is pure, and knows no clock: what a text says depends on when it was written, which the caller tells.
//
// A text is read once in each language. The lexer makes items of it, a word or phrase of the language's table, a number
// or a sign each. From them atoms are read, each of which says one thing: a day, a time, a part of the day, a span. What
// stands around an atom makes of it what was, what is not to be, or what says which appointment. Atoms side by side are
// joined to groups, and the groups that are left settled to one, which is resolved to a moment. The language that
// understands most of the text speaks.
//
// It is right or nothing: what can be read in two ways, or is understood in part, is no date, and Doubt says why.
package when
