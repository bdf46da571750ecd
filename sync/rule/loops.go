package rule

import (
	"slices"

	"ghlsms/sync/condition"
	"ghlsms/sync/record"
)

// Loop finds rules that would set each other off for ever: the places of one such circle, in the
// order in which they follow; nil if there is none.
func Loop(rules []Rule, names record.Names) []int {
	const (
		open = 1 + iota
		closed
	)
	state := make([]int, len(rules))
	var path []int
	var walk func(i int) []int
	walk = func(i int) []int {
		state[i] = open
		path = append(path, i)
		for j := range rules {
			if !causes(&rules[i], &rules[j], names) {
				continue
			}
			if state[j] == open {
				return slices.Clone(path[slices.Index(path, j):])
			}
			if state[j] == 0 {
				if loop := walk(j); loop != nil {
					return loop
				}
			}
		}
		state[i] = closed
		path = path[:len(path)-1]
		return nil
	}
	for i := range rules {
		if state[i] == 0 {
			if loop := walk(i); loop != nil {
				return loop
			}
		}
	}
	return nil
}

// causes tells whether an action of a rule can trigger another rule.
func causes(a, b *Rule, names record.Names) bool {
	return slices.ContainsFunc(a.Do, func(do Action) bool { return do.triggers(b, names) }) && !a.rulesOut(b, names)
}

// triggers tells whether an action can bring about the trigger of a rule.
func (a Action) triggers(b *Rule, names record.Names) bool {
	kind, known := ActionOf(a.Kind)
	return known && kind.causes(a, b, names)
}

// rulesOut tells whether the state after a rule's actions contradicts the conditions of another.
func (rule *Rule) rulesOut(b *Rule, names record.Names) bool {
	behind := condition.Outcome{Tagged: map[string]bool{}, Set: map[string]string{}}
	for _, a := range rule.Do {
		if kind, _ := ActionOf(a.Kind); kind.leaves != nil {
			kind.leaves(a, names, behind)
		}
	}
	return b.If.RuledOut(behind, names)
}
