package keys

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/keys"
)

// The names of models that mean something else in LiteLLM.
const (
	allProxyModels = "all-proxy-models"
	allTeamModels  = "all-team-models"
	noModels       = "no-default-models"
)

// untaken are the fields that are known and say nothing here: bookkeeping, and what
// comes from somewhere else.
const untaken = `token_id key_type created_by created_at updated_at updated_by last_active last_refreshed_at last_rotation_at
	user_id org_id organization_id spend model_spend soft_budget_cooldown budget_reset_at rotation_count user team_alias
	end_user_id user_role object_permission_id budget_limits_reset_at`

// converter makes keys of records.
type converter struct {
	// teamModels are what all-team-models stands for; nil where nobody has said.
	teamModels *[]string
	// ignored counts keys by the fields of theirs that are not taken over.
	ignored map[string]int
	// first is where a hash, or a name, has been seen first.
	first map[string]int
}

// convert makes a key of a record, or says everything that is wrong with it.
func (c *converter) convert(r record) (adminapi.ImportedKey, error) {
	var k adminapi.ImportedKey
	var problems []error
	read := func(field string, into func(text string) error) {
		text := r.fields[field]
		if text == "" {
			return
		}
		if err := into(text); err != nil {
			problems = append(problems, &lineError{r.line, fmt.Errorf("%s: %w", field, err)})
		}
	}
	if r.fields["token"] == "" {
		problems = append(problems, &lineError{r.line, errors.New("token is missing: the SHA-256 of the key")})
	}
	read("token", func(text string) error { return c.token(text, r.line, &k) })
	read("key_alias", func(text string) error { k.Alias = adminapi.Some(text); return c.once("name "+text, r.line) })
	read("key_name", func(text string) error { k.KeyName = text; return nil })
	read("team_id", func(text string) error { k.TeamID = adminapi.Some(text); return nil })
	read("models", func(text string) error { return c.models(text, &k) })
	read("rpm_limit", limitInto(&k.RPM))
	read("tpm_limit", limitInto(&k.TPM))
	read("rpd_limit", limitInto(&k.RPD))
	read("max_parallel_requests", limitInto(&k.Parallel))
	read("max_budget", func(text string) error { return budgetInto(text, &k) })
	read("budget_duration", func(text string) error { return c.period(text, r, &k) })
	read("expires", timeInto(&k.Expires))
	read("created_at", timeInto(&k.CreatedAt))
	read("blocked", func(text string) error {
		blocked, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		k.Blocked = adminapi.Some(blocked)
		return nil
	})
	read("metadata", func(text string) error { return metadataInto(text, &k) })
	c.countIgnored(r)
	return k, errors.Join(problems...)
}

// token reads a hash. A secret in its place is hashed here: it goes no further.
func (c *converter) token(text string, line int, k *adminapi.ImportedKey) error {
	if strings.HasPrefix(text, secretPrefix) {
		k.Token = keys.Sum(text).String()
		return c.once("token "+k.Token, line)
	}
	hash, ok := keys.ParseHash(text)
	if !ok {
		return errors.New("a token is the SHA-256 of the key, 64 hexadecimal digits")
	}
	k.Token = hash.String()
	return c.once("token "+k.Token, line)
}

// once refuses what stands in the files twice.
func (c *converter) once(what string, line int) error {
	if first, seen := c.first[what]; seen {
		return fmt.Errorf("the same stands in line %d", first)
	}
	c.first[what] = line
	return nil
}

