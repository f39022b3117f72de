package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/router"
)

// plan puts the deployments that can answer the call into the order in which
// they are tried.
func (g *Gateway) plan(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		c.plan = router.Plan(c.plan[:0], c.group, c.rest, c.Received)
		c.plan = slices.DeleteFunc(c.plan, func(cand router.Candidate) bool { return !c.native(&cand) })
		if len(c.plan) == 0 {
			return nil, c.wrongDialect()
		}
		return next(ctx, c)
	}
}

// native reports whether the candidate takes the operation in the client's own
// dialect.
func (c *Call) native(cand *router.Candidate) bool {
	return slices.Contains(cand.Provider.Dialects(c.Op), c.Frontend.Dialect())
}

// wrongDialect says in which dialects the group does answer.
func (c *Call) wrongDialect() error {
	var spoken []string
	for _, d := range c.group.Deployments {
		for _, dialect := range d.Provider.Dialects(c.Op) {
			if s := string(dialect); !slices.Contains(spoken, s) {
				spoken = append(spoken, s)
			}
		}
	}
	e := &llm.Error{Kind: llm.InvalidRequest, Param: "model", NoRetry: true}
	if len(spoken) == 0 {
		e.Message = fmt.Sprintf("the model %q does not take %s calls", c.head.Model, c.Op)
		return e
	}
	e.Message = fmt.Sprintf("the model %q takes %s calls in the %s dialect only; this is a call in the %s dialect",
		c.head.Model, c.Op, strings.Join(spoken, " and "), c.Frontend.Dialect())
	return e
}
