//go:build !unix

package http1

// canPeek says that a closed connection cannot be told without reading from it: all
// connections are net/http's there.
const canPeek = false

func peekEnd(uintptr) bool { return false }
