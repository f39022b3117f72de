package config

import (
	"cmp"
	"regexp"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/secret"
)

// exampleSecrets are the keys that the chapter's configurations print: whoever
// has read it knows them.
var exampleSecrets = regexp.MustCompile(`^sk-(litellm-master-key-123456|team-[a-z]-key-\d+)$`)

// keysPath is where static keys stand.
const keysPath = "security_settings.valid_api_keys"

// keySet is a set of keys.
type keySet map[string]bool

// add puts a key in and reports whether it was in already.
func (s keySet) add(key secret.Text) (twice bool) {
	twice = s[key.Reveal()]
	s[key.Reveal()] = true
	return twice
}

// access resolves the master key and the static keys.
func (r *resolver) access() {
	const masterPath = "general_settings.master_key"
	master := r.cfg.Document.GeneralSettings.MasterKey
	r.cfg.MasterKey = master
	r.usableKey(master, masterPath)
	for i, key := range r.cfg.Document.SecuritySettings.ValidAPIKeys {
		path := indexed(keysPath, i)
		switch {
		case key.Empty():
			if !r.reported(path) {
				r.fail(path, CodeEmptyItem, "remove it", "the key is empty")
			}
			continue
		case key.Reveal() == master.Reveal():
			r.fail(path, CodeDuplicateName, "make a key of its own", "this is the master key, which no client should have")
		case r.keys.add(key):
			r.fail(path, CodeDuplicateName, "remove one", "the same key stands in the list before")
		}
		r.usableKey(key, path)
		r.cfg.Keys = append(r.cfg.Keys, key)
	}
}

// usableKey checks that a key can be sent in a header, and that it is secret.
func (r *resolver) usableKey(key secret.Text, path string) {
	r.headerSafe(key, path)
	if exampleSecrets.MatchString(key.Reveal()) {
		r.warn(path, CodeExampleSecret, "make one with: openssl rand -hex 24", "this is an example key that is printed in a book")
	}
}

// headerSafe checks that a credential can be sent in a header.
func (r *resolver) headerSafe(key secret.Text, path string) {
	unfit := func(c rune) bool { return c <= ' ' || c > '~' }
	if strings.ContainsFunc(key.Reveal(), unfit) {
		r.fail(path, CodeBadSecret, "remove it, a line end or blank perhaps", "the secret has a character that cannot be sent in a header")
	}
}

// limits resolves rate_limit_settings.
func (r *resolver) limits() {
	const path = "rate_limit_settings"
	settings := &r.cfg.Document.RateLimitSettings
	if settings.BurstSize != 0 && settings.Strategy != "token_bucket" {
		r.warn(path+".burst_size", CodeNoEffect, "set strategy: token_bucket, or remove it", "burst_size has no effect with %s", settings.Strategy)
	}
	seen := keySet{}
	var limits []KeyLimit
	for i, limit := range settings.Limits {
		at := indexed(path+".limits", i)
		if !r.limited(limit, at) {
			continue
		}
		limits = append(limits, limit)
		if seen.add(limit.APIKey) {
			r.fail(at, CodeDuplicateName, "put them together", "there are limits for this key before")
		}
		if !r.keys[limit.APIKey.Reveal()] {
			r.warn(at+".api_key", CodeUnknownAPIKey, "add it there, or remove the limit", "this key is not in %s", keysPath)
		}
	}
	security := &r.cfg.Document.SecuritySettings
	r.cfg.DefaultLimits = LimitSet{
		RPM: security.RPMLimit, TPM: security.TPMLimit, MaxParallel: r.cfg.Document.GeneralSettings.MaxParallelRequests,
	}
	if settings.Enabled {
		r.cfg.KeyLimits = limits
		r.cfg.DefaultLimits = settings.DefaultLimits.or(r.cfg.DefaultLimits)
	}
}

