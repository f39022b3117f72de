package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/llmgw/llmgw/pkg/admission"
	"github.com/llmgw/llmgw/pkg/llm"
)

// Windows forget what is older than they are, so a restart has to tell them only of
// the last minutes, and of the day for limits per day. Buckets never forget, but one
// that was full once has nothing left to remember: ten minutes are enough to see that
// it was, and what is older counts as if it had been used ten minutes ago.
const (
	// recentWidth is the half second of sliding windows, of which the last instant counts.
	recentWidth = int64(500 * time.Millisecond)
	// The following count half seconds: of a minute, of the time for which they are
	// kept apart, and of that for which minutes are.
	recentMinute = int64(time.Minute) / recentWidth
	recentFine   = 2*recentMinute + 2
	recentKept   = 10 * recentMinute
	recentDay    = int64(24 * time.Hour)
)

// recents are what the accounts used lately that have windows. The zero value is
// ready; its owner guards it.
type recents struct{ accounts map[string]*accountUse }

// accountUse is what one account used.
type accountUse struct{ requests, tokens recentUse }

// recentUse is what was used of one unit: on the newest day and the one before it in
// all, and when in the last minutes.
type recentUse struct {
	day, amount, before int64
	slots               []recentSlot // in their order
	// thinned is the minute in which old slots were put together.
	thinned int64
}

// recentSlot is what was used in one half second: amount was admitted then, at the
// latest at the instant at; debt was found then to be more than calls had been admitted
// for, at the latest at owed.
type recentSlot struct{ index, amount, at, debt, owed int64 }

// put adds to the slot.
func (s *recentSlot) put(at, amount, debt int64) {
	if amount > 0 {
		s.amount, s.at = addUp(s.amount, amount), max(s.at, at)
	}
	if debt > 0 {
		s.debt, s.owed = addUp(s.debt, debt), max(s.owed, at)
	}
}

// accountRecent is recentUse as the file of totals has it.
type accountRecent struct {
	Unit unitName `json:"unit"`
	// Day is the number of the UTC day since 1970, Amount what was used on it, and
	// Before what on the day before.
	Day    int64 `json:"day"`
	Amount int64 `json:"amount"`
	Before int64 `json:"before,omitempty"`
	// Slots are half seconds: amount and debt, each with its last instant in Unix
	// nanoseconds.
	Slots [][4]int64 `json:"slots,omitempty"`
}

// add takes in a booking of a call that was admitted then and settled so long after.
func (r *recents) add(l *entryLine, admitted, after int64) {
	account := r.accounts[string(l.account)]
	if account == nil {
		account = r.begin(string(l.account))
	}
	use := account.unit(l.unit)
	if use == nil {
		return
	}
	use.add(admitted, l.amount-l.debt, 0)
	if l.debt > 0 {
		use.add(addUp(admitted, max(0, after)), 0, l.debt)
	}
}

// begin makes an account that used nothing so far.
func (r *recents) begin(account string) *accountUse {
	if r.accounts == nil {
		r.accounts = make(map[string]*accountUse)
	}
	use := new(accountUse)
	r.accounts[account] = use
	return use
}

// unit is nil for units that no window counts.
func (a *accountUse) unit(u llm.Unit) *recentUse {
	switch u {
	case llm.Requests:
		return &a.requests
	case llm.Tokens:
		return &a.tokens
	default:
		return nil
	}
}

func (u *recentUse) add(at, amount, debt int64) {
	switch day := at / recentDay; {
	case day > u.day:
		u.turn(day)
		fallthrough
	case day == u.day:
		u.amount = addUp(u.amount, addUp(amount, debt))
	case day == u.day-1:
		u.before = addUp(u.before, addUp(amount, debt))
	}
	index := at / recentWidth
	i, found := u.find(index)
	if !found {
		u.slots = slices.Insert(u.slots, i, recentSlot{index: index})
	}
	u.slots[i].put(at, amount, debt)
	u.thin(u.slots[len(u.slots)-1].index)
}

// turn begins a day.
func (u *recentUse) turn(day int64) {
	if u.before = u.amount; day > u.day+1 {
		u.before = 0
	}
	u.day, u.amount = day, 0
}

