// Package clients holds the gateway against the clients that people use: the
// official SDKs of Anthropic and OpenAI, and Claude Code itself.
//
// It is a module of its own so that the SDKs do not become dependencies of the
// product. Everything is in its tests; README.md says what they need and how to
// run them. The gateway is the real binary, started by package gatewaytest; the
// vendors behind it are the built-in echo provider and a scripted mock.
package clients
