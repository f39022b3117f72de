package http1

import (
	"sync"
	"time"
)

// target is what a connection leads to.
type target struct {
	tls  bool
	host string // with or without a port, as the URL has it
}

// pool keeps the connections that wait for a request: a stack for each target,
// the one used last on top, so that those not needed any more grow old below.
// There is a timer only while a connection waits, and a goroutine only while it
// fires.
type pool struct {
	perHost, total int
	timeout        time.Duration
	check          time.Duration // how often what waits is looked at

	mu     sync.Mutex // guards what follows
	stacks map[target][]*conn
	idle   int
	timer  *time.Timer // nil where nothing waits
	closed bool        // closeAll was called, and no get since
}

func newPool(opts Options) *pool {
	return &pool{
		perHost: opts.MaxIdlePerHost, total: opts.MaxIdle, timeout: opts.IdleTimeout,
		check: min(opts.CheckInterval, opts.IdleTimeout), stacks: make(map[target][]*conn),
	}
}

// get takes the connection to host that was used last and is still alive, or nil.
func (p *pool) get(host target) *conn {
	for {
		c := p.pop(host)
		if c == nil || c.alive(p.timeout) {
			return c
		}
		c.discard()
	}
}

func (p *pool) pop(host target) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = false
	stack := p.stacks[host]
	if len(stack) == 0 {
		return nil
	}
	last := len(stack) - 1
	c := stack[last]
	stack[last] = nil
	p.stacks[host] = stack[:last]
	p.idle--
	return c
}

// put keeps c for the next request, or closes it where there are enough.
func (p *pool) put(c *conn) {
	c.idleSince = time.Now()
	if !p.push(c) {
		c.discard()
	}
}

func (p *pool) push(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	stack := p.stacks[c.host]
	if p.closed || p.idle >= p.total || len(stack) >= p.perHost {
		return false
	}
	p.stacks[c.host] = append(stack, c)
	p.idle++
	if p.timer == nil {
		p.timer = time.AfterFunc(p.check, p.prune)
	}
	return true
}

// prune closes what has waited for too long or was closed by the server, and
// comes back for the rest.
func (p *pool) prune() {
	for _, c := range p.takeDead() {
		c.discard()
	}
}

// takeDead asks each connection that has waited for a while, which is a system
// call for each that waits without blocking.
func (p *pool) takeDead() []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	var dead []*conn
	for host, stack := range p.stacks {
		kept := stack[:0]
		for _, c := range stack {
			if time.Since(c.idleSince) < p.check || c.alive(p.timeout) {
				kept = append(kept, c)
			} else {
				dead = append(dead, c)
			}
		}
		clear(stack[len(kept):])
		if p.stacks[host] = kept; len(kept) == 0 {
			delete(p.stacks, host)
		}
	}
	p.idle -= len(dead)
	switch {
	case p.timer == nil: // closeAll came first
	case p.idle == 0:
		p.timer = nil
	default:
		p.timer.Reset(p.check)
	}
	return dead
}

// closeAll closes all that waits. What is in use is closed when it comes back,
// unless somebody asks for a connection before.
func (p *pool) closeAll() {
	for _, c := range p.takeAll() {
		c.discard()
	}
}

func (p *pool) takeAll() []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	var all []*conn
	for _, stack := range p.stacks {
		all = append(all, stack...)
	}
	clear(p.stacks)
	p.idle = 0
	return all
}
