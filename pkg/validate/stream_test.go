package validate

import (
	"strings"
	"testing"
	"testing/iotest"
)

// event writes an event of Anthropic's dialect.
func event(kind, members string) string {
	if members != "" {
		members = "," + members
	}
	return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\"" + members + "}\n\n"
}

func TestOrderOfEvents(t *testing.T) {
	t.Parallel()
	const usage = `"message":{"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}`
	start, text := event("message_start", usage), `"index":0,"content_block":{"type":"text","text":""}`
	piece := event("content_block_delta", `"index":0,"delta":{"type":"text_delta","text":"a"}`)
	begin, end := event("content_block_start", text), event("content_block_stop", `"index":0`)
	delta := event("message_delta", `"delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":5}`)
	stop := event("message_stop", "")
	for name, tt := range map[string]struct{ stream, want string }{
		"whole":                 {start + begin + piece + end + delta + stop, ""},
		"pings anywhere":        {event("ping", "") + start + begin + event("ping", "") + end + delta + stop + event("ping", ""), ""},
		"unknown events":        {start + event("surprise", `"index":"?"`) + begin + end + delta + stop, "cannot be read"},
		"unknown kinds":         {start + event("surprise", "") + begin + end + delta + stop, ""},
		"without a name":        {start + begin + "data: what is this\n\n" + end + delta + stop, ""},
		"[DONE]":                {start + begin + end + delta + stop + "data: [DONE]\n\n", ""},
		"twice started":         {start + start, "message_start comes a second time"},
		"no start":              {begin, "content_block_start comes before message_start"},
		"wrong index":           {start + event("content_block_start", `"index":1`), "with the index 1, where block 0"},
		"two blocks at a time":  {start + begin + begin, "content_block_start comes with the index 0"},
		"a piece too early":     {start + piece, "for block 0, which is not open"},
		"a piece too late":      {start + begin + end + piece, "for block 0, which is not open"},
		"an end too early":      {start + end, "for block 0, which is not open"},
		"a delta too early":     {start + begin + delta, "message_delta comes while a block is open"},
		"no delta":              {start + begin + end + stop, "message_stop comes before message_delta"},
		"more after the end":    {start + begin + end + delta + stop + begin, "content_block_start comes after message_stop"},
		"the block of a tool":   {start + begin + event("content_block_delta", `"index":0,"delta":{"type":"input_json_delta","partial_json":"{"}`), "input_json_delta comes in a block of another type"},
		"another name":          {"event: other\ndata: {\"type\":\"ping\"}\n\n", `of the type "ping" has the name "other"`},
		"cut":                   {start + begin + piece, "cut before the answer was whole"},
		"nothing":               {"", "cut before the answer was whole"},
		"half an event":         {start + begin + "event: content_block_delta\ndata: {\"type\":", "cut before the answer was whole"},
		"no blank line at last": {strings.TrimSuffix(start+begin+piece+end+delta+stop, "\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMessageStream()
			bad, err := drain(iotest.OneByteReader(strings.NewReader(tt.stream)), m, func() {})
			r, cut := m.end()
			if bad == nil {
				bad = cut
			}
			switch {
			case err != nil:
				t.Error(err)
			case tt.want == "" && bad != nil:
				t.Errorf("found %+v", bad)
			case tt.want != "" && (bad == nil || !strings.Contains(bad.message, tt.want)):
				t.Errorf("found %+v, want %s", bad, tt.want)
			case tt.want == "" && (r.usage != usage7 || r.stop != "max_tokens" || !r.length):
				t.Errorf("read %+v", r)
			}
		})
	}
}

var usage7 = usage{input: 7, output: 5}

// FuzzStreams reads anything as a stream: it ends, with a verdict.
func FuzzStreams(f *testing.F) {
	for _, text := range []string{goodChunks, goodToolChunks, goodEvents, goodToolEvents, "data: {}\n\n", "event: error\ndata: {\"type\":\"error\",\"error\":null}\n\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range []streamReader{newChatStream(), newMessageStream()} {
			bad, err := drain(strings.NewReader(text), r, func() {})
			if err != nil {
				t.Fatal(err)
			}
			got, cut := r.end()
			if bad == nil && cut == nil {
				judgeText(&got)
				judgeTool(&got)
			}
			for _, i := range []*issue{bad, cut} {
				if i != nil && len([]rune(i.message)) > 3*maxShown {
					t.Errorf("a message of %d bytes", len(i.message))
				}
			}
		}
	})
}

// FuzzAnswers reads anything as an answer.
func FuzzAnswers(f *testing.F) {
	for _, text := range []string{goodMessage, goodTool, goodChat, goodChatTool, goodText, goodVector, `{"input_tokens":3}`, `{"error":{}}`, `[]`, goodList, `{"data":null}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		for _, s := range specs() {
			if s.read == nil {
				continue
			}
			if r, bad := s.read(text); bad == nil {
				s.judge(&r)
			}
		}
		_, _ = listed(text)
	})
}

func TestClip(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                            "",
		" a \n\t b ":                  "a b",
		"\x1b[31mred\x1b[0m":          "[31mred [0m",
		"a\u2028b\u009bc\xff":         "a b c\uFFFD",
		strings.Repeat("ä", maxShown): strings.Repeat("ä", maxShown),
		strings.Repeat("ä", 9999):     strings.Repeat("ä", maxShown) + "…",
		strings.Repeat(" ", 9999):     "…",
	} {
		if got := clip(text); got != want {
			t.Errorf("clip(%.20q…) = %q, want %q", text, got, want)
		}
	}
}
