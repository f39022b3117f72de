package config

import (
	"os"
	"path/filepath"
)

// Locate finds the configuration file: Options.File, else $LLMGW_CONFIG, else
// the first that exists of ./llmgw.yaml, ./litellm_config.yaml,
// $XDG_CONFIG_HOME/llmgw/llmgw.yaml, /etc/llmgw/llmgw.yaml and /app/config.yaml.
//
// A file that was named is found even where it does not exist, so that reading
// it says so. found is false where the built-in configuration applies.
func Locate(o Options) (path string, found bool) {
	o = o.withDefaults()
	if o.File != "" {
		return o.File, true
	}
	if named := o.env("LLMGW_CONFIG"); named != "" {
		return named, true
	}
	for _, path := range usualPlaces(o) {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, true
		}
	}
	return "", false
}

// usualPlaces lists where a file is looked for, in order.
func usualPlaces(o Options) []string {
	places := []string{"llmgw.yaml", "litellm_config.yaml"}
	if dir := homeDir(o, "XDG_CONFIG_HOME", ".config"); dir != "" {
		places = append(places, filepath.Join(dir, "llmgw", "llmgw.yaml"))
	}
	return append(places, "/etc/llmgw/llmgw.yaml", "/app/config.yaml")
}

// homeDir is a folder of the XDG base directory specification: the variable,
// else the place below the user's home, else "".
func homeDir(o Options, variable, below string) string {
	// The specification says that relative paths are to be ignored.
	if dir := o.env(variable); filepath.IsAbs(dir) {
		return dir
	}
	if _, home := o.firstEnv([]string{"HOME", "USERPROFILE"}); home != "" {
		return filepath.Join(home, below)
	}
	return ""
}

// defaultDataDir is where state is kept unless told otherwise, or "" where the
// user has no home.
func defaultDataDir(o Options) string {
	dir := homeDir(o, "XDG_STATE_HOME", filepath.Join(".local", "state"))
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "llmgw")
}
