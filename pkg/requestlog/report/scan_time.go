package report

import (
	"bytes"
	"time"
)

// instant reads a timestamp as microseconds since 1970; zeroTime for Go's zero time,
// which is what has none is written as.
func instant(b []byte, p int) (us int64, end int) {
	if us, end = utcMillis(b, p); end >= 0 {
		return us, end
	}
	if b[p] != '"' {
		return 0, bad
	}
	quote := bytes.IndexByte(b[p+1:min(p+64, len(b))], '"')
	if quote < 0 {
		return 0, bad
	}
	end = p + quote + 2
	var t time.Time
	if t.UnmarshalJSON(b[p:end]) != nil {
		return 0, bad
	}
	if t.IsZero() {
		return zeroTime, end
	}
	return t.UnixMicro(), end
}

// form is a timestamp as our lines have it.
const form = `"0000-00-00T00:00:00.000Z"`

// utcMillis is instant for timestamps as our lines have them.
func utcMillis(b []byte, p int) (us int64, end int) {
	if p+len(form) > len(b) {
		return 0, bad
	}
	t := b[p : p+len(form)]
	var wrong byte
	for i := range len(form) {
		if form[i] == '0' {
			if !isDigit(t[i]) {
				return 0, bad
			}
		} else {
			wrong |= t[i] ^ form[i]
		}
	}
	two := func(i int) int64 { return int64(t[i]-'0')*10 + int64(t[i+1]-'0') }
	year, month, day := two(1)*100+two(3), two(6), two(9)
	hour, minute, second := two(12), two(15), two(18)
	if wrong != 0 || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 || year < 2 {
		return 0, bad
	}
	seconds := daysSince1970(year, month, day)*86400 + hour*3600 + minute*60 + second
	return seconds*1e6 + two(21)*10_000 + int64(t[23]-'0')*1000, p + len(form)
}

// daysIn is how many days a month has.
func daysIn(year, month int64) int64 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// daysSince1970 counts days of the Gregorian calendar, by years that begin in March:
// the leap day is their last.
func daysSince1970(year, month, day int64) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400 // no year is negative but 0 in January, which is not reached
	ofEra := year - era*400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}
