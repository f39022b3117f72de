package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// keysSeed is for the moments at which the gateway is killed.
const keysSeed = 20261124

// keysConfig serves the built-in model, which needs no vendor.
const keysConfig = `
model_list:
  - {model_name: hello, litellm_params: {model: echo/hello}}
general_settings: {master_key: ` + masterKey + `}
`

// askKey asks a gateway with a key; status 0 where no whole answer came.
func askKey(ctx context.Context, client *http.Client, url, key, body string) (status int, answer string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// madeKey is a key that the gateway has answered for. gone says that its deletion
// was answered for, too.
type madeKey struct {
	secret string
	gone   bool
}

// makeKeys makes keys, and deletes every third, until the gateway is gone.
func makeKeys(ctx context.Context, client *http.Client, url, name string) (made []madeKey) {
	for n := 0; ; n++ {
		status, answer := askKey(ctx, client, url+"/key/generate", masterKey, fmt.Sprintf(`{"key_alias":"%s %d","max_budget":1}`, name, n))
		if status != http.StatusOK {
			return made
		}
		var k struct {
			ID     string `json:"key_id"`
			Secret string `json:"key"`
		}
		if json.Unmarshal([]byte(answer), &k) != nil {
			return made
		}
		made = append(made, madeKey{secret: k.Secret})
		if n%3 != 0 {
			continue
		}
		if status, _ = askKey(ctx, client, url+"/key/delete", masterKey, `{"keys":["`+k.ID+`"]}`); status != http.StatusOK {
			// It may have been deleted or not: nobody was told.
			return made[:len(made)-1]
		}
		made[len(made)-1].gone = true
	}
}

// TestKillLosesNoKey kills the gateway again and again while keys are made and
// deleted. What was answered for must be so after the restart.
func TestKillLosesNoKey(t *testing.T) {
	t.Logf("seed %d", keysSeed)
	rounds, workers := 4, 4
	if soaking() {
		rounds = 20
	}
	r := newRand(keysSeed, 0)
	dataDir := t.TempDir()
	client := newClient(t, workers)
	var all []madeKey
	for round := range rounds {
		gw := start(t, keysConfig, dataDir)
		var mu sync.Mutex // guards all
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				made := makeKeys(t.Context(), client, gw.URL(), fmt.Sprintf("%d %d", round, w))
				mu.Lock()
				defer mu.Unlock()
				all = append(all, made...)
			})
		}
		<-time.After(between(r, 100*time.Millisecond, 400*time.Millisecond))
		gw.Kill()
		wg.Wait()
		killStarting(t, keysConfig, dataDir, between(r, 0, startTime))
	}
	gw := start(t, keysConfig, dataDir)
	gone := 0
	for _, k := range all {
		want := http.StatusOK
		if k.gone {
			want, gone = http.StatusUnauthorized, gone+1
		}
		body := `{"model":"hello","messages":[{"role":"user","content":"Hi"}]}`
		if status, answer := askKey(t.Context(), client, gw.URL()+"/v1/chat/completions", k.secret, body); status != want {
			t.Errorf("a key that was made (and deleted: %v) gets %d %s", k.gone, status, answer)
		}
	}
	t.Logf("%d keys, %d of them deleted", len(all), gone)
	if len(all) < rounds*workers || gone == 0 {
		t.Errorf("only %d keys were made and %d deleted", len(all), gone)
	}
}
