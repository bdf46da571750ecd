// Package ghl speaks to one GoHighLevel location over the API v2 and knows nothing of its callers.
//
// A [Client] is safe for use by many goroutines; all of them share one rate limit. It never
// retries: every method is one request or none, and its error tells what may be done next.
//
// # What an error means
//
// Every error of a method is an [*Error] that names the request. Inside it is the verdict, to be
// found with errors.Is and errors.AsType:
//
//   - [*RateLimitError]: nothing was done; come back after RetryAfter.
//   - [ErrUnavailable]: nothing was done, be it that the request was never written or that it was
//     a read. It may be tried again at any time.
//   - [ErrUnknown]: a write may or may not have been done. Only reading again can tell.
//   - [*AuthError]: the token, or one scope of it, is refused; nothing was done.
//   - [*VersionError]: our own configuration is wrong; the token is fine.
//   - [*ValidationError], [*DuplicateError], [ErrNotFound]: the API understood and said no.
//   - [ErrInvalid]: the call made no sense and was refused before the wire.
//   - [*RowsError]: the rows that came along are good, but some others could not be read.
//
// Error texts carry the method, the path with its ids, and the API's own words, but no query, no
// token, no phone number and no email address.
//
// # What is read
//
// The API leaves out keys or sends nulls, numbers or strings, old and new spellings, depending on
// endpoint and season. All of them decode into the same types, times always in UTC. What cannot be
// understood is never read as empty: the row is reported as a [*RowError] instead, so that a
// caller does not mistake a misread record for a cleared or a deleted one.
package ghl
