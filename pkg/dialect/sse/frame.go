package sse

import "bytes"

// parse reads the fields of a frame by the rules of the HTML standard, section
// "Server-sent events" (html.spec.whatwg.org, as of 2026-11).
func (s *Scanner) parse(raw []byte) {
	s.frame = Frame{}
	fields := 0
	for len(raw) > 0 {
		var line []byte
		line, raw = cutLine(raw)
		if value, ok := field(line, "data"); ok {
			fields++
			s.addData(value, fields)
		} else if value, ok := field(line, "event"); ok {
			s.frame.Event = value
		}
	}
}

// addData adds the value of the n-th data field. Only frames with several of
// them are copied.
func (s *Scanner) addData(value []byte, n int) {
	switch n {
	case 1:
		s.frame.Data = value
		return
	case 2:
		s.joined = append(s.joined[:0], s.frame.Data...)
	}
	s.joined = append(append(s.joined, '\n'), value...)
	s.frame.Data = s.joined
}

// field returns the value of a line of the field name; comments have no name.
func field(line []byte, name string) (value []byte, ok bool) {
	if len(line) < len(name) || string(line[:len(name)]) != name {
		return nil, false
	}
	value = line[len(name):]
	switch {
	case len(value) == 0:
		return value, true
	case value[0] != ':':
		return nil, false
	case len(value) > 1 && value[1] == ' ':
		return value[2:], true
	default:
		return value[1:], true
	}
}

// cutLine returns the first line of b, without its end, and what follows.
func cutLine(b []byte) (line, rest []byte) {
	line, rest = b, nil
	if before, after, ok := bytes.Cut(b, []byte{'\n'}); ok {
		line, rest = before, after
	}
	cr := bytes.IndexByte(line, '\r')
	switch {
	case cr < 0:
		return line, rest
	case cr == len(line)-1:
		return line[:cr], rest
	default:
		return b[:cr], b[cr+1:]
	}
}
