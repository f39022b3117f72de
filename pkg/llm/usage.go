package llm

// Usage is what a call used, in tokens, in one convention for all providers:
// Input includes everything cached, Output includes reasoning. All are ≥ 0.
type Usage struct {
	// Input is all input, cached tokens included.
	Input int64
	// Output is all output, reasoning included.
	Output int64
	// CacheRead is the part of Input that was read from the provider's cache.
	CacheRead int64
	// CacheWrite5m and CacheWrite1h are the parts of Input that were written to
	// the provider's cache, by lifetime. Providers that name no lifetime count
	// as five minutes.
	CacheWrite5m int64
	CacheWrite1h int64
	// Reasoning is the part of Output that was reasoning.
	Reasoning int64
	// Queries counts the provider's own tool calls that are billed apart (web
	// searches).
	Queries int64
	// Reported says that the numbers come from the provider; otherwise they are
	// an estimate, or nothing was seen.
	Reported bool
}

// CacheWrite is all input written to the provider's cache.
func (u Usage) CacheWrite() int64 { return u.CacheWrite5m + u.CacheWrite1h }

// Total is input plus output.
func (u Usage) Total() int64 { return u.Input + u.Output }
