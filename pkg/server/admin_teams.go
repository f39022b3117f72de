package server

import (
	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/keys"
)

func (s *Server) newTeam(q *question) (any, error) {
	var req adminapi.NewTeam
	if err := decodePlain(q.body, &req); err != nil {
		return nil, err
	}
	t, err := s.opts.Admin.Keys.CreateTeam(q.Context(), q.by, req.Alias, req.ID)
	if err != nil {
		return nil, err
	}
	return describeTeam(&t), nil
}

func (s *Server) teamInfo(q *question) (any, error) {
	query, err := parameters(q.URL, "team_id")
	if err != nil {
		return nil, err
	}
	t, err := s.opts.Admin.Keys.Team(q.Context(), query.Get("team_id"))
	if err != nil {
		return nil, err
	}
	return adminapi.TeamInfoAnswer{TeamID: t.ID, Info: describeTeam(&t)}, nil
}

func (s *Server) listTeams(q *question) (any, error) {
	if _, err := parameters(q.URL); err != nil {
		return nil, err
	}
	teams, err := s.opts.Admin.Keys.Teams(q.Context())
	if err != nil {
		return nil, err
	}
	list := make([]adminapi.Team, len(teams))
	for i := range teams {
		list[i] = describeTeam(&teams[i])
	}
	return list, nil
}

func describeTeam(t *keys.Team) adminapi.Team {
	return adminapi.Team{ID: t.ID, Alias: t.Alias, Keys: t.Keys, CreatedAt: t.CreatedAt}
}
