package ledger

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
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// crashDir makes TestCrashChild the process that is killed.
var crashDir = flag.String("ledger.crash-dir", "", "keep a ledger in this directory until killed")

// crashCallers is how many calls of the child are open at a time.
const crashCallers = 8

// TestCrashChild opens and settles calls as fast as it can, leaves some open,
// and prints what it was told is done.
func TestCrashChild(t *testing.T) {
	if *crashDir == "" {
		t.Skip("only runs as the child of TestKillLosesNoCall")
	}
	b := newBook(t, *crashDir, costsIn(*crashDir))
	for _, c := range b.state.Cut {
		fmt.Fprintf(os.Stdout, "cut %s\n", c.ID)
	}
	// Often enough that a kill hits a checkpoint too.
	b.opts.Checkpoint = pace
	run := b.journal.Last()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.Run(t.Context()); err != nil {
			panic(err)
		}
	})
	for c := range crashCallers {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", run, c, i)
				open(t, b.Ledger, ask(id))
				fmt.Fprintf(os.Stdout, "opened %s\n", id)
				if rand.IntN(4) == 0 {
					if err := b.Progress(&Progress{ID: id, OutputTokens: 5}); err != nil {
						panic(err)
					}
				}
				if rand.IntN(50) == 0 {
					continue // it stays open
				}
				money := rand.Int64N(hold)
				settle(t, b.Ledger, id, money/10, money)
				fmt.Fprintf(os.Stdout, "settled %s %d\n", id, money)
			}
		})
	}
	wg.Wait()
}

func TestKillLosesNoCall(t *testing.T) {
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 2
	}
	dir := t.TempDir()
	told := make(map[string]string) // what the children said last of each call
	for round := range rounds {
		for _, line := range runAndKill(t, dir, 300+rand.IntN(3000)) {
			what, id, _ := strings.Cut(line, " ")
			id, money, _ := strings.Cut(id, " ")
			told[id] = strings.TrimSpace(what + " " + money)
		}
		if round%3 != 2 {
			continue // the next child has to recover from this one
		}
		b := newBook(t, dir, costsIn(dir))
		b.drain(t)
		b.check(t, told)
		b.shut(t)
	}
}

// check compares log, totals and what was told.
func (b *book) check(t *testing.T, told map[string]string) {
	t.Helper()
	seen := make(map[string]struct{})
	var tokens, money, cut int64
	for _, r := range b.logged(t) {
		if _, twice := seen[r.RequestID]; twice {
			t.Fatalf("%s is in the log twice", r.RequestID)
		}
		seen[r.RequestID] = struct{}{}
		tokens += r.Usage.Total()
		money += int64(r.Cost)
		what := told[r.RequestID]
		if r.ErrorType != interruptedType {
			if want := fmt.Sprintf("settled %d", r.Cost); what != want && strings.HasPrefix(what, "settled") {
				t.Fatalf("%s: logged %s, told %q", r.RequestID, want, what)
			}
			continue
		}
		cut++
		if strings.HasPrefix(what, "settled") || r.Cost != llm.NanoUSD(hold) || r.Usage.Reported {
			t.Fatalf("%s was told %q, and logged as %+v", r.RequestID, what, r)
		}
	}
	for id := range told {
		if _, logged := seen[id]; !logged {
			t.Fatalf("%s was %s and is not in the log", id, told[id])
		}
	}
	if cut == 0 {
		t.Error("no call was cut")
	}
	wantTotals(t, b.Ledger, int64(len(seen)), tokens, money)
	wantCosts(t, b, "key:1", "budget:b")
}

// runAndKill starts the child, kills it when it has told some things, and returns
// them all.
func runAndKill(t *testing.T, dir string, atLeast int) []string {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable, "-test.run=^TestCrashChild$", "-ledger.crash-dir="+dir)
	cmd.WaitDelay = time.Minute
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
		lines = append(lines, scanner.Text())
		if len(lines) == atLeast {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(lines) < atLeast {
		t.Fatalf("the child ended early: %s", strings.Join(lines, "\n"))
	}
	// The last line may be torn.
	return lines[:len(lines)-1]
}
