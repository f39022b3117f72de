package provider

import (
	"net/http"
	"strings"

	"github.com/llmgw/llmgw/pkg/llm"
)

// maxRequestID bounds the vendor's id of a call, in bytes: it goes into a header
// field and a line of the log.
const maxRequestID = 128

// publicHeader picks the fields of an answer that the client may see. Everything
// else is dropped: hop-by-hop fields, cookies, the network in front of the
// vendor, and what tells of the account behind the credential. Values are shared
// with h.
func publicHeader(h http.Header) llm.Header {
	out := make(llm.Header, 4)
	for name, values := range h {
		if isPublic(name) {
			out[name] = values
		}
	}
	return out
}

// isPublic decides by canonical name.
//
// Anthropic: platform.claude.com/docs/en/api/overview (request-id,
// anthropic-organization-id), .../rate-limits, .../service-tiers
// (anthropic-priority-*), fast mode (anthropic-fast-*); OpenAI:
// platform.openai.com/docs/api-reference/debugging-requests. Read 2026-11-22.
func isPublic(name string) bool {
	switch name {
	case "Content-Type", "Retry-After", "X-Should-Retry":
		return true
	case "Anthropic-Organization-Id", "Anthropic-Workspace-Id", "Openai-Organization", "Openai-Project":
		return false
	}
	if rest, ok := strings.CutPrefix(name, "Anthropic-"); ok {
		return !strings.HasPrefix(rest, "Ratelimit-") && !strings.HasPrefix(rest, "Priority-") &&
			!strings.HasPrefix(rest, "Fast-")
	}
	return strings.HasPrefix(name, "Openai-")
}

// requestIDOf finds the vendor's id of the call, "" where there is none.
func requestIDOf(h http.Header) string {
	for _, name := range [...]string{"Request-Id", "X-Request-Id", "Apim-Request-Id", "X-Amzn-Requestid"} {
		if v := h[name]; len(v) > 0 && v[0] != "" {
			return v[0][:min(len(v[0]), maxRequestID)]
		}
	}
	return ""
}

// mediaType is the type of a Content-Type without its parameters, in the case in
// which it was sent.
func mediaType(h http.Header) string {
	v := h["Content-Type"]
	if len(v) == 0 {
		return ""
	}
	t, _, _ := strings.Cut(v[0], ";")
	return strings.TrimSpace(t)
}

func isEventStream(media string) bool { return strings.EqualFold(media, "text/event-stream") }

// isJSON takes application/json and the +json types.
func isJSON(media string) bool {
	const suffix = "+json"
	if strings.EqualFold(media, "application/json") {
		return true
	}
	return len(media) > len(suffix) && strings.EqualFold(media[len(media)-len(suffix):], suffix)
}
