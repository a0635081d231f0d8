// SPDX-License-Identifier: MIT

package joinmem

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A test that needs another process starts this program again, with the name of a role in the environment.
const roleVariable = "JOINMEM_TEST_ROLE"

var roles = map[string]func(name string){}

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		name, segment, _ := strings.Cut(role, " ")
		roles[name](segment)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var names atomic.Int64

// newName returns a name for a segment, which the end of the test removes.
func newName(t *testing.T) string {
	name := fmt.Sprintf("/joinmem-go-test-%d-%d", os.Getpid(), names.Add(1))
	t.Cleanup(func() { Unlink(name) })
	return name
}

// child is another process in a role. What it writes are its lines.
type child struct {
	*exec.Cmd
	lines *bufio.Scanner
}

func start(t *testing.T, role, segment string) *child {
	program, err := os.Executable()
	check(t, err)
	command := exec.Command(program)
	command.Env = append(os.Environ(), roleVariable+"="+role+" "+segment)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output, err := command.StdoutPipe()
	check(t, err)
	check(t, command.Start())
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	return &child{command, bufio.NewScanner(output)}
}

// line waits for the next line.
func (c *child) line(t *testing.T) string {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatal("the other process has ended: ", c.Wait())
	}
	return c.lines.Text()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](t *testing.T) func(value T, err error) T {
	return func(value T, err error) T {
		t.Helper()
		check(t, err)
		return value
	}
}

func same[T comparable](t *testing.T, got, wanted T) {
	t.Helper()
	if got != wanted {
		t.Fatalf("%v instead of %v", got, wanted)
	}
}

func fails(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Fatalf("error '%v' instead of '%v'", err, wanted)
	}
}

// countSleeping returns how many goroutines wait in the wait set of the process.
func countSleeping() int {
	poll.mutex.Lock()
	defer poll.mutex.Unlock()
	count := 0
	for _, w := range poll.watches {
		count += len(w.waiters[elementSide]) + len(w.waiters[roomSide])
	}
	return count
}

// sleeping waits until a number of goroutines wait in the wait set of the process.
func sleeping(t *testing.T, wanted int) {
	t.Helper()
	until(func() bool { return countSleeping() == wanted })
}

// until waits for a condition.
func until(condition func() bool) {
	for !condition() {
		time.Sleep(100 * time.Microsecond)
	}
}

// inCall waits until the stack of a goroutine has all of these functions, and not that one, if it is not "".
func inCall(without string, functions ...string) {
	stacks := make([]byte, 1<<20)
	has := func(stack string) bool {
		for _, function := range functions {
			if !strings.Contains(stack, function+"(") {
				return false
			}
		}
		return without == "" || !strings.Contains(stack, without+"(")
	}
	until(func() bool {
		for _, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if has(stack) {
				return true
			}
		}
		return false
	})
}

// inWait waits until a goroutine sleeps in a WaitSet, or is about to.
func inWait() {
	inCall("pollInC", "_Cfunc_jmgo_wait", "(*WaitSet).Wait")
}

func newQueueOf[T any](t *testing.T, kind Kind, capacity uint64, options ...Option) *Queue[T] {
	t.Helper()
	q, err := NewQueue[T](kind, capacity, options...)
	check(t, err)
	t.Cleanup(func() { q.Close() })
	return q
}

func openQueueOf[T any](t *testing.T, kind Kind, name string, capacity uint64, options ...Option) *Queue[T] {
	t.Helper()
	q, err := OpenQueue[T](kind, name, capacity, options...)
	check(t, err)
	t.Cleanup(func() { q.Close() })
	return q
}

func exactly(t *testing.T, got, wanted error) {
	t.Helper()
	if got != wanted {
		t.Fatalf("error '%v' instead of exactly '%v'", got, wanted)
	}
}
