package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
	"github.com/llmgw/llmgw/pkg/llm"
)

// valueError is a value of a request that cannot be read: where it stands, seen
// from whoever reports it, and what is wrong with it.
type valueError struct{ place, why string }

func (e *valueError) Error() string { return e.place + ": " + e.why }

// wrong says what is wrong with the value at hand.
func wrong(why string) error { return &valueError{why: why} }

// within puts outer, a member's name, before the place of err; nil stays nil.
func within(outer string, err error) error {
	var e *valueError
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.place == "", e.place[0] == '[':
		return &valueError{outer + e.place, e.why}
	default:
		return &valueError{outer + "." + e.place, e.why}
	}
}

// element puts the number of a list's element before the place of err.
func element(i int, err error) error {
	if err == nil {
		return nil
	}
	return within("["+strconv.Itoa(i)+"]", err)
}

// refusal makes what the client is told of err.
func refusal(err error) error {
	var e *valueError
	if !errors.As(err, &e) {
		return err
	}
	return &llm.Error{Kind: llm.InvalidRequest, Param: e.place, Message: e.Error(), NoRetry: true}
}

// object walks the members of an object that are not null.
type object struct{ toplevel.Members }

// objectOf returns a walker over v; an error where v is no object.
func objectOf(v []byte) (object, error) {
	if !toplevel.IsObject(v) {
		return object{}, wrong("must be an object")
	}
	return object{toplevel.Object(v)}, nil
}

// Next goes to the next member that is not null.
func (o *object) Next() bool {
	for o.Members.Next() {
		if !toplevel.IsNull(o.Value()) {
			return true
		}
	}
	return false
}

// Name is the member's name, unescaped.
func (o *object) Name() []byte { return plainName(o.Members.Name()) }

// Broken is the error of an object that does not end as it should.
func (o *object) Broken() error {
	if o.Err() != nil {
		return wrong("is no valid JSON")
	}
	return nil
}

func plainName(name []byte) []byte {
	if bytes.IndexByte(name, '\\') < 0 {
		return name
	}
	quoted := append(append([]byte{'"'}, name...), '"')
	if plain, ok := toplevel.AppendUnquoted(nil, quoted); ok {
		return plain
	}
	return name
}

// each calls read for the elements of the list v. Errors name the element.
func each(v []byte, read func(v []byte) error) error {
	if !isArray(v) {
		return wrong("must be a list")
	}
	l := toplevel.Array(v)
	for i := 0; l.Next(); i++ {
		if err := read(l.Value()); err != nil {
			return element(i, err)
		}
	}
	if l.Err() != nil {
		return wrong("is no valid JSON")
	}
	return nil
}

func isArray(v []byte) bool { return len(v) > 0 && v[0] == '[' }

// reader reads values; it keeps memory for strings with escapes.
type reader struct{ scratch []byte }

// text reads a string; false for anything else.
func (r *reader) text(v []byte) (string, bool) {
	var ok bool
	r.scratch, ok = toplevel.AppendUnquoted(r.scratch[:0], v)
	return string(r.scratch), ok
}

// textTo reads a string into *s.
func (r *reader) textTo(s *string, v []byte) error {
	text, ok := r.text(v)
	if !ok {
		return wrong("must be a string")
	}
	*s = text
	return nil
}

// numberOf reads a number as it is written.
func numberOf(v []byte) (llm.Number, error) {
	if len(v) == 0 || v[0] != '-' && (v[0] < '0' || v[0] > '9') || !json.Valid(v) {
		return "", wrong("must be a number")
	}
	return llm.Number(v), nil
}

// countOf reads a whole number from 1 on.
func countOf(v []byte) (int64, error) {
	n, err := numberOf(v)
	if err != nil {
		return 0, err
	}
	whole, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil || whole < 1 {
		return 0, wrong("must be a whole number from 1 on")
	}
	return whole, nil
}

func flagOf(v []byte) (bool, error) {
	flag, ok := toplevel.Bool(v)
	if !ok {
		return false, wrong("must be true or false")
	}
	return flag, nil
}

// rawOf copies a value that stays JSON text.
func rawOf(v []byte) ([]byte, error) {
	if !json.Valid(v) {
		return nil, wrong("is no valid JSON")
	}
	return bytes.Clone(v), nil
}

// rawObject copies an object.
func rawObject(v []byte) ([]byte, error) {
	if !toplevel.IsObject(v) {
		return nil, wrong("must be an object")
	}
	return rawOf(v)
}
