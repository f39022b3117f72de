package router

import "math/rand/v2"

// Shuffle tries the deployments of a group in random order: LiteLLM's
// simple-shuffle without weights.
type Shuffle struct{}

// Order implements Strategy.
func (Shuffle) Order(dst []*Deployment, g *Group) []*Deployment {
	start := len(dst)
	dst = append(dst, g.Deployments...)
	rand.Shuffle(len(dst)-start, func(i, j int) {
		dst[start+i], dst[start+j] = dst[start+j], dst[start+i]
	})
	return dst
}
