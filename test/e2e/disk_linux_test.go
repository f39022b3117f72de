package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// smallDisk mounts a file system of its own, of that many bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("llmgw-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", size))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("needs the right to mount a small file system; the ledger's own tests refuse writes without one")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fill takes all that is left of a file system, to the last byte.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for n := 1 << 20; n > 0; n /= 2 {
		block := make([]byte, n)
		for {
			if _, err := f.Write(block); err != nil {
				if !errors.Is(err, syscall.ENOSPC) {
					t.Fatal(err)
				}
				break
			}
		}
	}
}

// readiness is what the gateway says of itself.
func readiness(t *testing.T, url string) (status int, reason string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/health/readiness", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body struct {
		Reason string `json:"reason"`
	}
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	if err != nil {
		t.Fatalf("readiness: %v: %s", err, text)
	}
	return resp.StatusCode, body.Reason
}

// TestFullDiskLosesNoCall fills the disk of the data directory under load: calls
// under a hard budget are refused and told why, others go on, and when there is room
// again all of them are in the books, once.
func TestFullDiskLosesNoCall(t *testing.T) {
	const diskSize = 24 << 20
	v := startVendor(t)
	config := crashConfig(v, "100000")
	dataDir := smallDisk(t, diskSize)
	gw := start(t, config, dataDir)
	client := newClient(t, 8)
	disk := &fullDisk{url: gw.URL(), client: client}

	disk.calls(t, "before", 40)
	disk.wantAnswered(t, true)
	if status, reason := readiness(t, gw.URL()); status != http.StatusOK {
		t.Errorf("readiness %d, %q before the disk is full", status, reason)
	}

	filler := filepath.Join(dataDir, "filler")
	fill(t, filler)
	await(t, 20*time.Second, "the disk is full to the last page of every file", func() bool {
		// What is left of pages that files have already takes some more records.
		disk.calls(t, fmt.Sprint("filling-", len(disk.asked)), 4)
		status, _ := readiness(t, gw.URL())
		return status == http.StatusServiceUnavailable
	})
	if _, reason := readiness(t, gw.URL()); !strings.Contains(reason, "journal") || !strings.Contains(reason, "no space left") || strings.Contains(reason, dataDir) {
		t.Errorf("readiness says %q", reason)
	}
	disk.calls(t, "full", 60)
	disk.wantAnswered(t, false)

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, 20*time.Second, "the gateway is ready again", func() bool {
		status, _ := readiness(t, gw.URL())
		return status == http.StatusOK
	})
	disk.calls(t, "after", 40)
	disk.wantAnswered(t, true)

	lines := gw.Log()
	whole := newCrashReport(t, disk.asked, lines)
	for i := range disk.asked {
		id := disk.asked[i].question.order.ID
		if whole.bySession[id] == nil {
			t.Errorf("call %s is not in the log", id)
		}
	}
	// What was refused is in the log and books nothing.
	refused := func(l gatewaytest.LogLine) bool { return l.HTTPStatus >= http.StatusInternalServerError }
	c := newCrashReport(t, slices.DeleteFunc(disk.asked, func(a asked) bool { return a.reply.status != http.StatusOK }),
		slices.DeleteFunc(lines, refused))
	c.checkAnswers()
	c.checkTotals(readTotals(t, gw.DataDir()))
	if n := strings.Count(gw.Output(), "level=ERROR"); n > 20 {
		t.Errorf("%d errors are told: a full disk is one", n)
	}
	t.Logf("%d calls were answered in full", c.whole)
}

// fullDisk makes calls and keeps what became of them.
type fullDisk struct {
	url    string
	client *http.Client
	asked  []asked
	// since is where the calls of the last round begin.
	since int
}

// calls makes n calls one after the other, by turns under a hard budget and under
// none, in both dialects, streams and not.
func (d *fullDisk) calls(t *testing.T, name string, n int) {
	t.Helper()
	d.since = len(d.asked)
	for i := range n {
		q := question{key: freeKey, anthropic: i%4 < 2, stream: i%8 < 4, maxTokens: 100}
		q.order = order{ID: fmt.Sprintf("%s-%d", name, i), Key: "free", Do: answerWell, Input: 20, Output: 10, Pieces: 3}
		if i%2 == 0 {
			q.key, q.order.Key = budgetKey, "budget"
		}
		d.asked = append(d.asked, asked{q, q.ask(context.WithoutCancel(t.Context()), d.client, d.url)})
	}
}

// wantAnswered judges the last round: whether calls under the hard budget pass.
func (d *fullDisk) wantAnswered(t *testing.T, hard bool) {
	t.Helper()
	for i := range d.asked[d.since:] {
		q, a := &d.asked[d.since+i].question, &d.asked[d.since+i].reply
		if q.key != budgetKey || hard {
			if a.status != http.StatusOK || !a.whole {
				t.Errorf("call %s: status %d, whole %v, error %v: %.300s", q.order.ID, a.status, a.whole, a.err, a.body)
			}
			continue
		}
		want, kind := http.StatusServiceUnavailable, `"type":"overloaded_error"`
		if q.anthropic {
			want = 529
		}
		if a.status != want || !strings.Contains(string(a.body), kind) ||
			!strings.Contains(string(a.body), "no space left on device") || !strings.Contains(string(a.body), "hard budget") || a.retryAfter(t) < 1 {
			t.Errorf("call %s: status %d, want %d with the reason: %s", q.order.ID, a.status, want, a.body)
		}
	}
}
