package gammutest

import (
	"os/exec"
	"syscall"
)

// dieWithParent leaves no gammu-smsd behind when a test binary is killed.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
