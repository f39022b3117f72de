// Package llm is the vocabulary of a model call: what is asked ([Request]),
// what comes back ([Answer], [Stream], [Event]), what it used ([Usage]), what
// that costs ([NanoUSD]), what can go wrong ([Error]) and who answers
// ([Provider]).
//
// Every other package speaks these words. Dialects turn wire formats into them,
// providers carry them to a vendor, the gateway walks them through its stages.
//
// The package does no I/O, knows no wire format and no vendor, and imports
// nothing but the standard library. It is not the place for configuration,
// HTTP or persistence.
package llm
