package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// longestAnswer is far above what three attempts of 3 s each can take, also on a machine
// that is busy with the race detector; a client that is forgotten waits for ever.
const longestAnswer = 30 * time.Second

// TestHostileVendorHarmsNobody lets the vendor answer with what is no answer: the
// client has to be told, in time, and the books must not take nonsense over.
func TestHostileVendorHarmsNobody(t *testing.T) {
	answers := vendorAnswers()
	v := startRawVendor(t, answers)
	config := models("http://"+v, 3*time.Second) + fmt.Sprintf(`
  - {model_name: hello, litellm_params: {model: echo/hello}}
general_settings: {master_key: %q}
router_settings: {cooldown_time: 1}
security_settings: {valid_api_keys: [%q, %q]}
`, masterKey, hostileKey, otherKey)
	gw := start(t, config, "")
	p := inspect(t, gw)
	hello := question{key: hostileKey, model: "hello", maxTokens: 10}
	client := newClient(t, hostileCallers)
	hello.mustAnswer(t, client, gw.URL())

	var callers sync.WaitGroup
	places := make(chan struct{}, hostileCallers)
	calls := 0
	for i, answer := range answers {
		for form := range 4 {
			calls++
			q := question{key: hostileKey, anthropic: form&1 == 0, stream: form&2 == 0, maxTokens: 20, order: order{ID: fmt.Sprintf("case-%d", i)}}
			callers.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				began := time.Now()
				a := q.ask(t.Context(), client, gw.URL())
				if took := time.Since(began); took > longestAnswer {
					t.Errorf("%s, %s, stream %v: the client waited %v", answer.name, q.path(), q.stream, took)
				}
				checkVendorReply(t, answer.name, &q, a)
			})
		}
	}
	callers.Wait()
	hello.mustAnswer(t, client, gw.URL())
	most := p.memory(t, "VmHWM")
	t.Logf("%d answers in 4 forms; memory: %d MiB at most", len(answers), most>>20)
	if most > 256<<20 {
		t.Errorf("memory grew to %d MiB", most>>20)
	}
	lines := gw.Log()
	if len(lines) != calls+2 {
		t.Errorf("%d lines in the log, want %d", len(lines), calls+2)
	}
	for _, l := range lines {
		if nanoUSD(t, l.Cost) < 0 || l.InputTokens < 0 || l.OutputTokens < 0 || l.CacheReadTokens < 0 || l.CacheWriteTokens < 0 {
			t.Errorf("the log has less than nothing: %+v", l)
		}
	}
	for account, u := range readTotals(t, gw.DataDir()) {
		if u.Requests < 0 || u.Tokens < 0 || u.NanoUSD < 0 {
			t.Errorf("account %s has used less than nothing: %+v", account, u)
		}
	}
	checkOutput(t, gw)
}

// checkVendorReply checks what the client of a hostile vendor got: some answer of
// the gateway.
func checkVendorReply(t *testing.T, name string, q *question, a reply) {
	t.Helper()
	if a.status < 200 || a.status > 599 || a.requestID == "" {
		t.Errorf("%s, %s, stream %v: status %d, request id %q, error %v: %.200q", name, q.path(), q.stream, a.status, a.requestID, a.err, a.body)
	}
	text := string(a.body)
	ended := strings.Contains(text, "[DONE]") || strings.Contains(text, "message_stop") || strings.Contains(text, `"error"`)
	if a.status == http.StatusOK && q.stream && !ended {
		t.Errorf("%s, %s: the stream ends neither well nor with an error: %.300q", name, q.path(), a.body)
	}
}

// vendorReply is what a hostile vendor writes before it closes the connection.
type vendorReply struct {
	name string
	// raw is the whole answer; where it is empty, the body with a good head is.
	raw, body string
}

