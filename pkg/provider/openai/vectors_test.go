package openai_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	dialect "github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/provider/openai"
)

// TestVectorsAsBase64: the official SDKs ask for base64 unasked, and Mistral gives
// numbers only.
func TestVectorsAsBase64(t *testing.T) {
	t.Parallel()
	const asked = `{"model":"m","input":"hi","encoding_format":"base64"}`
	for _, tt := range []struct {
		name, body, answer, sent, got string
		err                           string
	}{
		{
			name: "base64", body: asked,
			answer: `{"data":[{"index":0,"embedding":[1,-0.5]}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}`,
			sent:   `{"model":"up","input":"hi"}`, got: `"embedding":"AACAPwAAAL8="`,
		},
		{
			name: "numbers pass", body: `{"model":"m","input":"hi","encoding_format":"float"}`,
			answer: `{"data":[{"index":0,"embedding":[1.0,-0.5]}]}`,
			sent:   `{"model":"up","input":"hi","encoding_format":"float"}`, got: `"embedding":[1.0,-0.5]`,
		},
		{
			name: "numbers that are none", body: asked, answer: `{"data":[{"index":0,"embedding":[1e99]}]}`,
			sent: `{"model":"up","input":"hi"}`, err: "vectors could not be understood",
		},
		{name: "broken", body: `{"model":"m","input":7,"encoding_format":"base64"}`, err: "input"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var sent string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				sent = string(body)
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, tt.answer)
			}))
			defer server.Close()
			v, ok := provider.FindVendor("mistral")
			if !ok {
				t.Fatal("there is no row for mistral")
			}
			p, err := openai.New(openai.Options{Vendor: v, BaseURL: server.URL, Transport: server.Client().Transport})
			if err != nil {
				t.Fatal(err)
			}
			var head llm.Head
			head.Reset()
			if err := (dialect.Frontend{}).Inspect(llm.OpEmbeddings, []byte(tt.body), &head); err != nil {
				t.Fatal(err)
			}
			ans, err := p.Do(t.Context(), &llm.Request{
				Op: llm.OpEmbeddings, Dialect: llm.OpenAI, Model: "up", Body: llm.BytesBody(tt.body),
				Edits: llm.Edits{Head: &head, Model: "up"},
			})
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
			case err != nil:
				t.Fatal(err)
			case !strings.Contains(string(ans.Body), tt.got):
				t.Errorf("answer %s, want %s in it", ans.Body, tt.got)
			}
			if sent != tt.sent {
				t.Errorf("sent %s, want %s", sent, tt.sent)
			}
		})
	}
}
