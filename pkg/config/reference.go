package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// references replaces what stands for something else in a value:
//
//	os.environ/NAME    the whole value is the variable NAME
//	${NAME}            the variable NAME, also inside a longer value
//	${NAME:-default}   the same, with a text for when it is not set or empty
//	$${                a literal ${
//	file:/path         the content of a file, in secrets only
//
// What has been put in is not looked through again.
type references struct {
	// lookup reads the environment.
	lookup func(string) (string, bool)
	// own are the environment_variables of the file, which win.
	own map[string]string
}

// environPrefix is LiteLLM's way to write a reference.
const environPrefix = "os.environ/"

// filePrefix begins a secret that lies in a file. The path is absolute, so that
// a secret which happens to begin with file: is not taken for one and shown in
// a message about a missing file.
const filePrefix = "file:/"

// variableName is what a reference may name.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// errReference is a reference that is not written right.
var errReference = errors.New("a reference is not written right")

// unsetError is a reference to a variable that is not set.
type unsetError struct{ name string }

func (e *unsetError) Error() string { return "environment variable " + e.name + " is not set" }

// referenceAdvice gives the code of an error of expand, and what to do about it.
func referenceAdvice(err error) (code, hint string) {
	if _, ok := errors.AsType[*unsetError](err); ok {
		return CodeUnsetVariable, "export it, or write ${NAME:-default}"
	}
	return CodeBadReference, "write os.environ/NAME, ${NAME} or ${NAME:-default}; $${ stands for a literal ${"
}

// isReference reports whether expand would change the text or fail.
func isReference(text string) bool {
	return strings.HasPrefix(text, environPrefix) || strings.Contains(text, "${")
}

// expand replaces the variables in a text. It fails with an *unsetError or with
// errReference; neither quotes the text.
func (r references) expand(text string) (string, error) {
	if name, ok := strings.CutPrefix(text, environPrefix); ok {
		return r.variable(name)
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		if !found {
			b.WriteString(text)
			return b.String(), nil
		}
		if literal, escaped := strings.CutSuffix(before, "$"); escaped {
			b.WriteString(literal + "${")
			text = after
			continue
		}
		inner, rest, closed := strings.Cut(after, "}")
		if !closed {
			return "", fmt.Errorf("%w: the } after ${ is missing", errReference)
		}
		value, err := r.braced(inner)
		if err != nil {
			return "", err
		}
		b.WriteString(before + value)
		text = rest
	}
}

// braced gives the value of what stands between ${ and }.
func (r references) braced(inner string) (string, error) {
	name, fallback, hasFallback := strings.Cut(inner, ":-")
	value, err := r.variable(name)
	if hasFallback && (value == "" || err != nil) && !errors.Is(err, errReference) {
		return fallback, nil
	}
	return value, err
}

// variable reads one variable.
func (r references) variable(name string) (string, error) {
	if !variableName.MatchString(name) {
		return "", fmt.Errorf("%w: the name of a variable has letters, digits and _ only", errReference)
	}
	if value, ok := r.find(name); ok {
		return value, nil
	}
	return "", &unsetError{name}
}

// find looks a variable up: in the file's own, then in the environment.
func (r references) find(name string) (string, bool) {
	if value, ok := r.own[name]; ok {
		return value, true
	}
	return r.lookup(name)
}

// readSecret gives the secret that a text stands for: the content of the file
// for file:/path, without the line end that editors leave; else the text.
func readSecret(text string) (string, error) {
	if !strings.HasPrefix(text, filePrefix) {
		return text, nil
	}
	path := strings.TrimPrefix(text, "file:")
	data, err := readFile(path, maxSecretFile)
	if err != nil {
		return "", err
	}
	content := strings.TrimRight(string(data), "\r\n")
	if content == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return content, nil
}
