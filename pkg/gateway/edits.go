package gateway

import (
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/router"
)

// edits are the changes to the body for one candidate.
func (c *Call) edits(cand *router.Candidate, limit int64) llm.Edits {
	e := llm.Edits{Head: &c.head, MaxOutput: limit, Defaults: c.defaults(cand)}
	// A model in the path wins over the body's, which is not known to be the same.
	if cand.Model != c.head.Model || c.Model != "" {
		e.Model = cand.Model
	}
	// Without it OpenAI's streams carry no usage at all.
	e.IncludeUsage = c.head.Stream && !c.head.IncludeUsage && c.Frontend.Dialect() == llm.OpenAI &&
		(c.Op == llm.OpChat || c.Op == llm.OpCompletion)
	return e
}

// sampling are the parameters that go with thinking only at their own default:
// a configured one would make the call invalid.
var sampling = map[string]bool{"temperature": true, "top_p": true, "top_k": true}

// limits are the parameters that bound the output: OpenAI knows two, and refuses
// a call that has both.
var limits = map[string]bool{"max_tokens": true, "max_completion_tokens": true}

// multiples are the parameters that ask for several answers: under a hard budget
// no more than the client's own number of them is held.
var multiples = map[string]bool{"n": true, "best_of": true}

// defaults are the deployment's parameters that leave the call valid. Those that
// the body has are skipped by Patch.
func (c *Call) defaults(cand *router.Candidate) []llm.Default {
	if len(cand.Defaults) == 0 || (c.Op != llm.OpChat && c.Op != llm.OpCompletion) {
		return nil
	}
	valid := make([]llm.Default, 0, len(cand.Defaults))
	for _, d := range cand.Defaults {
		if c.head.Thinking && (sampling[d.Name] || limits[d.Name]) {
			continue
		}
		if limits[d.Name] && c.head.MaxOutput != 0 {
			continue
		}
		if multiples[d.Name] && c.holding.hard {
			continue
		}
		valid = append(valid, d)
	}
	return valid
}
