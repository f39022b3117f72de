package report

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// The scanner reads lines as this gateway and most others write them, and leaves
// every other line, the broken ones too, to requestlog.ParseLine: whatever it takes
// it reads as that would, and it takes nothing that it is not sure of. It runs over a
// block without looking for line ends first: no value of a line holds one, so each
// of its steps stops there.

// maxDepth is how deep a value that nobody knows may be nested.
const maxDepth = 64

// bad is a position that says that the scanner does not read the line.
const bad = -1

// scan reads the line of b that begins at p, and returns where the next one begins,
// or bad. b has requestlog.BlockPadding bytes behind its last line end.
func (c *call) scan(b []byte, p int) int {
	c.src, c.seen, c.odd = b, 0, 0
	if b[p] != '{' {
		return bad
	}
	next := field(0)
	for p = skipSpace(b, p+1); ; p = skipSpace(b, p+1) {
		if b[p] != '"' {
			return bad
		}
		f, end := name(b, p+1, next)
		if end < 0 {
			return bad
		}
		if p = skipSpace(b, end+1); b[p] != ':' {
			return bad
		}
		p = skipSpace(b, p+1)
		if f < numFields {
			next = f + 1
			p = c.value(b, p, f)
		} else {
			p = skipValue(b, p, 0)
		}
		if p < 0 {
			return bad
		}
		p = skipSpace(b, p)
		if b[p] == ',' {
			continue
		}
		if b[p] != '}' {
			return bad
		}
		return c.end(b, p+1)
	}
}

// end is what must hold at the end of a line.
func (c *call) end(b []byte, p int) int {
	p = skipSpace(b, p)
	if b[p] == '\r' {
		p++
	}
	if b[p] != '\n' || !c.has(fieldStatus) || c.spans[fieldStatus].from == c.spans[fieldStatus].to ||
		c.number(fieldCacheWrite1h) > c.number(fieldCacheWrite) {
		return bad
	}
	return p + 1
}

// name finds the field whose name begins at p, numFields where it is that of none, and
// where the name ends: bad where it might be one of ours in other letters, or one of
// LiteLLM's. next is the field that comes next in the order of lines.
func name(b []byte, p int, next field) (f field, end int) {
	for f = next; f < min(next+maybeNext, numFields); f++ {
		want := fields[f].name
		if end = p + len(want); end < len(b) && b[end] == '"' && string(b[p:end]) == want {
			return f, end
		}
	}
	end, odd := stringEnd(b, p)
	if odd || end < 0 {
		return 0, bad
	}
	f, known := fieldNamed(b[p:end])
	if !known && !isPlain(b[p:end]) {
		return 0, bad
	}
	return f, end
}

// isPlain reports whether a name has no letters that could be others' capitals.
func isPlain(name []byte) bool {
	for _, ch := range name {
		if ch >= 'A' && ch <= 'Z' {
			return false
		}
	}
	return true
}

// value reads the value of a field at p, and returns where it ends, or bad.
func (c *call) value(b []byte, p int, f field) int {
	if c.has(f) {
		return bad // twice: the last one would count
	}
	c.seen |= 1 << f
	from := p
	switch fields[f].kind {
	case kindText:
		return c.textValue(b, p, f)
	case kindCount, kindInt:
		c.numbers[f], p = wholeNumber(b, p)
	case kindMillis:
		c.numbers[f], p = duration(b, p)
	case kindMoney:
		c.numbers[f], p = money(b, p)
	case kindTime:
		c.numbers[f], p = instant(b, p)
		if c.numbers[f] == zeroTime {
			c.seen &^= 1 << f
		}
	case kindBool:
		c.numbers[f], p = boolean(b, p)
	case kindAttempts:
		c.numbers[f], p = attempts(b, p)
		if c.numbers[f] == 0 {
			c.seen &^= 1 << f
		}
	}
	c.spans[f] = span{uint32(from), uint32(max(p, 0))}
	return p
}

func (c *call) textValue(b []byte, p int, f field) int {
	if b[p] != '"' {
		return bad
	}
	end, odd := stringEnd(b, p+1)
	if end < 0 {
		return bad
	}
	if odd {
		c.odd |= 1 << f
	}
	c.spans[f] = span{uint32(p + 1), uint32(end)}
	return end + 1
}

