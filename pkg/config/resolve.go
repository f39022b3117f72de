package config

import (
	"cmp"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The defaults that depend on several keys. Source of the numbers: LiteLLM
// 1.83.2 (router.py, litellm.request_timeout; retries are those of the OpenAI
// SDK that it calls with).
const (
	defaultTimeout  = 6000 * time.Second
	defaultRetries  = 2
	defaultCooldown = 5 * time.Second
	defaultStrategy = "simple-shuffle"
)

// resolver works out a Config from a Document, checking each part against the
// others. Not safe for concurrent use.
type resolver struct {
	*decoder
	opts    Options
	vendors vendorList
	cfg     *Config
	keys    keySet // the static keys
	// named are the entries of credential_list.
	named map[string]*CredentialEntry
}

// resolve fills in everything of the Config but its Document.
func (r *resolver) resolve() {
	r.listen()
	r.server()
	r.redis()
	r.cache()
	r.credentials()
	r.catalog()
	r.models()
	r.prices()
	r.routing()
	r.access()
	r.limits()
	r.budgets()
	r.costTracking()
	r.metrics()
	r.alerts()
	r.callbacks()
}

// fail reports an error at a path.
func (r *resolver) fail(path, code, hint, format string, args ...any) {
	r.on(path).errorf(code, hint, format, args...)
}

// warn reports a warning at a path.
func (r *resolver) warn(path, code, hint, format string, args ...any) {
	r.on(path).warnf(code, hint, format, args...)
}

// on is the spot of a path.
func (r *resolver) on(path string) spot { return spot{r.reporter, r.place(path), path} }

// place is where a path was written, or the nearest thing around it.
func (r *resolver) place(path string) Position {
	for {
		if at, ok := r.places[path]; ok {
			return at
		}
		cut := max(strings.LastIndexByte(path, '.'), strings.LastIndexByte(path, '['))
		if cut < 0 {
			return Position{File: r.cfg.File}
		}
		path = path[:cut]
	}
}

// listen checks the gateway's own address.
func (r *resolver) listen() {
	if _, _, err := splitAddr(r.cfg.Listen); err != nil {
		r.add(Problem{
			Severity: Error, Code: CodeBadValue, Position: Position{File: commandLine}, Path: "listen",
			Message: "the address to listen on is not host:port", Hint: "write one such as " + DefaultListen,
		})
	}
}

// splitAddr splits host:port into its parts.
func splitAddr(addr string) (host string, port int64, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, int64(n), err
}

// server resolves general_settings and log_settings.
func (r *resolver) server() {
	general := &r.cfg.Document.GeneralSettings
	r.cfg.DataDir = cmp.Or(general.DataDir, defaultDataDir(r.opts))
	if r.cfg.DataDir == "" {
		r.fail("general_settings.data_dir", CodeMissingKey, "set it, or $LLMGW_DATA_DIR", "no folder is known to keep state in")
	}
	if log := r.cfg.Document.LogSettings; log.Enabled {
		r.cfg.LogFile = cmp.Or(log.File, filepath.Join(r.cfg.DataDir, "requests.jsonl"))
	}
	if general.MaxBodyBytesInFlight < general.MaxBodyBytes {
		r.fail("general_settings.max_body_bytes_in_flight", CodeConflict, "make it at least as large",
			"a single body of max_body_bytes would not fit")
	}
	r.database()
	r.proxies()
	r.certificates()
}

// proxies parses trusted_proxies.
func (r *resolver) proxies() {
	for i, text := range r.cfg.Document.GeneralSettings.TrustedProxies {
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			r.fail(indexed("general_settings.trusted_proxies", i), CodeBadValue, "write one such as 10.0.0.0/8 or 127.0.0.1",
				"the value %q is no address and no network", text)
			continue
		}
		r.cfg.TrustedProxies = append(r.cfg.TrustedProxies, prefix.Masked())
	}
}

// metricName is what Prometheus allows as the beginning of a metric's name.
var metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)

// metrics resolves the two forms of monitoring_settings; the nested one wins.
func (r *resolver) metrics() {
	const path = "monitoring_settings"
	flat := r.cfg.Document.MonitoringSettings
	nested := flat.Prometheus
	r.cfg.Metrics = Metrics{Prefix: nested.Prefix, Families: nested.Metrics}
	if !metricName.MatchString(nested.Prefix) {
		r.fail(path+".prometheus.prefix", CodeBadValue, "use letters, digits and _", "no metric can be called so")
	}
	port, portPath := flat.PrometheusPort, path+".prometheus_port"
	if nested.Port != 0 {
		port, portPath = nested.Port, path+".prometheus.port"
	}
	enabled := cmp.Or(nested.Enabled, flat.EnablePrometheus)
	if port == 0 || enabled != nil && !*enabled {
		return
	}
	host, own, err := splitAddr(r.cfg.Listen)
	if err != nil {
		return // reported already
	}
	host = cmp.Or(flat.PrometheusHost, host)
	if port == own {
		r.fail(portPath, CodeConflict, "choose another port, or leave it out: /metrics is on the main port, for admin keys",
			"the gateway itself listens on port %d", own)
	}
	r.cfg.Metrics.Addr = net.JoinHostPort(host, strconv.FormatInt(port, 10))
}
