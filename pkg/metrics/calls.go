package metrics

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/llmgw/llmgw/pkg/requestlog"
)

// The labels of instruments, in the order of their values.
var (
	callLabels  = []string{"model", "provider", "deployment", "key", "team"}
	groupLabels = []string{"model", "provider", "deployment", "team"}
)

// The buckets of histograms, in seconds. A call takes from a cache hit to a long
// answer; what the gateway adds to it should be far below.
var (
	callBuckets     = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600}
	overheadBuckets = []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1}
)

// unknownModel is the model of calls for a model that no group serves: what
// clients make up must not become series.
const unknownModel = "unknown"

// calls are the instruments of calls, with their handles. Making a handle takes
// a lock and hashes all labels for each of a dozen instruments, so handles are
// made once for each set of labels and kept.
type calls struct {
	requests, errors, hits, lookups *bounded[prometheus.Counter]
	tokens, cost, responses         *bounded[prometheus.Counter]

	duration, firstToken, overhead *bounded[prometheus.Observer]
	retries, fallbacks             *bounded[prometheus.Counter]

	mu     sync.RWMutex // guards everything below and the instruments' bounds
	series map[labels]*series
	groups map[labels]*group
	// rest is what all further calls share once series is full; nil before.
	rest *series
}

// labels tell calls apart. Without a key they tell groups apart.
type labels struct{ model, provider, deployment, key, team string }

// clone copies the texts, which are parts of a record or of a client's body.
func (l labels) clone() labels {
	return labels{
		strings.Clone(l.model), strings.Clone(l.provider), strings.Clone(l.deployment),
		strings.Clone(l.key), strings.Clone(l.team),
	}
}

// series are the handles of one set of labels.
type series struct {
	*group
	labels                          []string
	requests, errors, hits, lookups prometheus.Counter
	input, output, read, write      prometheus.Counter
	cost                            prometheus.Counter
	responses                       map[int]prometheus.Counter // by status; guarded by calls.mu
}

// group are the handles of one set of labels without key: histograms have too
// many series for one set for each key.
type group struct {
	duration, firstToken, overhead prometheus.Observer
	retries, fallbacks             prometheus.Counter
}

func newCalls(prefix string) *calls {
	counters := func(name, help string, extra ...string) *bounded[prometheus.Counter] {
		return newCounters(prefix+name, help, append(slices.Clip(callLabels), extra...))
	}
	groupCounters := func(name, help string) *bounded[prometheus.Counter] {
		return newCounters(prefix+name, help, groupLabels)
	}
	histograms := func(name, help string, buckets []float64) *bounded[prometheus.Observer] {
		return newHistograms(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets}, groupLabels)
	}
	return &calls{
		requests:   counters("request_count", "Calls, refused ones included."),
		errors:     counters("error_count", "Calls that failed in the gateway or at the provider."),
		hits:       counters("cache_hits", "Calls answered from the response cache."),
		lookups:    counters("cache_requests", "Calls looked up in the response cache."),
		tokens:     counters("token_usage", "Tokens by type; input includes what was read from and written to the provider's cache.", "type"),
		cost:       counters("cost_total", "Cost of calls in USD."),
		responses:  counters("responses_total", "Calls by HTTP status of the answer.", "status"),
		duration:   histograms("request_duration", "Time from a call's arrival to its end, in seconds.", callBuckets),
		firstToken: histograms("time_to_first_token", "Time from a call's arrival to the first token of its answer, in seconds.", callBuckets),
		overhead:   histograms("overhead_duration", "Time that the gateway itself added to a call, in seconds.", overheadBuckets),
		retries:    groupCounters("retries_total", "Further attempts at the same deployment."),
		fallbacks:  groupCounters("fallbacks_total", "Further attempts at another deployment."),
		series:     make(map[labels]*series),
		groups:     make(map[labels]*group),
	}
}

// labelsOf names the series of a record. The texts still belong to the record.
func labelsOf(r *requestlog.Record) labels {
	key := r.KeyName
	if key == "" {
		key = r.KeyID
	}
	if r.Deployment == "" {
		model := unknownModel
		if r.Group != "" {
			model = short(r.Group)
		}
		return labels{model: model, key: short(key), team: short(r.Team)}
	}
	return labels{
		model: short(r.Model), provider: short(r.Provider), deployment: short(r.Deployment),
		key: short(key), team: short(r.Team),
	}
}

// handles returns the series of the labels and its counter of the status. They
// are made where they are not there yet.
func (c *calls) handles(l labels, status int) (*series, prometheus.Counter) {
	c.mu.RLock()
	s := c.find(l)
	var response prometheus.Counter
	if s != nil {
		response = s.responses[status]
	}
	c.mu.RUnlock()
	if response != nil {
		return s, response
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s = c.find(l); s == nil {
		s = c.newSeries(l)
	}
	if response = s.responses[status]; response == nil {
		response = c.responses.with(s.labels, statusLabel(status))
		s.responses[status] = response
	}
	return s, response
}

// find returns the series of the labels, or the one that all further calls share
// if there are too many, or nil.
func (c *calls) find(l labels) *series {
	if s := c.series[l]; s != nil {
		return s
	}
	return c.rest
}

// newSeries makes the handles of a set of labels. All counters appear at 0, so
// that quotients of them are right from the first call on.
func (c *calls) newSeries(l labels) *series {
	full := len(c.series) >= maxSeries
	if full {
		l = labels{other, other, other, other, other}
	}
	shown := labels{clean(l.model), clean(l.provider), clean(l.deployment), clean(l.key), clean(l.team)}
	values := []string{shown.model, shown.provider, shown.deployment, shown.key, shown.team}
	s := &series{
		group:     c.groupOf(shown),
		labels:    values,
		requests:  c.requests.with(values),
		errors:    c.errors.with(values),
		hits:      c.hits.with(values),
		lookups:   c.lookups.with(values),
		input:     c.tokens.with(values, "input"),
		output:    c.tokens.with(values, "output"),
		read:      c.tokens.with(values, "cache_read"),
		write:     c.tokens.with(values, "cache_write"),
		cost:      c.cost.with(values),
		responses: make(map[int]prometheus.Counter),
	}
	if full {
		c.rest = s
	} else {
		c.series[l.clone()] = s // as they were asked for: the next call looks for the same
	}
	return s
}

func (c *calls) groupOf(l labels) *group {
	l.key = ""
	if g := c.groups[l]; g != nil {
		return g
	}
	values := []string{l.model, l.provider, l.deployment, l.team}
	g := &group{
		duration:   c.duration.with(values),
		firstToken: c.firstToken.with(values),
		overhead:   c.overhead.with(values),
		retries:    c.retries.with(values),
		fallbacks:  c.fallbacks.with(values),
	}
	c.groups[l] = g
	return g
}

// statusLabel is bounded: providers can answer any number.
func statusLabel(status int) string {
	if status < 100 || status > 599 {
		return other
	}
	return strconv.Itoa(status)
}
