package ratelimit

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestLimitsOrFillsUnitByUnit(t *testing.T) {
	t.Parallel()
	own := Limits{RPM: 5, Parallel: 2}
	got := own.Or(Limits{RPM: 10, TPM: 1000}).Or(Limits{RPD: 7, TPM: 1})
	if want := (Limits{RPM: 5, TPM: 1000, RPD: 7, Parallel: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestAppendLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		policy Policy
		limits Limits
		want   []admission.Line
	}{
		{"nothing set", Policy{}, Limits{}, nil},
		{
			"all, sliding by default",
			Policy{Burst: 20},
			Limits{RPM: 1, TPM: 2, RPD: 3, Parallel: 4},
			[]admission.Line{
				{Account: "key:a", Unit: llm.Requests, Rule: admission.Rule{Kind: admission.SlidingWindow, Limit: 1, Window: time.Minute, Burst: 20}, Want: 1, Floor: 1},
				{Account: "key:a", Unit: llm.Requests, Rule: admission.Rule{Kind: admission.FixedWindow, Limit: 3, Window: 24 * time.Hour}, Want: 1, Floor: 1},
				{Account: "key:a", Unit: llm.Tokens, Rule: admission.Rule{Kind: admission.SlidingWindow, Limit: 2, Window: time.Minute}, Want: 77, Floor: 77},
				{Account: "key:a", Unit: llm.Parallel, Rule: admission.Rule{Kind: admission.Concurrency, Limit: 4}, Want: 1, Floor: 1},
			},
		},
		{
			"bucket",
			Policy{Strategy: admission.TokenBucket, Burst: 20},
			Limits{RPM: 1},
			[]admission.Line{{Account: "key:a", Unit: llm.Requests, Rule: admission.Rule{Kind: admission.TokenBucket, Limit: 1, Window: time.Minute, Burst: 20}, Want: 1, Floor: 1}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.policy.AppendLines(nil, "key:a", tt.limits, 77)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokenCountsHaveLimitsOfTheirOwn(t *testing.T) {
	t.Parallel()
	got := Policy{Strategy: admission.TokenBucket, Burst: 20}.AppendCountLines(nil, "key:a/count_tokens")
	want := []admission.Line{
		{Account: "key:a/count_tokens", Unit: llm.Requests, Rule: admission.Rule{Kind: admission.TokenBucket, Limit: 600, Window: time.Minute}, Want: 1, Floor: 1},
		{Account: "key:a/count_tokens", Unit: llm.Parallel, Rule: admission.Rule{Kind: admission.Concurrency, Limit: 64}, Want: 1, Floor: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestErrorNamesTheLimitAndWhenItFrees(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	line := func(unit llm.Unit, rule admission.Rule) admission.Line {
		return admission.Line{Unit: unit, Rule: rule, Want: 5000}
	}
	minute := admission.Rule{Kind: admission.SlidingWindow, Limit: 100, Window: time.Minute}
	tests := []struct {
		name    string
		refusal admission.Refusal
		words   []string
		after   time.Duration
	}{
		{"requests", admission.Refusal{Line: line(llm.Requests, minute), RetryAfter: 12500 * time.Millisecond}, []string{"100 requests per minute", "13 s", "12:00:13Z"}, 12500 * time.Millisecond},
		{"day", admission.Refusal{Line: line(llm.Requests, admission.Rule{Limit: 9, Window: 24 * time.Hour}), RetryAfter: time.Hour}, []string{"9 requests per day", "13:00:00Z"}, time.Hour},
		{"parallel", admission.Refusal{Line: line(llm.Parallel, admission.Rule{Limit: 3})}, []string{"3 parallel calls"}, time.Second},
		{"oversize", admission.Refusal{Line: line(llm.Tokens, minute), Oversize: true, RetryAfter: time.Minute}, []string{"5000 tokens", "100 tokens per minute", "60 s"}, time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := Error(&tt.refusal, now)
			if e.Kind != llm.RateLimited || e.RetryAfter != tt.after {
				t.Errorf("kind %v, retry after %v, want %v", e.Kind, e.RetryAfter, tt.after)
			}
			for _, w := range tt.words {
				if !strings.Contains(e.Message, w) {
					t.Errorf("message %q lacks %q", e.Message, w)
				}
			}
		})
	}
}
