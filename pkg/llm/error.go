package llm

import (
	"errors"
	"fmt"
	"time"
)

// Kind classes what can go wrong with a call. Each dialect maps it to a status
// and a body in one table.
type Kind uint8

// The kinds of errors. The zero Kind is not used.
const (
	// InvalidRequest is a call that cannot be right however often it is tried.
	InvalidRequest Kind = iota + 1
	// Authentication is a missing, unknown, expired or blocked key.
	Authentication
	// Permission is something the key may not do.
	Permission
	// NotFound is a model or path that does not exist.
	NotFound
	// Conflict is a state that forbids the call.
	Conflict
	// TooLarge is a body over the limit.
	TooLarge
	// RateLimited is a limit on requests, tokens or parallel calls, or a budget
	// that is only held by open calls: it passes.
	RateLimited
	// BudgetExceeded is money that is spent until a reset.
	BudgetExceeded
	// Overloaded is a gateway or provider that has no room.
	Overloaded
	// Timeout is a provider that did not answer in time.
	Timeout
	// Canceled is a client that went away.
	Canceled
	// Upstream is a provider's failure, or one on the way to it.
	Upstream
	// UpstreamAuth is the gateway's own credential refused by a provider.
	UpstreamAuth
	// Internal is a fault of the gateway.
	Internal
)

var kindNames = [...]string{
	InvalidRequest: "invalid_request", Authentication: "authentication", Permission: "permission",
	NotFound: "not_found", Conflict: "conflict", TooLarge: "too_large", RateLimited: "rate_limited",
	BudgetExceeded: "budget_exceeded", Overloaded: "overloaded", Timeout: "timeout", Canceled: "canceled",
	Upstream: "upstream", UpstreamAuth: "upstream_auth", Internal: "internal",
}

// String is the kind's name in logs: error_type of the request log.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "internal"
}

// Error is what is told to the client when a call fails. Kind, Code, Param,
// Message, RetryAfter and NoRetry leave the process; Cause never does.
type Error struct {
	Kind Kind
	// Code is the machine-readable detail of OpenAI's dialect; "" leaves it to the
	// dialect's table.
	Code string
	// Param names the part of the request that is wrong, or "".
	Param string
	// Message says what is wrong, where, and what to do. It is public: no secret,
	// no address of a provider's account.
	Message string
	// RetryAfter is how long the client should wait; 0 where that is unknown.
	RetryAfter time.Duration
	// NoRetry says that trying again cannot help (x-should-retry: false).
	NoRetry bool
	// Overflow is set where a prompt does not fit the model's context window.
	Overflow *Overflow
	// Cause is the reason for the log; nil where Message says it all.
	Cause error
	// Upstream is the provider's own answer, which a native lane passes on as it
	// is; nil where the provider did not answer.
	Upstream *Answer
}

// Overflow is a prompt that is too long for a model. Clients compact the
// conversation when they are told the two numbers in their dialect's words.
type Overflow struct {
	// Tokens is how long the prompt is, Limit how long it may be; 0 where the
	// provider does not tell.
	Tokens, Limit int64
}

// Error gives kind, message and cause: the text for the log.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Message, e.Cause)
	}
	return e.Kind.String() + ": " + e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// AsError returns err as an *Error: itself where it is one, else an internal
// error that hides it. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Message: "internal error", Cause: err}
}
