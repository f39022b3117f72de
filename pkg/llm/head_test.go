package llm_test

import (
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

func TestHeadFind(t *testing.T) {
	t.Parallel()
	body := []byte(`{"model":"m","top":1}`)
	h := llm.Head{Fields: []llm.Field{
		{Name: llm.Span{Start: 2, End: 7}, Value: llm.Span{Start: 9, End: 12}},
		{Name: llm.Span{Start: 14, End: 17}, Value: llm.Span{Start: 19, End: 20}},
	}}
	for name, want := range map[string]string{"model": `"m"`, "top": "1", "mode": "", "": ""} {
		span := h.Find(body, name)
		if got := string(span.Of(body)); got != want || span.Empty() != (want == "") {
			t.Errorf("Find(%q) covers %q, want %q", name, got, want)
		}
	}
}

func TestHeadResetKeepsMemory(t *testing.T) {
	t.Parallel()
	h := llm.Head{Fields: make([]llm.Field, 3, 8), Model: "m", Stream: true, MaxOutput: 5, Thinking: true, Choices: 4}
	h.Reset()
	if len(h.Fields) != 0 || cap(h.Fields) != 8 {
		t.Errorf("Fields has length %d and capacity %d, want 0 and 8", len(h.Fields), cap(h.Fields))
	}
	if h.Model != "" || h.Stream || h.MaxOutput != 0 || h.Thinking || h.Choices != 1 {
		t.Errorf("Reset leaves %+v", h)
	}
}

func TestSpanEmpty(t *testing.T) {
	t.Parallel()
	for span, want := range map[llm.Span]bool{
		{}: true, {Start: 3, End: 3}: true, {Start: 4, End: 3}: true, {Start: 3, End: 4}: false,
	} {
		if span.Empty() != want {
			t.Errorf("%v.Empty() = %v", span, !want)
		}
	}
}
