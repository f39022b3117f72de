package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSegmentsGoWhenAllConsumersHavePassed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(t, dir, Options{SegmentBytes: 100, Consumers: []string{"fast", "slow"}})
	appendAll(t, l, numbered(20, 40)...) // one record a segment and the header
	if err := l.Ack("fast", 20); err != nil {
		t.Fatal(err)
	}
	if n := len(segmentFiles(t, dir)); n != 20 {
		t.Fatalf("%d segments, want all 20: slow has passed none", n)
	}
	for _, step := range []struct {
		ack  Seq
		left int
	}{{ack: 1, left: 19}, {ack: 10, left: 10}, {ack: 20, left: 1}} {
		if err := l.Ack("slow", step.ack); err != nil {
			t.Fatal(err)
		}
		if n := len(segmentFiles(t, dir)); n != step.left {
			t.Errorf("%d segments after Ack(%d), want %d", n, step.ack, step.left)
		}
	}
	if got := replayed(t, l, 0); len(got) != 1 {
		t.Errorf("replay of what is left: %v", got)
	}
	appendAll(t, l, "next")
	if l.Last() != 21 {
		t.Errorf("Last() = %d, want 21", l.Last())
	}
}

func TestSegmentsPassedAreRemovedAtOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opts := Options{SegmentBytes: 100, Consumers: []string{"a", "gone"}}
	l := newLog(t, dir, opts)
	appendAll(t, l, numbered(10, 40)...)
	if err := l.Ack("a", 9); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	opts.Consumers = []string{"a"}
	l = newLog(t, dir, opts)
	if n := len(segmentFiles(t, dir)); n != 1 {
		t.Errorf("%d segments, want 1: nobody reads the others any more", n)
	}
	if l.Acked("a") != 9 {
		t.Errorf("Acked = %d, want 9", l.Acked("a"))
	}
}

func TestWithoutConsumersAllSegmentsStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(t, dir, Options{SegmentBytes: 100})
	appendAll(t, l, numbered(10, 40)...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = newLog(t, dir, Options{SegmentBytes: 100})
	if got := replayed(t, l, 0); len(got) != 10 {
		t.Errorf("%d records, want 10", len(got))
	}
}

func TestAckRules(t *testing.T) {
	t.Parallel()
	l := newLog(t, t.TempDir(), Options{})
	appendAll(t, l, "a", "b", "c")
	for i := range maxConsumers - 1 {
		if err := l.Ack(fmt.Sprint("c", i), 1); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name     string
		consumer string
		ack      Seq
		want     Seq
		wantErr  string
	}{
		{name: "forward", consumer: "c0", ack: 2, want: 2},
		{name: "same again", consumer: "c0", ack: 2, want: 2},
		{name: "back does nothing", consumer: "c0", ack: 1, want: 2},
		{name: "beyond the end", consumer: "c0", ack: 4, want: 2, wantErr: "no record 4"},
		{name: "no name", ack: 1, wantErr: "a name has"},
		{name: "long name", consumer: strings.Repeat("n", 129), ack: 1, wantErr: "a name has"},
		{name: "last consumer", consumer: "last", ack: 3, want: 3},
		{name: "one too many", consumer: "more", ack: 1, wantErr: "more than 64"},
	}
	for _, tt := range tests {
		err := l.Ack(tt.consumer, tt.ack)
		if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
			t.Errorf("%s: Ack = %v, want error %q", tt.name, err, tt.wantErr)
		}
		if got := l.Acked(tt.consumer); got != tt.want {
			t.Errorf("%s: Acked = %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestAcksSurviveTornEndsAndRewriting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, ackFileName)
	l := newLog(t, dir, Options{})
	const acks = 5000
	for i := range acks {
		appendAll(t, l, "r")
		if err := l.Ack("consumer", Seq(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Ack("other", 7); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > compactAcks {
		t.Errorf("the file has grown to %d bytes", info.Size())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for cut := range 3 {
		// Bytes of a write that a crash has torn.
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(make([]byte, 5+cut*10)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		l = newLog(t, dir, Options{})
		want := Seq(acks + cut)
		if l.Acked("consumer") != want || l.Acked("other") != 7 {
			t.Fatalf("acked %d and %d, want %d and 7", l.Acked("consumer"), l.Acked("other"), want)
		}
		appendAll(t, l, "r")
		if err := l.Ack("consumer", want+1); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAckOpensItsFileAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(t, dir, Options{})
	appendAll(t, l, "a", "b")
	if err := l.Ack("c", 1); err != nil {
		t.Fatal(err)
	}
	if err := l.acks.closeFile(); err != nil {
		t.Fatal(err)
	}
	if err := l.Ack("c", 2); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l = newLog(t, dir, Options{}); l.Acked("c") != 2 {
		t.Errorf("Acked = %d, want 2", l.Acked("c"))
	}
}
