package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml"

	"ghlsms/cmd/ghlsms/term"
)

// eachSecret looks at all secrets at and below a value, wherever they stand, so that no new one can be forgotten. file
// is the name of the file that the secret was read from; empty: none.
func eachSecret(v reflect.Value, path string, look func(path string, secret reflect.Value, file string)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachSecret(v.Elem(), path, look)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			eachSecret(v.Index(i), fmt.Sprintf("%s[%d]", path, i), look)
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			eachSecret(value, join(path, fmt.Sprint(key)), look)
		}
	case reflect.Struct:
		for f, field := range v.Fields() {
			switch at := join(path, yamlKey(f)); {
			case !f.IsExported():
			case f.Type == reflect.TypeFor[term.Secret]():
				file := v.FieldByName(f.Name + "File")
				if file.Kind() == reflect.String {
					look(at, field, file.String())
				} else {
					look(at, field, "")
				}
			default:
				eachSecret(field, at, look)
			}
		}
	default:
		if v.Type() == reflect.TypeFor[term.Secret]() {
			look(path, v, "")
		}
	}
}

// Secrets lists what must never be printed; give it to [term.NewLogger].
func (c *Config) Secrets() (words []string) {
	eachSecret(reflect.ValueOf(c), "", func(_ string, secret reflect.Value, _ string) {
		if s := secret.String(); s != "" {
			words = append(words, s)
		}
	})
	return append(words, c.Alarms.secretParts()...)
}

// Redacted is the configuration in force, as YAML, with secrets starred out. Each stands as the file has it: itself, or
// the name of its file; one from the environment does not.
func (c *Config) Redacted() string {
	show := *c
	own(reflect.ValueOf(&show).Elem())
	eachSecret(reflect.ValueOf(&show), "", func(path string, secret reflect.Value, file string) {
		if _, written := c.src.At[path]; secret.CanSet() && (file != "" || path == "store.key" && !written) {
			secret.SetString("")
		}
	})
	out, err := yaml.Marshal(&show)
	if err != nil {
		return fmt.Sprintf("# cannot be shown: %v\n", err)
	}
	return string(out)
}

// own gives a value sections and lists of its own, so that what is changed in it is not changed elsewhere.
func own(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for f, field := range v.Fields() {
			if f.IsExported() {
				own(field)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() && v.Type().Elem().Kind() == reflect.Struct {
			section := reflect.New(v.Type().Elem())
			section.Elem().Set(v.Elem())
			v.Set(section)
			own(section.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct && !v.IsNil() {
			list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(list, v)
			v.Set(list)
			for i := range list.Len() {
				own(list.Index(i))
			}
		}
	default:
	}
}
