package admission_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/admission/admissiontest"
	"github.com/llmgw/llmgw/pkg/llm"
)

func TestQueueIsAStore(t *testing.T) {
	t.Parallel()
	admissiontest.Run(t, func(t testing.TB, now func() time.Time) admission.Store {
		return admission.NewQueue(openMemory(t, now), 0)
	})
}

// patient waits as the gateway does by default.
var patient = admission.QueueOptions{Wait: 10 * time.Second}

// dollars is a line that wants n of a budget of 100.
func dollars(account string, n int64) admission.Line {
	return admission.Line{
		Account: account, Unit: llm.Money, Want: n, Floor: n,
		Rule: admission.Rule{Kind: admission.Budget, Limit: 100},
	}
}

// scene is a queue inside a synctest bubble, and what became of its callers.
type scene struct {
	*testing.T
	*admission.Queue
	mu       sync.Mutex // guards admitted
	admitted []string
}

// inBubble runs f with a queue before a Memory; time moves only when all wait.
func inBubble(t *testing.T, poll time.Duration, f func(s *scene)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f(&scene{T: t, Queue: admission.NewQueue(admission.NewMemory(admission.MemoryOptions{}), poll)})
	})
}

func ask(id string, lines ...admission.Line) *admission.Ask {
	return &admission.Ask{ID: id, Owner: "replica-1", Lines: lines}
}

// passes admits at once.
func (s *scene) passes(id string, lines ...admission.Line) {
	s.Helper()
	if g, err := s.Admit(s.Context(), ask(id, lines...)); err != nil || g.Refused != nil {
		s.Fatalf("Admit(%s): %+v, %v", id, g.Refused, err)
	}
}

// waits starts a caller and returns when it is waiting (or done).
func (s *scene) waits(id string, lines ...admission.Line) {
	go func() {
		g, err := s.Await(s.Context(), ask(id, lines...), patient)
		if err != nil || g.Refused != nil {
			s.Errorf("Await(%s): %+v, %v", id, g.Refused, err)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.admitted = append(s.admitted, id)
	}()
	synctest.Wait()
}

func (s *scene) settles(id string, spent int64) {
	s.Helper()
	if err := s.Settle(s.Context(), id, admission.Actual{Money: spent}); err != nil {
		s.Fatal(err)
	}
	synctest.Wait()
}

// have wants exactly these callers admitted so far, in this order.
func (s *scene) have(want ...string) {
	s.Helper()
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if fmt.Sprint(s.admitted) != fmt.Sprint(want) {
		s.Errorf("admitted %v, want %v", s.admitted, want)
	}
}

func TestQueueAdmitsInOrderOfArrival(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		s.passes("first", dollars("a", 90))
		s.waits("big", dollars("a", 80))
		s.waits("small", dollars("a", 5))
		s.waits("smaller", dollars("a", 1))
		s.have() // small would fit, but big came first
		s.settles("first", 10)
		s.have("big", "small", "smaller")
	})
}

func TestQueueLetsNobodyPassWaiters(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		s.passes("first", dollars("a", 90))
		s.waits("big", dollars("a", 80))
		g, err := s.Admit(s.Context(), ask("hasty", dollars("gateway", 1), dollars("a", 1)))
		if err != nil || g.Refused == nil || !g.Refused.Held || g.Refused.Line.Account != "a" || len(g.States) != 2 {
			t.Errorf("Admit = %+v, %v; want a held budget", g, err)
		}
		if g.Refused != nil && g.Refused.State.Held != 90 {
			t.Errorf("state = %+v, want 90 held", g.Refused.State)
		}
		// Others' budgets, soft lines and calls without money are not in the way.
		soft := dollars("a", 1)
		soft.Soft = true
		s.passes("other", dollars("b", 100))
		s.passes("soft", soft)
		s.passes("free")
		s.settles("first", 0)
		s.have("big")
		s.passes("late", dollars("a", 1))
	})
}

func TestQueueWaitsOnlyBeforeTheBudgetThatIsHeld(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		s.passes("first", dollars("a", 100))
		s.waits("waiting", dollars("a", 10), dollars("gateway", 10))
		s.passes("b", dollars("b", 50), dollars("gateway", 50))
		s.settles("first", 0)
		s.have("waiting")
	})
}

