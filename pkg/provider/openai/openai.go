// Package openai is the provider for OpenAI's API and for the many that are like
// it: chat completions, legacy completions and embeddings below one base URL.
//
// It knows the address, the credential and which header fields go along. The
// wire format, with the quirks of those who speak it, is package dialect/openai's;
// the exchange over HTTP is package provider's.
//
// Package app makes one for each deployment; the gateway calls it as an
// llm.Provider.
package openai

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/secret"
)

// DefaultBaseURL is where OpenAI's API is.
const DefaultBaseURL = "https://api.openai.com/v1"

// headerBeta selects OpenAI's betas; the only field of a client that goes along.
// Idempotency-Key does not: net/http takes it as leave to send a request twice,
// and one attempt must be billed once.
const headerBeta = "Openai-Beta"

var errMode = errors.New("unknown mode")

// Mode is model_info.mode: what the models of a deployment do.
type Mode string

// The modes. A deployment without one takes every operation.
const (
	AnyMode        Mode = ""
	ChatMode       Mode = "chat"
	CompletionMode Mode = "completion"
	EmbeddingMode  Mode = "embedding"
)

// op is the mode's only operation, or none for AnyMode.
func (m Mode) op() (llm.Op, error) {
	switch m {
	case AnyMode:
		return 0, nil
	case ChatMode:
		return llm.OpChat, nil
	case CompletionMode:
		return llm.OpCompletion, nil
	case EmbeddingMode:
		return llm.OpEmbeddings, nil
	default:
		return 0, fmt.Errorf("mode %q: %w (chat, completion or embedding)", string(m), errMode)
	}
}

// Options says how the vendor is reached.
type Options struct {
	// Name is the vendor's, for errors of New: "openai", "groq". "" is "openai".
	Name string
	// BaseURL includes the version: it usually ends in "/v1". "" is DefaultBaseURL.
	BaseURL string
	// Credential is an API key. It may be empty: local vendors need none.
	Credential secret.Text
	// Header are extra fields for every request. They win over all others.
	Header llm.Header
	// UserAgent is "" for provider.DefaultUserAgent.
	UserAgent string
	// Mode restricts the operations.
	Mode Mode
	// Timeouts limits each attempt.
	Timeouts provider.Timeouts
	// Transport carries the requests; required.
	Transport http.RoundTripper
}

// Provider calls an API like OpenAI's. Safe for concurrent use.
type Provider struct {
	exchange *provider.Exchange
	only     llm.Op // 0: all
	header   http.Header
	// One URL for each operation; only read.
	chat, completions, embeddings *url.URL
}

var _ llm.Provider = (*Provider)(nil)

// New checks the options and returns the provider. It makes no call.
func New(opts Options) (*Provider, error) {
	p, err := newProvider(opts)
	if err != nil {
		name := opts.Name
		if name == "" {
			name = "openai"
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}

func newProvider(opts Options) (*Provider, error) {
	only, err := opts.Mode.op()
	if err != nil {
		return nil, err
	}
	base, err := provider.ParseBaseURL(opts.BaseURL, DefaultBaseURL)
	if err != nil {
		return nil, err
	}
	header, err := fixedHeader(opts)
	if err != nil {
		return nil, err
	}
	return &Provider{
		exchange:    provider.NewExchange(opts.Transport, opts.Timeouts),
		only:        only,
		header:      header,
		chat:        base.JoinPath("chat", "completions"),
		completions: base.JoinPath("completions"),
		embeddings:  base.JoinPath("embeddings"),
	}, nil
}

// fixedHeader makes the fields that all requests have in common.
func fixedHeader(opts Options) (http.Header, error) {
	if err := provider.CheckCredential(opts.Credential); err != nil {
		return nil, err
	}
	h, err := provider.FixedHeader(opts.UserAgent, opts.Header)
	if err != nil {
		return nil, err
	}
	if _, ok := h["Authorization"]; !ok && !opts.Credential.Empty() {
		h["Authorization"] = []string{"Bearer " + opts.Credential.Reveal()}
	}
	return h, nil
}

// Dialects implements llm.Provider.
func (p *Provider) Dialects(op llm.Op) []llm.Dialect {
	if p.endpoint(op) == nil {
		return nil
	}
	return []llm.Dialect{llm.OpenAI}
}

// endpoint is where op goes; nil where the deployment does not take it.
func (p *Provider) endpoint(op llm.Op) *url.URL {
	if p.only != 0 && op != p.only {
		return nil
	}
	switch op {
	case llm.OpChat:
		return p.chat
	case llm.OpCompletion:
		return p.completions
	case llm.OpEmbeddings:
		return p.embeddings
	default:
		return nil
	}
}

// Do implements llm.Provider. The client's query string stays here: OpenAI's
// operations have none.
func (p *Provider) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	target := p.endpoint(req.Op)
	if target == nil || req.Dialect != llm.OpenAI {
		return nil, &llm.Error{
			Kind:    llm.InvalidRequest,
			Message: fmt.Sprintf("the provider does not take %s in the %s dialect", req.Op, req.Dialect),
		}
	}
	backend := openai.Backend{}
	payload, err := p.exchange.Payload(ctx, req, backend)
	if err != nil {
		return nil, err
	}
	return p.exchange.Do(ctx, &provider.Call{
		URL: target, Header: p.headerFor(req), Payload: payload, Backend: backend,
		Op: req.Op, Stream: req.Stream, DropUsageChunk: provider.DropsUsageChunk(req),
	})
}

// headerFor adds the one field of the client's that goes along. Above all,
// OpenAI-Organization and -Project do not: they would pick an account of ours.
func (p *Provider) headerFor(req *llm.Request) http.Header {
	h := maps.Clone(p.header)
	if beta, ok := req.Header[headerBeta]; ok {
		if _, configured := h[headerBeta]; !configured {
			h[headerBeta] = beta
		}
	}
	return h
}