func (u *recentUse) find(index int64) (i int, found bool) {
	return slices.BinarySearchFunc(u.slots, index, func(s recentSlot, index int64) int {
		return cmp.Compare(s.index, index)
	})
}

// thin drops slots that are too old and puts those of one minute together where the
// whole minute is old, once a minute.
func (u *recentUse) thin(newest int64) {
	if newest/recentMinute == u.thinned {
		return
	}
	u.thinned = newest / recentMinute
	first, _ := u.find(newest - recentKept)
	kept := u.slots[:0]
	for _, s := range u.slots[first:] {
		if end := s.index/recentMinute*recentMinute + recentMinute - 1; end < newest-recentFine {
			s.index = end
		}
		if n := len(kept); n > 0 && kept[n-1].index == s.index {
			kept[n-1].put(s.at, s.amount, 0)
			kept[n-1].put(s.owed, 0, s.debt)
			continue
		}
		kept = append(kept, s)
	}
	u.slots = kept
}

// isOver reports whether nothing of it counts any more.
func (u *recentUse) isOver(now int64) bool {
	u.thin(now / recentWidth)
	return len(u.slots) == 0 && u.day < now/recentDay
}

// rows gives what still counts, and forgets the rest.
func (r *recents) rows(now time.Time) map[string][]accountRecent {
	all := make(map[string][]accountRecent, len(r.accounts))
	for name, account := range r.accounts {
		var rows []accountRecent
		for _, unit := range []llm.Unit{llm.Requests, llm.Tokens} {
			if use := account.unit(unit); !use.isOver(now.UnixNano()) {
				rows = append(rows, use.row(unit))
			}
		}
		if len(rows) == 0 {
			delete(r.accounts, name)
			continue
		}
		all[name] = rows
	}
	return all
}

func (u *recentUse) row(unit llm.Unit) accountRecent {
	row := accountRecent{Unit: unitName(unit), Day: u.day, Amount: u.amount, Before: u.before}
	for _, s := range u.slots {
		row.Slots = append(row.Slots, [4]int64{s.amount, s.at, s.debt, s.owed})
	}
	return row
}

// restore replaces all by what a file has.
func (r *recents) restore(all map[string][]accountRecent) {
	r.accounts = nil
	for name, rows := range all {
		account := r.begin(name)
		for _, row := range rows {
			use := account.unit(llm.Unit(row.Unit))
			if use == nil {
				continue
			}
			use.day, use.amount, use.before = row.Day, row.Amount, row.Before
			for _, s := range row.Slots {
				use.slots = append(use.slots, recentSlot{index: max(s[1], s[3]) / recentWidth, amount: s[0], at: s[1], debt: s[2], owed: s[3]})
			}
			slices.SortFunc(use.slots, func(a, b recentSlot) int { return cmp.Compare(a.index, b.index) })
		}
	}
}

// appendBalances appends what admission is to be told.
func (r *recents) appendBalances(dst []admission.Balance) []admission.Balance {
	for name, account := range r.accounts {
		for _, unit := range []llm.Unit{llm.Requests, llm.Tokens} {
			dst = account.unit(unit).appendBalances(dst, admission.Balance{Account: name, Unit: unit})
		}
	}
	return dst
}

// appendBalances appends what each slot has, and before it what is older of either
// day.
func (u *recentUse) appendBalances(dst []admission.Balance, b admission.Balance) []admission.Balance {
	put := func(n, at int64, debt bool) {
		if n > 0 {
			b.Spent, b.At, b.Debt = n, time.Unix(0, at), debt
			dst = append(dst, b)
		}
	}
	midnight := u.day * recentDay
	today, before, oldest := u.amount, u.before, midnight-recentKept*recentWidth
	if len(u.slots) > 0 {
		oldest = u.slots[0].index * recentWidth
	}
	older := func(n, at int64) {
		switch at / recentDay {
		case u.day:
			today -= n
		case u.day - 1:
			before -= n
		}
	}
	for _, s := range u.slots {
		older(s.amount, s.at)
		older(s.debt, s.owed)
		put(s.amount, s.at, false)
		put(s.debt, s.owed, true)
	}
	put(before, min(oldest, midnight-1), false)
	put(today, max(oldest, midnight), false)
	return dst
}