// bytes is the answer to a call that asks for a stream or does not.
func (v *vendorReply) bytes(stream bool) []byte {
	if v.raw != "" {
		return []byte(announceClose(v.raw))
	}
	kind := "application/json"
	if stream {
		kind = "text/event-stream"
	}
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", kind, len(v.body), v.body)
}

// announceClose puts the field that says so into an answer that has a head: else
// the next call might be sent on the connection that is just being closed.
func announceClose(raw string) string {
	status, rest, ok := strings.Cut(raw, "\r\n")
	if !ok || !strings.HasPrefix(status, "HTTP/1.1 ") || strings.HasPrefix(status, "HTTP/1.1 10") {
		return raw
	}
	return status + "\r\nConnection: close\r\n" + rest
}

var caseInBody = regexp.MustCompile(`case-(\d+)`)

// startRawVendor listens for calls and gives each the answer that its order's id
// names. It returns its address.
func startRawVendor(t *testing.T, answers []vendorReply) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { ln.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return // closed by the cleanup
			}
			serving.Go(func() {
				defer c.Close()
				// The gateway may leave at any time: no error of the connection is one here.
				_ = c.SetDeadline(time.Now().Add(rawTimeout))
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				body, err := io.ReadAll(r.Body)
				m := caseInBody.FindSubmatch(body)
				if err != nil || m == nil {
					return
				}
				n, _ := strconv.Atoi(string(m[1])) // digits
				_, _ = c.Write(answers[n].bytes(strings.Contains(string(body), `"stream":true`)))
			})
		}
	})
	return ln.Addr().String()
}

// vendorAnswers are the answers.
func vendorAnswers() []vendorReply {
	return slices.Concat(badHeads(), badBodies(), badUsage())
}

const ok = "HTTP/1.1 200 OK\r\n"

