package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/budget"
	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/dialect"
	"github.com/llmgw/llmgw/pkg/dialect/anthropic"
	"github.com/llmgw/llmgw/pkg/dialect/openai"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/journal"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/ledger"
	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/llm/catalog"
	"github.com/llmgw/llmgw/pkg/ratelimit"
	"github.com/llmgw/llmgw/pkg/requestlog"
	"github.com/llmgw/llmgw/pkg/router"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// setup is what a test varies. Everything around the provider is real.
type setup struct {
	groups  []*router.Group
	aliases map[string]*router.Group
	// keys are further callers, by secret; "sk-test" is always there.
	keys   map[string]*keys.Key
	limits ratelimit.Limits
	policy ratelimit.Policy
	// budgets are those of every caller.
	budgets        []*budget.Budget
	money          gateway.BudgetPolicy
	refuseOversize bool
	cachePolicy    *gateway.CachePolicy
	cache          cache.Store
	grace          time.Duration
	// spentBefore is what a last run has spent, cut the calls it left.
	spentBefore []admission.Balance
	cut         []ledger.Call
}

// lab is a gateway under test.
type lab struct {
	tb      testing.TB
	gateway *gateway.Gateway
	queue   *admission.Queue
	ledger  *ledger.Ledger
	journal *journal.Log
	dir     string // of the journal
	records records
	ids     atomic.Int64
	events  events // of budgets
}

// events keeps what is told of budgets.
type events struct {
	mu  sync.Mutex // guards all
	all []budget.Event
}

func (e *events) add(ev budget.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, ev)
}

// take gives what was told since the last time, as "budget mark".
func (e *events) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var names []string
	for _, ev := range e.all {
		names = append(names, ev.Budget.Name+" "+ev.Mark.String())
	}
	e.all = nil
	return names
}

// records keeps what observers are told, by request id.
type records struct {
	mu   sync.Mutex // guards byID
	byID map[string]requestlog.Record
}

// CallStarted implements gateway.Observer.
func (r *records) CallStarted() {}

// Observe implements gateway.Observer.
func (r *records) Observe(rec *requestlog.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := *rec
	kept.Attempts = append([]requestlog.Attempt(nil), rec.Attempts...)
	r.byID[rec.RequestID] = kept
}

func (r *records) of(id string) requestlog.Record {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}

// noLines is a request log that keeps nothing.
type noLines struct{}

func (noLines) Append([]byte) error                        { return nil }
func (noLines) TailIDs(int64) (map[string]struct{}, error) { return nil, nil }

func newLab(tb testing.TB, s setup) *lab {
	tb.Helper()
	l := &lab{tb: tb, dir: tb.TempDir(), records: records{byID: map[string]requestlog.Record{}}}
	j, err := journal.Open(l.dir, journal.Options{Consumers: ledger.Consumers()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := j.Close(); err != nil {
			tb.Error(err)
		}
	})
	l.journal = j
	l.ledger = ledger.New(ledger.Options{Journal: j, Log: noLines{}, Dir: tb.TempDir()})
	if _, err := l.ledger.Recover(context.WithoutCancel(tb.Context())); err != nil {
		tb.Fatal(err)
	}
	l.queue = admission.NewQueue(admission.NewMemory(admission.MemoryOptions{}), 0)
	if err := l.queue.Restore(tb.Context(), s.spentBefore, nil); err != nil {
		tb.Fatal(err)
	}
	l.gateway = gateway.New(gateway.Options{
		Admission: l.queue, Ledger: l.ledger, Cache: s.cache, Observers: l.observers(),
		Logger: slog.New(slog.DiscardHandler), Owner: "test", DisconnectGrace: s.grace,
		BudgetEvent: l.events.add, Cut: s.cut,
	}, s.snapshot())
	return l
}

// observers are nobody in benchmarks.
func (l *lab) observers() []gateway.Observer {
	if _, ok := l.tb.(*testing.B); ok {
		return nil
	}
	return []gateway.Observer{&l.records}
}

