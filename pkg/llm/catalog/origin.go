package catalog

// Origin tells where a single price comes from: one of the Source constants where
// somebody states it, else one of those below. "" is a price that is not there.
type Origin string

// The origins of prices that nobody states.
const (
	// OriginInput: it is that of the input.
	OriginInput Origin = "as input"
	// OriginWrite: it is that of a cache write for five minutes.
	OriginWrite Origin = "as 5m write"
	// OriginProportion: another price was changed by somebody nearer to the operator,
	// and it was changed with it.
	OriginProportion Origin = "in proportion"
	// OriginNone: such calls have nothing to pay for.
	OriginNone Origin = "none"
)

// Origins are the origins of a price's fields.
type Origins struct {
	Input, Output, CacheRead, CacheWrite5m, CacheWrite1h, Reasoning, Query, Request Origin
}
