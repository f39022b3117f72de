package app

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peerUID is the user id of the process at the other end of a socket.
func peerUID(c net.Conn) int {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return unknownUID
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return unknownUID
	}
	uid := unknownUID
	err = raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid = int(cred.Uid)
		}
	})
	if err != nil {
		return unknownUID
	}
	return uid
}
