package catalog

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

// recordings is recorded traffic with what each answer means.
const recordings = "../../../../shared/replay"

// readLines decodes a file of gzipped JSON lines and skips the test where it is
// not there.
func readLines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(recordings, name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("NOT TESTED: the recorded traffic %s is missing", filepath.Join(recordings, name))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var list []T
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// recordedAs are providers of the recordings that have another name in
// configurations.
var recordedAs = map[string]string{
	"together": "together_ai", "venice": "veniceai", "vercel-gateway": "vercel_ai_gateway", "vertex": "vertex_ai",
	"copilot": "github_copilot",
}

// TestCostOfRecordedTraffic compares the cost of recorded calls with one worked
// out of the decimal texts of the data, in another way.
func TestCostOfRecordedTraffic(t *testing.T) {
	t.Parallel()
	type exchange struct{ ID, Provider, Model string }
	type expected struct {
		ID   string
		View struct{ Usage map[string]int64 }
	}
	usages := make(map[string]map[string]int64)
	for _, e := range readLines[expected](t, "expect-dev.jsonl.gz") {
		usages[e.ID] = e.View.Usage
	}
	c, rows := newDefault(t), readRows(t)
	priced := 0
	for _, x := range readLines[exchange](t, "dev.jsonl.gz") {
		seen := usages[x.ID]
		provider := x.Provider
		if name := recordedAs[provider]; name != "" {
			provider = name
		}
		m, ok := c.Lookup(provider, x.Model)
		if len(seen) == 0 || !ok || m.Price == nil || m == free {
			continue
		}
		priced++
		usage := llm.Usage{
			Input: seen["input"], Output: seen["output"], CacheRead: seen["cache_read"],
			CacheWrite5m: seen["cache_write"], Reasoning: seen["reasoning"],
		}
		if got, want := int64(m.Price.Cost(usage)), rows[m.Provider+"/"+m.Name].cost(t, usage); got != want {
			t.Errorf("%s: %s/%s: %+v costs %d nano-dollars, want %d", x.ID, x.Provider, x.Model, usage, got, want)
		}
	}
	if priced < 400 {
		t.Errorf("only %d calls had a price", priced)
	}
	t.Logf("%d calls were priced", priced)
}

// TestCostOfEveryModel does the same for a call to each model, below and above
// every tier.
func TestCostOfEveryModel(t *testing.T) {
	t.Parallel()
	rows := readRows(t)
	for _, m := range newDefault(t).Models() {
		if m.Price == nil {
			continue
		}
		for _, input := range []int64{0, 1_003, 400_007} {
			usage := llm.Usage{
				Input: input, CacheRead: input / 3, CacheWrite5m: input / 5, CacheWrite1h: input / 7,
				Output: 1_009, Reasoning: 501, Queries: 3,
			}
			if got, want := int64(m.Price.Cost(usage)), rows[m.Provider+"/"+m.Name].cost(t, usage); got != want {
				t.Errorf("%s/%s: %+v costs %d nano-dollars, want %d", m.Provider, m.Name, usage, got, want)
			}
		}
	}
}

// dataRow is a line of the data by the names of its columns.
type dataRow map[string]string

func readRows(t *testing.T) map[string]dataRow {
	t.Helper()
	rows := make(map[string]dataRow)
	var names []string
	for line := range strings.Lines(embedded) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case names == nil:
			names = cells
		default:
			row := make(dataRow)
			for i, name := range names {
				row[name] = cells[i]
			}
			rows[row["provider"]+"/"+row["model"]] = row
		}
	}
	return rows
}

// dollars is the first of the columns that is filled in, divided by units.
func (r dataRow) dollars(t *testing.T, units int64, columns ...string) *big.Rat {
	t.Helper()
	for _, column := range columns {
		if text := r[column]; text != "" {
			price, ok := new(big.Rat).SetString(text)
			if !ok {
				t.Fatalf("%s: %q", column, text)
			}
			return price.Quo(price, new(big.Rat).SetInt64(units))
		}
	}
	return new(big.Rat)
}

// at is the row with the prices of its tier in the place of the others where a call
// with that much input falls into it.
func (r dataRow) at(t *testing.T, input int64) dataRow {
	t.Helper()
	if above := r.dollars(t, 1, "tier_above"); r["tier_above"] == "" || new(big.Rat).SetInt64(input).Cmp(above) <= 0 {
		return r
	}
	tiered := maps.Clone(r)
	for _, name := range []string{"input", "output", "cache_read", "cache_write_5m", "cache_write_1h"} {
		tiered[name] = r["tier_"+name]
		if tiered[name] == "" && r[name] != "" {
			// What the tier does not name keeps its proportion to the input.
			price := r.dollars(t, 1, name)
			price.Mul(price, r.dollars(t, 1, "tier_input")).Quo(price, r.dollars(t, 1, "input"))
			tiered[name] = price.FloatString(6)
			if exact, _ := new(big.Rat).SetString(tiered[name]); exact.Cmp(price) != 0 {
				t.Fatalf("%s: %s of the tier has more than 6 places", r["model"], name)
			}
		}
	}
	return tiered
}

// cost is what a call costs in nano-dollars, rounded up.
func (r dataRow) cost(t *testing.T, u llm.Usage) int64 {
	t.Helper()
	const million = 1_000_000
	r = r.at(t, u.Input)
	sum := new(big.Rat)
	add := func(n int64, price *big.Rat) { sum.Add(sum, price.Mul(price, new(big.Rat).SetInt64(n))) }
	add(max(0, u.Input-u.CacheRead-u.CacheWrite5m-u.CacheWrite1h), r.dollars(t, million, "input"))
	add(u.CacheRead, r.dollars(t, million, "cache_read", "input"))
	add(u.CacheWrite5m, r.dollars(t, million, "cache_write_5m", "input"))
	add(u.CacheWrite1h, r.dollars(t, million, "cache_write_1h", "cache_write_5m", "input"))
	reasoning := min(u.Reasoning, u.Output)
	add(u.Output-reasoning, r.dollars(t, million, "output"))
	add(reasoning, r.dollars(t, million, "reasoning", "output"))
	add(u.Queries, r.dollars(t, 1, "query"))
	if u.Input+u.Output+u.Queries > 0 {
		add(1, r.dollars(t, 1, "request"))
	}
	sum.Mul(sum, big.NewRat(1_000_000_000, 1))
	nano := new(big.Int).Div(sum.Num(), sum.Denom())
	if !sum.IsInt() {
		nano.Add(nano, big.NewInt(1))
	}
	return nano.Int64()
}
