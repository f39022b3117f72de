//go:build unix

package http1

import "syscall"

// canPeek says that peekEnd works.
const canPeek = true

// peekEnd reports whether the other side of a socket has closed or reset it, with
// nothing left to read.
func peekEnd(fd uintptr) bool {
	var b [1]byte
	for {
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch err {
		case nil:
			return n == 0
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			return true
		}
	}
}
