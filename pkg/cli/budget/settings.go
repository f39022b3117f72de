package budget

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Settings are what the command line chooses of a budget.
type Settings struct {
	adminapi.BudgetSettings

	keys, add, remove []string
	soft              bool
}

// bind adds the flags that all budgets have.
func (s *Settings) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Func("limit", "`amount` in USD that may be spent in a period: 100, 2.50", func(text string) (err error) {
		s.MaxBudget, err = parseLimit(text)
		return err
	})
	flags.Func("period", "`time` after which it starts anew: hourly, daily, weekly, monthly, yearly, total, or 12h, 30d, 2w, 1mo", func(text string) error {
		text = strings.ToLower(strings.TrimSpace(text))
		if _, err := budget.ParsePeriod(text, nil); err != nil || text == "" {
			return errPeriod
		}
		s.Duration = adminapi.Some(text)
		return nil
	})
	flags.StringArrayVar(&s.keys, "key", nil, "`key` that falls under it, by name, id, hash or secret; may be given again")
	flags.BoolVar(&s.soft, "soft", false, "only count and alert: refuse nothing")
	flags.Func("alert-threshold", "`share` of the limit from which people are told, such as 0.8; none for no alert", func(text string) (err error) {
		s.AlertThreshold, err = parseThreshold(text)
		return err
	})
}

// errPeriod says how periods are written.
var errPeriod = errors.New("this is no period (write hourly, daily, weekly, monthly, yearly, total, or 30s, 15m, 12h, 30d, 2w, 1mo)")

// finish takes over what flags cannot write themselves.
func (s *Settings) finish(cmd *cobra.Command) {
	if cmd.Flags().Changed("key") {
		s.Keys = adminapi.Some(references(s.keys))
	}
	if cmd.Flags().Changed("soft") {
		s.Hard = adminapi.Some(!s.soft)
	}
	s.AddKeys, s.RemoveKeys = references(s.add), references(s.remove)
}

// errLimit says how limits are written.
var errLimit = errors.New("a limit is an amount in USD above 0, such as 100 or 2.50")

// parseLimit reads an amount.
func parseLimit(text string) (adminapi.Optional[json.Number], error) {
	amount, err := llm.ParseUSD(strings.TrimPrefix(strings.TrimSpace(text), "$"))
	if err != nil || amount <= 0 {
		return adminapi.Optional[json.Number]{}, errLimit
	}
	return adminapi.Some(json.Number(amount.String())), nil
}

// errThreshold says how thresholds are written.
var errThreshold = errors.New("a threshold is a share of the limit between 0 and 1, such as 0.8 or 80%; none for no alert")

// parseThreshold reads a share, also one in percent; "none" is none.
func parseThreshold(text string) (adminapi.Optional[json.Number], error) {
	if text == "none" || text == "0" {
		return adminapi.None[json.Number](), nil
	}
	digits, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(digits, 64)
	if percent {
		share /= 100
	}
	if err == nil && share > 0 && share < 1 { // no NaN either
		return adminapi.Some(json.Number(strconv.FormatFloat(share, 'f', -1, 64))), nil
	}
	return adminapi.Optional[json.Number]{}, errThreshold
}
