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

func TestReadCount(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int64{
		`{"input_tokens":2095}`:                 2095,
		`{"a":{"input_tokens":1}}`:              0,
		`{"input_tokens":-5}`:                   0,
		`{"input_tokens":"many"}`:               0,
		`not found`:                             0,
		"{\"x\":1,\n \"input_tokens\" : 2095 }": 2095,
	} {
		if got := (anthropic.Frontend{}).ReadCount([]byte(body)); got != want {
			t.Errorf("%s counts %d, want %d", body, got, want)
		}
	}
}
