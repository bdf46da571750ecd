package rule

import (
	"slices"
	"strings"

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

// causes tells whether what a rule does can be what another waits for.
func causes(a, b *Rule, names record.Names) bool {
	return slices.ContainsFunc(a.Do, func(do Action) bool { return do.triggers(b, names) }) && !a.rulesOut(b, names)
}

// triggers tells whether an action can bring about the trigger of a rule.
func (a Action) triggers(b *Rule, names record.Names) bool {
	on := func(triggers ...string) bool { return slices.Contains(triggers, b.On) }
	field := func(name string) bool {
		return on("contact changed") && (b.Field == "" || names.Key(b.Field) == names.Key(name))
	}
	switch a.Kind {
	case ActText:
		return on("text failed")
	case ActTask:
		return on("task created", "task due", "task overdue")
	case ActUpdateTask:
		return a.Due != 0 && on("task due", "task overdue")
	case ActComplete:
		return on("task completed")
	case ActNote:
		return on("note added")
	case ActTag:
		return on("tag added") && (b.Tag == "" || strings.EqualFold(a.Tag, b.Tag)) || field("tags")
	case ActUntag:
		return on("tag removed") && (b.Tag == "" || strings.EqualFold(a.Tag, b.Tag)) || field("tags")
	case ActSet:
		for name := range a.Set {
			if field(name) {
				return true
			}
		}
	case ActAppointment:
		return on("appointment " + a.Status)
	}
	return false
}

// rulesOut tells whether what a rule leaves behind is what another must not find.
func (rule *Rule) rulesOut(b *Rule, names record.Names) bool {
	tagged, set := map[string]bool{}, map[string]string{}
	for _, do := range rule.Do {
		switch do.Kind {
		case ActTag, ActUntag:
			tagged[strings.ToLower(do.Tag)] = do.Kind == ActTag
		case ActSet:
			for name, v := range do.Set {
				set[names.Key(name)] = v
			}
		}
	}
	if has, known := tagged[strings.ToLower(b.If.Tag)]; known && !has && b.If.Tag != "" {
		return true
	}
	if tagged[strings.ToLower(b.If.NotTag)] && b.If.NotTag != "" {
		return true
	}
	for name, want := range b.If.Fields {
		if v, known := set[names.Key(name)]; known && !strings.EqualFold(v, want) {
			return true
		}
	}
	return false
}
