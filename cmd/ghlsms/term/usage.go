package term

// UsageError is a mistake of the person at the keyboard.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap implements the interface of package errors.
func (e UsageError) Unwrap() error { return e.Err }
