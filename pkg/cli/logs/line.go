package logs

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/llmgw/llmgw/pkg/cli/terminal"
	"github.com/llmgw/llmgw/pkg/requestlog"
)

// The forms of times: for programs, and for people.
const (
	exactTime = "2006-01-02T15:04:05.000Z07:00"
	shortTime = "2006-01-02 15:04:05.000"
	clockTime = "15:04:05"
)

// cells are a call as columns.
func cells(r *requestlog.Record, zone *time.Location) []string {
	at := ""
	if !r.Timestamp.IsZero() {
		at = r.Timestamp.In(zone).Format(exactTime)
	}
	return []string{
		at, clean(r.Status), number(int64(r.HTTPStatus)), clean(r.Model), clean(r.Deployment), clean(keyOf(r)),
		whole(r.Usage.Input), whole(r.Usage.Output), r.Cost.String(), millis(r.Duration), optional(r.TTFT), clean(r.Error),
	}
}

// number is one that is left out where it is 0.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return whole(n)
}

// optional is a duration in milliseconds that is left out where it is 0.
func optional(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return millis(d)
}

// keyOf is the name of the key of a call, or else its id.
func keyOf(r *requestlog.Record) string { return cmp.Or(r.KeyName, r.KeyID) }

// brevity is how much a line does without, each the more so.
type brevity uint8

const (
	everything brevity = iota
	withoutDate
	withoutDeployment
	withoutFirstByte
)

// fitted is a call in one line of a terminal: where it is narrow, without what matters
// less.
func fitted(io *terminal.IO, r *requestlog.Record, s *terminal.Styles, zone *time.Location) string {
	var text string
	for b := everything; b <= withoutFirstByte; b++ {
		text = pretty(r, s, zone, b)
		if io.OutWidth == 0 || lipgloss.Width(text) <= io.OutWidth {
			return text
		}
	}
	return io.Shorten(text, io.OutWidth)
}

// pretty is a call in one line, for people: what does not apply is left out.
func pretty(r *requestlog.Record, s *terminal.Styles, zone *time.Location, b brevity) string {
	form := shortTime
	if b >= withoutDate {
		form = clockTime
	}
	at := strings.Repeat(" ", len(form))
	if !r.Timestamp.IsZero() {
		at = r.Timestamp.In(zone).Format(form)
	}
	parts := []string{s.Faint.Render(at), mark(r, s) + " " + cmp.Or(number(int64(r.HTTPStatus)), clean(r.Status))}
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	if b >= withoutDeployment {
		add(clean(r.Model))
	} else {
		add(route(r))
	}
	add(clean(keyOf(r)))
	if u := r.Usage; u.Input != 0 || u.Output != 0 {
		add(whole(u.Input) + "+" + whole(u.Output) + " tokens")
	}
	if r.Cost != 0 {
		add("$" + r.Cost.String())
	}
	if r.Duration > 0 {
		took := seconds(r.Duration)
		if r.TTFT > 0 && b < withoutFirstByte {
			took += " (first byte " + seconds(r.TTFT) + ")"
		}
		add(took)
	}
	if r.Cache == "hit" {
		add("from cache")
	}
	if wrong := clean(strings.TrimSpace(r.ErrorType + " " + r.Error)); wrong != "" {
		add(s.Bad.Render(wrong))
	}
	return strings.Join(parts, "  ")
}

func mark(r *requestlog.Record, s *terminal.Styles) string {
	switch r.Status {
	case requestlog.StatusSuccess:
		return s.GoodSymbol()
	case requestlog.StatusError:
		return s.BadSymbol()
	default:
		return s.WarnSymbol()
	}
}

// route is which model was asked for, and where it was served.
func route(r *requestlog.Record) string {
	model, served := clean(r.Model), clean(cmp.Or(r.Deployment, r.Provider))
	if served == "" || served == model {
		return model
	}
	return strings.TrimSpace(model + " -> " + served)
}

// seconds is a duration for people: three digits that matter.
func seconds(d time.Duration) string {
	const ten = 10 * time.Second
	switch {
	case d < time.Millisecond:
		return millis(d.Round(time.Microsecond)) + " ms"
	case d < time.Second:
		return millis(d.Round(time.Millisecond)) + " ms"
	case d < ten:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	default:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
}
