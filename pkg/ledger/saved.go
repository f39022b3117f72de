package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// Saved are the totals as a ledger has written them down the last time: for whoever
// wants to look without running one.
type Saved struct {
	accounts map[string][]accountTotal
	asOf     time.Time
}

// ReadSaved reads the file of totals in a ledger's directory. Where there is none,
// nothing has been used.
func ReadSaved(dir string) (*Saved, error) {
	path := filepath.Join(dir, checkpointName)
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return new(Saved), nil
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	c, err := decodeCheckpoint(path, b)
	if err != nil {
		return nil, err
	}
	return &Saved{accounts: c.Accounts, asOf: info.ModTime()}, nil
}

// decodeCheckpoint reads the text of a file of totals.
func decodeCheckpoint(path string, b []byte) (*checkpoint, error) {
	var c checkpoint
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("%s: %w (restore it from a copy, or remove it to sum only what the journal still has)", path, err)
	}
	if c.Version != checkpointVersion {
		return nil, fmt.Errorf("%s: version %d is not known (it was written by a newer llmgw)", path, c.Version)
	}
	return &c, nil
}

// Totals returns what an account had used, by unit and epoch.
func (s *Saved) Totals(account string) []Total {
	rows := s.accounts[account]
	totals := make([]Total, len(rows))
	for i, r := range rows {
		totals[i] = Total{Epoch: r.Epoch, Unit: llm.Unit(r.Unit), Amount: r.Amount, Reset: r.Reset}
	}
	return totals
}

// AsOf is when the totals were written; zero where they never were.
func (s *Saved) AsOf() time.Time { return s.asOf }
