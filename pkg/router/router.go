// Package router turns the name of a model into an ordered plan of deployments
// to try.
//
// Groups and deployments come from the configuration and never change; what is
// learnt from calls (health, cooldown, the round robin's turn) outlives them in
// State. The router sends nothing and counts no usage. The gateway's authorize
// and plan stages and /health are its callers.
package router

import (
	"maps"
	"sort"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
)

// Deployment is a provider, a model of it and the credentials to call it with.
// Deployments are immutable; Health is shared by all versions of one id.
type Deployment struct {
	// ID is stable across restarts; callers see it as x-llmgw-model-id.
	ID string
	// Provider's name ("anthropic") and the provider itself.
	ProviderName string
	Provider     llm.Provider
	// Model is the provider's name of the model. In a group with a pattern, "*" in
	// it stands for what the pattern's "*" matched.
	Model string
	// Facts are what is known of Model.
	Facts Facts
	// Lookup gives the facts of a model that a pattern stands for; nil where the
	// group has no pattern.
	Lookup func(model string) Facts
	// Defaults are parameters to add where a call has none.
	Defaults []llm.Default
	// DropParams drops what the provider has no place for where a call is
	// translated, also what changes its answer.
	DropParams bool
	Health     *Health
}

// Facts are what bounds and prices the calls of a model.
type Facts struct {
	// Price is nil where it is not known.
	Price *catalog.Price
	// PriceSource says where Price comes from, for the log: "catalog", "file",
	// "config", "unknown".
	PriceSource string
	// Assumed is what a hard budget books where Price is nil: the dearest known
	// price of the provider; nil where there is none.
	Assumed *catalog.Price
	// ContextTokens and MaxOutputTokens bound a call; 0 where they are not known.
	ContextTokens, MaxOutputTokens int64
	// Mode is the kind of calls the model takes; "" where that is not known, or where
	// it takes all that its provider has.
	Mode catalog.Mode
	// Reasoning says that the model is known to think.
	Reasoning bool
}

// Group is the deployments behind one public name, or behind a pattern of names.
type Group struct {
	// Name is the public name; it may hold one "*".
	Name        string
	Deployments []*Deployment
	// Fallbacks are the groups to try when every deployment has failed, in order.
	Fallbacks []*Group
	// Retries is how many further attempts a call may make inside the group.
	Retries int
	// Strategy orders the deployments of a call.
	Strategy Strategy
	// Names are the names to list to clients: Name, or for a pattern the models that
	// are known to match it.
	Names []string
}

// Strategy orders a group's deployments for one call.
type Strategy interface {
	// Order appends the deployments to dst, the one to try first in front.
	Order(dst []*Deployment, g *Group) []*Deployment
}

// Candidate is a deployment in the plan of a call.
type Candidate struct {
	*Deployment
	// Group is the group it stands in for this call.
	Group *Group
	// Model is the provider's name of the model, with patterns filled in.
	Model string
	// Facts are those of Model.
	Facts Facts
	// Again says that the same deployment was in the plan before: wait first.
	Again bool
}

// Table finds the group of a name. It is immutable and safe for concurrent use.
type Table struct {
	exact    map[string]*Group
	patterns []*Group // longest literal part first
	list     []*Group
}

// NewTable makes a table. aliases are further names of groups.
func NewTable(groups []*Group, aliases map[string]*Group) *Table {
	t := &Table{exact: make(map[string]*Group, len(groups)+len(aliases)), list: groups}
	for _, g := range groups {
		if strings.Contains(g.Name, "*") {
			t.patterns = append(t.patterns, g)
		} else {
			t.exact[g.Name] = g
		}
	}
	maps.Copy(t.exact, aliases)
	sort.SliceStable(t.patterns, func(i, j int) bool { return len(t.patterns[i].Name) > len(t.patterns[j].Name) })
	return t
}

// Groups lists all groups in the order of the configuration.
func (t *Table) Groups() []*Group { return t.list }

// Find returns the group of a model name and what its pattern's "*" matched, or
// nil where no group serves the name.
func (t *Table) Find(model string) (g *Group, rest string) {
	if g = t.exact[model]; g != nil {
		return g, ""
	}
	for _, g := range t.patterns {
		if rest, ok := cut(g.Name, model); ok {
			return g, rest
		}
	}
	return nil, ""
}

// cut reports whether name fits the pattern, which holds one "*", and what the
// "*" stands for: at least one character.
func cut(pattern, name string) (rest string, ok bool) {
	prefix, suffix, _ := strings.Cut(pattern, "*")
	if len(name) <= len(prefix)+len(suffix) || !strings.HasPrefix(name, prefix) || !strings.HasSuffix(name, suffix) {
		return "", false
	}
	return name[len(prefix) : len(name)-len(suffix)], true
}

// maxFallbacks bounds how many groups one call may walk through.
const maxFallbacks = 5

// Plan appends the candidates of a call to dst in the order to try them: the
// group's deployments, healthy ones first, up to 1+Retries attempts, then each
// fallback group's.
func Plan(dst []Candidate, g *Group, rest string, now time.Time) []Candidate {
	dst = g.plan(dst, rest, now)
	for i, f := range g.Fallbacks {
		if i == maxFallbacks {
			break
		}
		dst = f.plan(dst, rest, now)
	}
	return dst
}

// few is the number of deployments that most groups stay within.
const few = 8

func (g *Group) plan(dst []Candidate, rest string, now time.Time) []Candidate {
	var buf [few]*Deployment
	ordered := g.Strategy.Order(buf[:0], g)
	start := len(dst)
	for _, ready := range []bool{true, false} {
		for _, d := range ordered {
			if d.Health.Ready(now) == ready {
				dst = append(dst, g.candidate(d, rest))
			}
		}
	}
	return limit(dst, start, 1+g.Retries)
}

// limit makes dst[start:] exactly n candidates long: it cuts, or goes round
// again. At least every deployment is tried once.
func limit(dst []Candidate, start, n int) []Candidate {
	distinct := len(dst) - start
	for i := 0; distinct > 0 && len(dst)-start < n; i++ {
		c := dst[start+i%distinct]
		c.Again = true
		dst = append(dst, c)
	}
	return dst
}

func (g *Group) candidate(d *Deployment, rest string) Candidate {
	c := Candidate{Deployment: d, Group: g, Model: d.Model, Facts: d.Facts}
	if strings.Contains(d.Model, "*") {
		c.Model = strings.Replace(d.Model, "*", rest, 1)
	}
	if d.Lookup != nil {
		c.Facts = d.Lookup(c.Model)
	}
	return c
}
