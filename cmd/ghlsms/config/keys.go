package config

import (
	"fmt"
	"reflect"
	"strings"

	"ghlsms/sync/record"
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
		msg += "; known are " + strings.Join(keysOf(t), ", ")
	}
	l.add(ValueError{File: l.src.File, Line: at.line, Col: at.col, Msg: msg})
}

// nearest looks among the neighbours first, then for the same key somewhere else.
func (l *loader) nearest(path, name string, t reflect.Type) string {
	if len(name) > 40 {
		return ""
	}
	best, edits := record.Nearest(name, keysOf(t))
	if best != "" && edits <= 1 {
		return best
	}
	for _, p := range pathsOf(reflect.TypeFor[Config](), "") {
		if p[strings.LastIndex(p, ".")+1:] == name && p != join(path, name) && p != name {
			return p
		}
	}
	return best
}
