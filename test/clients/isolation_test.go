package clients

import (
	"net"
	"os"
	"testing"
)

// TestIsolationHasLoopbackOnly proves that nothing can leave the machine.
func TestIsolationHasLoopbackOnly(t *testing.T) {
	t.Parallel()
	if os.Getenv(isolatedEnv) == "" {
		t.Skip("SKIPPED: the tests are not isolated: " + os.Getenv(notIsolatedEnv))
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 {
			t.Errorf("interface %s is up", i.Name)
		}
	}
	// A documentation address (RFC 5737): nobody is there, and without a route
	// the attempt fails at once.
	var d net.Dialer
	if conn, err := d.DialContext(t.Context(), "udp", "192.0.2.1:9"); err == nil {
		conn.Close()
		t.Error("there is a route off this machine")
	}
}
