package validate

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// maxRequests bounds the requests of one run: the first, and those that say it in
// another way.
const maxRequests = 5

// run makes a probe once. Where the model does not take the usual request it is said
// in another way, within the same time limit.
func (p *prober) run(ctx context.Context, s *spec, model string) *exchange {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	v := variant{limit: s.limit}
	var spent Spent
	for n := 1; ; n++ {
		x := p.send(ctx, s, s.body(model, v))
		spent.add(x.spent)
		if n == maxRequests || !another(ctx, s, x, &v) {
			x.spent = spent
			return x
		}
	}
}

// another reports whether the request is to be sent again, as v says it now. It
// waits where the server asks for that.
func another(ctx context.Context, s *spec, x *exchange, v *variant) bool {
	if x.issue == nil {
		return raiseLimit(s, &x.reply, v)
	}
	switch said := strings.ToLower(x.issue.said); {
	case x.issue.code == CodeRateLimited:
		return pause(ctx, x.retryAfter)
	case x.status != http.StatusBadRequest && x.status != http.StatusUnprocessableEntity:
		return false
	case s.dialect == llm.OpenAI && s.limit > 0 && !v.newLimit && strings.Contains(said, "max_completion_tokens"):
		v.newLimit = true
		return true
	case s.tools && !v.freeChoice && (strings.Contains(said, "tool_choice") || strings.Contains(said, "tool choice")):
		v.freeChoice = true
		return true
	default:
		return false
	}
}

// raiseLimit allows more output where it was too little for an answer.
func raiseLimit(s *spec, r *reply, v *variant) bool {
	more := moreTokens
	if s.tools {
		more = manyTokens
	}
	if !r.cutShort() || s.limit == 0 || v.limit >= more {
		return false
	}
	v.limit = more
	return true
}

// pause waits as long as the server asks, if there is time for it.
func pause(ctx context.Context, d time.Duration) bool {
	deadline, ok := ctx.Deadline()
	if d <= 0 || ok && time.Until(deadline) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// tally is what the runs of one probe came to.
type tally struct {
	Probe

	issues      []*issue
	deployment  string
	cached      bool
	dead        bool
	interrupted bool
}

// probe makes a probe as often as is asked. A model that is dead is not called again.
func (p *prober) probe(ctx context.Context, s *spec, model string) *tally {
	t := &tally{Probe: Probe{Name: s.name, Status: Passed, Message: s.well}}
	var samples, first []float64
	for t.Runs < p.repeat && !t.dead {
		x := p.run(ctx, s, model)
		if x.interrupted {
			t.interrupted = true
			break
		}
		t.take(x, p.judge(s, x))
		if x.issue != nil {
			continue
		}
		samples = append(samples, float64(x.took))
		if x.first > 0 {
			first = append(first, float64(x.first))
		}
	}
	if t.Latency = newLatency(samples); t.Latency != nil && p.repeat > 1 {
		t.Latency.FirstToken = newLatency(first)
	} else {
		t.Latency = nil
	}
	if t.interrupted && t.Runs == 0 {
		t.Status, t.Message = Skipped, "interrupted"
	}
	if t.FailedRuns > 0 && t.Runs > 1 {
		t.Message = fmt.Sprintf("%d of %d runs: %s", t.FailedRuns, t.Runs, t.Message)
	}
	return t
}

// judge says what is wrong with a run, and no secret.
func (p *prober) judge(s *spec, x *exchange) []*issue {
	issues := []*issue{x.issue}
	if x.issue == nil {
		issues = p.judgeReply(s, x)
	}
	for _, i := range issues {
		i.message, i.said = p.secrets.Replace(i.message), p.secrets.Replace(i.said)
	}
	return issues
}

func (p *prober) judgeReply(s *spec, x *exchange) []*issue {
	issues := s.judge(&x.reply)
	slow, what := x.took, "the answer"
	if s.stream && x.first > 0 {
		slow, what = x.first, "the first token"
	}
	if p.slow > 0 && slow > p.slow {
		issues = append(issues, caution(CodeSlow, "see which provider answers, and how far away it is", "%s came after %s (more than %s)", what, round(slow), p.slow))
	}
	return issues
}

// round shortens a duration for people.
func round(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second)
	case d >= time.Second:
		return d.Round(100 * time.Millisecond)
	case d >= time.Millisecond:
		return d.Round(time.Millisecond)
	default:
		return d.Round(10 * time.Microsecond)
	}
}

// take counts a run.
func (t *tally) take(x *exchange, issues []*issue) {
	t.Runs++
	t.HTTPStatus, t.Duration, t.FirstToken = x.status, x.took, x.first
	t.spent.add(x.spent)
	t.cached = t.cached || x.cached
	if x.deployment != "" {
		t.deployment = x.deployment
	}
	failed := false
	for _, i := range issues {
		t.issues = append(t.issues, i)
		t.dead = t.dead || i.dead
		failed = failed || i.severity == Error
		if worse := statusOf(i); worse > t.Status {
			t.Status, t.Message, t.Error = worse, i.message, i.said
		}
	}
	if failed {
		t.FailedRuns++
	}
}

func statusOf(i *issue) Status {
	if i.severity == Error {
		return Failed
	}
	return Warned
}