func TestQueueKeepsTheOrderAcrossBudgets(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		s.passes("holds a", dollars("a", 100))
		s.passes("holds gateway", dollars("gateway", 60))
		s.waits("1", dollars("a", 50), dollars("gateway", 50)) // waits for a, then for the gateway
		s.waits("2", dollars("gateway", 45))                   // waits for the gateway
		s.settles("holds a", 0)
		s.have()
		// 1 came first and stands before 2 now, though 2 would fit.
		s.givesBack("holds gateway", dollars("gateway", -6))
		s.have()
		s.givesBack("holds gateway", dollars("gateway", -4))
		s.have("1")
		s.settles("holds gateway", 0)
		s.have("1", "2")
	})
}

func (s *scene) givesBack(id string, l admission.Line) {
	s.Helper()
	if g, err := s.Grow(s.Context(), id, []admission.Line{l}); err != nil || g.Refused != nil {
		s.Fatalf("Grow(%s): %+v, %v", id, g.Refused, err)
	}
}

func TestQueueWakesOnAllThatFrees(t *testing.T) {
	for name, free := range map[string]func(s *scene) error{
		"settle": func(s *scene) error { return s.Settle(s.Context(), "open", admission.Actual{Money: 5}) },
		"void":   func(s *scene) error { return s.Settle(s.Context(), "open", admission.Actual{Void: true}) },
		"reset":  func(s *scene) error { return s.Reset(s.Context(), "a", 0, math.MaxInt64) },
		"grow": func(s *scene) error {
			_, err := s.Grow(s.Context(), "open", []admission.Line{dollars("a", -40)})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 0, func(s *scene) {
				s.passes("spent", dollars("a", 40))
				s.settles("spent", 40)
				s.passes("open", dollars("a", 50))
				s.waits("waiting", dollars("a", 50))
				s.have()
				if err := free(s); err != nil {
					t.Fatal(err)
				}
				s.have("waiting")
			})
		})
	}
}

func TestQueueWaitEnds(t *testing.T) {
	gone := errors.New("client went away")
	for _, tt := range []struct {
		name    string
		line    admission.Line
		options admission.QueueOptions
		cancel  bool
		took    time.Duration
		err     error
	}{
		{name: "after its time", line: dollars("a", 50), options: patient, took: 10 * time.Second},
		{name: "at once where it has none", line: dollars("a", 50)},
		{name: "at once where too many wait", line: dollars("a", 50), options: admission.QueueOptions{Wait: time.Minute, MaxWaiters: 1}},
		{name: "with the client", line: dollars("a", 50), options: patient, cancel: true, took: 3 * time.Second, err: gone},
		{name: "at once where the budget is spent", line: dollars("spent", 50), options: patient},
		{name: "at once where the call is too large", line: dollars("b", 101), options: patient},
		{name: "at once where it is a rate that is full", line: rateOfZero, options: patient},
		{name: "at once where parallel calls are in the way", line: onlyOne, options: patient},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, 0, func(s *scene) {
				s.passes("spender", dollars("spent", 100))
				s.settles("spender", 100)
				s.passes("open", dollars("a", 90))
				s.passes("open too", dollars("b", 10), onlyOne)
				before := 0
				if tt.options.MaxWaiters > 0 {
					before = 1
					s.waits("before", dollars("a", 20))
				}
				ctx, cancel := context.WithCancelCause(s.Context())
				defer cancel(nil)
				if tt.cancel {
					time.AfterFunc(tt.took, func() { cancel(gone) })
				}
				begin := time.Now()
				g, err := s.Await(ctx, ask("waiting", tt.line), tt.options)
				if took := time.Since(begin); took != tt.took {
					t.Errorf("Await took %s, want %s", took, tt.took)
				}
				if !errors.Is(err, tt.err) || (err == nil) != (g.Refused != nil) {
					t.Errorf("Await = %+v, %v; want a refusal or %v", g, err, tt.err)
				}
				s.settles("open", 0)
				s.have([]string{"before"}[:before]...)
				s.passes("after", dollars("a", 80))
			})
		})
	}
}

var onlyOne = admission.Line{
	Account: "a", Unit: llm.Parallel, Want: 1,
	Rule: admission.Rule{Kind: admission.Concurrency, Limit: 1},
}

