package validate

import (
	"fmt"
	"time"
)

// prices finds deployments whose calls cannot be priced. A pattern stands for models
// that are known only when they are asked for.
func (in *inspection) prices() (found []Finding) {
	cfg := in.Config
	for i := range cfg.Models {
		m := &cfg.Models[i]
		if isPattern(m.UpstreamModel) {
			continue
		}
		known, err := m.Known(cfg.Catalog, m.UpstreamModel)
		if err == nil && known.Price != nil {
			continue
		}
		found = append(found, Finding{
			Code: CodeUnknownPrice, Severity: Warning, Subject: m.Path + " (" + m.Group + ")",
			Message: fmt.Sprintf("no price is known for %s/%s: %s", m.Provider, m.UpstreamModel, in.unpriced()),
			Hint:    "set input_cost_per_token and output_cost_per_token in litellm_params, or base_model in model_info", File: cfg.File,
		})
	}
	return found
}

// unpriced says what becomes of calls without a price.
func (in *inspection) unpriced() string {
	hard := in.Config.GatewayBudget != nil && in.Config.GatewayBudget.Hard
	for i := range in.Config.Budgets {
		hard = hard || in.Config.Budgets[i].Hard
	}
	switch {
	case !hard:
		return "its calls cost nothing in reports"
	case in.Config.Document.BudgetSettings.UnknownPrice == "block":
		return "hard budgets refuse its calls"
	default:
		return "hard budgets count the dearest known price of the provider"
	}
}

// soon is how long before its retirement a model is warned of.
const soon = 60 * 24 * time.Hour

// retirement finds models that their vendors have switched off, or will.
func (in *inspection) retirement() (found []Finding) {
	cfg := in.Config
	for i := range cfg.Models {
		m := &cfg.Models[i]
		if isPattern(m.UpstreamModel) {
			continue
		}
		provider, name := m.Priced(cfg.Catalog, m.UpstreamModel)
		known, ok := cfg.Catalog.Lookup(provider, name)
		if !ok || known.Deprecation.IsZero() {
			continue
		}
		f := Finding{
			Severity: Warning, Subject: m.Path + " (" + m.Group + ")", Hint: "choose its successor: llmgw models list --catalog --provider " + m.Provider, File: cfg.File,
		}
		day := known.Deprecation.Format(time.DateOnly)
		switch left := known.Deprecation.Sub(in.Now); {
		case left <= 0:
			f.Code, f.Message = CodeRetired, fmt.Sprintf("%s/%s is retired since %s, as far as the catalogue knows", m.Provider, m.UpstreamModel, day)
		case left <= soon:
			f.Code, f.Message = CodeRetiring, fmt.Sprintf("%s/%s will be retired on %s, as far as the catalogue knows", m.Provider, m.UpstreamModel, day)
		default:
			continue
		}
		found = append(found, f)
	}
	return found
}