// limited reports whether limits are for a key, which is what they must be for, or
// for a team.
func (r *resolver) limited(limit KeyLimit, path string) bool {
	switch {
	case limit.APIKey.Empty() && limit.Team == "" && !r.reported(path+".api_key"):
		r.fail(path+".api_key", CodeMissingKey, "write one of "+keysPath, "this key is required")
	case !limit.APIKey.Empty() && limit.Team != "":
		r.fail(path+".team", CodeConflict, "make two entries", "limits are for a key or for a team")
	}
	return !limit.APIKey.Empty()
}

// or fills what is not set from other.
func (l LimitSet) or(other LimitSet) LimitSet {
	return LimitSet{
		RPM: cmp.Or(l.RPM, other.RPM), TPM: cmp.Or(l.TPM, other.TPM),
		RPD: cmp.Or(l.RPD, other.RPD), MaxParallel: cmp.Or(l.MaxParallel, other.MaxParallel),
	}
}

// gatewayBudget is the name of the gateway's own budget.
const gatewayBudget = "gateway"

// budgets resolves budget_settings and the gateway's own budget.
func (r *resolver) budgets() {
	settings := &r.cfg.Document.BudgetSettings
	r.wholeBudget()
	names := map[string]bool{gatewayBudget: true}
	var budgets []Budget
	for i := range settings.Budgets {
		e := &settings.Budgets[i]
		at := indexed("budget_settings.budgets", i)
		if names[e.Name] && e.Name != "" {
			r.fail(at+".name", CodeDuplicateName, "names are unique", "there is a budget %q already", e.Name)
		}
		names[e.Name] = true
		r.budgetKeys(e, at)
		if len(e.APIKeys) == 0 {
			continue
		}
		budgets = append(budgets, Budget{
			Name: e.Name, Keys: e.APIKeys, Limit: deref(e.Limit, 0), Period: e.Period,
			AlertThreshold: e.AlertThreshold, Hard: e.HardLimit,
			Location: r.location(e.Timezone, settings.Timezone),
		})
	}
	if settings.Enabled {
		r.cfg.Budgets = budgets
	}
}

// wholeBudget resolves the budget for everything: security_settings wins over
// LiteLLM's place for it.
func (r *resolver) wholeBudget() {
	security, global := &r.cfg.Document.SecuritySettings, &r.cfg.Document.LiteLLMSettings
	limit, period := security.MaxBudget, security.BudgetDuration
	switch {
	case limit == nil && global.MaxBudget == nil:
		return
	case limit == nil:
		limit, period = global.MaxBudget, global.BudgetDuration
	case global.MaxBudget != nil:
		r.warn("litellm_settings.max_budget", CodeNoEffect, "keep one of the two", "security_settings.max_budget wins over this")
	}
	r.cfg.GatewayBudget = &Budget{
		Name: gatewayBudget, Limit: *limit, Period: period, Hard: true,
		Location: r.location(security.Timezone, r.cfg.Document.BudgetSettings.Timezone),
	}
}

// location is the first time zone that is set, then those for all of the gateway.
func (r *resolver) location(zones ...Timezone) *time.Location {
	zones = append(zones, r.cfg.Document.LiteLLMSettings.Timezone, r.cfg.Document.GeneralSettings.Timezone)
	return cmp.Or(zones...).Location()
}

// budgetKeys checks that a budget is for keys there are, each once, or for teams.
func (r *resolver) budgetKeys(e *BudgetEntry, path string) {
	if len(e.APIKeys) == 0 && len(e.Teams) == 0 && !r.reported(path+".api_keys") && !r.reported(path) {
		r.fail(path+".api_keys", CodeMissingKey, "list at least one of "+keysPath, "this key is required")
	}
	seen := keySet{}
	for i, key := range e.APIKeys {
		at := indexed(path+".api_keys", i)
		switch {
		case key.Empty():
			// A reference that was reported, or an empty item.
		case !r.keys[key.Reveal()]:
			r.fail(at, CodeUnknownAPIKey, "add it there, or correct it", "this key is not in %s", keysPath)
		case seen.add(key):
			r.fail(at, CodeDuplicateName, "remove one", "the same key stands in the budget before")
		}
	}
}
