package config

import (
	"fmt"
	"reflect"

	"github.com/llmgw/llmgw/pkg/secret"
)

// Load finds, reads and checks a configuration.
//
// The Report has everything that was found, warnings too. The Config is nil
// when the error is not: either the file cannot be read (the error wraps the
// reason, the Report is empty), or the error is an *InvalidError with the errors
// of the Report.
func Load(o Options) (*Config, Report, error) {
	o = o.withDefaults()
	path, found := Locate(o)
	if !found {
		return load("", Builtin(o), o)
	}
	data, err := readFile(path, maxFile)
	if err != nil {
		return nil, Report{}, fmt.Errorf("read configuration: %w", err)
	}
	return load(path, data, o)
}

// load reads and checks a configuration's text. An empty file name means the
// built-in configuration.
func load(file string, data []byte, o Options) (*Config, Report, error) {
	d := &decoder{reporter: &reporter{}, tables: fieldTable{}, places: map[string]Position{}, omissions: omissions{}}
	d.refs.lookup = o.LookupEnv
	name := file
	if name == "" {
		name = builtinName
	}
	root := parse(name, data, d.reporter)
	if root == nil {
		report := d.report()
		return nil, report, report.Err()
	}
	var files []string
	if file != "" {
		files = d.include(file, root)
	}
	r := resolver{decoder: d, opts: o, vendors: o.vendors(), cfg: &Config{File: file, Files: files, Listen: o.Listen}, keys: keySet{}}
	o.trace.keep(d, root)
	d.document(root, &r.cfg.Document, o)
	r.opts.LookupEnv = d.refs.find
	r.resolve()
	report := d.report()
	if err := report.Err(); err != nil {
		return nil, report, err
	}
	return r.cfg, report, nil
}

// document decodes the whole tree, with the environment and the command line on
// top of it.
func (d *decoder) document(root *node, doc *Document, o Options) {
	own := d.environmentVariables(root)
	d.overlay(root, o)
	v := reflect.ValueOf(doc).Elem()
	d.tables.setDefaults(v)
	d.object(root, v, "")
	doc.EnvironmentVariables = own
}

// environmentVariables decodes that section before all others, since they may
// refer to it, and takes it out of the tree. Its own references see the
// environment only.
func (d *decoder) environmentVariables(root *node) map[string]secret.Text {
	const name = environmentSection
	n := root.find(name)
	if n == nil {
		return nil
	}
	var own map[string]secret.Text
	d.value(n, reflect.ValueOf(&own).Elem(), field{}, name)
	root.remove([]string{name})
	d.refs.own = make(map[string]string, len(own))
	for name, value := range own {
		d.refs.own[name] = value.Reveal()
	}
	return own
}
