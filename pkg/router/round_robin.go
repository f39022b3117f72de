package router

import "sync/atomic"

// RoundRobin gives each call the next deployment of the group first. The zero
// value is ready; one per group, safe for concurrent use.
type RoundRobin struct{ turn atomic.Uint64 }

// Order implements Strategy.
func (r *RoundRobin) Order(dst []*Deployment, g *Group) []*Deployment {
	n := len(g.Deployments)
	if n < 2 {
		return append(dst, g.Deployments...)
	}
	first := int((r.turn.Add(1) - 1) % uint64(n))
	dst = append(dst, g.Deployments[first:]...)
	return append(dst, g.Deployments[:first]...)
}
