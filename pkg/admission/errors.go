package admission

import "errors"

var (
	// ErrInvalid is wrapped by errors about an Ask, a line or a balance that no
	// state of the store could admit: a mistake of the caller.
	ErrInvalid = errors.New("invalid ask")
	// ErrNotOpen is wrapped by Grow where the call was never admitted or is
	// settled already.
	ErrNotOpen = errors.New("call is not open")
	// ErrOpen is wrapped by Admit where a call of that id is open already.
	ErrOpen = errors.New("call is open already")
)
