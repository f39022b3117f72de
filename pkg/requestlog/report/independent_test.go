package report

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// independent computes a summary in another way: with encoding/json, sorting and
// arithmetic without bounds, after the documentation of the lines. It shares no code
// with what it judges.
type independent struct {
	lines, broken           int64
	total, ok, failed       int64
	refused, guessed, hits  int64
	in, out, rd, wr, reason *big.Int
	cost                    *big.Rat
	durations, ttfts        []int64 // nanoseconds: no line has finer ones
	first, last             time.Time
}

func newIndependent() *independent {
	i := &independent{cost: new(big.Rat)}
	for _, n := range []**big.Int{&i.in, &i.out, &i.rd, &i.wr, &i.reason} {
		*n = new(big.Int)
	}
	return i
}

type ourLine struct {
	Timestamp     *time.Time  `json:"timestamp"`
	Status        string      `json:"status"`
	ErrorType     string      `json:"error_type"`
	Cache         string      `json:"cache"`
	Model         string      `json:"model"`
	Duration      json.Number `json:"duration"`
	TTFT          json.Number `json:"ttft"`
	Input         *uint64     `json:"input_tokens"`
	Output        *uint64     `json:"output_tokens"`
	CacheRead     *uint64     `json:"cache_read_tokens"`
	CacheWrite    *uint64     `json:"cache_write_tokens"`
	Reasoning     *uint64     `json:"reasoning_tokens"`
	Cost          json.Number `json:"cost"`
	Estimated     bool        `json:"usage_estimated"`
	Attempts      []struct{}  `json:"attempts"`
	StartTime     any         `json:"startTime"`           //nolint:tagliatelle // LiteLLM's
	FirstAt       *float64    `json:"completionStartTime"` //nolint:tagliatelle // LiteLLM's
	Stream        bool        `json:"stream"`
	ResponseTime  json.Number `json:"response_time"`
	Prompt        *uint64     `json:"prompt_tokens"`
	Completion    *uint64     `json:"completion_tokens"`
	ResponseCost  json.Number `json:"response_cost"`
	CacheHit      *bool       `json:"cache_hit"`
	ModelGroup    string      `json:"model_group"`
	MoreFromUsage struct {
		Usage struct {
			Write  *uint64 `json:"cache_creation_input_tokens"`
			Prompt struct {
				Cached *uint64 `json:"cached_tokens"`
			} `json:"prompt_tokens_details"`
			Completion struct {
				Reasoning *uint64 `json:"reasoning_tokens"`
			} `json:"completion_tokens_details"`
		} `json:"usage_object"`
	} `json:"metadata"`
}

// add adds a log; pick says which calls count.
func (i *independent) add(log []byte, pick func(l *ourLine) bool) {
	for text := range bytes.SplitSeq(bytes.TrimSuffix(log, []byte("\n")), []byte("\n")) {
		i.lines++
		var l ourLine
		if len(text) > requestlog.MaxLine || json.Unmarshal(text, &l) != nil || l.Status == "" {
			i.broken++
			continue
		}
		if l.StartTime != nil {
			l.fromLiteLLM()
		}
		if pick == nil || pick(&l) {
			i.call(&l)
		}
	}
}

// fromLiteLLM gives the fields of LiteLLM the names of ours.
func (l *ourLine) fromLiteLLM() {
	var start time.Time
	switch at := l.StartTime.(type) {
	case float64:
		start = time.UnixMilli(int64(at*1000 + 0.5)).UTC()
	case string:
		start, _ = time.Parse("2006-01-02T15:04:05", at)
	}
	l.Timestamp, l.Duration, l.Input, l.Output, l.Cost = &start, scaled(l.ResponseTime, 1000), l.Prompt, l.Completion, l.ResponseCost
	usage := l.MoreFromUsage.Usage
	l.CacheRead, l.CacheWrite, l.Reasoning = usage.Prompt.Cached, usage.Write, usage.Completion.Reasoning
	if l.Status == "failure" {
		l.Status = "error"
	}
	if l.CacheHit != nil && *l.CacheHit {
		l.Cache = "hit"
	}
	l.Model, l.ErrorType = l.ModelGroup, ""
	if l.Stream {
		ms := (*l.FirstAt - float64(start.UnixMilli())/1000) * 1000
		l.TTFT = json.Number(strconv.FormatFloat(ms, 'f', 3, 64))
	}
}

