package keys

import (
	"context"
	"errors"
	"strings"
	"unicode"
)

// CreateTeam makes a team; id is made where it is "".
func (m *Manager) CreateTeam(ctx context.Context, by Actor, alias, id string) (Team, error) {
	if alias == "" {
		return Team{}, invalid("team_alias", "a team has a name (team_alias)")
	}
	if err := checkName(alias, "team_alias"); err != nil {
		return Team{}, err
	}
	if id == "" {
		id = newID("team_")
	} else if err := checkTeamID(id); err != nil {
		return Team{}, err
	}
	t := Team{ID: id, Alias: alias, CreatedAt: m.opts.Now().UTC()}
	err := m.opts.Store.CreateTeam(ctx, t)
	switch {
	case errors.Is(err, ErrAliasTaken):
		return Team{}, conflict("team_alias", "there is a team %q already", alias)
	case errors.Is(err, ErrIDTaken):
		return Team{}, conflict("team_id", "there is a team with the id %q already", id)
	case err != nil:
		return Team{}, told(err)
	}
	m.done(ctx, by, ActionNewTeam, &Record{TeamID: t.ID}, nil)
	return t, nil
}

// checkTeamID refuses ids that cannot stand in a query or a log.
func checkTeamID(id string) error {
	fits := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.:", r))
	}
	if len(id) > maxAlias || strings.ContainsFunc(id, func(r rune) bool { return !fits(r) }) {
		return invalid("team_id", "a team's id has letters, digits and - _ . : only, %d at most (leave it out, and one is made)", maxAlias)
	}
	return nil
}

// Teams gives all teams, oldest first.
func (m *Manager) Teams(ctx context.Context) ([]Team, error) {
	teams, err := m.opts.Store.Teams(ctx)
	return teams, told(err)
}

// Team finds a team by its id, else by its name.
func (m *Manager) Team(ctx context.Context, name string) (Team, error) {
	if name == "" {
		return Team{}, invalid("team_id", "no team is named (team_id=…)")
	}
	teams, err := m.Teams(ctx)
	if err != nil {
		return Team{}, err
	}
	if t := findTeam(teams, name); t != nil {
		return *t, nil
	}
	return Team{}, notFound("team_id", "there is no team %q (GET /team/list shows those there are)", name[:min(len(name), maxAlias)])
}

// findTeam finds a team by its id, else by its name.
func findTeam(teams []Team, name string) *Team {
	var named *Team
	for i := range teams {
		if teams[i].ID == name {
			return &teams[i]
		}
		if teams[i].Alias == name {
			named = &teams[i]
		}
	}
	return named
}

// teamOf is the id of the team that settings name, by id or by name.
func (m *Manager) teamOf(ctx context.Context, s *Settings) (string, error) {
	name := valueOf(s.TeamID)
	if name == "" {
		return "", nil
	}
	teams, err := m.Teams(ctx)
	if err != nil {
		return "", err
	}
	t := findTeam(teams, name)
	if t == nil {
		return "", invalid("team_id", "there is no team %q (GET /team/list shows those there are)", name[:min(len(name), maxAlias)])
	}
	return t.ID, nil
}
