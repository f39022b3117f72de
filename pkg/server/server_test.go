package server_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/provider/echo"
	"github.com/llmgw/llmgw/pkg/ratelimit"
	"github.com/llmgw/llmgw/pkg/requestlog"
	"github.com/llmgw/llmgw/pkg/router"
	"github.com/llmgw/llmgw/pkg/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The keys of every test's gateway.
const (
	key       = "sk-test-of-a-key"
	adminKey  = "sk-test-of-the-master"
	narrowKey = "sk-test-of-a-narrow-key" // may use only echo/hello
	poorKey   = "sk-test-of-a-poor-key"   // has spent its budget
	slowKey   = "sk-test-of-a-slow-key"   // has no requests left
)

// options change a gateway before it is made.
type options struct {
	limits   server.Limits
	proxies  []netip.Prefix
	metrics  http.Handler
	ready    func() string
	provider llm.Provider // instead of echo
	admin    *server.Admin
}

// site is a server under test, on loopback, over a real gateway and echo.
type site struct {
	t       *testing.T
	url     string
	server  *server.Server
	gateway *gateway.Gateway
	client  *http.Client
	seen    *observed
	log     *lockedBuffer
}

// observed keeps the records of calls.
type observed struct {
	mu      sync.Mutex // guards records
	records []requestlog.Record
}

func (o *observed) CallStarted() {}

func (o *observed) Observe(r *requestlog.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.records = append(o.records, *r)
}

// last is the newest record.
func (o *observed) last() requestlog.Record {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.records) == 0 {
		return requestlog.Record{}
	}
	return o.records[len(o.records)-1]
}

func (o *observed) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.records)
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

type noLines struct{}

func (noLines) Append([]byte) error                        { return nil }
func (noLines) TailIDs(int64) (map[string]struct{}, error) { return nil, nil }

// usual are limits that no test comes near unless it means to.
func usual() server.Limits {
	return server.Limits{Body: 1 << 20, InFlight: 8 << 20, BodyTime: 5 * time.Second, WriteTime: 5 * time.Second, Silence: time.Minute}
}

func newSite(t *testing.T, change func(*options)) *site {
	t.Helper()
	o := options{limits: usual(), ready: func() string { return "" }, provider: echo.New(echo.Options{})}
	if change != nil {
		change(&o)
	}
	s := &site{t: t, seen: &observed{}, log: &lockedBuffer{}}
	logger := slog.New(slog.NewTextHandler(s.log, nil))
	s.gateway = newGateway(t, o.provider, s.seen, logger)
	s.server = server.New(server.Options{
		Gateway: s.gateway, Anthropic: anthropic.Frontend{}, OpenAI: openai.Frontend{}, Metrics: o.metrics, Admin: o.admin,
		Logger: logger, Version: "1.2.3", Ready: o.ready, TrustedProxies: o.proxies, Instance: "test", Limits: o.limits,
	})
	web := httptest.NewServer(s.server.Handler())
	transport := &http.Transport{DisableCompression: true}
	s.url, s.client = web.URL, &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		web.Close()
	})
	return s
}

func newGateway(t *testing.T, p llm.Provider, o gateway.Observer, logger *slog.Logger) *gateway.Gateway {
	t.Helper()
	j, err := journal.Open(t.TempDir(), journal.Options{Consumers: ledger.Consumers()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	books := ledger.New(ledger.Options{Journal: j, Log: noLines{}, Dir: t.TempDir()})
	if _, err := books.Recover(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	return gateway.New(gateway.Options{
		Admission: admission.NewQueue(admission.NewMemory(admission.MemoryOptions{}), 0), Ledger: books,
		Observers: []gateway.Observer{o}, Logger: logger, Owner: "test", DisconnectGrace: time.Second,
	}, snapshot(t, p))
}

func snapshot(t *testing.T, p llm.Provider) *gateway.Snapshot {
	t.Helper()
	total, err := budget.ParsePeriod("total", nil)
	if err != nil {
		t.Fatal(err)
	}
	spent := []*budget.Budget{{Name: "poor", Account: "budget:poor", Period: total, Hard: true}}
	price := &catalog.Price{Input: 1_000_000, Output: 5_000_000, Source: catalog.SourceConfig}
	deployed := func(id, model string) *router.Deployment {
		return &router.Deployment{
			ID: id, ProviderName: "echo", Provider: p, Model: model, Health: &router.Health{Cooldown: time.Minute},
			Facts: router.Facts{Price: price, PriceSource: catalog.SourceConfig, MaxOutputTokens: 1000},
		}
	}
	groups := []*router.Group{
		{Name: "echo/hello", Names: []string{"echo/hello"}, Deployments: []*router.Deployment{deployed("hello-1", "hello")}, Strategy: new(router.RoundRobin)},
		{Name: "plain", Names: []string{"plain"}, Deployments: []*router.Deployment{deployed("plain-1", "hello")}, Strategy: new(router.RoundRobin)},
		{Name: "echo/*", Deployments: []*router.Deployment{deployed("any-1", "*")}, Strategy: new(router.RoundRobin)},
	}
	var callers []gateway.Change
	add := func(secret string, k keys.Key, limits ratelimit.Limits, budgets []*budget.Budget) {
		k.Name = k.ID
		entry := gateway.Entry{Caller: gateway.NewCaller(&k, limits, budgets)}
		callers = append(callers, gateway.Change{Hash: keys.Sum(secret), Entry: entry})
	}
	add(key, keys.Key{ID: "one"}, ratelimit.Limits{RPM: 1000}, nil)
	add(adminKey, keys.Key{ID: "master", Role: keys.Admin}, ratelimit.Limits{}, nil)
	add(narrowKey, keys.Key{ID: "narrow", Models: []string{"echo/hello"}}, ratelimit.Limits{}, nil)
	add(poorKey, keys.Key{ID: "poor"}, ratelimit.Limits{}, spent)
	add(slowKey, keys.Key{ID: "slow"}, ratelimit.Limits{RPM: 1}, nil)
	return &gateway.Snapshot{Callers: gateway.NewDirectory(callers), Routes: router.NewTable(groups, nil)}
}

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   string
}

const (
	message    = `{"model":"echo/hello","max_tokens":100,"messages":[{"role":"user","content":"Hi"}]}`
	completion = `{"model":"echo/hello","prompt":"Hi"}`
	embedding  = `{"model":"echo/hello","input":"Hi"}`
)

// request makes a request with the usual key. Header fields are "Name: value".
func (s *site) request(method, path, body string, fields ...string) *http.Request {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", key)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		req.Header.Set(name, value)
	}
	return req
}

func (s *site) do(req *http.Request) answer {
	s.t.Helper()
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (s *site) post(path, body string, fields ...string) answer {
	s.t.Helper()
	return s.do(s.request(http.MethodPost, path, body, fields...))
}

func (s *site) get(path string, fields ...string) answer {
	s.t.Helper()
	return s.do(s.request(http.MethodGet, path, "", fields...))
}

func prefixes(t *testing.T, nets []string) []netip.Prefix {
	t.Helper()
	var out []netip.Prefix
	for _, n := range nets {
		p, err := netip.ParsePrefix(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// as presents another key, or none.
func as(secret string) string { return "X-Api-Key: " + secret }

func (a answer) want(t *testing.T, status int, part string) {
	t.Helper()
	if a.status != status || !strings.Contains(a.body, part) {
		t.Errorf("answer = %d %s, want %d with %q", a.status, a.body, status, part)
	}
}
