package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/server"
	"github.com/llmgw/llmgw/pkg/store/sqlite"
)

// beginKeys opens the database of keys and reads it, beside everything else that a
// start has to do. The result says how that went. A database that is made just now has
// no keys to wait for: it is made while the first calls come in.
//
// A database that another process holds, or a disk that fails, does not keep the
// gateway from starting: those keys of it that are known work (at first none), a
// secret that is not known is told to try again, readiness says why, and the database
// is tried again. A file that is no database of ours, or must not be written, is a
// mistake that waiting does not heal: it ends the start.
func (a *App) beginKeys(ctx context.Context, rules *callerRules) (<-chan error, error) {
	var err error
	if a.keys, err = sqlite.New(a.cfg.DatabaseFile()); err != nil {
		return nil, err
	}
	a.roster = newRoster(a.keys, rules, a.opts.Logger)
	opened := make(chan error, 1)
	if a.keys.Empty() {
		a.roster.begin()
		opened <- nil
		return opened, nil
	}
	a.running.Go(func() { opened <- a.readKeys(ctx) })
	return opened, nil
}

// readKeys reads the keys for the first time. Only an error that is for good is one.
func (a *App) readKeys(ctx context.Context) error {
	err := a.roster.sync(ctx)
	if errors.Is(err, keys.ErrUnavailable) {
		a.opts.Logger.Error("the database of keys cannot be read; the gateway starts without it and tries again", "err", err)
		return nil
	}
	return err
}

// newManager makes the manager of keys of this gateway.
func (a *App) newManager() *keys.Manager {
	return keys.NewManager(keys.ManagerOptions{
		Store: a.keys, Period: checkPeriod, Audit: a.audit.write,
		Static:   func() []keys.Record { return a.roster.current().records },
		Budgets:  func() []keys.Budget { return a.roster.current().budgets },
		Reset:    a.spending().reset,
		Reserved: func(h keys.Hash) bool { return a.roster.current().reserved[h] },
		Changed: func(ctx context.Context) {
			// The change is stored, whatever becomes of whoever has asked for it.
			if err := a.roster.sync(context.WithoutCancel(ctx)); err != nil {
				a.opts.Logger.Error("a change of keys is stored, but not seen yet", "err", err)
			}
		},
	})
}

// checkPeriod says what is wrong with a budget's period.
func checkPeriod(text string) error {
	_, err := budget.ParsePeriod(text, nil)
	return err
}

// liveSpending tells what keys have spent up to now.
type liveSpending struct {
	admission *admission.Queue
	ledger    *ledger.Ledger
	rules     func() *callerRules
	resets    *sync.Mutex // one reset at a time
}

// spending is what keys have spent of this gateway.
func (a *App) spending() liveSpending {
	return liveSpending{a.admission, a.ledger, a.roster.current, &a.resets}
}

// Spent implements server.Spending.
func (s liveSpending) Spent(ctx context.Context, r *keys.Record) (server.Spend, error) {
	if r.Budget == nil {
		return server.Spend{Amount: moneyOf(s.ledger.Totals(r.Account()), 0)}, nil
	}
	b, err := s.rules().budgetOf(r)
	if err != nil {
		return server.Spend{}, err
	}
	line := b.Line(time.Now(), 0, 0)
	states, err := s.admission.States(ctx, []admission.Line{line})
	if err != nil {
		return server.Spend{}, err
	}
	return server.Spend{Amount: llm.NanoUSD(states[0].Used), ResetsAt: line.Rule.Resets}, nil
}

// totalOf is the money among the totals of one account, in an epoch.
func totalOf(totals []ledger.Total, epoch int64) ledger.Total {
	for _, t := range totals {
		if t.Unit == llm.Money && t.Epoch == epoch {
			return t
		}
	}
	return ledger.Total{}
}

// moneyOf is what was really spent of that.
func moneyOf(totals []ledger.Total, epoch int64) llm.NanoUSD {
	return llm.NanoUSD(totalOf(totals, epoch).Amount)
}

// savedSpending tells what keys had spent when the last gateway wrote it down. The
// file is read when somebody asks for the first time: it may be large, and most
// commands do not.
type savedSpending struct {
	cfg    *config.Config
	rules  *callerRules
	logger *slog.Logger

	mu     sync.Mutex    // guards totals
	totals *ledger.Saved // nil until somebody asks
}

// read gives the totals.
func (s *savedSpending) read() (*ledger.Saved, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.totals == nil {
		s.totals, err = ledger.ReadSaved(s.cfg.DataDir)
	}
	return s.totals, err
}

// Spent implements server.Spending.
func (s *savedSpending) Spent(_ context.Context, r *keys.Record) (server.Spend, error) {
	totals, err := s.read()
	if err != nil {
		return server.Spend{}, err
	}
	spend := server.Spend{AsOf: totals.AsOf()}
	if r.Budget == nil {
		spend.Amount = moneyOf(totals.Totals(r.Account()), 0)
		return spend, nil
	}
	b, err := s.rules.budgetOf(r)
	if err != nil {
		return server.Spend{}, err
	}
	line := b.Line(time.Now(), 0, 0)
	total := totalOf(totals.Totals(line.Account), line.Epoch)
	spend.Amount, spend.ResetsAt = llm.NanoUSD(total.Balance()), line.Rule.Resets
	return spend, nil
}
