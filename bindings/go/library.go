// SPDX-License-Identifier: MIT

// Package joinmem is the Go binding of libjoinmem: shared memory and lock-free queues between processes on Linux that
// survive kill -9, in every language of the library.
//
//	prices, err := joinmem.OpenQueue[float64](joinmem.Spsc, "/example-prices", 1024)
//	err = prices.Push(100.5)       // waits while the queue is full
//	price, err := prices.Pop()     // waits while it is empty
//
// A goroutine that waits costs no thread: one wait set of the process watches all queues on which goroutines wait.
//
// Thread safety: any goroutine may use any object at any time, unless a method states otherwise. The memory of a
// segment is shared with other processes, which the race detector cannot see.
//
// Errors are *Error, which has the errno and the sentence of the library; errors.Is accepts an errno of package
// syscall, the Err... variables of this package, os.ErrNotExist and the like. docs/reference/errors.md of the library
// lists all of them.
package joinmem

// #cgo pkg-config: joinmem
// #include "wrap.h"
import "C"

import (
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// Version is the version of this binding.
const Version = "0.2.0"

// LibraryVersion returns the version of the loaded library.
func LibraryVersion() string {
	return C.GoString(C.jm_version_string())
}

// Unlink removes a name from shared memory, if it exists. Processes that have the segment open keep it.
// Errors: EINVAL, ENAMETOOLONG: a bad name. EACCES, EPERM, EROFS: it may not be removed.
func Unlink(name string) error {
	text, err := newText("unlink", name)
	if err != nil {
		return err
	}
	defer text.free()
	return failure("unlink", C.jmgo_unlink(text.c))
}

// cText is a copy of a string for C.
type cText struct {
	c *C.char
}

// newText refuses a zero byte, at which C would cut the name.
func newText(op, text string) (cText, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return cText{}, &Error{op, syscall.EINVAL, "a name contains a zero byte: Invalid argument"}
	}
	return cText{C.CString(text)}, nil
}

func (t cText) free() {
	C.free(unsafe.Pointer(t.c))
}

// readText calls read with a larger buffer until the text fits. read has the rules of snprintf(3).
func readText(op string, read func(text *C.char, size C.uint64_t) C.jmgo_result) ([]byte, error) {
	buffer := make([]byte, 2048)
	for {
		result := read((*C.char)(unsafe.Pointer(&buffer[0])), C.uint64_t(len(buffer)))
		if err := failure(op, result); err != nil {
			return nil, err
		}
		if need := int(result.value); need < len(buffer) {
			return buffer[:need], nil
		}
		buffer = make([]byte, 2*int(result.value)+1)
	}
}

// noescape hides a pointer from the escape analysis, so that an element on the stack stays there: no function of the
// library keeps the address of an element. A goroutine's stack does not move during a call into C.
//
//go:nosplit
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// closer closes an object that the program has forgotten.
func setFinalizer[T any](object *T, closer func(*T)) {
	runtime.SetFinalizer(object, closer)
}
