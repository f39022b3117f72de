// Package echo is a provider without a vendor: it answers in this process, in
// each dialect, always the same to the same request. It is there for the first
// call on a machine with nothing set up, for tests of the gateway, and for trying
// out what clients do when a provider misbehaves.
//
// What it does is written in the model's name, after "echo/": features, joined
// by "," or "+". "echo/hello,delay-20ms" waits 20 ms and says hello. [Features]
// lists them, [Models] has examples.
//
// It stands behind the same Exchange as every other provider, with a vendor in
// memory where others have the network. So time limits, refusals, cut streams and
// hang-ups take the ways they take with a real vendor.
//
// Tokens are estimated in one simple way, for input and output alike: one for
// every four bytes begun. Input is the JSON text of the conversation and the
// tools; count_tokens counts the same.
//
// It is not a model, and it validates requests only as far as it reads them.
// Package app makes it; the gateway calls it as an llm.Provider.
package echo
