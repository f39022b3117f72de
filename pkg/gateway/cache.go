package gateway

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/cache"
	"github.com/llmgw/llmgw/pkg/llm"
)

// The values of Facts.Cache.
const (
	cacheHit    = "hit"
	cacheMiss   = "miss"
	cacheBypass = "bypass"
)

// cache answers a call that was answered before. A hit costs a request, no
// tokens and no money; an answer is kept only after its grammatical end and once
// the call is settled.
func (g *Gateway) cache(next Handler) Handler {
	return func(ctx context.Context, c *Call) (*llm.Answer, error) {
		policy := c.Snapshot.Cache
		if policy == nil || !c.cacheable(policy) {
			c.Facts.Cache = cacheBypass
			return next(ctx, c)
		}
		c.stored.key = c.cacheKey(policy)
		read, write := c.cacheControl(policy)
		if read {
			// A cache that is out of order is a miss: the call goes on.
			if e, ok, err := g.opts.Cache.Get(ctx, c.stored.key); err != nil {
				g.opts.Logger.Debug("the cache did not answer", "err", err)
			} else if ok {
				return g.cached(ctx, c, e)
			}
			c.Facts.Cache = cacheMiss
		} else {
			c.Facts.Cache = cacheBypass
		}
		c.stored.want = write
		return next(ctx, c)
	}
}

func (c *Call) cacheable(p *CachePolicy) bool {
	return c.Op != llm.OpCountTokens && (p.Streams || !c.head.Stream)
}

// cacheControl reads the client's Cache-Control: no-cache skips reading,
// no-store skips both.
func (c *Call) cacheControl(p *CachePolicy) (read, write bool) {
	if !p.Control {
		return true, true
	}
	control := strings.ToLower(c.Header.Get("Cache-Control"))
	if strings.Contains(control, "no-store") {
		return false, false
	}
	return !strings.Contains(control, "no-cache"), true
}

func (c *Call) cacheKey(p *CachePolicy) cache.Key {
	call := cache.Call{
		Dialect: c.Frontend.Dialect(), Op: c.Op, Group: c.head.Model, Body: c.raw,
		Version: c.Header.Get("Anthropic-Version") + "\n" + strings.Join(c.Header["Anthropic-Beta"], ","),
	}
	switch p.Scope {
	case cache.ScopeGlobal:
	case cache.ScopeTeam:
		call.Owner = "team:" + c.Caller.Team
		if c.Caller.Team == "" {
			call.Owner = c.Caller.Account
		}
	default:
		call.Owner = c.Caller.Account
	}
	for _, name := range c.Frontend.UserFields(c.Op) {
		if span := c.head.Find(c.raw, name); !span.Empty() {
			call.Without = append(call.Without, span)
		}
	}
	slices.SortFunc(call.Without, func(a, b llm.Span) int { return a.Start - b.Start })
	return cache.KeyOf(p.Prefix, &call)
}

// cached admits the request alone and replays the answer.
func (g *Gateway) cached(ctx context.Context, c *Call, e *cache.Entry) (*llm.Answer, error) {
	c.Facts.Cache = cacheHit
	if err := g.admitHit(ctx, c); err != nil {
		return nil, err
	}
	c.spent.meta.StopReason = e.Meta.StopReason
	if c.Snapshot.Cache.Control {
		c.Facts.Age = time.Since(e.Stored)
	}
	return e.Replay(), nil
}

// maxCollected bounds the copy of a stream that is kept for the cache.
const maxCollected = 4 << 20

// collect copies what passes to the client, for the cache.
func (s *storing) collect(raw []byte) {
	if !s.want {
		return
	}
	if len(s.body)+len(raw) > maxCollected {
		*s = storing{}
		return
	}
	s.body = append(s.body, raw...)
}

// store keeps the answer of a call that ended well.
func (c *Call) store(ctx context.Context) {
	g := c.gateway
	if !c.stored.want || len(c.stored.body) == 0 || int64(len(c.stored.body)) > c.Snapshot.Cache.MaxEntry {
		return
	}
	entry := &cache.Entry{
		Status: c.log.HTTPStatus, Header: c.stored.head, Dialect: c.Frontend.Dialect(),
		Body: c.stored.body, Stream: c.head.Stream, Meta: c.spent.meta, Stored: time.Now(),
	}
	if err := g.opts.Cache.Set(ctx, c.stored.key, entry); err != nil {
		g.opts.Logger.Debug("the cache did not store", "err", err)
	}
}
