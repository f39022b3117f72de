// Package openai is the provider for OpenAI's API and for the many that are like
// it: chat completions, legacy completions and embeddings below one base URL.
//
// It knows the address, the credential, which header fields go along, and how the
// vendors of the table in package provider differ in these. The wire format, with
// the quirks of those who speak it, is package dialect/openai's; the exchange over
// HTTP is package provider's.
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
	// Name is the vendor's, for errors of New. "" is the Vendor's id, else "openai".
	Name string
	// Vendor says what is special about the vendor; nil for nothing: OpenAI itself,
	// or a server that is like it.
	Vendor *provider.Vendor
	// BaseURL includes the version: it usually ends in "/v1". "" is the Vendor's, else
	// DefaultBaseURL.
	BaseURL string
	// Credential is an API key. It may be empty: local vendors need none.
	Credential secret.Text
	// Header are extra fields for every request. They win over all others.
	Header llm.Header
	// UserAgent is "" for provider.DefaultUserAgent.
	UserAgent string
	// Mode restricts the operations. It may name one that the Vendor is not known to
	// have.
	Mode Mode
	// Timeouts limits each attempt.
	Timeouts provider.Timeouts
	// Transport carries the requests; required.
	Transport http.RoundTripper
}

// Provider calls an API like OpenAI's. Safe for concurrent use.
type Provider struct {
	exchange *provider.Exchange
	backend  openai.Backend
	header   http.Header
	base     *url.URL
	// paths and targets have the operations that are taken: where each is below the
	// base, and the whole URL. They are only read.
	paths   map[llm.Op]string
	targets map[llm.Op]*url.URL
	rules   []rule
}

var _ llm.Provider = (*Provider)(nil)

// New checks the options and returns the provider. It makes no call.
func New(opts Options) (*Provider, error) {
	p, err := newProvider(opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nameOf(&opts), err)
	}
	return p, nil
}

func nameOf(opts *Options) string {
	switch {
	case opts.Name != "":
		return opts.Name
	case opts.Vendor != nil:
		return opts.Vendor.ID
	default:
		return "openai"
	}
}

func newProvider(opts Options) (*Provider, error) {
	only, err := opts.Mode.op()
	if err != nil {
		return nil, err
	}
	base, err := baseURL(&opts)
	if err != nil {
		return nil, err
	}
	header, err := fixedHeader(opts)
	if err != nil {
		return nil, err
	}
	quirks, err := quirksOf(opts.Vendor, base)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(opts.Vendor, base)
	if err != nil {
		return nil, err
	}
	p := &Provider{
		exchange: provider.NewExchange(opts.Transport, opts.Timeouts),
		backend:  openai.Backend{Quirks: quirks},
		header:   header,
		base:     base,
		paths:    pathsOf(opts.Vendor, only),
		targets:  make(map[llm.Op]*url.URL, 3),
		rules:    rules,
	}
	for op, path := range p.paths {
		p.targets[op] = base.JoinPath(path)
	}
	return p, nil
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
	if p.targets[op] == nil {
		return nil
	}
	return spoken
}

// spoken is asked for several times in every call.
var spoken = []llm.Dialect{llm.OpenAI}

// Do implements llm.Provider. The client's query string stays here: OpenAI's
// operations have none.
func (p *Provider) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	if q := p.backend.Quirks; q != nil && q.FloatVectors && req.Op == llm.OpEmbeddings && req.Translate == nil {
		body, err := req.Body.Bytes(ctx)
		if err != nil {
			return nil, err
		}
		if wantsBase64(body) {
			return p.embedAsNumbers(ctx, req, body)
		}
	}
	return p.send(ctx, req)
}

// send makes the attempt.
func (p *Provider) send(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	target := p.targets[req.Op]
	if target == nil || req.Dialect != llm.OpenAI {
		return nil, &llm.Error{
			Kind:    llm.InvalidRequest,
			Message: fmt.Sprintf("the provider does not take %s in the %s dialect", req.Op, req.Dialect),
		}
	}
	if len(p.rules) > 0 {
		req, target = p.rewrite(req, target)
	}
	payload, err := p.exchange.Payload(ctx, req, p.backend)
	if err != nil {
		return nil, err
	}
	return p.exchange.Do(ctx, &provider.Call{
		URL: target, Header: p.headerFor(req), Payload: payload, Backend: p.backend,
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
