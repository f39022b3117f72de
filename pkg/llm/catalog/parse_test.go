package catalog

import (
	"strings"
	"testing"
)

// line makes a line of data from some of its fields.
func line(fields map[int]string) string {
	cells := make([]string, columns)
	cells[0], cells[1], cells[2] = "p", "m", "chat"
	for i, s := range fields {
		cells[i] = s
	}
	return strings.Join(cells, "\t")
}

// parse reads a data file and every line of it.
func parse(data string) (*Catalog, error) {
	table, err := readTable(data)
	if err != nil {
		return nil, err
	}
	for _, s := range table {
		for _, l := range s.lines {
			if _, err := parseLine(l); err != nil {
				return nil, err
			}
		}
	}
	return newCatalog(table, nil), nil
}

// TestParseEmbedded: what is embedded is read line by line when it is asked for, so
// that nobody could tell of an error.
func TestParseEmbedded(t *testing.T) {
	t.Parallel()
	c, err := parse(embedded)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(c.Models()), strings.Count(embedded, "\n")-len(strings.Split(preambleOf(embedded), "\n")); got != want {
		t.Errorf("%d models in %d lines", got, want)
	}
}

// preambleOf is everything up to the heading.
func preambleOf(data string) string {
	before, _, _ := strings.Cut(data, heading)
	return before
}

func TestParseRefusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, data, want string }{
		{"empty", "", "no heading"},
		{"comments only", "# a\n# b\n", "no heading"},
		{"other heading", "a\tb\n", "line 1: want the heading"},
		{"too few fields", heading + "\na\tb\n", "line 2: no provider or no model"},
		{"no fields", heading + "\na\tb\tchat\n", "3 fields"},
		{"too many fields", heading + "\n" + line(nil) + "\t", "more than 23"},
		{"no model", heading + "\n" + line(map[int]string{1: ""}), "no provider or no model"},
		{"unknown mode", heading + "\n" + line(map[int]string{2: "telepathy"}), "telepathy"},
		{"bad count", heading + "\n" + line(map[int]string{3: "8k"}), "8k"},
		{"negative count", heading + "\n" + line(map[int]string{4: "-1"}), "negative"},
		{"bad price", heading + "\n" + line(map[int]string{5: "cheap", 6: "1"}), "cheap"},
		{"negative price", heading + "\n" + line(map[int]string{5: "-1", 6: "1"}), "negative"},
		{"price finer than a pico-dollar", heading + "\n" + line(map[int]string{5: "0.0000001", 6: "1"}), "6 decimal places"},
		{"half a price", heading + "\n" + line(map[int]string{5: "1"}), ErrIncomplete.Error()},
		{"unknown capability", heading + "\n" + line(map[int]string{19: "tools,juggling"}), "juggling"},
		{"bad date", heading + "\n" + line(map[int]string{20: "soon"}), "deprecation"},
		{"not sorted", heading + "\n" + line(map[int]string{1: "n"}) + "\n" + line(nil), "line 3: m comes after n"},
		{"providers not sorted", heading + "\n" + line(nil) + "\n" + line(map[int]string{0: "o"}), "line 3: o comes after p"},
		{"twice", heading + "\n# why\n" + line(nil) + "\n" + line(nil), "p/m is listed twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(tt.data)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parse: %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestParseTellsUnknownFromFree(t *testing.T) {
	t.Parallel()
	c, err := parse(strings.Join([]string{
		heading,
		line(map[int]string{1: "free", 5: "0", 6: "0"}),
		line(map[int]string{1: "read-free", 5: "1", 6: "2", 7: "0"}),
		line(map[int]string{1: "unknown"}),
	}, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	price := func(name string) *Price {
		m, ok := c.Lookup("p", name)
		if !ok {
			t.Fatalf("%s is not there", name)
		}
		return m.Price
	}
	if got := price("unknown"); got != nil {
		t.Errorf("unknown price = %+v", got)
	}
	if got := price("free"); got == nil || got.Input != 0 {
		t.Errorf("free price = %+v", got)
	}
	if got := price("read-free"); got.CacheRead != 0 || got.CacheWrite5m != got.Input || got.CacheWrite1h != got.Input {
		t.Errorf("free reads: %+v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(strings.Join(strings.SplitN(embedded, "\n", 40)[:39], "\n"))
	f.Add(heading + "\n" + line(map[int]string{5: "1e3", 6: ".5", 10: "10", 19: "tools"}))
	f.Add(heading + "\n" + line(map[int]string{1: "m-20250101", 5: "9223372", 6: "9223372"}))
	f.Add("#\n\n" + heading)
	f.Fuzz(func(t *testing.T, data string) {
		c, err := parse(data)
		if err != nil {
			return
		}
		for _, m := range c.Models() {
			if got, ok := c.Lookup(m.Provider, m.Name); !ok || got != m {
				t.Fatalf("%q/%q is listed and not found", m.Provider, m.Name)
			}
			if p := m.Price; p != nil && min(p.Input, p.Output, p.CacheRead, p.CacheWrite5m, p.CacheWrite1h) < 0 {
				t.Fatalf("%q/%q: negative price %+v", m.Provider, m.Name, p)
			}
		}
	})
}

// BenchmarkReadTable is what the catalogue costs at the start of a gateway.
func BenchmarkReadTable(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readTable(embedded); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseAll is what it would cost to read every line.
func BenchmarkParseAll(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(embedded); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCatalogLookup(b *testing.B) {
	c := newDefault(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.Lookup("anthropic", "us.anthropic.claude-opus-4-20250514-v1:0"); !ok {
			b.Fatal("not found")
		}
	}
}
