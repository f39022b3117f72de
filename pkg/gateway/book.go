package gateway

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
)

// What a call is, is written into the ledger before the next step is taken.

// writeOpen writes that the call was admitted.
func (c *Call) writeOpen(money int64) error {
	if len(c.plan) > 0 {
		// What the log would say if the call were cut now.
		cand := &c.plan[0]
		c.log.Deployment, c.log.Provider, c.log.UpstreamModel = cand.ID, cand.ProviderName, cand.Model
	}
	if c.asking.estimate > 0 {
		// Not for cache hits and token counts, which use none.
		c.log.Usage.Input = c.estimateInput()
	}
	if c.Op != llm.OpCountTokens {
		c.asking.lines = c.totals(c.asking.lines)
		c.asking.ask.Lines = c.asking.lines
	}
	return c.gateway.opts.Ledger.Open(&ledger.Opening{
		Ask: &c.asking.ask, Money: money, Start: c.Received, Record: &c.log,
	})
}

// writeGrow writes that the call holds more.
func (c *Call) writeGrow(money int64) error {
	if err := c.gateway.opts.Ledger.Grow(&ledger.Growth{ID: c.ID, Money: money, Record: &c.log}); err != nil {
		return unwritable(err)
	}
	return nil
}

// journalRetry is how long a client is told to wait for a journal that cannot be
// written: a disk is seldom full for less.
const journalRetry = 5 * time.Second

// unwritable is the error of a call that must not be made without being written down:
// a crash would forget what it holds.
func unwritable(err error) *llm.Error {
	why := "its journal cannot be written"
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		why += " (" + errno.Error() + ")" // without the path, which is nobody's business
	}
	what := "calls under a hard budget are refused until it can"
	if errors.Is(err, ledger.ErrTooManyUnwritten) {
		what = "too many calls wait to be written down already"
	}
	return &llm.Error{
		Kind: llm.Overloaded, Code: "journal_unwritable", RetryAfter: journalRetry,
		Message: fmt.Sprintf("the gateway refuses the call: %s, and %s", why, what), Cause: err,
	}
}

// writeProgress writes how far a stream has come. A failure is no reason to end
// it: the next entry says more.
func (c *Call) writeProgress() {
	if err := c.gateway.opts.Ledger.Progress(&ledger.Progress{
		ID: c.ID, Bytes: c.spent.bytes, OutputTokens: tokensIn(c.spent.bytes),
		Usage: c.spent.meta.Usage, TTFT: c.log.TTFT,
	}); err != nil {
		c.gateway.opts.Logger.Debug("a stream's progress could not be written", "request_id", c.ID, "err", err)
	}
}

// writeSettle writes the end of the call: what is booked where, and its line in
// the log. A call that was not admitted books nothing.
func (c *Call) writeSettle(actual admission.Actual) error {
	s := ledger.Settlement{ID: c.ID, Actual: actual, Record: &c.log}
	if c.holding.written {
		s.Lines = c.asking.ask.Lines
	}
	return c.gateway.opts.Ledger.Settle(&s)
}

// gatewayAccount is the account that everything counts to.
const gatewayAccount = "gateway"

// totals appends to the admitted lines what the call's key and the gateway use in
// all, whether or not a limit stands there. Only the ledger sees them.
func (c *Call) totals(lines []admission.Line) []admission.Line {
	for _, account := range [...]string{c.Caller.Account, gatewayAccount} {
		for _, unit := range [...]llm.Unit{llm.Requests, llm.Tokens, llm.Money} {
			lines = append(lines, admission.Line{Account: account, Unit: unit, Want: 1, Soft: true})
		}
	}
	return lines
}
