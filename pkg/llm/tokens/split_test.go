package tokens

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// The expressions of tiktoken 0.9.0, but for (?!\S), which package regexp does not
// know: reference puts it back. Its \s is ASCII only, so white space is spelled
// out.
const (
	blanks = `\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}`

	o200kWords = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|` +
		`\p{N}{1,3}| ?[^` + blanks + `\p{L}\p{N}]+[\r\n/]*`
	cl100kWords = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^` + blanks + `\p{L}\p{N}]+[\r\n]*`

	endings = `|[` + blanks + `]*[\r\n]+|([` + blanks + `]+)`
)

var (
	o200kReference  = regexp.MustCompile(`^(?:` + o200kWords + endings + `)`)
	cl100kReference = regexp.MustCompile(`^(?:` + cl100kWords + endings + `)`)
)

// reference gives the length of the first piece by the expression.
func reference(re *regexp.Regexp, text string) int {
	m := re.FindStringSubmatchIndex(text)
	if m == nil {
		return 0
	}
	end := m[1]
	if m[2] < 0 || end == len(text) {
		return end
	}
	// White space before a word: all but the last character, if there are two.
	if _, size := utf8.DecodeLastRuneInString(text[:end]); size < end {
		return end - size
	}
	return end
}

func compare(t *testing.T, text string) {
	t.Helper()
	table := loadClasses()
	for name, s := range map[string]struct {
		first func(string) int
		re    *regexp.Regexp
	}{"o200k": {table.o200k, o200kReference}, "cl100k": {table.cl100k, cl100kReference}} {
		for rest := text; rest != ""; {
			got, want := s.first(rest), reference(s.re, rest)
			if got != want {
				t.Fatalf("%s: the first piece of %.40q is %.40q, want %.40q", name, rest, rest[:got], rest[:want])
			}
			rest = rest[got:]
		}
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range known {
		compare(t, tt.text)
	}
	for _, text := range samples() {
		compare(t, strings.ToValidUTF8(text[:4096], ""))
	}
}

// The classes are those of package unicode, which has the same tables as the
// expressions, for every character.
func TestClasses(t *testing.T) {
	t.Parallel()
	table := loadClasses()
	letters := regexp.MustCompile(`^\p{L}$`)
	marks, numbers := regexp.MustCompile(`^\p{M}$`), regexp.MustCompile(`^\p{N}$`)
	for r := range rune(utf8.MaxRune + 1) {
		if !utf8.ValidRune(r) {
			continue
		}
		text := string(r)
		c, size := table.at(text, 0)
		if size != len(text) {
			t.Fatalf("%U has %d bytes, want %d", r, size, len(text))
		}
		if (c&letter != 0) != letters.MatchString(text) || (c&mark != 0) != marks.MatchString(text) ||
			(c&number != 0) != numbers.MatchString(text) {
			t.Errorf("%U is of class %b", r, c)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, tt := range known {
		f.Add(tt.text)
	}
	f.Add("ʰA\u0301bC'S ǅ'Ve漢A")
	f.Add(" \u00a0\u2003\r\u3000x\u0085\n")
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			compare(t, text)
		}
	})
}
