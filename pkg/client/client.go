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
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

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
	// Timeout bounds each request, its answer included; 0 leaves that to the contexts.
	Timeout time.Duration
	// UserAgent is sent with every request.
	UserAgent string
	// Name is what messages call the gateway, where its address says nothing to
	// people; URL where it is empty.
	Name string
}

// Client calls one gateway. Safe for concurrent use.
type Client struct {
	base  *url.URL
	name  string
	key   secret.Text
	agent string
	http  *http.Client
}

// New makes a client. It connects to nothing.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Hostname() == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a gateway (write one such as http://127.0.0.1:4000)", withoutUser(o.URL))
	}
	if strings.ContainsFunc(o.Key.Reveal(), unprintable) {
		return nil, errors.New("the key has characters that no key has (a line break, a space?)")
	}
	for _, path := range []*string{&base.Path, &base.RawPath} {
		*path = strings.TrimSuffix(strings.TrimSuffix(*path, "/"), "/v1")
	}
	base.RawQuery, base.ForceQuery, base.Fragment, base.RawFragment = "", false, "", ""
	c := &Client{base: base, key: o.Key, agent: o.UserAgent, name: o.Name, http: &http.Client{
		Transport: o.Transport, Timeout: o.Timeout,
		// A key must not travel to wherever a redirect points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if c.name == "" {
		c.name = c.URL()
	}
	return c, nil
}

// withoutUser leaves out of an address what may be a password.
func withoutUser(address string) string {
	if i := strings.LastIndexByte(address, '@'); i >= 0 {
		return "…" + address[i:]
	}
	return address
}

func unprintable(c rune) bool { return c <= ' ' || c == 0x7f }

// URL is the gateway's address without a slash at its end, and without the user in it.
func (c *Client) URL() string {
	u := *c.base
	u.User = nil
	return u.String()
}

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
	maps.Copy(req.Header, r.Header)
	resp, err := c.http.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the address is told by UnreachableError
		}
		return nil, &UnreachableError{URL: c.name, Err: err}
	}
	return resp, nil
}

// UnreachableError says that no answer came from the gateway. URL is its address, or
// Options.Name.
type UnreachableError struct {
	URL string
	Err error
}

// Error names the address and the cause.
func (e *UnreachableError) Error() string { return fmt.Sprintf("no answer from %s: %v", e.URL, e.Err) }

// Unwrap gives the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// Do sends a request with a JSON body (nil for none) and decodes the answer into
// (nil to drop it). An answer that is no success is a *StatusError, one that no gateway
// would give a *ForeignError.
func (c *Client) Do(ctx context.Context, method, path string, body, into any) error {
	r := Request{Method: method, Path: path}
	if body != nil {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(body); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		r.Body = text.Bytes()
	}
	resp, err := c.Send(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	path, _, _ = strings.Cut(path, "?")      // what was asked may be a secret
	text, err := c.read(resp, path)
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return NewStatusError(resp, text)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return &ForeignError{URL: c.name, Path: path, Err: err}
	}
	return nil
}

// maxAnswer bounds an answer that is read whole: a page of a hundred keys is below a
// megabyte.
const maxAnswer = 64 << 20

// read reads an answer whole.
func (c *Client) read(resp *http.Response, path string) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, &UnreachableError{URL: c.name, Err: fmt.Errorf("the answer breaks off: %w", err)}
	}
	if len(text) > maxAnswer {
		return nil, &ForeignError{URL: c.name, Path: path, Err: fmt.Errorf("it is longer than %d MiB", maxAnswer>>20)}
	}
	return text, nil
}
