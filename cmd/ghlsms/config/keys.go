package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"ghlsms/sync/condition"
	"ghlsms/sync/record"
	"ghlsms/sync/remind"
	"ghlsms/sync/rule"
)

// fieldOf finds the field that carries the yaml key name.
func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if key := yamlKey(v.Type().Field(i)); key != "" && key == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func yamlKey(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

func keysOf(t reflect.Type) []string {
	var keys []string
	for f := range t.Fields() {
		if key := yamlKey(f); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// pathsOf lists every key of the schema with its full path.
func pathsOf(t reflect.Type, path string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var paths []string
	for f := range t.Fields() {
		if key := yamlKey(f); key != "" {
			paths = append(paths, join(path, key))
			paths = append(paths, pathsOf(f.Type, join(path, key))...)
		}
	}
	return paths
}

func (l *loader) unknownKey(at position, path, name string, t reflect.Type) {
	msg := "unknown key " + Show(name)
	if path != "" {
		msg += " in " + path
	}
	if near := l.nearest(path, name, t); near != "" {
		msg += fmt.Sprintf("; did you mean %q?", near)
		l.blamed[near], l.blamed[join(path, near)] = true, true // do not call it missing as well
	} else {
		msg += "; known are " + strings.Join(l.keysAt(path, t), ", ")
	}
	l.add(ValueError{File: l.src.File, Line: at.line, Col: at.col, Msg: msg})
}

// keysAt are the keys that can stand at a path: of conditions those that are about what the place tells of.
func (l *loader) keysAt(path string, t reflect.Type) []string {
	if t != reflect.TypeFor[condition.Condition]() {
		return keysOf(t)
	}
	about := remind.Conditions
	if above, ok := strings.CutSuffix(path, ".if"); ok && strings.HasPrefix(path, "rules[") {
		trigger, known := rule.TriggerOf(l.said(above, "on"))
		if about = trigger.Conditions(); !known || about == 0 {
			return keysOf(t)
		}
	}
	return condition.Keys(about)
}

// said is the text behind a key below a path, if it is one.
func (l *loader) said(path, key string) string {
	for _, e := range l.entries[path] {
		if name, _ := keyOf(e); name == key {
			if text, ok := e.Value.(*ast.StringNode); ok {
				return text.Value
			}
		}
	}
	return ""
}

// within lists the keys of sections below the section at a path, by their paths from it.
func (l *loader) within(path string, t reflect.Type) (paths []string) {
	for f := range t.Fields() {
		of := f.Type
		if of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if key := yamlKey(f); key != "" && of.Kind() == reflect.Struct {
			for _, below := range l.keysAt(join(path, key), of) {
				paths = append(paths, join(key, below))
			}
		}
	}
	return paths
}

// nearest looks among the neighbours first, then for the same key somewhere else, then for one like it below.
func (l *loader) nearest(path, name string, t reflect.Type) string {
	if len(name) > 40 {
		return ""
	}
	best, edits := record.Nearest(name, l.keysAt(path, t))
	if best != "" && edits <= 1 {
		return best
	}
	last := func(p string) string { return p[strings.LastIndex(p, ".")+1:] }
	within := l.within(path, t)
	for _, p := range within {
		if last(p) == name {
			return p
		}
	}
	for _, p := range pathsOf(reflect.TypeFor[Config](), "") {
		if last(p) == name && p != join(path, name) && p != name {
			return p
		}
	}
	for _, p := range within {
		if _, edits := record.Nearest(name, []string{last(p)}); edits == 1 {
			return p
		}
	}
	return best
}
