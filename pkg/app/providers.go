package app

import (
	"fmt"
	"net/http"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/provider/anthropic"
	"github.com/llmgw/llmgw/pkg/provider/echo"
	"github.com/llmgw/llmgw/pkg/provider/openai"
)

// making is what a provider is made of.
type making struct {
	model     *config.Model
	header    llm.Header
	timeouts  provider.Timeouts
	userAgent string
	transport http.RoundTripper
}

// providers are the vendors with code of their own: the one place where a name
// becomes code. All others are rows of package provider's table.
var providers = map[string]func(making) (llm.Provider, error){
	"anthropic": func(m making) (llm.Provider, error) {
		return anthropic.New(anthropic.Options{
			BaseURL: m.model.APIBase, Credential: m.model.APIKey, Header: m.header,
			UserAgent: m.userAgent, Timeouts: m.timeouts, Transport: m.transport,
		})
	},
	"echo": func(m making) (llm.Provider, error) {
		return echo.New(echo.Options{Model: m.model.UpstreamModel, Timeouts: m.timeouts}), nil
	},
}

// like makes providers of a vendor that is like OpenAI.
func like(v *provider.Vendor) func(making) (llm.Provider, error) {
	return func(m making) (llm.Provider, error) {
		return openai.New(openai.Options{
			Vendor: v, BaseURL: m.model.APIBase, Credential: m.model.APIKey, Header: m.header,
			UserAgent: m.userAgent, Timeouts: m.timeouts, Transport: m.transport,
			Mode: openai.Mode(m.model.Mode),
		})
	}
}

// providerNamed finds what makes the providers of a vendor.
func providerNamed(name string) (func(making) (llm.Provider, error), bool) {
	if build, ok := providers[name]; ok {
		return build, true
	}
	if v, ok := provider.FindVendor(name); ok {
		return like(v), true
	}
	return nil, false
}

// newProvider makes the provider of a deployment.
func (b *builder) newProvider(m *config.Model) (llm.Provider, error) {
	build, ok := providerNamed(m.Provider)
	if !ok {
		return nil, fmt.Errorf("%s: there is no provider %q", m.Path, m.Provider)
	}
	header := make(llm.Header, len(m.Headers))
	for name, value := range m.Headers {
		header[name] = []string{value.Reveal()}
	}
	p, err := build(making{
		model: m, header: header, transport: b.transport, userAgent: "llmgw/" + b.version,
		timeouts: provider.Timeouts{Total: m.Timeout, FirstByte: m.StreamTimeout, Idle: m.StreamTimeout},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Path, err)
	}
	return p, nil
}
