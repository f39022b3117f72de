package logs

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// story tells of a call in two tables: the facts, and what happened when.
func story(r *requestlog.Record, zone *time.Location) []*terminal.Table {
	return []*terminal.Table{facts(r), timeline(r, zone)}
}

// factTable is a table that leaves out what does not apply.
type factTable struct{ terminal.Table }

func (t *factTable) add(what, value, more string) {
	if value != "" {
		t.Rows = append(t.Rows, []string{what, clean(value), clean(more)})
	}
}

// facts are who asked for what, and what came of it.
func facts(r *requestlog.Record) *terminal.Table {
	t := &factTable{terminal.Table{Columns: terminal.Columns("what", "value", "more")}}
	t.add("request", r.RequestID, "")
	t.add("status", cmp.Or(r.Status, "unknown"), strings.TrimSpace(number(int64(r.HTTPStatus))+" "+r.ErrorType))
	t.add("error", r.Error, "")
	t.add("asked for", r.Model, strings.TrimSpace(r.Endpoint+" "+string(r.Dialect)+streamed(r)))
	t.add("served by", r.Deployment, strings.Trim(r.Provider+"/"+r.UpstreamModel, "/"))
	t.add("key", keyOf(r), strings.TrimPrefix(r.KeyID, keyOf(r)))
	t.add("team", r.Team, "")
	t.add("client", r.ClientIP, r.UserAgent)
	t.add("session", r.SessionID, "")
	t.add("client's id", r.ClientRequestID, "")
	t.add("provider's id", r.UpstreamRequestID, "")
	addTokens(t, r)
	t.add("cost", r.Cost.String()+" USD", priced(r))
	t.add("cache", r.Cache, "")
	t.add("stop reason", r.StopReason, "")
	return &t.Table
}

func streamed(r *requestlog.Record) string {
	if r.Stream {
		return " stream"
	}
	return ""
}

func addTokens(t *factTable, r *requestlog.Record) {
	u := r.Usage
	how := ""
	if !u.Reported && (u.Input > 0 || u.Output > 0) {
		how = "estimated: the provider did not report them"
	}
	t.add("input tokens", whole(u.Input), how)
	t.add("  not from cache", part(u.CacheRead+u.CacheWrite() > 0, u.Input-u.CacheRead-u.CacheWrite()), "")
	t.add("  read from cache", number(u.CacheRead), "")
	t.add("  written to cache", number(u.CacheWrite()), forAnHour(u.CacheWrite1h))
	t.add("output tokens", whole(u.Output), "")
	t.add("  reasoning", number(u.Reasoning), "")
	t.add("searches", number(u.Queries), "")
}

// part is a number that is told where there are others beside it.
func part(told bool, n int64) string {
	if !told {
		return ""
	}
	return whole(max(n, 0))
}

// forAnHour says how many of the tokens in a cache are kept there for an hour.
func forAnHour(n int64) string {
	if n == 0 {
		return ""
	}
	return whole(n) + " of them for an hour"
}

// priced says where the price comes from.
func priced(r *requestlog.Record) string {
	switch r.PriceSource {
	case "":
		return ""
	case "unknown":
		return "the price is not known"
	case "assumed":
		return "at the dearest price of the provider: that of the model is not known"
	default:
		return "price: " + r.PriceSource
	}
}

// timeline is what happened, with the milliseconds since the call arrived where the
// log tells them.
func timeline(r *requestlog.Record, zone *time.Location) *terminal.Table {
	t := &terminal.Table{Columns: terminal.Columns("event", "ms<", "more")}
	add := func(what, at, more string) { t.Rows = append(t.Rows, []string{what, at, clean(more)}) }
	arrived := ""
	if !r.Timestamp.IsZero() {
		arrived = r.Timestamp.In(zone).Format(exactTime)
	}
	add("arrived", "0", arrived)
	switch {
	case r.Cache == "hit":
		add("answered from cache", "", "")
	case len(r.Attempts) > 0:
		add("admitted", "", "")
	case r.Status == requestlog.StatusError && r.Deployment == "":
		add("not admitted", "", r.ErrorType)
	}
	for i, a := range r.Attempts {
		more := a.Deployment + ": " + cmp.Or(number(int64(a.Status)), "no answer") + ", took " + millis(a.Duration) + " ms"
		if a.Error != "" {
			more += ": " + a.Error
		}
		add(fmt.Sprintf("attempt %d", i+1), "", more)
	}
	if r.TTFT > 0 {
		add("first byte", millis(r.TTFT), "")
	}
	spent := ""
	if r.Upstream > 0 || r.Overhead > 0 {
		spent = fmt.Sprintf("%s ms with the provider, %s ms in the gateway", millis(r.Upstream), millis(r.Overhead))
	}
	add("end", millis(r.Duration), spent)
	return t
}

// fold gives texts that are too long for the terminal further rows, so that nothing of
// them is cut.
func fold(t *terminal.Table, width int) {
	const first, narrow = 25, 20 // the width of the first column with its gaps; what is readable
	if width == 0 {
		return
	}
	width = max((width-first)/2, narrow)
	var folded [][]string
	for _, row := range t.Rows {
		for i := 0; ; i++ {
			next, more := make([]string, len(row)), false
			for j, cell := range row {
				lines := []string{cell}
				if lipgloss.Width(cell) > width {
					lines = strings.Split(lipgloss.NewStyle().Width(width).Render(cell), "\n")
				}
				if i < len(lines) {
					next[j] = strings.TrimRight(lines[i], " ")
				}
				more = more || i+1 < len(lines)
			}
			folded = append(folded, next)
			if !more {
				break
			}
		}
	}
	t.Rows = folded
}
