package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// usageKinds are the kinds of tokens of a view and where a log line has them.
var usageKinds = map[string]func(gatewaytest.LogLine) int64{
	"input":       func(l gatewaytest.LogLine) int64 { return l.InputTokens },
	"output":      func(l gatewaytest.LogLine) int64 { return l.OutputTokens },
	"cache_read":  func(l gatewaytest.LogLine) int64 { return l.CacheReadTokens },
	"cache_write": func(l gatewaytest.LogLine) int64 { return l.CacheWriteTokens },
	"reasoning":   func(l gatewaytest.LogLine) int64 { return l.ReasoningTokens },
}

// exact are the vendors whose usage has to be right to the token. The others
// have conventions of their own; what differs there is only listed.
var exact = []string{"anthropic", "openai"}

// checkLog compares the request log with the exchanges: one line for each, with
// its status, and the usage of the views, line by line and in sum.
func checkLog(t *testing.T, exchanges []*exchange, views map[string]*view, lines []gatewaytest.LogLine) {
	t.Helper()
	byModel := map[string]gatewaytest.LogLine{}
	for _, l := range lines {
		if _, twice := byModel[l.Model]; twice {
			t.Errorf("two log lines for %s", l.Model)
		}
		byModel[l.Model] = l
	}
	sums := map[string]*sum{}
	for _, e := range exchanges {
		line, ok := byModel[e.clientModel()]
		if !ok {
			t.Errorf("no log line for %s", e.clientModel())
			continue
		}
		checkStatus(t, e, line)
		v := views[e.ID]
		if v == nil || v.View.Usage == nil || e.Endpoint == "count_tokens" {
			continue // Nothing is known of its usage, or it has none: counting is free.
		}
		for kind, want := range wantedUsage(v, line) {
			got := usageKinds[kind](line)
			add(sums, e.Provider+" "+kind, want, got)
			if want != got && slices.Contains(exact, e.Provider) {
				t.Errorf("%s/%s/%s: log has %d tokens of %s, want %d", e.Provider, e.Endpoint, e.ID, got, kind, want)
			}
		}
	}
	checkSums(t, sums)
}

// checkStatus compares the outcome in a log line with the recorded one.
func checkStatus(t *testing.T, e *exchange, line gatewaytest.LogLine) {
	t.Helper()
	want := "success"
	if e.Status >= 400 || slices.Contains(e.Features, "stream_error") {
		want = "error"
	}
	lateError := want == "success" && slices.ContainsFunc(parseSSE(e.ResponseBody), event.isError)
	if line.Status != want && !lateError { // An error behind a stop reason may be seen either way.
		t.Errorf("%s/%s/%s: log has status %q, want %q", e.Provider, e.Endpoint, e.ID, line.Status, want)
	}
	if len(line.Attempts) != attempts(e) {
		t.Errorf("%s/%s/%s: log has %d attempts, want %d", e.Provider, e.Endpoint, e.ID, len(line.Attempts), attempts(e))
	}
}

// wantedUsage is the view's usage, with another right number in the place of the
// first where the log has that one.
func wantedUsage(v *view, line gatewaytest.LogLine) map[string]int64 {
	want := maps.Clone(v.View.Usage)
	for kind, others := range v.View.UsageAlt {
		if read := usageKinds[kind]; read != nil && slices.Contains(others, read(line)) {
			want[kind] = read(line)
		}
	}
	return want
}

// sum is what the views and the log add up to.
type sum struct{ views, log int64 }

// add adds to the sum of that name.
func add(sums map[string]*sum, name string, want, got int64) {
	if sums[name] == nil {
		sums[name] = &sum{}
	}
	sums[name].views += want
	sums[name].log += got
}

// checkSums compares the sums: an error for the exact vendors, a note for others.
func checkSums(t *testing.T, sums map[string]*sum) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		s := sums[name]
		if s.views == s.log {
			continue
		}
		provider, _, _ := strings.Cut(name, " ")
		text := fmt.Sprintf("%s tokens: the log adds up to %d, the views to %d", name, s.log, s.views)
		if slices.Contains(exact, provider) {
			t.Error(text)
		} else {
			t.Log(text)
		}
	}
}
