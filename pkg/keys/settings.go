package keys

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Settings are what a request chooses of a key.
type Settings struct {
	adminapi.KeySettings

	// Notes are put into the metadata, beside what is there.
	Notes map[string]json.RawMessage
}

// The bounds on what can be stored of a key.
const (
	maxAlias    = 128 // bytes
	maxModels   = 1000
	maxModel    = 256      // bytes
	maxMetadata = 16 << 10 // bytes
	// maxLimit leaves room for arithmetic; nobody counts so far in a minute.
	maxLimit = 1_000_000_000_000_000
)

// edit is one application of settings to a record.
type edit struct {
	*Record
	now    time.Time
	period func(string) error
}

// apply puts the settings into the record. The team is not its business: that one
// has to be looked up.
func (e *edit) apply(s *Settings) error {
	for _, step := range []func(*Settings) error{
		e.alias, e.models, e.limits, e.budget, e.lifetime, e.metadata,
	} {
		if err := step(s); err != nil {
			return err
		}
	}
	if s.Blocked.Given {
		e.Blocked = s.Blocked.Value != nil && *s.Blocked.Value
	}
	return nil
}

func (e *edit) alias(s *Settings) error {
	if !s.Alias.Given {
		return nil
	}
	e.Alias = valueOf(s.Alias)
	if e.Alias == "" {
		return nil
	}
	return checkName(e.Alias, "key_alias")
}

// masterName is what reports call the master key.
const masterName = "master"

// checkName refuses names that cannot be shown on one line, or be mistaken for
// something else that names a key.
func checkName(name, param string) error {
	_, isHash := ParseHash(name)
	switch {
	case len(name) > maxAlias:
		return invalid(param, "a name has %d bytes at most", maxAlias)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return invalid(param, "a name has letters, digits, punctuation and blanks only")
	case strings.TrimSpace(name) != name:
		return invalid(param, "a name does not begin or end with a blank")
	case strings.HasPrefix(name, secretPrefix):
		return invalid(param, "a name does not begin with sk-: it would look like a key's secret")
	case strings.HasPrefix(name, idPrefix) || isHash:
		return invalid(param, "a name does not look like a key's id or hash")
	case name == masterName:
		return invalid(param, "the name %q is the master key's", name)
	}
	return nil
}

// The names with a meaning in LiteLLM.
const (
	allModels  = "all-proxy-models"
	teamModels = "all-team-models"
	noModels   = "no-default-models"
)

func (e *edit) models(s *Settings) error {
	if !s.Models.Given {
		return nil
	}
	e.Models = nil
	seen := make(map[string]bool)
	all := false
	for i, name := range valueOf(s.Models) {
		switch {
		case name == "":
			return invalid("models", "models[%d] is empty", i)
		case len(name) > maxModel || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
			return invalid("models", "models[%d] is no name of a model", i)
		case name == teamModels || name == noModels:
			return invalid("models", "%q needs teams that have models, which this version does not have (list the models)", name)
		case len(e.Models) == maxModels:
			return invalid("models", "there are more than %d models (use patterns such as claude-*)", maxModels)
		}
		all = all || name == allModels
		if !seen[name] {
			seen[name] = true
			e.Models = append(e.Models, name)
		}
	}
	if all {
		e.Models = nil
	}
	return nil
}

func (e *edit) limits(s *Settings) error {
	for _, l := range []struct {
		name  string
		given adminapi.Optional[int64]
		into  *int64
	}{
		{"rpm_limit", s.RPM, &e.Limits.RPM},
		{"tpm_limit", s.TPM, &e.Limits.TPM},
		{"rpd_limit", s.RPD, &e.Limits.RPD},
		{"max_parallel_requests", s.Parallel, &e.Limits.Parallel},
	} {
		switch {
		case !l.given.Given:
		case l.given.Value == nil:
			*l.into = 0
		case *l.given.Value < 1:
			return invalid(l.name, "%s is 1 or more (null takes the limit off; blocked: true lets nothing through)", l.name)
		case *l.given.Value > maxLimit:
			return invalid(l.name, "%s is %d at most (null takes the limit off)", l.name, int64(maxLimit))
		default:
			*l.into = *l.given.Value
		}
	}
	return nil
}

