package gateway

import (
	"context"

	"github.com/llmgw/llmgw/pkg/llm"
)

// decode reads the top level of the body: which model, a stream or not, how much
// output at most. What is nested is not looked at.
func (g *Gateway) decode(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		raw, err := c.Body.Bytes(ctx)
		if err != nil {
			return nil, err
		}
		c.raw, c.size = raw, int64(len(raw))
		c.head.Reset()
		c.head.Model = c.Model
		err = c.Frontend.Inspect(c.Op, raw, &c.head)
		c.log.Model, c.log.Stream = c.head.Model, c.head.Stream
		if err != nil {
			return nil, err
		}
		return next(ctx, c)
	}
}
