package wording

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ghlsms/sync/spec"
)

// TaskSpec is a task for staff as the owner writes it.
type TaskSpec struct {
	Title    string        `yaml:"title"`
	Body     string        `yaml:"body"`
	Due      spec.Duration `yaml:"due"`
	AssignTo string        `yaml:"assign_to"`
}

// SetDefaults makes the task due a day later where the owner does not say.
func (t *TaskSpec) SetDefaults() { t.Due = spec.Duration(24 * time.Hour) }

// Parser makes a template of the text at a path; nil where the text is empty. It keeps what is wrong with it.
type Parser func(path, text string) *Template

// Compile makes the task that stands at a path.
func (t *TaskSpec) Compile(at string, parse Parser) *Task {
	return &Task{Title: parse(at+".title", t.Title), Body: parse(at+".body", t.Body), Due: t.Due.Std(), AssignTo: t.AssignTo}
}

// Translations are texts by language.
type Translations map[string]string

// What are the keys of the map, for people.
func (Translations) What() string { return "languages" }

// CheckKey lets only languages pass that texts can be in.
func (Translations) CheckKey(language string) error {
	if slices.Contains(Languages(), language) {
		return nil
	}
	if code, ok := LanguageCode(language); ok {
		return fmt.Errorf("is no language that texts can be in; did you mean %q?", code)
	}
	return fmt.Errorf("is no language that texts can be in; there are %s", strings.Join(Languages(), ", "))
}
