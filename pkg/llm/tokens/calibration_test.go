package tokens

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

// recordings are beside the source tree.
var recordings = filepath.Join("..", "..", "..", "..", "shared", "replay")

// recording is a recorded call, and what its answer says of the input.
type recording struct {
	ID       string `json:"id"`
	Provider string `json:"provider"`
	Endpoint string `json:"endpoint"`
	Model    string `json:"model"`
	Status   int    `json:"status"`
	Body     string `json:"request_body"`
}

type view struct {
	ID   string `json:"id"`
	View struct {
		Usage struct {
			Input int64 `json:"input"`
		} `json:"usage"`
	} `json:"view"`
}

// lines decodes the gzipped JSON lines of a file of recordings.
func lines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(recordings, name))
	if err != nil {
		t.Skipf("SKIPPED: the counts are not compared with recorded usage: %v", err)
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for d := json.NewDecoder(z); ; {
		var v T
		switch err := d.Decode(&v); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all = append(all, v)
	}
}

// conversation decodes what was asked for; nil where it is no chat.
func (r *recording) conversation(t *testing.T) *llm.Conversation {
	t.Helper()
	var tr llm.Translation
	var err error
	switch r.Endpoint {
	case "messages":
		err = anthropic.Frontend{}.DecodeRequest(llm.OpChat, []byte(r.Body), &tr)
	case "chat.completions":
		err = openai.Frontend{}.DecodeRequest(llm.OpChat, []byte(r.Body), &tr)
	}
	if err != nil {
		t.Errorf("%s: %v", r.ID, err)
	}
	return tr.Conversation
}

// comparable says that all input of the call is in its body: nothing is fetched,
// run or added by the vendor that bills for it.
func (r *recording) comparable(c *llm.Conversation) bool {
	if r.Provider == "venice" || strings.HasSuffix(r.Model, ":free") {
		return false
	}
	for i := range c.Tools {
		if c.Tools[i].Foreign != nil {
			return false
		}
	}
	for i := range c.Messages {
		for _, p := range c.Messages[i].Parts {
			switch p := p.(type) {
			case llm.Foreign:
				return false
			case llm.Media:
				if p.URL != "" || p.FileID != "" || p.Kind == llm.Audio {
					return false
				}
			}
		}
	}
	return true
}

// longCall is the input of a call, in tokens, from which a deviation means more
// than what stands around the text.
const longCall = 200

// TestRecordedUsage compares counts with what vendors have billed: the table in
// the package comment.
func TestRecordedUsage(t *testing.T) {
	t.Parallel()
	billed := make(map[string]int64)
	for _, v := range lines[view](t, "expect-dev.jsonl.gz") {
		billed[v.ID] = v.View.Usage.Input
	}
	all, long := make(map[string][]float64), make(map[string][]float64)
	for _, r := range lines[recording](t, "dev.jsonl.gz") {
		want := billed[r.ID]
		if r.Status != 200 || want == 0 {
			continue
		}
		c := r.conversation(t)
		if c == nil || !r.comparable(c) {
			continue
		}
		deviation := 100 * math.Abs(float64(Count(r.Model, c))/float64(want)-1)
		name := familyOf(r.Model).name
		all[name] = append(all[name], deviation)
		if want >= longCall {
			long[name] = append(long[name], deviation)
		}
	}
	if len(all) < len(bounds) {
		t.Fatalf("recordings of %d families only", len(all))
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		median, p90 := quantile(all[name], 0.5), quantile(all[name], 0.9)
		t.Logf("%-10s  all: %3d %5.1f %% %5.1f %%  long: %3d %5.1f %% %5.1f %%", name,
			len(all[name]), median, p90, len(long[name]), quantile(long[name], 0.5), quantile(long[name], 0.9))
		if b, ok := bounds[name]; ok && (median > b.median || p90 > b.p90) {
			t.Errorf("%s: median %.1f %% and p90 %.1f %% off, want at most %v", name, median, p90, b)
		}
	}
}

// bounds are the deviations in percent that the package comment tells of, for the
// families with ten recorded calls or more.
var bounds = map[string]struct{ median, p90 float64 }{
	"claude-3":   {6, 16},
	"claude-4.5": {5, 14},
	"deepseek":   {2, 18},
	"gemini":     {16, 60},
	"glm":        {3, 32},
	"gpt-4o":     {4, 16},
	"gpt-5":      {6, 9},
	"gpt-oss":    {3, 12},
	"grok":       {20, 97},
	"kimi":       {10, 60},
	"llama":      {8, 75},
	"mistral":    {13, 42},
	"qwen":       {2, 18},
}

func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[int(q*float64(len(values)-1)+0.5)]
}
