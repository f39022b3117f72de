package report

// skipValue reads over any value at p, and returns where it ends, or bad.
func skipValue(b []byte, p, depth int) int {
	switch ch := b[p]; {
	case ch == '"':
		end, _ := stringEnd(b, p+1)
		if end < 0 {
			return bad
		}
		return end + 1
	case ch == '{' || ch == '[':
		if depth == maxDepth {
			return bad
		}
		return skipMembers(b, p, depth+1)
	case ch == 't' && string(b[p:p+4]) == "true", ch == 'n' && string(b[p:p+4]) == "null":
		return p + 4
	case ch == 'f' && string(b[p:p+5]) == "false":
		return p + 5
	default:
		return numberEnd(b, p)
	}
}

// skipMembers reads over a list or an object.
func skipMembers(b []byte, p, depth int) int {
	object := b[p] == '{'
	shut := byte(']')
	if object {
		shut = '}'
	}
	if p = skipSpace(b, p+1); b[p] == shut {
		return p + 1
	}
	for ; ; p = skipSpace(b, p+1) {
		if object {
			if p = skipName(b, p); p < 0 {
				return bad
			}
		}
		if p = skipValue(b, p, depth); p < 0 {
			return bad
		}
		switch p = skipSpace(b, p); b[p] {
		case ',':
		case shut:
			return p + 1
		default:
			return bad
		}
	}
}

// skipName reads over a member's name and the colon.
func skipName(b []byte, p int) int {
	if b[p] != '"' {
		return bad
	}
	end, _ := stringEnd(b, p+1)
	if end < 0 {
		return bad
	}
	if p = skipSpace(b, end+1); b[p] != ':' {
		return bad
	}
	return skipSpace(b, p+1)
}

// attempts counts the attempts of a list, each of which must have the types of a
// requestlog.Attempt.
func attempts(b []byte, p int) (n int64, end int) {
	if b[p] != '[' {
		return 0, bad
	}
	if p = skipSpace(b, p+1); b[p] == ']' {
		return 0, p + 1
	}
	for ; ; p = skipSpace(b, p+1) {
		if p = oneAttempt(b, p); p < 0 {
			return 0, bad
		}
		n++
		switch p = skipSpace(b, p); b[p] {
		case ',':
		case ']':
			return n, p + 1
		default:
			return 0, bad
		}
	}
}

// oneAttempt reads over one that has members, all of them known.
func oneAttempt(b []byte, p int) int {
	if b[p] != '{' {
		return bad
	}
	for p = skipSpace(b, p+1); ; p = skipSpace(b, p+1) {
		from := p + 1
		if p = skipName(b, p); p < 0 {
			return bad
		}
		if p = attemptValue(b, p, from); p < 0 {
			return bad
		}
		switch p = skipSpace(b, p); b[p] {
		case ',':
		case '}':
			return p + 1
		default:
			return bad
		}
	}
}

// attemptValue reads over the value at p of the member whose name begins at from.
func attemptValue(b []byte, p, from int) int {
	end, _ := stringEnd(b, from)
	switch string(b[from:end]) {
	case "deployment", "error":
		if b[p] != '"' {
			return bad
		}
		return skipValue(b, p, 0)
	case "status":
		_, p = wholeNumber(b, p)
		return p
	case "ms":
		_, p = duration(b, p)
		return p
	default:
		return bad
	}
}
