package terminal

import "testing"

func TestSymbols(t *testing.T) {
	t.Parallel()
	streams, _, _ := Test()
	plain := streams.Styles()
	if got := plain.GoodSymbol() + plain.WarnSymbol() + plain.BadSymbol(); got != "✓!✗" {
		t.Errorf("symbols %q", got)
	}
	streams.ASCII, streams.ErrColor = true, true
	coloured := streams.ErrStyles()
	if got, want := coloured.GoodSymbol()+coloured.WarnSymbol()+coloured.BadSymbol(), "\x1b[32m+\x1b[0m\x1b[33m!\x1b[0m\x1b[31mx\x1b[0m"; got != want {
		t.Errorf("symbols %q, want %q", got, want)
	}
	if got := streams.Styles().GoodSymbol(); got != "+" {
		t.Errorf("the colour of Err on Out: %q", got)
	}
}
