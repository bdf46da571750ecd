package trace

import (
	"encoding/json"
	"fmt"
	"strings"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
	"ghlsms/sync/record"
)

// ChangesTable tells before and after in one column.
func ChangesTable(t store.Table, names record.Names) store.Table {
	out := store.Table{Columns: []string{"id", "at", "what", "record", "change", "undone"}}
	for _, row := range t.Rows {
		out.Rows = append(out.Rows, []any{row[0], row[1], row[2], row[3], change(term.Plain(row[4]), term.Plain(row[5]), names), row[6]})
	}
	return out
}

// change tells a change field by field. What is not JSON tells nothing.
func change(before, after string, names record.Names) string {
	was, is := store.Fields{}, store.Fields{}
	_ = json.Unmarshal([]byte(before), &was)
	_ = json.Unmarshal([]byte(after), &is)
	return fieldByField(was, is, names, term.Quoted)
}

// fieldByField tells from what to what each field went, as far as that is known, each value as say has it.
func fieldByField(was, is store.Fields, names record.Names, say func(string) string) string {
	value := func(s string) string {
		if s == "" {
			return "none"
		}
		return say(s)
	}
	var all []string
	for _, f := range is.Names(was) {
		before, known := was[f]
		after, now := is[f]
		switch {
		case known && now:
			all = append(all, fmt.Sprintf("%s: %s → %s", names.Own(f), value(before), value(after)))
		case known:
			all = append(all, fmt.Sprintf("%s: %s", names.Own(f), value(before)))
		default:
			all = append(all, fmt.Sprintf("%s: %s", names.Own(f), value(after)))
		}
	}
	return strings.Join(all, ", ")
}
