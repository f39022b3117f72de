package report

import (
	"math/bits"
	"slices"
	"time"
)

// percentile is the p-th percentile of durations with linear interpolation between
// closest ranks, as numpy.percentile has it, rounded to a nanosecond; 0 of none. It
// changes the order of the durations: those before rank from stay, in some order, so
// percentiles are taken in ascending order.
//
// All is done in whole numbers: there is no digit that floating point would add.
func percentile(durations []time.Duration, p int) time.Duration {
	n := len(durations)
	if n == 0 {
		return 0
	}
	hundredths := p * (n - 1)
	rank, part := hundredths/100, hundredths%100
	low := nth(durations, rank)
	if part == 0 {
		return low
	}
	gap := slices.Min(durations[rank+1:]) - low
	// gap*part/100, rounded half up, which does not overflow.
	return low + gap/100*time.Duration(part) + (gap%100*time.Duration(part)+50)/100
}

// nth puts the element of that rank in its place, smaller ones before it and larger
// ones behind it, and returns it: quickselect, which falls back to sorting where its
// guesses are bad.
func nth(list []time.Duration, rank int) time.Duration {
	lo, hi := 0, len(list)
	for guesses := 2 * bits.Len(uint(len(list))); hi-lo > 32; guesses-- {
		if guesses == 0 {
			break
		}
		left, right := partition(list[lo:hi])
		switch {
		case rank < lo+left:
			hi = lo + left
		case rank >= lo+right:
			lo += right
		default:
			return list[rank]
		}
	}
	slices.Sort(list[lo:hi])
	return list[rank]
}

// partition moves what is smaller than a pivot before left, what is larger from
// right on, and what is equal to it between them.
func partition(list []time.Duration) (left, right int) {
	pivot := ninther(list)
	right = len(list)
	for i := 0; i < right; {
		switch v := list[i]; {
		case v < pivot:
			list[i], list[left] = list[left], v
			left++
			i++
		case v > pivot:
			right--
			list[i], list[right] = list[right], v
		default:
			i++
		}
	}
	return left, right
}

// ninther is about the median of a list.
func ninther(list []time.Duration) time.Duration {
	step := len(list) / 9
	at := func(i int) time.Duration {
		return median(list[i*step], list[(i+1)*step], list[(i+2)*step])
	}
	return median(at(0), at(3), at(6))
}

func median(a, b, c time.Duration) time.Duration { return max(min(a, b), min(max(a, b), c)) }

// mean is the average of durations that are not negative, rounded half up to a
// nanosecond; 0 of none. The sum may be larger than any duration.
func mean(durations []time.Duration) time.Duration {
	n := uint64(len(durations))
	if n == 0 {
		return 0
	}
	var hi, lo, carry uint64
	for _, d := range durations {
		lo, carry = bits.Add64(lo, uint64(d), 0)
		hi += carry
	}
	lo, carry = bits.Add64(lo, n/2, 0)
	quotient, _ := bits.Div64(hi+carry, lo, n)
	return time.Duration(quotient)
}
