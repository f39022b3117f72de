package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/server"
)

// standing is a budget on the calendar.
type standing struct {
	*budget.Budget
	line    admission.Line
	started time.Time
	// begun is when it began to count: started, or when it was made.
	begun time.Time
}

// standingOf puts a budget on the calendar of the rules.
func standingOf(rules *callerRules, b *keys.Budget, now time.Time) (standing, error) {
	made, err := rules.shareOf(b)
	if err != nil {
		return standing{}, err
	}
	s := standing{Budget: made, line: made.Line(now, 0, 0), started: made.Period.Start(now)}
	if s.begun = s.started; b.CreatedAt.After(s.begun) {
		s.begun = b.CreatedAt
	}
	return s, nil
}

// balance is how the budget stands at an instant, when counts was spent in the period
// as far as it counts; totals tell what was really spent, and before.
func (s *standing) balance(at time.Time, counts llm.NanoUSD, totals []ledger.Total) server.Balance {
	b := server.Balance{Spent: counts, StartedAt: s.started, ResetsAt: s.line.Rule.Resets}
	pace := budget.Spending{
		Spent: counts + llm.NanoUSD(totalOf(totals, s.line.Epoch).Reset), Begun: s.begun, Ends: s.line.Rule.Resets,
	}
	if !s.started.IsZero() && s.begun.Equal(s.started) {
		last := s.started.Add(-1)
		pace.Before = moneyOf(totals, s.line.Epoch-1)
		pace.BeforeFor = s.started.Sub(s.Period.Start(last))
	}
	if pace.Before == 0 {
		pace.BeforeFor = 0 // nobody knows whether it was there
	}
	b.PerDay, b.Known = pace.Rate(at)
	b.LastsUntil = pace.Until(at, s.Limit-counts, b.PerDay)
	return b
}

// Balance implements server.Spending.
func (s liveSpending) Balance(ctx context.Context, b *keys.Budget) (server.Balance, error) {
	now := time.Now()
	at, err := standingOf(s.rules(), b, now)
	if err != nil {
		return server.Balance{}, err
	}
	states, err := s.admission.States(ctx, []admission.Line{at.line})
	if err != nil {
		return server.Balance{}, err
	}
	told := at.balance(now, llm.NanoUSD(states[0].Used), s.ledger.Totals(at.Account))
	told.Held = llm.NanoUSD(states[0].Held)
	return told, nil
}

// reset makes what was spent of a budget in its period count no more. The journal has
// it before admission knows: what a crash leaves is a reset that nobody was told of.
func (s liveSpending) reset(ctx context.Context, b *keys.Budget) error {
	s.resets.Lock()
	defer s.resets.Unlock()
	at, err := standingOf(s.rules(), b, time.Now())
	if err != nil {
		return err
	}
	states, err := s.admission.States(ctx, []admission.Line{at.line})
	if err != nil {
		return err
	}
	spent := states[0].Used
	if spent <= 0 {
		return nil
	}
	r := ledger.Reset{Account: at.Account, Epoch: at.line.Epoch, Amount: llm.NanoUSD(spent), Time: time.Now()}
	if err := s.ledger.Reset(&r); err != nil {
		return err
	}
	return s.admission.Reset(context.WithoutCancel(ctx), at.Account, at.line.Epoch, spent)
}

// Balance implements server.Spending.
func (s *savedSpending) Balance(_ context.Context, b *keys.Budget) (server.Balance, error) {
	saved, err := s.read()
	if err != nil {
		return server.Balance{}, err
	}
	now := time.Now()
	at, err := standingOf(s.rules, b, now)
	if err != nil {
		return server.Balance{}, err
	}
	if saved.AsOf().After(at.begun) {
		now = saved.AsOf() // what was spent after that nobody knows
	}
	totals := saved.Totals(at.Account)
	told := at.balance(now, llm.NanoUSD(totalOf(totals, at.line.Epoch).Balance()), totals)
	told.AsOf = saved.AsOf()
	return told, nil
}

// reset makes what was spent of a budget count no more in the books that the last
// gateway has closed.
func (s *savedSpending) reset(_ context.Context, b *keys.Budget) (err error) {
	at, err := standingOf(s.rules, b, time.Now())
	if err != nil {
		return err
	}
	books, err := openJournal(s.cfg, s.logger)
	if errors.Is(err, journal.ErrLocked) {
		return &llm.Error{
			Kind: llm.Conflict, NoRetry: true, Cause: err,
			Message: "a gateway runs on this data directory, which alone can reset a budget, and its socket does not answer (reach it at its address, with the master key)",
		}
	}
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	defer func() { err = errors.Join(err, books.Close()) }()
	_, err = ledger.ResetClosed(ledger.Options{Journal: books, Dir: s.cfg.DataDir, Logger: s.logger}, at.Account, at.line.Epoch)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.totals = nil
	return err
}
