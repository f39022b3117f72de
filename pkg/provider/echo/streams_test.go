package echo_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/provider/echo"
)

func TestStreamsThatFail(t *testing.T) {
	t.Parallel()
	for _, d := range []llm.Dialect{llm.Anthropic, llm.OpenAI} {
		for model, want := range map[string]struct {
			frames int
			last   llm.EventKind
			err    error
		}{
			"cut-0":              {0, 0, llm.ErrUnexpectedEOF},
			"cut-3":              {3, llm.Frames, llm.ErrUnexpectedEOF},
			"stream-error":       {6, llm.Failure, io.EOF},
			"stream-error,cut-2": {3, llm.Failure, io.EOF},
			"stream-error,cut-0": {1, llm.Failure, io.EOF},
		} {
			ans, err := askStream(t, d, llm.OpChat, model, hi)
			if err != nil {
				t.Fatal(err)
			}
			text, last, err := drain(t, ans.Stream)
			if strings.Count(text, "\n\n") != want.frames || last.Kind != want.last || !errors.Is(err, want.err) {
				t.Errorf("%s %s: got %d frames, kind %d, %v", d, model, strings.Count(text, "\n\n"), last.Kind, err)
			}
			if want.last == llm.Failure && (last.Err == nil || strings.Contains(text, "stop_reason\":\"end_turn")) {
				t.Errorf("%s %s: got %+v after %s", d, model, last.Err, text)
			}
		}
	}
	if _, err := ask(t, llm.OpenAI, llm.OpChat, "cut-3", hi); llm.AsError(err).Kind != llm.Upstream {
		t.Errorf("a whole answer that is cut gave %v", err)
	}
}

func TestBrokenToolArguments(t *testing.T) {
	t.Parallel()
	for d, tools := range map[llm.Dialect]string{llm.Anthropic: toolsA, llm.OpenAI: toolsO} {
		whole, err := ask(t, d, llm.OpChat, "broken-tool-args", tools+hi)
		if err != nil || !json.Valid(whole.Body) {
			t.Fatalf("%s: got %v, %s", d, err, whole.Body)
		}
		ans, err := askStream(t, d, llm.OpChat, "broken-tool-args", tools+hi)
		if err != nil {
			t.Fatal(err)
		}
		text, _, _ := drain(t, ans.Stream)
		for _, call := range streamSaid(t, d, text).calls {
			if json.Valid([]byte(strings.TrimPrefix(call, "w"))) {
				t.Errorf("%s: the arguments are not broken: %s", d, call)
			}
		}
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	for model, c := range map[string]struct {
		limits provider.Timeouts
		begins time.Duration
		ends   time.Duration
		kind   llm.Kind
	}{
		"long-2,delay-3s":         {begins: 3 * time.Second, ends: 3 * time.Second},
		"long-2,pace-1s":          {ends: 7 * time.Second}, // 8 frames
		"long-2,delay-2s+pace-1s": {begins: 2 * time.Second, ends: 9 * time.Second},
		"delay-5s":                {limits: provider.Timeouts{FirstByte: time.Second}, begins: time.Second, kind: llm.Timeout},
		"stall":                   {limits: provider.Timeouts{FirstByte: time.Second}, begins: time.Second, kind: llm.Timeout},
		"pace-5s":                 {limits: provider.Timeouts{Idle: time.Second}, ends: time.Second, kind: llm.Timeout},
	} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				ans, err := echo.New(echo.Options{Timeouts: c.limits}).Do(t.Context(), &llm.Request{
					Op: llm.OpChat, Dialect: llm.Anthropic, Stream: true,
					Body: llm.BytesBody(`{"model":"` + model + `","stream":true,` + hi + `}`),
				})
				if took := time.Since(start); took != c.begins {
					t.Errorf("began after %v, want %v", took, c.begins)
				}
				if err == nil {
					_, _, err = drain(t, ans.Stream)
					if took := time.Since(start); took != c.ends {
						t.Errorf("ended after %v, want %v", took, c.ends)
					}
				}
				if c.kind == 0 && err != io.EOF || c.kind != 0 && llm.AsError(err).Kind != c.kind {
					t.Errorf("ended with %v", err)
				}
			})
		})
	}
}

func TestCancelEndsEveryWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() {
			_, err := echo.New(echo.Options{}).Do(ctx, &llm.Request{
				Op: llm.OpChat, Dialect: llm.OpenAI, Body: llm.BytesBody(`{"model":"stall",` + hi + `}`),
			})
			failed <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-failed; llm.AsError(err).Kind != llm.Canceled {
			t.Errorf("stall ended with %v", err)
		}

		ans, err := askStream(t, llm.OpenAI, llm.OpChat, "pace-5m", hi)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ans.Stream.Next(); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := ans.Stream.Next()
			failed <- err
		}()
		synctest.Wait()
		if err := ans.Stream.Close(); err != nil {
			t.Error(err)
		}
		if err := <-failed; llm.AsError(err).Kind != llm.Canceled {
			t.Errorf("a paced stream ended with %v", err)
		}
	})
}

