//go:build !unix

package http1

// canTry says that readFD and writeFD do not work: elsewhere a RawConn cannot
// tell what is possible without waiting.
const canTry = false

func readFD(uintptr, []byte) (int, error)  { return 0, errWouldBlock }
func writeFD(uintptr, []byte) (int, error) { return 0, nil }