var rateOfZero = admission.Line{
	Account: "a", Unit: llm.Requests, Want: 1,
	Rule: admission.Rule{Kind: admission.SlidingWindow, Window: time.Minute},
}

func TestQueuePassesOnTheTurnOfWhoGivesUp(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		s.passes("open", dollars("a", 60))
		go func() {
			g, err := s.Await(s.Context(), ask("big", dollars("a", 90)), admission.QueueOptions{Wait: time.Second})
			if err != nil || g.Refused == nil {
				t.Errorf("Await(big) = %+v, %v; want a refusal", g, err)
			}
		}()
		synctest.Wait()
		s.waits("small", dollars("a", 30))
		s.have()
		<-time.After(time.Second)
		s.have("small")
	})
}

func TestQueueWhoNeverHadATurnIsRefusedAsHeld(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		s.passes("open", dollars("a", 60))
		s.waits("big", dollars("a", 90))
		<-time.After(time.Second)
		g, err := s.Await(s.Context(), ask("small", dollars("a", 30)), admission.QueueOptions{Wait: 2 * time.Second})
		if err != nil || g.Refused == nil || !g.Refused.Held || g.Refused.Line.Want != 30 || g.States[0].Held != 60 {
			t.Errorf("Await = %+v, %v; want held", g, err)
		}
		s.settles("open", 0)
		s.have("big")
	})
}

func TestQueueAnswersWithTheLastRefusal(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		s.passes("open", dollars("a", 90))
		time.AfterFunc(time.Second, func() { s.givesBack("open", dollars("a", -20)) })
		g, err := s.Await(s.Context(), ask("waiting", dollars("a", 50)), patient)
		if err != nil || g.Refused == nil || g.Refused.State.Held != 70 {
			t.Errorf("Await = %+v, %v; want a refusal with 70 held", g, err)
		}
	})
}

// slow is a store whose answer to one call, once it is armed, is long under way.
type slow struct {
	admission.Store
	armed     atomic.Bool
	id        string
	meanwhile func()
}

func (s *slow) Admit(ctx context.Context, a *admission.Ask) (admission.Grant, error) {
	g, err := s.Store.Admit(ctx, a)
	if a.ID == s.id && s.armed.CompareAndSwap(true, false) {
		s.meanwhile()
	}
	return g, err
}

// TestQueueLosesNoTurnWhileAWaiterMoves lets an older waiter step in front of
// one whose refusal by another budget is still on its way: the signal that
// budget sends meanwhile goes to the older one.
func TestQueueLosesNoTurnWhileAWaiterMoves(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		store := &slow{Store: s.Store, id: "younger"}
		store.meanwhile = func() {
			<-time.After(2 * time.Second) // "before older" gives up, "older" goes from z to x
			if err := s.Settle(s.Context(), "holds y", admission.Actual{}); err != nil {
				t.Error(err)
			}
		}
		s.Queue = admission.NewQueue(store, 0)
		s.passes("holds x", dollars("x", 60))
		s.passes("holds y", dollars("y", 100))
		s.passes("holds z", dollars("z", 40))
		gives := func(id string, wait time.Duration, lines ...admission.Line) {
			go func() {
				g, err := s.Await(s.Context(), ask(id, lines...), admission.QueueOptions{Wait: wait})
				if err != nil || g.Refused == nil {
					t.Errorf("Await(%s) = %+v, %v; want a refusal", id, g, err)
				}
			}()
			synctest.Wait()
		}
		gives("before older", time.Second, dollars("z", 65))
		gives("older", 5*time.Second, dollars("z", 55), dollars("x", 55))
		s.waits("younger", dollars("x", 45), dollars("y", 45))
		store.armed.Store(true)
		s.givesBack("holds x", dollars("x", -10)) // "younger" is refused by y now
		<-time.After(4 * time.Second)
		s.have()
		<-time.After(time.Second) // "older" has given up: there is room in x and in y
		s.have("younger")
	})
}