// badHeads are answers whose head is none, or promises what does not come.
func badHeads() []vendorReply {
	all := []vendorReply{
		{name: "no HTTP", raw: "hello\r\n\r\n"},
		{name: "TLS", raw: "\x15\x03\x01\x00\x02\x02\x28"},
		{name: "half a head", raw: "HTTP/1.1 200"},
		{name: "no length", raw: ok + "\r\n"},
		{name: "less than announced", raw: ok + "Content-Length: 1000\r\n\r\n{}"},
		{name: "bad length", raw: ok + "Content-Length: -1\r\n\r\n{}"},
		{name: "two lengths", raw: ok + "Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}"},
		{name: "huge length", raw: ok + "Content-Length: 9223372036854775807\r\n\r\n{}"},
		{name: "status 99", raw: "HTTP/1.1 99 X\r\n\r\n"},
		{name: "status 999", raw: "HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"},
		{name: "status 1000", raw: "HTTP/1.1 1000 X\r\n\r\n"},
		{name: "status 101", raw: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"},
		{name: "many 100s", raw: strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10_000)},
		{name: "204", raw: "HTTP/1.1 204 No Content\r\n\r\n"},
		{name: "redirect", raw: "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"},
		{name: "large head", raw: ok + "X-Large: " + strings.Repeat("x", 16<<20) + "\r\n\r\n{}"},
		{name: "many fields", raw: ok + strings.Repeat("X-Many: x\r\n", 200_000) + "\r\n{}"},
		{name: "bad fields", raw: ok + "no colon\r\n: none\r\nX\x00: y\r\n\r\n{}"},
		{name: "injected fields", raw: ok + "Content-Length: 2\r\nX-Request-Id: theirs\r\nSet-Cookie: a=b\r\nConnection: x-request-id\r\nContent-Encoding: identity\r\n\r\n{}"},
		{name: "bad chunks", raw: ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"},
		{name: "chunks that do not end", raw: ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"},
		{name: "no gzip", raw: ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"},
		{name: "brotli", raw: ok + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}"},
		{name: "500 in HTML", raw: "HTTP/1.1 500 X\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"},
		{name: "empty 400", raw: "HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n"},
		{name: "large 400", raw: "HTTP/1.1 400 X\r\nContent-Length: 16777216\r\n\r\n" + strings.Repeat("x", 16<<20)},
		{name: "401", raw: "HTTP/1.1 401 X\r\nWww-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"},
	}
	for _, after := range []string{"-1", "1e9", "99999999999999999999", "NaN", "Fri, 31 Dec 9999 23:59:59 GMT", "31536000000", "0.001", "x"} {
		all = append(all, vendorReply{name: "retry-after " + after, raw: "HTTP/1.1 429 X\r\nRetry-After: " + after + "\r\nContent-Length: 0\r\n\r\n"})
	}
	return all
}

// badBodies are bodies that are neither answers nor streams.
func badBodies() []vendorReply {
	bomb := string(zipped(strings.Repeat(" ", 64<<20)))
	all := []vendorReply{{name: "gzip bomb", raw: fmt.Sprintf("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", ok, len(bomb), bomb)}}
	for _, body := range []string{
		"", "null", "[]", "{", "}", `"x"`, "\x00\x00", "\xff\xfe", "<html>", "{}{}", strings.Repeat("[", 100_000),
		"data: [DONE]\n\n", "data:\n\n", "data: {}\n\ndata: [DONE]\n\n", "data: {\n\n", "data: [DONE]", "event: message_stop\ndata: {}\n\n",
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", "event: error\ndata: {}\n\n", "event: error\ndata: {\"type\":\"error\",\"error\":null}\n\n",
		"data: {\"error\":\"x\"}\n\n", "data: {\"error\":{\"message\":1}}\n\n", ":\n\n", "\n\n\n\n", "\r\r\r", "data: \xff\xfe\n\n", "data: \x00\n\ndata: [DONE]\n\n",
		strings.Repeat(":ping\n\n", 200_000), strings.Repeat("data:\n", 200_000) + "\n", "data: " + strings.Repeat("x", 20<<20), strings.Repeat("event: x\n", 100_000),
		"data: [DONE]\n\n" + strings.Repeat("data: {\"late\":1}\n\n", 100_000),
	} {
		all = append(all, vendorReply{name: fmt.Sprintf("body %.40q", body), body: body})
	}
	return all
}

// badUsage are answers that are right but for the numbers in their usage.
func badUsage() []vendorReply {
	var all []vendorReply
	for _, n := range []string{"-1", "-9223372036854775808", "9223372036854775807", "1e999", "1e18", "18446744073709551617", `"5"`, "null", "[]", "{}", "1.5"} {
		openai := fmt.Sprintf(`"usage":{"prompt_tokens":%[1]s,"completion_tokens":%[1]s,"total_tokens":%[1]s,"prompt_tokens_details":{"cached_tokens":%[1]s},"completion_tokens_details":{"reasoning_tokens":%[1]s}}`, n)
		anthropic := fmt.Sprintf(`"usage":{"input_tokens":%[1]s,"output_tokens":%[1]s,"cache_read_input_tokens":%[1]s,"cache_creation_input_tokens":%[1]s,"cache_creation":{"ephemeral_5m_input_tokens":%[1]s,"ephemeral_1h_input_tokens":%[1]s},"server_tool_use":{"web_search_requests":%[1]s}}`, n)
		all = append(all,
			vendorReply{name: "OpenAI's usage " + n, body: `{"choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],` + openai + `}`},
			vendorReply{name: "Anthropic's usage " + n, body: `{"type":"message","role":"assistant","content":[],"stop_reason":"end_turn",` + anthropic + `}`},
			vendorReply{name: "OpenAI's streamed usage " + n, body: "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[]," + openai + "}\n\ndata: [DONE]\n\n"},
			vendorReply{name: "Anthropic's streamed usage " + n, body: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[]," + anthropic + "}}\n\n" +
				"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}," + anthropic + "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"},
		)
	}
	return all
}
