// Package architecture holds the rules that the tree must keep, as tests: which
// package stands on which floor, who may import what, and that every package says
// what it is for.
package architecture

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/llmgw/llmgw/"

// floors is the house: an import may only point down. A pattern that ends in /*
// stands for every package below.
var floors = []struct {
	floor    int
	packages []string
}{
	{7, []string{"cmd/llmgw"}},
	{6, []string{"pkg/cli", "pkg/cli/*"}},
	{5, []string{"pkg/app"}},
	{4, []string{"pkg/server", "pkg/server/*", "pkg/client", "pkg/validate"}},
	{3, []string{"pkg/gateway", "pkg/metrics", "pkg/store/*"}},
	{2, []string{"pkg/keys", "pkg/ratelimit", "pkg/budget", "pkg/cache", "pkg/router", "pkg/ledger", "pkg/provider", "pkg/provider/*"}},
	{1, []string{"pkg/admission", "pkg/admission/*", "pkg/journal", "pkg/requestlog", "pkg/requestlog/*", "pkg/adminapi", "pkg/dialect", "pkg/dialect/*"}},
	{0, []string{"pkg/llm", "pkg/llm/*", "pkg/config", "pkg/config/*", "pkg/secret", "pkg/httpfield"}},
}

// sameFloor are the imports that stay on one floor: a shared base, or framing.
var sameFloor = map[string][]string{
	"pkg/config":       {"pkg/llm", "pkg/llm/catalog", "pkg/secret", "pkg/config/*"},
	"pkg/llm/*":        {"pkg/llm", "pkg/llm/*"},
	"pkg/admission/*":  {"pkg/admission"},
	"pkg/dialect":      {"pkg/dialect/toplevel", "pkg/dialect/sse"},
	"pkg/dialect/*":    {"pkg/dialect", "pkg/dialect/toplevel", "pkg/dialect/sse"},
	"pkg/requestlog/*": {"pkg/requestlog"},
	"pkg/validate":     {"pkg/client"},
	"pkg/server":       {"pkg/server/http1"},
	"pkg/store/*":      {"pkg/store/storetest"},
	"pkg/provider":     {"pkg/provider/http1"},
	"pkg/provider/*":   {"pkg/provider", "pkg/provider/providertest"},
	"pkg/cli":          {"pkg/cli/terminal"},
	"pkg/cli/*":        {"pkg/cli", "pkg/cli/*"},
}

// only names the packages that may import something; all others may not.
var only = map[string][]string{
	"net/http":                            {"pkg/cli/*", "pkg/app", "pkg/server", "pkg/server/*", "pkg/client", "pkg/validate", "pkg/metrics", "pkg/provider", "pkg/provider/*"},
	"net/http/httputil":                   {},
	"github.com/spf13/viper":              {"pkg/config"},
	"github.com/spf13/cobra":              {"pkg/cli/*"},
	"github.com/charmbracelet/lipgloss":   {"pkg/cli/*"},
	"github.com/olekukonko/tablewriter":   {"pkg/cli/*"},
	"github.com/prometheus/client_golang": {"pkg/metrics"},
	"database/sql":                        {"pkg/store/*"},
	"log":                                 {"pkg/server"},
}

type goPackage struct {
	ImportPath, Dir string
	Imports         []string
	GoFiles         []string
}

func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		floor, ok := floorOf(from)
		if !ok {
			t.Errorf("%s stands on no floor: give it one in test/architecture", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			below, _ := floorOf(to)
			switch {
			case below > floor:
				t.Errorf("%s (floor %d) imports %s (floor %d): imports must point down", from, floor, to, below)
			case below == floor && !allowed(sameFloor, from, to):
				t.Errorf("%s imports %s on the same floor %d", from, to, floor)
			}
		}
	}
}

// TestImplementations: only the composition root picks implementations.
func TestImplementations(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			to := strings.TrimPrefix(imported, module)
			if matchAny([]string{"pkg/provider/*", "pkg/store/*"}, to) && from != "pkg/app" && to != "pkg/provider/providertest" &&
				!allowed(sameFloor, from, to) {
				t.Errorf("%s imports %s: only pkg/app may", from, to)
			}
			if matchAny([]string{"pkg/dialect/anthropic", "pkg/dialect/openai"}, to) &&
				from != "pkg/app" && !strings.HasPrefix(from, "pkg/provider/") {
				t.Errorf("%s imports %s: only pkg/app and providers may", from, to)
			}
		}
	}
}

func TestOnlyImporters(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			for lib, importers := range only {
				if (imported == lib || strings.HasPrefix(imported, lib+"/") && strings.Contains(lib, ".")) && !matchAny(importers, from) {
					t.Errorf("%s may not import %s (allowed: %v)", from, imported, importers)
				}
			}
		}
	}
}

// TestProcess: environment, arguments, exit and standard streams belong to few.
func TestProcess(t *testing.T) {
	words := []string{"os.Getenv(", "os.LookupEnv(", "os.Environ(", "os.Args", "os.Exit(", "os.Stdin", "os.Stdout", "os.Stderr"}
	may := []string{"cmd/llmgw", "pkg/config", "pkg/cli/root", "pkg/cli/terminal"}
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		if matchAny(may, from) || strings.Contains(from, "/internal/") {
			continue
		}
		for _, file := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range words {
				if strings.Contains(string(src), word) {
					t.Errorf("%s/%s uses %s: only %v may", from, file, strings.TrimSuffix(word, "("), may)
				}
			}
		}
	}
}

// TestPackageComments: every package says what it is for, and the picture of the
// architecture knows every package.
func TestPackageComments(t *testing.T) {
	picture, err := os.ReadFile(filepath.Join(root(t), "docs", "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if !documented(t, p) {
			t.Errorf("%s has no package comment", name)
		}
		if !strings.Contains(string(picture), path.Base(name)+"/") && !strings.Contains(name, "/internal/") {
			t.Errorf("docs/ARCHITECTURE.md does not name %s", name)
		}
	}
}

func documented(t *testing.T, p goPackage) bool {
	t.Helper()
	for _, file := range p.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil {
			return true
		}
	}
	return false
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,GoFiles", "./cmd/...", "./pkg/...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	if len(all) < 10 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

func floorOf(pkg string) (int, bool) {
	for _, f := range floors {
		if matchAny(f.packages, pkg) {
			return f.floor, true
		}
	}
	return 0, false
}

func allowed(rules map[string][]string, from, to string) bool {
	for pattern, targets := range rules {
		if matches(pattern, from) && matchAny(targets, to) {
			return true
		}
	}
	return false
}

func matchAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, pkg) })
}

// matches compares a package with a pattern; "dir/*" is everything below dir.
func matches(pattern, pkg string) bool {
	if dir, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(pkg, dir+"/")
	}
	return pattern == pkg
}
