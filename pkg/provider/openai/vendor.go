package openai

import (
	"net/url"
	"strings"

	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// limitOfOthers is the member that limits the output with everybody but OpenAI,
// where max_tokens is deprecated and refused by models that reason. Servers that
// are like it know the old name; not all know the new one, or refuse it.
const limitOfOthers = "max_tokens"

// baseURL reads the configured address, else takes the vendor's own.
func baseURL(opts *Options) (*url.URL, error) {
	fallback := DefaultBaseURL
	if opts.Vendor != nil {
		fallback = opts.Vendor.BaseURL
	}
	return provider.ParseBaseURL(opts.BaseURL, fallback)
}

// quirksOf decodes how the vendor's requests differ. What holds for OpenAI does
// not hold for a server that was only configured in its place.
func quirksOf(v *provider.Vendor, base *url.URL) (*openai.Quirks, error) {
	if v == nil {
		if isOpenAI(base) {
			return nil, nil //nolint:nilnil // nil is a vendor that does not differ.
		}
		return &openai.Quirks{Limit: limitOfOthers}, nil
	}
	q := new(openai.Quirks)
	if err := v.DecodeQuirks(q); err != nil {
		return nil, err
	}
	if own, err := url.Parse(v.BaseURL); err == nil && isOpenAI(own) && !isOpenAI(base) {
		q.Limit = limitOfOthers
	}
	return q, nil
}

// isOpenAI reports whether OpenAI's own models are at an address: at OpenAI, in one
// of its regions (eu.api.openai.com), or at Azure.
func isOpenAI(u *url.URL) bool {
	host := u.Hostname()
	return host == "api.openai.com" || strings.HasSuffix(host, ".api.openai.com") || strings.HasSuffix(host, ".openai.azure.com")
}

// pathsOf lists the operations that are taken, each with its place below the base:
// only, where it is one, else what the vendor has.
func pathsOf(v *provider.Vendor, only llm.Op) map[llm.Op]string {
	all := map[llm.Op]string{
		llm.OpChat: "chat/completions", llm.OpCompletion: "completions", llm.OpEmbeddings: "embeddings",
	}
	if v != nil {
		for c, path := range v.Paths {
			all[c.Op()] = path
		}
	}
	for op := range all {
		if only != 0 && op != only || only == 0 && v != nil && !v.Takes(op) {
			delete(all, op)
		}
	}
	return all
}
