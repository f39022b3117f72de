package keys

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/spf13/cobra"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli"
	"github.com/llmgw/llmgw/pkg/client"
	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

// Settings are what the command line chooses of a key.
type Settings struct {
	adminapi.KeySettings

	// Team is a team's name or id, "" where none was given.
	Team string
	// Notes are put into the metadata; one that is empty is taken out.
	Notes map[string]string
}

// bind adds the flags. Those that can take something off say so in takesOff.
func (s *Settings) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Func("name", "`name` for people; each stands for one key", func(text string) error {
		if isNone(text) {
			s.Alias = adminapi.None[string]()
			return nil
		}
		s.Alias = adminapi.Some(text)
		return nil
	})
	flags.Func("team", "`team` that the key belongs to, by name or id", func(text string) error {
		s.Team, s.TeamID = text, adminapi.Optional[string]{}
		if isNone(text) {
			s.Team, s.TeamID = "", adminapi.None[string]()
		}
		return nil
	})
	flags.Func("models", "`models` that it may use, with commas between them; claude-* stands for all that begin so (default all)",
		func(text string) (err error) {
			s.Models, err = parseModels(text)
			return err
		})
	for _, limit := range []struct {
		flag, usage string
		into        *adminapi.Optional[int64]
	}{
		{"rpm", "largest `number` of requests a minute", &s.RPM},
		{"tpm", "largest `number` of tokens a minute", &s.TPM},
		{"rpd", "largest `number` of requests a day (UTC)", &s.RPD},
		{"max-parallel", "largest `number` of calls at one time", &s.Parallel},
	} {
		flags.Func(limit.flag, limit.usage, func(text string) (err error) {
			*limit.into, err = parseLimit(text)
			return err
		})
	}
	flags.Func("budget", "hard `limit` of what it may spend, in USD, and how long that lasts: 100/monthly, 5/12h, 1000", func(text string) (err error) {
		s.MaxBudget, s.BudgetDuration, err = parseBudget(text)
		return err
	})
	flags.Func("expires", "`when` it stops working: after 30d, 12h, 90m or 2w, on a day (2027-06-30), or never", func(text string) (err error) {
		s.Duration, err = parseExpires(text, now())
		return err
	})
	flags.Func("metadata", "a note as `name=value`; may be given again", s.note)
}

// note takes down one note.
func (s *Settings) note(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return errors.New("a note is name=value, such as owner=ada")
	}
	if s.Notes == nil {
		s.Notes = make(map[string]string)
	}
	s.Notes[name] = value
	return nil
}

// annotate puts the notes into metadata that is there already.
func (s *Settings) annotate(there map[string]json.RawMessage) {
	if len(s.Notes) == 0 {
		return
	}
	metadata := make(map[string]json.RawMessage, len(there)+len(s.Notes))
	maps.Copy(metadata, there)
	for name, value := range s.Notes {
		if value == "" {
			delete(metadata, name)
			continue
		}
		metadata[name] = toplevel.AppendString(nil, value)
	}
	s.Metadata = adminapi.Some(metadata)
}

// missingTeam says what to do about a team that there is not.
func missingTeam(err error) error {
	if !errors.Is(err, client.ErrNotFound) {
		return err
	}
	return &cli.Error{Code: cli.ExitFailed, Err: err, Hint: "Make it with 'llmgw team create', or see 'llmgw team list'."}
}