func TestQueuePollsASharedStore(t *testing.T) {
	inBubble(t, 50*time.Millisecond, func(s *scene) {
		s.passes("open", dollars("a", 60))
		begin := time.Now()
		s.waits("waiting", dollars("a", 90))
		<-time.After(120 * time.Millisecond)
		if err := s.Store.Settle(s.Context(), "open", admission.Actual{}); err != nil { // as if elsewhere
			t.Fatal(err)
		}
		s.have()
		<-time.After(30*time.Millisecond - time.Nanosecond)
		s.have()
		<-time.After(time.Nanosecond)
		s.have("waiting")
		if took := time.Since(begin); took != 150*time.Millisecond {
			t.Errorf("waited %s, want 150ms", took)
		}
	})
}

// faulty fails to admit from its second call on.
type faulty struct {
	admission.Store
	calls atomic.Int64
}

var errDown = errors.New("store is down")

func (f *faulty) Admit(ctx context.Context, a *admission.Ask) (admission.Grant, error) {
	if f.calls.Add(1) > 2 {
		return admission.Grant{}, errDown
	}
	return f.Store.Admit(ctx, a)
}

func TestQueuePassesOnTheStoresFailure(t *testing.T) {
	t.Parallel()
	q := admission.NewQueue(&faulty{Store: admission.NewMemory(admission.MemoryOptions{})}, 0)
	if g, err := q.Await(t.Context(), ask("open", dollars("a", 60)), patient); err != nil || g.Refused != nil {
		t.Fatalf("Await = %+v, %v", g, err)
	}
	if _, err := q.Await(t.Context(), ask("waiting", dollars("a", 60)), patient); !errors.Is(err, errDown) {
		t.Errorf("Await = %v, want the store's error", err)
	}
}

func TestQueueOfAThousandIsFirstComeFirstServed(t *testing.T) {
	inBubble(t, 0, func(s *scene) {
		const callers = 1000
		s.passes("open", dollars("a", 100))
		var want []string
		for i := range callers {
			id := fmt.Sprint("caller-", i)
			want = append(want, id)
			go func() {
				g, err := s.Await(s.Context(), ask(id, dollars("a", 60)), admission.QueueOptions{Wait: time.Hour, MaxWaiters: callers})
				if err != nil || g.Refused != nil {
					t.Errorf("Await(%s): %+v, %v", id, g.Refused, err)
				}
				s.mu.Lock()
				s.admitted = append(s.admitted, id)
				s.mu.Unlock()
				<-time.After(time.Second) // the call itself
				if err := s.Settle(s.Context(), id, admission.Actual{}); err != nil {
					t.Error(err)
				}
			}()
			synctest.Wait()
		}
		s.settles("open", 0)
		<-time.After((callers-1)*time.Second - time.Nanosecond)
		s.have(want[:callers-1]...)
		<-time.After(time.Nanosecond)
		s.have(want...)
		<-time.After(time.Second)
		synctest.Wait()
	})
}

// TestQueueUnderLoad lets callers with different budgets come, wait, give up and
// go on real time: all must end, and nothing may be left.
func TestQueueUnderLoad(t *testing.T) {
	t.Parallel()
	const callers = 1000
	q := admission.NewQueue(admission.NewMemory(admission.MemoryOptions{}), 0)
	var passed atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 3))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%10 == 0 {
				time.AfterFunc(time.Duration(rng.IntN(5))*time.Millisecond, cancel)
			}
			lines := []admission.Line{
				dollars(fmt.Sprint("key-", i%7), 10+rng.Int64N(60)), dollars("gateway", 10+rng.Int64N(30)),
			}
			lines[0].Floor, lines[1].Floor = 10, 10
			if i%2 == 0 {
				lines[0], lines[1] = lines[1], lines[0]
			}
			id := strconv.Itoa(i)
			g, err := q.Await(ctx, ask(id, lines...), admission.QueueOptions{Wait: time.Minute, MaxWaiters: callers})
			switch {
			case err != nil:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("Await(%s): %v", id, err)
				}
				return
			case g.Refused != nil:
				t.Errorf("Await(%s): refused by %+v", id, *g.Refused)
				return
			}
			passed.Add(1)
			if err := q.Settle(ctx, id, admission.Actual{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := passed.Load(); got < callers*9/10 {
		t.Errorf("%d of %d passed", got, callers)
	}
	// Nobody is in the way any more.
	if g, err := q.Admit(t.Context(), ask("last", dollars("gateway", 100))); err != nil || g.Refused != nil {
		t.Errorf("Admit = %+v, %v", g, err)
	}
}
