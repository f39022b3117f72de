package traffic

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

func TestBodiesAreJSONOfTheSizeAskedFor(t *testing.T) {
	t.Parallel()
	for _, d := range Dialects() {
		for _, size := range []int{1 << 10, 1<<10 + 1, 8 << 10, 60 << 10, 60<<10 - 1} {
			for _, stream := range []bool{false, true} {
				r := Request{Dialect: d, Size: size, Stream: stream}
				b := r.Body()
				if len(b) != size {
					t.Errorf("%+v: %d bytes", r, len(b))
				}
				checkBody(t, r, b)
			}
		}
	}
}

// checkBody decodes a body the way a provider does.
func checkBody(t *testing.T, r Request, b []byte) {
	t.Helper()
	var got struct {
		Messages []struct{ Role string }
		Model    string
		Stream   bool
		Options  *struct {
			Usage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatalf("%+v: %v", r, err)
	}
	if got.Model != Model(r.Dialect, r.Pace) || got.Stream != r.Stream {
		t.Errorf("%+v: model %q, stream %t", r, got.Model, got.Stream)
	}
	if want := r.Stream && r.Dialect == OpenAI && !r.Usageless; (got.Options != nil && got.Options.Usage) != want {
		t.Errorf("%+v: include_usage %+v, want %t", r, got.Options, want)
	}
	for i, m := range got.Messages {
		if want := [2]string{"user", "assistant"}[i%2]; m.Role != want {
			t.Errorf("%+v: message %d is from %s, want %s", r, i, m.Role, want)
		}
	}
	if len(got.Messages)%2 != 1 {
		t.Errorf("%+v: %d messages: the last one is not the user's", r, len(got.Messages))
	}
}

func TestMessageIsARequestThatTheStandardLibraryReads(t *testing.T) {
	t.Parallel()
	for d, header := range map[Dialect]string{OpenAI: "Authorization", Anthropic: "X-Api-Key"} {
		r := Request{Dialect: d, Size: 2 << 10}
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(r.Message("sk-test"))))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil || !bytes.Equal(body, r.Body()) {
			t.Errorf("%s: body differs (%v)", d, err)
		}
		if got, ok := DialectOf([]byte(req.RequestURI)); got != d || !ok {
			t.Errorf("DialectOf(%q) = %q, %t", req.RequestURI, got, ok)
		}
		if !bytes.HasSuffix([]byte(req.Header.Get(header)), []byte("sk-test")) {
			t.Errorf("%s: no key in %s", d, header)
		}
	}
}

func TestDialectOfIgnoresTheQuery(t *testing.T) {
	t.Parallel()
	if d, ok := DialectOf([]byte("/v1/messages?beta=true")); d != Anthropic || !ok {
		t.Errorf("got %q, %t", d, ok)
	}
	if d, ok := DialectOf([]byte("/v1/models")); ok {
		t.Errorf("got %q for an unknown path", d)
	}
}

func TestUnaryAnswersAreJSONOfAnswerSize(t *testing.T) {
	t.Parallel()
	for _, d := range Dialects() {
		a := Request{Dialect: d}.Answer()
		if len(a.Bytes()) != AnswerSize || !json.Valid(a.Body) {
			t.Errorf("%s: %d bytes, valid %t", d, len(a.Body), json.Valid(a.Body))
		}
	}
}

func TestStreamsAreWholeAndCounted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		r      Request
		events int
		last   string
	}{
		{"openai", Request{Dialect: OpenAI, Stream: true}, EventCount, "data: [DONE]\n\n"},
		{"openai without usage", Request{Dialect: OpenAI, Stream: true, Usageless: true}, EventCount - 1, "data: [DONE]\n\n"},
		{"anthropic", Request{Dialect: Anthropic, Stream: true}, EventCount, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := tt.r.Answer()
			if len(a.Events) != tt.events || bytes.Count(a.Bytes(), []byte("\n\n")) != tt.events {
				t.Errorf("%d events, want %d", len(a.Events), tt.events)
			}
			if got := string(a.Events[len(a.Events)-1]); got != tt.last {
				t.Errorf("last event %q, want %q", got, tt.last)
			}
			for _, e := range a.Events {
				_, data, _ := bytes.Cut(e, []byte("data: "))
				if data = bytes.TrimSpace(data); !json.Valid(data) && string(data) != "[DONE]" {
					t.Errorf("data is no JSON: %s", data)
				}
			}
			if hasUsage := bytes.Contains(a.Bytes(), []byte(`"usage"`)); hasUsage == tt.r.Usageless {
				t.Errorf("usage in the stream: %t", hasUsage)
			}
		})
	}
}
