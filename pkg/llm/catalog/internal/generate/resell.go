package main

import (
	"slices"
	"strings"
)

// openaiLongContext adds what one of the sources lacks: calls with more than
// 272,000 input tokens cost 2 times the input and 1.5 times the output price,
// for the full request, on the models with a window of 1,050,000 tokens.
// developers.openai.com/api/docs/models/gpt-5.6-luna, read 2026-11.
func openaiLongContext(r *row) bool {
	const window, threshold = 1_050_000, 272_000
	if r.context != window || r.tierAbove != 0 || r.base.input == nil {
		return false
	}
	r.tierAbove = threshold
	r.tier = rates{
		input: times(r.base.input, 2, 1), output: times(r.base.output, 3, 2),
		read: times(r.base.read, 2, 1), write5m: times(r.base.write5m, 2, 1),
	}
	return true
}

// xaiLongContext adds what the sources lack: from Grok 4.20 on, calls with more than
// 200,000 input tokens cost twice as much. docs.x.ai/docs/models, read 2026-11.
func xaiLongContext(r *row) bool {
	if !strings.HasPrefix(r.model, "grok-4.") || r.tierAbove != 0 || r.base.input == nil {
		return false
	}
	r.tierAbove, r.tier = 200_000, r.base.times(2, 1)
	return true
}

// sellers are providers that sell other vendors' models at the vendor's prices,
// and how the names begin there. openrouter.ai/docs/faq,
// vercel.com/docs/ai-gateway/pricing, cloud.google.com/vertex-ai/generative-ai/pricing,
// azure.microsoft.com/pricing/details/ai-foundry; read 2026-11.
var sellers = []struct{ provider, prefix, vendor string }{
	{"openrouter", "anthropic/", "anthropic"},
	{"openrouter", "google/", "gemini"},
	{"openrouter", "openai/", "openai"},
	{"openrouter", "x-ai/", "xai"},
	{"vercel_ai_gateway", "anthropic/", "anthropic"},
	{"vercel_ai_gateway", "google/", "gemini"},
	{"vercel_ai_gateway", "openai/", "openai"},
	{"vercel_ai_gateway", "xai/", "xai"},
	{"vertex_ai", "gemini-", "gemini"},
	{"vertex_ai", "claude-", "anthropic"},
	{"azure", "", "openai"},
	{"azure_ai", "claude-", "anthropic"},
}

// resell completes rows whose prices of input and output are the vendor's own by
// what only the vendor's row has: the price of long calls and of cache writes. A
// price of cached input above the vendor's is a slip (azure/gpt-5: 0.25 instead of
// 0.125). The rows are sorted.
func resell(rows []row) {
	for i := range rows {
		r := &rows[i]
		for _, s := range sellers {
			name, ok := strings.CutPrefix(r.model, s.prefix)
			if r.provider != s.provider || !ok {
				continue
			}
			if strings.HasSuffix(s.prefix, "-") {
				name = r.model
			}
			if v := vendorRow(rows, s.vendor, name); v != nil {
				r.corrected = r.takeFrom(v) || r.corrected
			}
		}
	}
}

// vendorRow finds the vendor's row. Sellers write Anthropic's versions with a dot.
func vendorRow(rows []row, vendor, name string) *row {
	if vendor == "anthropic" {
		name = strings.ReplaceAll(name, ".", "-")
	}
	i, ok := slices.BinarySearchFunc(rows, name, func(r row, name string) int {
		if c := strings.Compare(r.provider, vendor); c != 0 {
			return c
		}
		return strings.Compare(r.model, name)
	})
	if !ok {
		return nil
	}
	return &rows[i]
}

func (r *row) takeFrom(v *row) bool {
	p, own := &r.base, &v.base
	if p.input == nil || own.input == nil || *p.input != *own.input || p.output == nil || own.output == nil || *p.output != *own.output {
		return false
	}
	changed := false
	if p.read != nil && own.read != nil && *p.read > *own.read {
		p.read, changed = own.read, true
	}
	if p.write5m == nil && own.write5m != nil {
		p.write5m, changed = own.write5m, true
	}
	if r.tierAbove == 0 && v.tierAbove > 0 {
		r.tierAbove, r.tier, changed = v.tierAbove, v.tier, true
	}
	return changed
}
