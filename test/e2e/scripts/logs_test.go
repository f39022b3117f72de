package scripts

import "testing"

func TestLogs(t *testing.T) { run(t, "logs") }
