package gatewaytest

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// fakeEnv makes the test binary play the gateway: its value says how it behaves.
const fakeEnv = "GATEWAYTEST_FAKE"

func TestMain(m *testing.M) {
	if how := os.Getenv(fakeEnv); how != "" {
		os.Exit(fakeGateway(how, os.Args))
	}
	os.Exit(m.Run())
}

// fakeGateway understands the flags that Start gives and returns the exit code.
func fakeGateway(how string, args []string) int {
	if how == "refuse" {
		io.WriteString(os.Stderr, "configs/bad.yaml:1:1: unknown key\n")
		return 2
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	ln, err := net.Listen("tcp", args[slices.Index(args, "--listen")+1])
	if err != nil {
		return 1
	}
	go http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Join(os.Environ(), "\n"))
	}))
	addrFile := args[slices.Index(args, "--addr-file")+1]
	if err := os.WriteFile(addrFile, []byte(ln.Addr().String()+"\n"), 0o600); err != nil {
		return 1
	}
	if err := os.MkdirAll(os.Getenv("LLMGW_DATA_DIR"), 0o700); err != nil {
		return 1
	}
	<-stop
	line := []byte(`{"request_id":"r1","http_status":200,"input_tokens":3}` + "\n")
	if err := os.WriteFile(filepath.Join(os.Getenv("LLMGW_DATA_DIR"), "requests.jsonl"), line, 0o600); err != nil {
		return 1
	}
	if how == "crash" {
		return 7
	}
	return 0
}

func TestStartServesAndStopsWithLog(t *testing.T) {
	t.Setenv(BinaryEnv, os.Args[0])
	t.Setenv("ANTHROPIC_API_KEY", "sk-of-the-machine")
	g := Start(t, Options{Config: "any.yaml", Env: []string{fakeEnv + "=serve"}})

	resp, err := http.Get(g.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	environment, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(environment), "sk-of-the-machine") {
		t.Error("the machine's environment leaked into the gateway")
	}

	log := g.Log()
	if len(log) != 1 || log[0].RequestID != "r1" || log[0].InputTokens != 3 {
		t.Errorf("log = %+v, want the one line that was written at the stop", log)
	}
}

func TestStartShowsWhyTheGatewayEnded(t *testing.T) {
	t.Parallel()
	_, err := start(os.Args[0], t.TempDir(), Options{Config: "any.yaml", Env: []string{fakeEnv + "=refuse"}})
	if err == nil || !strings.Contains(err.Error(), "exit status 2") || !strings.Contains(err.Error(), "unknown key") {
		t.Errorf("err = %v, want the exit status and the gateway's words", err)
	}
}

func TestTerminateReportsABadExit(t *testing.T) {
	t.Parallel()
	g, err := start(os.Args[0], t.TempDir(), Options{Config: "any.yaml", Env: []string{fakeEnv + "=crash"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.terminate(); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("err = %v, want the exit status", err)
	}
	if err := g.terminate(); err == nil || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("err = %v, want that it had ended before", err)
	}
}

func TestKillLeavesTheDataDirectoryToTheNext(t *testing.T) {
	t.Setenv(BinaryEnv, os.Args[0])
	first := Start(t, Options{Config: "any.yaml", Env: []string{fakeEnv + "=serve"}})
	first.Kill()
	first.Stop() // Must not complain of the bad end.
	if lines := first.Log(); len(lines) != 0 {
		t.Errorf("log = %+v, want none: the gateway was not asked to stop", lines)
	}
	second := Start(t, Options{Config: "any.yaml", Env: []string{fakeEnv + "=serve"}, DataDir: first.DataDir()})
	if second.PID() == first.PID() {
		t.Error("both gateways have the same process")
	}
	if lines := second.Log(); len(lines) != 1 {
		t.Errorf("log = %+v, want the one line that was written at the stop", lines)
	}
	if second.DataDir() != first.DataDir() {
		t.Errorf("the second gateway keeps its state in %s, want %s", second.DataDir(), first.DataDir())
	}
}

func TestParseLogRefusesABrokenLine(t *testing.T) {
	t.Parallel()
	_, err := parseLog([]byte("{\"request_id\":\"a\"}\n{\"request_id\":\n"))
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("err = %v, want one that names line 2", err)
	}
}

func TestDeclaresModule(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, goMod string
		want        bool
	}{
		{"its own", "// comment\nmodule a/b\n\ngo 1.26\n", true},
		{"a module below", "module a/b/test\n", false},
		{"a requirement", "module c\n\nrequire a/b v1.0.0\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := declaresModule(tt.goMod, "a/b"); got != tt.want {
				t.Errorf("declaresModule = %v, want %v", got, tt.want)
			}
		})
	}
}
