package llm_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestParseUSD(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want llm.NanoUSD
	}{
		{"0", 0},
		{"-0", 0},
		{"100", 100 * llm.USD},
		{"0.25", llm.USD / 4},
		{".5", llm.USD / 2},
		{"1.", llm.USD},
		{"-2.5", -5 * llm.USD / 2},
		{"007", 7 * llm.USD},
		{"1e-3", llm.USD / 1000},
		{"1E3", 1000 * llm.USD},
		{"1e+3", 1000 * llm.USD},
		{"0.000000001", 1},
		{"0.0000000005", 1},
		{"0.00000000049", 0},
		{"-0.0000000005", -1},
		{"1e-100", 0},
		{"0e100", 0},
		{"9223372036.854775807", math.MaxInt64},
		{"-9223372036.854775807", -math.MaxInt64},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, err := llm.ParseUSD(tt.text)
			if err != nil || got != tt.want {
				t.Errorf("ParseUSD(%q) = %d, %v; want %d", tt.text, got, err, tt.want)
			}
		})
	}
}

func TestParseUSDRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "-", ".", "e3", "+1", "--1", "1,5", "1_000", "$1", "0x10", "NaN", "Inf", " 1", "1 ", "1.2.3", "1-2",
		"1e", "1e5x", "1e 5", "1e++5", "1e1.5", "1e0x1", "1e1_0", "1e1e1", "1e101", "1e-101", "1e99999999999999999999",
		"9223372036.854775808", "9223372036.8547758075", "1e10", "1e100", "٣",
		"1234567890123456789012345678901234567890123456789012345678901", // longer than any amount
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got, err := llm.ParseUSD(text); !errors.Is(err, llm.ErrMoney) {
				t.Errorf("ParseUSD(%q) = %d, %v; want ErrMoney", text, got, err)
			}
		})
	}
}

func TestParsePrice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want llm.PicoUSD
	}{
		{"3e-06", 3_000_000},
		{"0.000003", 3_000_000},
		{"1.5e-05", 15_000_000},
		{"3.9999999999999996e-07", 400_000},
		{"2.5e-8", 25_000},
		{"1e-12", 1},
		{"4.9e-13", 0},
		{"0.01", 10_000_000_000},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, err := llm.ParsePrice(tt.text)
			if err != nil || got != tt.want {
				t.Errorf("ParsePrice(%q) = %d, %v; want %d", tt.text, got, err, tt.want)
			}
		})
	}
	if _, err := llm.ParsePrice("free"); !errors.Is(err, llm.ErrMoney) {
		t.Errorf("ParsePrice(free): %v, want ErrMoney", err)
	}
}

func TestNanoUSDString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		amount llm.NanoUSD
		want   string
	}{
		{0, "0"},
		{1, "0.000000001"},
		{-1, "-0.000000001"},
		{llm.USD, "1"},
		{31_500_000, "0.0315"},
		{100*llm.USD + 10, "100.00000001"},
		{math.MaxInt64, "9223372036.854775807"},
		{math.MinInt64, "-9223372036.854775808"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			if got := tt.amount.String(); got != tt.want {
				t.Errorf("%d nano-dollars = %q, want %q", int64(tt.amount), got, tt.want)
			}
			if got := string(tt.amount.AppendText([]byte("cost="))); got != "cost="+tt.want {
				t.Errorf("AppendText = %q", got)
			}
			if !json.Valid([]byte(tt.amount.String())) {
				t.Errorf("%s is not a JSON number", tt.want)
			}
		})
	}
}

func TestBillRoundsUpOnce(t *testing.T) {
	t.Parallel()
	type item struct {
		n     int64
		price llm.PicoUSD
	}
	tests := []struct {
		name  string
		items []item
		want  llm.NanoUSD
	}{
		{"nothing", nil, 0},
		{"one pico-dollar", []item{{1, 1}}, 1},
		{"a whole nano-dollar", []item{{1000, 1}}, 1},
		{"three fractions are one", []item{{1, 300}, {1, 300}, {1, 400}}, 1},
		{"negative counts and prices add nothing", []item{{-5, 1000}, {5, -1000}, {2, 1000}}, 2},
		{"the largest sum", []item{{math.MaxInt64, 2}}, 18_446_744_073_709_552},
		{"a product too large saturates", []item{{math.MaxInt64, math.MaxInt64}, {1, 1}}, 18_446_744_073_709_552},
		{"a sum too large saturates", []item{{math.MaxInt64, 2}, {math.MaxInt64, 2}}, 18_446_744_073_709_552},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var b llm.Bill
			for _, i := range tt.items {
				b.Add(i.n, i.price)
			}
			if got := b.Total(); got != tt.want {
				t.Errorf("Total = %d, want %d", got, tt.want)
			}
		})
	}
}

// FuzzParseUSD compares with arithmetic without bounds, and reads back what was
// written.
func FuzzParseUSD(f *testing.F) {
	for _, s := range []string{
		"0", "100", "0.25", "1e-3", "-1.5", ".5", "5.", "1e", "1e5x", "e", "-", "9223372036.854775807",
		"0.0000000005", "1E+2", "00000", "1e-100", "123456789012345678901234567890e-25",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := llm.ParseUSD(s)
		if err != nil {
			if !errors.Is(err, llm.ErrMoney) || got != 0 {
				t.Fatalf("ParseUSD(%q) = %d, %v", s, got, err)
			}
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("ParseUSD takes %q, which is no number", s)
		}
		exact.Mul(exact, big.NewRat(int64(llm.USD), 1))
		off := new(big.Rat).Sub(exact, new(big.Rat).SetInt64(int64(got)))
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("ParseUSD(%q) = %d, not the nearest nano-dollar", s, got)
		}
		if back, err := llm.ParseUSD(got.String()); err != nil || back != got {
			t.Fatalf("%d is written %q and read %d, %v", got, got.String(), back, err)
		}
	})
}

func BenchmarkBill(b *testing.B) {
	b.ReportAllocs()
	var sum llm.NanoUSD
	for b.Loop() {
		var bill llm.Bill
		bill.Add(12_345, 3_000_000)
		bill.Add(678, 15_000_000)
		sum += bill.Total()
	}
	if sum == 0 {
		b.Fatal("free")
	}
}

func BenchmarkNanoUSDAppendText(b *testing.B) {
	b.ReportAllocs()
	buf := make([]byte, 0, 32)
	for b.Loop() {
		buf = llm.NanoUSD(31_500_123).AppendText(buf[:0])
	}
}
