package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/llmgw/llmgw/pkg/adminapi"
)

// NewTeam makes a team.
func (c *Client) NewTeam(ctx context.Context, r adminapi.NewTeam) (*adminapi.Team, error) {
	return call[adminapi.Team](ctx, c, adminapi.TeamNew, r)
}

// TeamInfo tells of a team, which is named by its id.
func (c *Client) TeamInfo(ctx context.Context, id string) (*adminapi.Team, error) {
	var answer adminapi.TeamInfoAnswer
	err := c.Do(ctx, http.MethodGet, adminapi.TeamInfo+"?"+url.Values{"team_id": {id}}.Encode(), nil, &answer)
	if err != nil {
		return nil, err
	}
	return &answer.Info, nil
}

// ListTeams gives all teams.
func (c *Client) ListTeams(ctx context.Context) ([]adminapi.Team, error) {
	teams := []adminapi.Team{}
	if err := c.Do(ctx, http.MethodGet, adminapi.TeamList, nil, &teams); err != nil {
		return nil, err
	}
	return teams, nil
}

// FindTeam finds a team by its id or, where none has it, its name. The error is
// ErrNotFound where there is no such team.
func (c *Client) FindTeam(ctx context.Context, name string) (*adminapi.Team, error) {
	teams, err := c.ListTeams(ctx)
	if err != nil {
		return nil, err
	}
	var named *adminapi.Team
	for i := range teams {
		switch {
		case teams[i].ID == name:
			return &teams[i], nil
		case teams[i].Alias != name:
		case named != nil:
			return nil, fmt.Errorf("several teams are called %q (name one by its id: %s, %s)", name, named.ID, teams[i].ID)
		default:
			named = &teams[i]
		}
	}
	if named == nil {
		return nil, &StatusError{Status: http.StatusNotFound, Message: fmt.Sprintf("there is no team %q", name)}
	}
	return named, nil
}
