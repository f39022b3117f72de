package provider_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/llm"
)

// speak is a call on the translated lane that says text.
func speak(text string) *llm.Request {
	return &llm.Request{
		Op: llm.OpChat, Dialect: "lines",
		Translate: &llm.Translation{Conversation: &llm.Conversation{
			Messages: []llm.Message{{Role: llm.User, Parts: []llm.Part{llm.Text{Text: text}}}},
		}},
	}
}

func TestATranslatedCall(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		reply("application/json", `"answer"`)(w, r)
	})
	ans, err := v.send(t, speak("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if ans.Response == nil || ans.Body != nil || ans.Meta.ID != "line" || !slices.Equal(ans.Dropped, []string{"seed"}) {
		t.Errorf("got %+v, want a response and what was dropped", ans)
	}
}

func TestATranslatedStream(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		reply("text/event-stream", "one\nend\n")(w, r)
	})
	req := speak("hello")
	req.Stream = true
	ans, err := v.send(t, req)
	if err != nil {
		t.Fatal(err)
	}
	if all, last, _ := drain(t, ans.Stream); all != "one\nend\n" || last.Kind != llm.End {
		t.Errorf("got %q, last %+v", all, last)
	}
	_ = ans.Stream.Close()
}

func TestAnswersThatCannotBeTranslated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, message string }{
		{"nothing", "", "could not be understood"},
		{"too long", strings.Repeat("a", 33<<20), "too long to be translated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, reply("application/json", tt.body))
			_, err := v.send(t, speak("hello"))
			if e := wantError(t, err, llm.Upstream); !strings.Contains(e.Message, tt.message) {
				t.Errorf("message %q, want %q in it", e.Message, tt.message)
			}
		})
	}
}

func TestARequestThatCannotBeTranslated(t *testing.T) {
	t.Parallel()
	v := newVendor(t, reply("application/json", "{}"))
	req := speak("hello")
	req.Model = "unspeakable"
	_, err := v.send(t, req)
	if e := wantError(t, err, llm.InvalidRequest); e.Param != "model" || v.conns.Load() != 0 {
		t.Errorf("got %+v after %d connections, want a refusal before any", e, v.conns.Load())
	}
}
