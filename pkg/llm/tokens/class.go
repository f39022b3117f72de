package tokens

import (
	"sync"
	"unicode"
	"unicode/utf8"
)

// class says what kind of character one is, as far as the splitters ask: a set of
// the kinds below, 0 for symbols.
type class uint8

const (
	upper    class = 1 << iota // \p{Lu}, \p{Lt}
	lower                      // \p{Ll}
	caseless                   // \p{Lm}, \p{Lo}
	mark                       // \p{M}
	number                     // \p{N}
	space                      // \s
	newline                    // \r and \n, which are space too

	letter = upper | lower | caseless
)

// classes has the class of each character of the first two planes: all that is
// written often.
type classes [2 << 16]class

// loadClasses works the table out, once: with it, splitting is several times
// faster than with the tables of package unicode.
var loadClasses = sync.OnceValue(func() *classes {
	table := new(classes)
	for _, kind := range []struct {
		class  class
		tables []*unicode.RangeTable
	}{
		{upper, []*unicode.RangeTable{unicode.Lu, unicode.Lt}},
		{lower, []*unicode.RangeTable{unicode.Ll}},
		{caseless, []*unicode.RangeTable{unicode.Lm, unicode.Lo}},
		{mark, []*unicode.RangeTable{unicode.M}},
		{number, []*unicode.RangeTable{unicode.N}},
		{space, []*unicode.RangeTable{unicode.White_Space}},
	} {
		for _, t := range kind.tables {
			table.add(t, kind.class)
		}
	}
	table['\r'] |= newline
	table['\n'] |= newline
	return table
})

func (t *classes) add(ranges *unicode.RangeTable, c class) {
	for _, r := range ranges.R16 {
		for i := int(r.Lo); i <= int(r.Hi); i += int(r.Stride) {
			t[i] |= c
		}
	}
	for _, r := range ranges.R32 {
		for i := int(r.Lo); i <= int(r.Hi) && i < len(t); i += int(r.Stride) {
			t[i] |= c
		}
	}
}

// at gives the class and the length of the character at text[i:]; length 0 at
// the end. A byte that belongs to no character counts as a symbol.
func (t *classes) at(text string, i int) (c class, size int) {
	if i >= len(text) {
		return 0, 0
	}
	if b := text[i]; b < utf8.RuneSelf {
		return t[b], 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	switch {
	case int(r) < len(t):
		return t[r], size
	case unicode.IsLetter(r):
		// Behind the first two planes all letters are ideographs.
		return caseless, size
	case unicode.IsMark(r):
		return mark, size
	default:
		return 0, size
	}
}

// run gives where the characters of the classes end that begin at text[i:].
func (t *classes) run(text string, i int, of class) int {
	for {
		c, size := t.at(text, i)
		if c&of == 0 {
			return i
		}
		i += size
	}
}
