package main

import (
	"bytes"
	"context"
	"errors"

	"github.com/llmgw/llmgw/test/bench/load"
	"github.com/llmgw/llmgw/test/bench/report"
	"github.com/llmgw/llmgw/test/bench/subject"
	"github.com/llmgw/llmgw/test/bench/traffic"
)

// measureBytes compares streams with the provider's own, byte for byte. The one
// without usage is the hard one: a gateway has to ask for it and hide it again.
func (l *lab) measureBytes(ctx context.Context, proxies []*subject.Process) error {
	streams := []struct {
		name    string
		request traffic.Request
	}{
		{"bytes/openai", traffic.Request{Dialect: traffic.OpenAI, Size: smallBody, Stream: true}},
		{"bytes/openai-without-usage", traffic.Request{Dialect: traffic.OpenAI, Size: smallBody, Stream: true, Usageless: true}},
		{"bytes/anthropic", traffic.Request{Dialect: traffic.Anthropic, Size: smallBody, Stream: true}},
	}
	for _, s := range streams {
		if !l.wanted(s.name) {
			continue
		}
		want, err := load.Fetch(ctx, l.mock.Addr, newCall(s.request))
		if err != nil {
			return err
		}
		for _, p := range proxies {
			got, err := load.Fetch(ctx, p.Addr, newCall(s.request))
			l.answered[p.Name]++
			l.addBytes(s.name, p.Name, len(got)-len(want), cmpStreams(got, want, err))
		}
	}
	return nil
}

// cmpStreams returns err, or what is wrong with a stream.
func cmpStreams(got, want []byte, err error) error {
	if err == nil && !bytes.Equal(got, want) {
		return errors.New("the stream is not the provider's")
	}
	return err
}

func (l *lab) addBytes(name, subject string, added int, err error) {
	if err != nil {
		l.report.Fail(name, subject, err)
	}
	f := report.Figure{Name: name, Subject: subject, Unit: "bytes added", Samples: []float64{float64(added)}}
	if subject == llmgw {
		f.Goal = &report.Goal{What: "added", Value: float64(added)}
	}
	l.report.Add(f)
}
