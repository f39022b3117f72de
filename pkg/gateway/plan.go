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
		c.plan = slices.DeleteFunc(c.plan, func(cand router.Candidate) bool { return c.route(&cand).lane == noLane })
		if len(c.plan) == 0 {
			return nil, c.wrongOperation()
		}
		return next(ctx, c)
	}
}

// wrongOperation says what the group's models do take.
func (c *Call) wrongOperation() error {
	var taken []string
	for _, op := range []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings} {
		for _, d := range c.group.Deployments {
			if s := op.String(); len(d.Provider.Dialects(op)) > 0 && !slices.Contains(taken, s) {
				taken = append(taken, s)
			}
		}
	}
	e := &llm.Error{Kind: llm.InvalidRequest, Param: "model", NoRetry: true}
	e.Message = fmt.Sprintf("the model %q does not take %s calls", c.head.Model, c.Op)
	if len(taken) > 0 {
		e.Message += ", only " + strings.Join(taken, " and ")
	}
	return e
}
