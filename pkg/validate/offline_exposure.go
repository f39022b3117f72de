package validate

import (
	"net"
	"net/netip"
)

// exposure finds what others than this machine can reach unprotected.
func (in *inspection) exposure() (found []Finding) {
	cfg := in.Config
	if open(cfg.Listen) && cfg.Document.GeneralSettings.TLS.CertFile == "" {
		f := Finding{
			Code: CodeExposed, Severity: Warning, Subject: "listen",
			Message: "the gateway listens on " + cfg.Listen + " without TLS: keys and prompts travel in the clear",
			Hint:    "set general_settings.tls, or listen on 127.0.0.1 behind a proxy that has TLS",
		}
		if len(cfg.TrustedProxies) > 0 {
			// There is a proxy, then, which may well have TLS.
			f.Severity, f.Hint = Info, "see that only the proxies of general_settings.trusted_proxies can reach it"
		}
		found = append(found, f)
	}
	if addr := cfg.Metrics.Addr; addr != "" && open(addr) {
		found = append(found, Finding{
			Code: CodeExposedMetrics, Severity: Warning, Subject: "monitoring_settings.prometheus_port",
			Message: "metrics are served on " + addr + " to whoever can reach it, without a key: names of models, keys and teams, and costs",
			Hint:    "set monitoring_settings.prometheus_host, or see that only Prometheus can reach the port",
			File:    cfg.File,
		})
	}
	return found
}

// open reports whether others than this machine can reach an address.
func open(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}
