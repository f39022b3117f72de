package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/llmgw/llmgw/pkg/config"
	"github.com/llmgw/llmgw/pkg/keys"
	"github.com/llmgw/llmgw/pkg/secret"
)

// masterFile holds the master key in the data directory, where the configuration
// names none.
const masterFile = "master.key"

// master is the master key: there always is one, so that the gateway is never
// open.
type master struct {
	secret secret.Text
	key    keyEntry
	file   string
	made   bool
}

// openMaster takes the configuration's master key, or the one that was made at
// the first start, or makes one. It also makes the data directory.
func openMaster(cfg *config.Config) (master, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return master{}, fmt.Errorf("make the data directory (general_settings.data_dir): %w", err)
	}
	m := master{secret: cfg.MasterKey}
	if m.secret.Empty() {
		m.file = filepath.Join(cfg.DataDir, masterFile)
		if err := m.load(); err != nil {
			return master{}, fmt.Errorf("master key: %w", err)
		}
	}
	m.key = m.entry()
	return m, nil
}

// entry is the key with the hash of its secret.
func (m *master) entry() keyEntry {
	return keyEntry{
		Hash: keys.Sum(m.secret.Reveal()),
		Key:  &keys.Key{ID: "master", Name: "master", Role: keys.Admin},
	}
}

// load reads the key's file, or makes it with mode 0600.
func (m *master) load() error {
	if err := m.read(); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return m.make()
}

// read reads the key's file.
func (m *master) read() error {
	b, err := os.ReadFile(m.file)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(string(b))
	if text == "" {
		return fmt.Errorf("%s is empty (remove it, and a new key is made)", m.file)
	}
	m.secret = secret.New(text)
	return nil
}

func (m *master) make() error {
	var b [24]byte
	// crypto/rand.Read never fails: it ends the process instead.
	_, _ = rand.Read(b[:])
	text := "sk-" + base64.RawURLEncoding.EncodeToString(b[:])
	f, err := os.OpenFile(m.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	m.secret, m.made = secret.New(text), true
	return nil
}

// keyEntry is a key with the hash of its secret.
type keyEntry struct {
	Hash keys.Hash
	Key  *keys.Key
}
