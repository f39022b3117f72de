package admission

import (
	"cmp"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// keepPast is how long after a restart a counter that is made is told of what came
// before it: a little more than the longest window of any limit, a day.
const keepPast = 25 * time.Hour

// past is what windows and buckets have from before a restart. A counter takes its
// part when it is made, which is when the rule is known. The zero value has none.
type past struct {
	uses map[pastKey][]use
	// told are the counters that have their part: one that was idle and is made
	// anew gets none.
	told map[counterKey]struct{}
	// until is when all of it is over.
	until int64
}

type pastKey struct {
	account string
	unit    llm.Unit
}

// use is an amount that was used at an instant.
type use struct {
	at, amount int64
	debt       bool
}

// newPast takes the requests and tokens among the balances.
func newPast(now int64, base []Balance) past {
	p := past{until: addUp(now, int64(keepPast))}
	for i := range base {
		b := &base[i]
		if b.Unit == llm.Money {
			continue
		}
		if p.uses == nil {
			p.uses, p.told = make(map[pastKey][]use), make(map[counterKey]struct{})
		}
		k := pastKey{b.Account, b.Unit}
		p.uses[k] = append(p.uses[k], use{at: b.At.UnixNano(), amount: b.Spent, debt: b.Debt})
	}
	for _, uses := range p.uses {
		slices.SortStableFunc(uses, func(a, b use) int { return cmp.Compare(a.at, b.at) })
	}
	return p
}

// tell puts into a new counter what it has missed.
func (p *past) tell(now int64, c *counter) {
	if p.uses == nil || !c.rule.windowed() {
		return
	}
	if now > p.until {
		*p = past{}
		return
	}
	if _, knows := p.told[c.key]; knows {
		return
	}
	for _, u := range p.uses[pastKey{c.key.account, c.key.unit}] {
		at := min(u.at, now)
		c.meter.advance(at, &c.rule)
		if u.debt {
			c.meter.book(at, &c.rule, u.amount)
		} else {
			c.meter.take(at, &c.rule, u.amount)
		}
	}
}

// hasTold remembers that a counter which is there to stay has its part.
func (p *past) hasTold(k counterKey) {
	if p.told != nil {
		p.told[k] = struct{}{}
	}
}
