package config

import (
	"bytes"
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"ghlsms/cmd/ghlsms/term"
	"ghlsms/sms"
)

const maxConfigSize = 64 << 10

// ValueError is one thing wrong with a configuration. Line and Col are zero when the problem
// is that something is not there.
type ValueError struct {
	File       string
	Line, Col  int
	Field, Msg string
}

func (p ValueError) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	b.WriteString(": ")
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.Msg)
	return b.String()
}

// Error holds everything that is wrong, in the order of the file; it prints one per line.
type Error struct{ Problems []ValueError }

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.Is and errors.AsType each problem.
func (e *Error) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}

// source remembers where each value was written.
type source struct {
	File string
	At   map[string]position // by path, such as sms.smsto.api_url or reminders[1].text
}

type position struct{ line, col int }

func (s source) Problem(path, msg string) ValueError {
	at, ok := s.At[path]
	for up := path; !ok && up != ""; at, ok = s.At[up] {
		up = up[:max(strings.LastIndexAny(up, ".["), 0)]
	}
	return ValueError{File: s.File, Line: at.line, Col: at.col, Field: path, Msg: msg}
}

// Load reads, expands, checks and completes the configuration at path. The error is a
// *Error that lists all problems, not only the first.
//
// Values are strict: an unknown key, a second document or a value out of range is a problem,
// never a silent default. ${NAME} in a value is replaced by the environment variable after the
// YAML has been parsed, so a variable cannot smuggle in keys; $$ stands for a dollar sign.
// Relative paths are relative to the directory of the file.
func Load(path string) (*Config, error) { return loadFile(path, true) }

// LoadWithoutSecrets is Load for commands that only look at the mirror, so that somebody
// who may read the database but not the tokens can run a report.
func LoadWithoutSecrets(path string) (*Config, error) { return loadFile(path, false) }

