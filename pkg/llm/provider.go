package llm

import "context"

// Provider carries a call to a vendor. Implementations are safe for concurrent
// use and hold no state of a call.
type Provider interface {
	// Dialects lists the dialects in which the provider takes op, best first;
	// none where it does not take it.
	Dialects(op Op) []Dialect
	// Do makes one attempt and returns the vendor's answer. It does not retry.
	//
	// ctx ends the attempt, also while a Stream of the answer is read. Do returns
	// once the answer is whole, or its status and header have come and it is a
	// stream. Each failure is an *Error; with Upstream set where the vendor
	// answered. The request's Body is released once Do has returned with an answer,
	// also while its Stream is read: what is still needed of it must be copied.
	Do(ctx context.Context, req *Request) (*Answer, error)
}
