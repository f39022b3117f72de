package terminal

import (
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/google/go-cmp/cmp"
)

func sample() *Table {
	return &Table{
		Columns: Columns("model", "price<", "what it can do"),
		Rows: [][]string{
			{"anthropic/claude-opus-4-8", "5", "tools, vision, reasoning, prompt caching, web search"},
			{"echo/hello", "", "nothing\nof\tuse"},
			{"openai/größe", "0.25", "日本語"},
		},
	}
}

func TestWriteTableForPrograms(t *testing.T) {
	t.Parallel()
	streams, out, _ := Test()
	if err := streams.WriteTable(sample()); err != nil {
		t.Fatal(err)
	}
	want := "anthropic/claude-opus-4-8\t5\ttools, vision, reasoning, prompt caching, web search\n" +
		"echo/hello\t\tnothing of use\n" +
		"openai/größe\t0.25\t日本語\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWriteTableForPeople(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		width int
		color bool
		want  string
	}{
		{"wide", 120, false, `MODEL                      PRICE  WHAT IT CAN DO
anthropic/claude-opus-4-8      5  tools, vision, reasoning, prompt caching, web search
echo/hello                        nothing of use
openai/größe                0.25  日本語
`},
		{"narrow", 60, false, `MODEL                     PRICE  WHAT IT CAN DO
anthropic/claude-opus-4…      5  tools, vision, reasoning…
echo/hello                       nothing of use
openai/größe               0.25  日本語
`},
		{"very narrow", 20, false, `MODEL   PRICE  WHAT …
anthr…      5  tools…
echo/…         nothi…
opena…   0.25  日本語
`},
		{"unknown width", 0, false, `MODEL                      PRICE  WHAT IT CAN DO
anthropic/claude-opus-4-8      5  tools, vision, reasoning, prompt caching, web search
echo/hello                        nothing of use
openai/größe                0.25  日本語
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			streams, out, _ := Test()
			streams.OutTTY, streams.OutWidth, streams.Color = true, tt.width, tt.color
			if err := streams.WriteTable(sample()); err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for line := range strings.Lines(out.String()) {
				got.WriteString(strings.TrimRight(line, " \n") + "\n")
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWriteTableInColour(t *testing.T) {
	t.Parallel()
	streams, out, _ := Test()
	streams.OutTTY, streams.OutWidth, streams.Color = true, 120, true
	if err := streams.WriteTable(sample()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "\x1b[1mMODEL\x1b[0m") {
		t.Errorf("no bold heads in %q", got)
	}
}

func TestSpareColumns(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		0: "A B C D", 40: "A B C D", 27: "A B C", 16: "A C", 1: "A C",
	} {
		streams, out, _ := Test()
		streams.OutTTY, streams.OutWidth = true, width
		table := &Table{Columns: Columns("a", "b<?", "c", "d?"), Rows: [][]string{{"one two", "5 6", "three", "four and"}}}
		if err := streams.WriteTable(table); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(out.String(), "\n")
		if got := strings.Join(strings.Fields(head), " "); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
	streams, out, _ := Test()
	if err := streams.WriteTable(&Table{Columns: Columns("a?", "b"), Rows: [][]string{{"1", "2"}}}); err != nil || out.String() != "1\t2\n" {
		t.Errorf("for programs: %q, %v", out, err)
	}
}

func TestFit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		widths []int
		width  int
		want   []int
	}{
		{"fits", []int{5, 10}, 19, []int{5, 10}},
		{"the widest gives", []int{5, 20, 10}, 31, []int{5, 10, 10}},
		{"two of them", []int{30, 30}, 44, []int{20, 20}},
		{"never below the narrowest", []int{30, 3}, 5, []int{6, 3}},
		{"no bounds", []int{300}, 0, []int{300}},
		{"no columns", nil, 10, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, fit(tt.widths, tt.width)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Cells may be coloured, and hold whatever somebody has named a thing.
func TestCellsWithEscapeSequences(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		color bool
		cell  string
		want  string
	}{
		{"a colour", true, "\x1b[32mactive\x1b[0m", "\x1b[32mactive\x1b[0m"},
		{"several at once", true, "\x1b[1;31mbad\x1b[m", "\x1b[1;31mbad\x1b[m"},
		{"a colour where there are none", false, "\x1b[32mactive\x1b[0m", " [32mactive [0m"},
		{"what moves the cursor", true, "a\x1b[2Jb\x1b]0;x\x07c\rd\x7f", "a [2Jb ]0;x c d "},
		{"half a sequence", true, "a\x1b[3", "a [3"},
	} {
		streams, out, _ := Test()
		streams.Color = tt.color
		if err := streams.WriteTable(&Table{Columns: Columns("x"), Rows: [][]string{{tt.cell}}}); err != nil || out.String() != tt.want+"\n" {
			t.Errorf("%s: %q, %v, want %q", tt.name, out, err, tt.want)
		}
	}
}

func TestColouredCellsTakeTheSpaceOfTheirText(t *testing.T) {
	t.Parallel()
	streams, out, _ := Test()
	streams.OutTTY, streams.Color = true, true
	good := streams.Styles().Good
	table := &Table{Columns: Columns("state", "n<"), Rows: [][]string{{good.Render("active"), "1"}, {"blocked", "22"}}}
	if err := streams.WriteTable(table); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if !strings.HasPrefix(lines[1], "\x1b[32mactive\x1b[0m ") || lipgloss.Width(lines[1]) != lipgloss.Width(lines[2]) {
		t.Errorf("lines %q and %q", lines[1], lines[2])
	}
	if got, want := streams.Shorten(good.Render("active"), 4), "\x1b[32mact\x1b[0m…"; got != want {
		t.Errorf("shortened %q, want %q", got, want)
	}
}
