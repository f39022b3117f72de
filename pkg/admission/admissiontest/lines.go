package admissiontest

import (
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// windowKinds are the kinds of rules that time alone frees.
var windowKinds = []struct {
	name string
	kind admission.RuleKind
}{
	{"sliding window", admission.SlidingWindow},
	{"fixed window", admission.FixedWindow},
	{"token bucket", admission.TokenBucket},
}

// request is a line for one request under at most limit in a window.
func request(kind admission.RuleKind, limit int64, window time.Duration) admission.Line {
	return admission.Line{
		Account: "key:a", Unit: llm.Requests, Want: 1,
		Rule: admission.Rule{Kind: kind, Limit: limit, Window: window},
	}
}

// tokens is a line for tokens under at most limit a minute.
func tokens(kind admission.RuleKind, limit, want int64) admission.Line {
	return admission.Line{
		Account: "key:a", Unit: llm.Tokens, Want: want,
		Rule: admission.Rule{Kind: kind, Limit: limit, Window: time.Minute},
	}
}

// parallel is a line for one open call of at most limit.
func parallel(limit int64) admission.Line {
	return admission.Line{
		Account: "key:a", Unit: llm.Parallel, Want: 1,
		Rule: admission.Rule{Kind: admission.Concurrency, Limit: limit},
	}
}

// money is a line that wants exactly that much of a budget that resets an hour
// after the start.
func money(account string, limit, want int64) admission.Line {
	return admission.Line{
		Account: account, Epoch: 1, Unit: llm.Money, Want: want, Floor: want,
		Rule: admission.Rule{
			Kind: admission.Budget, Limit: limit, Window: time.Hour, Resets: start.Add(time.Hour),
		},
	}
}

// from lowers what a money line can work with.
func from(floor int64, l admission.Line) admission.Line {
	l.Floor = floor
	return l
}

// soft makes a line one that never refuses.
func soft(l admission.Line) admission.Line {
	l.Soft = true
	return l
}

// of makes a line one of another account.
func of(account string, l admission.Line) admission.Line {
	l.Account = account
	return l
}

// limited gives a line another limit.
func limited(limit int64, l admission.Line) admission.Line {
	l.Rule.Limit = limit
	return l
}

// wanting gives a line another Want.
func wanting(want int64, l admission.Line) admission.Line {
	l.Want, l.Floor = want, want
	return l
}
