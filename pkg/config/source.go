package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of what is read.
const (
	// maxFile is the size of a configuration file, in bytes.
	maxFile = 4 << 20
	// maxSecretFile is the size of a file that holds one secret or certificates.
	maxSecretFile = 1 << 20
	// maxDepth is how deep lists and maps may be nested.
	maxDepth = 64
	// maxAliased is how many nodes anchors may be expanded to in all.
	maxAliased = 100_000
)

// readFile reads a regular file of at most limit bytes. Devices and pipes are
// refused: reading them may never end.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}

// parse reads the text of a configuration: JSON where the name says so, else
// YAML. It returns nil where nothing can be read of it, and has then reported
// why. An empty text is an empty object.
func parse(name string, data []byte, r *reporter) *node {
	parser := parseYAML
	if strings.EqualFold(filepath.Ext(name), ".json") {
		parser = parseJSON
	}
	root, problem := parser(name, data)
	if problem == nil && root.kind != objectKind && root.kind != nullKind {
		problem = &Problem{
			Code: CodeWrongType, Position: root.at,
			Message: "a configuration must be a map, this is " + root.kind.String(),
			Hint:    "begin with a section such as model_list:",
		}
	}
	if problem != nil {
		problem.Severity = Error
		r.add(*problem)
		return nil
	}
	root.kind = objectKind
	return root
}
