package journal

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// FuzzSegment opens a directory whose only segment holds any bytes: whatever they
// are, the journal opens, gives back no record whose checksum is wrong, and takes
// new ones.
func FuzzSegment(f *testing.F) {
	header := newHeader(1, instanceID{1})
	frames := appendFrame(appendFrame(nil, []byte("first")), []byte("second"))
	sealFrames(frames, 1)
	whole := append(bytes.Clone(header), frames...)
	f.Add([]byte(nil))
	f.Add(header)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole), make([]byte, 64)...))
	f.Add(append(bytes.Clone(whole), frames...))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		path := newSegment(dir, 1).path
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Open(dir, Options{})
		if err != nil {
			return // a newer version
		}
		defer l.Close()
		at := headerSize
		err = l.Replay(0, func(s Seq, b []byte) error {
			frame := content[at : at+frameHead+len(b)]
			if !bytes.Equal(frame[frameHead:], b) || binary.LittleEndian.Uint32(frame) != checksum(s, frame[4:]) {
				t.Errorf("record %d is not what stands in the file", s)
			}
			at += len(frame)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		last := l.Last()
		if s, err := l.Append([]byte("new")); err != nil || s != last+1 {
			t.Fatalf("Append = %d, %v after %d", s, err, last)
		}
	})
}

// FuzzOlderSegment does the same for a segment that has a successor, of which Open
// looks at the header alone.
func FuzzOlderSegment(f *testing.F) {
	frames := appendFrame(nil, []byte("first"))
	sealFrames(frames, 1)
	f.Add(append(newHeader(1, instanceID{1}), frames...))
	f.Add([]byte("nonsense"))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		last := appendFrame(nil, []byte("last"))
		sealFrames(last, 5)
		for first, b := range map[Seq][]byte{1: content, 5: append(newHeader(5, instanceID{1}), last...)} {
			if err := os.WriteFile(newSegment(dir, first).path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l, err := Open(dir, Options{})
		if err != nil {
			return // a newer version, or another journal
		}
		defer l.Close()
		var seqs []Seq
		err = l.Replay(0, func(s Seq, _ []byte) error {
			seqs = append(seqs, s)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range seqs[:len(seqs)-1] {
			if s != Seq(i+1) {
				t.Errorf("numbers %v", seqs)
			}
		}
		if len(seqs) > 5 || seqs[len(seqs)-1] != 5 {
			t.Errorf("numbers %v, want the next segment's 5 at the end", seqs)
		}
	})
}

// FuzzAcks opens any file of acknowledgements.
func FuzzAcks(f *testing.F) {
	frames := appendFrame(nil, appendAck(nil, "consumer", 3))
	sealFrames(frames, 1)
	f.Add(frames)
	f.Add(frames[:5])
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), ackFileName)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		a, before, err := openAcks(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.append("new", 7); err != nil {
			t.Fatal(err)
		}
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
		a, after, err := openAcks(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.close(); err != nil {
			t.Fatal(err)
		}
		if len(before) < maxConsumers && after["new"] != 7 {
			t.Errorf("before %v, after %v", before, after)
		}
	})
}
