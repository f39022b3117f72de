package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDescriptionsAreUpToDate(t *testing.T) {
	t.Parallel()
	want, err := descriptions(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", "descriptions.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("descriptions.json is stale: run go generate ./pkg/config")
	}
	if text := `"LiteLLMParams.NumRetries": "is how often`; !strings.Contains(string(got), text) {
		t.Errorf("the descriptions lack %s", text)
	}
}

func TestDescriptionsRefuseWhatTheyCannotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := descriptions(dir); err == nil {
		t.Error("a folder without a schema is read")
	}
	source := "package p\n\ntype Document struct {\n\t// A is a key.\n\tA string\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "schema.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := descriptions(dir); err == nil {
		t.Error("a field without a tag is read")
	}
}
