package subject

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/llmgw/llmgw/test/bench/mock"
	"github.com/llmgw/llmgw/test/bench/traffic"
)

// TestMain lets the test binary stand for the programs that the tests start.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "serve":
			fakeServe(os.Args)
		case "die":
			fmt.Println("cannot read the moon")
			os.Exit(3)
		}
	}
	os.Exit(m.Run())
}

// fakeServe listens as "llmgw serve" does, and answers with its arguments and
// environment.
func fakeServe(args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	for i, a := range args {
		if a == "--addr-file" {
			if err := os.WriteFile(args[i+1], []byte(ln.Addr().String()+"\n"), 0o600); err != nil {
				panic(err)
			}
		}
	}
	panic(http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, strings.Join(append(os.Args, os.Environ()...), "\n"))
	})))
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// get returns what a subject answers.
func get(t *testing.T, addr string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	if err := res.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGatewayIsStartedByTheContract(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := Gateway{Path: self(t), Dir: dir, Env: []string{"GOGC=200"}}.Start(t.Context(), "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	got := get(t, p.Addr)
	for _, want := range []string{"--listen\n127.0.0.1:0\n", "--config\n" + dir + "/llmgw.yaml\n", "HOME=" + dir + "\n", "GOGC=200\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "LLMGW_") {
		t.Errorf("the environment configures the gateway:\n%s", got)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("second Stop: %v", err)
	}
	if accepts(p.Addr) {
		t.Error("it still takes calls after Stop")
	}
}

func TestBareGatewayHasNoConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := Gateway{Path: self(t), Dir: dir}.StartBare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := get(t, p.Addr)
	if strings.Contains(got, "--config") || !strings.Contains(got, "LLMGW_DATA_DIR="+dir+"/data\n") || !strings.Contains(got, "LLMGW_MASTER_KEY="+MasterKey+"\n") {
		t.Errorf("started with\n%s", got)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func TestAProcessThatDiesIsReportedWithItsLog(t *testing.T) {
	t.Parallel()
	_, err := start(t.Context(), command{
		name: "x", dir: t.TempDir(), path: self(t), args: []string{"die"}, ready: func() string { return "" },
	})
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "cannot read the moon") {
		t.Errorf("got %v, want its code and its last words", err)
	}
}

func TestAProcessThatDiesLaterIsReportedByStop(t *testing.T) {
	t.Parallel()
	p, err := start(t.Context(), command{
		name: "x", dir: t.TempDir(), path: self(t), args: []string{"die"}, ready: func() string { return "somewhere" },
	})
	if err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "cannot read the moon") {
		t.Errorf("Stop: %v", err)
	}
}

func TestAMissingProgramIsAnError(t *testing.T) {
	t.Parallel()
	_, err := Gateway{Path: "/no/such/llmgw", Dir: t.TempDir()}.StartBare(t.Context())
	if err == nil || !strings.Contains(err.Error(), "/no/such/llmgw") {
		t.Errorf("got %v", err)
	}
}

func TestAStartEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := start(ctx, command{
		name: "x", dir: t.TempDir(), path: self(t), args: []string{"serve"}, ready: func() string { return "" },
	})
	if err == nil || !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestGatewayConfiguration(t *testing.T) {
	t.Parallel()
	b, err := renderGateway("/data", "127.0.0.1:1234")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Models []struct {
			Name   string `yaml:"model_name"`
			Params struct {
				Model string
				Base  string  `yaml:"api_base"`
				Input float64 `yaml:"input_cost_per_token"`
			} `yaml:"litellm_params"`
		} `yaml:"model_list"`
		Budget struct {
			Budgets []struct {
				Hard bool     `yaml:"hard_limit"`
				Keys []string `yaml:"api_keys"`
			}
		} `yaml:"budget_settings"`
	}
	if err := yaml.Unmarshal(b, &got); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	if want := len(traffic.Dialects()) * len(traffic.Paces()); len(got.Models) != want {
		t.Fatalf("%d models, want %d", len(got.Models), want)
	}
	for _, m := range got.Models {
		base := "http://127.0.0.1:1234"
		if strings.HasPrefix(m.Params.Model, "openai/") {
			base += "/v1"
		}
		if m.Params.Base != base || m.Params.Input <= 0 || m.Name == m.Params.Model {
			t.Errorf("model %+v, want base %s, a price and another name", m, base)
		}
	}
	if b := got.Budget.Budgets; len(b) != 1 || !b[0].Hard || b[0].Keys[0] != Key {
		t.Errorf("budgets %+v, want a hard one of the key", b)
	}
}

func TestNginxNamesAnOwnerOnlyWhereThereIsOne(t *testing.T) {
	t.Parallel()
	for owner, want := range map[string]bool{"": false, "root wheel": true} {
		b, err := renderNginx(nginxValues{User: owner, Dir: "/d", Workers: 2, Upstream: "u:1", Listen: "l:2"})
		if err != nil || strings.Contains(string(b), "user root wheel;") != want {
			t.Errorf("owner %q: %v\n%s", owner, err, b)
		}
	}
}

func TestNginxPassesCallsOn(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("nginx")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("SKIPPED: nginx is not installed (apt-get install nginx-light)")
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- mock.New().Serve(ctx, ln) }()
	defer func() { cancel(); <-served }()

	dir := t.TempDir()
	p, err := StartNginx(t.Context(), path, dir, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, p.Addr); !strings.HasPrefix(got, "HTTP/1.1 404") {
		t.Errorf("got %s, want the mock's 404", got)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "access.log")); err != nil || !strings.Contains(string(b), `"GET / HTTP/1.1" 404`) {
		t.Errorf("access log: %v %s", err, b)
	}
}
