package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/llmgw/llmgw/pkg/keys"
)

// auditFile is where changes of keys are written down, in the data directory.
const auditFile = "audit.jsonl"

// auditLog appends a line for each change of keys. Several processes may do so: each
// line is one write. Safe for concurrent use.
type auditLog struct {
	path   string
	logger *slog.Logger

	mu   sync.Mutex // guards file
	file *os.File   // nil until the first line
}

func newAuditLog(dir string, logger *slog.Logger) *auditLog {
	return &auditLog{path: filepath.Join(dir, auditFile), logger: logger}
}

// write writes an event. The change has happened already: that it could not be
// written down is told, and changes nothing.
func (l *auditLog) write(e keys.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			l.failed(&e, err)
			return
		}
		l.file = f
	}
	if _, err := l.file.Write(append(e.AppendJSON(nil), '\n')); err != nil {
		l.failed(&e, err)
	}
}

func (l *auditLog) failed(e *keys.Event, err error) {
	l.logger.Error("a change is missing in the audit log", "event", string(e.AppendJSON(nil)), "err", err)
}

// close closes the file; a line after that opens it again.
func (l *auditLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
