package anthropic_test

import (
	"testing"

	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
)

func TestAppendCount(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, body, want string }{
		{
			"what the count depends on stays as it is",
			`{ "model" : "m", "max_tokens":5, "messages":[ {"role":"user","content":"<&>"} ], "stream":true,"temperature":1.0,"system":"s","tools":[{"max_tokens":1}],"metadata":{"user_id":"u"}}`,
			`x{"model":"m","messages":[ {"role":"user","content":"<&>"} ],"system":"s","tools":[{"max_tokens":1}]}`,
		},
		{"nothing", `{"max_tokens":5}`, `x{}`},
		{"broken", `{"model":"m","messages":[`, `x{"model":"m"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(anthropic.Frontend{}.AppendCount([]byte("x"), []byte(tt.body))); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
