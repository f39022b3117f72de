package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/llmgw/llmgw/test/bench/report"
)

// machine describes where the benchmark runs. What cannot be found out stays
// "unknown": it is for the reader, and no reason not to measure.
func machine(ctx context.Context, nginxPath, gatewayPath string) report.Machine {
	m := report.Machine{
		CPUs: runtime.NumCPU(), OS: runtime.GOOS, Kernel: "unknown", Go: runtime.Version(),
		Nginx: "unknown", Gateway: gatewayPath, Load: "unknown",
	}
	if b, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(b))
	}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load, _, _ = strings.Cut(string(b), " ")
	}
	// nginx prints "nginx version: nginx/1.22.1".
	if b, err := exec.CommandContext(ctx, nginxPath, "-v").CombinedOutput(); err == nil {
		if _, version, ok := strings.Cut(string(b), "nginx/"); ok {
			m.Nginx = strings.TrimSpace(version)
		}
	}
	return m
}
