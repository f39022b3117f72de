package budget

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/llm"
)

// amount reads an amount of an answer; 0 where it is none.
func amount(n json.Number) llm.NanoUSD {
	usd, err := llm.ParseUSD(n.String())
	if err != nil {
		return 0
	}
	return usd
}

// short is an amount for people: cents, where it has some.
func short(n json.Number) string {
	const cent = llm.USD / 100
	usd := amount(n)
	switch {
	case usd == 0:
		return "0"
	case usd < cent && usd > -cent:
		return n.String()
	case usd%llm.USD == 0:
		return strconv.FormatInt(int64(usd/llm.USD), 10)
	default:
		cents := usd / cent // what is spent is not rounded up
		return fmt.Sprintf("%d.%02d", cents/100, cents%100)
	}
}

// percent is how much of the limit is spent, in whole percent and not rounded up.
func percent(b *adminapi.Budget) int64 {
	limit := amount(b.Limit)
	if limit <= 0 {
		return 100
	}
	return int64(float64(amount(b.Spent)) * 100 / float64(limit))
}

// paceOf tells how fast a budget is spent, and how long it lasts.
func paceOf(b *adminapi.Budget, now time.Time) string {
	if b.BurnRate == nil {
		return "it is not known since when it counts"
	}
	rate := short(*b.BurnRate) + " USD/day, "
	switch until := b.LastsUntil; {
	case amount(b.Left)+amount(b.Held) <= 0:
		return rate + "nothing is left"
	case until != nil && until.Sub(now) < 24*time.Hour:
		return rate + "lasts until " + until.UTC().Format("2006-01-02 15:04 MST")
	case until != nil:
		return rate + "lasts until " + until.UTC().Format(time.DateOnly)
	case amount(*b.BurnRate) == 0:
		return "nothing is spent"
	case b.ResetsAt == nil:
		return rate + "lasts for more than 100 years"
	default:
		return rate + "lasts the period"
	}
}
