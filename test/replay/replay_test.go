package replay

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/llmgw/llmgw/test/gatewaytest"
)

func TestMain(m *testing.M) { os.Exit(gatewaytest.Main(m)) }

// threshold is the share of exchanges that has to pass in their own dialect.
const threshold = 0.99

// TestReplay plays every covered exchange through a gateway, in each way of
// delivery, with a gateway and a request log of its own for each way. One
// exchange runs alone by its name:
//
//	go test ./test/replay -run 'TestReplay/pieces/exchanges/openai/embeddings/c5fb0497f8146396$'
func TestReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the gateway's binary, which -short does not build")
	}
	exchanges := loadExchanges(t)
	views := loadViews(t)
	client := newClient(t)
	results := &report{threshold: threshold}
	for _, d := range deliveries {
		t.Run(d.name, func(t *testing.T) {
			up := newUpstream(exchanges, d)
			vendor := httptest.NewServer(up)
			defer vendor.Close()
			gw := gatewaytest.Start(t, gatewaytest.Options{Config: writeConfig(t, exchanges, vendor.URL)})
			played := play(t, exchanges, up, results, func(t *testing.T, e *exchange) []string {
				return judgeSent(t, client, gw.URL(), e, up)
			})
			lines := gw.Log()
			t.Run("log", func(t *testing.T) { checkLog(t, played, views, lines) })
		})
	}
	results.check(t)
}

// newClient makes the client of a test.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	client := &http.Client{Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// play sends the exchanges through the gateway, several at a time, and returns
// those that -run selected. judged sends one and gives the reasons why it failed.
// An exchange that fails goes into the report; the share of them decides about the
// test.
func play(t *testing.T, exchanges []*exchange, up *upstream, results *report, judged func(*testing.T, *exchange) []string) []*exchange {
	t.Helper()
	t.Run("exchanges", func(t *testing.T) {
		for _, e := range exchanges {
			t.Run(e.Provider+"/"+e.Endpoint+"/"+e.ID, func(t *testing.T) {
				t.Parallel()
				reasons := judged(t, e)
				results.add(e, up.delivery.name, reasons)
				for _, reason := range reasons {
					t.Log(reason)
				}
			})
		}
	})
	var played []*exchange
	for _, e := range exchanges {
		if len(up.sightings(e.ID)) > 0 {
			played = append(played, e)
		}
	}
	return played
}

// judgeSent sends one exchange and judges both sides of it.
func judgeSent(t *testing.T, client *http.Client, gateway string, e *exchange, up *upstream) []string {
	t.Helper()
	got, err := send(t, client, gateway, e)
	if err != nil {
		return []string{"the call broke: " + err.Error()}
	}
	return judge(e, up.sightings(e.ID), got)
}

// send calls the gateway as the recorded client called the vendor.
func send(t *testing.T, client *http.Client, gateway string, e *exchange) (answer, error) {
	t.Helper()
	body, err := e.clientBody()
	if err != nil {
		return answer{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}} // Not all recorders kept it.
	for name, value := range e.RequestHeaders {
		header.Set(name, value)
	}
	setKey(header, e.anthropic())
	return post(t, client, gateway+e.clientPath(), header, body)
}

// setKey adds the client's key as clients of Anthropic's dialect do, or of OpenAI's.
func setKey(h http.Header, anthropic bool) {
	if anthropic {
		h.Set("X-Api-Key", clientKey)
	} else {
		h.Set("Authorization", "Bearer "+clientKey)
	}
}

// post makes one call and reads its answer.
func post(t *testing.T, client *http.Client, url string, header http.Header, body string) (answer, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header = header
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}, err
}

// writeConfig writes the gateway's configuration, one model for each exchange,
// and returns its path. It is JSON, which is YAML too.
func writeConfig(t *testing.T, exchanges []*exchange, vendor string) string {
	t.Helper()
	type object = map[string]any
	models := make([]object, 0, len(exchanges))
	for _, e := range exchanges {
		models = append(models, object{
			"model_name": e.clientModel(),
			"litellm_params": object{
				"model":    e.prefix() + "/" + e.Model,
				"api_base": vendor + "/x/" + e.ID,
				"api_key":  upstreamCredential,
			},
			"model_info": object{"mode": endpoints[e.Endpoint].mode},
		})
	}
	text, err := json.MarshalIndent(object{
		"model_list":        models,
		"general_settings":  object{"master_key": "sk-replay-master"},
		"security_settings": object{"valid_api_keys": []string{clientKey}},
		"router_settings":   object{"num_retries": retries},
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "replay.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
