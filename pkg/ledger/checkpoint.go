package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/llm"
)

const (
	checkpointName    = "totals.json"
	checkpointVersion = 1
)

// checkpoint is the file of totals. It covers everything up to Seq of the journal
// it names, so that no entry is summed twice.
type checkpoint struct {
	Version  int                       `json:"version"`
	Instance string                    `json:"instance"`
	Seq      journal.Seq               `json:"seq"`
	Accounts map[string][]accountTotal `json:"accounts"`
	// Recent is what calls used lately, as far as windows may still count it.
	Recent map[string][]accountRecent `json:"recent,omitempty"`
}

type accountTotal struct {
	Unit   unitName `json:"unit"`
	Epoch  int64    `json:"epoch"`
	Amount int64    `json:"amount"`
	Reset  int64    `json:"reset,omitempty"`
}

// unitName is a unit as the file has it: not as messages have it, which may
// change.
type unitName llm.Unit

func (u unitName) text() string {
	switch llm.Unit(u) {
	case llm.Requests:
		return "requests"
	case llm.Tokens:
		return "tokens"
	case llm.Money:
		return "nano_usd"
	default:
		return ""
	}
}

// MarshalText implements encoding.TextMarshaler.
func (u unitName) MarshalText() ([]byte, error) {
	if u.text() == "" {
		return nil, fmt.Errorf("unit %d has no totals", u)
	}
	return []byte(u.text()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *unitName) UnmarshalText(b []byte) error {
	for _, known := range []llm.Unit{llm.Requests, llm.Tokens, llm.Money} {
		if unitName(known).text() == string(b) {
			*u = unitName(known)
			return nil
		}
	}
	return fmt.Errorf("unknown unit %q", b)
}

// checkpoint returns the totals as a file has them.
func (t *totals) checkpoint(instance string) checkpoint {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := checkpoint{Version: checkpointVersion, Instance: instance, Seq: t.seq, Accounts: make(map[string][]accountTotal, len(t.accounts))}
	for name, account := range t.accounts {
		rows := make([]accountTotal, len(account))
		for i, a := range account {
			rows[i] = accountTotal{Unit: unitName(a.Unit), Epoch: a.Epoch, Amount: a.Amount, Reset: a.Reset}
		}
		c.Accounts[name] = rows
	}
	c.Recent = t.recent.rows(time.Now())
	return c
}

// restore replaces the totals.
func (t *totals) restore(c *checkpoint) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq = c.Seq
	t.accounts = nil
	t.recent.restore(c.Recent)
	for name, rows := range c.Accounts {
		for _, r := range rows {
			a := t.total(&entryLine{account: []byte(name), epoch: r.Epoch, unit: llm.Unit(r.Unit)})
			a.Amount, a.Reset = addUp(a.Amount, r.Amount), addUp(a.Reset, r.Reset)
		}
	}
}

// loadTotals reads the file of totals, if there is one, and finds where in the
// journal it continues.
func (l *Ledger) loadTotals() error {
	path := filepath.Join(l.opts.Dir, checkpointName)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := decodeCheckpoint(path, b)
	if err != nil {
		return err
	}
	l.saved = c.Seq
	moved := l.resume(c)
	l.totals.restore(c)
	if moved {
		// Before the first new entry: by the file as it is, that one would not count.
		return l.saveTotals()
	}
	return nil
}

// resume corrects the number up to which the totals go where the journal is not
// the one they were summed from, or has lost its end: entries to come have to
// count, whatever their numbers. It reports whether it did.
func (l *Ledger) resume(c *checkpoint) bool {
	last := l.opts.Journal.Last()
	switch {
	case c.Instance != l.opts.Journal.Instance():
		l.opts.Logger.Warn("totals were summed from another journal; all of this one is added to them", "dir", l.opts.Dir)
		c.Seq = 0
	case c.Seq > last:
		l.opts.Logger.Warn("journal has lost entries that are in the totals", "dir", l.opts.Dir,
			"last", uint64(last), "totals", uint64(c.Seq))
		c.Seq = last
	default:
		return false
	}
	l.saved = never
	return true
}

// never is the number of totals that no file has.
const never = journal.Seq(math.MaxUint64)

// saveTotals writes the file of totals, unless it says the same already, and
// tells the journal.
func (l *Ledger) saveTotals() error {
	c := l.totals.checkpoint(l.opts.Journal.Instance())
	if c.Seq != l.saved {
		b, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("write totals: %w", err)
		}
		if err := replaceFile(filepath.Join(l.opts.Dir, checkpointName), b); err != nil {
			return fmt.Errorf("write totals: %w", err)
		}
		l.saved = c.Seq
	}
	return l.opts.Journal.Ack(totalsConsumer, c.Seq)
}

// replaceFile replaces a file at once, so that there is always a whole one.
func replaceFile(path string, content []byte) error {
	temporary := path + ".tmp"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name survive a power loss. Windows has no such call for
// directories.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