func (s setup) snapshot() *gateway.Snapshot {
	snap := &gateway.Snapshot{
		Callers: gateway.NewDirectory(nil), Routes: router.NewTable(s.groups, s.aliases),
		Limits: s.policy, RefuseOversize: s.refuseOversize, Budgets: s.money, Cache: s.cachePolicy,
	}
	add := func(secret string, k *keys.Key) {
		entry := gateway.Entry{Caller: gateway.NewCaller(k, s.limits, s.budgets)}
		snap.Callers.Apply([]gateway.Change{{Hash: keys.Sum(secret), Entry: entry}})
	}
	add("sk-test", &keys.Key{ID: "key_test", Name: "sk-…test"})
	for secret, k := range s.keys {
		add(secret, k)
	}
	return snap
}

// price is 1 USD for a million input tokens and 5 USD for output.
var price = &catalog.Price{
	Input: 1_000_000, Output: 5_000_000, CacheRead: 100_000, CacheWrite5m: 1_250_000, CacheWrite1h: 2_000_000,
	Source: catalog.SourceConfig,
}

func deployed(id string, p llm.Provider) *router.Deployment {
	return &router.Deployment{
		ID: id, ProviderName: "fake", Provider: p, Model: "up-" + id, Health: &router.Health{Cooldown: time.Minute},
		Facts: router.Facts{Price: price, PriceSource: catalog.SourceConfig, ContextTokens: 100_000, MaxOutputTokens: 8_000},
	}
}

// inOrder tries the deployments as they are listed.
type inOrder struct{}

func (inOrder) Order(dst []*router.Deployment, g *router.Group) []*router.Deployment {
	return append(dst, g.Deployments...)
}

func grouped(name string, deployments ...*router.Deployment) *router.Group {
	return &router.Group{Name: name, Names: []string{name}, Deployments: deployments, Strategy: inOrder{}}
}

// serving is a setup with one model, "m", behind one provider.
func serving(p llm.Provider) setup {
	return setup{groups: []*router.Group{grouped("m", deployed("d1", p))}, grace: 30 * time.Second}
}

const message = `{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}`

// body writes an Anthropic call; members stand before the messages.
func body(members string) string {
	return `{"model":"m",` + members + `"messages":[{"role":"user","content":"hi"}]}`
}

// result is a call that is over.
type result struct {
	status int
	header llm.Header
	body   string // whole, or all frames
	kinds  []llm.EventKind
	err    error // of the stream
	facts  gateway.Facts
	limits []llm.LimitState
	record requestlog.Record
}

// call is a call of the key sk-test in Anthropic's dialect.
func (l *lab) call(text string) *gateway.Call {
	c := l.gateway.NewCall()
	c.ID = fmt.Sprintf("req_%d", l.ids.Add(1))
	c.Endpoint, c.Credential = "/v1/messages", "sk-test"
	c.Header, c.Body = llm.Header{}, llm.BytesBody(text)
	c.Frontend, c.Op = anthropic.Frontend{}, llm.OpChat
	return c
}

// openAI makes it a call in OpenAI's dialect.
func openAI(op llm.Op) func(*gateway.Call) {
	return func(c *gateway.Call) {
		c.Frontend, c.Op, c.Endpoint = dialect.Frontend(openai.Frontend{}), op, "/v1/"+op.String()
	}
}

func counting(c *gateway.Call) { c.Op = llm.OpCountTokens }

func with(credential string) func(*gateway.Call) {
	return func(c *gateway.Call) { c.Credential = credential }
}

func header(name, value string) func(*gateway.Call) {
	return func(c *gateway.Call) { c.Header.Set(name, value) }
}

// send makes a call and reads its answer to the end, as the server does.
func (l *lab) send(ctx context.Context, text string, change ...func(*gateway.Call)) result {
	l.tb.Helper()
	c := l.call(text)
	for _, f := range change {
		f(c)
	}
	return l.finish(c, l.gateway.Handle(ctx, c))
}

func (l *lab) finish(c *gateway.Call, a *llm.Answer) result {
	r := result{status: a.Status, header: a.Header, body: string(a.Body)}
	if a.Stream != nil {
		r.read(a.Stream)
	}
	id := c.ID
	r.facts, r.limits = c.Facts, append([]llm.LimitState(nil), c.Limits...)
	c.Release(nil)
	r.record = l.records.of(id)
	return r
}