func (c *converter) models(text string, k *adminapi.ImportedKey) error {
	names, err := parseList(text)
	if err != nil {
		return err
	}
	models := []string{}
	for _, name := range names {
		switch {
		case name == allProxyModels:
			k.Models = adminapi.Some([]string{})
			return nil
		case name == allTeamModels && c.teamModels != nil && len(*c.teamModels) == 0:
			k.Models = adminapi.Some([]string{})
			return nil
		case name == allTeamModels && c.teamModels != nil:
			models = append(models, *c.teamModels...)
		case name == allTeamModels:
			return errors.New("all-team-models: teams have no models here (say with --team-models which ones are meant, or all)")
		case name == noModels:
			return errors.New("no-default-models: a key without models is a blocked one here (set blocked, and models to [])")
		default:
			models = append(models, name)
		}
	}
	k.Models = adminapi.Some(models)
	return nil
}

// parseList reads a list as JSON, as PostgreSQL writes it ({a,"b c"}), or with commas.
func parseList(text string) ([]string, error) {
	switch {
	case strings.HasPrefix(text, "["):
		var names []string
		if err := json.Unmarshal([]byte(text), &names); err != nil {
			return nil, errors.New("this is no list of names")
		}
		return names, nil
	case strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}"):
		text = text[1 : len(text)-1]
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	r := csv.NewReader(strings.NewReader(text))
	r.TrimLeadingSpace = true
	names, err := r.Read()
	if err != nil {
		return nil, errors.New("this is no list of names")
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" }), nil
}

// limitInto reads a limit. Tables that hold numbers as floats write 60 as 60.0.
func limitInto(into *adminapi.Optional[int64]) func(string) error {
	return func(text string) error {
		whole, zeros, _ := strings.Cut(text, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		switch {
		case err != nil || strings.Trim(zeros, "0") != "" || n < 0:
			return fmt.Errorf("%q is no whole number", text)
		case n == 0:
			return errors.New("a limit of 0 lets nothing through (set blocked, and leave it out)")
		}
		*into = adminapi.Some(n)
		return nil
	}
}

func budgetInto(text string, k *adminapi.ImportedKey) error {
	budget, _, err := parseBudget(text)
	switch {
	case strings.Contains(text, "/"), err != nil && !errors.Is(err, errNothing):
		return fmt.Errorf("%q is no amount in USD", text)
	case err != nil || budget.Value == nil:
		return errors.New("a budget of 0 lets nothing through (set blocked, and leave it out)")
	}
	k.MaxBudget = budget
	return nil
}

// period reads how long a budget lasts. LiteLLM keeps one without a budget, too, where
// it means nothing.
func (c *converter) period(text string, r record, k *adminapi.ImportedKey) error {
	period, err := parsePeriod(text)
	if err != nil || r.fields["max_budget"] == "" {
		return err
	}
	k.BudgetDuration = adminapi.Some(period)
	return nil
}

// timeLayouts are how times stand in answers of LiteLLM and tables of PostgreSQL. Those
// without a zone are in UTC.
//
//nolint:gochecknoglobals // a table
var timeLayouts = []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02T15:04:05", time.DateTime, time.DateOnly}

func timeInto(into **time.Time) func(string) error {
	return func(text string) error {
		for _, layout := range timeLayouts {
			if at, err := time.Parse(layout, text); err == nil {
				at = at.UTC()
				*into = &at
				return nil
			}
		}
		return fmt.Errorf("%q is no time (write 2027-06-30T12:00:00Z)", text)
	}
}

func metadataInto(text string, k *adminapi.ImportedKey) error {
	var notes map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &notes) != nil {
		return errors.New("this is no JSON object")
	}
	if len(notes) > 0 {
		k.Metadata = adminapi.Some(notes)
	}
	return nil
}

// taken are the fields that convert reads.
const taken = `token key_alias key_name team_id models rpm_limit tpm_limit rpd_limit max_parallel_requests max_budget
	budget_duration expires created_at blocked metadata`

// countIgnored counts the fields that would change what the key may do.
func (c *converter) countIgnored(r record) {
	for name, text := range r.fields {
		switch text {
		case "", "{}", "[]", "0", "0.0", "false", "f":
			continue
		}
		if !slices.Contains(strings.Fields(taken+" "+untaken), name) {
			c.ignored[name]++
		}
	}
}
