package report

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// environment is what an expression knows: the fields of a line. Durations are in
// milliseconds, money in dollars.
type environment struct {
	Timestamp         time.Time `expr:"timestamp"`
	RequestID         string    `expr:"request_id"`
	Status            string    `expr:"status"`
	HTTPStatus        int       `expr:"http_status"`
	ErrorType         string    `expr:"error_type"`
	Error             string    `expr:"error"`
	Endpoint          string    `expr:"endpoint"`
	Dialect           string    `expr:"dialect"`
	Model             string    `expr:"model"`
	Deployment        string    `expr:"deployment"`
	Provider          string    `expr:"provider"`
	UpstreamModel     string    `expr:"upstream_model"`
	Stream            bool      `expr:"stream"`
	KeyID             string    `expr:"key_id"`
	KeyName           string    `expr:"key_name"`
	Key               string    `expr:"key"`
	Team              string    `expr:"team"`
	SessionID         string    `expr:"session_id"`
	UserAgent         string    `expr:"user_agent"`
	ClientIP          string    `expr:"client_ip"`
	ClientRequestID   string    `expr:"client_request_id"`
	Duration          float64   `expr:"duration"`
	TTFT              float64   `expr:"ttft"`
	UpstreamMS        float64   `expr:"upstream_ms"`
	OverheadMS        float64   `expr:"overhead_ms"`
	InputTokens       int       `expr:"input_tokens"`
	OutputTokens      int       `expr:"output_tokens"`
	CacheReadTokens   int       `expr:"cache_read_tokens"`
	CacheWriteTokens  int       `expr:"cache_write_tokens"`
	CacheWrite1h      int       `expr:"cache_write_1h_tokens"`
	ReasoningTokens   int       `expr:"reasoning_tokens"`
	Queries           int       `expr:"queries"`
	UsageEstimated    bool      `expr:"usage_estimated"`
	Cost              float64   `expr:"cost"`
	PriceSource       string    `expr:"price_source"`
	Cache             string    `expr:"cache"`
	StopReason        string    `expr:"stop_reason"`
	UpstreamRequestID string    `expr:"upstream_request_id"`
	Attempts          []attempt `expr:"attempts"`
}

// attempt is an attempt as lines and expressions have it.
type attempt struct {
	Deployment string  `expr:"deployment" json:"deployment"`
	Status     int     `expr:"status"     json:"status"`
	Error      string  `expr:"error"      json:"error"`
	MS         float64 `expr:"ms"         json:"ms"`
}

// Filter picks lines by an expression in the language of expr-lang
// (expr-lang.org/docs/language-definition): status == "error" && duration > 1000. It
// may use every field of a line by its name, and key, which is the key's name or else
// its id. Compiled once; safe for concurrent use.
type Filter struct {
	program *vm.Program
	// used are the fields that the expression names.
	used uint64
	zone *time.Location
}

// maxNodes is how large an expression may be.
const maxNodes = 1000

// NewFilter compiles an expression. Timestamps are in the zone; nil is UTC. The error
// says what is wrong and where.
func NewFilter(text string, zone *time.Location) (*Filter, error) {
	if zone == nil {
		zone = time.UTC
	}
	program, err := expr.Compile(text, expr.Env(environment{}), expr.AsBool(), expr.MaxNodes(maxNodes))
	if err != nil {
		return nil, err
	}
	tree, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	used := &names{}
	ast.Walk(&tree.Node, used)
	return &Filter{program: program, used: used.fields, zone: zone}, nil
}

// names collects the fields that an expression names.
type names struct{ fields uint64 }

// Visit implements ast.Visitor.
func (n *names) Visit(node *ast.Node) {
	switch id := (*node).(type) {
	case *ast.IdentifierNode:
		switch id.Value {
		case "key":
			n.fields |= 1<<fieldKeyID | 1<<fieldKeyName
		case "$env": // all of them
			n.fields = 1<<numFields - 1
		default:
			if f, ok := fieldNamed([]byte(id.Value)); ok {
				n.fields |= 1 << f
			}
		}
	}
}

