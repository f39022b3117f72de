package e2e

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// used is what an account has used, or what lines of the log add up to.
type used struct{ Requests, Tokens, NanoUSD int64 }

// add adds a line of the log.
func (u *used) add(t *testing.T, l *gatewaytest.LogLine) {
	t.Helper()
	u.Requests++
	u.Tokens += l.InputTokens + l.OutputTokens
	u.NanoUSD += nanoUSD(t, l.Cost)
}

// nanoUSD reads an amount in dollars without rounding it.
func nanoUSD(t *testing.T, cost json.Number) int64 {
	t.Helper()
	amount, ok := new(big.Rat).SetString(cost.String())
	if !ok {
		t.Fatalf("cost %q is no number", cost)
	}
	amount.Mul(amount, big.NewRat(1_000_000_000, 1))
	if !amount.IsInt() || !amount.Num().IsInt64() {
		t.Fatalf("cost %q is no whole number of nano-dollars", cost)
	}
	return amount.Num().Int64()
}

// readTotals reads what a gateway that was stopped has written down for each
// account, all periods together.
func readTotals(t *testing.T, dataDir string) map[string]used {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dataDir, "totals.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Accounts map[string][]struct {
			Unit   string `json:"unit"`
			Amount int64  `json:"amount"`
		} `json:"accounts"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatalf("totals.json: %v", err)
	}
	totals := make(map[string]used, len(file.Accounts))
	for name, rows := range file.Accounts {
		var u used
		for _, r := range rows {
			switch r.Unit {
			case "requests":
				u.Requests += r.Amount
			case "tokens":
				u.Tokens += r.Amount
			case "nano_usd":
				u.NanoUSD += r.Amount
			default:
				t.Fatalf("totals.json: account %s has the unknown unit %q", name, r.Unit)
			}
		}
		totals[name] = u
	}
	return totals
}
