package tokens

const (
	// maxRead is how many bytes of a conversation are tokenized, more or less: half a
	// million tokens of English. What is longer is sampled.
	maxRead = 2 << 20
	// window is the length of a sample in bytes. Its ends may cut two tokens out of
	// some thousand.
	window = 16 << 10
)

func size(texts []string) int64 {
	var n int64
	for _, text := range texts {
		n += int64(len(text))
	}
	return n
}

// sample counts the tokens in the texts like count, of which it reads each
// stride-th window only, as if they were one text.
func (v *vocabulary) sample(texts []string, stride int64) (plain, wide int64) {
	if stride <= 1 {
		for _, text := range texts {
			p, w := v.count(text)
			plain, wide = plain+p, wide+w
		}
		return plain, wide
	}
	var at, read int64
	for _, text := range texts {
		for len(text) > 0 {
			n := min(window-int(at%window), len(text))
			if at/window%stride == 0 {
				p, w := v.count(text[:n])
				plain, wide, read = plain+p, wide+w, read+int64(n)
			}
			text, at = text[n:], at+int64(n)
		}
	}
	if read == 0 {
		return 0, 0
	}
	return plain * at / read, wide * at / read
}
