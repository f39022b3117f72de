package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/llmgw/llmgw/pkg/journal"
)

// CostFile is a Sink that appends JSON lines to a file, one for each row. Somebody
// else may rotate the file by renaming it: each batch opens it anew. A batch that a
// crash has torn is cut off before the next one.
type CostFile struct{ path string }

// NewCostFile makes a CostFile; the file is made with the first batch, readable only
// by its owner.
func NewCostFile(path string) *CostFile { return &CostFile{path: path} }

// costRow is a line. Who sums up the amounts of an account, unit and epoch gets what it
// has used.
type costRow struct {
	Time time.Time `json:"time"`
	// Instance and Sequence name the batch: a journal, and the newest entry of it.
	Instance string      `json:"instance"`
	Sequence journal.Seq `json:"sequence"`
	// Row is the line's number in the batch, from 1 to Rows.
	Row     int      `json:"row"`
	Rows    int      `json:"rows"`
	Account string   `json:"account"`
	Epoch   int64    `json:"epoch"`
	Unit    unitName `json:"unit"`
	Amount  int64    `json:"amount"`
}

// costMark is what a line says of its batch.
type costMark struct {
	Instance string      `json:"instance"`
	Sequence journal.Seq `json:"sequence"`
	Row      int         `json:"row"`
	Rows     int         `json:"rows"`
}

// Flush implements Sink.
func (c *CostFile) Flush(_ context.Context, b *Batch) error {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	for i := range b.Rows {
		r := &b.Rows[i]
		err := enc.Encode(costRow{
			Time: b.Time.UTC().Truncate(time.Millisecond), Instance: b.Instance, Sequence: b.Seq, Row: i + 1, Rows: len(b.Rows),
			Account: r.Account, Epoch: r.Epoch, Unit: unitName(r.Unit), Amount: r.Amount,
		})
		if err != nil {
			return fmt.Errorf("write costs: %w", err)
		}
	}
	if err := c.with(func(f *os.File) error { return appendSynced(f, lines.Bytes()) }); err != nil {
		return fmt.Errorf("write costs: %w", err)
	}
	return nil
}

// Position implements Sink.
func (c *CostFile) Position(_ context.Context, instance string) (at journal.Seq, err error) {
	err = c.with(func(f *os.File) error {
		last, err := cutBatch(f)
		if err == nil && last.Instance == instance {
			at = last.Sequence
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read costs: %w", err)
	}
	return at, nil
}

// with opens the file for f.
func (c *CostFile) with(f func(*os.File) error) error {
	file, err := os.OpenFile(c.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f(file), file.Close())
}

// appendSynced appends lines to what is whole in the file and forces them to disk, for
// the journal is told that they need not be kept there. After an error the file is as
// it was, or the next batch sees to that.
func appendSynced(f *os.File, lines []byte) error {
	if _, err := cutBatch(f); err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	_, err = f.Write(lines)
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return errors.Join(err, f.Truncate(end))
	}
	return nil
}

// firstLook is how much of a file's end is read at first; a batch may need more.
const firstLook = 64 << 10

// cutBatch cuts a batch off that is not whole, and returns the last line of the one
// before: zero where there is none.
func cutBatch(f *os.File) (last costMark, err error) {
	info, err := f.Stat()
	if err != nil {
		return last, err
	}
	size := info.Size()
	for n := min(size, firstLook); ; n = min(size, 4*n) {
		tail := make([]byte, n)
		if _, err := f.ReadAt(tail, size-n); err != nil && !errors.Is(err, io.EOF) {
			return last, err
		}
		end, last, found := wholeBatches(tail)
		if !found && n < size {
			continue
		}
		if cut := size - n + int64(end); cut < size {
			err = f.Truncate(cut)
		}
		return last, err
	}
}

// wholeBatches finds where the last whole batch in the end of a file ends, and its
// last line. found is false where that may lie before the text.
func wholeBatches(tail []byte) (end int, last costMark, found bool) {
	end = bytes.LastIndexByte(tail, '\n') + 1
	for end > 0 {
		begin := bytes.LastIndexByte(tail[:end-1], '\n') + 1
		last = costMark{}
		if json.Unmarshal(tail[begin:end], &last) != nil || last.Rows == 0 {
			if begin == 0 {
				break // the text may begin within the line
			}
			return end, costMark{}, true // not ours: it stays
		}
		if last.Row == last.Rows {
			return end, last, true
		}
		end = begin
	}
	return end, costMark{}, false
}
