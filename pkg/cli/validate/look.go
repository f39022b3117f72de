package validate

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/app"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/secret"
	"github.com/llmgw/llmgw/pkg/validate"
)

// load reads the configuration. What is wrong with it is part of the result.
func (o *Options) load() (*validate.Loaded, error) {
	vendors, err := app.Vendors()
	if err != nil {
		return nil, err
	}
	options := config.Options{File: o.ConfigFile, Listen: o.Listen, Vendors: vendors, LookupEnv: o.lookupEnv}
	l := &validate.Loaded{Now: time.Now()}
	cfg, report, err := config.Load(options)
	if _, invalid := errors.AsType[*config.InvalidError](err); err != nil && !invalid {
		l.Err = err
	}
	l.Config, l.Problems = cfg, report.Problems
	var found bool
	if l.File, found = config.Locate(options); !found {
		l.File = "built-in configuration"
	}
	return l, nil
}

func (o *Options) lookupEnv(name string) (string, bool) {
	if o.Factory.LookupEnv == nil {
		return "", false
	}
	return o.Factory.LookupEnv(name)
}

// defaultURL is where a gateway is that was started without further ado.
const defaultURL = "http://" + config.DefaultListen

// live checks a gateway.
func (o *Options) live(ctx context.Context, out *printer) (*validate.Report, error) {
	address := cmp.Or(o.URL, o.Factory.Getenv("LLMGW_URL"), defaultURL)
	key := o.key(address)
	c, err := client.New(client.Options{
		URL: address, Key: key, UserAgent: o.Factory.UserAgent(), Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: o.Parallel, IdleConnTimeout: time.Minute,
		},
	})
	if err != nil {
		return nil, cli.UsageError(err, "")
	}
	options := o.options(out)
	options.Client, options.Secrets = c, []secret.Text{key}
	return validate.Run(ctx, options), nil
}

// options are those of a run that are said on the command line.
func (o *Options) options(out *printer) validate.Options {
	return validate.Options{
		Models: o.Models, Probes: o.Probes, Timeout: o.Timeout, Slow: o.Slow, Repeat: o.Repeat, Parallel: o.Parallel,
		OnCheck: out.check, OnModel: out.model, OnProgress: out.progress,
	}
}

// key is the key for the gateway; empty where none is known.
func (o *Options) key(address string) secret.Text {
	if key := cmp.Or(o.Key, o.Factory.Getenv("LLMGW_KEY"), o.Factory.Getenv("LLMGW_MASTER_KEY")); key != "" {
		return secret.New(strings.TrimSpace(key))
	}
	if !local(address) {
		return secret.Text{}
	}
	// What is wrong with a configuration is no reason not to ask the gateway: it may
	// take everybody.
	l, err := o.load()
	if err != nil || l.Config == nil {
		return secret.Text{}
	}
	key, err := app.FindMasterKey(l.Config)
	if err != nil {
		return secret.Text{}
	}
	return key
}

// local reports whether an address is on this machine, so that its master key stays
// there.
func local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// direct checks the providers of the configuration.
func (o *Options) direct(ctx context.Context, out *printer) (report *validate.Report, err error) {
	l, err := o.load()
	if err != nil {
		return nil, err
	}
	if l.Config == nil {
		report := validate.Config(*l)
		report.Mode = validate.Direct
		if err := out.report(report); err != nil {
			return nil, err
		}
		return nil, &cli.Error{Code: cli.ExitUsage, Err: errors.New("the configuration cannot be used: its providers were not called")}
	}
	d, err := app.NewDirect(ctx, l.Config, app.DirectOptions{Version: o.Factory.Version.Number, Models: o.Models})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close(context.WithoutCancel(ctx))) }()
	c, err := client.New(client.Options{URL: d.URL(), Key: d.Key(), UserAgent: o.Factory.UserAgent(), Transport: d.Transport()})
	if err != nil {
		return nil, err
	}
	options := o.options(out)
	options.Client, options.Targets = c, targets(d)
	for i := range l.Config.Models {
		options.Secrets = append(options.Secrets, l.Config.Models[i].APIKey)
	}
	report = validate.Run(ctx, options)
	report.Target = l.File
	report.Findings = append(report.Findings, left(d)...)
	return report, nil
}

func targets(d *app.Direct) []validate.Target {
	list := make([]validate.Target, len(d.Targets))
	for i, t := range d.Targets {
		list[i] = validate.Target{Name: t.Name, Provider: t.Provider, Model: t.Model, Mode: t.Mode, Deployments: []string{t.Deployment}}
	}
	return list
}

// left are findings about what was not called.
func left(d *app.Direct) (found []validate.Finding) {
	for _, group := range d.Patterns {
		found = append(found, validate.Finding{
			Code: validate.CodePattern, Severity: validate.Info, Subject: group, Message: "a pattern cannot be called",
			Hint: "name a model of it with --model",
		})
	}
	if len(d.Targets) == 0 {
		found = append([]validate.Finding{{
			Code: validate.CodeNoModels, Severity: validate.Error, Subject: "configuration",
			Message: "there is no deployment to call", Hint: "see model_list, and what --model chooses",
		}}, found...)
	}
	return found
}
