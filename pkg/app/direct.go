package app

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/secret"
)

// Direct is a gateway in this process that nobody else can reach, in which each
// deployment of a configuration is a model of its own: without retries, fallbacks,
// cache, limits and logs, so that a call shows what the provider does. Its state is
// in a folder of its own, which ends with it. Safe for concurrent use.
type Direct struct {
	// Targets are the deployments, in the order of the configuration.
	Targets []DirectTarget
	// Patterns are the groups that are left out, because a pattern cannot be called and
	// no model of theirs was named.
	Patterns []string

	app  *App
	pipe *pipeListener
	http *http.Transport
	key  secret.Text
	dir  string
}

// DirectTarget is a deployment as a Direct serves it.
type DirectTarget struct {
	// Name is the model to ask for: the group, with a number where it has several
	// deployments.
	Name string
	// Deployment is the deployment's id.
	Deployment string
	// Provider and Model are the vendor's id and its name of the model.
	Provider, Model string
	// Mode is chat, completion or embedding; "" where the configuration does not say.
	Mode string
}

// DirectOptions are what a configuration does not say.
type DirectOptions struct {
	Version string
	// Models are names and patterns of the groups that are wanted; none means all. A
	// name that a group's pattern matches makes that group a target.
	Models []string
}

// NewDirect starts such a gateway. Close ends it.
func NewDirect(ctx context.Context, cfg *config.Config, o DirectOptions) (d *Direct, err error) {
	d = &Direct{pipe: newPipeListener()}
	if d.dir, err = os.MkdirTemp("", "llmgw-direct-"); err != nil {
		return nil, fmt.Errorf("make a folder for the time being: %w", err)
	}
	var b [24]byte
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(b[:])
	d.key = secret.New("sk-" + base64.RawURLEncoding.EncodeToString(b[:]))
	own := d.configuration(cfg, o.Models)
	if d.app, err = New(ctx, own, Options{Logger: slog.New(slog.DiscardHandler), Version: o.Version}); err != nil {
		return nil, errors.Join(err, os.RemoveAll(d.dir))
	}
	d.http = &http.Transport{DialContext: d.pipe.DialContext, MaxIdleConnsPerHost: maxPipes}
	d.app.startOn(ctx, d.pipe)
	return d, nil
}

// maxPipes is how many connections are kept for the next call.
const maxPipes = 64

// startOn starts what serves calls, on a listener that is open already.
func (a *App) startOn(ctx context.Context, l *pipeListener) {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	a.running.Go(func() { a.runBooks(background) })
	a.ports.main = l
	a.running.Go(func() { a.report(a.server.Serve(l, nil)) })
}

// URL is the address to call it by, over its Transport.
func (d *Direct) URL() string { return "http://" + d.pipe.Addr().String() }

// Transport leads to it, whatever the address.
func (d *Direct) Transport() http.RoundTripper { return d.http }

// Key is the key to call it with.
func (d *Direct) Key() secret.Text { return d.key }

// Close ends it, and the calls that are open, and removes its state.
func (d *Direct) Close(ctx context.Context) error {
	d.http.CloseIdleConnections()
	return errors.Join(d.app.Stop(ctx), os.RemoveAll(d.dir))
}

// directTime is how long calls that are open may go on when it is closed: whoever made
// them has gone by then.
const directTime = 100 * time.Millisecond

// configuration is the one that is served: the given one without all that stands
// between a caller and a deployment.
func (d *Direct) configuration(given *config.Config, models []string) *config.Config {
	own := *given
	own.Models = d.models(given, models)
	own.Routing = config.Routing{Strategy: given.Routing.Strategy}
	own.MasterKey, own.Keys = d.key, nil
	own.DefaultLimits, own.KeyLimits = config.LimitSet{}, nil
	own.GatewayBudget, own.Budgets = nil, nil
	own.Metrics.Addr, own.LogFile, own.TrustedProxies = "", "", nil
	own.Alerts, own.RedisURL = config.Alerts{}, secret.Text{}
	own.DataDir = d.dir
	own.Document.CacheSettings.Type = "none"
	g := &own.Document.GeneralSettings
	g.TLS, g.Fsync, g.DatabaseURL = config.TLSSettings{}, "never", secret.Text{}
	g.DrainDelay, g.DrainTimeout, g.DisconnectGrace = 0, directTime, 0
	return &own
}

