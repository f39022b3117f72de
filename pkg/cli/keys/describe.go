package keys

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
)

// The states of a key.
const (
	active  = "active"
	blocked = "blocked"
	expired = "expired"
	// configured keys stand in the configuration, and only there can they be changed.
	configured = "config"
)

// stateOf tells whether a key can be used, and if not why.
func stateOf(k *adminapi.Key, now time.Time) string {
	switch {
	case k.Blocked:
		return blocked
	case isExpired(k, now):
		return expired
	case k.Source == adminapi.SourceConfig:
		return configured
	default:
		return active
	}
}

func isExpired(k *adminapi.Key, now time.Time) bool { return k.Expires != nil && !k.Expires.After(now) }

// limitsOf tells the limits in a few words.
func limitsOf(k *adminapi.Key) string {
	var limits []string
	for _, l := range []struct {
		n    *int64
		unit string
	}{{k.RPM, "rpm"}, {k.TPM, "tpm"}, {k.RPD, "rpd"}, {k.Parallel, "parallel"}} {
		if l.n != nil {
			limits = append(limits, fmt.Sprintf("%d %s", *l.n, l.unit))
		}
	}
	return strings.Join(limits, ", ")
}

// modelsOf names the models, or all.
func modelsOf(k *adminapi.Key) string {
	if len(k.Models) == 0 {
		return "all"
	}
	return strings.Join(k.Models, ", ")
}

// spentOf tells what was spent, and of how much, in USD.
func spentOf(k *adminapi.Key) string {
	spend := k.Spend.String()
	if spend == "" {
		spend = "0"
	}
	if k.MaxBudget == nil {
		return spend
	}
	return strings.TrimSpace(spend + " of " + k.MaxBudget.String() + " " + k.BudgetDuration)
}

// teamOf names the team.
func teamOf(k *adminapi.Key) string {
	if k.TeamAlias != "" {
		return k.TeamAlias
	}
	return k.TeamID
}

// fact is something that is told of a key.
type fact struct{ what, value string }

// facts are the settings of a key, those that are there.
func facts(k *adminapi.Key, now time.Time) []fact {
	var list []fact
	add := func(what, value string) {
		if value != "" {
			list = append(list, fact{what, value})
		}
	}
	add("team", teamOf(k))
	add("models", modelsOf(k))
	add("limits", limitsOf(k))
	if k.MaxBudget != nil {
		add("budget", strings.TrimSpace(k.MaxBudget.String()+" USD "+k.BudgetDuration))
	}
	add("expires", terminal.When(k.Expires, now))
	add("old secret works until", terminal.When(k.GraceUntil, now))
	return list
}

// notesOf are the notes, strings without their quotes.
func notesOf(metadata map[string]json.RawMessage) string {
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		value := string(metadata[name])
		var text string
		if json.Unmarshal(metadata[name], &text) == nil {
			value = text
		}
		notes = append(notes, name+"="+value)
	}
	return strings.Join(notes, ", ")
}