func loadFile(path string, withSecrets bool) (*Config, error) {
	l := newLoader(path)
	text, err := read(path)
	if err != nil {
		l.add(ValueError{File: path, Msg: err.Error()})
		return nil, l.err()
	}
	root := l.parse(text)
	if len(l.problems) > 0 {
		return nil, l.err() // a file that cannot be parsed has nothing else to say
	}
	if root != nil {
		l.fill(root, reflect.ValueOf(l.cfg).Elem(), "")
	}
	l.check()
	if withSecrets {
		l.secrets()
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	l.cfg.src = l.src
	return l.cfg, nil
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, errors.New("no such file; copy config.example.yaml there, or name another with --config or GHLSMS_CONFIG")
	case err != nil:
		return nil, Bare(err)
	case info.IsDir():
		return nil, errors.New("is a directory; name the file in it")
	case info.Size() > maxConfigSize:
		return nil, fmt.Errorf("is larger than %d KiB; this is not a configuration", maxConfigSize>>10)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, Bare(err)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8 text")
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// Bare drops the operation and path that our own message already names.
func Bare(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		return p.Err
	}
	return err
}

// loader carries one configuration from text to Config, collecting problems on the way.
type loader struct {
	dir      string
	src      source
	cfg      *Config
	problems []ValueError
	blamed   map[string]bool                    // paths that have a problem already; one is enough
	entries  map[string][]*ast.MappingValueNode // what stands below a path
}

func newLoader(path string) *loader {
	return &loader{
		dir:    filepath.Dir(path),
		src:    source{File: path, At: map[string]position{}},
		cfg:    DefaultConfig(),
		blamed: map[string]bool{}, entries: map[string][]*ast.MappingValueNode{},
	}
}

func (l *loader) add(p ValueError) { l.problems = append(l.problems, p) }

// bad reports the value at path, once.
func (l *loader) bad(path, format string, args ...any) {
	if l.blamed[path] {
		return
	}
	l.blamed[path] = true
	l.add(l.src.Problem(path, fmt.Sprintf(format, args...)))
}

func (l *loader) err() error {
	if len(l.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(l.problems, func(a, b ValueError) int {
		if (a.Line == 0) != (b.Line == 0) { // what is missing comes last
			return cmp.Compare(b.Line, a.Line)
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	return &Error{Problems: l.problems}
}

func (l *loader) parse(text []byte) ast.Node {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		p := ValueError{File: l.src.File, Msg: err.Error()}
		if y, ok := errors.AsType[yaml.Error](err); ok {
			p.Msg = strings.Replace(y.GetMessage(), "found character '\t' that cannot start any token", "a tab; indent with spaces", 1)
			if tk := y.GetToken(); tk != nil && tk.Position != nil {
				p.Line, p.Col = tk.Position.Line, tk.Position.Column
			}
		}
		l.add(p)
		return nil
	}
	var root ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case root != nil:
			at := where(doc.Body)
			l.add(ValueError{File: l.src.File, Line: at.line, Col: at.col, Msg: "a second document; remove the --- and what follows"})
		default:
			root = doc.Body
		}
	}
	return root
}

func where(n ast.Node) position {
	switch n := n.(type) { // their own token is the colon
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return where(n.Values[0])
		}
	case *ast.MappingValueNode:
		return where(n.Key)
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		return position{tk.Position.Line, tk.Position.Column}
	}
	return position{}
}

// fill puts what node says into v, and remembers where it said so.
func (l *loader) fill(node ast.Node, v reflect.Value, path string) {
	if node == nil || node.Type() == ast.NullType {
		return // "key:" with nothing behind it keeps the default
	}
	if path != "" {
		l.src.At[path] = where(node)
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		if text, ok := l.scalar(node, path); ok {
			if err := u.UnmarshalText([]byte(text)); err != nil {
				l.bad(path, "%s %v", Show(text), err)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		l.fillStruct(node, v, path)
	case reflect.Slice:
		l.fillSlice(node, v, path)
	case reflect.Map:
		l.fillMap(node, v, path)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if d, ok := reflect.TypeAssert[interface{ SetDefaults() }](v); ok {
			d.SetDefaults()
		}
		l.fill(node, v.Elem(), path)
	case reflect.String:
		if text, ok := l.scalar(node, path); ok {
			v.SetString(strings.TrimSpace(text))
		}
	case reflect.Bool:
		if text, ok := l.scalar(node, path); ok {
			if text != "true" && text != "false" {
				l.bad(path, "%s is neither true nor false", Show(text))
			}
			v.SetBool(text == "true")
		}
	case reflect.Int:
		if text, ok := l.scalar(node, path); ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				l.bad(path, "%s is not a whole number", Show(text))
			}
			v.SetInt(int64(n))
		}
	case reflect.Float64:
		if text, ok := l.scalar(node, path); ok {
			x, err := strconv.ParseFloat(text, 64)
			if err != nil {
				l.bad(path, "%s is not a number", Show(text))
			}
			v.SetFloat(x)
		}
	default:
		panic("config: no way to fill a " + v.Type().String())
	}
}

func (l *loader) fillStruct(node ast.Node, v reflect.Value, path string) {
	entries, ok := entriesOf(node)
	if !ok {
		l.wantsKeys(where(node), path, "wants keys below it: "+strings.Join(l.keysAt(path, v.Type()), ", "))
		return
	}
	l.entries[path] = entries
	for _, e := range entries {
		name, ok := keyOf(e)
		field, known := fieldOf(v, name)
		if !ok || !known {
			l.unknownKey(where(e.Key), path, name, v.Type())
			continue
		}
		if l.isEmpty(e, field, join(path, name)) {
			continue
		}
		l.fill(e.Value, field, join(path, name))
	}
}

// isEmpty refuses a value in which nothing stands, where that would pass for something else than was meant.
func (l *loader) isEmpty(e *ast.MappingValueNode, v reflect.Value, path string) bool {
	t := v.Type()
	if v.Kind() == reflect.Pointer {
		v = reflect.New(t.Elem())
		t = t.Elem()
	}
	what, ok := reflect.TypeAssert[interface{ Empty(keys []string) string }](v)
	if !ok {
		return false
	}
	at := where(e.Key)
	switch n := e.Value.(type) {
	case nil, *ast.NullNode:
	case *ast.SequenceNode:
		if len(n.Values) > 0 {
			return false
		}
		at = where(n)
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return false
		}
		at = where(n)
	default:
		return false
	}
	var keys []string
	if t.Kind() == reflect.Struct {
		keys = l.keysAt(path, t)
	}
	l.wantsKeys(at, path, what.Empty(keys))
	return true
}

