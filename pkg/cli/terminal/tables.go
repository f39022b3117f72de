package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table is a result in rows. All rows have as many cells as there are columns.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// Column is a column of a Table.
type Column struct {
	Name string
	// Right aligns it to the right: for numbers.
	Right bool
	// Spare is a column that a terminal does without where not all have room; the last
	// one goes first.
	Spare bool
}

// Columns makes columns; a "<" after a name stands for one that is aligned to the
// right, a "?" behind that for a spare one.
func Columns(names ...string) []Column {
	columns := make([]Column, len(names))
	for i, name := range names {
		name, spare := strings.CutSuffix(name, "?")
		plain, right := strings.CutSuffix(name, "<")
		columns[i] = Column{Name: plain, Right: right, Spare: spare}
	}
	return columns
}

// WriteTable writes a table that fits the terminal: what is too long ends in "…" ("~" in ASCII).
// Where nobody looks it writes the rows only, without heads, cut or padding, with a
// tab between cells.
func (s *IO) WriteTable(t *Table) error {
	if !s.OutTTY {
		return s.writeColumns(t)
	}
	t = s.withoutSpare(t)
	widths := fit(s.natural(t), s.OutWidth)
	table := tablewriter.NewTable(s.Out,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.Separators{
					ShowHeader: tw.Off, ShowFooter: tw.Off, BetweenRows: tw.Off, BetweenColumns: tw.Off,
				},
				Lines: tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.Off, ShowFooterLine: tw.Off},
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithHeaderAutoWrap(tw.WrapNone), tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off), tablewriter.WithPadding(tw.Padding{Right: gap, Overwrite: true}),
		tablewriter.WithAlignment(alignments(t.Columns)),
	)
	styles := s.Styles()
	heads := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		heads[i] = styles.Heading.Render(s.Shorten(strings.ToUpper(c.Name), widths[i]))
	}
	table.Header(heads)
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = s.Shorten(s.oneLine(cell), widths[i])
		}
		if err := table.Append(cells); err != nil {
			return fmt.Errorf("table: %w", err)
		}
	}
	if err := table.Render(); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return nil
}

// gap is what stands between columns.
const gap = "  "

// writeColumns writes a table for programs.
func (s *IO) writeColumns(t *Table) error {
	var text strings.Builder
	for _, row := range t.Rows {
		for i, cell := range row {
			if i > 0 {
				text.WriteByte('\t')
			}
			text.WriteString(s.oneLine(cell))
		}
		text.WriteByte('\n')
	}
	_, err := fmt.Fprint(s.Out, text.String())
	return err
}

// oneLine makes a cell one field of one line. Where there are colours, those of the
// cell stay; whatever else would move the cursor does not.
func (s *IO) oneLine(cell string) string {
	if !strings.ContainsFunc(cell, control) {
		return cell
	}
	var line strings.Builder
	for i := 0; i < len(cell); i++ {
		n := 0
		if s.Color {
			n = colorSequence(cell[i:])
		}
		switch {
		case n > 0:
			line.WriteString(cell[i : i+n])
			i += n - 1
		case control(rune(cell[i])):
			line.WriteByte(' ')
		default:
			line.WriteByte(cell[i])
		}
	}
	return line.String()
}

func control(c rune) bool { return c < ' ' || c == 0x7f }

// colorSequence is the length of the escape sequence that begins a text and does nothing
// but choose colours and weight (SGR); 0 where none begins it.
func colorSequence(text string) int {
	rest, ok := strings.CutPrefix(text, "\x1b[")
	if !ok {
		return 0
	}
	rest = strings.TrimLeft(rest, "0123456789;")
	if !strings.HasPrefix(rest, "m") {
		return 0
	}
	return len(text) - len(rest) + 1
}

func alignments(columns []Column) tw.Alignment {
	list := make(tw.Alignment, len(columns))
	for i, c := range columns {
		list[i] = tw.AlignLeft
		if c.Right {
			list[i] = tw.AlignRight
		}
	}
	return list
}

// natural are the widths that the columns would like to have.
func (s *IO) natural(t *Table) []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = lipgloss.Width(c.Name)
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			widths[i] = max(widths[i], lipgloss.Width(s.oneLine(cell)))
		}
	}
	return widths
}

// withoutSpare leaves out spare columns until the others have room.
func (s *IO) withoutSpare(t *Table) *Table {
	widths := s.natural(t)
	for i := len(t.Columns) - 1; i >= 0 && s.OutWidth > 0 && sum(widths) > s.OutWidth; i-- {
		if !t.Columns[i].Spare {
			continue
		}
		rows := make([][]string, len(t.Rows))
		for j, row := range t.Rows {
			rows[j] = slices.Delete(slices.Clone(row), i, i+1)
		}
		t = &Table{Columns: slices.Delete(slices.Clone(t.Columns), i, i+1), Rows: rows}
		widths = slices.Delete(widths, i, i+1)
	}
	return t
}

// sum is the width of a line.
func sum(widths []int) int {
	total := 0
	for _, w := range widths {
		total += w + len(gap)
	}
	return total
}

// narrowest is what a column is never cut below.
const narrowest = 6

// fit cuts the widest columns until all of them fit into the width. 0 is a width
// without bounds.
func fit(widths []int, width int) []int {
	widths = slices.Clone(widths)
	for excess := sum(widths) - width; width > 0 && excess > 0; excess-- {
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if len(widths) == 0 || widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return widths
}

// Shorten cuts a text to a width: "…" ("~" in ASCII) stands for what is missing.
func (s *IO) Shorten(text string, width int) string {
	if lipgloss.Width(text) <= width {
		return text
	}
	end := "…"
	if s.ASCII {
		end = "~"
	}
	return lipgloss.NewStyle().MaxWidth(max(1, width-1)).Render(text) + end
}
