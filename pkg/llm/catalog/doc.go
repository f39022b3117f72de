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
// things. What the operator knows better is laid over the data ([Catalog.With],
// [Catalog.Resolve], [ReadPriceFile]).
//
// The package books nothing and decides nothing about unknown prices; its callers
// are config, which lays the operator's prices over the data, app, which asks it for
// each deployment, the gateway, which holds and settles by [Price], and the commands
// that list models.
package catalog
