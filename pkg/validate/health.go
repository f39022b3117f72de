package validate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/client"
)

// gatewayFacts are what the gateway has told of itself.
type gatewayFacts struct {
	endpoints []endpoint
	// noHealth is the status with which it says that it has no health check; 0 where it
	// has one.
	noHealth int
	// messages says whether it serves Anthropic's dialect: nil where nobody has asked.
	messages *bool
}

// endpoint is a deployment in the answer of GET /health, with LiteLLM's names.
type endpoint struct {
	Model    string          `json:"model"`
	ModelID  string          `json:"model_id"`
	Group    string          `json:"model_name"`
	Provider string          `json:"provider"`
	Mode     string          `json:"mode"`
	Error    json.RawMessage `json:"error"`
}

// got is an answer to a question without a body.
type got struct {
	status int
	media  string
	text   []byte
	err    *client.StatusError // where it is no success
	away   *issue              // where there is no answer
	late   bool                // … in time
	took   time.Duration
}

// get asks the gateway something.
func (s *session) get(ctx context.Context, path string, header http.Header) got {
	ctx, cancel := context.WithTimeout(ctx, HealthTimeout)
	defer cancel()
	began := time.Now()
	g := got{}
	away := func(err error) got {
		var x exchange
		quick := *s.prober
		quick.timeout = HealthTimeout
		quick.broke(ctx, &x, err)
		g.away, g.late, g.took = x.issue, x.issue.code == CodeTimeout, time.Since(began)
		return g
	}
	resp, err := s.opts.Client.Send(ctx, client.Request{Method: http.MethodGet, Path: path, Header: header})
	if err != nil {
		return away(err)
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	const most = 16 << 20
	if g.text, err = io.ReadAll(io.LimitReader(resp.Body, most)); err != nil {
		return away(err)
	}
	g.status, g.media, g.took = resp.StatusCode, resp.Header.Get("Content-Type"), time.Since(began)
	if g.status < http.StatusOK || g.status >= http.StatusMultipleChoices {
		g.err = client.NewStatusError(resp, g.text)
	}
	return g
}

// said is what a failed answer says.
func (g *got) said(p *prober) string {
	switch {
	case g.away != nil && g.away.said != "":
		return g.away.said
	case g.away != nil:
		return g.away.message
	case g.err == nil:
		return ""
	case g.err.Message != "":
		return p.clean(g.err.Message)
	case g.err.Location != "":
		return "it points to " + p.clean(g.err.Location)
	default:
		return ""
	}
}

// The words of a health check. Scripts compare with them.
const (
	connected      = "Connection successful"
	connectTimeout = "Connection timeout"
	connectError   = "Connection error"
	healthFailed   = "Health check failed: %d"
)

// health asks the gateway how it is; false where nothing more can be asked. A server
// without a health check is judged by its list of models.
func (s *session) health(ctx context.Context) bool {
	g := s.get(ctx, "/health", nil)
	if ctx.Err() != nil {
		return false
	}
	c := Check{Area: areaGateway, Name: ProbeHealth, Status: Passed, Message: connected, Duration: g.took, Error: g.said(s.prober)}
	f := Finding{Severity: Error, Subject: areaGateway, Probes: []string{ProbeHealth}}
	var report struct {
		Healthy   []endpoint `json:"healthy_endpoints"`
		Unhealthy []endpoint `json:"unhealthy_endpoints"`
	}
	if json.Unmarshal(g.text, &report) == nil {
		s.seen.endpoints = append(report.Healthy, report.Unhealthy...)
	}
	goOn := true
	switch {
	case g.late:
		c.Message = connectTimeout
		f.Code, f.Hint = CodeHealth, "see whether the gateway is overloaded, or checks its models by calling them"
	case g.away != nil:
		c.Message = connectError
		f.Code, f.Hint, goOn = CodeUnreachable, "see whether the gateway runs at "+s.opts.Client.URL()+", or give another address with --url", false
		s.report.Outcome = Unreachable
	case denied(g.status):
		c.Message = fmt.Sprintf(healthFailed, g.status)
		f.Code, f.Hint, goOn = CodeKeyRefused, hintKey, false
		s.report.Outcome = KeyRefused
	case missing(g.status):
		f.Severity, f.Code = Info, CodeNoHealth
		s.seen.noHealth = g.status
	case g.err != nil:
		c.Message = fmt.Sprintf(healthFailed, g.status)
		f.Code, f.Hint = CodeHealth, "see the log of the gateway, and what its models say below"
		c.Error = strings.TrimPrefix(c.Error+unhealthy(s.prober, report.Unhealthy), "; ")
	default:
		s.unhealthy(report.Unhealthy)
	}
	s.conclude(c, f)
	return goOn
}

const hintKey = "give a key that the gateway knows: --key, $LLMGW_KEY or $LLMGW_MASTER_KEY"

func denied(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// conclude notes how the health check went.
func (s *session) conclude(c Check, f Finding) {
	if f.Code != "" {
		f.Message = c.Message
		switch {
		case f.Severity == Info:
			f.Message = "the server has no /health"
			c.Error = ""
		case c.Error != "":
			f.Message += ": " + c.Error
		}
		if f.Severity == Error {
			c.Status = Failed
		}
		s.report.add(f)
	}
	s.report.Connection = &c
	s.check(c)
}

// unhealthy lists deployments whose last calls failed.
func unhealthy(p *prober, list []endpoint) string {
	var b strings.Builder
	for i := range list {
		const most = 20
		if i == most {
			fmt.Fprintf(&b, "; and %d more", len(list)-most)
			break
		}
		fmt.Fprintf(&b, "; %s is unhealthy", list[i].name())
		if why := p.clean(list[i].reason()); why != "" {
			b.WriteString(" (" + why + ")")
		}
	}
	return b.String()
}

// unhealthy notes deployments whose last calls failed, where others stand in.
func (s *session) unhealthy(list []endpoint) {
	for i := range list[:min(len(list), maxNotes)] {
		message := "the last calls failed"
		if why := s.prober.clean(list[i].reason()); why != "" {
			message += ": " + why
		}
		s.report.add(Finding{
			Code: CodeUnhealthy, Severity: Warning, Subject: list[i].name(), Message: message,
			Hint: "see the log of the gateway for what the provider said", Probes: []string{ProbeHealth},
		})
	}
}

// name is what people know a deployment by.
func (e *endpoint) name() string {
	switch {
	case e.Group != "" && e.ModelID != "":
		return clip(e.Group + " (" + e.ModelID + ")")
	case e.Group != "":
		return clip(e.Group)
	default:
		return clip(e.Model)
	}
}

// reason is why it is unhealthy: a text, or whatever JSON it is.
func (e *endpoint) reason() string {
	var text string
	if json.Unmarshal(e.Error, &text) == nil || len(e.Error) == 0 {
		return text
	}
	return string(e.Error)
}
