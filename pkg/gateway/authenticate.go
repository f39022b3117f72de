package gateway

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// authenticate finds the key that the presented credential belongs to.
//
// The wording is never a vendor's: Claude Code takes "invalid x-api-key" for its
// own login and hides the message (measured with 2.1.330, 2026-08).
func (g *Gateway) authenticate(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		caller, err := c.Snapshot.Authenticate(c.Credential, c.Conflict)
		if caller != nil {
			c.Caller = caller
			c.log.KeyID, c.log.KeyName, c.log.Team = caller.ID, caller.Name, cmp.Or(caller.TeamName, caller.Team)
		}
		if err != nil {
			return nil, err
		}
		return next(ctx, c)
	}
}

// Authenticate finds the caller of a credential. An unknown, expired or blocked
// key is an *llm.Error of kind Authentication; the caller is given beside it
// where the key is known. Where it cannot be told whether a key is known the error
// is of kind Overloaded.
func (s *Snapshot) Authenticate(credential string, conflict bool) (*Caller, error) {
	switch {
	case conflict:
		return nil, unauthenticated("the request carries two different API keys (send one, in Authorization or in x-api-key)")
	case credential == "":
		return nil, unauthenticated("the request carries no API key of this gateway (send it as Authorization: Bearer sk-… or x-api-key)")
	}
	entry := s.Callers.Find(keys.Sum(credential))
	caller := entry.Caller
	switch {
	case caller == nil && s.Callers.partial.Load():
		return nil, &llm.Error{Kind: llm.Overloaded, RetryAfter: time.Second, Message: "the gateway cannot read its keys yet; try again"}
	case caller == nil:
		return nil, unauthenticated(fmt.Sprintf("the API key %s is not known to this gateway (ask its operator for one)", keys.Mask(credential)))
	case passed(entry.Until):
		return caller, unauthenticated(fmt.Sprintf("the API key %s was replaced on rotation, and the time for both ended on %s (use the new one)",
			keys.Mask(credential), entry.Until.UTC().Format(time.RFC3339)))
	case caller.Blocked:
		return caller, unauthenticated(fmt.Sprintf("the API key %s is blocked", caller.Name))
	case passed(caller.Expires):
		return caller, unauthenticated(fmt.Sprintf("the API key %s expired on %s", caller.Name, caller.Expires.UTC().Format(time.RFC3339)))
	}
	return caller, nil
}

// passed reports whether an instant lies behind; one that is not set never does.
func passed(t time.Time) bool { return !t.IsZero() && !time.Now().Before(t) }

// unauthenticated is not to be retried: without that mark Claude Code tries a
// 401 up to ten times.
func unauthenticated(message string) *llm.Error {
	return &llm.Error{Kind: llm.Authentication, Message: message, NoRetry: true}
}
