package openai

import (
	"fmt"
	"net/url"
	"regexp"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
)

// rule is a provider.ModelRule, ready to use.
type rule struct {
	match             *regexp.Regexp
	model, path, base string
}

// rulesOf compiles a vendor's rules. Those that lead to another address of the
// vendor do not hold where an address was configured.
func rulesOf(v *provider.Vendor, base *url.URL) ([]rule, error) {
	if v == nil {
		return nil, nil
	}
	own, err := provider.ParseBaseURL(v.BaseURL, DefaultBaseURL)
	elsewhere := err != nil || *own != *base
	rules := make([]rule, 0, len(v.Models))
	for _, m := range v.Models {
		match, err := regexp.Compile(`^(?:` + m.Match + `)$`)
		if err != nil {
			return nil, fmt.Errorf("models: %w", err)
		}
		if m.BaseURL == "" || !elsewhere {
			rules = append(rules, rule{match: match, model: m.Model, path: m.Path, base: m.BaseURL})
		}
	}
	return rules, nil
}

// rewrite applies the first rule that matches the model of req, in a copy.
func (p *Provider) rewrite(req *llm.Request, target *url.URL) (*llm.Request, *url.URL) {
	for i := range p.rules {
		r := &p.rules[i]
		groups := r.match.FindStringSubmatchIndex(req.Model)
		if groups == nil {
			continue
		}
		expand := func(template string) string {
			return string(r.match.ExpandString(nil, template, req.Model, groups))
		}
		if r.path != "" {
			target = p.base.JoinPath(expand(r.path), p.paths[req.Op])
		}
		if r.base != "" {
			if base, err := url.Parse(expand(r.base)); err == nil {
				target = base.JoinPath(p.paths[req.Op])
			}
		}
		if r.model != "" {
			changed := *req
			changed.Model = expand(r.model)
			changed.Edits.Model = changed.Model
			req = &changed
		}
		return req, target
	}
	return req, target
}
