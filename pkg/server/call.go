package server

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/llm"
)

// call answers a model route: request to gateway.Call, answer to response.
func (s *Server) call(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := s.opts.Gateway.NewCall()
		var failed error
		begun := false
		defer func() {
			p := recover()
			if p != nil {
				failed = s.panicked(p)
			}
			id := c.ID
			c.Release(failed)
			switch {
			case p == nil:
			case begun:
				// No client must take what it has for whole.
				panic(http.ErrAbortHandler)
			default:
				s.writeErrorAs(w, rt.frontend, id, llm.AsError(failed))
			}
		}()
		s.fill(c, rt, w, r)
		a := s.opts.Gateway.Handle(r.Context(), c)
		begun = true
		failed = s.write(w, r, c, a)
	})
}

// panicked logs a panic with its stack and gives the error to tell and to settle
// the call with.
func (s *Server) panicked(p any) error {
	s.opts.Logger.Error("panic in a call", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	return &llm.Error{Kind: llm.Internal, Message: "internal error", Cause: fmt.Errorf("panic: %v", p)}
}

// fill puts the request into the call, its body included.
func (s *Server) fill(c *gateway.Call, rt route, w http.ResponseWriter, r *http.Request) {
	c.ID, c.Endpoint = s.nextID(), rt.name
	c.Frontend, c.Op, c.Model = rt.frontend, rt.op, r.PathValue("model")
	c.Credential, c.Conflict = credential(r.Header)
	c.Header, c.Query = llm.Header(r.Header), r.URL.RawQuery
	c.ClientIP = s.clientIP(r)

	if r.Header["Expect"] != nil {
		// Reading the body writes "100 Continue", and the deadline of the connection's
		// last answer may have passed.
		s.writeBy(w)
	}
	deadline := http.NewResponseController(w)
	// Both calls fail only where the writer has no connection: in tests.
	_ = deadline.SetReadDeadline(time.Now().Add(s.opts.Limits.BodyTime))
	b, err := s.bodies.read(r)
	if err != nil {
		// What is left of the body is not wanted: the connection ends with the answer.
		w.Header()["Connection"] = []string{"close"}
		c.Refused = llm.AsError(err)
		c.Body = llm.BytesBody(nil)
		return
	}
	_ = deadline.SetReadDeadline(time.Time{})
	c.Body = b
}

// idBase is the base of the counter in request ids.
const idBase = 36

// nextID makes a request id: unique across replicas and restarts without asking
// for randomness each time.
func (s *Server) nextID() string {
	id := make([]byte, 0, 32)
	id = append(id, "req_"...)
	id = append(id, s.opts.Instance...)
	return string(strconv.AppendUint(id, s.ids.Add(1), idBase))
}

// clientIP is the address of the client: the peer's, or what a trusted proxy
// says it is.
func (s *Server) clientIP(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := peer.Addr().Unmap()
	hops := r.Header["X-Forwarded-For"]
	if len(s.opts.TrustedProxies) == 0 || len(hops) == 0 {
		return addr.String()
	}
	chain := strings.Split(strings.Join(hops, ","), ",")
	for _, hop := range slices.Backward(chain) {
		if !s.trusted(addr) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		addr = next.Unmap()
	}
	return addr.String()
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.opts.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
