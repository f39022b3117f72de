package requestlog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// rotatedLayout is the time in a rotated file's name; names sort by age.
const rotatedLayout = "20060102T150405.000Z"

const temporarySuffix = ".tmp"

// suffix is what a compressed file's name ends with.
func (c Compression) suffix() string {
	switch c {
	case Zstd:
		return ".zst"
	case Gzip:
		return ".gz"
	default:
		return ""
	}
}

// rotatedName is the log file's name after a rotation, before it is compressed.
func (f *File) rotatedName(t time.Time) string {
	ext := filepath.Ext(f.path)
	return strings.TrimSuffix(f.path, ext) + "-" + t.Format(rotatedLayout) + ext
}

// isTaken reports whether a rotated file of that name exists in any form.
func (f *File) isTaken(name string) (bool, error) {
	for _, c := range []Compression{Plain, Zstd, Gzip} {
		_, err := os.Lstat(name + c.suffix())
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// rotated returns the paths of the rotated files, oldest first, and of what a
// crash has left of their making. Names that a rotation would not give are
// somebody else's.
func (f *File) rotated() (files, leftovers []string, err error) { return rotatedOf(f.path) }

func rotatedOf(log string) (files, leftovers []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(log))
	if err != nil {
		return nil, nil, err
	}
	ext := filepath.Ext(log)
	prefix := strings.TrimSuffix(filepath.Base(log), ext) + "-"
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), prefix)
		rest, temporary := strings.CutSuffix(rest, temporarySuffix)
		stamp, form, found := strings.Cut(rest, "Z"+ext)
		_, err := time.Parse(rotatedLayout, stamp+"Z")
		if !ours || !found || err != nil || (form != "" && form != ".zst" && form != ".gz") {
			continue
		}
		path := filepath.Join(filepath.Dir(log), e.Name())
		if temporary {
			leftovers = append(leftovers, path)
		} else {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	return files, leftovers, nil
}

// startTidying begins to compress and remove rotated files unless that is being
// done: then the newest waits for the next rotation. The caller holds mu; Close
// waits for the end.
func (f *File) startTidying() {
	if !f.tidies.CompareAndSwap(false, true) {
		return
	}
	f.tidying.Go(func() {
		defer f.tidies.Store(false)
		if err := f.tidy(); err != nil {
			f.opts.Logger.Error("rotated request logs are not tidied up", "file", f.path, "err", err)
		}
	})
}

// tidy removes the rotated files that are too many and compresses the others. It
// looks at all of them, so that what a crash or an error has left is done later.
func (f *File) tidy() error {
	files, leftovers, err := f.rotated()
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range leftovers {
		errs = append(errs, os.Remove(path))
	}
	if f.opts.Keep > 0 && len(files) > f.opts.Keep {
		old := len(files) - f.opts.Keep
		for _, path := range files[:old] {
			errs = append(errs, os.Remove(path))
		}
		files = files[old:]
	}
	for _, path := range files {
		if filepath.Ext(path) == filepath.Ext(f.path) && f.opts.Compress != Plain {
			errs = append(errs, compress(path, f.opts.Compress))
		}
	}
	return errors.Join(errs...)
}

// compress replaces a file by a compressed one.
func compress(path string, c Compression) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	final := path + c.suffix()
	temporary := final + temporarySuffix
	err = writeCompressed(temporary, src, c)
	if err := errors.Join(err, src.Close()); err != nil {
		return errors.Join(fmt.Errorf("compress %s: %w", path, err), os.Remove(temporary))
	}
	if err := os.Rename(temporary, final); err != nil {
		return err
	}
	return os.Remove(path)
}

// writeCompressed writes what src holds to a new file and forces it to disk: the
// original is removed after it.
func writeCompressed(path string, src io.Reader, c Compression) error {
	dst, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w, err := newCompressor(dst, c)
	if err != nil {
		return errors.Join(err, dst.Close())
	}
	_, err = io.Copy(w, src)
	err = errors.Join(err, w.Close())
	if err == nil {
		err = dst.Sync()
	}
	return errors.Join(err, dst.Close())
}

// logWindow is how far back a rotated log is searched for what is alike.
const logWindow = 512 << 10

func newCompressor(w io.Writer, c Compression) (io.WriteCloser, error) {
	if c == Gzip {
		return gzip.NewWriter(w), nil
	}
	// The lines of a log are much alike: the fastest level finds nearly as much as
	// the default one, for half the CPU, and a larger window only moves memory.
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(logWindow))
}
