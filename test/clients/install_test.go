package clients

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// claudeVersion is the release of Claude Code that the tests run: the newest that
// npm served on 2026-11-22.
const claudeVersion = "2.1.330"

// installTimeout bounds the installation, some 400 MB unpacked.
const installTimeout = 3 * time.Minute

// installClaudeCode returns the path of Claude Code's binary, which is installed
// into the user's cache directory at the first call. The package's install
// scripts do not run: the binary is in the platform's own package.
func installClaudeCode() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "llmgw-test", "claude-code-"+claudeVersion)
	if bin, err := findClaude(home); err == nil {
		return bin, nil
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return "", err
	}
	// Installed aside and renamed, so that a broken installation is never found.
	aside, err := os.MkdirTemp(filepath.Dir(home), "install-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(aside)
	if err := npmInstall(aside, "@anthropic-ai/claude-code@"+claudeVersion); err != nil {
		return "", err
	}
	if _, err := findClaude(aside); err != nil {
		return "", err
	}
	if err := os.Rename(aside, home); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return findClaude(home)
}

// npmInstall installs one package below dir.
func npmInstall(dir, pkg string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("npm is not installed (install Node.js): %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", pkg)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install %s: %w: %s", pkg, err, out)
	}
	return nil
}

// findClaude finds the binary of this platform below an installation.
func findClaude(home string) (string, error) {
	pattern := filepath.Join(home, "node_modules", "@anthropic-ai", "claude-code-*", "claude")
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("npm has no Claude Code for this platform: nothing matches %s", pattern)
	}
	return found[0], nil
}