func (r *result) read(s llm.Stream) {
	var frames strings.Builder
	for {
		ev, err := s.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.err = err
			}
			break
		}
		frames.Write(ev.Raw)
		r.kinds = append(r.kinds, ev.Kind)
	}
	_ = s.Close()
	r.body = frames.String()
}

// spent is what an account's budget has booked and holds.
func (l *lab) spent(b *budget.Budget) (used, held llm.NanoUSD) {
	l.tb.Helper()
	states, err := l.queue.States(context.WithoutCancel(l.tb.Context()), []admission.Line{b.Line(time.Now(), 1, 1)})
	if err != nil {
		l.tb.Fatal(err)
	}
	return llm.NanoUSD(states[0].Used), llm.NanoUSD(states[0].Held)
}

func dollars(name, amount string, hard bool) *budget.Budget {
	limit, err := llm.ParseUSD(amount)
	if err != nil {
		panic(err)
	}
	return &budget.Budget{Name: name, Account: "budget:" + name, Limit: limit, Hard: hard, Period: total()}
}

func total() budget.Period {
	p, err := budget.ParsePeriod("total", nil)
	if err != nil {
		panic(err)
	}
	return p
}

// wantStatus checks status and, where part is not "", that the body has it.
func (r *result) want(t *testing.T, status int, part string) {
	t.Helper()
	if r.status != status || !strings.Contains(r.body, part) {
		t.Errorf("answer = %d %s, want %d with %q", r.status, r.body, status, part)
	}
}

func TestACallGoesThroughAllStages(t *testing.T) {
	t.Parallel()
	p := plays(answers(used(1000, 10)))
	l := newLab(t, serving(p))
	r := l.send(t.Context(), message)
	r.want(t, 200, wholeBody)
	if got := p.attempts(); len(got) != 1 || got[0].model != "up-d1" || got[0].body != strings.Replace(message, `"m"`, `"up-d1"`, 1) {
		t.Errorf("the provider got %+v, want the body with its own model and nothing else changed", got)
	}
	// 1000 × 1 USD/M + 10 × 5 USD/M
	if want := llm.NanoUSD(1_050_000); r.facts.Cost != want || !r.facts.CostKnown || r.record.Cost != want {
		t.Errorf("cost = %v (known %v), record %v, want %v", r.facts.Cost, r.facts.CostKnown, r.record.Cost, want)
	}
	if l.gateway.Open() != 0 || l.ledger.Stats().Open != 0 {
		t.Errorf("open = %d, in the ledger %d, want 0", l.gateway.Open(), l.ledger.Stats().Open)
	}
}

func TestACallThatTheServerRefusedIsLogged(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(answers(used(1, 1)))))
	r := l.send(t.Context(), "", func(c *gateway.Call) {
		c.Refused = &llm.Error{Kind: llm.TooLarge, Message: "too large"}
	})
	r.want(t, 413, "request_too_large")
	if r.record.ErrorType != "too_large" || r.record.HTTPStatus != 413 || r.record.Status != requestlog.StatusError {
		t.Errorf("record = %+v, want the refusal", r.record)
	}
}

func TestASwapIsSeenByTheNextCallOnly(t *testing.T) {
	t.Parallel()
	begun, proceed := make(chan struct{}), make(chan struct{})
	slow := plays(func(ctx context.Context, req *llm.Request) (*llm.Answer, error) {
		close(begun)
		<-proceed
		return answers(used(1, 1))(ctx, req)
	})
	l := newLab(t, serving(slow))
	first := make(chan result)
	go func() { first <- l.send(t.Context(), message) }()
	<-begun
	l.gateway.Swap(setup{groups: []*router.Group{grouped("other", deployed("d2", slow))}}.snapshot())
	second := l.send(t.Context(), message)
	second.want(t, 404, "other")
	close(proceed)
	r := <-first
	r.want(t, 200, wholeBody)
}

func TestReleaseOfACallThatWasNeverHandled(t *testing.T) {
	t.Parallel()
	l := newLab(t, serving(plays(answers(used(1, 1)))))
	l.gateway.NewCall().Release(errors.New("the server failed before"))
	if l.gateway.Open() != 0 {
		t.Errorf("open = %d, want 0", l.gateway.Open())
	}
}