// models makes a group of each deployment that is wanted.
func (d *Direct) models(given *config.Config, wanted []string) []config.Model {
	var list []config.Model
	for i := range given.Models {
		m := given.Models[i]
		m.Retries = 0
		names := called(&m, wanted, given.Routing.Aliases)
		prefix, suffix, pattern := strings.Cut(m.Group, "*")
		if pattern && len(names) == 0 && (len(wanted) == 0 || slices.Contains(wanted, m.Group)) {
			d.Patterns = append(d.Patterns, m.Group)
		}
		upstream := m.UpstreamModel
		for _, name := range names {
			if m.Group = name; pattern {
				m.UpstreamModel = strings.Replace(upstream, "*", name[len(prefix):len(name)-len(suffix)], 1)
			}
			list = append(list, m)
		}
	}
	d.name(list)
	return list
}

// name gives each deployment a group and an id of its own.
func (d *Direct) name(list []config.Model) {
	count, ids := make(map[string]int), make(map[string]bool)
	for i := range list {
		count[list[i].Group]++
	}
	taken, number := make(map[string]bool), make(map[string]int)
	for i := range list {
		m := &list[i]
		group, id := m.Group, m.ID
		for count[group] > 1 && (m.Group == group || taken[m.Group] || count[m.Group] > 0) {
			number[group]++
			m.Group = fmt.Sprintf("%s#%d", group, number[group])
		}
		for n := 2; ids[m.ID]; n++ {
			m.ID = fmt.Sprintf("%s-%d", id, n) // a pattern's deployment, for several names
		}
		taken[m.Group], ids[m.ID] = true, true
		d.Targets = append(d.Targets, DirectTarget{
			Name: m.Group, Deployment: m.ID, Provider: m.Provider, Model: m.UpstreamModel, Mode: m.Mode,
		})
	}
}

// called lists the names that are wanted of a deployment: its group's, or those that
// its pattern matches.
func called(m *config.Model, wanted []string, aliases config.Aliases) (names []string) {
	if len(wanted) == 0 && !isPattern(m.Group) {
		return []string{m.Group}
	}
	for _, name := range wanted {
		for _, a := range aliases {
			if a.Name == name {
				name = a.Group
			}
		}
		switch {
		case !isPattern(m.Group) && (fits(name, m.Group) || name == m.ID):
			return []string{m.Group}
		case isPattern(m.Group) && !isPattern(name) && fits(m.Group, name) && !slices.Contains(names, name):
			names = append(names, name)
		}
	}
	return names
}

// fits reports whether a name fits a pattern, whose first * stands for at least one
// character; one without * is the name itself.
func fits(pattern, name string) bool {
	prefix, suffix, ok := strings.Cut(pattern, "*")
	if !ok {
		return pattern == name
	}
	return len(name) > len(prefix)+len(suffix) && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix)
}

// FindMasterKey is the master key of a gateway that runs on this machine by that
// configuration: the one that it names, or the one in its data directory. It is empty
// where there is none, and makes none.
func FindMasterKey(cfg *config.Config) (secret.Text, error) {
	if !cfg.MasterKey.Empty() {
		return cfg.MasterKey, nil
	}
	b, err := os.ReadFile(filepath.Join(cfg.DataDir, masterFile))
	if errors.Is(err, fs.ErrNotExist) {
		return secret.Text{}, nil
	}
	if err != nil {
		return secret.Text{}, fmt.Errorf("master key: %w", err)
	}
	return secret.New(strings.TrimSpace(string(b))), nil
}