// Match reports whether a line is one of a call that the expression holds for. A line
// that cannot be read gives an error that wraps requestlog.ErrRecord.
func (f *Filter) Match(line []byte) (bool, error) {
	var c call
	if err := c.read(line); err != nil {
		return false, err
	}
	return f.matcher().match(&c)
}

// matcher evaluates a filter, again and again. One goroutine.
type matcher struct {
	filter  *Filter
	machine vm.VM
	env     environment
}

func (f *Filter) matcher() *matcher { return &matcher{filter: f} }

func (m *matcher) match(c *call) (bool, error) {
	m.env = environment{}
	m.fillTexts(c)
	if err := m.fillNumbers(c); err != nil {
		return false, err
	}
	out, err := m.machine.Run(m.filter.program, &m.env)
	if err != nil {
		return false, &ExpressionError{Err: err}
	}
	holds, _ := out.(bool) // it is one: compiled with AsBool
	return holds, nil
}

// ExpressionError is an expression that cannot be evaluated for some line.
type ExpressionError struct{ Err error }

// Error implements error.
func (e *ExpressionError) Error() string { return e.Err.Error() }

// Unwrap gives what went wrong.
func (e *ExpressionError) Unwrap() error { return e.Err }

func (m *matcher) fillTexts(c *call) {
	e := &m.env
	for _, t := range [...]struct {
		field field
		into  *string
	}{
		{fieldRequestID, &e.RequestID},
		{fieldStatus, &e.Status},
		{fieldErrorType, &e.ErrorType},
		{fieldError, &e.Error},
		{fieldEndpoint, &e.Endpoint},
		{fieldDialect, &e.Dialect},
		{fieldModel, &e.Model},
		{fieldDeployment, &e.Deployment},
		{fieldProvider, &e.Provider},
		{fieldUpstreamModel, &e.UpstreamModel},
		{fieldKeyID, &e.KeyID},
		{fieldKeyName, &e.KeyName},
		{fieldTeam, &e.Team},
		{fieldSessionID, &e.SessionID},
		{fieldUserAgent, &e.UserAgent},
		{fieldClientIP, &e.ClientIP},
		{fieldClientRequestID, &e.ClientRequestID},
		{fieldPriceSource, &e.PriceSource},
		{fieldCache, &e.Cache},
		{fieldStopReason, &e.StopReason},
		{fieldUpstreamRequestID, &e.UpstreamRequestID},
	} {
		if m.filter.used>>t.field&1 != 0 {
			*t.into = string(c.text(t.field))
		}
	}
	if e.Key = e.KeyName; e.Key == "" {
		e.Key = e.KeyID
	}
}

func (m *matcher) fillNumbers(c *call) error {
	e := &m.env
	if c.has(fieldTimestamp) {
		e.Timestamp = time.UnixMicro(c.numbers[fieldTimestamp]).In(m.filter.zone)
	}
	e.HTTPStatus, e.Stream = int(c.number(fieldHTTPStatus)), c.number(fieldStream) != 0
	e.Duration, e.TTFT = millis(c.duration(fieldDuration)), millis(c.duration(fieldTTFT))
	e.UpstreamMS, e.OverheadMS = millis(c.duration(fieldUpstreamMS)), millis(c.duration(fieldOverheadMS))
	e.InputTokens, e.OutputTokens = int(c.number(fieldInput)), int(c.number(fieldOutput))
	e.CacheReadTokens, e.CacheWriteTokens = int(c.number(fieldCacheRead)), int(c.number(fieldCacheWrite))
	e.CacheWrite1h, e.ReasoningTokens = int(c.number(fieldCacheWrite1h)), int(c.number(fieldReasoning))
	e.Queries, e.UsageEstimated = int(c.number(fieldQueries)), c.number(fieldEstimated) != 0
	e.Cost = float64(c.number(fieldCost)) / float64(llm.USD)
	if m.filter.used>>fieldAttempts&1 != 0 && c.has(fieldAttempts) {
		if err := json.Unmarshal(c.raw(fieldAttempts), &e.Attempts); err != nil {
			return fmt.Errorf("%w: attempts: %w", requestlog.ErrRecord, err)
		}
	}
	return nil
}
