package keys

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// record is a key as a file has it: its fields as text, and where it stands. JSON's
// strings are without quotes, what is composed is JSON still, null is "".
type record struct {
	line   int
	fields map[string]string
}

// parseRecords reads what LiteLLM gives for its keys: JSON of /key/list (one page or
// several, one behind the other, or a bare list), or CSV with a line of heads.
// Source of the form: LiteLLM 1.83.2 (/key/list, table LiteLLM_VerificationToken).
func parseRecords(data []byte) ([]record, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch text := bytes.TrimSpace(data); {
	case len(text) == 0:
		return nil, errors.New("the file is empty")
	case text[0] == '{' || text[0] == '[':
		return (&jsonFile{data: data}).records()
	default:
		return csvRecords(data)
	}
}

// lineError says where in a file something is wrong.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string { return fmt.Sprintf("%d: %v", e.line, e.err) }

func (e *lineError) Unwrap() error { return e.err }

// jsonFile reads keys out of JSON, and remembers their lines.
type jsonFile struct {
	data []byte
	d    *json.Decoder
	list []record
}

func (f *jsonFile) records() ([]record, error) {
	f.d = json.NewDecoder(bytes.NewReader(f.data))
	for {
		start := f.next()
		token, err := f.d.Token()
		switch {
		case errors.Is(err, io.EOF):
			return f.list, nil
		case err != nil:
			err = f.wrong(err)
		case token == json.Delim('['):
			err = f.keys()
		case token == json.Delim('{'):
			err = f.page(start)
		default:
			err = &lineError{f.line(start), errors.New("this is neither a list of keys nor an object with one (keys)")}
		}
		if err != nil {
			return nil, err
		}
	}
}

// page reads an object of /key/list behind its brace.
func (f *jsonFile) page(start int) error {
	found := false
	for f.d.More() {
		name, err := f.d.Token()
		if err != nil {
			return f.wrong(err)
		}
		if name != "keys" {
			if err := f.d.Decode(new(json.RawMessage)); err != nil {
				return f.wrong(err)
			}
			continue
		}
		found = true
		at := f.next()
		if open, err := f.d.Token(); err != nil {
			return f.wrong(err)
		} else if open != json.Delim('[') {
			return &lineError{f.line(at), errors.New("keys is no list")}
		}
		if err := f.keys(); err != nil {
			return err
		}
	}
	if _, err := f.d.Token(); err != nil {
		return f.wrong(err)
	}
	if !found {
		return &lineError{f.line(start), errors.New("the object has no list of keys: is it the answer of GET /key/list?return_full_object=true?")}
	}
	return nil
}

// keys reads a list of keys behind its bracket.
func (f *jsonFile) keys() error {
	for f.d.More() {
		line := f.line(f.next())
		var raw json.RawMessage
		if err := f.d.Decode(&raw); err != nil {
			return f.wrong(err)
		}
		if raw[0] == '"' {
			return &lineError{line, errors.New("only the key's hash is here: ask with GET /key/list?return_full_object=true")}
		}
		var members map[string]json.RawMessage
		if raw[0] != '{' || json.Unmarshal(raw, &members) != nil {
			return &lineError{line, errors.New("a key is an object")}
		}
		r := record{line: line, fields: make(map[string]string, len(members))}
		for name, value := range members {
			r.fields[name] = plain(value)
		}
		f.list = append(f.list, r)
	}
	if _, err := f.d.Token(); err != nil {
		return f.wrong(err)
	}
	return nil
}

// plain is a JSON value as text.
func plain(value json.RawMessage) string {
	var text *string
	if json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	if text == nil {
		return ""
	}
	return *text
}

// next is where the next value begins.
func (f *jsonFile) next() int {
	at := int(f.d.InputOffset())
	return at + len(f.data[at:]) - len(bytes.TrimLeft(f.data[at:], " \t\r\n,:"))
}

func (f *jsonFile) line(at int) int {
	return 1 + bytes.Count(f.data[:min(at, len(f.data))], []byte("\n"))
}

// wrong tells where the JSON breaks.
func (f *jsonFile) wrong(err error) error {
	at := f.next()
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(at, int(syntax.Offset)) // which some errors do not have
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		at, err = len(bytes.TrimRight(f.data, "\n")), errors.New("the file ends in the middle")
	}
	return &lineError{f.line(at), err}
}

// csvRecords reads CSV with commas, semicolons or tabs.
func csvRecords(data []byte) ([]record, error) {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1 // said in our own words below
	for _, comma := range ";\t" {
		if !bytes.ContainsRune(first, ',') && bytes.ContainsRune(first, comma) {
			r.Comma = comma
		}
	}
	heads, err := r.Read()
	if err != nil {
		return nil, csvError(err)
	}
	has := false
	for i, head := range heads {
		heads[i] = strings.ToLower(strings.TrimSpace(head))
		has = has || heads[i] == "token"
	}
	if !has {
		return nil, &lineError{1, errors.New(`the first line names no column "token" (and the file is no JSON)`)}
	}
	var list []record
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, csvError(err)
		}
		line, _ := r.FieldPos(0)
		if len(row) != len(heads) {
			return nil, &lineError{line, fmt.Errorf("the line has %d fields, the first one %d", len(row), len(heads))}
		}
		rec := record{line: line, fields: make(map[string]string, len(row))}
		for i, cell := range row {
			rec.fields[heads[i]] = cellText(cell)
		}
		list = append(list, rec)
	}
}

// cellText is a cell, "" for what programs write for no value.
func cellText(cell string) string {
	cell = strings.TrimSpace(cell)
	switch cell {
	case "null", "NULL", "None", "NaN", `\N`:
		return ""
	}
	return cell
}

func csvError(err error) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		return &lineError{parse.Line, parse.Err}
	}
	return err
}
