package serve

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a file must be left alone before it is read again: editors
// and configuration managers write in several steps.
const settle = 200 * time.Millisecond

// watchFiles watches files until ctx ends or the returned function is called, which waits
// for the end of the watching.
func watchFiles(ctx context.Context, files []string, logger *slog.Logger) (changed <-chan struct{}, unwatch func()) {
	ctx, cancel := context.WithCancel(ctx)
	news := make(chan struct{})
	var watchers sync.WaitGroup
	for _, file := range files {
		watchers.Go(func() { watchFile(ctx, file, news, logger) })
	}
	return news, func() {
		cancel()
		watchers.Wait()
	}
}

// watchFile sends on changed whenever the file's content has changed, until ctx
// ends. The folder is watched, not the file: editors and Kubernetes put another
// file in its place.
func watchFile(ctx context.Context, path string, changed chan<- struct{}, logger *slog.Logger) {
	w, err := fsnotify.NewWatcher()
	if err == nil {
		defer func() { _ = w.Close() }() // it only stops the watching
		err = w.Add(filepath.Dir(path))
	}
	if err != nil {
		logger.Warn("the configuration file is not watched; reload it by SIGHUP", "err", err)
		return
	}
	last := digest(path)
	quiet := time.NewTimer(settle)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.Events:
			quiet.Reset(settle)
		case err := <-w.Errors:
			logger.Warn("watching the configuration file", "err", err)
		case <-quiet.C:
			now := digest(path)
			if now == last || now == (fileDigest{}) {
				continue
			}
			last = now
			select {
			case changed <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}
}

type fileDigest [sha256.Size]byte

// digest is the file's content in short; zero where it cannot be read.
func digest(path string) fileDigest {
	b, err := os.ReadFile(path)
	if err != nil {
		return fileDigest{}
	}
	return sha256.Sum256(b)
}
