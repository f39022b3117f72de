package gateway

import (
	"context"
	"fmt"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/router"
)

// suggestions is how many names an unknown model's error lists.
const suggestions = 5

// authorize finds the group of the model and asks whether the key may use it.
func (g *Gateway) authorize(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		asked := c.head.Model
		c.group, c.rest = c.Snapshot.Routes.Find(asked)
		if c.group == nil {
			return nil, c.unknownModel(asked)
		}
		c.log.Group = c.group.Name
		if !c.Caller.Allows(asked) && !c.Caller.Allows(c.group.Name) {
			return nil, &llm.Error{
				Kind: llm.Permission, Code: "permission_denied", Param: "model", NoRetry: true,
				Message: fmt.Sprintf("the API key %s may not use the model %q%s", c.Caller.Name, asked, c.alternatives(asked)),
			}
		}
		return next(ctx, c)
	}
}

// maxNamed bounds a model name that an error repeats.
const maxNamed = 200

func (c *Call) unknownModel(asked string) error {
	if len(asked) > maxNamed {
		asked = asked[:maxNamed] + "…"
	}
	return &llm.Error{
		Kind: llm.NotFound, Code: "model_not_found", Param: "model", NoRetry: true,
		Message: fmt.Sprintf("the model %q is not served by this gateway%s", asked, c.alternatives(asked)),
	}
}

// alternatives lists the names that the key may use and that look most like the
// one it asked for.
func (c *Call) alternatives(asked string) string {
	near := router.Nearest(asked, c.Snapshot.Models(c.Caller), suggestions)
	if len(near) == 0 {
		return "; this key may use no model"
	}
	return "; nearest that this key may use: " + strings.Join(near, ", ")
}

// Models lists the public names of the models a caller may use, in the order of
// the configuration. A pattern stands for the models that are known to match it.
func (s *Snapshot) Models(caller *Caller) []string {
	var names []string
	seen := make(map[string]bool)
	for _, g := range s.Routes.Groups() {
		for _, name := range g.Names {
			if !seen[name] && (caller.Allows(name) || caller.Allows(g.Name)) {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}
