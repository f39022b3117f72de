package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"sync"
)

// The file that remembers the consumers: frames like those of a segment,
// numbered from 1, each with an acknowledged number (uint64, little endian) and
// a consumer's name. The last one of a name counts. An Ack costs one small write;
// the file is rewritten when it has grown.
const (
	ackFileName     = "acks.log"
	compactAcks     = 64 << 10
	maxConsumers    = 64
	maxConsumerName = 128
)

// ackFile appends to the file of acknowledgements.
type ackFile struct {
	path string

	// mu guards everything below, also during writes: it is what gives them an
	// order, and nobody takes it but who writes.
	mu sync.Mutex
	// w has no file where opening it anew has failed.
	w    writer
	next Seq
	buf  []byte
}

// openAcks opens the file and returns what it says.
func openAcks(path string) (*ackFile, map[string]Seq, error) {
	a := &ackFile{path: path}
	acked, err := a.open()
	if err != nil {
		return nil, nil, fmt.Errorf("acknowledgements: %w", err)
	}
	return a, acked, nil
}

// open opens the file for going on behind its last good frame: what follows that
// was never reported as done. The caller holds mu, or is alone.
func (a *ackFile) open() (map[string]Seq, error) {
	f, err := os.OpenFile(a.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	r := newFrameReader(f, mark{seq: 1}, info.Size())
	acked, err := readAcks(r)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	a.w = writer{file: f, end: r.off, dirty: info.Size() > r.off}
	a.next = r.seq
	return acked, nil
}

// readAcks reads frames to their end.
func readAcks(r *frameReader) (map[string]Seq, error) {
	acked := make(map[string]Seq)
	for {
		b, err := r.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errDamaged) {
			return acked, nil
		}
		if err != nil {
			return nil, err
		}
		if len(b) > 8 && len(b) <= 8+maxConsumerName && len(acked) < maxConsumers {
			acked[string(b[8:])] = Seq(binary.LittleEndian.Uint64(b))
		}
	}
}

// rewrite replaces the file by one that says the same in one frame a consumer.
// The old one is closed before, since Windows replaces no open file; where
// something fails, the next append opens what is there. The caller holds mu.
func (a *ackFile) rewrite(acked map[string]Seq) error {
	var frames []byte
	for consumer, s := range acked {
		frames = appendFrame(frames, appendAck(nil, consumer, s))
	}
	sealFrames(frames, 1)
	temporary := a.path + ".tmp"
	if err := writeSynced(temporary, frames); err != nil {
		return err
	}
	if err := a.closeFile(); err != nil {
		return err
	}
	if err := os.Rename(temporary, a.path); err != nil {
		return err
	}
	_, err := a.open()
	return err
}

// writeSynced writes a whole file and forces it to disk: a rename must not
// become durable before what it names.
func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// appendAck appends the record of one acknowledgement.
func appendAck(dst []byte, consumer string, s Seq) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(s))
	return append(dst, consumer...)
}

// append writes one acknowledgement. The caller holds mu.
func (a *ackFile) append(consumer string, s Seq) error {
	if a.w.file == nil {
		if _, err := a.open(); err != nil {
			return err
		}
	}
	a.buf = append(a.buf[:0], 0, 0, 0, 0, 0, 0, 0, 0)
	a.buf = appendAck(a.buf, consumer, s)
	binary.LittleEndian.PutUint32(a.buf[4:], uint32(len(a.buf)-frameHead))
	sealFrames(a.buf, a.next)
	if err := a.w.append(a.buf, SyncNever); err != nil {
		return err
	}
	a.next++
	return nil
}

func (a *ackFile) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closeFile()
}

// closeFile closes the file if it is open. The caller holds mu.
func (a *ackFile) closeFile() error {
	if a.w.file == nil {
		return nil
	}
	err := a.w.file.Close()
	a.w = writer{}
	return err
}

// Acked implements Journal.
func (l *Log) Acked(consumer string) Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acked[consumer]
}

// Ack implements Journal. Going back does nothing. A number that no record has
// yet is an error, and so are a name of no or over 128 bytes and a 65th consumer.
// Segments are kept from the first Ack on for a consumer that Options do not name.
func (l *Log) Ack(consumer string, s Seq) error {
	l.acks.mu.Lock()
	defer l.acks.mu.Unlock()
	news, err := l.checkAck(consumer, s)
	if err != nil {
		return fmt.Errorf("acknowledge journal %s for consumer %q: %w", l.dir, consumer, err)
	}
	if !news {
		return nil
	}
	if err := l.acks.append(consumer, s); err != nil {
		return fmt.Errorf("acknowledge journal %s: %w", l.dir, err)
	}
	l.mu.Lock()
	l.acked[consumer] = s
	gone := l.takePassed()
	l.mu.Unlock()
	l.removeSegments(gone)
	return l.compact()
}

// checkAck reports whether an acknowledgement is news.
func (l *Log) checkAck(consumer string, s Seq) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, known := l.acked[consumer]
	switch {
	case l.closed:
		return false, ErrClosed
	case consumer == "" || len(consumer) > maxConsumerName:
		return false, fmt.Errorf("a name has 1 to %d bytes", maxConsumerName)
	case !known && len(l.acked) >= maxConsumers:
		return false, fmt.Errorf("more than %d consumers", maxConsumers)
	case s > l.last:
		return false, fmt.Errorf("there is no record %d, the last is %d", s, l.last)
	}
	l.holders[consumer] = struct{}{}
	return s > l.acked[consumer], nil
}

// takePassed takes the segments that all consumers have passed out of the
// journal and returns them. The caller holds mu, or is alone.
func (l *Log) takePassed() []*segment {
	if len(l.holders) == 0 {
		return nil
	}
	passed := l.last
	for consumer := range l.holders {
		passed = min(passed, l.acked[consumer])
	}
	var gone []*segment
	for len(l.segments) > 1 && l.segments[1].first-1 <= passed {
		gone = append(gone, l.segments[0])
		l.segments = l.segments[1:]
	}
	return gone
}

// compact rewrites the acknowledgements when the file has grown. The caller
// holds acks.mu.
func (l *Log) compact() error {
	if l.acks.w.end < compactAcks {
		return nil
	}
	l.mu.Lock()
	acked := maps.Clone(l.acked)
	l.mu.Unlock()
	if err := l.acks.rewrite(acked); err != nil {
		return fmt.Errorf("rewrite acknowledgements of journal %s: %w", l.dir, err)
	}
	return nil
}
