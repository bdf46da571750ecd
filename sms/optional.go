package sms

import "context"

// An OptOuter is a gateway that keeps a list of people who opted out. Telling it is an extra
// lock on the door; what decides is our own list.
type OptOuter interface {
	// OptOut enters a number into the list. Doing so again does no harm.
	OptOut(ctx context.Context, p Phone) error
}

// A Balancer is a gateway whose account has a balance.
type Balancer interface {
	Balance(ctx context.Context) (Balance, error)
}

// Balance is what is left in an account.
type Balance struct {
	Amount   float64
	Currency string // as the gateway writes it, such as EUR; may be empty
}
