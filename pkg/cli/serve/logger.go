package serve

import (
	"log/slog"

	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// newLogger makes the process's logger: JSON where it is asked for, or where no
// person is looking.
func newLogger(io *terminal.IO, cfg *config.Config) *slog.Logger {
	opts := &slog.HandlerOptions{Level: slog.LevelInfo}
	if cfg.Document.LiteLLMSettings.SetVerbose {
		opts.Level = slog.LevelDebug
	}
	if cfg.Document.LiteLLMSettings.JSONLogs || !io.ErrTTY {
		return slog.New(slog.NewJSONHandler(io.Err, opts))
	}
	return slog.New(slog.NewTextHandler(io.Err, opts))
}
