package config

import (
	"time"
	_ "time/tzdata" // containers often have no time zones of their own
)

// Timezone is the name of a time zone in the IANA database, such as Europe/Berlin.
// The empty one says nothing.
type Timezone string

// Location is the time zone itself, UTC where the name is empty.
func (z Timezone) Location() *time.Location {
	location, err := time.LoadLocation(string(z))
	if err != nil {
		return time.UTC // the name was checked when it was read
	}
	return location
}

// parseTimezone accepts the names of the database. The machine's own zone has none.
func parseTimezone(text string) (Timezone, *scalarError) {
	if _, err := time.LoadLocation(text); err != nil || text == "Local" {
		return "", &scalarError{want: "a time zone", hint: "write one such as UTC or Europe/Berlin"}
	}
	return Timezone(text), nil
}
