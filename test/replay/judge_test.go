package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// clientKey is the virtual key with which the replay calls the gateway.
const clientKey = "sk-replay-client"

// retries is how often the gateway is configured to try a failed call again.
const retries = 1

// answer is what the client got.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// judge compares what vendor and client saw with the recording. It returns the
// reasons why the exchange failed, none where all is well.
func judge(e *exchange, seen []sighting, got answer) []string {
	var reasons []string
	reject := func(format string, args ...any) { reasons = append(reasons, fmt.Sprintf(format, args...)) }

	if want := attempts(e); len(seen) != want {
		reject("the vendor saw %d requests, want %d", len(seen), want)
	}
	for _, s := range seen {
		for _, reason := range judgeRequest(e, s) {
			reject("request: %s", reason)
		}
	}
	if got.Header.Get("X-Request-Id") == "" {
		reject("answer: no x-request-id")
	}
	for _, reason := range judgeAnswer(e, got) {
		reject("answer: %s", reason)
	}
	return reasons
}

// attempts is how many requests a vendor has to see: an error that may pass is
// tried again, unless the vendor says not to.
func attempts(e *exchange) int {
	passing := e.Status == http.StatusRequestTimeout || e.Status == http.StatusConflict ||
		e.Status == http.StatusTooManyRequests || e.Status >= 500
	if passing && e.ResponseHeaders["x-should-retry"] != "false" {
		return 1 + retries
	}
	return 1
}

// judgeRequest compares one request that the vendor saw.
func judgeRequest(e *exchange, s sighting) []string {
	var reasons []string
	if reason := judgeRequestBody(e.RequestBody, s.Body); reason != "" {
		reasons = append(reasons, reason)
	}
	if want := vendorPath(e); s.Path != want {
		reasons = append(reasons, fmt.Sprintf("path %s, want %s", s.Path, want))
	}
	if want, got := e.RequestHeaders["anthropic-beta"], s.Header.Get("Anthropic-Beta"); got != want {
		reasons = append(reasons, fmt.Sprintf("anthropic-beta %q, want %q", got, want))
	}
	return append(reasons, judgeCredential(s)...)
}

// judgeCredential checks that the vendor saw the gateway's credential, once, and
// nothing of the client's.
func judgeCredential(s sighting) []string {
	var reasons []string
	credential := s.Header.Get("X-Api-Key") + strings.TrimPrefix(s.Header.Get("Authorization"), "Bearer ")
	if credential != upstreamCredential {
		reasons = append(reasons, "the configured credential is not there, or twice")
	}
	if strings.Contains(fmt.Sprint(s.Header), clientKey) {
		reasons = append(reasons, "the client's key reached the vendor")
	}
	return reasons
}

// vendorPath is the path below the configured api_base.
func vendorPath(e *exchange) string {
	if e.anthropic() {
		return e.clientPath()
	}
	if own, ok := ownPaths[e.Provider+" "+e.Endpoint]; ok {
		return own
	}
	return endpoints[e.Endpoint].suffix
}

// ownPaths are the recorded paths of vendors whose endpoints do not all stand below
// one address.
var ownPaths = map[string]string{"perplexity embeddings": "/v1/embeddings"}

// judgeRequestBody compares bodies. The client's model was put in the place of
// the recorded one and the gateway puts it back, so the bytes have to be the
// recorded ones; only where the gateway asked for usage, the JSON apart from that.
func judgeRequestBody(want, got string) string {
	if got == want {
		return ""
	}
	wantJSON, err := decode(want)
	if err != nil {
		return "the recorded body is not JSON: " + err.Error()
	}
	gotJSON, err := decode(got)
	if err != nil {
		return "the body is not JSON: " + err.Error()
	}
	if askedForUsage(wantJSON) || !askedForUsage(gotJSON) {
		return "the body is not byte for byte the client's: " + cmp.Diff(wantJSON, gotJSON)
	}
	dropIncludeUsage(wantJSON)
	dropIncludeUsage(gotJSON)
	if !reflect.DeepEqual(wantJSON, gotJSON) {
		return "body (-recorded +seen): " + cmp.Diff(wantJSON, gotJSON)
	}
	return ""
}

// askedForUsage reports whether a request sets stream_options.include_usage.
func askedForUsage(body map[string]any) bool {
	options, _ := body["stream_options"].(map[string]any)
	return options["include_usage"] == true
}

// dropIncludeUsage takes stream_options.include_usage out of a request, and
// stream_options where nothing else is in it.
func dropIncludeUsage(body map[string]any) {
	options, _ := body["stream_options"].(map[string]any)
	delete(options, "include_usage")
	if len(options) == 0 {
		delete(body, "stream_options")
	}
}

