package llm

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// NanoUSD is an amount of money in nano-dollars: 1 USD is 1,000,000,000. It is
// the unit of every balance; the range is about ±9.2 billion USD.
type NanoUSD int64

// PicoUSD is a price in pico-dollars per unit: 1 USD per million tokens is
// 1,000,000. Calls are summed in pico-dollars and rounded up once.
type PicoUSD int64

// USD is one dollar.
const USD NanoUSD = 1_000_000_000

// nanoDigits and picoDigits are the decimal places of the two units.
const (
	nanoDigits = 9
	picoDigits = 12
)

// ErrMoney is what the parsers of amounts wrap.
var ErrMoney = errors.New("not an amount of money")

// ParseUSD reads a decimal amount of dollars ("100", "0.25", "1e-3"), rounded
// to the nearest nano-dollar. It returns an error that wraps ErrMoney for
// anything else and for amounts out of range.
func ParseUSD(s string) (NanoUSD, error) {
	v, err := parseDecimal(s, nanoDigits)
	return NanoUSD(v), err
}

// ParsePrice reads a decimal price in dollars per unit (3e-06), rounded to 12
// places. It returns an error that wraps ErrMoney like ParseUSD.
func ParsePrice(s string) (PicoUSD, error) {
	v, err := parseDecimal(s, picoDigits)
	return PicoUSD(v), err
}

// String writes the amount in dollars, without trailing zeros: "0.0315".
func (n NanoUSD) String() string { return string(n.AppendText(nil)) }

// AppendText appends what String gives: a decimal number that is also JSON.
func (n NanoUSD) AppendText(dst []byte) []byte {
	if n < 0 {
		dst = append(dst, '-')
	}
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	dst = strconv.AppendUint(dst, u/uint64(USD), 10)
	frac := u % uint64(USD)
	if frac == 0 {
		return dst
	}
	dst = append(dst, '.')
	for div := uint64(USD) / 10; frac > 0; div /= 10 {
		dst = append(dst, byte('0'+frac/div))
		frac %= div
	}
	return dst
}

// Bill sums prices times quantities without losing a digit and without
// overflowing: it saturates. The zero value is an empty bill.
type Bill struct{ pico uint64 }

// Add adds n units at price p. Negative numbers add nothing.
func (b *Bill) Add(n int64, p PicoUSD) {
	if n <= 0 || p <= 0 {
		return
	}
	hi, lo := bits.Mul64(uint64(n), uint64(p))
	sum, carry := bits.Add64(b.pico, lo, 0)
	if hi != 0 || carry != 0 {
		sum = math.MaxUint64
	}
	b.pico = sum
}

// Total is the sum, rounded up to a whole nano-dollar.
func (b *Bill) Total() NanoUSD {
	nano := b.pico / 1000
	if b.pico%1000 != 0 {
		nano++
	}
	return NanoUSD(min(nano, math.MaxInt64))
}

// parseDecimal reads a decimal number, with an optional exponent, as an integer
// of the given number of decimal places, rounding half away from zero.
func parseDecimal(s string, places int) (int64, error) {
	bad := func() (int64, error) { return 0, fmt.Errorf("%q: %w", s, ErrMoney) }
	rest, neg := strings.CutPrefix(s, "-")
	mantissa, expText, hasExp := cutExponent(rest)
	exp := 0
	if hasExp {
		var err error
		if exp, err = strconv.Atoi(expText); err != nil || exp < -100 || exp > 100 {
			return bad()
		}
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	digits := whole + frac
	if digits == "" || len(digits) > 60 || strings.Trim(digits, "0123456789") != "" {
		return bad()
	}
	shift := places + exp - len(frac)
	if shift > 0 {
		digits += strings.Repeat("0", shift)
	}
	round := false
	if shift < 0 {
		cut := len(digits) + shift
		round = cut >= 0 && digits[cut] >= '5'
		digits = digits[:max(cut, 0)]
	}
	var v uint64
	for _, d := range []byte(strings.TrimLeft(digits, "0")) {
		if v > math.MaxInt64/10 {
			return bad()
		}
		v = v*10 + uint64(d-'0')
	}
	if round {
		v++
	}
	if v > math.MaxInt64 {
		return bad()
	}
	if neg {
		return -int64(v), nil
	}
	return int64(v), nil
}

func cutExponent(s string) (mantissa, exp string, found bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}
