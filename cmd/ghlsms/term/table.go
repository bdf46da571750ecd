// Package term is what people and scripts see: tables and other forms of data, the log, progress, and secrets that
// do not print.
package term

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"

	"ghlsms/sms"
	"ghlsms/store"
)

// Formats are the forms in which data is printed.
var Formats = []string{"table", "json", "csv", "ndjson"}

// FormatFlag adds --format to a command that prints data.
func FormatFlag(cmd *cobra.Command, known ...string) *string {
	if len(known) == 0 {
		known = Formats
	}
	format := cmd.Flags().String("format", known[0], strings.Join(known, ", "))
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, k := range known {
			if *format == k {
				if check != nil {
					return check(cmd, args)
				}
				return nil
			}
		}
		return UsageError{Err: fmt.Errorf("--format %s: there are %s", *format, strings.Join(known, ", "))}
	}
	return format
}

// LimitFlag adds --limit to a command that prints rows.
func LimitFlag(cmd *cobra.Command) *rowsFlag {
	limit := rowsFlag(100)
	cmd.Flags().Var(&limit, "limit", "most rows; 0 for all")
	return &limit
}

// rowsFlag is how many rows to print; 0 is all.
type rowsFlag int

func (r *rowsFlag) String() string { return strconv.Itoa(int(*r)) }

// Type implements pflag.Value: what --help calls the value.
func (r *rowsFlag) Type() string { return "n" }

// Set implements pflag.Value.
func (r *rowsFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return errors.New("write a whole number, 0 for all")
	}
	*r = rowsFlag(n)
	return nil
}

// Count tells how many there are, in the words for one or for more.
func Count[N int | int64](n N, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// PrintTable prints data. A table is for people: local times, one line a row. The other forms carry
// the values whole; CSV lacks what is unsafe on a screen, and JSON has it escaped.
func PrintTable(w io.Writer, t store.Table, format string, zone *time.Location) error {
	switch format {
	case "json":
		rows := make([]json.RawMessage, len(t.Rows))
		for i, row := range t.Rows {
			rows[i] = object(t.Columns, row)
		}
		return PrintJSON(w, rows)
	case "ndjson":
		for _, row := range t.Rows {
			if _, err := fmt.Fprintf(w, "%s\n", object(t.Columns, row)); err != nil {
				return err
			}
		}
		return nil
	case "csv":
		return printCSV(w, t)
	}
	return PrintCells(w, t, func(_ string, v any) string { return Cell(v, zone) })
}

// PrintCells prints a table for people, each value of a column as a cell.
func PrintCells(w io.Writer, t store.Table, cell func(column string, v any) string) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, strings.ToUpper(strings.ReplaceAll(strings.Join(t.Columns, "\t"), "_", " ")))
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = cell(t.Columns[i], v)
		}
		fmt.Fprintln(out, strings.Join(cells, "\t"))
	}
	return out.Flush()
}

// object is a row as a JSON object with the columns in their order.
func object(columns []string, row []any) json.RawMessage {
	var b strings.Builder
	b.WriteByte('{')
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err1 := json.Marshal(c)
		value, err2 := json.Marshal(row[i])
		if err1 != nil || err2 != nil {
			panic("a value from the database cannot be written as JSON")
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return json.RawMessage(EscapeUnsafe(b.String()))
}

// PrintJSON prints a value, indented, with everything escaped that a terminal could act on.
func PrintJSON(w io.Writer, v any) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, EscapeUnsafe(b.String()))
	return err
}

