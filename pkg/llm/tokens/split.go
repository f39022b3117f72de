package tokens

// The splitters cut texts into pieces, each of which is tokenized by itself.
// They do what the regular expressions of o200k_base and cl100k_base say
// (openai_public.py of openai/tiktoken 0.9.0, as of 2026-11), by hand: package
// regexp has no (?!\S), and a backtracking matcher is about ten times slower.

// o200k gives the length of the first piece of a text that is not empty:
//
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//	\p{N}{1,3}
//	 ?[^\s\p{L}\p{N}]+[\r\n/]*
//	\s*[\r\n]+
//	\s+(?!\S)
//	\s+
func (t *classes) o200k(text string) int {
	first, size := t.at(text, 0)
	if first&(letter|number|newline) == 0 {
		end, capitals := t.word(text, size)
		switch {
		case end > 0:
			return end + contraction(text[end:])
		case capitals > size && first&mark == 0:
			return capitals + contraction(text[capitals:])
		}
	}
	switch {
	case first&(letter|mark) != 0:
		end, capitals := t.word(text, 0)
		if end == 0 {
			end = capitals
		}
		return end + contraction(text[end:])
	case first&number != 0:
		return t.number(text)
	}
	if n := t.symbols(text); n > 0 {
		for n < len(text) && (text[n] == '\n' || text[n] == '\r' || text[n] == '/') {
			n++
		}
		return n
	}
	return t.blank(text)
}

// cl100k is the same for:
//
//	(?i:'s|'t|'re|'ve|'m|'ll|'d)
//	[^\r\n\p{L}\p{N}]?\p{L}+
//	\p{N}{1,3}
//	 ?[^\s\p{L}\p{N}]+[\r\n]*
//	\s*[\r\n]+
//	\s+(?!\S)
//	\s+
func (t *classes) cl100k(text string) int {
	if n := contraction(text); n > 0 {
		return n
	}
	first, size := t.at(text, 0)
	switch {
	case first&letter != 0:
		return t.run(text, 0, letter)
	case first&number != 0:
		return t.number(text)
	case first&newline == 0:
		if n := t.run(text, size, letter); n > size {
			return n
		}
	}
	if n := t.symbols(text); n > 0 {
		for n < len(text) && (text[n] == '\n' || text[n] == '\r') {
			n++
		}
		return n
	}
	return t.blank(text)
}

// word matches capitals and then small letters, where letters without case and
// marks are both: end is where they end, 0 where there are no small letters;
// capitals is where the capitals end.
func (t *classes) word(text string, start int) (end, capitals int) {
	i := start
	for {
		c, size := t.at(text, i)
		switch {
		case c&lower != 0:
			return t.run(text, i, lower|caseless|mark), i
		case c&(upper|caseless|mark) == 0:
			return end, i
		}
		i += size
		if c&upper == 0 {
			end = i
		}
	}
}

// number matches up to three of them.
func (t *classes) number(text string) int {
	n := 0
	for range 3 {
		c, size := t.at(text, n)
		if c&number == 0 {
			break
		}
		n += size
	}
	return n
}

// symbols matches what is no letter, no number and no space, with a space before
// it; 0 where there is none.
func (t *classes) symbols(text string) int {
	start := 0
	if text[0] == ' ' {
		start = 1
	}
	i := start
	for {
		c, size := t.at(text, i)
		if size == 0 || c&(space|letter|number) != 0 {
			break
		}
		i += size
	}
	if i == start {
		return 0
	}
	return i
}

// blank matches white space: up to its last line end, or else all but the last
// character, which belongs to the word that follows.
func (t *classes) blank(text string) int {
	i, last, lines := 0, 0, 0
	for {
		c, size := t.at(text, i)
		if c&space == 0 {
			break
		}
		last = i
		i += size
		if c&newline != 0 {
			lines = i
		}
	}
	switch {
	case lines > 0:
		return lines
	case i == len(text) || last == 0:
		return i
	default:
		return last
	}
}

// contraction matches an English ending such as 's or 'll, in any case; 0 where
// the text does not begin with one.
func contraction(text string) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	const lowercase = 0x20
	switch text[1] | lowercase {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(text) < 3 {
		return 0
	}
	switch string([]byte{text[1] | lowercase, text[2] | lowercase}) {
	case "re", "ve", "ll":
		return 3
	}
	if text[1:3] == "ſ" {
		return 3
	}
	return 0
}
