//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// nobody is a user id without any rights, by convention.
const nobody = 65534

// unprivileged runs a command so that file permissions bind it: root, whom they do not, becomes nobody. What the go command
// keeps for itself is in a folder that nobody may write to.
func unprivileged(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: unprivileged cmd args...")
	}
	if os.Getuid() != 0 {
		if err := ts.Exec(args[0], args[1:]...); (err == nil) == neg {
			ts.Fatalf("unprivileged: %v", err)
		}
		return
	}

	work := ts.Getenv("WORK")
	bin, home := filepath.Join(work, ".bin"), filepath.Join(work, ".nobody")
	ts.Check(os.Chmod(filepath.Dir(work), 0o755)) // a script's parent is private to root
	for _, dir := range []string{bin, home} {
		ts.Check(os.MkdirAll(dir, 0o755))
	}
	ts.Check(os.Chown(home, nobody, nobody))
	self, err := os.Executable()
	ts.Check(err)
	binary, err := os.ReadFile(self)
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(bin, "cbgen"), binary, 0o755))

	cmd := exec.Command(filepath.Join(bin, args[0]), args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "GOCACHE=" + home + "/build", "GOPATH=" + home + "/go",
		"GOTOOLCHAIN=local", "GOWORK=off", "GOFLAGS=", "GOPROXY=off",
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	_, _ = ts.Stdout().Write([]byte(stdout.String()))
	_, _ = ts.Stderr().Write([]byte(stderr.String()))
	if (err == nil) == neg {
		ts.Fatalf("unprivileged: %v\n%s", err, stderr.String())
	}
}
