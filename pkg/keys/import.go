package keys

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/llmgw/llmgw/pkg/llm"
)

// maxImport bounds one import.
const maxImport = 50_000

// Imported is a key of another gateway, of which only the hash is known.
type Imported struct {
	Settings

	// Token is the hash of the secret, 64 hexadecimal digits.
	Token string
	// Name is the secret's end, as the other gateway shows it: "sk-...wxyz".
	Name string
	// Expires and CreatedAt are zero where they are not known, or not set.
	Expires, CreatedAt time.Time
}

// Import adds keys by their hashes: all, or none where one of them is wrong. Those
// whose hash is there already are left out; skipped are their tokens.
func (m *Manager) Import(ctx context.Context, by Actor, keys []Imported) (added []Record, skipped []string, err error) {
	records, err := m.imports(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	if added, err = m.opts.Store.Create(ctx, records); err != nil {
		return nil, nil, m.toldImport(ctx, records, err)
	}
	known := make(map[Hash]bool, len(added))
	for i := range added {
		known[added[i].Hash] = true
	}
	for i := range records {
		if !known[records[i].Hash] {
			skipped = append(skipped, records[i].Hash.String())
		}
	}
	if len(added) == 0 {
		return nil, skipped, nil
	}
	m.opts.Changed(ctx)
	for i := range added {
		m.audit(by, ActionImport, &added[i], nil)
	}
	return added, skipped, nil
}

// toldImport puts a store's error into words, and says which alias is taken.
func (m *Manager) toldImport(ctx context.Context, records []Record, err error) error {
	if !errors.Is(err, ErrAliasTaken) {
		return told(err)
	}
	for i := range records {
		alias := records[i].Alias
		if alias == "" {
			continue
		}
		if r, ferr := m.opts.Store.Find(ctx, Lookup{Alias: alias}); ferr == nil && r.Hash != records[i].Hash {
			return at(conflict("key_alias", "another key has the alias %q already (aliases are unique)", alias), i)
		}
	}
	return told(err)
}

// imports makes records of imported keys.
func (m *Manager) imports(ctx context.Context, keys []Imported) ([]Record, error) {
	if len(keys) == 0 {
		return nil, invalid("keys", "no key is given")
	}
	if len(keys) > maxImport {
		return nil, invalid("keys", "there are more than %d keys (import them in parts)", maxImport)
	}
	records := make([]Record, 0, len(keys))
	hashes, aliases := make(map[Hash]bool), make(map[string]bool)
	teams, err := m.Teams(ctx)
	if err != nil {
		return nil, err
	}
	for i := range keys {
		r, err := m.importOne(&keys[i], teams)
		switch {
		case err != nil:
		case hashes[r.Hash]:
			err = invalid("token", "this token stands in the list before")
		case r.Alias != "" && aliases[r.Alias]:
			err = invalid("key_alias", "the alias %q stands in the list before (aliases are unique)", r.Alias)
		}
		if err != nil {
			return nil, at(err, i)
		}
		hashes[r.Hash], aliases[r.Alias] = true, true
		records = append(records, r)
	}
	return records, nil
}

// at says which key of a list an error is about.
func at(err error, i int) error {
	e := *llm.AsError(err)
	path := fmt.Sprintf("keys[%d]", i)
	if e.Param != "" {
		e.Param = path + "." + e.Param
	}
	e.Message = path + ": " + e.Message
	return &e
}

func (m *Manager) importOne(k *Imported, teams []Team) (Record, error) {
	h, ok := ParseHash(k.Token)
	switch {
	case !ok:
		return Record{}, invalid("token", "a token is the SHA-256 of a key, 64 hexadecimal digits")
	case m.reserved(h):
		return Record{}, conflict("token", "this key stands in the configuration already")
	case k.Duration.Given && !k.Expires.IsZero():
		return Record{}, invalid("duration", "duration and expires are both given (use one of them)")
	}
	r := m.blank()
	r.Hash, r.Name = h, importedName(k.Name)
	team := ""
	if name := valueOf(k.TeamID); name != "" {
		t := findTeam(teams, name)
		if t == nil {
			return Record{}, invalid("team_id", "there is no team %q (make it first: POST /team/new with this team_id)", name[:min(len(name), maxAlias)])
		}
		team = t.ID
	}
	if err := m.apply(&r, &k.Settings, team); err != nil {
		return Record{}, err
	}
	if !k.Expires.IsZero() {
		if !inRange(k.Expires) {
			return Record{}, invalid("expires", "expires is out of range")
		}
		r.Expires = k.Expires.UTC()
	}
	if !k.CreatedAt.IsZero() && inRange(k.CreatedAt) {
		r.CreatedAt = k.CreatedAt.UTC()
	}
	return r, nil
}

// inRange reports whether an instant can be stored.
func inRange(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2262 }

// importedName is the secret's end in our own form. It never takes a whole secret
// for its end.
func importedName(name string) string {
	for _, dots := range []string{"...", "…"} {
		if end, ok := strings.CutPrefix(name, secretPrefix+dots); ok && !strings.ContainsFunc(end, unfitForHeader) {
			return masked + end[max(0, len(end)-4):]
		}
	}
	return masked
}
