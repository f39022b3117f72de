package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmgw/llmgw/pkg/keys"
)

func testTeams(t *testing.T, open Database) {
	s := open(t)
	if teams, err := s.Teams(t.Context()); err != nil || len(teams) != 0 {
		t.Errorf("Teams = %v, %v, want none", teams, err)
	}
	blue(t, s)
	red := keys.Team{ID: "team_red", Alias: "red", CreatedAt: began.Add(-time.Hour)}
	if err := s.CreateTeam(t.Context(), red); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		team keys.Team
		want error
	}{
		{keys.Team{ID: "team_blue", Alias: "green", CreatedAt: began}, keys.ErrIDTaken},
		{keys.Team{ID: "team_green", Alias: "blue", CreatedAt: began}, keys.ErrAliasTaken},
	} {
		if err := s.CreateTeam(t.Context(), tt.team); !errors.Is(err, tt.want) {
			t.Errorf("CreateTeam(%+v) = %v, want %v", tt.team, err, tt.want)
		}
	}
	mustCreate(t, s, full(1))
	teams, err := s.Teams(t.Context())
	want := []keys.Team{red, {ID: "team_blue", Alias: "blue", CreatedAt: began, Keys: 1}}
	if diff := cmp.Diff(want, teams); err != nil || diff != "" {
		t.Errorf("Teams: %v (-want +got):\n%s", err, diff)
	}
}

func testNoTeam(t *testing.T, open Database) {
	s := open(t)
	if _, err := s.Create(t.Context(), []keys.Record{key(1), full(2)}); !errors.Is(err, keys.ErrNoTeam) {
		t.Errorf("Create = %v, want ErrNoTeam", err)
	}
	if page, err := s.List(t.Context(), keys.Query{Limit: 1}); err != nil || page.Total != 0 {
		t.Errorf("List = %+v, %v, want none", page, err)
	}
}
