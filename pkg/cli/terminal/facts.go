package terminal

import "time"

// Facts is a table of what is known of one thing, a line for each fact. Make it with the
// streams and the time it is told at.
type Facts struct {
	IO  *IO
	Now time.Time

	rows [][]string
}

// Add adds a fact, unless it is "".
func (f *Facts) Add(what, value string) {
	if value != "" {
		f.rows = append(f.rows, []string{what, value})
	}
}

// At adds an instant, unless it is nil: in words for people, else as RFC 3339.
func (f *Facts) At(what string, at *time.Time) {
	switch {
	case at == nil:
	case f.IO.OutTTY:
		f.Add(what, When(at, f.Now))
	default:
		f.Add(what, at.UTC().Format(time.RFC3339))
	}
}

// Table is the table.
func (f *Facts) Table() *Table { return &Table{Columns: Columns("what", "value"), Rows: f.rows} }
