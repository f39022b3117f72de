package validate

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/llm"
)

// maxAnswer bounds a whole answer to a small question, in bytes.
const maxAnswer = 4 << 20

// prober makes probes. Safe for concurrent use.
type prober struct {
	client  *client.Client
	timeout time.Duration // of one run of a probe
	slow    time.Duration
	repeat  int
	secrets *strings.Replacer
}

// exchange is one request and what came of it.
type exchange struct {
	reply       reply
	issue       *issue // why there is no reply; nil where there is
	status      int    // 0 where there was no answer
	took, first time.Duration
	retryAfter  time.Duration
	spent       Spent
	deployment  string
	cached      bool
	interrupted bool
}

// send makes one request of a probe.
func (p *prober) send(ctx context.Context, s *spec, body []byte) *exchange {
	x := &exchange{}
	began := time.Now()
	resp, err := p.client.Send(ctx, client.Request{Method: http.MethodPost, Path: s.path, Header: s.header(), Body: body})
	if err != nil {
		p.broke(ctx, x, err)
		x.took = time.Since(began)
		return x
	}
	defer func() { _ = resp.Body.Close() }() // it has been read, or is not wanted
	x.status = resp.StatusCode
	x.deployment, x.cached = clip(resp.Header.Get("X-Llmgw-Model-Id")), resp.Header.Get("X-Llmgw-Cache") == "hit"
	switch {
	case resp.StatusCode < http.StatusOK || resp.StatusCode >= http.StatusMultipleChoices:
		p.refused(ctx, x, s, resp)
	case s.stream:
		p.readStream(ctx, x, s, resp, began)
	default:
		p.readWhole(ctx, x, s, resp)
	}
	x.took = time.Since(began)
	x.spent = Spent{Input: max(0, x.reply.usage.input), Output: max(0, x.reply.usage.output)}
	if cost, err := llm.ParseUSD(resp.Header.Get("X-Llmgw-Response-Cost")); err == nil && cost >= 0 {
		x.spent.Cost, x.spent.Costed = cost, true
	}
	return x
}

func (p *prober) readStream(ctx context.Context, x *exchange, s *spec, resp *http.Response, began time.Time) {
	if x.issue = mediaIssue(resp, "text/event-stream"); x.issue != nil {
		return
	}
	r := s.reader()
	bad, err := drain(resp.Body, r, func() {
		if x.first == 0 {
			x.first = max(time.Since(began), 1)
		}
	})
	switch {
	case bad != nil:
		x.issue = bad
	case errors.Is(err, errLong):
		x.issue = failure(CodeTooLarge, hintServer, "the stream does not end: more than %d MiB for a few words", maxStream>>20)
	case err != nil:
		p.broke(ctx, x, err)
	default:
		x.reply, x.issue = r.end()
	}
}

func (p *prober) readWhole(ctx context.Context, x *exchange, s *spec, resp *http.Response) {
	if x.issue = mediaIssue(resp, "application/json"); x.issue != nil {
		return
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		p.broke(ctx, x, err)
	case len(text) > maxAnswer:
		x.issue = failure(CodeTooLarge, hintServer, "the answer is longer than %d MiB for a few words", maxAnswer>>20)
	default:
		x.reply, x.issue = s.read(text)
	}
}

// mediaIssue checks the type of an answer. Clients go by it.
func mediaIssue(resp *http.Response, want string) *issue {
	field := resp.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(field)
	switch {
	case err == nil && media == want:
		return nil
	case media == "text/html":
		return failure(CodeContentType, "see what answers at this address: it does not look like a gateway", "the answer is a web page, not %s", want)
	case field == "":
		return failure(CodeContentType, hintServer, "the answer has no Content-Type, where clients want %s", want)
	default:
		return failure(CodeContentType, hintServer, "the answer is %s, where clients want %s", clip(field), want)
	}
}

