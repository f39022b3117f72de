package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/keys"
)

// socketFile is the socket of a running gateway, in its data directory.
const socketFile = "llmgw.sock"

// maxSocketPath is how long the path of a socket can be: sun_path has 108 bytes on
// Linux and 104 on macOS, with a zero at the end.
const maxSocketPath = 103

// AdminSocket is the path of the socket on which a gateway with this configuration
// serves its admin API while it runs. Whoever may open it has all rights: it is the
// gateway's user, and root.
func AdminSocket(cfg *config.Config) string { return filepath.Join(cfg.DataDir, socketFile) }

// probeTime bounds the question whether a gateway is there.
const probeTime = time.Second

// AdminSocketAnswers reports whether a gateway takes connections at a socket. It is
// false where none runs, also where one has left its socket behind. The error wraps
// fs.ErrPermission where the gateway is another user's.
func AdminSocketAnswers(ctx context.Context, path string) (bool, error) {
	conn, err := (&net.Dialer{Timeout: probeTime}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return true, conn.Close()
	case errors.Is(err, fs.ErrPermission), ctx.Err() != nil:
		return false, fmt.Errorf("reach the gateway at %s: %w", path, err)
	default:
		return false, nil
	}
}

// The limits of the socket's server.
const (
	socketHeaderTime = 5 * time.Second
	socketIdleTime   = time.Minute
)

// socket serves the admin API to processes on this machine.
type socket struct {
	listener net.Listener
	http     *http.Server
}

// openSocket opens the socket. Where it cannot be had the gateway goes on without:
// the main port serves the same.
func (a *App) openSocket(ctx context.Context) {
	path := AdminSocket(a.cfg)
	l, err := listenSocket(ctx, path)
	if err != nil {
		a.opts.Logger.Warn("there is no socket for commands; they reach the gateway at its address, with the master key", "path", path, "err", err)
		return
	}
	a.ports.socket = &socket{listener: l, http: &http.Server{
		Handler:           a.server.AdminHandler(socketActor),
		ConnContext:       withPeer,
		ReadHeaderTimeout: socketHeaderTime, IdleTimeout: socketIdleTime,
	}}
}

// listenSocket makes a socket that only its owner can connect to.
func listenSocket(ctx context.Context, path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("the path has %d bytes, and a socket's can have %d (set a shorter general_settings.data_dir)", len(path), maxSocketPath)
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	// Between the two steps the umask alone has kept others out.
	return ownersOnly{l}, nil
}

// removeStale removes a socket that a gateway has left behind. It removes nothing
// that answers, and nothing that is no socket.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errors.New("there is a file of that name, which is no socket")
	}
	answers, err := AdminSocketAnswers(ctx, path)
	if err != nil {
		return err
	}
	if answers {
		return errors.New("another process answers there")
	}
	return os.Remove(path)
}

// ownersOnly refuses connections of users who are neither the gateway's own nor
// root, where the system tells.
type ownersOnly struct{ net.Listener }

// Accept implements net.Listener.
func (l ownersOnly) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if uid := peerUID(c); uid <= 0 || uid == os.Geteuid() {
			return c, nil
		}
		_ = c.Close() // It is not to know why.
	}
}

// unknownUID is that of a peer whose system does not tell.
const unknownUID = -1

type peerKey struct{}

// withPeer keeps the user of a connection for socketActor.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, peerUID(c))
}

// socketActor says who asks over the socket.
func socketActor(r *http.Request) keys.Actor {
	uid, ok := r.Context().Value(peerKey{}).(int)
	if !ok {
		uid = unknownUID
	}
	return keys.Actor{ID: "socket", UID: uid}
}

func (s *socket) serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// shutdown removes the socket and waits for what is being answered.
func (s *socket) shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	// Shutdown closes only what Serve was called with.
	if cerr := s.listener.Close(); cerr != nil && !errors.Is(cerr, net.ErrClosed) {
		err = errors.Join(err, cerr)
	}
	return err
}