// budget changes the terms. Their id stays, so that what was spent still counts.
func (e *edit) budget(s *Settings) error {
	if !s.MaxBudget.Given && !s.BudgetDuration.Given {
		return nil
	}
	terms := Terms{Hard: true} // what a key may spend is a limit, not a wish
	if e.Budget != nil {
		terms = *e.Budget
	}
	switch {
	case !s.MaxBudget.Given:
	case s.MaxBudget.Value == nil:
		e.Budget = nil
		if valueOf(s.BudgetDuration) != "" {
			return invalid("budget_duration", "a budget_duration needs a max_budget")
		}
		return nil
	default:
		amount, err := llm.ParseUSD(s.MaxBudget.Value.String())
		if err != nil || amount <= 0 {
			return invalid("max_budget", "max_budget is an amount in US dollars above 0, such as 100 or 0.5 (null takes the budget off)")
		}
		terms.Limit = amount
	}
	if terms.Limit == 0 {
		if s.BudgetDuration.Value == nil {
			return nil
		}
		return invalid("budget_duration", "a budget_duration needs a max_budget")
	}
	if s.BudgetDuration.Given {
		terms.Period = strings.ToLower(valueOf(s.BudgetDuration))
	}
	if terms.Period == "" {
		terms.Period = "total"
	}
	if err := e.period(terms.Period); err != nil {
		return invalid("budget_duration", "budget_duration: %v", err)
	}
	if terms.ID == "" {
		terms.ID = newID("budget_")
	}
	e.Budget = &terms
	return nil
}

func (e *edit) lifetime(s *Settings) error {
	switch {
	case !s.Duration.Given:
	case s.Duration.Value == nil:
		e.Expires = time.Time{}
	default:
		expires, err := after(e.now, *s.Duration.Value)
		if err != nil {
			return invalid("duration", "duration: %v (null means for ever)", err)
		}
		e.Expires = expires
	}
	return nil
}

func (e *edit) metadata(s *Settings) error {
	if !s.Metadata.Given && len(s.Notes) == 0 {
		return nil
	}
	members := make(map[string]json.RawMessage)
	switch {
	case s.Metadata.Given:
		maps.Copy(members, valueOf(s.Metadata))
	case e.Metadata != "":
		if err := json.Unmarshal([]byte(e.Metadata), &members); err != nil {
			return fmt.Errorf("metadata of the key %s: %w", e.ID, err)
		}
	}
	maps.Copy(members, s.Notes)
	e.Metadata = ""
	if len(members) == 0 {
		return nil
	}
	text, err := encodeObject(members)
	if err != nil {
		return invalid("metadata", "metadata: %v", err)
	}
	if len(text) > maxMetadata {
		return invalid("metadata", "the metadata has more than %d bytes", maxMetadata)
	}
	e.Metadata = text
	return nil
}

// names are the settings that were given, by their names in the API.
func (s *Settings) names() []string {
	var names []string
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"key_alias", s.Alias.Given},
		{"team_id", s.TeamID.Given},
		{"models", s.Models.Given},
		{"rpm_limit", s.RPM.Given},
		{"tpm_limit", s.TPM.Given},
		{"rpd_limit", s.RPD.Given},
		{"max_parallel_requests", s.Parallel.Given},
		{"max_budget", s.MaxBudget.Given},
		{"budget_duration", s.BudgetDuration.Given},
		{"duration", s.Duration.Given},
		{"metadata", s.Metadata.Given || len(s.Notes) > 0},
		{"blocked", s.Blocked.Given},
	} {
		if f.given {
			names = append(names, f.name)
		}
	}
	return names
}

// valueOf is the value of a setting, zero for none.
func valueOf[T any](o adminapi.Optional[T]) T {
	if o.Value == nil {
		var zero T
		return zero
	}
	return *o.Value
}

// encodeObject writes members in the order of their names, values as they are.
func encodeObject(members map[string]json.RawMessage) (string, error) {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(members); err != nil {
		return "", err
	}
	return strings.TrimSuffix(text.String(), "\n"), nil
}
