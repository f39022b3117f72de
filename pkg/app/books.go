package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// The folder of the journal below the data directory.
const journalDir = "journal"

// syncPolicies are the names of general_settings.fsync.
var syncPolicies = map[string]journal.SyncPolicy{
	"never":    journal.SyncNever,
	"interval": journal.SyncInterval,
	"always":   journal.SyncAlways,
}

// openBooks opens the journal and the request log, settles what the last run
// left open, and gives admission the balances that follow.
func (a *App) openBooks(ctx context.Context) (err error) {
	a.admission = admission.NewQueue(admission.NewMemory(admission.MemoryOptions{}), 0)
	flushes := flushesOf(a.cfg, a.keys)
	a.journal, err = openJournal(a.cfg, a.opts.Logger)
	if errors.Is(err, journal.ErrLocked) {
		return fmt.Errorf("%w: another gateway runs on this data directory (stop it, or set general_settings.data_dir)", err)
	}
	if err != nil {
		return err
	}
	if a.log, err = openLog(a.cfg, a); err != nil {
		return err
	}
	a.ledger = ledger.New(ledger.Options{
		Journal: a.journal, Log: a.log, Dir: a.cfg.DataDir, Logger: a.opts.Logger, Price: a.builder.price,
		Flushes: flushes,
	})
	state, err := a.ledger.Recover(ctx)
	if err != nil {
		return err
	}
	a.cut = state.Cut
	if n := len(state.Cut); n > 0 {
		a.opts.Logger.Warn("calls that the last run did not end were settled", "calls", n)
	}
	return a.admission.Restore(ctx, state.Balances, nil)
}

// openJournal opens the journal of a configuration, which keeps what any of its consumers
// has not seen.
func openJournal(cfg *config.Config, logger *slog.Logger) (*journal.Log, error) {
	return journal.Open(filepath.Join(cfg.DataDir, journalDir), journal.Options{
		Sync: syncPolicies[cfg.Document.GeneralSettings.Fsync], Consumers: ledger.Consumers(flushesOf(cfg, nil)...), Logger: logger,
	})
}

// costFile takes the sums of what was used, where cost_tracking asks for a file.
const costFile = "costs.jsonl"

// flushesOf are where the sums of what calls used go beside the totals: to the database,
// or to a file.
func flushesOf(cfg *config.Config, database ledger.Sink) []ledger.Flush {
	c := &cfg.CostTracking
	switch {
	case !*c.Enabled:
		return nil
	case c.Storage == "file":
		sink := ledger.NewCostFile(filepath.Join(cfg.DataDir, costFile))
		return []ledger.Flush{{Name: "costs", Sink: sink, Every: *c.UpdateInterval}}
	default:
		return []ledger.Flush{{Name: "database", Sink: database, Every: *c.UpdateInterval}}
	}
}

// noLog takes the lines of a request log that is switched off.
type noLog struct{}

// Append implements ledger.Lines.
func (noLog) Append([]byte) error { return nil }

// TailIDs implements ledger.Lines.
func (noLog) TailIDs(int64) (map[string]struct{}, error) { return nil, nil }

// Close does nothing.
func (noLog) Close() error { return nil }

// lines is a request log that can be closed.
type lines interface {
	ledger.Lines
	Close() error
}

const megabyte = 1 << 20

func openLog(cfg *config.Config, a *App) (lines, error) {
	if cfg.LogFile == "" {
		return noLog{}, nil
	}
	l := &cfg.Document.LogSettings
	compress := requestlog.Zstd
	if !l.Compress {
		compress = requestlog.Plain
	}
	return requestlog.OpenFile(cfg.LogFile, requestlog.FileOptions{
		MaxBytes: l.MaxSizeMB * megabyte, Keep: int(l.Keep), Compress: compress, Logger: a.opts.Logger,
	})
}

// runBooks delivers what is settled until ctx ends.
func (a *App) runBooks(ctx context.Context) {
	if err := a.ledger.Run(ctx); err != nil {
		a.opts.Logger.Error("records are left in the journal; the next start delivers them", "err", err)
	}
}

// closeBooks closes what openBooks opened, also where it came only half way.
func (a *App) closeBooks() error {
	var errs []error
	if a.log != nil {
		errs = append(errs, a.log.Close())
	}
	if a.journal != nil {
		errs = append(errs, a.journal.Close())
	}
	return errors.Join(errs...)
}

// price says what a call that a crash cut has cost by what was seen of it.
func (b *builder) price(r *requestlog.Record, u llm.Usage) llm.NanoUSD {
	f, ok := b.known[r.Deployment]
	if !ok {
		return 0
	}
	if p := f(r.UpstreamModel).Price; p != nil {
		return p.Cost(u)
	}
	return 0
}
