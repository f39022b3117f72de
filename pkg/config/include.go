package config

import (
	"path/filepath"
	"slices"
)

// Bounds of what is included.
const (
	maxIncludes = 64
	maxIncluded = 16 << 20 // bytes of all files together
)

// includer reads the files that a configuration includes. Like LiteLLM, it appends
// lists to those of the main file and puts other sections in the place of the main
// file's, and it takes every path as relative to the folder of the main file.
type includer struct {
	*decoder
	root  *node
	main  string
	queue []inclusion
	size  int
}

// inclusion is a file to include.
type inclusion struct {
	item *node  // where it is written
	path string // of the item: include[0]
	file string
	from []string // the files that led to it, the main file first
}

// include puts the included files into the tree and returns the names of all files,
// the main one first. What is wrong with the list itself is found when the document
// is decoded.
func (d *decoder) include(file string, root *node) []string {
	i := includer{decoder: d, root: root, main: file}
	i.add(root, []string{file})
	files := []string{file}
	for len(i.queue) > 0 {
		next := i.queue[0]
		i.queue = i.queue[1:]
		if !i.wanted(next, files) {
			continue
		}
		if len(files) > maxIncludes {
			i.spot(next).errorf(CodeBadFile, "put some together", "more than %d files are included", maxIncludes)
			break
		}
		files = append(files, next.file)
		i.read(next)
	}
	return files
}

func (i *includer) spot(n inclusion) spot { return i.at(n.item, n.path) }

// add queues what a tree includes.
func (i *includer) add(n *node, from []string) {
	list := n.find("include")
	if list == nil {
		return
	}
	items := list.items
	if list.kind == scalarKind {
		items = []*node{list}
	}
	for index, item := range items {
		name, err := i.refs.expand(item.text)
		if item.kind != scalarKind || err != nil || name == "" {
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(i.main), name)
		}
		i.queue = append(i.queue, inclusion{item, indexed("include", index), filepath.Clean(name), from})
	}
}

// wanted reports whether a file is to be read, which it is once.
func (i *includer) wanted(n inclusion, files []string) bool {
	same := func(file string) bool { return filepath.Clean(file) == n.file }
	switch {
	case slices.ContainsFunc(n.from, same):
		i.spot(n).errorf(CodeIncludeCycle, "remove it", "%s includes itself", n.file)
		return false
	case slices.ContainsFunc(files, same):
		i.spot(n).warnf(CodeNoEffect, "remove one", "%s is included already, and is read once", n.file)
		return false
	default:
		return true
	}
}

// read reads one file and puts what it has into the main tree.
func (i *includer) read(n inclusion) {
	data, err := readFile(n.file, maxFile)
	if err != nil {
		i.spot(n).errorf(CodeBadFile, "name a readable file, relative to the folder of "+i.main, "read the included file: %v", err)
		return
	}
	if i.size += len(data); i.size > maxIncluded {
		i.spot(n).errorf(CodeBadFile, "leave some out", "the included files are larger than %d bytes together", maxIncluded)
		i.queue = nil
		return
	}
	tree := parse(n.file, data, i.reporter)
	if tree == nil {
		return
	}
	i.add(tree, append(slices.Clone(n.from), n.file))
	tree.remove([]string{"include"})
	for _, m := range tree.members {
		i.merge(m)
	}
}

// merge puts one section into the main tree.
func (i *includer) merge(m member) {
	before := i.root.find(m.name)
	switch {
	case before == nil || before.kind == nullKind:
	case before.kind == listKind && m.value.kind == listKind:
		before.items = append(before.items, m.value.items...)
		return
	default:
		spot{i.reporter, m.at, join("", m.name)}.warnf(CodeIncludeReplaces, "keep one of them",
			"this takes the place of the whole section in %s", before.at)
	}
	i.root.remove([]string{m.name})
	i.root.members = append(i.root.members, m)
}