// broke puts a request to which no whole answer came into words.
func (p *prober) broke(ctx context.Context, x *exchange, err error) {
	if away, ok := errors.AsType[*client.UnreachableError](err); ok {
		err = away.Err // the address is known
	}
	where := ""
	if x.status != 0 {
		where = " in the middle of the answer"
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		x.issue = failure(CodeTimeout, "see whether the provider answers, or allow more with --timeout", "timed out after %s%s", p.timeout, where)
	case ctx.Err() != nil:
		x.interrupted = true
		x.issue = failure(CodeConnection, "", "interrupted")
	default:
		said := p.clean(err.Error())
		x.issue = failure(CodeConnection, "see whether the server runs, and the proxies on the way to it", "connection error%s: %s", where, said)
		x.issue.said = said
	}
	x.issue.dead = true
}

// clean makes a text from outside fit to be shown.
func (p *prober) clean(text string) string { return p.secrets.Replace(clip(text)) }

// statusOverloaded is Anthropic's own status.
const statusOverloaded = 529

// refused reads an answer that is no success.
func (p *prober) refused(ctx context.Context, x *exchange, s *spec, resp *http.Response) {
	const most = 64 << 10 // of an error
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil && ctx.Err() != nil {
		p.broke(ctx, x, err)
		return
	}
	e := client.NewStatusError(resp, text)
	said := p.clean(e.Message)
	if said == "" {
		said = p.clean(string(text))
		if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media == "text/html" {
			said = "a web page"
		}
	}
	x.issue = refusal(s, resp, e)
	x.issue.said = said
	x.issue.message = statusText(resp.StatusCode)
	if said != "" {
		x.issue.message += ": " + said
	}
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && n > 0 {
		x.retryAfter = time.Duration(min(n, int(time.Hour/time.Second))) * time.Second
	}
}

func statusText(status int) string {
	text := "answered " + strconv.Itoa(status)
	if name := http.StatusText(status); name != "" {
		text += " " + name
	}
	return text
}

// refusal classes an answer that is no success.
func refusal(s *spec, resp *http.Response, e *client.StatusError) *issue {
	dead := func(code Code, hint string) *issue {
		return &issue{code: code, severity: Error, hint: hint, dead: true}
	}
	status := resp.StatusCode
	switch {
	case status < http.StatusBadRequest:
		return dead(CodeRedirect, "give the address that it points to: a key is not sent on to wherever a redirect leads: "+clip(e.Location))
	case status == http.StatusBadGateway && (e.Code == "upstream_auth" || resp.Header.Get("X-Should-Retry") == "false" && strings.Contains(e.Message, "credential")):
		return dead(CodeCredential, "correct the credential of the provider in the gateway's configuration (litellm_params.api_key)")
	case status == http.StatusUnauthorized:
		return dead(CodeCredential, "the key, or the gateway's own credential, is refused for this model: see the log of the gateway")
	case status == http.StatusForbidden:
		return dead(CodeForbidden, "use a key that may call this model, or leave it out with --model")
	case missing(status) && s.optional && !aboutModel(e):
		return &issue{code: CodeNoRoute, severity: Error, hint: "this server does not have " + s.path + " for this model"}
	case missing(status) && !aboutModel(e):
		return dead(CodeNoRoute, "this server does not have "+s.path+": name other probes with --probe")
	case status == http.StatusNotFound:
		return dead(CodeModelUnknown, "see whether the provider still has the model, and how its name is written")
	case status == http.StatusTooManyRequests && (e.Code == "budget_exceeded" || e.Type == "billing_error" || e.Code == "insufficient_quota"):
		return dead(CodeBudget, "raise the budget or wait for its reset, or use another key")
	case status == http.StatusTooManyRequests, status == statusOverloaded:
		return dead(CodeRateLimited, "try again later, with a lower --parallel, or with a key that has no limits")
	case status >= http.StatusInternalServerError:
		return dead(CodeStatus, "see the log of the gateway for what the provider said")
	case s.tools:
		return &issue{code: CodeNoTools, severity: Warning, hint: "agents such as Claude Code do not work with a model that takes no tools"}
	default:
		return &issue{code: CodeRefused, severity: Error, hint: "see what the model does not take: a default parameter of the configuration perhaps"}
	}
}

// missing reports whether a status says that there is no such path.
func missing(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented
}

// aboutModel reports whether a 404 is about the model, not the path.
func aboutModel(e *client.StatusError) bool {
	if e.Code == "unknown_url" {
		return false
	}
	return strings.Contains(e.Code, "model") || strings.Contains(strings.ToLower(e.Message), "model")
}
