package proc

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"testing/fstest"
	"time"
)

// statLine is a line of /proc/PID/stat with the given times in ticks.
func statLine(pid, parent int, name string, cpu [4]int) string {
	return fmt.Sprintf("%d (%s) S %d 1 1 0 -1 4194560 1200 0 0 0 %d %d %d %d 20 0 1 0 100 1000 10 0 0\n",
		pid, name, parent, cpu[0], cpu[1], cpu[2], cpu[3])
}

func statusFile(rss, peak int) string {
	return fmt.Sprintf("Name:\tx\nVmPeak:\t 99999 kB\nVmHWM:\t %d kB\nVmRSS:\t %d kB\nThreads:\t1\n", peak, rss)
}

// newTable is a machine with a master (10), two workers, a child of one of them,
// and strangers.
func newTable() Table {
	m := fstest.MapFS{"self/stat": {Data: []byte("no process")}, "meminfo": {}}
	add := func(pid, parent int, name string, cpu [4]int) {
		m[fmt.Sprintf("%d/stat", pid)] = &fstest.MapFile{Data: []byte(statLine(pid, parent, name, cpu))}
		m[fmt.Sprintf("%d/status", pid)] = &fstest.MapFile{Data: []byte(statusFile(pid, 2*pid))}
	}
	add(1, 0, "init", [4]int{1000, 1000, 1000, 1000})
	add(10, 1, "nginx: master (x) y", [4]int{1, 2, 3, 4})
	add(11, 10, "worker", [4]int{10, 20, 0, 0})
	add(12, 10, "wor) ker", [4]int{30, 40, 0, 0})
	add(13, 12, "grandchild", [4]int{100, 0, 0, 0})
	add(20, 1, "stranger", [4]int{5000, 0, 0, 0})
	return NewTable(m)
}

func TestCPUSumsTheTree(t *testing.T) {
	t.Parallel()
	for pid, want := range map[int]time.Duration{10: 2100 * time.Millisecond, 12: 1700 * time.Millisecond, 13: time.Second} {
		if got, err := newTable().CPU(pid); got != want || err != nil {
			t.Errorf("CPU(%d) = %v, %v, want %v", pid, got, err, want)
		}
	}
}

func TestMemorySumsTheTree(t *testing.T) {
	t.Parallel()
	got, err := newTable().Memory(10)
	if want := (Memory{Now: (10 + 11 + 12 + 13) << 10, Peak: (10 + 11 + 12 + 13) << 11}); got != want || err != nil {
		t.Errorf("Memory(10) = %+v, %v, want %+v", got, err, want)
	}
}

func TestNoSuchProcess(t *testing.T) {
	t.Parallel()
	if _, err := newTable().CPU(99); !errors.Is(err, ErrNoProcess) {
		t.Errorf("CPU: %v", err)
	}
	if _, err := newTable().Memory(99); !errors.Is(err, ErrNoProcess) {
		t.Errorf("Memory: %v", err)
	}
}

func TestATableWithALoopEnds(t *testing.T) {
	t.Parallel()
	m := fstest.MapFS{
		"5/stat": {Data: []byte(statLine(5, 6, "a", [4]int{}))},
		"6/stat": {Data: []byte(statLine(6, 5, "b", [4]int{}))},
		"7/stat": {Data: []byte(statLine(7, 1, "c", [4]int{7, 0, 0, 0}))},
	}
	if got, err := NewTable(m).CPU(7); got != 70*time.Millisecond || err != nil {
		t.Errorf("CPU = %v, %v", got, err)
	}
}

func TestUnreadableFilesAreErrors(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "7 x S 1", "7 )x( S 1", "7 (x) S 1 2 3", "x (x) S 1 1 1 0 -1 4 1 0 0 0 1 1 1 1 20 0", "7 (x) S 1 1 1 0 -1 4 1 0 0 0 1 -1 1 1 20 0"} {
		if got, err := parseStat([]byte(s)); err == nil {
			t.Errorf("parseStat(%q) = %+v", s, got)
		}
	}
	for _, s := range []string{"VmRSS:\t12 MB\n", "VmHWM:\tmany kB\n", "VmRSS:"} {
		if got, err := parseStatus([]byte(s)); err == nil {
			t.Errorf("parseStatus(%q) = %+v", s, got)
		}
	}
}

func TestOwnProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: no /proc on " + runtime.GOOS)
	}
	t.Parallel()
	table := NewTable(os.DirFS("/proc"))
	before, err := table.CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	x := 0
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
		x++
	}
	after, err := table.CPU(os.Getpid())
	if used := after - before; err != nil || used <= 0 || used > 10*time.Second {
		t.Errorf("%d rounds used %v, %v", x, used, err)
	}
	m, err := table.Memory(os.Getpid())
	if err != nil || m.Now < 1<<20 || m.Peak < m.Now {
		t.Errorf("Memory = %+v, %v", m, err)
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte(statLine(1, 2, "a) (b", [4]int{1, 2, 3, 4})))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseStat(b); err == nil && s.cpu < 0 {
			t.Errorf("negative CPU time %v", s.cpu)
		}
	})
}

func FuzzParseStatus(f *testing.F) {
	f.Add([]byte(statusFile(1, 2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parseStatus(b); err == nil && (m.Now < 0 || m.Peak < 0) {
			t.Errorf("negative size %+v", m)
		}
	})
}
