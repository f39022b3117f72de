package router

import (
	"sort"
	"strings"
)

// Nearest returns up to n names that look most like the one asked for, best
// first: what to suggest when a model is not known.
func Nearest(asked string, names []string, n int) []string {
	asked = strings.ToLower(asked)
	if len(asked) > maxCompared {
		asked = asked[:maxCompared]
	}
	type scored struct {
		name string
		dist int
	}
	all := make([]scored, 0, len(names))
	for _, name := range names {
		all = append(all, scored{name, distance(asked, strings.ToLower(name))})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].dist < all[j].dist })
	near := make([]string, 0, n)
	for _, s := range all[:min(n, len(all))] {
		near = append(near, s.name)
	}
	return near
}

// maxCompared bounds the work that a hostile name can cause.
const maxCompared = 128

// distance is the Levenshtein distance, over bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
