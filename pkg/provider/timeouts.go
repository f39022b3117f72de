package provider

import "time"

// Timeouts limits how long one attempt may take. In each field 0 means no limit.
type Timeouts struct {
	// Total is for a call that asks for a whole answer, from its start to the
	// answer's last byte. Where the vendor streams all the same, it ends with the
	// answer's header, and Idle counts from there.
	Total time.Duration
	// FirstByte is for a call that asks for a stream, from its start to the header
	// of the answer.
	FirstByte time.Duration
	// Idle is the longest silence of the vendor while a streamed answer is read.
	// Time that the reader takes between two reads does not count.
	Idle time.Duration
}

// opening is the limit that runs from the start of an attempt.
func (t Timeouts) opening(stream bool) time.Duration {
	if stream {
		return t.FirstByte
	}
	return t.Total
}

// none reports whether nothing is limited.
func (t Timeouts) none() bool { return t == Timeouts{} }
