package initialize

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/config"
)

// question is one of the interview: the answer is checked by put, which keeps it.
type question struct {
	text, fallback string
	put            func(answer string) error
}

// interview asks for what the flags would have said.
func (o *Options) interview(ctx context.Context, from config.Options) error {
	o.explain(from)
	a := &asker{in: bufio.NewReader(o.Factory.IO.In), out: o.Factory.IO.Err}
	for _, q := range o.questions(from) {
		if err := a.ask(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// explain lists the providers that can be called right away.
func (o *Options) explain(from config.Options) {
	ready := config.Ready(from)
	if len(ready) == 0 {
		fmt.Fprintln(o.Factory.IO.Err, "No provider's credential is set: their entries will be comments.")
		return
	}
	fmt.Fprintf(o.Factory.IO.Err, "Credentials in the environment: %s.\n", strings.Join(ready, ", "))
}

func (o *Options) questions(from config.Options) []question {
	usual := "anthropic,openai"
	if ready := config.Ready(from); len(ready) > 0 {
		usual = strings.Join(ready, ",")
	}
	limit := func(target *string) func(string) error {
		return func(answer string) error {
			before := *target
			*target = ""
			if answer != "none" {
				*target = answer
			}
			err := o.checkLimits()
			if err != nil {
				*target = before
			}
			return err
		}
	}
	return []question{
		{"Providers, with commas between", usual, func(answer string) error {
			names := strings.FieldsFunc(answer, func(r rune) bool { return r == ',' || r == ' ' })
			_, err := config.Initial(config.InitialOptions{Options: from, Providers: names})
			o.Providers = names
			return err
		}},
		{"File", o.File, o.setFile},
		{"Port", "4000", limit(&o.Port)},
		{"Requests a minute for each key", "none", limit(&o.RPM)},
		{"Budget in dollars a month", "none", limit(&o.Budget)},
	}
}

// setFile takes the name of a file that is not there yet.
func (o *Options) setFile(name string) error {
	if _, err := os.Lstat(name); err == nil {
		return &cli.Error{
			Code: cli.ExitFailed, Err: fmt.Errorf("%s is there already: name another file", name),
			Hint: "Run 'llmgw init --force' to replace it.",
		}
	}
	o.File = name
	return nil
}

// asker asks on a terminal. After the end of input all answers are empty.
type asker struct {
	in    *bufio.Reader
	out   io.Writer
	ended bool
}

// ask asks until the answer is right.
func (a *asker) ask(ctx context.Context, q question) error {
	for {
		fmt.Fprintf(a.out, "%s [%s]: ", q.text, q.fallback)
		answer, err := a.line(ctx)
		if err != nil {
			return err
		}
		if answer == "" {
			answer = q.fallback
		}
		err = q.put(answer)
		if err == nil {
			return nil
		}
		if _, coded := errors.AsType[*cli.Error](err); a.ended && !coded {
			err = cli.Usagef("%w", err)
		}
		if a.ended {
			return err
		}
		fmt.Fprintln(a.out, err)
	}
}

// line reads one line. A read of a terminal cannot be ended: after Ctrl-C it is left to
// wait for the end of the process.
func (a *asker) line(ctx context.Context) (string, error) {
	if a.ended {
		fmt.Fprintln(a.out)
		return "", nil
	}
	type reply struct {
		text string
		err  error
	}
	replies := make(chan reply, 1)
	go func() {
		text, err := a.in.ReadString('\n')
		replies <- reply{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.out)
		return "", context.Cause(ctx)
	case r := <-replies:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return "", fmt.Errorf("read the answer: %w", r.err)
		}
		if r.err != nil {
			a.ended = true
			fmt.Fprintln(a.out)
		}
		return strings.TrimSpace(r.text), nil
	}
}
