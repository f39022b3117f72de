// Package proc reads what processes have used, CPU time and memory, from Linux's
// /proc, for a process together with all its descendants: nginx is a master and
// its workers.
//
// It measures from outside, so that every subject is measured the same way and
// none has to help. Field meanings: proc_pid_stat(5) and proc_pid_status(5),
// Linux man-pages 6.9.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"
)

// tick is the unit of CPU times: USER_HZ is 100 on every Linux port of Go.
const tick = time.Second / 100

// ErrNoProcess says that there is no such process (any more).
var ErrNoProcess = errors.New("no such process")

// Table is the kernel's table of processes. Safe for concurrent use.
type Table struct{ fsys fs.FS }

// NewTable reads processes from fsys, which is os.DirFS("/proc").
func NewTable(fsys fs.FS) Table { return Table{fsys} }

// stat is what is used of /proc/PID/stat.
type stat struct {
	pid, parent int
	// cpu is user and system time, that of children included that have ended and
	// been waited for.
	cpu time.Duration
}

// CPU returns the user and system time that pid and its descendants have used
// since they started. It is exact to a tick (10 ms) per process and kind.
func (t Table) CPU(pid int) (time.Duration, error) {
	var sum time.Duration
	err := t.tree(pid, func(s stat) error {
		sum += s.cpu
		return nil
	})
	return sum, err
}

// Memory is how much of a process tree is in physical memory, in bytes. Pages
// that processes share count once for each.
type Memory struct {
	Now  int64
	Peak int64 // each process's own peak, summed
}

// Memory returns what pid and its descendants occupy.
func (t Table) Memory(pid int) (Memory, error) {
	var sum Memory
	err := t.tree(pid, func(s stat) error {
		b, err := fs.ReadFile(t.fsys, strconv.Itoa(s.pid)+"/status")
		if err != nil {
			return err
		}
		m, err := parseStatus(b)
		sum.Now += m.Now
		sum.Peak += m.Peak
		return err
	})
	return sum, err
}

// tree calls f for root and every descendant. A descendant that ends meanwhile
// is passed over: its time is then in its parent's.
func (t Table) tree(root int, f func(stat) error) error {
	all, err := t.all()
	if err != nil {
		return err
	}
	s, ok := all[root]
	if !ok {
		return fmt.Errorf("process %d: %w", root, ErrNoProcess)
	}
	if err := f(s); err != nil {
		return fmt.Errorf("process %d: %w", root, err)
	}
	for pid, s := range all {
		if pid == root || !descends(all, pid, root) {
			continue
		}
		if err := f(s); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("process %d: %w", pid, err)
		}
	}
	return nil
}

// descends reports whether root is among the ancestors of pid.
func descends(all map[int]stat, pid, root int) bool {
	// A table read while processes come and go could hold a loop, so the way up is
	// bounded by its size.
	for range all {
		s, ok := all[pid]
		if !ok {
			return false
		}
		if pid = s.parent; pid == root {
			return true
		}
	}
	return false
}

// all returns every process there is.
func (t Table) all() (map[int]stat, error) {
	entries, err := fs.ReadDir(t.fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	all := make(map[int]stat, len(entries))
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err != nil || pid <= 0 {
			continue
		}
		b, err := fs.ReadFile(t.fsys, e.Name()+"/stat")
		if err != nil {
			continue // it has ended since the listing
		}
		s, err := parseStat(b)
		if err != nil {
			return nil, fmt.Errorf("process %s: %w", e.Name(), err)
		}
		all[s.pid] = s
	}
	return all, nil
}

// parseStat reads one line of /proc/PID/stat. The second field, the program's
// name in parentheses, may itself hold spaces and parentheses.
func parseStat(b []byte) (stat, error) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("stat without a name: %.80q", b)
	}
	fields := bytes.Fields(b[end+1:])
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("stat with %d fields behind the name", len(fields))
	}
	// Field 3 of the manual page, the state, is fields[0]: parent is 4, utime,
	// stime, cutime and cstime are 14 to 17.
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b[:open])))
	parent, err2 := strconv.Atoi(string(fields[1]))
	if err := errors.Join(err, err2); err != nil {
		return stat{}, err
	}
	s := stat{pid: pid, parent: parent}
	for _, f := range fields[11:15] {
		ticks, err := strconv.ParseUint(string(f), 10, 48)
		if err != nil {
			return stat{}, fmt.Errorf("CPU time: %w", err)
		}
		s.cpu += time.Duration(min(ticks, maxTicks)) * tick
	}
	return s, nil
}

// maxTicks keeps the sum of four times within a Duration.
const maxTicks = uint64((1<<63 - 1) / 4 / tick)

// parseStatus reads VmRSS and VmHWM out of /proc/PID/status. A process that is
// about to end has neither and counts as nothing.
func parseStatus(b []byte) (Memory, error) {
	var m Memory
	for line := range bytes.Lines(b) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		var to *int64
		switch string(name) {
		case "VmRSS":
			to = &m.Now
		case "VmHWM":
			to = &m.Peak
		default:
			continue
		}
		kib, ok := bytes.CutSuffix(bytes.TrimSpace(value), []byte(" kB"))
		n, err := strconv.ParseUint(string(kib), 10, 48)
		if err != nil || !ok {
			return Memory{}, fmt.Errorf("%s: %q is no size in kB", name, value)
		}
		*to = int64(n) << 10
	}
	return m, nil
}
