package replay

import (
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

// crossThreshold is the share of exchanges that has to pass across dialects; all
// but two of the recordings do (see README.md).
const crossThreshold = 0.99

const (
	// prompt is what the client of the other dialect asks.
	prompt = "Answer as you did when this was recorded."
	// outputLimit is the client's limit on the answer.
	outputLimit = 1000
	// oneIn is the share of the recordings without a stream that are also asked for
	// as a stream.
	oneIn = 4
	// streamedSuffix is added to the ids of those.
	streamedSuffix = "-streamed"
)

// crossing is an exchange whose vendor is called by a client of the other dialect.
type crossing struct {
	*exchange

	// streamed says that the client asks for a stream, usageAsked that it asks for
	// usage in it.
	streamed   bool
	usageAsked bool
}

// TestCross plays each covered conversation through a gateway for a client of the
// other dialect, in each way of delivery: messages for a client of OpenAI's,
// chat completions for one of Anthropic's. Recorded streams are asked for as
// streams, the others whole, and every few of the others as a stream as well. One
// exchange runs alone by its name:
//
//	go test ./test/replay -run 'TestCross/pieces/exchanges/groq/chat.completions/37a3fc3f58eede4b$'
func TestCross(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the gateway's binary, which -short does not build")
	}
	exchanges := loadExchanges(t)
	views := loadViews(t)
	client := newClient(t)
	results := &report{threshold: crossThreshold}
	for _, d := range deliveries {
		t.Run(d.name, func(t *testing.T) {
			crossings := map[string]*crossing{}
			var all []*exchange
			for _, c := range crossingsOf(exchanges, d) {
				crossings[c.ID] = c
				all = append(all, c.exchange)
				views[c.ID] = views[strings.TrimSuffix(c.ID, streamedSuffix)]
			}
			up := newUpstream(all, d)
			vendor := httptest.NewServer(up)
			defer vendor.Close()
			gw := gatewaytest.Start(t, gatewaytest.Options{Config: writeConfig(t, all, vendor.URL)})
			played := play(t, all, up, results, func(t *testing.T, e *exchange) []string {
				c := crossings[e.ID]
				got, err := c.send(t, client, gw.URL())
				if err != nil {
					return []string{"the call broke: " + err.Error()}
				}
				return judgeCross(c, views[c.ID], up.sightings(c.ID), got)
			})
			lines := gw.Log()
			t.Run("log", func(t *testing.T) { checkLog(t, played, views, lines) })
		})
	}
	results.check(t)
}

// crossingsOf are the conversations among the exchanges. Legacy completions are
// none: a model that only completes texts cannot answer a client of the other
// dialect, which has nothing like it. Token counts and embeddings are none either.
func crossingsOf(exchanges []*exchange, d delivery) []*crossing {
	// Without usage in the stream the request log must know it all the same.
	usageAsked := d.name != "events"
	var out []*crossing
	for _, e := range exchanges {
		if e.Endpoint != "messages" && e.Endpoint != "chat.completions" {
			continue
		}
		out = append(out, &crossing{exchange: e, streamed: e.stream(), usageAsked: usageAsked})
		if !e.stream() && sampled(e.ID) {
			again := *e
			again.ID += streamedSuffix
			out = append(out, &crossing{exchange: &again, streamed: true, usageAsked: usageAsked})
		}
	}
	return out
}

// sampled picks one of oneIn ids, always the same ones.
func sampled(id string) bool {
	h := fnv.New32a()
	io.WriteString(h, id) // A hash never fails to be written.
	return h.Sum32()%oneIn == 0
}

// toAnthropic reports whether the client speaks Anthropic's dialect.
func (c *crossing) toAnthropic() bool { return !c.anthropic() }

// send asks the gateway in the client's dialect.
func (c *crossing) send(t *testing.T, client *http.Client, gateway string) (answer, error) {
	t.Helper()
	const messages = `"messages":[{"role":"user","content":"` + prompt + `"}]`
	header := http.Header{"Content-Type": {"application/json"}}
	setKey(header, c.toAnthropic())
	if c.toAnthropic() {
		header.Set("Anthropic-Version", "2023-06-01")
		body := fmt.Sprintf(`{"model":%q,"max_tokens":%d,"stream":%v,%s}`, c.clientModel(), outputLimit, c.streamed, messages)
		return post(t, client, gateway+"/v1/messages", header, body)
	}
	options := ""
	if c.streamed && c.usageAsked {
		options = `,"stream_options":{"include_usage":true}`
	}
	body := fmt.Sprintf(`{"model":%q,"max_completion_tokens":%d,"stream":%v,%s%s}`, c.clientModel(), outputLimit, c.streamed, messages, options)
	return post(t, client, gateway+"/v1/chat/completions", header, body)
}

func TestCrossingsOf(t *testing.T) {
	t.Parallel()
	var all []*exchange
	for i := range 100 {
		for _, endpoint := range []string{"messages", "chat.completions", "completions", "embeddings", "count_tokens"} {
			all = append(all, &exchange{ID: fmt.Sprintf("%s-%d", endpoint, i), Endpoint: endpoint, Status: 200})
		}
	}
	all[0].Features = []string{"stream"}
	crossings := crossingsOf(all, deliveries[0])
	again := 0
	for _, c := range crossings {
		if c.anthropic() == c.toAnthropic() {
			t.Errorf("%s stays in its dialect", c.ID)
		}
		if strings.HasSuffix(c.ID, streamedSuffix) {
			again++
		}
		if want := strings.HasSuffix(c.ID, streamedSuffix) || c.ID == all[0].ID; c.streamed != want {
			t.Errorf("%s: streamed = %v, want %v", c.ID, c.streamed, want)
		}
	}
	if len(crossings)-again != 200 || again < 20 || again > 100 {
		t.Errorf("%d crossings, %d of them a second time, want 200 and about 50", len(crossings), again)
	}
}
