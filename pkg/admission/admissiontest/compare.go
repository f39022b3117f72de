package admissiontest

import (
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

var modelTests = []test{
	{"any order of steps, seed 1", compareSeed(1)},
	{"any order of steps, seed 2", compareSeed(2)},
	{"any order of steps, seed 3", compareSeed(3)},
	{"any order of steps, seed 4", compareSeed(4)},
}

// modelSteps is how long each of the suite's walks is.
const modelSteps = 1500

func compareSeed(seed uint64) func(*scene) {
	return func(s *scene) { s.compare(rand.New(rand.NewPCG(seed, 0)), modelSteps) }
}

// Choices is where a random walk gets its decisions from: *rand.Rand, or the
// bytes of a fuzzer.
type Choices interface {
	// IntN returns a number from 0 to n-1.
	IntN(n int) int
}

// Compare walks through a store at random, and through a model of it that is too
// plain to be wrong, and fails at the first step where they differ.
func Compare(t testing.TB, open Open, c Choices, steps int) {
	t.Helper()
	newScene(t, open).compare(c, steps)
}

// walk is one random walk.
type walk struct {
	*scene
	Choices
	model *model
	// book is what a journal would know.
	book  book
	calls int
	step  int
}

func (s *scene) compare(c Choices, steps int) {
	w := &walk{scene: s, Choices: c, model: newModel()}
	w.model.now = s.clock.Now().UnixNano()
	w.book.open = map[string]opened{}
	w.restore()
	for w.step = range steps {
		w.next()
	}
}

func (w *walk) next() {
	switch n := w.IntN(21); {
	case n < 7:
		w.admit()
	case n < 9:
		w.grow()
	case n < 13:
		w.settle()
	case n < 14:
		w.reset()
	case n < 15:
		w.states()
	case n < 16:
		w.renewOrCrash()
	default:
		w.elapse()
	}
}

// elapse lets time go by.
func (w *walk) elapse() {
	longest := []time.Duration{
		1, 100 * time.Millisecond, time.Second, time.Second, 10 * time.Second, 70 * time.Second, 2 * time.Hour,
	}
	w.clock.advance(time.Duration(w.IntN(int(longest[w.IntN(len(longest))]) + 1)))
	w.model.now = w.clock.Now().UnixNano()
}

func (w *walk) admit() {
	w.calls++
	a := &admission.Ask{ID: "call-" + strconv.Itoa(w.calls), Owner: w.owner(), Lines: w.lines()}
	g, err := w.Admit(w.Context(), a)
	if err != nil {
		w.Fatalf("step %d: Admit: %v", w.step, err)
	}
	w.equal("Admit", a.Lines, g, w.model.admit(a))
	if g.Refused == nil {
		w.book.opened(w.clock.Now(), a)
	}
}

// owner is one of the replicas.
func (w *walk) owner() string { return "replica-" + strconv.Itoa(1+w.IntN(2)) }

func (w *walk) grow() {
	id, found := w.pick()
	if !found {
		return
	}
	names := w.model.open[id].names
	var lines []admission.Line
	for _, n := range names {
		if w.IntN(2) == 0 {
			l := w.want(w.limit(w.model.counters[n].line(n)))
			if w.IntN(3) == 0 {
				l.Want = -l.Want
			}
			lines = append(lines, l)
		}
	}
	w.floors(lines)
	g, err := w.Grow(w.Context(), id, lines)
	if err != nil {
		w.Fatalf("step %d: Grow: %v", w.step, err)
	}
	w.equal("Grow", lines, g, w.model.grow(id, lines))
}

func (w *walk) settle() {
	id, found := w.pick()
	if !found {
		id = "call-0"
	}
	a := admission.Actual{Tokens: int64(w.IntN(160)), Money: int64(w.IntN(60)), Void: w.IntN(8) == 0}
	if w.IntN(3) == 0 {
		a.Tokens /= 10
	}
	for range 1 + w.IntN(2) { // once more does nothing
		if err := w.Settle(w.Context(), id, a); err != nil {
			w.Fatalf("step %d: Settle: %v", w.step, err)
		}
	}
	if _, err := w.Grow(w.Context(), id, nil); !errors.Is(err, admission.ErrNotOpen) {
		w.Fatalf("step %d: Grow after Settle: %v", w.step, err)
	}
	w.book.settled(w.clock.Now(), id, a)
	w.model.settle(id, a)
	w.states()
}

func (w *walk) reset() {
	l := w.budget()
	if err := w.Reset(w.Context(), l.Account, l.Epoch, math.MaxInt64); err != nil {
		w.Fatalf("step %d: Reset: %v", w.step, err)
	}
	w.model.reset(l.Account, l.Epoch)
	w.states()
}

// states compares all counters that a line can name now.
func (w *walk) states() {
	lines := w.pool()
	got, err := w.States(w.Context(), lines)
	if err != nil {
		w.Fatalf("step %d: States: %v", w.step, err)
	}
	var want []llm.LimitState
	for i := range lines {
		want = append(want, w.model.look(&lines[i]).state(w.model.now, &lines[i]))
	}
	w.equal("States", lines, got, want)
}

func (w *walk) restore() {
	b := w.budget()
	base := []admission.Balance{{Account: b.Account, Epoch: b.Epoch, Unit: llm.Money, Spent: int64(w.IntN(150))}}
	var open []admission.Ask
	for i := range w.IntN(4) {
		a := admission.Ask{ID: "restored-" + strconv.Itoa(i), Owner: w.owner(), Lines: w.lines()}
		open = append(open, a)
		w.book.opened(w.clock.Now(), &a)
	}
	if err := w.Restore(w.Context(), base, open); err != nil {
		w.Fatalf("Restore: %v", err)
	}
	w.model.restore(base, open)
	w.states()
}

// pick chooses an open call.
func (w *walk) pick() (id string, found bool) {
	ids := w.model.openIDs()
	if len(ids) == 0 {
		return "", false
	}
	return ids[w.IntN(len(ids))], true
}

func (w *walk) equal(what string, lines []admission.Line, got, want any) {
	w.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		w.Fatalf("step %d at %s: %s of %+v differs from the model (-want +got):\n%s",
			w.step, w.clock.Now(), what, lines, diff)
	}
}
