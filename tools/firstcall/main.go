// Command firstcall shows a fresh gateway at work: it starts one on its embedded
// defaults, makes a first call, prints what went over the wire and what to do
// next, and leaves the gateway running until Ctrl-C. `make run` calls it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	gateway := flag.String("gateway", "dist/llmgw", "the gateway's `binary`")
	listen := flag.String("listen", "127.0.0.1:4000", "`address` to listen on")
	once := flag.Bool("once", false, "stop after the first call")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *gateway, *listen, *once); err != nil {
		fmt.Fprintln(os.Stderr, "firstcall:", err)
		os.Exit(1)
	}
}

// started is how long a gateway may take until it accepts connections.
const started = 10 * time.Second

func run(ctx context.Context, gateway, listen string, once bool) error {
	dir, err := os.MkdirTemp("", "llmgw-run-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	addrFile := filepath.Join(dir, "addr")
	data := os.Getenv("LLMGW_DATA_DIR")
	if data == "" {
		data = filepath.Join(dir, "data")
	}
	cmd := exec.Command(gateway, "serve", "--listen", listen, "--addr-file", addrFile)
	cmd.Env = append(os.Environ(), "LLMGW_DATA_DIR="+data)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}()

	addr, err := await(ctx, addrFile, ended)
	if err != nil {
		ended <- nil
		return err
	}
	key, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		return err
	}
	base := "http://" + addr
	if err := call(ctx, base, strings.TrimSpace(string(key))); err != nil {
		return err
	}
	fmt.Printf(next, base, filepath.Join(data, "master.key"), filepath.Join(data, "requests.jsonl"))
	if once {
		return nil
	}
	fmt.Println("\nThe gateway runs until Ctrl-C.")
	select {
	case <-ctx.Done():
		return nil
	case err := <-ended:
		ended <- nil
		return fmt.Errorf("the gateway stopped: %w", err)
	}
}

const next = `
What next
  export ANTHROPIC_BASE_URL=%s           point Claude Code at the gateway
  export ANTHROPIC_AUTH_TOKEN=$(cat %s)
  export ANTHROPIC_API_KEY=...           before starting it: claude-* goes to Anthropic
  tail -f %s    one line for every call
  llmgw serve --config configs/basic.yaml         with your own keys and models
`

// await reads the address that the gateway writes once it listens.
func await(ctx context.Context, file string, ended <-chan error) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, started)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if b, err := os.ReadFile(file); err == nil && len(b) > 0 {
			return strings.TrimSpace(string(b)), nil
		}
		select {
		case <-ctx.Done():
			return "", errors.New("the gateway did not start in time")
		case err := <-ended:
			return "", fmt.Errorf("the gateway stopped: %w", err)
		case <-tick.C:
		}
	}
}

// call makes the first call and shows it.
func call(ctx context.Context, base, key string) error {
	body := `{"model":"echo/hello","max_tokens":100,"messages":[{"role":"user","content":"Hello, gateway!"}]}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/messages", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Anthropic-Version", "2023-06-01")
	client := &http.Client{Timeout: started}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, answer, "", "  ") != nil {
		pretty.Write(answer)
	}
	fmt.Printf("\nThe first call: POST %s/v1/messages\n%s\n\nThe answer: %s\n%s\n", base, body, resp.Status, pretty.String())
	for _, name := range []string{"x-request-id", "x-llmgw-model-id", "x-llmgw-overhead-ms"} {
		fmt.Printf("%s: %s\n", name, resp.Header.Get(name))
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the first call failed: %s", resp.Status)
	}
	return nil
}