// skipSpace skips what may stand between the tokens of a line.
func skipSpace(b []byte, p int) int {
	for b[p] == ' ' || b[p] == '\t' {
		p++
	}
	return p
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// stringEnd finds the quote that ends a string whose inside begins at p, or bad where
// JSON allows no such string. odd says that the string does not stand there as it is:
// it has escapes, or bytes beyond ASCII, which must be looked at.
func stringEnd(b []byte, p int) (end int, odd bool) {
	for {
		v := binary.LittleEndian.Uint64(b[p:])
		quote := v ^ everyByte*'"'
		slash := v ^ everyByte*'\\'
		// The high bit of each byte that is a quote, a backslash or a control character.
		// Only the lowest is right for sure: a borrow may mark the bytes above it.
		found := ((quote-everyByte)&^quote | (slash-everyByte)&^slash | (v-everyByte*' ')&^v) & highBits
		if found == 0 {
			odd = odd || v&highBits != 0
			p += 8
			continue
		}
		n := bits.TrailingZeros64(found)
		odd = odd || v&highBits&(1<<n-1) != 0
		p += n >> 3
		switch b[p] {
		case '"':
			return p, odd
		case '\\':
			odd = true
			if p = escapeEnd(b, p+1); p < 0 {
				return bad, true
			}
		default:
			return bad, true
		}
	}
}

// escapeEnd is where an escape whose letter stands at p ends, or bad.
func escapeEnd(b []byte, p int) int {
	switch b[p] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return p + 1
	case 'u':
		for range 4 {
			p++
			if ch := b[p] | 0x20; (b[p] < '0' || b[p] > '9') && (ch < 'a' || ch > 'f') {
				return bad
			}
		}
		return p + 1
	default:
		return bad
	}
}

// numberEnd is where a number that begins at p ends, or bad where JSON has no such
// number.
func numberEnd(b []byte, p int) int {
	if b[p] == '-' {
		p++
	}
	switch {
	case b[p] == '0':
		p++
	case b[p] >= '1' && b[p] <= '9':
		p = digitsEnd(b, p)
	default:
		return bad
	}
	if b[p] == '.' {
		if p++; !isDigit(b[p]) {
			return bad
		}
		p = digitsEnd(b, p)
	}
	if b[p]|0x20 == 'e' {
		if p++; b[p] == '+' || b[p] == '-' {
			p++
		}
		if !isDigit(b[p]) {
			return bad
		}
		p = digitsEnd(b, p)
	}
	return p
}

func isDigit(ch byte) bool { return ch-'0' <= 9 }

func digitsEnd(b []byte, p int) int {
	for isDigit(b[p]) {
		p++
	}
	return p
}

// maxDigits is how many digits are sure to fit into an int64.
const maxDigits = 18

// wholeNumber reads a number without sign, point and exponent.
func wholeNumber(b []byte, p int) (n int64, end int) {
	end = p
	for ; isDigit(b[end]); end++ {
		n = n*10 + int64(b[end]-'0')
	}
	if end == p || end-p > maxDigits || b[p] == '0' && end > p+1 || b[end] == '.' || b[end]|0x20 == 'e' {
		return 0, bad
	}
	return n, end
}

// decimal reads a number without sign and exponent that has at most the given number
// of decimal places, in units of the last place.
func decimal(b []byte, p, places int) (n int64, end int) {
	whole, end := p, digitsEnd(b, p)
	point := end
	if b[end] == '.' {
		end = digitsEnd(b, end+1)
	}
	frac := max(end-point-1, 0)
	if point == whole || end == point+1 || b[whole] == '0' && point > whole+1 || frac > places ||
		point-whole+places > maxDigits || b[end]|0x20 == 'e' {
		return 0, bad
	}
	for _, ch := range b[whole:end] {
		if ch != '.' {
			n = n*10 + int64(ch-'0')
		}
	}
	for range places - frac {
		n *= 10
	}
	return n, end
}

// maxDuration is what a Record takes for a duration: ten years.
const maxDuration = 10 * 365 * 24 * time.Hour

// duration reads milliseconds, as nanoseconds.
func duration(b []byte, p int) (n int64, end int) {
	n, end = decimal(b, p, 6)
	if end < 0 {
		if end = numberEnd(b, p); end < 0 {
			return 0, bad
		}
		ms, err := strconv.ParseFloat(string(b[p:end]), 64)
		if err != nil || ms < 0 || ms > maxDuration.Seconds()*1000 {
			return 0, bad
		}
		n = nanos(ms)
	}
	if n > int64(maxDuration) {
		return 0, bad
	}
	return n, end
}

// money reads dollars, as nano-dollars.
func money(b []byte, p int) (n int64, end int) {
	if n, end = decimal(b, p, 9); end >= 0 {
		return n, end
	}
	if end = numberEnd(b, p); end < 0 {
		return 0, bad
	}
	usd, err := llm.ParseUSD(string(b[p:end]))
	if err != nil {
		return 0, bad
	}
	return int64(usd), end
}

func boolean(b []byte, p int) (n int64, end int) {
	switch {
	case string(b[p:p+4]) == "true":
		return 1, p + 4
	case string(b[p:p+5]) == "false":
		return 0, p + 5
	default:
		return 0, bad
	}
}

// zeroTime is the timestamp of a line that has none.
const zeroTime = math.MinInt64
