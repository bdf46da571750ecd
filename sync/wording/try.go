package wording

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"
	syntax "text/template/parse"

	"ghlsms/sms"
)

// What text/template says about a variable that there is not.
const (
	noSuchField = "can't evaluate field"
	noSuchKey   = "map has no entry"
)

// tryBranches finds an unknown variable also where the data does not lead.
func (t *Template) tryBranches(data any) error {
	all, err := t.changed(everyBranch)
	if err != nil {
		return err
	}
	// Other failures may come from a branch that is not to be taken with such data.
	if err := all.Execute(io.Discard, data); err != nil && (strings.Contains(err.Error(), noSuchField) || strings.Contains(err.Error(), noSuchKey)) {
		return fmt.Errorf("template: %w", err)
	}
	return nil
}

var (
	// rawVariable is what looks like a variable of another program.
	rawVariable = sms.Pattern(`\{[A-Za-z_. ]+\}|\{\{[^}]*\}?\}?|%[A-Za-z_]{3,}%|<<[^>]+>>|(?i:\[(?:first|last|full|your|customer|client|patient|contact|appointment)?[ _-]?(?:name|date|time|day)\])`)

	link    = sms.Pattern(`\w+://\S+`)
	escaped = sms.Pattern(`%[0-9A-Fa-f]{2}`) // a byte in a link: na%C3%AFve%20
)

// raw finds what looks like a variable and would stand in the text as it is, in any branch.
func (t *Template) raw(data any) error {
	all, err := t.changed(everyBranch)
	if err != nil {
		return err
	}
	var b strings.Builder
	if all.Execute(&b, data) != nil {
		b.Reset() // a branch that is not to be taken with such data
		if err := t.t.Execute(&b, data); err != nil {
			return fmt.Errorf("template: %w", err)
		}
	}
	text := link().ReplaceAllStringFunc(b.String(), func(l string) string { return escaped().ReplaceAllString(l, "") })
	if found := rawVariable().FindString(text); found != "" {
		return fmt.Errorf("template: %s would stand in the text as it is; variables are written like {{.Contact.FirstName}}", found)
	}
	return nil
}

// optional are variables that may be empty, by what they are called, and how each is set in a sample.
var optional = map[string]func(d *ReminderData, value string){
	".Contact.LastName":     func(d *ReminderData, v string) { d.Contact.LastName = v },
	".Contact.Email":        func(d *ReminderData, v string) { d.Contact.Email = v },
	".Appointment.Title":    func(d *ReminderData, v string) { d.Appointment.Title = v },
	".Appointment.Calendar": func(d *ReminderData, v string) { d.Appointment.Calendar = v },
}

// gaps finds a variable that may be empty and is printed without being asked for: where it is empty, that
// place prints the same but for a gap. The other such variables are all there, or none, and the text
// leaves on time, or late.
func (t *Template) gaps(fields []string) error {
	const filler = "\ue000\ue001\ue000"
	places, err := t.changed(numbered())
	if err != nil {
		return err
	}
	set := maps.Clone(optional)
	for _, field := range fields {
		set[".Contact.Fields."+field] = func(d *ReminderData, v string) { d.Contact.Fields[field] = v }
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		for i := range 4 {
			with := func(value string) ReminderData {
				return sampleOf(fields, func(d *ReminderData) {
					if i%2 > 0 {
						for _, other := range set {
							other(d, "")
						}
					}
					d.Late = i/2 > 0
					set[name](d, value)
				})
			}
			full, empty := printed(places, with(filler)), printed(places, with(""))
			for place, out := range full {
				if without, there := empty[place]; there && strings.Contains(out, filler) && strings.ReplaceAll(out, filler, "") == without {
					return fmt.Errorf("template: %[1]s may be empty, which leaves a gap; write {{with %[1]s}} {{.}}{{end}} or {{or %[1]s \"something\"}}", name)
				}
			}
		}
	}
	return nil
}

// changed is the template with every list of nodes in it changed, the innermost first.
func (t *Template) changed(change func(*syntax.ListNode)) (*template.Template, error) {
	c, err := t.t.Clone()
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	for _, each := range t.t.Templates() {
		tree := each.Copy()
		eachList(tree.Root, change)
		if _, err := c.AddParseTree(each.Name(), tree); err != nil {
			return nil, fmt.Errorf("template: %w", err)
		}
	}
	return c.Option("missingkey=error"), nil
}

func eachList(list *syntax.ListNode, change func(*syntax.ListNode)) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		if b := branchOf(node); b != nil {
			eachList(b.List, change)
			eachList(b.ElseList, change)
		}
	}
	change(list)
}

func branchOf(node syntax.Node) *syntax.BranchNode {
	switch n := node.(type) {
	case *syntax.IfNode:
		return &n.BranchNode
	case *syntax.WithNode:
		return &n.BranchNode
	case *syntax.RangeNode:
		return &n.BranchNode
	}
	return nil
}

// everyBranch writes out the branches of each if, with and range one after the other.
func everyBranch(list *syntax.ListNode) {
	var nodes []syntax.Node
	for _, node := range list.Nodes {
		b := branchOf(node)
		if b == nil {
			nodes = append(nodes, node)
			continue
		}
		otherwise := b.ElseList
		if _, condition := node.(*syntax.IfNode); condition {
			if len(b.Pipe.Decl) == 0 { // what declares prints nothing
				b.Pipe.Decl = []*syntax.VariableNode{{NodeType: syntax.NodeVariable, Ident: []string{"$_"}}}
			}
			nodes = append(nodes, &syntax.ActionNode{NodeType: syntax.NodeAction, Pos: b.Pos, Line: b.Line, Pipe: b.Pipe})
			nodes = append(nodes, b.List.Nodes...)
		} else {
			b.ElseList = nil
			nodes = append(nodes, node)
		}
		if otherwise != nil {
			nodes = append(nodes, otherwise.Nodes...)
		}
	}
	list.Nodes = nodes
}

// numbered numbers the actions of a template that print something, so that [printed] tells them apart.
func numbered() func(*syntax.ListNode) {
	n := 0
	text := func(s string) syntax.Node { return &syntax.TextNode{NodeType: syntax.NodeText, Text: []byte(s)} }
	return func(list *syntax.ListNode) {
		var nodes []syntax.Node
		for _, node := range list.Nodes {
			if a, action := node.(*syntax.ActionNode); !action || len(a.Pipe.Decl) > 0 {
				nodes = append(nodes, node)
				continue
			}
			n++
			nodes = append(nodes, text(fmt.Sprintf("\ue002%d\ue003", n)), node, text("\ue004"))
		}
		list.Nodes = nodes
	}
}

var place = sms.Pattern("(?s)\ue002([0-9]+)\ue003(.*?)\ue004")

// printed is what each action of a numbered template prints, by its number; nil where the template cannot be
// executed with such data.
func printed(t *template.Template, data ReminderData) map[string]string {
	var b strings.Builder
	if t.Execute(&b, data) != nil {
		return nil
	}
	out := map[string]string{}
	for _, m := range place().FindAllStringSubmatch(b.String(), -1) {
		out[m[1]] += m[2]
	}
	return out
}