// EscapeUnsafe writes what would do something to a terminal as \u and digits, which is the same JSON.
func EscapeUnsafe(s string) string {
	if !strings.ContainsFunc(s, sms.Unsafe) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if !sms.Unsafe(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// SafeWriter lets through what is safe on a terminal. It is behind all data that is printed, so that
// no command has to think of what others wrote.
type SafeWriter struct {
	W    io.Writer
	rest []byte // of a character of which the end is still to come
}

func (s *SafeWriter) Write(b []byte) (int, error) {
	all := slices.Concat(s.rest, b)
	whole := len(all)
	for cut := whole - 1; cut >= 0 && cut > whole-utf8.UTFMax; cut-- {
		if utf8.RuneStart(all[cut]) {
			if !utf8.FullRune(all[cut:]) {
				whole = cut
			}
			break
		}
	}
	s.rest = all[whole:]
	if _, err := io.WriteString(s.W, sms.Visible(string(all[:whole]))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// printCSV writes RFC 4180. A cell that a spreadsheet would take for a formula gets a leading
// apostrophe: what people text must not compute.
func printCSV(w io.Writer, t store.Table) error {
	out := csv.NewWriter(w)
	if err := out.Write(t.Columns); err != nil {
		return err
	}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = Plain(v)
			if s, ok := v.(string); ok {
				cells[i] = NoFormula(sms.Visible(s))
			}
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// formula is what spreadsheets compute, in the widths of East Asia too.
var formula = sms.Pattern(`^[=+\-@\t\r\n＝＋－＠]`)

// PhoneNumber is one in E.164 form, which may stay as it is.
var PhoneNumber = sms.Pattern(`^\+[1-9][0-9]{6,14}$`)

// NoFormula keeps a spreadsheet from taking a cell for a formula.
func NoFormula(s string) string {
	if formula().MatchString(s) && !PhoneNumber().MatchString(s) {
		return "'" + s
	}
	return s
}

// Plain is a value as scripts read it; times are RFC 3339, in UTC.
func Plain(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// LocalTime is a value as text, a time in the given zone.
func LocalTime(v any, zone *time.Location) string {
	s := Plain(v)
	if t, err := time.Parse(store.TimeForm, s); err == nil {
		return t.In(zone).Format("2006-01-02 15:04")
	}
	return s
}

// Quoted is a list of words, as a set of tags is stored, as people write it.
func Quoted(s string) string {
	var words []string
	if strings.HasPrefix(s, "[") && json.Unmarshal([]byte(s), &words) == nil {
		return strings.Join(words, ", ")
	}
	return s
}

// cellWidth keeps a table readable; the other formats carry everything.
const cellWidth = 60

// Cell is a value as people read it, in one line that is not too long.
func Cell(v any, zone *time.Location) string {
	s := OneLine(Quoted(LocalTime(v, zone)))
	if r := []rune(s); len(r) > cellWidth {
		s = string(r[:cellWidth-1]) + "…"
	}
	return OrDash(s)
}

// OneLine is a value that may come from outside as one line for a terminal.
func OneLine(s string) string { return strings.Join(strings.Fields(sms.Clean(s)), " ") }

// OrDash is a text, or a dash where there is none.
func OrDash(s string) string { return cmp.Or(s, "-") }

// Width is how many columns of a terminal a text takes.
func Width(s string) int { return uniseg.StringWidth(s) }

// Wrap breaks a text between words into lines of at most so many columns. A word that is longer is broken too. A command is
// not, if a line has room for it: it is there to be copied.
func Wrap(s string, width int) (lines []string) {
	line := ""
	for word := range units(strings.Fields(s), width) {
		if line != "" && Width(line)+1+Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for Width(word) > width {
			part, rest := cutAt(word, width)
			lines, word = append(lines, part), rest
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// units joins the words of each command, which a colon comes before and a semicolon or the end after.
func units(words []string, width int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < len(words); i++ {
			unit := words[i]
			if i > 0 && strings.HasSuffix(words[i-1], ":") && slices.Contains(commands, words[i]) {
				end := i
				for end < len(words)-1 && !strings.HasSuffix(words[end], ";") {
					end++
				}
				if whole := strings.Join(words[i:end+1], " "); Width(whole) <= width {
					unit, i = whole, end
				}
			}
			if !yield(unit) {
				return
			}
		}
	}
}

// commands are the programs that people are told to run.
var commands = []string{"ghlsms", "systemctl", "timedatectl", "journalctl", "chown"}

// cutAt cuts a word where it would take more columns, but not within a character.
func cutAt(word string, width int) (part, rest string) {
	for g := uniseg.NewGraphemes(word); g.Next(); {
		if _, end := g.Positions(); Width(word[:end]) > width && part != "" {
			break
		} else {
			part = word[:end]
		}
	}
	return part, word[len(part):]
}
