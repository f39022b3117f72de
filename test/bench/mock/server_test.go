package mock

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/bench/traffic"
)

// newServer runs a provider for the length of a test and returns its URL.
func newServer(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New().Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return "http://" + ln.Addr().String()
}

// post sends a body with the standard library's client, an independent judge of
// the mock's framing.
func post(t *testing.T, url string, body []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, got
}

func TestEveryKindOfCallGetsItsAnswer(t *testing.T) {
	t.Parallel()
	url := newServer(t)
	for _, d := range traffic.Dialects() {
		for name, r := range map[string]traffic.Request{
			"small":            {Dialect: d, Size: 1 << 10},
			"large":            {Dialect: d, Size: 60 << 10},
			"stream":           {Dialect: d, Size: 1 << 10, Stream: true},
			"stream, no usage": {Dialect: d, Size: 60 << 10, Stream: true, Usageless: d == traffic.OpenAI},
		} {
			t.Run(string(d)+" "+name, func(t *testing.T) {
				t.Parallel()
				status, got := post(t, url+d.Path()+"?beta=true", r.Body())
				if want := r.Answer().Bytes(); status != 200 || !bytes.Equal(got, want) {
					t.Errorf("got %d, %d bytes, want 200, %d bytes", status, len(got), len(want))
				}
			})
		}
	}
}

func TestStreamOptionsAtTheStartOfABodyAreSeen(t *testing.T) {
	t.Parallel()
	r := traffic.Request{Dialect: traffic.OpenAI, Size: 8 << 10, Stream: true, Usageless: true}
	body := append([]byte(`{"stream_options":{"include_usage":true},`), r.Body()[1:]...)
	_, got := post(t, newServer(t)+r.Dialect.Path(), body)
	if want := (traffic.Request{Dialect: traffic.OpenAI, Stream: true}).Answer().Bytes(); !bytes.Equal(got, want) {
		t.Error("the stream carries no usage")
	}
}

func TestUnknownPathIs404(t *testing.T) {
	t.Parallel()
	if status, _ := post(t, newServer(t)+"/v1/embeddings", nil); status != 404 {
		t.Errorf("status %d, want 404", status)
	}
}

func TestModelsAreListed(t *testing.T) {
	t.Parallel()
	status, body := post(t, newServer(t)+"/v1/models", nil)
	if status != 200 || !json.Valid(body) {
		t.Errorf("got %d %s", status, body)
	}
}

func TestHeldAnswersComeLate(t *testing.T) {
	t.Parallel()
	r := traffic.Request{Dialect: traffic.Anthropic, Pace: traffic.Held, Size: 1 << 10}
	start := time.Now()
	status, _ := post(t, newServer(t)+r.Dialect.Path(), r.Body())
	if took := time.Since(start); status != 200 || took < HoldFor {
		t.Errorf("status %d after %v, want 200 after at least %v", status, took, HoldFor)
	}
}

func TestPacedStreamsComeEventByEvent(t *testing.T) {
	t.Parallel()
	r := traffic.Request{Dialect: traffic.OpenAI, Pace: traffic.Paced, Size: 1 << 10, Stream: true}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, newServer(t)+r.Dialect.Path(), bytes.NewReader(r.Body()))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	start := time.Now()
	want := bytes.Join(r.Answer().Events[:3], nil)
	got := make([]byte, len(want))
	if _, err := io.ReadFull(res.Body, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("first three events differ (%v)", err)
	}
	// The first event may have come some time before the clock started.
	if took := time.Since(start); took < PaceEvery {
		t.Errorf("three events took %v, want at least %v", took, PaceEvery)
	}
}
