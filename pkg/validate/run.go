package validate

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/secret"
)

// HealthTimeout is how long a gateway may take for its health, and for its list of
// models.
const HealthTimeout = 10 * time.Second

// MaxModels is how many models are probed at most.
const MaxModels = 500

// The defaults of Options.
const (
	DefaultTimeout  = 30 * time.Second
	DefaultSlow     = 10 * time.Second
	DefaultParallel = 8
)

// Options say what is called, and how.
type Options struct {
	// Client is the way to the gateway.
	Client *client.Client
	// Targets are the models to probe where that is known beforehand; then the gateway
	// is asked neither for its health nor for its models.
	Targets []Target
	// Models are names, and patterns with *, of the models to probe; none means all.
	Models []string
	// Probes are names of probes; none means those that fit.
	Probes []string
	// Timeout is for each run of a probe of a model; 0 means DefaultTimeout.
	Timeout time.Duration
	// Slow is how long an answer, or the first token of a stream, may take without a
	// warning; 0 means DefaultSlow.
	Slow time.Duration
	// Repeat is how often each probe is made; 0 means once.
	Repeat int
	// Parallel is how many models are probed at one time; 0 means DefaultParallel.
	Parallel int
	// Secrets are never shown, also where the server repeats them.
	Secrets []secret.Text
	// OnCheck and OnModel are told of each result, in the order of the report and one
	// at a time; OnProgress of how many models are done. Each may be nil.
	OnCheck    func(*Check)
	OnModel    func(*Model)
	OnProgress func(done, total int)
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Slow <= 0 {
		o.Slow = DefaultSlow
	}
	if o.Repeat <= 0 {
		o.Repeat = 1
	}
	if o.Parallel <= 0 {
		o.Parallel = DefaultParallel
	}
	if o.OnCheck == nil {
		o.OnCheck = func(*Check) {}
	}
	if o.OnModel == nil {
		o.OnModel = func(*Model) {}
	}
	if o.OnProgress == nil {
		o.OnProgress = func(int, int) {}
	}
	return o
}

// Run calls a gateway and its models. What goes wrong stands in the report; where ctx
// ends first, the report has what was done by then.
func Run(ctx context.Context, o Options) *Report {
	o = o.withDefaults()
	began := time.Now()
	s := &session{
		opts: o, report: &Report{Mode: Live, Target: o.Client.URL()},
		prober: &prober{client: o.Client, timeout: o.Timeout, slow: o.Slow, repeat: o.Repeat, secrets: hiding(o.Secrets)},
	}
	if o.Targets != nil {
		s.report.Mode = Direct
	}
	s.run(ctx)
	if ctx.Err() != nil {
		s.report.Outcome = Interrupted
	}
	s.report.Duration = time.Since(began)
	sortFindings(s.report.Findings)
	return s.report
}

// shortSecret is a length below which a secret may well be part of any word.
const shortSecret = 8

// hiding makes what takes secrets out of a text.
func hiding(secrets []secret.Text) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		if len(s.Reveal()) >= shortSecret {
			pairs = append(pairs, s.Reveal(), secret.Redacted)
		}
	}
	return strings.NewReplacer(pairs...)
}

// session is one Run.
type session struct {
	opts   Options
	report *Report
	prober *prober
	seen   gatewayFacts
}

func (s *session) run(ctx context.Context) {
	targets := s.opts.Targets
	if targets == nil {
		var ok bool
		if targets, ok = s.discover(ctx); !ok {
			return
		}
	}
	for i := range targets {
		s.classify(ctx, &targets[i])
	}
	s.probeAll(ctx, targets)
}

// asks reports whether a probe is to be made.
func (s *session) asks(probe string) bool {
	return len(s.opts.Probes) == 0 || slices.Contains(s.opts.Probes, probe)
}

// asksModels reports whether any model is to be probed.
func (s *session) asksModels() bool {
	return len(s.opts.Probes) == 0 || slices.ContainsFunc(s.opts.Probes, func(p string) bool {
		return p != ProbeHealth && p != ProbeModels
	})
}

// check notes a check and tells of it.
func (s *session) check(c Check) {
	s.report.Checks = append(s.report.Checks, c)
	s.opts.OnCheck(&c)
}

// probeAll probes the models, several at one time, and tells of them in their order.
func (s *session) probeAll(ctx context.Context, targets []Target) {
	o := &s.opts
	s.report.Models = make([]Model, len(targets))
	queue := make(chan int)
	var workers sync.WaitGroup
	line := &ordered{models: s.report.Models, done: make([]bool, len(targets)), opts: o}
	for range min(o.Parallel, len(targets)) {
		workers.Go(func() {
			for i := range queue {
				s.report.Models[i] = s.prober.probeModel(ctx, &targets[i], o.Probes)
				line.finish(i)
			}
		})
	}
	o.OnProgress(0, len(targets))
	for i := range targets {
		queue <- i
	}
	close(queue)
	workers.Wait()
	for i := range s.report.Models {
		s.report.Findings = append(s.report.Findings, s.report.Models[i].findings...)
	}
}

// ordered tells of models in their order, however they finish.
type ordered struct {
	opts *Options

	mu     sync.Mutex // guards what follows, and the order of the calls
	models []Model
	done   []bool
	next   int
	count  int
}

func (l *ordered) finish(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done[i] = true
	l.count++
	for ; l.next < len(l.done) && l.done[l.next]; l.next++ {
		l.opts.OnModel(&l.models[l.next])
	}
	l.opts.OnProgress(l.count, len(l.done))
}
