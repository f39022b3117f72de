package budget

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/llmgw/llmgw/pkg/adminapi"
	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/llm"
)

// columns are the status for programs.
func columns(budgets []adminapi.Budget) *terminal.Table {
	t := &terminal.Table{Columns: terminal.Columns("name", "limit<", "spent<", "held<", "left<", "percent<", "period", "resets", "USD/day<", "until")}
	for i := range budgets {
		b := &budgets[i]
		rate := ""
		if b.BurnRate != nil {
			rate = b.BurnRate.String()
		}
		t.Rows = append(t.Rows, []string{
			b.Name, b.Limit.String(), b.Spent.String(), b.Held.String(), b.Left.String(), strconv.FormatInt(percent(b), 10),
			b.Period, rfc3339(b.ResetsAt), rate, rfc3339(b.LastsUntil),
		})
	}
	return t
}

func rfc3339(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// The widths of bars, in columns; usualWidth is that of a terminal that does not say.
const (
	widestBar, narrowestBar = 50, 10
	usualWidth              = 80
	percentWidth            = len("  100%")
	longestName             = 30
)

// bars are the status for people.
func bars(io *terminal.IO, budgets []adminapi.Budget, now time.Time) string {
	width := io.OutWidth
	if width <= 0 {
		width = usualWidth
	}
	name := 0
	for i := range budgets {
		name = max(name, min(longestName, lipgloss.Width(budgets[i].Name)))
	}
	bar := min(widestBar, max(narrowestBar, width-name-2-percentWidth))
	var text strings.Builder
	styles := io.Styles()
	indent := strings.Repeat(" ", name+2)
	for i := range budgets {
		b := &budgets[i]
		if i > 0 {
			text.WriteByte('\n')
		}
		label := io.Shorten(b.Name, name)
		label += strings.Repeat(" ", name-lipgloss.Width(label))
		color := colorOf(styles, b)
		fmt.Fprintf(&text, "%s  %s  %s\n", styles.Heading.Render(label), drawBar(io, b, bar), color.Render(fmt.Sprintf("%3d%%", percent(b))))
		fmt.Fprintf(&text, "%s%s\n", indent, amountsOf(b))
		fmt.Fprintf(&text, "%s%s\n", indent, styles.Faint.Render(resetsOf(b, now)))
		fmt.Fprintf(&text, "%s%s\n", indent, paceOf(b, now))
	}
	return text.String()
}

// amountsOf tells the amounts of a budget.
func amountsOf(b *adminapi.Budget) string {
	text := fmt.Sprintf("%s of %s USD spent", short(b.Spent), short(b.Limit))
	if amount(b.Held) > 0 {
		text += ", " + short(b.Held) + " held"
	}
	return text + ", " + short(b.Left) + " left"
}

// resetsOf tells the period of a budget, and what it does at its limit.
func resetsOf(b *adminapi.Budget, now time.Time) string {
	if b.ResetsAt == nil {
		return kindOf(b) + ", never starts anew"
	}
	return fmt.Sprintf("%s, %s, starts anew %s", kindOf(b), b.Period, terminal.When(b.ResetsAt, now))
}

// usualThreshold is where a bar warns of a budget that has no threshold of its own.
const usualThreshold = 0.8

// colorOf is how alarming a budget is.
func colorOf(styles terminal.Styles, b *adminapi.Budget) lipgloss.Style {
	threshold := usualThreshold
	if b.AlertThreshold != nil {
		if own, err := b.AlertThreshold.Float64(); err == nil {
			threshold = own
		}
	}
	limit, spent := float64(amount(b.Limit)), float64(amount(b.Spent))
	switch {
	case spent >= limit:
		return styles.Bad
	case spent >= limit*threshold:
		return styles.Warn
	default:
		return styles.Good
	}
}

// drawBar draws what is spent, held and left.
func drawBar(io *terminal.IO, b *adminapi.Budget, width int) string {
	spent, held := parts(amount(b.Spent), amount(b.Held), amount(b.Limit), width)
	full, half, empty := "█", "▒", "░"
	if io.ASCII {
		full, half, empty = "#", "=", "."
	}
	styles := io.Styles()
	return colorOf(styles, b).Render(strings.Repeat(full, spent)+strings.Repeat(half, held)) +
		styles.Faint.Render(strings.Repeat(empty, width-spent-held))
}

// parts are how many columns of a bar are spent and held. Whatever is more than nothing
// shows, and a bar is full only where nothing is left.
func parts(spent, held, limit llm.NanoUSD, width int) (full, half int) {
	if limit <= 0 {
		return width, 0
	}
	share := func(n llm.NanoUSD, room int) int {
		if n <= 0 {
			return 0
		}
		return min(room, max(1, int(float64(n)/float64(limit)*float64(width))))
	}
	room := width
	if spent < limit {
		room--
	}
	full = share(spent, room)
	room = width
	if spent+held < limit {
		room--
	}
	return full, share(held, max(0, room-full))
}
