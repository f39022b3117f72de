// Package client calls a gateway: its models, its health, its admin API. It works
// with any server that speaks OpenAI's or Anthropic's API as far as that goes.
//
// It knows nothing of commands and configuration. Package validate and the commands
// are its callers; they choose the transport: the network, the socket of a gateway on
// this machine, or one without any network at all.
//
//	c, err := client.New(client.Options{URL: "http://127.0.0.1:4000", Key: secret.New("sk-…")})
//	key, err := c.GenerateKey(ctx, adminapi.GenerateRequest{})
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/llmgw/llmgw/pkg/secret"
)

// Options say which gateway is called, and how.
type Options struct {
	// URL is the gateway's address, http or https; what clients have for a base URL
	// will do, with /v1 at its end too.
	URL string
	// Key is sent as a bearer token; none where it is empty.
	Key secret.Text
	// Transport is how requests travel; nil means http.DefaultTransport.
	Transport http.RoundTripper
	// UserAgent is sent with every request.
	UserAgent string
}

// Client calls one gateway. Safe for concurrent use.
type Client struct {
	base  *url.URL
	key   secret.Text
	agent string
	http  *http.Client
}

// New makes a client. It connects to nothing.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a gateway (write one such as http://127.0.0.1:4000)", o.URL)
	}
	base.Path = strings.TrimSuffix(strings.TrimSuffix(base.Path, "/"), "/v1")
	base.RawQuery, base.Fragment = "", ""
	return &Client{base: base, key: o.Key, agent: o.UserAgent, http: &http.Client{
		Transport: o.Transport,
		// A key must not travel to wherever a redirect points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// URL is the gateway's address without a slash at its end.
func (c *Client) URL() string { return c.base.String() }

// Request is one request. Path begins with a slash and may have a query. Header
// fields win over those that the client adds.
type Request struct {
	Method, Path string
	Header       http.Header
	// Body is sent as JSON where it is not nil.
	Body []byte
}

// Send sends a request and gives the response whatever its status is. The caller
// closes its body. The error wraps an *UnreachableError where no answer came, or
// ctx's own.
func (c *Client) Send(ctx context.Context, r Request) (*http.Response, error) {
	path, query, _ := strings.Cut(r.Path, "?")
	target := c.base.JoinPath(path)
	target.RawQuery = query
	req, err := http.NewRequestWithContext(ctx, r.Method, target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if !c.key.Empty() {
		req.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.agent != "" {
		req.Header.Set("User-Agent", c.agent)
	}
	for name, values := range r.Header {
		req.Header[name] = values
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // the address is told by UnreachableError
		}
		return nil, &UnreachableError{URL: c.URL(), Err: err}
	}
	return resp, nil
}

// UnreachableError says that no answer came from the gateway.
type UnreachableError struct {
	URL string
	Err error
}

// Error names the address and the cause.
func (e *UnreachableError) Error() string { return fmt.Sprintf("no answer from %s: %v", e.URL, e.Err) }

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// StatusError is an answer that is no success.
type StatusError struct {
	Status int
	// Type, Code and Message are the error's own, as far as its body tells.
	Type, Code, Message string
	RequestID           string
}

// Error gives the message, with the status where there is none.
func (e *StatusError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the answer was %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Message
}

// maxAnswer bounds an answer that is read whole.
const maxAnswer = 64 << 20

// Do sends a request with a JSON body (nil for none) and decodes the answer into into
// (nil to drop it). An answer that is no success is a *StatusError.
func (c *Client) Do(ctx context.Context, method, path string, body, into any) error {
	r := Request{Method: method, Path: path}
	if body != nil {
		var err error
		if r.Body, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	resp, err := c.Send(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return &UnreachableError{URL: c.URL(), Err: err}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return NewStatusError(resp, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("the answer of %s to %s is not what a gateway answers: %w", c.URL(), path, err)
	}
	return nil
}

// NewStatusError reads the error out of an answer's body: OpenAI's form, Anthropic's,
// Gemini's, or a bare message or detail.
func NewStatusError(resp *http.Response, body []byte) *StatusError {
	e := &StatusError{Status: resp.StatusCode, RequestID: resp.Header.Get("X-Request-Id")}
	var form struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &form) != nil {
		return e
	}
	var inner struct {
		Type    string          `json:"type"`
		Message string          `json:"message"`
		Code    json.RawMessage `json:"code"`
	}
	for _, part := range []json.RawMessage{form.Error, form.Detail} {
		if json.Unmarshal(part, &inner) == nil && inner.Message != "" {
			break
		}
		if json.Unmarshal(part, &inner.Message) == nil && inner.Message != "" {
			break
		}
	}
	e.Type, e.Message = inner.Type, inner.Message
	if e.Message == "" {
		e.Message = form.Message
	}
	e.Code = strings.Trim(string(inner.Code), `"`)
	if e.Code == "null" {
		e.Code = ""
	}
	return e
}