// words is a map whose keys are words that the schema does not have.
type words interface {
	What() string // they are, for people
	CheckKey(word string) error
}

// fillMap fills a map of words, as far as its type lets them pass.
func (l *loader) fillMap(node ast.Node, v reflect.Value, path string) {
	checker, ok := reflect.TypeAssert[words](v)
	if !ok {
		panic("config: no way to fill a " + v.Type().String())
	}
	entries, ok := entriesOf(node)
	if !ok {
		l.wantsKeys(where(node), path, "wants "+checker.What()+" below it, one a line")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range entries {
		name, _ := keyOf(e)
		at := where(e.Key)
		if err := checker.CheckKey(name); err != nil {
			l.add(ValueError{File: l.src.File, Line: at.line, Col: at.col, Field: path, Msg: fmt.Sprintf("%s %v", Show(name), err)})
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		l.src.At[join(path, name)] = at // where nothing is behind it
		l.fill(e.Value, value, join(path, name))
		v.SetMapIndex(reflect.ValueOf(name), value)
	}
}

// entriesOf are the lines of a mapping; ok is false if node is none.
func entriesOf(node ast.Node) (entries []*ast.MappingValueNode, ok bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// keyOf is a key as it was written; plain is false where YAML does not take it for text.
func keyOf(e *ast.MappingValueNode) (name string, plain bool) {
	if key, ok := e.Key.(*ast.StringNode); ok {
		return key.Value, true
	}
	return strings.TrimSpace(e.Key.String()), false
}

func (l *loader) wantsKeys(at position, path, msg string) {
	l.blamed[path] = true
	l.add(ValueError{File: l.src.File, Line: at.line, Col: at.col, Field: path, Msg: msg})
}

func (l *loader) fillSlice(node ast.Node, v reflect.Value, path string) {
	seq, ok := node.(*ast.SequenceNode)
	_, single := node.(ast.ScalarNode)
	if _, mayBe := reflect.TypeAssert[interface{ MayBeOne() }](v); mayBe && single {
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		l.fill(node, v.Index(0), path)
		return
	}
	if !ok {
		l.bad(path, `wants a list: [a, b], or one "- item" per line`)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values)))
	for i, item := range seq.Values {
		if d, ok := reflect.TypeAssert[interface{ SetDefaults() }](v.Index(i).Addr()); ok {
			d.SetDefaults()
		}
		l.fill(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

// scalar is the text of a single value. Numbers come back as they were written: an unquoted
// +15550100 is a phone number here, though it is an integer to YAML.
func (l *loader) scalar(node ast.Node, path string) (string, bool) {
	var text string
	switch n := node.(type) {
	case *ast.StringNode:
		text = n.Value
	case *ast.LiteralNode:
		text = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		text = n.GetToken().Value
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		l.bad(path, "anchors, aliases and tags are not understood here; write the value out")
		return "", false
	default:
		l.bad(path, "wants a single value")
		return "", false
	}
	return l.expand(text, path)
}

var (
	dollar  = sms.Pattern(`\$\$|\$\{[^}]*\}?`)
	envName = sms.Pattern(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`)
)

func (l *loader) expand(text, path string) (string, bool) {
	ok := true
	out := dollar().ReplaceAllStringFunc(text, func(m string) string {
		if m == "$$" {
			return "$"
		}
		if !envName().MatchString(m) {
			l.bad(path, "%s is not a variable; write ${NAME}, or $$ for a dollar sign", Show(m))
			ok = false
			return ""
		}
		value, set := os.LookupEnv(m[2 : len(m)-1])
		if !set {
			l.bad(path, "the environment variable %s is not set; set it, or write $%s to mean the text itself", m[2:len(m)-1], m)
			ok = false
		}
		return value
	})
	return out, ok
}

// Show quotes a value for a message, shortened, and starred out where it looks like a secret.
func Show(s string) string {
	s = term.Apply(term.SecretRules, s)
	if r := []rune(s); len(r) > 60 {
		s = string(r[:57]) + "..."
	}
	return strconv.Quote(s)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
