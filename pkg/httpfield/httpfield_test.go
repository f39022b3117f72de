package httpfield

import (
	"bufio"
	"bytes"
	"errors"
	"net/textproto"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parse gives names and values, in their order.
func parse(head string) ([][2]string, error) {
	b := []byte(head)
	fields, err := Parse(b, 0, nil)
	if err != nil {
		return nil, err
	}
	found := make([][2]string, len(fields))
	for i, f := range fields {
		found[i] = [2]string{string(b[f.Name.From:f.Name.To]), string(b[f.Value.From:f.Value.To])}
	}
	return found, nil
}

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := parse("content-TYPE: text/plain\r\nX-A:\tb c \t\nempty:\r\n\r\nbody: no field\r\n")
	want := [][2]string{{"Content-Type", "text/plain"}, {"X-A", "b c"}, {"Empty", ""}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		head string
		want error
	}{
		"no colon":            {"abc\r\n\r\n", ErrLine},
		"no name":             {": b\r\n\r\n", ErrLine},
		"a blank in a name":   {"a b: c\r\n\r\n", ErrLine},
		"a blank behind it":   {"a : c\r\n\r\n", ErrLine},
		"a folded line":       {"a: b\r\n c\r\n\r\n", ErrLine},
		"a control character": {"a: b\x00\r\n\r\n", ErrLine},
		"a bare CR":           {"a: b\rc\r\n\r\n", ErrLine},
		"no end":              {"a: b", ErrLine},
		"no end of the head":  {"a: b\r\n", ErrLine},
		"too many":            {strings.Repeat("a: b\r\n", Max+1) + "\r\n", ErrTooMany},
	} {
		if got, err := parse(tt.head); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, tt.want)
		}
	}
}

// FuzzParse holds what is taken to what textproto reads.
func FuzzParse(f *testing.F) {
	for _, head := range []string{"a: b\r\n\r\n", "A-b:c\nd: e\n\n", "a: \xff\r\n\r\n", "a:b:c\r\n\r\n"} {
		f.Add(head)
	}
	f.Fuzz(func(t *testing.T, head string) {
		got, err := parse(head)
		if err != nil {
			return
		}
		want, err := textproto.NewReader(bufio.NewReader(bytes.NewReader([]byte(head)))).ReadMIMEHeader()
		if err != nil {
			t.Fatalf("textproto: %v", err)
		}
		values := textproto.MIMEHeader{}
		for _, f := range got {
			values[f[0]] = append(values[f[0]], f[1])
		}
		if diff := cmp.Diff(want, values); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
