package cli_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/llmgw/llmgw/pkg/cli"
)

func TestFilesAreReplacedOnlyWhereAsked(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := cli.CreateFile(file, []byte("one")); err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*cli.Error](cli.CreateFile(file, []byte("two")))
	if !ok || e.Code != cli.ExitFailed || e.Hint == "" {
		t.Errorf("a file is overwritten: %v", e)
	}
	if got, _ := os.ReadFile(file); string(got) != "one" {
		t.Errorf("the file has %q", got)
	}
	if err := cli.ReplaceFile(file, []byte("two")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "two" {
		t.Errorf("the file has %q", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if others, _ := filepath.Glob(filepath.Dir(file) + "/*"); len(others) != 1 {
		t.Errorf("there are %v", others)
	}
	missing := filepath.Join(filepath.Dir(file), "no", "b.yaml")
	if cli.CreateFile(missing, nil) == nil || cli.ReplaceFile(missing, nil) == nil {
		t.Error("a file is written where no folder is")
	}
}
