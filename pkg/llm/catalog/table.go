package catalog

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// shelf is the models of one provider by name. Those that come from the data are
// read when somebody asks for them: a gateway needs a handful of thousands.
type shelf struct {
	names  []string // sorted
	lines  []string // nil where all models are there
	models []atomic.Pointer[Model]
}

// model is the i-th model. It is nil for a line that is no model, which the
// embedded data has none of: a test reads every line.
func (s *shelf) model(i int) *Model {
	if m := s.models[i].Load(); m != nil {
		return m
	}
	m, err := parseLine(s.lines[i])
	if err != nil {
		return nil
	}
	// Whoever is first: models are compared by their address.
	s.models[i].CompareAndSwap(nil, m)
	return s.models[i].Load()
}

// find returns the model of exactly that name, or nil. A nil shelf is empty.
func (s *shelf) find(name string) *Model {
	if s == nil {
		return nil
	}
	i, ok := slices.BinarySearch(s.names, name)
	if !ok {
		return nil
	}
	return s.model(i)
}

// last returns the last model among those whose names begin with the prefix and
// fit: of the same name with several dates the newest. It is nil where none fits.
func (s *shelf) last(prefix string, fits func(name string) bool) *Model {
	if s == nil {
		return nil
	}
	found := -1
	for i := sort.SearchStrings(s.names, prefix); i < len(s.names) && strings.HasPrefix(s.names[i], prefix); i++ {
		if fits(s.names[i]) {
			found = i
		}
	}
	if found < 0 {
		return nil
	}
	return s.model(found)
}

// readTable finds the lines of a data file: comments ("#"), the heading, then one
// line for each model, sorted by provider and name. Beyond their first two fields
// lines are not looked at.
func readTable(data string) (map[string]*shelf, error) {
	size := strings.Count(data, "\n") + 1
	t := table{
		shelves: make(map[string]*shelf), models: make([]atomic.Pointer[Model], size),
		names: make([]string, 0, size), lines: make([]string, 0, size),
	}
	headed, number := false, 0
	for line := range strings.SplitSeq(data, "\n") {
		number++
		switch {
		case line == "" || line[0] == '#':
			continue
		case headed:
			if err := t.add(line); err != nil {
				return nil, fmt.Errorf("model data, line %d: %w", number, err)
			}
		case line != heading:
			return nil, fmt.Errorf("model data, line %d: want the heading", number)
		default:
			headed = true
		}
	}
	if !headed {
		return nil, errors.New("model data: no heading")
	}
	t.close()
	return t.shelves, nil
}

// table is a data file while its lines are found. The shelves are parts of a few
// long slices.
type table struct {
	shelves      map[string]*shelf
	provider     string // the one of the last lines
	from         int    // where they begin
	names, lines []string
	models       []atomic.Pointer[Model]
}

func (t *table) add(line string) error {
	provider, rest, _ := strings.Cut(line, "\t")
	name, _, ok := strings.Cut(rest, "\t")
	if !ok || provider == "" || name == "" {
		return errors.New("no provider or no model")
	}
	if provider != t.provider {
		if provider < t.provider {
			return fmt.Errorf("%s comes after %s: the data is not sorted", provider, t.provider)
		}
		t.close()
		t.provider, t.from = provider, len(t.lines)
	} else if last := t.names[len(t.names)-1]; name <= last {
		if name == last {
			return fmt.Errorf("%s/%s is listed twice", provider, name)
		}
		return fmt.Errorf("%s comes after %s: the data is not sorted", name, last)
	}
	t.names, t.lines = append(t.names, name), append(t.lines, line)
	return nil
}

// close puts the lines of the last provider on their shelf.
func (t *table) close() {
	from, to := t.from, len(t.lines)
	if from == to {
		return
	}
	t.shelves[t.provider] = &shelf{
		names: t.names[from:to:to], lines: t.lines[from:to:to], models: t.models[from:to:to],
	}
}

// newShelf makes a shelf of models, which it sorts. No two have one name.
func newShelf(models []*Model) *shelf {
	slices.SortFunc(models, func(a, b *Model) int { return strings.Compare(a.Name, b.Name) })
	s := &shelf{names: make([]string, len(models)), models: make([]atomic.Pointer[Model], len(models))}
	for i, m := range models {
		s.names[i] = m.Name
		s.models[i].Store(m)
	}
	return s
}
