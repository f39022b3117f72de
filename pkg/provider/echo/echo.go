package echo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// Options is what can be set on the provider. The zero value is fine.
type Options struct {
	// Model is what the deployment is for. Where its name has "speaks-anthropic" or
	// "speaks-openai", conversations are taken in that dialect only; "" and patterns
	// leave both.
	Model string
	// Timeouts limits each attempt, as with any provider.
	Timeouts provider.Timeouts
}

// Provider answers calls by itself. Safe for concurrent use.
type Provider struct {
	exchange *provider.Exchange
	only     llm.Dialect // "" for all
}

var _ llm.Provider = (*Provider)(nil)

// New returns the provider.
func New(opts Options) *Provider {
	p := &Provider{exchange: provider.NewExchange(vendor{}, opts.Timeouts)}
	if s, err := parseScript(opts.Model); err == nil {
		p.only = s.only
	}
	return p
}

// Dialects implements llm.Provider.
func (p *Provider) Dialects(op llm.Op) []llm.Dialect {
	var all []llm.Dialect
	switch op {
	case llm.OpChat:
		all = []llm.Dialect{llm.Anthropic, llm.OpenAI}
	case llm.OpCountTokens:
		all = []llm.Dialect{llm.Anthropic}
	case llm.OpCompletion, llm.OpEmbeddings:
		all = []llm.Dialect{llm.OpenAI}
	}
	if p.only == "" {
		return all
	}
	return slices.DeleteFunc(all, func(d llm.Dialect) bool { return d != p.only })
}

// Do implements llm.Provider.
func (p *Provider) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	path, backend := endpointOf(req)
	if path == "" {
		return nil, &llm.Error{
			Kind:    llm.InvalidRequest,
			Message: fmt.Sprintf("the echo provider does not take %s in the %s dialect", req.Op, req.Dialect),
		}
	}
	payload, err := p.exchange.Payload(ctx, req, backend)
	if err != nil {
		return nil, err
	}
	return p.exchange.Do(ctx, &provider.Call{
		URL:     &url.URL{Scheme: "echo", Host: "llmgw", Path: path},
		Header:  http.Header{},
		Payload: payload, Backend: backend, Op: req.Op, Stream: req.Stream,
		DropUsageChunk: provider.DropsUsageChunk(req),
	})
}

// The paths of the vendor in memory: those of the vendors whose dialects it speaks.
const (
	pathMessages    = "/v1/messages"
	pathCountTokens = "/v1/messages/count_tokens" //nolint:gosec // a path, no credential
	pathChat        = "/v1/chat/completions"
	pathCompletions = "/v1/completions"
	pathEmbeddings  = "/v1/embeddings"
)

// endpointOf returns where a request goes and who reads its answer; "" where the
// operation does not exist in the request's dialect.
func endpointOf(req *llm.Request) (path string, b dialect.Backend) {
	switch req.Dialect {
	case llm.Anthropic:
		return anthropicPath(req.Op), anthropic.Backend{}
	case llm.OpenAI:
		return openAIPath(req.Op), openai.Backend{}
	default:
		return "", nil
	}
}

func anthropicPath(op llm.Op) string {
	switch op {
	case llm.OpChat:
		return pathMessages
	case llm.OpCountTokens:
		return pathCountTokens
	default:
		return ""
	}
}

func openAIPath(op llm.Op) string {
	switch op {
	case llm.OpChat:
		return pathChat
	case llm.OpCompletion:
		return pathCompletions
	case llm.OpEmbeddings:
		return pathEmbeddings
	default:
		return ""
	}
}
