package gateway

import (
	"slices"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/router"
)

// lane is how a call goes to one candidate.
type lane uint8

const (
	// noLane: the candidate cannot answer the call.
	noLane lane = iota
	// native: the same dialect on both sides; bytes pass.
	native
	// translated: through the vocabulary.
	translated
	// local: the gateway answers in the provider's place.
	local
)

// route is the lane of a call to a candidate, and what is asked of the provider.
type route struct {
	lane    lane
	op      llm.Op
	dialect llm.Dialect
}

// route finds the best way to a candidate: bytes that pass, then translation. A
// legacy completion is a conversation of one message to a model that only takes
// conversations, and tokens are counted here where the provider does not count.
func (c *Call) route(cand *router.Candidate) route {
	own := c.Frontend.Dialect()
	spoken := cand.Provider.Dialects(c.Op)
	chat := cand.Provider.Dialects(llm.OpChat)
	if c.Op == llm.OpCompletion && cand.Facts.Mode == catalog.ModeChat && len(chat) > 0 {
		spoken = nil
	}
	switch {
	case slices.Contains(spoken, own):
		return route{native, c.Op, own}
	case len(spoken) > 0:
		return route{translated, c.Op, spoken[0]}
	case c.Op == llm.OpCompletion && len(chat) > 0:
		return route{translated, llm.OpChat, chat[0]}
	case c.Op == llm.OpCountTokens && len(chat) > 0:
		return route{local, c.Op, own}
	default:
		return route{}
	}
}
