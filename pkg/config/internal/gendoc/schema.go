package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// schema is the structs of package config by name.
type schema map[string]*ast.StructType

// key is one key of a section as the manual shows it.
type key struct {
	name  string
	also  string
	rest  bool // stands for all keys that have no name of their own
	typ   ast.Expr
	tag   reflect.StructTag
	field string // name in Go
	doc   string
}

// readSchema parses the source files of a folder, tests left out.
func readSchema(dir string) (schema, error) {
	files, err := filepath.Glob(filepath.Join(dir, "schema*.go"))
	if err != nil {
		return nil, fmt.Errorf("list the schema: %w", err)
	}
	s := schema{}
	fset := token.NewFileSet()
	for _, file := range files {
		parsed, err := parser.ParseFile(fset, file, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("parse the schema: %w", err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if t, ok := spec.Type.(*ast.StructType); ok {
					s[spec.Name.Name] = t
				}
			}
			return true
		})
	}
	if s["Document"] == nil {
		return nil, fmt.Errorf("there is no struct Document in %s", dir)
	}
	return s, nil
}

// keys lists the keys of a struct, those of inline structs in their place.
func (s schema) keys(name string) ([]key, error) {
	var keys []key
	for _, f := range s[name].Fields.List {
		if f.Tag == nil || len(f.Names) != 1 {
			return nil, fmt.Errorf("%s: a field has no tag or several names", name)
		}
		text, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: tag: %w", name, f.Names[0].Name, err)
		}
		k := key{typ: f.Type, tag: reflect.StructTag(text), field: f.Names[0].Name}
		k.doc = strings.Join(strings.Fields(f.Doc.Text()), " ")
		if k.doc == "" {
			return nil, fmt.Errorf("%s.%s has no comment", name, k.field)
		}
		if !strings.HasPrefix(k.doc, k.field+" ") {
			return nil, fmt.Errorf("%s.%s: the comment does not begin with the name", name, k.field)
		}
		keyName, option, _ := strings.Cut(k.tag.Get("yaml"), ",")
		if option == "inline" {
			inner, err := s.keys(typeName(f.Type))
			if err != nil {
				return nil, err
			}
			keys = append(keys, inner...)
			continue
		}
		k.name, k.also, k.rest = keyName, k.tag.Get("also"), option == "rest"
		keys = append(keys, k)
	}
	return keys, nil
}

// typeName is the name of a type as it is written, without pointers and lists.
func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.SelectorExpr:
		return typeName(t.X) + "." + t.Sel.Name
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.ArrayType:
		return typeName(t.Elt)
	default:
		return ""
	}
}

// kinds are the types of keys in words.
var kinds = map[string]string{
	"string": "text", "bool": "true or false", "int64": "whole number", "float64": "number",
	"time.Duration": "duration", "Bytes": "size", "Period": "period",
	"Timezone": "time zone", "Condition": "condition", "Credentials": "secret, or a map", "ExtraBody": "map",
	"secret.Text": "secret", "llm.NanoUSD": "amount in USD", "llm.PicoUSD": "price in USD",
	"Fallbacks": "list of maps", "Aliases": "map",
}

// kind says in words what may be written for a type, or "" for a section.
func kind(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return kind(t.X)
	case *ast.ArrayType:
		return "list of " + plural(kind(t.Elt))
	case *ast.MapType:
		return "map of names to " + plural(kind(t.Value))
	default:
		return kinds[typeName(t)]
	}
}

// plural gives the few words of kinds in plural.
func plural(word string) string {
	switch word {
	case "":
		return "entries"
	case "text":
		return "texts"
	default:
		return word + "s"
	}
}
