package journal

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// crashDir makes TestCrashChild the process that is killed.
var crashDir = flag.String("journal.crash-dir", "", "append to the journal in this directory until killed")

// crashAppenders is how many goroutines of the child append at a time.
const crashAppenders = 8

// TestCrashChild appends as fast as it can and prints what was acknowledged.
func TestCrashChild(t *testing.T) {
	if *crashDir == "" {
		t.Skip("only runs as the child of TestKillLosesNothingAcknowledged")
	}
	l, err := Open(*crashDir, Options{SegmentBytes: 64 << 10, Consumers: []string{"c"}})
	if err != nil {
		t.Fatal(err)
	}
	run := l.Last()
	var wg sync.WaitGroup
	for a := range crashAppenders {
		wg.Go(func() {
			for i := 0; ; i++ {
				r := fmt.Sprintf("%d-%d-%d-%s", run, a, i, strings.Repeat("x", rand.IntN(300)))
				s, err := l.Append([]byte(r))
				if err != nil {
					panic(err)
				}
				fmt.Fprintf(os.Stdout, "acked %d %s\n", s, r)
			}
		})
	}
	wg.Wait()
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	acked := make(map[string]string) // by number
	for round := range rounds {
		for _, line := range runAndKill(t, dir, 200+rand.IntN(2000)) {
			if number, record, ok := strings.Cut(line, " "); ok {
				acked[number] = record
			}
		}
		l, err := Open(dir, Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		records := make(map[string]struct{})
		var last Seq
		err = l.Replay(0, func(s Seq, b []byte) error {
			if s != last+1 {
				t.Fatalf("round %d: record %d after %d", round, s, last)
			}
			last = s
			if want, ok := acked[fmt.Sprint(s)]; ok && want != string(b) {
				t.Fatalf("round %d: record %d is %q, acknowledged was %q", round, s, b, want)
			}
			if _, twice := records[string(b)]; twice {
				t.Fatalf("round %d: %q is there twice", round, b)
			}
			records[string(b)] = struct{}{}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for number, r := range acked {
			if _, ok := records[r]; !ok {
				t.Fatalf("round %d: record %s was acknowledged and is lost", round, number)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(acked) < rounds*200 {
		t.Errorf("only %d records were acknowledged in %d rounds", len(acked), rounds)
	}
}

// runAndKill starts the child, kills it when it has acknowledged some records,
// and returns all it acknowledged: "number record".
func runAndKill(t *testing.T, dir string, atLeast int) []string {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable, "-test.run=^TestCrashChild$", "-journal.crash-dir="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		if line, ok := strings.CutPrefix(scanner.Text(), "acked "); ok {
			lines = append(lines, line)
		} else {
			t.Logf("child: %s", scanner.Text())
		}
		if len(lines) == atLeast {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(lines) < atLeast {
		t.Fatalf("the child ended after %d records", len(lines))
	}
	// The last line may be torn.
	return lines[:len(lines)-1]
}
