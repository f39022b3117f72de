// Package catalog knows facts about models: how much they read and write, what
// they can do, what they cost, who said so and when. The facts are data
// (models.tsv, embedded), not code; internal/generate makes them.
//
//	facts, err := catalog.Default()
//	m, ok := facts.Lookup("anthropic", "claude-sonnet-4-5@20250929")
//	if ok && m.Price != nil {
//		cost := m.Price.Cost(usage)
//	}
//
// A price that is not known is nil, never zero: free and unknown are different
// things. The package books nothing and decides nothing about unknown prices;
// its callers are app, which resolves each deployment once, the gateway, which
// holds and settles by [Price], and the commands that list models.
package catalog
