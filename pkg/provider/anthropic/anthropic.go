// Package anthropic is the provider for Anthropic's own API and for those that
// are like it: messages and count_tokens at {base}/v1.
//
// It knows the address, the credential and which header fields go along. The
// wire format is package dialect/anthropic's; the exchange over HTTP is package
// provider's. Claude on Bedrock and Vertex are providers of their own.
//
// Package app makes one for each deployment; the gateway calls it as an
// llm.Provider.
package anthropic

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/secret"
)

// DefaultBaseURL is where Anthropic's API is.
const DefaultBaseURL = "https://api.anthropic.com"

// Anthropic's header fields: docs.anthropic.com/en/api/versioning and
// anthropic-sdk-python src/anthropic/_client.py, read 2026-11-22.
const (
	headerVersion = "Anthropic-Version"
	headerBeta    = "Anthropic-Beta"
	version       = "2023-06-01"
	// oauthPrefix marks tokens of the OAuth flow, which go into Authorization and
	// are taken only with oauthBeta: github.com/BerriAI/litellm/pull/21039,
	// github.com/snipeship/ccflare/pull/58, read 2026-11-22.
	oauthPrefix = "sk-ant-oat"
	oauthBeta   = "oauth-2025-04-20"
)

// Options says how the vendor is reached.
type Options struct {
	// BaseURL has no "/v1" at its end; one that is there anyway is taken off, and
	// so is "/v1/messages". "" is DefaultBaseURL.
	BaseURL string
	// Credential is an API key, or an OAuth token (sk-ant-oat...). It may be empty.
	Credential secret.Text
	// Header are extra fields for every request. They win over the client's, save
	// that the anthropic-beta of both is sent.
	Header llm.Header
	// UserAgent is "" for provider.DefaultUserAgent.
	UserAgent string
	// Timeouts limits each attempt.
	Timeouts provider.Timeouts
	// Transport carries the requests; required.
	Transport http.RoundTripper
}

// Provider calls Anthropic's API. Safe for concurrent use.
type Provider struct {
	exchange *provider.Exchange
	messages *url.URL
	count    *url.URL
	header   http.Header // of every request; only read
	extra    llm.Header
}

var _ llm.Provider = (*Provider)(nil)

// New checks the options and returns the provider. It makes no call.
func New(opts Options) (*Provider, error) {
	base, err := provider.ParseBaseURL(trimBase(opts.BaseURL), DefaultBaseURL)
	if err != nil {
		return nil, err
	}
	header, err := fixedHeader(opts)
	if err != nil {
		return nil, err
	}
	messages := base.JoinPath("v1", "messages")
	return &Provider{
		exchange: provider.NewExchange(opts.Transport, opts.Timeouts),
		messages: messages,
		count:    messages.JoinPath("count_tokens"),
		header:   header,
		extra:    canonical(opts.Header),
	}, nil
}

// trimBase takes off what the API's paths begin with.
func trimBase(base string) string {
	base = strings.TrimRight(base, "/")
	return strings.TrimSuffix(strings.TrimSuffix(base, "/v1/messages"), "/v1")
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
	if _, ok := h[headerVersion]; !ok {
		h[headerVersion] = []string{version}
	}
	if betas := h[headerBeta]; len(betas) > 0 {
		h[headerBeta] = []string{strings.Join(betas, ",")}
	}
	key := opts.Credential.Reveal()
	switch {
	case key == "":
	case strings.HasPrefix(key, oauthPrefix):
		setDefault(h, "Authorization", "Bearer "+key)
		h[headerBeta] = []string{joinBetas(oauthBeta, h[headerBeta])}
	default:
		setDefault(h, "X-Api-Key", key)
	}
	return h, nil
}

// setDefault sets a field that the extra ones have not set.
func setDefault(h http.Header, name, value string) {
	if _, ok := h[name]; !ok {
		h[name] = []string{value}
	}
}

// canonical returns the fields by canonical name.
func canonical(h llm.Header) llm.Header {
	out := make(llm.Header, len(h))
	for name, values := range h {
		out[http.CanonicalHeaderKey(name)] = values
	}
	return out
}

// Dialects implements llm.Provider.
func (p *Provider) Dialects(op llm.Op) []llm.Dialect {
	if op == llm.OpChat || op == llm.OpCountTokens {
		return spoken
	}
	return nil
}

// spoken is asked for several times in every call.
var spoken = []llm.Dialect{llm.Anthropic}

// Do implements llm.Provider.
func (p *Provider) Do(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
	var target *url.URL
	switch {
	case req.Dialect != llm.Anthropic:
	case req.Op == llm.OpChat:
		target = p.messages
	case req.Op == llm.OpCountTokens:
		target = p.count
	}
	if target == nil {
		return nil, &llm.Error{
			Kind:    llm.InvalidRequest,
			Message: fmt.Sprintf("the provider does not take %s in the %s dialect", req.Op, req.Dialect),
		}
	}
	backend := anthropic.Backend{}
	payload, err := p.exchange.Payload(ctx, req, backend)
	if err != nil {
		return nil, err
	}
	return p.exchange.Do(ctx, &provider.Call{
		URL: provider.WithQuery(target, req.Query), Header: p.headerFor(req), Payload: payload,
		Backend: backend, Op: req.Op, Stream: req.Stream,
	})
}

// headerFor adds the client's anthropic-* fields, byte for byte. They are an open
// list: betas come and go. What the client says of itself, its credentials and
// its connection stays here.
func (p *Provider) headerFor(req *llm.Request) http.Header {
	h := maps.Clone(p.header)
	for name, values := range req.Header {
		if !forwarded(name) {
			continue
		}
		switch _, configured := p.extra[name]; {
		case name == headerBeta && len(h[headerBeta]) > 0:
			h[headerBeta] = []string{joinBetas(h[headerBeta][0], values)}
		case !configured:
			h[name] = values
		}
	}
	return h
}

// joinBetas makes one list of two: the API reads it as one field.
func joinBetas(first string, more []string) string {
	return strings.Join(append([]string{first}, more...), ",")
}

// forwarded decides which of a client's fields the vendor may see.
func forwarded(name string) bool {
	switch name {
	case "Anthropic-Api-Key", "Anthropic-Auth-Token", // credentials, in whatever spelling
		"Anthropic-Organization-Id", "Anthropic-Workspace-Id": // of the client's account, not of ours
		return false
	}
	return strings.HasPrefix(name, "Anthropic-")
}