func scaled(n json.Number, by int64) json.Number {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return ""
	}
	return json.Number(r.Mul(r, big.NewRat(by, 1)).FloatString(9))
}

func (i *independent) call(l *ourLine) {
	i.total++
	switch l.Status {
	case "success":
		i.ok++
	case "error":
		i.failed++
		if l.ErrorType == "rate_limited" && len(l.Attempts) == 0 {
			i.refused++
		}
	}
	if l.Estimated {
		i.guessed++
	}
	if l.Cache == "hit" {
		i.hits++
	}
	for sum, n := range map[*big.Int]*uint64{i.in: l.Input, i.out: l.Output, i.rd: l.CacheRead, i.wr: l.CacheWrite, i.reason: l.Reasoning} {
		if n != nil {
			sum.Add(sum, new(big.Int).SetUint64(*n))
		}
	}
	if cost, ok := new(big.Rat).SetString(l.Cost.String()); ok {
		i.cost.Add(i.cost, cost)
	}
	for list, text := range map[*[]int64]json.Number{&i.durations: l.Duration, &i.ttfts: l.TTFT} {
		if ns := new(big.Rat); text != "" {
			if _, ok := ns.SetString(text.String()); !ok || !ns.Mul(ns, big.NewRat(1e6, 1)).IsInt() {
				panic(text)
			}
			if ns.Sign() > 0 {
				*list = append(*list, ns.Num().Int64())
			}
		}
	}
	if t := l.Timestamp; t != nil {
		if i.first.IsZero() || t.Before(i.first) {
			i.first = t.UTC()
		}
		if t.After(i.last) {
			i.last = t.UTC()
		}
	}
}

// summary is what it comes to.
func (i *independent) summary() Summary {
	cost, err := llm.ParseUSD(i.cost.FloatString(9))
	if err != nil {
		panic(err)
	}
	return Summary{
		Total: i.total, Successful: i.ok, Failed: i.failed, Refused: i.refused, Latency: spreadOf(i.durations), TTFT: spreadOf(i.ttfts),
		Tokens: Tokens{
			Input: i.in.Int64(), Output: i.out.Int64(), CacheRead: i.rd.Int64(), CacheWrite: i.wr.Int64(), Reasoning: i.reason.Int64(),
		},
		Cost: cost, Estimated: i.guessed, CacheHits: i.hits, First: i.first, Last: i.last,
	}
}

// spreadOf is numpy's percentile, in fractions.
func spreadOf(ns []int64) Spread {
	if len(ns) == 0 {
		return Spread{}
	}
	slices.Sort(ns)
	sum := new(big.Int)
	for _, d := range ns {
		sum.Add(sum, big.NewInt(d))
	}
	at := func(p int64) time.Duration {
		rank := big.NewRat(p*int64(len(ns)-1), 100)
		whole := new(big.Int).Div(rank.Num(), rank.Denom())
		low := ns[whole.Int64()]
		part := new(big.Rat).Sub(rank, new(big.Rat).SetInt(whole))
		if part.Sign() == 0 {
			return time.Duration(low)
		}
		gap := big.NewRat(ns[whole.Int64()+1]-low, 1)
		return rounded(gap.Mul(gap, part).Add(gap, big.NewRat(low, 1)))
	}
	return Spread{
		Average: rounded(new(big.Rat).SetFrac(sum, big.NewInt(int64(len(ns))))), Min: time.Duration(ns[0]), Max: time.Duration(ns[len(ns)-1]),
		P50: at(50), P95: at(95), P99: at(99),
	}
}

// rounded rounds half up to a nanosecond.
func rounded(ns *big.Rat) time.Duration {
	n, err := strconv.ParseInt(ns.FloatString(0), 10, 64)
	if err != nil {
		panic(err)
	}
	return time.Duration(n)
}
