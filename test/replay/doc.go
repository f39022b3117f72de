// Package replay plays recorded traffic of model vendors through a running
// gateway and compares both of its sides with the recording.
//
// Each recorded exchange becomes a model of its own: the client asks for
// rp/<id>, the gateway calls a mock vendor under /x/<id>/, and the mock answers
// as the vendor did, in one piece, event by event, or torn into pieces of one to
// seven bytes. What has to hold: the vendor sees the client's bytes, the client
// gets the vendor's, errors keep their status, only errors that may pass are
// tried again, and the request log adds up to what the vendors reported.
//
// It covers the native lane: messages and count_tokens for Anthropic, and
// chat completions, completions and embeddings for all vendors that speak
// OpenAI's dialect. It has no opinion about translation between dialects.
//
// The recordings are not part of this module; see README.md for where they are
// looked for. Without them, and with -short, the replay skips.
package replay
