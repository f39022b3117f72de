package openai_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestZZCross(t *testing.T) {
	reasons := map[string]int{}
	n := 0
	type expectation struct {
		ID   string `json:"id"`
		View view   `json:"view"`
	}
	want := map[string]view{}
	for _, e := range readLines[expectation](t, "expect-dev.jsonl.gz") {
		want[e.ID] = e.View
	}
	okA, totA := 0, 0
	for _, x := range readLines[exchange](t, "dev.jsonl.gz") {
		if x.Endpoint == "messages" {
			n++
			var tr llm.Translation
			if err := (anthropic.Frontend{}).DecodeRequest(llm.OpChat, []byte(x.RequestBody), &tr); err != nil {
				reasons["DECODE "+err.Error()]++
				continue
			}
			var l dialect.Losses
			b, err := openai.Backend{}.AppendRequest(nil, &llm.Request{Op: llm.OpChat, Model: "m", Translate: &tr, Stream: true}, &l)
			if err != nil {
				reasons[err.Error()]++
				continue
			}
			if !json.Valid(b) {
				t.Error(x.name(), string(b))
			}
			for _, d := range l.Dropped {
				reasons["dropped "+d]++
			}
		}
		v, ok := want[x.ID]
		if !ok || (x.Endpoint != "messages") {
			continue
		}
		totA++
		var s llm.Stream
		if strings.HasPrefix(strings.TrimSpace(x.ResponseBody), "{") {
			r, err := anthropic.Backend{}.DecodeResponse(llm.OpChat, []byte(x.ResponseBody))
			if err != nil {
				t.Log(x.name(), err)
				continue
			}
			s = dialect.Replay(r)
		} else {
			s = anthropic.Backend{}.NewEventReader(io.NopCloser(strings.NewReader(x.ResponseBody)), dialect.StreamOptions{})
		}
		fr := write(s, llm.OpChat, dialect.StreamWriterOptions{IncludeUsage: true})
		got, f, err := gather(openai.Backend{}.NewEventReader(io.NopCloser(bytes.NewReader(fr)), dialect.StreamOptions{}))
		if err != nil || f != nil {
			t.Log(x.name(), f, err)
			continue
		}
		if d := compare(&v, got); d != "" {
			t.Log(x.name(), v.Lossy, d)
			continue
		}
		okA++
	}
	t.Log(n, okA, totA)
	for r, c := range reasons {
		t.Log(c, r)
	}
}
