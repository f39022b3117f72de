package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// code is one of the codes of problems.
type code struct{ name, doc string }

// readCodes lists the codes with what they say of themselves.
func readCodes(dir string) ([]code, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "codes.go"), nil, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("parse the codes: %w", err)
	}
	var codes []code
	for _, declared := range parsed.Decls {
		group, ok := declared.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			c, err := readCode(spec)
			if err != nil {
				return nil, err
			}
			codes = append(codes, c)
		}
	}
	return codes, nil
}

// readCode reads one constant: its value, and its comment without its name.
func readCode(spec ast.Spec) (code, error) {
	value, ok := spec.(*ast.ValueSpec)
	if !ok || len(value.Names) != 1 || len(value.Values) != 1 {
		return code{}, errors.New("a code is no constant of its own")
	}
	field := value.Names[0].Name
	literal, ok := value.Values[0].(*ast.BasicLit)
	doc := strings.Join(strings.Fields(value.Doc.Text()), " ")
	if !ok || !strings.HasPrefix(doc, field+" ") {
		return code{}, fmt.Errorf("%s: the comment does not begin with the name", field)
	}
	name, err := strconv.Unquote(literal.Value)
	if err != nil {
		return code{}, fmt.Errorf("%s: %w", field, err)
	}
	for _, word := range []string{"is ", "stands for "} {
		if rest, ok := strings.CutPrefix(doc, field+" "+word); ok {
			return code{name, rest}, nil
		}
	}
	return code{}, fmt.Errorf("%s: the comment does not say what it is", field)
}
