package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
)

// sums reads what is in the table of spend.
func sums(t *testing.T, s *Store) map[string]int64 {
	t.Helper()
	rows, err := s.read.QueryContext(t.Context(), `SELECT account || ' ' || unit || ' ' || epoch, amount FROM spend`)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int64{}
	if err := each(rows, func(row scanner) error {
		var name string
		var amount int64
		err := row.Scan(&name, &amount)
		found[name] = amount
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSpend(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "llmgw.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if seq, err := s.Position(t.Context(), "one"); seq != 0 || err != nil {
		t.Errorf("position at first: %d, %v", seq, err)
	}
	row := func(account string, unit llm.Unit, epoch, amount int64) ledger.Row {
		return ledger.Row{Account: account, Total: ledger.Total{Epoch: epoch, Unit: unit, Amount: amount}}
	}
	for _, b := range []ledger.Batch{
		{Instance: "one", Seq: 7, Rows: []ledger.Row{row("key:a", llm.Money, 0, 5), row("key:a", llm.Requests, 3, 1)}},
		{Instance: "one", Seq: 9, Rows: []ledger.Row{row("key:a", llm.Money, 0, 7), row("key:b", llm.Tokens, 0, 2)}},
		{Instance: "two", Seq: 1, Rows: []ledger.Row{row("key:a", llm.Requests, 3, 1), row("key:a", llm.Requests, 4, 1)}},
		{Instance: "two", Seq: 2}, // nothing but a position
	} {
		b.Time = time.Unix(1, 0)
		if err := s.Flush(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int64{"key:a nano_usd 0": 12, "key:a requests 3": 2, "key:a requests 4": 1, "key:b tokens 0": 2}
	if diff := cmp.Diff(want, sums(t, s)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // it was only read
	for instance, want := range map[string]journal.Seq{"one": 9, "two": 2, "three": 0} {
		if seq, err := s.Position(t.Context(), instance); seq != want || err != nil {
			t.Errorf("position of %s: %d, %v, want %d", instance, seq, err, want)
		}
	}
}
