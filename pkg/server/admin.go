package server

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/gateway"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Admin is what the admin API works with.
type Admin struct {
	Keys     *keys.Manager
	Spending Spending
}

// Spending says what keys have spent.
type Spending interface {
	// Spent gives what the key has spent: in the period of its budget, or in all where
	// it has none.
	Spent(ctx context.Context, r *keys.Record) (Spend, error)
	// Balance gives how a budget stands in its period.
	Balance(ctx context.Context, b *keys.Budget) (Balance, error)
}

// Balance is how a budget stands.
type Balance struct {
	// Spent is what counts of what was spent, Held what open calls hold beside that.
	Spent, Held llm.NanoUSD
	// AsOf is when that was written down, where no gateway runs; zero for now.
	AsOf time.Time
	// StartedAt and ResetsAt are the ends of the period; zero where there are none.
	StartedAt, ResetsAt time.Time
	// PerDay is what is spent in a day, as far as it can be told (Known), LastsUntil when
	// nothing is left at that rate; zero where the period ends before.
	PerDay     llm.NanoUSD
	Known      bool
	LastsUntil time.Time
}

// Spend is an amount that was spent.
type Spend struct {
	Amount llm.NanoUSD
	// AsOf is when it was written down, where nothing newer is known; zero for now.
	AsOf time.Time
	// ResetsAt is when the period of the key's budget ends; zero for never.
	ResetsAt time.Time
}

// The bounds on the bodies of the admin API.
const (
	maxAdminBody  = 1 << 20
	maxImportBody = 32 << 20
)

// question is a request to the admin API.
type question struct {
	*http.Request
	by   keys.Actor
	body []byte
}

// answerer answers a question with a value to encode, or an error.
type answerer func(q *question) (any, error)

// adminRoute is a path of the admin API.
type adminRoute struct {
	pattern string
	// body bounds the body; 0 for none.
	body   int64
	answer answerer
}

// adminRoutes is the URL map of the admin API.
func (s *Server) adminRoutes() []adminRoute {
	return []adminRoute{
		{"POST " + adminapi.KeyGenerate, maxAdminBody, s.generateKey},
		{"GET " + adminapi.KeyInfo, 0, s.keyInfo},
		{"GET " + adminapi.KeyList, 0, s.listKeys},
		{"POST " + adminapi.KeyUpdate, maxAdminBody, s.updateKey},
		{"POST " + adminapi.KeyRegenerate, maxAdminBody, s.regenerateKey},
		{"POST /key/{key}/regenerate", maxAdminBody, s.regenerateKey},
		{"POST " + adminapi.KeyBlock, maxAdminBody, s.blockKey},
		{"POST " + adminapi.KeyUnblock, maxAdminBody, s.unblockKey},
		{"POST " + adminapi.KeyDelete, maxAdminBody, s.deleteKeys},
		{"POST " + adminapi.KeyImport, maxImportBody, s.importKeys},
		{"POST " + adminapi.TeamNew, maxAdminBody, s.newTeam},
		{"GET " + adminapi.TeamInfo, 0, s.teamInfo},
		{"GET " + adminapi.TeamList, 0, s.listTeams},
		{"POST " + adminapi.BudgetNew, maxAdminBody, s.newBudget},
		{"POST " + adminapi.BudgetUpdate, maxAdminBody, s.updateBudget},
		{"POST " + adminapi.BudgetDelete, maxAdminBody, s.deleteBudget},
		{"POST " + adminapi.BudgetReset, maxAdminBody, s.resetBudget},
		{"POST " + adminapi.BudgetInfo, maxAdminBody, s.budgetInfo},
		{"GET " + adminapi.BudgetInfo, 0, s.budgetInfo},
		{"GET " + adminapi.BudgetList, 0, s.listBudgets},
	}
}

// handleAdmin adds the admin API to the main port's map: for the master key, and
// where it asks about itself for every key.
func (s *Server) handleAdmin(mux *http.ServeMux) {
	for _, rt := range s.adminRoutes() {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			caller, ok := s.caller(w, r)
			if !ok {
				return
			}
			if !mayAdmin(caller, r) {
				s.writeError(w, r, &llm.Error{
					Kind: llm.Permission, NoRetry: true,
					Message: "the admin API needs the master key (a key may ask for its own GET /key/info)",
				})
				return
			}
			s.answer(w, r, rt, keys.Actor{ID: caller.ID, UID: -1, IP: s.clientIP(r)})
		})
	}
}

// mayAdmin reports whether the caller may ask this. A key that asks about itself is
// told which one it is.
func mayAdmin(caller *gateway.Caller, r *http.Request) bool {
	if caller.Role == keys.Admin {
		return true
	}
	if r.Method != http.MethodGet || r.URL.Path != adminapi.KeyInfo {
		return false
	}
	secret, _ := credential(r.Header)
	query, hash := r.URL.Query(), keys.Sum(secret).String()
	switch query.Get("key") {
	case "", secret, caller.ID, hash:
		query.Set("key", hash)
		r.URL.RawQuery = query.Encode()
		return true
	default:
		return false
	}
}

// AdminHandler is the admin API alone, for whoever can reach it: what serves it has
// to see to it that this is nobody else. by says who asks.
func (s *Server) AdminHandler(by func(*http.Request) keys.Actor) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range s.adminRoutes() {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, rt, by(r)) })
	}
	mux.HandleFunc("GET /health/liveness", s.liveness)
	mux.HandleFunc("/", s.notFound)
	return s.recover(s.exact(mux))
}

// answer answers a request that may be asked.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, rt adminRoute, by keys.Actor) {
	q := &question{Request: r, by: by}
	var err error
	if q.body, err = s.adminBody(w, r, rt.body); err != nil {
		s.refuse(w, r, err)
		return
	}
	v, err := rt.answer(q)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.writeJSON(w, http.StatusOK, v)
}

// refuse writes an error, and logs those that the gateway is to blame for.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := llm.AsError(err)
	if e.Cause != nil && (e.Kind == llm.Internal || e.Kind == llm.Overloaded) && r.Context().Err() == nil {
		s.opts.Logger.Error("the admin API could not answer", "path", r.URL.Path, "err", err)
	}
	s.writeErrorAs(w, s.opts.OpenAI, s.nextID(), e)
}

// adminBody reads the body of a request to the admin API.
func (s *Server) adminBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	if most == 0 {
		return nil, nil
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, badRequest("", "the admin API takes bodies as they are, without Content-Encoding")
	}
	deadline := http.NewResponseController(w)
	// Both calls fail only where there is no connection.
	_ = deadline.SetReadDeadline(time.Now().Add(s.opts.Limits.BodyTime))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &llm.Error{Kind: llm.TooLarge, NoRetry: true, Message: "the request body is larger than " + sizeText(tooLarge.Limit)}
	}
	if err != nil {
		return nil, readError(err)
	}
	_ = deadline.SetReadDeadline(time.Time{})
	return body, nil
}