// judgeAnswer compares what the client got.
func judgeAnswer(e *exchange, got answer) []string {
	switch {
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		return judgeRefusedCredential(e, got)
	case got.Status != e.Status:
		return []string{fmt.Sprintf("status %d, want %d: %s", got.Status, e.Status, clip(got.Body))}
	case e.stream():
		return judgeStream(e, got.Body)
	case got.Body != e.ResponseBody:
		return []string{"body (-recorded +got): " + cmp.Diff(e.ResponseBody, got.Body)}
	default:
		return nil
	}
}

// judgeRefusedCredential checks the answer to a call for which the vendor
// refused the gateway's credential: the gateway's own words, never the
// vendor's, which would send the user after a key that is right.
func judgeRefusedCredential(e *exchange, got answer) []string {
	var reasons []string
	if got.Status != http.StatusBadGateway {
		reasons = append(reasons, fmt.Sprintf("status %d, want 502", got.Status))
	}
	if got.Header.Get("X-Should-Retry") != "false" {
		reasons = append(reasons, "no x-should-retry: false")
	}
	if message := errorMessage(got.Body); message == "" {
		reasons = append(reasons, "no error message in "+clip(got.Body))
	} else if message == errorMessage(e.ResponseBody) {
		reasons = append(reasons, "the vendor's wording: "+message)
	}
	return reasons
}

// errorMessage is the message of an error body of either dialect, or "".
func errorMessage(body string) string {
	var envelope struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal([]byte(body), &envelope) != nil {
		return ""
	}
	return envelope.Error.Message
}

// judgeStream compares a stream event by event, by name and by the text of its
// data. A recording that breaks off has to end in one error event. What a vendor
// sends behind a report of failure may stay away: the call is over.
func judgeStream(e *exchange, body string) []string {
	want, got := relevant(e, e.ResponseBody), relevant(e, body)
	if !ends(want) && len(got) == len(want)+1 && got[len(want)].isError() {
		got = got[:len(want)]
	}
	if i := slices.IndexFunc(want, event.isError); i >= 0 && len(got) == i+1 {
		want = want[:i+1]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return []string{"events (-recorded +got): " + clip(diff)}
	}
	return nil
}

// relevant are the events that have to reach the client: pings come and go, and
// so does a chunk with nothing but usage that the client did not ask for.
func relevant(e *exchange, body string) []event {
	request, err := decode(e.RequestBody)
	keepUsage := err == nil && askedForUsage(request)
	var out []event
	for _, ev := range parseSSE(body) {
		if ev.isPing() || !keepUsage && ev.isUsageOnly() {
			continue
		}
		out = append(out, ev)
	}
	return out
}

// ends reports whether a stream comes to an end of its own: a terminal frame, a
// report of a failure, or a reason why the model stopped.
func ends(events []event) bool {
	for _, ev := range events {
		if ev.isEnd() || ev.isError() || stopped(ev) {
			return true
		}
	}
	return false
}

// stopped reports whether a chunk of OpenAI's dialect has a finish_reason.
func stopped(ev event) bool {
	var chunk struct {
		Choices []struct {
			FinishReason string `json:"finish_reason"`
		} `json:"choices"`
	}
	return json.Unmarshal([]byte(ev.Data), &chunk) == nil &&
		len(chunk.Choices) > 0 && chunk.Choices[0].FinishReason != ""
}

// decode reads a JSON object with numbers as text.
func decode(text string) (map[string]any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v map[string]any
	err := dec.Decode(&v)
	return v, err
}

// clip shortens a text for a report.
func clip(s string) string {
	const most = 1500
	if len(s) > most {
		return s[:most] + " ..."
	}
	return s
}

// chat is an exchange that the tests of the judge change one thing of.
func chat() *exchange {
	return &exchange{
		ID: "c1", Provider: "openai", Endpoint: "chat.completions", Model: "m", Path: "/v1/chat/completions",
		RequestBody:  `{"model":"m","n":1.0,"messages":[{"role":"user"}]}`,
		Status:       200,
		ResponseBody: `{"id":"x"}`,
	}
}

// chatStream is chat with a streamed answer.
func chatStream() *exchange {
	e := chat()
	e.Features = []string{"stream"}
	e.RequestBody = `{"model":"m","stream":true}`
	e.ResponseBody = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
	return e
}

// rightly is what a faultless gateway makes of an exchange.
func rightly(e *exchange) ([]sighting, answer) {
	seen := make([]sighting, attempts(e))
	for i := range seen {
		seen[i] = sighting{
			Path:   vendorPath(e),
			Header: http.Header{"Authorization": {"Bearer " + upstreamCredential}},
			Body:   e.RequestBody,
		}
	}
	return seen, answer{Status: e.Status, Header: http.Header{"X-Request-Id": {"r1"}}, Body: e.ResponseBody}
}

