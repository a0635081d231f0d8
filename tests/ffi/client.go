// SPDX-License-Identifier: MIT

// The client in Go, with cgo; record.h describes what it does.
package main

// #cgo CFLAGS: -I${SRCDIR}
// #cgo pkg-config: joinmem
// #include <joinmem.h>
// #include <stdlib.h>
// #include "record.h"
import "C"

import (
	"bufio"
	"fmt"
	"hash/adler32"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

const someMost = C.QUEUE_SOME

func lastError() string {
	return fmt.Sprint(C.jm_last_error(), " ", C.GoString(C.jm_last_error_message()))
}

func checked(good bool) {
	if !good {
		fmt.Println(lastError())
		os.Exit(1)
	}
}

// fill copies the text into a C array; text reads it back up to the first zero.
func fill(to []C.char, from string) {
	for i := 0; i < len(from); i++ {
		to[i] = C.char(from[i])
	}
}

func text(from []C.char) string {
	var read []byte
	for _, c := range from {
		if c == 0 {
			break
		}
		read = append(read, byte(c))
	}
	return string(read)
}

func openWith(size C.uint64_t, name string, mode C.uint32_t) C.jm_handle {
	var options C.jm_options
	checked(C.jm_options_init(&options, C.uint32_t(unsafe.Sizeof(options))) == 0)
	options.open_mode = mode
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	return C.jm_shm_open_with(size, cName, &options)
}

func recordOf(memory C.jm_handle) *C.record {
	address := C.jm_get(memory, 0)
	checked(address != nil)
	return (*C.record)(address)
}

func bytesOf(memory C.jm_handle, count C.uint32_t) []byte {
	address := C.jm_get(memory, C.RECORD_BYTES)
	checked(address != nil)
	return unsafe.Slice((*byte)(address), int(count))
}

func write(name, language string) {
	memory := openWith(C.RECORD_SEGMENT, name, C.JM_CREATE_ONLY)
	checked(memory != -1)
	record := recordOf(memory)
	record.magic = C.RECORD_MAGIC
	record.count = C.RECORD_SEGMENT - C.RECORD_BYTES
	record.below = -5
	record.ratio = 0.1
	fill(record.text[:], "written in "+language)
	data := bytesOf(memory, record.count)
	for i := range data {
		data[i] = byte(31*i + 7)
	}
	fmt.Println("ready")
	bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Println(text(record.reply[:]))
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	checked(C.jm_unlink(cName) == 0)
	checked(C.jm_close(memory) == 0)
}

func read(name, language string) {
	memory := openWith(0, name, C.JM_OPEN_ONLY)
	checked(memory != -1)
	record := recordOf(memory)
	ratio := strconv.FormatFloat(float64(record.ratio), 'g', 17, 64)
	fmt.Printf("%d %x %d %d %s %d %s\n", C.jm_size(memory), record.magic, record.count, record.below, ratio,
		adler32.Checksum(bytesOf(memory, record.count)), text(record.text[:]))
	fill(record.reply[:], "read in "+language)
	checked(C.jm_close(memory) == 0)
}

func printError(failed bool) {
	if failed {
		fmt.Println(lastError())
	} else {
		fmt.Println("0")
	}
}

func provoke(name string) {
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	memory := C.jm_shm_open(4096, cName)
	checked(memory != -1)
	printError(openWith(0, name+"-absent", C.JM_OPEN_ONLY) == -1)
	printError(C.jm_shm_open(3*4096, cName) == -1)
	printError(C.jm_get(memory, 54321) == nil)
	C.jm_unlink(cName)
	C.jm_close(memory)
	printError(C.jm_mbind(memory, 0) == -1)
	provokeQueue(cName)
}

func provokeQueue(name *C.char) {
	var e C.element
	queue := C.jm_queue_open(C.JM_MPMC, 2, C.uint32_t(unsafe.Sizeof(e)), name)
	checked(queue != -1)
	C.jm_queue_try_push(queue, unsafe.Pointer(&e))
	C.jm_queue_try_push(queue, unsafe.Pointer(&e))
	printError(C.jm_queue_try_push(queue, unsafe.Pointer(&e)) == -1)
	printError(C.jm_queue_open(C.JM_MPMC, 2, 16, name) == -1)
	C.jm_queue_shutdown(queue)
	printError(C.jm_queue_try_push(queue, unsafe.Pointer(&e)) == -1)
	C.jm_unlink(name)
	C.jm_close(queue)
}

func openQueue(kind, name string) C.jm_handle {
	kinds := map[string]C.uint32_t{"spsc": C.JM_SPSC, "mpsc": C.JM_MPSC, "mpmc": C.JM_MPMC}
	cName := C.CString(name)
	defer C.free(unsafe.Pointer(cName))
	queue := C.jm_queue_open(kinds[kind], C.QUEUE_CAPACITY, C.uint32_t(unsafe.Sizeof(C.element{})), cName)
	checked(queue != -1)
	return queue
}

func check(number C.uint64_t) C.uint64_t {
	return (number + 1) * C.ELEMENT_FACTOR
}

func push(queue C.jm_handle, count uint64, language string) {
	var some [someMost]C.element
	next := uint64(0)
	for one := true; next < count; one = !one {
		n := uint64(1)
		if !one {
			n = someMost
			if count-next < n {
				n = count - next
			}
		}
		for i := range some[:n] {
			number := C.uint64_t(next) + C.uint64_t(i)
			some[i] = C.element{number: number, check: check(number)}
			fill(some[i].text[:], language)
		}
		if one {
			checked(C.jm_queue_push(queue, unsafe.Pointer(&some), C.QUEUE_TIMEOUT) == 0)
		} else {
			done := C.jm_queue_push_n(queue, unsafe.Pointer(&some), C.uint64_t(n), C.QUEUE_TIMEOUT)
			checked(done == C.int64_t(n))
		}
		next += n
	}
}

// writer holds what one language has pushed.
type writer struct{ count, sum C.uint64_t }

func take(writers map[string]writer, e *C.element) {
	language := text(e.text[:])
	w := writers[language]
	if e.number != w.count || e.check != check(e.number) {
		fmt.Printf("%d %x of %s after %d\n", e.number, e.check, language, w.count)
		os.Exit(1)
	}
	writers[language] = writer{w.count + 1, w.sum + e.check}
}

func pop(queue C.jm_handle) {
	var some [someMost]C.element
	writers := map[string]writer{}
	for one := true; ; one = !one {
		var n C.int64_t
		if one {
			n = C.int64_t(C.jm_queue_pop(queue, unsafe.Pointer(&some), C.QUEUE_TIMEOUT)) + 1
		} else {
			n = C.jm_queue_pop_some(queue, unsafe.Pointer(&some), someMost, C.QUEUE_TIMEOUT)
		}
		if n <= 0 {
			break
		}
		for i := range some[:n] {
			take(writers, &some[i])
		}
	}
	checked(C.jm_last_error() == C.int(syscall.EPIPE))
	for language, w := range writers {
		fmt.Println(language, w.count, w.sum)
	}
}

func main() {
	runtime.LockOSThread() // the last error belongs to the thread
	words := os.Args[1:]
	switch {
	case len(words) == 3 && words[0] == "write":
		write(words[1], words[2])
	case len(words) == 3 && words[0] == "read":
		read(words[1], words[2])
	case len(words) == 2 && words[0] == "errors":
		provoke(words[1])
	case len(words) == 3 && words[0] == "pop":
		queue := openQueue(words[1], words[2])
		pop(queue)
		checked(C.jm_close(queue) == 0)
	case len(words) >= 5 && words[0] == "push":
		queue := openQueue(words[1], words[2])
		count, _ := strconv.ParseUint(words[3], 10, 64)
		push(queue, count, words[4])
		checked(len(words) == 5 || C.jm_queue_shutdown(queue) == 0)
		checked(C.jm_close(queue) == 0)
	default:
		os.Exit(2)
	}
}
