// Package providertest is the suite that every provider passes: [Run] puts a
// mock vendor on loopback behind it and checks what goes out, what comes back,
// and what happens when the vendor misbehaves. [Conversations] are what the mock
// says, in each dialect.
//
// It is for tests of packages below provider, and knows no vendor. What only one
// of them does is tested beside it.
package providertest

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/llmgw/llmgw/pkg/llm"
	"github.com/llmgw/llmgw/pkg/provider"
	"github.com/llmgw/llmgw/pkg/secret"
)

// Endpoint is what the suite sets of a provider's options.
type Endpoint struct {
	BaseURL    string
	Credential secret.Text
	Header     llm.Header
	Timeouts   provider.Timeouts
	Transport  http.RoundTripper
}

// Subject is a provider under test.
type Subject struct {
	// New makes the provider. It must not fail for any endpoint that Run gives.
	New func(Endpoint) (llm.Provider, error)
	// Base is what the vendor's base URL ends in: "/v1", or "".
	Base string
	// Dialect is the wire format it speaks.
	Dialect llm.Dialect
	// Ops are the operations it takes, each with the path it sends them to.
	Ops map[llm.Op]string
	// Credential is where the credential goes, by header field, for the
	// credential "sk-own".
	Credential http.Header
	// Forwarded are header fields of a client that reach the vendor; all others
	// must not.
	Forwarded llm.Header
	// Row makes the mock answer as the vendor of that row does; nil answers as the
	// dialect's own vendor.
	Row *provider.Vendor
	// Limit is the member that limits the output, where it is not the row's: OpenAI's
	// name is not sent to a mock of OpenAI.
	Limit string

	transport func() (roundTripper, error) // the one that Run is at
}

// roundTripper is a transport with an end.
type roundTripper interface {
	http.RoundTripper
	CloseIdleConnections()
}

// transports are those that calls may go over.
func transports() map[string]func() (roundTripper, error) {
	return map[string]func() (roundTripper, error){
		"lean":     func() (roundTripper, error) { return provider.NewLeanTransport(provider.TransportOptions{}) },
		"net/http": func() (roundTripper, error) { return provider.NewTransport(provider.TransportOptions{}) },
	}
}

// ownCredential is the provider's own; clients have the canary.
const (
	ownCredential = "sk-own"
	canary        = "CANARY"
)

// Run runs the suite, over every transport. It must be the only test that runs at
// that time: it counts goroutines, to find those that are left over.
func Run(t *testing.T, s Subject) {
	for name, transport := range transports() {
		s.transport = transport
		t.Run(name, s.run)
	}
}

func (s Subject) run(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("dialects", s.testDialects)
	t.Run("requests", s.testRequests)
	t.Run("header", s.testHeader)
	t.Run("whole answers", s.testWhole)
	t.Run("streams", s.testStreams)
	t.Run("usage chunk", s.testUsageChunk)
	t.Run("refusals", s.testRefusals)
	t.Run("broken streams", s.testBroken)
	t.Run("foreign answers", s.testForeign)
	t.Run("time limits", s.testTimeouts)
	t.Run("cancellation", s.testCancel)
	t.Run("connections", s.testConnections)
	goleak.VerifyNone(t, before)
}

// RunRow runs what depends on how a vendor's requests and answers look, over every
// transport: Subject.Row says it. How the connections are dealt with is Run's, for
// one subject of the package.
func RunRow(t *testing.T, s Subject) {
	for name, transport := range transports() {
		s.transport = transport
		t.Run(name, func(t *testing.T) {
			t.Run("dialects", s.testDialects)
			t.Run("requests", s.testRequests)
			t.Run("whole answers", s.testWhole)
			t.Run("streams", s.testStreams)
			t.Run("usage chunk", s.testUsageChunk)
			if s.Ops[llm.OpChat] == "" {
				return
			}
			t.Run("header", s.testHeader)
			t.Run("refusals", s.testRefusals)
			t.Run("broken streams", s.testBroken)
			r, err := newRowSuite(s)
			if err != nil {
				t.Fatal(err)
			}
			t.Run("edits", r.testEdits)
			t.Run("translated requests", r.testTranslatedRequest)
			t.Run("translated answers", r.testTranslatedAnswers)
			t.Run("translated refusals", r.testTranslatedRefusals)
			t.Run("translated embeddings", r.testTranslatedEmbeddings)
		})
	}
}

// testDialects checks what the provider says of itself.
func (s Subject) testDialects(t *testing.T) {
	v := newVendor(t, s)
	for _, op := range []llm.Op{llm.OpChat, llm.OpCompletion, llm.OpEmbeddings, llm.OpCountTokens, 0, 99} {
		_, takes := s.Ops[op]
		got := v.provider.Dialects(op)
		if takes != (len(got) == 1 && got[0] == s.Dialect) || !takes && len(got) != 0 {
			t.Errorf("Dialects(%s) = %v", op, got)
		}
		if takes {
			continue
		}
		_, err := v.provider.Do(t.Context(), &llm.Request{Op: op, Dialect: s.Dialect, Body: llm.BytesBody("{}")})
		wantKind(t, err, llm.InvalidRequest)
	}
	_, err := v.provider.Do(t.Context(), &llm.Request{Op: llm.OpChat, Dialect: "foreign", Body: llm.BytesBody("{}")})
	wantKind(t, err, llm.InvalidRequest)
}
