// SPDX-License-Identifier: MIT

package joinmem

// #include "wrap.h"
import "C"

import (
	"os"
	"syscall"
	"unsafe"
)

// Error is a failure of the library.
type Error struct {
	Op       string        // what failed: "push", "open queue", ...
	Errno    syscall.Errno // its errno, as docs/reference/errors.md lists it
	Sentence string        // what is wrong, and what to do about it
}

// Results that are not faults. TryPush, TryPop and their likes return exactly ErrFull and ErrEmpty.
var (
	ErrFull    error = &Error{"push", syscall.EAGAIN, "the queue is full"}
	ErrEmpty   error = &Error{"pop", syscall.EAGAIN, "the queue is empty"}
	ErrTimeout error = &Error{"wait", syscall.ETIMEDOUT, "the time is up"}
)

// Classes of errors, for errors.Is.
var (
	// ErrShutDown: a push to a queue that is shut down, or a pop from one that is drained besides. EPIPE.
	ErrShutDown error = &Error{"", syscall.EPIPE, "the queue is shut down"}
	// ErrProducersDead: all producers have ended, and one was killed; with the option OwnerDead only. EOWNERDEAD.
	ErrProducersDead error = &Error{"", syscall.EOWNERDEAD, "the producers have died"}
)

func (e *Error) Error() string {
	return "joinmem: " + e.Op + ": " + e.Sentence
}

// Unwrap returns the errno, so that errors.Is (err, syscall.EBUSY) and errors.Is (err, os.ErrNotExist) work.
func (e *Error) Unwrap() error {
	return e.Errno
}

// Is reports whether the error is of the class of one of this package's variables, of os.ErrClosed (EBADF after Close,
// ECANCELED for a wait that Close ended) or of os.ErrDeadlineExceeded (ETIMEDOUT).
func (e *Error) Is(target error) bool {
	switch target {
	case ErrShutDown:
		return e.Errno == syscall.EPIPE
	case ErrProducersDead:
		return e.Errno == syscall.EOWNERDEAD
	case ErrTimeout, os.ErrDeadlineExceeded:
		return e.Errno == syscall.ETIMEDOUT
	case os.ErrClosed:
		return e.Errno == syscall.EBADF || e.Errno == syscall.ECANCELED
	}
	return false
}

// Timeout makes os.IsTimeout work.
func (e *Error) Timeout() bool {
	return e.Errno == syscall.ETIMEDOUT
}

// failure returns nil if the call succeeded; else the error. It frees the sentence.
func failure(op string, result C.jmgo_result) error {
	if result.code == 0 {
		return nil
	}
	errno := syscall.Errno(result.code)
	if result.sentence == nil {
		return &Error{op, errno, errno.Error()}
	}
	defer C.free(unsafe.Pointer(result.sentence))
	return &Error{op, errno, C.GoString(result.sentence)}
}

func invalid(op, sentence string) error {
	return &Error{op, syscall.EINVAL, sentence + ": Invalid argument"}
}

func outOfRange(op, sentence string) error {
	return &Error{op, syscall.ERANGE, sentence + ": Numerical result out of range"}
}

func closed(op string) error {
	return &Error{op, syscall.EBADF, "the object is closed: Bad file descriptor"}
}
