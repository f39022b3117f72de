package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/keys"
)

func TestMain(m *testing.M) {
	// otter's cleaner ends when the garbage collector takes the cache.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/maypok86/otter/v2.periodicCleanUp[...]"))
}

// The keys of the configurations in tests.
const (
	masterKey = "sk-app-test-of-the-master"
	firstKey  = "sk-app-test-of-the-first"
	secondKey = "sk-app-test-of-the-second"
)

// basic is a configuration that serves echo to the first key.
const basic = `
model_list:
  - model_name: hello
    litellm_params: {model: echo/hello}
  - model_name: echo/*
    litellm_params: {model: echo/*}
general_settings: {master_key: ` + masterKey + `}
security_settings: {valid_api_keys: [` + firstKey + `]}
`

// place is where a gateway lives.
type place struct {
	t      *testing.T
	dir    string // its data directory
	listen string
	env    map[string]string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	return &place{t: t, dir: filepath.Join(t.TempDir(), "data"), listen: "127.0.0.1:0"}
}

// config reads a configuration for the place; each section stands in it once.
func (p *place) config(text string) *config.Config {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "llmgw.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	env := map[string]string{"LLMGW_DATA_DIR": p.dir, "HOME": p.t.TempDir()}
	maps.Copy(env, p.env)
	vendors, err := app.Vendors()
	if err != nil {
		p.t.Fatal(err)
	}
	cfg, _, err := config.Load(config.Options{File: file, Listen: p.listen, Vendors: vendors, LookupEnv: func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	return cfg
}

// running is a gateway that serves.
type running struct {
	*app.App
	t      *testing.T
	scheme string
	client *http.Client
	log    *lockedBuffer
	stop   sync.Once
}

type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// build makes a gateway that does not run yet.
func (p *place) build(text string) (*app.App, *lockedBuffer, error) {
	p.t.Helper()
	log := &lockedBuffer{}
	a, err := app.New(p.t.Context(), p.config(text), app.Options{Logger: slog.New(slog.NewTextHandler(log, nil)), Version: "1.2.3"})
	return a, log, err
}

// start makes a gateway and runs it until the end of the test at the latest.
func (p *place) start(text string) *running {
	p.t.Helper()
	a, log, err := p.build(text)
	if err != nil {
		p.t.Fatal(err)
	}
	transport := &http.Transport{}
	r := &running{App: a, t: p.t, scheme: "http", client: &http.Client{Transport: transport}, log: log}
	p.t.Cleanup(func() {
		transport.CloseIdleConnections()
		r.end()
	})
	if err := a.Start(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	return r
}

// end stops the gateway; any call after the first does nothing.
func (r *running) end() {
	r.t.Helper()
	r.stop.Do(func() {
		r.client.CloseIdleConnections()
		if err := r.Stop(context.WithoutCancel(r.t.Context())); err != nil {
			r.t.Errorf("stop: %v", err)
		}
	})
}

// call asks a model, and gives status and body.
func (r *running) call(key, model string) (status int, body string) {
	r.t.Helper()
	text := fmt.Sprintf(`{"model":%q,"max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}`, model)
	return r.send(http.MethodPost, "/v1/messages", key, text)
}

func (r *running) get(path, key string) (status int, body string) {
	r.t.Helper()
	return r.send(http.MethodGet, path, key, "")
}

func (r *running) send(method, path, key, text string) (status int, body string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.scheme+"://"+r.Addr()+path, strings.NewReader(text))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", key)
	resp, err := r.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err.Error()
	}
	return resp.StatusCode, string(b)
}

func (r *running) want(key, model string, status int) {
	r.t.Helper()
	if got, body := r.call(key, model); got != status {
		r.t.Errorf("%s with %s = %d %s, want %d", model, key, got, body, status)
	}
}

func TestAGatewayServesAndWritesItsLog(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	r.want(firstKey, "hello", 200)
	r.want("sk-nobody-knows-it", "hello", 401)
	r.end()
	log, err := os.ReadFile(filepath.Join(p.dir, "requests.jsonl"))
	if err != nil || bytes.Count(log, []byte("\n")) != 2 || !bytes.Contains(log, []byte(`"http_status":401`)) {
		t.Errorf("log = %s, %v, want both calls", log, err)
	}
}

func TestALogThatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic + "log_settings: {enabled: false}\n")
	r.want(firstKey, "hello", 200)
	r.end()
	if _, err := os.Stat(filepath.Join(p.dir, "requests.jsonl")); !os.IsNotExist(err) {
		t.Errorf("stat = %v, want no log", err)
	}
}

func TestASecondGatewayOnTheSameDirectory(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	if _, _, err := p.build(basic); err == nil || !strings.Contains(err.Error(), "another gateway runs on this data directory") {
		t.Errorf("err = %v", err)
	}
	r.want(firstKey, "hello", 200)
	r.end()
	p.start(basic).want(firstKey, "hello", 200)
}

func TestSpendSurvivesARestart(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	text := basic + "budget_settings: {budgets: [{name: b, api_keys: [" + firstKey + "], limit: 0.08}]}\n"
	text = strings.Replace(text, "{model: echo/hello}", "{model: echo/hello}\n    model_info: {input_cost_per_token: 0.000001, output_cost_per_token: 0.0005}", 1)
	// A call holds some 0.055 dollars and uses 0.0025: about ten of them pass.
	var passed int
	for range 3 {
		r := p.start(text)
		for range 5 {
			if status, _ := r.call(firstKey, "hello"); status == 200 {
				passed++
			}
		}
		r.end()
	}
	if passed < 6 || passed > 12 {
		t.Errorf("%d of 15 calls passed over all runs, want about 10", passed)
	}
}

func TestTheMasterKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	text := strings.Replace(basic, "general_settings: {master_key: "+masterKey+"}\n", "", 1)
	r := p.start(text)
	file, made := r.MasterKeyFile()
	first := r.RevealMasterKey()
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 || !made || file != filepath.Join(p.dir, "master.key") {
		t.Errorf("%s made %v, %v, %v", file, made, info, err)
	}
	if len(first) < 30 || !strings.HasPrefix(first, "sk-") {
		t.Errorf("the key has %d characters", len(first))
	}
	r.want(first, "hello", 200)
	if strings.Contains(r.log.String(), first) {
		t.Error("the key is in the log")
	}
	r.end()

	again := p.start(text)
	if _, made := again.MasterKeyFile(); made || again.RevealMasterKey() != first {
		t.Error("another key was made")
	}
	again.want(first, "hello", 200)
}

func TestAMasterKeyOfTheConfiguration(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.start(basic)
	if file, made := r.MasterKeyFile(); file != "" || made {
		t.Errorf("file = %q", file)
	}
	r.want(masterKey, "hello", 200)
	if _, err := os.Stat(filepath.Join(p.dir, "master.key")); !os.IsNotExist(err) {
		t.Errorf("stat = %v, want no file", err)
	}
}

func TestWhatKeepsAGatewayFromBeingMade(t *testing.T) {
	t.Parallel()
	inTheWay := func(p *place) {
		if err := os.WriteFile(p.dir, nil, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	emptyKey := func(p *place) {
		if err := os.MkdirAll(p.dir, 0o700); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.dir, "master.key"), []byte("\n"), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	noJournal := func(p *place) {
		if err := os.MkdirAll(p.dir, 0o700); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.dir, "journal"), nil, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, text string
		prepare    func(*place)
		want       string
	}{
		{"a file where the directory should be", basic, inTheWay, "general_settings.data_dir"},
		{"an empty master key", strings.Replace(basic, "master_key: "+masterKey, "", 1), emptyKey, "master.key is empty (remove it"},
		{"no place for the journal", basic, noJournal, "journal"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			tt.prepare(p)
			a, _, err := p.build(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want one about %q", err, tt.want)
			}
			if a != nil {
				t.Error("there is a gateway beside the error")
			}
		})
	}
}

// taken is an address on which somebody listens.
func taken(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// free is an address on which nobody listens, or did a moment ago.
func free(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestAPortInUse(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.listen = taken(t)
	a, _, err := p.build(basic)
	if err != nil {
		t.Fatal(err)
	}
	err = a.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "listen") || !strings.Contains(err.Error(), p.listen) || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("err = %v", err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
	// Nothing is left behind: the directory can be used again.
	p.listen = "127.0.0.1:0"
	p.start(basic).want(firstKey, "hello", 200)
}

func TestAMetricsPortInUse(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.listen = free(t)
	_, port, _ := net.SplitHostPort(taken(t))
	a, _, err := p.build(basic + "monitoring_settings: {prometheus_port: " + port + "}\n")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "monitoring_settings.prometheus_port") {
		t.Errorf("err = %v", err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
	// The main port is free again.
	p.start(basic).want(firstKey, "hello", 200)
}

func TestTheMetricsPort(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	addr := free(t)
	_, port, _ := net.SplitHostPort(addr)
	r := p.start(basic + "monitoring_settings: {prometheus_port: " + port + "}\n")
	r.want(firstKey, "hello", 200)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || !strings.Contains(string(b), "litellm_request_count{") {
		t.Errorf("metrics = %d %s", resp.StatusCode, b)
	}
	// On the main port they need the master key.
	if status, _ := r.get("/metrics", firstKey); status != 403 {
		t.Errorf("status with a key = %d, want 403", status)
	}
	if status, body := r.get("/metrics", masterKey); status != 200 || !strings.Contains(body, "litellm_request_count{") {
		t.Errorf("with the master key: %d %s", status, body)
	}
}

// spent is what the first key has spent by the database, in nano-dollars.
func (p *place) spent() (amount int64) {
	p.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "llmgw.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	account := "key:" + keys.StaticID(keys.Sum(firstKey))
	if err := db.QueryRowContext(p.t.Context(), `SELECT amount FROM spend WHERE account = ? AND unit = 'nano_usd'`, account).Scan(&amount); err != nil {
		p.t.Fatal(err)
	}
	return amount
}

// What was used goes to the database, or to a file, when the gateway stops at the latest.
func TestCostTracking(t *testing.T) {
	t.Parallel()
	for storage, file := range map[string]string{"database": "", "file": "costs.jsonl"} {
		t.Run(storage, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			text := manyModels + "cost_tracking: {storage: " + storage + "}\n"
			for range 2 {
				r := p.start(text)
				r.want(firstKey, "priced", 200)
				r.end()
			}
			if file == "" {
				if got := p.spent(); got != 2*5_008_000 {
					t.Errorf("%d nano-dollars in the database, want two calls of 0.005008", got)
				}
				return
			}
			costs, err := os.ReadFile(filepath.Join(p.dir, file))
			if err != nil || bytes.Count(costs, []byte("\n")) < 2 || !bytes.Contains(costs, []byte("5008000")) {
				t.Errorf("%v, %s", err, costs)
			}
		})
	}
}