func TestJudgeFindsEachFault(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		e     func() *exchange
		spoil func(seen []sighting, got *answer)
		want  string // part of the reason; "" where nothing is wrong
	}{
		{"nothing", chat, func([]sighting, *answer) {}, ""},
		{"nothing streamed", chatStream, func([]sighting, *answer) {}, ""},
		{"usage asked for", chatStream, func(s []sighting, _ *answer) {
			s[0].Body = `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`
		}, ""},
		{"a number written anew", chat, func(s []sighting, _ *answer) {
			s[0].Body = strings.Replace(s[0].Body, "1.0", "1", 1)
		}, "byte for byte"},
		{"a lost field", chatStream, func(s []sighting, _ *answer) {
			s[0].Body = `{"model":"m","stream_options":{"include_usage":true}}`
		}, "recorded"},
		{"another path", chat, func(s []sighting, _ *answer) { s[0].Path = "/v1/chat/completions" }, "path"},
		{"the client's key upstream", chat, func(s []sighting, _ *answer) {
			s[0].Header.Set("X-Forwarded-Authorization", clientKey)
		}, "client's key"},
		{"no credential", chat, func(s []sighting, _ *answer) { s[0].Header.Del("Authorization") }, "credential"},
		{"no request id", chat, func(_ []sighting, a *answer) { a.Header.Del("X-Request-Id") }, "x-request-id"},
		{"another status", chat, func(_ []sighting, a *answer) { a.Status = 201 }, "status 201"},
		{"another body", chat, func(_ []sighting, a *answer) { a.Body = `{"id": "x"}` }, "body"},
		{"a ping", chatStream, func(_ []sighting, a *answer) { a.Body = ": ping\n\n" + a.Body }, ""},
		{"a usage chunk", chatStream, func(_ []sighting, a *answer) {
			a.Body = "data: {\"choices\":[],\"usage\":{}}\n\n" + a.Body
		}, ""},
		{"a lost event", chatStream, func(_ []sighting, a *answer) { a.Body = "data: [DONE]\n\n" }, "events"},
		{"an event too many", chatStream, func(_ []sighting, a *answer) { a.Body += "data: [DONE]\n\n" }, "events"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := tt.e()
			seen, got := rightly(e)
			tt.spoil(seen, &got)
			reasons := strings.Join(judge(e, seen, got), "; ")
			if tt.want == "" && reasons != "" || !strings.Contains(reasons, tt.want) {
				t.Errorf("reasons = %q, want %q", reasons, tt.want)
			}
		})
	}
}

func TestJudgeErrors(t *testing.T) {
	t.Parallel()
	const vendor = `{"error":{"message":"Incorrect API key provided"}}`
	for _, tt := range []struct {
		name          string
		recorded, got int
		body          string
		attempts      int
		want          string
	}{
		{"kept", 400, 400, vendor, 1, ""},
		{"tried again", 500, 500, vendor, 2, ""},
		{"not tried again", 500, 500, vendor, 1, "saw 1 requests, want 2"},
		{"tried again for nothing", 400, 400, vendor, 2, "saw 2 requests, want 1"},
		{"a refused credential", 401, 502, `{"error":{"message":"own words"}}`, 1, ""},
		{"a refused credential passed on", 403, 403, vendor, 1, "want 502"},
		{"a refused credential in the vendor's words", 401, 502, vendor, 1, "vendor's wording"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := chat()
			e.Status, e.ResponseBody = tt.recorded, vendor
			seen, _ := rightly(chat())
			for len(seen) < tt.attempts {
				seen = append(seen, seen[0])
			}
			got := answer{
				Status: tt.got, Body: tt.body,
				Header: http.Header{"X-Request-Id": {"r1"}, "X-Should-Retry": {"false"}},
			}
			reasons := strings.Join(judge(e, seen, got), "; ")
			if tt.want == "" && reasons != "" || !strings.Contains(reasons, tt.want) {
				t.Errorf("reasons = %q, want %q", reasons, tt.want)
			}
		})
	}
}

func TestJudgeStreamThatFails(t *testing.T) {
	t.Parallel()
	e := chatStream()
	e.ResponseBody = "data: {\"choices\":[{\"delta\":{}}]}\n\n"
	const failure = "data: {\"error\":{\"message\":\"cut\"}}\n\n"
	for name, tt := range map[string]struct {
		body string
		ok   bool
	}{
		"told":                 {e.ResponseBody + failure, true},
		"told and ended":       {e.ResponseBody + failure + "data: [DONE]\n\n", false},
		"ended as if complete": {e.ResponseBody + "data: [DONE]\n\n", false},
	} {
		if reasons := judgeStream(e, tt.body); (len(reasons) == 0) != tt.ok {
			t.Errorf("%s: reasons = %q, want none: %v", name, reasons, tt.ok)
		}
	}
}
