// Package provider carries calls to vendors over HTTP. Here is what all vendors
// share: the [Exchange], which makes one attempt and gives back an [llm.Answer]
// or an [*llm.Error], and the transport below it. Vendors with an API of their own
// have a package beside, which knows the address, the credential and the header
// fields, and hands the rest to the Exchange. Those that speak OpenAI's API are rows
// of a table, providers.yaml, behind [Vendors]; package openai calls them all.
//
// What the Exchange takes care of: the patched body's memory, time limits, whole
// and streamed answers, compressed ones, refusals, redirects, connections that
// break, and that nothing of the vendor's account reaches the client.
//
// It is not for wire formats (package dialect), nor for retries, fall-backs and
// the health of deployments (packages gateway and router). Only package app
// makes providers; the gateway calls them through llm.Provider.
package provider
