// Package replay plays recorded traffic of model vendors through a running
// gateway and compares both of its sides with the recording.
//
// Each recorded exchange becomes a model of its own: the client asks for
// rp/<id>, the gateway calls a mock vendor under /x/<id>/, and the mock answers
// as the vendor did, in one piece, event by event, or torn into pieces of one to
// seven bytes. In the native lane the vendor has to see the client's bytes, and
// the client the vendor's. Across dialects a client that knows nothing of the
// vendor's has to understand the same: text, thinking, tool calls, why it ended,
// usage. In both, errors keep their status, only errors that may pass are tried
// again, and the request log adds up to what the vendors reported.
//
// It covers messages and count_tokens for Anthropic, and chat completions,
// completions and embeddings for all vendors that speak OpenAI's dialect; across
// dialects messages and chat completions. It has no opinion about how requests
// are translated: recordings have answers, not what another dialect would ask.
//
// The recordings are not part of this module; see README.md for where they are
// looked for. Without them, and with -short, the replay skips.
package replay
