// Package config reads the gateway's configuration: it finds the file, parses
// it with positions, puts environment and command line over it, replaces
// references, fills in defaults, checks everything against everything, and
// reports all problems at once. The result is a [Config]: typed, defaulted,
// immutable, and free of questions.
//
// Two forms stand side by side. [Document] is the schema: what can be written,
// key by key; docs/configuration.md is generated from its comments. Config is
// what the writing means: which vendor a model is at, which credential, which
// timeout, which limits a key has.
//
// It is not for running anything: it starts nothing, connects to nothing and
// keeps nothing. It reads the files that the configuration names (included ones,
// secrets, certificates) and changes none. It exports more names than most packages do
// because the schema is one type for each section.
//
// Package app and the commands are its callers; other packages get small option
// structs. It is the only importer of viper, and, with the command line, the only reader of
// the environment.
//
//	cfg, report, err := config.Load(config.Options{File: "llmgw.yaml"})
//	for _, p := range report.Problems {
//		fmt.Fprintln(os.Stderr, p)
//	}
package config

//go:generate go run ./internal/gendoc -schema . -out ../../docs/configuration.md
