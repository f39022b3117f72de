package keys

import (
	"strconv"
	"time"

	"github.com/llmgw/llmgw/pkg/dialect/toplevel"
)

// Actor is who asks for a change.
type Actor struct {
	// ID is a key's id, "socket" for the gateway's socket, "local" for a command that
	// opened the database itself.
	ID string
	// UID is the user id of the process behind a socket or command; -1 where it is
	// not known.
	UID int
	// IP is where a request came from, or "".
	IP string
}

// Event is a change as the audit log has it. It has no secret, and no settings.
type Event struct {
	Time   time.Time
	Actor  Actor
	Action Action
	// KeyID and KeyAlias name the key, TeamID its team, or the team that was made.
	KeyID, KeyAlias, TeamID string
	// BudgetID and Budget name the budget that was made or changed.
	BudgetID, Budget string
	// Changed are the settings that were given, by their names in the API.
	Changed []string
}

// Action is what was done.
type Action string

// The actions.
const (
	ActionGenerate   Action = "key.generate"
	ActionUpdate     Action = "key.update"
	ActionRegenerate Action = "key.regenerate"
	ActionBlock      Action = "key.block"
	ActionUnblock    Action = "key.unblock"
	ActionDelete     Action = "key.delete"
	ActionImport     Action = "key.import"
	ActionNewTeam    Action = "team.new"

	ActionNewBudget    Action = "budget.new"
	ActionUpdateBudget Action = "budget.update"
	ActionDeleteBudget Action = "budget.delete"
	ActionResetBudget  Action = "budget.reset"
)

// AppendJSON appends the event as a line of JSON, without the line's end.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"time":"`...)
	dst = e.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z07:00")
	dst = append(dst, `","actor":`...)
	dst = toplevel.AppendString(dst, e.Actor.ID)
	if e.Actor.UID >= 0 {
		dst = append(dst, `,"uid":`...)
		dst = strconv.AppendInt(dst, int64(e.Actor.UID), 10)
	}
	dst = appendMember(dst, "client_ip", e.Actor.IP)
	dst = appendMember(dst, "action", string(e.Action))
	dst = appendMember(dst, "key_id", e.KeyID)
	dst = appendMember(dst, "key_alias", e.KeyAlias)
	dst = appendMember(dst, "team_id", e.TeamID)
	dst = appendMember(dst, "budget_id", e.BudgetID)
	dst = appendMember(dst, "budget", e.Budget)
	if len(e.Changed) > 0 {
		dst = append(dst, `,"changed":[`...)
		for i, name := range e.Changed {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = toplevel.AppendString(dst, name)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendMember appends a member, unless its value is empty.
func appendMember(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	dst = append(dst, ',')
	dst = toplevel.AppendString(dst, name)
	dst = append(dst, ':')
	return toplevel.AppendString(dst, value)
}
