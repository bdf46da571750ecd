package store

// OnRestoreStep has fn asked before each step of a restore, until the returned function is called.
func OnRestoreStep(fn func(step string) error) (undo func()) {
	old := restoreStep
	restoreStep = fn
	return func() { restoreStep = old }
}
