package serve_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/cli/serve"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/config"
)

// flags runs the command line and gives the options that it means.
func flags(t *testing.T, args ...string) (serve.Options, error) {
	t.Helper()
	io, _, _ := terminal.Test()
	var got serve.Options
	cmd := serve.NewCmd(&cli.Factory{IO: io, Version: cli.Version{Number: "1.2.3"}}, func(_ context.Context, o *serve.Options) error {
		got = *o
		return nil
	})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(t.Context())
	got.IO = nil
	return got, err
}

func TestFlags(t *testing.T) {
	t.Parallel()
	usual := serve.Options{Version: "1.2.3", Listen: config.DefaultListen}
	with := func(change func(*serve.Options)) serve.Options {
		o := usual
		change(&o)
		return o
	}
	for _, tt := range []struct {
		args string
		want serve.Options
	}{
		{"", usual},
		{"--config a.yaml", with(func(o *serve.Options) { o.ConfigFile = "a.yaml" })},
		{"-c a.yaml", with(func(o *serve.Options) { o.ConfigFile = "a.yaml" })},
		{"--listen 0.0.0.0:80", with(func(o *serve.Options) { o.Listen = "0.0.0.0:80" })},
		{"--listen :0", with(func(o *serve.Options) { o.Listen = ":0" })},
		{"--listen [::1]:4000", with(func(o *serve.Options) { o.Listen = "[::1]:4000" })},
		{"--port 8080", with(func(o *serve.Options) { o.Listen, o.Port = "127.0.0.1:8080", 8080 })},
		{"-p 65535", with(func(o *serve.Options) { o.Listen, o.Port = "127.0.0.1:65535", 65535 })},
		{"--addr-file f", with(func(o *serve.Options) { o.AddrFile = "f" })},
		{"--tls-cert c --tls-key k", with(func(o *serve.Options) { o.TLSCert, o.TLSKey = "c", "k" })},
	} {
		t.Run(tt.args, func(t *testing.T) {
			t.Parallel()
			got, err := flags(t, strings.Fields(tt.args)...)
			if err != nil || got != tt.want {
				t.Errorf("options = %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestFlagsThatAreWrong(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--port 0":             "--port 0 is no port",
		"--port 65536":         "--port 65536 is no port",
		"--port -1":            "--port -1 is no port",
		"--listen localhost":   `--listen "localhost" is no address`,
		"--listen 4000":        `--listen "4000" is no address`,
		"--listen :1 --port 1": "use one of them",
		"--listen=":            `--listen "" is no address`,
	} {
		_, err := flags(t, strings.Fields(args)...)
		var e *cli.Error
		if !errors.As(err, &e) || e.Code != cli.ExitUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want a usage error with %q", args, err, want)
		}
	}
}