func TestChoices(t *testing.T) {
	t.Parallel()
	whole, err := ask(t, llm.OpenAI, llm.OpChat, "hello", `"n":3,`+hi)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, string(whole.Body)).Choices; len(got) != 3 || got[2].Index != 2 {
		t.Errorf("got %d choices, want 3", len(got))
	}
	whole, err = ask(t, llm.OpenAI, llm.OpCompletion, "hello", `"n":2,"prompt":["a","b"]`)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, string(whole.Body)).Choices; len(got) != 4 || got[3].Text != "Hello! You said: b" {
		t.Errorf("got %+v, want two choices for each prompt", got)
	}
}

func TestUsageChunkOnlyWhereItIsAskedFor(t *testing.T) {
	t.Parallel()
	ans, err := do(t, &llm.Request{
		Op: llm.OpChat, Dialect: llm.OpenAI, Stream: true, Body: llm.BytesBody(`{"model":"hello","stream":true,` + hi + `}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if text, last, _ := drain(t, ans.Stream); strings.Contains(text, `"usage"`) || last.Meta.Usage.Reported {
		t.Errorf("usage that nobody asked for: %s", text)
	}
}

func TestCountTokensAgreesWithTheAnswer(t *testing.T) {
	t.Parallel()
	count, err := ask(t, llm.Anthropic, llm.OpCountTokens, "hello", toolsA+hi)
	if err != nil {
		t.Fatal(err)
	}
	var body struct {
		InputTokens int64 `json:"input_tokens"`
	}
	if err := json.Unmarshal(count.Body, &body); err != nil {
		t.Fatal(err)
	}
	answer, err := ask(t, llm.Anthropic, llm.OpChat, "hello", `"max_tokens":5,`+toolsA+hi)
	if err != nil || answer.Meta.Usage.Input != body.InputTokens || body.InputTokens < 10 {
		t.Errorf("counted %d, used %+v, %v", body.InputTokens, answer.Meta.Usage, err)
	}
}

func TestEmbeddings(t *testing.T) {
	t.Parallel()
	vectors := func(body string) (out [][]float64) {
		t.Helper()
		ans, err := ask(t, llm.OpenAI, llm.OpEmbeddings, "hello", body)
		if err != nil {
			t.Fatal(err)
		}
		var list struct {
			Data []struct{ Embedding json.RawMessage }
		}
		if err := json.Unmarshal(ans.Body, &list); err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Data {
			out = append(out, vector(t, item.Embedding))
		}
		return out
	}
	a := vectors(`"input":["a","b"],"dimensions":50`)
	b := vectors(`"input":"a","dimensions":50,"encoding_format":"base64"`)
	if len(a) != 2 || len(a[0]) != 50 || len(b) != 1 {
		t.Fatalf("got %d and %d vectors", len(a), len(b))
	}
	var norm, same, dot float64
	for i := range a[0] {
		norm += a[0][i] * a[0][i]
		same += a[0][i] * b[0][i]
		dot += a[0][i] * a[1][i]
	}
	if math.Abs(norm-1) > 1e-5 || math.Abs(same-1) > 1e-5 || math.Abs(dot) > 0.9 {
		t.Errorf("got norm %v, %v in the other encoding, %v with another text", norm, same, dot)
	}
	if n := len(vectors(`"input":[1,2,3]`)); n != 1 {
		t.Errorf("one list of tokens gave %d vectors", n)
	}
	if n := len(vectors(`"input":[[1,2],[3]]`)); n != 2 {
		t.Errorf("two lists of tokens gave %d vectors", n)
	}
	for _, bad := range []string{`"input":[]`, `"input":3`, `"input":"a","dimensions":0`, `"input":"a","dimensions":99999`, `"x":1`} {
		if _, err := ask(t, llm.OpenAI, llm.OpEmbeddings, "hello", bad); llm.AsError(err).Kind != llm.InvalidRequest {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

func vector(t *testing.T, raw json.RawMessage) (out []float64) {
	t.Helper()
	var text string
	if json.Unmarshal(raw, &text) != nil {
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for ; len(b) >= 4; b = b[4:] {
		out = append(out, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	}
	return out
}

func TestForeignOperationsAreRefused(t *testing.T) {
	t.Parallel()
	p := echo.New(echo.Options{})
	for _, d := range []llm.Dialect{llm.Anthropic, llm.OpenAI, "other"} {
		for _, op := range []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings, llm.OpCountTokens, 99} {
			takes := false
			for _, one := range p.Dialects(op) {
				takes = takes || one == d
			}
			_, err := p.Do(t.Context(), &llm.Request{Op: op, Dialect: d, Body: llm.BytesBody(`{"model":"bogus"}`)})
			if e := llm.AsError(err); (e.Kind == llm.InvalidRequest && e.Upstream == nil) == takes {
				t.Errorf("%s in %s: got %v, Dialects says %v", op, d, err, takes)
			}
		}
	}
}
