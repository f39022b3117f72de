package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dump writes a tree with its places, one node a line.
func dump(n *node) string {
	var b strings.Builder
	var walk func(n *node, path string)
	walk = func(n *node, path string) {
		fmt.Fprintf(&b, "%s %d:%d %s %q\n", path, n.at.Line, n.at.Column, n.kind, n.text)
		for i, item := range n.items {
			walk(item, indexed(path, i))
		}
		for _, m := range n.members {
			walk(m.value, join(path, m.name))
		}
	}
	walk(n, "")
	return b.String()
}

func TestAnchorsAndMergeKeysAreReplaced(t *testing.T) {
	t.Parallel()
	root, problem := parseYAML("f", []byte(`
base: &base {a: 1, b: [x]}
more: &more {b: 2, c: 3}
one: {<<: *base, a: 9}
two: {<<: [*more, *base]}
three: *base
`))
	if problem != nil {
		t.Fatal(problem)
	}
	want := `one 4:6 a map ""
one.a 4:21 a single value "9"
one.b 2:23 a list ""
one.b[0] 2:24 a single value "x"
two 5:6 a map ""
two.b 3:17 a single value "2"
two.c 3:23 a single value "3"
two.a 2:17 a single value "1"
three 2:7 a map ""
three.a 2:17 a single value "1"
three.b 2:23 a list ""
three.b[0] 2:24 a single value "x"
`
	got := dump(&node{kind: objectKind, members: root.members[2:]})
	if diff := cmp.Diff(want, got[strings.IndexByte(got, '\n')+1:]); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

func TestJSONHasPlacesAndAllItsEscapes(t *testing.T) {
	t.Parallel()
	root, problem := parseJSON("f.json", []byte("{\n\t\"a\": [1, \"\\ud83d\\ude00\\/\",\r\n  true, null],\n \"b\" : {\"c\": -1.5e3}\n}\n"))
	if problem != nil {
		t.Fatal(problem)
	}
	want := ` 1:1 a map ""
a 2:7 a list ""
a[0] 2:8 a single value "1"
a[1] 2:11 a single value "😀/"
a[2] 3:3 a single value "true"
a[3] 3:9 empty ""
b 4:8 a map ""
b.c 4:14 a single value "-1.5e3"
`
	if diff := cmp.Diff(want, dump(root)); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

func TestJSONAndYAMLMeanTheSame(t *testing.T) {
	t.Parallel()
	const text = `{"model_list": [{"model_name": "a", "litellm_params": {"model": "echo/hello", "stop": ["x"], "top_p": 0.5}}]}`
	o := Options{LookupEnv: lookup(map[string]string{"HOME": "/h"})}.withDefaults()
	fromYAML, _, err := load("f.yaml", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, _, err := load("f.JSON", []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	fromYAML.File, fromJSON.File = "", ""
	fromYAML.Files, fromJSON.Files = nil, nil
	if diff := cmp.Diff(fromYAML, fromJSON, revealed); diff != "" {
		t.Errorf("-YAML +JSON:\n%s", diff)
	}
}

// bomb is a text of n lines each of which doubles the line before it.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x]\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [*a%d, *a%d]\n", i, i, i-1, i-1)
	}
	return b.String()
}

// mergeBomb doubles through merge keys.
func mergeBomb(n int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 {k: v}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "a%d: &a%d {<<: *a%d, b%d: *a%d}\n", i, i, i-1, i, i-1)
	}
	return b.String()
}

func TestHostileTextsAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, text, want string }{
		"alias bomb":     {"f.yaml", bomb(40), "anchors expand to more than 100000 values"},
		"merge bomb":     {"f.yaml", mergeBomb(40), "anchors expand to more than"},
		"deep YAML":      {"f.yaml", strings.Repeat("[", 100) + strings.Repeat("]", 100), "nested deeper than 64"},
		"deeper YAML":    {"f.yaml", strings.Repeat("[", 1<<20), "not valid YAML"},
		"deep JSON":      {"f.json", `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", "nested deeper than 64"},
		"self merge":     {"f.yaml", "a: &a {<<: *a}", "an anchor contains itself"},
		"key is a list":  {"f.yaml", "? [a]\n: 1", "a key must be a single word"},
		"control":        {"f.yaml", "a: \x01", "control characters are not allowed"},
		"JSON goes on":   {"f.json", "{}\n{}", "f.json:2:1: the file goes on"},
		"JSON ends":      {"f.json", `{"a": [1`, "ends too early"},
		"JSON is a list": {"f.json", `[1]`, "must be a map, this is a list"},
		"bad UTF-8":      {"f.yaml", "a: \xff", "not valid YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report, err := load(tt.file, []byte(tt.text), Options{LookupEnv: lookup(nil)}.withDefaults())
			if err == nil || len(report.Problems) != 1 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("load: %d problems, %.300v; want one with %q", len(report.Problems), err, tt.want)
			}
		})
	}
}

func TestReportsAreBounded(t *testing.T) {
	t.Parallel()
	_, report, err := loadText(t, "model_list:"+strings.Repeat("\n  - x", 2000), nil)
	if len(report.Problems) != maxProblems+1 {
		t.Errorf("%d problems, want %d and a last one about the rest", len(report.Problems), maxProblems)
	}
	last := report.Problems[len(report.Problems)-1]
	if err == nil || last.Severity != Error || !strings.Contains(last.Message, "1500 more errors are not listed") {
		t.Errorf("the last problem is %v", last)
	}
}
