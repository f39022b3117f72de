package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/admin"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/client"
)

// target makes a target out of a command line, in an environment.
func target(t *testing.T, env map[string]string, args ...string) *admin.Target {
	t.Helper()
	io, _, _ := terminal.Test()
	to := &admin.Target{Factory: &cli.Factory{IO: io, Version: cli.Version{Number: "1"}, LookupEnv: func(name string) (string, bool) {
		value, set := env[name]
		return value, set
	}}}
	cmd := &cobra.Command{Run: func(*cobra.Command, []string) {}}
	to.Bind(cmd)
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	return to
}

// ask asks the target something.
func ask(t *testing.T, to *admin.Target) error {
	t.Helper()
	return to.Do(t.Context(), func(ctx context.Context, c *client.Client) error {
		return c.Do(ctx, http.MethodGet, "/key/list", nil, &struct{}{})
	})
}

// check compares an error with what it must say.
func check(t *testing.T, err error, code int, text, hint string) {
	t.Helper()
	var e *cli.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(err.Error(), text) || !strings.Contains(e.Hint, hint) {
		t.Errorf("err = %v (%+v), want exit code %d, %q and the hint %q", err, e, code, text, hint)
	}
}

func TestOverTheNetwork(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sk-master" || r.Header.Get("User-Agent") != "llmgw/1" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":{"message":"this key is not known here"}}`)
			return
		}
		fmt.Fprint(w, `{}`)
	}))
	t.Cleanup(server.Close)
	env := func(url, key string) map[string]string {
		return map[string]string{"LLMGW_URL": url, "LLMGW_MASTER_KEY": key}
	}
	for name, to := range map[string]*admin.Target{
		"flags":                   target(t, nil, "--url", server.URL, "--master-key", "sk-master"),
		"environment":             target(t, env(server.URL, "sk-master")),
		"a key with a line break": target(t, env(server.URL, "sk-master\n")),
		"both":                    target(t, env("http://127.0.0.1:1", "sk-master"), "--url", server.URL),
		"the flag's key wins":     target(t, env(server.URL, "sk-other"), "--master-key", "sk-master"),
	} {
		if err := ask(t, to); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := ask(t, target(t, nil, "--url", server.URL))
	check(t, err, cli.ExitDenied, "not known here", "--master-key or $LLMGW_MASTER_KEY")
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		status     int
		body       string
		code       int
		text, hint string
	}{
		{"no key", 401, `{"error":{"message":"no key"}}`, cli.ExitDenied, "no key", "--master-key"},
		{"not allowed", 403, `{"error":{"message":"not you"}}`, cli.ExitDenied, "not you", "--master-key"},
		{"unknown", 404, `{"error":{"message":"no such key"}}`, cli.ExitFailed, "no such key", ""},
		{"taken", 409, `{"error":{"message":"taken"}}`, cli.ExitFailed, "taken", ""},
		{"the database is down", 503, `{"error":{"message":"no database"}}`, cli.ExitUnreachable, "no database", ""},
		{"broken", 500, `{"error":{"message":"broken"}}`, cli.ExitFailed, "broken", ""},
		{"somebody else", 200, `<html>`, cli.ExitUnreachable, "not what a gateway answers", "Is there a gateway"},
		{"somebody else says no", 404, `<html>`, cli.ExitFailed, ": the answer was 404 Not Found", "Is there a gateway"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			t.Cleanup(server.Close)
			check(t, ask(t, target(t, nil, "--url", server.URL)), tt.code, tt.text, tt.hint)
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	check(t, ask(t, target(t, nil, "--url", url)), cli.ExitUnreachable, "no answer from "+url, "Is the gateway running")

	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(slow.Close)
	err = ask(t, target(t, nil, "--url", slow.URL, "--timeout", "20ms"))
	check(t, err, cli.ExitUnreachable, "no answer from "+slow.URL+" within 20ms", "--timeout")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = target(t, nil, "--url", slow.URL).Do(ctx, func(ctx context.Context, c *client.Client) error {
		return c.Do(ctx, http.MethodGet, "/key/list", nil, nil)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("after Ctrl-C: err = %v", err)
	}
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--url http://a --config f":        "use one of them",
		"--master-key sk-x":                "goes with --url",
		"--url 127.0.0.1:4000":             "no address",
		"--config /nonexistent/llmgw.yaml": "no such file",
	} {
		check(t, ask(t, target(t, nil, strings.Fields(args)...)), cli.ExitUsage, want, "")
	}
	check(t, ask(t, target(t, nil, "--url", "http://a", "--master-key", "sk x")), cli.ExitUsage, "no key has", "")
}

// place is a data directory with a gateway's socket in it.
func place(t *testing.T, handler http.Handler) (env map[string]string, socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "llmgw") //nolint:usetesting // short: the path of a socket has 103 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "llmgw.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return map[string]string{"LLMGW_DATA_DIR": dir, "HOME": dir}, socket
}

func TestOverTheSocket(t *testing.T) {
	t.Parallel()
	asked := 0
	env, socket := place(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if key := r.Header.Get("Authorization"); key != "" {
			t.Errorf("a key was sent: %s", key)
		}
		fmt.Fprint(w, `{}`)
	}))
	env["LLMGW_MASTER_KEY"] = "sk-master"
	if err := ask(t, target(t, env)); err != nil {
		t.Fatal(err)
	}
	// A configuration on the command line wins over an address in the environment.
	config := filepath.Join(filepath.Dir(socket), "llmgw.yaml")
	if err := os.WriteFile(config, []byte("model_list: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env["LLMGW_URL"] = "http://127.0.0.1:1"
	if err := ask(t, target(t, env, "--config", config)); err != nil {
		t.Fatal(err)
	}
	if asked != 2 {
		t.Errorf("the gateway was asked %d times", asked)
	}
}

func TestTheSocketOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("SKIPPED: root may open every socket; run it as another user")
	}
	env, socket := place(t, http.NotFoundHandler())
	if err := os.Chmod(socket, 0); err != nil {
		t.Fatal(err)
	}
	check(t, ask(t, target(t, env)), cli.ExitDenied, "another user", "--url")
}

func TestInTheDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	to := target(t, map[string]string{"LLMGW_DATA_DIR": dir, "HOME": dir})
	to.OnlyThere = true
	check(t, ask(t, to), cli.ExitUnreachable, "no such file", "")
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("who only looks has made %v, %v", left, err)
	}
	to.OnlyThere = false
	for range 2 {
		if err := ask(t, to); err != nil {
			t.Fatal(err)
		}
	}
	to.OnlyThere = true
	if err := ask(t, to); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := ask(t, target(t, map[string]string{"LLMGW_DATA_DIR": filepath.Join(file, "data"), "HOME": dir}))
	check(t, err, cli.ExitUnreachable, "open the database "+file, "")
}
