package subject

import (
	"context"
	"path/filepath"
)

// MockFlag makes the benchmark's own program the provider.
const MockFlag = "-mock"

// StartMock runs the provider, which is the program self started with MockFlag
// and the file for its address, with its files in dir.
func StartMock(ctx context.Context, self, dir string) (*Process, error) {
	addr := filepath.Join(dir, "mock.addr")
	return start(ctx, command{
		name: "mock", dir: dir, path: self, args: []string{MockFlag, addr}, ready: addrFile(addr),
	})
}
